"""Charts: each is a readable picture whose words say the finding."""

import io
from dataclasses import replace
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text
from PIL import Image

from engine.charts import adstock, budget, fit, front, ranges, response_curves, shares, spreads, waterfall
from engine.charts.adstock import _longest
from engine.charts.decay import decay, drawn_decay, drawn_lags, mean_lag, weights
from engine.charts.gallery import CHARTS, draw_all, subject_of
from engine.charts.page import Drawing
from engine.charts.scale import date_ticks
from engine.charts.style import PHONE, Chart
from engine.charts.subject import called
from engine.labels import in_sentence, label
from engine.number_words import percent, short, span
from engine.results.headline import headline
from engine.results.read import Results
from engine.results.summary import Budgeted, Interval, OddPeriod
from engine.results.wording import VARIED, varied
from tests.made_results import BASE, CHOSEN, SPEND, made_results

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def charts() -> dict[str, Chart]:
    return {chart.name: chart for chart in draw_all(made_results(), "Demo data")}


def drawn(results: Results, *modules: ModuleType) -> dict[str, Drawing]:
    """The charts of these modules, by name; those without anything to show are left out."""
    charts = [module.draw(subject_of(results, "Source")) for module in modules]
    return {chart.name: chart for chart in charts if chart is not None}


def texts(drawing: Drawing) -> list[str]:
    """Everything that is written in a picture."""
    return [text.get_text() for text in drawing.figure.findobj(Text) if isinstance(text, Text)]


def test_a_run_posts_the_ranges_first_and_keeps_the_rest_for_who_asks(charts: dict[str, Chart]) -> None:
    places = {name: chart.place for name, chart in charts.items()}
    posted = ["ranges", "waterfall", "fit", "response_curves"]
    more = ["shares", "adstock", "spreads", "front", "convergence"]
    assert list(places) == [*posted, *more]
    assert {name for name, place in places.items() if place == "post"} == set(posted)
    assert len(CHARTS) == len(places) + 1  # no budget was asked for


def test_every_picture_is_a_png_that_a_phone_can_show(charts: dict[str, Chart]) -> None:
    for chart in charts.values():
        with Image.open(io.BytesIO(chart.png)) as picture:
            picture.load()
            assert picture.format == "PNG"
            assert picture.width <= 1600
            colours = picture.convert("RGB").resize((64, 64)).getcolors(4096)
            assert colours is not None and len(colours) > 20, f"{chart.name} is empty"


def test_words_state_the_finding_and_fit_slack(charts: dict[str, Chart]) -> None:
    assert charts["ranges"].title == "In this model Search is ahead: ROAS 3.8"
    assert "TV 1.22 (0.979 to 1.53)" in charts["ranges"].alt
    assert charts["spreads"].title == "ROAS moves most with similar models, least with other searches"
    assert "near-tied models (34), best models of the trials (34)" in charts["spreads"].alt
    assert "TV 0.978 to 1.47, 1.16 to 1.28" in charts["spreads"].alt
    assert "no confidence interval" in charts["spreads"].alt
    assert charts["front"].title == "Facebook moves most along the front of the search: ROAS 0.901 to 3.38"
    assert "chosen: 6.00 %" in charts["front"].alt
    assert charts["waterfall"].title == "Paid media explains about 38 % of revenue"
    assert charts["convergence"].title == "Only NRMSE had settled when the search ended"
    for chart in charts.values():
        assert 10 < len(chart.title) <= 80
        assert len(chart.title) < len(chart.alt) <= 2000


def test_leaders_whose_ranges_overlap_are_not_ranked() -> None:
    results = made_results()
    paid = results.coefficients["rn"].isin(results.channels)
    results.coefficients.loc[paid, "range_low"] = 1.2
    results.coefficients.loc[paid, "range_high"] = 3.9
    assert drawn(results, ranges)["ranges"].title == "Which channel is ahead cannot be told"


def test_conversions_are_reported_as_cost_and_the_cheapest_leads() -> None:
    results = made_results(dep_var_type="conversion", dep_var="orders")
    frame = results.coefficients
    frame["range_low"], frame["range_high"] = 0.9 * frame["cpa_total"], 1.1 * frame["cpa_total"]
    assert drawn(results, ranges)["ranges"].title == "In this model Search is ahead: CPA 0.263"
    assert headline(results).measure == "CPA"


