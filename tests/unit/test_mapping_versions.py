"""A mapping is versioned, for one country or for all; a later snapshot takes the newest one by itself."""

from datetime import timedelta
from typing import Any

import pytest

from engine import paths
from engine.columns import Column
from engine.data.dataset import Dataset
from engine.data.fitted import fitted, told
from engine.data.made import Made
from engine.data.mapped import Beside, mapping_for, mapping_versions, read_version, save_version, version_of
from engine.data.mapping import Mapping, validate_mapping
from engine.data.records import save_dataset
from engine.errors import NotFound
from engine.pipeline.belongings import of_dataset
from tests.stored import AT, Kept, a_dataset

COLUMNS = (
    Column(name="day", type="date"),
    *(Column(name=name, type="number") for name in ("revenue", "tv_a", "tv_b", "meta", "clicks", "mail")),
)
MAPPING = Mapping(
    date_var="day",
    dep_var="revenue",
    paid_media_spends=("tv_total", "meta"),
    exposures={"meta": "clicks"},
    paid_media_mapping={"meta": ("clicks",)},
    organic_vars=("mail",),
    channels={"tv_a": "TV", "tv_b": "TV", "meta": "META"},
    labels={"meta": "Meta"},
    made=(Made(name="tv_total", parts=("tv_a", "tv_b"), channel="TV"),),
)


def snapshot(kept: Kept, n: int, scope: str = "", **changes: Any) -> Dataset:
    """A snapshot of its day; with `scope`, one whose roles are a version of their own."""
    at = AT + timedelta(days=n)
    made: dict[str, Any] = {"mapping": MAPPING, "columns": COLUMNS, "created_at": at} | changes
    dataset = a_dataset(f"{at:%Y%m%dT%H%M%SZ}-{n:04x}", **made)
    if scope:
        dataset = dataset.model_copy(
            update={"mapping": dataset.mapping.model_copy(update={"version": f"{scope}/{dataset.ts}"})}
        )
        save_version(kept.storage, version_of(dataset, scope))
    return save_dataset(kept.storage, dataset)


def without(*names: str) -> tuple[Column, ...]:
    return tuple(column for column in COLUMNS if column.name not in names)


def test_a_later_snapshot_takes_the_newest_version_of_its_country_or_of_all() -> None:
    kept = Kept()
    snapshot(kept, 1, "de")
    snapshot(kept, 2, "fr", country="fr")
    everywhere = snapshot(
        kept, 3, paths.UNIVERSAL, country="fr", mapping=MAPPING.model_copy(update={"organic_vars": ()})
    )
    kept.whole()
    mapping, found = mapping_for(kept.storage, "Shop", "de", COLUMNS)
    assert mapping == everywhere.mapping
    assert mapping is not None and mapping.version == f"universal/{everywhere.ts}"
    assert found == ()
    own = snapshot(kept, 4, "de")
    assert mapping_for(kept.storage, "SHOP", "de", COLUMNS)[0] == own.mapping


def test_a_title_without_versions_goes_by_its_newest_snapshot() -> None:
    kept = Kept()
    snapshot(kept, 1)
    newest = snapshot(kept, 2, mapping=MAPPING.model_copy(update={"organic_vars": ()}))
    snapshot(kept, 3, country="fr")
    kept.whole()
    mapping, _ = mapping_for(kept.storage, "Shop", "de", COLUMNS)
    assert mapping == newest.mapping.model_copy(update={"version": newest.id})
    assert mapping_for(kept.storage, "Another", "de", COLUMNS) == (None, ())


def test_new_and_vanished_columns_are_told() -> None:
    kept = Kept()
    snapshot(kept, 1, "de")
    columns = (*without("tv_b", "mail", "clicks"), Column(name="radio_cost", type="number"))
    mapping, found = mapping_for(kept.storage, "Shop", "de", columns)
    assert mapping is not None
    assert mapping.made[0].parts == ("tv_a",)
    assert (mapping.organic_vars, mapping.exposures) == ((), {})
    assert validate_mapping(mapping, columns) == []
    said = {(one.code, one.column): one.text for one in found}
    assert set(said) == {
        *(("mapping.gone", name) for name in ("tv_b", "mail", "clicks")),
        ("mapping.new", "radio_cost"),
    }
    assert said["mapping.gone", "mail"] == "“mail” was organic in the mapping and is not there any more."
    assert said["mapping.gone", "tv_b"] == "“tv_b” was a spend in the mapping and is not there any more."
    assert "looks like a spend" in said["mapping.new", "radio_cost"]


