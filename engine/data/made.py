"""Columns that are made of others: a channel's total, or what its columns of one tag add up to.

A column stands for itself in a model or is in a sum, never both: its money would count twice.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Made(BaseModel):
    """A column that the rows of a source do not hold: `parts`, added up row by row.

    A part without a value in a row counts as nothing there; where no part has one, the made column has none either.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    parts: tuple[str, ...] = Field(description="Columns of the source, of one measure: all spend, or all clicks.")
    how: Literal["sum"] = "sum"
    kind: Literal["tag", "total"] = "total"
    tag: str = Field(default="", description="The tag whose columns it adds up, where it is of one.")
    channel: str = Field(default="", description="The channel whose columns it adds up, where it is of one.")


def parts_of(names: Iterable[str], made: Sequence[Made]) -> tuple[str, ...]:
    """Return the columns of the source that `names` stand for, once each, in order: of a made one, its parts."""
    by_name = {one.name: one.parts for one in made}
    return tuple(dict.fromkeys(part for name in names for part in by_name.get(name, (name,))))


def counted_twice(names: Sequence[str], made: Sequence[Made]) -> list[tuple[str, str, str]]:
    """Return each made column among `names` that shares a part with another of them: (made, the other, the part)."""
    by_name: Mapping[str, tuple[str, ...]] = {one.name: one.parts for one in made}
    holder: dict[str, str] = {}
    found: list[tuple[str, str, str]] = []
    # The columns of the source first: so that it is always the sum that is told to hold them.
    for name in sorted(dict.fromkeys(names), key=lambda one: one in by_name):
        for part in by_name.get(name, (name,)):
            if part in holder and holder[part] != name:
                found.append((name, holder[part], part))
                break
            holder[part] = name
    return found


def without_parts(names: Sequence[str], chosen: Made, made: Sequence[Made] = ()) -> tuple[tuple[str, ...], list[str]]:
    """Return `names` with `chosen` and without whatever shares a part with it, and what went.

    `chosen` takes the place of the first that went; where none did, it stands last.
    """
    by_name: Mapping[str, tuple[str, ...]] = {one.name: one.parts for one in made}
    parts = set(chosen.parts)
    gone = [name for name in names if name != chosen.name and parts & set(by_name.get(name, (name,)))]
    kept: list[str] = []
    for name in names:
        put = chosen.name if name in gone or name == chosen.name else name
        if put not in kept:
            kept.append(put)
    if chosen.name not in kept:
        kept.append(chosen.name)
    return tuple(kept), gone
