"""What the buttons of a check carry, and how it is read back: a dataset, a profile, a page, a change of the recipe."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from bot.slack.blocks import button
from bot.slack.carried import read_carried
from bot.slack.limits import BUTTON_VALUE
from engine.data.recipe import Change
from engine.data.recipe_changes import read_change
from engine.errors import BadInput

CHANGE = "check_change"
UNKNOWN = ("That button is no longer known.", "Open the list once more with /mmm check.")
# Of a reason, so much goes with a button.
REASON = 200
# Kinds of a press that are no change of a recipe's own: an accepted finding is forgotten.
FORGET = "forget"


@dataclass(frozen=True)
class Said:
    """What a button said. `mark`s stand for names that a button has no room for."""

    dataset: str
    profile: str = ""
    page: int = 0
    change: Mapping[str, str] | None = None

    @property
    def forgets(self) -> bool:
        return bool(self.change) and (self.change or {}).get("k") == FORGET

    def made(self, names: Iterable[str]) -> Change:
        """The change that was pressed; long names are found again among `names`. Raises BadInput."""
        told = self.change or {}
        known = {mark(name): name for name in names}

        def name(short: str, marked: str) -> str:
            if marked not in told:
                return told.get(short, "")
            if told[marked] not in known:
                raise BadInput("That column is no longer there.", "Open the list once more with /mmm check.")
            return known[told[marked]]

        kind = "accept" if self.forgets else told.get("k", "")
        return read_change(
            {"kind": kind, "column": name("c", "cm"), "value": name("v", "vm"), "reason": told.get("r", "")}
        )


def value(dataset: str, profile: str, page: int = 0) -> str:
    """What a button carries that shows something of a dataset."""
    return json.dumps({"d": dataset, "p": profile, "n": page})


def change_button(
    label: str, dataset: str, profile: str, change: Mapping[str, Any], *, number: int = 0, forget: bool = False
) -> dict[str, Any]:
    """The button of a change. `number` tells several of one message apart."""
    kind = FORGET if forget else str(change["kind"])
    base: dict[str, Any] = {"d": dataset, "p": profile, "k": kind}
    column, chosen, reason = (str(change.get(part, "")) for part in ("column", "value", "reason"))
    told = {"c": column, "v": chosen, "r": reason[:REASON]}
    whole = json.dumps({**base, **told}, ensure_ascii=False)
    if len(whole.encode()) > BUTTON_VALUE:
        whole = json.dumps({**base, **_short("c", column), **_short("v", chosen)})
    return button(label, f"{CHANGE}:{number}", whole)


def _short(name: str, text: str) -> dict[str, str]:
    return {name: text} if len(text.encode()) <= REASON else {f"{name}m": mark(text)}


def said(given: str) -> Said:
    """Read what a button carried: a dataset's id alone, or more. Raises BadInput for what is none of ours."""
    if not given.startswith("{"):
        return Said(given)
    try:
        told = read_carried(given)
        page = told.get("n", 0)
        texts = {key: text for key, text in told.items() if key != "n"}
        if not isinstance(page, int) or not all(isinstance(text, str) for text in texts.values()):
            raise BadInput(*UNKNOWN)
        change = {key: text for key, text in texts.items() if key not in ("d", "p")}
        return Said(texts["d"], texts.get("p", ""), page, change or None)
    except (ValueError, KeyError, AttributeError):
        raise BadInput(*UNKNOWN) from None


def mark(name: str) -> str:
    """A short name of a long one."""
    return sha256(name.encode()).hexdigest()[:24]
