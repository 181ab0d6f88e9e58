"""One driver against the goal, in three pictures: the curve, the lags, both over time."""

from collections.abc import Sequence
from datetime import date

import numpy as np

from engine.charts.legend import Key
from engine.charts.page import Drawing, Page, Placed
from engine.charts.scale import ABOVE, date_ticks, name_below, name_beside, side_of, ticks, ticks_across
from engine.charts.style import BLUE, FULL, GREY, GRID, INK, MUTED, ORANGE, VERMILLION, Size
from engine.charts.subject import alternative, shown
from engine.data import driver_words as words
from engine.data.driver import POINTS, Driver
from engine.number_words import counted, short

# Inches.
CURVE, BARS, SERIES = 2.7, 2.0, 1.35


def draw_curve(found: Driver, footer: str, *, size: Size = FULL) -> Drawing:
    """Draw every period as a dot, the curve through them, and where its marginal returns are told."""
    title = readable(words.headline(found), found)
    goal = shown(words.goal_called(found))
    page = Page(size, title, f"Each dot is one {found.interval}: {goal} by {shown(words.called(found))}")
    there = np.isfinite(found.y)
    x, y = found.x[there], found.y[there]
    plot = _plot(page, _ends(x), _ends(y), CURVE)
    plot.axes.plot(x, y, "o", color=GREY, markersize=3.5, alpha=0.6, markeredgewidth=0)
    if found.curve.shape != "none":
        across = np.linspace(float(x.min()), float(x.max()), POINTS)
        plot.axes.plot(across, found.curve.at(across), color=BLUE, linewidth=2.2)
        told = np.array([one.at for one in found.curve.marginals])
        plot.axes.plot(told, found.curve.at(told), "o", color=INK, markersize=6)
    keys = [Key(f"one {found.interval}", "dot", GREY), Key(words.curve_words(found.curve), "line", BLUE)]
    page.legend([*keys, Key("p10, p25, median, p75, p90", "dot", INK)])
    page.paragraph(words.NO_EFFECT, size.small, MUTED)
    page.skip(0.1)
    slopes = [f"p{one.quantile * 100:.0f} {short(one.slope)}" for one in found.curve.marginals]
    alt = alternative(f"Scatter: {title}. {words.measures(found)}. Marginal returns:", slopes)
    return page.finish(name="driver_curve", title=title, alt=alt, footer=footer)


def draw_lags(found: Driver, footer: str, *, size: Size = FULL) -> Drawing:
    """Draw the correlation by how many periods the goal comes later."""
    title = readable(_opening(words.lag_words(found)), found)
    goal = shown(words.goal_called(found))
    page = Page(size, title, f"Correlation of {goal} with the driver, by how many {found.interval}s later")
    low = min(0.0, 1.1 * min(lag.r for lag in found.lags))
    high = max(0.0, 1.1 * max(lag.r for lag in found.lags))
    high = high if high > low else low + 1.0
    plot = _plot(page, (-0.7, len(found.lags) - 0.3), (low, high), BARS, whole=True)
    best = found.best_lag
    for lag in found.lags:
        plot.axes.bar(lag.periods, lag.r, width=0.7, color=BLUE if lag is best else GREY)
    plot.axes.axhline(0, color=INK, linewidth=0.8)
    page.legend([Key("where both move together most", "block", BLUE), Key("other lags", "block", GREY)])
    each = [f"{counted(lag.periods, found.interval)} {words.signed(lag.r)}" for lag in found.lags]
    return page.finish(name="driver_lags", title=title, alt=alternative(f"{title}. By lag:", each), footer=footer)


def draw_time(found: Driver, days: Sequence[date], footer: str, *, size: Size = FULL) -> Drawing:
    """Draw goal and driver over time, one below the other; far values and where they would be clipped are marked."""
    title = readable(_opening(words.far_words(found)), found)
    goal, name = shown(words.goal_called(found)), shown(words.called(found))
    page = Page(size, title, f"Above {goal}, below {name}, per {found.interval}")
    at = np.array([day.toordinal() for day in days], dtype=float)
    upper, lower = ticks(*_ends(found.y[np.isfinite(found.y)]), 4), ticks(*_ends(found.x), 4)
    left = size.margin + max(side_of(upper, size.small), side_of(lower, size.small))
    across = size.width - size.margin - left
    page.skip(ABOVE)
    above = page.plot(left, across, SERIES)
    above.axes.set_ylim(*_ends(found.y[np.isfinite(found.y)]))
    above.axes.plot(at, found.y, color=INK, linewidth=1.4)
    name_beside(page, above, upper)
    page.skip(0.3)
    below = page.plot(left, across, SERIES)
    below.axes.set_ylim(*_ends(found.x))
    below.axes.plot(at, found.x, color=BLUE, linewidth=1.4)
    name_beside(page, below, lower)
    keys = [Key(goal, "line", INK), Key(name, "line", BLUE)]
    if found.far.any():
        below.axes.plot(at[found.far], found.x[found.far], "o", color=VERMILLION, markersize=6)
        keys.append(Key("far from all others", "dot", VERMILLION))
    if found.winsorised:
        highest = found.winsorised[-1]
        below.axes.axhline(highest.most, color=ORANGE, linestyle="--", linewidth=1.2)
        keys.append(Key(f"its {highest.quantile:.0%} quantile", "line", ORANGE, "--"))
    dated = date_ticks(list(days), across, size.small)
    for plot in (above, below):
        plot.axes.set_xlim(at[0] - 1, at[-1] + 1)
    name_below(page, below, dated)
    for value in dated.values:
        above.axes.axvline(value, color=GRID, linewidth=0.8, zorder=0.4)
    page.skip(0.1)
    page.legend(keys)
    each = [f"at {one.quantile:.0%}: {one.cut} cut, ρ {words.signed(one.line.rho)}" for one in found.winsorised]
    return page.finish(name="driver_time", title=title, alt=alternative(f"{title}. Drawn in", each), footer=footer)


def readable(sentence: str, found: Driver) -> str:
    """A sentence with the names in it as a picture shows them."""
    for name in (words.called(found), words.goal_called(found)):
        sentence = sentence.replace(name, shown(name), 1)
    return sentence


def _plot(page: Page, x: tuple[float, float], y: tuple[float, float], height: float, *, whole: bool = False) -> Placed:
    """Axes over the whole width with the values of both named. whole: x counts."""
    face, named = page.size.small, ticks(*y, 5)
    page.skip(ABOVE)
    left = page.size.margin + side_of(named, face)
    plot = page.plot(left, page.size.width - page.size.margin - left, height)
    plot.axes.set_xlim(*x)
    plot.axes.set_ylim(*y)
    name_beside(page, plot, named)
    below = ticks_across(*x, plot.width, face, (lambda value: f"{value:.0f}") if whole else short)
    name_below(page, plot, below, grid=not whole)
    page.skip(0.1)
    return plot


def _ends(values: "np.typing.NDArray[np.float64]") -> tuple[float, float]:
    """Where an axis begins and ends, with room for the outermost dots."""
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
    reach = max(high - low, 1e-9 * max(abs(high), abs(low), 1.0))
    return low - 0.05 * reach, high + 0.05 * reach


def _opening(text: str) -> str:
    return text[:1].upper() + text[1:]
