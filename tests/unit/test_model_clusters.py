"""Clusters of models that are few, alike or repeated: what Robyn's own functions gave, and what must not crash."""

import numpy as np
import pytest

from engine.model.fit.compiled import Matrix, Vector
from engine.model.select.clusters import (
    ClusterRange,
    best_of_each,
    cluster,
    cluster_ranges,
    error_score,
    feature_names,
    number_of_clusters,
)
from engine.model.select.r_random import RRandom

# What robyn_clusters (3.12.1, R 4.2.2) made of the models below.
LABEL = "3352440251001010000413510100141045001005"
TOP = [5, 7, 21, 22, 30]
RANGES = [
    (1, 9, 1.79139922542, 0.28259938394, 0.0, 3.75866907543, 0.799311762973),
    (3, 3, 2.22961536316, 0.16726882073, 0.978048512304, 3.47116122575, 0.236553834838),
    (4, 5, 1.58555866752, 0.425638307961, 0.0, 4.22460398375, 0.851276615922),
    (5, 5, 1.75368189411, 0.16012328405, 0.766651867437, 2.75484503823, 0.3202465681),
]


def repeated_models() -> tuple[Matrix, Matrix, Matrix]:
    """Forty models of one channel, sixteen of which repeat another's hyperparameters; one has an infinite NRMSE."""
    random = RRandom(7)
    features = random.sample(4, 120, replace=True).reshape(3, 40).T + 1.0
    errors = np.column_stack([random.uniform(80).reshape(2, 40).T, np.zeros(40)])
    roi = 3 * random.uniform(80).reshape(2, 40).T[:, :1]
    errors[3, 0] = np.inf
    return features, errors, roi


def spread(n: int, columns: int = 3) -> Matrix:
    return RRandom(n).uniform(n * columns).reshape(n, columns)


def test_models_that_repeat_hyperparameters_are_in_no_cluster_as_in_robyn() -> None:
    features, errors, roi = repeated_models()
    found = cluster(features, errors)
    assert "".join(str(one) for one in found.label) == LABEL
    assert np.flatnonzero(found.top).tolist() == TOP
    assert (found.k, found.note, len(found.wss)) == (5, "", 23)
    ranges = cluster_ranges(found.label, roi)
    # The second cluster has two models only.
    assert [(one.cluster, one.n) for one in ranges] == [row[:2] for row in RANGES]
    for one, row in zip(ranges, RANGES, strict=True):
        assert [one.mean, one.se, one.low, one.high, one.sd] == pytest.approx(row[2:], rel=1e-11)


def test_without_quirks_repeated_models_are_with_their_twins_and_can_be_the_best() -> None:
    features, errors, _ = repeated_models()
    found = cluster(features, errors, quirks=False)
    first = cluster(features, errors).label
    assert (found.label[first > 0] == first[first > 0]).all()
    for i in range(40):
        assert len(set(found.label[(features == features[i]).all(axis=1)])) == 1
    score = error_score(errors, quirks=False)
    for one in range(1, found.k + 1):
        assert score[found.top & (found.label == one)] == score[found.label == one].min()
    assert first[found.top].min() == 0


def test_only_what_shapes_a_medium_is_a_feature() -> None:
    names = ["tv_alphas", "tv_gammas", "tv_thetas", "web_alphas", "web_scales", "web_shapes", "lambda", "tv_penalty"]
    assert feature_names([*names, "train_size", "tv_inflexion"]) == (
        "tv_thetas",
        "web_shapes",
        "web_scales",
        "tv_alphas",
        "web_alphas",
        "tv_gammas",
        "tv_penalty",
    )


@pytest.mark.parametrize(
    ("drops", "k"),
    [
        ([0.5, 0.1, 0.059], 3),
        ([0.5, 0.02, 0.02, 0.07, 0.01], 5),
        ([0.05, 0.05, 0.05], 3),
        ([0.07] * 13, 10),
        ([0.5, -0.1, 0.06, 0.07], 5),
    ],
    ids=["small drops end it", "a late drop counts", "at least three", "at most ten", "after a rise"],
)
def test_number_of_clusters_is_the_last_that_is_worth_it(drops: list[float], k: int) -> None:
    assert number_of_clusters(200.0 * (1 - np.cumsum([0.0, *drops]))) == k


@pytest.mark.parametrize(
    ("features", "k", "part"),
    [
        (np.zeros((0, 3)), 0, "no models"),
        (spread(1), 1, "only 1 different"),
        (spread(2), 1, "only 2 different"),
        (spread(3), 1, "only 3 different"),
        (np.ones((50, 4)), 1, "only 1 different"),
        (np.zeros((20, 0)), 1, "only 1 different"),
        (np.full((20, 2), np.nan), 1, "only 1 different"),
        (np.repeat(spread(3), 10, axis=0), 1, "only 3 different"),
    ],
    ids=["none", "one", "two", "three", "equal", "no feature", "missing", "three kinds"],
)
def test_too_few_models_are_in_one_cluster_and_the_note_says_so(features: Matrix, k: int, part: str) -> None:
    errors = RRandom(1).uniform(3 * len(features)).reshape(len(features), 3)
    for quirks in (True, False):
        found = cluster(features, errors, quirks=quirks)
        assert found.k == k
        assert found.label.tolist() == [1] * len(features)
        assert found.top.sum() == k
        assert part in found.note
        assert len(found.wss) == 0


