"""Tables with one row per date and channel, or per date and variable: recognised by what they hold.

What a trainer reads has one row per date and a column for each channel. Two other shapes are common:

- by channel: `date, channel, spend, revenue`, where the revenue of the date stands in the row of each channel;
- fully long: `date, variable, value`, also `date, channel, metric, value`, where each number has a row.

Only a table whose dates repeat, and that has a column which names channels or variables, is looked at closely.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from engine.columns import Column
from engine.data.column_words import (
    CALENDAR,
    CHANNELS,
    CONVERSION,
    DATE,
    EXPOSURE,
    FILLERS,
    IDS,
    REVENUE,
    SPEND,
    WEAK_KPI,
    words,
)
from engine.data.guess import guess
from engine.data.intake.grouped import grouped

MOST_LEVELS: Final = 1000
# So many levels are told by name and looked at.
MOST_NAMED: Final = 60
_CHANNELS: Final = """
channel channels medium media platform source network publisher kanal kanale canal canales canale touchpoint tactic
vehicle partner campaign campaigns kampagne campana campagne
"""
_VARIABLES: Final = """
variable variables metric metrics measure measures kpi indicator series attribute feature parameter kennzahl merkmal
metrica metrique indicateur indicador mesure medida metrik
"""
CHANNEL_NAMES: Final = frozenset(_CHANNELS.split())
VARIABLE_NAMES: Final = frozenset(_VARIABLES.split())
MEASURED: Final = SPEND | REVENUE | CONVERSION | (frozenset(EXPOSURE) - {"i", "p"})


@dataclass(frozen=True)
class Long:
    """How a long table is built.

    index: what names a row of the wide table: the date, the country if there is one, and a region whose KPI
    repeats. keys: the columns whose values become columns. spread: the numbers that become columns, one for each
    key. once: what is the same in all rows of a date. added: results that differ by row, and are added up.
    """

    index: tuple[str, ...]
    keys: tuple[str, ...]
    levels: tuple[str, ...]
    spread: tuple[str, ...]
    once: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    fully: bool = False
    country: str = ""

    @property
    def by_region(self) -> str:
        """The column of regions whose KPI repeats, if that is how the table is built."""
        return next((name for name in self.index[1:] if name != self.country), "")


def may_be_long(columns: Sequence[Column], rows: int) -> bool:
    """Whether a table may be long, from what is known of its columns: cheap, and never wrong about a "no"."""
    dates = [column for column in columns if column.type == "date"]
    # Dates that differ in every row leave nothing to turn into columns.
    if rows and dates and all(0 < rows <= date.distinct for date in dates):
        return False
    texts = [column for column in columns if column.type == "text"]
    return any(_names_channels(one) or _names_variables(one) for one in texts) and any(
        column.type == "number" for column in columns
    )


def find_long(raw: Path) -> Long | None:
    """Say how a Parquet file's rows are long, or None if they are not."""
    with pq.ParquetFile(raw) as file:
        columns = [_described(file, field) for field in file.schema_arrow]
    if not may_be_long(columns, 0):
        return None
    roles = guess(columns)
    texts = {c.name: c for c in columns if c.type == "text" and c.name not in (roles.date_var, roles.country_var)}
    numbers = [c.name for c in columns if c.type == "number" and _is_measure(c.name)]
    few = {name: c for name, c in texts.items() if 2 <= c.distinct <= MOST_LEVELS}
    variable = next((name for name, c in few.items() if _names_variables(c)), "")
    channel = next((name for name, c in few.items() if name != variable and _names_channels(c)), "")
    if not roles.date_var or not numbers or not (variable or channel):
        return None
    index = tuple(name for name in (roles.date_var, roles.country_var) if name)
    if variable:
        if len(numbers) != 1:
            return None
        keys = tuple(name for name in (channel, variable) if name)
        shape = Long(index, keys, (), (numbers[0],), fully=True, country=roles.country_var)
    else:
        shape = Long(index, (channel,), (), tuple(numbers), country=roles.country_var)
    named = few[variable or channel].levels
    return _looked_at(raw, shape, [c for c in columns if c.name not in (*index, *shape.keys)], named)


