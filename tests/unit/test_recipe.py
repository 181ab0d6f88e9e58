"""A recipe as data: what each change does, what it refuses, and the roles that a training has with it."""

from datetime import date

import pytest

from engine.data.mapping import Mapping
from engine.data.recipe import Accepted, Change, Clip, Recipe, mapping_with, new_columns, recipe_of, vanished
from engine.data.recipe_changes import changed, read_change
from engine.errors import BadInput

MAPPING = Mapping(
    date_var="day",
    dep_var="sales",
    paid_media_spends=("tv_cost", "search_cost"),
    exposures={"search_cost": "search_clicks"},
    organic_vars=("newsletter",),
    context_vars=("price", "weather"),
    factor_vars=("promo",),
)
RECIPE = recipe_of(MAPPING)


def after(*changes: tuple[str, ...], recipe: Recipe = RECIPE) -> Recipe:
    for change in changes:
        kind, column, value, reason = (*change, "", "", "")[:4]
        recipe = changed(recipe, read_change({"kind": kind, "column": column, "value": value, "reason": reason}))
    return recipe


def test_a_recipe_that_changes_nothing_has_the_mapping_it_is_of() -> None:
    assert mapping_with(RECIPE, MAPPING) == MAPPING


def test_a_column_that_is_left_out_keeps_its_role_and_can_be_taken_back() -> None:
    out = after(("drop", "search_cost", "", "VIF 14"), ("drop", "weather"), ("drop", "promo"))
    mapping = mapping_with(out, MAPPING)
    assert mapping.paid_media_spends == ("tv_cost",)
    assert mapping.exposures == {}
    assert (mapping.context_vars, mapping.factor_vars) == (("price",), ())
    assert out.dropped == {"search_cost": "VIF 14", "weather": "left out by hand", "promo": "left out by hand"}
    assert "search_clicks" not in out.columns
    back = after(("keep", "search_cost"), ("keep", "weather"), ("keep", "promo"), recipe=out)
    assert mapping_with(back, MAPPING) == MAPPING


def test_an_exposure_that_is_left_out_leaves_its_channel_on_its_spend() -> None:
    mapping = mapping_with(after(("drop", "search_clicks")), MAPPING)
    assert mapping.paid_media_vars == ("tv_cost", "search_cost")


@pytest.mark.parametrize(
    ("change", "field", "expected"),
    [
        (("resample", "", "W:sun"), "week_starts", "sun"),
        (("resample", "", "W"), "week_starts", "mon"),
        (("resample", "", "M"), "resample", "M"),
        (("aggregate", "price", "max"), "aggregation", {"price": "max"}),
        (("fill", "price", "previous"), "fill", {"price": "previous"}),
        (("clip", "tv_cost", "0.01:0.99"), "clip", {"tv_cost": Clip(low=0.01, high=0.99)}),
        (("clip", "tv_cost", "0:1"), "clip", {}),
        (("window", "", "2022-01-01:"), "start", date(2022, 1, 1)),
        (("window", "", "2022-01-01:2023-12-31"), "end", date(2023, 12, 31)),
        (("accept", "tv_cost", "media.missing", "known"), "accepted",
         (Accepted(code="media.missing", column="tv_cost", reason="known"),)),
        (("exposure", "tv_cost", "newsletter"), "exposures",
         {"search_cost": "search_clicks", "tv_cost": "newsletter"}),
        (("exposure", "search_cost", "search_cost"), "exposures", {}),
        (("goal", "price", "conversion"), "context_vars", ("weather", "promo")),
        (("keep", "podcast_cost", "paid_media_spends"), "spends", ("tv_cost", "search_cost", "podcast_cost")),
    ],
)  # fmt: skip
def test_each_change_does_what_it_says_and_nothing_twice(change: tuple[str, ...], field: str, expected: object) -> None:
    once = after(change)
    assert getattr(once, field) == expected
    if change[0] != "keep":
        assert after(change, recipe=once) == once


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("drop", "sales"), "what is explained"),
        (("drop", "nobody"), "plays no role"),
        (("keep", "nobody"), "plays no role"),
        (("fill", "sales", "mean"), "never filled"),
        (("clip", "sales", "0:0.9"), "never clipped"),
        (("clip", "tv_cost", "0.9:0.1"), "no two quantiles"),
        (("clip", "tv_cost", "nan:inf"), "no two quantiles"),
        (("fill", "price", "magic"), "no way to fill"),
        (("aggregate", "price", "median"), "no function"),
        (("resample", "", "Q"), "rhythm"),
        (("resample", "", "M:sun"), "rhythm"),
        (("window", "", "2023-01-01:2022-01-01"), "not after its start"),
        (("window", "", "soon"), "no window"),
        (("goal", "sales", "fame"), "revenue or conversion"),
        (("goal", ""), "No goal"),
        (("exposure", "price", "weather"), "not among the spends"),
        (("exposure", "tv_cost", "sales"), "in use already"),
        (("exposure", "tv_cost", "search_clicks"), "in use already"),
        (("accept", "tv_cost", ""), "not said what"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(change: tuple[str, ...], words: str) -> None:
    with pytest.raises(BadInput, match=words):
        after(change)


def test_the_last_paid_channel_stays() -> None:
    with pytest.raises(BadInput, match="last paid channel"):
        after(("drop", "tv_cost"), ("drop", "search_cost"))
    with pytest.raises(BadInput, match="last paid channel"):
        after(("drop", "tv_cost"), ("goal", "search_cost"))


@pytest.mark.parametrize("given", [None, [], {"kind": "explode"}, {"column": "x"}, "drop"])
def test_a_button_that_is_none_of_ours_is_told(given: object) -> None:
    with pytest.raises(BadInput, match="no longer known"):
        read_change(given)


def test_what_a_later_snapshot_lacks_and_has_anew_is_told() -> None:
    recipe = after(("drop", "weather"))
    assert vanished(recipe, {"day", "sales", "tv_cost", "search_cost", "newsletter", "price"}) == (
        "search_clicks",
        "promo",
    )
    later = MAPPING.model_copy(update={"organic_vars": ("newsletter", "podcast")})
    assert new_columns(recipe, later) == ("podcast",)


def test_recipes_that_do_the_same_have_one_digest() -> None:
    assert RECIPE.digest == recipe_of(MAPPING).digest
    assert after(("resample", "", "M")).digest != RECIPE.digest
    assert Change(kind="drop", column="x", reason="one").mark == Change(kind="drop", column="x", reason="two").mark
