"""The pipeline as the worker runs it, on the cloud in memory, with a dataset and an experiment to run."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar, cast
from unittest import mock

import pytest

from engine import paths
from engine.charts.style import Chart
from engine.cloud.cloud import Cloud
from engine.cloud.storage import file_crc32c
from engine.data.dataset import Dataset, Source
from engine.data.intake.file import inspect, to_parquet
from engine.data.mapping import Mapping
from engine.data.prepare import Prepared, prepare
from engine.data.quality import review
from engine.data.records import read_dataset
from engine.errors import BadInput
from engine.experiment.experiment import Experiment
from engine.experiment.records import read_experiment
from engine.pipeline.cancel import cancel, request_cancel
from engine.pipeline.cards import card
from engine.pipeline.delete import delete
from engine.pipeline.finish import finish
from engine.pipeline.history import write_history
from engine.pipeline.launch import launch
from engine.pipeline.more_charts import more_charts
from engine.pipeline.next_step import finish_next
from engine.pipeline.notify import notify
from engine.pipeline.outbox import SUBMITTED
from engine.pipeline.preview import preview
from engine.pipeline.stage import stage
from engine.pipeline.submit import submit
from engine.pipeline.sweep import sweep
from engine.pipeline.watch import watch
from engine.results.headline import headline
from engine.runs.run import Run
from local.sample import weekly_csv
from tests.faults.fake_cloud import NOON, FakeCloud, Task
from tests.made_results import made_results

T = TypeVar("T")
TS = "20260105T120000Z-aaaa"
MAPPING = Mapping(
    date_var="DATE",
    dep_var="REVENUE",
    paid_media_spends=("TV_COST", "FACEBOOK_COST", "OOH_COST"),
    exposures={"TV_COST": "TV_IMPRESSIONS"},
    organic_vars=("NEWSLETTER_SENDS",),
    context_vars=("PRICE_INDEX",),
    factor_vars=("PROMO_FLAG",),
)


class Service:
    """One deployment: what people ask of it, and the tasks it works on."""

    def __init__(self, *, trainer: str = "native", **settings: Any) -> None:
        self.fake = FakeCloud(**settings)
        self.cloud = cast(Cloud, self.fake)
        raw, manifest, _ = _dataset()
        self.fake.storage.put(paths.raw_data("fr", TS), raw)
        self.fake.storage.put(paths.dataset_manifest("fr", TS), manifest.encode())
        experiment = Experiment.model_validate(
            {"dataset_id": f"fr/{TS}", "country": "fr", "tag": "FR", "revision": "FR_1", "key": "k", "who": "U1"}
            | {"created_at": NOON, "trainer": trainer}
        )
        self.fake.storage.put(paths.experiment("FR_1"), experiment.model_dump_json().encode())

    def submit(self, key: str = "k1", channel: str = "C1") -> Run:
        """A person starts a run; the bot has read what it is made of."""
        experiment = read_experiment(self.cloud.storage, "FR_1")
        dataset = read_dataset(self.cloud.storage, experiment.dataset_id)
        return submit(self.cloud, self.fake.clock, experiment, dataset, key=key, who="U1", channel=channel)

    def cancel(self, run_id: str) -> str:
        return request_cancel(self.cloud, self.fake.clock, run_id, "U2")[0]

    def sweep(self) -> None:
        sweep(self.cloud, self.fake.clock)

    def perform(self, task: Task) -> None:
        """Do one step as the worker does: what is gone is final, what is Unavailable or breaks comes again."""
        cloud, clock, messenger, p = self.cloud, self.fake.clock, self.fake.messenger, task.payload
        steps = {
            "stage": lambda: stage(cloud, clock, p["run"]),
            "launch": lambda: launch(cloud, clock, p["run"], p["attempt"], p["n"]),
            "watch": lambda: watch(cloud, clock, p["run"], p["attempt"], p["n"]),
            "finished": lambda: finish_next(cloud, p["run"], p["attempt"]),
            "finish": lambda: finish(cloud, clock, p["run"], p["attempt"]),
            "preview": lambda: preview(cloud, clock, p["run"], p["attempt"]),
            "more_charts": lambda: more_charts(cloud, clock, p["run"], preview=bool(p["preview"])),
            "cancel": lambda: cancel(cloud, clock, p["run"]),
            "notify": lambda: notify(
                cloud, clock, messenger, p["key"], p.get("conversation", ""), swept=bool(p.get("swept"))
            ),
            "card": lambda: card(
                cloud, clock, messenger, p["run"], p.get("marked", 0), first=p.get("version") == SUBMITTED
            ),
            "delete": lambda: delete(cloud, clock, p["what"]),
            "history": lambda: write_history(cloud, clock, p.get("since", "")),
            "sweep": lambda: sweep(cloud, clock),
        }
        try:
            steps[task.step]()
        except BadInput as error:
            assert task.step == "notify", f"{task.step} lost something: {error}"

    def drain(self, **options: Any) -> None:
        self.fake.drain(self.perform, **options)

    def run(self, run_id: str) -> Run:
        return Run.model_validate(self.fake.storage.look(paths.run_state(run_id)))

    def check_ended(self, run_id: str, state: str = "SUCCEEDED") -> None:
        """The run ended in `state`, everything that follows an end has followed, once."""
        run, objects = self.run(run_id), self.fake.storage.objects
        assert run.state == state, f"{run.state}: {run.reason}"
        kind = {"SUCCEEDED": "run_finished", "FAILED": "run_failed", "CANCELLED": "run_cancelled"}[state]
        told = self.fake.messenger.kinds(run_id)
        assert {k: n for k, n in told.items() if k in ("run_finished", "run_failed", "run_cancelled")} == {kind: 1}
        assert paths.active(run_id) not in objects
        holders = [self.fake.storage.look(path) or {} for path in objects if path.startswith("slots/")]
        assert run_id not in [holder.get("run") for holder in holders]
        assert sum(path.startswith(paths.HISTORY_ROWS) and run_id in path for path in objects) == 1
        assert objects[paths.HISTORY][0].decode().count(f"\n{run_id},") == 1
        assert self.fake.messenger.cards[run_id] == state
        assert all(count == 1 for count in self.fake.jobs.trainings.values())
        if state == "SUCCEEDED":
            assert self.fake.jobs.trainings[run_id, str(run.attempt)] == 1


@cache
def _dataset() -> tuple[bytes, str, Prepared]:
    with TemporaryDirectory() as folder:
        source, raw = Path(folder) / "a.csv", Path(folder) / "raw.parquet"
        source.write_bytes(weekly_csv("FR"))
        to_parquet(source, raw, needed=MAPPING.model_columns)
        prepared = prepare(raw, MAPPING, "fr")
        dataset = Dataset(
            workspace="T1",
            title="Shop",
            country="fr",
            ts=TS,
            source=Source(kind="csv"),
            mapping=MAPPING,
            columns=inspect(source).columns,
            rows=prepared.rows_read,
            bytes=raw.stat().st_size,
            crc32c=file_crc32c(raw),
            first_date=prepared.first,
            last_date=prepared.last,
            interval=prepared.interval,
            who="U1",
            channel="C1",
            created_at=NOON,
        )
        return raw.read_bytes(), dataset.model_dump_json(), prepared


@pytest.fixture
def quick_results() -> Any:
    """Data, results and charts that cost no time to prepare, review, read, judge and draw.

    Every run has the same data and results, so what they say is found once for all.
    """
    chart = Chart(name="roas", title="t", alt="a", png=b"png")
    results, prepared = made_results(), _dataset()[2]
    with (
        mock.patch("engine.pipeline.stage.prepare", lambda *given, **options: prepared),
        mock.patch("engine.pipeline.stage.review", _once(review)),
        mock.patch("engine.pipeline.findings.load_results", lambda folder: results),
        mock.patch("engine.pipeline.findings.headline", _once(headline)),
        mock.patch("engine.pipeline.findings.draw_all", lambda results, source, units: [chart]),
    ):
        yield


def _once(find: Callable[..., T]) -> Callable[..., T]:
    """`find`, asked once and remembered, whatever it is asked with."""
    found: list[T] = []

    def remembered(*given: Any, **options: Any) -> T:
        if not found:
            found.append(find(*given, **options))
        return found[0]

    return remembered
