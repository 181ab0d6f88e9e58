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
    """The baseline with its coefficients integrated out, for G ways to leave it open and N rows.

    With Gaussian priors on K coefficients, a residual r of y less all media has a log likelihood, its noise integrated
    out as well, of -N/2·log(r'r - |q'r|²) + evidence. bases: (G, N, K) the q. evidence: (G,). echoes: (G,) how much of
    the noise lasts into the next period; r is `whitened` by it. start: (N,) what Prophet expects, taken off y
    beforehand.
    """

    bases: NDArray[np.float64]
    evidence: Vector
    echoes: Vector
    start: Vector


def make_baseline(problem: Problem, periods_per_year: float, noise: float) -> Baseline:
    """Lay the baseline of a problem out for the sampler.

    noise: rough standard deviation of the residuals; priors are in units of it, so that the true noise can be
    integrated out.
    """
    count, spread = len(problem.y), float(problem.y.std())
    columns, deviations, start = [np.ones(count)], [CONSTANT_AMOUNT * spread], np.zeros(count)
    for name, column in zip(problem.base_names, problem.window_base.T, strict=True):
        if name == "holiday":
            for days, size in _holidays(column):
                columns.append(days)
                deviations.append(size)
        elif name in PROPHET:
            start = start + column
            columns.append(column - column.mean())
            deviations.append(1.0)
        else:
            columns.append(_standardised(column))
            deviations.append(CONTEXT_AMOUNT * spread)
    trend, season = _trend(count, periods_per_year), _season(problem.rows, periods_per_year)
    fixed = np.column_stack(columns) * deviations
    no_season = () if "season" in problem.base_names else (0.0,)
    bases, evidence, echoes = [], [], []
    for of_trend in TREND_AMOUNTS:
        for of_season in (*no_season, *SEASON_AMOUNTS):
            parts = [fixed, of_trend * spread * trend, of_season * spread * season]
            design = np.column_stack(parts) / noise
            for echo in ECHOES:
                left, sizes, _ = np.linalg.svd(whitened(design, echo), full_matrices=False)
                bases.append(left * np.sqrt(sizes**2 / (1 + sizes**2)))
                evidence.append(0.5 * np.log1p(-(echo**2)) - 0.5 * np.log1p(sizes**2).sum())
                echoes.append(echo)
    return Baseline(np.ascontiguousarray(bases), np.array(evidence), np.array(echoes), start)


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
