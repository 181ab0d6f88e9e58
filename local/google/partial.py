"""`fields`: an answer with the parts that were asked for, as Google's JSON APIs give it."""

import re
from typing import Any

PIECES = re.compile(r"[A-Za-z0-9_*-]+|[(),/]")
Wanted = dict[str, "Wanted"]


class BadFields(Exception):
    """The parameter cannot be read (HTTP 400)."""


def wanted(fields: str) -> Wanted:
    """What `fields` asks for: `items(name,size),nextPageToken`, `a/b`, `*`. Raises BadFields."""
    pieces = PIECES.findall(fields)
    if "".join(pieces) != fields.replace(" ", ""):
        raise BadFields(fields)
    found, left = _list(pieces)
    if left or not found:
        raise BadFields(fields)
    return found


def part_of(answer: Any, asked: Wanted) -> Any:
    """The parts of an answer; what it does not have is left out."""
    if isinstance(answer, list):
        return [part_of(one, asked) for one in answer]
    if not isinstance(answer, dict) or not asked or "*" in asked:
        return answer
    return {name: part_of(value, asked[name]) for name, value in answer.items() if name in asked}


def _list(pieces: list[str]) -> tuple[Wanted, list[str]]:
    found: Wanted = {}
    while True:
        name, pieces = _field(pieces)
        for key, inner in name.items():
            found.setdefault(key, {}).update(inner)
        if not pieces or pieces[0] != ",":
            return found, pieces
        pieces = pieces[1:]


def _field(pieces: list[str]) -> tuple[Wanted, list[str]]:
    if not pieces or pieces[0] in "(),/":
        raise BadFields("".join(pieces))
    name, left = pieces[0], pieces[1:]
    if left and left[0] == "/":
        inner, left = _field(left[1:])
        return {name: inner}, left
    if left and left[0] == "(":
        inner, left = _list(left[1:])
        if not left or left[0] != ")":
            raise BadFields(name)
        return {name: inner}, left[1:]
    return {name: {}}, left
