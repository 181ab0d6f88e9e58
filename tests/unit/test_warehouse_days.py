"""Stamps of the warehouse mean the same days as those of a file."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.cloud.warehouse_schema import FIXED, TIMESTAMP_NTZ, TIMESTAMP_TZ, keeping_offsets
from engine.data.dataset import Source
from engine.data.intake.file import Asked, to_parquet
from engine.data.mapping import Mapping
from engine.data.prepare import Prepared, prepare
from engine.errors import BadData
from engine.pipeline.query_rows import stream_rows
from tests.local_snowflake import LocalSnowflake, local_snowflake

MONDAYS = [date(2022, 1, 3) + timedelta(weeks=n) for n in range(60)]
TODAY = date(2026, 5, 5)
MAPPING = Mapping(date_var="D", dep_var="Y", paid_media_spends=("X",))


@pytest.fixture(scope="module")
def snowflake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSnowflake]:
    with local_snowflake(tmp_path_factory.mktemp("snowflake")) as running:
        yield running


def moments(zone: str) -> list[datetime]:
    return [datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC) for day in MONDAYS]


def days(prepared: Prepared) -> list[date]:
    return [day.date() for day in prepared.frame["D"]]


def said(prepared: Prepared) -> list[str]:
    return [finding.text for finding in prepared.findings if finding.code == "date.utc"]


@pytest.mark.parametrize(
    ("zone", "country"), [("Europe/Berlin", "de"), ("Asia/Tokyo", "jp"), ("America/New_York", "us")]
)
@pytest.mark.parametrize("kind", ["TIMESTAMP_TZ", "TIMESTAMP_LTZ"])
def test_a_file_and_the_warehouse_give_the_same_days(
    snowflake: LocalSnowflake, tmp_path: Path, zone: str, country: str, kind: str
) -> None:
    stamps = [f"{moment:%Y-%m-%d %H:%M:%S}+00:00" for moment in moments(zone)]
    rows = ", ".join(f"('{stamp}'::{kind}, {n + 1}.5, {n})" for n, stamp in enumerate(stamps))
    raw = tmp_path / "raw.parquet"
    sql = f"SELECT column1 AS D, column2 AS Y, column3 AS X FROM (VALUES {rows})"
    stream_rows(snowflake.warehouse(), Source(kind="select", sql=sql), raw, tag={})
    warehouse = prepare(raw, MAPPING, country, today=TODAY)
    path = tmp_path / "dropped.csv"
    path.write_text("D,Y,X\n" + "".join(f"{stamp},{n + 1}.5,{n}\n" for n, stamp in enumerate(stamps)))
    facts = to_parquet(path, raw, Asked(country=country, today=TODAY))
    file = prepare(raw, MAPPING, country, today=TODAY)
    assert days(warehouse) == days(file) == MONDAYS
    assert len(said(warehouse)) == len([one for one in facts.findings if one.code == "date.utc"]) == (country != "us")


def snapshot(folder: Path, column: pa.Array) -> Path:
    raw = folder / "raw.parquet"
    count = len(column)
    pq.write_table(
        pa.table({"D": column, "Y": [1.5 + n for n in range(count)], "X": [float(n) for n in range(count)]}), raw
    )
    return raw


def test_an_offset_keeps_the_day_of_the_source(tmp_path: Path) -> None:
    texts = [f"{datetime.combine(day, time(), ZoneInfo('Asia/Tokyo')):%Y-%m-%dT%H:%M:%S}+09:00" for day in MONDAYS]
    prepared = prepare(snapshot(tmp_path, pa.array(texts)), MAPPING, "de", today=TODAY)
    assert (days(prepared), said(prepared)) == (MONDAYS, [])
    stamps = pa.array(moments("Asia/Tokyo"), pa.timestamp("ns", "Asia/Tokyo"))
    prepared = prepare(snapshot(tmp_path, stamps), MAPPING, "de", today=TODAY)
    assert (days(prepared), said(prepared)) == (MONDAYS, [])


def test_a_choice_holds_for_the_warehouse_too(tmp_path: Path) -> None:
    raw = snapshot(tmp_path, pa.array(moments("Europe/Berlin"), pa.timestamp("us", "UTC")))
    (finding,) = [one for one in prepare(raw, MAPPING, "de", today=TODAY).findings if one.code == "date.utc"]
    (offer,) = finding.offers
    taken = prepare(raw, MAPPING, "de", choices={offer.key: offer.value}, today=TODAY)
    assert days(taken) == [day - timedelta(days=1) for day in MONDAYS]


@pytest.mark.parametrize(
    "far",
    [
        pytest.param(pa.array([datetime(9999, 12, 31)], pa.timestamp("us")), id="beyond nanoseconds"),
        pytest.param(pa.array([datetime(1, 1, 1)], pa.timestamp("us")), id="year 1"),
        pytest.param(pa.array([datetime(9999, 12, 31, 23)], pa.timestamp("us", "UTC")), id="in UTC"),
        pytest.param(pa.array([date(1970, 1, 1)], pa.date32()), id="1970"),
        pytest.param(pa.array([date(2099, 1, 1)], pa.date32()), id="2099"),
        pytest.param(pa.array([400_000_000_000_000_000], pa.int64()).cast(pa.timestamp("us")), id="year 14645"),
        pytest.param(pa.array(["9999-12-31"]), id="text"),
        pytest.param(pa.array([None], pa.date32()), id="none"),
    ],
)
def test_no_date_of_a_snapshot_breaks_anything(tmp_path: Path, far: pa.Array) -> None:
    kind = far.type
    good = pa.array([str(day) for day in MONDAYS]) if pa.types.is_string(kind) else pa.array(MONDAYS, pa.date32()).cast(
        pa.timestamp("us") if pa.types.is_timestamp(kind) else kind
    ).cast(kind)  # fmt: skip
    raw = snapshot(tmp_path, pa.concat_arrays([good, far]))
    with pytest.raises(BadData, match=f"{len(MONDAYS) + 1}"):
        prepare(raw, MAPPING, "de", today=TODAY)


def test_dates_as_text_are_read_by_all_of_them(tmp_path: Path) -> None:
    texts = pa.array([f"{day:%d/%m/%Y}" for day in MONDAYS])
    assert days(prepare(snapshot(tmp_path, texts), MAPPING, "de", today=TODAY)) == MONDAYS


class Field:
    def __init__(self, name: str, type_code: int) -> None:
        self.name, self.type_code = name, type_code


def test_only_stamps_with_an_offset_change_the_query() -> None:
    plain = [Field("D", TIMESTAMP_NTZ), Field("X", FIXED)]
    assert keeping_offsets("SELECT 1", plain) == "SELECT 1"
    kept = keeping_offsets("SELECT 1", [Field('a "b"', TIMESTAMP_TZ), Field("X", FIXED)])
    assert kept == 'SELECT "a ""b"""::VARCHAR AS "a ""b""", "X" FROM (SELECT 1)'
