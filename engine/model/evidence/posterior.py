"""What the data say about transformations and ROAS together: draws from their joint posterior by a Markov chain.

Per medium: alpha, gamma and the adstock's parameters, equally likely everywhere in its range; and its ROAS,
positive, on a log scale. The ROAS of the paid channels come from one distribution, log ROAS ~ N(mu, tau²), whose centre
and spread the data choose too: a channel that the data are silent on is taken to be like the others, not to be without
effect. The baseline's coefficients and the noise are integrated out (`baseline.py`).

The chain moves one medium's transformation at a time, then all ROAS given the transformations, for which a small Gram
matrix is enough: those moves cost next to nothing.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.model.fit.compiled import Flags, Matrix, Numbers, Vector, compiled, vectorised
from engine.model.fit.transforms import (
    GEOMETRIC,
    convolve_into,
    geometric_into,
    saturate_into,
    transform,
    weights_into,
)

# Rounds of ROAS moves after each round of transformation moves; rounds between two choices of the baseline.
ROAS_ROUNDS = 4
BASELINE_EVERY = 5
# Steps in a parameter's searched range: mostly small, at times far.
NEAR, FAR, SHARE_FAR = 0.12, 0.5, 0.3
# How often a learnt move is made, where each parameter alone is moved once.
LEARNT = 3
TARGET_ACCEPTED = 0.44
LEAST_TAU = 0.02
# A fit is never taken to be better than this share of what the baseline alone leaves: data without noise exist too.
BEST_FIT = 1e-8


class Setting(NamedTuple):
    """What does not change. M media, N rows of the window, G baselines, S lift tests.

    y: (N,) less the baseline's start. media: (M, T). bases, evidence, echoes: as in Baseline. low, high: (M, 4) ranges
    of parameters. level: (M,) what a log ROAS of 0 brings in the window: the spend of a paid channel, negative where
    effects are. paid: (M,). center, spread: (M,) of the prior of an unpaid medium. mu_center, mu_spread, tau_spread:
    priors of mu, normal, and tau, half-normal. kinds: (M,) adstocks. spans, lifts, errors, ratios,
    immediate, members: the lift tests. used: how many of a medium's four parameters its adstock has.
    """

    y: Vector
    media: Matrix
    start: int
    stop: int
    kinds: Vector
    bases: NDArray[np.float64]
    evidence: Vector
    echoes: Vector
    low: Matrix
    high: Matrix
    level: Vector
    paid: Flags
    center: Vector
    spread: Vector
    mu_center: float
    mu_spread: float
    tau_spread: float
    spans: Numbers
    lifts: Vector
    errors: Vector
    ratios: Vector
    immediate: Flags
    members: Flags
    used: int


class Chain(NamedTuple):
    """Where a chain is. units: (M, 4) parameters within their ranges. log_roas: (M,). pool: (2,) mu and tau.
    baseline: (1,) which is in use. steps: (M,) sizes of moves. lower: (M, M) factor of the covariance by which all
    ROAS move together; lower_own: (M, 5, 5) of that of one medium's parameters and ROAS.
    """

    units: Matrix
    log_roas: Vector
    pool: Vector
    baseline: Numbers
    steps: Vector
    lower: Matrix
    lower_own: NDArray[np.float64]


class Room(NamedTuple):
    """Scratch. raw: (M, N) what a ROAS of 1 contributes; columns: the same, whitened for the baseline in use; shadows:
    (M, K) their projections; read: (S, M) what the lift tests see of them. gram, target, rest: sums of squares with the
    baseline integrated out. white, y_shadow: y whitened, and its projection."""

    raw: Matrix
    columns: Matrix
    shadows: Matrix
    read: Matrix
    gram: Matrix
    target: Vector
    rest: Vector
    effects: Vector
    shapes: Matrix
    felt: Matrix
    halves: Vector
    weights: Vector
    residual: Vector
    white: Vector
    y_shadow: Vector


@vectorised
def _dot(a: Vector, b: Vector) -> float:
    found = 0.0
    for t in range(len(a)):
        found += a[t] * b[t]
    return found


@vectorised
def _project(base: Matrix, x: Vector, out: Vector) -> None:
    out[:] = 0.0
    for t in range(len(x)):
        for k in range(len(out)):
            out[k] += base[t, k] * x[t]


@vectorised
def _whiten(x: Vector, echo: float, out: Vector) -> None:
    """As `baseline.whitened`, of one column."""
    out[0] = np.sqrt(1.0 - echo * echo) * x[0]
    for t in range(1, len(x)):
        out[t] = x[t] - echo * x[t - 1]


@compiled
def _make_room(setting: Setting) -> Room:
    count, rows, width = len(setting.media), len(setting.y), setting.bases.shape[2]
    length, studies = setting.media.shape[1], len(setting.lifts)
    # One more medium than there are: the last place is that of a proposal.
    return Room(
        np.zeros((count + 1, rows)),
        np.zeros((count + 1, rows)),
        np.zeros((count + 1, width)),
        np.zeros((studies, count + 1)),
        np.zeros((count + 1, count + 1)),
        np.zeros(count + 1),
        np.zeros(2),
        np.zeros(count),
        np.zeros((1, 5)),
        np.zeros((1, setting.stop)),
        np.zeros(1),
        np.zeros(length),
        np.zeros(rows),
        np.zeros(rows),
        np.zeros(width),
    )


@compiled
def _fill(setting: Setting, room: Room, m: int, units: Vector, place: int, echo: float) -> None:
    """Write what medium m contributes at a ROAS of 1 into `place`, and what lift tests see of it."""
    for k in range(4):
        room.shapes[0, k] = setting.low[m, k] + (setting.high[m, k] - setting.low[m, k]) * units[k]
    room.shapes[0, 4] = setting.kinds[m]
    column = room.raw[place : place + 1]
    transform(
        setting.media[m : m + 1], setting.start, setting.stop, room.shapes, room.weights, room.felt, room.halves, column
    )  # fmt: skip
    total = np.sum(column[0])
    scale = setting.level[m] / total if total > 0.0 else 0.0
    for s in range(len(setting.lifts)):
        room.read[s, place] = 0.0
        if setting.members[s, m]:
            begin, end = setting.spans[s, 0], setting.spans[s, 1]
            seen = np.sum(column[0, begin - setting.start : end - setting.start])
            if setting.immediate[s]:
                seen -= _older(setting, room, m, begin, end)
            room.read[s, place] = setting.ratios[s] * scale * seen
    column[0] *= scale
    _whiten(column[0], echo, room.columns[place])


@compiled
def _older(setting: Setting, room: Room, m: int, begin: int, end: int) -> float:
    """Return what spend before a lift test causes in it, before scaling: as `measure.lift_miss`, without its quirk."""
    restarted, older = np.empty(end - begin), np.empty(end - begin)
    kind = int(setting.kinds[m])
    if kind == GEOMETRIC:
        geometric_into(setting.media[m, begin:end], room.shapes[0, 2], restarted)
    else:
        count = weights_into(kind, room.shapes[0, 2], room.shapes[0, 3], room.weights)
        convolve_into(setting.media[m, begin:end], room.weights, count, restarted)
    for t in range(end - begin):
        restarted[t] = max(room.felt[0, begin + t] - restarted[t], 0.0)
    saturate_into(restarted, room.shapes[0, 0], room.halves[0], older)
    return float(np.sum(older))


@compiled
def _measure(setting: Setting, room: Room, base: Matrix, place: int, others: int) -> None:
    """Fill in the sums of squares of the column in `place` with those of the first `others` media."""
    _project(base, room.columns[place], room.shadows[place])
    for k in range(others):
        value = _dot(room.columns[place], room.columns[k]) - _dot(room.shadows[place], room.shadows[k])
        room.gram[place, k] = room.gram[k, place] = value
    own = _dot(room.columns[place], room.columns[place]) - _dot(room.shadows[place], room.shadows[place])
    room.gram[place, place] = own
    room.target[place] = _dot(room.columns[place], room.white) - _dot(room.shadows[place], room.y_shadow)


@compiled
def _choose_baseline(setting: Setting, chain: Chain, room: Room, fresh: bool) -> None:
    """Draw the baseline given everything else, and bring the sums of squares up to date if it is another one."""
    count, rows = len(setting.media), len(setting.y)
    room.residual[:] = setting.y
    for m in range(count):
        for t in range(rows):
            room.residual[t] -= room.effects[m] * room.raw[m, t]
    chances = np.empty(len(setting.bases))
    for g in range(len(chances)):
        _whiten(room.residual, setting.echoes[g], room.white)
        square = _dot(room.white, room.white)
        _project(setting.bases[g], room.white, room.y_shadow)
        left = max(square - _dot(room.y_shadow, room.y_shadow), BEST_FIT * square)
        chances[g] = setting.evidence[g] - 0.5 * rows * np.log(left)
    chances = np.cumsum(np.exp(chances - np.max(chances)))
    chosen = min(np.searchsorted(chances, np.random.random() * chances[-1]), len(chances) - 1)
    base, echo = setting.bases[chosen], setting.echoes[chosen]
    # From here on `white` and `y_shadow` are those of y.
    _whiten(setting.y, echo, room.white)
    _project(base, room.white, room.y_shadow)
    if chosen == chain.baseline[0] and not fresh:
        return
    chain.baseline[0] = chosen
    room.rest[0] = _dot(room.white, room.white) - _dot(room.y_shadow, room.y_shadow)
    for m in range(count):
        _whiten(room.raw[m], echo, room.columns[m])
        _measure(setting, room, base, m, m)


@compiled
def _square(room: Room, effects: Vector) -> float:
    """Return the residual sum of squares of `effects`, (M,) ROAS, with the baseline integrated out."""
    found = room.rest[0]
    for m in range(len(effects)):
        inner = -2.0 * room.target[m]
        for k in range(len(effects)):
            inner += room.gram[m, k] * effects[k]
        found += effects[m] * inner
    return float(max(found, BEST_FIT * room.rest[0]))


@compiled
def _lift_density(setting: Setting, room: Room, effects: Vector, replaced: int) -> float:
    """Return the log density of the lift tests; medium `replaced` counts with the proposed column, -1: none does."""
    found = 0.0
    for s in range(len(setting.lifts)):
        seen = 0.0
        for m in range(len(effects)):
            seen += effects[m] * room.read[s, len(effects) if m == replaced else m]
        found -= 0.5 * ((seen - setting.lifts[s]) / setting.errors[s]) ** 2
    return found


@compiled
def _prior(setting: Setting, chain: Chain, m: int, log_roas: float) -> float:
    if setting.paid[m]:
        return float(-0.5 * ((log_roas - chain.pool[0]) / chain.pool[1]) ** 2)
    return float(-0.5 * ((log_roas - setting.center[m]) / setting.spread[m]) ** 2)


@compiled
def _propose(setting: Setting, chain: Chain, m: int, units: Vector) -> float:
    """Write other parameters of medium m into `units`, within their ranges. Returns a step of its log ROAS.

    One parameter, or all, or along what the chain has learnt of how parameters and ROAS go together.
    """
    units[:] = chain.units[m]
    which = np.random.randint(0, setting.used + 1 + LEARNT)
    far = np.random.random() < SHARE_FAR
    step = 0.0
    if which <= setting.used:
        for k in range(setting.used):
            if which == k or which == setting.used:
                units[k] += (FAR if far else NEAR) * np.random.normal()
    else:
        for k in range(5):
            drawn = (0.4 if far else 1.1) * np.random.normal()
            for i in range(k, 4):
                units[i] += chain.lower_own[m, i, k] * drawn
            step += chain.lower_own[m, 4, k] * drawn
    for k in range(4):
        turned = abs(units[k]) % 2.0
        units[k] = 2.0 - turned if turned > 1.0 else turned
    return step


@compiled
def _move_shapes(setting: Setting, chain: Chain, room: Room, square: float) -> float:
    """Propose another transformation of each medium, at times with another ROAS. Returns the sum of squares."""
    count, half, effects = len(setting.media), 0.5 * len(setting.y), room.effects
    base, units, echo = setting.bases[chain.baseline[0]], np.empty(4), setting.echoes[chain.baseline[0]]
    for m in range(count):
        step = _propose(setting, chain, m, units)
        _fill(setting, room, m, units, count, echo)
        _measure(setting, room, base, count, count)
        after, cross_before, cross_after = effects[m] * np.exp(step), -2.0 * room.target[m], -2.0 * room.target[count]
        for k in range(count):
            if k != m:
                cross_before += 2.0 * room.gram[m, k] * effects[k]
                cross_after += 2.0 * room.gram[count, k] * effects[k]
        proposed = square - effects[m] * (effects[m] * room.gram[m, m] + cross_before)
        proposed += after * (after * room.gram[count, count] + cross_after)
        proposed = max(proposed, BEST_FIT * room.rest[0])
        gain = half * np.log(square / proposed)
        gain += _prior(setting, chain, m, chain.log_roas[m] + step) - _prior(setting, chain, m, chain.log_roas[m])
        if len(setting.lifts) > 0:
            gain -= _lift_density(setting, room, effects, -1)
            before, effects[m] = effects[m], after
            gain += _lift_density(setting, room, effects, m)
            effects[m] = before
        if np.log(np.random.random()) < gain:
            square, effects[m] = proposed, after
            chain.log_roas[m] += step
            chain.units[m] = units
            room.raw[m], room.columns[m] = room.raw[count], room.columns[count]
            room.shadows[m] = room.shadows[count]
            room.read[:, m] = room.read[:, count]
            for k in range(count):
                room.gram[m, k] = room.gram[k, m] = room.gram[count, k]
            room.gram[m, m], room.target[m] = room.gram[count, count], room.target[count]
    return square


@compiled
def _accept(
    setting: Setting, chain: Chain, room: Room, proposal: Vector, square: float, lifted: float
) -> tuple[bool, float, float]:
    """Move to the log ROAS `proposal`, (M,), or stay. Returns whether, and the sum of squares and lift density."""
    effects = np.exp(proposal)
    proposed, lift_after = _square(room, effects), _lift_density(setting, room, effects, -1)
    gain = 0.5 * len(setting.y) * np.log(square / proposed) + lift_after - lifted
    for m in range(len(proposal)):
        if proposal[m] != chain.log_roas[m]:
            gain += _prior(setting, chain, m, proposal[m]) - _prior(setting, chain, m, chain.log_roas[m])
    if np.log(np.random.random()) < gain:
        chain.log_roas[:] = proposal
        room.effects[:] = effects
        return True, proposed, lift_after
    return False, square, lifted


@compiled
def _move_roas(setting: Setting, chain: Chain, room: Room, square: float, learning: float) -> float:
    """Propose other ROAS, one by one and all together. learning: how much step sizes adapt; 0 once they are kept."""
    count = len(setting.media)
    proposal, lifted = chain.log_roas.copy(), _lift_density(setting, room, room.effects, -1)
    for m in range(count):
        proposal[m] += chain.steps[m] * np.random.normal()
        moved, square, lifted = _accept(setting, chain, room, proposal, square, lifted)
        proposal[m] = chain.log_roas[m]
        chain.steps[m] *= np.exp(learning * ((1.0 if moved else 0.0) - TARGET_ACCEPTED))
        chain.steps[m] = min(max(chain.steps[m], 0.005), 3.0)
    size = (2.0 if np.random.random() < 0.7 else 0.6) / np.sqrt(count)
    for k in range(count):
        drawn = size * np.random.normal()
        for m in range(k, count):
            proposal[m] += chain.lower[m, k] * drawn
    _, square, lifted = _accept(setting, chain, room, proposal, square, lifted)
    return square


@compiled
def _move_pool(setting: Setting, chain: Chain) -> None:
    """Draw mu given the rest, and propose another tau."""
    paid, total = 0, 0.0
    for m in range(len(setting.paid)):
        if setting.paid[m]:
            paid += 1
            total += chain.log_roas[m]
    mu, tau = chain.pool
    precision = paid / tau**2 + 1.0 / setting.mu_spread**2
    mu = (total / tau**2 + setting.mu_center / setting.mu_spread**2) / precision
    mu += np.random.normal() / np.sqrt(precision)
    square = 0.0
    for m in range(len(setting.paid)):
        if setting.paid[m]:
            square += (chain.log_roas[m] - mu) ** 2
    for _ in range(2):
        other = tau * np.exp(0.5 * np.random.normal())
        # One power of tau less: the step is on its logarithm.
        gain = (paid - 1) * np.log(tau / other) + 0.5 * square * (1.0 / tau**2 - 1.0 / other**2)
        gain += 0.5 * (tau**2 - other**2) / setting.tau_spread**2
        if other > LEAST_TAU and np.log(np.random.random()) < gain:
            tau = other
    chain.pool[0], chain.pool[1] = mu, tau


@compiled
def run_chain(
    setting: Setting, chain: Chain, sweeps: int, thin: int, seed: int, adapt: bool
) -> tuple[NDArray[np.float64], Matrix, Matrix]:
    """Move a chain `sweeps` times and keep every `thin`-th place. The chain is left where it ends.

    adapt: tune the sizes of moves on the way; draws are then not yet from the posterior.
    Returns (D, M, 4) parameters within their ranges, 0 to 1; (D, M) log ROAS; (D, 4) mu, tau, the baseline, and the
    residual sum of squares with the baseline integrated out.
    """
    np.random.seed(seed)
    count, room = len(setting.media), _make_room(setting)
    for m in range(count):
        _fill(setting, room, m, chain.units[m], m, 0.0)
    room.effects[:] = np.exp(chain.log_roas)
    kept = sweeps // thin
    units, log_roas, rest = np.empty((kept, count, 4)), np.empty((kept, count)), np.empty((kept, 4))
    for sweep in range(sweeps):
        if sweep % BASELINE_EVERY == 0:
            _choose_baseline(setting, chain, room, sweep == 0)
        square = _move_shapes(setting, chain, room, _square(room, room.effects))
        learning = 2.0 / np.sqrt(25.0 + sweep) if adapt else 0.0
        for _ in range(ROAS_ROUNDS):
            square = _move_roas(setting, chain, room, square, learning)
            _move_pool(setting, chain)
        if (sweep + 1) % thin == 0:
            at = (sweep + 1) // thin - 1
            units[at], log_roas[at] = chain.units, chain.log_roas
            rest[at, 0], rest[at, 1] = chain.pool[0], chain.pool[1]
            rest[at, 2], rest[at, 3] = chain.baseline[0], square
    return units, log_roas, rest


@compiled
def densities(setting: Setting, units: NDArray[np.float64], effects: Vector, baseline: int) -> Vector:
    """Return (D,) the log density of ROAS `effects`, (M,), with each of D transformations, (D, M, 4)."""
    room, found = _make_room(setting), np.empty(len(units))
    base, count, half = setting.bases[baseline], len(setting.media), 0.5 * len(setting.y)
    for d in range(len(units)):
        room.residual[:] = setting.y
        for m in range(count):
            _fill(setting, room, m, units[d, m], m, setting.echoes[baseline])
            room.residual[:] -= effects[m] * room.raw[m]
        _whiten(room.residual, setting.echoes[baseline], room.white)
        _project(base, room.white, room.y_shadow)
        square = _dot(room.white, room.white)
        left = max(square - _dot(room.y_shadow, room.y_shadow), BEST_FIT * square)
        found[d] = _lift_density(setting, room, effects, -1) - half * np.log(left)
    return found
