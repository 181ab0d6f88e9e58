"""Categories that have a level for almost each row are refused; those of a few are fine."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from engine.data.mapping import Mapping
from engine.data.quality import check

WEEKS = 120
ROLES = Mapping(date_var="date", dep_var="revenue", paid_media_spends=("tv",), factor_vars=("kind",))


def found(kind: Any) -> list[str]:
    random = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "date": [date(2022, 1, 3) + timedelta(weeks=n) for n in range(WEEKS)],
            "revenue": random.uniform(1, 2, WEEKS),
            "tv": random.uniform(1, 2, WEEKS),
            "kind": kind,
        }
    )
    return [f.grade for f in check(frame, ROLES, "week") if f.code == "factor.levels"]


@pytest.mark.parametrize(
    "kind",
    [range(WEEKS), [f"text {n}" for n in range(WEEKS)], [n // 2 for n in range(WEEKS)], np.arange(WEEKS) * 1000.5],
    ids=["numbers", "texts", "two rows each", "amounts"],
)
def test_a_level_for_almost_each_row_is_no_category(kind: Any) -> None:
    assert found(kind) == ["FAIL"]


@pytest.mark.parametrize("many", [2, 5, 10, 20])
def test_a_few_levels_are_fine(many: int) -> None:
    assert found([n % many for n in range(WEEKS)]) == []
    assert found([f"event {n % many}" for n in range(WEEKS)]) == []
