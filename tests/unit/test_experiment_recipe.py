"""An experiment that names a recipe: what the recipe decides counts, what it does not say the form says."""

from datetime import date
from typing import Any

import pytest

from engine.columns import Column
from engine.data.dataset import Dataset
from engine.data.mapping import Mapping
from engine.data.recipe import Change, Recipe, recipe_of
from engine.data.recipe_changes import changed
from engine.experiment.check import read_form
from engine.experiment.experiment import ExperimentForm, effects_of, to_job_config
from engine.experiment.with_recipe import decided_by, with_recipe
from tests.golden.test_messages import DATASET

MAPPING = Mapping(
    date_var="day",
    dep_var="sales",
    paid_media_spends=("tv", "search"),
    exposures={"search": "clicks"},
    organic_vars=("orders",),
    context_vars=("price",),
)
COLUMNS = tuple(
    Column(name=name, type="date" if name == "day" else "number") for name in (*MAPPING.model_columns, "spare")
)
DAILY: Dataset = DATASET.model_copy(
    update={
        "mapping": MAPPING,
        "columns": COLUMNS,
        "interval": "day",
        "first_date": date(2022, 1, 1),
        "last_date": date(2024, 12, 31),
        "findings": (),
    }
)


def recipe(*changes: tuple[str, str, str]) -> Recipe:
    made = recipe_of(MAPPING)
    for kind, column, value in changes:
        made = changed(made, Change.model_validate({"kind": kind, "column": column, "value": value}))
    return made


def form(**values: Any) -> ExperimentForm:
    return ExperimentForm(dataset_id=DAILY.id, **values)


def test_no_recipe_is_the_data_as_they_are() -> None:
    assert form(recipe="none").recipe == form(recipe="").recipe == form().recipe == ""
    assert with_recipe(form(), DAILY, None) == (form(), DAILY)
    assert decided_by(None) == decided_by(recipe()) == frozenset()


def test_what_a_recipe_says_wins_and_what_it_does_not_say_stays() -> None:
    asked = form(resample_freq="M", start_date=date(2023, 1, 1), end_date=date(2023, 12, 31))
    applied, _ = with_recipe(asked, DAILY, recipe(("resample", "", "W:sun"), ("window", "", "2022-06-01:")))
    assert (applied.resample_freq, applied.start_date, applied.end_date) == ("W", date(2022, 6, 1), date(2023, 12, 31))
    same, _ = with_recipe(asked, DAILY, recipe(("drop", "price", "")))
    assert same == asked


def test_the_trainer_is_told_the_recipes_roles_and_window_and_nothing_else_that_is_new() -> None:
    made = recipe(
        ("resample", "", "W"),
        ("window", "", "2022-06-01:2024-06-30"),
        ("drop", "price", ""),
        ("drop", "clicks", ""),
        ("goal", "orders", "conversion"),
    )
    asked, data = with_recipe(form(prophet_vars=("trend", "weekday")), DAILY, made)
    told = to_job_config(asked, data)
    assert (told.dep_var, told.dep_var_type) == ("orders", "conversion")
    assert (told.paid_media_spends, told.paid_media_vars) == (("tv", "search"), ("tv", "search"))
    assert (told.organic_vars, told.context_vars) == ((), ())
    assert (told.start_date, told.end_date) == (date(2022, 6, 1), date(2024, 6, 30))
    assert effects_of(asked, data) == ("trend",)
    plain = to_job_config(form(), DAILY)
    assert set(told.model_dump()) == set(plain.model_dump())


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        (("window", "", "2031-01-01:"), "recipe", "start inside them"),
        (("fill", "price", "zero"), "recipe", "a missing one is not 0"),
        (("keep", "podcast", "organic_vars"), "recipe", "no longer hold “podcast”"),
        (("window", "", "2022-01-01:2022-01-05"), "recipe", "at least"),
    ],
)
def test_a_recipe_that_cannot_be_trained_is_told_in_the_form_before_anything_is_paid_for(
    change: tuple[str, str, str], field: str, words: str
) -> None:
    found = read_form({"dataset_id": DAILY.id, "recipe": "de/x"}, DAILY, recipe=recipe(change))
    assert found.form is None
    assert [(name, words in text) for name, text in found.errors] == [(field, True)]


def test_the_form_that_is_kept_is_as_it_was_sent() -> None:
    values = {"dataset_id": DAILY.id, "recipe": "de/x-all-1", "start_date": "2022-03-01"}
    found = read_form(values, DAILY, recipe=recipe(("window", "", "2022-06-01:")))
    assert found.form is not None
    assert (found.form.recipe, found.form.start_date) == ("de/x-all-1", date(2022, 3, 1))


def test_cautions_are_about_the_data_as_the_recipe_makes_them() -> None:
    found = read_form({"dataset_id": DAILY.id}, DAILY, recipe=recipe(("resample", "", "M")))
    assert any("36 months" in text for text in found.cautions)
