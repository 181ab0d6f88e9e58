"""How several rows of a period become one: the rule of each column, and the sums, kept batch by batch.

What counts things or money is added up; what describes a state (a price, a rate, a temperature) is averaged; a
flag is set if it was ever set; a named event wins over the ordinary day. Of the commonest of several that are as
common, the smallest counts: so the same rows give the same, in whatever order they came.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Mapping as Table
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import pandas as pd

from engine.data.column_rules import TEXT_RULES, Rule, rule_of
from engine.data.intake.choices import Choices
from engine.data.mapping import Mapping
from engine.errors import BadData

MOST_LEVELS: Final = 200
# The commonest number of a date is counted; so many different ones by date are no states any more.
MOST_NUMBERS: Final = 500_000
NO_EVENT: Final = "none"
# Rules that go by how often each value is there.
COUNTED: Final = ("event", "commonest", "mode")
# Partial sums are merged when this many have gathered: memory follows the number of dates, not of rows.
MERGE_AT: Final = 20


def rules(mapping: Mapping, texts: set[str], chosen: Choices | None = None) -> dict[str, Rule]:
    """Return the rule of every column that is modelled. `texts` are the columns that hold text."""
    return {name: rule_of(name, mapping, text=name in texts, chosen=chosen) for name in mapping.model_columns[1:]}


@dataclass
class Totals:
    """Rows seen so far, by date."""

    rules: dict[str, Rule]
    numbers: list[pd.DataFrame] = field(default_factory=list)
    levels: dict[str, list[pd.Series[int]]] = field(default_factory=dict)
    sizes: list[pd.Series[int]] = field(default_factory=list)

    def add(self, frame: pd.DataFrame, days: pd.Series[Any]) -> None:
        """Add a batch. `frame` holds the columns of `rules`, `days` the date of each row (same index)."""
        if frame.empty:
            return
        numeric = [name for name, rule in self.rules.items() if rule not in TEXT_RULES]
        self.sizes.append(days.groupby(days).size())
        if numeric:
            self.numbers.append(frame[numeric].groupby(days).agg(["sum", "count", "min", "max"]))
        for name, rule in self.rules.items():
            if rule in COUNTED:
                named = frame[name].dropna().rename("level")
                named = named.astype(str) if rule in TEXT_RULES else named
                self.levels.setdefault(name, []).append(named.groupby([days.loc[named.index], named]).size())
        if len(self.sizes) >= MERGE_AT:
            self._merge()

    def _merge(self) -> None:
        self.sizes = [_added(self.sizes)]
        if self.numbers:
            self.numbers = [_merged(self.numbers)]
        for name, parts in self.levels.items():
            self.levels[name] = [_added(parts)]
            if self.rules[name] not in TEXT_RULES:
                if len(self.levels[name][0]) > MOST_NUMBERS:
                    raise BadData(
                        f"Column “{name}” holds too many different numbers to take the commonest of a date.",
                        "Take the mean, the largest or the smallest instead.",
                        field="aggregation",
                    )
                continue
            known = self.levels[name][0].index.get_level_values(1).nunique()
            if known > MOST_LEVELS:
                raise BadData(
                    f"Column “{name}” holds more than {MOST_LEVELS} different texts; that is no category.",
                    "Take it out of the categories.",
                    field="factor_vars",
                )

    def frame(self, once: Collection[str] = ()) -> pd.DataFrame:
        """Return one row per date, in order, by the rules: NaN where a date held no value.

        once: columns whose value repeats in the rows of a date, and counts once.
        """
        if not self.sizes:
            return pd.DataFrame(columns=list(self.rules))
        self._merge()
        index = self.sizes[0].index
        columns: dict[str, Any] = {}
        for name, rule in self.rules.items():
            if rule in COUNTED:
                columns[name] = (event if rule == "event" else commonest)(self.levels[name][0]).reindex(index)
                continue
            part = self.numbers[0][name]
            if rule in ("max", "min"):
                values = part[rule]
            else:
                values = part["max"] if name in once else part["sum"] / (part["count"] if rule == "mean" else 1)
            columns[name] = values.where(part["count"] > 0)
        return pd.DataFrame(columns, index=index)

    def rows_a_date(self) -> pd.Series[int]:
        """Return how many rows each date has."""
        if not self.sizes:
            return pd.Series(dtype=int)
        self._merge()
        return self.sizes[0]

    def extremes(self, name: str) -> pd.DataFrame:
        """Return count, min, max and sum of a numeric column's values, by date."""
        self._merge()
        part: Any = self.numbers[0][name]
        table: pd.DataFrame = part
        return table

    def repeated(self, kpi: str) -> list[date]:
        """Return the dates whose rows are copies of each other: same numbers in all columns, a KPI that is not 0."""
        if not self.numbers:
            return []
        self._merge()
        table = self.numbers[0]
        same = self.sizes[0] > 1
        for name in table.columns.get_level_values(0).unique():
            part = table[name]
            whole = (part["count"] == self.sizes[0]) | (part["count"] == 0)
            same &= whole & ((part["min"] == part["max"]) | (part["count"] == 0))
        same &= table[kpi]["max"].fillna(0) != 0
        return list(same.index[same])


