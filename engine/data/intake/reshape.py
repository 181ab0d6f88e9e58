"""One row per channel: told and offered as a press; and done, where a person wants it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow.parquet as pq

from engine.columns import Column
from engine.data.dataset import Finding, Offer
from engine.data.intake import choices
from engine.data.intake.choices import Choices
from engine.data.intake.long import Long, find_long
from engine.data.intake.widen import widen
from engine.errors import BadData

LONG: Final = "layout.long"


@dataclass(frozen=True)
class Reshaped:
    """What became of a table. `columns` are those of the wide table, None where it was left as it was."""

    columns: tuple[Column, ...] | None = None
    rows: int = 0
    missing: tuple[int, ...] = ()
    findings: tuple[Finding, ...] = ()


def wants_columns(chosen: Choices) -> bool:
    """Whether a person wants channels turned into columns."""
    return chosen.get(choices.CHANNELS) == choices.COLUMNS


def reshape(raw: Path, chosen: Choices) -> Reshaped:
    """Look at the rows of a Parquet file: tell that they are long, or make them wide where that was chosen.

    `raw` is replaced by the wide table. Raises BadData if what was chosen cannot be done.
    """
    shape = find_long(raw)
    if not wants_columns(chosen):
        return Reshaped(findings=(_told(shape),) if shape else ())
    if not shape:
        raise BadData(
            "The rows are no longer one per channel: they cannot be turned into columns.",
            "Start again with the source as it is now.",
            field="source",
        )
    wide = raw.with_name(raw.name + ".wide")
    try:
        columns = widen(raw, wide, shape)
        wide.replace(raw)
    finally:
        wide.unlink(missing_ok=True)
    table = pq.read_table(raw)
    missing = tuple(table[name].null_count for name in table.column_names)
    return Reshaped(columns, len(table), missing, (_turned(shape, columns),))


def _told(shape: Long) -> Finding:
    offer = Offer(key=choices.CHANNELS, value=choices.COLUMNS, label="Turn channels into columns")
    key, named = shape.keys[-1], _some(shape.levels)
    if shape.fully:
        text = f"Each number has a row of its own: “{key}” says what it is{f' ({named})' if named else ''}."
        remedy = "Turn them into columns, one for each, so that each can play its role."
    else:
        text = f"The table has one row per date and “{key}”{f' ({named})' if named else ''}."
        if shape.by_region:
            text += (
                f" {_some(shape.once)} is the same in all of them, for each “{shape.by_region}”: added up, it would "
            )
            text += "count once per channel."
        elif shape.once:
            text += f" {_some(shape.once)} is the same in all rows of a date and counts once;"
            text += f" {_some(shape.spread)} is added up over all of them."
        else:
            text += f" {_some(shape.spread)} is added up over all of them."
        remedy = "Turn channels into columns to tell them apart."
    return Finding(
        code=LONG,
        grade="FAIL" if shape.by_region and not shape.fully else "REVIEW",
        column=key,
        value=shape.levels[0] if shape.levels else "",
        text=text,
        remedy=remedy,
        offers=(offer,),
        trust=True,
    )


def _turned(shape: Long, columns: tuple[Column, ...]) -> Finding:
    kept = {*shape.index, *shape.once, *shape.added}
    text = f"“{shape.keys[-1]}” was turned into columns: {_some([c.name for c in columns if c.name not in kept])}."
    if shape.added:
        text += f" {_some(shape.added)} differs by row and was added up."
    if shape.left_out:
        text += f" Left out: {_some(shape.left_out)}."
    return Finding(code="layout.turned", grade="INFO", column=shape.keys[-1], text=text)


def _some(names: tuple[str, ...] | list[str], most: int = 6) -> str:
    listed = ", ".join(f"“{name}”" for name in names[:most])
    return f"{listed} and {len(names) - most} more" if len(names) > most else listed
