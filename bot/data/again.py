"""Another try of a dataset: with another reading, with a finding accepted, or because the source was mended."""

from contextlib import suppress
from typing import Any

from bot.act import Act, Reply, Whisper
from bot.data import mapping_form, modals
from bot.data.countries import chosen_in
from bot.data.offers import pressed, taken_back
from bot.slack.blocks import Message, channel, context, escape, person, section
from engine.data.changes import Changes, changes
from engine.data.dataset import Draft, Offer
from engine.data.enough import CAUTIONED
from engine.data.guess import guess
from engine.data.mapping import Mapping
from engine.data.records import read_mapping
from engine.data.round import round_name
from engine.data.wishes import answer_of, open_draft, step_of, wish
from engine.errors import NotFound

# Our answer must be on the screen first: it would cover what was read otherwise, and wait for ever.
ON_SCREEN_SECONDS = 0.5
NOT_READ: dict[str, Any] = {"columns": (), "findings": (), "interval": "", "week_dated": ""}


def start(act: Act, draft: Draft, *, form: bool) -> None:
    """Have a draft worked on: its rows where its columns are known and its roles chosen, else its columns.

    form: somebody looks at a form that waits for the answer.
    """
    open_draft(act.cloud.storage, draft.id, act.clock.now())
    step = step_of(draft, form=form)
    key = f"{step}|{act.settings.workspace}|{draft.id}"
    delay = ON_SCREEN_SECONDS if form else 0.0
    act.cloud.tasks.enqueue("stage", step, {"draft": draft.id, "who": act.user}, key=key, delay=delay)


async def choose(act: Act) -> Reply:
    """One of the remedies was pressed: everything is read anew with it."""
    said = pressed(act.value)
    draft = await act.blocking(act.seen.draft, said.draft)
    offer = said.offer(await act.blocking(_on_offer, act, draft))
    return await _read_anew(act, draft, **_with_choice(draft, offer))


def _on_offer(act: Act, draft: Draft) -> list[Offer]:
    """Everything that was offered about a draft: on reading its columns, in its answer, and to take choices back."""
    made = [offer for found in draft.findings for offer in found.offers]
    with suppress(NotFound):  # not answered yet, or by an earlier version
        made += answer_of(act.cloud.storage, draft.id).offers
    return [*made, *(taken_back(key) for key in draft.choices)]


def _with_choice(draft: Draft, offer: Offer) -> dict[str, Any]:
    """The draft's choices with one more; without a value, with one less."""
    choices = {key: value for key, value in draft.choices.items() if key != offer.key}
    chosen = {key: words for key, words in draft.chosen.items() if key != offer.key}
    if offer.value:
        choices[offer.key] = offer.value
        chosen[offer.key] = offer.label
    # Another reading needs the source itself, where the rows were copied.
    return {"choices": choices, "chosen": chosen, "rows_of": "", "mapping_file": ""}


async def again(act: Act) -> Reply:
    """The source may have been mended, or be there again."""
    draft = await act.blocking(act.seen.draft, act.value)
    return await _read_anew(act, draft, fresh=True)


async def _read_anew(act: Act, draft: Draft, **more: Any) -> Reply:
    """Read a draft's source once more: in the form that it was pressed in, else for the roles that were chosen."""
    view = str(act.view.get("id", ""))
    mapping = None if view else await act.blocking(_chosen, act, draft)
    if view:
        filled = act.view.get("callback_id") == mapping_form.MAPPING
        roles = mapping_form.read_mapping_form(act.values) if filled else None
        more |= {"view_id": view, "changes": made(draft, roles)}
        if draft.several and filled:
            more["countries"] = chosen_in(act.values)
    elif mapping is not None:
        more |= {"view_id": "", "changes": made(draft, mapping)}
    if draft.countries and not view:
        more["round"] = round_name(draft)  # its message goes on
    renewed = await act.blocking(
        wish, act.cloud.storage, draft, act.key, act.clock.now(), mapping, who=act.user, **NOT_READ, **more
    )
    await act.blocking(start, act, renewed, form=bool(renewed.view_id))
    if view:
        waiting = modals.loading(f"Reading {escape(draft.source.label)} again …", title=_title(act))
        await act.surface.update_view(view, waiting, str(act.view.get("hash", "")))
        return None
    return on_it(act, renewed, "What comes of it arrives here.")


def on_it(act: Act, draft: Draft, more: str) -> Whisper:
    """Say that a wish is worked on; to whoever wished the same a moment later, who is answered."""
    if draft.who == act.user:
        return Whisper(Message(f"On it: {draft.title} is read again. {more}"))
    text = f"{draft.title} is being read again already"
    blocks = [section(f"*{escape(draft.title)}* is being read again already: {person(draft.who)} pressed that, too.")]
    blocks.append(
        context(f"What comes of it arrives in {channel(draft.channel)}, or with them where it asks something.")
    )
    return Whisper(Message(f"{text}.", blocks))


def made(draft: Draft, roles: Mapping | None) -> Changes:
    """What a person changed about the roles guessed, up to now."""
    if roles is None or not draft.columns:
        return draft.changes
    return changes(guess(draft.columns, draft.country), roles)


def _chosen(act: Act, draft: Draft) -> Mapping | None:
    try:
        return read_mapping(act.cloud.storage, draft.id)
    except NotFound:
        return None


def _title(act: Act) -> str:
    return str(act.view.get("title", {}).get("text", "")) or "New dataset"


async def accept(act: Act) -> Reply:
    """Somebody knows better than a check that may be overruled."""
    return on_it(act, await act.blocking(_accept, act), "That finding is accepted.")


def _accept(act: Act) -> Draft:
    draft = act.seen.draft(act.value)
    mapping = read_mapping(act.cloud.storage, draft.id)
    more = {} if draft.source.kind == "csv" or draft.rows_of else NOT_READ
    try:
        stopped_by = answer_of(act.cloud.storage, draft.id).overridable
    except NotFound:  # told by an earlier version
        stopped_by = ()
    accepted = tuple(sorted({*CAUTIONED, *draft.accepted, *stopped_by}))
    changed: dict[str, Any] = {"accepted": accepted, "who": act.user, "view_id": "", "changes": made(draft, mapping)}
    renewed = wish(act.cloud.storage, draft, act.key, act.clock.now(), mapping, **changed, **more)
    start(act, renewed, form=False)
    return renewed
