"""Columns to choose from in a form, however many there are and however long their names: a view holds 250 kB.

Where lists would not fit, people search. Of what is chosen already a field shows a first part; the rest stays chosen,
which is told, and a file can change it.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.slack.form import Choice, multi_search_select, multi_select, search_select, select
from bot.slack.limits import OPTION_VALUE, OPTIONS

# Of the bytes of a view: for all lists together, for what is chosen in one field, for the fields of exposures.
LISTS_BYTES: Final = 110_000
CHOSEN_BYTES: Final = 18_000
EXPOSURES_BYTES: Final = 60_000
VIEW_BYTES: Final = 240_000


def size(value: object) -> int:
    """How many bytes something takes as JSON."""
    return len(json.dumps(value))


def fits_lists(*lists: tuple[Sequence[Choice], int]) -> bool:
    """Whether lists fit into a form, each in so many fields."""
    if any(len(choices) > OPTIONS for choices, _ in lists):
        return False
    return sum(size([choice.option() for choice in choices]) * fields for choices, fields in lists) <= LISTS_BYTES


def first_chosen(names: Sequence[str]) -> tuple[str, ...]:
    """The part of what is chosen that a field shows."""
    left = CHOSEN_BYTES
    shown: list[str] = []
    for name in names:
        left -= size(Choice(name, name).option())
        if left < 0 or len(shown) == OPTIONS:
            break
        shown.append(name)
    return tuple(shown)


def kept(names: Sequence[str]) -> tuple[str, ...]:
    """The part that no field shows: too long for any option, or beyond what a field shows. It stays chosen."""
    offered = [name for name in names if len(name) <= OPTION_VALUE]
    shown = len(first_chosen(offered))
    return (*(name for name in names if len(name) > OPTION_VALUE), *offered[shown:])


@dataclass(frozen=True)
class Picking:
    """How columns are picked in one form: from lists, or by searching."""

    listed: bool

    def one(self, choices: Sequence[Choice], initial: str, placeholder: str = "Choose one") -> dict[str, Any]:
        if self.listed and len(choices) <= OPTIONS:
            return select(choices, initial, placeholder)
        return search_select(Choice(initial, initial) if initial else None)

    def many(self, choices: Sequence[Choice], initial: Sequence[str]) -> dict[str, Any]:
        shown = first_chosen(initial)
        if self.listed and len(choices) <= OPTIONS:
            return multi_select(choices, shown)
        return multi_search_select([Choice(name, name) for name in shown])
