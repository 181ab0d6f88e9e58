"""Several rows of one date: what repeats counts once, rates are averaged, the rest is added up, copies are refused."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.data.column_words import is_rate
from engine.data.dataset import Finding
from engine.data.intake import choices
from engine.data.mapping import Mapping
from engine.data.prepare import Prepared, prepare

WEEKS = 60
ROLES = Mapping(date_var="date", dep_var="revenue", paid_media_spends=("spend",))
Ready = Callable[..., Prepared]


def by_channel(channels: int = 3, **columns: Any) -> pd.DataFrame:
    """One row per week and channel: a spend of its own, the week's revenue in each row."""
    random = np.random.default_rng(3)
    days = [date(2022, 1, 3) + timedelta(weeks=n) for n in range(WEEKS)]
    frame = pd.DataFrame(
        {
            "date": np.repeat(np.array(days, dtype=object), channels),
            "channel": [f"c{n}" for n in range(channels)] * WEEKS,
            "spend": random.uniform(100, 900, WEEKS * channels).round(2),
            "revenue": np.repeat(random.uniform(2e5, 3e5, WEEKS).round(2), channels),
        }
    )
    return frame.assign(**columns)


@pytest.fixture
def ready(tmp_path: Path) -> Ready:
    def run(frame: pd.DataFrame, roles: Mapping = ROLES, **options: Any) -> Prepared:
        pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), tmp_path / "raw.parquet", row_group_size=50)
        return prepare(tmp_path / "raw.parquet", roles, "de", **options)

    return run


def told(found: Prepared) -> dict[str, Finding]:
    return {finding.code: finding for finding in found.findings}


@pytest.mark.parametrize("channels", [2, 3, 7])
def test_a_kpi_that_repeats_in_the_rows_of_a_date_counts_once(ready: Ready, channels: int) -> None:
    frame = by_channel(channels)
    found = ready(frame)
    assert found.frame.revenue.tolist() == frame.revenue[::channels].tolist()
    assert found.frame.spend.sum() == pytest.approx(frame.spend.sum())
    said = told(found)["kpi.repeated"]
    assert said.grade == "REVIEW"
    assert "2022-01-03" in said.text
    assert f"{frame.revenue[0]:,.2f}" in said.text
    assert said.offers[0].value == choices.ADDED


def test_a_person_may_have_the_rows_added_up(ready: Ready) -> None:
    frame = by_channel()
    found = ready(frame, choices={choices.merged("revenue"): choices.ADDED})
    assert found.frame.revenue.sum() == pytest.approx(frame.revenue.sum())
    assert "kpi.repeated" not in told(found)


def test_a_week_in_which_no_channel_spent_is_no_copy(ready: Ready) -> None:
    frame = by_channel()
    frame.loc[frame.date == date(2022, 2, 7), "spend"] = 0.0
    found = ready(frame)
    assert not [finding for finding in found.findings if finding.grade == "FAIL"]
    assert found.frame.revenue.tolist() == frame.revenue[::3].tolist()


def test_a_row_that_was_pasted_twice_is_a_fault_beside_a_kpi_that_repeats(ready: Ready) -> None:
    frame = by_channel()
    frame.loc[frame.date == date(2022, 2, 7), "spend"] = 0.0
    found = ready(pd.concat([frame, frame[frame.date == date(2022, 2, 7)]]))
    assert "2022-02-07" in told(found)["date.duplicate"].where


def test_a_kpi_that_repeats_on_most_dates_only_is_no_sum(ready: Ready) -> None:
    frame = by_channel()
    frame.loc[4, "revenue"] += 5000
    said = told(ready(frame))["kpi.repeated_unequal"]
    assert (said.grade, said.where) == ("FAIL", "2022-01-10")
    found = ready(frame, choices={choices.merged("revenue"): choices.ONCE})
    assert found.frame.revenue[1] == frame.revenue[4]
    assert not [finding for finding in found.findings if finding.grade == "FAIL"]


def test_a_gap_in_a_kpi_that_repeats_changes_nothing(ready: Ready) -> None:
    frame = by_channel()
    frame.loc[::3, "revenue"] = np.nan
    assert ready(frame).frame.revenue.tolist() == frame.revenue[1::3].tolist()


