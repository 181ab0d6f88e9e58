"""A run or a dataset that is deleted is gone whole, whatever dies meanwhile; what is needed stays whole."""

import json
from collections.abc import Callable
from copy import deepcopy
from datetime import datetime, timedelta
from functools import cache
from typing import Any, cast

import pytest

from engine import paths
from engine.asks import datasets_of
from engine.cloud.cloud import Cloud
from engine.data.dataset import Dataset
from engine.data.mapped import save_version, version_of
from engine.data.recipe import recipe_of
from engine.data.recipes import family_of, save_recipe
from engine.data.records import read_dataset, read_draft, save_dataset
from engine.errors import NotFound, Unavailable
from engine.pipeline.delete import (
    ONCE_MORE,
    InUse,
    Wish,
    delete,
    delete_now,
    note,
    queue_deletion,
    wish_for_dataset,
    wish_for_run,
)
from engine.pipeline.history import write_history
from engine.pipeline.latest import copy_latest
from engine.pipeline.sweep import sweep
from engine.runs.records import read_run
from tests.earlier_store import FAILED, LATEST, STOPPED_TRAINING, STOPPED_WAITING, SUCCEEDED, TRAINING, into_memory
from tests.faults.fake_cloud import FakeCloud, FakeStorage
from tests.faults.service import TS, Service, quick_results
from tests.faults.test_drafts import Work, both_steps
from tests.stored import an_experiment, keep_experiment

__all__ = ["quick_results"]
pytestmark = pytest.mark.usefixtures("quick_results")
AN_HOUR = timedelta(hours=1)


def names_of(storage: FakeStorage, *words: str) -> list[str]:
    """The objects whose name, content or line tells any of some words."""
    return [
        path
        for path, (data, _, _) in storage.objects.items()
        if any(word in path or word.encode() in data or word in json.dumps(storage.lines.get(path)) for word in words)
    ]


def trained(*keys: str) -> tuple[Service, list[str]]:
    """A service whose runs have ended an hour ago."""
    service = Service()
    runs = [service.submit(key=key).id for key in keys or ("k1",)]
    service.drain()
    service.fake.clock.time += AN_HOUR
    return service, runs


def a_dataset() -> tuple[Work, Dataset]:
    """A dataset that was made from a form, with nothing on it."""
    work = Work()
    both_steps(work)
    [path] = [path for path in work.fake.storage.objects if paths.dataset_of(path)]
    return work, Dataset.model_validate(work.fake.storage.look(path))


def is_row(name: str, run_id: str) -> bool:
    return name.startswith(paths.HISTORY_ROWS) and run_id in name


def finish(cloud: Cloud, fake: FakeCloud) -> None:
    """The sweep looks once more, and the wish is forgotten."""
    fake.clock.time += ONCE_MORE
    for path in [path for path in fake.storage.objects if path.startswith(paths.DELETIONS)]:
        delete(cloud, fake.clock, (fake.storage.look(path) or {})["what"])


# Whole


def test_nothing_is_left_of_a_run_but_its_experiment_and_its_dataset() -> None:
    service, [run_id, other] = trained("k1", "k2")
    run = read_run(service.cloud.storage, run_id)
    kept = {path: data for path, (data, _, _) in service.fake.storage.objects.items() if "FR_1" in path or TS in path}
    done = delete_now(service.cloud, service.fake.clock, wish_for_run(service.cloud, service.fake.clock, run_id))
    assert done.objects > 8
    assert "FR_1 stays: it is numbered" in done.kept[0]
    finish(service.cloud, service.fake)
    assert names_of(service.fake.storage, run_id, f"/{run.ts}") == []
    for path in (paths.experiment("FR_1"), paths.dataset_manifest("fr", TS), paths.raw_data("fr", TS)):
        assert service.fake.storage.objects[path][0] == kept[path]
    service.check_ended(other)
    with pytest.raises(NotFound):
        read_run(service.cloud.storage, run_id)


def test_nothing_is_left_of_a_dataset() -> None:
    work, dataset = a_dataset()
    wish = wish_for_dataset(work.cloud, work.fake.clock, dataset)
    done = delete_now(work.cloud, work.fake.clock, wish)
    assert done.kept == ("What its rows came from stays where it is (spring.csv).", done.kept[-1])
    finish(work.cloud, work.fake)
    left = names_of(work.fake.storage, dataset.ts, "spring.csv", "TV_COST")
    # Which click was which form: names alone, which go by themselves.
    assert all(path.startswith("requests/") for path in left) and set(left) <= work.fake.storage.passing
    with pytest.raises(NotFound):
        read_dataset(work.cloud.storage, dataset.id)


