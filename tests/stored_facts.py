"""Datasets, experiments and runs as they are stored, with their views, without any work behind them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from engine import paths
from engine.cloud.cloud import Cloud
from engine.cloud.storage import Entry, Storage
from engine.data.dataset import Dataset, Source
from engine.data.mapping import Mapping
from engine.data.records import save_dataset
from engine.experiment.experiment import Experiment
from engine.experiment.index import entries_of, line_of
from engine.index.entry import put
from engine.pipeline.history import write_row
from engine.pipeline.kinds import mark_open
from engine.runs.run import Run, State
from engine.runs.state import create_run
from tests.faults.fake_cloud import NOON, FakeCloud

MAPPING = Mapping(date_var="DATE", dep_var="REVENUE", paid_media_spends=("TV",))
# Folders and objects that can be made anew from facts, those of the history apart: its own tests have them.
VIEWS = (paths.DATASET_INDEX, paths.TITLE_INDEX, paths.EXPERIMENT_INDEX, paths.ACTIVE, paths.HISTORY_ROWS)


@dataclass
class Store:
    """A store in memory that is filled by hand."""

    fake: FakeCloud

    @property
    def cloud(self) -> Cloud:
        return cast(Cloud, self.fake)

    @property
    def storage(self) -> Storage:
        return cast(Storage, self.fake.storage)

    def dataset(self, number: int, title: str = "", at: datetime = NOON) -> str:
        """Publish a dataset. Returns its manifest's name."""
        at += timedelta(minutes=number)
        dataset = Dataset(
            workspace="T1",
            title=title or f"Shop {number}",
            country=("fr", "de")[number % 2],
            ts=f"{at:%Y%m%dT%H%M%SZ}-{number:04x}",
            source=Source(kind="csv"),
            mapping=MAPPING,
            columns=(),
            rows=1,
            bytes=1,
            crc32c="",
            first_date=at.date(),
            last_date=at.date(),
            interval="week",
            who="U1",
            channel="C1",
            created_at=at,
        )
        save_dataset(self.storage, dataset)
        return paths.dataset_manifest(dataset.country, dataset.ts)

    def experiment(self, number: int, at: datetime = NOON) -> str:
        """Store an experiment. Returns its object's name."""
        experiment = Experiment.model_validate(
            {"dataset_id": "fr/20260105T120000Z-aaaa", "country": "fr", "tag": "FR", "revision": f"FR_{number}"}
            | {"key": f"k{number}", "who": "U1", "channel": "C1", "created_at": at + timedelta(minutes=number)}
        )
        self.storage.create(paths.experiment(experiment.revision), experiment, line=line_of(experiment))
        for entry in entries_of(experiment):
            put(self.storage, entry)
        return paths.experiment(experiment.revision)

    def run(self, number: int, state: State = State.SUCCEEDED, at: datetime = NOON, **changes: Any) -> str:
        """Store a run, with its marker while it is open and its row once it is over. Returns its state's name."""
        at += timedelta(minutes=number)
        given = {"id": f"r{number:07x}", "workspace": "T1", "revision": "FR_1", "dataset_id": "fr/1", "country": "fr"}
        given |= {"ts": f"t{number}", "who": "U1", "channel": "C1", "created_at": at, "changed_at": at, "title": "Shop"}
        run = create_run(self.storage, Run.model_validate(given | {"state": state} | changes))
        if run.over:
            write_row(self.cloud, self.fake.clock, run)
        else:
            mark_open(self.storage, run)
        return paths.run_state(run.id)

    def views(self) -> dict[str, tuple[bytes, object]]:
        """Every view: its bytes, and its line."""
        lines = self.fake.storage.lines
        return {
            name: (data, lines.get(name))
            for name, (data, *_) in self.fake.storage.objects.items()
            if name.startswith(VIEWS) and not name.endswith("/0-whole")
        }

    def markers(self) -> dict[str, Entry]:
        return {entry.path: entry for entry in self.storage.list(paths.ACTIVE)}


def filled(datasets: int = 6, experiments: int = 5, ended: int = 7, open: int = 3) -> Store:
    """A store with so much of everything."""
    store = Store(FakeCloud())
    for number in range(datasets):
        store.dataset(number, "Shop" if number < 2 else "")
    for number in range(experiments):
        store.experiment(number + 1)
    for number in range(ended):
        store.run(number)
    for number in range(open):
        store.run(1000 + number, State.RUNNING)
    return store
