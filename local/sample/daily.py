"""Three years of a market's days, made from its truth: every effect is computed, then noise is added."""

from copy import deepcopy
from functools import cache
from typing import Any

import holidays
import numpy as np
import numpy.typing as npt
import pandas as pd

from local.sample.markets import MARKETS, Channel, Market, market

FIRST_DAY = "2023-01-02"  # a Monday
WEEKS = 156
SEED = 20260

Days = npt.NDArray[np.float64]


def daily(country: str, seed: int = SEED) -> pd.DataFrame:
    """Return one row a day of a country: media, organic, context, orders and revenue."""
    return _simulate(country.upper(), seed)[0].copy()


def truth(country: str, seed: int = SEED) -> dict[str, Any]:
    """Return what made the numbers: per channel the true ROAS, adstock and saturation, and the shares of revenue."""
    return deepcopy(_simulate(country.upper(), seed)[1])


@cache
def _simulate(country: str, seed: int) -> tuple[pd.DataFrame, dict[str, Any]]:
    place = market(country)
    rng = np.random.default_rng([seed, sorted(MARKETS).index(country)])
    dates = pd.date_range(FIRST_DAY, periods=WEEKS * 7, freq="D")
    demand = _demand(place, dates)
    promo = _promotions(dates, rng)
    price = np.round(1.0 + 0.0009 * np.arange(len(dates)) ** 0.5 - 0.08 * promo + _drift(rng, len(dates), 0.012), 4)
    temperature = np.round(_temperature(place, dates) + _drift(rng, len(dates), 3.2), 1)
    competitor = np.round(np.clip(100 + _drift(rng, len(dates), 11.0, memory=0.96), 60, 150), 1)
    sends = _newsletter(place, dates, rng)

    columns: dict[str, Any] = {"DATE": dates.date, "COUNTRY": country}
    effects: dict[str, Days] = {}
    facts: dict[str, Any] = {}
    for channel in place.channels:
        spend = np.round(_spend(channel, dates, demand, rng), 2)
        columns[channel.spend_column] = spend
        driver = spend
        if channel.exposure:
            driver = np.round(spend / _price(channel, dates, rng) * 1000)
            columns[channel.exposure_column] = driver.astype(np.int64)
        effects[channel.name] = _effect(channel, spend, driver)
        facts[channel.name] = _facts(channel, spend, effects[channel.name])

    base = place.base * demand
    parts: dict[str, Days] = {
        "base": base,
        "promotions": 0.16 * base * promo,
        "price": -0.9 * base * (price - 1.0),
        "temperature": -0.0022 * base * (temperature - temperature.mean()),
        "competitor": -0.0011 * base * (competitor - 100),
        "newsletter": 0.055 * _carry(sends, 0.3) * place.basket / 48,
    }
    expected = sum(parts.values()) + sum(effects.values())
    revenue = np.round(
        expected * (1 + _drift(rng, len(dates), 0.012, memory=0.5) + rng.normal(0, 0.022, len(dates))), 2
    )
    basket = place.basket * price * (1 + rng.normal(0, 0.015, len(dates)))
    columns |= {
        "NEWSLETTER_SENDS": sends.astype(np.int64),
        "PROMO_FLAG": promo.astype(np.int64),
        "PRICE_INDEX": price,
        "TEMPERATURE": temperature,
        "COMPETITOR_INDEX": competitor,
        "ORDERS": np.round(revenue / basket).astype(np.int64),
        "REVENUE": revenue,
    }
    total = float(revenue.sum())
    for name, fact in facts.items():
        fact["share_of_revenue"] = round(float(effects[name].sum()) / total, 4)
    story = {
        "country": country,
        "currency": place.currency,
        "seed": seed,
        "first_date": str(dates[0].date()),
        "last_date": str(dates[-1].date()),
        "revenue": round(total, 2),
        "channels": facts,
        "shares_of_revenue": {name: round(float(part.sum()) / total, 4) for name, part in parts.items()},
    }
    return pd.DataFrame(columns), story


def _demand(place: Market, dates: pd.DatetimeIndex) -> Days:
    """What would be sold without anybody's doing, relative to the first day: trend, year, week, holidays."""
    t = np.arange(len(dates)) / len(dates)
    trend = 1 + place.growth * (t + 0.25 * np.maximum(t - 0.45, 0) - 0.5 * np.maximum(t - 0.8, 0))
    year = 2 * np.pi * (dates.dayofyear.to_numpy() / 365.25)
    season = 1 + place.winter * (0.38 * np.cos(year + 0.35) + 0.14 * np.cos(2 * year - 0.6) + 0.08 * np.sin(3 * year))
    week = np.array(place.weekdays)[dates.dayofweek.to_numpy()]
    return np.asarray(trend * season * week * _special_days(place, dates), dtype=np.float64)


def _special_days(place: Market, dates: pd.DatetimeIndex) -> Days:
    """Public holidays when shops are shut, and the weeks before Christmas and around Black Friday."""
    factor = np.ones(len(dates))
    shut = holidays.country_holidays(
        place.country, subdiv="ENG" if place.country == "GB" else None, years=sorted(set(dates.year))
    )
    factor[[day in shut for day in dates.date]] = 0.72
    for year in sorted(set(dates.year)):
        christmas = pd.Timestamp(year, 12, 24)
        ahead = (christmas - dates).days.to_numpy()
        factor *= np.where((ahead >= 1) & (ahead <= 24), 1 + 0.20 * (1 - np.abs(ahead - 9) / 24), 1.0)
        friday = pd.Timestamp(year, 10, 31) + pd.offsets.WeekOfMonth(week=3, weekday=3) + pd.Timedelta(days=1)
        factor *= np.where(np.abs((friday - dates).days.to_numpy()) <= 3, 1.22, 1.0)
    return factor