@pytest.mark.parametrize("run_id", [SUCCEEDED, FAILED, STOPPED_TRAINING, STOPPED_WAITING])
def test_nothing_is_left_of_a_run_of_the_release_before(run_id: str) -> None:
    fake = FakeCloud()
    cloud = cast(Cloud, fake)
    into_memory(fake.storage)
    fake.clock.time = LATEST + AN_HOUR
    if paths.active(run_id) in fake.storage.objects:
        fake.storage.drop(paths.active(run_id))
    ts = read_run(cloud.storage, run_id).ts
    delete_now(cloud, fake.clock, wish_for_run(cloud, fake.clock, run_id))
    finish(cloud, fake)
    assert names_of(fake.storage, run_id, f"/{ts}") == []
    assert run_id not in fake.storage.objects[paths.HISTORY][0].decode()


def test_the_csv_loses_the_line_of_a_run_of_a_closed_day_and_no_other() -> None:
    service, [run_id, other] = trained("k1", "k2")
    service.fake.clock.time += timedelta(days=9)
    write_history(service.cloud, service.fake.clock)
    delete_now(service.cloud, service.fake.clock, wish_for_run(service.cloud, service.fake.clock, run_id))
    text = service.fake.storage.objects[paths.HISTORY][0].decode()
    assert run_id not in text and text.count(other) >= 1 and text.startswith("run,state,")


@pytest.mark.parametrize("by", ["its line", "what it says"])
def test_the_copy_of_the_latest_configuration_goes_with_the_run_that_it_is_of(by: str) -> None:
    service, runs = trained("k1", "k2")
    storage = service.fake.storage
    one, newest = sorted(runs, key=lambda run_id: service.run(run_id).ts)
    for run_id in runs:
        storage.put(paths.job_config(service.run(run_id).ts), json.dumps({"of": run_id}).encode())
    assert copy_latest(service.cloud, service.fake.clock)
    if by == "what it says":
        storage.lines.pop(paths.LATEST_CONFIG)
    delete_now(service.cloud, service.fake.clock, wish_for_run(service.cloud, service.fake.clock, one))
    assert storage.look(paths.LATEST_CONFIG) == {"of": newest}
    delete_now(service.cloud, service.fake.clock, wish_for_run(service.cloud, service.fake.clock, newest))
    assert paths.LATEST_CONFIG not in storage.objects


def test_messages_of_a_run_that_wait_go_with_it_and_others_stay() -> None:
    service, [run_id, other] = trained("k1", "k2")
    for run in (run_id, other):
        service.fake.storage.put(paths.notice_open("C1", "20260105T120000.000000Z", f"{run}-run_charts"), b"{}")
    delete_now(service.cloud, service.fake.clock, wish_for_run(service.cloud, service.fake.clock, run_id))
    waiting = [path for path in service.fake.storage.objects if path.startswith(paths.OPEN_NOTICES)]
    assert [other in path for path in waiting] == [True]


def test_a_form_that_another_dataset_was_made_from_stays() -> None:
    work, first = a_dataset()
    origin = work.fake.storage.look(paths.draft(first.ts))["origin"]  # type: ignore[index]
    work.fake.clock.time += timedelta(minutes=1)
    again = work.send(read_draft(work.cloud.storage, origin), "k2")
    work.drain()
    second = read_dataset(work.cloud.storage, f"fr/{again.id}")
    done = delete_now(work.cloud, work.fake.clock, wish_for_dataset(work.cloud, work.fake.clock, first))
    assert "2 forms of it stay: other datasets were made from them." in done.kept
    assert paths.draft(origin) in work.fake.storage.objects and paths.draft(second.ts) in work.fake.storage.objects
    assert paths.draft(first.ts) not in work.fake.storage.objects
    done = delete_now(work.cloud, work.fake.clock, wish_for_dataset(work.cloud, work.fake.clock, second))
    assert not [path for path in work.fake.storage.objects if path.startswith("drafts")]


# Whatever dies

# Made once: each has tokens of its own.
_TRAINED, _MADE = cache(lambda: trained("k1", "k2")), cache(lambda: a_dataset())


def outcome(fake: FakeCloud) -> dict[str, bytes]:
    """What is there in the end, but for views of the history and what tells that something was deleted."""
    views = (paths.HISTORY_PARTS, paths.HISTORY, "outbox")
    return {path: data for path, (data, _, _) in fake.storage.objects.items() if not path.startswith(views)}


def run_to_delete() -> tuple[Any, Wish]:
    service, [run_id, _] = deepcopy(_TRAINED())
    return service, note(service.cloud.storage, wish_for_run(service.cloud, service.fake.clock, run_id, "U1"))


