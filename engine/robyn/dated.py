"""Weeks as Robyn takes them: dated by their first day, a Monday or a Sunday; and the person's dates in what it returns.

Robyn moves each holiday to the Monday or Sunday before it, whichever weekday the first row has, and stops at every
other weekday. So rows that are dated by the last day of their week, or by another weekday, are moved for Robyn,
the holidays with them, and what Robyn writes is moved back.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from shutil import copyfile
from typing import Any, Final

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from engine.model.read.holidays import OWN_TABLE
from engine.model.read.inputs import Inputs
from engine.model.read.weeks import days_to_monday

FILE: Final = "dated.json"


@dataclass(frozen=True)
class Dated:
    """By how many days dates are moved for Robyn. rows: those of rows and periods; days: all others, as of holidays."""

    rows: int = 0
    days: int = 0

    @classmethod
    def of(cls, inputs: Inputs) -> "Dated":
        """Return what these rows need."""
        days = days_to_monday(inputs.begins[0]) if inputs.interval == "week" else 0
        return cls(rows=days + (inputs.begins[0] - inputs.days[0]).days, days=days)

    def row(self, day: date) -> date:
        """The date of a row, as Robyn gets it."""
        return day + timedelta(days=self.rows)

    def day(self, day: date) -> date:
        """Another day, such as that of a holiday, as Robyn gets it."""
        return day + timedelta(days=self.days)

    def meant(self, day: date) -> date:
        """Another day that Robyn has, as it is in the world."""
        return day - timedelta(days=self.days)


def write_holidays(inputs: Inputs, dated: Dated, folder_in: Path, folder: Path) -> None:
    """Bring the table of holidays that lies beside the data along, and give Robyn one where days are moved."""
    own = folder_in / OWN_TABLE
    if not dated.days:
        if own.is_file():
            copyfile(own, folder / OWN_TABLE)
    elif "holiday" in inputs.config.prophet_vars:
        rows = [(dated.day(day).isoformat(), name, year) for day, name, year in inputs.holidays]
        table = pd.DataFrame(rows, columns=["ds", "holiday", "year"]).assign(country=inputs.config.country.upper())
        table[["ds", "holiday", "country", "year"]].to_csv(folder / OWN_TABLE, index=False, encoding="utf-8")


def keep(dated: Dated, folder: Path) -> None:
    """Note in a folder by how much dates were moved; nothing where they were not."""
    (folder / FILE).unlink(missing_ok=True)
    if dated.rows:
        (folder / FILE).write_text(json.dumps(asdict(dated)))


def kept(folder: Path) -> Dated:
    """Return what was noted."""
    path = folder / FILE
    return Dated(**json.loads(path.read_text())) if path.is_file() else Dated()


def give_back(table: pa.Table, dated: Dated) -> pa.Table:
    """Return one of Robyn's tables with the person's dates in its column `ds`."""
    if not dated.rows or "ds" not in table.column_names:
        return table
    place, column = table.column_names.index("ds"), table["ds"]
    texts = pa.types.is_string(column.type)
    days = pc.cast(column, pa.date32()) if texts else column
    moved = pc.subtract(days, pa.scalar(timedelta(days=dated.rows), pa.duration("s"))).cast(pa.date32())
    return table.set_column(place, table.schema.field("ds"), moved.cast(column.type))


def give_back_summary(summary: dict[str, Any], dated: Dated) -> dict[str, Any]:
    """Return Robyn's summary with the person's dates of its window and data."""
    moved = dict(summary)
    for part, keys in (("window", ("start", "end")), ("data", ("start", "end"))):
        if isinstance(moved.get(part), dict):
            moved[part] = moved[part] | _moved(moved[part], keys, dated)
    return moved


def _moved(part: dict[str, Any], keys: Sequence[str], dated: Dated) -> dict[str, str]:
    return {
        key: (date.fromisoformat(part[key]) - timedelta(days=dated.rows)).isoformat()
        for key in keys
        if isinstance(part.get(key), str)
    }
