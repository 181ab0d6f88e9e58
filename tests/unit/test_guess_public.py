"""Roles in data sets that everybody who does this job has seen, by their headers; and in the names of many tongues."""

import pytest

from engine.columns import Column
from engine.data.guess import Guess, guess


def columns(names: list[str], **given: dict[str, object]) -> list[Column]:
    return [
        Column.model_validate({"name": name, "type": "number", "distinct": 90} | given.get(name, {})) for name in names
    ]


DATE: dict[str, object] = {"type": "date"}
FLAG: dict[str, object] = {"examples": ("0", "1"), "distinct": 2}
MERIDIAN = columns(
    [
        "geo",
        "time",
        "Channel0_impression",
        "Channel1_impression",
        "Competitor_Sales",
        "Discount",
        "GQV",
        "Organic_channel0_impression",
        "Promo",
        "Channel0_spend",
        "Channel1_spend",
        "conversions",
        "population",
        "revenue_per_conversion",
    ],
    time=DATE,
    geo={"type": "text", "levels": ("geo0", "geo1"), "examples": ("geo0",), "distinct": 2},
)
STAN = columns(
    [
        "wk_strt_dt",
        "yr_nbr",
        "qtr_nbr",
        "prd",
        "wk_nbr",
        "wk_in_yr_nbr",
        "mdip_dm",
        "mdip_inst",
        "mdip_on",
        "mdsp_dm",
        "mdsp_inst",
        "mdsp_on",
        "sales",
        "me_ics_all",
        "me_gas_dpg",
        "st_ct",
        "mrkdn_valadd_edw",
        "mrkdn_pdm",
        "hldy_Black_Friday",
        "hldy_4th_of_July",
        "seas_prd_1",
        "seas_week_40",
    ],
    wk_strt_dt=DATE,
    hldy_Black_Friday=FLAG,
    hldy_4th_of_July=FLAG,
    seas_prd_1=FLAG,
    seas_week_40=FLAG,
)
PYMC = columns(
    ["date_week", "y", "x1", "x2", "event_1", "event_2", "dayofyear", "t"], date_week=DATE, event_1=FLAG, event_2=FLAG
)
KAGGLE = columns(["Date", "TV", "Radio", "Social", "Sales"], Date=DATE)


def test_meridians_sample_is_understood() -> None:
    found = guess(MERIDIAN, "us")
    assert (found.date_var, found.dep_var, found.dep_var_type) == ("time", "conversions", "conversion")
    assert found.paid_media_spends == ("Channel0_spend", "Channel1_spend")
    assert found.exposures == {"Channel0_spend": "Channel0_impression", "Channel1_spend": "Channel1_impression"}
    assert found.organic_vars == ("Organic_channel0_impression",)
    assert found.context_vars == ("Competitor_Sales", "Discount", "GQV", "Promo")
    assert (found.country_var, found.factor_vars) == ("", ())
    assert "geo0" in found.why["geo"]


def test_the_weekly_data_of_the_stan_tutorial_are_understood() -> None:
    found = guess(STAN, "us")
    assert (found.date_var, found.dep_var) == ("wk_strt_dt", "sales")
    assert found.exposures == {"mdsp_dm": "mdip_dm", "mdsp_inst": "mdip_inst", "mdsp_on": "mdip_on"}
    assert found.factor_vars == ("hldy_Black_Friday", "hldy_4th_of_July", "seas_prd_1", "seas_week_40")
    assert set(found.context_vars) - set(found.factor_vars) == {
        "me_ics_all",
        "me_gas_dpg",
        "st_ct",
        "mrkdn_valadd_edw",
        "mrkdn_pdm",
    }
    assert found.organic_vars == ()


def test_pymc_marketings_example_is_understood() -> None:
    found = guess(PYMC)
    assert (found.date_var, found.dep_var, found.paid_media_spends) == ("date_week", "y", ("x1", "x2"))
    assert found.factor_vars == ("event_1", "event_2")
    assert {name for name, why in found.why.items() if why.startswith("not used")} == {"dayofyear", "t"}


