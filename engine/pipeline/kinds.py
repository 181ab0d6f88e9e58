"""What has views, kind by kind: which facts there are, and which views each of them asks for.

A fact's line, which a listing brings, says the same as its body. So a look at everything is a look at listings, and
only what is amiss is read; then the body counts, and the line is written anew where it says something else.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from engine import paths
from engine.cloud.storage import Entry, Storage, bytes_crc32c
from engine.data import index as of_data
from engine.data.dataset import Dataset
from engine.data.records import dataset_at
from engine.errors import BrokenState, Conflict, NotFound
from engine.experiment import index as of_experiments
from engine.experiment.experiment import Experiment
from engine.experiment.records import experiment_at
from engine.index.compare import same
from engine.index.entry import Wanted, put
from engine.runs import index as of_runs
from engine.runs.line import Listed, RunLine, line_of, read_line, shown_of
from engine.runs.row import row_of
from engine.runs.run import Run, State
from engine.runs.state import read_state, upgrade_run

_EXPERIMENT = re.compile(r"experiments/[^/]+\.json")
# The bytes of every entry of an index: all that it says is in its line.
_BYTES = bytes_crc32c(b"{}")


def _as_put(view: Entry) -> Entry:
    """An entry of an index as it is compared: one with other bytes says nothing."""
    return view if view.crc32c in ("", _BYTES) else replace(view, line=None)


@dataclass(frozen=True)
class Said:
    """What a fact's body says: the views that it asks for, and its line. `broken`: why it cannot be read."""

    views: tuple[Wanted, ...]
    line: Mapping[str, Any]
    broken: str = ""


@dataclass(frozen=True)
class Kind:
    """One kind of facts, in the folder `facts`, with its views.

    is_fact: whether an object in that folder is one, by its name; is_view: likewise. fact_of: the fact that a view is
    of, by its name; None where no view can be called so. listed: the views that a fact asks for by its line; None where
    only its body can tell. read: what its body says; raises NotFound, BrokenState. relined: write its line anew, by its
    body. unread: the views of one whose body cannot be read. shown: a view as it is compared. write: write a view of a
    fact, by its body. whole: those of the folders of views in which a first name says that nothing is missing. exact:
    whether a view, as listed, is to the last byte what it should be; None where a listing shows that anyway.
    """

    name: str
    facts: str
    views: tuple[str, ...]
    is_fact: Callable[[str], bool]
    fact_of: Callable[[str], str | None]
    listed: Callable[[Entry], Sequence[Wanted] | None]
    read: Callable[[Storage, str], Said]
    relined: Callable[[Storage, str], None]
    unread: Callable[[Entry], Sequence[Wanted]]
    is_view: Callable[[str], bool] = lambda path: not path.endswith("/0-whole")
    shown: Callable[[Entry], Entry] = _as_put
    write: Callable[[Storage, Wanted], None] = put
    whole: tuple[str, ...] = ()
    exact: Callable[[Storage, Entry], bool] | None = None