def test_a_channel_without_effect_is_drawn_and_named() -> None:
    results = made_results()
    row = results.coefficients["rn"] == "tv_S"
    results.coefficients.loc[row, ["xDecompAgg", "effect_share", "roi_total"]] = 0.0
    results.coefficients.loc[row, ["cpa_total", "range_low", "range_high"]] = float("nan")
    assert "TV no effect seen" in drawn(results, ranges)["ranges"].alt


def test_a_lead_that_only_the_selection_made_is_no_title() -> None:
    by_evidence = made_results().summary.selection.model_copy(update={"method": "evidence"})
    charts = drawn(made_results(prior_share={"search_S": 0.8}, selection=by_evidence), ranges, response_curves)
    assert charts["ranges"].title == "The data do not say which channel is ahead"
    assert "Search 3.8 (3.04 to 4.76), 80 % of it not from the data" in charts["ranges"].alt
    assert charts["response_curves"].title == "What more or less spend would bring"


def test_the_front_goes_from_the_best_fit_on_and_leaves_out_the_model_of_all_the_evidence() -> None:
    results = made_results()
    results.candidates.loc[results.candidates["solID"] == results.chosen, "trial"] = 0
    models = front.along(results)
    assert len(models) == 12
    assert models["nrmse"].is_monotonic_increasing
    assert models["facebook_I"].iloc[0] == pytest.approx(0.4 * 9 / 4, rel=0.01)


def test_a_short_front_is_continued_by_the_next_ones_only_as_far_as_needed() -> None:
    results = made_results()
    results.candidates["robynPareto"] = [1, 1, 1, *[2] * 8, 3, 3]
    assert len(front.along(results)) == 11


def test_charts_without_anything_to_show_are_left_out() -> None:
    results = made_results()
    alone = replace(results, candidates=results.candidates.head(1), ranges=results.ranges.head(0))
    assert drawn(alone, front, spreads) == {}


def test_a_front_on_which_nothing_moves_says_so() -> None:
    results = made_results()
    chosen = results.coefficients[results.coefficients["solID"] == results.chosen].set_index("rn")["roi_total"]
    results.coefficients["roi_total"] = results.coefficients["rn"].map(chosen)
    assert drawn(results, front)["front"].title == "No ROAS moves much along the front of the search"


def test_the_cost_of_no_effect_has_no_upper_end() -> None:
    results = made_results(dep_var_type="conversion", dep_var="orders")
    for frame in (results.coefficients, results.ranges):
        row = frame.get("rn", frame.get("channel")) == "tv_S"
        frame.loc[row, ["range_high" if "range_high" in frame else "high"]] = float("nan")
    results.coefficients.loc[results.coefficients["solID"] != results.chosen, "cpa_total"] = float("nan")
    charts = drawn(results, ranges, spreads, front)
    assert "and more)" in charts["ranges"].alt
    assert "TV 0.655 and more, 0.777 and more" in charts["spreads"].alt
    assert "front" in charts


def test_periods_held_back_from_the_fit_are_marked() -> None:
    results = made_results()
    assert fit.held_back(results) is None
    results.candidates["train_size"], results.candidates["nrmse_val"] = 0.7, 0.08
    held = fit.held_back(results)
    assert held is not None and list(results.fit.index).index(held) == 73  # floor(1 + 103 * 0.7)
    assert f"Periods from {held:%Y-%m-%d} on were held back" in drawn(results, fit)["fit"].alt


@pytest.mark.parametrize("kind", ["weibull_cdf", "weibull_pdf"])
def test_a_weibull_decay_is_told_by_its_mean_lag(kind: str) -> None:
    results = made_results(
        adstock=kind,
        hyperparameters={f"{name}_{which}": (0.0, 10.0) for name in SPEND for which in ("shapes", "scales")},
    )
    for name, shape, scale in (("tv_S", 3.0, 0.05), ("facebook_I", 0.0, 0.1), ("search_S", 2.0, 0.02)):
        results.candidates[f"{name}_shapes"], results.candidates[f"{name}_scales"] = shape, scale
    assert "Facebook 0.0 weeks" in drawn(results, adstock)["adstock"].alt


