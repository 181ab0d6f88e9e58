"""The pictures of a check and of a driver fit any names, any number of drivers, and say in words what they show."""

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
import pytest

from engine.charts import driver as charts
from engine.charts import heat_map, inflation
from engine.charts.page import Drawing
from engine.charts.style import FULL, PHONE, Size
from engine.data.check.profiles import BALANCED, LENIENT
from engine.data.check.together import together
from engine.data.driver import driver
from tests.name_sets import KPIS, NAME_SETS
from tests.unit.test_pictures_of_any_names import boxes, meeting, outside

pytestmark = pytest.mark.slow
SIZES = {"full": FULL, "phone": PHONE}
FOOTER = "Source: Tea. 2024-01-01 to 2026-06-22, 130 weeks."
ALT = 2_000


def drawings(names: tuple[str, ...], goal: str, size: Size) -> Iterator[Drawing]:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(130, len(names)))
    if len(names) > 1:
        x[:, 1] = x[:, 0] + 0.2 * rng.normal(size=130)
    them = together(names, x)
    for draw in (inflation.draw, heat_map.draw):
        if (drawn := draw(them, BALANCED, FOOTER, size=size)) is not None:
            yield drawn
    spent = np.where(rng.random(130) < 0.8, rng.gamma(2, 900, 130), 0.0)
    spent[60] = 4e6
    found = driver(names[0], goal, spent, 5_000 + 4_000 * spent / (spent + 1_500) + rng.normal(0, 300, 130), "week")
    days = [date(2024, 1, 1) + timedelta(weeks=at) for at in range(130)]
    yield charts.draw_curve(found, FOOTER, size=size)
    yield charts.draw_lags(found, FOOTER, size=size)
    yield charts.draw_time(found, days, FOOTER, size=size)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("names", NAME_SETS)
def test_no_text_leaves_a_picture_or_meets_another(names: str, size: str) -> None:
    drawn = list(drawings(NAME_SETS[names], KPIS.get(names, "revenue"), SIZES[size]))
    assert len(drawn) == (5 if len(NAME_SETS[names]) > 1 else 3)
    for drawing in drawn:
        written = boxes(drawing.figure)
        assert outside(drawing.figure, written) == [], drawing.name
        assert meeting(written) == [], drawing.name
        assert 20 < len(drawing.alt) <= ALT


def test_a_picture_of_vif_says_whether_the_limit_is_reached() -> None:
    x = np.random.default_rng(1).normal(size=(200, 4))
    calm = inflation.draw(together(list("abcd"), x), BALANCED, FOOTER)
    assert calm is not None and calm.title.startswith("Every driver can be told from the others: no VIF reaches 7.5")
    x[:, 3] = x[:, 0] + 0.3 * x[:, 1]
    told = inflation.draw(together(["tv_cost", "b", "c", "d"], x), LENIENT, FOOTER)
    assert told is not None and "VIF ∞" in told.title
    assert inflation.draw(together(["a"], x[:, :1]), BALANCED, FOOTER) is None


def test_a_heat_map_names_the_closest_pair_and_keeps_the_alike_of_many() -> None:
    x = np.random.default_rng(2).normal(size=(300, 80))
    x[:, 70] = -x[:, 5] + 0.1 * x[:, 6]
    drawn = heat_map.draw(together([f"c{at}" for at in range(80)], x), BALANCED, FOOTER)
    assert drawn is not None
    plain = "".join(one for one in drawn.title if one not in "\u2066\u2067\u2068\u2069")
    assert plain.startswith("C5 and C70 move together most: r = \u22121.00")
    said = boxes(drawn.figure)[0]
    assert any("more drivers are less alike and not shown" in one for one in said)
    assert heat_map.draw(together(["a"], x[:, :1]), BALANCED, FOOTER) is None


@pytest.mark.parametrize("shape", ["still", "two values", "negative", "huge", "tiny"])
def test_a_driver_of_any_numbers_is_drawn(shape: str) -> None:
    rng = np.random.default_rng(4)
    x = {
        "still": np.full(60, 3.0),
        "two values": (np.arange(60) % 2).astype(float),
        "negative": rng.normal(0, 5, 60),
        "huge": rng.gamma(2, 1e12, 60),
        "tiny": rng.gamma(2, 1e-9, 60),
    }[shape]
    y = 100 + x * 2 / max(np.abs(x).max(), 1e-300) + rng.normal(0, 0.1, 60)
    y[3] = np.nan
    found = driver("tv_cost", "revenue", x, y, "day")
    days = [date(2026, 1, 1) + timedelta(days=at) for at in range(60)]
    for drawn in (
        charts.draw_curve(found, FOOTER),
        charts.draw_lags(found, FOOTER),
        charts.draw_time(found, days, FOOTER),
    ):
        assert outside(drawn.figure, boxes(drawn.figure)) == [], drawn.name
        assert drawn.chart("post").png.startswith(b"\x89PNG")
