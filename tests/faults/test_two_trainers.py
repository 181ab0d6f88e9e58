"""Native first, then Robyn, under crashes and repetitions: one preview a run, whatever becomes of what follows it."""

from collections.abc import Callable

import pytest

from engine import paths
from engine.runs.records import folder_of
from tests.faults.fake_cloud import Crash
from tests.faults.service import Service, quick_results

__all__ = ["quick_results"]
pytestmark = pytest.mark.usefixtures("quick_results")

PREVIEW = {"run_preview": 1, "run_preview_charts": 1}
SECOND = 1 / 3600


def both(*script: str, mute: bool = False) -> Service:
    """A service whose one experiment asks for both trainers; `script` says what becomes of its containers."""
    service = Service(trainer="both")
    service.fake.jobs.script, service.fake.jobs.mute = list(script), mute
    return service


def go(service: Service, **options: float) -> str:
    """Start a run and work until all is done, or for some hours. A person who gets no answer asks again."""
    try:
        run_id = service.submit().id
    except Crash:
        run_id = service.submit().id
    service.drain(**options)
    return run_id


def check_told(service: Service, run_id: str, **kinds: int) -> None:
    told = service.fake.messenger.kinds(run_id)
    about = {kind: count for kind, count in told.items() if kind in ("run_second_opinion", *PREVIEW)}
    assert about == kinds


STORIES: dict[str, tuple[Callable[[], Service], str, dict[str, int]]] = {
    "confirmed": (both, "SUCCEEDED", {**PREVIEW, "run_second_opinion": 1}),
    "robyn-fails": (lambda: both("fail"), "FAILED", PREVIEW),
    "lost-after-the-preview": (lambda: both("killed"), "SUCCEEDED", {**PREVIEW, "run_second_opinion": 1}),
}


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("story", STORIES)
def test_a_crash_at_any_call_costs_no_preview_and_posts_none_twice(story: str, when: str) -> None:
    make, state, kinds = STORIES[story]
    service = make()
    go(service)
    for k in range(1, len(service.fake.world.calls) + 1):
        service = make()
        service.fake.world.crash = (k, when)
        run_id = go(service)
        try:
            assert service.fake.world.crashed
            service.check_ended(run_id, state)
            check_told(service, run_id, **kinds)
        except AssertionError as error:
            error.add_note(f"crash {when} call {k}, {service.fake.world.calls[k - 1]}")
            raise


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize("mute", [False, True], ids=["told", "not-told"])
def test_a_preview_comes_whether_the_job_tells_of_it_or_not(story: str, mute: bool) -> None:
    make, state, kinds = STORIES[story]
    service = make()
    service.fake.jobs.mute = mute
    run_id = go(service)
    service.check_ended(run_id, state)
    check_told(service, run_id, **kinds)


def test_the_preview_is_posted_while_robyn_trains() -> None:
    service = both("hang")
    run_id = go(service, hours=1)
    assert service.run(run_id).state == "RUNNING"
    check_told(service, run_id, **PREVIEW)


def test_every_step_may_be_delivered_twice() -> None:
    service = both("killed")
    run_id = service.submit().id
    service.fake.drain(service.perform, twice=True)
    service.check_ended(run_id)
    check_told(service, run_id, **PREVIEW, run_second_opinion=1)


def test_a_failure_after_the_preview_says_that_the_preview_stands() -> None:
    service = both("fail")
    run_id = go(service)
    assert service.fake.messenger.posts[f"{run_id}-run_failed"].data["preview"] is True
    alone = Service()
    alone.fake.jobs.script = ["fail"]
    run_id = go(alone)
    assert "preview" not in alone.fake.messenger.posts[f"{run_id}-run_failed"].data


def test_a_container_lost_for_good_after_its_preview_says_that_it_stands() -> None:
    service = both("killed", "killed", "killed")
    run_id = go(service)
    service.check_ended(run_id, "FAILED")
    check_told(service, run_id, **PREVIEW)
    assert service.fake.messenger.posts[f"{run_id}-run_failed"].data["preview"] is True


def test_a_stopped_run_keeps_its_preview_and_gets_no_new_one() -> None:
    service = both("hang")
    run_id = go(service, hours=400 * SECOND)
    check_told(service, run_id, **PREVIEW)
    service.cancel(run_id)
    service.drain()
    service.check_ended(run_id, "CANCELLED")
    check_told(service, run_id, **PREVIEW)
    assert service.fake.messenger.posts[f"{run_id}-run_cancelled"].data["preview"] is True


def test_a_preview_that_comes_after_the_end_is_not_posted() -> None:
    service = both("hang", mute=True)
    run_id = go(service, hours=305 * SECOND)
    service.cancel(run_id)
    service.drain()
    told = dict(service.fake.messenger.kinds(run_id))
    run = service.run(run_id)
    service.fake.tasks.add("preview", {"run": run_id, "attempt": run.attempt}, 0)
    service.drain()
    assert dict(service.fake.messenger.kinds(run_id)) == told


def test_a_preview_that_cannot_be_read_costs_no_result() -> None:
    service = both()
    run_id = go(service, hours=200 * SECOND)
    path = paths.result_pack(paths.preview(folder_of(service.run(run_id))))
    made = service.fake.jobs._leave_preview

    def leave_damaged(one: object, where: str) -> None:
        made(one, where)  # type: ignore[arg-type]
        service.fake.storage.put(path, service.fake.storage.objects[path][0][:-8])

    service.fake.jobs._leave_preview = leave_damaged  # type: ignore[method-assign]
    service.drain()
    service.check_ended(run_id)
    check_told(service, run_id, run_second_opinion=1)
