"""`selection: evidence`: the model that the data bear out best, and how far they bear it out.

Robyn's rule takes the smallest error_score on the Pareto fronts. One half of that error asks that every channel have
the same ROAS, and the ridge shrinks all effects. Here the ROAS are what is expected given the data (`posterior.py`),
which costs a few Markov chains beside the search: each channel brings the average over their draws. The model has
transformations that a chain drew, within the searched ranges, media coefficients that give these ROAS, and a baseline
fitted around them within Robyn's limits.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.model.evidence.columns import brought, lift_densities, spell_out
from engine.model.evidence.evidence import Evidence
from engine.model.evidence.level import BEST_FIT, factorise
from engine.model.evidence.made_model import with_effects
from engine.model.evidence.sample import CHAINS, FIRST, MOST, Draws, sample
from engine.model.evidence.setting import make_room
from engine.model.evidence.spread import Spread
from engine.model.evidence.told import (
    chains_of,
    edges_of,
    idle_chances,
    inside,
    kind_weights,
    notes_of,
    odd_periods,
    pairs_of,
    share_range,
    widened,
)
from engine.model.fit.candidate import Model
from engine.model.fit.compiled import Flags, Matrix, Vector
from engine.model.fit.problem import Problem
from engine.model.fit.shapes import PARAMETERS, parameters_of, places, values_of_shapes
from engine.model.fit.space import Space
from engine.model.response.draws import MediaDraws

# Parts of the window that the answer is compared over, and sweeps and chains for each.
WINDOW_PART, WINDOW_SWEEPS, WINDOW_CHAINS = 0.75, 600, 2
WINDOWS_OVER = "the first and the last three quarters of the window"
# Draws that are kept for what follows from a model, and among which its transformations are chosen.
KEPT = 400
# Draws from which on they tell a variance.
FEW_LEFT = 50


def select(
    problem: Problem,
    space: Space,
    periods_per_year: float,
    *,
    seed: int = 123,
    lift_errors: Sequence[float] | None = None,
    windows: bool = True,
    first: int = FIRST,
    most: int = MOST,
    chains: int = CHAINS,
    threads: int = 1,
) -> Evidence:
    """Return the model of expected ROAS and what stands behind it.

    periods_per_year: 365.25, 52.18 or 12. lift_errors: standard error of each of the problem's lift tests in units of
    the KPI, LIFT_ERROR of the lift without. windows: also estimate in parts of the window. first, most, chains: as
    in `sample`; fewer for a rough answer. The same arguments give the same answer, whatever the number of threads.
    """
    draws = sample(
        problem,
        space,
        periods_per_year,
        seed=seed,
        lift_errors=lift_errors,
        first=first,
        most=most,
        chains=chains,
        threads=threads,
    )
    names, paid = problem.paid_names, len(problem.paid_names)
    setting, flat = draws.setting, draws.log_roas.reshape(-1, draws.log_roas.shape[2])
    signs, level = np.sign(setting.level), np.abs(setting.level)
    # Each by its own mean, so that their sum is the mean of what they bring together.
    effects = np.exp(flat).mean(axis=0)
    roas = (signs * effects)[:paid]
    wide = widened(draws)
    kept = np.linspace(0, len(flat) - 1, min(KEPT, len(flat))).round().astype(int)
    units, kinds = draws.units.reshape(-1, *draws.units.shape[2:])[kept], draws.kinds.reshape(len(flat), -1)[kept]
    shapes = spell_out(setting, units, kinds)
    tested = lift_densities(setting, make_room(setting), units, kinds, effects)
    _, halves, coefficients = brought(setting, shapes, signs * np.exp(wide[kept]))
    # By draws as wide as the ranges are told, so that no order is surer than they are.
    order = np.array([[(signs[i] * np.exp(wide[:, i]) > signs[j] * np.exp(wide[:, j])).mean() for j in range(paid)]
                      for i in range(paid)])  # fmt: skip
    prior_share = pooled_share(flat[:, :paid], draws.pool.reshape(-1, 2), draws.idle.reshape(flat.shape)[:, :paid])
    ranges = [inside(roas, signs[:paid], wide[:, :paid])]
    if windows:
        parts = _windows(problem, space, periods_per_year, seed, lift_errors, threads)
        # A part without spend on a channel cannot speak of it.
        ranges.append(_between(WINDOWS_OVER, roas, np.where(np.isnan(parts), roas, parts)))
    pairs = tuple(pairs_of(names, np.corrcoef(flat.T) if paid > 1 else np.eye(1), order))
    agreed = chains_of(draws, names)
    return Evidence(
        rule="evidence",
        model=_model(problem, space, draws, shapes, effects, tested),
        reestimated=True,
        roas=roas,
        prior_share=prior_share,
        order=order,
        ranges=tuple(ranges),
        pairs=pairs,
        notes=tuple(notes_of(names, prior_share, ranges[1:], pairs)),
        draws=MediaDraws(problem.media_names, shapes, halves, coefficients),
        media_share=share_range(np.exp(wide[:, :paid]) @ setting.level[:paid] / problem.y.sum()),
        no_effect=idle_chances(names, flat[:, :paid], level[:paid]),
        adstocks=kind_weights(problem.media_names, draws),
        chains=agreed,
        edges=tuple(edges_of(names, draws)),
        odd=tuple(odd_periods(draws)),
    )


def pooled_share(log_roas: Matrix, pool: Matrix, idle: Flags) -> Vector:
    """Return (C,) how much of each channel's log ROAS its fellows decided: 0 the data alone, 1 the prior alone.

    log_roas: (D, C) draws. pool: (D, 2) draws of mu and tau. idle: (D, C) draws in which a channel brings next to
    nothing: there it has no fellows, so they do not count, unless they are nearly all. The variance that is left of a
    channel's log ROAS, over the variance tau² and that of mu, which it would have if its own data were silent. Where
    all is normal this is the weight of the others' ROAS in a channel's own: the pooling factor of Gelman and Hill
    (2007, section 21.6).
    """
    without = (pool[:, 1] ** 2).mean() + pool[:, 0].var()
    left = [
        one[~still].var() if (~still).sum() > FEW_LEFT else 0.0 for one, still in zip(log_roas.T, idle.T, strict=True)
    ]
    return np.asarray(np.clip(np.array(left) / without, 0.0, 1.0))


def _model(
    problem: Problem, space: Space, draws: Draws, shapes: NDArray[np.float64], effects: Vector, tested: Vector
) -> Model:
    """Return the drawn transformation that fits best with these ROAS, (M,), as a model with a baseline around it.

    tested: (D,) log density of the lift tests under each of the drawn shapes. What was drawn beyond a searched range
    counts as its end: a model's hyperparameters are within them.
    """
    setting = draws.setting
    tried = _searched(problem, space, shapes)
    signed = np.tile(np.sign(setting.level) * effects, (len(tried), 1))
    together, _, _ = brought(setting, np.ascontiguousarray(tried), signed)
    way, echo = (int(np.bincount(draws.ways[:, :, k].ravel()).argmax()) for k in range(2))
    roots, width = np.sqrt(draws.weights), len(setting.design)
    shadow, lower = np.zeros((width, len(setting.y))), np.zeros((width, width))
    factorise(setting.design, setting.scales[way], setting.echoes[echo], roots, shadow, lower)
    left = setting.y - together
    share = setting.echoes[echo]
    white = np.column_stack([np.sqrt(1 - share**2) * left[:, 0], left[:, 1:] - share * left[:, :-1]]) * roots
    squares = (white**2).sum(axis=1) - ((white @ shadow.T) ** 2).sum(axis=1)
    fits = tested - 0.5 * len(setting.y) * np.log(np.maximum(squares, BEST_FIT * (white**2).sum(axis=1)))
    values = values_of_shapes(problem, space, tried[int(np.argmax(fits))])
    return with_effects(problem, space, values, effects * setting.level)


def _searched(problem: Problem, space: Space, shapes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return shapes with each parameter within its searched range."""
    found, at = shapes.copy(), places(problem, space)
    for m in range(shapes.shape[1]):
        for kind in np.unique(shapes[:, m, 4]).astype(int):
            rows = shapes[:, m, 4] == kind
            for k, parameter in enumerate((*map(PARAMETERS.index, ("alphas", "gammas")), *parameters_of(kind))):
                place = at[m, parameter] if parameter >= 0 else -1
                if place >= 0:
                    found[rows, m, k] = shapes[rows, m, k].clip(space.low[place], space.high[place])
    return found


