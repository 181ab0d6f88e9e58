"""`/mmm dataset …`: what people type, press and fill in about datasets."""

import logging
from contextlib import suppress
from datetime import datetime
from hashlib import sha256

from bot.access import Role
from bot.act import Act, Errors, Options, Reply, Show, Whisper
from bot.data import messages, modals
from bot.data.countries import search_countries
from bot.registry import Command, Wing
from bot.slack.blocks import Message, escape
from bot.slack.form import Choice
from bot.slack.limits import OPTION_VALUE
from engine import paths
from engine.cloud.select import one_select, table_name
from engine.data.dataset import Draft, Source
from engine.data.guess import guess
from engine.data.mapping import Mapping, validate_mapping
from engine.data.records import (
    find_dataset,
    list_datasets,
    read_draft,
    read_mapping,
    save_draft,
    save_mapping,
    update_draft,
)
from engine.errors import AlreadyExists, BadSelect, NotFound, Refused, Unavailable
from engine.experiment.check import CAUTIONED

log = logging.getLogger(__name__)

ON_SCREEN_SECONDS = 0.5


async def new(act: Act) -> Reply:
    """Open the first form; the tables it may offer are looked up meanwhile."""
    await act.open(
        modals.source_form(
            kind="csv",
            channel=act.channel or act.settings.channel_default,
            warehouse=bool(act.settings.snowflake_account),
            opened_at=act.clock.now(),
            title=act.text,
        )
    )
    if act.settings.snowflake_account:
        key = f"list_tables|{act.settings.workspace}|{act.clock.now():%Y%m%dT%H%M}"
        try:
            await act.blocking(act.cloud.tasks.enqueue, "stage", "list_tables", {}, key=key)
        except (Unavailable, Refused) as error:
            # The form works without: an older list is there, and any name can be typed.
            log.warning("the tables are not looked up: %s (%s)", error.what, error.detail)
    return None


async def new_from_message(act: Act) -> Reply:
    """Open the first form for a CSV file that somebody dropped into a conversation before."""
    files = [file for file in act.message.get("files") or () if is_csv(str(file.get("name", "")))]
    if not files:
        raise NotFound("That message has no CSV file.", "Choose one that has, or drop a file with `/mmm dataset new`.")
    await act.open(
        modals.source_form(
            kind="csv",
            channel=act.channel or act.settings.channel_default,
            warehouse=False,
            opened_at=act.clock.now(),
            dropped=[Choice(str(file["id"]), str(file["name"])) for file in files],
        )
    )
    return None


def is_csv(name: str) -> bool:
    return name.lower().endswith(tuple(f".{suffix}" for suffix in modals.CSV_TYPES))


async def change_kind(act: Act) -> Reply:
    """Another kind of source was chosen: show its field."""
    country = act.values.text("country")
    view = modals.source_form(
        kind=act.values.text("kind"),
        channel=act.values.text("channel") or act.meta["channel"],
        warehouse=bool(act.settings.snowflake_account),
        opened_at=datetime.fromisoformat(act.meta["opened_at"]),
        title=act.values.text("title"),
        country=country,
    )
    await act.surface.update_view(act.view["id"], view, act.view.get("hash", ""))
    return None


async def source_sent(act: Act) -> Reply:
    """The first form was sent: check every field, then have the columns read."""
    values, errors = act.values, {}
    kind = values.text("kind") or "csv"
    source = Source(kind="csv")
    if not values.text("title"):
        errors["title"] = "Give it a name."
    if not values.text("country"):
        errors["country"] = "Choose the country the rows are about."
    try:
        if dropped := act.meta.get("dropped"):
            chosen = values.text("dropped")
            if chosen not in dropped:
                errors["dropped"] = "Choose the file."
            else:
                source = Source(kind="csv", file_id=chosen, file_name=values.label("dropped"))
        elif kind == "csv":
            file = values.file("file")
            if file is None:
                errors["file"] = "Drop a CSV file."
            elif not is_csv(str(file["name"])):
                errors["file"] = f"{file['name']} is not a CSV file. In a spreadsheet, save it as CSV first."
            else:
                source = Source(kind="csv", file_id=str(file["id"]), file_name=str(file["name"]))
        elif kind == "table":
            source = Source(kind="table", table=table_name(values.text("table")))
        else:
            source = Source(kind="select", sql=one_select(values.text("sql")))
    except BadSelect as error:
        errors["table" if kind == "table" else "sql"] = f"{error.what} {error.todo}"
    if errors:
        return Errors(errors)
    opened_at = datetime.fromisoformat(act.meta["opened_at"])
    title, country = values.text("title"), values.text("country").lower()
    draft = Draft(
        id=draft_id(opened_at, act.view["id"], title, country, source.model_dump_json()),
        workspace=act.settings.workspace,
        title=title,
        country=country,
        source=source,
        who=act.user,
        channel=values.text("channel") or act.meta["channel"],
        created_at=act.clock.now(),
        view_id=act.view["id"],
    )
    await act.blocking(_start_reading, act, draft)
    return Show(modals.loading(f"Reading the columns of {escape(source.label)} …"))


