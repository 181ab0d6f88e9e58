"""What is missing, filled: column by column, by a rule that somebody chose or that its role says; never the KPI."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any, Final

import pandas as pd

from engine.data.aggregate import NO_EVENT
from engine.data.column_rules import FILL_WORDS, TEXT_RULES, Rule, refused_fill, usual_fill
from engine.data.dataset import Finding
from engine.data.dates import listing
from engine.data.recipe import Fill
from engine.errors import BadData

# Where more of a column than this is made up, a result rests on it.
MANY_HOLES: Final = 0.05
NOTHING_SAID: Final[Mapping[str, Fill]] = {}


def filled(
    frame: pd.DataFrame,
    by: Mapping[str, Rule],
    kpi: str,
    *,
    flags: Collection[str],
    new: Collection[date],
    said: Mapping[str, Fill] = NOTHING_SAID,
    of_country: bool = False,
) -> tuple[pd.DataFrame, list[Finding]]:
    """Return `frame` with what is missing filled, and what was filled.

    frame: (T, columns) by date, in order. by: the rule of each column. flags: categories and flags. new: dates without
    any row in the source, told by the calendar. said: how a column is to be filled; else as its rule says. Values that
    are taken from others (mean, commonest, between, before) are of all T rows. Raises BadData for a fill that would
    invent a value, such as 0 for a price.
    """
    fresh, findings, columns = set(new), list[Finding](), dict[str, Any]()
    for name in frame.columns:
        column, rule, flag = frame[name], by[name], name in flags
        missing = list(frame.index[column.isna()])
        holes = [day for day in missing if day not in fresh]
        columns[name] = column
        if name == kpi:
            continue
        fill = said.get(name)
        if fill and (why := refused_fill(name, fill, rule, flag=flag)):
            raise BadData(why, "Choose another way to fill it.", field="recipe")
        if len(missing) == len(frame):
            findings.append(_empty(name, of_country))
            continue
        if rule == "event" and not fill:
            column = column.copy()
            column[holes] = NO_EVENT
        columns[name] = _with(column, fill or usual_fill(rule, flag=flag))
        if holes:
            findings.append(_told(name, rule, fill, holes, flag=flag, of=len(frame)))
    return pd.DataFrame(columns, index=frame.index), findings


def _with(column: pd.Series[Any], fill: Fill) -> pd.Series[Any]:
    """A column without holes. What lies before the first value has no value before it: there the first one counts."""
    match fill:
        case "zero":
            return column.fillna(0.0)
        case "previous":
            return column.ffill().bfill()
        case "between":
            return column.interpolate(limit_direction="both")
        case "mean":
            return column.fillna(column.mean())
        case "common":
            return column.fillna(column.mode().iloc[0])


def _told(name: str, rule: Rule, fill: Fill | None, holes: list[date], *, flag: bool, of: int) -> Finding:
    ordinary = rule == "event" and not fill
    how = f"“{NO_EVENT}”" if ordinary else FILL_WORDS[fill or usual_fill(rule, flag=flag)]
    code = "factor.missing" if flag or rule in TEXT_RULES else "media.missing" if rule == "sum" else "context.missing"
    quiet = ordinary or fill is not None
    return Finding.model_validate(
        {
            "code": code,
            "grade": "INFO" if quiet else "REVIEW",
            "column": name,
            "where": listing(holes),
            "text": f"“{name}” has no value on {len(holes)} {'date' if len(holes) == 1 else 'dates'}; {how} was taken"
            + (", as the recipe says." if fill else "."),
            "remedy": "" if quiet else "Add the values at the source if that is wrong.",
            "number": float(len(holes)),
            "trust": len(holes) > MANY_HOLES * of,
        }
    )


def _empty(name: str, of_country: bool) -> Finding:
    return Finding(
        code="column.empty",
        grade="FAIL",
        column=name,
        text=f"“{name}” holds no value at all" + (" for this country." if of_country else "."),
        remedy="Leave the column out.",
    )