def dataset_to_delete() -> tuple[Any, Wish]:
    work, dataset = deepcopy(_MADE())
    return work, note(work.cloud.storage, wish_for_dataset(work.cloud, work.fake.clock, dataset, "U1"))


def _family() -> tuple[Work, list[Dataset]]:
    """Three versions of a dataset, a recipe, mapping versions, and answers about it and about another one."""
    work, newest = a_dataset()
    storage = work.cloud.storage
    older = [newest.model_copy(update={"ts": f"20250{n}01T000000Z-{n:04x}"}) for n in (1, 2)]
    for one in older:
        storage.put_bytes(paths.raw_data(one.country, one.ts), b"rows", "application/octet-stream")
        save_dataset(storage, one)
        save_version(storage, version_of(one, one.country))
    recipe = recipe_of(newest.mapping)
    save_recipe(storage, family_of(newest, private=False), newest, recipe, who="U1", key="k", at=newest.created_at)
    other = newest.model_copy(update={"ts": "20250901T000000Z-9999", "title": "Other"})
    save_dataset(storage, other)
    for name, one in (("a", newest), ("b", older[0]), ("c", other)):
        line = {"datasets": datasets_of({"older": one.id, "formats": ["csv"]})}
        storage.put_bytes(paths.answer_pack(name), b"rows", "application/zip", line=line, passing=True)
    return work, [newest, *older]


_FAMILY = cache(_family)


def family_to_delete() -> tuple[Any, Wish]:
    work, [newest, *older] = deepcopy(_FAMILY())
    wish = wish_for_dataset(work.cloud, work.fake.clock, newest, "U1", versions=[one.id for one in older])
    return work, note(work.cloud.storage, wish)


def test_nothing_is_left_of_a_family_but_what_belongs_to_others() -> None:
    work, wish = family_to_delete()
    versions = [wish.what, *(f"dataset/{one}" for one in wish.versions)]
    go(work, wish)
    words = [one.rpartition("/")[2] for one in versions]
    left = names_of(work.fake.storage, *words)
    # The other one was made with the same mapping, which it names.
    assert all(path.startswith(("requests/", "outbox")) or "20250901T" in path for path in left)
    assert not [path for path in work.fake.storage.objects if path.startswith(paths.RECIPES)]
    assert [path for path in work.fake.storage.objects if path.startswith(paths.ANSWERS)] == [paths.answer_pack("c")]
    assert work.fake.storage.objects[paths.dataset_manifest("fr", "20250901T000000Z-9999")]


def test_of_a_family_one_version_goes_alone_and_its_recipes_stay() -> None:
    work, [newest, *older] = deepcopy(_FAMILY())
    go(work, note(work.cloud.storage, wish_for_dataset(work.cloud, work.fake.clock, newest, "U1")))
    recipes = [path for path in work.fake.storage.objects if path.startswith(paths.RECIPES)]
    assert len(recipes) == 1 and paths.answer_pack("a") not in work.fake.storage.objects
    assert [read_dataset(work.cloud.storage, one.id).ts for one in older] == [one.ts for one in older]
    assert paths.mapping_version("fr", older[0].ts) in work.fake.storage.objects


def test_recipes_stay_with_a_version_that_only_the_facts_know() -> None:
    """The index of titles is a view: it may be lost, or behind."""
    work, [newest, *_] = deepcopy(_FAMILY())
    for path in [path for path in work.fake.storage.objects if path.startswith("index/titles/")]:
        work.fake.storage.drop(path)
    go(work, note(work.cloud.storage, wish_for_dataset(work.cloud, work.fake.clock, newest, "U1")))
    assert [path for path in work.fake.storage.objects if path.startswith(paths.RECIPES)]


def test_a_family_with_a_version_that_is_needed_stays_whole() -> None:
    work, wish = family_to_delete()
    keep_experiment(work.cloud.storage, an_experiment("DE_7", dataset_id=wish.versions[1]))
    before = set(work.fake.storage.objects)
    go(work, wish)
    assert before - set(work.fake.storage.objects) == {paths.deletion(wish.what)}
    assert any("dataset_not_deleted" in path for path in work.fake.storage.objects)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("prepare", [run_to_delete, dataset_to_delete, family_to_delete])
