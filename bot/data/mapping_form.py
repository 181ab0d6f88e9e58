"""The second form of a dataset: what each column means."""

from collections.abc import Sequence
from typing import Any

from bot.data.findings import choice_blocks, doubt_blocks, finding_blocks, unused_blocks
from bot.data.offers import made_before
from bot.slack.blocks import alert, context, count, escape
from bot.slack.form import (
    Choice,
    Values,
    View,
    field,
    has_one_choice,
    modal,
    multi_search_select,
    multi_select,
    radio,
    search_select,
    select,
)
from bot.slack.limits import OPTION_VALUE, VIEW_BLOCKS, Block
from engine.columns import Column
from engine.data.dataset import Draft
from engine.data.guess import guess
from engine.data.mapping import Mapping
from engine.labels import label

MAPPING = "dataset_mapping"
# A static select holds a hundred options; with more columns people search.
MOST_LISTED = 100
# A view holds a hundred blocks: the other fields need their places, too.
MOST_EXPOSURES = 80
EXPOSURE = "exposure"
# The lines around the fields: how many columns were read, and that there is more to say.
RESERVED = 2
# Room for the columns that play no role, however much else there is to say.
LEAST_BELOW = 3


def mapping_form(draft: Draft, roles: Mapping) -> View:
    """The second form, filled in with `roles`: a guess, or what somebody chose. Above them stands what was assumed
    on reading, with its remedies as buttons; below them every column that plays no role, and why.
    """
    roles = _among(roles, _offered(draft))
    fields, room = _told(_fields(draft, roles)), VIEW_BLOCKS - RESERVED
    above, below = _above(draft), _below(draft, roles)
    kept_below = min(len(below), max(LEAST_BELOW, room - len(fields) - len(above)))
    kept_above = min(len(above), max(0, room - len(fields) - kept_below))
    head = "The roles are guessed from names and values: correct what is wrong."
    blocks: list[Block] = [context(f"{len(draft.columns)} columns read. {head}"), *above[:kept_above]]
    if kept_above < len(above) or kept_below < len(below):
        blocks.append(context("There is more to say than fits here: I have sent you the rest."))
    blocks += [*fields, *below[:kept_below]]
    return modal(MAPPING, "What do they mean?", blocks, submit="Check and save", meta={"draft": draft.id})


def left_over(draft: Draft, roles: Mapping) -> list[Block]:
    """What the form has no room for."""
    roles = _among(roles, _offered(draft))
    shown = mapping_form(draft, roles)["blocks"]
    return [block for block in (*_above(draft), *_below(draft, roles)) if block not in shown]


def _above(draft: Draft) -> list[Block]:
    before = made_before(draft.chosen, draft.choices, draft.findings)
    found = finding_blocks(draft.findings, draft.id)
    told = {one.column for one in draft.findings}
    doubted = doubt_blocks([column for column in draft.columns if column.name not in told])
    return [*doubted, *found, *choice_blocks(before, draft.id)]


def _below(draft: Draft, roles: Mapping) -> list[Block]:
    played = {*roles.model_columns, roles.country_var}
    unused = [column.name for column in draft.columns if column.name not in played]
    if not unused:
        return []
    why = guess(draft.columns, draft.country).why
    why |= {column.name: f"not used: {column.doubt}" for column in draft.columns if column.doubt}
    return unused_blocks(unused, why)


def _offered(draft: Draft) -> set[str]:
    """The columns that can be chosen: an option's value holds no more."""
    return {column.name for column in draft.columns if len(column.name) <= OPTION_VALUE}


def _fields(draft: Draft, roles: Mapping) -> list[Block]:
    offered = [column for column in draft.columns if len(column.name) <= OPTION_VALUE]
    every = [_choice(column) for column in offered]
    # Columns of a few kinds can never play some roles: offering them would only make the lists long. Where there is
    # no number at all, every column is offered: what is wrong with it is told when the form is sent.
    numbers = [_choice(c) for c in offered if c.type in ("number", "boolean")] or every
    texts = [_choice(c) for c in offered if c.type == "text"]
    spends = roles.paid_media_spends
    blocks: list[Block] = [
        *_left_out(len(draft.columns) - len(offered)),
        field("date_var", "Date", _one(every, roles.date_var)),
        *_week_field(draft, roles),
        field("dep_var", "What should be explained", _one(numbers, roles.dep_var), hint="Revenue, orders, sign-ups …"),
        field("dep_var_type", "It counts", radio(GOALS, roles.dep_var_type)),
        field("paid_media_spends", "Paid media: spend", _many(numbers, spends), dispatch=True),
        *(block for spend in spends[:MOST_EXPOSURES] for block in _exposure_field(spend, spends, numbers, roles)),
        field("organic_vars", "Organic media", _many(numbers, roles.organic_vars), optional=True),
        field("context_vars", "Other drivers", _many(every, _without(roles)), optional=True),
        field(
            "factor_vars",
            "Categories and flags",
            _many(every, roles.factor_vars),
            optional=True,
            hint="Drivers that are labels or yes/no, such as a promotion.",
        ),
    ]
    if texts:
        hint = "Only the rows of the dataset's country are used."
        blocks.append(field("country_var", "Country column", _one(texts, roles.country_var), optional=True, hint=hint))
    return blocks


