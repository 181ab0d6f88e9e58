"""Saving and approving a recipe, whatever breaks off in between and however often it is asked for again."""

from contextlib import suppress
from typing import Any, cast

import pytest

from engine.cloud.storage import Storage
from engine.data.recipe import Change, Recipe, recipe_of
from engine.data.recipe_changes import changed
from engine.data.recipes import (
    approve,
    change_open,
    edit_open,
    family_of,
    read_open,
    save_recipe,
    saved_recipes,
)
from tests.faults.fake_cloud import NOON, Crash, FakeCloud
from tests.golden.test_messages import DATASET

FAMILY = family_of(DATASET, private=False)
WEEKS: Recipe = changed(recipe_of(DATASET.mapping), Change(kind="resample", value="M"))


def saved_once(storage: Storage, key: str = "k") -> int:
    """What pressing Save does."""
    change_open(storage, FAMILY, DATASET, Change(kind="resample", value="M"), who="U1", at=NOON)
    made = save_recipe(storage, FAMILY, DATASET, WEEKS, who="U1", key=key, at=NOON)
    edit_open(storage, FAMILY, DATASET, lambda recipe: recipe, who="U1", at=NOON, number=made.number)
    approve(storage, made, who="U2", at=NOON)
    return made.number


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_save_that_breaks_off_at_any_request_and_is_repeated_is_one_recipe(when: str) -> None:
    whole = FakeCloud()
    saved_once(cast(Storage, whole.storage))
    requests = len(whole.world.calls)
    assert requests > 6
    for number in range(1, requests + 1):
        fake: Any = FakeCloud()
        storage = cast(Storage, fake.storage)
        fake.world.crash = (number, when)
        with suppress(Crash):
            saved_once(storage)
        fake.world.crash = None
        assert saved_once(storage) == 1
        assert [line.number for line in saved_recipes(storage, FAMILY)] == [1]
        assert read_open(storage, FAMILY, DATASET).number == 1


def test_listing_recipes_costs_the_same_at_any_age() -> None:
    fake = FakeCloud()
    storage = cast(Storage, fake.storage)
    for number in range(120):
        recipe = changed(WEEKS, Change(kind="window", value=f"20{number % 70 + 20:02d}-01-0{number // 70 + 1}:"))
        save_recipe(storage, FAMILY, DATASET, recipe, who="U1", key=f"k{number}", at=NOON)
    fake.world.calls.clear()
    assert saved_recipes(storage, FAMILY)[0].number == 120
    assert len(fake.world.calls) == 1
    fake.world.calls.clear()
    save_recipe(storage, FAMILY, DATASET, WEEKS, who="U1", key="new", at=NOON)
    assert len(fake.world.calls) <= 3
