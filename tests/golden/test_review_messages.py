"""What a review says, look by look, and its form: each against its golden file; and within limits for any names.

`UPDATE_GOLDEN=1 pytest tests/golden/test_review_messages.py` writes them anew: look at the difference first.
"""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.act import Errors
from bot.data import review_form
from bot.data.review_messages import drawn
from bot.data.review_press import pressed_value, read_pressed
from bot.slack import native
from bot.slack.form import Values
from bot.slack.limits import fit_view
from bot.slack.pictures import Pictures
from engine.columns import Column
from engine.data.index import shown_of
from engine.data.mapping import Goal, Mapping
from engine.data.review.changes import spend_changes
from engine.data.review.countries import side_by_side
from engine.data.review.filters import Filters, mark
from engine.data.review.funnel import funnel
from engine.data.review.metric import metric
from engine.data.review.missing import missing
from engine.data.review.roles import strangers
from engine.data.review.spend import spend_over_time
from engine.data.review.tiles import tiled
from engine.data.review.told import Line, Plot, Told
from engine.errors import NotFound
from engine.ports import Notice
from local.person import filled
from local.slack.check import check_message, check_view
from tests.golden.drawn import buttons_of, check_golden, taken
from tests.golden.test_messages import DATASET
from tests.unit.test_review_looks import by_year, country
from tests.unit.test_review_sheet import MAPPING, days_from, sheet, whole

FOLDER = Path(__file__).parent / "review"
AT = datetime(2026, 11, 30, tzinfo=UTC)
Json = dict[str, Any]
PICTURE = {"name": "picture", "title": "A title", "alt": "What it shows", "path": "p"}


def looks() -> dict[str, Told]:
    """Each look at two years of a shop, in words and numbers."""
    rows: Json = {"REVENUE": by_year(1000, 1100), "TV_COST": by_year(10, 30), "SEARCH_COST": 10.0}
    found = sheet(days_from("2023-01-01", 730), TV_IMPRESSIONS=1000.0, SEARCH_CLICKS=np.arange(730.0), **rows)
    span = whole(found, "2024-01-01", "2024-12-30")
    look, tiles = tiled(found, span, "2024", "M", "REVENUE")
    gaps = sheet([day for day in days_from("2024-01-01", 90) if day.day != 13], REVENUE=np.arange(87.0))
    countries = (country("fr", "EUR", 10, 1), country("gb", "GBP", 8, 1), country("it", "EUR", 9, 1, days=100))
    columns = [Column(name=f"NOTE_{n}", type="text") for n in range(50)]
    return {
        "goal": look.told().model_copy(update={"tiles": tiles}),
        "channels": spend_over_time(found, span, "2024", "M").told(),
        "parts": spend_over_time(found, span, "2024", "Q", by_part=True).told(),
        "changes": spend_changes(found, span, "2024").told(),
        "funnel": funnel(found, span, "2024").told(),
        "metric": metric(found, span, "2024", "M", "TV_IMPRESSIONS").told(),
        "missing": missing(gaps, whole(gaps), "all data", "REVENUE", MAPPING.model_columns).told(),
        "countries": side_by_side(countries, "2024", date(2024, 1, 1), date(2024, 12, 30)).told(),
        "columns": strangers(MAPPING, columns).told(),
    }


def notice(told: Told, charts: tuple[Json, ...] = (PICTURE,), **changes: Any) -> Notice:
    review = {
        "dataset": "fr/20261122T211500Z-7f3a",
        "title": "Spring plan <b> & co",
        "country": "fr",
        "source": "spring.csv",
        "filters": Filters(look=told.look, timeframe="2024").model_dump(),
        "told": told.model_dump(mode="json"),
        "odd": "A column has no role: ORDERS.",
        "window": "2024 (2024-01-01 to 2024-12-30, 365 days), monthly",
        "short": "",
        **changes,
    }
    return Notice(key="k", kind="review", workspace="T0", data={"review": review, "charts": charts}, created_at=AT)


LOOKS = looks()


@pytest.mark.parametrize("look", LOOKS)
def test_a_look_is_drawn_with_its_picture_and_by_slack_itself_where_it_fits(look: str) -> None:
    charts = () if look == "columns" else (PICTURE,)
    message = drawn(notice(LOOKS[look], charts), Pictures({"picture": "F1"}))
    ways = taken(message)
    for _, blocks in ways:
        assert len(buttons_of(blocks)) <= 5
        assert blocks[0]["text"]["text"] and LOOKS[look].sentence in message.text
    assert (message.native is None) == (look in ("goal", "missing", "columns"))
    check_golden(FOLDER, look, ways)


