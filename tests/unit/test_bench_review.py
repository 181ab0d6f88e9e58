"""The bench of reviews makes every look of a snapshot of its own."""

import pytest

from bench.review import LOOKS, measure

pytestmark = pytest.mark.slow


def test_every_look_is_measured() -> None:
    found = measure(400, 14)
    assert set(found["look_seconds"]) == set(LOOKS)
    assert found["slowest_seconds"] == max(found["look_seconds"].values()) > 0