def test_a_delayed_effect_is_never_called_what_is_left() -> None:
    results = made_results(
        adstock="delayed",
        hyperparameters={f"{name}_{which}": (0.0, 10.0) for name in SPEND for which in ("thetas", "peaks")},
    )
    for name in SPEND:
        results.candidates[f"{name}_peaks"] = 3.0
    drawing = drawn(results, adstock)["adstock"]
    assert decay(results)["tv_S"].argmax() == 3
    assert not [said for said in texts(drawing) if "left" in said]


@pytest.mark.parametrize(
    ("kind", "first", "second"),
    [("weibull_cdf", 2.3, 0.07), ("weibull_pdf", 2.3, 0.07), ("geometric", 0.6, 0.0), ("delayed", 0.7, 3.4)],
)
def test_a_decay_is_that_of_the_model(kind: str, first: float, second: float) -> None:
    from engine.model.fit.transforms import lag_weights

    expected = lag_weights(kind, first, second, 104)
    assert weights(np.arange(104.0), kind, first, second) == pytest.approx(expected / expected.max(), abs=1e-6)


def test_what_was_varied_has_a_short_name_or_its_own() -> None:
    assert varied("draws from the posterior, the middle 90%") == "answers that fit"
    assert varied("the 34 kept models that fit as well as the best") == "equal fits"
    assert varied("the models of its cluster") == "models of its cluster"
    assert varied("something new") == "something new"
    assert not any("confidence" in name for name in VARIED.values())


def test_a_range_is_said_with_the_ends_it_has() -> None:
    assert [span(1.4, 2.6), span(1.4, None), span(None, None)] == ["1.4 to 2.6", "1.4 and more", "no range"]


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
        (4.95e12, "4.95T"),
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
        ("iOS_spend", "iOS"),
        ("GoogleAds cost", "GoogleAds"),
        ("DOOH_spend", "DOOH"),
        ("TV Spend", "TV"),
        ("Paid Search Brand", "Paid Search Brand"),
        ("meta_impression", "Meta"),
        ("meta_impressions", "Meta"),
        ("META_CLICK", "Meta"),
        ("Plakat Kosten", "Plakat"),
        ("tv", "TV"),
        ("cost", "Cost"),
        ("NEW_CUSTOMERS", "New Customers"),
        ("COST_OF_SALES", "Cost of Sales"),
        ("FACEBOOK_IN", "Facebook IN"),
        ("CRM_NEWS", "CRM News"),
    ],
)
def test_columns_are_named_as_people_say_them(column: str, name: str) -> None:
    assert label(column) == name


@pytest.mark.parametrize(
    ("column", "name"),
    [("REVENUE", "revenue"), ("Net Sales", "net sales"), ("GMV", "GMV"), ("eBay_orders", "eBay orders")],
)
def test_within_a_sentence_a_name_begins_small_unless_it_is_written_otherwise(column: str, name: str) -> None:
    assert in_sentence(column) == name


def with_budget(**changes: object) -> Results:
    """A run with a budget that moves money from TV to Search."""
    asked = Budgeted(
        scenario="max_response",
        feasible=True,
        total_spend=15_500.0,
        initial_response=29_500.0,
        response=30_400.0,
        basis="flights",
        periods=52,
        gain=Interval(low=300.0, high=1800.0),
        gain_chance=0.96,
        recommended=True,
        even=100.0,
    ).model_copy(update=changes)
    shares = (("tv_S", 9000.0, 8000.0), ("facebook_I", 4000.0, 4000.0), ("search_S", 2500.0, 3500.0))
    rows = [
        {"solID": CHOSEN, "scenario": "max_response", "channel": name, "initSpendUnit": before, "optmSpendUnit": after}
        | {"beyond_observed": 0.1 if after > before else 0.0, "left_out": "", "feasible": True}
        for name, before, after in shares
    ]
    results = made_results(budgets=(asked,), selection=SELECTED)
    return replace(results, allocation=pd.DataFrame(rows))


SELECTED = made_results().summary.selection.model_copy(update={"method": "evidence"})