@pytest.mark.parametrize(
    ("pictures", "said"),
    [
        (Pictures(missing={"picture": "x"}, awaited=frozenset(["picture"])), "The picture follows."),
        (Pictures(missing={"picture": "Slack does not show it"}), "The picture is missing: Slack does not show it."),
    ],
    ids=["it follows", "it does not come"],
)
def test_a_picture_that_is_not_there_is_told(pictures: Pictures, said: str) -> None:
    assert said in json.dumps(drawn(notice(LOOKS["goal"]), pictures).blocks)


def test_a_window_that_is_shorter_than_asked_is_told() -> None:
    short = "Fewer than asked for: the data begin on 2024-01-15, not on 2023-11-01."
    assert short in json.dumps(drawn(notice(LOOKS["goal"], short=short), Pictures()).blocks)


def test_a_dataset_without_a_funnel_offers_none() -> None:
    bare = drawn(notice(LOOKS["goal"], funnel=False), Pictures())
    assert "review_look:funnel" not in json.dumps(bare.blocks)


def of(names: list[str], goals: int = 1, countries: int = 0, **filters: Any) -> Json:
    """The form about columns of these names."""
    columns = (*(Column(name=name, type="number") for name in names), Column(name="DATE", type="date"))
    mapping = Mapping(
        date_var="DATE",
        dep_var=names[0],
        paid_media_spends=tuple(names[1:2]),
        goals=tuple(Goal(column=name) for name in names[1:goals]),
    )
    dataset = DATASET.model_copy(update={"columns": columns, "mapping": mapping})
    codes = [f"{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(countries)]
    others = [shown_of(dataset.model_copy(update={"country": code})) for code in codes if code != dataset.country]
    return review_form.form(dataset, others, Filters(**filters), channel="C0MARKETING", thread="1.2")


@pytest.mark.parametrize(
    ("name", "drawing"),
    [
        ("form", lambda: of(["REVENUE", "TV_COST"])),
        (
            "form_full",
            lambda: of(["REVENUE", "ORDERS", "TV"], 2, 3, look="metric", metric=mark("TV"), timeframe="2024"),
        ),
        ("form_many", lambda: of([f"X{n}" for n in range(300)], 150, 250, period="W")),
    ],
)
def test_the_form_is_drawn(name: str, drawing: Any) -> None:
    view = fit_view(drawing())
    check_view(json.loads(json.dumps(view)), lambda _: True)
    check_golden(FOLDER, name, view)


ODD = st.text(min_size=1, max_size=2000) | st.sampled_from(
    ["<@U1>", "*", "`x`", "💶" * 300, "ש" * 50, "\u202e", "a" * 2000]
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ODD, min_size=2, max_size=8, unique=True), st.integers(0, 250), st.integers(1, 300))
def test_the_form_keeps_slacks_limits_for_any_names(names: list[str], countries: int, columns: int) -> None:
    every = list(dict.fromkeys([*names, *(f"C{n}" for n in range(columns))]))
    view = fit_view(of(every, goals=columns, countries=countries, metric=mark(names[0]), goal=mark(names[1])))
    check_view(json.loads(json.dumps(view)), lambda _: True)
    chosen = review_form.read(Values(filled(view)))
    assert not isinstance(chosen, Errors) and chosen.metric == mark(names[0])
    found = review_form.matching(every, "", Mapping(date_var="", dep_var="", paid_media_spends=()))
    assert len(found) <= 100 and all(len(json.dumps(one.option())) < 1000 for one in found)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ODD, min_size=1, max_size=300, unique=True), st.text(max_size=2000))
def test_any_look_at_any_columns_is_taken_by_slack(names: list[str], title: str) -> None:
    spends = tuple(names)
    mapping = Mapping(
        date_var="DATE", dep_var="REVENUE", paid_media_spends=spends, channels={name: name for name in spends}
    )
    columns = {name: float(n + 1) for n, name in enumerate(spends) if name != "REVENUE"}
    found = sheet(days_from("2024-01-01", 45), mapping=mapping, **columns)
    span = whole(found)
    look, tiles = tiled(found, span, "all data", "M", "REVENUE")
    odd = strangers(mapping, [Column(name=name, type="text") for name in names])
    for told in (
        look.told().model_copy(update={"tiles": tiles}),
        spend_over_time(found, span, "all data", "M").told(),
        spend_over_time(found, span, "all data", "M", by_part=True).told(),
        spend_changes(found, span, "all data").told(),
        funnel(found, span, "all data").told(),
        metric(found, span, "all data", "M", found.layout.numeric[0]).told(),
        missing(found, span, "all data", "REVENUE", spends).told(),
        odd.told(),
    ):
        assert len(told.sentence) < 1500, told.sentence
        message = drawn(notice(told, title=title, odd=odd.brief), Pictures({"picture": "F1"}))
        ways = taken(message)
        for (_, blocks), whole_ones in zip(ways, filter(None, (message.blocks, message.native)), strict=True):
            assert len(buttons_of(blocks)) <= 5
            assert texts(blocks) == texts(whole_ones), "nothing was cut to fit"


