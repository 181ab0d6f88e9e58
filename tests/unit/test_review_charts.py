"""Pictures of a review: any names and numbers fit them, their words say the finding, and gaps are seen."""

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest
from PIL import Image

from engine.charts.page import Drawing
from engine.charts.review import countries, funnel, goal_and_spend, metric, missing, spend_changes, spend_over_time
from engine.charts.review.paper import Paper
from engine.charts.style import FULL, PHONE, Size
from engine.data.mapping import Mapping
from engine.data.review import changes as of_changes
from engine.data.review import funnel as of_funnel
from engine.data.review import metric as of_metric
from engine.data.review import missing as of_missing
from engine.data.review import spend as of_spend
from engine.data.review.goal import goal_and_spend as set_beside
from engine.data.review.periods import Period
from engine.data.review.sheet import Sheet
from tests.name_sets import KPIS, NAME_SETS
from tests.unit.test_pictures_of_any_names import boxes, meeting, outside
from tests.unit.test_review_looks import beside, by_year, country, two_years
from tests.unit.test_review_sheet import days_from, sheet, whole

pytestmark = pytest.mark.slow
SIZES = {"full": FULL, "phone": PHONE}
FOUND = "all data"


def drawings(found: Sheet, goal: str, size: Size, period: Period = "M") -> Iterator[Drawing]:
    """Every picture of a sheet that there is something to show in."""
    span, paper = whole(found), Paper("Weekly data of the shop", "From 2023-01-01 to 2024-12-30, 730 days.", size)
    yield goal_and_spend.draw(set_beside(found, span, FOUND, period, goal), paper)
    for by_part in (False, True):
        look = of_spend.spend_over_time(found, span, FOUND, period, by_part=by_part)
        yield from filter(None, [spend_over_time.draw(look, paper)])
    yield from filter(None, [spend_changes.draw(of_changes.spend_changes(found, span, FOUND), paper)])
    yield from filter(None, [funnel.draw(of_funnel.funnel(found, span, FOUND), paper)])
    yield from filter(None, [metric.draw(of_metric.metric(found, span, FOUND, period, goal), paper)])
    yield missing.draw(of_missing.missing(found, span, FOUND, goal, found.layout.spends), paper)


def of_names(names: tuple[str, ...], goal: str) -> Sheet:
    """Channels of these names with clicks each, whose spend changes; some rows and values are missing."""
    clicks = [f"{name} clicks" for name in names]
    mapping = Mapping(
        date_var="DATE", dep_var=goal, paid_media_spends=names,
        paid_media_mapping={name: (click,) for name, click in zip(names, clicks, strict=True)},
    )  # fmt: skip
    days = [day for n, day in enumerate(days_from("2023-01-09", 700)) if n % 97]
    random = np.random.default_rng(7)
    columns: dict[str, Any] = {goal: random.uniform(1e5, 2e5, len(days))}
    columns |= {
        name: random.uniform(0, 9e3, len(days)) * np.linspace(1, n + 1, len(days)) for n, name in enumerate(names)
    }
    columns |= {click: random.uniform(1, 99, len(days)) for click in clicks}
    columns[goal][40:60] = np.nan
    return sheet(days, mapping=mapping, **columns)


def check(drawing: Drawing) -> None:
    written = boxes(drawing.figure)
    assert outside(drawing.figure, written) == [], drawing.name
    assert meeting(written) == [], drawing.name
    assert 5 < len(drawing.title) <= 200 and 20 < len(drawing.alt) <= 2000


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("names", NAME_SETS)
def test_any_names_fit_every_picture(names: str, size: str) -> None:
    goal = KPIS.get(names, "revenue")
    drawn = list(drawings(of_names(NAME_SETS[names], goal), goal, SIZES[size]))
    assert len(drawn) >= 6
    for drawing in drawn:
        check(drawing)


