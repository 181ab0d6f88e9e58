"""The form of a connection, and the one that asks whose rows to show. No secret is ever typed here."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.slack.blocks import context, escape, section
from bot.slack.form import Choice, View, field, modal, multi_search_select, radio, search_select, text_input
from bot.slack.limits import Block
from engine.cloud.connection import Auth, Connection, passwords_allowed, secret_prefix
from engine.cloud.secret_command import store_command
from engine.settings import Settings

CONNECTION = "connection"
ROWS = "connection_rows"
KINDS = (Choice("snowflake", "Snowflake"), Choice("bigquery", "BigQuery"))
NAMES = {one.value: one.label for one in KINDS}
KEY_PAIR = Choice("key_pair", "A key pair", "As a service should")
PASSWORD = Choice("password", "A password", "For development only")
KEY = Choice("service_account", "A service account's key", "As JSON, stored as a secret")
WORKLOAD = Choice("workload", "The service's own account", "No key at all: what was shared with it, it reads")


@dataclass(frozen=True)
class Asked:
    """One text field of the form: of the connection's field `name`."""

    name: str
    label: str
    example: str
    hint: str = ""
    optional: bool = False


# What each kind of warehouse is asked.
ASKED: dict[str, tuple[Asked, ...]] = {
    "snowflake": (
        Asked("account", "Account", "MYORG-MYACCOUNT", "The account identifier, or an address that holds it."),
        Asked("user", "User", "MMM_SERVICE", "A service user with a key pair."),
        Asked("role", "Role", "MMM_READER", "One that only reads: the test says what else it may."),
        Asked("warehouse", "Virtual warehouse", "MMM_WH", "What runs the queries and is billed."),
        Asked("database", "Database", "SALES", "The database whose tables are offered."),
        Asked("schema_name", "Schema", "MART", "Where a table is looked for that is named alone.", optional=True),
    ),
    "bigquery": (
        Asked("account", "Project", "my-company-data", "The id of the project that runs the queries and is billed."),
        Asked("database", "Project of the tables", "my-company-data", "Left empty: the same.", optional=True),
        Asked("schema_name", "Dataset", "marketing", "Where a table is looked for that is named alone.", optional=True),
    ),
}
MOST = 255


def connection_form(settings: Settings, *, known: Connection | None = None, seen: str = "", kind: str = "") -> View:
    """A new connection, or one to change. `seen` says which state of it is changed."""
    kind = kind or (known.kind if known else KINDS[0].value)
    blocks: list[Block] = []
    if known is None:
        hint = "What people call it: small letters, digits and hyphens."
        blocks += [field("name", "Name", text_input("", "north-america", most=40), hint=hint)]
        blocks += [field("connection_kind", "Kind", radio(KINDS, kind), dispatch=True)]
    else:
        blocks.append(section(f"*{escape(known.name)}* · {NAMES[kind]}"))
    for one in ASKED[kind]:
        typed = text_input(getattr(known, one.name) if known else "", one.example, most=MOST)
        blocks.append(field(one.name, one.label, typed, hint=one.hint, optional=one.optional))
    ways = _ways(settings, kind)
    chosen = known.auth if known and known.auth in {one.value for one in ways} else ways[0].value
    blocks.append(field("auth", "It logs in with", radio(ways, chosen)))
    blocks += _secret_fields(settings, known, kind)
    meta: dict[str, Any] = {"seen": seen, "kind": kind, **({"connection": known.name} if known else {})}
    return modal(CONNECTION, "Change a connection" if known else "New connection", blocks, submit="Save", meta=meta)


def _ways(settings: Settings, kind: str) -> list[Choice]:
    """How a connection of this kind may log in here."""
    if kind == "bigquery":
        return [KEY] if settings.many else [KEY, WORKLOAD]
    return [KEY_PAIR, PASSWORD] if passwords_allowed(settings) else [KEY_PAIR]


def _secret_fields(settings: Settings, known: Connection | None, kind: str) -> list[Block]:
    """Which secret proves the connection: its name alone, and the command by which somebody stores it."""
    prefix = secret_prefix(settings)
    hint = f"Its name in Secret Manager, which begins with {prefix}. Left empty: {prefix}NAME."
    typed = text_input(known.secret if known else "", f"{prefix}north-america", most=MOST)
    auth: Auth = "service_account" if kind == "bigquery" else "key_pair"
    likely = f"{prefix}{known.name if known else 'NAME'}"
    shown = known if known and known.secret else Connection(name="NAME", account="", secret=likely, auth=auth)
    said = "*Never type or paste a key or a password here.* It is stored once, on a machine of your own, by:"
    command = store_command(shown, settings, again=shown is known)
    return [
        field("secret", "Secret", typed, hint=hint, optional=True),
        section(f"{said}\n```{escape(command)}```"),
        context("The service may read secrets of such names already. How a key pair is made: docs/deploy.md."),
    ]


def rows_form(connection: str, *, chosen: Choice | None = None) -> View:
    """Which table's first rows to show, and of which columns."""
    hint = "A table or view. Only you see the rows."
    table = search_select(chosen, "Type part of its name")
    blocks = [field("connection_table", "Table", table, hint=hint, dispatch=True)]
    if chosen:
        some = multi_search_select((), "Type part of their names")
        hint = "Left empty: all of them."
        blocks.append(field("connection_columns", "Columns", some, hint=hint, optional=True))
    meta = {"connection": connection, "table": chosen.value if chosen else ""}
    return modal(ROWS, "First rows", blocks, submit="Show rows", meta=meta)


def fields_of(kind: str) -> Sequence[str]:
    """The connection's fields that the form of a kind asks for as text."""
    return [one.name for one in ASKED[kind]]
