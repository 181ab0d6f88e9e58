"""What a review says: each sentence by hand-made rows; ties, nothings, zeros, too little data said as they are."""

from datetime import date
from typing import Any

import numpy as np
import pytest

from engine.columns import Column
from engine.data.mapping import Mapping
from engine.data.review.changes import SpendChanges, spend_changes
from engine.data.review.countries import Beside, Countries, side_by_side
from engine.data.review.funnel import Funnel, funnel
from engine.data.review.goal import GoalAndSpend, goal_and_spend
from engine.data.review.metric import metric
from engine.data.review.missing import State, missing
from engine.data.review.roles import strangers
from engine.data.review.sheet import Sheet
from engine.data.review.spend import SpendOverTime, spend_over_time
from engine.data.review.tiles import tiled
from engine.data.review.words import Change, named
from tests.unit.test_review_sheet import MAPPING, days_from, sheet, whole

WORDS = "all data"
TWO_YEARS = days_from("2023-01-01", 730)


def two_years(**columns: Any) -> Sheet:
    """730 days of 100 a day beside 10 of TV and 10 of Search, unless columns say otherwise."""
    return sheet(TWO_YEARS, **{"REVENUE": 100.0, "TV_COST": 10.0, "SEARCH_COST": 10.0} | columns)


def by_year(before: float, after: float) -> "np.ndarray[Any, np.dtype[np.float64]]":
    return np.repeat([before, after], 365).astype(float)


def goal(found: Sheet, column: str = "REVENUE") -> GoalAndSpend:
    return goal_and_spend(found, whole(found, "2024-01-01", "2024-12-30"), "2024", "M", column)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        (
            {},
            "In 2024, revenue came to 36.5k: as much as in the year before. "
            "Media spend was 7.3k (no change): ROAS is 5, as before.",
        ),
        (
            {"REVENUE": by_year(100, 110), "TV_COST": by_year(10, 30)},
            "In 2024, revenue came to 40.1k: 10 % more than in the year before. "
            "Media spend was 14.6k (+100 %): ROAS is 2.75, after 5.",
        ),
        ({"REVENUE": by_year(0, 1)}, "In 2024, revenue came to 365: after nothing in the year before."),
        ({"REVENUE": by_year(-1, 1)}, "In 2024, revenue came to 365: after −365 in the year before."),
        ({"REVENUE": by_year(1, 20)}, "In 2024, revenue came to 7.3k: 20 times as much as in the year before."),
        ({"TV_COST": 0.0, "SEARCH_COST": 0.0}, "Nothing was spent on media."),
        ({"TV_COST": np.nan, "SEARCH_COST": np.nan}, "No spend holds a value there."),
        ({"REVENUE": np.nan}, "“revenue” holds no value in 2024."),
        ({"TV_COST": -20.0}, "Spend below 0 means nothing beside a goal: check its sign."),
    ],
    ids=[
        "same",
        "both change",
        "from nothing",
        "from below nothing",
        "many times",
        "no spend",
        "no values",
        "no goal",
        "sign",
    ],
)
def test_goal_against_spend_says_what_changed(columns: Any, said: str) -> None:
    assert said in goal(two_years(**columns)).sentence


def test_the_ratio_is_of_the_rows_that_hold_both() -> None:
    revenue = np.full(730, 100.0)
    revenue[400:405] = np.nan
    look = goal(two_years(REVENUE=revenue, TV_COST=np.linspace(1, 2, 730)))
    rows = [n for n in range(365, 730) if not np.isnan(revenue[n])]
    spend = sum(np.linspace(1, 2, 730)[n] + 10 for n in rows)
    assert look.ratio.value == pytest.approx(100.0 * len(rows) / spend, abs=1e-9)
    assert "days without a value" in " ".join(look.notes).lower() and "revenue 5 of 365" in " ".join(look.notes)


def test_a_goal_of_which_much_is_missing_is_not_compared() -> None:
    revenue = np.full(730, 100.0)
    revenue[:100] = np.nan
    found = two_years(REVENUE=revenue)
    look, tiles = tiled(found, whole(found, "2024-01-01", "2024-12-30"), "2024", "M", "REVENUE")
    assert look.sentence.startswith("In 2024, revenue came to 36.5k. Media spend was 7.3k (no change): ROAS is 5.")
    assert tiles[0].changes == ("too much is missing to compare with the year before",)


