"""The fit of one candidate as machine code that allocates nothing, and of many candidates in a row."""

from typing import NamedTuple

import numpy as np

from engine.model.fit.compiled import Flags, Matrix, Numbers, Vector, compiled
from engine.model.fit.measure import is_constant, lift_miss, misfit, predict, share_distance, share_drift, total
from engine.model.fit.problem import LAMBDA_MIN_RATIO, Problem
from engine.model.fit.ridge import ROBYN_TOLERANCE, Bench, make_bench, solve_bounded, take_moments
from engine.model.fit.shapes import WIDTH, kind_of_all, places, read_shapes
from engine.model.fit.space import LAMBDA, PENALTY, TRAIN_SIZE, Space
from engine.model.fit.transforms import transform

# What is measured of a candidate, in the order of the columns.
METRICS = (
    "nrmse", "nrmse_train", "nrmse_val", "nrmse_test", "decomp.rssd", "mape", "rsq_train", "rsq_val", "rsq_test",
    "lambda", "dropped", "sweeps",
)  # fmt: skip
NRMSE, NRMSE_TRAIN, NRMSE_VAL, NRMSE_TEST, RSSD, MAPE, RSQ_TRAIN, RSQ_VAL, RSQ_TEST, PENALTY_USED, DROPPED, SWEEPS = (
    range(len(METRICS))
)


class Data(NamedTuple):
    """A problem and a space as the machine code takes them. B base columns, M media, C of them paid, P = B + M.

    kind: the adstock of all media, or `shapes.AUTO`. shape_at: (M, 7) where a medium's parameters stand among the H
    hyperparameters, as `shapes.places`; with `kind`, `shapes.read_shapes` makes (M, 5) shapes of them. factor_at: (P,)
    where a column's penalty factor stands. -1: there is none. spans … members: as in `lift_miss`. previous: (1 + P,),
    empty but in a refresh.
    """

    y: Vector
    media: Matrix
    start: int
    stop: int
    base: int
    kind: int
    spend_share: Vector
    lower: Vector
    upper: Vector
    trend: int
    penalty_low: float
    penalty_span: float
    shape_at: Numbers
    train_at: int
    penalty_at: int
    factor_at: Numbers
    zero_penalty: bool
    quirks: bool
    tolerance: float
    spans: Numbers
    lifts: Vector
    ratios: Vector
    immediate: Flags
    members: Flags
    previous: Vector
    kept: float


class Work(NamedTuple):
    """Room for one fit. x: (P, N), its base columns filled in. rows: (1,) how many rows the base products are of."""

    x: Matrix
    felt: Matrix
    weights: Vector
    carried: Vector
    shapes: Matrix
    halves: Vector
    factors: Vector
    lower: Vector
    upper: Vector
    fitted: Vector
    totals: Vector
    rows: Numbers
    bench: Bench


def make_data(problem: Problem, space: Space, tolerance: float = ROBYN_TOLERANCE) -> Data:
    """Lay a problem out for the machine code. tolerance: when a fit's descent stops; glmnet's own by default."""
    rows, studies, previous = problem.rows, problem.studies, problem.previous
    lowest = LAMBDA_MIN_RATIO * problem.lambda_max
    return Data(
        y=problem.y,
        media=np.ascontiguousarray(problem.media, dtype=np.float64),
        start=rows.start,
        stop=rows.stop,
        base=len(problem.base_names),
        kind=kind_of_all(problem),
        spend_share=problem.spend_share,
        lower=problem.lower,
        upper=problem.upper,
        trend=-1 if problem.trend is None else problem.trend,
        penalty_low=lowest,
        penalty_span=problem.lambda_max - lowest,
        shape_at=places(problem, space),
        train_at=space.place(TRAIN_SIZE),
        penalty_at=space.place(LAMBDA),
        factor_at=np.array([space.place(f"{name}{PENALTY}") for name in problem.names], dtype=np.int64),
        zero_penalty=problem.zero_penalty,
        quirks=problem.quirks,
        tolerance=tolerance,
        spans=np.array([(study.first, study.stop) for study in studies], dtype=np.int64).reshape(-1, 2),
        lifts=np.array([study.lift for study in studies], dtype=np.float64),
        ratios=np.array([study.ratio for study in studies], dtype=np.float64),
        immediate=np.array([study.immediate for study in studies], dtype=np.bool_),
        members=np.array([[m in study.media for m in range(len(problem.media))] for study in studies], dtype=np.bool_)
        .reshape(len(studies), len(problem.media)),
        previous=np.zeros(0) if previous is None else previous.shares,
        kept=1.0 if previous is None else previous.kept,
    )  # fmt: skip


