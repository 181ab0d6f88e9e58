"""The launch protocol under crashes, lost replies and repetitions: one training, one end, one message.

The sweeps are exhaustive: whatever goes wrong goes wrong at every single call to the outside, once.
"""

import json
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TypeVar

import pytest

from engine import paths
from engine.errors import NotFound, Unavailable
from engine.pipeline.cancel import request_cancel
from engine.runs.records import folder_of
from tests.faults.fake_cloud import Crash, Task
from tests.faults.service import TS, Service, quick_results

__all__ = ["quick_results"]
pytestmark = pytest.mark.usefixtures("quick_results")

SECOND = 1 / 3600
T = TypeVar("T")


def succeed(service: Service) -> str:
    return go(service)


def lose_one(service: Service) -> str:
    """The first container is killed, the second one trains."""
    service.fake.jobs.script = ["killed"]
    return go(service)


def lose_reply(service: Service) -> str:
    service.fake.jobs.replies = ["lost"]
    return go(service)


def find_no_room(service: Service) -> str:
    """Cloud Run has no room twice, then it has."""
    service.fake.jobs.replies = ["busy", "busy"]
    return go(service)


def find_no_image(service: Service) -> str:
    """The training job names an image that is not there."""
    service.fake.jobs.script = ["no-image"] * 9
    return go(service)


def lose_rows(service: Service) -> str:
    """The rows are not those that were checked: the run fails while it is staged."""
    service.fake.storage.put(paths.raw_data("fr", TS), b"other")
    return go(service)


def refuse(service: Service) -> str:
    """Cloud Run refuses to start the training."""
    service.fake.jobs.replies = ["no"] * 9
    return go(service)


def stop(service: Service, seconds: float) -> str:
    """Somebody stops the run after some seconds."""
    run_id = go(service, hours=seconds * SECOND)
    insist(lambda: service.cancel(run_id))
    service.drain()
    return run_id


def go(service: Service, **options: float) -> str:
    run_id = insist(service.submit).id
    service.drain(**options)
    return run_id


def insist(ask: Callable[[], T]) -> T:
    """A person who gets no answer asks again."""
    try:
        return ask()
    except Crash:
        return ask()


STORIES = {
    "success": (succeed, {"SUCCEEDED"}, 1),
    "killed": (lose_one, {"SUCCEEDED"}, 2),
    "lost-reply": (lose_reply, {"SUCCEEDED"}, 1),
    "no-room": (find_no_room, {"SUCCEEDED"}, 1),
    "no-image": (find_no_image, {"FAILED"}, 1),
    "bad-rows": (lose_rows, {"FAILED"}, 1),
    "refused": (refuse, {"FAILED"}, None),  # a crash between the lock and the end costs an attempt
    "stop-launching": (partial(stop, seconds=5), {"CANCELLED", "SUCCEEDED"}, None),
    "stop-running": (partial(stop, seconds=100), {"CANCELLED", "SUCCEEDED"}, None),
}


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("story", STORIES)
def test_a_crash_at_any_call_changes_nothing(story: str, when: str) -> None:
    tell, ends, attempts = STORIES[story]
    service = Service()
    tell(service)
    for k in range(1, len(service.fake.world.calls) + 1):
        service = Service()
        service.fake.world.crash = (k, when)
        run_id = tell(service)
        call = service.fake.world.calls[k - 1]
        with named(f"crash {when} call {k}, {call}"):
            assert service.fake.world.crashed
            run = service.run(run_id)
            assert run.state in ends
            service.check_ended(run_id, run.state)
            assert attempts in (None, run.attempt)


@pytest.mark.parametrize("story", ["success", "killed"])
def test_a_step_delivered_again_in_the_midst_of_itself_changes_nothing(story: str) -> None:
    tell, _, attempts = STORIES[story]
    service = Service()
    tell(service)
    for k in range(1, len(service.fake.world.calls) + 1):
        service = Service()
        disturb(service, k, lambda service, task: task and service.perform(task))
        run_id = tell(service)
        with named(f"delivered again at call {k}, {service.fake.world.calls[k - 1]}"):
            service.check_ended(run_id)
            assert service.run(run_id).attempt == attempts
            assert not service.run(run_id).reason


