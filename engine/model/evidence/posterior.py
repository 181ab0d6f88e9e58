"""What the data say about transformations and ROAS together: draws from their joint posterior by a Markov chain.

Per medium: the kind of adstock; alpha, gamma and the adstock's parameters, equally likely everywhere in their ranges;
and its ROAS, positive, on a log scale, with the prior of `pool.py`: a channel that the data are silent on is taken to
be like the others, not to be without effect. The baseline's coefficients and the size of the noise are integrated out
(`level.py`); the noise has heavy tails, so an odd period moves no channel far.

The chain moves one medium's transformation at a time, then all ROAS given the transformations, for which a small Gram
matrix is enough: those moves cost next to nothing.
"""

import numpy as np
from numpy.typing import NDArray

from engine.model.evidence.columns import fill, lift_density, measure
from engine.model.evidence.level import BEST_FIT, dot, draw_noise, draw_tails, factorise, project, whiten
from engine.model.evidence.pool import move_pool, prior, room_for_base
from engine.model.evidence.setting import SHAPES, Chain, Room, Setting, make_room
from engine.model.fit.compiled import Matrix, Vector, compiled

# Rounds of transformation moves in a sweep, and of ROAS moves after each; sweeps between two looks at the baseline.
ROAS_ROUNDS, SHAPE_ROUNDS = 2, 2
BASELINE_EVERY = 8
# Steps in a parameter's range: mostly small, at times far; how often another kind of adstock is tried.
NEAR, FAR, SHARE_FAR = 0.12, 0.5, 0.3
SHARE_KIND = 0.25
# How often a learnt move is made, where each parameter alone is moved once.
LEARNT = 3
TARGET_ACCEPTED = 0.44


@compiled
def _take_up(setting: Setting, chain: Chain, room: Room) -> None:
    """Bring all sums of squares up to date with the baseline, echo and weights in use."""
    echo = setting.echoes[chain.ways[1]]
    for t in range(len(room.roots)):
        room.roots[t] = np.sqrt(chain.weights[t])
    room.rest[1] = factorise(setting.design, setting.scales[chain.ways[0]], echo, room.roots, room.shadow, room.lower)
    whiten(setting.y, echo, room.roots, room.white)
    project(room.shadow, room.white, room.y_shadow)
    room.rest[0] = dot(room.white, room.white) - dot(room.y_shadow, room.y_shadow)
    for m in range(len(setting.media)):
        measure(setting, room, echo, m, m)


@compiled
def _left(room: Room, echo: float, shadow: Matrix, seen: Vector) -> float:
    """Return the residual's sum of squares without the baseline; its projection is written into `seen`."""
    whiten(room.residual, echo, room.roots, room.white)
    project(shadow, room.white, seen)
    square = dot(room.white, room.white)
    return float(max(square - dot(seen, seen), BEST_FIT * square))


@compiled
def _move_baseline(setting: Setting, chain: Chain, room: Room) -> float:
    """Propose another baseline or echo, then draw the noise and each period's weight. Returns the noise's size."""
    count, rows = len(setting.media), len(setting.y)
    half = 0.5 * rows
    room.residual[:] = setting.y
    for m in range(count):
        for t in range(rows):
            room.residual[t] -= room.effects[m] * room.raw[m, t]
    ways = chain.ways
    echo = setting.echoes[ways[1]]
    density = room.rest[1]
    left = _left(room, echo, room.shadow, room.y_shadow)
    way, other_echo = ways[0], ways[1]
    if np.random.random() < 0.6 and len(setting.scales) > 1:
        way = (way + np.random.randint(1, len(setting.scales))) % len(setting.scales)
    elif len(setting.echoes) > 1:
        other_echo = (other_echo + np.random.randint(1, len(setting.echoes))) % len(setting.echoes)
    if way != ways[0] or other_echo != ways[1]:
        tried = setting.echoes[other_echo]
        seen = np.empty(len(setting.design))
        other = factorise(setting.design, setting.scales[way], tried, room.roots, room.other_shadow, room.other_lower)
        other_left = _left(room, tried, room.other_shadow, seen)
        gain = other - density + half * np.log(left / other_left)
        if np.log(np.random.random()) < gain:
            ways[0], ways[1], left, echo = way, other_echo, other_left, tried
            room.y_shadow[:] = seen
            room.lower[:] = room.other_lower
    size, square, used = draw_noise(
        setting.design, setting.scales[ways[0]], echo, room.lower, room.residual, room.y_shadow, left, room.noise
    )
    size, ways[2] = draw_tails(room.noise, size, square, used, setting.tails, ways[2], chain.weights)
    _take_up(setting, chain, room)
    return size


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
def _propose(setting: Setting, chain: Chain, m: int, units: Vector) -> tuple[float, int]:
    """Write other parameters of medium m into `units`, within their ranges. Returns a step of its log ROAS, and a kind.

    Another kind with parameters from anywhere; or one parameter, or all, or along what the chain has learnt of how
    parameters and ROAS go together.
    """
    units[:] = chain.units[m]
    if len(setting.kinds) > 1 and np.random.random() < SHARE_KIND:
        kind = (chain.kinds[m] + np.random.randint(1, len(setting.kinds))) % len(setting.kinds)
        units[2], units[3] = np.random.random(), np.random.random()
        return 0.1 * np.random.normal(), kind
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
            for i in range(k, SHAPES):
                units[i] += chain.lower_own[m, i, k] * drawn
            step += chain.lower_own[m, 4, k] * drawn
    for k in range(SHAPES):
        turned = abs(units[k]) % 2.0
        units[k] = 2.0 - turned if turned > 1.0 else turned
    return step, chain.kinds[m]