def make_work(problem: Problem) -> Work:
    """Return room for fits of a problem; each thread needs its own."""
    periods, columns, media = len(problem.y), len(problem.names), len(problem.media_names)
    x = np.zeros((columns, periods))
    x[: len(problem.base_names)] = problem.window_base.T
    reach = problem.rows.stop
    return Work(
        x=x,
        felt=np.zeros((media, reach)),
        weights=np.zeros(len(problem.dep_var)),
        carried=np.zeros(reach),
        shapes=np.zeros((media, WIDTH)),
        halves=np.zeros(media),
        factors=np.ones(columns),
        lower=np.zeros(columns),
        upper=np.zeros(columns),
        fitted=np.zeros(periods),
        totals=np.zeros(columns),
        rows=np.zeros(1, dtype=np.int64),
        bench=make_bench(columns, periods),
    )


@compiled
def fit(data: Data, work: Work, values: Vector, metrics: Vector, effects: Vector, coefficients: Vector) -> None:
    """Fit and measure one candidate.

    values: (H,) hyperparameters in the space's order. Written to: metrics (12,) as named in METRICS; effects (C,) total
    contribution of each paid channel; coefficients (1 + P,), the intercept first.
    """
    n, p, base, paid = len(data.y), len(work.x), data.base, len(data.spend_share)
    read_shapes(values, data.shape_at, data.kind, work.shapes)
    for j in range(p):
        place = data.factor_at[j]
        work.factors[j] = values[place] if place >= 0 else 1.0
        work.lower[j], work.upper[j] = data.lower[j], data.upper[j]
    n_train, n_val = n, 0
    if data.train_at >= 0:
        share = values[data.train_at]
        n_train = int(np.floor(1.0 + (n - 1) * share))
        n_val = int(np.floor(n * (1.0 - share) / 2.0))
    penalty = data.penalty_low + data.penalty_span * values[data.penalty_at]

    transform(data.media, data.start, data.stop, work.shapes, work.weights, work.felt, work.halves, work.x[base:])
    if data.quirks:
        if data.trend >= 0 and total(work.x[data.trend, :n_train]) < 0.0:
            work.lower[data.trend], work.upper[data.trend] = -1.0, 0.0
        for j in range(base, p):
            if is_constant(work.x[j]):
                # Robyn's own fit breaks off here.
                metrics[:] = np.nan
                metrics[NRMSE] = metrics[NRMSE_TRAIN] = metrics[RSSD] = metrics[MAPE] = np.inf
                metrics[PENALTY_USED], metrics[DROPPED], metrics[SWEEPS] = penalty, 0.0, 0.0
                effects[:] = 0.0
                coefficients[:] = 0.0
                return
    known = base if work.rows[0] == n_train else 0
    mean_y, variance_y = take_moments(work.x, data.y, n_train, known, work.bench)
    work.rows[0] = n_train
    inner = coefficients[1:]
    intercept, dropped, sweeps = solve_bounded(
        work.bench, mean_y, variance_y, penalty, work.factors, work.lower, work.upper, data.tolerance, inner
    )
    coefficients[0] = intercept

    predict(work.x, intercept, inner, work.fitted)
    for j in range(p):
        work.totals[j] = total(work.x[j]) * inner[j]
    for c in range(paid):
        effects[c] = work.totals[base + c]
    metrics[:] = np.nan
    metrics[NRMSE_TRAIN], metrics[RSQ_TRAIN] = misfit(data.y, work.fitted, 0, n_train, n_train, p, dropped)
    metrics[NRMSE] = metrics[NRMSE_TRAIN]
    if data.train_at >= 0:
        cut = n_train + n_val
        metrics[NRMSE_VAL], metrics[RSQ_VAL] = misfit(data.y, work.fitted, n_train, cut, n_train, p, dropped)
        metrics[NRMSE_TEST], metrics[RSQ_TEST] = misfit(data.y, work.fitted, cut, n, n_train, p, dropped)
        metrics[NRMSE] = metrics[NRMSE_VAL]
    if len(data.previous) > 0:
        metrics[RSSD] = share_drift(intercept * n, work.totals, base, paid, data.previous, data.kept)
    else:
        metrics[RSSD] = share_distance(effects, data.spend_share, data.zero_penalty)
    metrics[MAPE] = 0.0
    if len(data.lifts) > 0:
        metrics[MAPE] = lift_miss(
            data.media, work.felt, work.x, data.start, base, inner, work.shapes, work.halves, data.quirks,
            data.spans, data.lifts, data.ratios, data.immediate, data.members, work.weights, work.carried,
        )  # fmt: skip
    metrics[PENALTY_USED], metrics[DROPPED], metrics[SWEEPS] = penalty, 1.0 if dropped else 0.0, float(sweeps)


@compiled
def fit_many(data: Data, work: Work, values: Matrix, metrics: Matrix, effects: Matrix, coefficients: Matrix) -> None:
    """Fit candidates one after the other; every argument of `fit` gets a row each."""
    for k in range(len(values)):
        fit(data, work, values[k], metrics[k], effects[k], coefficients[k])
