"""Data whose truth is known: what each channel really brought, and everything that hides it.

The sample markets are for people to look at. These sets are for measuring a model: their families differ in what makes
the truth hard to see, and a seed gives a set of a family.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Vector = NDArray[np.float64]

FIRST_MONDAY = date(2021, 1, 4)
REVENUE, PRICE, PROMOTION = "REVENUE", "PRICE_INDEX", "PROMOTION"


@dataclass(frozen=True)
class Family:
    """What the sets of a family share. Pairs are ranges to draw from.

    share: of revenue that paid media bring. noise: standard deviation of a period's noise, as a share of the mean
    revenue; echo: how much of it lasts into the next period. roas_spread: standard deviation of log ROAS between
    channels; `steps` lays them evenly from 1 to 5 times instead. following: how far spend follows demand, 0 to 1.
    together: how far all channels share their flights, 0 to 1. outside: chance that a true parameter lies outside
    the range that is searched.
    """

    channels: int
    periods: tuple[int, int]
    daily: bool = False
    share: tuple[float, float] = (0.12, 0.4)
    noise: tuple[float, float] = (0.015, 0.05)
    echo: float = 0.0
    roas_spread: tuple[float, float] = (0.3, 0.6)
    steps: bool = False
    following: float = 0.0
    together: float = 0.0
    outside: float = 0.1


FAMILIES: dict[str, Family] = {
    "weekly_small": Family(channels=3, periods=(104, 157)),
    "weekly_medium": Family(channels=5, periods=(157, 157)),
    "weekly_large": Family(channels=12, periods=(157, 209), share=(0.25, 0.5)),
    "daily": Family(channels=4, periods=(548, 731), daily=True, noise=(0.03, 0.08), echo=0.2),
    "confounded": Family(channels=4, periods=(130, 157), following=0.8),
    "noisy": Family(channels=4, periods=(130, 157), share=(0.06, 0.2), noise=(0.06, 0.1), echo=0.3),
    "collinear": Family(channels=4, periods=(130, 157), together=0.75),
    "spread": Family(channels=5, periods=(130, 157), steps=True),
    "light_media": Family(channels=4, periods=(130, 157), share=(0.03, 0.1)),
    "heavy_media": Family(channels=5, periods=(130, 157), share=(0.4, 0.6)),
    "outside": Family(channels=4, periods=(130, 157), share=(0.06, 0.5), outside=0.6),
}


@dataclass(frozen=True)
class Kind:
    """A kind of channel: its flights, the carry-over that is true of it by week, and the range people search."""

    flights: str
    theta: tuple[float, float]


_TV = Kind("bursts", (0.3, 0.8))
_OFFLINE = Kind("posters", (0.1, 0.4))
_DIGITAL = Kind("always", (0.0, 0.3))
_PULSED = Kind("pulses", (0.0, 0.3))

CHANNELS: dict[str, Kind] = {
    "SEARCH": _DIGITAL,
    "TV": _TV,
    "FACEBOOK": _PULSED,
    "OOH": _OFFLINE,
    "YOUTUBE": _PULSED,
    "PRINT": _OFFLINE,
    "DISPLAY": _DIGITAL,
    "RADIO": _TV,
    "TIKTOK": _PULSED,
    "AFFILIATES": _DIGITAL,
    "CINEMA": _OFFLINE,
    "PODCAST": _PULSED,
}
ALPHAS, GAMMAS = (0.5, 3.0), (0.3, 1.0)
# Ranges of carry-over by day are those by week, moved up.
DAY_THETAS = {(0.3, 0.8): (0.5, 0.9), (0.1, 0.4): (0.3, 0.7), (0.0, 0.3): (0.0, 0.5)}


@dataclass(frozen=True)
class Truth:
    """A generated set: the data, the configuration a person would give, and the true ROAS per spend column."""

    family: str
    seed: int
    frame: pd.DataFrame
    config: dict[str, Any]
    roas: dict[str, float]


def generate(family: str, seed: int) -> Truth:
    """Return the set of `family` for `seed`. Raises KeyError for an unknown family."""
    what = FAMILIES[family]
    rng = np.random.default_rng([seed, *family.encode()])
    count = int(rng.integers(what.periods[0], what.periods[1] + 1))
    year = 365.25 if what.daily else 365.25 / 7
    days = [FIRST_MONDAY + timedelta(days=(1 if what.daily else 7) * t) for t in range(count)]
    names = [*CHANNELS][: what.channels]
    names = sorted(rng.choice(names, what.channels, replace=False), key=[*CHANNELS].index)

    season = _season(rng, count, year)
    base = _base(rng, days, season, what)
    price = 1 + 0.04 * _wander(rng, count, 0.9)
    promotion = (rng.random(count) < 0.08).astype(float)
    base = base - rng.uniform(0.2, 0.8) * (price - 1) + rng.uniform(0.02, 0.1) * promotion

    demand = _scaled(season + 0.5 * _scaled(base))
    shared = _flights("bursts", rng, count, what.daily)
    roas = np.exp(rng.normal(0, rng.uniform(*what.roas_spread), what.channels))
    if what.steps:
        roas = rng.permutation(np.geomspace(1.0, 5.0, what.channels))
    roas = roas * rng.uniform(0.8, 3.0) / np.exp(np.log(roas).mean())
    budgets = np.exp(rng.normal(0, 0.6, what.channels))
    spends, effects = [], []
    ranges: dict[str, tuple[float, float]] = {}
    for name in names:
        kind = CHANNELS[name]
        spend = _flights(kind.flights, rng, count, what.daily)
        if what.together:
            spend = (shared**what.together) * (spend ** (1 - what.together)) * rng.lognormal(0, 0.15, count)
        if what.following:
            spend = spend * np.exp(what.following * demand)
        thetas = DAY_THETAS[kind.theta] if what.daily else kind.theta
        ranges |= {f"{name}_COST_alphas": ALPHAS, f"{name}_COST_gammas": GAMMAS, f"{name}_COST_thetas": thetas}
        spends.append(spend / spend.mean())
        effects.append(
            _felt(
                spends[-1],
                _true(rng, ALPHAS, what.outside, 0.2, 4.0),
                _true(rng, GAMMAS, what.outside, 0.15, 1.3),
                _true(rng, thetas, what.outside, 0.0, 0.95),
            )
        )
    # Effects follow from ROAS and budgets; the level of both from the share of revenue.
    share = rng.uniform(*what.share)
    level = share / (1 - share) * base.mean() / np.sum(roas * budgets)
    spend = np.array([level * budget * spend for budget, spend in zip(budgets, spends, strict=True)])
    effect = np.array([r * s.sum() / e.sum() * e for r, s, e in zip(roas, spend, effects, strict=True)])
    clean = base + effect.sum(axis=0)
    noisy = clean + rng.uniform(*what.noise) * clean.mean() * _wander(rng, count, what.echo)

    size = float(np.exp(rng.uniform(np.log(2e4), np.log(2e6)))) / (7 if what.daily else 1)
    frame = pd.DataFrame({"DATE": days, REVENUE: np.round(size * np.maximum(noisy, 0.05), 2)})
    for name, column in zip(names, spend, strict=True):
        frame[f"{name}_COST"] = np.round(size * column, 2)
    frame = frame.assign(**{PRICE: np.round(price, 4), PROMOTION: promotion.astype(int)})
    config = {
        "country": "DE",
        "date_var": "DATE",
        "dep_var": REVENUE,
        "paid_media_spends": [f"{name}_COST" for name in names],
        "context_vars": [PRICE, PROMOTION],
        "prophet_vars": ["trend", "season", "holiday", *(["weekday"] if what.daily else [])],
        "custom_hyperparameters": {name: list(value) for name, value in ranges.items()},
    }
    return Truth(family, seed, frame, config, {f"{name}_COST": float(r) for name, r in zip(names, roas, strict=True)})


def _season(rng: np.random.Generator, count: int, year: float) -> Vector:
    """A year's waves, three harmonics, with the peak before Christmas that trade knows."""
    at = 2 * np.pi * np.arange(count) / year
    waves = sum(rng.normal(0, 1 / k**1.3) * np.cos(k * at + rng.uniform(0, 2 * np.pi)) for k in (1, 2, 3))
    peak = np.exp(-0.5 * ((np.arange(count) % year - 0.94 * year) / (0.035 * year)) ** 2)
    return np.asarray(rng.uniform(0.04, 0.14) * waves + rng.uniform(0.05, 0.25) * peak)


