"""What is said of a recipe: how two differ, and what one makes of rows before it is saved."""

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.charts import prepared as chart
from engine.columns import Column
from engine.data.dataset import Dataset
from engine.data.mapping import Mapping
from engine.data.recipe import Accepted, Change, Recipe, recipe_of
from engine.data.recipe_changes import changed
from engine.data.recipe_preview import Result, preview
from engine.data.recipe_words import accepted_words, differences
from engine.errors import BadData
from tests.golden.test_messages import DATASET

MAPPING = Mapping(
    date_var="day",
    dep_var="sales",
    paid_media_spends=("tv", "search"),
    exposures={"search": "clicks"},
    context_vars=("price",),
)
PLAIN = recipe_of(MAPPING)
COLUMNS = tuple(Column(name=name, type="date" if name == "day" else "number") for name in MAPPING.model_columns)
DAILY: Dataset = DATASET.model_copy(
    update={"mapping": MAPPING, "columns": COLUMNS, "interval": "day", "findings": (), "choices": {}, "accepted": ()}
)


def after(*changes: tuple[str, ...]) -> Recipe:
    recipe = PLAIN
    for one in changes:
        kind, column, value, reason = (*one, "", "", "")[:4]
        given = {"kind": kind, "column": column, "value": value, "reason": reason}
        recipe = changed(recipe, Change.model_validate(given))
    return recipe


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("drop", "price", "", "VIF 9"), "“price” is left out (VIF 9)"),
        (("resample", "", "W:wed"), "weeks from Wednesday, not rows as they are"),
        (("window", "", "2024-01-01:"), "window: from 2024-01-01 on, not all rows"),
        (("aggregate", "price", "max"), "“price” is by the largest, not as its role says"),
        (("fill", "price", "mean"), "“price” is filled with its mean, not what is usual"),
        (("clip", "tv", "0.01:0.99"), "“tv” is kept between its 1 % and 99 % quantiles, before not clipped"),
        (("exposure", "search", ""), "“search” is modelled on “search”, not on “clicks”"),
        (("accept", "tv", "media.sparse"), "known and accepted: a finding about spend and exposures (“tv”)"),
        (("keep", "podcast", "organic_vars"), "“podcast” is organic, new"),
        (("goal", "price", "conversion"), "the goal is “price”, not “sales”"),
    ],
)
def test_each_difference_is_said_and_taken_back(change: tuple[str, ...], said: str) -> None:
    changed_one = after(change)
    assert said in differences(PLAIN, changed_one)
    assert differences(PLAIN, PLAIN) == differences(changed_one, changed_one) == []
    assert differences(changed_one, PLAIN)


@pytest.fixture
def shown(tmp_path: Path) -> Any:
    def show(recipe: Recipe, frame: pd.DataFrame) -> Result:
        pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), tmp_path / "raw.parquet")
        return preview(tmp_path / "raw.parquet", DAILY, recipe)

    return show


def rows(count: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"day": pd.date_range("2023-01-03", periods=count).date})
    for name in MAPPING.model_columns[1:]:
        frame[name] = rng.gamma(2.0, 100.0, count)
    return frame


def test_a_preview_counts_rows_before_and_after_and_those_that_are_modelled(shown: Any) -> None:
    found = shown(after(("resample", "", "W"), ("window", "", "2023-06-05:2023-12-31")), rows()).preview
    assert (found.rows_read, found.periods_before, found.interval_before) == (400, 400, "day")
    assert (found.first, found.last, found.interval) == (date(2023, 1, 9), date(2023, 12, 25), "week")
    assert (found.periods, found.modelled) == (51, 30)
    assert {one.code for one in found.done} == {"date.partial", "date.window"}


def test_the_goal_is_the_same_money_before_and_after(shown: Any) -> None:
    frame = rows(28 * 7)
    frame["day"] = pd.date_range("2023-01-02", periods=len(frame)).date
    made = shown(after(("resample", "", "W")), frame)
    np.testing.assert_allclose(made.after.sum(), made.before.sum(), rtol=1e-9)


def test_what_is_accepted_is_no_longer_among_what_is_to_be_seen(shown: Any) -> None:
    frame = rows(100)
    first = shown(PLAIN, frame).preview
    code = first.to_see[0].code
    then = shown(after(("accept", first.to_see[0].column, code)), frame).preview
    assert code not in {one.code for one in then.to_see}
    assert code in {one.code for one in then.accepted}


def test_what_stops_a_training_is_told_before_it_is_paid_for(shown: Any) -> None:
    frame = rows()
    frame.loc[5, "sales"] = np.nan
    assert "kpi.missing" in {one.code for one in shown(PLAIN, frame).preview.stops}


def test_a_recipe_whose_column_vanished_is_refused(shown: Any) -> None:
    with pytest.raises(BadData, match="no longer hold “podcast”"):
        shown(after(("keep", "podcast", "organic_vars")), rows())


def test_the_picture_says_what_became_of_the_rows(shown: Any) -> None:
    made = shown(after(("resample", "", "W")), rows())
    drawing = chart.draw(made.before, made.after, goal="sales", units=("day", "week"), footer="Tea, France")
    assert drawing is not None
    assert drawing.title == "400 days become 56 weeks"
    assert "adds up to" in drawing.alt
    assert drawing.chart("post").png.startswith(b"\x89PNG")


@pytest.mark.parametrize("values", [[np.nan, np.nan], [3.0, 3.0], [0.0, -1.0]], ids=["none", "still", "negative"])
def test_a_picture_of_odd_values_never_breaks(values: list[float]) -> None:
    goal = pd.Series(values, index=pd.Index([date(2024, 1, 1), date(2024, 1, 2)]))
    drawing = chart.draw(goal, goal, goal="sales", units=("day", "day"), footer="Tea")
    assert (drawing is None) == bool(goal.isna().all())


@pytest.mark.parametrize(
    ("known", "said"),
    [
        (Accepted(code="data.stale", reason="The newest day is 2024-12-05."), "The newest day is 2024-12-05"),
        (Accepted(code="kpi.outlier", column="sales", reason="“sales” is far out."), "“sales” is far out"),
        (
            Accepted(code="kpi.outlier", column="sales", reason="Black Friday"),
            "a finding about the KPI (“sales”): Black Friday",
        ),
        (Accepted(code="rows.span"), "a finding about the number of rows"),
    ],
    ids=["told", "told of a column", "by hand", "without a reason"],
)
def test_what_is_known_is_said_in_words(known: Accepted, said: str) -> None:
    assert accepted_words(known) == said
