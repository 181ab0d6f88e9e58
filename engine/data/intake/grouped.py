"""Rows of a Parquet file by group, a batch at a time: memory follows the number of groups, not of rows."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from engine.errors import BadData

BATCH: Final = 65_536
MERGE_AT: Final = 20
MOST_GROUPS: Final = 2_000_000
HOW: Final = {"rows": "sum", "count": "sum", "sum": "sum", "min": "min", "max": "max"}


def grouped(raw: Path, by: Sequence[str], names: Sequence[str]) -> pd.DataFrame:
    """Return rows, and of each column count, sum, min and max, by group in order of appearance.

    The columns are `rows` and `NAME|count` and so on. Texts count by the place at which each first appears, see
    `texts`. Raises BadData where there are more groups than can be held.
    """
    codes: dict[str, dict[str, int]] = {}
    parts: list[pd.DataFrame] = []
    for batch in _batches(raw, [*by, *names]):
        keys = [batch[name].to_pandas() for name in by]
        frame = pd.DataFrame(
            {name: _numbers(batch[name], codes.setdefault(name, {})) for name in names}, index=range(len(batch))
        )
        groups = frame.assign(rows=1).groupby(keys, sort=False, dropna=False)
        if names:
            part: Any = groups[list(names)].agg(["count", "sum", "min", "max"])
            part.columns = [f"{name}|{what}" for name, what in part.columns]
            part.insert(0, "rows", groups["rows"].sum())
        else:
            part = groups[["rows"]].sum()
        parts.append(part)
        if len(parts) >= MERGE_AT:
            parts = [_merged(parts)]
    table = _merged(parts)
    table.index.names = list(by)
    table.attrs["texts"] = {name: list(known) for name, known in codes.items() if known}
    return table


def texts(table: pd.DataFrame, name: str) -> list[str] | None:
    """The texts of a column by their numbers; None if it holds none."""
    found: list[str] | None = table.attrs["texts"].get(name)
    return found


def _batches(raw: Path, columns: Sequence[str]) -> Iterator[pa.Table]:
    with pq.ParquetFile(raw) as file:
        for group in range(file.num_row_groups):
            for batch in file.iter_batches(BATCH, row_groups=[group], columns=list(dict.fromkeys(columns))):
                yield pa.table(batch)


def _numbers(column: pa.ChunkedArray, known: dict[str, int]) -> Any:
    """A column as floats, NaN where empty; texts by the place at which each first appeared."""
    kind = column.type
    if pa.types.is_boolean(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return pc.cast(column, pa.float64()).to_pandas()
    if pa.types.is_decimal(kind):
        return pc.cast(column, pa.float64(), safe=False).to_pandas()
    encoded = pc.cast(column, pa.string()).combine_chunks().dictionary_encode()
    places = [known.setdefault(text, len(known)) for text in encoded.dictionary.to_pylist()]
    return pa.array(places, pa.float64()).take(encoded.indices).to_pandas()


def _merged(parts: list[pd.DataFrame]) -> pd.DataFrame:
    if len(parts) == 1:
        return parts[0]
    together = pd.concat(parts)
    levels: Any = list(range(together.index.nlevels))
    table = together.groupby(level=levels, sort=False, dropna=False).agg(
        {name: HOW[name.rpartition("|")[2]] for name in together.columns}
    )
    if len(table) > MOST_GROUPS:
        raise BadData(
            f"The rows have more than {MOST_GROUPS:,} different dates and channels.",
            "Add them up at the source first.",
            field="source",
        )
    return table
