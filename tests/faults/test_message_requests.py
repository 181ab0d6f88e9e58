"""What a message costs of Cloud Storage, at any age of the store."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine import paths
from engine.pipeline.unsent import look_after_messages
from engine.runs.run import State
from tests.faults.fake_cloud import Task
from tests.faults.service import Service, quick_results
from tests.faults.slack_service import Delivery, delivering

__all__ = ["quick_results"]
pytestmark = pytest.mark.usefixtures("quick_results")

REQUESTS = ("create", "swap", "replace", "read", "put", "overwrite", "get", "list", "exists", "delete", "compose")


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Delivery]:
    with delivering(tmp_path) as delivery:
        yield delivery


def asked(calls: list[str]) -> list[str]:
    """The requests of storage among calls, as what and the first part of where."""
    split = [call.split() for call in calls]
    return [f"{what} {where[0].split('/')[0]}" for what, *where in split if what in REQUESTS]


def by_step(service: Service) -> dict[str, list[list[str]]]:
    """Do all there is to do; what each step asked of storage, in their order."""
    found: dict[str, list[list[str]]] = {}

    def perform(task: Task) -> None:
        before = len(service.fake.world.calls)
        service.perform(task)
        found.setdefault(task.step, []).append(asked(service.fake.world.calls[before:]))

    service.fake.drain(perform)
    return found


@pytest.mark.parametrize("parts", [1, 3], ids=["one post", "a line and what stands below it"])
def test_a_message_costs_one_request_to_tell_and_four_to_send(at: Delivery, parts: int) -> None:
    data: dict[str, Any] = {"draft": {}, "error": None, "findings": []}
    at.tell("warm")
    data = dict(at.waiting("warm").data)
    data["findings"] = data["findings"] * (1 if parts == 1 else 60)
    at.work()
    at.fake.world.calls.clear()
    at.tell("said", data=data)
    assert asked(at.fake.world.calls) == ["create outbox-open"]
    at.fake.world.calls.clear()
    at.work()
    sent = ["list outbox-open", "create outbox", "swap outbox", "delete outbox-open"]
    long = ["list outbox-open", "read outbox-open", *sent[1:]]
    assert asked(at.fake.world.calls) == (sent if parts == 1 else long)


@pytest.mark.parametrize("runs", [0, 20])
def test_the_end_of_a_run_costs_one_request_to_tell_and_six_to_send(runs: int) -> None:
    service = Service()
    for number in range(runs):
        service.submit(f"k{number}")
        service.drain()
    run_id = service.submit("last").id
    steps = by_step(service)
    service.check_ended(run_id)
    [finish] = [asked for asked in steps["finish"] if "create outbox-open" in asked]
    assert sum("outbox" in one or "card" in one for one in finish) == 1
    [notify] = steps["notify"]
    card_and_findings = ["read runs", "get robyn"]
    sent = ["swap outbox", "delete outbox-open"]
    assert notify == ["list outbox-open", "create outbox", *card_and_findings, *sent]
    told = [key for key in service.fake.messenger.deliveries if key.startswith(run_id)]
    assert told == [f"{run_id}-{kind}" for kind in ("card", "run_finished", "run_charts")]


@pytest.mark.parametrize("runs", [0, 20])
def test_the_first_card_costs_three_requests_and_the_last_none_of_its_own(runs: int) -> None:
    service = Service()
    for number in range(runs):
        service.submit(f"k{number}")
        service.drain()
    run_id = service.submit("last").id
    first, *later = by_step(service)["card"]
    assert first == ["read runs", "create runs", "swap runs"]
    assert all(one[:2] == ["read runs", "read runs"] and "create runs" not in one for one in later)
    assert service.fake.messenger.cards[run_id] == State.SUCCEEDED
    assert service.fake.messenger.drawn[-1]["state"] == State.SUCCEEDED


def test_the_preview_of_two_trainers_costs_one_request_to_tell_and_six_to_send() -> None:
    service = Service(trainer="both")
    run_id = service.submit().id
    steps = by_step(service)
    service.check_ended(run_id)
    preview, end = steps["notify"]
    assert len(preview) == len(end) == 6
    told = [key for key in service.fake.messenger.deliveries if key.startswith(run_id)]
    kinds = ("card", "run_preview", "run_preview_charts", "run_finished", "run_second_opinion", "run_charts")
    assert told == [f"{run_id}-{kind}" for kind in kinds]


@pytest.mark.parametrize("sent", [0, 400])
def test_the_sweep_looks_at_what_is_open_whatever_was_ever_sent(at: Delivery, sent: int) -> None:
    for number in range(sent):
        at.fake.storage.put(paths.notice(f"old-{number}"), b'{"state": "done"}')
    at.tell("waits")
    at.fake.world.calls.clear()
    look_after_messages(at.cloud, at.clock, "mark")
    assert asked(at.fake.world.calls) == ["list outbox-open", "list cards-open", "list pictures-open"]