def _promotions(dates: pd.DatetimeIndex, rng: np.random.Generator) -> Days:
    """Sales of the season, and a few of five to nine days at other times: 1 on each of their days."""
    promo = np.zeros(len(dates))
    promo[((dates.month == 1) & (dates.day >= 8) & (dates.day <= 21)) | ((dates.month == 7) & (dates.day <= 12))] = 1
    for start in rng.choice(np.arange(30, len(dates) - 10), size=12, replace=False):
        promo[start : start + rng.integers(5, 10)] = 1
    return promo


def _temperature(place: Market, dates: pd.DatetimeIndex) -> Days:
    middle, swing = (place.warmest + place.coldest) / 2, (place.warmest - place.coldest) / 2
    return np.asarray(middle - swing * np.cos(2 * np.pi * (dates.dayofyear.to_numpy() - 20) / 365.25), dtype=np.float64)


def _newsletter(place: Market, dates: pd.DatetimeIndex, rng: np.random.Generator) -> Days:
    """Every Tuesday, and in about half of the weeks on Thursday; the list grows."""
    readers = place.subscribers * (1 + 0.3 * np.arange(len(dates)) / len(dates))
    day = dates.dayofweek.to_numpy()
    thursdays = np.repeat(rng.random(WEEKS) < 0.5, 7)
    return np.asarray(
        np.round(np.where((day == 1) | ((day == 3) & thursdays), readers * rng.uniform(0.55, 1, len(dates)), 0))
    )


def _spend(channel: Channel, dates: pd.DatetimeIndex, demand: Days, rng: np.random.Generator) -> Days:
    """What was spent each day, as such a channel is bought."""
    days = len(dates)
    weeks = np.zeros(WEEKS)
    match channel.flighting:
        case "bursts":
            week = int(rng.integers(1, 5))
            while week < WEEKS:
                length = int(rng.integers(3, 7))
                weeks[week : week + length] = rng.uniform(0.45, 1.5)
                week += length + int(rng.integers(2, 7))
            plan = np.repeat(weeks, 7)
        case "always":
            plan = np.repeat(np.repeat(rng.uniform(0.25, 1.75, WEEKS // 4 + 1), 4)[:WEEKS], 7)
            for start in rng.choice(np.arange(10, WEEKS - 4), size=6, replace=False):
                plan[start * 7 : (start + 2) * 7] = 0
        case "demand":
            tests = np.repeat(np.repeat(rng.uniform(0.55, 1.45, WEEKS // 3 + 1), 3)[:WEEKS], 7)
            plan = tests * (demand / demand.mean()) ** 0.6
        case "posters":
            for start in rng.choice(np.arange(0, WEEKS - 2, 2), size=30, replace=False):
                weeks[start : start + 2] = rng.uniform(0.5, 1.5)
            plan = np.repeat(weeks, 7)
        case "insertions":
            plan = np.zeros(days)
            for week in rng.choice(np.arange(WEEKS), size=58, replace=False):
                plan[week * 7 + rng.choice([2, 4, 5])] = rng.uniform(1.5, 4.5)
    return np.asarray(channel.spend * plan * rng.lognormal(0, 0.12, days), dtype=np.float64)


def _price(channel: Channel, dates: pd.DatetimeIndex, rng: np.random.Generator) -> Days:
    """Spend per 1,000 exposures: dearer before Christmas, cheaper in January, never quite the same."""
    season = 1 + 0.22 * np.isin(dates.month, (11, 12)) - 0.12 * np.isin(dates.month, (1, 2))
    return np.asarray(channel.price * season * (1 + _drift(rng, len(dates), 0.07, memory=0.97)), dtype=np.float64)


def _effect(channel: Channel, spend: Days, driver: Days) -> Days:
    """Revenue a channel brings each day: adstock, Hill, scaled so that the whole is its ROAS times its spend."""
    carried = _carry(driver, channel.theta)
    inflexion = channel.gamma * carried.max()
    shape = carried**channel.alpha / (carried**channel.alpha + inflexion**channel.alpha)
    return np.asarray(shape * channel.roas * spend.sum() / shape.sum(), dtype=np.float64)


def _carry(x: Days, theta: float) -> Days:
    """Geometric adstock: y[t] = x[t] + theta * y[t-1]."""
    y = np.array(x, dtype=np.float64)
    for t in range(1, len(y)):
        y[t] += theta * y[t - 1]
    return y


def _drift(rng: np.random.Generator, days: int, size: float, memory: float = 0.8) -> Days:
    """A slow wander around zero with standard deviation `size`."""
    return _carry(rng.normal(0, size * np.sqrt(1 - memory**2), days), memory)


def _facts(channel: Channel, spend: Days, effect: Days) -> dict[str, Any]:
    return {
        "spend_column": channel.spend_column,
        "exposure_column": channel.exposure_column or None,
        "roas": channel.roas,
        "adstock_theta_daily": channel.theta,
        "hill_alpha": channel.alpha,
        "hill_gamma": channel.gamma,
        "spend": round(float(spend.sum()), 2),
        "revenue_brought": round(float(effect.sum()), 2),
    }
