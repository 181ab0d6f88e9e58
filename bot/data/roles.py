"""What a dataset's columns mean: the second form, and what its sending starts."""

from contextlib import suppress
from hashlib import sha256

from bot.act import Act, Errors, Options, Reply, Show, Whisper
from bot.data import mapping_form, modals
from bot.slack.blocks import Message, escape
from bot.slack.form import Choice
from bot.slack.limits import OPTION_VALUE
from engine.data.dataset import Draft
from engine.data.enough import CAUTIONED
from engine.data.guess import guess
from engine.data.mapping import Mapping, validate_mapping
from engine.data.records import read_draft, read_mapping, save_draft, save_mapping, update_draft
from engine.errors import AlreadyExists, NotFound


async def remap(act: Act) -> Reply:
    """Open the roles of a draft again, as last chosen."""
    waiting = await act.open(modals.loading("Opening the columns …", title="What do they mean?"))
    draft = await act.blocking(read_draft, act.cloud.storage, act.value)
    try:
        chosen = await act.blocking(read_mapping, act.cloud.storage, draft.id)
    except NotFound:
        chosen = guess(draft.columns, draft.country)
    await act.surface.update_view(waiting, mapping_form.mapping_form(draft.id, draft.columns, chosen))
    return None


async def change_spends(act: Act) -> Reply:
    """Other channels were chosen: show a field for what each of them is modelled on."""
    draft = await act.blocking(read_draft, act.cloud.storage, act.meta["draft"])
    chosen = mapping_form.read_mapping_form(act.values)
    view = mapping_form.mapping_form(draft.id, draft.columns, chosen)
    await act.surface.update_view(act.view["id"], view, act.view.get("hash", ""))
    return None


async def mapping_sent(act: Act) -> Reply:
    """The roles were sent: check them, then have the rows read, checked and stored."""
    draft = await act.blocking(read_draft, act.cloud.storage, act.meta["draft"])
    mapping = mapping_form.read_mapping_form(act.values)
    problems = validate_mapping(mapping, draft.columns)
    if problems:
        return Errors(_beside_fields(problems, act))
    await act.blocking(_start_snapshot, act, draft, mapping)
    text = f":white_check_mark: *{escape(draft.title)}* is being read and checked. "
    text += f"The result arrives in <#{draft.channel}>."
    return Show(modals.accepted(text))


def _beside_fields(problems: list[tuple[str, str]], act: Act) -> dict[str, str]:
    """Put each problem beside the field it is about; what belongs to none goes to the first."""
    shown = {block["block_id"] for block in act.view["blocks"] if block["type"] == "input"}
    errors: dict[str, str] = {}
    for name, message in problems:
        place = name if name in shown else "paid_media_spends"
        errors[place] = f"{errors[place]} {message}" if place in errors else message
    return errors


def _start_snapshot(act: Act, draft: Draft, mapping: Mapping) -> None:
    """Keep the roles and queue the reading. Roles that were refused before are replaced, under a new draft."""
    try:
        save_mapping(act.cloud.storage, draft.id, mapping)
    except AlreadyExists:
        began = draft.id.partition("-")[0]
        digest = sha256(f"{draft.id}|{mapping.model_dump_json()}".encode()).hexdigest()
        renewed = draft.model_copy(update={"id": f"{began}-{digest[:6]}", "accepted": ()})
        with suppress(AlreadyExists):  # delivered before
            save_draft(act.cloud.storage, renewed)
        save_mapping(act.cloud.storage, renewed.id, mapping)
        draft = renewed
    _enqueue_snapshot(act, draft.id, 0)


def _enqueue_snapshot(act: Act, draft: str, n: int) -> None:
    key = f"snapshot|{act.settings.workspace}|{draft}|{n}"
    act.cloud.tasks.enqueue("stage", "snapshot", {"draft": draft, "n": n, "who": act.user}, key=key)


async def accept(act: Act) -> Reply:
    """Somebody knows better than a check that may be overruled."""
    await act.blocking(_accept, act)
    return Whisper(Message("On it: the data is read again, and that finding is accepted."))


def _accept(act: Act) -> None:
    draft = update_draft(act.cloud.storage, act.value, accepted=tuple(CAUTIONED))
    _enqueue_snapshot(act, draft.id, 1)


async def search_column(act: Act) -> Reply:
    """Columns by part of their name, where there are more than a list can hold."""
    draft = await act.blocking(read_draft, act.cloud.storage, act.meta["draft"])
    wanted = act.value.lower()
    names = [c.name for c in draft.columns if wanted in c.name.lower() and len(c.name) <= OPTION_VALUE]
    return Options(tuple(Choice(name, name) for name in names[: mapping_form.MOST_LISTED]))
