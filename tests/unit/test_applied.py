"""A recipe applied in memory is what the preparation makes of it, value by value: what-ifs tell no other truth."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from engine.data.prepare import prepare
from engine.data.recipe import Change, recipe_of
from engine.data.recipe_changes import changed
from tests.checking import TODAY, applied, plain_weeks, roles

CHANGES = {
    "nothing": (),
    "left out": (Change(kind="drop", column="radio_cost"), Change(kind="drop", column="price")),
    "clipped": (Change(kind="clip", column="tv_cost", value="0.05:0.9"),),
    "filled": (Change(kind="fill", column="price", value="previous"),),
    "a window": (Change(kind="window", value="2024-06-03:2025-12-01"),),
    "months": (Change(kind="resample", value="M"),),
    "all of it": (
        Change(kind="clip", column="tv_cost", value="0:0.95"),
        Change(kind="fill", column="price", value="mean"),
        Change(kind="window", value="2024-03-04:"),
        Change(kind="resample", value="M"),
        Change(kind="drop", column="search_cost"),
    ),
}


def holes() -> pd.DataFrame:
    frame = plain_weeks()
    frame.loc[frame.index % 7 == 2, "price"] = np.nan
    frame["event"] = np.where(frame.index % 26 == 0, "sale", "none")
    return frame


@pytest.mark.parametrize("made", CHANGES.values(), ids=list(CHANGES))
def test_what_is_applied_in_memory_is_what_is_prepared(tmp_path: Path, made: tuple[Change, ...]) -> None:
    mapping = roles(holes(), factor_vars=("event",))
    here = applied(tmp_path, holes(), mapping)
    recipe = recipe_of(mapping)
    for change in made:
        recipe = changed(recipe, change)
    expected = prepare(tmp_path / "raw.parquet", mapping, "fr", recipe=recipe, today=TODAY)
    found = here.prepared(recipe)
    pd.testing.assert_frame_equal(found.frame, expected.frame)
    assert found.mapping == expected.mapping
    assert found.findings == expected.findings


@pytest.mark.parametrize("made", CHANGES.values(), ids=list(CHANGES))
@pytest.mark.parametrize("column", ["tv_cost", "price", "event"])
def test_one_column_alone_is_the_same_as_among_others(tmp_path: Path, made: tuple[Change, ...], column: str) -> None:
    mapping = roles(holes(), factor_vars=("event",))
    here = applied(tmp_path, holes(), mapping)
    recipe = recipe_of(mapping)
    for change in made:
        recipe = changed(recipe, change) if change.column != column or change.kind != "drop" else recipe
    grid = here.grid(recipe)
    alone = here.prepared(recipe, grid, only=column).frame
    if column in recipe.columns:
        pd.testing.assert_series_equal(alone[column], here.prepared(recipe, grid).frame[column])
    assert len(alone.columns) == 3


def test_a_column_without_a_role_is_read_beside_the_others(tmp_path: Path) -> None:
    frame = holes().assign(visits=range(130))
    mapping = roles(frame, factor_vars=("event",), unused=("visits",))
    here = applied(tmp_path, frame, mapping, ("visits",))
    recipe = recipe_of(mapping)
    assert "visits" not in here.prepared(recipe).frame
    alone = here.prepared(recipe, only="visits").frame
    assert alone["visits"].tolist() == list(range(130))
