"""What a recipe makes of a snapshot, before it is saved: rows before and after, what changed, what is left to see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from engine.data.dataset import Dataset, Finding
from engine.data.enough import CAUTIONED
from engine.data.grid import Grid, read_grid
from engine.data.prepare import Prepared, prepare, prepared_of
from engine.data.quality import review
from engine.data.recipe import Recipe, mapping_with
from engine.data.recipe_preview_told import Preview, Told
from engine.data.recipe_problems import known, problems, refuse, with_accepted

# Findings that only say what the recipe was told to do.
DONE = ("column.clipped", "date.partial", "date.window")


@dataclass(frozen=True)
class Result:
    """A preview, and the goal by period before and after: NaN where it has no value."""

    preview: Preview
    before: pd.Series[float]
    after: pd.Series[float]


def preview(raw: Path, dataset: Dataset, recipe: Recipe, *, today: date | None = None) -> Result:
    """Return what `recipe` makes of a snapshot's rows. Raises BadData where nothing can be made of them."""
    refuse(problems(recipe, dataset.mapping, dataset.columns, dataset.choices, dataset.interval))
    mapping = mapping_with(recipe, dataset.mapping)
    coarse = recipe.resample not in ("none", "D")
    grid = read_grid(raw, mapping, dataset.country, choices=dataset.choices, today=today, weekends_needed=not coarse)
    if recipe.start or recipe.end:
        made = prepare(raw, dataset.mapping, dataset.country, choices=dataset.choices, today=today, recipe=recipe)
    else:
        made = prepared_of(grid, recipe, recipe.resample, dataset.choices)
    found = review(made, start=recipe.start, end=recipe.end, accepted={*dataset.accepted, *CAUTIONED})
    findings = with_accepted(found, recipe.accepted)
    return Result(_told(dataset, recipe, grid, made, findings), _goal(grid), _made_goal(made))


def _told(dataset: Dataset, recipe: Recipe, grid: Grid, made: Prepared, findings: Sequence[Finding]) -> Preview:
    days = [day.date() for day in pd.DatetimeIndex(made.frame[made.mapping.date_var])]
    inside = [day for day in days if day >= (recipe.start or day) and day <= (recipe.end or day)]
    told = [(one, Told.model_validate(one.model_dump(include=set(Told.model_fields)))) for one in findings]
    done = [short for one, short in told if one.code in DONE or (one.code.endswith(".missing") and one.grade == "INFO")]
    rest = [(one, short) for one, short in told if short not in done]
    return Preview(
        dataset=dataset.id,
        rows_read=grid.rows_read,
        interval_before=grid.interval,
        periods_before=len(grid.frame),
        first_before=grid.frame.index[0],
        last_before=grid.frame.index[-1],
        interval=made.interval,
        periods=len(days),
        first=made.first,
        last=made.last,
        modelled=len(inside),
        done=tuple(done),
        stops=tuple(short for one, short in rest if one.grade == "FAIL"),
        to_see=tuple(short for one, short in rest if one.grade == "REVIEW" and not known(one, recipe.accepted)),
        notes=tuple(short for one, short in rest if one.grade == "INFO"),
        accepted=tuple(short for one, short in rest if one.grade == "REVIEW" and known(one, recipe.accepted)),
    )


def _goal(grid: Grid) -> pd.Series[float]:
    goal: pd.Series[float] = grid.frame[grid.mapping.dep_var].astype("float64")
    return goal


def _made_goal(made: Prepared) -> pd.Series[float]:
    days = pd.Index([day.date() for day in pd.DatetimeIndex(made.frame[made.mapping.date_var])])
    goal: pd.Series[float] = made.frame[made.mapping.dep_var].astype("float64").set_axis(days, axis=0)
    return goal
