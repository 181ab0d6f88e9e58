"""Why a training did not start or was lost: what Cloud Run says reaches the card, the events and the log.

And what follows is right: waiting in line, another attempt, or none.
"""

import logging
from typing import Any

import pytest

from engine import paths
from engine.runs.records import folder_of
from engine.runs.run import State
from tests.faults.fake_cloud import NO_IMAGE
from tests.faults.service import Service, quick_results

__all__ = ["quick_results"]
pytestmark = pytest.mark.usefixtures("quick_results")

SECOND = 1 / 3600


def events_of(service: Service, run_id: str) -> list[dict[str, Any]]:
    """The run's events, in the order they came."""
    return [{"what": one.what, **one.more} for one in service.run(run_id).events]


def test_429_on_launch_waits_in_line_and_trains_once_there_is_room(caplog: pytest.LogCaptureFixture) -> None:
    service = Service()
    service.fake.jobs.replies = ["busy", "busy", "busy"]
    shown = service.fake.messenger.drawn
    run_id = service.submit().id
    with caplog.at_level(logging.INFO):
        service.drain()
    service.check_ended(run_id)
    run = service.run(run_id)
    assert (run.attempt, run.waiting, run.reason) == (1, "", "")
    assert len(service.fake.jobs.containers) == 1
    waiting = [card for card in shown if card["waiting"]]
    assert waiting and all(card["state"] == "STAGED" and "Quota exceeded" in card["waiting"] for card in waiting)
    told = [event for event in events_of(service, run_id) if event["what"] == "no_room"]
    assert len(told) == 3 and all("Quota exceeded" in event["reason"] for event in told)
    assert "Quota exceeded" in caplog.text
    assert service.fake.messenger.kinds(run_id)["run_retried"] == 0


def test_429_on_launch_is_tried_again_soon_and_gives_its_place_back_meanwhile() -> None:
    service = Service(max_running=1)
    service.fake.jobs.replies = ["busy"]
    run_id = service.submit().id
    service.drain(hours=10 * SECOND)
    run = service.run(run_id)
    assert (run.state, run.attempt) == (State.STAGED, 1)
    assert paths.slot(0) not in service.fake.storage.objects
    [again] = [task for task in service.fake.tasks.waiting if task.step == "launch"]
    assert (again.due - service.fake.clock.now()).total_seconds() <= 2 * service.cloud.settings.watch_seconds
    service.drain()
    service.check_ended(run_id)


def test_429_on_launch_ends_with_the_runs_own_time() -> None:
    service = Service(run_timeout=3600)
    service.fake.jobs.replies = ["busy"] * 1000
    run_id = service.submit().id
    service.drain()
    service.check_ended(run_id, "FAILED")
    run = service.run(run_id)
    assert "for room at Cloud Run" in run.reason and "Quota exceeded" in run.reason and "quotas" in run.todo
    assert not service.fake.jobs.containers
    # Asked again and again, and not every few seconds for hours.
    assert 10 < 1000 - len(service.fake.jobs.replies) < 40


def test_429_on_launch_can_be_stopped_while_it_waits() -> None:
    service = Service()
    service.fake.jobs.replies = ["busy"] * 1000
    run_id = service.submit().id
    service.drain(hours=100 * SECOND)
    service.cancel(run_id)
    service.drain()
    service.check_ended(run_id, "CANCELLED")
    assert not service.fake.jobs.containers


def test_429_on_launch_after_a_lost_reply_starts_no_second_training() -> None:
    """The first call may have started one: what is busy then proves nothing about it."""
    service = Service()
    service.fake.jobs.replies, service.fake.jobs.starts_after = ["lost", "busy", "busy"], [200.0]
    service.fake.jobs.listed_after = 10_000
    run_id = service.submit().id
    service.drain()
    service.check_ended(run_id)
    assert sum(service.fake.jobs.trainings.values()) == 1
    assert service.run(run_id).attempt == 1


def test_429_on_launch_after_a_reply_that_started_nothing_is_asked_until_there_is_room() -> None:
    service = Service()
    service.fake.jobs.replies = ["nothing", "busy", "busy"]
    run_id = service.submit().id
    service.drain()
    service.check_ended(run_id)
    assert service.run(run_id).attempt == 1


def test_image_not_found_fails_at_once_with_the_cause_and_whom_to_ask(caplog: pytest.LogCaptureFixture) -> None:
    service = Service()
    service.fake.jobs.script = ["no-image"] * 5
    run_id = service.submit().id
    with caplog.at_level(logging.INFO):
        service.drain()
    service.check_ended(run_id, "FAILED")
    run = service.run(run_id)
    assert run.attempt == 1 and len(service.fake.jobs.containers) == 1
    assert "image was not found" in run.reason and NO_IMAGE in run.reason
    assert run.todo.startswith("Ask whoever runs this service")
    assert NO_IMAGE in events_of(service, run_id)[-1]["reason"]
    assert NO_IMAGE in caplog.text
    claim = service.fake.storage.look(paths.claim(folder_of(run))) or {}
    assert claim["kind"] == "revoked", "a container that comes late does not train"


def test_a_refused_launch_says_what_cloud_run_said() -> None:
    service = Service()
    service.fake.jobs.replies = ["no"]
    run_id = service.submit().id
    service.drain()
    service.check_ended(run_id, "FAILED")
    assert service.run(run_id).todo == "Ask somebody."


def test_a_container_killed_from_outside_is_no_lack_of_memory_and_is_tried_once_more() -> None:
    service = Service()
    service.fake.jobs.script = ["killed", "train"]
    run_id = service.submit().id
    service.drain()
    service.check_ended(run_id)
    run = service.run(run_id)
    assert run.attempt == 2
    [told] = [event for event in events_of(service, run_id) if event["what"] == "retried"]
    assert "memory" not in told["reason"] and "signal 9" in told["reason"]


@pytest.mark.parametrize("does", ["killed", "lost"])
def test_a_training_killed_twice_is_given_up(does: str) -> None:
    service = Service(max_attempts=5)
    service.fake.jobs.script = [does] * 5
    run_id = service.submit().id
    service.drain()
    service.check_ended(run_id, "FAILED")
    run = service.run(run_id)
    assert run.attempt == 2 and "memory" not in run.reason
    assert run.todo.startswith("Tell whoever runs this service")


def test_a_trainer_killed_within_its_container_is_tried_once_more() -> None:
    service = Service()
    service.fake.jobs.script = ["lost", "train"]
    run_id = service.submit().id
    service.drain()
    service.check_ended(run_id)
    assert service.run(run_id).attempt == 2


def test_a_container_that_took_too_much_memory_is_called_so_and_not_tried_again() -> None:
    service = Service()
    service.fake.jobs.script = ["memory"] * 3
    run_id = service.submit().id
    service.drain()
    service.check_ended(run_id, "FAILED")
    run = service.run(run_id)
    assert run.attempt == 1
    assert run.reason.startswith("The training ran out of memory.") and "516 MiB" in run.reason
    assert "larger training machine" in run.todo


def test_a_container_that_cloud_run_ended_for_its_time_is_called_so_and_not_tried_again() -> None:
    service = Service()
    service.fake.jobs.script = ["timeout"] * 3
    run_id = service.submit().id
    service.drain()
    service.check_ended(run_id, "FAILED")
    run = service.run(run_id)
    assert run.attempt == 1
    assert run.reason.startswith("The training took longer than it may.") and "600 seconds" in run.reason
    assert "more time" in run.todo
