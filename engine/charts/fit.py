"""Actual vs fitted: how well the model retells the past."""

import numpy as np
import pandas as pd
from matplotlib.dates import ConciseDateFormatter

from engine.charts.style import BLUE, INK, MUTED, SKY, TEXT, Chart, canvas, finish, short_ticks
from engine.labels import in_sentence, label
from engine.results.headline import Headline
from engine.results.read import Results
from engine.results.wording import percent


def draw(results: Results, head: Headline, footer: str) -> Chart:
    """Draw the dependent variable and the fitted values over the window, with the misses below."""
    actual, fitted = results.fit["dep_var"], results.fit["depVarHat"]
    worst = (actual - fitted).abs().idxmax()

    title = f"The model follows {percent(head.rsq)} of the ups and downs"
    subtitle = f"Actual and fitted {in_sentence(head.dep_var)} per {head.interval}"
    figure, (top, bottom) = canvas(title, subtitle, rows=2, height=5.4)
    top.plot(actual.index, actual, color=INK, linewidth=1.5)
    top.plot(fitted.index, fitted, color=BLUE, linewidth=1.8)
    top.set_ylabel(f"{label(head.dep_var)} per {head.interval}")
    top.text(0.01, 0.97, "Actual", transform=top.transAxes, color=INK, fontsize=TEXT, weight="bold", va="top")
    top.text(0.13, 0.97, "Fitted", transform=top.transAxes, color=BLUE, fontsize=TEXT, weight="bold", va="top")
    lowest, highest = top.get_ylim()
    top.set_ylim(lowest, highest + 0.12 * (highest - lowest))
    top.tick_params(labelbottom=False)
    bottom.bar(actual.index, actual - fitted, width=0.8 * _spacing(actual.index), color=MUTED)
    bottom.axhline(0, color=INK, linewidth=0.8)
    bottom.set_ylabel("Actual − fitted")
    held = held_back(results)
    if held is not None:
        for axis in (top, bottom):
            axis.axvspan(held, actual.index[-1], color=SKY, alpha=0.18, linewidth=0)  # type: ignore[arg-type]
        top.text(held, highest, " held back", color=MUTED, fontsize=TEXT - 1, va="bottom")  # type: ignore[arg-type]
    for axis in (top, bottom):
        short_ticks(axis, "y")
        axis.margins(x=0.01)
        axis.xaxis.set_major_formatter(ConciseDateFormatter(axis.xaxis.get_major_locator()))  # type: ignore[no-untyped-call]
    figure.align_ylabels()

    alt = (
        f"Line chart of actual and fitted {head.dep_var} per {head.interval}: adjusted R² {head.rsq:.2f}, "
        f"NRMSE {head.nrmse:.3f}. The largest miss is at {worst:%Y-%m-%d}."
    )
    if held is not None:
        alt += f" Periods from {held:%Y-%m-%d} on were held back from the fit."
    return finish(figure, name="fit", title=title, alt=alt, footer=footer)


def held_back(results: Results) -> pd.Timestamp | None:
    """The first period that the chosen model was not fitted on, by its train_size as Robyn cuts; None if all were."""
    chosen, days = results.candidate(results.chosen), results.fit.index
    share = float(chosen.get("train_size", 1.0))
    if not np.isfinite(chosen.get("nrmse_val", np.nan)) or not share < 1:
        return None
    first = int(np.floor(1 + (len(days) - 1) * share))
    return days[first] if first < len(days) else None


def _spacing(dates: pd.Index) -> float:
    """Days between neighbouring dates."""
    return float(pd.Series(dates).diff().dt.days.median())
