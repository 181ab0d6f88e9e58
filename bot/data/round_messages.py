"""What is said of several countries of one source: one message with a line each, its end, and each in its thread."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from bot.data.countries import RETRY
from bot.data.findings import finding_blocks, gravest_first, short
from bot.data.messages import extent, tally
from bot.data.review_press import LOOK, pressed_value
from bot.guide import button_of, next_steps
from bot.slack.blocks import Message, actions, button, context, count, days, escape, person, section
from bot.slack.limits import ELLIPSIS, MESSAGE_BLOCK_TEXT, Block
from bot.slack.paging import packed, pages
from engine.data.countries import country_name
from engine.data.dataset import Dataset
from engine.data.review.filters import Filters
from engine.data.round import OVER, State
from engine.guidance import Step
from engine.labels import listed

MARKS: Final = {
    State.WAITING: ":white_circle:",
    State.READING: ":hourglass_flowing_sand:",
    State.READY: ":large_green_circle:",
    State.SAME: ":heavy_equals_sign:",
    State.FAILED: ":red_circle:",
}
# What the lines of all countries leave to what stands around them.
AROUND: Final = 2_500
# So much of a title stands in a head: it is whole wherever the dataset itself is shown.
TITLE: Final = 120
NAMED: Final = 5


def round_card(data: Mapping[str, Any]) -> Message:
    """Several countries of one source, a line each, and how many are done. Drawn anew as they come."""
    told = data["countries"]
    title = short(data["title"], TITLE)
    done = [one for one in told if one["state"] in OVER]
    head = f"{_what(data)} *{escape(title)}* for {_number(len(told))}: {_progress(told)}."
    blocks: list[Block] = [section(head)]
    blocks += [section(text) for text in packed(_lines(told))]
    about = f"From {escape(short(data['source'], 300))}, by {person(data['who'])}. What was found is in the thread."
    blocks.append(context(about))
    if ways := _ways_on(data, over=len(done) == len(told)):
        blocks.append(actions(*ways))
    return Message(f"{_what(data)} {title}: {len(done)} of {_number(len(told))} done.", blocks)


def _ways_on(data: Mapping[str, Any], *, over: bool) -> list[dict[str, Any]]:
    """What comes next: those that failed again, all that are there side by side, and a look at the largest of them."""
    failed = sum(one["state"] == State.FAILED for one in data["countries"])
    ways = []
    if failed:
        label = "Try it again" if failed == 1 else f"Try the {failed} again"
        ways.append(button(label, RETRY, data["round"]))
    there = [one for one in data["countries"] if one["dataset"]]
    if not over or not there:
        return ways
    largest = max(there, key=lambda one: one["rows"])
    if len(there) > 1:
        side_by_side = pressed_value(largest["dataset"], Filters(look="countries"))
        ways.append(button("Countries side by side", LOOK, side_by_side, style="primary"))
    check, map_it = button_of(Step.CHECK, largest["dataset"]), button_of(Step.MAP, largest["dataset"])
    check["text"]["text"] = f"Check {country_name(largest['country'])}"
    return [*ways, check, map_it]


def round_over(data: Mapping[str, Any]) -> Message:
    """The end of it, in one sentence."""
    text = _end(data)
    failed = any(one["state"] == State.FAILED for one in data["countries"])
    # Whoever asked is called where there is something to do.
    return Message(text, [section(f"{person(data['who'])} {escape(text)}" if failed else escape(text))])


def _end(data: Mapping[str, Any]) -> str:
    told, title = data["countries"], short(data["title"], TITLE)
    ready = [one for one in told if one["state"] == State.READY]
    same = [one for one in told if one["state"] == State.SAME]
    failed = [one for one in told if one["state"] == State.FAILED]
    parts = []
    if ready:
        what = "a new snapshot" if data["renews"] else "a dataset"
        parts.append(f"{len(ready)} of {_number(len(told))} {'has' if len(ready) == 1 else 'have'} {what}")
    if same:
        of = "" if len(same) == len(told) and len(told) == 1 else f" in {_number(len(same))}"
        parts.append(f"nothing is new{of} since the last snapshot")
    if failed:
        names = [country_name(one["country"]) for one in failed[:NAMED]]
        names += [f"{len(failed) - NAMED} more"] if len(failed) > NAMED else []
        parts.append(f"{listed(names)} {'was' if len(failed) == 1 else 'were'} not read")
    return f"{title}: {listed(parts or [_progress(told)])}."


def country_ready(dataset: Dataset, since: Mapping[str, Any] | None, under: bool = True) -> list[Message]:
    """One country's dataset, in the thread: what it holds, what is new, what the checks saw, what to do with it.

    As many messages as it takes.
    """
    name = country_name(dataset.country)
    head = f"*{escape(name)}*: {extent(dataset)}." if under else _alone(dataset)
    found = gravest_first(dataset.findings)
    blocks: list[Block] = [section(head), *since_blocks(since)]
    blocks += [context(f"Findings: {tally(dataset.findings)}."), *finding_blocks(found, dataset.ts)]
    dealt = pages([*blocks, _buttons(dataset, since)])
    text = f"{short(dataset.title, TITLE)}, {name}: {extent(dataset)}."
    if since:
        text = f"{text} {since['sentence']}"
    return [Message(text, dealt[0]), *(Message(f"{name}: more that the checks found.", more) for more in dealt[1:])]


def _buttons(dataset: Dataset, since: Mapping[str, Any] | None) -> Block:
    """What comes next; after a new snapshot also what is new in it, in full."""
    if not since:
        return next_steps(dataset)
    what = button("What changed", "dataset_diff", f"{since['before']} {dataset.id}")
    return next_steps(dataset, done=(Step.REFRESH,), own=[what])


def _alone(dataset: Dataset) -> str:
    title = escape(short(dataset.title, TITLE))
    return f"A new snapshot of *{title}* · {country_name(dataset.country)} is ready: {extent(dataset)}."


def since_blocks(since: Mapping[str, Any] | None) -> list[Block]:
    """What is new since the snapshot before."""
    if not since:
        return []
    return [section(text) for text in packed([f":arrows_counterclockwise: {escape(since['sentence'])}"])]


def unchanged(title: str, country: str, dataset: Dataset, under: bool = True) -> Message:
    """The source holds what the last snapshot holds."""
    name, until = country_name(country), f"{extent(dataset)}"
    about = f"*{escape(name)}*" if under else f"*{escape(short(title, TITLE))}* · {name}"
    text = f"{about}: nothing is new since the last snapshot ({until}), so there is no second one."
    plain = f"{short(title, TITLE)}, {name}: nothing is new since the last snapshot."
    show = actions(button("Show roles", "dataset_show", dataset.id))
    return Message(plain, [section(f":heavy_equals_sign: {text}"), show])


def _what(data: Mapping[str, Any]) -> str:
    return "New snapshots of" if data["renews"] else "Datasets"


def _number(countries: int) -> str:
    return count(countries, "country", "countries")


def _progress(told: Sequence[Mapping[str, Any]]) -> str:
    """How many are where, in the order in which they pass through."""
    words = {
        State.WAITING: "waiting",
        State.READING: "being read",
        State.READY: "ready",
        State.SAME: "without news",
        State.FAILED: "failed",
    }
    counted = [(sum(one["state"] == state for one in told), word) for state, word in words.items()]
    return ", ".join(f"{number} {word}" for number, word in counted if number)


def _lines(told: Sequence[Mapping[str, Any]]) -> list[str]:
    """A line each; all of them fit into one message, however long the reasons are."""
    most = (MESSAGE_BLOCK_TEXT - AROUND) // max(1, len(told)) - 1
    return [_line(one, most) for one in told]


def _line(one: Mapping[str, Any], most: int) -> str:
    state, name = State(one["state"]), country_name(one["country"])
    begun = f"{MARKS[state]} *{escape(name)}* · "
    match state:
        case State.WAITING | State.READING:
            return begun + str(state)
        case State.FAILED:
            return begun + cut(f"failed: {one['said'] or 'the reason is in the thread'}", most - len(begun))
    when = days(date.fromisoformat(one["first_date"]), date.fromisoformat(one["last_date"]))
    ready = f"{'ready' if state is State.READY else 'nothing new'}, {count(one['rows'], 'row')}, {when}"
    news = f". {one['said']}" if state is State.READY and one["said"] else ""
    return begun + cut(ready + news, most - len(begun))


def cut(text: str, most: int) -> str:
    """Escaped text in at most `most` characters: cut where it is longer, never within an escape."""
    text = " ".join(text.split())
    if len(escape(text)) <= most:
        return escape(text)
    kept, size = [], 0
    for sign in text:
        size += len(escape(sign))
        if size > most - len(ELLIPSIS):
            break
        kept.append(escape(sign))
    return "".join(kept).rstrip() + ELLIPSIS
