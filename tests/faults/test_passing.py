"""What is done with is thrown away after a while, and nothing before that: facts stay, and what waits stays."""

from contextlib import suppress
from datetime import timedelta
from typing import cast

import pytest

from engine import paths
from engine.cloud.cloud import Cloud
from engine.data.records import read_draft
from engine.data.wishes import answer_of
from engine.errors import NotFound
from engine.pipeline.old_passing import SENT, let_old_pass
from engine.pipeline.sweep import sweep
from tests.earlier_store import UNDRAWN, UNSENT, into_memory
from tests.faults.fake_cloud import FakeCloud, Task
from tests.faults.service import TS, Service, quick_results  # noqa: F401
from tests.faults.test_drafts import DRAFT, Work, both_steps, told_of

pytestmark = pytest.mark.usefixtures("quick_results")

# Whatever begins so may be thrown away once it is done with. Every other name is a fact, a view or something open.
MAY_PASS = ("requests/", "drafts/", "drafts-answered/", "outbox/", "oauth-states/")
WEEK = timedelta(days=7)


@pytest.fixture
def answered() -> Work:
    """A dataset was made: its columns were read, its roles sent, its rows read."""
    work = Work()
    both_steps(work)
    return work


def throw_away(work: Work) -> None:
    """The shortest retention is over, and what was done with is gone."""
    work.fake.clock.time += WEEK
    work.fake.storage.throw_away()


def test_nothing_but_what_is_done_with_ever_passes(answered: Work) -> None:
    service = Service()
    runs = [service.submit(key="k1"), service.submit(key="k2")]
    service.drain()
    for run in runs:
        service.check_ended(run.id)
    passing = service.fake.storage.passing | answered.fake.storage.passing
    assert passing
    assert [path for path in passing if not path.startswith(MAY_PASS)] == []


def test_a_run_is_as_before_when_what_was_done_with_is_gone() -> None:
    service = Service()
    run = service.submit()
    service.drain()
    service.fake.storage.throw_away()
    service.fake.clock.time += WEEK
    service.check_ended(run.id)
    posted = list(service.fake.messenger.deliveries)
    service.sweep()
    service.drain()
    assert service.fake.messenger.deliveries == posted
    assert service.submit().id == run.id  # the same form again is the same run
    service.drain()
    service.sweep()
    service.drain()
    assert service.fake.messenger.deliveries == posted
    service.check_ended(run.id)


def test_a_draft_passes_once_its_person_was_answered_and_not_before() -> None:
    work = Work()
    draft = work.first()
    assert paths.draft(draft.id) not in work.fake.storage.passing
    work.fake.clock.time += 5 * WEEK  # the worker was away
    work.fake.storage.throw_away()
    work.drain()
    assert told_of(work) == {"dataset_columns": 1}
    assert {paths.draft(draft.id), paths.draft_answered(draft.id)} <= work.fake.storage.passing


def test_of_a_form_that_made_a_dataset_all_passes_and_the_dataset_stays(answered: Work) -> None:
    forms = [path for path in answered.fake.storage.objects if path.startswith(("drafts", "requests/"))]
    assert len(forms) == 7  # the form as it was read, what was meant by which click, the form as it was sent
    assert set(forms) <= answered.fake.storage.passing
    before = {path for path in answered.fake.storage.objects if path.startswith(("datasets/", "metadata/", "index/"))}
    throw_away(answered)
    assert before and before <= set(answered.fake.storage.objects)
    with pytest.raises(NotFound, match="no longer known"):
        read_draft(answered.cloud.storage, DRAFT.id)
    with pytest.raises(NotFound, match="no longer on offer"):
        answer_of(answered.cloud.storage, DRAFT.id)


def late(work: Work, task: Task) -> None:
    """A step as the worker does it: where what it is about is gone, it is over."""
    with suppress(NotFound, AssertionError):
        work.perform(task)


@pytest.mark.parametrize("step", ["read_columns", "snapshot"])
@pytest.mark.parametrize("left", ["nothing", "all but the answer", "all but the form"])
def test_a_task_that_comes_again_after_that_does_nothing(answered: Work, step: str, left: str) -> None:
    told, storage = dict(answered.fake.messenger.posts), answered.fake.storage
    drafts = [path.split("/")[1].split(".")[0] for path in storage.objects if path.startswith("drafts/")]
    answered.fake.clock.time += WEEK
    for path in list(storage.passing):
        kept = {"nothing": False, "all but the answer": not path.startswith("drafts-answered/")}.get(
            left, not path.startswith("drafts/")
        )
        if not kept:
            storage.drop(path)
    datasets = {path: storage.objects[path] for path in storage.objects if path.startswith("datasets/")}
    for draft_id in drafts:
        answered.fake.tasks.add(step, {"draft": draft_id}, 0)
    answered.fake.drain(lambda task: late(answered, task))
    assert answered.fake.messenger.posts == told
    assert {path: storage.objects[path] for path in storage.objects if path.startswith("datasets/")} == datasets
    assert not [path for path in storage.objects if path.startswith(paths.OPEN_DRAFTS)]


def test_a_sweep_after_that_finds_nothing_to_do(answered: Work) -> None:
    throw_away(answered)
    told = dict(answered.fake.messenger.posts)
    sweep(answered.cloud, answered.fake.clock)
    answered.fake.drain(lambda task: late(answered, task))
    assert answered.fake.messenger.posts == told


def test_a_dataset_can_be_trained_on_long_after_its_form_is_gone() -> None:
    service = Service()
    service.fake.storage.throw_away()
    service.fake.clock.time += 52 * WEEK
    run = service.submit()
    assert run.dataset_id == f"fr/{TS}"
    service.drain()
    service.check_ended(run.id)


# The release before


@pytest.fixture
def earlier() -> FakeCloud:
    fake = FakeCloud()
    into_memory(fake.storage)
    return fake


@pytest.mark.parametrize("portion", [1, 7, 1000])
def test_what_the_release_before_was_done_with_passes_and_what_was_open_stays(earlier: FakeCloud, portion: int) -> None:
    cloud, storage = cast(Cloud, earlier), earlier.storage
    after, looked = "", portion
    while looked == portion:
        looked, after = let_old_pass(cloud.storage, after, portion)
    may = (*MAY_PASS, "outbox-tries/", "outbox-pictures/")
    assert [path for path in storage.passing if not path.startswith(may)] == []
    old = {path for path in storage.objects if path.startswith(may)}
    doubtful = {paths.notice(UNSENT), paths.notice_try(UNSENT), paths.notice_try(f"{UNDRAWN}-card")}
    assert old - storage.passing == doubtful


def test_a_message_never_loses_the_mark_that_it_was_sent_before_itself(earlier: FakeCloud) -> None:
    let_old_pass(cast(Cloud, earlier).storage, "", 10_000)
    earlier.storage.throw_away(within=0)
    left = {path for path in earlier.storage.objects if path.startswith(("outbox/", "drafts"))}
    assert {path for path in left if not path.endswith(SENT) and not path.startswith("drafts-answered/")} == {
        paths.notice(UNSENT)
    }
    assert len(left) > 10


def test_a_form_of_the_release_before_that_somebody_waits_for_stays(earlier: FakeCloud) -> None:
    storage = earlier.storage
    [answered, *_] = [path for path in storage.objects if path.startswith(paths.ANSWERED_DRAFTS)]
    draft = answered.removeprefix(paths.ANSWERED_DRAFTS).removesuffix(".json")
    storage.drop(answered)
    let_old_pass(cast(Cloud, earlier).storage, "", 10_000)
    assert paths.draft(draft) not in storage.passing
