"""One source for several countries, and new snapshots of them, as a person in Slack does it."""

from typing import Any

import pytest

from engine.data.listed import list_datasets
from local import workspace
from tests.stack import Stack

CHANNEL = workspace.MARKETING.id
ROLES = {"date_var": "DATE", "dep_var": "REVENUE"}


def with_kind(product: Stack, kind: str) -> dict[str, Any]:
    """The first form, asking for several countries, with the field of a kind of source."""
    ana = product.ana
    ana.type(CHANNEL, "/mmm dataset new")
    form = ana.wait_for_view("dataset_source")
    ana.choose(form, "kind", kind, country="several")
    field = {"table": "table", "select": "sql"}[kind]

    def there() -> dict[str, Any] | None:
        view = ana.view()
        return view if view and any(block["block_id"] == field for block in view["blocks"]) else None

    return ana.wait(there, f"the field {field}")


def asked(product: Stack, title: str, source: dict[str, str]) -> dict[str, Any]:
    """The second form: the roles, and the countries that have rows."""
    [kind] = source
    form = with_kind(product, "select" if kind == "sql" else kind)
    assert product.ana.submit(form, title=title, country="several", channel=CHANNEL, **source)["ok"]
    return product.ana.wait_for_view("dataset_mapping")


def field(form: dict[str, Any], name: str) -> dict[str, Any]:
    return next(block for block in form["blocks"] if block["block_id"] == name)


def parent(product: Stack, title: str, text: str) -> dict[str, Any]:
    """The one message of a round, once it says `text`."""

    def there() -> dict[str, Any] | None:
        found = [
            one for one in product.ana.messages(CHANNEL) if title in one["text"] and "countries done" in one["text"]
        ]
        assert len(found) <= 1
        return found[0] if found and text in str(found[0]["blocks"]) else None

    return product.ana.wait(there, f"the message that says “{text}”")


def reply(product: Stack, card: dict[str, Any], text: str) -> dict[str, Any]:
    """A message in the thread of a round that says `text`."""

    def there() -> dict[str, Any] | None:
        found = product.ana.thread(CHANNEL, card["ts"])[1:]
        return next((one for one in found if text in f"{one['text']} {one['blocks']}"), None)

    return product.ana.wait(there, f"a reply with “{text}”")


@pytest.mark.streamlit("load-dataset", "map-first-countries")
def test_three_countries_of_a_table_become_three_datasets_by_one_read(product: Stack) -> None:
    form = asked(product, "Shop", {"table": "MMM.MARKETING.WEEKLY"})
    chosen = field(form, "countries")["element"]["initial_options"]
    assert {one["value"] for one in chosen} == {"de", "fr", "gb"}
    assert all(" rows" in one["text"]["text"] and "2" in one["description"]["text"] for one in chosen)
    assert product.ana.submit(form, countries=["fr", "de", "gb"])["ok"]
    card = parent(product, "Shop", "3 ready")
    assert "France" in str(card["blocks"]) and "rows" in str(card["blocks"])
    made = [one for one in list_datasets(product.cloud.storage) if one.title == "Shop"]
    assert sorted(one.country for one in made) == ["de", "fr", "gb"]
    end = reply(product, card, "3 of 3 countries have a dataset")
    thread = product.ana.thread(CHANNEL, card["ts"])[1:]
    assert thread[-1] == end
    assert sum("experiment_from_dataset" in str(one["blocks"]) for one in thread) == 3
