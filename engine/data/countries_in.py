"""The countries in a source's rows: which there are, how many rows of each, and each one's rows by themselves."""

from collections.abc import Collection, Iterable, Mapping
from contextlib import ExitStack
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from engine.cloud.select_country import COUNTRY, FIRST, LAST, ROWS
from engine.data.country_names import country_of, is_rest
from engine.data.dataset import CountryRows, Finding
from engine.data.raw_rows import BATCH, codes_of
from engine.data.row_numbers import RowNumbers, row_numbers

# So many of what names no country are named; all are counted.
NAMED: Final = 8
SHOWN: Final = 40

# By what a column holds: rows, and the first and the last day where these are known.
Tally = dict[str, tuple[int, date | None, date | None]]


def tally_of(raw: Path, column: str, dates: str = "") -> Tally:
    """Count the rows of a Parquet file by what a column holds, a batch at a time; with first and last of `dates`."""
    found: Tally = {}
    with pq.ParquetFile(raw) as file:
        dated = bool(dates) and pa.types.is_temporal(file.schema_arrow.field(dates).type)
        names = list(dict.fromkeys([column, *([dates] if dated else [])]))
        for group in range(file.num_row_groups):
            for batch in file.iter_batches(BATCH, row_groups=[group], columns=names):
                table = pa.table({"of": pc.cast(batch[column], pa.string())})
                table = table.append_column("day", batch[dates] if dated else pa.nulls(len(table), pa.date32()))
                counted = table.group_by("of").aggregate([([], "count_all"), ("day", "min"), ("day", "max")])
                for row in counted.to_pylist():
                    _add(found, row["of"] or "", row["count_all"], _day(row["day_min"]), _day(row["day_max"]))
    return found


def tally_of_answer(rows: Iterable[Mapping[str, Any]]) -> Tally:
    """Read the answer to a counting query (`engine.cloud.select_country`)."""
    found: Tally = {}
    for row in rows:
        _add(found, str(row[COUNTRY] or ""), int(row[ROWS]), _day(row.get(FIRST)), _day(row.get(LAST)))
    return found


def countries_of(tally: Tally, column: str = "") -> tuple[tuple[CountryRows, ...], tuple[Finding, ...]]:
    """Return the countries with rows, the most first, and what is said of rows that name none."""
    by_code: Tally = {}
    others: dict[str, int] = {}
    for text, (rows, first, last) in tally.items():
        if code := country_of(text):
            _add(by_code, code, rows, first, last)
        else:
            others[text.strip()] = others.get(text.strip(), 0) + rows
    found = [
        CountryRows(country=code, rows=rows, first_date=first, last_date=last)
        for code, (rows, first, last) in by_code.items()
    ]
    found.sort(key=lambda one: (-one.rows, one.country))
    return tuple(found), _told(others, column)


def _told(others: Mapping[str, int], column: str) -> tuple[Finding, ...]:
    """What is said of values that are no country: those that stand for several or none only count as left out."""
    if not others:
        return ()
    ordered = sorted(others.items(), key=lambda one: (-one[1], one[0]))
    named = [f"“{_short(text)}” ({rows:,})" if text else f"empty ({rows:,})" for text, rows in ordered[:NAMED]]
    if len(ordered) > NAMED:
        rest = ordered[NAMED:]
        named.append(f"{len(rest):,} more ({sum(rows for _, rows in rest):,})")
    odd = [text for text, _ in ordered if text and not is_rest(text)]
    where = f" in “{column}”" if column else ""
    return (
        Finding(
            code="country.unknown",
            grade="REVIEW" if odd else "INFO",
            column=column,
            value=_short(odd[0]) if odd else "",
            text=f"{sum(others.values()):,} rows{where} name no country and are left out: {', '.join(named)}.",
            remedy="Write these as ISO codes or names at the source if they are countries." if odd else "",
            number=float(sum(others.values())),
        ),
    )


def split(raw: Path, column: str, countries: Collection[str], folder: Path) -> dict[str, Path]:
    """Write each country's rows to a Parquet file of its own, as they came; returns those that have rows.

    What a spreadsheet calls each row goes with it.
    """
    made: dict[str, Path] = {}
    numbers: dict[str, RowNumbers] = {}
    with pq.ParquetFile(raw) as file, ExitStack() as open_files:
        called = row_numbers(file.metadata.metadata)
        writers: dict[str, pq.ParquetWriter] = {}
        read = 0
        for group in range(file.num_row_groups):
            for batch in file.iter_batches(BATCH, row_groups=[group]):
                table = pa.Table.from_batches([batch])
                codes = codes_of(table[column])
                for code in set(pc.unique(codes).to_pylist()) & set(countries):
                    places = pc.indices_nonzero(pc.equal(codes, code))
                    if code not in writers:
                        made[code] = folder / f"{code}.parquet"
                        writer = pq.ParquetWriter(made[code], file.schema_arrow, compression="zstd")
                        writers[code], numbers[code] = open_files.enter_context(writer), RowNumbers()
                    writers[code].write_table(table.take(places))
                    if called:
                        numbers[code].add([called.number(read + place) for place in places.to_pylist()])
                read += batch.num_rows
        if called:
            for code, writer in writers.items():
                writer.add_key_value_metadata(numbers[code].metadata)
    return made


def _add(tally: Tally, text: str, rows: int, first: date | None, last: date | None) -> None:
    before = tally.get(text)
    if before is None:
        tally[text] = rows, first, last
        return
    firsts = [day for day in (before[1], first) if day]
    lasts = [day for day in (before[2], last) if day]
    tally[text] = before[0] + rows, min(firsts, default=None), max(lasts, default=None)


def _day(value: object) -> date | None:
    """A day, of a date or a moment; None for anything else: a text's first is no first day."""
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else None


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
