"""`selection: evidence`: the model that the data bear out best, and how far they bear it out.

Robyn's rule takes the smallest error_score on the Pareto fronts. One half of that error asks that every channel have
the same ROAS, and the ridge shrinks all effects. Here the ROAS are what is expected given the data (`posterior.py`),
which costs a short Markov chain after the search: paid media together bring the average over its draws, in the
proportions of their average log ROAS. The model has transformations that the chain drew, within the searched ranges,
media coefficients that give these ROAS, and a baseline fitted around them within Robyn's limits.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import lsq_linear

from engine.model.evidence.baseline import Baseline, make_baseline
from engine.model.evidence.posterior import Chain, Setting, densities, run_chain
from engine.model.evidence.spread import Spread
from engine.model.fit.candidate import Candidates, Evaluator, Model
from engine.model.fit.compiled import Matrix, Vector
from engine.model.fit.kernel import make_data
from engine.model.fit.measure import lift_miss, misfit, share_distance
from engine.model.fit.problem import Problem
from engine.model.fit.shapes import ALPHA, GAMMA, PARAMETERS, parameters_of, places, shapes_of, values_of_shapes
from engine.model.fit.space import Space
from engine.model.fit.transforms import GEOMETRIC
from engine.model.response.draws import MediaDraws

CHAINS, SWEEPS, LEARNING, THIN = 4, 2000, 300, 4
# Log ROAS: paid media bring a quarter of all, give or take a factor of 2.2; channels differ by a factor of 1.6 or less.
PAID_SHARE, MU_SPREAD, TAU_SPREAD = 0.25, 0.8, 0.5
# An unpaid medium brings about 3 % of all, give or take a factor of 4.5.
UNPAID_SHARE, UNPAID_SPREAD = 0.03, 1.5
# Standard error of a lift test, as a share of the lift, where the test itself does not say.
LIFT_ERROR = 0.2
# Parts of the window that the answer is compared over.
WINDOW_PART = 0.75
# Searched ranges are where people expect the truth, not where it must be: it may lie beyond either end by this share of
# the range's width. No parameter falls below half of its lowest, nor rises above what its formula or sense allows.
BEYOND, LEAST_OF_LOWEST = 0.2, 0.5
HIGHEST = {"alphas": 10.0, "gammas": 1.5, "thetas": 0.99, "peaks": 52.0, "shapes": 20.0, "scales": 1.0}
# Priors of the baseline are in units of the noise, of which NRMSE gives a first idea.
LEAST_NOISE = 1e-4
INSIDE = 0.9
# The posterior takes the kind of model for true, so its middle held fewer true ROAS of generated data than it says;
# this much wider it held as many. Found on other seeds than the published ones: a calibrated spread, no confidence
# interval.
WIDER = 1.15
CHAINS_OVER, WINDOWS_OVER = "repeated estimates", "the first and the last three quarters of the window"
# From here on we speak of it: chains that disagree; effects that trade off; an order that is not known; a prior that
# decides; windows that disagree by a factor.
MIXED, TRADED, ORDERED, DECIDED, MOVED = 1.1, -0.25, 0.9, 0.5, 1.5
CHOICES = 400


@dataclass(frozen=True)
class Pair:
    """Two channels that the data cannot tell apart.

    Their effects trade off, and which of them has the higher ROAS is not known. correlation: of their log ROAS, below
    0: what one brings more the other brings less. order: how sure it is, 0.5 to 1, which is the higher.
    """

    first: str
    second: str
    correlation: float
    order: float


@dataclass(frozen=True)
class Evidence:
    """A chosen model and what stands behind it; C paid channels in the problem's order.

    reestimated: the coefficients are not those of a ridge regression; `model.values` holds lambda at its lowest.
    roas: (C,) of the chosen model. prior_share: (C,) 0 to 1, how much of a channel's answer the selection decided and
    not the data. order: (C, C) chance that the row's ROAS is above the column's. path: (K, 1 + C) NRMSE and ROAS of
    each model that the choice was among, by rising NRMSE; None if there was no such list. draws: what each medium does,
    draw by draw; None by Robyn's rule.
    """

    rule: str
    model: Model
    reestimated: bool
    roas: Vector
    prior_share: Vector
    order: Matrix
    ranges: tuple[Spread, ...]
    pairs: tuple[Pair, ...]
    notes: tuple[str, ...]
    path: Matrix | None = None
    draws: MediaDraws | None = None


@dataclass(frozen=True)
class Draws:
    """Draws from the posterior: L chains of D draws, M media, the C paid ones first.

    units: (L, D, M, 4) parameters within the setting's ranges. log_roas: (L, D, M). pool: (L, D, 2) mu and tau.
    baseline: (L, D) which of the baselines.
    """

    units: NDArray[np.float64]
    log_roas: NDArray[np.float64]
    pool: NDArray[np.float64]
    baseline: NDArray[np.int64]
    setting: Setting


def select(
    problem: Problem,
    space: Space,
    candidates: Candidates,
    periods_per_year: float,
    *,
    seed: int = 123,
    lift_errors: Sequence[float] | None = None,
    windows: bool = True,
    sweeps: int = SWEEPS,
    chains: int = CHAINS,
) -> Evidence:
    """Return the model of expected ROAS and what stands behind it.

    candidates: those of the search; chains start at the best of them. periods_per_year: 365.25, 52.18 or 12.
    lift_errors: standard error of each of the problem's lift tests in units of the KPI, LIFT_ERROR of the lift without.
    windows: also estimate in parts of the window, which doubles the time. sweeps, chains: fewer for a rough answer. The
    same arguments give the same answer.
    """
    draws = sample(
        problem, space, candidates, periods_per_year, seed=seed, lift_errors=lift_errors, sweeps=sweeps, chains=chains
    )
    paid = len(problem.paid_names)
    flat = draws.log_roas.reshape(-1, draws.log_roas.shape[2])
    signs = np.sign(draws.setting.level)
    effects = expected_roas(flat, np.abs(draws.setting.level), paid)
    roas = (signs * effects)[:paid]
    model = _model(problem, space, draws, effects)
    order = np.array([[(signs[i] * np.exp(flat[:, i]) > signs[j] * np.exp(flat[:, j])).mean() for j in range(paid)]
                      for i in range(paid)])  # fmt: skip
    prior_share = pooled_share(flat[:, :paid], draws.pool.reshape(-1, 2))
    ranges = [
        _inside(roas, signs[:paid], flat[:, :paid]),
        _between(CHAINS_OVER, roas, _each(draws, signs, paid)),
    ]
    if windows:
        parts = _windows(problem, space, candidates, periods_per_year, seed, lift_errors)
        # A part without spend on a channel cannot speak of it.
        ranges.append(_between(WINDOWS_OVER, roas, np.where(np.isnan(parts), roas, parts)))
    pairs = tuple(_pairs(problem.paid_names, np.corrcoef(flat.T) if paid > 1 else np.eye(1), order))
    notes = (*_notes(problem.paid_names, draws, prior_share, ranges), *map(pair_note, pairs))
    return Evidence("evidence", model, True, roas, prior_share, order, tuple(ranges), pairs, notes)


def sample(
    problem: Problem,
    space: Space,
    candidates: Candidates,
    periods_per_year: float,
    *,
    seed: int,
    lift_errors: Sequence[float] | None = None,
    sweeps: int = SWEEPS,
    chains: int = CHAINS,
) -> Draws:
    """Return draws from the posterior. Arguments as in `select`."""
    best = np.argsort(candidates.nrmse, kind="stable")[: chains * 5 : 5]
    best = np.resize(best, chains)
    noise = float(max(candidates.nrmse[best[0]], LEAST_NOISE) * (problem.y.max() - problem.y.min()))
    baseline = make_baseline(problem, periods_per_year, noise)
    # Under `auto` the chains keep the kinds of the search's best model.
    kinds = shapes_of(problem, space, candidates.values[best[0]])[:, 4]
    setting = _setting(problem, space, baseline, lift_errors, kinds)
    found = [_chain(setting, _starts(problem, space, setting, candidates.values[one]), sweeps, seed + 1000 * number)
             for number, one in enumerate(best)]  # fmt: skip
    units, log_roas, rest = (np.array(one) for one in zip(*found, strict=True))
    return Draws(units, log_roas, rest[:, :, :2], rest[:, :, 2].astype(np.int64), setting)


def expected_roas(log_roas: Matrix, level: Vector, paid: int) -> Vector:
    """Return (M,) the ROAS expected from (D, M) draws of its logarithm, the paid channels first.

    level: (M,) what a ROAS of 1 brings. The mean of a skewed ROAS is high, more so where less is known, so channels
    would be ranked by that too; the mean logarithm alone is low for all together. So: the paid channels' proportions by
    the mean logarithms, their sum by the mean of the sum. The unpaid each by its mean.
    """
    means = np.exp(log_roas).mean(axis=0)
    typical = np.exp(log_roas[:, :paid].mean(axis=0))
    means[:paid] = typical * (means[:paid] @ level[:paid]) / (typical @ level[:paid])
    return np.asarray(means)


def pooled_share(log_roas: Matrix, pool: Matrix) -> Vector:
    """Return (C,) how much of each channel's log ROAS its fellows decided: 0 the data alone, 1 the prior alone.

    log_roas: (D, C) draws. pool: (D, 2) draws of mu and tau. The variance that is left of a channel's log ROAS, over
    the variance tau² and that of mu, which it would have if its own data were silent. Where all is normal this is the
    weight of the others' ROAS in a channel's own: the pooling factor of Gelman and Hill (2007, section 21.6).
    """
    without = (pool[:, 1] ** 2).mean() + pool[:, 0].var()
    return np.asarray(np.clip(log_roas.var(axis=0) / without, 0.0, 1.0))


def pair_note(pair: Pair) -> str:
    """Say in a sentence that two channels cannot be told apart."""
    return (
        f"The data cannot tell {pair.first} from {pair.second}: what one brings more, the other brings less, and which "
        "has the higher ROAS is not known. Spend on them at different times, or test one."
    )


def _setting(
    problem: Problem,
    space: Space,
    baseline: Baseline,
    lift_errors: Sequence[float] | None,
    kinds: Vector,
) -> Setting:
    data = make_data(problem, space)
    count, paid = len(problem.media_names), len(problem.paid_names)
    low, high = _beyond(kinds, *_searched(problem, space, kinds))
    total = float(np.abs(problem.y).sum())
    level = np.full(count, total)
    level[:paid] = problem.total_spend
    # Media whose sign is left open are taken to help: an effect of unknown sign has no logarithm.
    level[problem.upper[len(problem.base_names) :] <= 0] *= -1
    return Setting(
        y=np.ascontiguousarray(problem.y - baseline.start),
        media=data.media,
        start=data.start,
        stop=data.stop,
        kinds=kinds,
        bases=baseline.bases,
        evidence=baseline.evidence,
        echoes=baseline.echoes,
        low=low,
        high=high,
        level=level,
        paid=np.arange(count) < paid,
        center=np.full(count, np.log(UNPAID_SHARE)),
        spread=np.full(count, UNPAID_SPREAD),
        mu_center=float(np.log(PAID_SHARE * total / problem.total_spend.sum())),
        mu_spread=MU_SPREAD,
        tau_spread=TAU_SPREAD,
        spans=data.spans,
        lifts=data.lifts,
        errors=LIFT_ERROR * np.abs(data.lifts) if lift_errors is None else np.array(lift_errors, dtype=np.float64),
        ratios=data.ratios,
        immediate=data.immediate,
        members=data.members,
        used=3 if (kinds == GEOMETRIC).all() else 4,
    )


def _searched(problem: Problem, space: Space, kinds: Vector) -> tuple[Matrix, Matrix]:
    """Return (M, 4) the ends of the searched ranges, 0 where an adstock has fewer parameters."""
    rows = places(problem, space)
    which = [(ALPHA, GAMMA, *parameters_of(int(kind))) for kind in kinds]
    at = np.array([[row[k] if k >= 0 else -1 for k in used] for row, used in zip(rows, which, strict=True)])
    return np.where(at >= 0, space.low[at], 0.0), np.where(at >= 0, space.high[at], 0.0)


def _beyond(kinds: Vector, low: Matrix, high: Matrix) -> tuple[Matrix, Matrix]:
    """Return (M, 4) how far the truth may lie outside of the searched ranges. A fixed parameter stays fixed."""
    more = BEYOND * (high - low)
    named = [(ALPHA, GAMMA, *parameters_of(int(kind))) for kind in kinds]
    highest = np.array([[HIGHEST[PARAMETERS[k]] if k >= 0 else 0.0 for k in used] for used in named])
    lowest = np.where(more > 0, np.maximum(low - more, LEAST_OF_LOWEST * low), low)
    return lowest, np.maximum(high, np.minimum(high + more, highest))


def _units(setting: Setting, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return where parameters, (..., M, 4), lie within the setting's ranges, 0 to 1."""
    width = setting.high - setting.low
    return np.asarray(((values - setting.low) / np.where(width > 0, width, 1.0)).clip(0, 1))


