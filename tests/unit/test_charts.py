"""Charts: each is a readable picture whose words say the finding."""

import io

import pytest
from PIL import Image

from engine.charts.gallery import CHARTS, draw_all
from engine.charts.style import Chart
from engine.results.headline import headline
from engine.results.wording import label, percent, short
from tests.made_results import made_results


@pytest.fixture(scope="module")
def charts() -> dict[str, Chart]:
    return {chart.name: chart for chart in draw_all(made_results(), "Demo data")}


def test_a_run_has_every_chart_the_ranges_first(charts: dict[str, Chart]) -> None:
    names = ["ranges", "shares", "waterfall", "fit", "response_curves", "adstock", "convergence"]
    assert list(charts) == names
    assert len(CHARTS) == len(names)


def test_every_picture_is_a_png_that_a_phone_can_show(charts: dict[str, Chart]) -> None:
    for chart in charts.values():
        with Image.open(io.BytesIO(chart.png)) as picture:
            picture.load()
            assert picture.format == "PNG"
            assert picture.width <= 1600
            colours = picture.convert("RGB").resize((64, 64)).getcolors(4096)
            assert colours is not None and len(colours) > 20, f"{chart.name} is empty"


def test_words_state_the_finding_and_fit_slack(charts: dict[str, Chart]) -> None:
    assert charts["ranges"].title == "Search is ahead: ROAS 3.8"
    assert "TV 1.22, between 0.979 and 1.53" in charts["ranges"].alt
    assert charts["waterfall"].title == "Paid media explains 38 % of revenue"
    assert charts["adstock"].title.startswith("TV works longest: 55 %")
    assert charts["convergence"].title == "Only NRMSE had settled when the search ended"
    for chart in charts.values():
        assert 10 < len(chart.title) <= 80
        assert len(chart.title) < len(chart.alt) <= 2000


def test_leaders_whose_ranges_overlap_are_not_ranked() -> None:
    results = made_results()
    paid = results.coefficients["rn"].isin(results.channels)
    results.coefficients.loc[paid, "range_low"] = 0.5
    results.coefficients.loc[paid, "range_high"] = 5.0
    drawn = {chart.name: chart for chart in draw_all(results, "Demo data")}
    assert drawn["ranges"].title == "The leading channels cannot be told apart"


def test_conversions_are_reported_as_cost_and_the_cheapest_leads() -> None:
    results = made_results(dep_var_type="conversion", dep_var="orders")
    frame = results.coefficients
    frame["range_low"], frame["range_high"] = 0.9 * frame["cpa_total"], 1.1 * frame["cpa_total"]
    drawn = {chart.name: chart for chart in draw_all(results, "Demo data")}
    assert drawn["ranges"].title == "Search is ahead: CPA 0.263"
    assert headline(results).measure == "CPA"


def test_a_channel_without_effect_is_drawn_and_named() -> None:
    results = made_results()
    row = results.coefficients["rn"] == "tv_S"
    results.coefficients.loc[row, ["xDecompAgg", "effect_share", "roi_total"]] = 0.0
    results.coefficients.loc[row, ["cpa_total", "range_low", "range_high"]] = float("nan")
    drawn = {chart.name: chart for chart in draw_all(results, "Demo data")}
    assert "TV no effect found" in drawn["ranges"].alt


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (3.14159, "3.14"),
        (99.95, "100"),
        (123.4, "123"),
        (1234.0, "1.23k"),
        (999_900.0, "1M"),
        (-2.5e6, "-2.5M"),
    ],
    ids=str,
)
def test_numbers_are_abbreviated(value: float, text: str) -> None:
    assert short(value) == text


@pytest.mark.parametrize(("share", "text"), [(0.5, "50 %"), (0.0995, "10 %"), (0.042, "4.2 %"), (-0.3, "-30 %")])
def test_shares_are_percent(share: float, text: str) -> None:
    assert percent(share) == text


@pytest.mark.parametrize(
    ("column", "name"),
    [
        ("TV_COST", "TV"),
        ("facebook_S", "Facebook"),
        ("search_clicks_P", "Search Clicks"),
        ("YOUTUBE_COST", "YouTube"),
        ("(Intercept)", "Intercept"),
    ],
)
def test_columns_are_named_as_people_say_them(column: str, name: str) -> None:
    assert label(column) == name