def test_a_conversion_costs_and_says_so() -> None:
    orders = MAPPING.model_copy(update={"dep_var": "ORDERS", "dep_var_type": "conversion", "currency": "EUR"})
    look = goal(sheet(TWO_YEARS, mapping=orders, ORDERS=by_year(4, 5), TV_COST=10.0, SEARCH_COST=10.0), column="ORDERS")
    assert look.ratio.value == pytest.approx(4.0, abs=1e-12)
    assert look.sentence.endswith("(no change): one of it stands beside 4 EUR of spend, after 5 EUR.")
    none = goal(sheet(TWO_YEARS, mapping=orders, ORDERS=0.0), column="ORDERS")
    assert none.ratio.value is None and "Nothing was counted" in none.sentence


def test_what_may_not_be_divided_is_not() -> None:
    mixed = Mapping(date_var="DATE", dep_var="REVENUE", paid_media_spends=("TV_COST", "SEARCH_COST"))
    days = days_from("2024-01-01", 60)
    found = sheet(days, mapping=mixed)
    units = {"TV_COST": "EUR", "SEARCH_COST": "GBP", "REVENUE": "EUR"}
    for said, change in (
        ("mixes currencies", units),
        ("cannot be divided", {"TV_COST": "GBP", "SEARCH_COST": "GBP", "REVENUE": "EUR"}),
    ):
        apart = Sheet(found.frame, found.there, "day", frozenset(), _with_units(found, change))
        look = goal_and_spend(apart, whole(apart), WORDS, "M", "REVENUE")
        assert look.ratio.value is None and said in look.sentence and look.told().plot is not None
        assert look.told().plot.exact is False  # type: ignore[union-attr]
    averaged = Sheet(found.frame, found.there, "day", frozenset({"REVENUE"}), found.layout)
    assert "is averaged, not added up" in goal_and_spend(averaged, whole(averaged), WORDS, "M", "REVENUE").sentence


def _with_units(found: Sheet, units: dict[str, str]) -> Any:
    from dataclasses import replace

    return replace(found.layout, units=units)


def test_tiles_have_what_spend_bought_and_say_of_how_many_channels() -> None:
    found = two_years(TV_IMPRESSIONS=by_year(100, 50), SEARCH_CLICKS=3.0)
    _, tiles = tiled(found, whole(found, "2024-01-01", "2024-12-30"), "2024", "M", "REVENUE")
    assert [(one.name, one.value, one.changes) for one in tiles] == [
        ("Revenue", "36.5k", ("no change on the year before",)),
        ("Media spend", "7.3k", ("no change on the year before",)),
        ("ROAS", "5", ("no change on the year before",)),
        ("Impressions (1 of 2 channels)", "18.2k", ("−50 % on the year before",)),
        ("Clicks (1 of 2 channels)", "1.09k", ("no change on the year before",)),
    ]


def spend(found: Sheet, **more: Any) -> SpendOverTime:
    return spend_over_time(found, whole(found), WORDS, "M", **more)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({}, "All 2 channels had about the same of 14.6k in all data."),
        ({"TV_COST": 30.0}, "TV had 75 % of 29.2k in all data, Search the rest."),
        ({"TV_COST": 0.0}, "All 7.3k of media spend in all data went to Search."),
        ({"TV_COST": 0.0, "SEARCH_COST": np.nan}, "Nothing was spent on media in all data."),
        ({"TV_COST": -20.0}, "Spend adds up to −7.3k in all data: check the sign of what came back."),
    ],
    ids=["a tie", "two", "one", "none", "below nothing"],
)
def test_spend_by_channel_says_who_has_most(columns: Any, said: str) -> None:
    assert spend(two_years(**columns)).sentence == said


def many(count: int, values: Any = None) -> Sheet:
    """Channels whose spend falls from one to the next."""
    names = [f"C{n:03d}_COST" for n in range(count)]
    mapping = Mapping(date_var="DATE", dep_var="REVENUE", paid_media_spends=tuple(names))
    columns = {name: float(count - n) if values is None else values for n, name in enumerate(names)}
    return sheet(days_from("2024-01-01", 60), mapping=mapping, **columns)


def test_a_channel_that_began_in_a_period_that_is_not_whole_is_counted() -> None:
    days = days_from("2024-01-01", 440)
    began = np.where(np.arange(440) >= 430, 500.0, 0.0)
    found = sheet(days, TV_COST=10.0, SEARCH_COST=began)
    look = spend_over_time(found, whole(found, "2024-03-16"), WORDS, "M")
    assert look.silent == () and look.edges == ("Mar 2024", "Mar 2025")
    assert look.total == pytest.approx(3650.0 + 5000.0, abs=1e-9)
    assert look.sentence == "Search had 58 % of 8.65k in all data, TV the rest."