def test_points_too_near_for_arithmetic_are_in_one_cluster() -> None:
    features = np.array([[0.0], [1e-200], [2e-200], [3e-200], [1.0]])
    found = cluster(features, np.ones((5, 3)))
    assert (found.k, found.label.tolist()) == (1, [1] * 5)
    assert "too much alike" in found.note


@pytest.mark.parametrize("columns", [1, 3])
def test_four_models_are_enough_for_three_clusters(columns: int) -> None:
    found = cluster(spread(4, columns), spread(4))
    assert (found.k, sorted(set(found.label.tolist()))) == (3, [1, 2, 3])
    assert found.top.sum() == 3


def test_columns_that_say_nothing_change_nothing() -> None:
    features, errors = spread(60), spread(60)
    wide = np.column_stack([np.full(60, 0.3), features, np.full(60, np.nan), np.full(60, np.inf)])
    assert cluster(wide, errors).label.tolist() == cluster(features, errors).label.tolist()


def test_number_of_clusters_that_was_not_robyns_choice_is_noted() -> None:
    along = np.repeat(np.linspace(0, 1, 3), 40)[:, None] * np.ones(2) + 1e-3 * spread(120, 2)
    assert cluster(along, spread(120)).note == ""
    halves = np.repeat([0.0, 1.0], 60)[:, None] * np.ones(2) + 1e-3 * spread(120, 2)
    assert "as the fewest" in cluster(halves, spread(120)).note


def test_error_score_weighs_the_scaled_errors() -> None:
    errors = np.array([[0.1, 0.5, 0.0], [0.2, 0.3, 0.0], [0.3, 0.1, 0.0]])
    assert error_score(errors) == pytest.approx([1 / 3, np.hypot(1 / 6, 1 / 6), 1 / 3])
    assert error_score(errors, (2.0, 1.0, 1.0)) == pytest.approx([0.25, np.hypot(0.25, 0.125), 0.5])


@pytest.mark.parametrize(
    ("column", "with_quirks", "without"),
    [
        ([5.0, 7.0, np.inf], [2 / 3, 1.0, 0.0], [0.0, 1.0, 1.0]),
        ([0.4, 0.4, 0.4], [0.4, 0.4, 0.4], [0.0, 0.0, 0.0]),
        ([np.inf, np.inf, np.inf], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]),
    ],
    ids=["an infinite one", "all equal", "all infinite"],
)
def test_error_score_of_odd_errors(column: list[float], with_quirks: list[float], without: list[float]) -> None:
    errors = np.column_stack([column, np.zeros(3), np.zeros(3)])
    assert error_score(errors) == pytest.approx(np.array(with_quirks) / 3)
    assert error_score(errors, quirks=False) == pytest.approx(np.array(without) / 3)


def test_the_first_of_equally_good_models_is_the_best() -> None:
    assert best_of_each(np.array([2, 1, 2, 1, 1]), np.array([0.3, 0.2, 0.3, 0.1, 0.1])).tolist() == [3, 0]


def values_of(channel: Vector, quirks: bool) -> list[ClusterRange]:
    return list(cluster_ranges(np.ones(len(channel), dtype=np.int64), channel[:, None], quirks=quirks))


def test_plain_ranges_hold_the_middle_of_the_models_and_need_no_chance() -> None:
    channel = 5 * spread(400, 1)[:, 0] ** 3
    (plain,), (robyns,) = values_of(channel, quirks=False), values_of(channel, quirks=True)
    assert ((channel >= plain.low) & (channel <= plain.high)).mean() == pytest.approx(0.95)
    assert plain.low > 0 and robyns.low == 0
    assert [plain.mean, plain.sd, plain.se] == pytest.approx([channel.mean(), channel.std(ddof=1), plain.sd / 20])
    # Robyn's bootstrap aims at the same, and its range at two deviations to each side of the mean.
    assert [robyns.mean, robyns.se] == pytest.approx([plain.mean, plain.se], rel=0.06)
    assert robyns.high - channel.mean() == pytest.approx(1.966 * plain.sd, rel=0.06)


@pytest.mark.parametrize("quirks", [True, False])
def test_missing_and_infinite_efficiencies_are_left_out(quirks: bool) -> None:
    channel = np.array([0.5, np.inf, 0.8, np.nan, 0.9])
    assert values_of(channel, quirks) == values_of(channel[np.isfinite(channel)], quirks)
    assert values_of(np.full(4, np.inf), quirks) == []
    (alone,) = values_of(np.array([0.5, np.inf, np.inf]), quirks)
    assert alone == ClusterRange(1, 0, 1, 0.5, 0.0, 0.5, 0.5, 0.0)
    (equal,) = values_of(np.full(5, 0.25), quirks)
    assert (equal.mean, equal.se, equal.low, equal.high, equal.sd) == (0.25, 0.0, 0.25, 0.25, 0.0)


@pytest.mark.parametrize("quirks", [True, False])
def test_fewer_than_three_models_and_models_in_no_cluster_have_no_range(quirks: bool) -> None:
    label = np.array([1, 1, 2, 2, 2, 0, 0, 0])
    ranges = cluster_ranges(label, spread(8, 2), quirks=quirks)
    assert [(one.channel, one.cluster, one.n) for one in ranges] == [(0, 2, 3), (1, 2, 3)]
    assert cluster_ranges(np.zeros(0, dtype=np.int64), np.zeros((0, 2)), quirks=quirks) == ()
    assert cluster_ranges(label, np.zeros((8, 0)), quirks=quirks) == ()
