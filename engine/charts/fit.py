"""Actual vs fitted: how well the model retells the past."""

import numpy as np
import pandas as pd

from engine.charts import titles
from engine.charts.legend import BAND, Key
from engine.charts.page import Drawing
from engine.charts.scale import ABOVE, date_ticks, name_below, name_beside, side_of, ticks
from engine.charts.style import BLUE, GRID, INK, MUTED, ORANGE, SKY
from engine.charts.subject import Subject
from engine.labels import opening
from engine.number_words import percent
from engine.results.read import Results

# Inches.
UPPER, LOWER = 2.3, 1.0
ODD_NAMED = 3


def draw(subject: Subject) -> Drawing:
    """Draw the dependent variable and the fitted values over the window, with the misses below."""
    head, results, size = subject.head, subject.results, subject.size
    actual, fitted = results.fit["dep_var"], results.fit["depVarHat"]
    missed = actual - fitted
    days = np.array([day.toordinal() for day in pd.DatetimeIndex(actual.index)], dtype=float)
    ends = (days.min() - 0.01 * np.ptp(days) - 1, days.max() + 0.01 * np.ptp(days) + 1)
    held = held_back(results)

    title = titles.of_fit(head, subject.level, subject.kpi)
    page = subject.page(title, opening(f"{subject.kpi_in_unit} per {head.interval}"))
    low, high = float(min(actual.min(), fitted.min())), float(max(actual.max(), fitted.max()))
    reach = max(high - low, 1e-9 * max(abs(high), 1.0))
    upper = ticks(low - 0.05 * reach, high + 0.05 * reach, 5)
    most = max(1.05 * float(missed.abs().max()), 1e-9 * max(abs(high), 1.0))
    lower = ticks(-most, most, 4)
    left = size.margin + max(side_of(upper, size.small), side_of(lower, size.small))
    across = size.width - size.margin - left
    above = page.plot(left, across, UPPER)
    above.axes.set_ylim(low - 0.05 * reach, high + 0.05 * reach)
    above.axes.plot(days, actual, color=INK, linewidth=1.4)
    above.axes.plot(days, fitted, color=BLUE, linewidth=1.7)
    name_beside(page, above, upper)
    page.skip(0.15)
    page.paragraph(f"Actual less fitted, per {head.interval}", size.small, MUTED)
    page.skip(ABOVE)
    below = page.plot(left, across, LOWER)
    below.axes.set_ylim(-most, most)
    below.axes.bar(days, missed, width=0.8 * float(np.median(np.diff(days))) if len(days) > 1 else 0.8, color=MUTED)
    below.axes.axhline(0, color=INK, linewidth=0.8)
    name_beside(page, below, lower)
    odd = [one for one in head.odd_periods if pd.Timestamp(one.ds) in actual.index]
    for one in odd:
        day = pd.Timestamp(one.ds).toordinal()
        above.axes.plot([day], [actual[pd.Timestamp(one.ds)]], "o", color=ORANGE, markersize=6)
    dated = date_ticks([day.date() for day in pd.DatetimeIndex(actual.index)], across, size.small)
    for plot in (above, below):
        plot.axes.set_xlim(*ends)
        if held is not None:
            plot.axes.axvspan(held.toordinal(), ends[1], color=SKY, alpha=BAND, linewidth=0)
    name_below(page, below, dated)
    for value in dated.values:
        above.axes.axvline(value, color=GRID, linewidth=0.8, zorder=0.4)
    page.skip(0.1)
    keys = [Key("actual", "line", INK), Key("fitted", "line", BLUE)]
    if held is not None:
        keys.append(Key("held back: the model was not fitted on these", "band", SKY))
    if odd:
        named = ", ".join(one.ds for one in odd[:ODD_NAMED])
        named += f" and {len(odd) - ODD_NAMED} more" if len(odd) > ODD_NAMED else ""
        keys.append(Key(f"odd: the model cannot explain it and counts it little ({named})", "dot", ORANGE))
    page.legend(keys)

    worst = missed.abs().idxmax()
    alt = (
        f"Line chart of actual and fitted {subject.kpi} per {head.interval}: {title}. R² {head.rsq:.2f}, typical miss "
        f"{percent(head.nrmse)} of the range. The largest miss is at {worst:%Y-%m-%d}."
    )
    if held is not None:
        alt += f" Periods from {held:%Y-%m-%d} on were held back from the fit."
    return page.finish(name="fit", title=title, alt=alt, footer=subject.footer)


def held_back(results: Results) -> pd.Timestamp | None:
    """The first period that the chosen model was not fitted on, by its train_size as Robyn cuts; None if all were."""
    chosen, days = results.candidate(results.chosen), results.fit.index
    share = float(chosen.get("train_size", 1.0))
    if not np.isfinite(chosen.get("nrmse_val", np.nan)) or not share < 1:
        return None
    first = int(np.floor(1 + (len(days) - 1) * share))
    return days[first] if first < len(days) else None
