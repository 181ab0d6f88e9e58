"""How a channel's effect is spread over the periods after the spend, by the model and by its draws."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.results.read import Results

Weights = NDArray[np.float64]
# Of the draws that a range of them holds.
ENDS = (0.05, 0.95)


def decay(results: Results) -> dict[str, Weights]:
    """Per paid channel the chosen model's weight of each lag in periods, (N,), 0 first; the largest is 1.

    Sources: Robyn 3.12.1, adstock_geometric and adstock_weibull; Jin and others (2017), Bayesian Methods for Media Mix
    Modeling with Carryover and Shape Effects, for the delayed one. The scale of a Weibull curve is a share of the data.
    """
    lags = np.arange(results.summary.data.rows, dtype=np.float64)
    return {channel: weights(lags, *results.adstock_of(channel)) for channel in results.channels}


def weights(lags: Weights, kind: str, first: float, second: float) -> Weights:
    """The weight of each of (N,) lags, the largest 1. first, second: theta and peak, or shape and scale."""
    if kind == "geometric":
        return np.asarray(first**lags)
    if kind == "delayed":
        spread = np.asarray(first ** ((lags - second) ** 2)) if first > 0 else (lags == np.rint(second)).astype(float)
        return np.asarray(spread / max(spread.max(), 1e-300))
    return _weibull(kind, lags, first, second)


def mean_lag(weight: Weights) -> float:
    """Periods between the spend and its effect, on average; 0 without any."""
    total = float(weight.sum())
    return float(np.arange(len(weight)) @ weight / total) if total > 0 else 0.0


def drawn_decay(results: Results, channels: list[str]) -> dict[str, Weights]:
    """As `decay`, of the draws' mean: one model may lie far from the middle. A channel without draws is left out.

    Each draw counts with the shares of its effect by lag, so that the mean lag is the mean of the draws' mean lags.
    """
    lags = np.arange(results.summary.data.rows, dtype=np.float64)
    found: dict[str, Weights] = {}
    for channel, rows in results.draws.groupby("rn") if len(results.draws) else ():
        drawn = [
            weights(lags, str(kind), float(first), float(second))
            for kind, first, second in zip(rows["adstock"], rows["first"], rows["second"], strict=True)
        ]
        mean = np.mean([each / max(float(each.sum()), 1e-300) for each in drawn], axis=0)
        if channel in channels and mean.max() > 0:
            found[str(channel)] = np.asarray(mean / mean.max())
    return found


def drawn_lags(results: Results, channels: list[str]) -> pd.DataFrame:
    """The mean lag of each channel in each draw from the posterior: one row per draw; empty without draws."""
    rows = results.draws
    if len(rows) == 0:
        return pd.DataFrame(columns=channels)
    lags = np.arange(results.summary.data.rows, dtype=np.float64)
    found = rows[rows["rn"].isin(channels)]
    told = [
        mean_lag(weights(lags, str(kind), float(first), float(second)))
        for kind, first, second in zip(found["adstock"], found["first"], found["second"], strict=True)
    ]
    wide: pd.DataFrame = found.assign(lag=told).pivot(index="draw", columns="rn", values="lag")
    return wide.reindex(columns=channels).dropna(axis=1, how="all")


def _weibull(kind: str, lags: Weights, shape: float, scale: float) -> Weights:
    if shape <= 0 or scale <= 0:
        return np.asarray(lags == 0, dtype=np.float64)
    center = np.rint(1 + (len(lags) - 1) * scale)
    if kind == "weibull_cdf":
        return np.asarray(np.exp(-np.cumsum((lags / center) ** shape)))
    since = (lags + 1) / center
    density = since ** (shape - 1) * np.exp(-(since**shape))
    low, high = density.min(), density.max()
    return np.asarray((density - low) / (high - low) if high > low else (lags == 0), dtype=np.float64)