def texts(blocks: list[Json]) -> list[str]:
    """What is said in a message's sections and beside them."""
    said = [block["text"]["text"] for block in blocks if block["type"] == "section" and "text" in block]
    said += [field["text"] for block in blocks for field in block.get("fields", ())]
    return said + [one["text"] for block in blocks if block["type"] == "context" for one in block["elements"]]


@given(st.text(max_size=200), st.sampled_from(["6m", "2025-q1", "2024-01-01..2024-02-01"]), ODD, ODD)
def test_a_press_carries_any_column_in_few_characters(look: str, timeframe: str, goal: str, column: str) -> None:
    filters = Filters(look="metric", timeframe=timeframe, period="W", goal=mark(goal), metric=mark(column))
    value = pressed_value("fr/20261122T211500Z-7f3a", filters)
    assert len(value) < 300 and read_pressed(value) == ("fr/20261122T211500Z-7f3a", filters)


@pytest.mark.parametrize(
    "value",
    ["", "x", "[]", "{}", '{"d":1,"look":[]}', '{"d":"fr/x","look":"dance"}', '{"d":"fr/x","period":"H"}', "null"],
)
def test_a_press_of_nobody_is_refused_in_words(value: str) -> None:
    with pytest.raises(NotFound, match="no longer known"):
        read_pressed(value)


def plot(**changes: Any) -> Plot:
    made = {
        "kind": "bar",
        "title": "Spend",
        "categories": ("Jan", "Feb"),
        "series": (Line(name="TV", values=(1.0, -2.0)), Line(name="Search", values=(3.0, 0.0))),
    }
    return Plot.model_validate(made | changes)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({}, ""),
        ({"kind": "pie", "series": (Line(name="Spend", values=(1.0, 2.0)),)}, ""),
        ({"title": "x" * 80, "y_label": "y" * 80}, ""),
        ({"exact": False}, "it needs more than one scale"),
        ({"series": ()}, "it has 0 series"),
        ({"series": tuple(Line(name=f"S{n}", values=(1.0, 2.0)) for n in range(7))}, "it has 7 series"),
        ({"categories": tuple(f"W{n}" for n in range(21))}, "it has 21 points"),
        ({"categories": ("Jan", "Jan")}, "two names are the same"),
        ({"categories": ("Jan", "F" * 21)}, "a name is too long"),
        ({"series": (Line(name="TV" * 11, values=(1.0, 2.0)),)}, "a name is too long"),
        ({"series": (Line(name=" ", values=(1.0, 2.0)),)}, "a name is too long"),
        ({"series": (Line(name="TV", values=(1.0, None)),)}, "not every point has a value"),
        ({"series": (Line(name="TV", values=(1.0, float("inf"))),)}, "not every point has a value"),
        ({"series": (Line(name="TV", values=(1.0,)),)}, "not every point has a value"),
        ({"kind": "pie", "series": (Line(name="S", values=(1.0, 0.0)),)}, "not every part is more than nothing"),
    ],
)
def test_a_native_chart_is_drawn_where_it_fits_and_says_why_not_elsewhere(changes: Json, why: str) -> None:
    found = native.chart(plot(**changes))
    assert found.why == why and (found.block is None) == bool(why)
    if found.block is not None:
        check_message([found.block], lambda _: True)


def test_datasets_of_a_hundred_countries_are_searched() -> None:
    view = of(["REVENUE"], countries=250)
    [field] = [block for block in view["blocks"] if block.get("block_id") == "review_country"]
    assert field["element"]["type"] == "external_select"
    lines = [DATASET.model_copy(update={"country": code}) for code in ("de", "fr", "dk")]
    assert [one.label for one in review_form.country_choices(lines, "de")] == ["Denmark (DK)", "Germany (DE)"]