@pytest.mark.parametrize(
    ("changes", "title"),
    [
        ({}, "The recommended split would bring 1.0 to 6.1 % more revenue from paid media"),
        (
            {"gain": Interval(low=-300.0, high=1800.0)},
            "The recommended split would bring between 1.0 % less and 6.1 % more revenue from paid media",
        ),
        ({"recommended": False}, None),
        ({"recommended": None, "gain": None}, None),
    ],
    ids=["a gain", "hardly a loss", "keep the split", "nobody knows"],
)
def test_a_budget_is_drawn_only_where_a_shift_is_recommended(changes: dict[str, object], title: str | None) -> None:
    drawing = drawn(with_budget(**changes), budget).get("budget")
    assert (drawing.title if drawing else None) == title
    if drawing is not None:
        said = texts(drawing)
        assert "TV 9k to 8k" in drawing.alt
        assert {"today 9k", "-11 %", "+40 %", "as today"} <= set(said)
        assert "today 2.5k; 10 % beyond the most ever observed" in " ".join(said)


def test_a_price_counts_from_its_mean_and_base_and_trend_are_one() -> None:
    results = made_results(base={**BASE, "price": 30_000.0}, context_vars=("price",))
    bars = {part.name: part.value for part in waterfall.parts_of(subject_of(results, "Source"))}
    totals = results.model["xDecompAgg"]
    assert "Price" not in bars and "Trend" not in bars
    assert bars["Base and trend"] == pytest.approx(totals["(Intercept)"] + totals["trend"] + totals["price"])
    said = " ".join(texts(drawn(results, waterfall)["waterfall"]))
    assert "Price counts from its mean" in said


def test_parts_that_cancel_are_told_in_title_picture_and_alt() -> None:
    results = made_results(base={**BASE, "holiday": -35_000.0, "event": 30_000.0})
    drawing = drawn(results, waterfall)["waterfall"]
    assert drawing.title == "Large parts of revenue cancel each other out"
    assert "Parts of revenue cancel each other out" in " ".join(texts(drawing))
    assert "holiday" in drawing.alt


def test_many_parts_become_one_bar_and_are_counted() -> None:
    names = [f"channel_{at}" for at in range(40)]
    parts = waterfall.parts_of(subject_of(made_results(names), "Source"))
    assert len(parts) == waterfall.SHOWN
    assert [(part.name, part.kind) for part in parts[-2:]] == [("27 smaller channels", "paid"), ("Season", "other")]
    assert sum(part.value for part in parts) == pytest.approx(made_results(names).model["xDecompAgg"].sum())


def test_the_next_unit_is_the_same_in_picture_and_alt_and_in_the_unit_of_the_headline() -> None:
    results = made_results(dep_var_type="conversion", dep_var="orders")
    results.coefficients["marginal_low"] = 0.8 * results.coefficients["marginal_roi"]
    results.coefficients["marginal_high"] = 1.25 * results.coefficients["marginal_roi"]
    drawing = drawn(results, response_curves)["response_curves"]
    assert "Next unit: CPA 1.63 (1.31 to 2.04)" in texts(drawing)
    assert "CPA of the next unit: TV 1.63 (1.31 to 2.04)" in drawing.alt


def test_currencies_stand_where_they_are_known() -> None:
    units = {"revenue": "EUR", **dict.fromkeys(SPEND, "USD")}
    subject = subject_of(made_results(), "Source", units=units)
    assert subject.per_unit == "revenue in EUR per USD of spend"
    assert "Revenue in EUR by spend in USD, both per week" in texts(response_curves.draw(subject))
    some = subject_of(made_results(), "Source", units={"tv_S": "USD"})
    assert some.per_unit == "revenue per unit of spend"


@pytest.mark.parametrize(("odd", "more"), [(3, ""), (5, " and 2 more")])
def test_odd_weeks_that_the_legend_does_not_name_are_counted(odd: int, more: str) -> None:
    weeks = tuple(OddPeriod(ds=f"2023-03-{6 + 7 * at:02d}", miss=9e4, weight=0.1) for at in range(odd - 2))
    weeks += tuple(OddPeriod(ds=f"2023-04-{3 + 7 * at:02d}", miss=9e4, weight=0.1) for at in range(2))
    said = " ".join(" ".join(texts(drawn(made_results(odd_periods=weeks), fit)["fit"])).split())
    assert f"{', '.join(one.ds for one in weeks[:3])}{more})" in said


