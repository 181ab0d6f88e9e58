"""A recipe as one readable card: what becomes of the data, why, and what that costs in rows."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.slack.blocks import (
    Message,
    actions,
    bullets,
    button,
    context,
    count,
    days,
    escape,
    moment,
    person,
    section,
    slack_image,
)
from bot.slack.carried import read_carried
from bot.slack.form import View, field, modal, text_input
from bot.slack.limits import Block, clamp
from bot.slack.paging import packed
from bot.slack.pictures import Pictures
from engine.data.column_rules import FILL_WORDS
from engine.data.countries import country_name
from engine.data.recipe import Recipe
from engine.data.recipe_preview_told import Preview, Told
from engine.data.recipe_words import FUNCTIONS, GOAL_WORDS, accepted_words, clip_words, rhythm_words, window_words
from engine.data.recipes import RecipeLine
from engine.errors import BadInput
from engine.names import quoted
from engine.ports import Notice

CARD, PREVIEW, TABLE, READ = "recipe_card", "recipe_preview", "recipe_table", "recipe_read"
PREPARE, CHANGE, SAVE, OUT = "dataset_prepare", "recipe_change", "recipe_save", "recipe_table"
VERSIONS, DROP, SHOW, BACK, APPROVE = "recipe_versions", "recipe_drop", "recipe_show", "recipe_back", "recipe_approve"
EXPERIMENT, LEAVE_OUT = "experiment_from_recipe", "recipe_leave_out"
SAVE_FORM = "recipe_save_form"
NOTE, NOTE_TEXT = "note", 150
# Names of a line, lines of a part, letters of a sentence: what is left out is counted, and stands in the table.
NAMES, LINES, TEXT, TITLE = 6, 5, 280, 120
LISTED = 10
IN_TABLE = "*All columns* has every one"


def card(notice: Notice, pictures: Pictures) -> Message:
    """The answer to `/mmm prepare`: a recipe and its result, with what can be done with it."""
    data = notice.data
    blocks = [*_card(data, pictures), *_buttons(data)]
    return Message(_spoken(data), blocks)


def preview(notice: Notice, pictures: Pictures) -> View:
    """The same in the form that was sent: saving is one press away."""
    data = notice.data
    number = data["newest"] + 1 if data["preview"] else 0
    return save_form(_card(data, pictures), data["dataset"], data["digest"], number, channel=notice.channel)


def save_form(blocks: Sequence[Block], dataset: str, digest: str, number: int, *, channel: str) -> View:
    """A card as a form: sending it saves the recipe that it shows as `number`; 0: it cannot be saved."""
    meta = {"dataset": dataset, "digest": digest, "channel": channel}
    if not number:
        return modal(SAVE_FORM, "Recipe", blocks, meta=meta)
    hint = "Stands with the recipe, for whoever looks for it later."
    note = field(NOTE, "What it is for", text_input(most=NOTE_TEXT), hint=hint, optional=True)
    return modal(SAVE_FORM, "Recipe", [*blocks, note], submit=f"Save as recipe {number}", meta=meta)


def table(notice: Notice, pictures: Pictures) -> Message:
    """The table of a recipe follows; what to do with it."""
    data = notice.data
    text = f"{_title(data)}: the recipe of {count(data['columns'], 'column')} as a table."
    words = "takes_part is yes or no; function, fill, clip_low and clip_high may be empty: then it is as usual."
    drop = actions(button("Use an edited table", DROP, data["dataset"]))
    return Message(text, [section(f"{escape(text)} Edit it and drop it back."), context(words), drop])


def versions(title: str, lines: Sequence[RecipeLine], approved: Mapping[int, str], ids: Mapping[int, str]) -> Message:
    """The saved recipes of a family, the newest first, each with a button that shows it."""
    name = escape(clamp(title, TITLE))
    if not lines:
        return Message(f"{title} has no saved recipe yet.", [section(f"*{name}* has no saved recipe yet.")])
    blocks: list[Block] = [section(f"*{name}* · saved recipes")]
    for line in lines[:LISTED]:
        by = f" · approved by {person(approved[line.number])}" if line.number in approved else ""
        text = f"*Recipe {line.number}* · {person(line.who)}, {moment(line.created_at)}{by}"
        blocks.append(section(text, button("Show", SHOW, ids[line.number])))
    if len(lines) > LISTED:
        # Numbers are given one after the other: the newest tells how many there are.
        blocks.append(context(f"and {lines[0].number - LISTED} older ones: `/mmm prepare NAME recipe NUMBER`"))
    return Message(f"{title} has {count(lines[0].number, 'saved recipe')}.", blocks)


def read_value(value: str) -> dict[str, str]:
    """What a button of a card carries, by short names: `d` a dataset, `s` a saved recipe, `r` a recipe's digest."""
    try:
        said = read_carried(value)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise BadInput("That button is no longer known.", "Open the recipe once more with /mmm prepare.")
    return {str(name): str(what) for name, what in said.items()}


