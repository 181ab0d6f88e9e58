"""Recipes as they are stored: one being worked on per family, saved ones numbered, approved by somebody else."""

from datetime import timedelta
from typing import cast

import pytest

from engine import paths
from engine.cloud.storage import Storage
from engine.data.dataset import Dataset
from engine.data.recipe import Change, Recipe, recipe_of
from engine.data.recipe_changes import changed
from engine.data.recipes import (
    SavedRecipe,
    approval_of,
    approve,
    change_open,
    edit_open,
    family_of,
    place_of,
    read_open,
    read_saved,
    save_recipe,
    saved_recipes,
)
from engine.errors import AlreadyExists, BadInput, Denied, NotFound
from tests.faults.fake_cloud import NOON, FakeCloud
from tests.golden.test_messages import DATASET

FAMILY = family_of(DATASET, private=False)


@pytest.fixture
def storage() -> Storage:
    return cast(Storage, FakeCloud().storage)


def edit(storage: Storage, change: Change, who: str = "U1", dataset: Dataset = DATASET) -> Recipe:
    return change_open(storage, FAMILY, dataset, change, who=who, at=NOON).recipe


def save(storage: Storage, recipe: Recipe, key: str, who: str = "U1") -> SavedRecipe:
    return save_recipe(storage, FAMILY, DATASET, recipe, who=who, key=key, at=NOON)


def resampled(to: str) -> Recipe:
    return changed(recipe_of(DATASET.mapping), Change(kind="resample", value=to))


def test_a_family_begins_with_a_recipe_that_changes_nothing_and_reading_writes_nothing(storage: Storage) -> None:
    assert read_open(storage, FAMILY, DATASET).recipe == recipe_of(DATASET.mapping)
    assert list(storage.list("recipes/")) == []


def test_changes_of_several_people_add_up(storage: Storage) -> None:
    [spend, *_] = DATASET.mapping.paid_media_spends
    edit(storage, Change(kind="resample", value="M"))
    edit(storage, Change(kind="fill", column=spend, value="previous"), who="U2")
    found = read_open(storage, FAMILY, DATASET)
    assert (found.recipe.resample, found.recipe.fill, found.who) == ("M", {spend: "previous"}, "U2")


def test_a_change_that_lost_the_race_is_made_on_what_the_other_left(storage: Storage) -> None:
    [spend, *_] = DATASET.mapping.paid_media_spends
    raced = []

    def late(recipe: Recipe) -> Recipe:
        if not raced:
            raced.append(edit(storage, Change(kind="fill", column=spend, value="mean"), who="U2"))
        return changed(recipe, Change(kind="resample", value="M"))

    found = edit_open(storage, FAMILY, DATASET, late, who="U1", at=NOON).recipe
    assert (found.resample, found.fill) == ("M", {spend: "mean"})


def test_a_change_that_is_refused_leaves_all_as_it_was(storage: Storage) -> None:
    before = edit(storage, Change(kind="resample", value="M"))
    with pytest.raises(BadInput):
        edit(storage, Change(kind="drop", column=DATASET.mapping.dep_var))
    assert read_open(storage, FAMILY, DATASET).recipe == before


def test_saved_recipes_are_numbered_and_read_back(storage: Storage) -> None:
    first, second = save(storage, resampled("W"), "a"), save(storage, resampled("M"), "b")
    assert [first.number, second.number] == [1, 2]
    assert [line.number for line in saved_recipes(storage, FAMILY)] == [2, 1]
    assert read_saved(storage, second.id) == second
    assert read_open(storage, FAMILY, DATASET).recipe == second.recipe


def test_the_same_request_and_the_same_recipe_make_one_version(storage: Storage) -> None:
    first = save(storage, resampled("W"), "a")
    assert save(storage, resampled("W"), "other") == first
    save(storage, resampled("M"), "b")
    assert save(storage, resampled("W"), "a") == first
    assert save(storage, resampled("W"), "c").number == 3


def test_two_who_save_at_once_get_numbers_of_their_own(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    create, others = storage.create, []

    def slow(path: str, *given: object, **more: object) -> object:
        if not others:
            others.append(None)
            others[0] = save(storage, resampled("M"), "theirs", who="U2")
        return create(path, *given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(storage, "create", slow)
    mine = save(storage, resampled("W"), "mine")
    assert others[0] is not None and (others[0].number, mine.number) == (1, 2)


def test_only_somebody_else_approves_and_the_first_one_counts(storage: Storage) -> None:
    saved = save(storage, resampled("W"), "a")
    assert approval_of(storage, saved) is None
    with pytest.raises(Denied, match="somebody else"):
        approve(storage, saved, who="U1", at=NOON)
    approve(storage, saved, who="U2", at=NOON)
    assert approve(storage, saved, who="U3", at=NOON + timedelta(days=1)).who == "U2"
    found = approval_of(storage, saved)
    assert found is not None and found.who == "U2"


def test_what_is_private_has_numbers_of_its_own(storage: Storage) -> None:
    save(storage, resampled("W"), "a")
    private = family_of(DATASET, private=True)
    assert private != FAMILY
    assert saved_recipes(storage, private) == []
    mine = save_recipe(storage, private, DATASET, resampled("M"), who="U1", key="b", at=NOON)
    assert mine.number == 1


@pytest.mark.parametrize("wanted", ["", "none", "de/x", "de/../../x-all-1", "de/0123456789abcdef-all-0", "a" * 4000])
def test_what_names_no_recipe_is_told(storage: Storage, wanted: str) -> None:
    with pytest.raises(NotFound):
        read_saved(storage, wanted)


def test_an_id_and_its_place_are_the_same() -> None:
    saved = SavedRecipe(
        recipe=resampled("W"), title="T", country="de", family=FAMILY, number=12, made_on=DATASET.id,
        who="U1", channel="C1", created_at=NOON,
    )  # fmt: skip
    assert place_of(saved.id) == (FAMILY, 12)


def test_a_number_is_never_given_twice(storage: Storage) -> None:
    saved = save(storage, resampled("W"), "a")
    with pytest.raises(AlreadyExists):
        storage.create(paths.saved_recipe(FAMILY, saved.number), {})
