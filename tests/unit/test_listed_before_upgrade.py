"""A store of the release before indexes shows what it showed: before it is upgraded, half upgraded, and after."""

import pytest

from engine import paths
from engine.data import index as of_datasets
from engine.data.listed import find_dataset, list_datasets, search_datasets
from engine.data.records import dataset_at, dataset_names
from engine.experiment import index as of_experiments
from engine.experiment.listed import find_experiment, list_experiments
from engine.experiment.records import experiment_at, experiment_names
from engine.index.entry import put
from engine.pipeline.old_rows import move_old_rows
from engine.runs.listed import find_run, find_runs, list_runs
from engine.runs.records import run_at, run_names
from tests.earlier_store import FAILED, SUCCEEDED, TRAINING, WAITING, into_memory
from tests.stored import Kept


@pytest.fixture
def kept() -> Kept:
    made = Kept()
    into_memory(made.fake)
    return made


def half(kept: Kept) -> None:
    """One row is moved, and one of each kind has its entry; nobody says that all have."""
    move_old_rows(kept.storage, 1)
    put(kept.storage, of_datasets.entries_of(dataset_at(kept.storage, dataset_names(kept.storage)[-1]))[0])
    put(kept.storage, of_experiments.entries_of(experiment_at(kept.storage, experiment_names(kept.storage)[-1]))[0])


def whole(kept: Kept) -> None:
    """All of it, as the sweep leaves it."""
    move_old_rows(kept.storage, 100)
    for path in dataset_names(kept.storage):
        for entry in of_datasets.entries_of(dataset_at(kept.storage, path)):
            put(kept.storage, entry)
    for path in experiment_names(kept.storage):
        for one in of_experiments.entries_of(experiment_at(kept.storage, path)):
            put(kept.storage, one)
    kept.whole()


@pytest.mark.parametrize("upgrade", [lambda kept: None, half, whole], ids=["before", "half way", "after"])
def test_lists_and_searches_find_what_there_is(kept: Kept, upgrade: object) -> None:
    facts = [run_at(kept.storage, path) for path in run_names(kept.storage)]
    titles = [dataset_at(kept.storage, path).title for path in dataset_names(kept.storage)]
    revisions = {experiment_at(kept.storage, path).revision for path in experiment_names(kept.storage)}
    upgrade(kept)  # type: ignore[operator]
    storage = kept.storage

    listed = {run.id: run for run in list_runs(storage, 30)}
    assert set(listed) == {run.id for run in facts} and len(facts) == 7
    assert {run.id: run.state for run in facts if run.over} == {
        run.id: run.state for run in listed.values() if run.over
    }
    assert {run for run in (*TRAINING, WAITING) if not listed[run].over} == {*TRAINING, WAITING}
    assert listed[SUCCEEDED].verdict and listed[FAILED].reason and listed[SUCCEEDED].channel
    for run in facts:
        assert find_run(storage, run.id).id == run.id
        assert run.id in {one.id for one in find_runs(storage, run.revision, until=lambda one: False)}

    assert [one.title for one in list_datasets(storage)] == titles and len(titles) == 2
    for title in titles:
        assert find_dataset(storage, title.upper()).title == title
        assert title in {one.title for one in search_datasets(storage, title[:5], 9)}
    assert {one.revision for one in list_experiments(storage)} == revisions
    for name in revisions:
        assert find_experiment(storage, name.lower()).revision == name


def test_a_run_that_trained_is_found_by_what_it_left_there(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the release before, too, whose claims have no line: when its row is older than what is looked at."""
    whole(kept)
    run = find_run(kept.storage, SUCCEEDED)
    monkeypatch.setattr("engine.runs.listed.SEARCHED", 1)
    kept.fake.drop(paths.active(WAITING))
    assert SUCCEEDED in {one.id for one in find_runs(kept.storage, run.revision, until=lambda one: False)}
