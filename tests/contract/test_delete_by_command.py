"""`mmm delete` on Cloud Storage's stand-in: what it asks, what it takes away, what it says."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from bot import cli
from engine import paths
from engine.cloud.storage import Storage
from engine.data.records import save_dataset
from engine.experiment.create import create_experiment
from engine.experiment.experiment import ExperimentForm
from engine.runs.row import row_of
from engine.runs.run import State
from engine.runs.state import create_run
from local import workspace
from tests.golden.test_messages import DATASET, RUN
from tests.local_google import Google

SETTINGS = {"WORKSPACE": "T0", "PROJECT": workspace.PROJECT, "BUCKET": workspace.BUCKET, "BUCKET_ROOT": "deleting"}
SETTINGS |= {"WORKER_URL": "http://127.0.0.1:9", "TASKS_ACCOUNT": "t@p", "SLACK_TOKEN_SECRET": "file:t"}
SETTINGS |= {"SLACK_SIGNING_SECRET": "file:s"}
AN_HOUR_AGO = datetime.now(UTC) - timedelta(hours=1)


@pytest.fixture
def store(cloud: Google, monkeypatch: pytest.MonkeyPatch) -> Iterator[Storage]:
    """A store with a dataset, an experiment on it and a run that is over; the settings name it."""
    for name, value in {**SETTINGS, "STORAGE_URL": cloud.url}.items():
        monkeypatch.setenv(f"MMM_{name}", value)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    storage = cloud.storage(root="deleting")
    save_dataset(storage, DATASET)
    form = ExperimentForm(dataset_id=DATASET.id, preset="quick")
    experiment = create_experiment(storage, form, key="k", who="U1", at=AN_HOUR_AGO)
    made = {"revision": experiment.revision, "created_at": AN_HOUR_AGO, "changed_at": AN_HOUR_AGO, "state": "FAILED"}
    run = RUN.model_copy(update={**made, "state": State.FAILED, "started_at": None})
    create_run(storage, run)
    storage.create(row_of(run).path, row_of(run).body, line=row_of(run).line)
    yield storage
    for entry in storage.list(""):
        storage.delete(entry.path)
    storage.close()


def left(storage: Storage) -> set[str]:
    return {entry.path for entry in storage.list("") if not entry.path.startswith((paths.DELETIONS, "index/history"))}


def answer(monkeypatch: pytest.MonkeyPatch, said: str) -> list[str]:
    asked: list[str] = []

    def ask(text: str) -> str:
        asked.append(text)
        return said

    monkeypatch.setattr("builtins.input", ask)
    return asked


def test_a_run_goes_and_its_experiment_stays(store: Storage, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["delete", "run", RUN.id, "--yes"]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"run/{RUN.id} is deleted: 2 objects.\n- Its experiment")
    assert [path for path in left(store) if RUN.id in path] == []
    assert b"run,state," in store.get_bytes(paths.HISTORY) and RUN.id.encode() not in store.get_bytes(paths.HISTORY)


def test_nothing_goes_before_somebody_says_yes(
    store: Storage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = left(store)
    asked = answer(monkeypatch, "no")
    assert cli.main(["delete", "run", RUN.id]) == 1
    assert asked == [f"Delete run {RUN.id}, all that it left and its line in the history? Type yes: "]
    assert "Nothing was deleted." in capsys.readouterr().out
    assert left(store) == before and list(store.list(paths.DELETIONS)) == []


def test_a_dataset_that_is_needed_stays_and_what_needs_it_is_named(
    store: Storage, capsys: pytest.CaptureFixture[str]
) -> None:
    before = left(store)
    assert cli.main(["delete", "dataset", DATASET.id, "--yes"]) == 1
    told = capsys.readouterr().err
    assert "is needed by 1 experiment (FR_1) and 1 run" in told and "--with-runs" in told
    assert left(store) == before and list(store.list(paths.DELETIONS)) == []


def test_a_dataset_goes_with_its_runs(
    store: Storage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = answer(monkeypatch, "Yes")
    assert cli.main(["delete", "dataset", DATASET.id, "--with-runs"]) == 0
    assert "with all runs on it? Type yes" in asked[0]
    assert "Its experiments stay (FR_1)" in capsys.readouterr().out
    assert [path for path in left(store) if DATASET.ts in path or RUN.id in path] == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["run", "rnever00", "--yes"], "There is no run rnever00."),
        (["dataset", "fr/never", "--yes"], "There is no dataset"),
        (["dataset", "../../x", "--yes"], "There is no dataset"),
        (["run", RUN.id, "--with-runs"], "--with-runs is for a dataset"),
    ],
)
def test_what_is_not_there_or_makes_no_sense_is_told_in_words(
    store: Storage, words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["delete", *words]) == 1
    assert told in capsys.readouterr().err


def test_where_nobody_can_be_asked_nothing_goes(
    store: Storage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False)
    assert cli.main(["delete", "run", RUN.id]) == 1
    assert "Add --yes" in capsys.readouterr().err
    assert paths.run_state(RUN.id) in left(store)
