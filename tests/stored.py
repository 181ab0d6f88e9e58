"""Datasets, experiments and runs as the product leaves them: facts, and the names under which lists find them."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, cast

from engine import paths
from engine.cloud.storage import Storage
from engine.columns import Column
from engine.data.dataset import Dataset, Source
from engine.data.mapping import Mapping
from engine.errors import AlreadyExists
from engine.experiment.experiment import Experiment
from engine.experiment.index import entries_of, line_of
from engine.index.entry import mark_whole, put
from engine.runs import line as of_runs
from engine.runs.line import RunLine
from engine.runs.run import Run
from engine.runs.state import create_run
from engine.sight import P
from tests.faults.fake_cloud import FakeStorage, World

AT = datetime(2026, 1, 1, tzinfo=UTC)


def a_dataset(ts: str, title: str = "Shop", **changes: Any) -> Dataset:
    """A dataset that could be."""
    made = {
        "workspace": "T1",
        "title": title,
        "country": "de",
        "ts": ts,
        "source": Source(kind="csv"),
        "mapping": Mapping(date_var="day", dep_var="revenue", paid_media_spends=("tv",)),
        "columns": (Column(name="day", type="date"),),
        "rows": 156,
        "bytes": 1,
        "crc32c": "AAAAAA==",
        "interval": "week",
        "who": "U1",
        "channel": "C1",
        "first_date": date(2022, 1, 3),
        "last_date": date(2024, 12, 23),
        "created_at": AT,
    }
    return Dataset.model_validate(made | changes)


def an_experiment(revision: str = "DE_1", **changes: Any) -> Experiment:
    """An experiment that could be."""
    made = {"preset": "quick", "dataset_id": "de/t", "tag": revision.rpartition("_")[0], "revision": revision}
    return Experiment.model_validate(made | {"who": "U1", "channel": "C1", "created_at": AT} | changes)


def listed_at(run: Run | RunLine) -> str:
    """The name under which a run stands in a list, by its state."""
    return paths.row(run.changed_at, run.id) if run.over else paths.active(run.id)


def a_run(name: str, **changes: Any) -> Run:
    """A run that could be."""
    made = {"id": name, "workspace": "T1", "revision": "DE_1", "dataset_id": "de/t", "country": "de", "ts": "t"}
    return Run.model_validate(made | {"who": "U1", "channel": "C1", "created_at": AT, "changed_at": AT} | changes)


def keep_experiment(storage: Storage, experiment: Experiment) -> Experiment:
    """Store an experiment with its entry."""
    storage.create(paths.experiment(experiment.revision), experiment, line=line_of(experiment))
    for entry in entries_of(experiment):
        put(storage, entry)
    return experiment


def keep_run(storage: Storage, run: Run) -> Run:
    """Store a run, open or over, where lists find it, once. Returns it as it is stored."""
    stored = create_run(storage, run)
    with suppress(AlreadyExists):
        storage.create(listed_at(stored), {"run": stored.id}, line=of_runs.line_of(stored))
    return stored


@dataclass
class Kept:
    """A store in memory, whose requests are counted."""

    world: World = field(default_factory=World)

    def __post_init__(self) -> None:
        self.fake = FakeStorage(self.world)
        self.storage = cast(Storage, self.fake)

    def whole(self) -> None:
        """As after a sweep."""
        for prefix in (paths.DATASET_INDEX, paths.EXPERIMENT_INDEX):
            mark_whole(self.storage, prefix)

    def asked(self, since: int) -> list[str]:
        """The requests since so many."""
        return self.world.calls[since:]


@dataclass(frozen=True)
class Outside:
    """Eyes that do not see some channels."""

    channels: frozenset[str] = frozenset({"hidden"})

    def seen(self, things: Sequence[P]) -> list[P]:
        return [one for one in things if one.channel not in self.channels]
