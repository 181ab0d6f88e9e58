"""From a source to a snapshot to what a trainer reads: what is stored, what is told, and what refusals leave."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pandas as pd
import pyarrow.parquet as pq
import pytest

from engine import paths
from engine.cloud.cloud import Cloud
from engine.cloud.storage import Storage, file_crc32c
from engine.data.dataset import Draft, Source
from engine.data.index import entries_of
from engine.data.listed import list_datasets
from engine.data.mapping import Mapping
from engine.data.records import read_dataset, read_draft, save_draft, save_mapping, update_draft
from engine.errors import BadData, Unavailable
from engine.experiment.budget import Budget
from engine.experiment.experiment import Experiment
from engine.experiment.job_config import parse_job_config
from engine.pipeline.read_columns import read_columns
from engine.pipeline.snapshot import snapshot
from engine.pipeline.stage import config_digest
from local.faults import Fault
from local.sample import weekly_csv
from tests.faults.fake_cloud import NOON, Crash, FakeCloud
from tests.faults.service import MAPPING, TS, Service
from tests.local_snowflake import LocalSnowflake, local_snowflake

pytestmark = pytest.mark.slow

WEEKLY = "MMM.MARKETING.WEEKLY"


class Dropped:
    """The file somebody dropped, or the error of fetching it."""

    def __init__(self, data: bytes = b"", error: Exception | None = None) -> None:
        self.data, self.error = data, error

    def fetch(self, file_id: str, into: Path, limit_bytes: int) -> str:
        if self.error:
            raise self.error
        into.write_bytes(self.data)
        return "a.csv"


class Desk:
    """Somebody who defines a dataset, and the worker's two steps on it."""

    def __init__(self, warehouse: Any = None) -> None:
        self.fake = FakeCloud(snowflake_account="local" if warehouse else "")
        self.fake.warehouse = warehouse
        self.cloud = cast(Cloud, self.fake)
        self.storage = cast(Storage, self.fake.storage)
        self.files = Dropped(weekly_csv("FR"))
        self.mapping = MAPPING

    def define(self, source: Source | None = None, mapping: Mapping = MAPPING, country: str = "fr") -> None:
        source = source or Source(kind="csv", file_id="F1", file_name="a.csv")
        given = {"workspace": "T1", "title": "Shop", "country": country, "who": "U1", "channel": "C1"}
        save_draft(self.storage, Draft.model_validate({**given, "id": "d1", "source": source, "created_at": NOON}))
        self.mapping = mapping

    def read(self) -> dict[str, Any]:
        read_columns(self.cloud, self.fake.clock, self.files, "d1")
        return self.told()

    def take(self) -> dict[str, Any]:
        """Have the rows read for the roles. That the person was answered before is forgotten: it is another wish."""
        save_mapping(self.storage, "d1", self.mapping)
        self.fake.storage.objects.pop(paths.draft_answered("d1"), None)
        snapshot(self.cloud, self.fake.clock, self.files, "d1")
        return self.told()

    def told(self) -> dict[str, Any]:
        """The last message in the outbox."""
        objects = self.fake.storage.objects
        last = max((found[1], path) for path, found in objects.items() if path.startswith(paths.OPEN_NOTICES))
        [notice] = (self.fake.storage.look(last[1]) or {})["notices"]
        return dict(notice)

    @property
    def stored(self) -> list[str]:
        return sorted(path for path in self.fake.storage.objects if path.startswith(("datasets/", "metadata/")))


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture(scope="module")
def snowflake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSnowflake]:
    with local_snowflake(tmp_path_factory.mktemp("snowflake")) as running:
        yield running


@pytest.fixture
def house(snowflake: LocalSnowflake) -> Desk:
    return Desk(snowflake.warehouse())


# Columns


def test_the_columns_of_a_file_come_with_a_guess(desk: Desk) -> None:
    desk.define()
    notice = desk.read()
    assert (notice["kind"], notice["user"], notice["channel"]) == ("dataset_columns", "U1", "C1")
    assert notice["data"]["guess"]["date_var"] == "DATE"
    assert "TV_COST" in notice["data"]["guess"]["paid_media_spends"]
    assert read_draft(desk.storage, "d1").columns[0].name == "DATE"