@pytest.mark.parametrize("gone", ["day", "revenue"])
def test_a_mapping_whose_date_or_goal_is_gone_says_so_and_is_not_valid(gone: str) -> None:
    fit = fitted(MAPPING, without(gone), [column.name for column in COLUMNS])
    assert gone in fit.gone
    assert validate_mapping(fit.mapping, without(gone)) != []
    assert [one.column for one in told(fit, without(gone))] == [gone]


def test_columns_that_never_played_a_role_are_not_new() -> None:
    columns = (*COLUMNS, Column(name="note", type="text"))
    kept = Kept()
    snapshot(kept, 1, "de", columns=columns)
    assert mapping_for(kept.storage, "Shop", "de", columns)[1] == ()


def test_what_was_said_in_private_is_not_taken_where_others_hear_of_it() -> None:
    kept = Kept()
    public = snapshot(kept, 1, "de", channel="C1", who="U1")
    private = snapshot(kept, 2, "de", channel="G1", who="U2", mapping=MAPPING.model_copy(update={"organic_vars": ()}))
    kept.whole()
    assert mapping_for(kept.storage, "Shop", "de", COLUMNS, Beside("U1", "C1"))[0] == public.mapping
    assert mapping_for(kept.storage, "Shop", "de", COLUMNS, Beside("U3", "G1"))[0] == private.mapping
    assert mapping_for(kept.storage, "Shop", "de", COLUMNS, Beside("U3", "C9")) == (None, ())
    with pytest.raises(NotFound):
        read_version(kept.storage, f"de/{private.ts}", Beside("U1", "C1"))


def test_versions_are_listed_newest_first_for_the_countries_they_are_for() -> None:
    kept = Kept()
    made = [snapshot(kept, 1, "de"), snapshot(kept, 2, "fr", country="fr"), snapshot(kept, 3, paths.UNIVERSAL)]
    found = mapping_versions(kept.storage, "shop")
    assert [one.ts for one in found] == [one.ts for one in reversed(made)]
    assert [one.scope for one in mapping_versions(kept.storage, "Shop", "de")] == ["universal", "de"]
    version = read_version(kept.storage, found[0].id)
    assert (version.mapping, version.columns) == (made[2].mapping, tuple(column.name for column in COLUMNS))


@pytest.mark.parametrize("name", ["", "de", "de/", "/t", "de/../x", "universal/", "DE/t", "de/none", "x" * 3000])
def test_what_names_no_version_is_not_found(name: str) -> None:
    with pytest.raises(NotFound):
        read_version(Kept().storage, name)


def test_roles_that_were_stored_before_there_were_versions_can_be_gone_back_to() -> None:
    kept = Kept()
    dataset = snapshot(kept, 1)
    assert read_version(kept.storage, dataset.id).mapping == MAPPING


def test_looking_for_a_mapping_takes_four_requests_at_any_age() -> None:
    kept = Kept()
    for n in range(40):
        snapshot(kept, n, "fr", country="fr")
        snapshot(kept, n, channel="C2")
    before = len(kept.world.calls)
    assert mapping_for(kept.storage, "Shop", "de", COLUMNS)[0] is not None
    assert len(kept.asked(before)) <= 4


def test_a_version_goes_with_the_snapshot_that_it_is_of() -> None:
    kept = Kept()
    dataset = snapshot(kept, 1, paths.UNIVERSAL)
    gone = set(of_dataset(kept.storage, "de", dataset.ts, dataset.title, (dataset.ts,)))
    assert paths.mapping_version(paths.UNIVERSAL, dataset.ts) in gone
    assert {entry.path for entry in kept.storage.list(paths.MAPPING_INDEX)} <= gone