@pytest.mark.parametrize("story", ["success", "killed"])
def test_a_wish_to_stop_at_any_call_wins_or_says_it_lost(story: str) -> None:
    tell, _, _ = STORIES[story]
    service = Service()
    run_id = tell(service)
    for k in range(1, len(service.fake.world.calls) + 1):
        service = Service()

        def ask(service: Service, task: Task | None, run_id: str = run_id) -> None:
            with suppress(NotFound):
                service.cancel(run_id)

        disturb(service, k, ask)
        tell(service)
        with named(f"stopped at call {k}, {service.fake.world.calls[k - 1]}"):
            run = service.run(run_id)
            service.check_ended(run_id, run.state)
            claimed = sum(service.fake.jobs.trainings.values())
            assert run.state in ("CANCELLED", "SUCCEEDED")
            assert claimed <= (2 if story == "killed" else 1)


@pytest.mark.parametrize("story", STORIES)
def test_every_step_may_be_delivered_twice(story: str) -> None:
    tell, ends, _ = STORIES[story]
    service = Service()
    drain = service.fake.drain
    service.fake.drain = partial(drain, twice=True)  # type: ignore[method-assign]
    run_id = tell(service)
    assert service.run(run_id).state in ends
    service.check_ended(run_id, service.run(run_id).state)


def test_a_sweep_at_any_call_changes_nothing() -> None:
    service = Service()
    succeed(service)
    for k in range(1, len(service.fake.world.calls) + 1):
        service = Service()
        disturb(service, k, lambda service, task: service.sweep())
        run_id = succeed(service)
        with named(f"swept at call {k}, {service.fake.world.calls[k - 1]}"):
            service.check_ended(run_id)


# Lost replies and lost containers


@pytest.mark.parametrize(
    ("replies", "listed_after", "containers"),
    [
        pytest.param(["lost"], 0, 1, id="created"),
        pytest.param(["nothing"], 0, 1, id="not-created"),
        pytest.param(["lost"], 1000, 1, id="created-and-never-listed"),
        pytest.param(["nothing", "nothing"], 0, 1, id="twice-not-created"),
    ],
)
def test_a_lost_reply_means_one_training(replies: list[str], listed_after: float, containers: int) -> None:
    service = Service()
    service.fake.jobs.replies, service.fake.jobs.listed_after = replies, listed_after
    run_id = succeed(service)
    service.check_ended(run_id)
    assert sum(service.fake.jobs.trainings.values()) == containers


def test_a_container_that_comes_after_its_attempt_was_given_up_does_not_train() -> None:
    service = Service(start_timeout=900)
    service.fake.jobs.starts_after = [1200.0]
    run_id = succeed(service)
    service.check_ended(run_id)
    assert dict(service.fake.jobs.trainings) == {(run_id, "2"): 1}
    assert service.fake.messenger.kinds(run_id)["run_retried"] == 1


def test_a_container_that_lost_the_claim_is_not_the_training() -> None:
    service = Service()
    # The first container is slow and cannot be listed, so that a second one is asked for, and that one wins.
    service.fake.jobs.replies, service.fake.jobs.starts_after = ["lost"], [180.0, 1.0]
    service.fake.jobs.listed_after, service.fake.jobs.takes = 10_000, 600
    run_id = succeed(service)
    assert len(service.fake.jobs.containers) == 2
    service.check_ended(run_id)
    assert service.run(run_id).attempt == 1


def test_the_recorded_container_may_be_the_one_that_lost() -> None:
    service = Service()
    service.fake.jobs.replies, service.fake.jobs.starts_after = ["lost"], [70.0, 30.0]
    service.fake.jobs.listed_after, service.fake.jobs.takes = 10_000, 600
    run_id = succeed(service)
    lease = service.run(run_id).launch
    claim = service.fake.storage.look(paths.claim(folder_of(service.run(run_id)))) or {}
    assert lease is not None and lease.execution != claim["execution"]
    service.check_ended(run_id)


def test_a_launch_that_dies_and_never_comes_back_is_watched_all_the_same() -> None:
    service = Service()
    succeed(service)
    calls = service.fake.world.calls
    service = Service()
    service.fake.world.crash = (calls.index("run") + 1, "after")
    service.fake.jobs.script = ["killed"]  # so that only a look finds out
    perform = service.perform

    def once(task: Task) -> None:
        with suppress(Crash):
            perform(task)

    service.perform = once  # type: ignore[method-assign]
    run_id = succeed(service)
    assert service.fake.world.crashed
    service.check_ended(run_id)