def test_the_columns_of_a_table_come_with_examples(house: Desk) -> None:
    house.define(Source(kind="table", table=WEEKLY))
    columns = house.read()["data"]["draft"]["columns"]
    assert columns[0]["name"] == "DATE" and columns[0]["type"] == "date" and columns[0]["examples"]


def test_columns_are_told_once(desk: Desk) -> None:
    desk.define()
    assert desk.read() == desk.read()
    assert sum(path.startswith(paths.OPEN_NOTICES) for path in desk.fake.storage.objects) == 1


REFUSED = [
    pytest.param(Source(kind="table", table="MMM.MARKETING.GONE"), "GONE", id="no-table"),
    pytest.param(Source(kind="table", table="x; drop table y"), "table", id="no-table-name"),
    pytest.param(Source(kind="select", sql="delete from MMM.MARKETING.DAILY"), "SELECT", id="delete"),
    pytest.param(Source(kind="select", sql="select 1; select 2"), "SELECT", id="two-selects"),
    pytest.param(Source(kind="select", sql=f"select NO_SUCH from {WEEKLY}"), "NO_SUCH", id="no-column"),
]


@pytest.mark.parametrize(("source", "says"), REFUSED)
def test_a_source_that_cannot_be_read_is_told(house: Desk, source: Source, says: str) -> None:
    house.define(source)
    notice = house.read()
    assert notice["kind"] == "dataset_unreadable"
    assert says.lower() in json.dumps(notice["data"]["error"]).lower()
    assert notice["data"]["error"]["todo"]


# Snapshots


def test_a_file_becomes_a_dataset(desk: Desk, tmp_path: Path) -> None:
    desk.define()
    desk.read()
    notice = desk.take()
    assert (notice["kind"], notice["data"]["dataset"]["title"]) == ("dataset_ready", "Shop")
    assert desk.stored == [
        "datasets/fr/d1/manifest.json",
        "datasets/fr/d1/raw.parquet",
        "metadata/fr/d1/mapping.json",
    ]
    dataset = read_dataset(desk.storage, "fr/d1")
    raw = tmp_path / "raw.parquet"
    raw.write_bytes(desk.storage.get_bytes(paths.raw_data("fr", "d1")))
    assert dataset.crc32c == file_crc32c(raw)
    assert dataset.rows == pq.read_metadata(raw).num_rows == len(weekly_csv("FR").splitlines()) - 1
    own = MAPPING.model_copy(update={"version": "fr/d1"})
    assert (dataset.interval, dataset.mapping, dataset.who) == ("week", own, "U1")


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(Source(kind="table", table=WEEKLY), id="table"),
        pytest.param(Source(kind="select", sql=f"select * from {WEEKLY} where COUNTRY = 'FR';"), id="select"),
    ],
)
def test_rows_of_the_warehouse_become_a_dataset(house: Desk, source: Source) -> None:
    house.define(source, MAPPING.model_copy(update={"country_var": "COUNTRY"}))
    notice = house.take()
    assert notice["kind"] == "dataset_ready", notice
    dataset = read_dataset(house.storage, "fr/d1")
    assert dataset.query_id and dataset.interval == "week"
    countries = notice["data"]["rows_by_country"]
    assert (len(countries) > 1) == (source.kind == "table")
    assert dataset.rows == sum(countries.values())


