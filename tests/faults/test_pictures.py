"""The words never go down with the picture: whatever becomes of it, they arrive at once, and say what is missing."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from bot.slack import pictures
from bot.slack.errors import meaning
from engine.cloud.once import was_sent
from engine.errors import Unavailable
from engine.pipeline.pictures import WAITS
from local.faults import Fault
from tests.faults.slack_service import CHANNEL, RUN, Delivery, delivering, finished

VERDICT = f"{RUN}-run_finished"
FOLLOWS, NEVER = "picture follows", "picture could not be shown, because"
Json = dict[str, Any]


@pytest.fixture
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Delivery]:
    monkeypatch.setattr("local.slack.state.files.SCAN_SECONDS", 0.0)
    with delivering(tmp_path) as delivery:
        delivery.begin_run()
        delivery.fake.tasks.add("card", {"run": RUN}, 0)
        delivery.work(hours=0.001)
        yield delivery


def verdict(at: Delivery) -> Json:
    """The message with the verdict; there is one, in the run's thread."""
    [message] = [one for one in at.shown() if one.get("metadata", {}).get("event_payload", {}).get("key") == VERDICT]
    assert message.get("thread_ts")
    return message


def pictures_of(message: Json) -> list[str]:
    return [block["slack_file"]["id"] for block in message["blocks"] if block["type"] == "image"]


def tell(at: Delivery, charts: int = 1) -> None:
    at.tell(VERDICT, kind="run_finished", data=finished(at, charts), run=RUN)


def refuse(method: str, word: str, **how: Any) -> Callable[[Delivery, pytest.MonkeyPatch], None]:
    """Slack refuses a step of the upload in this word, always."""

    def plan(at: Delivery, monkeypatch: pytest.MonkeyPatch) -> None:
        body = json.dumps({"ok": False, "error": word, **how})
        at.faults.add(Fault(match=method, kind="before", status=200, body=body, times=999))

    return plan


def no_bytes(at: Delivery, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*given: Any, **options: Any) -> Any:
        raise requests.ConnectionError("reset")

    monkeypatch.setattr(requests, "post", broken)