def draft_id(opened_at: datetime, *about: str) -> str:
    """The draft's name: by the time its form was opened, and the same for a form that is delivered twice."""
    return f"{opened_at:%Y%m%dT%H%M%SZ}-{sha256('|'.join(about).encode()).hexdigest()[:6]}"


def _start_reading(act: Act, draft: Draft) -> None:
    with suppress(AlreadyExists):  # delivered before; what follows may not have happened then
        save_draft(act.cloud.storage, draft)
    key = f"read_columns|{act.settings.workspace}|{draft.id}"
    # Our answer must be on the screen first: it would cover the columns otherwise, and wait for ever.
    act.cloud.tasks.enqueue(
        "stage", "read_columns", {"draft": draft.id, "who": act.user}, key=key, delay=ON_SCREEN_SECONDS
    )


async def remap(act: Act) -> Reply:
    """Open the roles of a draft again, as last chosen."""
    waiting = await act.open(modals.loading("Opening the columns …", title="What do they mean?"))
    draft = await act.blocking(read_draft, act.cloud.storage, act.value)
    try:
        chosen = await act.blocking(read_mapping, act.cloud.storage, draft.id)
    except NotFound:
        chosen = guess(draft.columns, draft.country)
    await act.surface.update_view(waiting, modals.mapping_form(draft.id, draft.columns, chosen))
    return None


async def change_spends(act: Act) -> Reply:
    """Other channels were chosen: show a field for what each of them is modelled on."""
    draft = await act.blocking(read_draft, act.cloud.storage, act.meta["draft"])
    chosen = modals.read_mapping_form(act.values)
    view = modals.mapping_form(draft.id, draft.columns, chosen)
    await act.surface.update_view(act.view["id"], view, act.view.get("hash", ""))
    return None


async def mapping_sent(act: Act) -> Reply:
    """The roles were sent: check them, then have the rows read, checked and stored."""
    draft = await act.blocking(read_draft, act.cloud.storage, act.meta["draft"])
    mapping = modals.read_mapping_form(act.values)
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


async def search_country(act: Act) -> Reply:
    found = search_countries(act.value)
    return Options(tuple(Choice(code, f"{name} ({code.upper()})") for code, name in found))


async def search_table(act: Act) -> Reply:
    """Tables by part of their name, from the list the worker keeps; whatever is typed can be chosen too."""
    found = await act.blocking(_tables, act)
    wanted = act.value.strip()
    near = [name for name in found if wanted.lower() in name.lower() and len(name) <= OPTION_VALUE][:99]
    typed = [Choice(wanted, f"Use “{wanted}”")] if wanted and wanted not in near and len(wanted) <= OPTION_VALUE else []
    return Options((*(Choice(name, name) for name in near), *typed))


def _tables(act: Act) -> list[str]:
    document = act.cloud.storage.read(paths.TABLES)
    return [str(name) for name in document.body["tables"]] if document else []


async def search_column(act: Act) -> Reply:
    """Columns by part of their name, where there are more than a list can hold."""
    draft = await act.blocking(read_draft, act.cloud.storage, act.meta["draft"])
    wanted = act.value.lower()
    names = [c.name for c in draft.columns if wanted in c.name.lower() and len(c.name) <= OPTION_VALUE]
    return Options(tuple(Choice(name, name) for name in names[: modals.MOST_LISTED]))


async def listed(act: Act) -> Reply:
    return Whisper(messages.listing(await act.blocking(list_datasets, act.cloud.storage)))


async def show(act: Act) -> Reply:
    """One dataset, by what was typed or by a button."""
    wanted = act.text or act.value
    if not wanted:
        return await listed(act)
    return Whisper(messages.shown(await act.blocking(find_dataset, act.cloud.storage, wanted)))


WING = Wing(
    commands=(
        Command(
            ("dataset", "new"), new, "Make a dataset from a CSV, a table or a SELECT.", "[NAME]", needs=Role.ANALYST
        ),
        Command(("dataset", "list"), listed, "Show the datasets.", needs=Role.VIEWER),
        Command(("dataset", "show"), show, "Show one dataset and the roles of its columns.", "NAME", needs=Role.VIEWER),
    ),
    buttons=(
        ("start_dataset", new, Role.ANALYST),
        ("dataset_show", show, Role.VIEWER),
        ("dataset_remap", remap, Role.ANALYST),
        ("dataset_accept", accept, Role.ANALYST),
        ("kind", change_kind, Role.ANALYST),
        ("paid_media_spends", change_spends, Role.ANALYST),
    ),
    shortcuts=(("new_dataset", new, Role.ANALYST), ("message_dataset", new_from_message, Role.ANALYST)),
    forms=((modals.SOURCE, source_sent, Role.ANALYST), (modals.MAPPING, mapping_sent, Role.ANALYST)),
    searches=(
        ("country", search_country, Role.ANALYST),
        ("table", search_table, Role.ANALYST),
        *((name, search_column, Role.ANALYST) for name in ("date_var", "dep_var", "paid_media_spends", "organic_vars")),
        *(
            (name, search_column, Role.ANALYST)
            for name in ("context_vars", "factor_vars", "country_var", modals.EXPOSURE)
        ),
    ),
)
