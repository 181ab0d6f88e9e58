"""How several rows of a period become one: the rule of each column, and the sums, kept batch by batch.

What counts things or money is added up; what describes a state (a price, a rate, a temperature) is averaged; a
flag is set if it was ever set; a named event wins over the ordinary day.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, Literal

import pandas as pd

from engine.data.column_words import is_rate
from engine.data.intake import choices
from engine.data.intake.choices import Choices
from engine.data.mapping import Mapping
from engine.errors import BadData

Rule = Literal["sum", "mean", "max", "event"]

MOST_LEVELS: Final = 200
NO_EVENT: Final = "none"
# Partial sums are merged when this many have gathered: memory follows the number of dates, not of rows.
MERGE_AT: Final = 20


def rules(mapping: Mapping, texts: set[str], chosen: Choices | None = None) -> dict[str, Rule]:
    """Return the rule of every column that is modelled. `texts` are the columns that hold text.

    A name that says rate, price or index is averaged whatever role it plays, unless a person chose otherwise.
    """
    added = {mapping.dep_var, *mapping.paid_media_spends, *mapping.paid_media_vars, *mapping.organic_vars}
    found: dict[str, Rule] = {}
    for name in mapping.model_columns[1:]:
        wish = (chosen or {}).get(choices.merged(name))
        if name in mapping.factor_vars:
            found[name] = "event" if name in texts else "max"
        elif wish in (choices.ADDED, choices.AVERAGED):
            found[name] = "sum" if wish == choices.ADDED else "mean"
        else:
            found[name] = "sum" if name in added and not is_rate(name) else "mean"
    return found


def rule_by_name(name: str, texts: set[str], chosen: Choices | None = None) -> Rule:
    """Return the rule of a column that plays no role: by what it holds, what its name says, what a person chose."""
    if name in texts:
        return "event"
    wish = (chosen or {}).get(choices.merged(name))
    if wish in (choices.ADDED, choices.AVERAGED):
        return "sum" if wish == choices.ADDED else "mean"
    return "mean" if is_rate(name) else "sum"


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
        numeric = [name for name, rule in self.rules.items() if rule != "event"]
        self.sizes.append(days.groupby(days).size())
        if numeric:
            self.numbers.append(frame[numeric].groupby(days).agg(["sum", "count", "min", "max"]))
        for name, rule in self.rules.items():
            if rule == "event":
                named = frame[name].dropna().astype(str).rename("level")
                self.levels.setdefault(name, []).append(named.groupby([days.loc[named.index], named]).size())
        if len(self.sizes) >= MERGE_AT:
            self._merge()

    def _merge(self) -> None:
        self.sizes = [_added(self.sizes)]
        if self.numbers:
            self.numbers = [_merged(self.numbers)]
        for name, parts in self.levels.items():
            self.levels[name] = [_added(parts)]
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
            if rule == "event":
                columns[name] = event(self.levels[name][0]).reindex(index)
                continue
            part = self.numbers[0][name]
            values = (
                part["max"] if rule == "max" or name in once else part["sum"] / (part["count"] if rule == "mean" else 1)
            )
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


def coarser(frame: pd.DataFrame, periods: pd.Index[Any], by: dict[str, Rule], kpi: str) -> pd.DataFrame:
    """Return one row per period. A period in which the KPI is missing once has no KPI: half a sum misleads."""
    grouped = frame.groupby(periods)
    columns: dict[str, Any] = {}
    for name, rule in by.items():
        if rule == "event":
            named = frame[name].astype(str).rename("level")
            columns[name] = event(named.groupby([periods, named]).size())
        elif name == kpi:
            whole = grouped[name].sum() if rule == "sum" else grouped[name].mean()
            columns[name] = whole.where(grouped[name].count() == grouped.size())
        elif rule == "sum":
            columns[name] = grouped[name].sum(min_count=1)
        else:
            columns[name] = grouped[name].mean() if rule == "mean" else grouped[name].max()
    return pd.DataFrame(columns)


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