def _base(rng: np.random.Generator, days: list[date], season: Vector, what: Family) -> Vector:
    """What is sold without media, around 1: level, growth that bends once, season, weekdays, holidays."""
    count = len(days)
    years = np.arange(count) / (365.25 if what.daily else 365.25 / 7)
    bend = rng.uniform(0.2, 0.8) * years[-1]
    growth = rng.normal(0.03, 0.08) * years + rng.normal(0, 0.1) * np.maximum(years - bend, 0)
    base = 1 + growth + season
    if what.daily:
        base = base + np.tile(rng.normal(0, 0.06, 7), count // 7 + 1)[:count]
    jumps = {(5, 1): rng.normal(0, 0.08), (10, 3): rng.normal(0, 0.08), (12, 26): rng.normal(-0.1, 0.08)}
    for t, day in enumerate(days):
        inside = [day] if what.daily else [day + timedelta(days=d) for d in range(7)]
        base[t] += sum(jumps.get((one.month, one.day), 0.0) for one in inside)
    return np.asarray(np.maximum(base, 0.2))


def _flights(kind: str, rng: np.random.Generator, count: int, daily: bool) -> Vector:
    """Spend per period, of any level. Everything but `always` has periods without any."""
    unit = 7 if daily else 1
    weeks = count // unit + 2
    level = np.zeros(weeks)
    rest: Callable[[int, int], int] = lambda low, high: int(rng.integers(low, high + 1))  # noqa: E731
    if kind == "always":
        # Budgets are set anew each quarter, and bids move in between.
        quarters = np.repeat(rng.normal(0, 0.35, weeks // 13 + 1), 13)[:weeks]
        level = np.exp(quarters + 0.35 * _wander(rng, weeks, 0.7))
    else:
        on, off = {"bursts": ((3, 8), (3, 12)), "posters": ((2, 4), (4, 9)), "pulses": ((1, 6), (1, 4))}[kind]
        at = rest(0, off[1])
        while at < weeks:
            length = rest(*on)
            level[at : at + length] = rng.lognormal(0, 0.35)
            at += length + rest(*off)
        if not level.any():
            level[: on[1]] = 1.0
    return np.asarray(np.repeat(level, unit)[:count] * rng.lognormal(0, 0.2, count))


def _felt(spend: Vector, alpha: float, gamma: float, theta: float) -> Vector:
    """Geometric adstock, then Hill with its half point at `gamma` of the largest. Written apart from the model's."""
    carried = np.zeros(len(spend))
    before = 0.0
    for t, now in enumerate(spend):
        before = carried[t] = now + theta * before
    half = gamma * carried.max()
    return np.asarray(carried**alpha / (carried**alpha + half**alpha))


def _true(rng: np.random.Generator, searched: tuple[float, float], outside: float, low: float, high: float) -> float:
    """Draw a parameter from the searched range, or with chance `outside` from beyond it, within low..high."""
    if rng.random() >= outside:
        return float(rng.uniform(*searched))
    return float(np.clip(rng.choice([searched[0] * 0.6, searched[1] * 1.15]), low, high))


def _wander(rng: np.random.Generator, count: int, echo: float) -> Vector:
    """Noise of variance 1 of which a share `echo` lasts into the next period."""
    values = rng.normal(0, np.sqrt(1 - echo**2), count)
    values[0] /= np.sqrt(1 - echo**2)
    for t in range(1, count):
        values[t] += echo * values[t - 1]
    return np.asarray(values)


def _scaled(values: Vector) -> Vector:
    return np.asarray((values - values.mean()) / values.std())