def _windows(
    problem: Problem,
    space: Space,
    periods_per_year: float,
    seed: int,
    lift_errors: Sequence[float] | None,
    threads: int,
) -> Matrix:
    """Return (2, C) the ROAS found in the first and in the last part of the window alone, missing without spend."""
    rows, found = problem.rows, []
    part = int(np.ceil(WINDOW_PART * len(problem.y)))
    for window in (slice(rows.start, rows.start + part), slice(rows.stop - part, rows.stop)):
        inside_it = [
            k for k, one in enumerate(problem.studies) if window.start <= one.first and one.stop <= window.stop
        ]
        shorter = replace(problem, rows=window, studies=tuple(problem.studies[k] for k in inside_it))
        errors = None if lift_errors is None else [lift_errors[k] for k in inside_it]
        draws = sample(
            shorter, space, periods_per_year, seed=seed, lift_errors=errors, first=WINDOW_SWEEPS, most=WINDOW_SWEEPS,
            chains=WINDOW_CHAINS, threads=threads,
        )  # fmt: skip
        paid, level = len(problem.paid_names), draws.setting.level
        signs = np.where(level == 0, np.nan, np.sign(level))
        flat = draws.log_roas.reshape(-1, draws.log_roas.shape[2])
        found.append((signs * np.exp(flat).mean(axis=0))[:paid])
    return np.array(found)


def _between(over: str, own: Vector, others: Matrix) -> Spread:
    together = np.vstack([own, others])
    return Spread(over, together.min(axis=0), together.max(axis=0), len(others))
