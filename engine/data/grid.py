"""A snapshot's rows on their own regular grid: one country, a row a period, added up by rule, nothing filled.

What a trainer reads is made of it (`prepare`); reviews, checks and comparisons look at it as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Final

import pandas as pd
import pyarrow.parquet as pq

from engine.data.aggregate import rules
from engine.data.calendar import Calendar, read_calendar
from engine.data.chosen import use_chosen
from engine.data.column_rules import Rule, rule_by_name
from engine.data.dataset import Finding
from engine.data.dated_weeks import week_dated_findings
from engine.data.dates import Interval, floor
from engine.data.intake.choices import Choices
from engine.data.made import parts_of
from engine.data.mapping import Mapping
from engine.data.raw_days import raw_days
from engine.data.raw_rows import add_up, country_code, text_columns
from engine.data.several_rows import averaged_kpi, judge
from engine.data.window import within

NOTHING_CHOSEN: Final[Choices] = MappingProxyType({})


@dataclass(frozen=True)
class Grid:
    """The periods of a snapshot.

    `frame`: (T, columns), its index the date of each period in order; NaN (None for categories) where the source has
    no value. Where `calendar.regular` holds, every period between the first and the last has a row. `rules` says how
    several rows of a period became one, by column.
    """

    frame: pd.DataFrame
    mapping: Mapping
    calendar: Calendar
    rules: dict[str, Rule]
    findings: tuple[Finding, ...]
    rows_read: int
    rows_by_country: dict[str, int]

    @property
    def interval(self) -> Interval:
        return self.calendar.interval


def read_grid(
    raw: Path,
    mapping: Mapping,
    country: str,
    *,
    columns: Sequence[str] = (),
    choices: Choices = NOTHING_CHOSEN,
    today: date | None = None,
    weekends_needed: bool = True,
    start: date | None = None,
    end: date | None = None,
) -> Grid:
    """Read the mapping's columns, and further ones, of one country's rows. Raises BadData where no grid can be made.

    columns: further columns of the snapshot, or made ones, beside those that the mapping models; text becomes
    categories, numbers are added up or averaged by their names. choices: what a person chose about the values; their
    names are in `chosen`. Dates beyond the end of the year after `today` (None: the day it is) are refused.
    weekends_needed is False where days are added up afterwards. start, end: the window that is modelled; later rows are
    left out, and of earlier ones those before the last break.
    """
    wanted = [name for name in dict.fromkeys([*mapping.model_columns[1:], *columns]) if name != mapping.date_var]
    sources = parts_of(wanted, mapping.made)
    with pq.ParquetFile(raw) as file:
        needed = [name for name in (mapping.date_var, *sources, mapping.country_var) if name]
        texts = text_columns(file.schema_arrow, needed, {*mapping.factor_vars, *columns})
        modelled = rules(mapping, texts, choices)
        further = {
            name: rule_by_name(name, mapping, text=name in texts, chosen=choices) for name in (*sources, *wanted)
        }
        by = {name: modelled.get(name, further[name]) for name in sources}
        dated = raw_days(file, mapping.date_var, country, choices, today or date.today())
        totals, countries, read = add_up(file, mapping, by, country, dated)
    several = judge(totals, mapping, by, choices)
    frame = _with_made(totals.frame(several.once), mapping, wanted)
    findings = [*dated.findings, *averaged_kpi(mapping, by, choices), *several.findings]
    if mapping.country_var:
        findings.append(_countries(countries, country, mapping))
    frame, told = use_chosen(frame, mapping.dep_var, choices)
    findings += told
    frame, told = within(frame, start, end, weekends_needed=weekends_needed)
    findings += told
    calendar = read_calendar(list(frame.index), weekends_needed=weekends_needed)
    findings += calendar.findings
    if calendar.regular and calendar.interval == "week":
        findings += week_dated_findings(mapping, frame.index[0], country, choices)
    if calendar.regular:
        frame = _onto_grid(frame, calendar)
    rules_used = {name: modelled.get(name, further[name]) for name in wanted}
    return Grid(frame, mapping, calendar, rules_used, tuple(findings), read, countries)


def _with_made(frame: pd.DataFrame, mapping: Mapping, wanted: Sequence[str]) -> pd.DataFrame:
    """The columns that are wanted, those that are made of others by adding up their parts.

    A part without a value counts as nothing; where no part has one, neither has their sum.
    """
    parts = {one.name: list(one.parts) for one in mapping.made}
    columns = {name: frame[parts[name]].sum(axis=1, min_count=1) if name in parts else frame[name] for name in wanted}
    return pd.DataFrame(columns, index=frame.index)


def _countries(countries: dict[str, int], country: str, mapping: Mapping) -> Finding:
    code = country_code(country)
    others = ", ".join(f"{name.upper() or 'empty'} ({n:,})" for name, n in sorted(countries.items()) if name != code)
    return Finding(
        code="country.rows",
        grade="INFO",
        column=mapping.country_var,
        text=f"{countries.get(code, 0):,} rows of {country.upper()} are used"
        + (f"; left out: {others}." if others else "."),
        number=float(countries.get(code, 0)),
    )


def _onto_grid(frame: pd.DataFrame, calendar: Calendar) -> pd.DataFrame:
    if calendar.interval == "month":
        frame = frame.set_axis(pd.Index([floor(day, "month") for day in frame.index]), axis=0)
    return frame.reindex(sorted([*frame.index, *calendar.missing]))
