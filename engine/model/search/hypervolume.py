"""How good a set of candidates is as a whole: the hypervolume it dominates, and what each candidate adds to it."""

import numpy as np

from engine.model.fit.compiled import Matrix, Numbers, Vector, compiled

# An objective better than this counts up to here and no further, as in Robyn's own search.
REFERENCE = 1.0
# Where nothing comes below it, the reference moves behind the worst by this factor.
BEHIND = 1.1


def hypervolume(objectives: Matrix, reference: Vector) -> float:
    """Return the area (2 objectives) or volume (3) that lies between the candidates and `reference`.

    objectives: (K, 2) or (K, 3), smaller is better, may be infinite. reference: (2,) or (3,); what does not reach
    below it in every objective adds nothing. The measure of Zitzler and Thiele (1998), by a sweep.
    """
    inside = objectives[(objectives < reference).all(axis=1)]
    if objectives.shape[1] == 2 and len(inside):
        # Only what lies on the front is swept.
        inside = inside[np.lexsort((inside[:, 1], inside[:, 0]))]
        lower = np.minimum.accumulate(inside[:, 1])
        inside = inside[np.concatenate([[True], inside[1:, 1] < lower[:-1]])]
    return _sweep(np.ascontiguousarray(inside), np.asarray(reference, dtype=np.float64))[0]


@compiled
def survivors(objectives: Matrix, count: int) -> Numbers:
    """Return the positions, ascending, of the `count` candidates that are worth keeping.

    objectives: (K, 2) or (K, 3), may be infinite. Fronts are kept one after the other; of the first that does not fit
    the candidate that adds least to the hypervolume goes, again and again: the selection of SMS-EMOA (Beume, Naujoks,
    Emmerich 2007).
    """
    candidates = len(objectives)
    if candidates <= count:
        return np.arange(candidates)
    rank = fronts(objectives, count)
    reference = _reference(objectives)
    front, kept = 0, np.flatnonzero(rank < 0)[:0]
    while True:
        members = np.flatnonzero(rank == front)
        if len(kept) + len(members) >= count:
            break
        kept = np.concatenate((kept, members))
        front += 1
    room = count - len(kept)
    while len(members) > room:
        added = _added(objectives[members], reference)
        # A quarter of those too many at a time, for speed; one at a time measures no better.
        going = np.argsort(added, kind="mergesort")[: (len(members) - room + 3) // 4]
        staying = np.ones(len(members), dtype=np.bool_)
        staying[going] = False
        members = members[staying]
    return np.sort(np.concatenate((kept, members)))


@compiled
def fronts(objectives: Matrix, enough: int) -> Numbers:
    """Return (K,) the non-dominated front of each candidate, from 0; -1 once the fronts before hold `enough`.

    objectives: (K, M). Equal candidates do not dominate each other. The peeling of NSGA-II (Deb and others 2002).
    """
    candidates, width = objectives.shape
    rank = np.full(candidates, -1)
    better = np.zeros((candidates, candidates), dtype=np.bool_)
    above = np.zeros(candidates, dtype=np.int64)
    for i in range(candidates):
        for j in range(i):
            wins = loses = False
            for m in range(width):
                wins |= objectives[i, m] < objectives[j, m]
                loses |= objectives[i, m] > objectives[j, m]
            if wins and not loses:
                better[i, j] = True
                above[j] += 1
            elif loses and not wins:
                better[j, i] = True
                above[i] += 1
    ranked, front = 0, 0
    while ranked < enough and ranked < candidates:
        members = np.flatnonzero((above == 0) & (rank < 0))
        rank[members] = front
        ranked += len(members)
        for member in members:
            for j in range(candidates):
                above[j] -= better[member, j]
        front += 1
    return rank


@compiled
def _reference(objectives: Matrix) -> Vector:
    """Return (M,) the point up to which an objective counts: 1, or beyond the worst where none is below 1."""
    reference = np.full(objectives.shape[1], REFERENCE)
    for m in range(objectives.shape[1]):
        column = objectives[:, m]
        finite = column[np.isfinite(column)]
        if len(finite) and np.min(finite) >= REFERENCE:
            reference[m] = BEHIND * np.max(finite)
    return reference


@compiled
def _added(objectives: Matrix, reference: Vector) -> Vector:
    """Return (K,) what each adds to the hypervolume; below 0 by how far it is beyond the reference."""
    points, beyond = objectives.copy(), np.zeros(len(objectives))
    for i in range(len(points)):
        for m in range(len(reference)):
            if points[i, m] > reference[m]:
                beyond[i] += points[i, m] - reference[m]
                points[i, m] = reference[m]
    return _sweep(points, reference)[1] - beyond


@compiled
def _sweep(points: Matrix, reference: Vector) -> tuple[float, Vector]:
    """Return the hypervolume, and (K,) how much of it each point alone dominates.

    points: (K, 2) or (K, 3), none beyond the reference. A layer of the third objective at a time; within a layer
    along the first objective: what lies between the lowest and the second lowest value of the second objective so
    far belongs to the lowest alone.
    """
    count, width = points.shape
    volume, alone = 0.0, np.zeros(count)
    if count == 0:
        return volume, alone
    flat = width == 2
    order = np.argsort(points[:, 0 if flat else 2], kind="mergesort")
    active, size = np.zeros(count, dtype=np.int64), 0
    for position in range(count):
        new = order[position]
        at = size
        while at > 0 and points[active[at - 1], 0] > points[new, 0]:
            active[at] = active[at - 1]
            at -= 1
        active[at] = new
        size += 1
        if flat:
            if size < count:
                continue
            depth = 1.0
        else:
            behind = points[order[position + 1], 2] if position + 1 < count else reference[2]
            depth = behind - points[new, 2]
            if depth <= 0:
                continue
        lowest = second = reference[1]
        owner = -1
        for place in range(size):
            one = active[place]
            if points[one, 1] < lowest:
                second, lowest, owner = lowest, points[one, 1], one
            elif points[one, 1] < second:
                second = points[one, 1]
            end = points[active[place + 1], 0] if place + 1 < size else reference[0]
            step = depth * (end - points[one, 0])
            volume += step * (reference[1] - lowest)
            if owner >= 0:
                alone[owner] += step * (second - lowest)
    return volume, alone
