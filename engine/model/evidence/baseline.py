"""What is sold without media, left open: how far it may differ from Prophet's answer, which was found without media.

Prophet is fitted before any medium is, so its season, holidays and trend take up whatever media did at the same time of
the year, in the same weeks, or in the long run. Taken as given they hide a part of every effect. Here they are a
starting point: each may be scaled, holidays are estimated again, and a smooth trend and season may be added. How much
is not decided by us; several amounts are offered, and the data choose among them by their marginal likelihood.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.model.fit.compiled import Matrix, Vector
from engine.model.fit.problem import Problem

PROPHET = ("trend", "season", "monthly", "weekday", "holiday")
# Standard deviations of what may be added to trend and season, as shares of that of the dependent variable.
TREND_AMOUNTS = (0.0, 0.1, 0.3, 1.0)
SEASON_AMOUNTS = (0.1, 0.3)
# Shares of a period's noise that last into the next.
ECHOES = (0.0, 0.3, 0.6)
# What is added to the trend keeps its direction for about this long, in years.
TREND_YEARS = 0.4
HARMONICS = 8
# Nothing is known about a context variable but that it explains no more than a few times what there is to explain.
CONTEXT_AMOUNT = 3.0
CONSTANT_AMOUNT = 1000.0


@dataclass(frozen=True)
class Baseline:
    """The baseline's K columns over N periods of the window, and G ways to leave it open.

    design: (K, N) columns in units of the noise, one a row. scales: (G, K) their prior standard deviations, 0 for a
    column that a way has not. priors: (G,) log chance of each way. echoes: (E,) shares of a period's noise that may last
    into the next. start: (N,) what Prophet expects, taken off y beforehand.
    """

    design: Matrix
    scales: Matrix
    priors: Vector
    echoes: Vector
    start: Vector


def make_baseline(problem: Problem, periods_per_year: float, noise: float) -> Baseline:
    """Lay the baseline of a problem out for the sampler.

    noise: rough standard deviation of the residuals; priors are in units of it, so that the true noise can be
    integrated out.
    """
    count, spread = len(problem.y), float(problem.y.std())
    columns, deviations = [np.ones(count), np.linspace(-1.0, 1.0, count)], [CONSTANT_AMOUNT * spread, LINE * spread]
    own = V != "start"
    start = np.zeros(count)
    for name, column in zip(problem.base_names, problem.window_base.T, strict=True):
        if name == "holiday":
            for days, size in _holidays(column):
                columns.append(days)
                deviations.append(size if not own else HOL*spread)
        elif name in PROPHET:
            if V == "start": start = start + column
            if V == "drop" and name in ("trend", "season"): continue
            columns.append(column - column.mean())
            deviations.append(1.0)
        else:
            columns.append(_standardised(column))
            deviations.append(CONTEXT_AMOUNT * spread)
    season = _season(problem.rows, periods_per_year)
    waves, sizes = _trends(count, periods_per_year)
    no_season = () if "season" in problem.base_names else (0.0,)
    scales = [
        np.concatenate([deviations, of_trend * spread * size, np.full(season.shape[1], of_season * spread)])
        for size, of_trend in [(sizes[0], 0.0), *((one, amount) for one in sizes for amount in TREND_AMOUNTS)]
        for of_season in (*no_season, *SEASON_AMOUNTS)
    ]
    design = np.ascontiguousarray(np.column_stack([*columns, waves, season]).T)
    return Baseline(design, np.array(scales) / noise, np.zeros(len(scales)), np.array(ECHOES), start)


import os
V = os.environ.get("BV", "drop"); LINE=float(os.environ.get("LINE","1")); HOL=float(os.environ.get("HOL","0.7"))
TREND_LENGTHS=tuple(map(float,os.environ.get("TL","0.4").split(",")))
TREND_AMOUNTS=tuple(map(float,os.environ.get("TA",".1,.3,1").split(",")))
SEASON_AMOUNTS=tuple(map(float,os.environ.get("SA",".1,.3").split(",")))


def _trends(count: int, periods_per_year: float):
    frequencies = np.pi * np.arange(1, count) / count
    sizes = []
    for years in TREND_LENGTHS:
        density = np.exp(-0.25 * (years * periods_per_year * frequencies) ** 2)
        density[density < 0.05] = 0.0
        waves = np.cos(np.outer(np.arange(count) + 0.5, frequencies)) * density
        sizes.append(density / np.sqrt(max((waves**2).sum(axis=1).mean(), 1e-300)))
    width = max(1, max(int((one > 0).sum()) for one in sizes))
    return np.cos(np.outer(np.arange(count) + 0.5, frequencies[:width])), [one[:width] for one in sizes]


def whitened(columns: Matrix, echo: float) -> Matrix:
    """Return (N, K) columns in which noise of which a share `echo` lasts into the next period is new each period."""
    first = np.sqrt(1 - echo**2) * columns[:1]
    return np.vstack([first, columns[1:] - echo * columns[:-1]])


def _holidays(column: Vector) -> Iterator[tuple[Vector, float]]:
    """Return each holiday's rows, 1 of them and 0 elsewhere, and how large holidays are.

    Prophet gives a holiday the same value every year, so equal values are one holiday.
    """
    present = np.abs(column) > 1e-9 * max(np.abs(column).max(), 1e-300)
    if not present.any():
        return
    size = float(np.sqrt((column[present] ** 2).mean()))
    for value in np.unique(np.round(column[present] / size, 6)):
        rows = present & (np.abs(column / size - value) < 1e-6)
        if rows.sum() < len(column) / 3:
            yield rows.astype(float), size


def _trend(count: int, periods_per_year: float) -> Matrix:
    """Return (N, k) smooth waves whose sum with standard normal weights is a smooth process of variance 1.

    A Gaussian process with a squared exponential kernel by its leading cosines (Solin and Särkkä, 2020).
    """
    length = TREND_YEARS * periods_per_year
    frequencies = np.pi * np.arange(1, count) / count
    density = np.exp(-0.25 * (length * frequencies) ** 2)
    density = density[density > 0.05]
    waves = np.cos(np.outer(np.arange(count) + 0.5, frequencies[: len(density)])) * density
    return np.asarray(waves / np.sqrt(max((waves**2).sum(axis=1).mean(), 1e-300)))


def _season(rows: slice, periods_per_year: float) -> Matrix:
    """Return (N, 2k) the harmonics of a year, faster ones smaller."""
    highest = max(1, min(HARMONICS, int(periods_per_year / 4)))
    at = 2 * np.pi * np.arange(rows.start, rows.stop) / periods_per_year
    waves = [turn(k * at) / k for k in range(1, highest + 1) for turn in (np.cos, np.sin)]
    return np.column_stack(waves)


def _standardised(column: Vector) -> Vector:
    spread = column.std()
    return np.asarray((column - column.mean()) / spread if spread > 0 else np.zeros_like(column))
