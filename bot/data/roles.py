"""What a dataset's columns mean: the second form, and what its sending starts."""

from contextlib import suppress

from bot.act import Act, Errors, Options, Reply, Show
from bot.data import again, mapping_form, mapping_more, modals
from bot.data.countries import chosen_in, wrong_countries
from bot.slack.blocks import channel, count, escape
from bot.slack.form import Choice, Values
from bot.slack.limits import OPTION_VALUE
from engine.data.changes import with_changes
from engine.data.dataset import Draft
from engine.data.details import with_details
from engine.data.guess import guess
from engine.data.mapped import same_roles, scope_of
from engine.data.mapping import Mapping, validate_mapping
from engine.data.records import read_mapping, update_draft
from engine.data.sums import carried, settled, used_sums
from engine.data.wishes import wish
from engine.errors import NotFound
from engine.paths import UNIVERSAL


async def remap(act: Act) -> Reply:
    """Open the roles of a draft again, as last chosen. A source that may have been mended is read again first."""
    waiting = await act.open(modals.loading("Opening the columns …", title="What do they mean?"))
    draft = await act.blocking(act.seen.draft, act.value)
    roles = await act.blocking(_last_chosen, act, draft)
    if draft.columns and (draft.source.kind == "csv" or draft.rows_of):
        await act.surface.update_view(waiting, mapping_form.mapping_form(draft, roles))
    else:
        await act.blocking(_read_again, act, draft, roles, waiting)
    return None


def _last_chosen(act: Act, draft: Draft) -> Mapping:
    """The roles sent last; where they name columns that are gone (channels became columns), a guess of those there."""
    names = [column.name for column in draft.columns]
    with suppress(NotFound):
        sent = read_mapping(act.cloud.storage, draft.id)
        if not names or {*sent.raw_columns} <= {*names}:
            return sent
    return with_changes(guess(draft.columns, draft.country), draft.changes, names)


def _read_again(act: Act, draft: Draft, roles: Mapping, view: str) -> None:
    """Have the columns read for a form that waits; what was chosen stays where its columns do."""
    more = {**again.NOT_READ, "view_id": view, "changes": again.made(draft, roles), "who": act.user}
    again.start(act, wish(act.cloud.storage, draft, act.key, act.clock.now(), **more), form=True)


async def change_spends(act: Act) -> Reply:
    """Other channels were chosen: show a field for what each of them is modelled on. A sum takes its parts out."""
    return await _redraw(act, more=bool(act.meta.get("more")), about=str(act.meta.get("about", "")))


async def change_more(act: Act) -> Reply:
    """Show what few people need, or hide it again; what was said there stays."""
    return await _redraw(act, more=not act.meta.get("more"))


async def change_about(act: Act) -> Reply:
    """Another column was chosen to say more of: show its fields; what was said of the one before stays."""
    return await _redraw(act, more=True, about=act.values.text(mapping_more.ABOUT))


async def _redraw(act: Act, *, more: bool, about: str = "") -> Reply:
    draft = await act.blocking(act.seen.draft, act.meta["draft"])
    chosen = settled(_chosen_before(act), _whole(draft, act.values), draft.columns)
    scope = _scope(draft, act.values)
    draft = await act.blocking(update_draft, act.cloud.storage, draft.id, roles=chosen.mapping, scope=scope)
    turn = _turn(act) + bool(chosen.out)
    countries = chosen_in(act.values) if draft.several else None
    view = mapping_form.mapping_form(
        draft, chosen.mapping, more=more, about=about, told=chosen.told, turn=turn, countries=countries
    )
    await act.surface.update_view(act.view["id"], view, act.view.get("hash", ""))
    return None


def _turn(act: Act) -> int:
    """How often the spends were settled in this form."""
    said = str(act.meta.get("turn", ""))
    return int(said) if said.isdecimal() and len(said) < 6 else 0


def _chosen_before(act: Act) -> tuple[str, ...]:
    """The spends that the form was drawn with."""
    drawn = [
        block
        for block in act.view.get("blocks", ())
        if str(block.get("block_id", "")).partition(":")[0] == mapping_form.SPENDS
    ]
    options = drawn[0].get("element", {}).get("initial_options", ()) if drawn else ()
    return tuple(str(option["value"]) for option in options)