def test_what_is_not_all_is_no_100_percent() -> None:
    once = np.where(np.arange(730) == 400, 1.0, 0.0)
    assert spend(two_years(SEARCH_COST=once)).sentence == "TV had 99.9 % of 7.3k in all data, Search the rest."


def test_many_channels_are_drawn_as_six_and_all_of_their_spend_is_kept() -> None:
    look = spend(many(40))
    assert look.sentence == "C000 had the largest part of 49.2k in all data: 4.9 %. 23 of 40 channels made 81 %."
    drawn = look.drawn(6)
    assert len(drawn) == 6 and drawn[-1].name == "35 others"
    assert sum(one.total for one in drawn) == pytest.approx(look.total, abs=1e-6)
    assert drawn[-1].values[0] == pytest.approx(sum(range(1, 36)) * 31, abs=1e-9)


def test_leaders_that_are_level_are_told_together_and_silent_ones_in_a_note() -> None:
    names = ("A_COST", "B_COST", "C_COST", "D_COST")
    mapping = Mapping(date_var="DATE", dep_var="REVENUE", paid_media_spends=names)
    found = sheet(days_from("2024-01-01", 31), mapping=mapping, A_COST=5.0, B_COST=5.0, C_COST=1.0, D_COST=0.0)
    look = spend(found)
    assert look.sentence == "A and B are level at the top, each with 45 % of 341 in all data."
    assert look.notes == ("Without spend in this time: D.",)


def test_money_that_came_back_is_told() -> None:
    values = np.where(np.arange(730) < 31, -5.0, 10.0)
    assert any(note.startswith("Below 0 at times: TV.") for note in spend(two_years(TV_COST=values)).notes)


def changes(found: Sheet, first: str = "2024-01-01", last: str = "2024-12-30") -> SpendChanges:
    return spend_changes(found, whole(found, first, last), "2024")


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({}, "Spend hardly changed: 7.3k in 2024 as in the year before."),
        ({"TV_COST": 0.0, "SEARCH_COST": 0.0}, "Nothing was spent on media in 2024, nor in the year before."),
        (
            {"TV_COST": by_year(10, 30)},
            "Spend rose by 7.3k (+100 %) to 14.6k in 2024 against the year before, all of it by TV +7.3k.",
        ),
        (
            {"TV_COST": by_year(30, 10), "SEARCH_COST": by_year(10, 15)},
            "Spend fell by 5.47k (−38 %) to 9.12k in 2024 against the year before, all of it by TV −7.3k; up: "
            "Search +1.82k.",
        ),
        (
            {"TV_COST": by_year(10, 20), "SEARCH_COST": by_year(20, 10)},
            "The total hardly changed (10.9k, then 10.9k), its parts did: Search −3.65k, TV +3.65k.",
        ),
        (
            {"TV_COST": by_year(0, 10), "SEARCH_COST": 0.0},
            "Spend rose by 3.65k to 3.65k in 2024 against the year before",
        ),
    ],
    ids=["nothing", "no spend", "one rose", "one fell more", "moved within", "from nothing"],
)
def test_what_changed_in_spend_names_what_moved_it(columns: Any, said: str) -> None:
    assert said in changes(two_years(**columns)).sentence


def test_steps_lead_from_the_one_total_to_the_other() -> None:
    look = changes(two_years(TV_COST=by_year(10, 30), SEARCH_COST=by_year(7, 5)))
    assert look.before + sum(step.change for step in look.steps) == pytest.approx(look.after, abs=1e-9)
    assert sum(step.change for step in look.drawn(1)) == pytest.approx(look.after - look.before, abs=1e-9)


def test_spend_that_is_not_known_is_no_change() -> None:
    holes = np.full(730, 10.0)
    holes[100:300] = np.nan
    found = two_years(TV_COST=holes, SEARCH_COST=holes)
    look = spend_changes(found, whole(found, "2024-01-01", "2024-12-30"), "2024")
    assert look.sentence == (
        "Too much is missing to compare: no spend holds a value in 200 of 365 days of the year before."
    )
    assert look.headline == "What changed in media spend" and look.told().plot is None
    holes[120:] = 10.0
    few = spend_changes(two_years(TV_COST=holes, SEARCH_COST=holes), whole(found, "2024-01-01", "2024-12-30"), "2024")
    assert "No spend holds a value in 20 of 365 days of the year before." in few.notes and few.lacking == ""


