"""What stands behind the choice of Robyn's rule, in the words of `evidence.py`.

Robyn lists models that trade fit against DECOMP.RSSD. Where a ROAS moves along that list at no cost in fit, the data
did not decide it; the rule's second error did.
"""

import numpy as np

from engine.model.evidence.evidence import Evidence, Pair
from engine.model.evidence.spread import Spread
from engine.model.evidence.told import ORDERED, TRADED, pair_note
from engine.model.fit.candidate import Candidates, evaluate
from engine.model.fit.compiled import Flags, Matrix, Numbers, Vector
from engine.model.fit.problem import Problem
from engine.model.fit.space import Space
from engine.model.select.pareto import eligible_models

# Models whose log likelihood is at most this much below the best one's fit as well as it.
AS_WELL = 2.0
FEWEST = 10
# Of all models the search came by, those between these quantiles of a ROAS show what is possible.
MOST = (0.05, 0.95)
# A channel without effect has no log ROAS: it counts as this share of the models' mean.
FLOOR = 0.01


def evidence_of_front(problem: Problem, space: Space, candidates: Candidates, kept: Numbers, chosen: int) -> Evidence:
    """Return what the kept models, by their positions among the candidates, say about the chosen one.

    prior_share: the range of a channel's log ROAS among the kept models that fit as well as the best, over the range of
    most of the models that the search came by. 0: models of another ROAS fit worse, so the fit decided. 1: any ROAS
    fits, so the rule's second error did.
    """
    ordered = kept[np.argsort(candidates.nrmse[kept], kind="stable")]
    nrmse, roas = candidates.nrmse[ordered], candidates.effects[ordered] / problem.total_spend
    tied = fits_as_well(nrmse, len(problem.y))
    logs = np.log(np.maximum(roas, FLOOR * roas.mean()))
    own = candidates.effects[chosen] / problem.total_spend
    together = np.vstack([own, roas[tied]])
    order = (roas[tied][:, :, None] > roas[tied][:, None, :]).mean(axis=0)
    names = problem.paid_names
    moving = logs[tied].std(axis=0) > 1e-9
    pairs = []
    for i, first in enumerate(names):
        for j in range(i + 1, len(names)):
            if not (moving[i] and moving[j]):
                continue
            correlation = float(np.corrcoef(logs[tied][:, i], logs[tied][:, j])[0, 1])
            sure = float(max(order[i, j], order[j, i]))
            if correlation <= TRADED and sure < ORDERED:
                pairs.append(Pair(first, names[j], correlation, sure))
    over = f"the {tied.sum()} kept models that fit as well as the best"
    possible = candidates.effects[eligible_models(candidates, 1.0)] / problem.total_spend
    share = moved_share(logs[tied], np.log(np.maximum(possible, FLOOR * roas.mean())))
    notes = [
        f"The fit does not decide what a unit of spend on {name} brings: {low:.3g} to {high:.3g} fit equally well."
        for name, part, low, high in zip(names, share, roas[tied].min(axis=0), roas[tied].max(axis=0), strict=True)
        if part >= 0.5
    ]
    return Evidence(
        rule="robyn",
        model=evaluate(problem, space, candidates.values[chosen]),
        reestimated=False,
        roas=np.asarray(own),
        prior_share=share,
        order=order,
        ranges=(Spread(over, together.min(axis=0), together.max(axis=0), int(tied.sum())),),
        pairs=tuple(pairs),
        notes=(*notes, *map(pair_note, pairs)),
        path=np.column_stack([nrmse, roas]),
    )


def fits_as_well(nrmse: Vector, periods: int) -> Flags:
    """Return (K,) which models the data cannot tell from the best of them: nrmse up to exp(AS_WELL / periods) of it.

    nrmse: (K,) by rising value. That is a Gaussian log likelihood, -periods·log(nrmse), within AS_WELL of the best. A
    short list would look sure of everything, so the best FEWEST always count.
    """
    within = nrmse <= nrmse[0] * np.exp(AS_WELL / periods)
    within[:FEWEST] = True
    return np.asarray(within)


def moved_share(tied: Matrix, possible: Matrix) -> Vector:
    """Return (C,) the range of log ROAS among the tied models over the middle 90 % of all: 0 pinned, 1 left open.

    tied: (L, C), possible: (K, C), both log ROAS.
    """
    part = np.ptp(tied, axis=0)
    low, high = np.quantile(possible, MOST, axis=0)
    whole = np.maximum(high - low, part)
    return np.asarray(np.where(whole > 0, part / np.where(whole > 0, whole, 1.0), 0.0))
