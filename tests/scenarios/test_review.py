"""Review: what a dataset shows, typed and pressed, over signed HTTP: the finding, one picture, further looks."""

import json
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from engine.columns import Column
from engine.data.dataset import Dataset
from engine.data.guess import guess
from engine.data.mapping import Mapping
from local import workspace
from local.faults import Fault
from local.sample import daily, weekly
from tests.kept_rows import keep_rows
from tests.stack import Stack

pytestmark = pytest.mark.slow
CHANNEL, PRIVATE = workspace.MARKETING.id, workspace.LAUNCH.id
TITLE = "Spring plan"
Json = dict[str, Any]


def mapped(frame: pd.DataFrame, **changes: Any) -> Json:
    """The roles guessed for a frame, with changes, and its columns."""
    columns = tuple(
        Column(name=name, type="date" if name == "DATE" else "number", distinct=99) for name in map(str, frame.columns)
    )
    roles = guess(columns).model_dump(include=set(Mapping.model_fields))
    return {"mapping": Mapping.model_validate(roles | changes), "columns": columns}


@pytest.fixture(scope="module")
def data(product: Stack) -> Dataset:
    """One title in three countries, of two currencies; the newest is of France, by week."""
    storage = product.cloud.storage
    shared = {"workspace": workspace.TEAM_ID, "who": workspace.ANA.id, "channel": CHANNEL}
    for country, currency in (("de", "EUR"), ("gb", "GBP")):
        rows = daily(country.upper()).drop(columns="COUNTRY")
        more = mapped(rows, currency=currency)
        more |= {"country": country, "interval": "day"}
        keep_rows(storage, f"20260105T100000Z-{country}01", TITLE, rows, **shared, **more)
    rows = weekly("FR")
    more = mapped(rows, currency="EUR")
    keep_rows(storage, "20260106T100000Z-fr01", TITLE, rows, country="fr", interval="week", **shared, **more)
    return keep_rows(storage, "20260107T100000Z-fr02", TITLE, rows, country="fr", interval="week", **shared, **more)


def said(message: Json) -> str:
    return json.dumps(message.get("blocks", ""), ensure_ascii=False) + str(message.get("text", ""))


def kinds(message: Json) -> list[str]:
    return [block["type"] for block in message["blocks"]]


def reviewed(product: Stack, typed: str, words: str) -> Json:
    """Type a review into the channel; returns the answer."""
    before = max((m["ts"] for m in product.ana.messages(CHANNEL)), default="")
    product.ana.type(CHANNEL, f"/mmm review {typed}")
    return product.ana.wait_for_message(CHANNEL, words, after=before)


def below(product: Stack, above: Json, check: Callable[[Json], bool], what: str) -> Json:
    """Wait for an answer in the thread of a message."""

    def there() -> Json | None:
        return next((m for m in product.ana.thread(CHANNEL, above["ts"])[1:] if check(m)), None)

    return product.ana.wait(there, what)


def pressed(product: Stack, above: Json, look: str, words: str) -> Json:
    product.ana.press(CHANNEL, above, f"review_look:{look}")
    return below(product, above, lambda m: words in said(m), words)


@pytest.fixture(scope="module")
def first(product: Stack, data: Dataset) -> Json:
    return reviewed(product, f"{TITLE} FR", "In the last 12 months, revenue came to")


@pytest.mark.streamlit("review-tiles", "review-efficiency")
def test_a_review_says_its_finding_first_then_tiles_one_picture_and_further_looks(product: Stack, first: Json) -> None:
    assert kinds(first) == ["section", "section", "image", "context", "actions"]
    text = first["blocks"][0]["text"]["text"]
    finding = "In the last 12 months, revenue came to 68.5M EUR: 2.6 % more than in the year before."
    assert text.startswith(f"*{TITLE}* · France: {finding}")
    tiles = [field["text"].split("\n")[0] for field in first["blocks"][1]["fields"]]
    assert tiles[:3] == ["*Revenue*", "*Media spend*", "*ROAS*"]
    assert "Impressions (3 of 6 channels)" in tiles[3] and "Clicks" in tiles[4]
    assert first["blocks"][2]["alt_text"].startswith("In the last 12 months, revenue came to")
    assert "only a model can tell" in said(first)
    buttons = [one["text"]["text"] for one in first["blocks"][-1]["elements"]]
    assert buttons == ["Spend by channel", "What changed", "Funnel", "Check the data", "Filters and more"]


