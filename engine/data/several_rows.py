"""Dates that have more than one row: copies and strays are faults, what repeats counts once, the rest is added up.

A file with one row per channel tells the same revenue in each of them. Added up, the sales would be counted once
per channel; so a value that is the same in all rows of a date, on every date, while other columns differ there, is
a value of the date and not of the row.
"""

from collections.abc import Mapping as Table
from dataclasses import dataclass
from datetime import date
from typing import Final

import pandas as pd

from engine.data.aggregate import Totals
from engine.data.column_rules import TEXT_RULES, Rule
from engine.data.dataset import Finding, Offer
from engine.data.dates import listing
from engine.data.intake import choices
from engine.data.intake.choices import Choices
from engine.data.mapping import Mapping

# So many different values must repeat: that every order counts 1 says nothing.
LEAST_VALUES: Final = 3
# A KPI that repeats on so many of the dates repeats; where it does not, something is wrong. Many different values
# do not repeat by chance.
MOSTLY: Final = 0.8
MANY_VALUES: Final = 10
MANY_MOSTLY: Final = 0.5
TIMES: Final = {1: "once", 2: "twice", 3: "three times", 4: "four times", 5: "five times", 6: "six times"}


@dataclass(frozen=True)
class Several:
    """What was made of the dates with several rows. `once`: columns whose value counts once a date."""

    once: frozenset[str] = frozenset()
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class _Repeat:
    """Where a column's value repeats. `same` and `apart`: the dates on which its rows agree, and do not."""

    name: str
    table: pd.DataFrame
    same: list[date]
    apart: list[date]

    @property
    def values(self) -> int:
        return int(self.table["max"][self.table.index.isin(self.same)].nunique())

    def at(self, what: str, day: date | None = None) -> float:
        """One number of a date, without one of the first on which the rows agree."""
        return float(self.table[what].tolist()[list(self.table.index).index(day or self.same[0])])

    @property
    def whole(self) -> bool:
        """On every date that tells."""
        return not self.apart and self.values >= LEAST_VALUES

    @property
    def mostly(self) -> bool:
        """On most dates, not on all."""
        share = len(self.same) / max(len(self.same) + len(self.apart), 1)
        return bool(self.apart) and (
            (self.values >= LEAST_VALUES and share >= MOSTLY) or (self.values >= MANY_VALUES and share >= MANY_MOSTLY)
        )

    @property
    def sums(self) -> tuple[float, float]:
        """The column's total if its values count once, and if they are added up."""
        return float(self.table["max"].sum()), float(self.table["sum"].sum())


def judge(totals: Totals, mapping: Mapping, by: Table[str, Rule], chosen: Choices) -> Several:
    """Say what becomes of dates with several rows. by: the rule of each column; chosen: what a person decided."""
    sizes = totals.rows_a_date()
    several = list(sizes.index[sizes > 1])
    if not several:
        return Several()
    repeats = {name: _repeat(name, totals.extremes(name)) for name, rule in by.items() if rule == "sum"}
    kpi = repeats.get(mapping.dep_var)
    differing = _differing(totals, by)
    known = bool(kpi and (kpi.whole or kpi.mostly) and set(kpi.same) & differing)
    copies = totals.repeated(mapping.dep_var)
    if known:
        # Where channels have a row each, a date on which none spent holds like rows: only one row too many is a copy.
        usual = int(sizes[sizes > 1].mode().iloc[0])
        copies = [day for day in copies if sizes[day] > usual]
    if copies or (not known and len(several) < 0.5 * len(sizes)):
        return Several(findings=(_duplicates(copies, several, mapping),))
    once: set[str] = set()
    alike: list[_Repeat] = []
    findings: list[Finding] = []
    # What repeats beside a KPI that repeats is the date's, too. Beside a KPI of its own in each row (as regions have)
    # nobody can tell a national spend from one that was split evenly: it is added up, and said.
    dated = bool(kpi and kpi.whole) or chosen.get(choices.merged(mapping.dep_var)) == choices.ONCE
    for name, found in repeats.items():
        told, wish = differing & set(found.same), chosen.get(choices.merged(name))
        if not told or wish == choices.ADDED:
            continue
        if wish == choices.ONCE or (found.whole and dated):
            once.add(name)
            findings.append(_counts_once(found, kpi=name == mapping.dep_var))
        elif found.whole:
            alike.append(found)
        elif found.mostly and name == mapping.dep_var:
            findings.append(_disagrees(found))
    return Several(frozenset(once), (*findings, _added_up(sizes, several, mapping, by, once, alike)))


def averaged_kpi(mapping: Mapping, by: Table[str, Rule], chosen: Choices) -> list[Finding]:
    """Say that a KPI is averaged because its name says that it is a rate or a price, unless a person chose so."""
    kpi = mapping.dep_var
    if by.get(kpi) != "mean" or choices.merged(kpi) in chosen:
        return []
    return [
        Finding(
            code="kpi.rate",
            grade="REVIEW",
            column=kpi,
            text=f"“{kpi}” is named like a rate or a price: where rows become one, it is averaged, not added up.",
            remedy="A sum such as revenue or orders is told better by media; if this is one, let it be added up.",
            offers=(Offer(key=choices.merged(kpi), value=choices.ADDED, label="Add it up"),),
            trust=True,
        )
    ]


