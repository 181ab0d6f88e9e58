"""From the rows of a snapshot to what a trainer reads: one country, one row per period, nothing missing.

All filtering, adding up, filling and resampling happens here and nowhere else, and all of it is told: whatever was
changed is a finding. The order of the steps, whoever asks:

1. rows of the country are added up by date, each column by its function; columns made of others are summed (`grid`),
2. the window is cut out, with the history that joins on to it (`window`),
3. periods without rows are put in (`calendar`),
4. outliers are clipped at quantiles of the values that are there (`clip`),
5. what is missing is filled, except the KPI (`fill`),
6. days or weeks are made coarser, and incomplete periods at the edges go (`resample`).

Clipping comes before filling, so that what is made up never moves a quantile; both come before resampling, so that they
are about the days that somebody saw.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final, Literal

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from engine.data.clip import clipped
from engine.data.dataset import Finding
from engine.data.dated_weeks import week_dated
from engine.data.dates import Interval
from engine.data.fill import filled
from engine.data.grid import NOTHING_CHOSEN, Grid, read_grid
from engine.data.intake.choices import Choices
from engine.data.mapping import Mapping
from engine.data.recipe import Recipe, Resample, mapping_with, recipe_of
from engine.data.resample import resampled

# Rules of which a whole number stays one.
WHOLE: Final = ("max", "min", "mode")


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
    recipe: Recipe | None = None,
) -> Prepared:
    """Read a snapshot and make the trainer's regular grid of it. Raises BadData where no grid can be made.

    `choices` are what a person chose about the values; their names are in `chosen`. Dates beyond the end of
    the year after `today` (None: the day it is) are refused. `recipe` decides goal, columns, rhythm, filling, clipping
    and window; its rhythm wins over `resample`, unless it says none.

    What is wrong but can be shown is in `findings`; with a FAIL among them the frame must not be trained on.
    """
    how = recipe or recipe_of(mapping)
    mapping = mapping_with(recipe, mapping) if recipe else mapping
    to: Resample = resample if how.resample == "none" else how.resample
    grid = read_grid(
        raw,
        mapping,
        country,
        choices=choices,
        today=today,
        weekends_needed=to in ("none", "D"),
        start=how.start,
        end=how.end,
    )
    return prepared_of(grid, how, to, choices)


def prepared_of(grid: Grid, recipe: Recipe, to: Resample, choices: Choices) -> Prepared:
    """Return what a trainer reads, made of a grid that was read for `recipe`. `to`: the rhythm it is brought to."""
    mapping, by, calendar, findings = grid.mapping, grid.rules, grid.calendar, list(grid.findings)
    taking_part = {name: how for name, how in recipe.clip.items() if name in by and name != mapping.dep_var}
    frame, told = clipped(grid.frame, taking_part)
    findings += told
    frame, told = filled(
        frame,
        by,
        mapping.dep_var,
        flags=mapping.factor_vars,
        new=calendar.missing,
        said=recipe.fill,
        of_country=bool(mapping.country_var),
    )
    findings += told
    interval = calendar.interval
    if calendar.regular:
        frame, interval, told = resampled(
            frame,
            calendar.interval,
            to,
            by,
            mapping.dep_var,
            week_starts=recipe.week_starts,
            weeks_dated_last=week_dated(mapping, choices) == "last",
        )
        findings += told
    for name in mapping.factor_vars:
        if by[name] in WHOLE and frame[name].notna().all() and (frame[name] % 1 == 0).all():
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
