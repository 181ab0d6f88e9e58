"""Drafts, whatever fails: each is answered once, nobody waits for ever, and one of them holds up no other."""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from engine import paths
from engine.cloud.cloud import Cloud
from engine.data.dataset import Draft, Source
from engine.data.records import read_draft, save_draft
from engine.data.wishes import open_draft, waiting, wish
from engine.errors import AlreadyExists, BadInput, Unavailable
from engine.pipeline.look_after import give_up, waited_long
from engine.pipeline.notify import notify
from engine.pipeline.read_columns import read_columns
from engine.pipeline.snapshot import snapshot
from engine.pipeline.sweep import sweep
from local.sample import weekly_csv
from tests.faults.fake_cloud import NOON, Crash, FakeCloud, Task
from tests.faults.service import MAPPING

DRAFT = Draft(
    id="20260105T120000Z-dddd",
    workspace="T1",
    title="Spring",
    country="fr",
    source=Source(kind="csv", file_id="F1", file_name="spring.csv"),
    who="U1",
    channel="C1",
    created_at=NOON,
    view_id="V1",
)


class Dropped:
    """Files that people dropped; they may be away."""

    def __init__(self, data: bytes) -> None:
        self.data, self.away = data, False

    def fetch(self, file_id: str, into: Path, limit_bytes: int) -> str:
        if self.away:
            raise Unavailable("Slack did not hand the file over.")
        into.write_bytes(self.data)
        return "spring.csv"


class Work:
    """The steps of datasets as the worker does them, and what people are told."""

    def __init__(self, data: bytes = b"") -> None:
        self.fake = FakeCloud()
        self.cloud = cast(Cloud, self.fake)
        self.files = Dropped(data or weekly_csv("FR"))

    def ask(self, draft: Draft, step: str) -> None:
        open_draft(self.cloud.storage, draft.id, self.fake.clock.now())
        self.cloud.tasks.enqueue("stage", step, {"draft": draft.id}, key=f"{step}|T1|{draft.id}")

    def first(self) -> Draft:
        with suppress(AlreadyExists):
            save_draft(self.cloud.storage, DRAFT)
        self.ask(DRAFT, "read_columns")
        return DRAFT

    def send(self, draft: Draft, key: str) -> Draft:
        renewed = wish(self.cloud.storage, draft, key, self.fake.clock.now(), MAPPING, view_id="")
        self.ask(renewed, "snapshot")
        return renewed

    def perform(self, task: Task) -> None:
        cloud, clock, p = self.cloud, self.fake.clock, task.payload
        steps = {
            "read_columns": lambda: read_columns(cloud, clock, self.files, p["draft"]),
            "snapshot": lambda: snapshot(cloud, clock, self.files, p["draft"]),
            "notify": lambda: notify(cloud, clock, self.fake.messenger, p["key"], p.get("conversation", "")),
        }
        try:
            steps[task.step]()
        except BadInput as error:
            assert task.step == "notify", error

    def drain(self, **options: Any) -> None:
        self.fake.drain(self.perform, **options)

    def told(self) -> Counter[str]:
        return Counter(notice.kind for notice in self.fake.messenger.posts.values())


def told_of(work: Work) -> dict[str, int]:
    return {kind: count for kind, count in work.told().items() if kind.startswith("dataset")}


def both_steps(work: Work, *, twice: bool = False) -> None:
    """A file is dropped and its roles are sent; a click whose handling died is delivered again."""
    _delivered(work.first)
    work.drain(twice=twice)
    _delivered(lambda: work.send(read_draft(work.cloud.storage, DRAFT.id), "k1"))
    work.drain(twice=twice)


def _delivered(click: Callable[[], Draft]) -> None:
    try:
        click()
    except Crash:
        click()


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("twice", [False, True], ids=["once", "each task twice"])
def test_every_crash_leaves_one_answer_to_each_wish(when: str, twice: bool) -> None:
    whole = Work()
    both_steps(whole)
    for at in range(1, len(whole.fake.world.calls) + 1):
        work = Work()
        work.fake.world.crash = (at, when)
        both_steps(work, twice=twice)
        assert work.fake.world.crashed == 1
        assert told_of(work) == {"dataset_columns": 1, "dataset_ready": 1}, (at, when)
        assert not [path for path in work.fake.storage.objects if path.startswith(paths.OPEN_DRAFTS)]