@pytest.mark.streamlit("review-charts", "review-waterfall", "review-funnel")
def test_further_looks_stand_in_the_thread_as_charts_and_tables_of_slack(product: Stack, first: Json) -> None:
    channels = pressed(product, first, "changes", "Spend fell by")
    assert kinds(channels) == ["section", "data_visualization", "context", "actions"]
    spend = pressed(product, first, "channels", "TV had the largest part")
    [chart] = [block for block in spend["blocks"] if block["type"] == "data_visualization"]
    assert [one["name"] for one in chart["chart"]["series"]][:2] == ["TV", "Search"]
    labels = chart["chart"]["axis_config"]["categories"]
    assert (labels[0], labels[-1], len(labels)) == ("Jan 2025", "Nov 2025", 11)
    assert "Not in the chart, as not a whole month: Dec 2024 and Dec 2025." in said(spend)
    funnel = pressed(product, first, "funnel", "CPM is lowest in Facebook")
    [table] = [block for block in funnel["blocks"] if block["type"] == "data_table"]
    assert [cell["text"] for cell in table["rows"][0]] == ["Channel", "Spend", "Impressions", "Clicks", "CPM", "CPC"]
    product.ana.press(CHANNEL, funnel, "review_look:missing")
    words = "Nothing is missing: every one of 52 weeks"
    days = below(product, first, lambda m: words in said(m), words)
    assert kinds(days) == ["section", "image", "context", "actions"], "a calendar is a picture"


@pytest.mark.streamlit("review-timeframes", "review-any-metric")
def test_one_form_has_country_time_period_and_column(product: Stack, first: Json) -> None:
    ana = product.ana
    ana.press(CHANNEL, first, "review_filters")
    form = ana.wait_for_view("review_filters")
    shown = [block["block_id"] for block in form["blocks"] if block["type"] == "input"]
    assert shown == [
        *("review_look", "review_country", "review_timeframe", "review_typed", "review_period", "review_metric"),
    ]
    wrong = ana.submit(form, review_typed="next century")
    assert "I do not know that timeframe" in wrong["errors"]["review_typed"]
    unnamed = ana.submit(form, review_look="metric", review_typed="")
    assert unnamed["errors"] == {"review_metric": "Choose the column to show."}
    asked = {"review_look": "metric", "review_metric": "PRICE", "review_typed": "2024", "review_period": "Q"}
    assert ana.submit(form, **asked)["ok"]
    answer = below(product, first, lambda m: "on average in 2024" in said(m), "the column over time")
    [chart] = [block for block in answer["blocks"] if block["type"] == "data_visualization"]
    assert chart["chart"]["axis_config"]["categories"] == ["Q1 2024", "Q2 2024", "Q3 2024", "Q4 2024"]
    assert "2024 (2024-01-01 to 2025-01-05, 53 weeks), quarterly" in said(answer)


def test_another_country_of_the_form_is_another_dataset(product: Stack, first: Json) -> None:
    ana = product.ana
    ana.press(CHANNEL, first, "review_filters")
    form = ana.wait_for_view("review_filters")
    [field] = [block for block in form["blocks"] if block["block_id"] == "review_country"]
    options = {one["text"]["text"]: one["value"] for one in field["element"]["options"]}
    assert list(options) == ["France (FR)", "Germany (DE)", "United Kingdom (GB)"]
    assert ana.submit(form, review_country=options["Germany (DE)"])["ok"]
    answer = below(product, first, lambda m: "Germany" in said(m) and "revenue came to" in said(m), "Germany")
    assert "days" in said(answer)


def test_countries_stand_side_by_side_and_no_currencies_are_added_up(product: Stack, first: Json) -> None:
    ana = product.ana
    ana.press(CHANNEL, first, "review_filters")
    assert ana.submit(ana.wait_for_view("review_filters"), review_look="countries")["ok"]
    answer = below(product, first, lambda m: "data_table" in kinds(m) and "Germany" in said(m), "countries")
    [table] = [block for block in answer["blocks"] if block["type"] == "data_table"]
    assert [row[0]["text"] for row in table["rows"][1:]] == ["Germany", "France", "United Kingdom"]
    assert "Money is in EUR and GBP: nothing is added up across countries." in said(answer)


