"""A message is a fact: whatever happens to the app, to Slack or to us, it arrives, once, and in its order."""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from bot.act import Services
from bot.slack.blocks import Message
from bot.slack.errors import OURS
from bot.tasks import perform, steps_of
from engine import paths
from engine.doctor.report import Report, failed
from engine.errors import LockedOut, Postponed, Unavailable
from engine.pipeline.sweep import sweep
from engine.ports import Notice
from engine.runs.records import read_card
from engine.runs.run import State
from local import workspace
from local.faults import Fault
from tests.faults.slack_service import ANA, CHANNEL, RUN, Delivery, delivering, ended

KEYS = [f"message-{number:02}" for number in range(20)]
DM = "D0ANA"


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Delivery]:
    with delivering(tmp_path) as delivery:
        yield delivery


def tell_twenty(at: Delivery) -> None:
    for key in KEYS:
        at.tell(key)


# The app itself is refused


def test_a_token_outage_of_an_hour_loses_none_of_twenty_messages_and_keeps_their_order(at: Delivery) -> None:
    at.token.write_text("xoxb-" + "revoked")
    at.begin_run()
    at.fake.tasks.add("card", {"run": RUN}, 0)
    tell_twenty(at)
    at.work(hours=1)
    assert at.shown() == []
    at.token.write_text(workspace.BOT_TOKEN)
    at.work(hours=0.5, swept_minutes=10)
    assert [key for key in at.told() if key in KEYS] == KEYS
    assert at.told().count(f"{RUN}-card") == 1
    assert at.waits() == []


@pytest.mark.parametrize("word", [*sorted(OURS), "brand_new_refusal", ""])
def test_whatever_word_the_app_is_refused_with_nothing_is_lost(at: Delivery, word: str) -> None:
    at.faults.words, at.faults.until = [word], at.clock.time + timedelta(hours=1)
    for key in KEYS[:4]:
        at.tell(key)
    at.work(hours=2)
    assert at.faults.refused > 4
    assert at.told() == KEYS[:4] and at.waits() == []
    # They were refused for certain, so nobody had to look.
    assert at.calls("conversations.history") == []


def test_a_refusal_in_another_word_each_time_keeps_all_in_order(at: Delivery) -> None:
    words = [*sorted(OURS), "brand_new_refusal", "ratelimited", "channel_melted"]
    at.faults.words, at.faults.until = words, at.clock.time + timedelta(hours=1)
    tell_twenty(at)
    at.work(hours=3, swept_minutes=10)
    assert at.told() == KEYS and at.waits() == []


def test_the_sweep_sends_in_order_what_tasks_have_given_up(at: Delivery) -> None:
    at.faults.words, at.faults.until = ["account_inactive"], at.clock.time + timedelta(days=3)
    at.begin_run()
    at.fake.tasks.add("card", {"run": RUN}, 0)
    tell_twenty(at)
    at.work(hours=1)
    at.fake.tasks.purge()
    at.work(hours=70, swept_minutes=10)
    # Sweeps have left no tasks behind that would all come again.
    assert at.fake.tasks.waiting == [] and at.shown() == []
    at.work(hours=1.5)
    at.work(hours=1, swept_minutes=10)
    assert [key for key in at.told() if key in KEYS] == KEYS
    assert f"{RUN}-card" in at.told() and at.waits() == []


def test_what_is_told_during_an_outage_does_not_overtake_what_waits(at: Delivery) -> None:
    at.faults.words, at.faults.until = ["token_revoked"], at.clock.time + timedelta(hours=1)
    at.tell(KEYS[0])
    at.work(hours=0.9)
    at.faults.until = at.clock.time
    at.tell(KEYS[1])
    # The newer one's own task comes first.
    at.notify(KEYS[1])
    assert at.told() == KEYS[:2]


def test_another_conversation_does_not_wait_for_one_that_is_held_up(at: Delivery) -> None:
    fault = Fault(match="chat.postMessage", kind="before", status=503, times=50)
    at.faults.add(fault)
    at.tell(KEYS[0])
    at.work(hours=0.001)
    at.faults.clear()
    at.tell("direct", channel="")
    at.notify("direct", ANA)
    assert at.told(DM) == ["direct"] and at.told() == []


def test_a_message_that_nobody_can_draw_holds_up_no_other(at: Delivery) -> None:
    at.tell("broken", data={"draft": {}})
    at.tell(KEYS[0])
    at.fake.tasks.purge()
    sweep(at.cloud, at.clock)
    # Its task breaks, as its own task would; the message behind it is there all the same.
    with pytest.raises(KeyError):
        at.work(hours=1)
    assert at.told() == KEYS[:1]


