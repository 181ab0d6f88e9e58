"""`/mmm cache` over signed HTTP: what is kept, how old, of what use; thrown away by admins alone."""

from collections.abc import Iterator
from typing import Any

import pytest

from engine import paths
from engine.data.dataset import Dataset
from engine.data.records import dataset_at, dataset_names
from local import workspace
from local.person import Person
from tests.stack import Stack, stack

pytestmark = [pytest.mark.slow, pytest.mark.streamlit("query-cache")]
CHANNEL, PRIVATE = workspace.MARKETING.id, workspace.LAUNCH.id
Json = dict[str, Any]


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with stack(tmp_path_factory.mktemp("cache"), admins='["U0ANA"]', viewers='["U0BEN"]') as running:
        yield running


def made(product: Stack, title: str, channel: str = CHANNEL) -> Dataset:
    ana, given = product.ana, {"title": title, "country": "fr"}
    ana.type(CHANNEL, "/mmm dataset new")
    ana.choose(ana.wait_for_view("dataset_source"), "kind", "table", **given)

    def there() -> Json | None:
        view = ana.view()
        return view if view and any(block["block_id"] == "table" for block in view["blocks"]) else None

    form = ana.wait(there, "the table field")
    assert ana.submit(form, **given, table="MMM.MARKETING.WEEKLY", channel=channel)["ok"]
    assert ana.submit(ana.wait_for_view("dataset_mapping"))["ok"]
    ana.wait_for_message(channel, f"Dataset {title} is ready")
    return dataset_at(product.cloud.storage, dataset_names(product.cloud.storage)[0])


def newest(person: Person) -> str:
    return max((str(one["ts"]) for one in person.messages(CHANNEL)), default="0")


def said(person: Person, text: str, says: str) -> Json:
    after = newest(person)
    person.type(CHANNEL, text)
    told = person.wait_for_message(CHANNEL, says, after=after)
    assert told["ephemeral"], "for whoever asked alone"
    return told


def kept(product: Stack) -> list[str]:
    return [entry.path for entry in product.cloud.storage.list(paths.CACHE)]


def test_a_second_dataset_asks_nobody_says_how_old_its_rows_are_and_the_cache_tells(product: Stack) -> None:
    ana = product.ana
    said(ana, "/mmm cache", "No rows of a warehouse are kept now")
    first, second = made(product, "One"), made(product, "Two")
    assert first.query_id == second.query_id != ""
    ready = ana.wait_for_message(CHANNEL, "Dataset Two is ready")
    assert "as the warehouse gave them a minute ago" in str(ready["blocks"])
    assert "as the warehouse gave them" not in str(ana.wait_for_message(CHANNEL, "Dataset One is ready")["blocks"])
    told = str(said(ana, "/mmm cache", "Rows of warehouses: 1 result")["blocks"])
    assert "Of 2 readings, 1 (50%) came from here" in told
    assert "MMM.MARKETING.WEEKLY\\ndefault as MMM_READER" in told and "used again 1 time" in told
    assert "None of them has" in str(said(ana, "/mmm cache nowhere", "Rows of warehouses: 1 result")["blocks"])


def test_who_may_only_look_sees_what_is_kept_and_cannot_throw_it_away(product: Stack) -> None:
    told = said(product.ben, "/mmm cache", "Rows of warehouses: 1 result")
    assert "Throw" not in str(told["blocks"])
    for_admins = said(product.ana, "/mmm cache", "Rows of warehouses: 1 result")
    before = newest(product.ben)
    product.ben.press(CHANNEL, for_admins, "cache_clear_all")
    product.ben.wait_for_message(CHANNEL, "admin", after=before)
    assert len(kept(product)) == 1


def test_what_is_read_in_private_is_shown_to_nobody_else(product: Stack) -> None:
    private = made(product, "Secret plan", channel=PRIVATE)
    assert private.query_id, "what everybody may see served in private, too"
    assert "1 result" in said(product.ben, "/mmm cache", "Rows of warehouses")["text"]


def test_an_admin_throws_one_away_and_all_and_the_warehouse_is_asked_again(product: Stack) -> None:
    ana = product.ana
    dataset = dataset_at(product.cloud.storage, dataset_names(product.cloud.storage)[0])
    told = said(ana, "/mmm cache", "Rows of warehouses: 1 result")
    after = newest(ana)
    ana.pick(CHANNEL, told, "cache_clear", dataset.kept_as)
    ana.wait_for_message(CHANNEL, "That result is gone", after=after)
    assert kept(product) == []
    anew = made(product, "Three")
    assert anew.query_id != dataset.query_id
    told = said(ana, "/mmm cache", "Rows of warehouses: 1 result")
    after = newest(ana)
    ana.press(CHANNEL, told, "cache_clear_all")
    ana.wait_for_message(CHANNEL, "Everything that was kept is gone: 1 result", after=after)
    assert kept(product) == []
    ana.press(CHANNEL, told, "cache_clear_all")
    ana.wait_for_message(CHANNEL, "Nothing was kept (any more).", after=after)
