"""Which of all models are kept: eligibility, Pareto fronts, and the error that ranks them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.model.compiled import Numbers, Vector

# Robyn's min_candidates: fronts are added until this many models are kept.
ENOUGH = 100
ELIGIBLE_QUANTILE = 0.9


@dataclass(frozen=True)
class Selected:
    """The kept models. front: (K,) of every model evaluated, 0 where it is not eligible. kept: their positions."""

    front: Numbers
    kept: Numbers
    eligible: int
    fronts: int
    note: str


def select(nrmse: Vector, rssd: Vector, enough: int = ENOUGH) -> Selected:
    """Keep the smallest number of fronts that holds `enough` models, as Robyn's pareto_fronts = "auto".

    nrmse, rssd: (K,) of all models of all trials. With fewer eligible models than `enough` all of them are kept,
    where Robyn gives up; `note` then says so.
    """
    eligible = eligible_models(nrmse, rssd)
    front = np.zeros(len(nrmse), dtype=np.int64)
    positions = np.flatnonzero(eligible)
    front[positions] = pareto_fronts(nrmse[positions], rssd[positions])
    sizes = np.bincount(front[positions])[1:]
    total = np.cumsum(sizes)
    fronts = int(np.searchsorted(total, enough) + 1) if total[-1] >= enough else len(sizes)
    kept = np.flatnonzero(eligible & (front <= fronts))
    note = ""
    if len(positions) < enough:
        note = (
            f"Only {len(positions)} models were eligible where {enough} are usual; all were kept. "
            "Search with more iterations."
        )
    return Selected(front, kept, len(positions), fronts, note)


def eligible_models(nrmse: Vector, rssd: Vector) -> NDArray[np.bool_]:
    """Return (K,) which models are within the best 90 % of both errors. An infinite error never is."""
    worst = [_quantile(errors, ELIGIBLE_QUANTILE) for errors in (nrmse, rssd)]
    return np.asarray((nrmse <= worst[0]) & (rssd <= worst[1]) & np.isfinite(nrmse) & np.isfinite(rssd))


def pareto_fronts(nrmse: Vector, rssd: Vector) -> Numbers:
    """Return (K,) the front of each model, from 1. Finite errors.

    A front is peeled off by sorting by nrmse, then rssd, and keeping every strict running minimum of rssd. Of
    models with equal errors one is peeled at a time, as in Robyn, and all of them get the first one's front.
    """
    peeled = np.zeros(len(nrmse), dtype=np.int64)
    left, number = np.lexsort((rssd, nrmse)), 0
    while len(left):
        number += 1
        errors = rssd[left]
        best = errors < np.concatenate([[np.inf], np.minimum.accumulate(errors)[:-1]])
        peeled[left[best]] = number
        left = left[~best]
    distinct, group = np.unique(np.column_stack([nrmse, rssd]), axis=0, return_inverse=True)
    first = np.full(len(distinct), number, dtype=np.int64)
    np.minimum.at(first, group.reshape(-1), peeled)
    return np.asarray(first[group.reshape(-1)])


def error_score(nrmse: Vector, rssd: Vector) -> Vector:
    """Return (K,) one error per model: both, scaled over all models, a third of each, as a distance.

    As Robyn: the third third is the miss of lift tests, 0 without any; an infinite error counts as 1.
    """
    scaled = [_min_max(np.where(np.isfinite(errors), errors, 1.0)) for errors in (nrmse, rssd)]
    return np.asarray(np.sqrt(np.sum([(errors / 3) ** 2 for errors in scaled], axis=0)))


def _quantile(values: Vector, share: float) -> float:
    """The linear quantile, where an infinite neighbour does not make it undefined."""
    ordered = np.sort(values)
    place = (len(ordered) - 1) * share
    low, high = ordered[int(np.floor(place))], ordered[int(np.ceil(place))]
    return float(low if high == low else low + (high - low) * (place - np.floor(place)))


def _min_max(values: Vector) -> Vector:
    low, high = values.min(), values.max()
    return np.asarray((values - low) / (high - low) if high > low else np.zeros_like(values))