@pytest.mark.streamlit("review-metadata-mismatch")
def test_columns_that_the_mapping_does_not_know_are_told(product: Stack, first: Json) -> None:
    assert "A column has no role: ORDERS." in said(first)
    product.ana.press(CHANNEL, first, "review_filters")
    assert product.ana.submit(product.ana.wait_for_view("review_filters"), review_look="columns")["ok"]
    answer = below(product, first, lambda m: "1 of 18 columns has no role." in said(m), "the columns")
    assert kinds(answer) == ["section", "context", "actions"] and "Of type number: ORDERS." in said(answer)


def test_without_a_name_it_is_the_newest_dataset_of_the_channel(product: Stack, data: Dataset) -> None:
    answer = reviewed(product, "", "In the last 12 months")
    assert "*Spring plan* · France" in said(answer)
    answer = reviewed(product, "last 6 months weekly", "In the last 6 months, revenue came to")
    assert "26 weeks), weekly" in said(answer)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("Sprong plan", "There is no dataset called “Sprong plan”."),
        ("Spring plan 12 moons", "I do not know the time “12 moons”."),
        ("Spring plan this year", "2026 so far (2026-01-01 to 2026-11-30) holds no data"),
        ("Spring plan 2031", "2031 (2031-01-01 to 2031-12-31) holds no data: they go from 2023-01-02 to 2025-12-28."),
        ("Spring plan daily", "The data are weekly and cannot be shown daily."),
        ("Spring plan 2 days", "No week begins from"),
    ],
)
def test_what_cannot_be_shown_is_told_to_whoever_asked_and_nobody_else(
    product: Stack, data: Dataset, typed: str, words: str
) -> None:
    since = len(product.ana.transcript())
    before = [m["ts"] for m in product.ana.messages(CHANNEL)]
    product.ana.type(CHANNEL, f"/mmm review {typed}")

    def there() -> Json | None:
        told = [m for m in product.ana.messages(CHANNEL) if words in said(m) and m["ts"] not in before]
        return told[0] if told else None

    told = product.ana.wait(there, words)
    calls = [c for c in product.ana.transcript()[since:] if c["method"] == "chat.postMessage"]
    assert told and words not in json.dumps(calls, ensure_ascii=False)


def test_a_country_of_a_private_channel_is_shown_to_who_sees_it_alone(product: Stack) -> None:
    storage, rows = product.cloud.storage, weekly("FR")
    more = {"workspace": workspace.TEAM_ID, "who": workspace.ANA.id, "interval": "week", **mapped(rows)}
    keep_rows(storage, "20260108T100000Z-pp01", "Secret mix", rows, country="de", channel=PRIVATE, **more)
    keep_rows(storage, "20260108T110000Z-pp02", "Secret mix", rows, country="fr", channel=CHANNEL, **more)
    above = reviewed(product, "Secret mix FR", "In the last 12 months, revenue came to")
    since = len(product.ana.transcript())
    product.ana.press(CHANNEL, above, "review_filters")
    assert product.ana.submit(product.ana.wait_for_view("review_filters"), review_look="countries")["ok"]

    def there() -> Json | None:
        calls = [c for c in product.ana.transcript()[since:] if "ROAS is about the same" in json.dumps(c)]
        return next((c for c in calls if c["method"] in ("chat.postEphemeral", "chat.postMessage")), None)

    call = product.ana.wait(there, "the countries")
    assert call["method"] == "chat.postEphemeral" and call["args"]["user"] == workspace.ANA.id


def test_where_slack_draws_no_charts_the_same_look_is_a_picture(product: Stack, first: Json) -> None:
    """The last one here: what a workspace does not take is not tried again for an hour."""
    above = reviewed(product, f"{TITLE} FR 2025", "In 2025 (data from ")
    refused = {"ok": False, "error": "invalid_blocks", "errors": ["unsupported type: data_visualization"]}
    body = json.dumps(refused)
    product.slack_faults.add(Fault(match="chat.postMessage", kind="before", status=200, body=body, times=1))
    found = pressed(product, above, "changes", "Spend")
    assert kinds(found) == ["section", "image", "context", "actions"]
    assert "Changes: " in found["blocks"][1]["alt_text"]