@compiled
def _move_shapes(setting: Setting, chain: Chain, room: Room, square: float, heat: float) -> float:
    """Propose another transformation of each medium, at times with another ROAS. Returns the sum of squares."""
    count, half, effects = len(setting.media), 0.5 * len(setting.y), room.effects
    units, echo = np.empty(SHAPES), setting.echoes[chain.ways[1]]
    for m in range(count):
        step, kind = _propose(setting, chain, m, units)
        fill(setting, room, m, units, count, kind)
        measure(setting, room, echo, count, count)
        after, cross_before, cross_after = effects[m] * np.exp(step), -2.0 * room.target[m], -2.0 * room.target[count]
        for k in range(count):
            if k != m:
                cross_before += 2.0 * room.gram[m, k] * effects[k]
                cross_after += 2.0 * room.gram[count, k] * effects[k]
        proposed = square - effects[m] * (effects[m] * room.gram[m, m] + cross_before)
        proposed += after * (after * room.gram[count, count] + cross_after)
        proposed = max(proposed, BEST_FIT * room.rest[0])
        gain = half * np.log(square / proposed)
        if len(setting.lifts) > 0:
            gain -= lift_density(setting, room, effects, -1)
            before, effects[m] = effects[m], after
            gain += lift_density(setting, room, effects, m)
            effects[m] = before
        gain = heat * gain + setting.chances[kind] - setting.chances[chain.kinds[m]]
        gain += prior(setting, chain, m, chain.log_roas[m] + step) - prior(setting, chain, m, chain.log_roas[m])
        if step != 0.0:
            gain -= room_for_base(setting, effects)
            before, effects[m] = effects[m], after
            gain += room_for_base(setting, effects)
            effects[m] = before
        if np.log(np.random.random()) < gain:
            square, effects[m] = proposed, after
            chain.log_roas[m] += step
            chain.units[m] = units
            chain.kinds[m] = kind
            room.raw[m], room.columns[m] = room.raw[count], room.columns[count]
            room.shadows[m] = room.shadows[count]
            room.read[:, m] = room.read[:, count]
            for k in range(count):
                room.gram[m, k] = room.gram[k, m] = room.gram[count, k]
            room.gram[m, m], room.target[m] = room.gram[count, count], room.target[count]
    return square


@compiled
def _accept(
    setting: Setting, chain: Chain, room: Room, proposal: Vector, square: float, lifted: float, heat: float
) -> tuple[bool, float, float]:
    """Move to the log ROAS `proposal`, (M,), or stay. Returns whether, and the sum of squares and lift density."""
    effects = np.exp(proposal)
    proposed, lift_after = _square(room, effects), lift_density(setting, room, effects, -1)
    gain = heat * (0.5 * len(setting.y) * np.log(square / proposed) + lift_after - lifted)
    gain += room_for_base(setting, effects) - room_for_base(setting, room.effects)
    for m in range(len(proposal)):
        if proposal[m] != chain.log_roas[m]:
            gain += prior(setting, chain, m, proposal[m]) - prior(setting, chain, m, chain.log_roas[m])
    if np.log(np.random.random()) < gain:
        chain.log_roas[:] = proposal
        room.effects[:] = effects
        return True, proposed, lift_after
    return False, square, lifted


