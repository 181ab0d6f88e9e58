"""From the rows of a snapshot to what a trainer reads: one country, one row per period, nothing missing.

All filtering, adding up, filling and resampling happens here and nowhere else, and all of it is told:
whatever was changed is a finding.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final, Literal

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from engine.data.aggregate import NO_EVENT, Rule, coarser
from engine.data.calendar import Calendar
from engine.data.dataset import Finding
from engine.data.dated_weeks import week_dated
from engine.data.dates import Interval, floor, listing, step
from engine.data.grid import NOTHING_CHOSEN, read_grid
from engine.data.intake.choices import Choices
from engine.data.mapping import Mapping
from engine.errors import BadData

COARSER: Final[dict[str, Interval]] = {"W": "week", "M": "month"}
# Where more of a column than this is made up, a result rests on it.
MANY_HOLES: Final = 0.05
RANK: Final = {"day": 0, "week": 1, "month": 2}


@dataclass(frozen=True)
class Prepared:
    """What a trainer reads. `frame` has the date column first, then the columns of the mapping in its order."""

    frame: pd.DataFrame
    mapping: Mapping
    interval: Interval
    first: date
    last: date
    findings: tuple[Finding, ...]
    rows_read: int
    rows_by_country: dict[str, int]


def prepare(
    raw: Path,
    mapping: Mapping,
    country: str,
    *,
    resample: Literal["none", "W", "M"] = "none",
    choices: Choices = NOTHING_CHOSEN,
    today: date | None = None,
) -> Prepared:
    """Read a snapshot and make the trainer's regular grid of it. Raises BadData where no grid can be made.

    `choices` are what a person chose about the values; their names are in `chosen`. Dates beyond the end of
    the year after `today` (None: the day it is) are refused.

    What is wrong but can be shown is in `findings`; with a FAIL among them the frame must not be trained on.
    """
    grid = read_grid(raw, mapping, country, choices=choices, today=today, weekends_needed=resample == "none")
    frame, by, calendar, findings = grid.frame, grid.rules, grid.calendar, list(grid.findings)
    frame, filled = _fill(frame, mapping, by, calendar)
    findings += filled
    interval = calendar.interval
    if resample != "none" and calendar.regular:
        if resample == "M" and interval == "week" and week_dated(mapping, choices) == "last":
            # A week belongs to the month that it begins in, whichever of its days it is dated by.
            frame = frame.set_axis(pd.Index([day - timedelta(days=6) for day in frame.index]), axis=0)
        frame, interval, trimmed = _resample(frame, calendar.interval, COARSER[resample], by, mapping)
        findings += trimmed
    for name in mapping.factor_vars:
        if by[name] == "max" and frame[name].notna().all() and (frame[name] % 1 == 0).all():
            frame[name] = frame[name].astype("int64")
    first, last = frame.index[0], frame.index[-1]
    frame.insert(0, mapping.date_var, pd.to_datetime(frame.index))
    frame = frame.reset_index(drop=True)
    return Prepared(frame, mapping, interval, first, last, tuple(findings), grid.rows_read, grid.rows_by_country)


def write_input(prepared: Prepared, folder: Path) -> None:
    """Write `input_data.parquet` and the same rows as `input_data.csv`; dates are plain days in both."""
    folder.mkdir(parents=True, exist_ok=True)
    frame = prepared.frame.copy()
    frame[prepared.mapping.date_var] = frame[prepared.mapping.date_var].dt.date
    table = pa.Table.from_pandas(frame, preserve_index=False)
    pq.write_table(table, folder / "input_data.parquet")
    frame.to_csv(folder / "input_data.csv", index=False, lineterminator="\n")


def _fill(
    frame: pd.DataFrame, mapping: Mapping, by: dict[str, Rule], calendar: Calendar
) -> tuple[pd.DataFrame, list[Finding]]:
    """Fill what is missing, except the KPI: media 0, context between its neighbours, factors the ordinary state."""
    findings = []
    new = set(calendar.missing)
    for name, rule in by.items():
        holes = [day for day in frame.index[frame[name].isna()] if day not in new]
        if name == mapping.dep_var:
            continue
        if len(holes) == len(frame) - len(new):
            findings.append(_empty(name, mapping))
        elif holes:
            findings.append(_filled(name, rule, holes, of=len(frame)))
        if rule == "event":
            frame.loc[holes, name] = NO_EVENT
            frame[name] = frame[name].fillna(frame[name].mode().iloc[0])
        elif rule == "mean":
            frame[name] = frame[name].interpolate(limit_direction="both")
        else:
            frame[name] = frame[name].fillna(0.0)
    return frame, findings


def _filled(name: str, rule: Rule, holes: list[date], *, of: int) -> Finding:
    how = {
        "sum": "0",
        "mean": "a value between its neighbours",
        "max": "0",
        "event": f"“{NO_EVENT}”",
    }[rule]
    code = {"sum": "media.missing", "mean": "context.missing"}.get(rule, "factor.missing")
    return Finding.model_validate(
        {
            "code": code,
            "grade": "INFO" if rule == "event" else "REVIEW",
            "column": name,
            "where": listing(holes),
            "text": f"“{name}” has no value on {len(holes)} {'date' if len(holes) == 1 else 'dates'}; {how} was taken.",
            "remedy": "" if rule == "event" else "Add the values at the source if that is wrong.",
            "number": float(len(holes)),
            "trust": len(holes) > MANY_HOLES * of,
        }
    )


def _empty(name: str, mapping: Mapping) -> Finding:
    return Finding(
        code="column.empty",
        grade="FAIL",
        column=name,
        text=f"“{name}” holds no value at all" + (" for this country." if mapping.country_var else "."),
        remedy="Leave the column out.",
    )


def _resample(
    frame: pd.DataFrame, interval: Interval, to: Interval, by: dict[str, Rule], mapping: Mapping
) -> tuple[pd.DataFrame, Interval, list[Finding]]:
    """Add up to weeks or months, leaving out a first and a last period that are not complete."""
    if RANK[to] < RANK[interval]:
        raise BadData(f"The data are by {interval} and cannot be made finer.", field="resample_freq")
    if to == interval:
        return frame, interval, []
    first, last = frame.index[0], frame.index[-1]
    starts = pd.Index([floor(day, to) for day in frame.index])
    cut = []
    # Complete means: the period before the first row, and the one after the last, belong to a neighbour.
    if floor(step(first, interval, -1), to) == starts[0]:
        cut.append(starts[0])
    if floor(step(last, interval), to) == starts[-1]:
        cut.append(starts[-1])
    coarse = coarser(frame, starts, by, mapping.dep_var).drop(index=cut)
    if len(coarse) < 2:
        raise BadData(
            f"From {first} to {last} there are fewer than two whole {to}s.",
            "Take more data, or do not resample.",
            field="resample_freq",
        )
    if not cut:
        return coarse, to, []
    note = Finding(
        code="date.partial",
        grade="INFO",
        where=listing(cut),
        text=f"{len(cut)} incomplete {to}{'s' if len(cut) > 1 else ''} at the edge left out.",
        number=float(len(cut)),
    )
    return coarse, to, [note]
