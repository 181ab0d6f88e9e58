"""One column of a recipe in a form of its own: whether it takes part, its function, how it is filled and clipped."""

from hashlib import sha256
from typing import Any, get_args

from bot.data.prepare_form import BY_HAND, REASON_TEXT, choice, column_of, numeric, option_value
from bot.slack.blocks import context
from bot.slack.form import (
    Choice,
    Values,
    View,
    field,
    modal,
    number_input,
    radio,
    search_select,
    select,
    text_input,
)
from bot.slack.limits import OPTIONS, Block
from engine.data.column_rules import FILL_WORDS, FUNCTION_WORDS, TEXT_RULES, Rule, fills_for, usual_fill
from engine.data.dataset import Dataset
from engine.data.recipe import Change, Function, Recipe
from engine.data.recipe_problems import GOAL_FUNCTIONS, rules_of
from engine.data.recipe_words import role_words

COLUMN = "recipe_column_form"
PICK = "recipe_pick"
PART, REASON, FUNCTION, FILL, LOW, HIGH, EXPOSURE = (
    *("recipe_part", "recipe_reason", "recipe_function", "recipe_fill", "recipe_low", "recipe_high"),
    "recipe_exposure",
)
USUAL = "usual"
PARTS = (Choice("yes", "Takes part"), Choice("no", "Is left out"))


def column_form(dataset: Dataset, recipe: Recipe, name: str, *, channel: str) -> View:
    """The form, at `name`; empty: no column is chosen yet."""
    names = list(recipe.roles)
    if len(names) > OPTIONS:
        pick = search_select(choice(name) if name else None)
    else:
        pick = select([choice(one) for one in names], option_value(name) if name else "")
    blocks: list[Block] = [field(PICK, "Column", pick, dispatch=True)]
    if name:
        blocks += _fields(dataset, recipe, name)
    meta = {"dataset": dataset.id, "channel": channel}
    return modal(COLUMN, "One column", blocks, submit="Apply", meta=meta)


def _fields(dataset: Dataset, recipe: Recipe, name: str) -> list[Block]:
    by = rules_of(recipe, dataset.mapping, dataset.columns, dataset.choices)
    rule: Rule = by.get(name, "sum")
    flag, goal = name in recipe.factor_vars, name == recipe.goal
    blocks: list[Block] = [context(f"It is {role_words(recipe, name)} here, and {FUNCTION_WORDS[rule]} as it stands.")]
    if not goal:
        chosen = "no" if name in recipe.dropped else "yes"
        reason = text_input(recipe.dropped.get(name, ""), most=REASON_TEXT)
        blocks.append(field(named(PART, name), "It", radio(PARTS, chosen)))
        blocks.append(field(named(REASON, name), "Why, if it is left out", reason, optional=True))
    if name in recipe.spends:
        blocks.append(_exposure(dataset, recipe, name))
    offered = [one for one in _functions(rule) if not goal or one in GOAL_FUNCTIONS]
    functions = [Choice(USUAL, "As its role says"), *(Choice(one, _function(one)) for one in offered)]
    blocks.append(
        field(named(FUNCTION, name), "Several rows become one", select(functions, recipe.aggregation.get(name, USUAL)))
    )
    if goal:
        return [*blocks, context("The goal is never filled and never clipped: what happened, happened.")]
    fills = [Choice(USUAL, f"As usual: {FILL_WORDS[usual_fill(rule, flag=flag)]}")]
    fills += [
        Choice(one, FILL_WORDS[one][:1].upper() + FILL_WORDS[one][1:]) for one in fills_for(name, rule, flag=flag)
    ]
    blocks.append(field(named(FILL, name), "A missing value is", select(fills, recipe.fill.get(name, USUAL))))
    if rule not in TEXT_RULES and not flag:
        clip = recipe.clip.get(name)
        low, high = (clip.low * 100, clip.high * 100) if clip else (None, None)
        hint = "Shares in percent, such as 1 and 99: values beyond these quantiles become them. Empty: not clipped."
        blocks.append(field(named(LOW, name), "Clip below, %", _percent(low), optional=True, hint=hint))
        blocks.append(field(named(HIGH, name), "Clip above, %", _percent(high), optional=True))
    return blocks


def read_column_form(values: Values, before: Values, dataset: Dataset, recipe: Recipe) -> list[tuple[str, Change]]:
    """Read the form back as changes, each with the name of its field; none where no column is chosen.

    before: what stood there when it was drawn. What is as it was is no change: somebody else may have changed it.
    """
    name = column_of(values.text(PICK), list(recipe.roles))
    part, reason, exposure, function, fill, low, high = (
        named(one, name) for one in (PART, REASON, EXPOSURE, FUNCTION, FILL, LOW, HIGH)
    )

    def other(*fields: str) -> bool:
        return any(one in values and values.text(one) != before.text(one) for one in fields)

    changes: list[tuple[str, Change]] = []
    if not name:
        return changes
    if values.text(part) == "no" and other(part, reason):
        why = values.text(reason)[:REASON_TEXT] or recipe.dropped.get(name, "") or BY_HAND
        changes.append((part, Change(kind="drop", column=name, reason=why)))
    elif values.text(part) == "yes" and other(part):
        changes.append((part, Change(kind="keep", column=name)))
    if other(exposure):
        on = column_of(values.text(exposure), numeric(dataset))
        changes.append((exposure, Change(kind="exposure", column=name, value=on)))
    if other(function):
        changes.append((function, Change(kind="aggregate", column=name, value=_said(values.text(function)))))
    if other(fill):
        changes.append((fill, Change(kind="fill", column=name, value=_said(values.text(fill)))))
    if other(low, high):
        changes.append((low, Change(kind="clip", column=name, value=_clip(values.text(low), values.text(high)))))
    return changes


def _said(value: str) -> str:
    return "" if value == USUAL else value


def named(name: str, column: str) -> str:
    """A field as it is drawn of this column: Slack keeps what stands in a field while its name stays."""
    return f"{name}:{sha256(column.encode()).hexdigest()[:16]}"


def _exposure(dataset: Dataset, recipe: Recipe, name: str) -> Block:
    others = [one for one in numeric(dataset) if one == name or one not in (*recipe.spends, recipe.goal)]
    initial = recipe.exposures.get(name, name)
    if len(others) > OPTIONS:
        element = search_select(choice(initial))
    else:
        element = select([choice(one) for one in others], option_value(initial))
    hint = "What it bought, such as impressions or clicks; itself: the channel is modelled on its spend."
    return field(named(EXPOSURE, name), "It is modelled on", element, hint=hint)


def _functions(rule: Rule) -> tuple[Function, ...]:
    return ("mode",) if rule in TEXT_RULES else get_args(Function)


def _function(one: Function) -> str:
    return {"sum": "Sum", "mean": "Mean", "max": "Largest", "min": "Smallest", "mode": "Commonest"}[one]


def _percent(value: float | None) -> dict[str, Any]:
    return number_input(float(f"{value:.6g}") if value is not None else None, 0, 100, decimals=True)


def _clip(low: str, high: str) -> str:
    """Two shares in percent as a change says them; what is no number stays, so that it is told."""
    if not low and not high:
        return ""
    try:
        return f"{float(low or 0) / 100:.6f}:{float(high or 100) / 100:.6f}"
    except ValueError:
        return f"{low}:{high}"