@compiled
def _move_roas(setting: Setting, chain: Chain, room: Room, square: float, learning: float, heat: float) -> float:
    """Propose other ROAS, one by one and all together. learning: how much step sizes adapt; 0 once they are kept."""
    count = len(setting.media)
    proposal, lifted = chain.log_roas.copy(), lift_density(setting, room, room.effects, -1)
    for m in range(count):
        proposal[m] += chain.steps[m] * np.random.normal()
        moved, square, lifted = _accept(setting, chain, room, proposal, square, lifted, heat)
        proposal[m] = chain.log_roas[m]
        chain.steps[m] *= np.exp(learning * ((1.0 if moved else 0.0) - TARGET_ACCEPTED))
        chain.steps[m] = min(max(chain.steps[m], 0.005), 3.0)
    size = (2.0 if np.random.random() < 0.7 else 0.6) / np.sqrt(count)
    for k in range(count):
        drawn = size * np.random.normal()
        for m in range(k, count):
            proposal[m] += chain.lower[m, k] * drawn
    _, square, lifted = _accept(setting, chain, room, proposal, square, lifted, heat)
    return square


@compiled
def run_chain(
    setting: Setting, chain: Chain, sweeps: int, thin: int, seed: int, adapt: bool, cool: float
) -> tuple[NDArray[np.float64], Matrix, Matrix, Matrix]:
    """Move a chain `sweeps` times and keep every `thin`-th place. The chain is left where it ends.

    adapt: tune the sizes of moves on the way; draws are then not yet from the posterior. cool: the share of the log
    likelihood that counts at the start; it rises to all of it until halfway. A start far from the data finds them so.
    Returns (D, M, 4) parameters within their ranges, 0 to 1; (D, M) log ROAS; (D, 2M + 6) the place of each medium's
    kind, then mu, tau, the baseline, the echo, the tail, the noise's size, and which media bring next to nothing;
    (2, N) mean residual of y less all media and the baseline, and mean weight, of each period.
    """
    np.random.seed(seed)
    count, rows, room = len(setting.media), len(setting.y), make_room(setting)
    for m in range(count):
        fill(setting, room, m, chain.units[m], m, chain.kinds[m])
    room.effects[:] = np.exp(chain.log_roas)
    _take_up(setting, chain, room)
    kept = sweeps // thin
    units, log_roas, rest = np.empty((kept, count, SHAPES)), np.empty((kept, count)), np.empty((kept, 2 * count + 6))
    periods = np.zeros((2, rows))
    size, looked = 1.0, 0
    for sweep in range(sweeps):
        heat = min(1.0, cool + (1.0 - cool) * 2.0 * sweep / sweeps)
        if sweep % BASELINE_EVERY == 0:
            size = _move_baseline(setting, chain, room)
            looked += 1
            echo, before = setting.echoes[chain.ways[1]], 0.0
            for t in range(rows):
                # What is left of a period itself, with what lasts of the one before.
                before = room.noise[t] / np.sqrt(1.0 - echo * echo) if t == 0 else room.noise[t] + echo * before
                periods[0, t] += before
                periods[1, t] += chain.weights[t]
        learning = 2.0 / np.sqrt(25.0 + sweep) if adapt else 0.0
        for _ in range(SHAPE_ROUNDS):
            square = _move_shapes(setting, chain, room, _square(room, room.effects), heat)
            for _ in range(ROAS_ROUNDS):
                square = _move_roas(setting, chain, room, square, learning, heat)
                move_pool(setting, chain)
        if (sweep + 1) % thin == 0:
            at = (sweep + 1) // thin - 1
            units[at], log_roas[at] = chain.units, chain.log_roas
            for m in range(count):
                rest[at, m] = chain.kinds[m]
                rest[at, count + 6 + m] = 1.0 if chain.idle[m] else 0.0
            rest[at, count], rest[at, count + 1] = chain.pool[0], chain.pool[1]
            for k in range(3):
                rest[at, count + 2 + k] = chain.ways[k]
            rest[at, count + 5] = size
    return units, log_roas, rest, periods / max(looked, 1)
