"""Adstock and saturation: from what was spent to what is felt.

Sources: Robyn 3.12.1, adstock_geometric, adstock_weibull and saturation_hill.
"""

import numpy as np

from engine.model.fit.compiled import Matrix, Vector, compiled, vectorised
from engine.model.fit.elementary import exp2, exp2_within, log2

GEOMETRIC, WEIBULL_CDF, WEIBULL_PDF, DELAYED = 0, 1, 2, 3
ADSTOCKS = {"geometric": GEOMETRIC, "weibull_cdf": WEIBULL_CDF, "weibull_pdf": WEIBULL_PDF, "delayed": DELAYED}
NAMES = {code: name for name, code in ADSTOCKS.items()}
# Weights behind the last one above this share of the largest change no sum of 64-bit numbers.
NEGLIGIBLE = 1e-20
# The binary logarithm of less than that.
FAINT = -67.0
# The least input that has a logarithm here.
TINY = 1e-300


@compiled
def geometric_into(x: Vector, theta: float, out: Vector, start: int = 0) -> float:
    """Write `geometric_adstock` into `out`, as far as `out` is long. Returns the largest from `start` on."""
    felt, most = 0.0, 0.0
    for t in range(start):
        felt = x[t] + theta * felt
        out[t] = felt
    for t in range(start, len(out)):
        felt = x[t] + theta * felt
        out[t] = felt
        if felt > most:
            most = felt
    return most


@compiled
def weibull_weights_into(kind: int, shape: float, scale: float, out: Vector) -> int:
    """Write the weight of each lag into `out`, (L,). Returns how many of them matter."""
    periods = len(out)
    out[:] = 0.0
    out[0] = 1.0
    if shape == 0.0 or scale == 0.0:
        return 1
    # R's round: half to even.
    center = log2(np.rint(1.0 + (periods - 1) * scale))
    if kind == WEIBULL_CDF:
        decay = 0.0
        for i in range(1, periods):
            decay += exp2(shape * (log2(float(i)) - center))
            out[i] = exp2(-decay * 1.4426950408889634)
    else:
        for i in range(periods):
            ratio = log2(i + 1.0) - center
            out[i] = exp2((shape - 1.0) * ratio - exp2(shape * ratio) * 1.4426950408889634)
        low, high = np.min(out), np.max(out)
        if high <= low:
            out[:] = 0.0
            out[0] = 1.0
        else:
            out[:] = (out - low) / (high - low)
    last = periods
    while last > 1 and out[last - 1] <= NEGLIGIBLE:
        last -= 1
    return last


@compiled
def delayed_weights_into(theta: float, peak: float, out: Vector) -> int:
    """Write theta^((lag - peak)²) into `out`, (L,), the largest scaled to 1. Returns how many of them matter.

    theta in [0, 1), peak in periods, >= 0: the effect is largest `peak` periods after the spend. Source: Jin, Wang,
    Sun, Chan and Koehler (2017), Bayesian Methods for Media Mix Modeling with Carryover and Shape Effects, eq. 4.
    """
    periods = len(out)
    if theta <= 0.0:
        out[:] = 0.0
        out[min(int(np.rint(peak)), periods - 1)] = 1.0
        return min(int(np.rint(peak)), periods - 1) + 1
    slope = log2(theta)
    nearest = abs(peak - np.rint(peak))
    most = slope * nearest * nearest
    last = periods
    for lag in range(periods):
        away = lag - peak
        power = slope * away * away - most
        if away > 0.0 and power < FAINT:
            # From here on all are negligible.
            out[lag:] = 0.0
            last = lag
            break
        out[lag] = exp2(max(power, -1000.0))
    while last > 1 and out[last - 1] <= NEGLIGIBLE:
        last -= 1
    return last


@compiled
def weights_into(kind: int, first: float, second: float, out: Vector) -> int:
    """Write the weight of each lag into `out`, (L,), of any kind but GEOMETRIC. Returns how many of them matter."""
    if kind == DELAYED:
        return delayed_weights_into(first, second, out)
    return weibull_weights_into(kind, first, second, out)


@vectorised
def convolve_into(x: Vector, weights: Vector, count: int, out: Vector) -> None:
    """Write the causal convolution of x with the first `count` weights into `out`, as far as `out` is long."""
    periods = len(out)
    for t in range(periods):
        out[t] = weights[0] * x[t]
    for lag in range(1, min(count, periods)):
        weight = weights[lag]
        for t in range(lag, periods):
            out[t] += weight * x[t - lag]


@compiled
def saturate_into(x: Vector, alpha: float, half: float, out: Vector) -> None:
    """Write `hill` of x into `out`."""
    if half <= 0.0:
        out[:] = 0.0
        return
    center = log2(half)
    # Below this the effect is less than 2^-1000 of the full one: nothing.
    least = max(TINY, exp2(center - 1000.0 / alpha))
    for t in range(len(out)):
        share = 1.0 / (1.0 + exp2_within(alpha * (center - log2(max(x[t], least)))))
        out[t] = share if x[t] > least else 0.0


