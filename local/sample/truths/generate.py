"""One set of a family: spends, base, noise, and the effects that make the promised ROAS come true."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from local.sample.truths.baseline import base as base_of
from local.sample.truths.baseline import days_of, periods_per_year, season
from local.sample.truths.chance import Vector, inside_or_out, scaled, wander
from local.sample.truths.channels import CHANNELS, flights, thetas
from local.sample.truths.family import FAMILIES, Family
from local.sample.truths.medium import Medium, fading, rising
from local.sample.truths.truth import Truth, jointly

REVENUE, PRICE, PROMOTION, CAMPAIGN = "REVENUE", "PRICE_INDEX", "PROMOTION", "CAMPAIGN"
ALPHAS, GAMMAS = (0.5, 3.0), (0.3, 1.0)
# A promotion of a family that has them: what it adds to demand, to spend, and how often it is.
PROMOTED, SPENT_MORE, HOW_OFTEN = (0.15, 0.35), (0.3, 0.7), 0.1
ODD_SIZE = (0.35, 0.8)
# How far beyond the searched ranges parameters may lie.
BEYOND = {"alphas": (0.2, 4.0), "gammas": (0.15, 1.3), "thetas": (0.0, 0.95)}


@dataclass(frozen=True)
class _Market:
    """What goes on without media, in units of its level: `base` of all periods, and a year more; the rest of T."""

    days: list[date]
    base: Vector
    demand: Vector
    price: Vector
    promotion: Vector
    campaign: Vector


@dataclass(frozen=True)
class _Plan:
    """What is spent, and what that does. shapes: of mean 1. media: in units of their shapes. budgets: of any level."""

    kinds: dict[str, str]
    shapes: list[Vector]
    media: list[Medium]
    roas: Vector
    budgets: Vector
    ranges: dict[str, list[float]]


def generate(family: str, seed: int) -> Truth:
    """Return the set of `family` for `seed`. Raises KeyError for an unknown family."""
    what = FAMILIES[family]
    rng = np.random.default_rng([seed, *family.encode()])
    # What only some families have is drawn apart, so that it does not change the other families' sets.
    special = np.random.default_rng([seed, *family.encode(), 1])
    count = int(rng.integers(what.periods[0], what.periods[1] + 1))
    names = sorted(rng.choice([*CHANNELS][: what.channels], what.channels, replace=False), key=[*CHANNELS].index)
    market = _market(rng, special, what, count)
    plan = _plan(rng, special, what, market, names)

    # Effects follow from ROAS and budgets; the level of both from the share of revenue.
    share, usual = rng.uniform(*what.share), market.base[:count].mean()
    level = share / (1 - share) * usual / np.sum(plan.roas * plan.budgets)
    noise = rng.uniform(*what.noise) * usual / (1 - share) * wander(rng, count, what.echo)
    odd = np.sort(special.choice(np.arange(8, count - 4), what.odd, replace=False))
    noise[odd] += special.choice([-1.0, 1.0], what.odd) * special.uniform(*ODD_SIZE, what.odd) * usual
    shapes = plan.shapes
    if what.sales_driven:
        heat = _lagged(market.base[:count] + noise) - 1
        shapes = [one * np.exp(what.sales_driven * heat) for one in shapes]
        shapes = [one / one.mean() for one in shapes]
    size = float(np.exp(rng.uniform(np.log(2e4), np.log(2e6)))) * what.step / 7

    spends = [np.round(size * level * budget * one, 2) for budget, one in zip(plan.budgets, shapes, strict=True)]
    media = [
        _worth(medium, one, spend, ratio * spend.sum())
        for medium, one, spend, ratio in zip(plan.media, shapes, spends, plan.roas, strict=True)
    ]
    effects = [medium.effect(spend) for medium, spend in zip(media, spends, strict=True)]
    both = jointly(effects, what.synergy) if what.synergy else np.zeros(count)
    brought = np.array([one.sum() for one in effects])
    brought[:2] += both.sum() / 2
    kpi = size * (market.base[:count] + noise) + np.sum(effects, axis=0) + both
    columns = [f"{name}_COST" for name in names]
    frame = _frame(market, np.round(np.maximum(kpi, 0.05 * size), 2), dict(zip(columns, spends, strict=True)), what)
    return Truth(
        family=family,
        seed=seed,
        frame=frame,
        config=_config(what, columns, [*frame.columns[2 + len(columns) :]], plan.ranges),
        roas={name: float(b / s.sum()) for name, b, s in zip(columns, brought, spends, strict=True)},
        media_share=float(brought.sum() / frame[REVENUE].sum()),
        kinds=dict(zip(columns, plan.kinds.values(), strict=True)),
        flags=_flags(what, columns),
        odd=tuple(int(at) for at in odd),
        media=dict(zip(columns, media, strict=True)),
        base=size * market.base,
        synergy=what.synergy,
    )


def _market(rng: np.random.Generator, special: np.random.Generator, what: Family, count: int) -> _Market:
    year = periods_per_year(what.step)
    ahead = round(year)
    days = days_of(count + ahead, what.step)
    waves = season(rng, count + ahead, year)
    base = base_of(rng, days, waves, what.step, count)
    price = 1 + 0.04 * wander(rng, count, 0.9)
    promotion = (rng.random(count) < 0.08).astype(float)
    moved = -rng.uniform(0.2, 0.8) * (price - 1) + rng.uniform(0.02, 0.1) * promotion
    broken, campaign = _breaks(special, what, count, base)
    base = base + _ahead(moved + broken, ahead, base, count)
    demand = scaled(waves[:count] + 0.5 * scaled(base[:count]))
    return _Market(days, base, demand, price, promotion, campaign)


def _plan(
    rng: np.random.Generator, special: np.random.Generator, what: Family, market: _Market, names: list[str]
) -> _Plan:
    count = len(market.price)
    shared = flights("bursts", rng, count, what.step)
    roas = np.exp(rng.normal(0, rng.uniform(*what.roas_spread), what.channels))
    if what.steps:
        roas = rng.permutation(np.geomspace(1.0, 5.0, what.channels))
    roas = roas * rng.uniform(0.8, 3.0) / np.exp(np.log(roas).mean())
    budgets = np.exp(rng.normal(0, 0.6, what.channels))
    kinds = {name: what.flights or CHANNELS[name].flights for name in names}
    shapes: list[Vector] = []
    media: list[Medium] = []
    ranges: dict[str, list[float]] = {}
    for name in names:
        spend = flights(kinds[name], rng, count, what.step)
        if what.together:
            spend = (shared**what.together) * (spend ** (1 - what.together)) * rng.lognormal(0, 0.15, count)
        if what.following:
            spend = spend * np.exp(what.following * market.demand)
        if what.promotion:
            spend = spend * (1 + special.uniform(*SPENT_MORE) * market.campaign)
        searched = {"alphas": ALPHAS, "gammas": GAMMAS, "thetas": thetas(CHANNELS[name], what.step)}
        ranges |= {f"{name}_COST_{which}": [*ends] for which, ends in searched.items()}
        alpha, gamma, theta = (
            inside_or_out(rng, ends, what.outside, *BEYOND[which]) for which, ends in searched.items()
        )
        shapes.append(spend / spend.mean())
        media.append(_medium(special, what, len(media), shapes[-1], alpha, gamma, theta))
    if what.twins:
        half = shapes[0] * special.lognormal(0, 0.05, count)
        shapes[1], media[1], roas[1], budgets[1] = half / half.mean(), media[0], roas[0], budgets[0]
    roas[: what.silent] = 0.0
    return _Plan(kinds, shapes, media, roas, budgets, ranges)


def _frame(market: _Market, kpi: Vector, spends: dict[str, Vector], what: Family) -> pd.DataFrame:
    """The data as a person has them: date, KPI, spends, and what they know besides."""
    count = len(kpi)
    known = {PRICE: np.round(market.price, 4), PROMOTION: market.promotion.astype(int)}
    if what.promotion == "shown":
        known[CAMPAIGN] = market.campaign.astype(int)
    return pd.DataFrame({"DATE": market.days[:count], REVENUE: kpi, **spends, **known})


def _breaks(rng: np.random.Generator, what: Family, count: int, base: Vector) -> tuple[Vector, Vector]:
    """Return (count,) what breaks of level and promotions add to the base, and the promotions themselves."""
    added, campaign = np.zeros(count), np.zeros(count)
    if what.level:
        at = int(count * rng.uniform(0.3, 0.75))
        added[at:] += rng.choice([-1.0, 1.0]) * rng.uniform(*what.level) * base[:count].mean()
    if what.promotion:
        campaign[rng.choice(count, int(HOW_OFTEN * count), replace=False)] = 1.0
        added += rng.uniform(*PROMOTED) * campaign
    return added, campaign


def _ahead(moved: Vector, ahead: int, base: Vector, count: int) -> Vector:
    """Return what is added to the base of all periods: after the data's end, as a year before."""
    following = np.concatenate([moved, moved[-ahead:] if len(moved) >= ahead else np.full(ahead, moved[-1])])
    return np.asarray(np.maximum(following, 0.1 - base[: count + ahead]))