def test_a_tiny_channel_is_not_among_all_that_are_compared() -> None:
    mapping = MAPPING.model_copy(update={"paid_media_spends": ("TV_COST", "SEARCH_COST", "PRINT_COST")})
    counts = {"TV_IMPRESSIONS": 100.0, "SEARCH_IMPRESSIONS": 100.0, "PRINT_IMPRESSIONS": 1.0}
    costs = {"TV_COST": 10.0, "SEARCH_COST": 10.0, "PRINT_COST": 0.01}
    found = sheet(TWO_YEARS, mapping=mapping, REVENUE=1.0, **counts, **costs)
    said = funnel(found, whole(found), WORDS).sentence
    assert said == "CPM is about the same in 2 channels with at least 1 % of spend: 100."
    other = sheet(TWO_YEARS, mapping=mapping, REVENUE=1.0, **counts, **(costs | {"TV_COST": 20.0}))
    assert funnel(other, whole(other), WORDS).sentence.endswith("in all data, of those with at least 1 % of spend.")


def test_a_count_of_some_parts_of_a_channel_names_the_parts() -> None:
    names = ("META_BRAND_COST", "META_SALES_COST", "TV_COST")
    mapping = MAPPING.model_copy(
        update={"paid_media_spends": names, "channels": dict.fromkeys(names[:2], "META") | {"TV_COST": "TV"}}
    )
    found = sheet(
        TWO_YEARS, mapping=mapping, META_BRAND_COST=1.0, META_SALES_COST=1.0, META_BRAND_IMPRESSIONS=5.0, TV_COST=1.0
    )
    _, tiles = tiled(found, whole(found), WORDS, "M", "REVENUE")
    assert "Impressions (1 of 3 spend columns)" in [one.name for one in tiles]


def test_one_period_before_and_a_ratio_that_reads_alike_are_said_plainly() -> None:
    months = [date(2024, n, 1) for n in range(1, 13)]
    found = sheet(months, "month", REVENUE=[100.0] * 11 + [100.2])
    look = goal_and_spend(found, whole(found, "2024-12-01"), "Dec 2024", "M", "REVENUE")
    assert "more than in the month before" in look.sentence and look.sentence.endswith("as before.")


def test_an_average_of_a_goal_is_no_sum_and_a_cost_says_of_what() -> None:
    mapping = MAPPING.model_copy(update={"dep_var": "PRICE"})
    found = sheet(days_from("2024-01-01", 60), mapping=mapping, PRICE=np.repeat([2.0, 4.0], 30))
    said = goal_and_spend(found, whole(found), WORDS, "M", "PRICE").sentence
    assert said.startswith("In all data, price was 3 on average.")
    orders = MAPPING.model_copy(update={"dep_var": "ORDERS", "dep_var_type": "conversion"})
    found = sheet(days_from("2024-01-01", 60), mapping=orders, ORDERS=5.0)
    look = goal_and_spend(found, whole(found), WORDS, "M", "ORDERS")
    assert look.sentence.endswith("one of it stands beside 1 of spend.")
    assert look.notes[0].startswith("Spend per one of orders sets")


def test_without_anything_before_the_halves_are_compared_and_that_is_said() -> None:
    look = changes(two_years(TV_COST=by_year(10, 30)), "2023-01-01", "2024-12-30")
    assert "in the second 365 days against the first 365 days" in look.sentence
    assert any("so nothing lies before: the halves of 2024 are compared" in note for note in look.notes)
    single = sheet([date(2024, 1, 1)])
    assert changes(single, "2024-01-01", "2024-01-01").sentence == "There is nothing to compare spend with."


def funnels(**columns: Any) -> Funnel:
    found = two_years(**columns)
    return funnel(found, whole(found), WORDS)


def test_a_funnel_is_of_the_rows_that_hold_both() -> None:
    clicks = np.full(730, 5.0)
    clicks[:365] = np.nan
    look = funnels(TV_IMPRESSIONS=1000.0, TV_CLICKS=clicks, TV_SESSIONS=4.0, SEARCH_CLICKS=20.0)
    rates = {one.name: one.rates for one in look.channels}
    assert rates["TV"] == pytest.approx(
        {"CPM": 10.0, "CTR": 0.005, "CPC": 2.0, "Cost per visit": 2.5, "Click to visit": 0.8}, abs=1e-12
    )
    assert rates["Search"]["CPC"] == pytest.approx(0.5, abs=1e-12) and rates["Search"]["CPM"] is None
    assert look.sentence == "CPC is lowest in Search (0.5) and highest in TV (2, 4 times as much), in all data."


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({}, "No channel has a column of impressions, clicks or visits beside its spend: there is no funnel."),
        ({"TV_CLICKS": 5.0, "SEARCH_CLICKS": 5.0}, "CPC is about the same in all 2 channels that have one: 2."),
        ({"TV_CLICKS": 0.0}, "No channel has a column"),
        ({"TV_CLICKS": 5.0}, "TV: CPC 2 in all data."),
    ],
    ids=["no columns", "a tie", "only zeros", "one"],
)
def test_a_funnel_says_no_more_than_it_has(columns: Any, said: str) -> None:
    assert said in funnels(**columns).sentence


