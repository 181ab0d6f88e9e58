"""Roles guessed from the names that people give their columns."""

import pytest

from engine.columns import Column
from engine.data.guess import guess, words


def columns(text: str, **types: str) -> list[Column]:
    return [Column.model_validate({"name": name, "type": types.get(name, "number")}) for name in text.split()]


ROBYN = columns(
    "DATE revenue tv_S ooh_S print_S facebook_I search_clicks_P search_S competitor_sales_B facebook_S events "
    "newsletter",
    DATE="date",
    events="text",
)
WAREHOUSE = columns(
    "DATE COUNTRY TV_COST TV_IMPRESSIONS FACEBOOK_COST FACEBOOK_IMPRESSIONS FACEBOOK_CLICKS SEARCH_COST "
    "SEARCH_IMPRESSIONS SEARCH_CLICKS RADIO_COST TOTAL_COST NEWSLETTER_SENDS PROMO_FLAG PRICE_INDEX TEMPERATURE "
    "COMPETITOR_INDEX ORDERS REVENUE ORDER_ID LOADED_AT",
    DATE="date",
    COUNTRY="text",
    LOADED_AT="date",
)


def test_robyns_demo_names_are_understood() -> None:
    found = guess(ROBYN, "de")
    assert (found.date_var, found.dep_var, found.dep_var_type) == ("DATE", "revenue", "revenue")
    assert found.paid_media_spends == ("tv_S", "ooh_S", "print_S", "search_S", "facebook_S")
    assert found.exposures == {"search_S": "search_clicks_P", "facebook_S": "facebook_I"}
    assert found.organic_vars == ("newsletter",)
    assert found.context_vars == ("competitor_sales_B", "events")
    assert found.factor_vars == ("events",)


def test_a_warehouse_table_is_understood() -> None:
    found = guess(WAREHOUSE, "de")
    assert (found.date_var, found.country_var) == ("DATE", "COUNTRY")
    assert (found.dep_var, found.other_goals) == ("REVENUE", ("ORDERS",))
    assert found.paid_media_spends == ("TV_COST", "FACEBOOK_COST", "SEARCH_COST", "RADIO_COST")
    assert found.exposures == {
        "TV_COST": "TV_IMPRESSIONS",
        "FACEBOOK_COST": "FACEBOOK_IMPRESSIONS",
        "SEARCH_COST": "SEARCH_CLICKS",
    }
    assert found.organic_vars == ("NEWSLETTER_SENDS",)
    assert found.context_vars == ("PROMO_FLAG", "PRICE_INDEX", "TEMPERATURE", "COMPETITOR_INDEX")
    assert found.factor_vars == ("PROMO_FLAG",)


def test_every_column_is_explained() -> None:
    assert set(guess(WAREHOUSE, "de").why) == {column.name for column in WAREHOUSE}
    assert guess(WAREHOUSE, "de").why["FACEBOOK_CLICKS"] == "not used: the channel is told by FACEBOOK_IMPRESSIONS"


@pytest.mark.parametrize(
    ("names", "spends"),
    [
        pytest.param("tv_cost TV_SPEND_x radio_costs", ("tv_cost", "TV_SPEND_x", "radio_costs"), id="any case"),
        pytest.param("spend_tv budgetRadio", ("spend_tv", "budgetRadio"), id="word in front or in camel case"),
        pytest.param("mdsp_dm mdsp_on", ("mdsp_dm", "mdsp_on"), id="mdsp prefix"),
        pytest.param("x1 x2 y", ("x1", "x2"), id="numbered channels when nothing else is named"),
        pytest.param("tv_cost shipping_cost product_costs", ("tv_cost",), id="costs that are not media"),
        pytest.param("tv_cost cost_per_click cpc", ("tv_cost",), id="ratios"),
        pytest.param("tv_cost competitor_spend", ("tv_cost",), id="a competitor's spend"),
    ],
)
def test_spends(names: str, spends: tuple[str, ...]) -> None:
    assert guess(columns(names)).paid_media_spends == spends


@pytest.mark.parametrize(
    ("names", "spends"),
    [
        pytest.param("tv_cost radio_cost total_cost", ("tv_cost", "radio_cost"), id="grand total"),
        pytest.param("tv_cost radio_cost media_spend", ("tv_cost", "radio_cost"), id="unnamed sum"),
        pytest.param("fb_a_cost fb_b_cost fb_total_cost", ("fb_a_cost", "fb_b_cost"), id="total of a channel"),
        pytest.param("TV_A_COST TV_B_COST TV_BRAND_COST_CUSTOM", ("TV_A_COST", "TV_B_COST"), id="custom sum"),
        pytest.param("total_cost", ("total_cost",), id="a total without parts is all there is"),
        pytest.param("fb_total_cost tv_cost", ("fb_total_cost", "tv_cost"), id="a channel's total without its parts"),
    ],
)
def test_totals_are_not_counted_beside_their_parts(names: str, spends: tuple[str, ...]) -> None:
    assert guess(columns(names)).paid_media_spends == spends


@pytest.mark.parametrize(
    ("names", "kpi", "kind"),
    [
        ("revenue orders", "revenue", "revenue"),
        ("orders tv_cost", "orders", "conversion"),
        ("GMV SIGNUPS", "GMV", "revenue"),
        ("new_signups tv_cost", "new_signups", "conversion"),
        ("UPLOAD_VALUE tv_cost", "UPLOAD_VALUE", "revenue"),
        ("facebook_revenue facebook_cost revenue_net", "revenue_net", "revenue"),
        ("revenue_per_order orders", "orders", "conversion"),
        ("competitor_sales_B sales", "sales", "revenue"),
        ("tv_cost temperature", "", "revenue"),
    ],
)
def test_the_kpi(names: str, kpi: str, kind: str) -> None:
    found = guess(columns(names))
    assert (found.dep_var, found.dep_var_type) == (kpi, kind)


@pytest.mark.parametrize(
    ("names", "types", "date"),
    [
        ("created_at week", {"created_at": "date", "week": "date"}, "week"),
        ("day text_day", {"day": "text", "text_day": "number"}, "day"),
        ("label when", {"label": "text", "when": "date"}, "when"),
        ("a b", {}, ""),
    ],
)
def test_the_date(names: str, types: dict[str, str], date: str) -> None:
    assert guess(columns(names, **types)).date_var == date


def test_a_place_is_the_country_when_it_holds_it() -> None:
    geo = Column(name="geo", type="text", examples=("DE", "FR"))
    assert guess([geo], "de").country_var == "geo"
    assert guess([geo], "at").country_var == ""


@pytest.mark.parametrize(
    "names", ["order_id uuid row_key", "year week_number dayofyear t", "conversion_rate avg_basket"]
)
def test_identifiers_calendars_and_ratios_are_left_out(names: str) -> None:
    found = guess(columns(names))
    assert not found.dep_var
    assert not found.drivers
    assert all(why.startswith("not used") for why in found.why.values())


def test_zero_one_events_are_categories() -> None:
    event = Column(name="promo_week", type="number", examples=("0", "1"))
    assert guess([event]).factor_vars == ("promo_week",)
    assert guess([Column(name="promotions", type="number", examples=("0", "3"))]).factor_vars == ()


@pytest.mark.parametrize("name", ["TVCost", "tv_cost", "TV Cost", "tv.cost", "tvCost"])
def test_names_are_split_into_words(name: str) -> None:
    assert words(name) == ("tv", "cost")


def test_nothing_is_guessed_from_nothing() -> None:
    found = guess([])
    assert (found.date_var, found.dep_var, found.drivers) == ("", "", ())
