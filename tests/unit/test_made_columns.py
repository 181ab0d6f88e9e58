"""Columns that are made of others: total or parts, never both; and what stays when they are read anew."""

from typing import Any

import pytest

from engine.columns import Column
from engine.data.changes import Changes, changes, with_changes
from engine.data.made import Made, counted_twice, without_parts
from engine.data.mapping import Mapping, validate_mapping

NUMBERS = ("REVENUE", "ORDERS", "TV_A_COST", "TV_B_COST", "TV_A_GRPS", "TV_B_GRPS", "META_COST", "MAIL")
COLUMNS = [Column(name="DATE", type="date"), Column(name="LAND", type="text"), Column(name="PROMO", type="text")]
COLUMNS += [Column(name=name, type="number") for name in NUMBERS]
COST = Made(name="TV_TOTAL_COST", parts=("TV_A_COST", "TV_B_COST"), channel="TV")
GRPS = Made(name="TV_TOTAL_GRPS", parts=("TV_A_GRPS", "TV_B_GRPS"), channel="TV")
GOOD: dict[str, Any] = {
    "date_var": "DATE",
    "dep_var": "REVENUE",
    "paid_media_spends": ("TV_TOTAL_COST", "META_COST"),
    "exposures": {"TV_TOTAL_COST": "TV_TOTAL_GRPS"},
    "paid_media_mapping": {"TV_TOTAL_COST": ("TV_TOTAL_GRPS",)},
    "goals": ({"column": "ORDERS", "kind": "conversion"},),
    "country_var": "LAND",
    "made": (COST, GRPS),
}


def problems(**other: Any) -> list[tuple[str, str]]:
    return validate_mapping(Mapping.model_validate(GOOD | other), COLUMNS)


def test_columns_that_are_made_of_others_play_roles() -> None:
    assert problems() == []


def test_what_must_be_read_has_the_parts_instead_of_their_sum() -> None:
    assert Mapping.model_validate(GOOD).raw_columns == (
        *("DATE", "REVENUE", "TV_A_COST", "TV_B_COST", "META_COST", "TV_A_GRPS", "TV_B_GRPS", "ORDERS", "LAND"),
    )


def test_a_mapping_of_an_earlier_release_reads_what_it_read() -> None:
    old = Mapping.model_validate({"date_var": "DATE", "dep_var": "REVENUE", "paid_media_spends": ["META_COST"]})
    assert old.raw_columns == old.model_columns
    assert old.goal_kinds == {"REVENUE": "revenue"}


@pytest.mark.parametrize(
    ("other", "field", "said"),
    [
        ({"paid_media_spends": ("TV_TOTAL_COST", "TV_A_COST")}, "paid_media_spends", "already contains “TV_A_COST”"),
        ({"organic_vars": ("TV_B_GRPS",)}, "exposures", "choose the total or its parts, never both"),
        ({"made": (COST, GRPS.model_copy(update={"parts": ("TV_A_GRPS", "TV_B_GRP")}))}, "made", "“TV_B_GRPS”?"),
        ({"made": (COST, GRPS.model_copy(update={"parts": ("PROMO",)}))}, "made", "holds text and no numbers"),
        ({"made": (COST, GRPS.model_copy(update={"parts": ()}))}, "made", "made of nothing"),
        ({"made": (COST, GRPS, GRPS)}, "made", "is to be made twice"),
        ({"made": (COST, GRPS, Made(name="MAIL", parts=("ORDERS",)))}, "made", "a column is called so already"),
        ({"made": (COST, GRPS, Made(name="X", parts=("MAIL", "MAIL")))}, "made", "adds up a column twice"),
        ({"made": (COST, GRPS, Made(name="X", parts=("TV_TOTAL_COST",)))}, "made", "columns of the source"),
        (
            {"dep_var": "TV_TOTAL_COST", "paid_media_spends": ("META_COST",), "exposures": {}},
            "dep_var",
            "made of others",
        ),
        ({"goals": ({"column": "REVENUE"},)}, "goals", "is already the KPI"),
        ({"goals": ({"column": "PROMO"},)}, "goals", "must hold numbers"),
        ({"paid_media_mapping": {"META_COST": ("CLICKS",)}}, "paid_media_mapping", "no column “CLICKS”"),
        ({"aggregation": {"ORDERS": "mean"}}, "aggregation", "counts conversions: they are added up"),
        ({"aggregation": {"PROMO": "sum"}, "factor_vars": ("PROMO",)}, "aggregation", "commonest value"),
    ],
)
def test_what_cannot_be_is_told(other: dict[str, Any], field: str, said: str) -> None:
    [(place, text)] = problems(**other)
    assert place == field
    assert said in text


def test_two_sums_that_share_a_part_count_it_twice() -> None:
    brand = Made(name="BRAND_COST", parts=("TV_A_COST", "META_COST"), kind="tag", tag="brand")
    assert counted_twice(["TV_TOTAL_COST", "BRAND_COST"], (COST, brand)) == [
        ("BRAND_COST", "TV_TOTAL_COST", "TV_A_COST")
    ]
    assert counted_twice(["TV_TOTAL_COST", "META_COST"], (COST, brand)) == []


def test_choosing_the_total_takes_its_parts_out() -> None:
    assert without_parts(("META_COST", "TV_A_COST", "TV_B_COST"), COST) == (
        ("META_COST", "TV_TOTAL_COST"),
        ["TV_A_COST", "TV_B_COST"],
    )
    assert without_parts(("META_COST",), COST) == (("META_COST", "TV_TOTAL_COST"), [])


def test_what_was_said_of_columns_survives_when_they_are_read_anew() -> None:
    guessed = Mapping(date_var="DATE", dep_var="REVENUE", paid_media_spends=("TV_TOTAL_COST",), channels={"MAIL": "TV"})
    chosen = Mapping.model_validate(
        GOOD
        | {"channels": {"META_COST": "META"}, "tags": {"META_COST": ("brand",)}, "labels": {"META_COST": "Meta"}}
        | {"aggregation": {"MAIL": "max"}, "currency": "EUR", "version": "fr/1"}
    )
    made = Changes.model_validate_json(changes(guessed, chosen).model_dump_json())
    assert with_changes(guessed, made, [column.name for column in COLUMNS]) == chosen


def test_what_was_said_of_columns_that_are_gone_goes_with_them() -> None:
    guessed = Mapping(date_var="DATE", dep_var="REVENUE", paid_media_spends=("META_COST",))
    made = changes(guessed, Mapping.model_validate(GOOD | {"tags": {"TV_A_COST": ("brand",), "MAIL": ("crm",)}}))
    left = with_changes(guessed, made, ["DATE", "REVENUE", "META_COST", "MAIL", "TV_B_COST"])
    assert left.paid_media_spends == ("META_COST",)
    assert (left.made, left.goals, left.tags, left.paid_media_mapping) == ((), (), {"MAIL": ("crm",)}, {})
    assert left.exposures == {}
