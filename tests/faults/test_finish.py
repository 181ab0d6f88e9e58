"""A training's result is judged with four requests, once, whoever comes at the same time; what is damaged says so."""

import json
from typing import cast
from unittest import mock

import pytest

from engine import paths
from engine.cloud.result import File
from engine.cloud.storage import Storage
from engine.pipeline.finish import finish
from engine.pipeline.preview import show_preview
from engine.runs.findings import found_of
from engine.runs.records import folder_of
from tests.faults.fake_cloud import Container
from tests.faults.service import Service, quick_results

__all__ = ["quick_results"]
pytestmark = pytest.mark.usefixtures("quick_results")

REQUESTS = ("create", "swap", "replace", "read", "put", "overwrite", "get", "list", "exists", "delete", "compose")


class Left(Exception):
    """A training left its result just now."""


def trained(does: str = "train") -> tuple[Service, str]:
    """A run whose training has left its result, and whom nobody has looked at since."""
    service = Service()
    service.fake.jobs.script = [does]
    run_id, leave = service.submit().id, service.fake.jobs._leave_manifest

    def stop_there(one: Container, folder: str) -> None:
        leave(one, folder)
        raise Left

    with mock.patch.object(service.fake.jobs, "_leave_manifest", stop_there), pytest.raises(Left):
        service.drain()
    return service, run_id


def asked(service: Service) -> list[str]:
    return [call for call in service.fake.world.calls if call.startswith(REQUESTS)]


def test_what_a_training_left_is_read_judged_and_written_with_four_requests() -> None:
    service, run_id = trained()
    run = service.run(run_id)
    service.fake.world.calls.clear()
    assert finish(service.cloud, service.fake.clock, run_id, 1)
    state, folder = paths.run_state(run_id), folder_of(run)
    assert asked(service)[:4] == [
        f"read {state}",
        f"get {paths.result_pack(folder)}",
        f"put {paths.findings_pack(folder)}",
        f"swap {state}",
    ]
    rest = asked(service)[4:]
    assert not [call for call in rest if "robyn/" in call or state in call or "datasets/" in call], rest
    assert service.run(run_id).state == "SUCCEEDED"


def test_two_who_finish_at_once_keep_one_finding() -> None:
    service, run_id = trained()
    path = paths.findings_pack(folder_of(service.run(run_id)))
    other: list[bool] = []

    def between(call: str) -> None:
        if call == f"put {path}" and not other:
            other.append(True)
            finish(service.cloud, service.fake.clock, run_id, 1)
            other.append(path in service.fake.storage.objects)

    service.fake.world.before = between
    finish(service.cloud, service.fake.clock, run_id, 1)
    assert other == [True, True]
    service.fake.world.before = lambda call: None
    service.drain()
    service.check_ended(run_id)
    assert found_of(cast(Storage, service.fake.storage), service.run(run_id)) is not None


def test_a_damaged_result_ends_the_run_in_words() -> None:
    service, run_id = trained()
    path = paths.result_pack(folder_of(service.run(run_id)))
    service.fake.storage.put(path, service.fake.storage.objects[path][0][:-8])
    finish(service.cloud, service.fake.clock, run_id, 1)
    service.drain()
    service.check_ended(run_id, "FAILED")
    run = service.run(run_id)
    assert (run.reason, run.todo) == ("The results of this training are damaged.", "Run it again.")


def test_a_failure_is_read_and_written_with_three_requests() -> None:
    service, run_id = trained("fail")
    run = service.run(run_id)
    service.fake.world.calls.clear()
    finish(service.cloud, service.fake.clock, run_id, 1)
    state = paths.run_state(run_id)
    assert asked(service)[:3] == [f"read {state}", f"get {paths.result_pack(folder_of(run))}", f"swap {state}"]
    assert not [call for call in asked(service)[3:] if state in call]


@pytest.mark.parametrize(("kind", "state"), [("succeeded", "SUCCEEDED"), ("failed", "FAILED")])
def test_what_a_container_of_the_release_before_leaves_is_finished(kind: str, state: str) -> None:
    service, run_id = trained()
    folder = folder_of(service.run(run_id))
    service.fake.storage.drop(paths.result_pack(folder))
    before = {"kind": kind, "files": [], "what": "No.", "todo": "Look.", "seconds": 2.5, "schema_version": 1}
    service.fake.storage.put(paths.result(folder), json.dumps(before).encode())
    service.drain()
    service.check_ended(run_id, state)


def test_a_result_whose_files_are_gone_ends_the_run_in_words() -> None:
    service, run_id = trained()
    folder = folder_of(service.run(run_id))
    service.fake.storage.drop(paths.result_pack(folder))
    line = File(name="results/summary.json", size=2, crc32c="AAAAAA==").model_dump()
    service.fake.storage.put(paths.result(folder), json.dumps({"kind": "succeeded", "files": [line]}).encode())
    service.drain()
    service.check_ended(run_id, "FAILED")


def test_a_preview_that_was_told_costs_the_looks_after_it_nothing() -> None:
    service = Service(trainer="both")
    run_id = service.submit().id
    # Robyn hangs; the preview is there after five minutes.
    service.fake.jobs.script = ["hang"]
    service.drain(hours=400 / 3600)
    run = service.run(run_id)
    assert [one.what for one in run.events].count("previewed") == 1
    service.fake.world.calls.clear()
    show_preview(service.cloud, service.fake.clock, run)
    assert asked(service) == []
    service.drain(hours=0.2)
    assert not [call for call in asked(service) if paths.preview(folder_of(run)) in call]