def waiting(text: str) -> View:
    """What is shown for the moment that it takes."""
    return modal("loading", "Recipe", [section(f":hourglass_flowing_sand: {text}")])


def saved(name: str, where: str) -> View:
    """What the form becomes once its recipe is saved. `where`: where its card arrives."""
    text = f":white_check_mark: *{escape(clamp(name, TITLE))}* is saved. {escape(where)}"
    return modal("recipe_saved", "Saved", [section(text), context("Somebody else can approve it there.")])


def _card(data: Mapping[str, Any], pictures: Pictures) -> list[Block]:
    recipe = Recipe.model_validate(data["recipe"])
    found = Preview.model_validate(data["preview"]) if data["preview"] else None
    blocks: list[Block] = [section(_head(data))]
    if found:
        blocks.append(section(_rows(recipe, found)))
    blocks += [section(text) for text in packed([bullets(escape(line) for line in _what(recipe, data))])]
    blocks += _result(found, data)
    blocks += _picture(data, pictures)
    blocks += _against(data)
    return blocks


def _head(data: Mapping[str, Any]) -> str:
    title = f"*{escape(clamp(data['title'], TITLE))}* · {country_name(data['country'])}"
    if saved := data["saved"]:
        by = f"{person(saved['who'])}, {moment(datetime.fromisoformat(saved['created_at']))}"
        text = f"{title} · *recipe {saved['number']}*\nBy {by}"
        if known := data["approved"]:
            text += f" · :white_check_mark: approved by {person(known['who'])}"
        return text + (f"\n_{escape(saved['note'])}_" if saved["note"] else "")
    origin = f"from recipe {data['against']}" if data["against"] else "from the data as they are"
    same = "" if data["differences"] else ", unchanged"
    return f"{title} · *recipe in work* ({origin}{same})"


def _rows(recipe: Recipe, found: Preview) -> str:
    before = f"{count(found.periods_before, found.interval_before)}, {days(found.first_before, found.last_before)}"
    after = f"*{count(found.periods, found.interval)}*, {days(found.first, found.last)}"
    text = f"*Rows:* {before} → {after}"
    if found.modelled != found.periods:
        are = "is" if found.modelled == 1 else "are"
        text += f". {found.modelled:,} of them {are} modelled; what was spent before carries over."
    return text


def _what(recipe: Recipe, data: Mapping[str, Any]) -> list[str]:
    """What the recipe does, a line each."""
    lines = [f"Goal: {quoted(recipe.goal)}, counted as {GOAL_WORDS[recipe.goal_type]}"]
    spends = recipe.kept_spends
    lines.append(f"{count(len(spends), 'paid channel')}: {_names(spends)}")
    on = [f"{quoted(spend)} on {quoted(name)}" for spend, name in recipe.exposures.items()
          if spend in spends and name not in recipe.dropped]  # fmt: skip
    if on:
        lines.append(f"Modelled on what was seen: {_some(on)}")
    others = [name for name in recipe.columns if name in (*recipe.organic_vars, *recipe.context_vars)]
    lines.append(f"{count(len(others), 'other driver')}" + (f": {_names(others)}" if others else ""))
    if recipe.dropped:
        left = [f"{quoted(name)} ({clamp(why, TITLE)})" for name, why in recipe.dropped.items()]
        lines.append(f"Left out: {_some(left)}")
    lines.append(f"Rhythm: {rhythm_words(recipe)}")
    lines += _of_columns(recipe)
    if recipe.start or recipe.end:
        lines.append(f"Window: {window_words(recipe)}")
    if recipe.accepted:
        known = [accepted_words(one) for one in recipe.accepted]
        lines.append(f"Known and accepted: {_some(known)}")
    if new := data["new_columns"]:
        lines.append(f"Not in this recipe, as it is older: {_names(new)}. *Change* takes them in")
    return lines


def _of_columns(recipe: Recipe) -> Iterable[str]:
    folded = [f"{quoted(name)} {FUNCTIONS[how]}" for name, how in recipe.aggregation.items()]
    if folded:
        yield f"Where rows become one: {_some(folded)}"
    filled = [f"{quoted(name)} with {FILL_WORDS[how]}" for name, how in recipe.fill.items()]
    yield f"Where a value is missing: {_some([*filled, 'the goal never'] if filled else ['as usual, the goal never'])}"
    clipped = [f"{quoted(name)} {clip_words(how)}" for name, how in recipe.clip.items()]
    if clipped:
        yield f"Outliers: {_some(clipped)}"


