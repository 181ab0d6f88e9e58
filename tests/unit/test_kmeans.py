"""R's random numbers and its k-means, against what R 4.2.2 gave for the same seeds."""

from typing import NamedTuple

import numpy as np
import pytest

from engine.model.fit.compiled import Matrix
from engine.model.select.kmeans import hartigan_wong, kmeans
from engine.model.select.r_random import RRandom


def test_uniform_numbers_are_those_of_runif() -> None:
    expected = [0.26550866314209998, 0.37212389963679016, 0.57285336335189641, 0.90820778999477625]
    assert RRandom(1).uniform(4).tolist() == expected
    # The twister renews its 624 words on the way.
    later = RRandom(42).uniform(700)[[622, 623, 624, 699]]
    assert later.tolist() == [0.22395001258701086, 0.7340297200717032, 0.15048409905284643, 0.45597851648926735]


@pytest.mark.parametrize(
    ("seed", "first"),
    [(2147483647, 0.68966742674820125), (-5, 0.73459476791322231), (0, 0.8966972001362592)],
)
def test_any_integer_is_a_seed(seed: int, first: float) -> None:
    assert RRandom(seed).uniform(1)[0] == first


def test_samples_are_those_of_sample_int() -> None:
    random = RRandom(123)
    assert (random.sample(12, 12) + 1).tolist() == [3, 12, 10, 2, 6, 11, 5, 4, 9, 8, 1, 7]
    assert (random.sample(128, 6) + 1).tolist() == [91, 69, 115, 128, 57, 92]
    # 17 random bits, for which R takes two numbers an index; and exactly 16, for which it does too.
    assert (random.sample(70000, 4, replace=True) + 1).tolist() == [65161, 46435, 9642, 59134]
    assert (random.sample(65536, 3, replace=True) + 1).tolist() == [52132, 31313, 14183]
    # Where there is no choice R draws nevertheless.
    assert random.sample(1, 2, replace=True).tolist() == [0, 0]
    assert random.uniform(1)[0] == 0.14280002238228917


def test_nothing_is_drawn_twice_without_replacement() -> None:
    with pytest.raises(ValueError, match="without replacement"):
        RRandom(1).sample(3, 4)


class Partition(NamedTuple):
    """What R's kmeans made of `n` times `p` numbers: uniform, or whole numbers up to `ties`."""

    name: str
    seed: int
    n: int
    p: int
    k: int
    ties: int
    iterations: int
    label: str  # one hexadecimal digit a row
    within: list[float]
    converged: bool
    following: float  # the random number that follows


PARTITIONS = [
    Partition(
        "two",
        11,
        30,
        4,
        2,
        0,
        10,
        "221221221222111122212122212221",
        [1.57662844502, 3.34475340619],
        True,
        0.990350203356,
    ),
    Partition(
        "five",
        12,
        40,
        3,
        5,
        0,
        10,
        "3125355453425533122331314443524212522141",
        [0.381772116833, 0.776427529727, 0.596674969909, 0.32686046711, 0.501618108859],
        True,
        0.578136668541,
    ),
    Partition(
        "ten",
        18,
        60,
        6,
        10,
        0,
        10,
        "5116863aa61567473717263571652a5988a55191a858831794a794332282",
        [
            1.86174618827,
            0.96518490685,
            0.965060326589,
            0.587495503496,
            1.74421105502,
            0.827892247992,
            0.990448354597,
            1.42358936646,
            0.650693264884,
            0.5568792334,
        ],
        True,
        0.937820162857,
    ),
    Partition(
        "ties",
        13,
        40,
        3,
        4,
        3,
        10,
        "2312223432441331343344412241221231144424",
        [5.0, 10.7272727273, 5.11111111111, 6.58333333333],
        True,
        0.817908317316,
    ),
    Partition(
        "repeated",
        14,
        30,
        2,
        6,
        3,
        10,
        "326421161343621633263523552432",
        [0.75, 1.71428571429, 0.0, 0.666666666667, 0.0, 0.0],
        True,
        0.497653425205,
    ),
    Partition(
        "stopped",
        15,
        60,
        5,
        6,
        0,
        1,
        "313414454113632456524141425262455515452332255211656236231336",
        [1.82194101676, 1.76115305365, 1.46522501029, 2.04493459393, 2.92165533893, 1.15125830744],
        False,
        0.737595061073,
    ),
    Partition("one", 16, 20, 3, 1, 0, 10, "11111111111111111111", [4.53476684056], True, 0.952276283642),
    Partition(
        "column",
        17,
        25,
        1,
        4,
        0,
        10,
        "3421223313231144232242114",
        [0.00645456636225, 0.051747586246, 0.0389825842321, 0.0056790737553],
        True,
        0.477997911628,
    ),
    Partition(
        "rounding",
        108,
        12,
        4,
        5,
        4,
        10,
        "124135432245",
        [2.0, 2.66666666667, 1.0, 3.33333333333, 3.0],
        True,
        0.98406203161,
    ),
]


def points(random: RRandom, n: int, p: int, ties: int) -> Matrix:
    """Fill a matrix column by column, as R does."""
    numbers = random.sample(ties, n * p, replace=True) + 1.0 if ties else random.uniform(n * p)
    return numbers.reshape(p, n).T


@pytest.mark.parametrize("case", PARTITIONS, ids=[case.name for case in PARTITIONS])
def test_partition_is_that_of_r(case: Partition) -> None:
    random = RRandom(case.seed)
    x = points(random, case.n, case.p, case.ties)
    found = kmeans(x, case.k, random, case.iterations)
    assert found.label.tolist() == [int(digit, 16) for digit in case.label]
    assert found.within == pytest.approx(case.within, rel=1e-11, abs=1e-12)
    assert found.converged is case.converged
    assert random.uniform(1)[0] == pytest.approx(case.following, rel=1e-11)


def test_no_single_move_improves_a_partition_that_has_converged() -> None:
    random = RRandom(3)
    x = points(random, 80, 3, 0)
    found = kmeans(x, 4, random)
    assert found.converged
    for i, own in enumerate(found.label):
        for other in range(1, 5):
            label = found.label.copy()
            label[i] = other
            groups = [x[label == one] for one in range(1, 5)]
            total = sum(((group - group.mean(axis=0)) ** 2).sum() for group in groups)
            assert other == own or total >= found.within.sum() - 1e-12


def test_quick_transfers_that_never_end_are_cut_off() -> None:
    random = RRandom(12)
    x = points(random, 40, 3, 0)
    label, within, converged = hartigan_wong(x, x[:5].copy(), 10, 20)
    assert not converged
    assert sorted(set(label.tolist())) == [0, 1, 2, 3, 4]
    assert within.sum() < ((x - x.mean(axis=0)) ** 2).sum()


@pytest.mark.parametrize(
    ("x", "k", "problem"),
    [
        (np.zeros((4, 2)), 2, "1 distinct points cannot make 2 clusters"),
        (np.eye(3), 4, "3 points cannot make 4 clusters"),
        (np.eye(3), 0, "3 points cannot make 0 clusters"),
        (np.eye(3), 3, "a cluster of its own"),
        # Their squared distance is too small for a number: R, too, finds all points in one cluster.
        (np.array([[0.0], [1e-200], [2e-200]]), 2, "without points"),
    ],
    ids=["equal", "few", "none", "each alone", "too near"],
)
def test_no_partition_where_r_makes_none(x: Matrix, k: int, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        kmeans(x, k, RRandom(1))
