"""Where a dataset's rows come from: the first form, and what its sending starts."""

import logging
from contextlib import suppress
from datetime import datetime
from hashlib import sha256

from bot.act import Act, Errors, Options, Reply, Show
from bot.data import again, modals, refresh, through
from bot.data.dropped import form_of, is_table, usable
from bot.slack.blocks import escape
from bot.slack.form import Choice
from engine.cloud.connection import DEFAULT
from engine.cloud.dialects import dialect_of
from engine.cloud.select_country import asks_country, of_country
from engine.data.countries import COUNTRIES
from engine.data.country_names import search_countries
from engine.data.dataset import Draft, Source
from engine.data.records import save_draft
from engine.errors import AlreadyExists, BadSelect, NotFound
from engine.names import unwrapped

# How else people say several.
MANY = ("all", "many", "more", "multiple")
log = logging.getLogger(__name__)


async def new(act: Act) -> Reply:
    """Open the first form; the tables it may offer are looked up meanwhile."""
    connections = await through.connections_of(act)
    await act.open(
        modals.source_form(
            kind="csv",
            channel=act.channel or act.settings.channel_default,
            warehouse=bool(connections),
            connections=through.choices(connections),
            opened_at=act.clock.now(),
            title=unwrapped(act.text),
        )
    )
    if connections:
        await through.list_soon(act, connections[0].name)
    return None


async def new_from_message(act: Act) -> Reply:
    """Open the first form for a file that somebody dropped into a conversation before."""
    files = [file for file in act.message.get("files") or () if file.get("id") and is_table(str(file.get("name", "")))]
    if not files:
        raise NotFound(
            "That message has no table.", "Choose one with a CSV or Excel file, or drop one with `/mmm dataset new`."
        )
    await act.open(form_of(act, [Choice(str(file["id"]), str(file["name"])) for file in files]))
    return None


async def replace(act: Act) -> Reply:
    """Another source for a draft: the first form again, with its name and country as they were."""
    draft = await act.blocking(act.seen.draft, act.value)
    connections = await through.connections_of(act)
    view = modals.source_form(
        kind=draft.source.kind,
        channel=draft.channel,
        warehouse=bool(connections),
        connections=through.choices(connections),
        connection=draft.source.connection or DEFAULT,
        opened_at=act.clock.now(),
        title=draft.title,
        country=modals.SEVERAL if draft.several else draft.country,
        table=draft.source.table,
        sql=draft.source.sql,
    )
    if act.view:
        await act.surface.update_view(act.view["id"], view, act.view.get("hash", ""))
    else:
        await act.open(view)
    return None


async def change_kind(act: Act) -> Reply:
    """Another kind of source, or another connection, was chosen: show its field."""
    connections = await through.connections_of(act)
    country = act.values.text("country").lower()
    known = country in COUNTRIES or country == modals.SEVERAL
    view = modals.source_form(
        kind=act.values.text("kind"),
        channel=act.values.text("channel") or act.meta["channel"],
        warehouse=bool(connections),
        connections=through.choices(connections),
        connection=through.chosen_name(act),
        opened_at=datetime.fromisoformat(act.meta["opened_at"]),
        title=act.values.text("title"),
        country=country if known else "",
        renews=str(act.meta.get("renews", "")),
    )
    await act.surface.update_view(act.view["id"], view, act.view.get("hash", ""))
    if act.values.text("kind") == "table" and connections:
        await through.list_soon(act, through.chosen_name(act))
    return None


async def table_chosen(act: Act) -> Reply:
    """A table was chosen: what its columns are is looked up, for whatever asks about them next."""
    if act.meta["kind"] == "table" and (value := act.values.text("table")):
        at = through.chosen(act, await through.connections_of(act))
        await through.list_soon(act, at.name, await act.blocking(through.table_of, act, at, value))
    return None


