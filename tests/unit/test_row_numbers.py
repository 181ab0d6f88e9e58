"""Complaints about stored rows name them as the spreadsheet that they came from does."""

import random
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.data.intake.file import to_parquet
from engine.data.mapping import Mapping
from engine.data.prepare import prepare
from engine.data.row_numbers import MOST_RUNS, RowNumbers, row_numbers
from engine.errors import BadData

MAPPING = Mapping(date_var="date", dep_var="sales", paid_media_spends=("tv",))


def test_what_is_kept_gives_every_number_back() -> None:
    numbers = sorted(random.Random(1).sample(range(1, 5000), 3000))
    kept = RowNumbers()
    for start in range(0, 3000, 700):
        kept.add(numbers[start : start + 700])
    read = row_numbers(kept.metadata)
    assert read and [read.number(row) for row in range(3000)] == numbers


def test_a_table_without_gaps_is_one_run_whatever_its_size() -> None:
    kept = RowNumbers()
    kept.add(range(2, 1_000_002))
    assert len(kept.metadata[next(iter(kept.metadata))]) < 20


def test_rows_that_jump_too_often_have_no_numbers() -> None:
    kept = RowNumbers()
    kept.add(range(0, 3 * MOST_RUNS, 2))
    assert row_numbers(kept.metadata) is None
    assert len(kept.starts) <= MOST_RUNS + 1


def test_a_row_without_a_date_is_called_as_the_spreadsheet_calls_it(tmp_path: Path) -> None:
    weeks = [f"2022-{month:02}-{day:02},{day},1" for month in (1, 2, 3) for day in (3, 10, 17, 24)]
    path, raw = tmp_path / "x.csv", tmp_path / "raw.parquet"
    path.write_text("\n".join(["date,sales,tv", *weeks[:5], "", "", ",4,1", *weeks[5:]]))
    to_parquet(path, raw)
    with pytest.raises(BadData, match="Row 9 of column “date” holds no date") as caught:
        prepare(raw, MAPPING, "fr")
    assert (caught.value.row, caught.value.column) == (9, "date")


def test_rows_of_a_warehouse_are_not_called_as_if_they_had_a_spreadsheet(tmp_path: Path) -> None:
    raw = tmp_path / "raw.parquet"
    table = pa.table({"date": ["2022-01-03", None], "sales": [1.0, 2.0], "tv": [1.0, 2.0]})
    pq.write_table(table, raw)
    with pytest.raises(BadData, match="Column “date”, in row 2 of what was read, holds no date") as caught:
        prepare(raw, MAPPING, "fr")
    assert caught.value.row is None


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        pytest.param([7], "Row 7 of column “tv” holds “oops7”, which is not a number.$", id="one"),
        pytest.param([7, 9], "Row 7 .*which is not a number. The same holds for row 9 \\(“oops9”\\).$", id="two"),
        pytest.param(
            range(7, 32),
            "for 24 other rows: row 8 \\(“oops8”\\), .*row 16 \\(“oops16”\\) and 15 more.$",
            id="ten by place, the rest counted",
        ),
    ],
)
def test_all_cells_that_do_not_fit_are_told(tmp_path: Path, wrong: list[int], told: str) -> None:
    path = tmp_path / "x.csv"
    rows = [f"{2024 - row % 20}-01-03,{row},{f'oops{row}' if row in wrong else row}" for row in range(2, 102)]
    path.write_text("\n".join(["date,sales,tv", *rows]))
    with pytest.raises(BadData) as caught:
        to_parquet(path, tmp_path / "raw.parquet", needed=("date", "sales", "tv"))
    assert re.search(told, caught.value.what)
    assert (caught.value.row, caught.value.column) == (7, "tv")
    assert len(caught.value.problems) == (0 if len(wrong) == 1 else min(len(wrong), 11))