def _repeat(name: str, table: pd.DataFrame) -> _Repeat:
    telling = (table["count"] > 1) & ((table["max"] != 0) | (table["min"] != 0))
    size = table[["min", "max"]].abs().max(axis=1)
    equal = (table["max"] - table["min"]) <= 1e-9 * size
    return _Repeat(name, table, list(table.index[telling & equal]), list(table.index[telling & ~equal]))


def _differing(totals: Totals, by: Table[str, Rule]) -> set[date]:
    """The dates on which some column is not the same in all rows, so that they are no copies of each other."""
    found: set[date] = set()
    sizes = totals.rows_a_date()
    for name, rule in by.items():
        if rule in TEXT_RULES:
            kinds = totals.levels[name][0].groupby(level=0).size()
            found |= set(kinds.index[kinds > 1])
            continue
        table = totals.extremes(name)
        some = (table["count"] > 0) & (table["count"] < sizes)
        found |= set(table.index[(table["max"] != table["min"]) & (table["count"] > 0) | some])
    return found


def _duplicates(copies: list[date], several: list[date], mapping: Mapping) -> Finding:
    days = copies or several
    one = len(days) == 1
    verb = ("holds" if one else "hold") if copies else ("has" if one else "have")
    how = f"{verb} {'the same row more than once' if copies else 'more than one row'}"
    return Finding(
        code="date.duplicate",
        grade="FAIL",
        column=mapping.date_var,
        where=listing(days),
        text=f"{len(days)} {'date' if one else 'dates'} {how}.",
        remedy="Keep one row a date; if the rows are countries, choose the column that names the country.",
        number=float(len(days)),
    )


def _counts_once(found: _Repeat, *, kpi: bool) -> Finding:
    day = found.same[0]
    count, value = found.at("count"), found.at("max")
    single, added = found.sums
    return Finding(
        code="kpi.repeated" if kpi else "column.repeated",
        grade="REVIEW",
        column=found.name,
        where=f"{day:%Y-%m-%d}",
        value=_shown(value),
        text=f"“{found.name}” is the same in all rows of a date: {_shown(value)} on {day:%Y-%m-%d} is taken once, "
        f"not {_times(int(count))} ({_shown(single)} in total, not {_shown(added)}).",
        remedy="If each row has its own and they are alike by chance, let them be added up.",
        number=single,
        offers=(Offer(key=choices.merged(found.name), value=choices.ADDED, label="Add the rows up"),),
        trust=True,
    )


def _disagrees(found: _Repeat) -> Finding:
    day, right = found.apart[0], len(found.same)
    low, high = _shown(found.at("min", day)), _shown(found.at("max", day))
    return Finding(
        code="kpi.repeated_unequal",
        grade="FAIL",
        column=found.name,
        where=listing(found.apart),
        value=high,
        text=f"“{found.name}” is the same in all rows of a date on {right:,} dates, but differs on "
        f"{len(found.apart):,}: {day:%Y-%m-%d} holds {low} and {high}.",
        remedy="Write the same value in all rows of these dates, or choose whether the rows are added up or the "
        "largest value is taken.",
        number=float(len(found.apart)),
        offers=(
            Offer(key=choices.merged(found.name), value=choices.ONCE, label="Take the largest once"),
            Offer(key=choices.merged(found.name), value=choices.ADDED, label="Add the rows up"),
        ),
    )


def _added_up(
    sizes: "pd.Series[int]",
    several: list[date],
    mapping: Mapping,
    by: Table[str, Rule],
    once: set[str],
    alike: list[_Repeat],
) -> Finding:
    means = [f"“{name}”" for name, rule in by.items() if rule == "mean"]
    averaged = f"; averaged: {', '.join(means[:8])}{' and others' if len(means) > 8 else ''}" if means else ""
    taken = ", ".join(f"“{name}”" for name in by if name in once)
    repeated = "".join(
        f" “{found.name}” is the same in all rows of a date: {_shown(found.sums[1])} in total, "
        f"{_shown(found.sums[0])} if it counts once."
        for found in alike[:3]
    )
    more = f" So are {len(alike) - 3} other columns." if len(alike) > 3 else ""
    # Rows beside a KPI of the date are parts of it, such as channels: no countries or regions with sales of their own.
    parts = mapping.dep_var in once
    return Finding(
        code="date.added_up",
        grade="INFO" if parts else "REVIEW",
        column=mapping.date_var,
        where=listing(several, 3),
        text=f"Up to {int(sizes.max()):,} rows of the same date were added up{averaged}"
        f"{f'; taken once: {taken}' if taken else ''}.{repeated}{more}",
        remedy=""
        if parts
        else "Fine if they are regions or campaigns; if they are countries, choose the column that names it.",
        number=float(sizes.max()),
        offers=tuple(
            Offer(key=choices.merged(found.name), value=choices.ONCE, label=f"Take {found.name} once")
            for found in alike[:3]
        ),
    )


def _times(count: int) -> str:
    return TIMES.get(count, f"{count} times")


def _shown(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"