def test_a_killed_container_is_tried_again_and_the_thread_is_told() -> None:
    service = Service()
    run_id = lose_one(service)
    service.check_ended(run_id)
    assert service.run(run_id).attempt == 2
    retried = service.fake.messenger.posts[f"{run_id}-run_retried-1"]
    assert "killed" in retried.data["reason"]


@pytest.mark.parametrize("does", ["silent", "early", "never"])
def test_an_attempt_that_never_works_ends_in_words(does: str) -> None:
    service = Service(max_attempts=3, max_running=1)
    service.fake.jobs.script = [does] * 3
    run_id = succeed(service)
    service.check_ended(run_id, "FAILED")
    run = service.run(run_id)
    assert run.attempt == 3 and "3 attempts" in run.reason and run.todo
    assert "exit code 0" not in run.reason and "None" not in run.reason


def test_a_training_that_fails_on_its_data_is_not_tried_again() -> None:
    service = Service()
    service.fake.jobs.script = ["fail"]
    run_id = succeed(service)
    service.check_ended(run_id, "FAILED")
    assert (service.run(run_id).attempt, service.run(run_id).todo) == (1, "Look.")


def test_a_training_without_end_is_ended_and_not_repeated() -> None:
    service = Service(run_timeout=3600)
    service.fake.jobs.script = ["hang"]
    run_id = succeed(service)
    service.check_ended(run_id, "FAILED")
    assert service.run(run_id).reason == "The training took longer than 1 hours."
    assert len(service.fake.jobs.containers) == 1


def test_a_refused_launch_fails_at_once_and_locks_the_attempt() -> None:
    service = Service()
    service.fake.jobs.replies = ["no"]
    run_id = succeed(service)
    service.check_ended(run_id, "FAILED")
    claim = service.fake.storage.look(paths.claim(folder_of(service.run(run_id)))) or {}
    assert claim["kind"] == "revoked"


def test_a_refusal_does_not_end_an_attempt_that_an_earlier_call_started() -> None:
    service = Service()
    service.fake.jobs.replies, service.fake.jobs.starts_after = ["lost", "no"], [65.0]
    service.fake.jobs.listed_after = 10_000
    run_id = succeed(service)
    run = service.run(run_id)
    service.check_ended(run_id, run.state)


# Stopping


@pytest.mark.parametrize(
    ("seconds", "state", "trained"),
    [
        pytest.param(-1, "CANCELLED", 0, id="queued"),
        pytest.param(5, "CANCELLED", 0, id="launching"),
        pytest.param(100, "CANCELLED", 1, id="running"),
    ],
)
def test_stopping(seconds: float, state: str, trained: int) -> None:
    service = Service()
    run_id = stop(service, seconds)
    service.check_ended(run_id, state)
    assert sum(service.fake.jobs.trainings.values()) == trained
    assert all(container.state != "RUNNING" for container in service.fake.jobs.containers)


@pytest.mark.parametrize("seconds", [-1, 5, 100], ids=["queued", "launching", "running"])
def test_who_stopped_a_run_is_kept_and_its_owner_hears_of_it(seconds: float) -> None:
    service = Service()
    run_id = stop(service, seconds)
    run, objects = service.run(run_id), service.fake.storage.objects
    assert (run.state, run.who, run.stopped_by) == ("CANCELLED", "U1", "U2")
    assert run.reason == "Stopped by <@U2>."
    [ended] = [event for event in run.events if event.what == "ended"]
    assert ended.more["stopped_by"] == "U2"
    [row] = [line for line in objects[paths.HISTORY][0].decode().splitlines() if line.startswith(run_id)]
    assert row.endswith("Stopped by <@U2>.,U2,")
    told = service.fake.messenger.posts[f"{run_id}-run_stopped"]
    assert (told.user, told.channel) == ("U1", "")


def test_a_run_that_is_stopped_while_it_takes_a_place_is_not_launched() -> None:
    service = Service()
    run_id = service.submit().id

    def before(call: str) -> None:
        if call.startswith("create slots/") and not service.run(run_id).stopping_by:
            service.cancel(run_id)

    service.fake.world.before = before
    service.drain()
    service.check_ended(run_id, "CANCELLED")
    assert not service.fake.jobs.containers


