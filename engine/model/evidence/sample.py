"""Draws from the posterior of one problem: chains that start far apart and go on until they agree."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from engine.model.evidence.baseline import make_baseline
from engine.model.evidence.chains import Agreement, agreement_of
from engine.model.evidence.posterior import run_chain
from engine.model.evidence.setting import SHAPES, Chain, Setting
from engine.model.fit.compiled import Matrix, Vector
from engine.model.fit.problem import Problem
from engine.model.fit.shapes import KIND, PARAMETERS, parameters_of, places
from engine.model.fit.space import Space
from engine.model.fit.transforms import ADSTOCKS, NAMES

CHAINS, LEARNING, THIN = 4, 400, 5
# Sweeps of a first round; each round adds half of what there is until the chains agree, at most to so much work, in
# sweeps of a problem of one medium and one period, so that the same data always get the same answer.
FIRST, MOST, MOST_WORK, GROWTH = 1500, 60_000, 8.0e7, 0.5
# Share of the log likelihood that counts while a chain finds the data.
COOL = 0.02
# Log ROAS: paid media bring a quarter of all, give or take a factor of 2.2; channels differ by a factor of 1.6 or less.
PAID_SHARE, MU_SPREAD, TAU_SPREAD, ROAS_TAIL = 0.25, 0.8, 0.5, 4.0
# A channel brings next to nothing: how likely that is beforehand, and how little it is then, as log of the usual ROAS.
IDLE, IDLE_BELOW, IDLE_SPREAD = 0.05, 3.0, 1.0
# An unpaid medium brings about 3 % of all, give or take a factor of 4.5.
UNPAID_SHARE, UNPAID_SPREAD = 0.03, 1.5
# Standard error of a lift test, as a share of the lift, where the test itself does not say.
LIFT_ERROR = 0.2
# Degrees of freedom of the noise: from what odd periods ask for to nearly normal.
TAILS = (3.0, 5.0, 10.0, 30.0)
# Searched ranges are where people expect the truth, not where it must be: it may lie beyond either end by this share of
# the range's width. No parameter falls below half of its lowest, nor rises above what its formula or sense allows.
BEYOND, LEAST_OF_LOWEST = 0.2, 0.5
HIGHEST = {"alphas": 10.0, "gammas": 1.5, "thetas": 0.99, "shapes": 20.0, "scales": 1.0, "peaks": 366.0}
# Chances of each kind of adstock beforehand, where the data choose among them.
KIND_CHANCES = {"geometric": 0.4, "delayed": 0.2, "weibull_cdf": 0.2, "weibull_pdf": 0.2}
# Priors of the baseline are in units of the noise, of which a plain regression gives a first idea.
LEAST_NOISE = 1e-4
# What a chain leaves behind: see `run_chain`.
Run = tuple[NDArray[np.float64], Matrix, Matrix, Matrix]


@dataclass(frozen=True)
class Draws:
    """Draws from the posterior: L chains of D draws, M media, the C paid ones first.

    units: (L, D, M, 4) parameters within the setting's ranges. kinds: (L, D, M) places among the setting's kinds.
    log_roas: (L, D, M). pool: (L, D, 2) mu and tau. ways: (L, D, 3) baseline, echo and tail. size: (L, D) of the noise.
    idle: (L, D, M) which media bring next to nothing. misses, weights: (N,) mean of what no part explains, in units of
    y, and of how much each period counts. agreement: of the chains.
    """

    units: NDArray[np.float64]
    kinds: NDArray[np.int64]
    log_roas: NDArray[np.float64]
    pool: NDArray[np.float64]
    ways: NDArray[np.int64]
    size: Matrix
    idle: NDArray[np.bool_]
    misses: Vector
    weights: Vector
    agreement: Agreement
    setting: Setting


def sample(
    problem: Problem,
    space: Space,
    periods_per_year: float,
    *,
    seed: int,
    lift_errors: Sequence[float] | None = None,
    first: int = FIRST,
    most: int = MOST,
    chains: int = CHAINS,
    threads: int = 1,
) -> Draws:
    """Return draws from the posterior. The same arguments give the same draws, whatever the number of threads.

    periods_per_year: 365.25, 52.18 or 12. lift_errors: standard error of each lift test in units of the KPI, LIFT_ERROR
    of the lift without. first, most: sweeps of the first round, and of a chain in all, of which there are `chains`.
    """
    setting = make_setting(problem, space, periods_per_year, lift_errors)
    size = max(setting.media.shape[0] * len(setting.y), 1)
    most = max(first, min(most, int(MOST_WORK / size)))
    with ThreadPoolExecutor(max(1, min(threads, chains))) as pool:
        lesson = min(LEARNING, first // 2)
        runs = list(pool.map(lambda number: _learn(setting, seed + 1000 * number, lesson), range(chains)))
        kept: list[list[Run]] = [[] for _ in runs]
        done, length = 0, first
        while True:
            seeds = [seed + 1000 * number + 10 + done for number in range(chains)]
            found = pool.map(partial(_run, setting, length), runs, seeds)
            for mine, new in zip(kept, found, strict=True):
                mine.append(new)
            done += length
            drawn = _together(setting, kept)
            length = int(GROWTH * done)
            if drawn.agreement.good or done + length > most:
                return drawn
            # What a chain saw on its way to where it belongs is forgotten.
            if not drawn.agreement.near:
                kept = [mine[-1:] for mine in kept]


def _run(setting: Setting, sweeps: int, chain: Chain, seed: int) -> Run:
    return run_chain(setting, chain, sweeps, THIN, seed, False, 1.0)


def _together(setting: Setting, kept: Sequence[Sequence[Run]]) -> Draws:
    units, log_roas, rest = (np.array([np.concatenate([one[k] for one in mine]) for mine in kept]) for k in range(3))
    lengths = np.array([len(one[1]) for mine in kept for one in mine], dtype=np.float64)
    periods = np.average([one[3] for mine in kept for one in mine], axis=0, weights=lengths)
    count = log_roas.shape[2]
    paid = int(setting.paid.sum())
    return Draws(
        units=units,
        kinds=rest[:, :, :count].astype(np.int64),
        log_roas=log_roas,
        pool=rest[:, :, count : count + 2],
        ways=rest[:, :, count + 2 : count + 5].astype(np.int64),
        size=rest[:, :, count + 5],
        idle=rest[:, :, count + 6 :] > 0.5,
        misses=periods[0],
        weights=periods[1],
        agreement=agreement_of(log_roas[:, :, :paid], np.abs(setting.level[:paid])),
        setting=setting,
    )


def make_setting(
    problem: Problem, space: Space, periods_per_year: float, lift_errors: Sequence[float] | None = None
) -> Setting:
    """Lay a problem out for the chains."""
    count, paid, studies = len(problem.media_names), len(problem.paid_names), problem.studies
    baseline = make_baseline(problem, periods_per_year, _noise(problem))
    kinds = kinds_of(problem, space)
    low, high = np.array([list(_ranges(problem, space, kind)) for kind in kinds]).transpose(2, 0, 1, 3)
    total = float(np.abs(problem.y).sum())
    level = np.full(count, total)
    level[:paid] = problem.total_spend
    # Media whose sign is left open are taken to help: an effect of unknown sign has no logarithm.
    level[problem.upper[len(problem.base_names) :] <= 0] *= -1
    mu_center = float(np.log(PAID_SHARE * total / problem.total_spend.sum()))
    lifts = np.array([study.lift for study in studies], dtype=np.float64)
    chances = np.log([KIND_CHANCES[kind] for kind in kinds])
    return Setting(
        y=problem.y,
        media=np.ascontiguousarray(problem.media, dtype=np.float64),
        start=problem.rows.start,
        stop=problem.rows.stop,
        design=baseline.design,
        scales=baseline.scales,
        echoes=baseline.echoes,
        tails=np.array(TAILS),
        kinds=np.array([ADSTOCKS[kind] for kind in kinds], dtype=np.int64),
        chances=chances - np.log(np.exp(chances).sum()),
        low=np.ascontiguousarray(low),
        high=np.ascontiguousarray(high),
        level=level,
        paid=np.arange(count) < paid,
        center=np.full(count, np.log(UNPAID_SHARE)),
        spread=np.full(count, UNPAID_SPREAD),
        mu_center=mu_center,
        mu_spread=MU_SPREAD,
        tau_spread=TAU_SPREAD,
        roas_tail=ROAS_TAIL,
        idle=IDLE if paid > 1 else 0.0,
        idle_center=mu_center - IDLE_BELOW,
        idle_spread=IDLE_SPREAD,
        whole=total,
        spans=np.array([(study.first, study.stop) for study in studies], dtype=np.int64).reshape(-1, 2),
        lifts=lifts,
        errors=LIFT_ERROR * np.abs(lifts) if lift_errors is None else np.array(lift_errors, dtype=np.float64),
        ratios=np.array([study.ratio for study in studies], dtype=np.float64),
        immediate=np.array([study.immediate for study in studies], dtype=np.bool_),
        members=np.array([[m in study.media for m in range(count)] for study in studies], dtype=np.bool_).reshape(
            len(studies), count
        ),
        used=3 if kinds == ("geometric",) else SHAPES,
    )


def kinds_of(problem: Problem, space: Space) -> tuple[str, ...]:
    """Return the kinds of adstock that media may have, in the order of their codes.

    Under `auto` those that a search of any medium may take: a configuration can leave out some.
    """
    if problem.adstock != "auto":
        return (problem.adstock,)
    at = places(problem, space)[:, KIND]
    taken = {
        code
        for code in ADSTOCKS.values()
        if any(place < 0 or (space.low[place] < code + 1 and space.high[place] >= code) for place in at)
    }
    return tuple(NAMES[code] for code in sorted(taken))


def _ranges(problem: Problem, space: Space, kind: str) -> Iterator[tuple[list[float], list[float]]]:
    """Each medium's (4,) lowest and (4,) highest parameters: those searched, and a little beyond."""
    names = [PARAMETERS[k] if k >= 0 else "" for k in (0, 1, *parameters_of(ADSTOCKS[kind]))]
    for medium in problem.media_names:
        ends = [_beyond(space, f"{medium}_{name}", name) if name else (0.0, 0.0) for name in names]
        yield [low for low, _ in ends], [high for _, high in ends]


