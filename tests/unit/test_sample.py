"""The sample data: complete, repeatable, and with the truth it was made from."""

import io
import json

import duckdb
import numpy as np
import pandas as pd
import pytest

from local.sample import MARKETS, daily, truth, weekly, weekly_csv, write_truth, write_warehouse

COUNTRIES = sorted(MARKETS)
COLUMNS = """
    DATE COUNTRY TV_COST TV_IMPRESSIONS FACEBOOK_COST FACEBOOK_IMPRESSIONS SEARCH_COST SEARCH_CLICKS YOUTUBE_COST
    YOUTUBE_IMPRESSIONS OOH_COST PRINT_COST NEWSLETTER_SENDS PROMO_FLAG PRICE_INDEX TEMPERATURE COMPETITOR_INDEX ORDERS
    REVENUE
""".split()  # noqa: SIM905


@pytest.mark.parametrize("country", COUNTRIES)
def test_every_day_of_three_years_is_there_once(country):
    days = daily(country)
    assert list(days.columns) == COLUMNS
    dates = pd.to_datetime(days["DATE"])
    assert (dates.diff().dropna() == pd.Timedelta(days=1)).all()
    assert len(days) == 156 * 7
    assert dates.iloc[0].dayofweek == 0
    assert set(days["COUNTRY"]) == {country}
    assert not days.isna().any().any()


@pytest.mark.parametrize("country", COUNTRIES)
def test_numbers_are_of_this_world(country):
    days = daily(country)
    counts = days.select_dtypes("number").drop(columns="TEMPERATURE")
    assert (counts >= 0).all().all()
    assert set(days["PROMO_FLAG"]) == {0, 1}
    assert ((days["TV_COST"] > 0) == (days["TV_IMPRESSIONS"] > 0)).all()
    assert days["TEMPERATURE"].between(-15, 40).all()
    assert 30 < (days["REVENUE"] / days["ORDERS"]).mean() < 80
    assert days["REVENUE"].max() < 4 * days["REVENUE"].min()


def test_the_same_seed_makes_the_same_days_and_another_does_not():
    assert daily("FR").equals(daily("fr"))
    assert daily("FR", seed=1).equals(daily("FR", seed=1))
    assert not daily("FR", seed=1)["REVENUE"].equals(daily("FR", seed=2)["REVENUE"])
    assert not daily("FR")["REVENUE"].equals(daily("DE")["REVENUE"])


def test_a_caller_cannot_change_what_the_next_one_gets():
    daily("FR")["REVENUE"] = 0
    truth("FR")["channels"].clear()
    assert daily("FR")["REVENUE"].min() > 0
    assert truth("FR")["channels"]


@pytest.mark.parametrize("country", COUNTRIES)
def test_the_truth_is_what_the_numbers_were_made_from(country):
    told, days = truth(country), daily(country)
    assert set(told["channels"]) == {"TV", "FACEBOOK", "SEARCH", "YOUTUBE", "OOH", "PRINT"}
    for name, channel in told["channels"].items():
        assert channel["spend_column"] == f"{name}_COST"
        assert channel["exposure_column"] is None or channel["exposure_column"] in days
        assert channel["spend"] == pytest.approx(days[f"{name}_COST"].sum())
        assert channel["revenue_brought"] == pytest.approx(channel["roas"] * channel["spend"], rel=1e-6)
        assert channel["share_of_revenue"] == pytest.approx(channel["revenue_brought"] / told["revenue"], abs=1e-4)
    explained = sum(told["shares_of_revenue"].values()) + sum(c["share_of_revenue"] for c in told["channels"].values())
    assert explained == pytest.approx(1, abs=0.01)
    media = sum(channel["share_of_revenue"] for channel in told["channels"].values())
    assert 0.15 < media < 0.4


@pytest.mark.parametrize("country", COUNTRIES)
def test_channels_can_be_told_apart(country):
    spend = weekly(country).filter(like="_COST")
    together = np.abs(spend.corr().to_numpy() - np.eye(spend.shape[1]))
    assert together.max() < 0.6


@pytest.mark.parametrize("country", COUNTRIES)
def test_weeks_are_the_sums_of_their_days(country):
    weeks, days = weekly(country), daily(country)
    assert len(weeks) == 156
    assert all(day.weekday() == 0 for day in weeks["DATE"])
    for column in ("TV_COST", "SEARCH_CLICKS", "NEWSLETTER_SENDS", "ORDERS", "REVENUE"):
        assert weeks[column].sum() == pytest.approx(days[column].sum())
    assert weeks["PRICE_INDEX"].iloc[0] == pytest.approx(days["PRICE_INDEX"].iloc[:7].mean(), abs=1e-4)
    assert set(weeks["PROMO_FLAG"]) == {0, 1}


def test_the_csv_reads_back_as_the_weeks():
    read = pd.read_csv(io.BytesIO(weekly_csv("gb")), parse_dates=["DATE"])
    assert read.drop(columns="DATE").equals(weekly("GB").drop(columns="DATE"))
    assert weekly_csv("gb").startswith(b"DATE,TV_COST,TV_IMPRESSIONS,")


def test_a_country_the_sample_does_not_have_is_an_error():
    with pytest.raises(KeyError):
        daily("US")


def test_the_warehouse_holds_every_country_by_day_and_by_week(tmp_path):
    duck = duckdb.connect(":memory:")
    duck.execute(f"ATTACH '{tmp_path / 'x.db'}' AS MMM")
    write_warehouse(duck)
    types = dict(duck.execute("select column_name, column_type from (describe MMM.MARKETING.DAILY)").fetchall())
    assert list(types) == COLUMNS
    assert (types["DATE"], types["TV_COST"], types["TV_IMPRESSIONS"]) == ("DATE", "DECIMAL(14,2)", "BIGINT")
    rows = duck.execute(
        "select COUNTRY, count(*), sum(REVENUE) from MMM.MARKETING.DAILY group by 1 order by 1"
    ).fetchall()
    assert [(country, days) for country, days, _ in rows] == [(country, 1092) for country in COUNTRIES]
    for country, _, revenue in rows:
        assert float(revenue) == pytest.approx(truth(country)["revenue"])
    weeks = duck.execute("select DATE, REVENUE from MMM.MARKETING.WEEKLY where COUNTRY = 'FR' order by DATE").fetchall()
    assert [day for day, _ in weeks] == list(weekly("FR")["DATE"])
    assert float(weeks[0][1]) == pytest.approx(weekly("FR")["REVENUE"].iloc[0])
    duck.close()


def test_the_truth_is_kept_as_json(tmp_path):
    write_truth(tmp_path / "true_roas.json")
    assert json.loads((tmp_path / "true_roas.json").read_text()) == {country: truth(country) for country in MARKETS}
