"""The days of a snapshot's date column, by the same rules as a file's: stamps, order of day and month, limits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from engine.data.column_words import words
from engine.data.dataset import Finding
from engine.data.dates import out_of_bounds
from engine.data.intake.choices import Choices
from engine.data.intake.column import DATE_NAMES
from engine.data.intake.days import DayReading, DayTally, read_days, read_numbered
from engine.data.intake.stamps import StampTally, read_stamps
from engine.data.written_days import Zone
from engine.data.zones import Midnight

BATCH: Final = 65_536


@dataclass(frozen=True)
class RawDays:
    """How a date column becomes days. `reading` is there for text, `midnight` for stamps in UTC."""

    today: date
    midnight: Midnight | None = None
    reading: DayReading | None = None
    findings: tuple[Finding, ...] = ()

    def days(self, column: pa.ChunkedArray) -> pa.Array:
        """Return the day of each row of a batch, (N,), null where there is none; one out of bounds is still there."""
        if self.reading:
            return self.reading.convert(_as_text(column).combine_chunks())
        if not pa.types.is_timestamp(column.type):
            return _within(pc.cast(column, pa.date32())).combine_chunks()
        stamps = _as_written(column)
        if not self.midnight:
            return pc.cast(stamps, pa.date32(), safe=False).combine_chunks()
        encoded = stamps.combine_chunks().dictionary_encode()
        local = [
            None if one is None else day if out_of_bounds(day := one.date(), self.today) else
            self.midnight.day((day, one.hour * 60 + one.minute))
            for one in encoded.dictionary.to_pylist()
        ]  # fmt: skip
        return pa.array(local, pa.date32()).take(encoded.indices)

    def why_not(self, day: date) -> str:
        """Say why a day cannot be meant, empty if it can."""
        return out_of_bounds(day, self.today)


def raw_days(file: pq.ParquetFile, name: str, country: str, choices: Choices, today: date) -> RawDays:
    """Look through a snapshot's date column once and decide how it is read; days need no look."""
    kind = file.schema_arrow.field(name).type
    if pa.types.is_timestamp(kind):
        seen, zone = StampTally(), kind.tz
        for column in _parts(file, name):
            _see(seen, column, zone, today)
            if len(seen.minutes) > 2 or seen.other:
                break
        midnight, findings = read_stamps(name, seen, country, choices)
        return RawDays(today, midnight, findings=findings)
    if pa.types.is_temporal(kind):
        return RawDays(today)
    tally, offset = DayTally(today), 0
    for column in _parts(file, name):
        texts = pc.utf8_trim_whitespace(_as_text(column))
        rows = pa.array(range(offset, offset + len(texts)), pa.int64())
        offset += len(texts)
        filled = pc.indices_nonzero(pc.not_equal(pc.fill_null(texts, ""), ""))
        if len(filled):
            tally.see(texts.take(filled).combine_chunks(), rows.take(filled))
    if numbered := tally.numbered.kind(words(name), DATE_NAMES, today):
        reading = read_numbered(name, tally, numbered, choices, country, named=True)
    else:
        reading = read_days(name, tally, choices, day_first=False, country=country)
    return RawDays(today, reading=reading, findings=reading.findings)


def _see(seen: StampTally, column: pa.ChunkedArray, zone: str | None, today: date) -> None:
    named: Zone = (
        "utc" if zone and zone.upper() in ("UTC", "ETC/UTC", "GMT", "Z", "+00:00") else "other" if zone else ""
    )
    for stamp in pc.unique(_as_written(column)).to_pylist():
        if stamp is None or out_of_bounds(stamp.date(), today):
            continue
        text = f"{stamp:%Y-%m-%d %H:%M}{'Z' if named == 'utc' else ''}"
        seen.see((stamp.date(), stamp.hour * 60 + stamp.minute), named, text)
        if len(seen.minutes) > 2 or seen.other:
            return


def _as_written(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return stamps as their source's clock showed them, in microseconds, which reach every year."""
    if column.type.tz:
        column = pc.local_timestamp(column)
    return _within(pc.cast(column, pa.timestamp("us"), safe=False))


def _as_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column as text; a whole number that is kept as a float without its `.0`."""
    if pa.types.is_floating(column.type) or pa.types.is_decimal(column.type):
        whole = pc.cast(column, pa.float64())
        return pc.cast(pc.cast(pc.if_else(pc.equal(pc.floor(whole), whole), whole, None), pa.int64()), pa.string())
    return pc.cast(column, pa.string())


def _within(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Bring what lies beyond the years 1 to 9999, which no calendar of Python knows, to their ends."""
    first, last = (
        pa.scalar(day, pa.date32()).cast(pa.timestamp("us")).cast(column.type) for day in (date.min, date.max)
    )
    return pc.min_element_wise(pc.max_element_wise(column, first, skip_nulls=False), last, skip_nulls=False)


def _parts(file: pq.ParquetFile, name: str) -> Iterator[pa.ChunkedArray]:
    # Row group by row group, as the rows themselves are read.
    for group in range(file.num_row_groups):
        for batch in file.iter_batches(BATCH, row_groups=[group], columns=[name]):
            yield pa.chunked_array([batch.column(0)])