def test_whatever_request_it_dies_at_all_of_it_goes(prepare: Callable[[], tuple[Any, Wish]], when: str) -> None:
    whole, wish = prepare()
    began = len(whole.fake.world.calls)
    go(whole, wish)
    calls, expected = len(whole.fake.world.calls) - began, outcome(whole.fake)
    assert calls > 15
    for n in range(calls):
        service, wish = prepare()
        service.fake.world.crash = (began + n + 1, when)
        go(service, wish)
        assert service.fake.world.crashed == 1
        assert outcome(service.fake) == expected, (n, when)


def go(at: Any, wish: Wish, *, twice: bool = False) -> None:
    """Have a wish carried out by the worker, and the sweep look once more."""

    def perform(task: Any) -> None:
        if task.step == "delete":
            delete(at.cloud, at.fake.clock, task.payload["what"])
        elif task.step == "history":
            write_history(at.cloud, at.fake.clock, task.payload.get("since", ""))

    at.fake.tasks.waiting.clear()
    at.fake.tasks.add("delete", {"what": wish.what}, 0)
    at.fake.drain(perform, hours=0.5, twice=twice)
    at.fake.clock.time += ONCE_MORE
    for path in [path for path in at.fake.storage.objects if path.startswith(paths.DELETIONS)]:
        at.fake.tasks.add("delete", {"what": (at.fake.storage.look(path) or {})["what"]}, 0)
    at.fake.drain(perform, hours=0.5, twice=twice)


@pytest.mark.parametrize("prepare", [run_to_delete, dataset_to_delete, family_to_delete])
def test_each_task_twice_is_as_once(prepare: Callable[[], tuple[Any, Wish]]) -> None:
    once, wish = prepare()
    go(once, wish)
    again, wish = prepare()
    go(again, wish, twice=True)
    assert outcome(again.fake) == outcome(once.fake)


def test_two_at_once_take_away_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    service, wish = run_to_delete()
    once, same = run_to_delete()
    go(once, same)
    at = len(service.fake.world.calls) + 9

    def other(call: str) -> None:
        if len(service.fake.world.calls) == at:
            service.fake.world.before = lambda call: None
            delete(service.cloud, service.fake.clock, wish.what)

    service.fake.world.before = other
    go(service, wish)
    assert outcome(service.fake) == outcome(once.fake)


def test_a_wish_whose_task_was_lost_is_carried_out_by_the_sweep() -> None:
    service, wish = run_to_delete()
    queue_deletion(service.cloud, wish)
    service.fake.tasks.purge()
    service.sweep()
    service.drain()
    service.sweep()  # what the check of lists remembers is of the last sweep
    left = names_of(service.fake.storage, wish.what.removeprefix("run/"))
    assert left == [paths.deletion(wish.what)]


def test_what_a_step_writes_after_a_deletion_goes_when_the_sweep_looks_once_more() -> None:
    service, wish = run_to_delete()
    run_id = wish.what.removeprefix("run/")
    delete_now(service.cloud, service.fake.clock, wish)
    service.fake.storage.put(paths.run_card(run_id), b"{}")
    service.fake.storage.put(paths.notice_try(f"{run_id}-run_charts"), b"{}")
    service.sweep()
    assert not [task for task in service.fake.tasks.waiting if task.step == "delete"]
    service.fake.clock.time += ONCE_MORE
    sweep(service.cloud, service.fake.clock)
    service.drain()
    assert names_of(service.fake.storage, run_id) == []


def test_a_row_that_a_step_wrote_after_a_deletion_leaves_the_csv_too() -> None:
    service, [run_id, other] = trained("k1", "k2")
    service.fake.clock.time += timedelta(days=9)
    [(row, data)] = [(name, one[0]) for name, one in service.fake.storage.objects.items() if is_row(name, run_id)]
    line = service.fake.storage.lines[row]
    queue_deletion(service.cloud, wish_for_run(service.cloud, service.fake.clock, run_id))

    def late(call: str) -> None:
        # Whoever mends rows had read the run before it went.
        if call.startswith("enqueue history") and row not in service.fake.storage.objects:
            service.fake.storage.put(row, data, line=line)
            service.fake.world.before = lambda call: None

    service.fake.world.before = late
    service.drain()
    assert f"\n{run_id}," in service.fake.storage.objects[paths.HISTORY][0].decode()
    service.fake.clock.time += ONCE_MORE
    service.sweep()
    service.drain()
    text = service.fake.storage.objects[paths.HISTORY][0].decode()
    assert (f"\n{run_id}," in text, text.count(f"\n{other},")) == (False, 1)


def test_a_sweep_with_nothing_to_delete_costs_one_request() -> None:
    service, _ = trained()
    service.fake.world.calls.clear()
    service.sweep()
    assert [call for call in service.fake.world.calls if "deletions" in call] == ["list deletions/"]


# What is needed