@pytest.mark.parametrize(
    ("names", "spends"),
    [
        ("Date TV Radio Social Sales", "TV Radio Social"),
        ("Date TV Facebook OOH Search Sales", "TV Facebook OOH Search"),
        ("Date TV Radio Newspaper Sales", "TV Radio Newspaper"),
        ("Date|Google Ads|Meta Ads|TikTok|Revenue", "Google Ads|Meta Ads|TikTok"),
        (
            "Date|Paid Search|Paid Social|Direct Mail|Email|Organic Search|Revenue",
            "Paid Search|Paid Social|Direct Mail",
        ),
        ("Date|Google Ads - Brand|Google Ads - Non Brand|orders", "Google Ads - Brand|Google Ads - Non Brand"),
        ("Date media_1 media_2 media_3 target", "media_1 media_2 media_3"),
        ("Date Channel1 Channel2 Sales", "Channel1 Channel2"),
        ("Datum Fernsehen Radio Zeitung Plakat Umsatz", "Fernsehen Radio Zeitung Plakat"),
    ],
)
def test_bare_channels_are_spends_where_nothing_else_is(names: str, spends: str) -> None:
    apart = "|" if "|" in names else " "
    given = names.split(apart)
    found = guess(columns(given, **{given[0]: DATE}))
    assert found.paid_media_spends == tuple(spends.split(apart))
    assert found.dep_var == given[-1]


def test_bare_channels_are_no_spends_beside_named_ones() -> None:
    assert guess(columns(["tv_spend", "radio", "sales"])).paid_media_spends == ("tv_spend",)


@pytest.mark.parametrize(
    "name",
    [
        "sun_newspaper_spend",
        "weather_channel_spend",
        "index_exchange_spend",
        "product_ads_cost",
        "match_day_tv_spend",
        "unit_ads_cost",
        "order_confirmation_mailing_cost",
        "customer_magazine_cost",
        "promo_spend",
        "event_sponsoring_costs",
        "newsletter_cost",
        "email_spend",
        "organic_social_cost",
        "interest_targeting_spend",
        "holiday_campaign_spend",
        "price_comparison_cost",
        "stock_photo_ads_spend",
        "key_account_media_spend",
        "spend_on",
        "TV_COST",
        "delivery_app_ads_cost",
        "has_tv_spend",
        "product_launch_spend",
    ],
)
def test_a_name_that_says_spend_is_spend(name: str) -> None:
    assert guess(columns([name])).paid_media_spends == (name,)


@pytest.mark.parametrize(
    "name",
    [
        "shipping_cost",
        "cost_of_goods",
        "unit_cost",
        "product_costs",
        "cost_per_click",
        "cpc",
        "avg_cost",
        "competitor_spend",
        "cost_of_sales",
        "order_cost",
        "customer_spend",
        "staff_costs",
        "cost_per_order",
        "customer_acquisition_cost",
        "spend_share",
        "discount_amount",
        "total_order_amount",
    ],
)
def test_costs_of_other_things_are_no_spend(name: str) -> None:
    assert guess(columns([name, "tv_spend"])).paid_media_spends == ("tv_spend",)


@pytest.mark.parametrize(
    ("names", "date", "kpi", "spends"),
    [
        ("Datum|Umsatz|Werbekosten TV|Werbekosten Radio", "Datum", "Umsatz", "Werbekosten TV|Werbekosten Radio"),
        ("Woche|Nettoumsatz|TV-Ausgaben|Radio-Ausgaben", "Woche", "Nettoumsatz", "TV-Ausgaben|Radio-Ausgaben"),
        (
            "Semaine|Chiffre d'affaires|Dépenses TV|Coût Radio",
            "Semaine",
            "Chiffre d'affaires",
            "Dépenses TV|Coût Radio",
        ),
        ("Fecha|Ventas|Inversión TV|Gasto en Radio", "Fecha", "Ventas", "Inversión TV|Gasto en Radio"),
        ("Data|Vendite|Spesa TV|Spesa Radio", "Data", "Vendite", "Spesa TV|Spesa Radio"),
        ("Data|Receita|Investimento TV|Custo Rádio", "Data", "Receita", "Investimento TV|Custo Rádio"),
        ("Datum|Omzet|TV uitgaven|Radio kosten", "Datum", "Omzet", "TV uitgaven|Radio kosten"),
    ],
)
def test_names_in_other_languages(names: str, date: str, kpi: str, spends: str) -> None:
    given = names.split("|")
    found = guess(columns(given, **{given[0]: DATE}))
    assert (found.date_var, found.dep_var) == (date, kpi)
    assert found.paid_media_spends == tuple(spends.split("|"))