def _beyond(space: Space, name: str, kind: str) -> tuple[float, float]:
    """How far the truth may lie outside of a searched range. A fixed parameter stays fixed."""
    at = space.place(name)
    low, high = float(space.low[at]), float(space.high[at])
    if not high > low:
        return low, high
    more = BEYOND * (high - low)
    return max(low - more, LEAST_OF_LOWEST * low), max(high, min(high + more, HIGHEST[kind]))


def _noise(problem: Problem) -> float:
    """A first idea of the noise: what a regression on the baseline and media as they are, hardly shrunk, leaves."""
    columns = np.column_stack([np.ones(len(problem.y)), problem.window_base, np.sqrt(problem.media[:, problem.rows].T)])
    scale = np.sqrt((columns**2).mean(axis=0))
    design = columns / np.where(scale > 0, scale, 1.0)
    spread = float(problem.y.std())
    shrunk = np.linalg.solve(design.T @ design + 1e-3 * np.eye(design.shape[1]), design.T @ problem.y)
    return max(float((problem.y - design @ shrunk).std()), LEAST_NOISE * float(np.ptp(problem.y)), 1e-12 * spread)


def _learn(setting: Setting, seed: int, sweeps: int) -> Chain:
    """Start a chain anywhere, let it find the data, and learn how it should move."""
    rng = np.random.default_rng(seed)
    count, rows = len(setting.media), len(setting.y)
    chain = Chain(
        units=rng.random((count, SHAPES)),
        kinds=rng.integers(0, len(setting.kinds), count),
        log_roas=np.where(setting.paid, setting.mu_center, setting.center) - np.abs(rng.normal(0.0, 1.0, count)),
        apart=np.ones(count),
        idle=np.zeros(count, dtype=np.bool_),
        pool=np.array([setting.mu_center, setting.tau_spread]),
        ways=np.array([rng.integers(len(setting.scales)), 0, len(setting.tails) - 1], dtype=np.int64),
        weights=np.ones(rows),
        steps=np.full(count, 0.3),
        lower=0.2 * np.eye(count),
        lower_own=np.tile(0.1 * np.eye(5), (count, 1, 1)),
    )
    for lesson in range(3):
        drawn, log_roas, _, _ = run_chain(setting, chain, sweeps, 2, seed + lesson, True, COOL if lesson == 0 else 1.0)
        seen = slice(len(log_roas) // 2 if lesson == 0 else 0, None)
        own = np.concatenate([drawn[seen], log_roas[seen, :, None]], axis=2).transpose(1, 2, 0)
        chain = chain._replace(lower=_factor(log_roas[seen].T), lower_own=np.array([_factor(one) for one in own]))
    return chain


def _factor(values: Matrix) -> Matrix:
    """Return the lower factor of the covariance of (K, D) values, kept apart from 0 where nothing moved."""
    return np.ascontiguousarray(np.linalg.cholesky(np.atleast_2d(np.cov(values)) + 1e-5 * np.eye(len(values))))
