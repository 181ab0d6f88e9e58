"""The mapping form, whatever columns a source has: Slack takes it, and it reads back."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from bot.data.mapping_form import exposure_name, mapping_form, read_mapping_form
from bot.service import registry
from bot.slack.form import Values
from bot.slack.limits import fit_view
from engine.columns import Column
from engine.data.guess import guess
from local.person import filled
from local.slack.check import check_view

DATE, REVENUE = Column(name="DATE", type="date"), Column(name="REVENUE", type="number")


def numbers(*names: str) -> list[Column]:
    return [Column(name=name, type="number") for name in names]


def form(columns: Sequence[Column]) -> dict[str, Any]:
    view = fit_view(mapping_form("20261122T211500Z-7f3a", columns, guess(columns, "fr")))
    check_view(json.loads(json.dumps(view)), lambda _: True)
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
    assert always <= set(field_names(form(columns)))


def test_a_column_that_cannot_be_chosen_is_named_as_such() -> None:
    view = form([DATE, REVENUE, *numbers("z" * 151)])
    assert "1 column cannot be chosen" in str(view["blocks"])
    assert "zzz" not in str(view["blocks"])


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
