"""What a fitted candidate is judged by: NRMSE and R² of each split, DECOMP.RSSD, and the miss of lift tests."""

import numpy as np

from engine.model.fit.compiled import Flags, Matrix, Numbers, Vector, compiled, vectorised
from engine.model.fit.transforms import (
    DELAYED,
    GEOMETRIC,
    convolve_into,
    geometric_into,
    saturate_into,
    weights_into,
)


@vectorised
def total(x: Vector) -> float:
    """Return the sum of x."""
    found = 0.0
    for t in range(len(x)):
        found += x[t]
    return found


@compiled
def is_constant(x: Vector) -> bool:
    """Whether all values of x are equal."""
    same = True
    for t in range(1, len(x)):
        if x[t] != x[0]:
            same = False
            break
    return same


@vectorised
def predict(x: Matrix, intercept: float, coefficients: Vector, out: Vector) -> None:
    """Write intercept + Σ coefficient·column into `out`, (N,). x: (P, N)."""
    out[:] = intercept
    for j in range(len(x)):
        coefficient = coefficients[j]
        if coefficient != 0.0:
            for t in range(len(out)):
                out[t] += coefficient * x[j, t]


@vectorised
def misfit(
    y: Vector, fitted: Vector, first: int, last: int, n_train: int, p: int, dropped: bool
) -> tuple[float, float]:
    """Return NRMSE and adjusted R² of the rows first:last.

    NRMSE = RMSE / (max - min of y), both of these rows. R² is taken around these rows' own mean and adjusted as
    1 - (1 - R²)(n - df) / (n - p - 1) with n the number of training rows whatever the rows are, df = 0 if the
    intercept was dropped, else 1: Robyn's get_rsq.
    """
    low, high, mean = y[first], y[first], 0.0
    for t in range(first, last):
        low, high = min(low, y[t]), max(high, y[t])
        mean += y[t]
    mean /= last - first
    missed, spread = 0.0, 0.0
    for t in range(first, last):
        missed += (y[t] - fitted[t]) ** 2
        spread += (y[t] - mean) ** 2
    nrmse = np.sqrt(missed / (last - first)) / (high - low)
    freedom = 0 if dropped else 1
    return nrmse, 1 - (missed / spread) * (n_train - freedom) / (n_train - p - 1)


@compiled
def share_distance(effects: Vector, spend_share: Vector, zero_penalty: bool) -> float:
    """Return DECOMP.RSSD: the distance between shares of effect and of spend, infinite if nothing has an effect.

    effects, spend_share: (C,) of the paid channels. With `zero_penalty` times 1 + the share of channels without effect.
    """
    total = np.sum(effects)
    if total == 0.0:
        return np.inf
    square, silent = 0.0, 0
    for c in range(len(effects)):
        share = effects[c] / total
        square += (share - spend_share[c]) ** 2
        # R's round(share, 4) == 0: half to even.
        if abs(share) <= 0.00005:
            silent += 1
    return float(np.sqrt(square) * (1 + silent / len(effects) if zero_penalty else 1.0))


@compiled
def share_drift(intercept: float, totals: Vector, first: int, paid: int, previous: Vector, kept: float) -> float:
    """Return what a refresh minimises in place of DECOMP.RSSD: how far the shares of the fit moved from `previous`.

    intercept: its total. totals: (P,) of each column, the paid channels from `first` on. previous: (1 + P,).
    rmse over the paid channels + rmse over everything else / kept, as Robyn's refresh.
    """
    whole = intercept + np.sum(totals)
    rest, media = (intercept / whole - previous[0]) ** 2, 0.0
    for j in range(len(totals)):
        moved = (totals[j] / whole - previous[1 + j]) ** 2
        if first <= j < first + paid:
            media += moved
        else:
            rest += moved
    return float(np.sqrt(media / paid) + np.sqrt(rest / (1 + len(totals) - paid)) / kept)


@compiled
def lift_miss(
    media: Matrix,
    felt: Matrix,
    x: Matrix,
    start: int,
    first: int,
    coefficients: Vector,
    shapes: Matrix,
    halves: Vector,
    quirks: bool,
    spans: Numbers,
    lifts: Vector,
    ratios: Vector,
    immediate: Flags,
    members: Flags,
    weights: Vector,
    carried: Vector,
) -> float:
    """Return MAPE.LIFT: the mean of |predicted - lift| / lift over the S studies; 0 without any.

    spans: (S, 2) first row of a study and the one behind its last, of all rows. lifts, ratios: (S,) the effect as
    measured, and days of the study / days of its rows. immediate: (S,) leave out what older spend causes. members:
    (S, M) the media whose effects add up. shapes: (M, 5) as in `transform`. first: where the media begin among
    the columns of x, (P, N), whose rows are those from `start`.

    What older spend causes: the full adstock less one that restarts with the study, put through the same saturation.
    With `quirks` a Weibull restart takes the study for the whole data, so that its scale is another, as in Robyn, where
    a study is left out in which the restart then exceeds the full adstock.
    """  # fmt: skip
    total, counted = 0.0, 0
    for s in range(len(lifts)):
        begin, end = spans[s, 0], spans[s, 1]
        length = end - begin
        effect = 0.0
        for m in range(len(media)):
            if not members[s, m]:
                continue
            coefficient = coefficients[first + m]
            for t in range(begin, end):
                effect += coefficient * x[first + m, t - start]
            if not immediate[s]:
                continue
            restarted, older, kind = carried[:length], weights[:length], int(shapes[m, 4])
            if kind == GEOMETRIC:
                geometric_into(media[m, begin:end], shapes[m, 2], restarted)
            else:
                room = length if quirks and kind != DELAYED else len(weights)
                count = weights_into(kind, shapes[m, 2], shapes[m, 3], weights[:room])
                convolve_into(media[m, begin:end], weights, count, restarted)
            for t in range(length):
                # A restarted pdf of another scale may hold more than the whole: then nothing older is left.
                restarted[t] = max(felt[m, begin + t] - restarted[t], 0.0)
            saturate_into(restarted, shapes[m, 0], halves[m], older)
            for t in range(length):
                effect -= coefficient * older[t]
        miss = abs(effect * ratios[s] - lifts[s]) / lifts[s]
        if not np.isnan(miss):
            total += miss
            counted += 1
    return total / counted if counted else 0.0