def _told(fields: Sequence[Block]) -> list[Block]:
    """The fields, and a line below each that is not asked, as one column only can play its role."""
    told: list[Block] = []
    for one in fields:
        told.append(one)
        if has_one_choice(one):
            [option] = one["element"]["options"]
            told.append(
                context(f"*{one['label']['text']}:* {escape(option['text']['text'])}, the only column that can be.")
            )
    return told


def _choice(column: Column) -> Choice:
    """A column as an option: its unit is seen, but is no part of its name."""
    return Choice(column.name, f"{column.name} ({column.unit})" if column.unit else column.name)


def _week_field(draft: Draft, roles: Mapping) -> list[Block]:
    """Which day a week is dated by; not asked where the rows are known to be no weeks."""
    if draft.interval not in ("", "week"):
        return []
    label = "A week is dated by" if draft.interval == "week" else "If the rows are weeks, they are dated by"
    hint = "Holidays go to the week they are in."
    if not draft.interval:
        hint += " For days and months this changes nothing."
    return [field("week_dated", label, radio(WEEKS, roles.week_dated), hint=hint, optional=not draft.interval)]


WEEKS = (Choice("first", "Its first day"), Choice("last", "Its last day", "Week ending"))
GOALS = (Choice("revenue", "Money", "Reported as ROAS"), Choice("conversion", "Conversions", "Reported as cost each"))


def exposure_name(spend: str) -> str:
    """The field that says what a channel is modelled on."""
    return f"{EXPOSURE}:{spend}"


def read_mapping_form(values: Values) -> Mapping:
    """Read the form back. A channel that was chosen only now has no field for its exposure yet."""
    chosen = values.many("paid_media_spends")
    exposures = {spend: values.text(exposure_name(spend)) for spend in chosen if exposure_name(spend) in values}
    return Mapping(
        date_var=values.text("date_var"),
        dep_var=values.text("dep_var"),
        dep_var_type="conversion" if values.text("dep_var_type") == "conversion" else "revenue",
        paid_media_spends=chosen,
        exposures={spend: name for spend, name in exposures.items() if name and name != spend},
        organic_vars=values.many("organic_vars"),
        context_vars=values.many("context_vars"),
        factor_vars=values.many("factor_vars"),
        country_var=values.text("country_var"),
        week_dated="last" if values.text("week_dated") == "last" else "first",
    )


def _among(guess: Mapping, offered: set[str]) -> Mapping:
    """The guess without columns that cannot be chosen here."""

    def one(name: str) -> str:
        return name if name in offered else ""

    def many(names: Sequence[str]) -> tuple[str, ...]:
        return tuple(name for name in names if name in offered)

    return Mapping(
        date_var=one(guess.date_var),
        dep_var=one(guess.dep_var),
        dep_var_type=guess.dep_var_type,
        paid_media_spends=many(guess.paid_media_spends),
        exposures={spend: name for spend, name in guess.exposures.items() if {spend, name} <= offered},
        organic_vars=many(guess.organic_vars),
        context_vars=many(guess.context_vars),
        factor_vars=many(guess.factor_vars),
        country_var=one(guess.country_var),
        week_dated=guess.week_dated,
    )


def _left_out(number: int) -> list[Block]:
    if not number:
        return []
    names = "name is" if number == 1 else "names are"
    text = f"{count(number, 'column')} cannot be chosen: the {names} longer than {OPTION_VALUE} characters. "
    return [alert(text + "Rename what you need and start again.", "warning")]


def _without(guess: Mapping) -> tuple[str, ...]:
    """Context without the categories: those have a field of their own."""
    return tuple(name for name in guess.context_vars if name not in guess.factor_vars)


def _exposure_field(spend: str, spends: Sequence[str], numbers: Sequence[Choice], guess: Mapping) -> list[Block]:
    """What a channel is modelled on; not asked where there is nothing but its spend."""
    others = [one for one in numbers if one.value == spend or one.value not in spends]
    initial = guess.exposures.get(spend, spend)
    text = f"{label(spend)} is modelled on"
    return [field(exposure_name(spend), text, _one(others, initial), optional=True)] if len(others) > 1 else []


def _one(choices: Sequence[Choice], initial: str) -> dict[str, Any]:
    if len(choices) > MOST_LISTED:
        return search_select(Choice(initial, initial) if initial else None)
    return select(choices, initial)


def _many(choices: Sequence[Choice], initial: Sequence[str]) -> dict[str, Any]:
    if len(choices) > MOST_LISTED:
        return multi_search_select([Choice(name, name) for name in initial])
    return multi_select(choices, initial)