def _whole(draft: Draft, values: Values) -> Mapping:
    """What the form says, with what is said beside it: in its fields behind *More*, or before."""
    said = mapping_form.said_of(draft, mapping_form.read_mapping_form(values))
    said = mapping_more.read_more(values, said)
    return with_details(mapping_form.read_mapping_form(values, said), said)


def _scope(draft: Draft, values: Values) -> str:
    if mapping_more.SCOPE not in values:
        return draft.scope
    return UNIVERSAL if values.text(mapping_more.SCOPE) == UNIVERSAL else ""


async def mapping_sent(act: Act) -> Reply:
    """The roles were sent: check them, then have the rows read, checked and stored."""
    draft = await act.blocking(act.seen.draft, act.meta["draft"])
    mapping, scope = sent_roles(draft, act.values), _scope(draft, act.values)
    if errors := mapping_more.more_problems(act.values):
        return Errors(errors)
    countries = chosen_in(act.values) if draft.several else ()
    problems = [*validate_mapping(mapping, draft.columns), *wrong_countries(draft, mapping, countries)]
    if problems:
        return Errors(_beside_fields(problems, act))
    if draft.rows_of:
        dataset = await act.blocking(act.seen.dataset, draft.rows_of)
        if same_roles(mapping, dataset.mapping) and scope == scope_of(dataset):
            return Show(modals.accepted(NOTHING_CHANGED, title="What do they mean?"))
        mapping = mapping.model_copy(update={"version": ""})
    await act.blocking(_start_snapshot, act, draft, mapping, scope, countries)
    where = channel(draft.channel)
    text = f":white_check_mark: *{escape(draft.title)}* is being read and checked. The result arrives in {where}."
    if countries:
        asked = count(len(set(countries)), "country")
        text = f":white_check_mark: *{escape(draft.title)}* is being read for {asked}. "
        text += f"One message in {where} shows how each of them stands."
    return Show(modals.accepted(text))


NOTHING_CHANGED = "Nothing was changed: these are the roles that it has. No new version was made."


def sent_roles(draft: Draft, values: Values) -> Mapping:
    """The roles of a form as they are stored: with the sums that are used; where they are a version's, naming it."""
    mapping = _whole(draft, values)
    sums = {one.name: one for one in mapping_form.sums_of(draft, mapping)}
    made = mapping.model_copy(update={"made": tuple(sums.values())})
    sent = used_sums(carried(made))
    began = draft.roles
    if began is None or not began.version or not same_roles(sent, used_sums(carried(began))):
        return sent
    return sent.model_copy(update={"version": began.version})


def _beside_fields(problems: list[tuple[str, str]], act: Act) -> dict[str, str]:
    """Put each problem beside the field it is about; what belongs to none goes to the first."""
    shown = {block["block_id"] for block in act.view["blocks"] if block["type"] == "input"}
    spends = mapping_form.spends_name(_turn(act))
    errors: dict[str, str] = {}
    for name, message in problems:
        place = name if name in shown else spends
        errors[place] = f"{errors[place]} {message}" if place in errors else message
    return errors


def _start_snapshot(act: Act, draft: Draft, mapping: Mapping, scope: str, countries: tuple[str, ...] = ()) -> None:
    """Have the rows read with these roles: anew, if they were sent before and the person was answered."""
    more = {"accepted": (), "view_id": "", "changes": again.made(draft, mapping), "who": act.user}
    more |= {"roles": mapping, "scope": scope, "mapping_file": ""}
    if draft.several:
        more |= {"countries": countries, "round": ""}
    again.start(act, wish(act.cloud.storage, draft, act.key, act.clock.now(), mapping, **more), form=False)


async def search_column(act: Act) -> Reply:
    """Columns by part of their name, where there are more than a list can hold."""
    draft = await act.blocking(act.seen.draft, act.meta["draft"])
    wanted = act.value.lower()
    every = [c.name for c in draft.columns]
    if act.view.get("callback_id") == mapping_form.MAPPING:
        said = draft.roles or guess(draft.columns, draft.country)
        every += [one.name for one in mapping_form.sums_of(draft, said) if one.name not in every]
    names = [name for name in every if wanted in name.lower() and len(name) <= OPTION_VALUE]
    return Options(tuple(Choice(name, name) for name in names[: mapping_form.MOST_LISTED]))
