"""Groups of similar models among the selected ones, the best model of each, and how far the group's models disagree."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from engine.model.fit.compiled import Matrix, Numbers, Vector
from engine.model.select.kmeans import kmeans
from engine.model.select.r_random import RRandom
from engine.model.select.score import error_score

# Hyperparameters whose names contain one of these tell models apart, in this order, the last two being ours; lambda
# and train_size do not.
KINDS = ("thetas", "shapes", "scales", "alphas", "gammas", "penalty", "peaks", "kinds")
FEWEST, MOST = 3, 10
# The sum of squares is looked at for at most this many clusters, and has to drop by this share of the whole.
MOST_TRIED = 30
WORTH_A_CLUSTER = 0.06
# Fewer models than this have no range.
ENOUGH_MODELS = 3
OUTSIDE = 0.025
DRAWS, DRAWS_SEED = 1000, 1


@dataclass(frozen=True)
class Clusters:
    """What the selected models fall into.

    label: (K,) the cluster of each model, from 1, or 0 for none. k: how many clusters. wss: sum of squares within
    1, 2, … clusters, as far as it was looked at. top: (K,) whether a model is the best of its cluster. note: what
    somebody who looks at the clusters should know.
    """

    label: Numbers
    k: int
    wss: Vector
    top: NDArray[np.bool_]
    note: str


@dataclass(frozen=True)
class ClusterRange:
    """How far the models of one cluster disagree on the ROAS or CPA of one channel (its position, from 0).

    A spread of near-tied models, fitted to the same data with similar hyperparameters. Robyn calls it a confidence
    interval; it is none: it says nothing of what other data, or another kind of model, would have said.
    """

    cluster: int
    channel: int
    n: int
    mean: float
    se: float
    low: float
    high: float
    sd: float


def feature_names(hyperparameters: Sequence[str]) -> tuple[str, ...]:
    """Return the names of those hyperparameters that clusters are made of, in Robyn's order."""
    return tuple(dict.fromkeys(name for kind in KINDS for name in hyperparameters if kind in name.lower()))


def cluster(
    features: Matrix,
    errors: Matrix,
    weights: tuple[float, float, float] = (1.0, 1.0, 1.0),
    seed: int = 123,
    quirks: bool = True,
) -> Clusters:
    """Group the selected models by k-means and name the best of each group, as `robyn_clusters` with k = "auto".

    features: (K, F) hyperparameters, or one efficiency a channel, of the models in the order of the search: the
    random start depends on it. A column with a missing or infinite value is left out, the others are scaled to 0 … 1.
    errors: (K, 3) NRMSE (of the test with time-series validation), DECOMP.RSSD and MAPE. The best model has the
    smallest `error_score` with these weights, scaled over the models given here.

    With `quirks` a model whose features equal an earlier one's is in no cluster, as in Robyn; otherwise it is in
    that one's, and may be the best. Too few different models for three clusters make one. Never raises for models
    that are few or alike: `note` says what could not be done.
    """
    if len(features) == 0:
        return Clusters(np.zeros(0, dtype=np.int64), 0, np.zeros(0), np.zeros(0, dtype=bool), "There are no models.")
    x = scaled(features[:, np.isfinite(features).all(axis=0)])
    first, twin = _distinct(x)
    label, wss, note = _partition(x[first], seed)
    if quirks and label.max() > 1:
        labels = np.zeros(len(x), dtype=np.int64)
        labels[first] = label
    else:
        labels = label[twin]
    inside = np.flatnonzero(labels)
    top = np.zeros(len(x), dtype=bool)
    top[inside[best_of_each(labels[inside], error_score(errors[inside], weights, quirks))]] = True
    return Clusters(labels, int(labels.max()), wss, top, note)


def scaled(features: Matrix) -> Matrix:
    """Scale each column of (K, F) to 0 … 1; a column of equal values becomes 1, as in Robyn."""
    if features.shape[1] == 0:
        return features
    low, high = features.min(axis=0), features.max(axis=0)
    same = low == high
    return np.asarray(np.where(same, 1.0, (features - low) / np.where(same, 1.0, high - low)))


def number_of_clusters(wss: Vector) -> int:
    """Return Robyn's choice: the largest number whose last cluster is worth it, between 3 and 10.

    wss: sums of squares within 1, 2, … clusters. A cluster is worth it if it lowers the sum by more than 6 % of the
    whole. One random start each makes the sums uneven, and a late drop counts as much as an early one.
    """
    return min(max(_worth(wss), FEWEST), MOST)


def best_of_each(label: Numbers, score: Vector) -> Numbers:
    """Return the position of the smallest score in each cluster, of equal ones the first, in the clusters' order."""
    order = np.lexsort((score, label))
    return np.asarray(order[np.unique(label[order], return_index=True)[1]])


