"""What the bench of budgets prints follows from what came of each set."""

import numpy as np

from bench.budget import Followed, summed


def followed(*, recommended: bool, promised: float, true: float, contradicted: bool = False) -> Followed:
    return Followed(recommended, promised, true, 100.0, contradicted, np.array([1.0, 3.0]), np.array([2.0, 3.0]))


def test_only_what_is_recommended_counts() -> None:
    rows = [
        followed(recommended=True, promised=3.0, true=2.0),
        followed(recommended=True, promised=1.0, true=2.0),
        followed(recommended=True, promised=1.0, true=-2.0, contradicted=True),
        followed(recommended=False, promised=0.0, true=-9.0, contradicted=True),
    ]
    found = summed(rows, ["bursts", "always"] * 4)
    assert found["recommended"] == 3
    assert found["true_rise_share"] == round(2 / 3, 3)
    assert found["promise_ratio_median"] == 1.0
    assert found["gain_median"] == 0.02
    assert found["contradictions"] == 1
    assert found["next_unit_ratio_median"] == {"all": 0.75, "always": 1.0, "bursts": 0.5}


def test_a_channel_without_effect_has_no_ratio_and_nothing_recommended_no_share() -> None:
    quiet = Followed(False, 0.0, 0.0, 100.0, False, np.array([0.1]), np.array([0.0]))
    found = summed([quiet], ["pulses"])
    assert found["true_rise_share"] is None and found["promise_ratio_median"] is None
    assert found["next_unit_ratio_median"] == {"all": None, "pulses": None}
