"""Response decomposition: what the fitted response is made of, as a waterfall."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from engine.charts import titles
from engine.charts.fonts import readable
from engine.charts.legend import Key
from engine.charts.page import Drawing
from engine.charts.rows import Row, lay
from engine.charts.scale import ticks_across
from engine.charts.style import BLUE, GREEN, GREY, INK, MUTED, VERMILLION
from engine.charts.subject import Subject, alternative
from engine.labels import listed, opening
from engine.number_words import percent, short
from engine.results.read import INTERCEPT

SHOWN = 16
NAMED = 6
TREND = "trend"
# Shares of all that are no part, and names of counted variables in a note.
NOTHING, COUNTED = 1e-6, 3
Kind = Literal["paid", "other", "total"]


@dataclass(frozen=True)
class Part:
    """One bar: what it is called, what it brings in the window, and whether that is paid."""

    name: str
    value: float
    kind: Kind


def draw(subject: Subject) -> Drawing:
    """Draw one bar per driver, largest first, each from where the last one ended, up to the fitted total."""
    head = subject.head
    parts = parts_of(subject)
    called, values = [part.name for part in parts], np.array([part.value for part in parts])
    total = float(values.sum())
    starts = np.concatenate([[0.0], values.cumsum()[:-1]])

    title = titles.of_waterfall(head, subject.level, subject.kpi)
    page = subject.page(title, f"The parts of {subject.kpi}, added up over the {head.periods} {head.interval}s")
    rows = [
        Row(name, value=short(value), beside=percent(value / total) if total else "")
        for name, value in zip([*called, "Fitted total"], [*values, total], strict=True)
    ]
    low, high = min(0.0, float((starts + values).min())), max(0.0, total, float((starts + values).max()))
    reach = max(high - low, 1e-9)
    low = low - 0.02 * reach if low < 0 else 0.0
    laid = lay(page, rows, low, high + 0.02 * reach)
    for middle, start, part in zip(laid.middles[:-1], starts, parts, strict=True):
        colour = VERMILLION if part.value < 0 else BLUE if part.kind == "paid" else GREY
        laid.plot.axes.barh(middle, part.value, left=start, color=colour, height=0.2)
    laid.plot.axes.barh(laid.middles[-1], total, color=GREEN, height=0.2)
    if low < 0:
        laid.upright(0.0, INK, thick=0.8)
    laid.name_below(page, ticks_across(low, high, laid.plot.width, page.size.small))
    page.paragraph(opening(subject.kpi_in_unit), page.size.small, MUTED)
    page.skip(0.1)
    page.legend(_keys(parts))
    for note in _notes(subject):
        page.paragraph(note, page.size.small)
        page.skip(0.05)

    leaders = [f"{name} {percent(float(value) / total)}" for name, value in zip(called, values, strict=True)]
    told = " ".join([f"{title}.", *_doubts(subject)])
    start = f"Waterfall of {subject.kpi}: {told} Fitted total {short(total)}. Largest parts:"
    alt = alternative(start, leaders[:NAMED])
    return page.finish(name="waterfall", title=title, alt=alt, footer=subject.footer)


def parts_of(subject: Subject) -> list[Part]:
    """The bars, the largest first. Base and trend are one: how a level is split between them says nothing.

    What counts from its mean has none; what is too small for a bar of its own is added up.
    """
    found, paid = subject.results.parts, {one.channel for one in subject.head.channels}
    level = [name for name in (INTERCEPT, TREND) if name in found and name not in paid]
    names = {name: subject.names[name] for name in map(str, found.index) if name not in level}
    parts = [Part(named, float(found[name]), "paid" if name in paid else "other") for name, named in names.items()]
    if level:
        parts.append(Part(_base(subject), float(found[level].sum()), "other"))
    least = NOTHING * abs(float(found.sum()))
    parts = sorted((part for part in parts if abs(part.value) > least), key=lambda part: -abs(part.value))
    if len(parts) <= SHOWN:
        return parts
    kept, rest = parts[: SHOWN - 2], parts[SHOWN - 2 :]
    channels, others = ([part for part in rest if part.kind == kind] for kind in ("paid", "other"))
    return [*kept, *_together(channels, "smaller channels"), *_together(others, "smaller parts")]


def _together(parts: list[Part], name: str) -> list[Part]:
    """One bar of several; a single one keeps its own."""
    if len(parts) < 2:
        return parts
    return [Part(f"{len(parts)} {name}", sum(part.value for part in parts), parts[0].kind)]


def _base(subject: Subject) -> str:
    return "Base and trend" if TREND in subject.results.parts else subject.names[INTERCEPT]


def _keys(parts: list[Part]) -> list[Key]:
    keys: list[Key] = []
    if any(part.kind == "paid" and part.value > 0 for part in parts):
        keys.append(Key("paid media", "block", BLUE))
    if any(part.kind == "other" and part.value > 0 for part in parts):
        keys.append(Key("everything else", "block", GREY))
    if any(part.value < 0 for part in parts):
        keys.append(Key("takes away", "block", VERMILLION))
    return [*keys, Key("all together", "block", GREEN)]


def _doubts(subject: Subject) -> list[str]:
    """That there are parts that no business has, in the verdict's words."""
    found = titles.impossible(subject.head)
    return [] if found is None else [readable(found.text)]


def _notes(subject: Subject) -> list[str]:
    """What the base is, and what counts from its mean."""
    results = subject.results
    notes = [*_doubts(subject), f"{_base(subject)}: what would be there without the other parts."]
    from_mean = [
        subject.names[name]
        for name in results.summary.context_vars
        if name in results.parts and results.parts[name] == 0 and results.model.at[name, "xDecompAgg"] != 0
    ]
    if from_mean:
        more = len(from_mean) - COUNTED
        named = listed(from_mean if more <= 0 else [*from_mean[:COUNTED], f"{more} more"])
        counts = "counts from its mean, which is" if len(from_mean) == 1 else "count from their means, which are"
        notes.append(f"{named} {counts} in the base: ups and downs around it add up to 0.")
    return notes