def test_a_message_that_alone_is_refused_in_an_unheard_word_holds_others_up_for_a_day_at_most(at: Delivery) -> None:
    post = at.messenger._client.post

    def picky(channel: str, message: Message, *, thread_ts: str = "", key: str = "") -> dict[str, object]:
        if key == "poison":
            raise LockedOut("Slack refused (odd_message).", detail="odd_message", sure=False)
        return post(channel, message, thread_ts=thread_ts, key=key)

    at.messenger._client.post = picky  # type: ignore[method-assign,assignment]
    at.tell("poison")
    at.tell(KEYS[0])
    at.work(hours=23, swept_minutes=30)
    assert at.told() == []
    at.work(hours=2, swept_minutes=30)
    assert at.told() == KEYS[:1]
    at.messenger._client.post = post  # type: ignore[method-assign]
    at.work(hours=48, swept_minutes=60)
    assert at.told() == [KEYS[0], "poison"] and at.waits() == []


def test_a_refusal_of_this_one_channel_reaches_the_person_instead(at: Delivery) -> None:
    at.tell("elsewhere", channel=workspace.ARCHIVE.id)
    at.tell(KEYS[0])
    at.work()
    assert at.told(DM) == ["elsewhere-dm"] and at.told() == KEYS[:1] and at.waits() == []


# Waiting


def test_a_rate_limit_gives_the_thread_back_and_keeps_the_order(at: Delivery, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: pytest.fail(f"slept {seconds} s"))
    tell_twenty(at)
    for skip, asked in ((0, "30"), (5, "abc"), (3, "-1"), (1, "86400")):
        headers = (("Retry-After", asked),)
        at.faults.add(Fault(match="chat.postMessage", kind="before", status=429, headers=headers, skip=skip))
    at.work(hours=4)
    assert at.told() == KEYS and at.waits() == []
    assert at.calls("conversations.history") == []


@pytest.mark.parametrize(
    ("status", "word", "answered"), [(200, "token_revoked", 500), (200, "brand_new", 500), (429, "ratelimited", 200)]
)
def test_the_worker_asks_for_the_task_again_only_where_it_queued_no_other(
    at: Delivery, monkeypatch: pytest.MonkeyPatch, status: int, word: str, answered: int
) -> None:
    vars(at.fake)["secrets"] = at.secrets
    services = Services(at.fake.settings, at.cloud, at.clock)
    body = json.dumps({"ok": False, "error": word})
    at.faults.add(Fault(match="chat.postMessage", kind="before", status=status, body=body))
    at.tell("said")
    at.fake.tasks.purge()
    told = perform(services, "notify", steps_of(services)["notify"], {"key": "said", "conversation": CHANNEL}, 0)
    assert told.status_code == answered
    assert len(at.fake.tasks.waiting) == (answered == 200)


# Doubt


@pytest.mark.parametrize("thread", [False, True], ids=["channel", "thread"])
@pytest.mark.parametrize("distributed", [False, True], ids=["internal", "distributed"])
def test_three_hundred_messages_between_two_tries_hide_nothing(at: Delivery, thread: bool, distributed: bool) -> None:
    at.slack.distributed = distributed
    at.begin_run()
    at.fake.tasks.add("card", {"run": RUN}, 0)
    at.work(hours=0.001)
    place = {"kind": "run_failed", "data": ended(), "run": RUN} if thread else {}
    at.faults.add(Fault(match="chat.postMessage", kind="after", status=0))
    at.tell("said", **place)  # type: ignore[arg-type]
    at.work(hours=0.0001)
    parent = (read_card(at.cloud.storage, RUN) or {})["ts"] if thread else None
    for number in range(300):
        at.clock.time += timedelta(seconds=1)
        at.slack.messages.add(CHANNEL, {"user": ANA, "text": f"{number}"}, thread_ts=parent)
    at.work(hours=2)
    assert at.told().count("said") == 1 and at.waits() == []
    method = "conversations.replies" if thread else "conversations.history"
    looks = [call for call in at.calls(method) if call["ok"]]
    assert 1 <= len(looks) <= 22
    assert {int(call["args"]["limit"]) for call in looks} == {15}
    if distributed:
        found = at.slack.database.all("SELECT at FROM calls WHERE method = ? AND ok = 1 ORDER BY n", method)
        times = [row["at"] for row in found]
        assert all(later - earlier >= 60 for earlier, later in pairwise(times))


