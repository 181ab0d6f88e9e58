"""What columns mean, over signed HTTP: the card, the form and what is sent with it, versions, and who may do what."""

from typing import Any

import pytest

from engine.data.dataset import Dataset
from engine.data.listed import find_dataset, list_datasets
from engine.data.records import read_dataset
from local import workspace
from local.demo import dataset_from_csv
from tests.stack import Stack

pytestmark = pytest.mark.slow
CHANNEL = workspace.MARKETING.id
Json = dict[str, Any]
TITLE = "Spring plan"


def weekly() -> bytes:
    """Two years of weeks: two parts of Meta with their clicks, TV, mail, revenue and orders."""
    from datetime import date, timedelta

    head = (
        "DATE,REVENUE,ORDERS,META_BRAND_COST,META_PERF_COST,META_BRAND_CLICKS,META_PERF_CLICKS,TV_COST,MAIL_SENDS,PRICE"
    )
    rows = []
    for n in range(104):
        a, b, tv = 100 + 37 * n % 91, 200 + 53 * n % 83, 400 + 71 * n % 97
        day = date(2023, 1, 2) + timedelta(weeks=n)
        revenue = 9000 + 3 * a + 2 * b + 4 * tv + 29 * n % 103
        rows.append(
            f"{day},{revenue},{revenue // 40},{a},{b},{a * 3},{b * 4},{tv},{1000 + 13 * n % 77},{20 + n % 7 / 2}"
        )
    return "\n".join([head, *rows, ""]).encode()


@pytest.fixture(scope="module")
def spring(product: Stack, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    csv = tmp_path_factory.mktemp("csv") / "weekly.csv"
    csv.write_bytes(weekly())
    dataset_from_csv(product.ana, csv, TITLE, "fr")
    return find_dataset(product.cloud.storage, TITLE)


def newest(product: Stack) -> str:
    return max((str(one["ts"]) for one in product.ana.messages(CHANNEL)), default="")


def card(product: Stack) -> Json:
    since = newest(product)
    product.ana.type(CHANNEL, f"/mmm map {TITLE}")
    return product.ana.wait_for_message(CHANNEL, "What the columns of", after=since)


def remade(product: Stack, of: Dataset) -> Dataset:
    """The snapshot that was made of another one's rows last. Two of one second are named in no order."""
    storage = product.cloud.storage
    found = [read_dataset(storage, line.id) for line in list_datasets(storage)]
    return max((one for one in found if one.rows_of == of.id), key=lambda one: one.created_at)


def opened(product: Stack) -> Json:
    product.ana.press(CHANNEL, card(product), "map_change")
    return product.ana.wait_for_view("dataset_mapping")


@pytest.mark.streamlit("map-variables", "map-name-convention", "map-known-channels", "map-table")
def test_the_card_tells_every_role_and_channels_by_the_naming_convention(product: Stack, spring: Dataset) -> None:
    told = card(product)
    assert told["ephemeral"]
    said = str(told["blocks"])
    assert "*META / BRAND:* `META_BRAND_COST`, modelled on `META_BRAND_CLICKS`" in said
    assert "*Further goal:* `ORDERS` (conversions)" in said
    assert spring.mapping.channels["TV_COST"] == "TV"
    assert spring.mapping.version == f"fr/{spring.ts}"


@pytest.mark.streamlit("map-aggregates", "map-goal-type", "map-carry-to-exposures")
def test_choosing_the_total_takes_its_parts_out_says_so_and_makes_a_snapshot_of_the_same_rows(
    product: Stack, spring: Dataset
) -> None:
    form = opened(product)
    chosen = ["META_BRAND_COST", "META_PERF_COST", "TV_COST", "META_TOTAL_COST"]
    product.ana.choose(form, "paid_media_spends", chosen)
    form = product.ana.wait(
        lambda: ((view := product.ana.view()) and "takes the place of" in str(view["blocks"]) and view) or None,
        "the word",
    )
    assert "exposure:META_TOTAL_COST" in str(form["blocks"]) and "exposure:META_BRAND_COST" not in str(form["blocks"])
    since = newest(product)
    assert product.ana.submit(form)["ok"]
    told = product.ana.wait_for_message(CHANNEL, f"Dataset *{TITLE}*", after=since)
    assert "is ready" in told["text"], str(told["blocks"])
    made = remade(product, spring)
    assert made.ts != spring.ts and (made.rows, made.crc32c) == (spring.rows, spring.crc32c)
    assert set(made.mapping.paid_media_spends) == {"META_TOTAL_COST", "TV_COST"}
    assert made.mapping.exposures == {"META_TOTAL_COST": "META_TOTAL_CLICKS"}
    sums = {one.name: one.parts for one in made.mapping.made}
    assert sums == {
        "META_TOTAL_COST": ("META_BRAND_COST", "META_PERF_COST"),
        "META_TOTAL_CLICKS": ("META_BRAND_CLICKS", "META_PERF_CLICKS"),
    }