def test_who_stops_a_run_of_their_own_is_not_told_so() -> None:
    service = Service()
    run_id = go(service, hours=100 * SECOND)
    request_cancel(service.cloud, service.fake.clock, run_id, "U1")
    service.drain()
    service.check_ended(run_id, "CANCELLED")
    assert f"{run_id}-run_stopped" not in service.fake.messenger.posts


def test_a_result_that_is_there_wins_over_a_later_wish() -> None:
    service = Service()
    run_id = go(service, hours=100 * SECOND)
    service.fake.jobs.advance(service.fake.jobs.containers[0].name)
    assert service.cancel(run_id) == "asked"
    service.drain()
    service.check_ended(run_id)
    assert service.cancel(run_id) == "over"


def test_an_execution_stopped_in_the_console_is_cancelled() -> None:
    service = Service()
    run_id = go(service, hours=100 * SECOND)
    service.fake.jobs.cancel(service.fake.jobs.containers[0].name)
    service.drain()
    service.check_ended(run_id, "CANCELLED")
    assert service.run(run_id).stopped_by == ""
    assert f"{run_id}-run_stopped" in service.fake.messenger.posts


# Many at once, lost queues


def test_twenty_runs_share_two_places() -> None:
    service = Service(max_running=2)
    runs = [service.submit(key=f"k{number}") for number in range(20)]
    service.drain()
    for run in runs:
        service.check_ended(run.id)
    assert service.fake.jobs.most_at_once == 2
    assert len(service.fake.storage.objects[paths.HISTORY][0].splitlines()) == 21


@pytest.mark.parametrize("seconds", [-1, 0, 5, 100, 400])
def test_a_purged_queue_is_rebuilt(seconds: float) -> None:
    service = Service()
    run_id = go(service, hours=seconds * SECOND)
    containers = [task for task in service.fake.tasks.waiting if task.step == "container"]
    service.fake.tasks.purge()
    service.fake.tasks.waiting.extend(containers)
    service.sweep()
    service.drain()
    service.check_ended(run_id)


def test_one_sweep_is_enough_to_watch_to_the_end_again() -> None:
    service = Service()
    service.fake.jobs.takes = 7200
    run_id = go(service, hours=1)
    containers = [task for task in service.fake.tasks.waiting if task.step == "container"]
    service.fake.tasks.purge()
    service.fake.tasks.waiting.extend(containers)
    service.sweep()
    service.drain(hours=0.5)
    assert any(task.step == "watch" for task in service.fake.tasks.waiting)
    # Chains that run side by side meet: sweeping often does not make more and more of them.
    for _ in range(10):
        service.sweep()
        service.drain(hours=70 * SECOND)
    assert sum(task.step == "watch" for task in service.fake.tasks.waiting) <= 2
    service.drain()
    service.check_ended(run_id)


def test_a_run_that_cannot_be_read_harms_no_other() -> None:
    service = Service()
    service.fake.storage.put(paths.run_state("rbroken"), b"{")
    service.fake.storage.put(paths.active("rbroken"), b"{}")
    run = service.submit()
    service.sweep()
    service.drain()
    service.check_ended(run.id)


def test_a_place_of_a_run_that_is_over_is_freed() -> None:
    service = Service(max_running=1)
    run_id = succeed(service)
    service.fake.storage.put(paths.slot(0), json.dumps({"run": run_id, "attempt": 1}).encode())
    second = service.submit(key="k2")
    service.drain(hours=0.1)
    assert service.run(second.id).state == "STAGED"
    service.sweep()
    service.drain()
    service.check_ended(second.id)


def disturb(service: Service, k: int, what: Callable[[Service, Task | None], object]) -> None:
    """Have something else happen just before call `k`, as if another worker did it meanwhile."""
    current: list[Task] = []
    perform, done = service.perform, []

    def performing(task: Task) -> None:
        current[:] = [task]
        perform(task)

    def before(call: str) -> None:
        if len(service.fake.world.calls) + 1 == k and not done:
            done.append(True)
            try:
                what(service, current[0] if current else None)
            except Unavailable:
                service.fake.tasks.add(current[0].step, current[0].payload, 5.0, 1)

    service.perform = performing  # type: ignore[method-assign]
    service.fake.world.before = before


class named:
    """Say at which point a sweep failed."""

    def __init__(self, point: str) -> None:
        self._point = point

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is not None:
            error.add_note(self._point)