def _medium(
    rng: np.random.Generator, what: Family, place: int, shape: Vector, alpha: float, gamma: float, theta: float
) -> Medium:
    """A medium of the family, its curve in units of `shape`, whose mean is 1; what it is worth is set later."""
    if what.long and place < 2:
        theta = float(rng.uniform(*what.long))
    # Most peaks come late where a family has them; some channels work at once beside them.
    delayed = what.peak is not None and (place == 0 or rng.random() < 0.6)
    lags = rising(float(rng.uniform(*what.peak))) if what.peak and delayed else fading(theta)
    most = np.convolve(shape, lags)[: len(shape)].max()
    portions = rng.dirichlet(np.full(what.regions, 3.0)) if what.regions > 1 else np.ones(1)
    tilts = rng.lognormal(0, 0.5, what.regions) if what.regions > 1 else np.ones(1)
    worths = portions * rng.lognormal(0, 0.4, what.regions) if what.regions > 1 else np.ones(1)
    return Medium(lags, alpha, portions, gamma * most * portions * tilts, worths)


def _worth(medium: Medium, shape: Vector, spend: Vector, brought: float) -> Medium:
    """Return the medium in units of money, so that `spend`, which is `shape` times something, brings `brought`."""
    unit = spend.sum() / shape.sum()
    halves = medium.halves * unit
    raw = Medium(medium.lags, medium.alpha, medium.portions, halves, medium.worths)
    return Medium(medium.lags, medium.alpha, medium.portions, halves, medium.worths * brought / raw.effect(spend).sum())


