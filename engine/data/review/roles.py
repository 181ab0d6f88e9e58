"""Columns that the mapping does not know, roles that no column plays any more, and columns of another type."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.columns import Column
from engine.data.mapping import Mapping, validate_mapping
from engine.data.review.told import Told
from engine.data.review.words import named, names

NAMED = 40


@dataclass(frozen=True)
class Strangers:
    """What does not fit between a mapping and the columns. unknown: columns without a role, by their type."""

    unknown: tuple[tuple[str, str], ...]
    wrong: tuple[str, ...]
    of: int

    @property
    def sentence(self) -> str:
        """How many columns have no role, and whether any plays one that it cannot."""
        if not self.unknown and not self.wrong:
            return f"Every one of {self.of:,} columns has a role, and is of the type that it needs."
        told = []
        if self.unknown:
            one = len(self.unknown) == 1
            told.append(f"{len(self.unknown):,} of {self.of:,} columns {'has' if one else 'have'} no role")
        if self.wrong:
            one = len(self.wrong) == 1
            told.append(f"{len(self.wrong):,} {'thing does' if one else 'things do'} not fit the mapping")
        return f"{', and '.join(told)}."

    @property
    def long(self) -> bool:
        """Whether a message has no room for all of them."""
        return len(self.unknown) > NAMED

    @property
    def brief(self) -> str:
        """One line for another message; "" where nothing is odd."""
        if self.wrong:
            return self.sentence
        if not self.unknown:
            return ""
        one = len(self.unknown) == 1
        said = names([name for name, _ in self.unknown], 3)
        return f"{'A column has' if one else f'{len(self.unknown):,} columns have'} no role: {said}."

    def told(self) -> Told:
        """The look as plain data: each column with its type, as many as a message holds; then how many more."""
        by_type: dict[str, list[str]] = {}
        for name, kind in self.unknown[:NAMED]:
            by_type.setdefault(kind, []).append(named(name))
        notes = [f"Of type {kind}: {', '.join(found)}." for kind, found in by_type.items()]
        if len(self.unknown) > NAMED:
            notes.append(f"{len(self.unknown) - NAMED} more are in the file.")
        notes += self.wrong[:NAMED]
        return Told(look="columns", sentence=self.sentence, notes=tuple(notes))


def strangers(mapping: Mapping, columns: Sequence[Column]) -> Strangers:
    """Hold a mapping against the columns of a snapshot."""
    known = {mapping.date_var, *mapping.raw_columns, *mapping.model_columns}
    known |= {part for one in mapping.made for part in one.parts}
    unknown = [(one.name, one.type) for one in columns if one.name not in known]
    wrong = [message for _, message in validate_mapping(mapping, columns)]
    return Strangers(tuple(unknown), tuple(wrong), len(columns))
