"""What would be sold without media: level, growth, season, weekdays, holidays, and what breaks them."""

from datetime import date, timedelta

import numpy as np

from local.sample.truths.chance import Vector

FIRST_MONDAY = date(2021, 1, 4)


def days_of(count: int, step: int) -> list[date]:
    """Return the first days of `count` periods of `step` days; months where that is 30."""
    if step == 30:
        return [date(FIRST_MONDAY.year + t // 12, t % 12 + 1, 1) for t in range(count)]
    return [FIRST_MONDAY + timedelta(days=step * t) for t in range(count)]


def season(rng: np.random.Generator, count: int, year: float) -> Vector:
    """A year's waves, three harmonics, with the peak before Christmas that trade knows."""
    at = 2 * np.pi * np.arange(count) / year
    waves = sum(rng.normal(0, 1 / k**1.3) * np.cos(k * at + rng.uniform(0, 2 * np.pi)) for k in (1, 2, 3))
    peak = np.exp(-0.5 * ((np.arange(count) % year - 0.94 * year) / (0.035 * year)) ** 2)
    return np.asarray(rng.uniform(0.04, 0.14) * waves + rng.uniform(0.05, 0.25) * peak)


def base(rng: np.random.Generator, days: list[date], season: Vector, step: int, known: int) -> Vector:
    """What is sold without media, around 1: level, growth that bends once in the `known` periods, season, holidays."""
    count = len(days)
    years = np.arange(count) / periods_per_year(step)
    bend = rng.uniform(0.2, 0.8) * years[known - 1]
    growth = rng.normal(0.03, 0.08) * years + rng.normal(0, 0.1) * np.maximum(years - bend, 0)
    level = 1 + growth + season
    if step == 1:
        level = level + np.tile(rng.normal(0, 0.06, 7), count // 7 + 1)[:count]
    jumps = {(5, 1): rng.normal(0, 0.08), (10, 3): rng.normal(0, 0.08), (12, 26): rng.normal(-0.1, 0.08)}
    for t, day in enumerate(days):
        inside = [day + timedelta(days=d) for d in range(step)]
        level[t] += sum(jumps.get((one.month, one.day), 0.0) for one in inside) * (7 / 30 if step == 30 else 1)
    return np.asarray(np.maximum(level, 0.2))


def periods_per_year(step: int) -> float:
    """Return how many periods of `step` days a year has."""
    return 12.0 if step == 30 else 365.25 / step
