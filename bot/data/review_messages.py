"""What a review says: the finding first, its numbers as tiles, one picture, and the next looks as buttons."""

from collections.abc import Mapping
from typing import Any

from bot.data.review_press import LOOK, pressed_value
from bot.slack import native
from bot.slack.blocks import Message, actions, button, context, escape, fields, section, slack_image
from bot.slack.limits import Block
from bot.slack.pictures import Pictures
from engine.data.countries import country_name
from engine.data.review.filters import LOOKS, Filters
from engine.data.review.told import Told
from engine.ports import Notice

# The next looks that are buttons: the likeliest first; all others stand in the form.
NEXT = ("goal", "channels", "changes", "funnel", "missing", "metric")
SHOWN = 4
NOTES = 9


def drawn(notice: Notice, pictures: Pictures) -> Message:
    """One look at a dataset: with its picture, or drawn by Slack itself where it fits."""
    review: Mapping[str, Any] = notice.data["review"]
    told, filters = Told.model_validate(review["told"]), Filters.model_validate(review["filters"])
    head: list[Block] = [section(escape(told.sentence))]
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
    """Which data and days these are, and what to know about them."""
    about = [f"*{escape(review['title'])}*", country_name(review["country"])]
    if review["window"]:
        about.append(escape(review["window"]))
    lines = [" · ".join(about)]
    if review.get("short"):
        lines.append(f":information_source: {escape(review['short'])}")
    lines += [escape(note) for note in told.notes]
    if review["odd"] and told.look != "columns":
        lines.append(escape(review["odd"]))
    # A context block has ten elements.
    return [context(*lines[at : at + NOTES]) for at in range(0, len(lines), NOTES)]


def _buttons(review: Mapping[str, Any], filters: Filters) -> list[dict[str, Any]]:
    """The next looks, and the form with all of them."""
    able = [look for look in NEXT if look != filters.look and (look != "funnel" or review.get("funnel", True))]
    found = [
        button(
            LOOKS[look],
            f"{LOOK}:{look}",
            pressed_value(review["dataset"], filters.model_copy(update={"look": look})),
        )
        for look in able[:SHOWN]
    ]
    return [*found, button("Filters and more", "review_filters", pressed_value(review["dataset"], filters))]


def _absent(why: str) -> str:
    return f"The picture is missing: {escape(why)}." if why else "The picture follows."
