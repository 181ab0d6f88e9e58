"""Which of all models are kept: eligibility and Pareto fronts."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from engine.model.fit.candidate import Candidates
from engine.model.fit.compiled import Flags, Numbers, Vector

# Robyn's min_candidates: fronts are added until this many models are kept.
ENOUGH = 100
ELIGIBLE_QUANTILE = 0.9
# Robyn's calibration_constraint: the share of models, nearest to the lift tests, that is eligible.
NEAR_LIFTS = 0.1


@dataclass(frozen=True)
class Selected:
    """The kept models. front: (K,) of every model evaluated, 0 where it is not eligible. kept: their positions."""

    front: Numbers
    kept: Numbers
    eligible: int
    fronts: int
    note: str


def select(
    candidates: Candidates,
    *,
    fronts: int | Literal["auto"] = "auto",
    enough: int = ENOUGH,
    near_lifts: float = NEAR_LIFTS,
) -> Selected:
    """Keep the first Pareto fronts of the eligible models, as Robyn's pareto_fronts.

    fronts: how many; "auto" is the smallest number that holds `enough` models. With fewer eligible models than `enough`
    all of them are kept, where Robyn gives up; `note` then says so.
    """
    nrmse, rssd = candidates.nrmse, candidates.rssd
    eligible = eligible_models(candidates, near_lifts)
    front = np.zeros(len(nrmse), dtype=np.int64)
    positions = np.flatnonzero(eligible)
    front[positions] = pareto_fronts(nrmse[positions], rssd[positions])
    total = np.cumsum(np.bincount(front[positions])[1:])
    last = len(total)
    if fronts != "auto":
        last = min(fronts, last)
    elif total[-1] >= enough:
        last = int(np.searchsorted(total, enough) + 1)
    kept = np.flatnonzero(eligible & (front <= last))
    note = ""
    if fronts == "auto" and len(positions) < enough:
        note = (
            f"Only {len(positions)} models were eligible where {enough} are usual; all were kept. "
            "Search with more iterations."
        )
    return Selected(front, kept, len(positions), last, note)


def eligible_models(candidates: Candidates, near_lifts: float = NEAR_LIFTS) -> Flags:
    """Return (K,) which models are within the best 90 % of both errors, and nearest to the lift tests.

    An infinite error never is eligible. Without lift tests all are equally near.
    """
    errors = (
        (candidates.nrmse, ELIGIBLE_QUANTILE),
        (candidates.rssd, ELIGIBLE_QUANTILE),
        (candidates.mape, near_lifts),
    )
    within = [(values <= _quantile(values, share)) & np.isfinite(values) for values, share in errors]
    return np.asarray(np.logical_and.reduce(within))


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


def _quantile(values: Vector, share: float) -> float:
    """The linear quantile, where an infinite neighbour does not make it undefined."""
    ordered = np.sort(values)
    place = (len(ordered) - 1) * share
    low, high = ordered[int(np.floor(place))], ordered[int(np.ceil(place))]
    return float(low if high == low else low + (high - low) * (place - np.floor(place)))
