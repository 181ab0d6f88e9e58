"""k-means as R's `kmeans`: Hartigan and Wong's search from randomly chosen rows.

Algorithm AS 136, Hartigan and Wong (1979), Applied Statistics 28 (1), 100-108. A point may leave its cluster for
another if that lowers the sum of squares when both centres move with it: leaving a cluster of n points at squared
distance d saves d n/(n-1), joining one of n costs d n/(n+1). Two stages take turns until a whole round of the first
moves nothing. Optimal transfer compares a point with all clusters, but with the unchanged ones only if its own has
changed; quick transfer compares it with its second best cluster alone.
"""

from dataclasses import dataclass

import numpy as np

from engine.model.fit.compiled import Matrix, Numbers, Vector, as_written
from engine.model.select.r_random import RRandom

ITERATIONS = 10
# R gives a quick-transfer stage this many steps per point.
QUICK_STEPS = 50


@dataclass(frozen=True)
class KMeans:
    """A partition. label: (N,) from 1. within: (K,) sum of squares in each cluster. converged: no move was left."""

    label: Numbers
    within: Vector
    converged: bool


def kmeans(x: Matrix, k: int, random: RRandom, iterations: int = ITERATIONS) -> KMeans:
    """Partition the rows of x, (N, P) finite, into k clusters, as R's `kmeans(x, k, iterations)`.

    The first centres are k rows drawn from `random`; if two of them are equal, k of the distinct rows are drawn
    instead. The result depends on the order of the rows, and to the last digit on that of the columns. Raises
    ValueError where R stops: fewer distinct rows than k, k = N above 1, or a cluster without points.
    """
    x = np.ascontiguousarray(x, dtype=np.float64)
    if not 1 <= k <= len(x):
        raise ValueError(f"{len(x)} points cannot make {k} clusters")
    centres = x[random.sample(len(x), k)]
    if len(np.unique(centres, axis=0)) < k:
        rows = _distinct(x)
        if len(rows) < k:
            raise ValueError(f"{len(rows)} distinct points cannot make {k} clusters")
        centres = x[rows[random.sample(len(rows), k)]]
    if k == 1:
        return KMeans(np.ones(len(x), dtype=np.int64), np.array([((x - x.mean(axis=0)) ** 2).sum()]), True)
    if k == len(x):
        raise ValueError("every point would be a cluster of its own")
    label, within, converged = hartigan_wong(x, centres, iterations, QUICK_STEPS * len(x))
    if len(within) == 0:
        raise ValueError("a cluster was left without points")
    return KMeans(label + 1, within, converged)


def _distinct(x: Matrix) -> Numbers:
    """The positions of the rows that differ from every earlier row."""
    return np.sort(np.unique(x, axis=0, return_index=True)[1])


@as_written
def squared_distance(x: Matrix, i: int, centres: Matrix, cluster: int, stop: float) -> float:
    """Return the squared distance of row i from a centre, summed in column order; any number >= stop if beyond it."""
    total = 0.0
    for j in range(x.shape[1]):
        difference = x[i, j] - centres[cluster, j]
        total += difference * difference
        if total >= stop:
            break
    return total


@as_written
def two_nearest(x: Matrix, centres: Matrix) -> tuple[Numbers, Numbers]:
    """Return (N,) the nearest and (N,) the second nearest centre of each row; of equally near ones the first."""
    nearest = np.zeros(len(x), dtype=np.int64)
    second = np.ones(len(x), dtype=np.int64)
    for i in range(len(x)):
        near = squared_distance(x, i, centres, 0, np.inf)
        far = squared_distance(x, i, centres, 1, np.inf)
        if near > far:
            nearest[i], second[i] = 1, 0
            near, far = far, near
        for cluster in range(2, len(centres)):
            distance = squared_distance(x, i, centres, cluster, far)
            if distance >= far:
                continue
            if distance < near:
                far, second[i] = near, nearest[i]
                near, nearest[i] = distance, cluster
            else:
                far, second[i] = distance, cluster
    return nearest, second


@as_written
def means(x: Matrix, label: Numbers, centres: Matrix, size: Vector) -> None:
    """Put the mean of each cluster's rows into centres, (K, P), and their number into size, (K,)."""
    centres[:] = 0.0
    size[:] = 0.0
    for i in range(len(x)):
        size[label[i]] += 1.0
        for j in range(x.shape[1]):
            centres[label[i], j] += x[i, j]
    for cluster in range(len(centres)):
        for j in range(x.shape[1]):
            centres[cluster, j] /= size[cluster]


