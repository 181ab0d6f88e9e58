"""Drafts, datasets and experiments in the bucket, through the real client."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from typing import Any

import pytest

from engine import paths
from engine.cloud.storage import Storage
from engine.columns import Column
from engine.data.dataset import Dataset, Draft, Source
from engine.data.guess import guess
from engine.data.mapping import Mapping
from engine.data.records import (
    find_dataset,
    list_datasets,
    read_dataset,
    read_draft,
    read_mapping,
    save_dataset,
    save_draft,
    save_mapping,
    update_draft,
)
from engine.errors import AlreadyExists, BrokenState, NotFound
from engine.experiment.experiment import ExperimentForm
from engine.experiment.records import create_experiment, find_experiment, list_experiments, read_experiment

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MAPPING = Mapping(date_var="day", dep_var="revenue", paid_media_spends=("tv",))


def draft(**changes: Any) -> Draft:
    made = {
        "id": "d1",
        "workspace": "T1",
        "title": "Shop",
        "country": "de",
        "source": Source(kind="csv"),
        "who": "U1",
        "channel": "C1",
        "created_at": NOW,
    }
    return Draft.model_validate(made | changes)


def dataset(title: str, ts: str, country: str = "de") -> Dataset:
    made = {
        "workspace": "T1",
        "title": title,
        "country": country,
        "ts": ts,
        "source": Source(kind="csv", file_name="a.csv"),
        "mapping": MAPPING,
        "columns": (Column(name="day", type="date"),),
        "rows": 156,
        "bytes": 1,
        "crc32c": "AAAAAA==",
        "first_date": date(2022, 1, 3),
        "last_date": date(2024, 12, 23),
        "interval": "week",
        "who": "U1",
        "channel": "C1",
        "created_at": NOW,
    }
    return Dataset.model_validate(made)


def test_a_draft_is_kept_and_changed_field_by_field(bucket: Storage) -> None:
    save_draft(bucket, draft())
    update_draft(bucket, "d1", columns=(Column(name="day", type="date"),))
    update_draft(bucket, "d1", view_id="V1")
    assert read_draft(bucket, "d1") == draft(columns=(Column(name="day", type="date"),), view_id="V1")
    with pytest.raises(AlreadyExists):
        save_draft(bucket, draft())
    with pytest.raises(NotFound, match="no longer known"):
        read_draft(bucket, "d2")


def test_changes_of_a_draft_at_once_are_all_kept(bucket: Storage) -> None:
    save_draft(bucket, draft())
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda change: update_draft(bucket, "d1", **change), [{"view_id": "V1"}, {"title": "New"}]))
    assert (read_draft(bucket, "d1").view_id, read_draft(bucket, "d1").title) == ("V1", "New")


def test_a_mapping_is_chosen_once(bucket: Storage) -> None:
    chosen = guess([Column(name="day", type="date"), Column(name="tv_cost", type="number")])
    saved = save_mapping(bucket, "d1", chosen)
    assert type(saved) is Mapping
    assert save_mapping(bucket, "d1", chosen) == saved == read_mapping(bucket, "d1")
    with pytest.raises(AlreadyExists, match="already sent with other columns"):
        save_mapping(bucket, "d1", MAPPING)


def test_a_dataset_is_published_once(bucket: Storage) -> None:
    made = save_dataset(bucket, dataset("Shop", "20260101T000000Z-aaaa"))
    again = save_dataset(bucket, made.model_copy(update={"rows": 1}))
    assert again == made == read_dataset(bucket, "de/20260101T000000Z-aaaa")
    mapping = bucket.read(paths.mapping("de", made.ts))
    assert mapping is not None
    assert Mapping.model_validate(mapping.body) == MAPPING


def test_datasets_are_listed_newest_first(bucket: Storage) -> None:
    for title, ts, country in (("A", "20260101T0", "fr"), ("B", "20260301T0", "de"), ("C", "20260201T0", "at")):
        save_dataset(bucket, dataset(title, ts, country))
    bucket.put_bytes(paths.raw_data("de", "20270101T0"), b"half made", "application/octet-stream")
    assert [found.title for found in list_datasets(bucket)] == ["B", "C", "A"]
    assert [found.title for found in list_datasets(bucket, limit=1)] == ["B"]


@pytest.mark.parametrize(
    ("text", "ts"),
    [
        ("de/20260101T0", "20260101T0"),
        ("20260101T0", "20260101T0"),
        ("Web Shop", "20260201T0"),
        ("web-shop", "20260201T0"),
        ("  “WEB shop” ", "20260201T0"),
        ("web", "20260201T0"),
        ("stores", "20260301T0"),
    ],
)
def test_a_dataset_is_found_by_what_people_call_it(bucket: Storage, text: str, ts: str) -> None:
    for title, made in (("Web Shop", "20260101T0"), ("Web Shop", "20260201T0"), ("Stores", "20260301T0")):
        save_dataset(bucket, dataset(title, made))
    assert find_dataset(bucket, text).ts == ts


def test_an_unknown_dataset_is_answered_with_the_nearest(bucket: Storage) -> None:
    with pytest.raises(NotFound, match="There is no dataset yet"):
        find_dataset(bucket, "web")
    save_dataset(bucket, dataset("Web Shop", "20260101T0"))
    with pytest.raises(NotFound, match="Did you mean “Web Shop”"):
        find_dataset(bucket, "wbe shop")
    with pytest.raises(NotFound, match="See /mmm dataset list"):
        find_dataset(bucket, "zzzzzzz")
    with pytest.raises(NotFound, match="There is no dataset “de/nope”"):
        find_dataset(bucket, "de/nope")


def test_an_object_of_a_newer_version_is_not_misread(bucket: Storage) -> None:
    body = dataset("Shop", "20260101T0").model_dump(mode="json")
    bucket.create(paths.dataset_manifest("de", "20260101T0"), body | {"schema_version": 2})
    bucket.create(paths.dataset_manifest("de", "20260102T0"), {"title": "half"})
    for ts in ("20260101T0", "20260102T0"):
        with pytest.raises(BrokenState):
            read_dataset(bucket, f"de/{ts}")


FORM = ExperimentForm(dataset_id="de/20260101T0", tag="shop")


def test_experiments_are_numbered_by_tag(bucket: Storage) -> None:
    names = [create_experiment(bucket, FORM, key=f"k{n}", who="U1", at=NOW).revision for n in range(3)]
    other = create_experiment(bucket, FORM.model_copy(update={"tag": ""}), key="k9", who="U1", at=NOW)
    assert (names, other.revision) == (["SHOP_1", "SHOP_2", "SHOP_3"], "DE_1")
    assert [found.revision for found in list_experiments(bucket)] == ["DE_1", "SHOP_3", "SHOP_2", "SHOP_1"]
    assert [found.revision for found in list_experiments(bucket, limit=2)] == ["DE_1", "SHOP_3"]


def test_the_same_request_makes_one_experiment(bucket: Storage) -> None:
    first = create_experiment(bucket, FORM, key="k", who="U1", at=NOW)
    create_experiment(bucket, FORM, key="other", who="U1", at=NOW)
    assert create_experiment(bucket, FORM, key="k", who="U2", at=NOW) == first
    assert len(list_experiments(bucket)) == 2


def test_a_request_that_broke_off_half_way_is_finished(bucket: Storage) -> None:
    first = create_experiment(bucket, FORM, key="k", who="U1", at=NOW)
    bucket.delete(paths.experiment_request("k"))
    assert create_experiment(bucket, FORM, key="k", who="U1", at=NOW) == first
    assert len(list_experiments(bucket)) == 1


def test_requests_at_once_get_different_numbers_and_repetitions_the_same(bucket: Storage) -> None:
    with ThreadPoolExecutor(6) as pool:
        made = list(
            pool.map(
                lambda key: create_experiment(bucket, FORM, key=key, who="U1", at=NOW), ["a", "b", "c", "a", "b", "c"]
            )
        )
    assert len({experiment.revision for experiment in made}) == 3
    assert {experiment.revision for experiment in list_experiments(bucket)} == {e.revision for e in made}


def test_an_experiment_is_found_in_any_case(bucket: Storage) -> None:
    made = create_experiment(bucket, FORM, key="k", who="U1", at=NOW)
    assert find_experiment(bucket, " shop_1 ") == made == read_experiment(bucket, "SHOP_1")
    assert (made.who, made.created_at, made.tag, made.country) == ("U1", NOW, "SHOP", "de")
    with pytest.raises(NotFound, match="Did you mean SHOP_1"):
        find_experiment(bucket, "SHOP_2")
    with pytest.raises(NotFound, match="/mmm experiment new"):
        read_experiment(bucket, "../x")
