"""Adstock: how much of a channel's effect is left in the periods after the spend."""

import numpy as np
from numpy.typing import NDArray

from engine.charts.style import GREY, INK, TEXT, Chart, canvas, finish, line
from engine.labels import label
from engine.results.headline import Headline
from engine.results.leader import shows_effect
from engine.results.read import Results
from engine.results.wording import percent

SHORTEST, LONGEST = 6, 26
# What is left below this share is not worth a longer chart.
FAINT = 0.05


def draw(results: Results, head: Headline, footer: str) -> Chart:
    """Draw what each channel's spend does now and later, as a share of its strongest period."""
    # What shows no effect has none to carry, whatever its curve.
    alive = [one.channel for one in head.channels if shows_effect(one)]
    left = {channel: weights for channel, weights in decay(results).items() if channel in alive or not alive}
    said = {channel: _said(results, channel, weights, head.interval) for channel, weights in left.items()}
    order = sorted(left, key=lambda channel: -_mean_lag(left[channel]))
    seen = max(int(np.flatnonzero(weights > FAINT)[-1]) + 1 for weights in left.values())
    horizon = max(SHORTEST, min(LONGEST, seen))
    geometric = all(results.adstock_of(channel)[0] == "geometric" for channel in left)
    title = f"{label(order[0])}{' works longest' if len(order) > 1 else ''}: {said[order[0]]}"
    # Only a Weibull density can have its peak after the spend.
    subtitle = "Effect left" if geometric else "Effect, as a share of the strongest period,"
    figure, [axis] = canvas(title, f"{subtitle} after a single spend, by {head.interval}s since")
    for position, channel in enumerate(order):
        hue, dash = line(position)
        weights = left[channel][: horizon + 1]
        brief = said[channel].replace(" into the next " + head.interval, "")
        text = f"{label(channel)}: {brief}"
        axis.plot(np.arange(len(weights)), weights, color=hue, linestyle=dash, linewidth=2.4, label=text)
    axis.axhline(0.5, color=GREY, linewidth=1, linestyle=":")
    axis.text(horizon, 0.515, "half left", ha="right", color=GREY, fontsize=TEXT - 1)
    axis.legend(frameon=False, fontsize=TEXT - 1, labelcolor=INK, loc="upper right")
    axis.set_ylim(0, 1.03)
    axis.set_xlim(0, horizon)
    axis.yaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
    axis.set_ylabel("Effect left")
    axis.set_xlabel(f"{head.interval.title()}s after the spend")

    each = "; ".join(f"{label(channel)} {said[channel]}" for channel in left)
    alt = f"Decay of each channel's effect after a single spend: {each}."
    return finish(figure, name="adstock", title=title, alt=alt[:1900], footer=footer)


def decay(results: Results) -> dict[str, NDArray[np.float64]]:
    """Per paid channel the chosen model's weight of each lag in periods, (N,), 0 first; the largest is 1.

    Sources: Robyn 3.12.1, adstock_geometric and adstock_weibull; Jin and others (2017) for the delayed one. The
    scale of a Weibull curve is a share of the length of the data.
    """
    lags = np.arange(results.summary.data.rows, dtype=np.float64)
    return {channel: _weights(lags, *results.adstock_of(channel)) for channel in results.channels}


def _weights(lags: NDArray[np.float64], kind: str, first: float, second: float) -> NDArray[np.float64]:
    if kind == "geometric":
        return np.asarray(first**lags)
    if kind == "delayed":
        spread = np.asarray(first ** ((lags - second) ** 2)) if first > 0 else (lags == np.rint(second)).astype(float)
        return np.asarray(spread / max(spread.max(), 1e-300))
    return _weibull(kind, lags, first, second)


def _weibull(kind: str, lags: NDArray[np.float64], shape: float, scale: float) -> NDArray[np.float64]:
    if shape <= 0 or scale <= 0:
        return np.asarray(lags == 0, dtype=np.float64)
    center = np.rint(1 + (len(lags) - 1) * scale)
    if kind == "weibull_cdf":
        return np.asarray(np.exp(-np.cumsum((lags / center) ** shape)))
    since = (lags + 1) / center
    density = since ** (shape - 1) * np.exp(-(since**shape))
    low, high = density.min(), density.max()
    return np.asarray((density - low) / (high - low) if high > low else (lags == 0), dtype=np.float64)


def _mean_lag(weights: NDArray[np.float64]) -> float:
    """Periods between the spend and its effect, on average."""
    return float(np.arange(len(weights)) @ weights / weights.sum())


def _said(results: Results, channel: str, weights: NDArray[np.float64], interval: str) -> str:
    kind, theta, _ = results.adstock_of(channel)
    if kind == "geometric":
        return f"{percent(theta)} carries into the next {interval}"
    return f"{_mean_lag(weights):.1f} {interval}s on average"