@as_written
def weigh(cluster: int, size: Vector, leaving: Vector, joining: Vector) -> None:
    """Renew n/(n-1) and n/(n+1) of a cluster: by how much its squared distances count."""
    n = size[cluster]
    leaving[cluster] = n / (n - 1.0) if n > 1.0 else np.inf
    joining[cluster] = n / (n + 1.0)


@as_written
def move(x: Matrix, i: int, source: int, target: int, centres: Matrix, size: Vector) -> None:
    """Move row i from one cluster to another, and both centres with it."""
    before, after = size[source], size[source] - 1.0
    less, more = size[target], size[target] + 1.0
    for j in range(x.shape[1]):
        centres[source, j] = (centres[source, j] * before - x[i, j]) / after
        centres[target, j] = (centres[target, j] * less + x[i, j]) / more
    size[source], size[target] = after, more


@as_written
def hartigan_wong(x: Matrix, centres: Matrix, iterations: int, quick_steps: int) -> tuple[Numbers, Vector, bool]:
    """Return (N,) cluster of each row from 0, (K,) sums of squares, and whether the search came to its end.

    x: (N, P). centres: (K, P) distinct, 2 <= K < N; they are overwritten. No sums of squares if a cluster is empty.
    """
    n, k = len(x), len(centres)
    label, second = two_nearest(x, centres)
    size = np.zeros(k)
    means(x, label, centres, size)
    if size.min() < 1.0:
        return label, np.zeros(0), False
    leaving, joining = np.zeros(k), np.zeros(k)
    for cluster in range(k):
        weigh(cluster, size, leaving, joining)

    loss = np.zeros(n)  # what leaving its cluster would save, per row
    moved_quickly = np.ones(k, dtype=np.bool_)  # in the last quick stage; before the first all count as moved
    live = np.zeros(k, dtype=np.int64)  # a cluster is worth comparing for rows before this one
    # When a cluster changed last: in an optimal stage the row, in a quick one the step plus n. 0 for not at all.
    changed = np.full(k, -1, dtype=np.int64)
    still = 0  # rows in a row that stayed where they were
    converged = False

    for _ in range(iterations):
        # Optimal transfer.
        for cluster in range(k):
            if moved_quickly[cluster]:
                live[cluster] = n
        for i in range(n):
            still += 1
            own, other = label[i], second[i]
            if size[own] > 1.0:
                if changed[own] != 0:
                    loss[i] = squared_distance(x, i, centres, own, np.inf) * leaving[own]
                best, gain = other, squared_distance(x, i, centres, other, np.inf) * joining[other]
                for cluster in range(k):
                    if cluster in (own, other) or (i >= live[own] and i >= live[cluster]):
                        continue
                    limit = gain / joining[cluster]
                    distance = squared_distance(x, i, centres, cluster, limit)
                    if distance < limit:
                        best, gain = cluster, distance * joining[cluster]
                if gain >= loss[i]:
                    second[i] = best
                else:
                    still = 0
                    live[own] = live[best] = n + i
                    changed[own] = changed[best] = i + 1
                    move(x, i, own, best, centres, size)
                    weigh(own, size, leaving, joining)
                    weigh(best, size, leaving, joining)
                    label[i], second[i] = best, own
            if still == n:
                break
        for cluster in range(k):
            moved_quickly[cluster] = False
            live[cluster] -= n
        if still == n:
            converged = True
            break

        # Quick transfer.
        step, quiet = 0, 0
        while quiet < n:
            i = step % n
            step += 1
            quiet += 1
            if step >= quick_steps:
                break
            own, other = label[i], second[i]
            if size[own] > 1.0:
                if step <= changed[own]:
                    loss[i] = squared_distance(x, i, centres, own, np.inf) * leaving[own]
                if step < changed[own] or step < changed[other]:
                    limit = loss[i] / joining[other]
                    if squared_distance(x, i, centres, other, limit) < limit:
                        quiet, still = 0, 0
                        moved_quickly[own] = moved_quickly[other] = True
                        changed[own] = changed[other] = step + n
                        move(x, i, own, other, centres, size)
                        weigh(own, size, leaving, joining)
                        weigh(other, size, leaving, joining)
                        label[i], second[i] = other, own
        if step >= quick_steps:
            break
        if k == 2:
            converged = True
            break
        changed[:] = 0

    means(x, label, centres, size)
    within = np.zeros(k)
    for j in range(x.shape[1]):
        for i in range(n):
            difference = x[i, j] - centres[label[i], j]
            within[label[i]] += difference * difference
    return label, within, converged
