"""Drafts, datasets and experiments in the bucket, through the real client."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from engine import paths
from engine.cloud.storage import Storage
from engine.columns import Column
from engine.data.dataset import Dataset, Draft, Source
from engine.data.guess import guess
from engine.data.index import shown_of
from engine.data.listed import find_dataset, list_datasets
from engine.data.mapping import Mapping
from engine.data.records import (
    dataset_at,
    dataset_names,
    read_dataset,
    read_draft,
    read_mapping,
    save_dataset,
    save_draft,
    save_mapping,
    update_draft,
)
from engine.errors import AlreadyExists, BrokenState, NotFound, Unavailable
from engine.experiment import index as of_experiments
from engine.experiment.create import create_experiment
from engine.experiment.experiment import ExperimentForm
from engine.experiment.listed import find_experiment, list_experiments
from engine.experiment.records import read_experiment
from engine.listing import readable

pytestmark = pytest.mark.slow

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
        ("*Web Shop*", "20260201T0"),
        ("`20260101T0`", "20260101T0"),
        ("“de/20260101T0”", "20260101T0"),
        ("«Web Shop».", "20260201T0"),
        ("web shop…", "20260201T0"),
        ("'stores'", "20260301T0"),
    ],
)
def test_a_dataset_is_found_by_what_people_call_it(bucket: Storage, text: str, ts: str) -> None:
    for title, made in (("Web Shop", "20260101T0"), ("Web Shop", "20260201T0"), ("Stores", "20260301T0")):
        save_dataset(bucket, dataset(title, made))
    assert find_dataset(bucket, text).ts == ts


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("DE/AT plan", "DE/AT plan"),
        ("“de/at plan”", "DE/AT plan"),
        ("de/at", "DE/AT"),
        ("a/b/c", "a/b/c"),
        ("größe", "Größe"),
        ("GROSSE", "Größe"),
        ("خطة الربيع", "خطة الربيع"),
        ("春季计划", "春季计划"),
        ("*秋季计划*", "秋季计划"),
        ("весенний ПЛАН", "Весенний план"),
        ("🚀", "🚀"),
        ("Tom & Jerry <2>", "Tom & Jerry <2>"),
        ("*", "*"),
        ("untitled", "untitled"),
    ],
)
def test_a_dataset_is_found_whatever_its_title_is_made_of(bucket: Storage, text: str, title: str) -> None:
    titles = ("DE/AT plan", "DE/AT", "a/b/c", "Größe", "خطة الربيع", "خطة الخريف", "春季计划", "秋季计划")
    for n, made in enumerate((*titles, "Весенний план", "🚀", "Tom & Jerry <2>", "*", "untitled", "!!!")):
        save_dataset(bucket, dataset(made, f"202601{n + 1:02}T0"))
    assert find_dataset(bucket, text).title == title


@pytest.mark.parametrize("country", ["FR", "fra", "f", "fr/../x", "../..", "zz z", "fr\n", "ﬁ", "é1", "f1"])
def test_a_country_that_no_list_could_read_makes_nothing(country: str) -> None:
    with pytest.raises(ValidationError):
        draft(country=country)
    with pytest.raises(ValidationError):
        dataset("Shop", "20260101T0", country)


def test_only_a_form_that_may_be_of_several_countries_has_none() -> None:
    assert draft(country="").country == ""
    with pytest.raises(ValidationError):
        dataset("Shop", "20260101T0", "")


@pytest.mark.parametrize(
    "name", ["../x", "de/../x", "de/", "/", "FR/20260101T0", "de/a b", "de/20260101T0/raw", "de//x"]
)
def test_what_is_no_id_is_not_looked_for(bucket: Storage, name: str) -> None:
    with pytest.raises(NotFound):
        read_dataset(bucket, name)


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


def test_a_country_that_a_title_lacks_is_answered_with_those_it_has(bucket: Storage) -> None:
    for n, country in enumerate(("de", "fr")):
        save_dataset(bucket, dataset("Web Shop", f"2026010{n + 1}T0", country))
    with pytest.raises(NotFound, match="no dataset “web shop” of Italy") as told:
        find_dataset(bucket, "web shop IT")
    assert told.value.todo == "It is there for Germany and France."
    for n, country in enumerate(("at", "be", "cz", "dk", "es", "fi", "gr", "hu", "ie")):
        save_dataset(bucket, dataset("Web Shop", f"2026020{n + 1}T0", country))
    with pytest.raises(NotFound, match="and 3 more countries"):
        find_dataset(bucket, "Web Shop in Italy")


def test_an_object_of_a_newer_version_is_not_misread(bucket: Storage) -> None:
    body = dataset("Shop", "20260101T0").model_dump(mode="json")
    bucket.create(paths.dataset_manifest("de", "20260101T0"), body | {"schema_version": 2})
    bucket.create(paths.dataset_manifest("de", "20260102T0"), {"title": "half"})
    for ts in ("20260101T0", "20260102T0"):
        with pytest.raises(BrokenState):
            read_dataset(bucket, f"de/{ts}")


@pytest.mark.parametrize(
    ("newer", "version"),
    [
        pytest.param({}, None, id="as ever"),
        pytest.param({"source": Source(kind="table", table="T", connection="north")}, 2, id="another warehouse"),
        pytest.param({"rows_of": "de/20260101T000000Z-aaaa"}, 2, id="rows of another snapshot"),
        pytest.param({"mapping_file": "F1"}, 2, id="a file of roles"),
        pytest.param({"rows_in": "rounds/x/rows/y.parquet"}, 2, id="rows of a round"),
    ],
)
def test_a_draft_that_the_release_before_would_carry_out_wrongly_is_not_for_it(
    bucket: Storage, newer: dict[str, Any], version: int | None
) -> None:
    """That one reads objects of version 1, and passes over what it does not know in them."""
    made = save_draft(bucket, draft(**newer))
    stored = bucket.require(paths.draft(made.id), "").body
    assert stored.get("schema_version") == version
    assert read_draft(bucket, made.id) == made
    again = update_draft(bucket, made.id, view_id="V2")
    assert read_draft(bucket, made.id) == again
    assert bucket.require(paths.draft(made.id), "").body.get("schema_version") == version


WAYS = {
    "not JSON": b"{ half",
    "no object": b"[1]",
    "empty": b"",
    "not text": b"\xff\xfe\x00",
    "nested without end": b"[" * 100_000,
    "of a newer version": b'{"schema_version": 2}',
    "not what it should be": b'{"title": 3}',
}


@pytest.mark.parametrize("way", WAYS)
def test_one_unreadable_dataset_breaks_no_list(bucket: Storage, way: str, caplog: pytest.LogCaptureFixture) -> None:
    made = [save_dataset(bucket, dataset(title, ts)) for title, ts in (("B", "20260103T0"), ("A", "20260101T0"))]
    path = paths.dataset_manifest("de", "20260102T0")
    bucket.put_bytes(path, WAYS[way], "application/json")
    found = list_datasets(bucket)
    assert (found, found.unreadable) == ([shown_of(one) for one in made], (path,))
    assert list_datasets(bucket, limit=2) == [shown_of(one) for one in made]
    assert find_dataset(bucket, "a") == made[1]
    with pytest.raises(NotFound, match="1 cannot be read: /mmm doctor"):
        find_dataset(bucket, "nothing like it")
    for name in ("de/20260102T0", "`20260102T0`"):
        with pytest.raises(BrokenState):
            find_dataset(bucket, name)
    assert {record.event for record in caplog.records if hasattr(record, "event")} == {"object_unreadable"}


@pytest.mark.parametrize(
    "path",
    [
        *("datasets/manifest.json", "datasets/de/manifest.json", "datasets/FR/20260102T0/manifest.json"),
        *("datasets/fra/20260102T0/manifest.json", "datasets/de/x/y/manifest.json", "datasets/de/a b/manifest.json"),
        *("datasets/de/20260102T0/manifest.json", "datasets/fr/20260101T0/manifest.json"),
    ],
)
def test_a_dataset_under_a_name_that_is_not_its_own_is_left_out(bucket: Storage, path: str) -> None:
    made = save_dataset(bucket, dataset("A", "20260101T0"))
    bucket.create(path, made)
    found = list_datasets(bucket)
    assert (found, found.unreadable) == ([shown_of(made)], (path,))


def test_what_vanishes_while_a_list_is_read_was_never_there(bucket: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    made = [save_dataset(bucket, dataset(title, ts)) for title, ts in (("B", "20260103T0"), ("A", "20260101T0"))]
    names = dataset_names(bucket)
    bucket.delete(paths.dataset_manifest("de", "20260103T0"))
    found = readable(names, lambda path: dataset_at(bucket, path))
    assert (found, found.unreadable) == (made[1:], ())


def test_storage_that_does_not_answer_is_no_unreadable_object() -> None:
    def read(name: str) -> str:
        raise Unavailable("Cloud Storage does not answer.")

    with pytest.raises(Unavailable):
        readable(["a"], read)


def test_a_short_list_passes_over_what_cannot_be_read_but_not_for_ever() -> None:
    def read(name: str) -> str:
        if name.startswith("b"):
            raise BrokenState("It cannot be read.")
        return name

    assert readable(["b1", "a1", "b2", "a2", "a3"], read, limit=2) == ["a1", "a2"]
    asked = readable([*(f"b{n}" for n in range(1000)), "a"], read, limit=1)
    assert asked == [] and len(asked.unreadable) < 100


@pytest.mark.parametrize("way", WAYS)
def test_one_unreadable_experiment_breaks_no_list_and_stops_no_new_one(bucket: Storage, way: str) -> None:
    made = create_experiment(bucket, FORM, key="k", who="U1", at=NOW)
    bucket.put_bytes(paths.experiment("SHOP_2"), WAYS[way], "application/json")
    found = list_experiments(bucket)
    assert (found, found.unreadable) == ([of_experiments.shown_of(made)], (paths.experiment("SHOP_2"),))
    assert create_experiment(bucket, FORM, key="k2", who="U1", at=NOW).revision == "SHOP_3"
    assert find_experiment(bucket, "shop_1") == made
    with pytest.raises(BrokenState):
        find_experiment(bucket, "SHOP_2")


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
    for text in ("*SHOP_1*", "`shop_1`", "“Shop_1”", "'SHOP_1'.", "_SHOP_1_", "SHOP_1…"):
        assert find_experiment(bucket, text) == made
    assert (made.who, made.created_at, made.tag, made.country) == ("U1", NOW, "SHOP", "de")
    with pytest.raises(NotFound, match="Did you mean SHOP_1"):
        find_experiment(bucket, "SHOP_2")
    with pytest.raises(NotFound, match="/mmm experiment new"):
        read_experiment(bucket, "../x")