def inflexion(adstocked: Vector, gamma: float) -> float:
    """Return the input at which half of the full effect is reached.

    adstocked: (N,) in the window, not all 0. gamma in (0, 1], a share of the largest value.
    """
    return gamma * float(np.max(adstocked))


def geometric_adstock(x: Vector, theta: float) -> Vector:
    """Carry a share `theta` of each period's effect into the next.

    x: (T,) spend or exposure per period, >= 0. theta in [0, 1).
    Returns (T,). y[t] = x[t] + theta * y[t-1], as Robyn's adstock_geometric: not normalised, so that the sum
    grows by up to 1 / (1 - theta).
    """
    out = np.empty(len(x))
    geometric_into(np.ascontiguousarray(x, dtype=np.float64), theta, out)
    return out


def weibull_weights(kind: str, shape: float, scale: float, periods: int) -> Vector:
    """Return (periods,) the weight of each lag, 0 first, as Robyn's adstock_weibull.

    kind: weibull_cdf or weibull_pdf. shape in [0, 20). scale in [0, 1], a share of `periods`, the length of the whole
    data: the same scale means another number of periods on other data. With shape or scale 0 nothing carries over.
    cdf: products of the survival function, w[l] = prod_{i<=l} (1 - F(i)). pdf: the density at
    1..periods, scaled to [0, 1].
    """
    out = np.empty(periods)
    weibull_weights_into(ADSTOCKS[kind], shape, scale, out)
    return out


def lag_weights(kind: str, first: float, second: float, periods: int) -> Vector:
    """Return (periods,) how much of a spend is felt at each lag, 0 first.

    kind, first, second: geometric with theta; delayed with theta and peak; weibull_cdf and weibull_pdf with shape and
    scale, as `weibull_weights`. The largest is 1 but for a geometric theta, where the first is.
    """
    if kind == "geometric":
        return np.asarray(first ** np.arange(periods))
    out = np.empty(periods)
    weights_into(ADSTOCKS[kind], first, second, out)
    return out


def adstock(x: Vector, kind: str, first: float, second: float = 0.0) -> Vector:
    """Return what is felt in each period of x, (T,). kind, first, second: as in `lag_weights`."""
    if kind == "geometric":
        return geometric_adstock(x, first)
    out = np.empty(len(x))
    weights = lag_weights(kind, first, second, len(x))
    convolve_into(np.ascontiguousarray(x, dtype=np.float64), weights, len(x), out)
    return out


def immediate(x: Vector, kind: str, first: float = 0.0, second: float = 0.0) -> Vector:
    """Return (T,) the part of `adstock` that comes from the period itself; the rest is carried over.

    x times the weight of lag 0, which is 1 but where the effect peaks later.
    """
    if kind not in ("weibull_pdf", "delayed"):
        return np.asarray(x, dtype=np.float64)
    return np.asarray(x * lag_weights(kind, first, second, len(x))[0])


def hill(x: Vector, alpha: float, half: float) -> Vector:
    """Saturate: x^alpha / (x^alpha + half^alpha), as Robyn's saturation_hill.

    x: (N,) >= 0. alpha > 0: below 1 the curve is steepest at once, above 1 it is S-shaped. half > 0: the
    inflexion. Returns (N,) in [0, 1).
    """
    given = np.ascontiguousarray(x, dtype=np.float64)
    out = np.empty_like(given)
    saturate_into(given, alpha, half, out)
    return out


@compiled
def transform(
    media: Matrix,
    start: int,
    stop: int,
    shapes: Matrix,
    weights: Vector,
    felt: Matrix,
    halves: Vector,
    out: Matrix,
) -> None:
    """Transform all media: adstock over all rows up to `stop`, saturation in the window start:stop only.

    media: (M, T). shapes: (M, 5) alpha, gamma, the adstock's first and second parameter, its kind as in ADSTOCKS.
    Written to: weights (T,), scratch; felt (M, T), the adstocked series; halves (M,), the inflexions; out
    (M, stop - start), the saturated columns.
    """  # fmt: skip
    for m in range(len(media)):
        series, kind = felt[m, :stop], int(shapes[m, 4])
        if kind == GEOMETRIC:
            most = geometric_into(media[m], shapes[m, 2], series, start)
        else:
            count = weights_into(kind, shapes[m, 2], shapes[m, 3], weights)
            convolve_into(media[m], weights, count, series)
            most = np.max(series[start:])
        halves[m] = shapes[m, 1] * most
        saturate_into(series[start:], shapes[m, 0], halves[m], out[m])