async def source_sent(act: Act) -> Reply:
    """The first form was sent: check every field, then have the columns read."""
    values, errors = act.values, {}
    kind = values.text("kind") or "csv"
    source = Source(kind="csv")
    if not values.text("title"):
        errors["title"] = "Give it a name."
    country = values.text("country").lower()
    several = country == modals.SEVERAL
    if country not in COUNTRIES and not several:
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
                errors["file"] = "Drop a file."
            elif not is_table(str(file["name"])):
                errors["file"] = f"{file['name']} is no table: a CSV, Excel, OpenDocument or Parquet file is."
            else:
                source = Source(kind="csv", file_id=str(file["id"]), file_name=str(file["name"]))
        else:
            source = await _of_warehouse(act, kind, country)
    except BadSelect as error:
        errors["table" if kind == "table" else "sql"] = f"{error.what} {error.todo}"
    if source.file_id and not errors:
        errors = await _not_theirs(act, source.file_id)
    if errors:
        return Errors(errors)
    opened_at = datetime.fromisoformat(act.meta["opened_at"])
    title, channel = values.text("title"), values.text("channel") or act.meta["channel"]
    draft = Draft(
        id=draft_id(opened_at, act.view["id"], title, country, source.model_dump_json()),
        workspace=act.settings.workspace,
        title=title,
        country="" if several else country,
        several=several,
        source=source,
        who=act.user,
        public=await act.blocking(act.seen.is_public, channel),
        channel=channel,
        created_at=act.clock.now(),
        view_id=act.view["id"],
    )
    if before := str(act.meta.get("renews", "")):
        return await refresh.file_sent(act, draft, before)
    await act.blocking(_start_reading, act, draft)
    return Show(modals.loading(f"Reading the columns of {escape(source.label)} …"))


async def _of_warehouse(act: Act, kind: str, country: str) -> Source:
    """A table or a SELECT, as the warehouse that it lies in writes it. Raises BadSelect, NotFound, BadInput.

    A SELECT for each country is kept as it was written: what is sent for one is checked once more whenever it is sent.
    """
    at = through.chosen(act, await through.connections_of(act))
    dialect, name = dialect_of(at.kind), through.named(at)
    if kind == "table":
        table = await act.blocking(through.table_of, act, at, act.values.text("table"))
        return Source(kind="table", table=dialect.table_name(table), connection=name)
    sql = act.values.text("sql")
    if not asks_country(sql):
        return Source(kind="select", sql=dialect.one_select(sql), connection=name)
    dialect.one_select(of_country(sql, country if country in COUNTRIES else "us"))
    return Source(kind="select", sql=sql, connection=name)


async def _not_theirs(act: Act, file_id: str) -> dict[str, str]:
    """What is wrong with a file that this person may not use, beside the field that names it."""
    try:
        await usable(act, file_id)
    except NotFound as error:
        shown = [block["block_id"] for block in act.view["blocks"] if block["type"] == "input"]
        # A message with one file asks for none.
        place = next((name for name in ("dropped", "file") if name in shown), "title")
        return {place: f"{error.what} {error.todo}"}
    return {}


def draft_id(opened_at: datetime, *about: str) -> str:
    """The draft's name: by the time its form was opened, and the same for a form that is delivered twice."""
    return f"{opened_at:%Y%m%dT%H%M%SZ}-{sha256('|'.join(about).encode()).hexdigest()[:6]}"


def _start_reading(act: Act, draft: Draft) -> None:
    with suppress(AlreadyExists):  # delivered before; what follows may not have happened then
        save_draft(act.cloud.storage, draft)
    again.start(act, draft, form=True)


async def search_country(act: Act) -> Reply:
    found = [code for code, _ in search_countries(act.value)]
    wanted = act.value.strip().lower()
    if (
        not wanted
        or (len(wanted) > 2 and modals.country_choice(modals.SEVERAL).label.lower().startswith(wanted))
        or wanted in MANY
    ):
        found.insert(0, modals.SEVERAL)
    return Options(tuple(modals.country_choice(code) for code in found))


async def search_table(act: Act) -> Reply:
    """Tables by part of their name, of the connection that the form is about."""
    at = through.chosen(act, await through.connections_of(act))
    return Options(await act.blocking(through.tables_like, act, at, act.value))