def no_scan(at: Delivery, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.slack.state.files.SCAN_SECONDS", 1e9)
    monkeypatch.setattr(pictures, "SCAN_SECONDS", 0.0)


def no_block(at: Delivery, monkeypatch: pytest.MonkeyPatch) -> None:
    """Slack takes no block with a file in it, as where it does not know the file."""
    monkeypatch.setattr(at.slack.files, "ready", lambda id: False)
    monkeypatch.setattr(pictures.Gallery, "_scanned", lambda self, ids: pictures.Pictures(dict(ids)))


def block_refused_as(word: str) -> Callable[[Delivery, pytest.MonkeyPatch], None]:
    """Slack takes no message with a file in it, and says so in this word."""

    def plan(at: Delivery, monkeypatch: pytest.MonkeyPatch) -> None:
        call = at.messenger._client.call

        def picky(method: str, **arguments: Any) -> dict[str, Any]:
            if "slack_file" in str(arguments.get("blocks", "")):
                raise meaning({"ok": False, "error": word})
            return call(method, **arguments)

        monkeypatch.setattr(at.messenger._client, "call", picky)

    return plan


def not_stored(at: Delivery, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in [name for name in at.fake.storage.objects if name.startswith("charts/")]:
        del at.fake.storage.objects[path]


def storage_away(at: Delivery, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(call: str) -> None:
        if call.startswith("get charts/"):
            raise Unavailable("Cloud Storage does not answer.")

    at.fake.world.before = away


# What becomes of the picture, what is said at once, and what is said in the end.
REFUSED = {
    "upload url, in passing": (refuse("files.getUploadURLExternal", "internal_error"), FOLLOWS, "Slack is busy"),
    "upload url, no room": (
        refuse("files.getUploadURLExternal", "storage_limit_reached"),
        NEVER,
        "this workspace has no room left for files",
    ),
    "bytes": (no_bytes, FOLLOWS, "Slack did not take the picture"),
    "completion": (refuse("files.completeUploadExternal", "internal_error"), FOLLOWS, "Slack is busy"),
    "scan": (no_scan, FOLLOWS, "Slack has not finished looking at it"),
    "scan cannot be asked": (refuse("files.info", "internal_error"), FOLLOWS, "Slack has not finished looking at it"),
    "block": (no_block, FOLLOWS, "Slack does not show it"),
    "block, in a word of files": (block_refused_as("file_not_found"), FOLLOWS, "Slack does not show it"),
    "block, as an argument": (block_refused_as("invalid_arguments"), FOLLOWS, "Slack does not show it"),
    "block, too long": (block_refused_as("msg_blocks_too_long"), FOLLOWS, "Slack does not show it"),
    "block, in an unheard word": (block_refused_as("slack_file_melted"), FOLLOWS, "Slack does not show it"),
    "not stored": (not_stored, NEVER, "it is no longer stored"),
    "storage away": (storage_away, FOLLOWS, "Cloud Storage does not answer"),
    "scan refused": (refuse("files.info", "file_deleted"), NEVER, "that file was deleted"),
    "scan without the scope": (refuse("files.info", "missing_scope"), NEVER, "I lack a permission for that"),
    "scope": (refuse("files.getUploadURLExternal", "missing_scope"), NEVER, "I lack a permission for that"),
    "unheard": (refuse("files.getUploadURLExternal", "brand_new"), FOLLOWS, "Slack refused (brand_new)"),
}


@pytest.mark.parametrize("way", REFUSED)
def test_words_arrive_whichever_way_their_picture_is_refused(
    at: Delivery, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    plan, at_once, why = REFUSED[way]
    tell(at)
    plan(at, monkeypatch)
    at.work(hours=0.001)
    message = verdict(at)
    assert "Usable with care" in message["text"]
    assert at_once in str(message["blocks"]) and "Search has 3.0" in str(message["blocks"])
    assert pictures_of(message) == []
    at.work(hours=2, swept_minutes=10)
    message = verdict(at)
    assert f"{NEVER} {why}" in str(message["blocks"]) and FOLLOWS not in str(message["blocks"])
    assert at.waits() == []
    # Tried some times, not for ever.
    assert len(at.calls("chat.update")) <= len(WAITS) + 1
    begun = len(at.calls("files.getUploadURLExternal"))
    at.work(hours=24, swept_minutes=60)
    assert len(at.calls("files.getUploadURLExternal")) == begun


@pytest.mark.parametrize("way", [way for way, (_, at_once, _) in REFUSED.items() if at_once == FOLLOWS])
def test_a_picture_that_comes_later_joins_its_words(at: Delivery, way: str) -> None:
    with pytest.MonkeyPatch.context() as while_away:
        tell(at)
        REFUSED[way][0](at, while_away)
        at.work(hours=0.02)
        assert FOLLOWS in str(verdict(at)["blocks"])
        at.faults.clear()
        at.fake.world.before = lambda call: None
        while_away.undo()
        at.slack.database.run("UPDATE files SET ready_at = 0 WHERE completed IS NOT NULL")
        at.work(hours=1)
    message = verdict(at)
    assert len(pictures_of(message)) == 1 and FOLLOWS not in str(message["blocks"])
    assert "edited" in message and at.waits() == []


def test_pictures_are_uploaded_once_however_often_their_message_is_tried(at: Delivery) -> None:
    at.faults.add(Fault(match="chat.postMessage", kind="before", status=503, times=4))
    tell(at, charts=3)
    at.work()
    assert len(pictures_of(verdict(at))) == 3 and at.waits() == []
    assert len(at.calls("files.completeUploadExternal")) == 3


def test_an_upload_that_cannot_be_completed_is_not_begun_again(at: Delivery) -> None:
    body = json.dumps({"ok": False, "error": "internal_error"})
    at.faults.add(Fault(match="files.completeUploadExternal", kind="before", status=200, body=body, times=5))
    tell(at)
    at.work()
    assert len(pictures_of(verdict(at))) == 1 and at.waits() == []
    assert len(at.calls("files.getUploadURLExternal")) == 1


def test_a_picture_that_somebody_deletes_takes_no_other_with_it(at: Delivery) -> None:
    at.faults.add(Fault(match="chat.postMessage", kind="before", status=503))
    tell(at, charts=3)
    at.work(hours=0.001)
    first = at.slack.database.all("SELECT id FROM files ORDER BY created, id")[0]["id"]
    at.slack.files.delete(first)
    at.work()
    message = verdict(at)
    assert len(pictures_of(message)) == 2 and str(message["blocks"]).count(NEVER) == 1
    assert FOLLOWS not in str(message["blocks"]) and at.waits() == []


def test_after_one_failure_the_words_wait_for_no_further_picture(at: Delivery) -> None:
    tell(at, charts=5)
    at.faults.add(Fault(match="files.getUploadURLExternal", kind="before", status=503, times=999))
    at.work(hours=0.001)
    assert str(verdict(at)["blocks"]).count(FOLLOWS) == 5
    assert len(at.calls("files.completeUploadExternal")) == 0
    at.faults.clear()
    at.work(hours=1)
    assert len(pictures_of(verdict(at))) == 5


def test_words_whose_reply_was_lost_are_found_and_get_their_picture(at: Delivery) -> None:
    at.faults.add(Fault(match="chat.postMessage", kind="after", status=0))
    tell(at)
    at.work()
    assert len(pictures_of(verdict(at))) == 1 and at.waits() == []
    assert len(at.calls("files.completeUploadExternal")) == 1


def test_a_picture_whose_looks_were_lost_is_brought_by_the_sweep(at: Delivery) -> None:
    at.faults.add(Fault(match="files.getUploadURLExternal", kind="before", status=503))
    tell(at)
    at.work(hours=0.001)
    assert FOLLOWS in str(verdict(at)["blocks"])
    at.fake.tasks.purge()
    at.work(hours=2, swept_minutes=10)
    assert len(pictures_of(verdict(at))) == 1 and at.waits() == []


def test_a_message_that_was_deleted_meanwhile_gets_no_picture_and_no_trouble(at: Delivery) -> None:
    at.faults.add(Fault(match="files.getUploadURLExternal", kind="before", status=503))
    tell(at)
    at.work(hours=0.001)
    at.slack.messages.delete(CHANNEL, verdict(at)["ts"])
    at.work()
    assert at.told() == [f"{RUN}-card"] and at.waits() == []
    assert was_sent(at.cloud.storage, VERDICT)
