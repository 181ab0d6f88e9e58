"""A long table as a wide one: a row per date, and a column for each channel and what was measured of it."""

import re
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from engine.columns import Column
from engine.data.column_words import CONTEXT, TOTAL, is_rate, words
from engine.data.intake.grouped import grouped, texts
from engine.data.intake.layout import MOST_COLUMNS
from engine.data.intake.long import MOST_NAMED, Long, is_result
from engine.errors import BadData

# A channel in a fully long table that stands for none, beside a variable of the whole business.
NO_CHANNEL: Final = frozenset({"", "none", "na", "all", "business", "company", "kpi", "overall", "global"}) | TOTAL


def widen(raw: Path, into: Path, shape: Long) -> tuple[Column, ...]:
    """Write the wide table as Parquet and return its columns. Raises BadData where it would be too wide.

    Where a channel has no row on a date, nothing was spent: 0. A price or a result that has none is empty.
    """
    with pq.ParquetFile(raw) as file:
        schema = file.schema_arrow
    rows = grouped(raw, shape.index, [*shape.once, *shape.added])
    cells = grouped(raw, (*shape.index, *shape.keys), shape.spread)
    columns: dict[str, pa.Array] = {}
    for place, name in enumerate(shape.index):
        columns[name] = pa.array(rows.index.get_level_values(place), schema.field(name).type, from_pandas=True)
    for name in shape.once:
        columns[name] = _once(rows, name, schema.field(name).type)
    for name in shape.added:
        total = rows[f"{name}|sum"] / (rows[f"{name}|count"] if is_rate(name) else 1)
        columns[name] = pa.array(total.where(rows[f"{name}|count"] > 0), pa.float64(), from_pandas=True)
    wide = _spread(cells, rows.index, shape)
    if len(columns) + len(wide) > MOST_COLUMNS:
        raise BadData(
            f"Turned into columns, there would be {len(columns) + len(wide):,}; at most {MOST_COLUMNS:,} are taken.",
            f"Merge the rarer values of “{shape.keys[0]}”, or leave out columns that are not needed.",
            field="file",
        )
    for name, values in wide.items():
        columns[_free(name, columns)] = pa.array(values, pa.float64(), from_pandas=True)
    table = pa.table(columns)
    pq.write_table(table, into, compression="zstd")
    return tuple(_column(name, table[name]) for name in table.column_names)


def _spread(cells: pd.DataFrame, index: "pd.Index[Any]", shape: Long) -> dict[str, "pd.Series[float]"]:
    """The columns of each key, in order of appearance: (rows of the wide table,) each."""
    keys: Any = list(range(len(shape.index), cells.index.nlevels))
    by: Any = keys if len(keys) > 1 else keys[0]
    found: dict[str, pd.Series[float]] = {}
    parts: dict[str, list[pd.DataFrame]] = {}
    for key, part in cells.groupby(level=by, sort=False, dropna=False):
        for measure in shape.spread:
            said = [_level(one) for one in (key if isinstance(key, tuple) else (key,))]
            parts.setdefault(_name(said, measure, shape), []).append(
                part.droplevel(keys)[[f"{measure}|count", f"{measure}|sum"]].set_axis(["count", "sum"], axis=1)
            )
    for name, several in parts.items():
        together = pd.concat(several)
        levels: Any = list(range(together.index.nlevels))
        sums = together.groupby(level=levels, sort=False, dropna=False).sum().reindex(index)
        values = sums["sum"] / (sums["count"] if is_rate(name) else 1)
        values = values.where(sums["count"] > 0)
        silent = not (is_rate(name) or (shape.fully and (is_result(name) or set(words(name)) & CONTEXT)))
        found[name] = values.where(sums["count"].notna(), 0.0) if silent else values
    return found


def _name(said: list[str], measure: str, shape: Long) -> str:
    if not shape.fully:
        return f"{said[0] or 'none'}_{measure}"
    if len(said) == 1:
        return said[0] or "none"
    channel, variable = said
    return variable if " ".join(words(channel)) in NO_CHANNEL else f"{channel}_{variable}"


def _level(value: Any) -> str:
    """A key's value as a part of a name: its spelling stays, blanks become one mark."""
    return re.sub(r"\s+", "_", str(value).strip()) if value is not None and value == value else ""


def _once(rows: pd.DataFrame, name: str, kind: pa.DataType) -> pa.Array:
    values = rows[f"{name}|max"]
    known = texts(rows, name)
    if known is not None:
        found = [None if pd.isna(place) else known[int(place)] for place in values]
        return pa.array(found, pa.string())
    plain: Any = [None if pd.isna(value) else value for value in values]
    if pa.types.is_boolean(kind):
        return pa.array([None if value is None else bool(value) for value in plain], pa.bool_())
    whole = pa.types.is_integer(kind)
    return pa.array([None if v is None else int(v) for v in plain] if whole else plain, kind if whole else pa.float64())


def _free(name: str, taken: dict[str, pa.Array]) -> str:
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    return free


def _column(name: str, values: pa.ChunkedArray) -> Column:
    unique = [str(value) for value in values.unique().drop_null().to_pylist()[:1000]]
    kind = values.type
    type_: Any = (
        "date"
        if pa.types.is_temporal(kind)
        else "boolean"
        if pa.types.is_boolean(kind)
        else "text"
        if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_dictionary(kind)
        else "number"
    )
    few = type_ == "text" and len(unique) <= MOST_NAMED
    return Column(
        name=name,
        type=type_,
        examples=tuple(text[:40] for text in unique[:3]),
        distinct=len(unique),
        levels=tuple(text[:40] for text in unique) if few else (),
    )