def cluster_ranges(
    label: Numbers,
    efficiency: Matrix,
    draws: int = DRAWS,
    seed: int = DRAWS_SEED,
    quirks: bool = True,
) -> tuple[ClusterRange, ...]:
    """Return how far the models of each cluster disagree on each channel: a spread, and no confidence interval.

    label: (K,) cluster of each model, from 1, or 0 for none. efficiency: (K, C) ROAS, or CPA for conversions, of
    each model and paid channel; missing and infinite ones are left out. By channel, then cluster. Clusters of fewer
    than three models have no range. (Robyn repeats the ranges of the cluster before in their place, and then drops
    what is repeated: no trace is left.)

    With `quirks` as Robyn's bootstrap, which starts every time from the same `seed`: `mean` and `se` are the mean
    and deviation of `draws` means of n values drawn with replacement, the range is the values' own mean -+
    t(0.975, n - 1) se sqrt(n), not below 0, and sd = se sqrt(n - 1). The factor sqrt(n) takes back what the mean
    gained: the range is about twice the models' standard deviation to each side, however many models there are.
    Otherwise what these stand for, without chance: the values' mean, their standard deviation sd, se = sd / sqrt(n),
    and the range from the 2.5 % to the 97.5 % quantile.
    """
    positions: dict[int, Numbers] = {}
    found = []
    for channel in range(efficiency.shape[1]):
        for one in range(1, int(label.max(initial=0)) + 1):
            if (label == one).sum() < ENOUGH_MODELS:
                continue
            values = efficiency[label == one, channel]
            values = values[np.isfinite(values)]
            n = len(values)
            if n == 0:
                continue
            if quirks and n not in positions:
                # R fills its matrix of one row a draw column by column.
                positions[n] = RRandom(seed).sample(n, n * draws, replace=True).reshape(n, draws)
            figures = _bootstrapped(values, positions[n]) if quirks else _plain(values)
            found.append(ClusterRange(one, channel, n, *figures))
    return tuple(found)


def _distinct(x: Matrix) -> tuple[Numbers, Numbers]:
    """Return the positions of the rows that differ from all earlier ones, and for each row which of these it equals."""
    if x.shape[1] == 0:
        return np.zeros(1, dtype=np.int64), np.zeros(len(x), dtype=np.int64)
    _, first, twin = np.unique(x, axis=0, return_index=True, return_inverse=True)
    order = np.argsort(first)
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    return np.asarray(first[order]), np.asarray(place[twin.reshape(-1)])


def _partition(x: Matrix, seed: int) -> tuple[Numbers, Vector, str]:
    """Return the clusters of different models x, from 1, the sums of squares looked at, and a note."""
    together = np.ones(len(x), dtype=np.int64)
    # k-means needs one point more than clusters.
    if len(x) <= FEWEST:
        note = f"There are only {len(x)} different models, too few for {FEWEST} clusters: they are in one."
        return together, np.zeros(0), note
    most = min(len(x) - 1, MOST_TRIED)
    random = RRandom(seed)
    wss = np.zeros(most)
    wss[0] = x.var(axis=0, ddof=1).sum() * (len(x) - 1)
    try:
        for k in range(2, most + 1):
            wss[k - 1] = kmeans(x, k, random).within.sum()
        # Robyn seeds again and repeats the loop before the last partition, so that the stream goes on from here.
        label = kmeans(x, number_of_clusters(wss), random, iterations=most).label
    except ValueError as error:
        return together, np.zeros(0), f"The models are too much alike for clusters ({error}): they are in one."
    worth = _worth(wss)
    note = ""
    if worth < FEWEST:
        note = f"The models hardly differ in groups: {FEWEST} clusters were made, as the fewest."
    if worth > MOST:
        note = f"The models fall into {worth} groups: {MOST} clusters were made, as the most."
    return label, wss, note


def _worth(wss: Vector) -> int:
    """The largest number of clusters whose last one is worth it; 0 if none is."""
    worth = np.flatnonzero(-np.diff(wss / wss[0]) > WORTH_A_CLUSTER)
    return int(worth[-1]) + 2 if len(worth) else 0


def _bootstrapped(values: Vector, positions: Numbers) -> tuple[float, float, float, float, float]:
    """Mean, se, low, high and sd by Robyn's bootstrap; positions: (n, draws) what is drawn."""
    n = len(values)
    if n == 1:
        value = float(values[0])
        return value, 0.0, max(value, 0.0), value, 0.0
    means = values[positions].mean(axis=0)
    se = float(means.std(ddof=1))
    reach = float(stdtrit(n - 1, 1 - OUTSIDE)) * se * float(np.sqrt(n))
    middle = float(values.mean())
    return float(means.mean()), se, max(middle - reach, 0.0), middle + reach, se * float(np.sqrt(n - 1))


def _plain(values: Vector) -> tuple[float, float, float, float, float]:
    """Mean, se, low, high and sd of the values themselves."""
    n = len(values)
    sd = float(values.std(ddof=1)) if n > 1 else 0.0
    low, high = np.quantile(values, [OUTSIDE, 1 - OUTSIDE])
    return float(values.mean()), sd / float(np.sqrt(n)), float(low), float(high), sd
