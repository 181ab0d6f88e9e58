"""What a review says: the finding first, its numbers as tiles, one picture, and the next looks as buttons."""

from collections.abc import Mapping
from typing import Any

from bot.data.review_press import LOOK, pressed_value
from bot.guide import button_of
from bot.slack import native
from bot.slack.blocks import Message, actions, button, context, escape, fields, section, slack_image
from bot.slack.limits import Block
from bot.slack.paging import pieces
from bot.slack.pictures import Pictures
from engine.data.countries import country_name
from engine.data.review.filters import Filters
from engine.data.review.told import Told
from engine.guidance import Step
from engine.ports import Notice

# The next looks that are buttons: the likeliest first; all others stand in the form.
NEXT = {
    "goal": "Goal and spend",
    "channels": "Spend by channel",
    "changes": "What changed",
    "funnel": "Funnel",
    "missing": "Missing days",
}
SHOWN = 4


def drawn(notice: Notice, pictures: Pictures) -> Message:
    """One look at a dataset: with its picture, or drawn by Slack itself where it fits."""
    review: Mapping[str, Any] = notice.data["review"]
    told, filters = Told.model_validate(review["told"]), Filters.model_validate(review["filters"])
    whose = f"*{escape(review['title'])}*"
    if told.look != "countries":
        whose += f" · {country_name(review['country'])}"
    head: list[Block] = [section(f"{whose}: {escape(told.sentence)}")]
    if told.tiles:
        head.append(
            fields([(escape(tile.name), escape("\n".join((tile.value, *tile.changes)))) for tile in told.tiles])
        )
    tail = [*_notes(review, told), actions(*_buttons(review, filters))]
    images = [
        slack_image(pictures.ids[one["name"]], one["alt"])
        if one["name"] in pictures.ids
        else context(_absent(pictures.told.get(one["name"], "")))
        for one in notice.data.get("charts", ())
    ]
    block = _native(told)
    own = [*head, block, *tail] if block is not None else None
    return Message(f"{review['title']}: {told.sentence}", [*head, *images, *tail], native=own)


def _native(told: Told) -> Block | None:
    """The look as Slack draws it; None where it does not fit, or nothing is to be drawn."""
    if told.table is not None:
        return native.table(told.table).block
    return native.chart(told.plot).block if told.plot is not None else None


def _notes(review: Mapping[str, Any], told: Told) -> list[Block]:
    """Which data and days these are, and what to know about them; columns without a role by type, each its own line."""
    about = [f"*{escape(review['title'])}*", country_name(review["country"])]
    if review["window"]:
        about.append(escape(review["window"]))
    notes = [escape(note) for note in told.notes]
    if review.get("short"):
        notes.insert(0, f":information_source: {escape(review['short'])}")
    if review["odd"] and told.look == "goal":
        notes.append(escape(review["odd"]))
    said = pieces(("\n" if told.look == "columns" else " ").join(notes)) if notes else []
    return [context(" · ".join(about), *said)]


def _buttons(review: Mapping[str, Any], filters: Filters) -> list[dict[str, Any]]:
    """The next looks, and the form with all of them."""
    able = [look for look in NEXT if look != filters.look and (look != "funnel" or review.get("funnel", True))]
    found = [
        button(
            NEXT[look],
            f"{LOOK}:{look}",
            pressed_value(review["dataset"], filters.model_copy(update={"look": look})),
        )
        for look in able[: SHOWN - (filters.look == "goal")]
    ]
    if filters.look == "goal":  # the first look: what comes next is whether the data will do
        found.append(button_of(Step.CHECK, review["dataset"]))
    return [*found, button("Filters and more", "review_filters", pressed_value(review["dataset"], filters))]


def _absent(why: str) -> str:
    return f"The picture is missing: {escape(why)}." if why else "The picture follows."
