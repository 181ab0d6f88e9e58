"""`/mmm map patterns`: which roles columns have by their names, as a workspace writes them down for later guesses."""

import re
from datetime import datetime
from typing import Final

from bot.access import Role
from bot.act import Act, Errors, Reply, Show
from bot.data import modals
from bot.slack.blocks import actions, button, confirm, context, moment, person
from bot.slack.form import Values, View, field, modal, text_input
from bot.slack.limits import Block
from bot.wing import Command, Wing
from engine.data.naming import KNOWN
from engine.data.naming import LONGEST as LONGEST_CHANNEL
from engine.data.pattern_records import read_patterns, save_patterns
from engine.data.patterns import FIRST, MOST, Patterns, problem_of
from engine.errors import Conflict

PATTERNS: Final = "map_patterns_form"
TITLE: Final = "Patterns of names"
# By field of `Patterns`: its label, and what else is to be said.
FIELDS: Final = {
    "spend": ("Paid media: spend", ""),
    "exposure": ("Paid media: what it bought", "Impressions, clicks, GRPs: beside the spend of the same channel."),
    "organic": ("Organic media", ""),
    "context": ("Other drivers", ""),
    "category": ("Categories and flags", ""),
    "revenue": ("Goals that are money", ""),
    "conversion": ("Goals that are conversions", "They are added up, never averaged."),
    "unused": ("Never used", "Goes before all others."),
    "mean": ("Averaged over a period", ""),
    "max": ("The highest of a period", ""),
    "min": ("The lowest of a period", ""),
    "mode": ("The commonest of a period", ""),
    "channels": ("Channels", f"Your own list takes the place of ours: {', '.join(KNOWN[:6])} …"),
}
# A text field holds no more.
MOST_TEXT: Final = 3000
HOW: Final = (
    "`_cost` is a name that ends so, `tv_` one that begins so, `*promo*` one that has it somewhere. Write commas "
    "between. What you add goes before all guessing, what you take out is not guessed any more; where two are met, "
    "drivers and organic win over media. Datasets that exist stay as they are."
)


def patterns_form(patterns: Patterns) -> View:
    """The form with every pattern of the workspace."""
    last = f" Changed last by {person(patterns.who)}, {moment(patterns.changed_at)}." if patterns.changed_at else ""
    blocks: list[Block] = [context(HOW + last)]
    for name, (label, hint) in FIELDS.items():
        said = ", ".join(getattr(patterns, name))
        blocks.append(field(name, label, text_input(said, "None", most=MOST_TEXT), optional=True, hint=hint))
    if patterns.changed_at:
        sure = confirm("Reset the patterns?", "Those that we came with take the place of yours.", "Reset", "Keep them")
        blocks.append(actions(button("Reset", "map_patterns_reset", confirm=sure)))
    meta = {"changed_at": patterns.changed_at.isoformat() if patterns.changed_at else ""}
    return modal(PATTERNS, TITLE, blocks, submit="Save", meta=meta)


def read_form(values: Values) -> tuple[Patterns, dict[str, str]]:
    """Read the form back: the patterns, and what is wrong with them by field."""
    said: dict[str, tuple[str, ...]] = {}
    errors: dict[str, str] = {}
    for name in FIELDS:
        given = [" ".join(one.split()) for one in re.split(r"[,;\n]", values.text(name))]
        found = tuple(dict.fromkeys(one if name == "channels" else one.lower() for one in given if one))
        said[name] = found
        wrong = [text for one in found if (text := _wrong_channel(one) if name == "channels" else problem_of(one))]
        if wrong:
            errors[name] = wrong[0]
        elif len(found) > MOST:
            errors[name] = f"At most {MOST} of them; these are {len(found)}."
    roles = {one: name for name in ("revenue", "conversion") for one in said[name]}
    for one in said["mean"]:
        if roles.get(one) == "conversion":
            errors.setdefault("mean", f"“{one}” counts conversions: they are added up, never averaged.")
    return Patterns.model_validate(said), errors


def _wrong_channel(name: str) -> str:
    if len(name) > LONGEST_CHANNEL:
        return f"“{name[:20]}…” is longer than {LONGEST_CHANNEL} characters."
    return "" if re.search(r"\w", name) else f"“{name}” is no name."


async def open_form(act: Act) -> Reply:
    """Show the patterns, to be changed."""
    waiting = await act.open(modals.loading("Opening the patterns …", title=TITLE))
    await act.surface.update_view(waiting, patterns_form(await act.blocking(read_patterns, act.cloud.storage)))
    return None


async def sent(act: Act) -> Reply:
    """The patterns were sent: check them, and keep them for later guesses."""
    patterns, errors = read_form(act.values)
    if errors:
        return Errors(errors)
    made = patterns.model_copy(update={"who": act.user, "changed_at": act.clock.now()})
    try:
        await act.blocking(save_patterns, act.cloud.storage, made, _seen(act))
    except Conflict as error:
        return Errors({"spend": f"{error.what} {error.todo}"})
    return Show(modals.accepted(":white_check_mark: Saved: the next dataset is guessed by these.", title=TITLE))


async def reset(act: Act) -> Reply:
    """Take back every change: the patterns are those that we come with."""
    made = FIRST.model_copy(update={"who": act.user, "changed_at": act.clock.now()})
    await act.blocking(save_patterns, act.cloud.storage, made, _seen(act))
    text = ":leftwards_arrow_with_hook: Reset: the patterns are those that we come with."
    await act.surface.update_view(act.view["id"], modals.accepted(text, title=TITLE), act.view.get("hash", ""))
    return None


def _seen(act: Act) -> datetime | None:
    """When the patterns that the form shows were changed."""
    said = str(act.meta["changed_at"])
    try:
        return datetime.fromisoformat(said) if said else None
    except ValueError:
        return None


WING = Wing(
    commands=(
        Command(("map", "patterns"), open_form, "Say which role columns have by their names.", needs=Role.ANALYST),
    ),
    buttons=(
        ("map_patterns", open_form, Role.ANALYST),
        ("map_patterns_reset", reset, Role.ANALYST),
    ),
    forms=((PATTERNS, sent, Role.ANALYST),),
)
