"""From `/mmm` to a first recipe on the sample warehouse, as somebody goes who has never been here: counted."""

from typing import Any

import pytest

from local import workspace
from local.person import Person
from tests.stack import Stack

pytestmark = pytest.mark.slow

CHANNEL = workspace.MARKETING.id
MOST_CLICKS, MOST_TYPED = 12, 4
Json = dict[str, Any]


class Newcomer:
    """Somebody who presses what is offered first. Every press, every choice and every sending is a click."""

    def __init__(self, person: Person) -> None:
        self._person = person
        self.clicks = 0
        self.typed: list[str] = []

    def press_first(self, message: Json) -> str:
        """Press the button that stands out; returns which one it was."""
        offered = [one for block in message["blocks"] for one in block.get("elements", ())]
        [first] = [one for one in offered if one.get("style") == "primary"]
        self.clicks += 1
        self._person.press(CHANNEL, message, first["action_id"])
        return str(first["action_id"])

    def press(self, message: Json, action_id: str) -> None:
        self.clicks += 1
        self._person.press(CHANNEL, message, action_id)

    def choose(self, view: Json, name: str, value: str, **given: Any) -> None:
        self.clicks += 1
        self._person.choose(view, name, value, **given)

    def send(self, view: Json, *, searched: Json | None = None, written: Json | None = None, **kept: Any) -> None:
        """Fill in and send: what is searched for is typed and then clicked, what is written is typed only."""
        searched, written = searched or {}, written or {}
        self.typed += [*searched, *written]
        self.clicks += len(searched) + 1
        answer = self._person.submit(view, **kept, **searched, **written)
        assert not answer.get("errors"), answer


def test_from_mmm_to_a_first_recipe(product: Stack) -> None:
    ana = product.ana
    newcomer = Newcomer(ana)
    ana.type(CHANNEL, "/mmm")
    assert newcomer.press_first(ana.wait_for_message(CHANNEL, "Marketing Mix Models")) == "start_dataset"

    form = ana.wait_for_view("dataset_source")
    newcomer.choose(form, "kind", "table")
    form = ana.wait(lambda: _with_field(ana, "table"), "the field for a table")
    newcomer.send(form, written={"title": "Newcomer"}, searched={"country": "de", "table": "MMM.MARKETING.WEEKLY"})
    newcomer.send(ana.wait_for_view("dataset_mapping"))

    ready = ana.wait_for_message(CHANNEL, "Dataset Newcomer is ready")
    newcomer.press(ready, "dataset_prepare")
    card = ana.wait(lambda: _card(ana, ready["ts"]), "the recipe's card")
    assert newcomer.press_first(card) == "recipe_save"
    ana.wait(lambda: _saved(product) or None, "the recipe")
    assert len(_saved(product)) == 1
    assert newcomer.clicks <= MOST_CLICKS, newcomer.clicks
    assert len(newcomer.typed) <= MOST_TYPED, newcomer.typed


def _saved(product: Stack) -> list[str]:
    return [one.path for one in product.cloud.storage.list("recipes/de/") if "/saved/" in one.path]


def _with_field(ana: Person, name: str) -> Json | None:
    view = ana.view()
    return view if view and any(block["block_id"] == name for block in view["blocks"]) else None


def _card(ana: Person, ts: str) -> Json | None:
    return next((one for one in ana.thread(CHANNEL, ts)[1:] if "recipe_save" in str(one.get("blocks"))), None)