def factors(column: Column) -> tuple[str, ...]:
    return guess([column]).factor_vars


@pytest.mark.parametrize("name", ["impr_on", "is_members", "has_visits", "promo_flag", "sales_dummy", "impressions_on"])
def test_many_different_numbers_are_no_category(name: str) -> None:
    assert factors(Column(name=name, type="number", distinct=120, examples=("140845", "4739989", "336260"))) == ()
    assert factors(Column(name=name, type="number", examples=("140845", "4739989", "336260"))) == ()
    assert factors(Column(name=name, type="number", distinct=2, examples=("0", "1"))) == (name,)


def test_numbers_named_on_keep_the_role_that_the_rest_of_the_name_says() -> None:
    found: Guess = guess(columns(["tv_spend", "impr_on", "spend_on"]))
    assert found.exposures == {"spend_on": "impr_on"}


def test_a_text_of_very_many_kinds_is_no_category() -> None:
    column = Column(name="event", type="text", distinct=300, examples=("a",))
    assert factors(column) == ()
    assert "300 different texts" in guess([column]).why["event"]


@pytest.mark.parametrize(
    ("name", "values", "country", "is_country"),
    [
        ("country", ("Germany", "France"), "de", True),
        ("Country", ("Deutschland", "Österreich", "Other"), "at", True),
        ("country", ("Retail", "Wholesale"), "de", False),
        ("market", ("DE", "UK"), "gb", True),
        ("market", ("Consumer", "Enterprise"), "de", False),
        ("market", ("New York", "Boston"), "us", False),
        ("region", ("Germany", "Austria"), "at", True),
        ("region", ("North", "South"), "de", False),
        ("geo", ("DE", "FR"), "it", False),
        ("state", ("CA", "TX", "DE"), "de", False),
        ("country", ("France",), "de", True),
    ],
)
def test_a_column_of_countries_holds_countries(
    name: str, values: tuple[str, ...], country: str, is_country: bool
) -> None:
    column = Column(name=name, type="text", examples=values[:3], levels=values, distinct=len(values))
    assert guess([column], country).country_var == (name if is_country else "")


def test_each_column_without_a_role_says_why() -> None:
    for given in (MERIDIAN, STAN, PYMC, KAGGLE):
        found = guess(given)
        assert all(found.why[column.name] for column in given)


def test_the_channel_of_impression_and_impressions_is_one() -> None:
    for exposure in ("tv_impression", "tv_impressions", "tv_click", "tv_clicks", "tv_view", "tv_views", "tv_visit"):
        assert guess(columns(["tv_spend", exposure])).exposures == {"tv_spend": exposure}


def test_channels_beside_one_other_spend_do_not_vanish() -> None:
    given = columns(["date", "sales", "tv", "youtube", "facebook", "print_media", "trade_spend", "cpi"], date=DATE)
    assert guess(given).paid_media_spends == ("tv", "youtube", "facebook", "print_media", "trade_spend")


def test_channels_that_have_a_spend_are_not_spent_twice() -> None:
    given = columns(["date", "sales", "tv", "radio", "tv_spend", "radio_spend"], date=DATE)
    assert guess(given).paid_media_spends == ("tv_spend", "radio_spend")
    beside = columns(["date", "sales", "search", "tv_spend", "facebook_spend"], date=DATE)
    assert guess(beside).paid_media_spends == ("tv_spend", "facebook_spend")


def test_free_and_paid_television_are_channels() -> None:
    assert guess(columns(["OpenTV", "PayTV", "Free TV", "cable_tv", "Sales"])).paid_media_spends == (
        "OpenTV",
        "PayTV",
        "Free TV",
        "cable_tv",
    )