def test_a_run_that_is_not_over_is_not_deleted() -> None:
    service = Service()
    run = service.submit()
    before = dict(service.fake.storage.objects)
    with pytest.raises(InUse, match=f"/mmm cancel {run.id}"):
        wish_for_run(service.cloud, service.fake.clock, run.id)
    assert service.fake.storage.objects == before


@pytest.mark.parametrize("run_id", TRAINING)
def test_a_run_of_the_release_before_that_trains_is_not_deleted(run_id: str) -> None:
    fake = FakeCloud()
    into_memory(fake.storage)
    with pytest.raises(InUse):
        wish_for_run(cast(Cloud, fake), fake.clock, run_id)


def test_a_run_whose_end_is_still_being_told_is_not_deleted() -> None:
    service, [run_id] = trained()
    service.fake.storage.put(paths.active(run_id), b"{}")
    with pytest.raises(Unavailable, match="being written down"):
        wish_for_run(service.cloud, service.fake.clock, run_id)


def test_a_run_whose_form_may_still_come_again_is_not_deleted() -> None:
    service = Service()
    run_id = service.submit().id
    service.cancel(run_id)
    service.drain()
    service.fake.clock.time = datetime.fromisoformat(str(service.run(run_id).created_at)) + timedelta(minutes=9)
    with pytest.raises(Unavailable, match="ten minutes"):
        wish_for_run(service.cloud, service.fake.clock, run_id)


def test_a_dataset_that_is_needed_stays_whole_and_what_needs_it_is_named() -> None:
    service, [run_id] = trained()
    before = outcome(service.fake)
    dataset = read_dataset(service.cloud.storage, f"fr/{TS}")
    with pytest.raises(InUse) as refused:
        delete_now(service.cloud, service.fake.clock, wish_for_dataset(service.cloud, service.fake.clock, dataset))
    assert refused.value.what == f"“Shop” is needed by 1 experiment (FR_1) and 1 run ({run_id})."
    assert outcome(service.fake) == before


def test_an_experiment_alone_keeps_its_dataset() -> None:
    service = Service()
    dataset = read_dataset(service.cloud.storage, f"fr/{TS}")
    with pytest.raises(InUse, match="1 experiment"):
        delete_now(service.cloud, service.fake.clock, wish_for_dataset(service.cloud, service.fake.clock, dataset))


def test_a_dataset_goes_with_its_runs_where_that_is_wished_and_its_experiments_stay() -> None:
    service, runs = trained("k1", "k2")
    dataset = read_dataset(service.cloud.storage, f"fr/{TS}")
    wish = wish_for_dataset(service.cloud, service.fake.clock, dataset, with_runs=True)
    done = delete_now(service.cloud, service.fake.clock, wish)
    assert "Its experiments stay (FR_1): they are numbered, and hold settings and no data." in done.kept
    finish(service.cloud, service.fake)
    assert names_of(service.fake.storage, *runs) == []
    assert names_of(service.fake.storage, TS) == [paths.experiment("FR_1")]


def test_a_dataset_with_a_run_that_is_not_over_stays_also_then() -> None:
    service = Service()
    run = service.submit()
    dataset = read_dataset(service.cloud.storage, f"fr/{TS}")
    with pytest.raises(InUse, match=run.id):
        wish = wish_for_dataset(service.cloud, service.fake.clock, dataset, with_runs=True)
        delete_now(service.cloud, service.fake.clock, wish)
    assert paths.raw_data("fr", TS) in service.fake.storage.objects


def test_who_wished_it_hears_that_it_was_needed_after_all_and_no_names() -> None:
    service, [run_id] = trained()
    dataset = read_dataset(service.cloud.storage, f"fr/{TS}")
    queue_deletion(service.cloud, wish_for_dataset(service.cloud, service.fake.clock, dataset, "U1"))
    service.drain()
    [told] = [one for one in service.fake.messenger.posts.values() if one.kind == "dataset_not_deleted"]
    assert (told.user, told.data["experiments"], told.data["runs"]) == ("U1", 1, 1)
    assert run_id not in json.dumps(told.data) and "FR_1" not in json.dumps(told.data)
    assert not [path for path in service.fake.storage.objects if path.startswith(paths.DELETIONS)]
    assert paths.raw_data("fr", TS) in service.fake.storage.objects


def test_who_wished_it_hears_that_it_is_done_once() -> None:
    work, wish = dataset_to_delete()
    go(work, wish, twice=True)
    told = [path for path in work.fake.storage.objects if path.startswith(paths.OPEN_NOTICES)]
    assert ["dataset_deleted" in path for path in told] == [True]