def _result(found: Preview | None, data: Mapping[str, Any]) -> list[Block]:
    if found is None:
        lines = [f":x: {escape(clamp(text, 2 * TEXT))}" for text in data["problems"][:LINES]]
        lines += _more(len(data["problems"]), "more that keep it from being applied")
        return [section(text) for text in packed(["*It cannot be applied to these data:*", *lines])]
    lines = [*_told(":x:", found.stops, "more that stop a training: /mmm check")]
    lines += _told(":warning:", found.to_see, "more to look at: /mmm check")
    lines += _told(":small_blue_diamond:", found.done, "more that were done: All columns has them")
    lines += [f":ok_hand: {count(len(found.accepted), 'finding')} known and accepted"] if found.accepted else []
    if not found.stops:
        lines.append(":white_check_mark: A training can begin with this. `/mmm check` looks closer.")
    return [section(text) for text in packed(lines)]


def _told(mark: str, found: Sequence[Told], more: str) -> list[str]:
    return [f"{mark} {escape(clamp(one.text, TEXT))}" for one in found[:LINES]] + _more(len(found), more)


def _more(number: int, what: str) -> list[str]:
    return [f"_and {number - LINES} {what}_"] if number > LINES else []


def _picture(data: Mapping[str, Any], pictures: Pictures) -> list[Block]:
    blocks: list[Block] = []
    for one in data.get("charts", ()):
        if one["name"] in pictures.ids:
            blocks.append(slack_image(pictures.ids[one["name"]], one["alt"], clamp(one["title"], TITLE)))
        elif one["name"] in pictures.missing:
            blocks.append(context(escape(one["alt"])))
    return blocks


def _against(data: Mapping[str, Any]) -> list[Block]:
    changed = data["differences"]
    if not changed:
        return []
    before = f"recipe {data['against']}" if data["against"] else "the data as they are"
    said = [escape(clamp(one, TEXT)) for one in changed[:LINES]]
    more = f"; and {len(changed) - LINES} more. {IN_TABLE}" if len(changed) > LINES else ""
    return [context(part) for part in packed([f"Against {before}: {'; '.join(said)}{more}."])]


def _buttons(data: Mapping[str, Any]) -> list[Block]:
    """What can be done, the likeliest first: at most five."""
    dataset = data["dataset"]
    out = button("All columns", OUT, json.dumps({"d": dataset, "s": (data["saved"] or {}).get("id", "")}))
    others = button("Versions", VERSIONS, dataset)
    if saved := data["saved"]:
        of_it = json.dumps({"d": dataset, "s": saved["id"]})
        agree = [] if data["approved"] else [button("Approve", APPROVE, saved["id"])]
        if data["preview"] is None or Preview.model_validate(data["preview"]).stops:
            # Nothing can be trained on these data: only a changed recipe leads on.
            return [actions(button("Change it", BACK, of_it, style="primary"), *agree, out, others)]
        use = button("New experiment", EXPERIMENT, of_it, style="primary")
        return [actions(use, *agree, button("Change it", BACK, of_it), out, others)]
    change = button("Change", CHANGE, dataset, style="" if data["preview"] else "primary")
    if data["preview"] is None:
        gone = [button("Leave out what is gone", LEAVE_OUT, dataset)] if data["gone"] else []
        return [actions(*gone, change, out, others)]
    if data["saved"] is None and data["newest"] and data["newest"] == data["against"] and not data["differences"]:
        return [actions(button("Change", CHANGE, dataset, style="primary"), out, others)]
    label = f"Save as recipe {data['newest'] + 1}"
    save = button(label, SAVE, json.dumps({"d": dataset, "r": data["digest"]}), style="primary")
    return [actions(save, change, out, others)]


def _spoken(data: Mapping[str, Any]) -> str:
    """The card in a sentence, for a notification."""
    which = f"recipe {data['saved']['number']}" if data["saved"] else "recipe in work"
    if not data["preview"]:
        return f"{data['title']}, {which}: it cannot be applied to these data."
    found = Preview.model_validate(data["preview"])
    before, after = count(found.periods_before, found.interval_before), count(found.periods, found.interval)
    stops = f" {count(len(found.stops), 'finding stops', 'findings stop')} a training." if found.stops else ""
    return f"{data['title']}, {which}: {before} become {after}.{stops}"


def _title(data: Mapping[str, Any]) -> str:
    return clamp(str(data["title"]), TITLE)


def _names(names: Sequence[str]) -> str:
    return _some([quoted(name) for name in names])


def _some(words: Sequence[str]) -> str:
    """Words beside each other; where there are many, how many more, and where they stand."""
    if len(words) <= NAMES:
        return ", ".join(words)
    return f"{', '.join(words[:NAMES])} and {len(words) - NAMES} more ({IN_TABLE})"


DRAWINGS: dict[str, Callable[[Notice, Pictures], Message | View]] = {
    CARD: card,
    PREVIEW: preview,
    TABLE: table,
    READ: card,
}