def test_clicks_of_paid_mail_are_its_exposure() -> None:
    found = guess(columns(["Email Spends", "Email Clicks", "Newsletter Sends", "Sales"]))
    assert found.exposures == {"Email Spends": "Email Clicks"}
    assert found.organic_vars == ("Newsletter Sends",)


def test_what_a_model_made_of_columns_drives_nothing() -> None:
    made = ["tv_contribution", "email_contribution", "holiday_effect", "tv_adstock", "predicted_temperature"]
    found = guess(columns(["tv_spend", "email_spend", "base_sales", "total_sales", "holiday", *made]))
    assert found.dep_var == "total_sales"
    used = {*found.paid_media_spends, *found.organic_vars, *found.context_vars}
    assert used == {"tv_spend", "email_spend", "holiday"}


def test_a_numbered_name_means_what_it_means_without_the_number() -> None:
    found = guess(columns(["Discount1", "Discount2", "holiday3", "dv360_spend", "sales"]))
    assert found.context_vars == ("Discount1", "Discount2", "holiday3")
    assert found.paid_media_spends == ("dv360_spend",)


def test_the_day_dates_the_rows_rather_than_its_month() -> None:
    assert guess(columns(["Month", "Date", "sales"], Month=DATE, Date=DATE)).date_var == "Date"
    assert guess(columns(["month", "sales"], month=DATE)).date_var == "month"


def test_online_beside_television_is_a_channel_and_beside_its_parts_a_sum() -> None:
    assert guess(columns(["TV Kosten", "Online Kosten", "Umsatz"])).paid_media_spends == ("TV Kosten", "Online Kosten")
    assert len(guess(columns(["tv_spend", "banner_spend", "online_spend"])).paid_media_spends) == 3
    parts = columns(["tv_spend", "radio_spend", "google_spend", "meta_spend", "online_spend", "offline_spend"])
    assert guess(parts).paid_media_spends == ("tv_spend", "radio_spend", "google_spend", "meta_spend")


def test_capitals_with_a_plural_are_one_word() -> None:
    assert guess(columns(["TV Spend", "TV GRPs", "Sales"])).exposures == {"TV Spend": "TV GRPs"}


def test_numbered_channels_are_channels() -> None:
    names = ("NationalTV1", "NationalTV2", "PaidSearch1", "Wechat2", "Content Marketing", "テレビ")
    found = guess(columns([*names, "Comp Media Spend", "Sales"]))
    assert found.paid_media_spends == names
    assert found.context_vars == ("Comp Media Spend",)


def test_feasts_are_events() -> None:
    names = ["Black Friday", "Christmas", "diwali", "Cyber_Monday", "Weihnachten"]
    assert guess(columns(names, **{name: FLAG for name in names})).factor_vars == tuple(names)
    assert guess(columns(["christmas_tv_spend", "sales"])).paid_media_spends == ("christmas_tv_spend",)


def test_german_words_in_one_are_taken_apart() -> None:
    names = ["Fernsehwerbung", "Radiowerbung", "Zeitungsanzeigen", "Suchmaschine", "Außenwerbung"]
    found = guess(columns([*names, "Wetterindex", "Umsatz"]))
    assert found.paid_media_spends == tuple(names[1:])
    assert found.context_vars == ("Wetterindex",)


def test_an_exposure_that_stands_still_tells_nothing_of_its_channel() -> None:
    empty: dict[str, object] = {"distinct": 1}
    given = columns(["tv_spend", "tv_impressions", "tv_grp", "radio_spend", "radio_clicks"], tv_impressions=empty)
    found = guess([*given[:-1], *columns(["radio_clicks"], radio_clicks=empty)])
    assert found.exposures == {"tv_spend": "tv_grp"}
    assert "one value" in found.why["tv_impressions"]
    assert "one value" in found.why["radio_clicks"]


def test_a_currency_in_a_name_is_no_channel() -> None:
    assert guess(columns(["Digital_Spends (RM)", "Digital_Impressions"])).exposures == {
        "Digital_Spends (RM)": "Digital_Impressions"
    }
