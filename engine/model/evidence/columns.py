"""What one medium contributes at a ROAS of 1, in machine code, and what the lift tests see of it."""

import numpy as np
from numpy.typing import NDArray

from engine.model.evidence.level import dot, project, whiten
from engine.model.evidence.setting import SHAPES, Room, Setting
from engine.model.fit.compiled import Matrix, Vector, compiled
from engine.model.fit.transforms import (
    DELAYED,
    GEOMETRIC,
    convolve_into,
    delayed_weights_into,
    geometric_into,
    saturate_into,
    weibull_weights_into,
)

# Lags beyond which the weights hold less than this share of the largest are left out: a chain looks at many kernels.
FAINT = 1e-6


@compiled
def carry(x: Vector, kind: int, first: float, second: float, weights: Vector, out: Vector) -> None:
    """Write the adstock of x into `out`, as far as `out` is long. weights: scratch, as long as the whole data."""
    if kind == GEOMETRIC:
        geometric_into(x, first, out)
        return
    if kind == DELAYED:
        count = delayed_weights_into(first, second, weights)
    else:
        count = weibull_weights_into(kind, first, second, weights)
    while count > 1 and weights[count - 1] < FAINT:
        count -= 1
    convolve_into(x, weights, count, out)


@compiled
def fill(setting: Setting, room: Room, m: int, units: Vector, place: int, kind_place: int) -> None:
    """Write what medium m contributes at a ROAS of 1 into `place`, and what lift tests see of it.

    units: (4,) its parameters within their ranges under the kind at `kind_place`.
    """
    kind, shape = setting.kinds[kind_place], room.shapes[0]
    for k in range(SHAPES):
        low, high = setting.low[kind_place, m, k], setting.high[kind_place, m, k]
        shape[k] = low + (high - low) * units[k]
    shape[4] = float(kind)
    felt, column = room.felt[0], room.raw[place]
    carry(setting.media[m], kind, shape[2], shape[3], room.weights, felt)
    most = 0.0
    for t in range(setting.start, setting.stop):
        most = max(most, felt[t])
    room.halves[0] = shape[1] * most
    saturate_into(felt[setting.start : setting.stop], shape[0], room.halves[0], column)
    total = 0.0
    for t in range(len(column)):
        total += column[t]
    scale = setting.level[m] / total if total > 0.0 else 0.0
    for s in range(len(setting.lifts)):
        room.read[s, place] = 0.0
        if setting.members[s, m]:
            begin, end = setting.spans[s, 0], setting.spans[s, 1]
            seen = np.sum(column[begin - setting.start : end - setting.start])
            if setting.immediate[s]:
                seen -= _older(setting, room, m, begin, end)
            room.read[s, place] = setting.ratios[s] * scale * seen
    for t in range(len(column)):
        column[t] *= scale


@compiled
def _older(setting: Setting, room: Room, m: int, begin: int, end: int) -> float:
    """Return what spend before a lift test causes in it, before scaling: as `measure.lift_miss`, without its quirk."""
    restarted, older = np.empty(end - begin), np.empty(end - begin)
    shape = room.shapes[0]
    carry(setting.media[m, begin:end], int(shape[4]), shape[2], shape[3], room.weights, restarted)
    for t in range(end - begin):
        restarted[t] = max(room.felt[0, begin + t] - restarted[t], 0.0)
    saturate_into(restarted, shape[0], room.halves[0], older)
    return float(np.sum(older))


@compiled
def measure(setting: Setting, room: Room, echo: float, place: int, others: int) -> None:
    """Whiten the column in `place` and fill in its sums of squares with those of the first `others` media."""
    whiten(room.raw[place], echo, room.roots, room.columns[place])
    project(room.shadow, room.columns[place], room.shadows[place])
    for k in range(others):
        value = dot(room.columns[place], room.columns[k]) - dot(room.shadows[place], room.shadows[k])
        room.gram[place, k] = room.gram[k, place] = value
    own = dot(room.columns[place], room.columns[place]) - dot(room.shadows[place], room.shadows[place])
    room.gram[place, place] = own
    room.target[place] = dot(room.columns[place], room.white) - dot(room.shadows[place], room.y_shadow)


@compiled
def lift_density(setting: Setting, room: Room, effects: Vector, replaced: int) -> float:
    """Return the log density of the lift tests; medium `replaced` counts with the proposed column, -1: none does."""
    found = 0.0
    for s in range(len(setting.lifts)):
        seen = 0.0
        for m in range(len(effects)):
            seen += effects[m] * room.read[s, len(effects) if m == replaced else m]
        found -= 0.5 * ((seen - setting.lifts[s]) / setting.errors[s]) ** 2
    return found


@compiled
def spell_out(setting: Setting, units: NDArray[np.float64], kinds: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return (D, M, 5) alpha, gamma, the adstock's first and second parameter and its kind.

    units: (D, M, 4) within the setting's ranges. kinds: (D, M) places among the setting's kinds.
    """
    draws, count = kinds.shape
    found = np.empty((draws, count, SHAPES + 1))
    for d in range(draws):
        for m in range(count):
            for k in range(SHAPES):
                low, high = setting.low[kinds[d, m], m, k], setting.high[kinds[d, m], m, k]
                found[d, m, k] = low + (high - low) * units[d, m, k]
            found[d, m, SHAPES] = setting.kinds[kinds[d, m]]
    return found


@compiled
def brought(setting: Setting, shapes: NDArray[np.float64], effects: Matrix) -> tuple[Matrix, Matrix, Matrix]:
    """Return what media bring per period, (D, N), and each one's inflexion and coefficient, (D, M).

    shapes: (D, M, 5). effects: (D, M) ROAS, of either sign; what the spend of the window brings goes by them.
    """
    draws, count, rows = len(shapes), len(setting.media), len(setting.y)
    together, halves, coefficients = np.zeros((draws, rows)), np.zeros((draws, count)), np.zeros((draws, count))
    felt, column, weights = np.empty(setting.stop), np.empty(rows), np.empty(setting.media.shape[1])
    for d in range(draws):
        for m in range(count):
            shape = shapes[d, m]
            carry(setting.media[m], int(shape[4]), shape[2], shape[3], weights, felt)
            most = 0.0
            for t in range(setting.start, setting.stop):
                most = max(most, felt[t])
            halves[d, m] = shape[1] * most
            saturate_into(felt[setting.start :], shape[0], halves[d, m], column)
            total = np.sum(column)
            coefficients[d, m] = effects[d, m] * abs(setting.level[m]) / total if total > 0.0 else 0.0
            for t in range(rows):
                together[d, t] += coefficients[d, m] * column[t]
    return together, halves, coefficients


@compiled
def lift_densities(
    setting: Setting, room: Room, units: NDArray[np.float64], kinds: NDArray[np.int64], effects: Vector
) -> Vector:
    """Return (D,) the log density of the lift tests with ROAS `effects`, (M,), under each of D transformations.

    units: (D, M, 4) within the setting's ranges. kinds: (D, M) places among the setting's kinds.
    """
    found = np.zeros(len(units))
    for d in range(len(units)):
        for m in range(units.shape[1]):
            fill(setting, room, m, units[d, m], m, kinds[d, m])
        found[d] = lift_density(setting, room, effects, -1)
    return found
