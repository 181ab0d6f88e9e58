"""The second form of a dataset: what each column means."""

from collections.abc import Sequence
from typing import Any

from bot.slack.blocks import alert, context, count
from bot.slack.form import (
    Choice,
    Values,
    View,
    field,
    modal,
    multi_search_select,
    multi_select,
    radio,
    search_select,
    select,
)
from bot.slack.limits import OPTION_VALUE, Block
from engine.columns import Column
from engine.data.mapping import Mapping
from engine.results.wording import label

MAPPING = "dataset_mapping"
# A static select holds a hundred options; with more columns people search.
MOST_LISTED = 100
# A view holds a hundred blocks: the other fields need their places, too.
MOST_EXPOSURES = 80
EXPOSURE = "exposure"


def mapping_form(
    draft_id: str, columns: Sequence[Column], guess: Mapping, *, why: dict[str, str] | None = None
) -> View:
    """What each column means, filled in as far as names tell. `why` says what the guess was made of."""
    offered = [column for column in columns if len(column.name) <= OPTION_VALUE]
    guess = _among(guess, {column.name for column in offered})
    names = [column.name for column in offered]
    # Columns of a few kinds can never play some roles: offering them would only make the lists long. Where there is
    # no number at all, every column is offered: what is wrong with it is told when the form is sent.
    numbers = [c.name for c in offered if c.type in ("number", "boolean")] or names
    texts = [c.name for c in offered if c.type == "text"]
    spends = guess.paid_media_spends
    blocks: list[Block] = [
        context(f"{len(columns)} columns read. The roles are guessed from their names: correct what is wrong."),
        *_left_out(len(columns) - len(offered)),
        field("date_var", "Date", _one(names, guess.date_var)),
        field("dep_var", "What should be explained", _one(numbers, guess.dep_var), hint="Revenue, orders, sign-ups …"),
        field("dep_var_type", "It counts", radio(GOALS, guess.dep_var_type)),
        field("paid_media_spends", "Paid media: spend", _many(numbers, spends), dispatch=True),
        *(_exposure_field(spend, spends, numbers, guess) for spend in spends[:MOST_EXPOSURES]),
        field("organic_vars", "Organic media", _many(numbers, guess.organic_vars), optional=True),
        field("context_vars", "Other drivers", _many(names, _without(guess)), optional=True),
        field(
            "factor_vars",
            "Categories and flags",
            _many(names, guess.factor_vars),
            optional=True,
            hint="Drivers that are labels or yes/no, such as a promotion.",
        ),
    ]
    if texts:
        hint = "Only the rows of the dataset's country are used."
        blocks.append(field("country_var", "Country column", _one(texts, guess.country_var), optional=True, hint=hint))
    return modal(MAPPING, "What do they mean?", blocks, submit="Check and save", meta={"draft": draft_id})


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


def _exposure_field(spend: str, spends: Sequence[str], numbers: Sequence[str], guess: Mapping) -> Block:
    others = [name for name in numbers if name == spend or name not in spends]
    initial = guess.exposures.get(spend, spend)
    text = f"{label(spend)} is modelled on"
    return field(exposure_name(spend), text, _one(others, initial), optional=True)


def _one(names: Sequence[str], initial: str) -> dict[str, Any]:
    if len(names) > MOST_LISTED:
        return search_select(Choice(initial, initial) if initial else None)
    return select([Choice(name, name) for name in names], initial)


def _many(names: Sequence[str], initial: Sequence[str]) -> dict[str, Any]:
    if len(names) > MOST_LISTED:
        return multi_search_select([Choice(name, name) for name in initial])
    return multi_select([Choice(name, name) for name in names], initial)
