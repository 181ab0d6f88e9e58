"""Response decomposition: what the fitted response is made of, as a waterfall."""

import numpy as np
import pandas as pd

from engine.charts import titles
from engine.charts.fonts import readable
from engine.charts.legend import Key
from engine.charts.page import Drawing
from engine.charts.rows import Row, lay
from engine.charts.scale import ticks_across
from engine.charts.style import BLUE, GREEN, GREY, INK, MUTED, VERMILLION
from engine.charts.subject import Subject, alternative
from engine.labels import opening
from engine.results.read import INTERCEPT
from engine.results.wording import percent, short

SHOWN = 16
NAMED = 6


def draw(subject: Subject) -> Drawing:
    """Draw one bar per driver, largest first, each from where the last one ended, up to the fitted total."""
    head, names = subject.head, subject.names
    parts = subject.results.model["xDecompAgg"].astype(float)
    parts = parts[parts != 0].sort_values(ascending=False, key=abs)
    rest = parts.iloc[SHOWN - 1 :] if len(parts) > SHOWN else parts.iloc[:0]
    parts = parts.iloc[: len(parts) - len(rest)]
    called = [names[str(name)] for name in parts.index]
    if len(rest):
        parts = pd.concat([parts, pd.Series({"": rest.sum()})])
        called.append(f"{len(rest)} smaller parts")
    values = parts.to_numpy()
    total = float(values.sum())
    starts = np.concatenate([[0.0], values.cumsum()[:-1]])

    title = titles.of_waterfall(head, subject.level, subject.kpi)
    page = subject.page(title, f"What {subject.kpi} is made of, added up over the {head.periods} {head.interval}s")
    rows = [
        Row(name, value=short(value), beside=percent(value / total) if total else "")
        for name, value in zip([*called, "Fitted total"], [*values, total], strict=True)
    ]
    low, high = min(0.0, float((starts + values).min())), max(0.0, total, float((starts + values).max()))
    reach = max(high - low, 1e-9)
    low = low - 0.02 * reach if low < 0 else 0.0
    laid = lay(page, rows, low, high + 0.02 * reach)
    paid = {one.channel for one in head.channels}
    for middle, name, start, value in zip(laid.middles[:-1], parts.index, starts, values, strict=True):
        colour = VERMILLION if value < 0 else BLUE if name in paid else GREY
        laid.plot.axes.barh(middle, value, left=start, color=colour, height=0.2)
    laid.plot.axes.barh(laid.middles[-1], total, color=GREEN, height=0.2)
    if low < 0:
        laid.upright(0.0, INK, thick=0.8)
    laid.name_below(page, ticks_across(low, high, laid.plot.width, page.size.small))
    page.paragraph(opening(subject.kpi_in_unit), page.size.small, MUTED)
    page.skip(0.1)
    page.legend(_keys(subject, parts))
    for note in _notes(subject):
        page.paragraph(note, page.size.small)
        page.skip(0.05)

    leaders = [f"{name} {percent(float(value) / total)}" for name, value in zip(called, values, strict=True)]
    told = " ".join([f"{title}.", *_doubts(subject)])
    start = f"Waterfall of {subject.kpi}: {told} Fitted total {short(total)}. Largest parts:"
    alt = alternative(start, leaders[:NAMED])
    return page.finish(name="waterfall", title=title, alt=alt, footer=subject.footer)


def _keys(subject: Subject, parts: "pd.Series[float]") -> list[Key]:
    paid = {one.channel for one in subject.head.channels}
    keys: list[Key] = []
    if any(name in paid and value > 0 for name, value in parts.items()):
        keys.append(Key("paid media", "block", BLUE))
    if any(name not in paid and value > 0 for name, value in parts.items()):
        keys.append(Key("everything else", "block", GREY))
    if (parts < 0).any():
        keys.append(Key("takes away", "block", VERMILLION))
    return [*keys, Key("all together", "block", GREEN)]


def _doubts(subject: Subject) -> list[str]:
    """That there are parts that no business has, in the verdict's words."""
    found = titles.impossible(subject.head)
    return [] if found is None else [readable(found.text)]


def _notes(subject: Subject) -> list[str]:
    model = subject.results.model
    base = INTERCEPT in model.index and model.at[INTERCEPT, "xDecompAgg"] != 0
    return [*_doubts(subject), *(["Base: what would be there without all the other parts."] if base else [])]