def test_regions_with_a_kpi_of_their_own_are_added_up(ready: Ready) -> None:
    frame = by_channel(revenue=np.random.default_rng(4).uniform(1e5, 2e5, WEEKS * 3))
    found = ready(frame)
    assert found.frame.revenue.sum() == pytest.approx(frame.revenue.sum())
    assert set(told(found)) == {"date.added_up"}


def test_orders_that_count_one_each_are_added_up(ready: Ready) -> None:
    found = ready(by_channel(revenue=1))
    assert found.frame.revenue.tolist() == [3.0] * WEEKS


def test_a_national_spend_beside_regions_is_named_with_both_totals(ready: Ready) -> None:
    own = np.random.default_rng(4).uniform(1e5, 2e5, WEEKS * 3)
    frame = by_channel(revenue=own)
    frame["spend"] = np.repeat(frame.spend[::3].to_numpy(), 3)
    said = told(ready(frame))["date.added_up"]
    assert f"{frame.spend.sum():,.2f} in total, {frame.spend[::3].sum():,.2f} if it counts once" in said.text
    found = ready(frame, choices={said.offers[0].key: said.offers[0].value})
    assert found.frame.spend.sum() == pytest.approx(frame.spend[::3].sum())
    assert found.frame.revenue.sum() == pytest.approx(own.sum())


def test_what_repeats_beside_a_kpi_that_repeats_counts_once_too(ready: Ready) -> None:
    mails = np.repeat(np.arange(WEEKS) + 10, 3)
    found = ready(by_channel(mails=mails), ROLES.model_copy(update={"organic_vars": ("mails",)}))
    assert found.frame.mails.tolist() == list(range(10, WEEKS + 10))
    assert told(found)["column.repeated"].column == "mails"


def test_a_rate_is_averaged_whatever_role_it_plays(ready: Ready) -> None:
    random = np.random.default_rng(5)
    rate = random.uniform(0.01, 0.03, WEEKS * 3)
    frame = by_channel(conversion_rate=rate, avg_price=rate * 1000)
    roles = Mapping(
        date_var="date", dep_var="conversion_rate", paid_media_spends=("spend",), organic_vars=("avg_price",)
    )
    found = ready(frame, roles)
    assert found.frame.conversion_rate[0] == pytest.approx(rate[:3].mean())
    assert found.frame.avg_price[0] == pytest.approx(rate[:3].mean() * 1000)
    assert told(found)["kpi.rate"].grade == "REVIEW"
    assert "averaged: “conversion_rate”, “avg_price”" in told(found)["date.added_up"].text
    coarse = ready(frame, roles, resample="M")
    assert coarse.frame.conversion_rate.max() < 0.03
    added = ready(frame, roles, choices={choices.merged("conversion_rate"): choices.ADDED})
    assert added.frame.conversion_rate[0] == pytest.approx(rate[:3].sum())


@pytest.mark.parametrize(
    "name",
    [
        "price",
        "avg_price",
        "Preis",
        "Verkaufspreis",
        "prix_moyen",
        "precio",
        "conversion_rate",
        "CTR",
        "cpc",
        "cost_per_click",
        "temperature",
        "Temperatur",
        "consumer_index",
        "share_of_voice",
        "market_share_pct",
        "unemployment_rate",
        "inflation",
        "nps",
        "discount_percent",
        "aov",
        "taux_de_conversion",
    ],
)
def test_names_of_rates(name: str) -> None:
    assert is_rate(name)


@pytest.mark.parametrize(
    "name",
    [
        "revenue",
        "sales",
        "orders",
        "tv_spend",
        "index_exchange_spend",
        "price_comparison_clicks",
        "price_page_views",
        "social_shares",
        "units",
        "impressions",
        "tv_S",
        "temp_agency_cost",
        "rating_points",
        "newsletter_sends",
        "generated_leads",
        "corporate_sales",
    ],
)
def test_names_of_what_is_added_up(name: str) -> None:
    assert not is_rate(name)
