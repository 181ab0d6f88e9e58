"""Entries of the indexes: their names, their lines, and the facts that they are of."""

from datetime import UTC, datetime, timedelta

import pytest

from engine import paths
from engine.data import index as datasets
from engine.experiment import index as experiments
from engine.index.entry import Wanted, put, remove
from engine.names import alike
from engine.runs import index as runs
from engine.runs.line import line_of, read_line
from engine.runs.run import State
from tests.stored import AT, Kept, a_dataset, a_run, an_experiment, listed_at

TS = [
    "20261122T211500Z-7f3a",
    "20260101T0",
    "20260131",
    "t1",
    "1",
    "99999999T000000Z-aaaa",
    "20261301T000000Z",
    "x-y.z_0",
]


@pytest.mark.parametrize("ts", TS)
def test_a_dataset_and_its_entries_name_each_other(ts: str) -> None:
    made = a_dataset(ts, "Größe")
    manifest = paths.dataset_manifest("de", ts)
    listed, titled = datasets.entries_of(made)
    assert listed.path.startswith(paths.DATASET_INDEX) and titled.path.startswith(paths.title_entries(alike("Größe")))
    for entry in (listed, titled):
        assert datasets.fact_of(entry.path) == manifest
        assert datasets.read_line(entry.path, entry.line) == datasets.shown_of(made)
    assert datasets.entries_of_fact(manifest, datasets.line_of(made)) == (listed, titled)
    assert datasets.entry_unread(manifest) == Wanted(listed.path)


def test_datasets_sort_by_the_time_in_their_ts() -> None:
    times = ["20260301T000000Z-a", "20260301T000001Z-b", "20260228", "20250101T0", "named"]
    entries = [datasets.entries_of(a_dataset(ts))[0].path for ts in times]
    assert [entries.index(path) for path in sorted(entries)] == [1, 0, 2, 3, 4]


@pytest.mark.parametrize(
    "path",
    [
        *("index/datasets/0-whole", "index/datasets/", "index/datasets/x-de-t1", "index/datasets/9999999999999-DE-t1"),
        *("index/datasets/9999999999999-de-../x", "index/datasets/0000000000000-de-t1", "datasets/de/t1/manifest.json"),
        *("index/titles/zz/9999999999999-de-t1", "index/experiments/9999999999999-DE_1"),
    ],
)
def test_no_other_name_is_an_entry_of_a_dataset(path: str) -> None:
    assert datasets.fact_of(path) is None
    assert datasets.read_line(path, datasets.line_of(a_dataset("t1"))) is None or path.startswith("datasets/")


def test_an_experiment_and_its_entry_name_each_other() -> None:
    made = an_experiment("SHOP-A_12", created_at=AT + timedelta(milliseconds=7))
    (entry,) = experiments.entries_of(made)
    fact = paths.experiment("SHOP-A_12")
    assert experiments.fact_of(entry.path) == fact and experiments.revision_of(entry.path) == "SHOP-A_12"
    assert experiments.read_line(entry.path, entry.line) == experiments.shown_of(made)
    assert experiments.entries_of_fact(fact, experiments.line_of(made)) == (entry,)
    unread = experiments.entry_unread(fact, AT)
    assert unread and unread.line is None and experiments.fact_of(unread.path) == fact


@pytest.mark.parametrize("line", [None, {}, {"title": "x"}, {"revision": 3}, "text", [1]], ids=str)
def test_a_line_that_is_none_is_not_read(line: object) -> None:
    (listed, _), (entry,) = datasets.entries_of(a_dataset("t1")), experiments.entries_of(an_experiment())
    assert datasets.read_line(listed.path, line) is None  # type: ignore[arg-type]
    assert experiments.read_line(entry.path, line) is None  # type: ignore[arg-type]
    assert datasets.entries_of_fact(paths.dataset_manifest("de", "t1"), line) is None  # type: ignore[arg-type]
    assert experiments.entries_of_fact(paths.experiment("DE_1"), line) is None  # type: ignore[arg-type]


def test_another_one_s_line_is_not_read() -> None:
    listed, titled = datasets.entries_of(a_dataset("t1"))
    other = datasets.line_of(a_dataset("t2"))
    assert datasets.read_line(listed.path, other) is None and datasets.read_line(titled.path, other) is None
    (entry,) = experiments.entries_of(an_experiment("DE_1"))
    for one in (an_experiment("DE_2"), an_experiment("DE_1", created_at=AT + timedelta(hours=1))):
        assert experiments.read_line(entry.path, experiments.line_of(one)) is None


def test_a_run_is_listed_by_its_state() -> None:
    going, over = a_run("r1"), a_run("r1", state=State.FAILED, changed_at=AT + timedelta(hours=1))
    assert runs.run_of_marker(listed_at(going)) == "r1" and runs.run_of_row(listed_at(going)) == ""
    row = listed_at(over)
    assert (runs.run_of_row(row), runs.ended_at(row)) == ("r1", AT + timedelta(hours=1))
    assert runs.run_of_earlier_row(paths.history_row("2026-01-01", "r1")) == "r1" and runs.ended_at("x") is None
    line = read_line(line_of(over))
    assert line and listed_at(line) == row


def test_a_run_of_no_channel_has_a_line() -> None:
    line = read_line(line_of(a_run("r1", channel="")))
    assert line and line.channel == ""


def test_entries_are_put_and_taken_away_as_often_as_one_likes() -> None:
    kept, (listed, _) = Kept(), datasets.entries_of(a_dataset("t1"))
    put(kept.storage, listed)
    put(kept.storage, listed)
    assert [(one.path, one.line) for one in kept.fake.list("index/")] == [(listed.path, listed.line)]
    assert [remove(kept.storage, listed.path) for _ in range(2)] == [True, False]


def test_a_moment_before_1970_or_after_2286_is_the_beginning_of_time() -> None:
    begin = datetime(1970, 1, 1, tzinfo=UTC)
    assert [datasets.moment_of(ts) for ts in ("19691231T0", "22860101T0", "")] == [begin] * 3
