"""Filters of a review, all in one form: what to show, of which country, over which time, by which period."""

from collections.abc import Sequence
from typing import Any

from bot.act import Errors
from bot.slack.blocks import context
from bot.slack.form import Choice, Values, View, field, modal, search_select, select, text_input
from bot.slack.limits import OPTIONS, Block
from engine.data.countries import country_name
from engine.data.dataset import Dataset
from engine.data.index import DatasetLine
from engine.data.mapping import Mapping as Roles
from engine.data.review.filters import LOOKS, Filters, mark, marked
from engine.data.review.periods import BY, offered
from engine.data.review.timeframes import OFFERED, TO_TYPE, read_timeframe

FORM = "review_filters"
USUAL = "usual"
LONGEST = 60


def form(
    dataset: Dataset,
    others: Sequence[DatasetLine],
    filters: Filters,
    *,
    channel: str,
    thread: str,
) -> View:
    """The form, filled with what is shown. others: the datasets of this title in other countries, newest each."""
    typed = "" if filters.timeframe in OFFERED else filters.timeframe
    looks = [Choice(look, words) for look, words in LOOKS.items() if look != "countries" or others]
    blocks: list[Block] = [field("review_look", "Show", select(looks, filters.look))]
    if others:
        blocks.append(field("review_country", "Country", _countries(dataset, others)))
    frames = [Choice(key, words) for key, words in OFFERED.items()]
    chosen = select(frames, "" if typed else filters.timeframe)
    blocks += [
        field("review_timeframe", "Timeframe", chosen, optional=True),
        field(
            "review_typed",
            "Or another one",
            text_input(typed, "Q1 2025", most=LONGEST),
            hint=f"Say {TO_TYPE.replace('`', '')}. It counts where it is filled in.",
            optional=True,
        ),
    ]
    periods = [
        Choice(USUAL, "As usual for that time"),
        *(Choice(one, BY[one].capitalize()) for one in offered(dataset.interval)),
    ]
    blocks.append(field("review_period", "Period", select(periods, filters.period or USUAL)))
    goals = list(dataset.mapping.goal_kinds)
    if len(goals) > 1:
        main = marked(goals, filters.goal) or dataset.mapping.dep_var
        blocks.append(field("review_goal", "Goal", _columns(goals, main, dataset.mapping)))
    metric = marked(numeric(dataset), filters.metric)
    known = Choice(mark(metric), named(metric, dataset.mapping)) if metric else None
    blocks.append(
        field(
            "review_metric",
            "Column",
            search_select(known, "Type a part of its name"),
            hint="For one column over time.",
            optional=True,
        )
    )
    meta = {"dataset": dataset.id, "channel": channel, "thread": thread, "filters": filters.model_dump()}
    return modal(FORM, "Review", [*blocks, context("The answer arrives where you pressed.")], submit="Show", meta=meta)


def read(values: Values) -> Filters | Errors:
    """Read what was sent; or say what cannot be read, beside its field."""
    typed = values.text("review_typed")
    key = read_timeframe(typed) if typed else values.text("review_timeframe") or Filters().timeframe
    if not key:
        return Errors({"review_typed": f"I do not know that timeframe. Say {TO_TYPE.replace('`', '')}."})
    look, metric = values.text("review_look") or "goal", values.text("review_metric")
    period = values.text("review_period")
    return Filters(
        look=look,
        timeframe=key,
        period="" if period == USUAL else period,
        goal=values.text("review_goal"),
        metric=metric,
    )


def numeric(dataset: Dataset) -> list[str]:
    """The columns that can be shown over time: numbers, and sums of them; not the date and not the country."""
    mapping = dataset.mapping
    own = [one.name for one in dataset.columns if one.type in ("number", "boolean")]
    apart = (mapping.date_var, mapping.country_var)
    return [name for name in (*own, *(one.name for one in mapping.made)) if name not in apart]


def named(column: str, mapping: Roles) -> str:
    """What a column is called in a list: as people call it, else by its name."""
    return mapping.labels.get(column, "").strip() or column


def matching(columns: Sequence[str], part: str, mapping: Roles) -> tuple[Choice, ...]:
    """The columns with `part` in their name or label, at most as many as a list may hold."""
    wanted = part.strip().lower()
    found = (name for name in columns if wanted in name.lower() or wanted in named(name, mapping).lower())
    return tuple(Choice(mark(name), named(name, mapping)) for name, _ in zip(found, range(OPTIONS), strict=False))


def country_choices(lines: Sequence[Dataset | DatasetLine], part: str = "") -> tuple[Choice, ...]:
    """Datasets by the country that they are of, in its alphabet."""
    wanted = part.strip().lower()
    found = sorted((country_name(one.country), one) for one in lines)
    return tuple(
        Choice(one.id, f"{name} ({one.country.upper()})")
        for name, one in found
        if wanted in f"{name} {one.country}".lower()
    )[:OPTIONS]


def _countries(dataset: Dataset, others: Sequence[DatasetLine]) -> dict[str, Any]:
    choices = country_choices([dataset, *others])
    if len(others) < OPTIONS:
        return select(choices, dataset.id)
    [own] = country_choices([dataset])
    return search_select(own, "Type a country")


def _columns(names: Sequence[str], chosen: str, mapping: Roles) -> dict[str, Any]:
    if len(names) <= OPTIONS:
        return select([Choice(mark(name), named(name, mapping)) for name in names], mark(chosen))
    return search_select(Choice(mark(chosen), named(chosen, mapping)), "Type a part of its name")