def test_a_cost_is_told_without_a_word_for_one_of_the_kpi() -> None:
    subject = subject_of(made_results(dep_var_type="conversion", dep_var="NEW_CUSTOMERS"), "Source")
    assert subject.per_unit == "spend divided by new customers"


def test_shares_of_one_channel_are_no_chart() -> None:
    assert drawn(made_results(["tv_S"]), shares) == {}


def test_effects_that_last_alike_are_a_tie() -> None:
    alike = pd.DataFrame({"tv_S": [0.7, 0.7, 0.7], "search_S": [0.7, 0.66, 0.7]})
    assert _longest(alike) == {}
    assert _longest(alike.assign(tv_S=[1.5, 0.7, 1.2])) == {"tv_S": 2 / 3}


def test_a_share_outside_of_its_own_range_is_told_without_one() -> None:
    results = made_results(media_share=Interval(low=-5.6, high=-3.9))
    assert headline(results).media_range is None
    share = headline(results).media_share
    around = Interval(low=share / 2, high=share * 1.5)
    assert headline(made_results(media_share=around)).media_range == around


def test_names_that_read_alike_are_told_apart() -> None:
    assert called(["TV_COST", "tv_spend", "(Intercept)", "base", "ab\u202ec", "abc"]) == {
        "TV_COST": "TV_COST",
        "tv_spend": "tv_spend",
        "(Intercept)": "Base",
        "base": "base",
        "ab\u202ec": "abc",
        "abc": "abc (2)",
    }


def test_a_picture_is_pixel_for_pixel_the_same_wherever_it_is_drawn(charts: dict[str, Chart]) -> None:
    again = {chart.name: chart for chart in draw_all(made_results(), "Demo data")}
    assert {name: chart.png for name, chart in again.items()} == {name: chart.png for name, chart in charts.items()}


@pytest.mark.parametrize(
    ("first", "days", "step", "labels"),
    [
        ("2024-03-01", 12, 1, ("1 Mar 2024", "8 Mar 2024")),
        ("2023-01-02", 728, 7, ("Jul 2023", "Jan 2024", "Jul 2024")),
        ("2010-01-04", 3650, 7, ("2012", "2014", "2016", "2018")),
        ("2024-03-01", 1, 1, ("1 Mar 2024",)),
    ],
    ids=["days", "weeks", "ten years", "one day"],
)
def test_dates_are_named_as_many_as_have_room(first: str, days: int, step: int, labels: tuple[str, ...]) -> None:
    found = [day.date() for day in pd.date_range(first, periods=max(1, days // step), freq=f"{step}D")]
    assert date_ticks(found, 3.3, PHONE.small).labels == labels


def test_a_range_far_beyond_all_estimates_leaves_room_for_the_others() -> None:
    results = made_results(dep_var_type="conversion", dep_var="orders")
    row = results.coefficients["rn"] == "tv_S"
    results.coefficients.loc[row, "range_high"] = 336.0
    picture = drawn(results, ranges)["ranges"]
    axes = next(one for one in picture.figure.axes if one.lines)
    assert axes.get_xlim()[1] < 20
    assert "goes on beyond the picture" in texts(picture)
    near = drawn(made_results(dep_var_type="conversion", dep_var="orders"), ranges)["ranges"]
    assert "goes on beyond the picture" not in texts(near)


def test_the_decay_that_is_drawn_lies_in_the_middle_of_the_draws() -> None:
    results = made_results(draws=20)
    lags, middle = drawn_lags(results, ["tv_S"])["tv_S"], drawn_decay(results, ["tv_S"])["tv_S"]
    assert middle.max() == 1
    assert mean_lag(middle) == pytest.approx(lags.mean())


def test_a_channel_that_is_held_to_take_away_is_drawn_below_zero() -> None:
    results = made_results()
    results.response_curves.loc[results.response_curves["channel"] == "tv_S", "response"] *= -1
    bottoms = [one.get_ylim()[0] for one in drawn(results, response_curves)["response_curves"].figure.axes]
    assert min(bottoms) < 0
