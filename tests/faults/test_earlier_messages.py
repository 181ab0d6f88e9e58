"""Messages of a store that the release before left: understood where they stand, each sent once and none twice."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.slack import pictures
from bot.slack.blocks import Message
from engine import paths
from engine.cloud.once import was_sent
from engine.pipeline.unsent import upgrade_messages
from engine.runs.records import read_card
from local.faults import Fault
from tests import earlier_store
from tests.faults.service import Service, quick_results
from tests.faults.slack_service import CHANNEL, RUN, Delivery, delivering, finished

__all__ = ["quick_results"]


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Delivery]:
    with delivering(tmp_path) as delivery:
        yield delivery


def tried(at: Delivery, key: str, state: str, **more: Any) -> None:
    """The release before noted how a post stood."""
    now = at.clock.now().isoformat()
    body = {"state": state, "first": now, "at": now, **more}
    at.fake.storage.put(paths.notice_try(key), json.dumps(body).encode())


def posted(at: Delivery, key: str) -> dict[str, Any]:
    """The release before has posted it."""
    return at.messenger._client.post(CHANNEL, Message("It is said."), key=key)


@pytest.mark.parametrize(
    ("state", "there", "looks"),
    [
        ("", False, 0),
        ("idle", False, 0),
        ("doubt", False, 1),
        ("doubt", True, 1),
        ("trying", False, 1),
        ("trying", True, 1),
        ("done", True, 0),
    ],
    ids=[
        "never tried",
        "refused",
        "in doubt, and not posted",
        "in doubt, and posted",
        "died before the post",
        "died after it",
        "posted and not marked",
    ],
)
@pytest.mark.parametrize("swept", [False, True], ids=["by its task", "by the sweep"])
def test_a_message_of_the_release_before_is_posted_once(
    at: Delivery, state: str, there: bool, looks: int, swept: bool
) -> None:
    at.of_earlier("said")
    place = posted(at, "said") if there else {}
    if state:
        tried(at, "said", state, **({"place": place} if state == "done" else {}))
    if not swept:
        at.fake.tasks.add("notify", {"key": "said"}, 0)
    at.work(hours=1, swept_minutes=10)
    assert at.told() == ["said"] and at.waits() == []
    assert len(at.calls("conversations.history")) == looks
    assert was_sent(at.cloud.storage, "said")


def test_whoever_is_at_it_in_the_release_before_is_waited_for(at: Delivery) -> None:
    """A worker of the release before has begun the post; ours comes at the same moment."""
    at.of_earlier("said")
    tried(at, "said", "trying")
    at.fake.tasks.add("notify", {"key": "said"}, 0)
    at.work(hours=0.001)
    assert at.told() == []
    posted(at, "said")
    at.work(hours=0.1)
    assert at.told() == ["said"] and at.waits() == []


def test_what_the_release_before_reads_no_more_is_what_we_took_over(at: Delivery) -> None:
    """Its workers find no message there, so they post none beside ours."""
    at.of_earlier("said")
    at.faults.words, at.faults.until = ["token_revoked"], at.clock.now() + timedelta(minutes=2)
    at.fake.tasks.add("notify", {"key": "said"}, 0)
    at.work(hours=0.01)
    record = at.fake.storage.look(paths.notice("said")) or {}
    assert "kind" not in record and record["state"] == "idle"
    at.work(hours=1)
    assert at.told() == ["said"] and "notice" not in (at.fake.storage.look(paths.notice("said")) or {})


@pytest.mark.parametrize("there", [False, True], ids=["not posted", "posted"])
def test_the_upgrade_finds_what_has_no_mark_and_posts_it_once(at: Delivery, there: bool) -> None:
    at.of_earlier("sent", marked=False)
    at.fake.storage.put(paths.notice_sent("sent"), b"{}")
    at.of_earlier("said", marked=False)
    if there:
        posted(at, "said")
    at.tell("ours")
    at.work(hours=0.1)
    assert at.told() == (["said", "ours"] if there else ["ours"])
    assert upgrade_messages(at.cloud, 10) == 1
    at.work(hours=0.1)
    assert Counter(at.told()) == {"said": 1, "ours": 1} and at.waits() == []
    assert upgrade_messages(at.cloud, 10) == 0


def test_the_upgrade_takes_up_no_more_than_it_is_told_to(at: Delivery) -> None:
    for number in range(5):
        at.of_earlier(f"said-{number}", marked=False)
    assert [upgrade_messages(at.cloud, 2) for _ in range(4)] == [2, 2, 1, 0]
    at.work(hours=0.5)
    assert Counter(at.told()) == dict.fromkeys((f"said-{number}" for number in range(5)), 1)


def test_pictures_that_the_release_before_still_owed_are_brought_and_not_uploaded_again(
    at: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local.slack.state.files.SCAN_SECONDS", 0.0)
    monkeypatch.setattr(pictures, "SCAN_SECONDS", 0.0)
    at.begin_run()
    at.fake.tasks.add("card", {"run": RUN}, 0)
    data = finished(at, 2)
    at.tell("verdict", kind="run_finished", data=data, run=RUN)
    body = json.dumps({"ok": False, "error": "internal_error"})
    at.faults.add(Fault(match="files.completeUploadExternal", kind="before", status=200, body=body))
    at.work(hours=0.001)
    [waits] = at.waits()
    ours = at.fake.storage.look(waits) or {}
    # As the release before kept it.
    at.fake.storage.put(waits, json.dumps({"key": "verdict"}).encode())
    at.fake.storage.put(paths.notice("verdict"), json.dumps(ours["notice"]).encode())
    at.fake.storage.put(paths.notice_sent("verdict"), json.dumps(ours["place"]).encode())
    at.fake.storage.put(paths.notice_pictures("verdict"), json.dumps({"files": ours["files"]}).encode())
    at.work(hours=1)
    assert at.waits() == [] and "picture follows" not in str([one["blocks"] for one in at.shown()])
    assert len(at.calls("files.getUploadURLExternal")) == 2


def test_a_card_of_the_release_before_is_drawn_where_it_stands(at: Delivery) -> None:
    at.begin_run()
    place = posted(at, f"{RUN}-card")
    at.fake.storage.put(paths.run_card(RUN), json.dumps({"channel": place["channel"], "ts": place["ts"]}).encode())
    at.fake.tasks.add("card", {"run": RUN}, 0)
    at.work(hours=0.01)
    assert len(at.shown()) == 1 and at.shown()[0]["edited"]
    at.slack.messages.delete(CHANNEL, place["ts"])
    at.fake.tasks.add("card", {"run": RUN}, 0)
    at.work(hours=0.01)
    assert len(at.shown()) == 1 and (read_card(at.cloud.storage, RUN) or {})["ts"] != place["ts"]


@pytest.mark.usefixtures("quick_results")
@pytest.mark.parametrize("sent", [True, False], ids=["sent", "marked"])
def test_an_end_that_broke_off_in_the_release_before_is_told_to_its_end_and_nothing_twice(sent: bool) -> None:
    """It had told the verdict, and died before the charts."""
    service = Service()
    run_id = service.submit().id
    storage = service.fake.storage
    service.drain(hours=0.01)
    state = storage.look(paths.run_state(run_id)) or {}
    storage.put(paths.run_state(run_id), json.dumps({**state, "events": []}).encode())
    run = service.run(run_id)
    key = f"{run_id}-run_finished"
    about = {"workspace": "T1", "channel": run.channel, "user": run.who, "run": run_id}
    notice = {"key": key, "kind": "run_finished", "data": {"run": {"id": run_id}}, **about}
    told = {**notice, "created_at": service.fake.clock.now().isoformat()}
    storage.put(paths.notice(key), json.dumps(told).encode())
    if sent:
        storage.put(paths.notice_sent(key), json.dumps({"channel": run.channel, "ts": "1.0"}).encode())
    else:
        stamp = f"{service.fake.clock.now():%Y%m%dT%H%M%S.%fZ}"
        storage.put(paths.notice_open(run.channel, stamp, key), json.dumps({"key": key}).encode())
    service.drain()
    deliveries = Counter(one for one in service.fake.messenger.deliveries if one.startswith(run_id))
    assert deliveries == {f"{run_id}-card": 1, f"{run_id}-run_charts": 1, **({} if sent else {key: 1})}


@pytest.mark.usefixtures("quick_results")
def test_what_the_recorded_store_still_had_to_say_is_said_once() -> None:
    service = Service()
    service.fake.storage.objects.clear()
    earlier_store.into_memory(service.fake.storage)
    service.fake.clock.time = earlier_store.LATEST
    for _ in range(3):
        service.sweep()
        service.drain(hours=0.2)
    told = service.fake.messenger.deliveries
    assert told.count(earlier_store.UNSENT) == 1
    assert earlier_store.UNDRAWN in service.fake.messenger.cards
    assert not [one for one in told if one.startswith((earlier_store.SUCCEEDED, earlier_store.FAILED))]
    waits = (paths.OPEN_NOTICES, paths.OPEN_CARDS, paths.OPEN_PICTURES)
    assert [name for name in service.fake.storage.objects if name.startswith(waits)] == []