def test_a_repeated_delivery_makes_one_dataset(desk: Desk) -> None:
    desk.define()
    assert desk.take() == desk.take()
    assert len(list_datasets(desk.storage)) == 1


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_crash_at_any_call_makes_one_whole_dataset(when: str, tmp_path: Path) -> None:
    desk = Desk()
    desk.define()
    first = len(desk.fake.world.calls)
    desk.take()
    for k in range(first + 1, len(desk.fake.world.calls) + 1):
        desk = Desk()
        desk.define()
        desk.fake.world.crash = (k, when)
        with pytest.raises(Crash):
            desk.take()
        assert desk.take()["kind"] == "dataset_ready"
        (listed,) = list_datasets(desk.storage)
        dataset = read_dataset(desk.storage, listed.id)
        raw = tmp_path / "raw.parquet"
        raw.write_bytes(desk.storage.get_bytes(paths.raw_data("fr", "d1")))
        assert dataset.crc32c == file_crc32c(raw)
        assert listed_by_index(desk) == {entry.path: entry.line for entry in entries_of(dataset)}


def listed_by_index(desk: Desk) -> dict[str, object]:
    entries = (*desk.storage.list(paths.DATASET_INDEX), *desk.storage.list(paths.TITLE_INDEX))
    return {entry.path: entry.line for entry in entries}


def test_a_snapshot_delivered_again_in_the_midst_of_itself_is_one_dataset(tmp_path: Path) -> None:
    for k in range(40):
        desk, done = Desk(), list[bool]()
        desk.define()
        begun = len(desk.fake.world.calls)

        def before(call: str, desk: Desk = desk, at: int = begun + k, done: list[bool] = done) -> None:
            if len(desk.fake.world.calls) == at and not done:
                done.append(True)
                desk.take()

        desk.fake.world.before = before
        assert desk.take()["kind"] == "dataset_ready"
        (listed,) = list_datasets(desk.storage)
        dataset = read_dataset(desk.storage, listed.id)
        raw = tmp_path / "raw.parquet"
        raw.write_bytes(desk.storage.get_bytes(paths.raw_data("fr", "d1")))
        assert dataset.crc32c == file_crc32c(raw)
        assert listed_by_index(desk) == {entry.path: entry.line for entry in entries_of(dataset)}
        if len(desk.fake.world.calls) < begun + k:
            break


@pytest.mark.parametrize(("source", "says"), REFUSED)
def test_a_source_that_is_refused_leaves_nothing(house: Desk, source: Source, says: str) -> None:
    house.define(source)
    notice = house.take()
    assert notice["kind"] == "dataset_refused"
    assert says.lower() in json.dumps(notice["data"]["error"]).lower()
    assert house.stored == []


def test_a_country_that_is_not_in_the_data_leaves_nothing(house: Desk) -> None:
    house.define(Source(kind="table", table=WEEKLY), MAPPING.model_copy(update={"country_var": "COUNTRY"}), "jp")
    notice = house.take()
    assert notice["kind"] == "dataset_refused"
    assert "FR" in json.dumps(notice["data"]["error"])
    assert house.stored == []


@pytest.mark.parametrize(
    ("files", "says"),
    [
        pytest.param(Dropped(b""), "", id="empty"),
        pytest.param(Dropped(b"DATE,REVENUE\n"), "", id="no-rows"),
        pytest.param(Dropped(b"a,b\n1,2\n"), "DATE", id="other-columns"),
        pytest.param(Dropped(b"%PDF-1.7 \x00\x01"), "", id="not-a-csv"),
        pytest.param(Dropped(error=BadData("The file is gone.", "Drop it again.")), "is gone", id="gone"),
    ],
)
def test_a_file_that_is_refused_leaves_nothing(desk: Desk, files: Dropped, says: str) -> None:
    desk.define()
    desk.files = files
    notice = desk.take()
    assert notice["kind"] == "dataset_refused"
    assert says in notice["data"]["error"]["what"]
    assert desk.stored == []


def test_findings_that_stop_are_told_and_can_be_accepted(desk: Desk) -> None:
    desk.define()
    desk.files = Dropped(b"\n".join(weekly_csv("FR").splitlines()[:41]))
    notice = desk.take()
    stops = [one for one in notice["data"]["findings"] if one["grade"] == "FAIL"]
    assert (notice["kind"], desk.stored) == ("dataset_refused", [])
    assert stops and all(one["overridable"] and one["remedy"] for one in stops)
    update_draft(desk.storage, "d1", accepted=tuple(one["code"] for one in stops))
    assert desk.take()["kind"] == "dataset_ready"
    assert read_dataset(desk.storage, "fr/d1").accepted


