"""A snapshot's rows, read a batch at a time: one country's, as numbers, texts and dates, added up by date."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from engine.data.aggregate import Totals
from engine.data.column_rules import TEXT_RULES, Rule
from engine.data.countries import country_name
from engine.data.country_names import country_of
from engine.data.intake.numerals import LARGEST
from engine.data.mapping import Mapping
from engine.data.raw_days import RawDays
from engine.data.row_numbers import RowNumbers, place, row_numbers
from engine.errors import BadData

BATCH: Final = 65_536


@dataclass(frozen=True)
class Places:
    """Where each row of a batch stands in the Parquet file, from 0, and what its spreadsheet calls it."""

    called: RowNumbers | None
    rows: list[int]

    def place(self, index: int, column: str) -> str:
        """Where a value of the batch stands, to begin a sentence with."""
        return place(self.called, self.rows[index], column)

    def spreadsheet(self, index: int | None) -> int | None:
        """What the spreadsheet calls a row of the batch; None where there is none."""
        return self.called.number(self.rows[index]) if self.called and index is not None else None


def text_columns(schema: pa.Schema, wanted: Sequence[str], categories: Collection[str]) -> set[str]:
    """Return those of `categories` that hold text, after checking that all `wanted` columns are there."""
    lacking = [name for name in dict.fromkeys(wanted) if name not in schema.names]
    if lacking:
        raise BadData(
            f"The data hold no column {' or '.join(f'“{name}”' for name in lacking)}.",
            "Choose the columns again, or add them at the source.",
        )
    return {name for name in categories if name in schema.names and _is_text(schema.field(name).type)}


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def add_up(
    file: pq.ParquetFile, mapping: Mapping, by: dict[str, Rule], country: str, dated: RawDays
) -> tuple[Totals, dict[str, int], int]:
    """Go through the rows once, a batch at a time. Returns sums by date, rows by country, rows read.

    `dated` says how the date column becomes days.
    """
    totals, countries, read = Totals(by), dict[str, int](), 0
    called = row_numbers(file.metadata.metadata)
    columns = list(dict.fromkeys([mapping.date_var, *by, *([mapping.country_var] if mapping.country_var else [])]))
    for batch in _batches(file, columns):
        offset, read = read, read + batch.num_rows
        table = pa.table(batch)
        if mapping.country_var:
            codes = codes_of(table[mapping.country_var])
            for entry in pc.value_counts(codes):
                code = entry["values"].as_py() or ""
                countries[code] = countries.get(code, 0) + entry["counts"].as_py()
            numbers = pc.indices_nonzero(pc.equal(codes, country_code(country)))
        else:
            numbers = pa.array(range(batch.num_rows), pa.uint64())
        table = table.take(numbers)
        rows = Places(called, [offset + number for number in numbers.to_pylist()])
        frame = pd.DataFrame({name: _values(table[name], name, rule, rows) for name, rule in by.items()})
        totals.add(frame, _days(table[mapping.date_var], mapping.date_var, rows, dated))
    if not totals.sizes:
        raise _nothing(mapping, country, countries, read)
    return totals, countries, read


def _batches(file: pq.ParquetFile, columns: list[str]) -> Iterator[pa.RecordBatch]:
    # Row group by row group: asked for all of them, Arrow keeps every buffer until the last (measured, Arrow 26).
    for group in range(file.num_row_groups):
        yield from file.iter_batches(BATCH, row_groups=[group], columns=columns)


def country_code(country: str) -> str:
    """The code of what a person chose or a cell holds; the text itself, in lower case, where it is no country."""
    return country_of(country) or country.strip().lower()


def codes_of(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return the country's code of each row of a column; the text itself, in lower case, where it is none."""
    encoded = pc.cast(column, pa.string()).combine_chunks().dictionary_encode()
    codes = [None if text is None else country_code(text) for text in encoded.dictionary.to_pylist()]
    return pa.chunked_array([pa.array(codes, pa.string()).take(encoded.indices)])


def _nothing(mapping: Mapping, country: str, countries: dict[str, int], read: int) -> BadData:
    """Why no row is left. What cannot be chosen as a country is never named as one."""
    if not read:
        return BadData("The source holds no rows.", "Check the table, the SELECT or the file.")
    known = sorted(countries.items(), key=lambda item: -item[1])
    real = [(code, count) for code, count in known if country_of(code)]
    listed = ", ".join(
        f"{country_name(code)} ({code.upper()}, {count:,} rows)" if real else f"“{code or 'empty'}” ({count:,} rows)"
        for code, count in (real or known)[:10]
    )
    more = " and others" if len(real or known) > 10 else ""
    if not real:
        return BadData(
            f"Column “{mapping.country_var}” names no country: it holds {listed}{more}.",
            "Choose no country column, and all rows are added up; or choose the column that names the country.",
            field="country_var",
        )
    return BadData(
        f"Column “{mapping.country_var}” holds no rows of {country_name(country)} ({country.upper()}).",
        f"It holds {listed}{more}: choose one of them as the country, or another column, or none.",
        field="country",
    )


def _values(column: pa.ChunkedArray, name: str, rule: Rule, rows: Places) -> Any:
    """Return a column as pandas holds it: floats, or text for events. Raises BadData naming row and value."""
    if rule in TEXT_RULES:
        return pc.cast(column, pa.string()).to_pandas()
    try:
        # Integers beyond 2^53 lose their last digits, which is as exact as any float.
        numbers = pc.cast(column, pa.float64(), safe=not pa.types.is_integer(column.type)).to_pandas()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        texts = pc.cast(column, pa.string()).to_pandas()
        bad = texts[pd.to_numeric(texts, errors="coerce").isna() & texts.notna()]
        at = int(bad.index[0]) if len(bad) else None
        where = f"Column “{name}”" if at is None else rows.place(at, name)
        what = "something else than numbers" if at is None else f"“{bad.iloc[0]}”, which is not a number"
        raise BadData(
            f"{where} holds {what}.",
            "Correct it, or choose another column.",
            field=name,
            row=rows.spreadsheet(at),
            column=name,
        ) from None
    beyond = numbers.abs() > LARGEST
    if beyond.any():
        at = int(np.argmax(beyond))
        raise BadData(
            f"{rows.place(at, name)} holds “{numbers[at]:g}”, which is beyond all numbers that can be meant.",
            "Correct it, or leave it empty if the value is not known.",
            field=name,
            row=rows.spreadsheet(at),
            column=name,
        )
    return numbers


def _days(column: pa.ChunkedArray, name: str, rows: Places, dated: RawDays) -> pd.Series[Any]:
    """Return the date of each row. Raises BadData naming the first row without one, or with one that none can mean."""
    found = dated.days(column)
    far = {day: why for day in pc.unique(found).to_pylist() if day and (why := dated.why_not(day))}
    wrong = pc.is_null(found)
    if far:
        wrong = pc.or_(wrong, pc.is_in(found, value_set=pa.array(list(far), pa.date32())))
    places = pc.indices_nonzero(wrong)
    if len(places):
        first = places[0].as_py()
        value, day = pc.cast(column.slice(first, 1), pa.string())[0].as_py(), found[first].as_py()
        why = f"which {far[day]}" if day else "which is not a date"
        held = "no date" if value is None else f"“{value}”, {why}"
        raise BadData(
            f"{rows.place(first, name)} holds {held}.",
            f"Correct it ({len(places):,} such rows), or choose another date column.",
            field="date_var",
            row=rows.spreadsheet(first),
            column=name,
        )
    return pd.Series(found.to_pandas(), name="period")
