"""Messages that belong together: one object waits, one record is kept, and each arrives once and in its order."""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.slack import pictures
from bot.slack.blocks import Message
from engine import paths
from engine.cloud.once import LEASE, was_sent
from engine.pipeline.sweep import sweep
from local import workspace
from local.faults import Fault
from tests.faults.fake_cloud import Crash
from tests.faults.slack_service import RUN, Delivery, delivering

DM = "D0ANA"


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Delivery]:
    with delivering(tmp_path) as delivery:
        yield delivery


def place_card(at: Delivery) -> None:
    at.begin_run()
    at.fake.tasks.add("card", {"run": RUN}, 0)
    at.work(hours=0.001)


def test_what_belongs_together_arrives_in_its_order_and_before_what_was_told_later(at: Delivery) -> None:
    first, keys = at.tell("before"), at.tell_together("bundle")
    at.tell("after")
    assert first is None
    at.work()
    assert at.told() == ["before", *keys, "after"] and at.waits() == []
    assert at.calls("conversations.history") == []


def test_a_worker_that_dies_at_any_request_posts_each_once_and_in_order(tmp_path: Path) -> None:
    """At every call to storage and queues, before it and after it; the task comes again."""
    with delivering(tmp_path / "whole") as at:
        place_card(at)
        at.fake.world.calls.clear()
        at.tell_together("bundle", ("run_failed", "run_failed"), run=RUN)
        at.work()
        calls = list(at.fake.world.calls)
    with delivering(tmp_path / "crashed") as at:
        place_card(at)
        wanted: list[str] = []
        for k in range(1, len(calls) + 1):
            for when in ("before", "after"):
                name = f"bundle-{k}-{when}"
                at.fake.world.crash = (len(at.fake.world.calls) + k, when)
                try:
                    keys = at.tell_together(name, ("run_failed", "run_failed"), run=RUN)
                except Crash:
                    keys = at.tell_together(name, ("run_failed", "run_failed"), run=RUN)
                at.work(hours=0.2)
                at.fake.world.crash = None
                wanted += keys
        assert [key for key in at.told() if key in wanted] == wanted
        sweep(at.cloud, at.clock)
        at.work(hours=0.2)
        assert [key for key in at.told() if key in wanted] == wanted and at.waits() == []


