"""Whether the search had settled down when it ended, by Robyn's two rules. Reported, never acted on."""

from dataclasses import dataclass

import numpy as np

from engine.model.fit.compiled import Numbers, Vector
from engine.results.summary import Objective

CUTS = 20
FIRST = 3
NAMES = {"nrmse": "NRMSE", "decomp.rssd": "DECOMP.RSSD", "mape": "MAPE.LIFT"}


@dataclass(frozen=True)
class Cuts:
    """One objective in 20 stretches of iterations, all trials together: (20,) each."""

    median: Vector
    deviation: Vector

    @property
    def start_deviation(self) -> float:
        """Mean deviation of the first three stretches: the last one must be calmer."""
        return float(self.deviation[:FIRST].mean())

    @property
    def threshold(self) -> float:
        """What the last median must stay below: the first one less two early deviations."""
        return abs(float(self.median[0]) - 2 * self.start_deviation)

    @property
    def converged(self) -> bool:
        return bool(self.deviation[-1] < self.start_deviation and abs(self.median[-1]) < self.threshold)


def cut(errors: Vector, iterations: Numbers) -> Cuts:
    """Cut `errors`, (K,) of all models, by their iteration, (K,) from 1. Infinite errors are left out."""
    place = np.ceil(iterations * CUTS / iterations.max()).astype(int).clip(1, CUTS)
    median, deviation = np.full(CUTS, np.nan), np.full(CUTS, np.nan)
    for i in range(CUTS):
        part = errors[(place == i + 1) & np.isfinite(errors)]
        if len(part):
            median[i] = np.median(part)
        if len(part) > 1:
            deviation[i] = part.std(ddof=1)
    return Cuts(median, deviation)


def judge(objective: str, cuts: Cuts) -> Objective:
    """Say in a sentence whether an objective (`nrmse` or `decomp.rssd`) converged, with the numbers it rests on."""
    name, last, median = NAMES[objective], cuts.deviation[-1], abs(cuts.median[-1])
    if cuts.converged:
        sentence = f"{name} converged: it ended at {median:.3g} with a spread of {last:.2g}."
    elif not np.isfinite([last, median, cuts.start_deviation]).all():
        sentence = f"{name}: too few models to say whether it converged."
    else:
        reasons = []
        if not last < cuts.start_deviation:
            reasons.append(f"its spread ended at {last:.2g}, not below the {cuts.start_deviation:.2g} it began with")
        if not median < cuts.threshold:
            reasons.append(f"its median ended at {median:.3g}, not below {cuts.threshold:.3g}")
        sentence = f"{name} did not converge: {' and '.join(reasons)}."
    return Objective(converged=cuts.converged, sentence=sentence)
