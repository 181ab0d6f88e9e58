"""Roles that columns cannot play are named, all at once, beside their field."""

from typing import Any

import pytest

from engine.columns import Column
from engine.data.mapping import Mapping, validate_mapping

COLUMNS = [
    Column(name="day", type="date"),
    Column(name="land", type="text"),
    Column(name="revenue", type="number"),
    Column(name="tv", type="number"),
    Column(name="fb", type="number"),
    Column(name="fb_impressions", type="number"),
    Column(name="mail", type="number"),
    Column(name="events", type="text"),
    Column(name="price", type="number"),
    Column(name="note", type="text"),
]
GOOD: dict[str, Any] = {
    "date_var": "day",
    "dep_var": "revenue",
    "paid_media_spends": ("tv", "fb"),
    "exposures": {"fb": "fb_impressions"},
    "organic_vars": ("mail",),
    "context_vars": ("price",),
    "factor_vars": ("events",),
    "country_var": "land",
}


def problems(**changes: Any) -> list[tuple[str, str]]:
    return validate_mapping(Mapping.model_validate(GOOD | changes), COLUMNS)


def test_a_good_mapping_has_no_problems() -> None:
    assert problems() == []


def test_a_category_is_also_context() -> None:
    assert Mapping.model_validate(GOOD).context_vars == ("price", "events")


def test_what_is_modelled_stands_in_the_order_of_the_spends() -> None:
    mapping = Mapping.model_validate(GOOD)
    assert mapping.paid_media_vars == ("tv", "fb_impressions")
    assert mapping.drivers == ("tv", "fb_impressions", "mail", "price", "events")
    assert mapping.model_columns == ("day", "revenue", "tv", "fb", "fb_impressions", "mail", "price", "events")


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"date_var": ""}, "date_var", "Choose the column that holds the date"),
        ({"dep_var": ""}, "dep_var", "Choose the column to explain"),
        ({"paid_media_spends": (), "exposures": {}}, "paid_media_spends", "at least one"),
        ({"dep_var": "revenu"}, "dep_var", "no column “revenu”. Did you mean “revenue”?"),
        ({"date_var": "price", "context_vars": ()}, "date_var", "holds numbers, not dates"),
        ({"paid_media_spends": ("tv", "fb", "note")}, "paid_media_spends", "must hold numbers but holds text"),
        ({"dep_var": "note"}, "dep_var", "must hold numbers"),
        ({"context_vars": ("note",)}, "context_vars", "choose it as a category"),
        ({"organic_vars": ("tv",)}, "organic_vars", "“tv” is already a spend"),
        ({"organic_vars": ("mail", "mail")}, "organic_vars", "chosen twice"),
        ({"exposures": {"tv": "fb_impressions", "fb": "fb_impressions"}}, "exposures", "chosen twice"),
        ({"exposures": {"radio": "mail"}, "organic_vars": ()}, "exposures", "“radio” has an exposure but"),
        ({"country_var": "tv"}, "country_var", "already a spend"),
        ({"factor_vars": ("day",), "date_var": "day"}, "factor_vars", "already the date"),
    ],
)
def test_each_fault_is_named_at_its_field(changes: dict[str, Any], field: str, said: str) -> None:
    found = problems(**changes)
    assert field in [name for name, _ in found]
    assert any(said in message for name, message in found if name == field)


def test_all_faults_are_named_at_once() -> None:
    found = problems(date_var="", dep_var="nope", organic_vars=("note",))
    assert [field for field, _ in found] == ["date_var", "dep_var", "organic_vars"]
