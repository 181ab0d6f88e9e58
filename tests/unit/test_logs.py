"""Logs: what Cloud Logging gets, what it never gets, and what a line is about."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from engine.observe.about import about
from engine.observe.logs import LONGEST, event, set_up_logs
from engine.observe.redaction import HIDDEN, without_secrets

# Planted: no such secret exists. Cut in two so that no scanner takes this file for a leak.
BOT_TOKEN = "xoxb-" + "1111111111-2222222222-AbCdEfGhIjKlMnOp"
APP_TOKEN = "xapp-" + "1-A0123456789-1234567890-abcdef0123456789"
KEY = "-----BEGIN PRIVATE " + "KEY-----\nMIIEvQIBADANBg\n-----END PRIVATE " + "KEY-----"
JWT = "eyJhbGciOiJSUzI1NiJ9" + ".eyJzdWIiOiIxMjM0NTY3ODkwIn0" + ".c2lnbmF0dXJlLXNpZ25hdHVyZQ"
CANARIES = {
    "bot token": (f"token {BOT_TOKEN} refused", BOT_TOKEN),
    "app token": (f"opened with {APP_TOKEN}", APP_TOKEN),
    "private key": (f"key was {KEY} indeed", "MIIEvQIBADANBg"),
    "a key cut off": (KEY[:45], "MIIEv"),
    "bearer": ("Authorization: Bearer abcdefghijklmnop1234", "abcdefghijklmnop1234"),
    "a signed token": (f"got {JWT}", JWT),
    "google's token": ("ya29." + "a0AfH6SMBxxxxxxxxxxxx", "a0AfH6SMBxxxxxxxxxxxx"),
    "signed address": ("https://x/o?X-Goog-Signature=0123456789abcdef&alt=media", "0123456789abcdef"),
    "response address": ("post https://hooks.slack.com/commands/T1/2/AbCdEf", "T1/2/AbCdEf"),
    "password in json": ('{"password": "hunter2hunter2"}', "hunter2hunter2"),
    "secret in a command": ("run --client_secret=s3cr3ts3cr3t now", "s3cr3ts3cr3t"),
}


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What a process in Cloud Run would write to its output."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    stream = io.StringIO()
    set_up_logs("json", stream=stream, project="acme")
    yield stream
    root.handlers[:] = before
    root.setLevel(level)


def entries(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.mark.parametrize(("text", "secret"), CANARIES.values(), ids=list(CANARIES))
def test_a_planted_secret_never_reaches_the_log(written: io.StringIO, text: str, secret: str) -> None:
    log = logging.getLogger("canary")
    log.info(text)
    log.warning("as an argument: %s", text)
    event(log, "canary", "as a field", {"said": text, "deep": {"list": [text]}})
    try:
        raise ValueError(text)
    except ValueError:
        log.exception("in a trace")
    with about(request=text):
        log.info("as what it is about")
    assert secret not in written.getvalue()
    assert written.getvalue().count(HIDDEN) >= 5
    assert len(entries(written)) == 5


@pytest.mark.parametrize(
    "text",
    [
        "MMM_SLACK_TOKEN_SECRET=projects/acme/secrets/slack-token/versions/latest",
        "the secret is missing",
        "runs/r3f9a2c1/state.json",
        "POST /slack/events 200",
    ],
)
def test_what_is_no_secret_stays_readable(text: str) -> None:
    assert without_secrets(text) == text


def test_an_entry_has_the_fields_that_cloud_logging_reads(written: io.StringIO) -> None:
    with about(request="q1", run="r1", attempt=2, trace="abc", nothing=None):
        event(logging.getLogger("worker"), "run_failed", "Run r1 failed.", {"state": "FAILED"}, level=logging.ERROR)
    (entry,) = entries(written)
    assert entry["severity"] == "ERROR" and entry["message"] == "Run r1 failed."
    assert entry["event"] == "run_failed" and entry["state"] == "FAILED"
    assert (entry["request"], entry["run"], entry["attempt"]) == ("q1", "r1", "2")
    assert entry["logging.googleapis.com/trace"] == "projects/acme/traces/abc"
    assert "nothing" not in entry and entry["time"].endswith("+00:00")


def test_ids_hold_for_what_is_done_within_and_no_longer(written: io.StringIO) -> None:
    log = logging.getLogger("worker")
    with about(run="r1"), about(step="launch"):
        log.info("inner")
    log.info("outer")
    inner, outer = entries(written)
    assert (inner["run"], inner["step"]) == ("r1", "launch")
    assert "run" not in outer and "step" not in outer


def test_a_trace_of_python_is_one_entry_and_an_endless_text_is_cut(written: io.StringIO) -> None:
    try:
        raise RuntimeError("boom")
    except RuntimeError:
        logging.getLogger("worker").exception("It broke.")
    logging.getLogger("worker").info("x" * (2 * LONGEST))
    first, second = entries(written)
    assert "Traceback" in first["message"] and "boom" in first["message"]
    assert len(second["message"]) == LONGEST


def test_a_terminal_gets_readable_lines() -> None:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    stream = io.StringIO()
    try:
        set_up_logs("text", stream=stream)
        with about(run="r1"):
            logging.getLogger("worker").warning("slow, token %s", BOT_TOKEN)
    finally:
        root.handlers[:] = before
        root.setLevel(level)
    assert "WARNING worker: slow, token [hidden]  [run=r1]" in stream.getvalue()
