"""Slack's signature: over the bytes that came, within five minutes, through a change of the secret."""

import asyncio
import hmac
import time
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack import signature
from bot.slack.signature import Signatures, fresh, genuine
from engine.cloud.secrets import Secrets
from engine.errors import BadSettings
from engine.settings import Settings

NOW = 1_800_000_000.0
BODY = "text=ä&x=1".encode()


def signed(secret: str, body: bytes = BODY, at: int = int(NOW)) -> str:
    return "v0=" + hmac.new(secret.encode(), b"v0:%d:" % at + body, sha256).hexdigest()


def test_what_slack_signed_is_genuine() -> None:
    assert genuine("s3cret", str(int(NOW)), signed("s3cret"), BODY, NOW)


@pytest.mark.parametrize(
    ("secret", "timestamp", "given", "body"),
    [
        ("other", f"{NOW:.0f}", signed("s3cret"), BODY),
        ("s3cret", f"{NOW + 1:.0f}", signed("s3cret"), BODY),
        ("s3cret", f"{NOW:.0f}", signed("s3cret"), BODY + b"&y=2"),
        ("s3cret", f"{NOW:.0f}", signed("s3cret").replace("v0=", "v1="), BODY),
        ("s3cret", f"{NOW:.0f}", signed("s3cret").removeprefix("v0="), BODY),
        ("s3cret", f"{NOW:.0f}", signed("s3cret").upper(), BODY),
        ("s3cret", f"{NOW:.0f}", "", BODY),
        ("", f"{NOW:.0f}", signed(""), BODY),
    ],
    ids=["secret", "timestamp", "body", "version", "no version", "case", "empty", "no secret"],
)
def test_what_differs_in_anything_is_not(secret: str, timestamp: str, given: str, body: bytes) -> None:
    assert not genuine(secret, timestamp, given, body, NOW)


@pytest.mark.parametrize(("age", "taken"), [(0, True), (300, True), (301, False), (-300, True), (-301, False)])
def test_a_request_is_taken_for_five_minutes(age: int, taken: bool) -> None:
    at = int(NOW) - age
    assert genuine("s", str(at), signed("s", at=at), BODY, NOW) is taken


@pytest.mark.parametrize(
    "timestamp",
    ["", "abc", "1e9", "1_800_000_000", " 1800000000", "+1800000000", "-1", "1800000000.5", "٣", "9" * 5000],
)
def test_a_timestamp_is_digits_and_nothing_else(timestamp: str) -> None:
    assert not fresh(timestamp, NOW)


@given(st.text(), st.text(), st.binary())
def test_nothing_that_is_sent_breaks_the_check(timestamp: str, given: str, body: bytes) -> None:
    assert not genuine("secret", timestamp, given, body, NOW)
    assert not genuine("secret", str(int(NOW)), given, body, NOW)


@pytest.fixture
def secrets(tmp_path: Path) -> tuple[Path, Path, Settings]:
    """The current signing secret and the one before, as files, and the settings that name them."""
    current, before = tmp_path / "current", tmp_path / "before"
    current.write_text("new")
    before.write_text("old")
    needed = {"workspace": "T1", "project": "p", "bucket": "b", "worker_url": "http://w", "tasks_account": "t@p"}
    named = {"slack_signing_secret": f"file:{current}", "slack_signing_secret_previous": f"file:{before}"}
    return current, before, Settings(**needed | named | {"slack_token_secret": "file:x"})


def taken(signatures: Signatures, secret: str, body: bytes = BODY) -> bool:
    at = int(time.time())
    return asyncio.run(signatures.check(str(at), signed(secret, body, at), body))


def test_while_the_secret_is_rotated_both_are_taken(secrets: tuple[Path, Path, Settings]) -> None:
    signatures = Signatures(secrets[2], Secrets())
    assert taken(signatures, "new") and taken(signatures, "old")
    assert not taken(signatures, "older")


def test_without_a_secret_before_only_the_current_one_is_taken(secrets: tuple[Path, Path, Settings]) -> None:
    alone = secrets[2].model_copy(update={"slack_signing_secret_previous": ""})
    signatures = Signatures(alone, Secrets())
    assert taken(signatures, "new") and not taken(signatures, "old")


def test_a_secret_before_that_was_taken_away_does_not_stop_the_current_one(
    secrets: tuple[Path, Path, Settings],
) -> None:
    secrets[1].unlink()
    assert taken(Signatures(secrets[2], Secrets()), "new")


def test_a_secret_that_was_replaced_a_moment_ago_is_read_again_once(
    secrets: tuple[Path, Path, Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    current, _, settings = secrets
    signatures = Signatures(settings, Secrets())
    assert taken(signatures, "new")
    current.write_text("newer")
    assert taken(signatures, "newer"), "nobody sees that the secret was changed"
    assert not taken(signatures, "new")
    current.write_text("newest")
    assert not taken(signatures, "newest"), "not for every forged request"
    monkeypatch.setattr(signature, "REREAD_SECONDS", 0.0)
    assert taken(signatures, "newest")


def test_a_secret_that_is_gone_when_it_is_read_again_leaves_the_last_known(
    secrets: tuple[Path, Path, Settings],
) -> None:
    signatures = Signatures(secrets[2], Secrets())
    assert taken(signatures, "new")
    secrets[0].unlink()
    assert not taken(signatures, "forged")
    with pytest.raises(BadSettings):
        taken(signatures, "new")


def test_a_signature_says_nothing_of_what_is_signed(secrets: tuple[Path, Path, Settings]) -> None:
    """A body that is not UTF-8 is refused by whoever reads it (`bot.slack.payload`)."""
    assert taken(Signatures(secrets[2], Secrets()), "new", b"\xff\xfe")
