"""Which of the original's files a file is, by what is in it; and of several settings in one, those for a country."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

LISTS: Final = ("paid_media_spends", "paid_media_vars", "organic_vars", "context_vars", "factor_vars")
Settings = dict[str, Any]


@dataclass(frozen=True)
class Found:
    """The settings in a file; `rows` says where each stands, as a spreadsheet numbers it, where it is a table."""

    settings: tuple[Settings, ...]
    rows: tuple[int, ...] = ()


@dataclass(frozen=True)
class Taken:
    """The settings that are read, and what is to be said about the others."""

    body: Settings
    notes: tuple[str, ...] = field(default=())


def in_json(text: str) -> Found | None:
    """Return what a JSON file holds that is the original's; None where it holds nothing of the kind."""
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if isinstance(body, dict) and isinstance(body.get("entries"), list):
        body = body["entries"]
    given = body if isinstance(body, list) else [body]
    found = tuple(_inside(one) for one in given if isinstance(one, dict))
    return Found(found) if found and all(_is_ours(one) for one in found) else None


def in_table(rows: Iterable[tuple[int, Sequence[str]]]) -> Found | None:
    """Return the settings of a table with a row each; None where its head does not name them."""
    listed = list(rows)
    if not listed:
        return None
    head = [name.strip().lower() for name in listed[0][1]]
    if not {"paid_media_spends", "dep_var"} <= set(head):
        return None
    body = [
        (
            row,
            {name: cells[at].strip() for at, name in enumerate(head) if name and at < len(cells) and cells[at].strip()},
        )
        for row, cells in listed[1:]
    ]
    kept = [(row, one) for row, one in body if one]
    return Found(tuple(one for _, one in kept), tuple(row for row, _ in kept))


def as_found(found: Found, country: str) -> Taken | str:
    """Return the settings for a country among those of a file, or why there are none."""
    if not found.settings:
        return "The file holds no settings."
    of_it = [at for at, one in enumerate(found.settings) if _country(one) == country.lower()]
    if not of_it and len(found.settings) == 1:
        named = _country(found.settings[0])
        note = f"The settings were made for {named.upper()}; they are taken for {country.upper()}."
        return Taken(found.settings[0], (note,) if named not in ("", "universal") else ())
    if not of_it:
        named = ", ".join(sorted({_country(one).upper() or "no country" for one in found.settings})[:20])
        return f"The file holds settings for {named}, and none for {country.upper()}."
    notes = []
    if len(of_it) > 1:
        where = f" (rows {', '.join(str(found.rows[at]) for at in of_it[1:21])})" if found.rows else ""
        notes.append(
            f"The file holds {len(of_it)} settings for {country.upper()}: the first is taken, not the others{where}."
        )
    others = len(found.settings) - len(of_it)
    if others:
        notes.append(f"Settings for other countries are not taken: {others} of them.")
    return Taken(found.settings[of_it[0]], tuple(notes))


def _country(one: Settings) -> str:
    return str(one.get("country") or "").strip().lower()


def _inside(one: Settings) -> Settings:
    inner = one.get("params")
    return inner if isinstance(inner, dict) else one


def _is_ours(one: Settings) -> bool:
    mapping = one.get("mapping")
    if isinstance(mapping, dict) and set(LISTS) & set(mapping):
        return True
    return "selected_goal" in one or {"paid_media_spends", "dep_var"} <= set(one)
