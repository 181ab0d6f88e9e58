"""Rows that are given out as CSV are read again as they were, and nothing in them calculates."""

import csv
import io
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data.formulas import as_meant, calculates, defused
from engine.data.given_csv import as_csv, cell, parquet_as_csv
from engine.data.intake.file import to_parquet
from engine.errors import BadData

DAYS = [date(2024, 1, 1 + n) for n in range(20)]
FORMULAS = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "  =HYPERLINK()", "＝1"]


def again(tmp_path: Path, table: pa.Table) -> pa.Table:
    """What our own intake makes of a table that was given out."""
    pq.write_table(table, tmp_path / "raw.parquet")
    parquet_as_csv(tmp_path / "raw.parquet", tmp_path / "given.csv", 10**9)
    to_parquet(tmp_path / "given.csv", tmp_path / "again.parquet")
    return pq.read_table(tmp_path / "again.parquet")


numbers = st.one_of(
    st.floats(0, 1e15).map(lambda value: value or 0.0),
    st.floats(-1e6, 1e6),
    st.integers(0, 10**12).map(float),
    st.integers(1, 999_999).map(lambda thousandths: thousandths / 1000),
    st.just(1e-7),
)


@settings(max_examples=30, deadline=None)
@given(st.lists(numbers, min_size=20, max_size=20), st.lists(numbers, min_size=20, max_size=20))
def test_numbers_and_dates_are_read_again_exactly(
    tmp_path_factory: pytest.TempPathFactory, revenue: list[float], spend: list[float]
) -> None:
    made = pa.table({"DATE": DAYS, "REVENUE": revenue, "TV_COST": spend})
    read = again(tmp_path_factory.mktemp("given"), made)
    assert read["DATE"].cast(pa.date32()).to_pylist() == DAYS
    assert read["REVENUE"].cast(pa.float64()).to_pylist() == revenue
    assert read["TV_COST"].cast(pa.float64()).to_pylist() == spend


def test_three_decimals_everywhere_are_not_taken_for_thousands(tmp_path: Path) -> None:
    values = [7.416 + n / 1000 for n in range(20)]
    values = [round(value, 3) for value in values]
    read = again(tmp_path, pa.table({"DATE": DAYS, "PRICE": values}))
    assert read["PRICE"].cast(pa.float64()).to_pylist() == values


@pytest.mark.parametrize("text", [*FORMULAS, "'=1", "''-1"])
def test_a_text_that_would_calculate_does_not_and_is_read_again_as_it_was(text: str) -> None:
    written = defused(text)
    assert written.startswith("'") and as_meant(written) == text


@given(st.text(max_size=30))
def test_every_text_is_read_again_as_it_was(text: str) -> None:
    written = defused(text)
    assert as_meant(written) == text
    assert written.startswith("'") or not calculates(written)


def test_formulas_in_heads_and_cells_are_defused(tmp_path: Path) -> None:
    levels = ["=cmd()" if n % 2 else "@here" for n in range(20)]
    made = pa.table({"DATE": DAYS, "=EVENT()": levels, "REVENUE": [1.5] * 20})
    pq.write_table(made, tmp_path / "raw.parquet")
    parquet_as_csv(tmp_path / "raw.parquet", tmp_path / "given.csv", 10**9)
    rows = list(csv.reader(io.StringIO((tmp_path / "given.csv").read_text(encoding="utf-8-sig"))))
    assert rows[0] == ["DATE", "'=EVENT()", "REVENUE"]
    assert {row[1] for row in rows[1:]} == {"'=cmd()", "'@here"}
    read = again(tmp_path, made)
    assert read["=EVENT()"].to_pylist() == levels


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, ""),
        (float("nan"), ""),
        (float("inf"), ""),
        (True, "true"),
        (12, "12"),
        (12.0, "12"),
        (1e22, "10000000000000000000000"),
        (-0.25, "-0.25"),
        (1.125, "1.1250"),
        (Decimal("1.10"), "1.10"),
        (Decimal("NaN"), ""),
        (date(2024, 1, 2), "2024-01-02"),
        (datetime(2024, 1, 2), "2024-01-02"),
        (datetime(2024, 1, 2, 3, 4), "2024-01-02 03:04:00"),
        ('a,b\n"c"', 'a,b\n"c"'),
    ],
)
def test_a_value_is_written_in_full(value: Any, written: str) -> None:
    assert cell(value) == written


def test_a_table_that_is_too_large_is_refused_in_words(tmp_path: Path) -> None:
    pq.write_table(pa.table({"A": list(range(50_000))}), tmp_path / "raw.parquet")
    with pytest.raises(BadData, match="As CSV the rows are more than 0 MB"):
        parquet_as_csv(tmp_path / "raw.parquet", tmp_path / "given.csv", 100_000)


def test_a_small_table_is_bytes_with_a_head() -> None:
    assert as_csv(["a", "b"], [[1, None], ["x", 2.5]]).decode("utf-8-sig") == "a,b\r\n1,\r\nx,2.5\r\n"


def test_nobody_else_writes_csv_that_is_given_out() -> None:
    """A writer of its own forgets some formula: in a head, in wide letters, behind a blank."""
    house = Path(__file__).parents[2]
    # What only our own programs read: a training's input, Robyn's, the history.
    own = {"engine/data/given_csv.py", "engine/pipeline/history.py"}
    places = (house / "engine" / "pipeline", house / "engine" / "data", house / "bot")
    files = [path for place in places for path in place.rglob("*.py")]
    found = {str(path.relative_to(house)) for path in files if "csv.writer(" in path.read_text()}
    assert found <= own and len(files) > 200