@pytest.mark.parametrize("status", [0, 500, 503])
def test_a_direct_message_whose_reply_was_lost_is_found_and_not_said_twice(at: Delivery, status: int) -> None:
    at.faults.add(Fault(match="chat.postMessage", kind="after", status=status))
    at.tell("said", channel="")
    at.work()
    assert at.told(DM) == ["said"] and at.waits() == []


def test_an_app_that_was_installed_without_the_right_to_look_says_it_twice_rather_than_never(at: Delivery) -> None:
    body = json.dumps({"ok": False, "error": "missing_scope", "needed": "im:history"})
    at.faults.add(Fault(match="conversations.history", kind="before", status=200, body=body, times=99))
    at.faults.add(Fault(match="chat.postMessage", kind="before", status=0))
    at.tell("said", channel="")
    at.work()
    assert at.told(DM) == ["said"] and at.waits() == []


def test_what_was_never_posted_is_posted_after_the_look(at: Delivery) -> None:
    at.faults.add(Fault(match="chat.postMessage", kind="before", status=0))
    at.tell("said")
    at.work()
    assert at.told() == ["said"] and len(at.calls("conversations.history")) == 1


def test_a_message_of_an_older_release_is_looked_for_before_it_is_posted(at: Delivery) -> None:
    """It was posted, its worker died, and the new release knows of no try."""
    at.of_earlier("said", marked=False)
    at.messenger._client.post(CHANNEL, Message("It is said."), key="said")
    at.fake.tasks.add("notify", {"key": "said"}, 0)
    at.work()
    assert at.told() == ["said"] and at.waits() == []


def test_what_an_older_release_has_sent_meanwhile_is_not_sent_again(at: Delivery) -> None:
    """After going back and forward again: it knew of no marks and no tries, so the message's mark stayed."""
    at.of_earlier("said")
    at.fake.storage.put(paths.notice_sent("said"), b"{}")
    at.tell(KEYS[0])
    at.work()
    assert at.told() == KEYS[:1] and at.waits() == []


def test_a_first_try_looks_for_nothing(at: Delivery) -> None:
    tell_twenty(at)
    at.work()
    assert at.told() == KEYS
    assert at.calls("conversations.history") == at.calls("conversations.replies") == []


def test_a_direct_message_that_was_refused_for_certain_is_not_doubled(at: Delivery) -> None:
    at.faults.words, at.faults.until = ["token_expired"], at.clock.time + timedelta(minutes=20)
    at.tell("said", channel="")
    at.work()
    assert at.told(DM) == ["said"]


def test_a_worker_that_dies_at_any_call_posts_once(tmp_path: Path) -> None:
    """At every call to storage and queues, before it and after it; the task comes again."""
    with delivering(tmp_path / "whole") as at:
        at.tell("said")
        at.work()
        calls = list(at.fake.world.calls)
    with delivering(tmp_path / "crashed") as at:
        for k in range(1, len(calls) + 1):
            for when in ("before", "after"):
                key = f"said-{k}-{when}"
                at.fake.world.crash = (len(at.fake.world.calls) + k, when)
                for _ in range(2):
                    try:
                        at.tell(key)
                        break
                    except BaseException as error:
                        assert type(error).__name__ == "Crash", error
                at.work(hours=0.2)
                at.fake.world.crash = None
        told = Counter(at.told())
        assert set(told.values()) == {1} and len(told) == 2 * len(calls)
        sweep(at.cloud, at.clock)
        at.work(hours=0.2)
        assert Counter(at.told()) == told and at.waits() == []


# Two at once