def _reline(storage: Storage, path: str, line_of_body: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> None:
    """Write a fact's line anew, with the very body that it has."""
    document = storage.read(path)
    if document is not None:
        with suppress(Conflict):  # whoever wrote it meanwhile wrote its line, too
            storage.swap(path, document.body, document.generation, line=line_of_body(document.body))


def _if_any(one: Wanted | None) -> Sequence[Wanted]:
    return () if one is None else (one,)


# Datasets: the list of all, and those of each title


def _dataset(storage: Storage, path: str) -> Said:
    dataset = dataset_at(storage, path)
    return Said(of_data.entries_of(dataset), of_data.line_of(dataset))


DATASETS = Kind(
    name="datasets",
    facts=paths.DATASETS,
    views=(paths.TITLE_INDEX, paths.DATASET_INDEX),
    is_fact=lambda path: paths.dataset_of(path) is not None,
    fact_of=of_data.fact_of,
    listed=lambda fact: of_data.entries_of_fact(fact.path, fact.line),
    read=_dataset,
    relined=lambda storage, path: _reline(storage, path, lambda body: of_data.line_of(Dataset.model_validate(body))),
    unread=lambda fact: _if_any(of_data.entry_unread(fact.path)),
    whole=(paths.DATASET_INDEX,),
)


# Experiments: the list of all


def _experiment(storage: Storage, path: str) -> Said:
    experiment = experiment_at(storage, path)
    return Said(of_experiments.entries_of(experiment), of_experiments.line_of(experiment))


EXPERIMENTS = Kind(
    name="experiments",
    facts=paths.EXPERIMENTS,
    views=(paths.EXPERIMENT_INDEX,),
    is_fact=lambda path: _EXPERIMENT.fullmatch(path) is not None,
    fact_of=of_experiments.fact_of,
    listed=lambda fact: of_experiments.entries_of_fact(fact.path, fact.line),
    read=_experiment,
    relined=lambda storage, path: _reline(
        storage, path, lambda body: of_experiments.line_of(Experiment.model_validate(body))
    ),
    unread=lambda fact: _if_any(of_experiments.entry_unread(fact.path, fact.updated)),
    whole=(paths.EXPERIMENT_INDEX,),
)


# Runs: a marker while one is open, a row of the history once it is over


# What a run's line holds from the beginning.
AT_FIRST = (*("id", "revision", "dataset_id", "title", "country", "ts", "trainer", "who", "channel", "created_at"),)


def view_of(run: Listed) -> Wanted:
    """The one view of a run: its marker, as it was written when the run was submitted, or its row."""
    path, told = (paths.row(run.changed_at, run.id), run) if run.over else (paths.active(run.id), submitted(run))
    return Wanted(path, shown_of(told).model_dump(mode="json"))


def submitted(run: Listed) -> RunLine:
    """A run's line as it was when the run was submitted: its marker is never written again."""
    kept = {name: getattr(run, name) for name in AT_FIRST}
    return RunLine(**kept, state=State.QUEUED, changed_at=run.created_at)


def _shown_entry(view: Entry) -> Entry:
    """A marker or a row as it is compared: of a row's line, what a list shows."""
    line = read_line(view.line)
    return replace(view, line=line.model_dump(mode="json") if line else None)


def _run_of_view(view: str) -> str | None:
    run_id = of_runs.run_of_row(view) or (of_runs.run_of_marker(view) if view.startswith(paths.ACTIVE) else "")
    return paths.run_state(run_id) if run_id else None


def _listed_run(fact: Entry) -> Sequence[Wanted] | None:
    line = read_line(fact.line)
    return [view_of(line)] if line and paths.run_state(line.id) == fact.path else None


def _run(storage: Storage, path: str) -> Said:
    run = read_state(storage, paths.run_of(path)).run
    return Said((view_of(run),), line_of(run))


def _relined_run(storage: Storage, path: str) -> None:
    if not upgrade_run(storage, paths.run_of(path)):
        _reline(storage, path, lambda body: line_of(Run.model_validate(body)))


def _write_run(storage: Storage, wanted: Wanted) -> None:
    run = read_state(storage, paths.run_of(_run_of_view(wanted.path) or "")).run
    if not run.over:
        mark_open(storage, run)
        return
    row = row_of(run)
    storage.replace(row.path, row.body, line=row.line)


def shows(marker: Entry, run: Run) -> bool:
    """Whether a marker says what it should of a run that is under way."""
    return same(view_of(run), _shown_entry(marker))


def mark_open(storage: Storage, run: Run) -> None:
    """Write the marker of a run that is not over, as its submission did."""
    storage.replace(paths.active(run.id), {"run": run.id}, line=line_of(submitted(run)))


def _is_exact(storage: Storage, view: Entry) -> bool:
    """Whether a marker or a row holds what it should: beside its line, and in it what lists do not show."""
    try:
        run = read_state(storage, paths.run_of(_run_of_view(view.path) or "")).run
        document = storage.read(view.path)
    except NotFound:
        return True
    except BrokenState:
        return False
    row = row_of(run) if run.over else None
    wanted = (row.body, row.line) if row else ({"run": run.id}, view.line)
    return document is None or (document.body, view.line) == wanted


RUNS = Kind(
    name="runs",
    facts=paths.RUNS,
    views=(paths.HISTORY_ROWS, paths.ACTIVE),
    is_fact=lambda path: bool(paths.run_of(path)),
    fact_of=_run_of_view,
    listed=_listed_run,
    read=_run,
    relined=_relined_run,
    unread=lambda fact: (),
    is_view=lambda path: _run_of_view(path) is not None,
    shown=_shown_entry,
    write=_write_run,
    exact=_is_exact,
)

KINDS = (DATASETS, EXPERIMENTS, RUNS)