def test_shares_beyond_a_whole_are_told() -> None:
    look = funnels(TV_CLICKS=5.0, TV_SESSIONS=9.0)
    assert any(note.startswith("More than 100 %: TV.") for note in look.notes)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (5.0, "3.65k in total in all data. It is the same in every year: 1.82k."),
        (by_year(5, 6), "Highest in 2022 (2.19k), lowest in 2021 (1.82k)."),
        (np.nan, "“Footfall” holds no value in all data."),
    ],
    ids=["constant", "two years", "nothing"],
)
def test_a_column_over_time_says_its_highs_and_lows(values: Any, said: str) -> None:
    found = sheet(days_from("2021-01-01", 730), FOOTFALL=values)
    look = metric(found, whole(found), WORDS, "Y", "FOOTFALL")
    assert said in look.sentence


def test_an_average_says_that_it_is_one() -> None:
    found = sheet(days_from("2024-01-01", 60), PRICE=np.repeat([2.0, 4.0], 30))
    look = metric(found, whole(found), WORDS, "M", "PRICE")
    assert look.sentence.startswith("Price: 3 on average in all data.")
    assert look.total.value == pytest.approx(3.0, abs=1e-12)
    assert "Over more than one row it is averaged here, not added up." in look.notes


def test_missing_days_are_named_by_what_is_missing() -> None:
    days = [day for day in days_from("2024-02-01", 60) if day not in (date(2024, 2, 29), date(2024, 3, 1))]
    revenue, tv = np.ones(58), np.ones(58)
    revenue[10], tv[:7] = np.nan, np.nan
    found = sheet(days, REVENUE=revenue, TV_COST=tv)
    look = missing(found, whole(found), WORDS, "REVENUE", MAPPING.model_columns)
    assert look.sentence == (
        "Of 60 days in all data, 2 days have no row and 1 day has no Revenue; TV lacks 7 of 58 values (12 %)."
    )
    assert look.of(State.NO_ROW) == [date(2024, 2, 29), date(2024, 3, 1)] and len(look.of(State.SOME)) == 7
    assert look.notes[:2] == ("No row: 2024-02-29 to 2024-03-01.", "No goal: 2024-02-11.")


def test_nothing_missing_is_said() -> None:
    found = two_years()
    look = missing(found, whole(found), WORDS, "REVENUE", MAPPING.model_columns)
    assert look.sentence == "Nothing is missing: every one of 730 days in all data has all its values."


def country(code: str, unit: str, revenue: float, spend: float, days: int = 365) -> Beside:
    mapping = MAPPING.model_copy(update={"currency": unit})
    found = sheet(days_from("2024-01-01", days), mapping=mapping, REVENUE=revenue, TV_COST=spend, SEARCH_COST=0.0)
    return Beside(code, goal_and_spend(found, whole(found), WORDS, "M", "REVENUE"))


def beside(*found: Beside) -> Countries:
    return side_by_side(found, WORDS, date(2024, 1, 1), date(2024, 12, 30))


def test_countries_are_compared_by_a_ratio_and_never_added_up() -> None:
    look = beside(country("fr", "EUR", 10, 1), country("gb", "GBP", 8, 1), country("de", "EUR", 30, 5))
    assert look.sentence == "ROAS is highest in France (10) and lowest in Germany (6) in all data."
    assert look.notes[0] == "Money is in EUR and GBP: nothing is added up across countries."
    assert [row[0].text for row in look.rows()] == ["Germany", "France", "United Kingdom"]
    assert [row[3].text for row in look.rows()] == ["1.82k EUR", "365 EUR", "365 GBP"]