def _lagged(sold: Vector) -> Vector:
    """Return (T,) the mean of the four periods before each, over the mean of all."""
    padded = np.concatenate([np.full(4, sold[:4].mean()), sold])
    return np.asarray([padded[t : t + 4].mean() for t in range(len(sold))] / sold.mean())


def _config(what: Family, columns: list[str], context: list[str], ranges: dict[str, list[float]]) -> dict[str, Any]:
    calendar = {1: ["holiday", "weekday"], 7: ["holiday"], 30: []}[what.step]
    return {
        "country": "DE",
        "date_var": "DATE",
        "dep_var": REVENUE,
        "paid_media_spends": columns,
        "context_vars": context,
        "prophet_vars": ["trend", "season", *calendar],
        "custom_hyperparameters": ranges,
    }


def _flags(what: Family, columns: list[str]) -> dict[str, tuple[str, ...]]:
    said: dict[str, tuple[str, ...]] = {name: () for name in columns}
    for name in columns[: what.silent]:
        said[name] = ("no effect",)
    if what.twins:
        said |= {columns[0]: (f"half beside {columns[1]}",), columns[1]: (f"half beside {columns[0]}",)}
    if what.long:
        said |= {name: ("long carry-over",) for name in columns[:2]}
    if what.synergy:
        said |= {name: ("synergy",) for name in columns[:2]}
    return said
