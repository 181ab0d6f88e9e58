"""How values of a configuration are read: lists, days and ranges as people and batch files write them."""

import json
import re
from collections.abc import Iterable
from datetime import date, datetime
from difflib import get_close_matches
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

Range = tuple[float, float]

_MIDNIGHT = re.compile(r"(\d{4}-\d{2}-\d{2})([T ]00:00(:00(\.0+)?)?(Z|\+00:00)?)?")


def split(value: object) -> object:
    """Accept `"a, b"` where a list is meant, as batch files write it."""
    if value is None or value == "":
        return []
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def day(value: object) -> object:
    """Accept a day, also with a time of midnight behind it."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    found = _MIDNIGHT.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise ValueError(f"must be a date such as 2024-01-31, not {shown(value)}")
    try:
        return date.fromisoformat(found[1])
    except ValueError:
        raise ValueError(f"must be a date such as 2024-01-31, not {shown(value)}") from None


def bounds(value: object) -> object:
    """Accept `[low, high]`, `[value]`, a number, or any of these as text, as batch files write them."""
    given: Any = value
    if isinstance(given, str):
        try:
            given = json.loads(given if given.lstrip().startswith("[") else f"[{given}]")
        except (ValueError, RecursionError):
            given = None
    if _number(given):
        given = [given]
    if not isinstance(given, list | tuple) or len(given) not in (1, 2) or not all(map(_number, given)):
        raise ValueError(f"must be [low, high] or one number, not {shown(value)}")
    return tuple(float(one) for one in given)


def shown(value: object) -> str:
    """Return a value as it can stand in a message."""
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}…"


def nearest(name: str, choices: Iterable[str]) -> str:
    """Return the choice that was probably meant, whatever its case; empty if none is near."""
    folded = {choice.casefold(): choice for choice in choices}
    near = get_close_matches(name.casefold(), folded, n=1)
    return folded[near[0]] if near else ""


def _number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    # Neither NaN nor infinite, nor an integer beyond every float.
    return abs(value) < 1e300


Names = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], BeforeValidator(split)]
Day = Annotated[date, BeforeValidator(day)]
OptionalDay = Annotated[date | None, BeforeValidator(lambda value: None if value in (None, "") else day(value))]
# One value (fixed) or two (searched in between).
Bounds = Annotated[tuple[float, ...], BeforeValidator(bounds)]


def pair(given: tuple[float, ...]) -> Range:
    """Return both ends of bounds; a fixed value is both."""
    return (given[0], given[-1])