def _starts(problem: Problem, space: Space, setting: Setting, values: Vector) -> Matrix:
    """Return (M, 4) where a candidate's parameters lie within the setting's ranges."""
    shapes = shapes_of(problem, space, values)
    same = (shapes[:, 4] == setting.kinds)[:, None]
    own = np.where(same, shapes[:, :4], (setting.low + setting.high) / 2)
    own[:, :2] = shapes[:, :2]
    return np.ascontiguousarray(_units(setting, own))


def _chain(setting: Setting, units: Matrix, sweeps: int, seed: int) -> tuple[NDArray[np.float64], Matrix, Matrix]:
    """Run one chain from `units`: twice to learn the sizes of its moves, then to keep its draws."""
    count = len(setting.media)
    chain = Chain(
        units=units.copy(),
        log_roas=np.where(setting.paid, setting.mu_center, setting.center),
        pool=np.array([setting.mu_center, setting.tau_spread]),
        baseline=np.zeros(1, dtype=np.int64),
        steps=np.full(count, 0.3),
        lower=0.2 * np.eye(count),
        lower_own=np.tile(0.1 * np.eye(5), (count, 1, 1)),
    )
    for lesson in range(2):
        drawn, log_roas, _ = run_chain(setting, chain, LEARNING, 2, seed + lesson, True)
        seen = slice(len(log_roas) // 2 if lesson == 0 else 0, None)
        own = np.concatenate([drawn[seen], log_roas[seen, :, None]], axis=2).transpose(1, 2, 0)
        chain = chain._replace(lower=_factor(log_roas[seen].T), lower_own=np.array([_factor(one) for one in own]))
    return run_chain(setting, chain, sweeps, THIN, seed + 2, False)


def _factor(values: Matrix) -> Matrix:
    """Return the lower factor of the covariance of (K, D) values, kept apart from 0 where nothing moved."""
    return np.ascontiguousarray(np.linalg.cholesky(np.atleast_2d(np.cov(values)) + 1e-5 * np.eye(len(values))))


def _model(problem: Problem, space: Space, draws: Draws, effects: Vector) -> Model:
    """Return the drawn transformation that fits best with these ROAS, (M,), as a model with a baseline around it.

    What was drawn beyond a searched range counts as its end: a model's hyperparameters are within them.
    """
    setting, flat = draws.setting, draws.units.reshape(-1, *draws.units.shape[2:])
    usual = int(np.bincount(draws.baseline.ravel()).argmax())
    drawn = setting.low + (setting.high - setting.low) * flat[:: max(1, len(flat) // CHOICES)]
    tried = drawn.clip(*_searched(problem, space, setting.kinds))
    fits = densities(setting, np.ascontiguousarray(_units(setting, tried)), effects, usual)
    values = values_of_shapes(problem, space, np.column_stack([tried[int(np.argmax(fits))], setting.kinds]))
    return with_effects(problem, space, values, effects * setting.level)


def with_effects(problem: Problem, space: Space, values: Vector, totals: Vector) -> Model:
    """Return the model of `values`, (H,), whose media bring `totals`, (M,), in the window.

    Its baseline is fitted to what they leave, by least squares within the problem's limits. Its errors are those of the
    whole window; there are none of held-back rows, as it was fitted on all.
    """
    evaluator = Evaluator(problem, space)
    given, base, count = evaluator.model(values), len(problem.base_names), len(problem.y)
    coefficients = given.coefficients.copy()
    sums = given.x[:, base:].sum(axis=0)
    coefficients[base:] = np.where(sums > 0, totals / np.where(sums > 0, sums, 1.0), 0.0)
    lower, upper = problem.lower[:base].copy(), problem.upper[:base].copy()
    if problem.quirks and problem.trend is not None and given.x[:, problem.trend].sum() < 0:
        lower[problem.trend], upper[problem.trend] = -1.0, 0.0
    left = problem.y - given.x[:, base:] @ coefficients[base:]
    columns = np.column_stack([np.ones(count), given.x[:, :base]])
    scales = np.sqrt((columns**2).mean(axis=0))
    scales[scales == 0] = 1.0
    bounds = np.append(0.0, lower) * scales, np.append(np.inf, upper) * scales
    solved = lsq_linear(columns / scales, left, bounds).x / scales
    coefficients[:base] = solved[1:]
    fitted = columns @ solved + given.x[:, base:] @ coefficients[base:]
    nrmse, rsq = misfit(problem.y, fitted, 0, count, count, len(problem.names), False)
    effects = (given.x[:, base:] @ np.diag(coefficients[base:])).sum(axis=0)[: len(problem.paid_names)]
    data, work = evaluator.data, evaluator.work
    mape = lift_miss(
        data.media, work.felt, work.x, data.start, base, coefficients, work.shapes, work.halves, data.quirks,
        data.spans, data.lifts, data.ratios, data.immediate, data.members, work.weights, work.carried,
    )  # fmt: skip
    metrics = dict.fromkeys(given.metrics, float("nan")) | {
        "nrmse": nrmse,
        "nrmse_train": nrmse,
        "decomp.rssd": share_distance(effects, problem.spend_share, problem.zero_penalty),
        "mape": mape,
        "rsq_train": rsq,
        "lambda": 0.0,
        "dropped": 0.0,
        "sweeps": 0.0,
    }
    return replace(
        given, intercept=float(solved[0]), coefficients=coefficients, effects=effects, metrics=metrics
    )  # fmt: skip


def _windows(
    problem: Problem,
    space: Space,
    candidates: Candidates,
    periods_per_year: float,
    seed: int,
    lift_errors: Sequence[float] | None,
) -> Matrix:
    """Return (2, C) the ROAS found in the first and in the last part of the window alone, missing without spend."""
    rows, found = problem.rows, []
    part = int(np.ceil(WINDOW_PART * len(problem.y)))
    for window in (slice(rows.start, rows.start + part), slice(rows.stop - part, rows.stop)):
        inside = [k for k, one in enumerate(problem.studies) if window.start <= one.first and one.stop <= window.stop]
        shorter = replace(problem, rows=window, studies=tuple(problem.studies[k] for k in inside))
        errors = None if lift_errors is None else [lift_errors[k] for k in inside]
        draws = sample(
            shorter, space, candidates, periods_per_year, seed=seed, lift_errors=errors, sweeps=SWEEPS // 4
        )  # fmt: skip
        signs = np.where(draws.setting.level == 0, np.nan, np.sign(draws.setting.level))
        found.append(_each(draws, signs, len(problem.paid_names)).mean(axis=0))
    return np.array(found)


def _each(draws: Draws, signs: Vector, paid: int) -> Matrix:
    """Return (L, C) the expected ROAS by each chain alone."""
    level = np.abs(draws.setting.level)
    return np.array([(signs * expected_roas(one, level, paid))[:paid] for one in draws.log_roas])


def _inside(own: Vector, signs: Vector, log_roas: Matrix) -> Spread:
    """Return the middle of the draws, each WIDER times as far from the mean log ROAS as it was drawn."""
    middle = log_roas.mean(axis=0)
    roas = signs * np.exp(middle + WIDER * (log_roas - middle))
    low, high = np.quantile(roas, [(1 - INSIDE) / 2, (1 + INSIDE) / 2], axis=0)
    over = f"draws from the posterior, the middle {INSIDE:.0%}, {WIDER:g} times as wide as drawn"
    return Spread(over, np.minimum(low, own), np.maximum(high, own), len(roas))


def _between(over: str, own: Vector, others: Matrix) -> Spread:
    together = np.vstack([own, others])
    return Spread(over, together.min(axis=0), together.max(axis=0), len(others))


def _pairs(names: Sequence[str], correlation: Matrix, order: Matrix) -> Iterator[Pair]:
    for i, first in enumerate(names):
        for j in range(i + 1, len(names)):
            sure = float(max(order[i, j], order[j, i]))
            if correlation[i, j] <= TRADED and sure < ORDERED:
                yield Pair(first, names[j], float(correlation[i, j]), sure)


def _notes(names: Sequence[str], draws: Draws, prior_share: Vector, ranges: Sequence[Spread]) -> Iterator[str]:
    """Say in sentences what a reader must know."""
    log_roas = draws.log_roas[:, :, : len(names)]
    within, between = log_roas.var(axis=1).mean(axis=0), log_roas.mean(axis=1).var(axis=0, ddof=1)
    agreement = np.sqrt(1 + between / np.maximum(within, 1e-300))
    for c, name in enumerate(names):
        if prior_share[c] >= DECIDED:
            yield (
                f"The data say little about {name}: {prior_share[c]:.0%} of its ROAS is the assumption that channels "
                "are alike. A lift test would tell."
            )
        if agreement[c] > MIXED:
            yield f"Repeated estimates of the ROAS of {name} disagree; take its range as wider than shown."
        for one in ranges:
            low, high = sorted((abs(one.low[c]), abs(one.high[c])))
            if one.over == WINDOWS_OVER and high > MOVED * low:
                yield (
                    f"The ROAS of {name} is {one.low[c]:.2f} to {one.high[c]:.2f} when the first or the last quarter "
                    "of the window is left out."
                )