def coarser(frame: pd.DataFrame, periods: pd.Index[Any], by: Table[str, Rule], kpi: str) -> pd.DataFrame:
    """Return one row per period. A period in which the KPI is missing once has no KPI: half a sum misleads.

    frame: (T, columns) by date; periods: (T,) the period of each row. Returns (P, columns of `by`) by period, NaN where
    a column held nothing in a period.
    """
    grouped = frame.groupby(periods)
    columns: dict[str, Any] = {}
    for name, rule in by.items():
        if rule in COUNTED:
            named = frame[name].dropna().rename("level")
            named = named.astype(str) if rule in TEXT_RULES else named
            counts = named.groupby([periods[frame[name].notna()], named]).size()
            found = event(counts) if rule == "event" else commonest(counts)
        elif rule == "sum":
            found = grouped[name].sum(min_count=1)
        else:
            found = grouped[name].agg(rule)
        columns[name] = found.where(grouped[name].count() == grouped.size()) if name == kpi else found
    return pd.DataFrame(columns, index=grouped.size().index)


def commonest(counts: pd.Series[int]) -> pd.Series[Any]:
    """Return per period the level that is there most often; of several, the smallest. counts: by (period, level)."""
    if counts.empty:
        return pd.Series(dtype=object)
    table = counts.rename("n").reset_index()
    table.columns = pd.Index(["period", "level", "n"])
    table = table.sort_values(["period", "n", "level"], ascending=[True, False, True])
    return table.groupby("period")["level"].first()


def event(counts: pd.Series[int]) -> pd.Series[str]:
    """Return per period the level that stands out.

    counts: how often, by (period, level). The level that is commonest overall is the ordinary state; any
    other one in a period wins over it, the most frequent of them first.
    """
    if counts.empty:
        return pd.Series(dtype=object)
    ordinary = counts.groupby(level=1).sum().idxmax()
    table = counts.rename("n").reset_index()
    table.columns = pd.Index(["period", "level", "n"])
    table["ordinary"] = table["level"] == ordinary
    table = table.sort_values(["period", "ordinary", "n", "level"], ascending=[True, True, False, True])
    return table.groupby("period")["level"].first()


def _added(parts: list[pd.Series[int]]) -> pd.Series[int]:
    if len(parts) == 1:
        return parts[0].sort_index()
    together = pd.concat(parts)
    levels: Any = list(range(together.index.nlevels))
    return together.groupby(level=levels).sum().sort_index()


def _merged(parts: list[pd.DataFrame]) -> pd.DataFrame:
    if len(parts) == 1:
        return parts[0].sort_index()
    together = pd.concat(parts)
    how = {"sum": "sum", "count": "sum", "min": "min", "max": "max"}
    return together.groupby(level=0).agg({column: how[column[1]] for column in together.columns}).sort_index()