def test_a_country_with_other_days_is_marked_and_not_ranked() -> None:
    look = beside(country("fr", "EUR", 10, 1), country("de", "EUR", 9, 1), country("it", "EUR", 90, 1, days=100))
    assert look.sentence == (
        "ROAS is highest in France (10) and lowest in Germany (9) in all data, among 2 of 3 that can be compared."
    )
    assert "Italy*" in {row[0].text for row in look.rows()}
    assert any(
        "With a star, as not of all these days: Italy (2024-01-01 to 2024-04-09)." in note for note in look.notes
    )


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ((), "No country can be shown."),
        ((Beside("fr", None, "It broke."),), "No country can be shown."),
        ((country("fr", "", 10, 1),), "Only France can be shown: In all data, revenue came to 3.65k."),
        ((country("fr", "", 10, 1), country("de", "", 10, 1)), "ROAS is about the same in 2 countries: 10."),
        ((country("fr", "", 10, 0), country("de", "", 10, 1)), "no two of them can be compared by one ratio"),
    ],
    ids=["none", "a broken one", "one", "a tie", "one without spend"],
)
def test_countries_say_no_more_than_they_have(found: tuple[Beside, ...], said: str) -> None:
    assert said in beside(*found).sentence


def test_columns_without_a_role_and_of_another_type_are_told() -> None:
    columns = [
        Column(name="DATE", type="date"),
        Column(name="REVENUE", type="text"),
        Column(name="TV_COST", type="number"),
    ]
    found = strangers(MAPPING, [*columns, Column(name="NEW", type="number")])
    assert found.sentence == "1 of 4 columns has no role, and 2 things do not fit the mapping."
    assert "“REVENUE” must hold numbers but holds text." in found.told().notes
    assert any(note.startswith("There is no column “SEARCH_COST”.") for note in found.told().notes)
    columns[1] = Column(name="REVENUE", type="number")
    fitting = strangers(MAPPING, [*columns, Column(name="SEARCH_COST", type="number")])
    assert fitting.brief == "" and fitting.sentence.startswith("Every one of 4 columns has a role")


@pytest.mark.parametrize(
    ("now", "before", "said"),
    [
        (0.0, 0.0, "no change"), (1.0, 0.0, "from 0"), (110.0, 100.0, "+10 %"), (97.0, 100.0, "−3.0 %"),
        (100.0, 100.00001, "no change"), (900.0, 100.0, "9 times as much"), (-5.0, 10.0, "−15 (from 10)"),
        (None, 1.0, ""), (1.0, None, ""), (1e-320, 1e-310, "−99.9 %"), (0.0, 5.0, "−100 %"),
        (1e308, 1e-300, "+1e+296T (from 1e-300)"),
    ],
)  # fmt: skip
def test_a_change_is_told_as_what_it_is(now: float | None, before: float | None, said: str) -> None:
    assert Change(now, before).told == said


def test_a_long_or_odd_name_fits_a_sentence() -> None:
    assert named("x" * 2000) == "x" * 31 + "…" + "x" * 16
    assert named("a\nb\u202e c\t") == "a b c" and named("  ") == "?"


def test_costs_of_different_goals_are_not_ranked_and_days_are_days() -> None:
    looks = []
    for code, name in (("fr", "ORDERS"), ("de", "LEADS")):
        mapping = MAPPING.model_copy(update={"dep_var": name, "dep_var_type": "conversion"})
        found = sheet(days_from("2024-01-01", 52, 7), "week", mapping=mapping, **{name: 4.0})
        looks.append(Beside(code, goal_and_spend(found, whole(found), WORDS, "M", name)))
    look = side_by_side(looks, WORDS, date(2024, 1, 1), date(2024, 12, 29))
    assert look.sentence == "2 countries in all data; no two of them can be compared by one ratio."
    assert [(row[-1].text, row[-1].number) for row in look.rows()] == [("364", 364.0)] * 2


def test_days_and_weeks_are_named_as_one_says_them() -> None:
    values = np.arange(1.0, 29.0)
    daily = sheet(days_from("2024-01-01", 28), REVENUE=values)
    assert (
        "Highest on 28 Jan 2024 (28), lowest on 1 Jan 2024 (1)."
        in metric(daily, whole(daily), WORDS, "D", "REVENUE").sentence
    )
    weekly = metric(daily, whole(daily), WORDS, "W", "REVENUE").sentence
    assert "Highest in the week of 22 Jan 2024" in weekly
    one = sheet([date(2024, 1, 1)], "month", REVENUE=[1.0])
    assert missing(one, whole(one), WORDS, "REVENUE", ()).sentence == (
        "Nothing is missing: the one month in all data has all its values."
    )