def test_two_deliveries_at_once_post_each_once(at: Delivery) -> None:
    keys = at.tell_together("bundle")
    at.faults.add(Fault(match="chat.postMessage", kind="slow", seconds=0.2, times=2))
    failures: list[BaseException] = []

    def deliver() -> None:
        try:
            at.notify("bundle")
        except BaseException as error:
            failures.append(error)

    both = [threading.Thread(target=deliver) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    at.work()
    assert failures == [] and at.told() == keys and at.waits() == []


@pytest.mark.parametrize("stalled", range(3))
def test_whoever_stalls_within_a_bundle_leaves_it_to_who_took_it_over(at: Delivery, stalled: int) -> None:
    """One of the posts hangs for longer than the lease; another delivery sends all; then the first one goes on."""
    keys = at.tell_together("bundle")
    client, left = at.messenger._client, [stalled]
    post = client.post

    def hangs(channel: str, message: Message, *, thread_ts: str = "", key: str = "") -> dict[str, object]:
        if key == keys[stalled] and left:
            left.clear()
            at.clock.time += 2 * LEASE
            at.notify("bundle")
        return post(channel, message, thread_ts=thread_ts, key=key)

    client.post = hangs  # type: ignore[method-assign,assignment]
    at.notify("bundle")
    client.post = post  # type: ignore[method-assign]
    at.work()
    assert Counter(at.told()) == Counter(keys) and at.waits() == []


def test_only_the_message_whose_reply_was_lost_is_looked_for(at: Delivery) -> None:
    at.faults.add(Fault(match="chat.postMessage", kind="after", status=0, skip=1))
    keys = at.tell_together("bundle")
    at.work()
    assert at.told() == keys and at.waits() == []
    assert len(at.calls("conversations.history")) == 1


def test_what_was_posted_before_a_refusal_is_neither_posted_nor_looked_for_again(at: Delivery) -> None:
    body = json.dumps({"ok": False, "error": "token_revoked"})
    at.faults.add(Fault(match="chat.postMessage", kind="before", status=200, body=body, skip=1, times=2))
    keys = at.tell_together("bundle")
    at.tell("after")
    at.work()
    assert at.told() == [*keys, "after"] and at.waits() == []
    assert at.calls("conversations.history") == []


def test_what_was_refused_once_is_looked_for_where_the_next_worker_died_after_it(at: Delivery) -> None:
    """That it was certainly not posted is not true any more once somebody begins anew."""
    body = json.dumps({"ok": False, "error": "token_revoked"})
    at.faults.add(Fault(match="chat.postMessage", kind="before", status=200, body=body))
    keys, swaps = at.tell_together("bundle"), list[str]()

    def dies(call: str) -> None:
        if call == f"swap {paths.notice('bundle')}":
            swaps.append(call)
            if len(swaps) == 3:  # let go, taken over, and now all is posted
                raise Crash

    at.fake.world.before = dies
    at.work()
    assert len(swaps) > 3 and at.told() == keys and at.waits() == []


def test_a_channel_that_takes_none_of_them_sends_all_to_the_person(at: Delivery) -> None:
    keys = at.tell_together("bundle", channel=workspace.ARCHIVE.id)
    at.work()
    assert at.told(DM) == [f"{key}-dm" for key in keys] and at.waits() == []
    record = at.fake.storage.look(paths.notice("bundle")) or {}
    assert [record["told"][key]["instead_of"] for key in keys] == [workspace.ARCHIVE.id] * 3


def test_who_tells_again_tells_nobody_twice_also_after_everything_was_sent(at: Delivery) -> None:
    keys = at.tell_together("bundle")
    at.tell("single")
    at.work()
    assert was_sent(at.cloud.storage, "bundle") and was_sent(at.cloud.storage, "single")
    at.tell_together("bundle")
    at.tell("single")
    at.work(hours=1, swept_minutes=10)
    assert at.told() == [*keys, "single"] and at.waits() == []


def test_no_words_of_a_bundle_wait_for_a_picture(at: Delivery, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.slack.state.files.SCAN_SECONDS", 0.0)
    monkeypatch.setattr(pictures, "SCAN_SECONDS", 0.0)
    place_card(at)
    fault = Fault(match="files.getUploadURLExternal", kind="before", status=503, times=999)
    at.faults.add(fault)
    keys = at.tell_together("bundle", ("run_finished", "run_failed"), run=RUN)
    at.work(hours=0.001)
    assert [key for key in at.told() if key in keys] == keys
    assert was_sent(at.cloud.storage, "bundle") and at.waits() == [paths.pictures_open(keys[0])]
    at.faults.clear()
    at.work(hours=1)
    assert at.waits() == [] and "picture follows" not in str([one["blocks"] for one in at.shown()])
    assert len(at.calls("files.completeUploadExternal")) == 1


def test_a_bundle_too_long_for_its_line_is_read_and_sent_whole(at: Delivery) -> None:
    keys = at.tell_together("bundle", ("dataset_refused",) * 12)
    [path] = at.waits()
    assert path not in at.fake.storage.lines
    at.work()
    assert at.told() == keys and at.waits() == []


def test_a_record_is_thrown_away_only_once_all_was_posted(at: Delivery) -> None:
    at.faults.until, at.faults.words = at.clock.now() + timedelta(hours=1), ["token_revoked"]
    at.tell_together("bundle")
    at.work(hours=0.5)
    assert paths.notice("bundle") in at.fake.storage.objects
    assert paths.notice("bundle") not in at.fake.storage.passing
    at.work(hours=2)
    assert paths.notice("bundle") in at.fake.storage.passing
