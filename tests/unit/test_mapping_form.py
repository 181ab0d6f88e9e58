"""The mapping form, whatever columns a source has: Slack takes it, and it reads back."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from bot.data import messages
from bot.data.mapping_form import exposure_name, mapping_form, read_mapping_form
from bot.data.offers import pressed
from bot.service import registry
from bot.slack.form import FIXED, Values
from bot.slack.limits import VIEW_BLOCKS, fit_message, fit_view
from engine.columns import Column
from engine.data.dataset import Draft, Finding, Offer
from engine.data.guess import guess
from local.person import filled
from local.slack.check import check_message, check_view
from tests.golden.test_messages import DRAFT

pytestmark = pytest.mark.slow

DATE, REVENUE = Column(name="DATE", type="date"), Column(name="REVENUE", type="number")


def numbers(*names: str) -> list[Column]:
    return [Column(name=name, type="number") for name in names]


def form(columns: Sequence[Column], **draft: Any) -> dict[str, Any]:
    return drawn(DRAFT.model_copy(update={"columns": tuple(columns), **draft}))


def drawn(draft: Draft) -> dict[str, Any]:
    """The form as it leaves, which Slack must take: no limit may have cut anything off."""
    made = mapping_form(draft, guess(draft.columns, "fr"))
    view = fit_view(made)
    check_view(json.loads(json.dumps(view)), lambda _: True)
    assert len(made["blocks"]) <= VIEW_BLOCKS
    assert [b for b in view["blocks"] if b["type"] == "section"] == [
        b for b in made["blocks"] if b["type"] == "section"
    ]
    return view


def field_names(view: dict[str, Any]) -> list[str]:
    return [block["block_id"] for block in view["blocks"] if block["type"] == "input"]


@pytest.mark.parametrize(
    "columns",
    [
        pytest.param([DATE, *(Column(name=name, type="text") for name in ("TV_COST", "SALES"))], id="no number"),
        pytest.param(numbers("TV_COST", "SALES"), id="no date"),
        pytest.param([DATE, REVENUE, *numbers("x" * 160 + "_COST")], id="a name too long for an option"),
        pytest.param([DATE, REVENUE, *numbers("y" * 400)], id="a very long name"),
        pytest.param([DATE, REVENUE, *numbers(*(f"GOOGLE_PERFORMANCE_MAX_{n:03}_COST" for n in range(90)))], id="wide"),
        pytest.param([DATE, REVENUE, *numbers(*(f"C{n:03}_COST" for n in range(300)))], id="very wide"),
    ],
)
def test_slack_takes_the_form_of_any_columns_and_no_role_is_lost(columns: list[Column]) -> None:
    always = {"date_var", "dep_var", "dep_var_type", "paid_media_spends", "organic_vars", "context_vars", "factor_vars"}
    view = form(columns)
    assert always <= {*field_names(view), *json.loads(view["private_metadata"]).get(FIXED, {})}


def test_a_role_that_one_column_only_can_play_is_told_and_not_asked() -> None:
    view = form([DATE, REVENUE, Column(name="PLACE", type="text")])
    assert "dep_var" not in field_names(view)
    assert "*What should be explained:* REVENUE" in str(view["blocks"])
    values = Values(filled(view), json.loads(view["private_metadata"])[FIXED])
    assert read_mapping_form(values).dep_var == "REVENUE"


def test_a_column_that_cannot_be_chosen_is_named_as_such() -> None:
    view = form([DATE, REVENUE, *numbers("z" * 151)])
    assert "1 column cannot be chosen" in str(view["blocks"])
    assert "zzz" not in str([block for block in view["blocks"] if block["type"] == "input"])
    assert "zzz" in str(view["blocks"]), "it plays no role, and is told as such"


def test_an_untouched_form_reads_back_as_it_was_guessed() -> None:
    columns = [DATE, REVENUE, *numbers("TV_COST", "TV_IMPRESSIONS", "SEARCH_COST", "SEARCH_CLICKS")]
    guessed = guess(columns, "fr")
    read = read_mapping_form(Values(filled(form(columns))))
    assert guessed.exposures
    assert read.model_dump() == {**guessed.model_dump(include=set(type(read).model_fields))}


def test_a_channel_chosen_only_now_is_modelled_on_its_spend() -> None:
    columns = [DATE, REVENUE, *numbers("TV_COST", "TV_IMPRESSIONS", "BRAND")]
    state = filled(form(columns))
    chosen = state["paid_media_spends"]["paid_media_spends"]
    chosen["selected_options"].append({"value": "BRAND", "text": {"type": "plain_text", "text": "BRAND"}})
    read = read_mapping_form(Values(state))
    assert read.paid_media_spends == ("TV_COST", "BRAND")
    assert read.exposures == {"TV_COST": "TV_IMPRESSIONS"}


def test_every_field_with_a_search_has_somebody_who_finds() -> None:
    view = form([DATE, REVENUE, *numbers("TV_COST", *(f"C{n:03}_CLICKS" for n in range(120)))])
    searched = [
        block["element"]["action_id"]
        for block in view["blocks"]
        if block["type"] == "input" and "external" in block["element"]["type"]
    ]
    assert exposure_name("TV_COST") in searched
    assert all(callable(registry().search(name)) for name in searched)


def finding(column: str, grade: str = "REVIEW", *, offers: int = 1) -> Finding:
    made = tuple(
        Offer(key=f"decimal:{column}", value=f"v{n}", label=f"Read {column} in way {n}") for n in range(offers)
    )
    text = f"{column} may be read in two ways <both> & each gives another total."
    return Finding.model_validate(
        {"code": "number.mark", "grade": grade, "column": column, "text": text, "offers": made}
    )


def everything_said(draft: Draft) -> tuple[str, list[dict[str, Any]]]:
    """The form and what follows it, as Slack gets it: all of its words, and all of its buttons."""
    roles = guess(draft.columns, "fr")
    blocks = list(drawn(draft)["blocks"])
    for message in messages.more_in_form(draft, roles):
        _, kept = fit_message(message.text, message.blocks)
        check_message(json.loads(json.dumps(kept)), lambda _: True)
        assert kept == message.blocks, "a limit cut something off"
        blocks += kept
    buttons = [b["accessory"] for b in blocks if "accessory" in b]
    buttons += [e for b in blocks if b["type"] == "actions" for e in b["elements"]]
    return json.dumps(blocks, ensure_ascii=False), buttons


@pytest.mark.parametrize("length", [8, 140, 2_000], ids=["short names", "long names", "longer than a button's value"])
@pytest.mark.parametrize("count", [1, 40, 300])
@pytest.mark.parametrize("offers", [0, 1, 3])
def test_every_finding_is_told_with_its_buttons_however_many_there_are(length: int, count: int, offers: int) -> None:
    names = [f"C{n:03}_COST_{'x' * length}"[:length] for n in range(count)]
    draft = DRAFT.model_copy(
        update={
            "columns": (DATE, REVENUE, *numbers(*names)),
            "findings": tuple(finding(name, offers=offers) for name in names),
        }
    )
    said, every = everything_said(draft)
    buttons = [button for button in every if button["action_id"] != "map_more"]
    assert said.count("may be read in two ways") == count
    assert len(buttons) == count * offers
    values = [button["value"] for button in buttons]
    assert len(set(values)) == len(values) and all(len(value.encode()) <= 2_000 for value in values)
    made = [offer for one in draft.findings for offer in one.offers]
    assert [(o.key, o.value) for o in map(lambda v: pressed(v).offer(made), values)] == [(o.key, o.value) for o in made]


@pytest.mark.parametrize("count", [1, 30, 1_000])
@pytest.mark.parametrize("length", [10, 2_000])
def test_every_column_without_a_role_is_named(count: int, length: int) -> None:
    names = [f"thing{n:04}{'z' * length}"[:length] for n in range(count)]
    if length > 1_000:
        count = min(count, 30)
    columns = (DATE, REVENUE, *numbers("TV_COST"), *(Column(name=name, type="text") for name in names[:count]))
    said, _ = everything_said(DRAFT.model_copy(update={"columns": columns}))
    assert all(f"thing{n:04}" in said for n in range(count))
    assert "holds text" in said


def test_a_column_that_looks_like_money_and_cannot_be_read_is_shown_with_row_and_value() -> None:
    doubt = "looks like money, but “12 or so” in row 9 cannot be read"
    view = form([DATE, REVENUE, *numbers("TV_COST"), Column(name="RADIO", type="text", doubt=doubt)])
    assert "“12 or so” in row 9" in view["blocks"][1]["text"]["text"]


def test_the_gravest_is_told_first() -> None:
    found = (finding("A", "INFO"), finding("B", "REVIEW"), finding("C", "INFO"))
    said = json.dumps(form([DATE, REVENUE, *numbers("A", "B", "C")], findings=found)["blocks"])
    assert said.index("B may be") < said.index("A may be") < said.index("C may be")


@pytest.mark.parametrize(
    ("interval", "guessed", "asked"), [("week", "last", True), ("", "first", True), ("day", "first", False)]
)
def test_which_day_a_week_is_dated_by_is_asked_where_rows_may_be_weeks(
    interval: str, guessed: str, asked: bool
) -> None:
    draft = DRAFT.model_copy(update={"interval": interval})
    roles = guess(draft.columns, "fr").model_copy(update={"week_dated": guessed})
    view = mapping_form(draft, roles)
    assert ("week_dated" in field_names(view)) == asked
    assert read_mapping_form(Values(filled(view))).week_dated == guessed


def test_what_is_least_sure_is_named_first() -> None:
    draft = DRAFT.model_copy(
        update={"columns": (DATE, REVENUE, *numbers("TV_COST", "RADIO_SPOTS_HEARD", "MAIL_SENDS"))}
    )
    first = mapping_form(draft, guess(draft.columns))["blocks"][0]
    assert "*Look at these first*, they got no role: RADIO_SPOTS_HEARD, MAIL_SENDS." in str(first)