def _looked_at(raw: Path, shape: Long, others: list[Column], levels: tuple[str, ...]) -> Long | None:
    """Tell the columns that repeat within a date from those that differ by row."""
    names = [column.name for column in others]
    table = grouped(raw, shape.index, names)
    sizes = table["rows"]
    if (sizes > 1).mean() < 0.5:
        return None
    region = ""
    same = {name for name in names if _repeats(table, name)}
    results = [name for name in shape.spread if is_result(name)]
    if not shape.fully and results and not same & set(results):
        # A KPI that repeats only within a region: the region stays a row.
        for column in others:
            if column.type != "text" or not 2 <= column.distinct <= MOST_LEVELS:
                continue
            finer = grouped(raw, (*shape.index, column.name), names)
            if (finer["rows"] > 1).mean() >= 0.5 and any(_repeats(finer, name) for name in results):
                region, table = column.name, finer
                same = {name for name in names if name != region and _repeats(finer, name)}
                break
    spread = tuple(name for name in shape.spread if shape.fully or (name not in same and name not in results))
    if not spread:
        return None
    added = tuple(name for name in results if name not in same and not shape.fully)
    once = tuple(name for name in names if name in same and name not in spread)
    used = {*spread, *once, *added, region}
    return Long(
        index=(*shape.index, region) if region else shape.index,
        keys=shape.keys,
        levels=levels,
        spread=spread,
        once=once,
        added=added,
        left_out=tuple(name for name in names if name not in used),
        fully=shape.fully,
        country=shape.country,
    )


def _repeats(table: pd.DataFrame, name: str) -> bool:
    """Whether a column has one value in all rows of each group; one that never changes at all says nothing."""
    low, high = table[f"{name}|min"], table[f"{name}|max"]
    known = high.notna()
    size = pd.concat([low.abs(), high.abs()], axis=1).max(axis=1)
    return bool(known.any() and ((high - low) <= 1e-9 * size)[known].all())


def _is_measure(name: str) -> bool:
    said = set(words(name))
    return bool(said) and not said <= CALENDAR | DATE | FILLERS and not said & IDS


def is_result(name: str) -> bool:
    said = set(words(name))
    return bool(said & (REVENUE | CONVERSION | WEAK_KPI)) and not said & SPEND


def _names_channels(column: Column) -> bool:
    """Whether a text column names channels: it is called so, or what it holds is."""
    values = column.levels or column.examples
    known = sum(bool(set(words(value)) & CHANNELS) for value in values)
    return bool(set(words(column.name)) & CHANNEL_NAMES) or (known >= 2 and known * 2 >= len(values))


def _names_variables(column: Column) -> bool:
    """Whether a text column names what the number beside it is: it is called so, or its values are such names."""
    values = column.levels or column.examples
    known = sum(bool(set(words(value)) & MEASURED) for value in values)
    return bool(set(words(column.name)) & VARIABLE_NAMES) or (known >= 2 and known * 2 >= len(values))


def _described(file: pq.ParquetFile, field: pa.Field) -> Column:
    """What a Parquet column holds, as far as it matters here."""
    kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
    if pa.types.is_temporal(kind):
        return Column(name=field.name, type="date")
    if pa.types.is_boolean(kind):
        return Column(name=field.name, type="boolean")
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return Column(name=field.name, type="number")
    seen: dict[str, None] = {}
    for batch in file.iter_batches(columns=[field.name]):
        values = pc.unique(pc.cast(batch.column(0), pa.string())).drop_null()
        seen |= dict.fromkeys(values[: MOST_LEVELS + 1].to_pylist())
        if len(seen) > MOST_LEVELS:
            break
    return Column(
        name=field.name,
        type="text",
        examples=tuple(seen)[:3],
        distinct=len(seen),
        levels=tuple(seen) if len(seen) <= MOST_NAMED else (),
    )
