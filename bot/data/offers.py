"""Remedies as buttons: what a press carries, and how it is read back."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from bot.slack.blocks import button
from bot.slack.carried import read_carried
from bot.slack.limits import BUTTON_VALUE, ELLIPSIS
from engine.data.dataset import Finding, Offer
from engine.errors import NotFound

CHOOSE = "dataset_choose"
LABEL = 70


@dataclass(frozen=True)
class Pressed:
    """What a button said: a choice of a draft, or the mark of one that was too long for a button."""

    draft: str
    key: str = ""
    value: str = ""
    mark: str = ""

    def offer(self, made: Iterable[Offer]) -> Offer:
        """Return the offer that was pressed, among those that were made. Raises NotFound."""
        for one in made:
            if self.mark == mark(one) if self.mark else (one.key, one.value) == (self.key, self.value):
                return one
        raise NotFound("That is no longer on offer.", "Open the columns once more and press it there.")


def offer_button(offer: Offer, draft_id: str, number: int = 0) -> dict[str, Any]:
    """One remedy as a button. `number` tells several of one block apart."""
    action_id = f"{CHOOSE}:{number}" if number else CHOOSE
    label = offer.label if len(offer.label) <= LABEL else offer.label[: LABEL - 1].rstrip() + ELLIPSIS
    return button(label, action_id, _value(offer, draft_id))


def pressed(value: str) -> Pressed:
    """Read a button's value. Raises NotFound for one that is none of ours."""
    try:
        said = read_carried(value)
        return Pressed(str(said["d"]), str(said.get("k", "")), str(said.get("v", "")), str(said.get("m", "")))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise NotFound("That button is no longer known.", "Open the columns once more.") from None


def take_back(key: str, draft_id: str) -> dict[str, Any]:
    """The button that undoes a choice."""
    return offer_button(taken_back(key), draft_id)


def taken_back(key: str) -> Offer:
    return Offer(key=key, value="", label="Take it back")


def made_before(chosen: Mapping[str, str], choices: Mapping[str, str], found: Sequence[Finding]) -> dict[str, str]:
    """Return the choices that no finding on show lets a person change, with the words they were made in."""
    open_ones = {offer.key for one in found for offer in one.offers}
    return {
        key: _of_column(chosen.get(key, "") or f"{key.partition(':')[0]}: {value}", key)
        for key, value in choices.items()
        if key not in open_ones
    }


def _of_column(words: str, key: str) -> str:
    """A choice's words with the column that it is about: the same button stands beside several columns."""
    column = key.partition(":")[2]
    return words if not column or column in words else f"{words} in “{column}”"


def mark(offer: Offer) -> str:
    return sha256(f"{offer.key}\0{offer.value}".encode()).hexdigest()[:24]


def _value(offer: Offer, draft_id: str) -> str:
    value = json.dumps({"d": draft_id, "k": offer.key, "v": offer.value}, ensure_ascii=False)
    # A column's name can be longer than a button may carry.
    return value if len(value.encode()) <= BUTTON_VALUE else json.dumps({"d": draft_id, "m": mark(offer)})
