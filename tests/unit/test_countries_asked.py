"""Which countries are asked for: offered, searched, and what is wrong with those that were chosen."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.act import Act, Options
from bot.data.countries import COUNTRIES_FIELD, search_countries_of, wrong_countries
from bot.data.modals import SEVERAL
from bot.data.refresh import _names_one
from bot.data.source import search_country
from engine.data.countries import COUNTRIES
from engine.data.dataset import CountryRows, Dataset, Draft, Source
from tests.golden.test_messages import DATASET, DRAFT, MAPPING

ROLES = MAPPING.model_copy(update={"country_var": "COUNTRY"})
LEAD = DRAFT.model_copy(
    update={
        "several": True,
        "country": "",
        "found": tuple(CountryRows(country=code, rows=9 - n) for n, code in enumerate(("pl", "de", "us"))),
    }
)
FOR_EACH = Source(kind="select", sql="SELECT * FROM T WHERE C = {country}")


def searched(text: str, draft: Draft = LEAD, of: Any = search_countries_of) -> list[str]:
    async def here(function: Any, *given: Any) -> Any:
        return function(*given)

    act = SimpleNamespace(value=text, meta={"draft": draft.id}, blocking=here)
    act.seen = SimpleNamespace(draft=lambda name: draft)
    found = asyncio.run(of(cast(Act, act)))
    assert isinstance(found, Options)
    return [choice.value for choice in found.choices]


def test_countries_with_rows_come_first_and_all_others_can_be_found() -> None:
    assert searched("")[:3] == ["pl", "de", "us"] and len(searched("")) == 100
    assert searched("united") == ["us", *(code for code in searched("united") if code != "us")]
    assert searched("br")[0] == "br" and searched("uk")[0] == "gb", "a code means its country"
    assert searched("Deutschland") == ["de"] and searched("🇲🇹") == ["mt"] and searched("Atlantis") == []
    assert set(searched("")) <= set(COUNTRIES)


@pytest.mark.parametrize("text", ["", "sev", "Several", "all", "multiple"])
def test_several_countries_is_an_answer_to_which_country(text: str) -> None:
    assert searched(text, of=search_country)[0] == SEVERAL


@pytest.mark.parametrize("text", ["fr", "se", "France", "s"])
def test_who_means_one_country_is_not_offered_several_first(text: str) -> None:
    assert SEVERAL not in searched(text, of=search_country)


@pytest.mark.parametrize(
    ("chosen", "changes", "field", "said"),
    [
        ((), {}, COUNTRIES_FIELD, "at least one"),
        (tuple(COUNTRIES)[:61], {}, COUNTRIES_FIELD, "At most 60 countries are read at once; these are 61. Take 1 out"),
        (("zz",), {}, COUNTRIES_FIELD, "“zz” is no country"),
        (("'; DROP TABLE T" * 20,), {}, COUNTRIES_FIELD, "is no country"),
        (("fr",), {"country_var": ""}, "country_var", "names the country of each row"),
    ],
    ids=["none", "too many", "unknown", "forged", "no column"],
)
def test_what_is_wrong_is_said_with_what_to_do(
    chosen: tuple[str, ...], changes: dict[str, Any], field: str, said: str
) -> None:
    [(where, text)] = wrong_countries(LEAD, ROLES.model_copy(update=changes), chosen)
    assert where == field and said in text


def test_a_select_for_each_country_needs_no_column_and_one_country_no_list() -> None:
    roles = ROLES.model_copy(update={"country_var": ""})
    assert wrong_countries(LEAD.model_copy(update={"source": FOR_EACH}), roles, tuple(COUNTRIES)[:60]) == []
    assert wrong_countries(DRAFT, roles, ()) == []


@pytest.mark.parametrize(
    ("text", "one"),
    [
        ("Spring plan FR", True),
        ("spring-plan France", True),
        ("“Spring plan” fr", True),
        ("Spring plan in France", True),
        ("Spring plan (FR)", True),
        ("Spring plan", False),
        ("Spring", False),
        ("Spring plan DE", False),
        ("fr/20261122T211500Z-7f3a", True),
        ("20261122T211500Z-7f3a", True),
    ],
)
def test_a_country_that_is_named_is_refreshed_alone(text: str, one: bool) -> None:
    dataset = Dataset.model_validate(DATASET.model_dump() | {"title": "Spring plan"})
    assert _names_one(text, dataset) is one


def test_a_title_that_ends_with_a_country_means_all_of_its_countries() -> None:
    dataset = Dataset.model_validate(DATASET.model_dump() | {"title": "Shop France"})
    assert not _names_one("Shop France", dataset) and _names_one("Shop France FR", dataset)
