"""Sums that columns can be put into: a channel's total, or its columns of one tag. Total or parts, never both.

A sum adds up columns of one channel and one measure: all costs of `TV`, or all its clicks. It is called
`{CHANNEL}_TOTAL_{SUFFIX}` or `{CHANNEL}_{TAG}_{SUFFIX}`. What is said of a spend (its tags, how rows become one) is
said of its exposures, too.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from engine.columns import Column
from engine.data.column_words import words
from engine.data.made import Made, without_parts
from engine.data.mapping import Mapping
from engine.data.naming import is_total, named

TOTAL = "total"


def possible_sums(mapping: Mapping, columns: Sequence[Column]) -> tuple[Made, ...]:
    """Return every sum that the media columns of a mapping could be put into, those it has already first.

    Columns of one channel and one measure make its total; those of one tag among them, a sum of that tag. A sum has at
    least two parts. A column that calls itself a total is no part of one.
    """
    taken = {column.name for column in columns}
    numbers = {column.name for column in columns if column.type in ("number", "boolean")}
    found = {one.name: one for one in mapping.made}
    groups: dict[tuple[str, str, str], list[str]] = {}
    for name, channel in mapping.channels.items():
        if name not in numbers or is_total(name) or not channel:
            continue
        suffix = measure(name)
        groups.setdefault((channel, "", suffix), []).append(name)
        for tag in mapping.tags.get(name, ()):
            groups.setdefault((channel, tag, suffix), []).append(name)
    for (channel, tag, _), parts in groups.items():
        if len(parts) > 1:
            one = made_of(parts, channel, tag, taken)
            found.setdefault(one.name, one)
    return tuple(found.values())


def measure(column: str) -> str:
    """What a column measures, by the end of its name: `COST`, `CLICKS`; the last word where none is known."""
    return named(column).suffix or words(column)[-1:][0].upper() if words(column) else ""


def made_of(parts: Sequence[str], channel: str, tag: str, taken: Iterable[str] = ()) -> Made:
    """Return the sum of `parts` under its name by the convention; another one where a column is called so already."""
    name = "_".join(part for part in (channel, _word(tag) or "TOTAL", measure(parts[0])) if part)
    name = name.lower() if all(part == part.lower() for part in parts) else name
    there = set(taken)
    while name in there:
        name += "_sum" if name == name.lower() else "_SUM"
    return Made(name=name, parts=tuple(parts), kind="tag" if tag else "total", tag=tag, channel=channel)


def _word(tag: str) -> str:
    return "_".join(words(tag)).upper()


@dataclass(frozen=True)
class Summed:
    """A mapping in which a sum was chosen: `out` are the columns that it took the place of."""

    mapping: Mapping
    out: tuple[str, ...] = ()
    told: tuple[str, ...] = ()


def with_sum(mapping: Mapping, chosen: Made, columns: Sequence[Column]) -> Summed:
    """Return `mapping` with a sum as a spend, in the place of its parts; their exposures are added up likewise.

    Where its parts are not all told by exposures of one measure, the sum is modelled on its spend, and that is told.
    """
    made = _with(mapping.made, chosen)
    spends, out = without_parts(mapping.paid_media_spends, chosen, made)
    exposures = {spend: name for spend, name in mapping.exposures.items() if spend not in out}
    bought = {spend: names for spend, names in mapping.paid_media_mapping.items() if spend not in out}
    told: list[str] = []
    of_parts = [_bought(mapping, part) for part in chosen.parts]
    taken = {column.name for column in columns}
    sums: list[Made] = []
    for suffix in dict.fromkeys(measure(name) for names in of_parts for name in names):
        parts = tuple(dict.fromkeys(name for names in of_parts for name in names if measure(name) == suffix))
        whole = all(any(measure(name) == suffix for name in names) for names in of_parts)
        if whole and len(parts) > 1:
            sums.append(made_of(parts, chosen.channel, chosen.tag, taken))
    modelled = {measure(name) for part in chosen.parts if (name := mapping.exposures.get(part))}
    for one in sums:
        made = _with(made, one)
        bought[chosen.name] = (*bought.get(chosen.name, ()), one.name)
        if measure(one.parts[0]) in modelled and chosen.name not in exposures:
            exposures[chosen.name] = one.name
    if modelled and chosen.name not in exposures:
        told.append(
            f"“{short(chosen.name)}” is modelled on its spend: not all of its parts have the same kind of exposure."
        )
    if out:
        told.insert(0, f"“{short(chosen.name)}” takes the place of {_listed(out)}, which it adds up.")
    changed: dict[str, Any] = {
        "paid_media_spends": spends,
        "exposures": exposures,
        "paid_media_mapping": bought,
        "made": made,
        "channels": mapping.channels
        | ({name: chosen.channel for name in (chosen.name, *(one.name for one in sums))} if chosen.channel else {}),
    }
    return Summed(mapping.model_copy(update=changed), tuple(out), tuple(told))


def settled(before: Sequence[str], mapping: Mapping, columns: Sequence[Column]) -> Summed:
    """Return `mapping` after spends were chosen anew, so that nothing counts twice: what was chosen last stays.

    before: the spends that were chosen until then. A sum that is new takes the place of its parts; a part that is new,
    of the sums that hold it.
    """
    sums = {one.name: one for one in possible_sums(mapping, columns)}
    chosen = {name for name in mapping.paid_media_spends if name in sums}
    made = tuple(one for one in sums.values() if one.name in chosen or one in mapping.made)
    done = Summed(mapping.model_copy(update={"made": made}))
    for name in mapping.paid_media_spends:
        if name in before or name not in done.mapping.paid_media_spends:
            continue
        if name in sums:
            step = with_sum(done.mapping, sums[name], columns)
            done = Summed(step.mapping, (*done.out, *step.out), (*done.told, *step.told))
            continue
        holders = [one for one in chosen if name in sums[one].parts and one in done.mapping.paid_media_spends]
        if holders:
            left = tuple(one for one in done.mapping.paid_media_spends if one not in holders)
            exposures = {spend: on for spend, on in done.mapping.exposures.items() if spend not in holders}
            kept = done.mapping.model_copy(update={"paid_media_spends": left, "exposures": exposures})
            said = f"“{short(name)}” is a part of {_listed(holders)}, which is taken out: the total or its parts."
            done = Summed(kept, (*done.out, *holders), (*done.told, said))
    return done


def carried(mapping: Mapping) -> Mapping:
    """Return `mapping` with what is said of a spend said of its exposures: its tags, and how its rows become one.

    What was said of an exposure itself stays.
    """
    tags, aggregation = dict(mapping.tags), dict(mapping.aggregation)
    for spend in mapping.paid_media_spends:
        for name in _bought(mapping, spend):
            if spend in tags:
                tags.setdefault(name, tags[spend])
            if spend in aggregation:
                aggregation.setdefault(name, aggregation[spend])
    return mapping.model_copy(update={"tags": tags, "aggregation": aggregation})


def used_sums(mapping: Mapping) -> Mapping:
    """Return `mapping` with those sums alone that play a role: others can be made again whenever they are wanted."""
    played = {*mapping.model_columns, *(name for names in mapping.paid_media_mapping.values() for name in names)}
    return mapping.model_copy(update={"made": tuple(one for one in mapping.made if one.name in played)})


def _bought(mapping: Mapping, spend: str) -> tuple[str, ...]:
    """All that says what a spend bought; the modelled one first."""
    modelled = mapping.exposures.get(spend)
    named_all = (*([modelled] if modelled else []), *mapping.paid_media_mapping.get(spend, ()))
    return tuple(dict.fromkeys(name for name in named_all if name != spend))


def _with(made: Sequence[Made], one: Made) -> tuple[Made, ...]:
    return (*(each for each in made if each.name != one.name), one)


def short(name: str, most: int = 60) -> str:
    """A name within a sentence: whole, unless it is very long."""
    return name if len(name) <= most else name[: most - 1] + "…"


def _listed(names: Sequence[str], most: int = 3) -> str:
    shown = ", ".join(f"“{short(name, 40)}”" for name in names[:most])
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")
