"""What a dataset's columns mean: the second form, and what its sending starts."""

from contextlib import suppress

from bot.act import Act, Errors, Options, Reply, Show
from bot.data import again, mapping_form, modals
from bot.slack.blocks import escape
from bot.slack.form import Choice
from bot.slack.limits import OPTION_VALUE
from engine.data.changes import with_changes
from engine.data.dataset import Draft
from engine.data.guess import guess
from engine.data.mapping import Mapping, validate_mapping
from engine.data.records import read_mapping
from engine.data.wishes import wish
from engine.errors import NotFound


async def remap(act: Act) -> Reply:
    """Open the roles of a draft again, as last chosen. A source that may have been mended is read again first."""
    waiting = await act.open(modals.loading("Opening the columns …", title="What do they mean?"))
    draft = await act.blocking(act.seen.draft, act.value)
    roles = await act.blocking(_last_chosen, act, draft)
    if draft.columns and draft.source.kind == "csv":
        await act.surface.update_view(waiting, mapping_form.mapping_form(draft, roles))
    else:
        await act.blocking(_read_again, act, draft, roles, waiting)
    return None


def _last_chosen(act: Act, draft: Draft) -> Mapping:
    """The roles sent last; where they name columns that are gone (channels became columns), a guess of those there."""
    names = [column.name for column in draft.columns]
    with suppress(NotFound):
        sent = read_mapping(act.cloud.storage, draft.id)
        if not names or {*sent.model_columns, sent.country_var} <= {*names, ""}:
            return sent
    return with_changes(guess(draft.columns, draft.country), draft.changes, names)


def _read_again(act: Act, draft: Draft, roles: Mapping, view: str) -> None:
    """Have the columns read for a form that waits; what was chosen stays where its columns do."""
    more = {**again.NOT_READ, "view_id": view, "changes": again.made(draft, roles), "who": act.user}
    again.start(act, wish(act.cloud.storage, draft, act.key, act.clock.now(), **more), form=True)


async def change_spends(act: Act) -> Reply:
    """Other channels were chosen: show a field for what each of them is modelled on."""
    draft = await act.blocking(act.seen.draft, act.meta["draft"])
    chosen = mapping_form.read_mapping_form(act.values)
    view = mapping_form.mapping_form(draft, chosen)
    await act.surface.update_view(act.view["id"], view, act.view.get("hash", ""))
    return None


async def mapping_sent(act: Act) -> Reply:
    """The roles were sent: check them, then have the rows read, checked and stored."""
    draft = await act.blocking(act.seen.draft, act.meta["draft"])
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
    """Have the rows read with these roles: anew, if they were sent before and the person was answered."""
    more = {"accepted": (), "view_id": "", "changes": again.made(draft, mapping), "who": act.user}
    again.start(act, wish(act.cloud.storage, draft, act.key, act.clock.now(), mapping, **more), form=False)


async def search_column(act: Act) -> Reply:
    """Columns by part of their name, where there are more than a list can hold."""
    draft = await act.blocking(act.seen.draft, act.meta["draft"])
    wanted = act.value.lower()
    names = [c.name for c in draft.columns if wanted in c.name.lower() and len(c.name) <= OPTION_VALUE]
    return Options(tuple(Choice(name, name) for name in names[: mapping_form.MOST_LISTED]))
