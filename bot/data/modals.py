"""The first form of a dataset, which asks where the rows come from; and what is shown while people wait."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bot.slack.blocks import context, escape, section
from bot.slack.form import (
    Choice,
    View,
    channel_input,
    field,
    file_input,
    modal,
    radio,
    search_select,
    select,
    text_input,
)
from bot.slack.limits import INPUT_TEXT, OPTION_VALUE, Block
from bot.slack.paging import pieces
from engine.data.countries import country_name

SOURCE = "dataset_source"
# The answer to which country the rows are about, where they are about more than one: these are asked for later.
SEVERAL = "several"
ONE_OR_SEVERAL = "Decides which holidays count. For up to 60 at once: Several countries."
KINDS = (
    Choice("csv", "A file", "A CSV or Excel file from your machine"),
    Choice("table", "A warehouse table", "Or a view"),
    Choice("select", "A SELECT", "One query, read only"),
)
# What a channel hears is seen by whoever it is told to: `bot/sight.py`.
WHO_SEES = (
    "What a public one hears, all who may use this app see; what a private one hears, its members, you and admins."
)
SELECT_HINT = "Exactly one SELECT; it is only read. {country} in it is the country's code: WHERE country = {country}."
CSV_TYPES = ("csv", "tsv", "txt", "xlsx", "xlsm", "xls", "ods", "parquet", "gz", "zip")


def source_form(
    *,
    kind: str,
    channel: str,
    warehouse: bool,
    opened_at: datetime,
    title: str = "",
    country: str = "",
    dropped: Sequence[Choice] = (),
    table: str = "",
    sql: str = "",
    renews: str = "",
    connections: Sequence[Choice] = (),
    connection: str = "",
) -> View:
    """The first form. Only the field of the chosen kind of source is shown; `table` and `sql` fill it in.

    dropped: the files to choose from, by id, where the rows are in one that lies in Slack already. renews: the dataset
    that a new file is to follow. connections: those that the warehouse's rows can be read through; asked for where
    there are several.
    """
    kinds = KINDS if warehouse else KINDS[:1]
    known = country_choice(country) if country else None
    blocks: list[Block] = [
        field("title", "Name", text_input(title, "Spring plan, France", most=60), hint="What people will call it."),
        field("country", "Country", search_select(known, "Type a country"), hint=ONE_OR_SEVERAL),
        *(
            _dropped_field(dropped)
            if dropped
            else [
                field("kind", "Where are the rows?", radio(kinds, kind), dispatch=len(kinds) > 1),
                *_connection_field(kind, connections, connection),
                _source_field(kind, table, sql),
            ]
        ),
        field("channel", "Tell whom", channel_input(channel), hint=f"The channel that hears how it went. {WHO_SEES}"),
    ]
    meta: dict[str, Any] = {"channel": channel, "kind": kind, "opened_at": opened_at.isoformat()}
    if renews:
        meta["renews"] = renews
    if kind != "csv" and connections:
        meta["connection"] = connection
    if dropped:
        meta["dropped"] = [choice.value for choice in dropped]
    title, send = ("New snapshot", "Read it") if renews else ("New dataset", "Read columns")
    return modal(SOURCE, title, blocks, submit=send, meta=meta)


def country_choice(country: str) -> Choice:
    """A country as an option; or that there are several."""
    if country == SEVERAL:
        return Choice(SEVERAL, "Several countries")
    return Choice(country, f"{country_name(country)} ({country.upper()})")


def _connection_field(kind: str, connections: Sequence[Choice], chosen: str) -> list[Block]:
    if kind == "csv" or not connections:
        return []
    known = chosen if chosen in {one.value for one in connections} else connections[0].value
    hint = "The warehouse, and the role that reads it. /mmm connect shows them."
    return [field("connection", "Connection", select(connections, known), hint=hint, dispatch=len(connections) > 1)]


def _dropped_field(dropped: Sequence[Choice]) -> list[Block]:
    """Which file of the message; where there is one, its name is told."""
    hint = "From the message. I must be in a channel where it lies: /invite @mmm."
    asked = field("dropped", "File", select(dropped, dropped[0].value), hint=hint)
    return [asked] if len(dropped) > 1 else [asked, context(f"*File:* {escape(dropped[0].label)}. {hint}")]


def _source_field(kind: str, table: str, sql: str) -> Block:
    if kind == "csv":
        hint = (
            "CSV, Excel, OpenDocument or Parquet, packed or not. One row per day, week or month; one column per thing."
        )
        return field("file", "File", file_input(CSV_TYPES), hint=hint)
    if kind == "table":
        known = Choice(table, table) if 0 < len(table) <= OPTION_VALUE else None
        found = search_select(known, "Type part of its name")
        return field("table", "Table", found, hint="A table or view of the warehouse.", dispatch=True)
    placeholder = "SELECT date, country, tv_cost, revenue FROM …"
    typed = text_input(sql if len(sql) <= INPUT_TEXT else "", placeholder, multiline=True)
    return field("sql", "SELECT", typed, hint=SELECT_HINT)


def loading(text: str, *, title: str = "New dataset") -> View:
    """What is shown while the worker reads."""
    said = ":hourglass_flowing_sand: " + text
    later = "You can close this: the form stays, and a button in the channel opens it again."
    return modal("loading", title, [section(said), context(later)])


def failed(what: str, todo: str, *, title: str = "New dataset", ways_on: Sequence[Block] = ()) -> View:
    """Why it did not work, and what to do. Nothing was stored. `ways_on`: what leads further from here."""
    said = pieces(f"{escape(what)}\n\n{escape(todo)}".strip())
    blocks = [section(f":no_entry: {said[0]}"), *(section(part) for part in said[1:])]
    return modal("failed", title, [*blocks, *ways_on, context("Nothing was stored.")])


def accepted(text: str, *, title: str = "New dataset") -> View:
    """What happens next."""
    return modal("accepted", title, [section(text)])
