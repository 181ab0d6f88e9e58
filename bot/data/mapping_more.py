"""What few people need to say of columns: further goals, the currency, and what is said of one column at a time."""

import re
from typing import Any, Final

from bot.data.choosing import Picking, fits_lists, kept
from bot.slack.blocks import context, divider, escape
from bot.slack.form import Choice, Values, field, radio, select, text_input
from bot.slack.limits import OPTION_VALUE, Block
from engine.columns import Column
from engine.data.dataset import Draft
from engine.data.mapping import Folding, Goal, Mapping
from engine.paths import UNIVERSAL

# So many blocks it takes at most, beside the roles.
MORE_ROOM: Final = 14
ABOUT: Final = "about_column"
# What is said of one column: each field's name is followed by the column's, so that no typed value goes to another.
OF_CHANNEL, OF_PART, OF_FOLDING = "of_channel", "of_part", "of_folding"
OF_TAGS, OF_LABEL = "of_tags", "of_label"
GOALS_MONEY, GOALS_COUNT, CURRENCY, SCOPE = "goals_money", "goals_count", "currency", "scope"
LONGEST_NAME: Final = 60
MOST_TAGS: Final = 20
AS_USUAL: Final = "usual"
FOLDINGS: Final = (
    Choice(AS_USUAL, "As usual for its role"),
    Choice("sum", "Added up"),
    Choice("mean", "Averaged"),
    Choice("max", "The highest"),
    Choice("min", "The lowest"),
    Choice("mode", "The commonest"),
)


def more_fields(draft: Draft, roles: Mapping, about: str) -> list[Block]:
    """The fields behind *More*."""
    said = draft.roles or roles
    offered = [column for column in draft.columns if len(column.name) <= OPTION_VALUE]
    numbers = [column for column in offered if column.type in ("number", "boolean")]
    by_kind = {kind: [goal.column for goal in said.goals if goal.kind == kind] for kind in ("revenue", "conversion")}
    scopes = (
        Choice("own", "This country alone"),
        Choice(UNIVERSAL, "All countries of this name", "Later snapshots of each take it"),
    )
    choices = [[Choice(column.name, column.name) for column in some] for some in (numbers, offered)]
    pick = Picking(fits_lists((choices[0], 5), (choices[1], 5)))
    blocks: list[Block] = [
        divider(),
        field(GOALS_MONEY, "Further goals: money", pick.many(choices[0], by_kind["revenue"]), optional=True),
        field(GOALS_COUNT, "Further goals: conversions", pick.many(choices[0], by_kind["conversion"]), optional=True),
        field(CURRENCY, "Currency", text_input(said.currency, "EUR", most=3), optional=True),
        field(SCOPE, "These roles are for", radio(scopes, draft.scope or "own")),
        field(
            ABOUT,
            "Say more of a column",
            pick.one(choices[1], about, "Choose a column"),
            optional=True,
            dispatch=True,
            hint=ABOUT_HINT,
        ),
    ]
    column = next((column for column in offered if column.name == about), None)
    return blocks if column is None else [*blocks, *_of_column(column, said)]


ABOUT_HINT: Final = "Its channel, label, tags. For many at once: `/mmm map NAME`, then Download CSV."


def _of_column(column: Column, said: Mapping) -> list[Block]:
    name = column.name
    examples = f", such as {', '.join(escape(one) for one in column.examples)}" if column.examples else ""
    folding = said.aggregation.get(name, AS_USUAL)
    tags = ", ".join(said.tags.get(name, ()))
    return [
        context(f"*{escape(name)}*: {column.type}{examples}"),
        field(_of(OF_CHANNEL, name), "Channel", _text(said.channels.get(name, ""), "META"), optional=True),
        field(
            _of(OF_PART, name), "Part of the channel", _text(said.sub_channels.get(name, ""), "BRAND"), optional=True
        ),
        field(_of(OF_LABEL, name), "Label", _text(said.labels.get(name, ""), "Meta, brand"), optional=True),
        field(
            _of(OF_TAGS, name),
            "Tags",
            text_input(tags, "brand, upper funnel", most=300),
            optional=True,
            hint="With commas between. Columns of one channel and tag can be added up to one.",
        ),
        field(_of(OF_FOLDING, name), "Several rows of a period are", select(FOLDINGS, folding)),
    ]


def read_more(values: Values, said: Mapping) -> Mapping:
    """Return what was said beside the roles, with what stands in the fields behind *More*; where those are shown."""
    changed: dict[str, Any] = {}
    if GOALS_MONEY in values or GOALS_COUNT in values:
        before = {kind: [one.column for one in said.goals if one.kind == kind] for kind in ("revenue", "conversion")}
        money = [Goal(column=name) for name in (*values.many(GOALS_MONEY), *kept(before["revenue"]))]
        counts = [*values.many(GOALS_COUNT), *kept(before["conversion"])]
        changed["goals"] = (*money, *(Goal(column=name, kind="conversion") for name in counts))
        changed["currency"] = values.text(CURRENCY).upper()
    for kind, target in ((OF_CHANNEL, "channels"), (OF_PART, "sub_channels"), (OF_LABEL, "labels")):
        if name := values.beginning(kind):
            changed[target] = _put(getattr(said, target), name, values.text(_of(kind, name)))
    if name := values.beginning(OF_TAGS):
        changed["tags"] = _put(said.tags, name, tuple(read_tags(values.text(_of(OF_TAGS, name)))))
    if name := values.beginning(OF_FOLDING):
        folding = values.text(_of(OF_FOLDING, name))
        changed["aggregation"] = _put(said.aggregation, name, "" if folding == AS_USUAL else _folding(folding))
    return said.model_copy(update=changed)


def more_problems(values: Values) -> dict[str, str]:
    """What is wrong with the fields behind *More*, by field."""
    errors: dict[str, str] = {}
    currency = values.text(CURRENCY) if CURRENCY in values else ""
    if currency and not re.fullmatch(r"[A-Za-z]{3}", currency):
        errors[CURRENCY] = "Name it by its three letters, such as EUR."
    both = set(values.many(GOALS_MONEY)) & set(values.many(GOALS_COUNT))
    if both:
        errors[GOALS_COUNT] = f"“{sorted(both)[0]}” counts either money or conversions."
    if (name := values.beginning(OF_TAGS)) and len(read_tags(values.text(_of(OF_TAGS, name)))) > MOST_TAGS:
        errors[_of(OF_TAGS, name)] = f"At most {MOST_TAGS} tags."
    return errors


def read_tags(text: str) -> list[str]:
    """Tags as people type them: with commas or semicolons between, each once."""
    found = (" ".join(one.split()) for one in re.split(r"[,;|]", text))
    return list(dict.fromkeys(one for one in found if one))


def _put(before: dict[str, Any], name: str, value: Any) -> dict[str, Any]:
    others = {key: one for key, one in before.items() if key != name}
    return {**others, name: value} if value else others


def _folding(text: str) -> Folding | str:
    return text if text in ("sum", "mean", "max", "min", "mode") else ""


def _of(kind: str, name: str) -> str:
    return f"{kind}:{name}"


def _text(initial: str, placeholder: str) -> dict[str, Any]:
    return text_input(initial, placeholder, most=LONGEST_NAME)
