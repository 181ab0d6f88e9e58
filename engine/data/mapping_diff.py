"""What differs between two mappings, column by column."""

from dataclasses import dataclass
from typing import Final

from engine.data.mapping import Mapping
from engine.data.sheet import FOR_PEOPLE, HEAD, cells_of

# What people call the columns of a sheet.
CALLED: Final = {"sub_channel": "part", "exposure_of": "exposure of", "goal": "counts"}


@dataclass(frozen=True)
class ColumnChange:
    """What is said of one column before and after: by field, as a sheet says it."""

    column: str
    fields: tuple[tuple[str, str, str], ...]


def mapping_changes(before: Mapping, after: Mapping) -> list[ColumnChange]:
    """Return every column of which the two say something else, with each field: name, before, after."""
    names = dict.fromkeys((*_named(before), *_named(after)))
    sums = [{one.name: " + ".join(one.parts) for one in mapping.made} for mapping in (before, after)]
    found = []
    for name in names:
        old, new = cells_of(before, name), cells_of(after, name)
        fields = [
            (CALLED.get(field, field), old[field], new[field])
            for field in HEAD[1:]
            if field not in FOR_PEOPLE and old[field] != new[field] and not _follows(field, old, new)
        ]
        parts = [one.get(name, "") for one in sums]
        if parts[0] != parts[1]:
            fields.append(("adds up", parts[0], parts[1]))
        if fields:
            found.append(ColumnChange(name, tuple(fields)))
    if before.currency != after.currency:
        found.append(ColumnChange("", (("currency", before.currency, after.currency),)))
    if before.week_dated != after.week_dated:
        found.append(
            ColumnChange("", (("a week is dated by its", f"{before.week_dated} day", f"{after.week_dated} day"),))
        )
    return found


def _follows(field: str, old: dict[str, str], new: dict[str, str]) -> bool:
    """Whether a difference only follows from another one: of the role, or of the dataset's currency."""
    if field == "currency":
        return True
    gone = old["role"] != new["role"]
    return gone and field in ("aggregation", "goal", "modelled", "exposure_of") and "" in (old[field], new[field])


def _named(mapping: Mapping) -> list[str]:
    said = [name for field in ("channels", "sub_channels", "tags", "labels") for name in getattr(mapping, field)]
    made = [name for one in mapping.made for name in (one.name, *one.parts)]
    return [name for name in (*mapping.model_columns, *mapping.raw_columns, *made, *said) if name]
