"""A recipe as a table of columns: out, edited, and back in; every problem told by row and column, nothing half done."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.data.prepare_column import _clip as in_percent
from engine.data.given_csv import as_csv
from engine.data.mapping import Mapping
from engine.data.recipe import Change, Recipe, recipe_of
from engine.data.recipe_changes import changed
from engine.data.recipe_table import HEAD, table_of, with_table
from engine.errors import BadData

MAPPING = Mapping(
    date_var="day",
    dep_var="sales",
    paid_media_spends=("tv", "search"),
    exposures={"search": "clicks"},
    organic_vars=("mails",),
    context_vars=("price",),
    factor_vars=("promo",),
)
PLAIN = recipe_of(MAPPING)
FULL = PLAIN
for change in (
    Change(kind="drop", column="mails", reason="=SUM(A1) too alike"),
    Change(kind="aggregate", column="price", value="max"),
    Change(kind="fill", column="price", value="previous"),
    Change(kind="clip", column="tv", value="0.01:0.99"),
):
    FULL = changed(FULL, change)


def written(recipe: Recipe) -> bytes:
    return as_csv(*table_of(recipe))


def edited(recipe: Recipe, *cells: tuple[str, str, str]) -> bytes:
    """The recipe's table with some cells changed: column, field, value."""
    rows = [dict(zip(HEAD, row, strict=True)) for row in table_of(recipe)[1]]
    for name, field, value in cells:
        next(row for row in rows if row["column"] == name)[field] = value
    return as_csv(HEAD, [list(row.values()) for row in rows])


@pytest.mark.parametrize("recipe", [PLAIN, FULL], ids=["plain", "full"])
def test_a_table_that_comes_back_as_it_went_changes_nothing(recipe: Recipe) -> None:
    assert with_table(recipe, written(recipe)) == recipe


@pytest.mark.parametrize("shares", ["0.000005:0.999995", "0.00005:0.992248", "0:0.5", "0.000123:1"])
def test_any_quantile_comes_back_as_it_went(shares: str) -> None:
    recipe = changed(PLAIN, Change(kind="clip", column="tv", value=shares))
    assert with_table(recipe, written(recipe)) == recipe
    low, high = (f"{share * 100:.6g}" for share in (recipe.clip["tv"].low, recipe.clip["tv"].high))
    assert changed(PLAIN, Change(kind="clip", column="tv", value=in_percent(low, high))) == recipe


def test_every_column_has_a_row_and_no_cell_calculates() -> None:
    rows = list(csv.reader(io.StringIO(written(FULL).decode("utf-8-sig"))))
    assert [row[0] for row in rows] == ["column", *FULL.roles]
    assert not any(cell.startswith("=") for row in rows for cell in row)


def test_what_is_edited_becomes_part_of_the_recipe() -> None:
    found = with_table(
        FULL,
        edited(
            FULL,
            ("mails", "takes_part", "yes"),
            ("promo", "takes_part", "NO"),
            ("promo", "reason", "no effect"),
            ("price", "function", ""),
            ("price", "fill", "mean"),
            ("tv", "clip_low", ""),
            ("tv", "clip_high", "0,95"),
            ("search", "modelled_on", "search"),
        ),
    )
    assert found.dropped == {"promo": "no effect"}
    assert (found.aggregation, found.fill) == ({}, {"price": "mean"})
    assert (found.clip["tv"].low, found.clip["tv"].high) == (0.0, 0.95)
    assert found.exposures == {}


@pytest.mark.parametrize("encode", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_it_is_read_as_spreadsheets_save_it(encode: str, mark: str) -> None:
    text = written(PLAIN).decode("utf-8-sig").replace(",", mark)
    text = text.replace(f"price{mark}context{mark}yes", f"price{mark}context{mark}no")
    assert with_table(PLAIN, text.encode(encode)).dropped == {"price": "left out by hand"}


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ([("tv", "takes_part", "maybe")], "Row 3, takes_part: “maybe” is neither yes nor no."),
        ([("sales", "takes_part", "no")], "Row 2, takes_part: “sales” is what is explained"),
        ([("price", "function", "median")], "Row 8, function: “median” is none of sum, mean"),
        ([("price", "fill", "magic")], "Row 8, fill: “magic” is none of zero, previous"),
        ([("sales", "fill", "mean")], "Row 2, fill: “sales” is the goal: it is never filled."),
        ([("tv", "clip_low", "0.9"), ("tv", "clip_high", "0.1")], "Row 3, clip_low: “0.9:0.1” are no two quantiles."),
        ([("tv", "modelled_on", "nobody")], "Row 3, modelled_on: There is no column “nobody”"),
        ([("price", "modelled_on", "tv")], "Row 8, modelled_on: “price” is no spend"),
        ([("price", "column", "nobody")], "Row 8, column: “nobody” plays no role"),
        ([("price", "column", "tv")], "Row 8: “tv” stands in row 3 already."),
    ],
)
def test_each_bad_cell_is_told_by_row_and_column(cells: list[tuple[str, str, str]], told: str) -> None:
    with pytest.raises(BadData) as refused:
        with_table(PLAIN, edited(PLAIN, *cells))
    assert [told in problem for problem in refused.value.problems] == [True]


def test_all_problems_are_told_at_once_and_many_are_counted() -> None:
    mapping = MAPPING.model_copy(update={"organic_vars": tuple(f"o{n}" for n in range(50))})
    recipe = recipe_of(mapping)
    with pytest.raises(BadData) as refused:
        with_table(recipe, edited(recipe, *((f"o{n}", "fill", "x") for n in range(50))))
    assert len(refused.value.problems) == 50
    assert refused.value.todo.endswith("and 30 more")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no column called"),
        (b"a,b\n1,2\n", "no column called"),
        (b"column,colour\ntv,red\n", "do not know the column “colour”"),
        (b"PK\x03\x04\x00\x00", "no CSV"),
        (b"x" * 4_000_001, "too large"),
    ],
)
def test_what_is_no_such_table_is_told(data: bytes, words: str) -> None:
    with pytest.raises(BadData, match=words):
        with_table(PLAIN, data)


def test_columns_that_are_not_in_the_table_stay_as_they_are() -> None:
    assert with_table(FULL, b"column,takes_part\r\ntv,no\r\n").dropped == {
        **FULL.dropped,
        "tv": "left out by hand",
    }


@given(
    names=st.lists(
        st.text(st.characters(exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp")), min_size=1, max_size=30),
        min_size=2, max_size=12, unique=True,
    )
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_whatever_columns_are_called_the_round_trip_changes_nothing(names: list[str]) -> None:
    recipe = recipe_of(Mapping(date_var="d", dep_var=names[0], paid_media_spends=(names[1],), organic_vars=names[2:]))
    for name in names[2:]:
        recipe = changed(recipe, Change(kind="drop", column=name, reason=name))
    assert with_table(recipe, written(recipe)) == recipe