def test_the_same_roles_sent_again_are_read_again_once_they_were_answered() -> None:
    work = Work(weekly_csv("FR").replace(b"2023-10-09", b"2023-10-02"))
    draft = work.first()
    work.drain()
    draft = read_draft(work.cloud.storage, draft.id)
    first = work.send(draft, "k1")
    assert work.send(draft, "k1").id == first.id, "the same click, delivered again"
    assert work.send(draft, "k2").id == first.id, "another click, before anybody was answered"
    work.drain()
    assert told_of(work)["dataset_refused"] == 1
    work.files.data = weekly_csv("FR")
    again = work.send(draft, "k3")
    assert again.id != first.id
    work.drain()
    assert told_of(work) == {"dataset_columns": 1, "dataset_refused": 1, "dataset_ready": 1}
    assert work.send(draft, "k1").id == first.id and work.send(draft, "k3").id == again.id
    work.drain()
    assert sum(told_of(work).values()) == 3


@pytest.mark.parametrize("step", ["read_columns", "snapshot"])
def test_a_draft_whose_task_was_lost_is_queued_again(step: str) -> None:
    work = Work()
    draft = work.first()
    if step == "snapshot":
        work.drain()
        draft = work.send(read_draft(work.cloud.storage, draft.id), "k1")
    work.fake.tasks.purge()
    sweep(work.cloud, work.fake.clock)
    assert not work.fake.tasks.waiting, "it may still be on its way"
    work.fake.clock.time += timedelta(minutes=4)
    sweep(work.cloud, work.fake.clock)
    work.drain()
    assert told_of(work)["dataset_ready" if step == "snapshot" else "dataset_columns"] == 1


@pytest.mark.parametrize("step", ["read_columns", "snapshot"])
def test_a_draft_that_is_lost_again_and_again_is_given_up_in_words_once(step: str) -> None:
    work = Work()
    draft = work.first()
    if step == "snapshot":
        work.drain()
        draft = work.send(read_draft(work.cloud.storage, draft.id), "k1")
    for _ in range(4):
        work.fake.tasks.purge()
        work.fake.clock.time += timedelta(minutes=4)
        sweep(work.cloud, work.fake.clock)
    work.drain()
    kind = "dataset_refused" if step == "snapshot" else "dataset_unreadable"
    [notice] = [one for one in work.fake.messenger.posts.values() if one.kind == kind]
    assert "name the reference" in notice.data["error"]["todo"]
    assert notice.data["error"]["again"]
    work.ask(draft, step)
    work.drain()
    assert told_of(work)[kind] == 1
    assert waiting(work.cloud.storage, draft.id) is None


def test_a_step_at_work_is_left_alone_and_a_dead_one_is_not() -> None:
    work = Work()
    draft = work.first()
    work.files.away = True
    with pytest.raises(Unavailable):
        read_columns(work.cloud, work.fake.clock, work.files, draft.id)
    work.fake.tasks.purge()
    work.fake.clock.time += timedelta(minutes=20)
    sweep(work.cloud, work.fake.clock)
    assert not work.fake.tasks.waiting, "a large table takes its time"
    work.fake.clock.time += timedelta(minutes=15)
    sweep(work.cloud, work.fake.clock)
    assert [task.step for task in work.fake.tasks.waiting] == ["read_columns"]


def test_what_is_down_for_minutes_is_told() -> None:
    work = Work()
    draft = work.first()
    assert not waited_long(work.cloud, work.fake.clock, draft.id)
    work.fake.clock.time += timedelta(minutes=6)
    assert waited_long(work.cloud, work.fake.clock, draft.id)
    give_up(work.cloud, work.fake.clock, draft.id, Unavailable("The warehouse does not answer."), "abc123")
    give_up(work.cloud, work.fake.clock, draft.id, None, "def456")
    work.drain()
    [notice] = [one for one in work.fake.messenger.posts.values() if one.kind == "dataset_unreadable"]
    assert notice.data["error"]["what"] == "The warehouse does not answer."
    assert "abc123" in notice.data["error"]["todo"]


@pytest.mark.parametrize("broken", [b"{", b"{}", b'{"since": "never"}'], ids=["no JSON", "empty", "no time"])
def test_a_draft_that_cannot_be_read_holds_up_no_other(broken: bytes) -> None:
    work = Work()
    work.fake.storage.put(paths.draft_open("20200101T000000Z-aaaa"), broken)
    work.fake.storage.put(paths.draft("20200101T000000Z-bbbb"), broken)
    open_draft(work.cloud.storage, "20200101T000000Z-bbbb", NOON)
    draft = work.first()
    work.fake.tasks.purge()
    work.fake.clock.time += timedelta(minutes=4)
    sweep(work.cloud, work.fake.clock)
    assert [task.payload["draft"] for task in work.fake.tasks.waiting] == [draft.id]