def test_two_deliveries_at_once_make_one_message(at: Delivery) -> None:
    at.tell("said")
    at.faults.add(Fault(match="chat.postMessage", kind="slow", seconds=0.3))
    failures: list[BaseException] = []

    def deliver() -> None:
        try:
            at.notify("said")
        except BaseException as error:
            failures.append(error)

    both = [threading.Thread(target=deliver) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    at.work()
    assert failures == [] and at.told() == ["said"] and at.waits() == []


def test_whoever_stalls_past_their_time_takes_their_message_back(at: Delivery) -> None:
    """The first delivery hangs for longer than its lease; the second one posts; then the first one goes on."""
    at.tell("said")
    client = at.messenger._client
    post = client.post

    def stalled(*given: object, **options: object) -> dict[str, object]:
        client.post = post  # type: ignore[method-assign]
        at.clock.time += timedelta(minutes=5)
        at.notify("said")
        return post(*given, **options)  # type: ignore[arg-type]

    client.post = stalled  # type: ignore[method-assign,assignment]
    at.notify("said")
    assert at.told() == ["said"] and at.waits() == []


def test_whoever_looks_past_their_time_leaves_the_post_to_who_took_it_over(at: Delivery) -> None:
    """The search is so long that another delivery begins meanwhile: both know of it, and one posts."""
    at.faults.add(Fault(match="chat.postMessage", kind="before", status=0))
    at.tell("said")
    said = at.waiting("said")
    at.work(hours=0.0001)
    form, entered = at.messenger._client.form, []

    def slow(method: str, **arguments: object) -> dict[str, object]:
        if not entered:
            entered.append(method)
            at.clock.time += timedelta(minutes=5)
            at.notify("said")
        return {"messages": []}

    at.messenger._client.form = slow  # type: ignore[method-assign,assignment]
    with pytest.raises(Postponed):
        at.deliver(said)
    at.messenger._client.form = form  # type: ignore[method-assign]
    at.work(hours=0.1)
    assert at.told() == ["said"] and at.waits() == []


def test_somebody_at_work_is_waited_for_a_moment_and_not_for_ever(at: Delivery) -> None:
    at.tell("said")
    now = at.clock.now().isoformat()
    at.fake.storage.put(paths.notice("said"), json.dumps({"state": "trying", "first": now, "at": now}).encode())
    with pytest.raises(Postponed):
        at.deliver(at.waiting("said"))
    at.work(hours=0.1)
    assert at.told() == ["said"]


# What people delete


def test_a_deleted_card_is_posted_again_and_the_thread_goes_on_there(at: Delivery) -> None:
    at.begin_run()
    at.fake.tasks.add("card", {"run": RUN}, 0)
    at.work(hours=0.01)
    first = read_card(at.cloud.storage, RUN) or {}
    at.slack.messages.delete(CHANNEL, first["ts"])
    for _ in range(2):
        at.fake.tasks.add("card", {"run": RUN}, 0)
    at.work(hours=0.01)
    second = read_card(at.cloud.storage, RUN) or {}
    assert second["ts"] != first["ts"] and len(at.shown()) == 1
    at.tell("failed", kind="run_failed", data=ended(), run=RUN)
    at.work(hours=0.01)
    assert [one["thread_ts"] for one in at.shown() if one["ts"] != second["ts"]] == [second["ts"]]


@pytest.mark.parametrize("lost", [False, True], ids=["heard", "reply lost"])
def test_a_reply_whose_parent_is_gone_stands_in_the_channel_once_and_the_card_comes_again(
    at: Delivery, lost: bool
) -> None:
    at.begin_run()
    at.fake.tasks.add("card", {"run": RUN}, 0)
    at.work(hours=0.01)
    first = read_card(at.cloud.storage, RUN) or {}
    at.slack.messages.delete(CHANNEL, first["ts"])
    if lost:
        at.faults.add(Fault(match="chat.postMessage", kind="after", status=0))
    at.tell("failed", kind="run_failed", data=ended(), run=RUN)
    at.work(hours=0.5)
    assert at.told().count("failed") == 1 and at.waits() == []
    second = read_card(at.cloud.storage, RUN) or {}
    assert second["ts"] != first["ts"]
    at.tell("more", kind="run_cancelled", data=ended(State.CANCELLED), run=RUN)
    at.work(hours=0.1)
    [more] = [one for one in at.shown() if one.get("metadata", {}).get("event_payload", {}).get("key") == "more"]
    assert more["thread_ts"] == second["ts"]


def test_a_parent_that_was_deleted_with_replies_keeps_its_thread(at: Delivery) -> None:
    at.begin_run()
    at.fake.tasks.add("card", {"run": RUN}, 0)
    at.work(hours=0.01)
    first = read_card(at.cloud.storage, RUN) or {}
    at.slack.messages.add(CHANNEL, {"user": ANA, "text": "nice"}, thread_ts=first["ts"])
    at.slack.messages.delete(CHANNEL, first["ts"])
    at.fake.tasks.add("card", {"run": RUN}, 0)
    at.work(hours=0.01)
    assert (read_card(at.cloud.storage, RUN) or {})["ts"] != first["ts"]
    assert at.told().count(f"{RUN}-card-after-{first['ts']}") == 1


def test_the_doctors_report_reaches_whoever_asked_also_where_storage_is_what_is_broken(at: Delivery) -> None:
    report = Report((failed("The bucket does not answer.", "Look.", check="bucket"),)).as_json()
    notice = Notice(
        key="doctor-1",
        kind="doctor_report",
        workspace=workspace.TEAM_ID,
        user=ANA,
        data=report,
        created_at=at.clock.now(),
    )

    def away(call: str) -> None:
        raise Unavailable("Cloud Storage does not answer.")

    at.fake.world.before = away
    at.deliver(notice, regardless=True)
    assert at.told(DM) == ["doctor-1"]
