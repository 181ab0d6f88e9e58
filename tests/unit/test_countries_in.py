"""Which countries there are in rows, and each one's rows by themselves."""

from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data.countries_in import countries_of, split, tally_of, tally_of_answer
from engine.data.row_numbers import RowNumbers, row_numbers


def kept(path: Path, countries: list[str | None], **more: list[object]) -> Path:
    """A Parquet file with a row for each, whose spreadsheet numbers its rows from 2."""
    table = pa.table({"C": pa.array(countries, pa.string()), "X": range(len(countries)), **more})
    called = RowNumbers()
    called.add(range(2, len(countries) + 2))
    with pq.ParquetWriter(path, table.schema) as writer:
        for at in range(0, len(table), 3):  # several row groups
            writer.write_table(table.slice(at, 3))
        writer.add_key_value_metadata(called.metadata)
    return path


def test_countries_are_counted_however_they_are_written_and_the_most_come_first(tmp_path: Path) -> None:
    days = [date(2024, 1, n) for n in range(1, 8)]
    raw = kept(tmp_path / "r", ["DE", "Germany", "deu", "France", None, "Mars", "DE"], D=days)
    found, told = countries_of(tally_of(raw, "C", "D"), "C")
    assert [(one.country, one.rows, one.first_date, one.last_date) for one in found] == [
        ("de", 4, date(2024, 1, 1), date(2024, 1, 7)),
        ("fr", 1, date(2024, 1, 4), date(2024, 1, 4)),
    ]
    [finding] = told
    assert finding.text == "2 rows in “C” name no country and are left out: empty (1), “Mars” (1)."
    assert (finding.grade, finding.number) == ("REVIEW", 2.0)


def test_what_stands_for_several_is_no_doubt_and_many_odd_ones_are_counted(tmp_path: Path) -> None:
    raw = kept(tmp_path / "r", ["Other", "EMEA", "FR"])
    assert countries_of(tally_of(raw, "C"))[1][0].grade == "INFO"
    raw = kept(tmp_path / "s", [f"Planet {n}" for n in range(30)])
    found, [finding] = countries_of(tally_of(raw, "C"))
    assert not found and "22 more (22)" in finding.text


def test_texts_have_no_first_day_and_a_columns_name_may_be_the_dates(tmp_path: Path) -> None:
    raw = kept(tmp_path / "r", ["FR", "FR"], D=["31.12.2024", "01.01.2024"])
    [found], _ = countries_of(tally_of(raw, "C", "D"))
    assert found.first_date is None and found.rows == 2


def test_the_answer_of_a_warehouse_is_read_with_its_moments() -> None:
    row = {"MMM_COUNTRY": "FR", "MMM_ROWS": 3, "MMM_FIRST": datetime(2024, 1, 1, 5), "MMM_LAST": date(2024, 2, 1)}
    [found], told = countries_of(tally_of_answer([row, {**row, "MMM_COUNTRY": "France"}]))
    assert (found.rows, found.first_date, found.last_date) == (6, date(2024, 1, 1), date(2024, 2, 1))
    assert told == ()


def test_each_countrys_rows_keep_their_order_and_what_the_spreadsheet_calls_them(tmp_path: Path) -> None:
    raw = kept(tmp_path / "r", ["FR", "DE", "France", None, "FR", "XX", "DE", "FR"])
    made = split(raw, "C", ["fr", "mt"], tmp_path)
    assert set(made) == {"fr"}
    assert pd.read_parquet(made["fr"])["X"].to_list() == [0, 2, 4, 7]
    called = row_numbers(pq.ParquetFile(made["fr"]).metadata.metadata)
    assert called is not None and [called.number(row) for row in range(4)] == [2, 4, 6, 9]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(["FR", "DE", "Germany", "", None, "🚀", "<@U1>", "x" * 2000]), min_size=1, max_size=40))
def test_no_row_is_lost_and_none_is_counted_twice(tmp_path_factory: object, countries: list[str | None]) -> None:
    folder = tmp_path_factory.mktemp("split")  # type: ignore[attr-defined]
    raw = kept(folder / "r", countries)
    found, told = countries_of(tally_of(raw, "C"), "C")
    assert sum(one.rows for one in found) + sum(int(one.number or 0) for one in told) == len(countries)
    made = split(raw, "C", [one.country for one in found], folder)
    assert {code: pq.read_metadata(path).num_rows for code, path in made.items()} == {o.country: o.rows for o in found}
