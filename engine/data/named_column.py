"""Which column somebody means by what they typed: letter by letter, then as people write names, then by a part."""

from collections.abc import Collection, Mapping
from difflib import SequenceMatcher

from engine.errors import NotFound
from engine.labels import label
from engine.names import alike, bare, quoted

# So many near names are offered; of a name, so much is compared.
NEAR, COMPARED = 3, 200


def named_column(text: str, columns: Collection[str], labels: Mapping[str, str] | None = None) -> str:
    """Return the column that `text` names. Raises NotFound with the nearest three where none or several could be."""
    wanted = bare(text) or text.strip()
    if wanted in columns:
        return wanted
    said = plain(wanted)
    called = {name: {plain(name), plain(label(name)), plain((labels or {}).get(name, ""))} - {""} for name in columns}
    for found in (
        [name for name in columns if plain(name) == said],
        [name for name in columns if said in called[name]],
        [name for name in columns if said and any(said in one for one in called[name])],
    ):
        if len(found) == 1:
            return found[0]
        if found:
            raise _which(wanted, sorted(found, key=len)[:NEAR])
    near = sorted(columns, key=lambda name: -max((_likeness(said, one) for one in called[name]), default=0.0))[:NEAR]
    raise _none(wanted, near)


def plain(name: str) -> str:
    """A name without case, accents and everything between its words."""
    return alike(name[:COMPARED]).replace("-", "")


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other).ratio()


def _which(wanted: str, found: list[str]) -> NotFound:
    return NotFound(f"{quoted(wanted)} could be several columns.", f"Did you mean {_or(found)}?", field="column")


def _none(wanted: str, near: list[str]) -> NotFound:
    todo = f"Did you mean {_or(near)}?" if near else "This dataset has no column of numbers."
    return NotFound(f"There is no column {quoted(wanted)}.", todo, field="column")


def _or(names: list[str]) -> str:
    return " or ".join(f"“{name if len(name) <= COMPARED else name[:COMPARED] + '…'}”" for name in names)