SHEETS = {
    "one day": lambda: sheet([date(2024, 2, 29)]),
    "two days": lambda: sheet(days_from("2024-02-28", 2)),
    "nothing spent": lambda: two_years(TV_COST=0.0, SEARCH_COST=0.0),
    "no values": lambda: two_years(REVENUE=np.nan, TV_COST=np.nan, SEARCH_COST=np.nan),
    "below nothing": lambda: two_years(REVENUE=by_year(-1e9, 1e-9), TV_COST=by_year(-5, 7)),
    "tiny": lambda: two_years(REVENUE=by_year(1e-12, 3e-12), TV_COST=by_year(1e-13, 2e-13), SEARCH_COST=1e-13),
    "huge": lambda: two_years(REVENUE=by_year(1e17, 3e17), TV_COST=by_year(1e15, 2e15)),
    "ten years of weeks": lambda: sheet(days_from("2015-01-05", 520, 7), "week", TV_CLICKS=3.0),
    "months": lambda: sheet([date(2020 + n // 12, n % 12 + 1, 1) for n in range(50)], "month", TV_CLICKS=9.0),
}


@pytest.mark.parametrize("period", ["D", "M", "Y"])
@pytest.mark.parametrize("rows", SHEETS)
def test_any_numbers_and_any_period_fit_every_picture(rows: str, period: Period) -> None:
    for drawing in drawings(SHEETS[rows](), "REVENUE", FULL, period):
        check(drawing)


@pytest.mark.parametrize("size", SIZES)
def test_countries_fit_whatever_money_they_have(size: str) -> None:
    euros = ("fr", "de", "it", "es", "pt", "nl", "be", "at", "ie", "fi", "gr", "ee", "lv")
    money = [*((code, "EUR") for code in euros), ("gb", "GBP"), ("us", "USD"), ("ch", ""), ("mk", "MKD")]
    found = [country(code, unit, 10.0 + n, 1.0 + n % 3) for n, (code, unit) in enumerate(money)]
    drawing = countries.draw(beside(*found), Paper("Spring plan", "From 2024-01-01 to 2024-12-30.", SIZES[size]))
    assert drawing is not None
    check(drawing)
    assert "Drawn: the first 12 of each group." in boxes(drawing.figure)[0]
    assert countries.draw(beside(), Paper("x", "y")) is None


def test_the_words_of_a_picture_are_its_finding_and_every_number_of_it() -> None:
    found = two_years(REVENUE=by_year(100, 110), TV_COST=by_year(10, 30))
    drawn = {one.name: one for one in drawings(found, "REVENUE", FULL)}
    assert drawn["spend_changes"].title == "Media spend rose by 7.3k (+100 %)"
    assert drawn["spend_changes"].alt.endswith("Changes: TV +7.3k.")
    assert drawn["spend_by_channel"].title == "TV has the largest part of spend: 67 %"
    assert "Jan 2023 3.1k and 620" in drawn["goal_and_spend"].alt
    assert drawn["missing"].title == "Every day has a row and a goal"


def test_a_picture_is_a_png_that_a_phone_can_show() -> None:
    for drawing in drawings(two_years(), "REVENUE", FULL):
        chart = drawing.chart("post")
        with Image.open(io.BytesIO(chart.png)) as picture:
            picture.load()
            assert picture.format == "PNG" and picture.width <= 1600


def test_a_waterfall_that_begins_above_0_says_so_and_one_that_does_not_begins_there() -> None:
    small = two_years(TV_COST=by_year(100, 101))
    cut = of_changes.spend_changes(small, whole(small, "2024-01-01", "2024-12-30"), "2024")
    drawing = spend_changes.draw(cut, Paper("x", "y"))
    assert drawing is not None
    said = " ".join(boxes(drawing.figure)[0])
    assert "The axis does not begin at 0" in said
    large = replace(cut, before=100.0, after=700.0, steps=(of_changes.Step("TV", 100.0, 700.0),))
    drawing = spend_changes.draw(large, Paper("x", "y"))
    assert drawing is not None and "The axis does not begin at 0" not in " ".join(boxes(drawing.figure)[0])


def test_what_is_missing_has_colours_of_its_own() -> None:
    revenue = np.ones(60)
    revenue[3:9] = np.nan
    gaps = sheet([day for day in days_from("2024-01-01", 66) if day.day not in (11, 12, 13)][:60], REVENUE=revenue)
    look = of_missing.missing(gaps, whole(gaps), FOUND, "REVENUE", ())
    drawing = missing.draw(look, Paper("x", "y"))
    said = boxes(drawing.figure)[0]
    assert "no row" in said and "no goal" in said and "all values" in said and "some values missing" not in said
