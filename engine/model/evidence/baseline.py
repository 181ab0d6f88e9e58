"""What is sold without media, left open: a line and a smooth trend, a year's season, holidays, context.

Prophet is fitted before any medium is, so its season, holidays and trend take up whatever media did at the same time of
the year, in the same weeks, or in the long run; taken as given, or even as a starting point, they hide a part of every
effect. Here the baseline is laid out anew, beside media. How far it may move is not decided by us; several amounts are
offered, and the data choose among them by their marginal likelihood. Only what repeats faster than a season, weekdays
and the days of a month, is Prophet's.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from engine.model.fit.compiled import Matrix, Vector
from engine.model.fit.problem import Problem

PROPHET = ("trend", "season", "monthly", "weekday", "holiday")
# What of it is laid out anew.
OWN = ("trend", "season", "holiday")
# Standard deviations of a trend beside a line and of a season, as shares of that of the dependent variable.
TREND_AMOUNTS = (0.1, 0.3, 1.0)
SEASON_AMOUNTS = (0.0, 0.1, 0.3)
HOLIDAY_AMOUNT = 0.7
# Shares of a period's noise that last into the next.
ECHOES = (0.0, 0.3, 0.6)
# A trend keeps its direction for about this long, in years.
TREND_YEARS = (0.4, 1.2)
HARMONICS = 8
# Nothing is known about a context variable but that it explains no more than a few times what there is to explain.
CONTEXT_AMOUNT = 3.0
CONSTANT_AMOUNT = 1000.0


@dataclass(frozen=True)
class Baseline:
    """The baseline's K columns over N periods of the window, and G ways to leave it open.

    design: (K, N) columns in units of the noise, one a row. scales: (G, K) their prior standard deviations, 0 for a
    column that a way has not. echoes: (E,) shares of a period's noise that may last into the next.
    """

    design: Matrix
    scales: Matrix
    echoes: Vector


def make_baseline(problem: Problem, periods_per_year: float, noise: float) -> Baseline:
    """Lay the baseline of a problem out for the sampler.

    noise: rough standard deviation of the residuals; priors are in units of it, so that the true noise can be
    integrated out.
    """
    count, spread = len(problem.y), float(problem.y.std())
    columns, deviations = [np.ones(count), np.linspace(-1.0, 1.0, count)], [CONSTANT_AMOUNT * spread, spread]
    for name, column in zip(problem.base_names, problem.window_base.T, strict=True):
        if name == "holiday":
            for days in _holidays(column):
                columns.append(days)
                deviations.append(HOLIDAY_AMOUNT * spread)
        elif name in PROPHET:
            if name not in OWN:
                columns.append(column - column.mean())
                deviations.append(1.0)
        else:
            columns.append(_standardised(column))
            deviations.append(CONTEXT_AMOUNT * spread)
    season = _season(problem.rows, periods_per_year)
    waves, sizes = _trends(count, periods_per_year)
    scales = [
        np.concatenate([deviations, of_trend * spread * size, np.full(season.shape[1], of_season * spread)])
        for size, of_trend in [(sizes[0], 0.0), *((one, amount) for one in sizes for amount in TREND_AMOUNTS)]
        for of_season in SEASON_AMOUNTS
    ]
    design = np.ascontiguousarray(np.column_stack([*columns, waves, season]).T)
    return Baseline(design, np.array(scales) / noise, np.array(ECHOES))


def _holidays(column: Vector) -> Iterator[Vector]:
    """Yield each holiday's rows, 1 of them and 0 elsewhere.

    Prophet gives a holiday the same value every year, so equal values are one holiday.
    """
    present = np.abs(column) > 1e-9 * max(np.abs(column).max(), 1e-300)
    if not present.any():
        return
    size = float(np.sqrt((column[present] ** 2).mean()))
    for value in np.unique(np.round(column[present] / size, 6)):
        rows = present & (np.abs(column / size - value) < 1e-6)
        if rows.sum() < len(column) / 3:
            yield rows.astype(float)


def _trends(count: int, periods_per_year: float) -> tuple[Matrix, list[Vector]]:
    """Return (N, k) waves, and for each of TREND_YEARS their (k,) sizes.

    Their sum with standard normal weights of these sizes is a smooth process of variance 1: a Gaussian process with a
    squared exponential kernel by its leading cosines (Solin and Särkkä, 2020).
    """
    frequencies = np.pi * np.arange(1, count) / count
    waves = np.cos(np.outer(np.arange(count) + 0.5, frequencies))
    sizes = []
    for years in TREND_YEARS:
        size = np.exp(-0.25 * (years * periods_per_year * frequencies) ** 2)
        size[size < 0.05] = 0.0
        sizes.append(size / np.sqrt(max(((waves * size) ** 2).sum(axis=1).mean(), 1e-300)))
    width = max(1, *(int((one > 0).sum()) for one in sizes))
    return waves[:, :width], [one[:width] for one in sizes]


def _season(rows: slice, periods_per_year: float) -> Matrix:
    """Return (N, 2k) the harmonics of a year, faster ones smaller."""
    highest = max(1, min(HARMONICS, int(periods_per_year / 4)))
    at = 2 * np.pi * np.arange(rows.start, rows.stop) / periods_per_year
    waves = [turn(k * at) / k for k in range(1, highest + 1) for turn in (np.cos, np.sin)]
    return np.column_stack(waves)


def _standardised(column: Vector) -> Vector:
    spread = column.std()
    return np.asarray((column - column.mean()) / spread if spread > 0 else np.zeros_like(column))
