"""What `/mmm driver` is answered with: one column against the goal, as the recipe in work makes them."""

from typing import Any, Final

import numpy as np
import pandas as pd

from engine.charts import driver as charts
from engine.data import driver_words as words
from engine.data.check.applied import Applied
from engine.data.check.fitting import fitted
from engine.data.check.found import inside
from engine.data.driver import Driver, Marginal, Winsorised, driver
from engine.data.recipes import read_open
from engine.data.records import read_dataset
from engine.errors import BadInput
from engine.names import quoted
from engine.pipeline.answer import Answer, Picture, Work
from engine.pipeline.rows import raw_of

# What is looked at: the curve, the lags, both over time with what lies far out.
PARTS: Final = ("curve", "lags", "time")
# So many far values are named.
NAMED: Final = 8


def answer_driver(work: Work) -> Answer:
    """Answer one part of a driver: the finding in words, its numbers, a picture."""
    storage, about = work.cloud.storage, work.about
    dataset = read_dataset(storage, str(about["dataset"]))
    recipe, _ = fitted(read_open(storage, str(about["family"]), dataset).recipe, dataset)
    name = str(about["column"])
    if name == recipe.goal:
        raise BadInput(f"{quoted(name)} is the goal itself.", "Name a column to compare with it.")
    applied = Applied(
        raw_of(work.cloud, dataset, work.folder),
        dataset.mapping,
        dataset.country,
        choices=dataset.choices,
        today=work.clock.now().date(),
        further=(name,),
    )
    grid = applied.grid(recipe)
    if grid.rules[name] in ("event", "commonest"):
        raise BadInput(f"{quoted(name)} holds text, no numbers to compare.", "Name a column of numbers.")
    prepared = applied.prepared(recipe, grid, only=name)
    frame = inside(prepared.frame, dataset.mapping.date_var, recipe)
    if frame.empty:
        raise BadInput("Within the window of the recipe there is no row.", "Choose another window in /mmm prepare.")
    x = np.nan_to_num(frame[name].to_numpy(dtype=np.float64, na_value=np.nan))
    y = frame[recipe.goal].to_numpy(dtype=np.float64, na_value=np.nan)
    found = driver(name, recipe.goal, x, y, prepared.interval)
    days = [stamp.date() for stamp in pd.to_datetime(frame[dataset.mapping.date_var])]
    part = about.get("part") if about.get("part") in PARTS else "curve"
    footer = f"Source: {dataset.title}. {days[0]} to {days[-1]}, {len(days)} {prepared.interval}s."
    drawing = {
        "curve": lambda: charts.draw_curve(found, footer),
        "lags": lambda: charts.draw_lags(found, footer),
        "time": lambda: charts.draw_time(found, days, footer),
    }[str(part)]()
    chart = drawing.chart("post")
    told = {
        "dataset": {"id": dataset.id, "title": dataset.title, "country": dataset.country},
        "column": name,
        "goal": recipe.goal,
        "part": part,
        "interval": prepared.interval,
        "periods": len(days),
        "clips": name in recipe.roles and name not in recipe.clip and name not in recipe.dropped,
        **told_of(found, str(part), [f"{day}" for day, far in zip(days, found.far, strict=True) if far]),
    }
    return Answer(told, [Picture(chart.name, chart.title, chart.alt, chart.png)])


def told_of(found: Driver, part: str, far: list[str]) -> dict[str, Any]:
    if part == "lags":
        return {
            "headline": words.lag_words(found),
            "lags": [{"periods": lag.periods, "r": lag.r} for lag in found.lags],
        }
    if part == "time":
        more = f" and {len(far) - NAMED} more" if len(far) > NAMED else ""
        return {
            "headline": words.far_words(found),
            "far": ", ".join(far[:NAMED]) + more,
            "line": _line(found.line),
            "winsorised": [_winsorised(one) for one in found.winsorised],
        }
    return {
        "headline": words.headline(found),
        "measures": words.measures(found),
        "curve": words.curve_words(found.curve),
        "returns": words.returns(found),
        "marginals": [_marginal(one) for one in found.curve.marginals],
    }


def _line(one: Any) -> dict[str, float]:
    return {"rho": one.rho, "r2": one.r2, "error": one.error}


def _winsorised(one: Winsorised) -> dict[str, Any]:
    return {"quantile": one.quantile, "cut": one.cut, "most": one.most, "slope": one.slope, **_line(one.line)}


def _marginal(one: Marginal) -> dict[str, float]:
    return {"quantile": one.quantile, "at": one.at, "slope": one.slope}