def test_a_refusal_removes_what_an_earlier_try_left(desk: Desk) -> None:
    desk.define()
    desk.fake.storage.put(paths.raw_data("fr", "d1"), b"half")
    desk.files = Dropped(b"")
    desk.take()
    assert desk.stored == []


def test_a_late_refusal_spares_a_dataset_that_is_there(desk: Desk) -> None:
    desk.define()
    desk.take()
    stored = desk.stored
    desk.files = Dropped(error=BadData("The file is gone."))
    desk.take()
    assert desk.stored == stored


def test_a_warehouse_that_breaks_off_leaves_nothing_and_is_asked_again(house: Desk, snowflake: LocalSnowflake) -> None:
    house.define(Source(kind="table", table=WEEKLY), MAPPING.model_copy(update={"country_var": "COUNTRY"}))
    snowflake.faults.add(Fault(match="snowflake.query", kind="before", times=50, status=503))
    with pytest.raises(Unavailable):
        house.take()
    snowflake.faults.clear()
    assert house.stored == []
    assert house.take()["kind"] == "dataset_ready"


def test_without_a_warehouse_a_table_is_refused(desk: Desk) -> None:
    desk.define(Source(kind="table", table=WEEKLY))
    assert "No warehouse" in desk.read()["data"]["error"]["what"]
    assert "No warehouse" in desk.take()["data"]["error"]["what"]


# Staging


def staged(service: Service) -> str:
    run_id = service.submit().id
    service.drain(hours=0)
    return run_id


def test_a_run_is_staged_with_exactly_what_it_trains_on(tmp_path: Path) -> None:
    service = Service()
    run = service.run(staged(service))
    config = service.fake.storage.look(paths.job_config(run.ts)) or {}
    assert config_digest(config) == run.config_sha
    parsed = parse_job_config(config)
    assert (parsed.revision, parsed.country.lower(), parsed.dep_var) == ("FR_1", "fr", "REVENUE")
    assert parsed.budget == Budget(), "where the same money would bring most is part of every answer"
    data = tmp_path / "input.parquet"
    data.write_bytes(service.fake.storage.objects[paths.input_data(run.ts)][0])
    frame = pd.read_parquet(data)
    assert config["data"] == {"path": paths.input_data(run.ts), "rows": len(frame), "crc32c": file_crc32c(data)}
    assert {*parsed.paid_media_spends, *parsed.paid_media_vars, parsed.date_var, parsed.dep_var} <= set(frame.columns)


def test_rows_that_changed_after_they_were_checked_are_not_trained_on() -> None:
    service = Service()
    raw = service.fake.storage.objects[paths.raw_data("fr", TS)][0]
    service.fake.storage.put(paths.raw_data("fr", TS), raw + b"x")
    run_id = staged(service)
    service.drain()
    service.check_ended(run_id, "FAILED")
    assert "not those that were checked" in service.run(run_id).reason
    assert not service.fake.jobs.containers


def test_a_window_without_data_fails_the_run_in_words() -> None:
    service = Service()
    experiment = Experiment.model_validate(service.fake.storage.look(paths.experiment("FR_1")))
    late = experiment.model_copy(update={"start_date": pd.Timestamp("2031-01-01").date()})
    service.fake.storage.put(paths.experiment("FR_1"), late.model_dump_json().encode())
    run_id = staged(service)
    service.drain()
    service.check_ended(run_id, "FAILED")
    assert service.run(run_id).reason
    assert not service.fake.jobs.containers


def test_a_dataset_that_goes_while_a_run_waits_fails_it_in_words() -> None:
    service = Service()
    run = service.submit()
    del service.fake.storage.objects[paths.raw_data("fr", TS)]
    service.drain()
    service.check_ended(run.id, "FAILED")
