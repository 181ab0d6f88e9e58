"""`/mmm connect [NAME]`: the warehouses that a workspace reads, tested, made, changed and removed."""

from contextlib import suppress
from hashlib import sha256
from typing import get_args

from bot.access import Role, allow
from bot.act import Act, Errors, Reply, Show, Whisper
from bot.asking import ask
from bot.data import connect_form, connect_messages, modals
from bot.slack.blocks import Message, section
from bot.wing import Command, Wing
from engine.cloud.connection import Auth, Connection, looks_pasted, problems_of, secret_of
from engine.cloud.connections import MOST, connection_of, list_connections, remove_connection, save_connection
from engine.cloud.looks import list_looks
from engine.cloud.secret_command import store_command
from engine.errors import BadInput
from engine.settings import account_of

# So many of the newest datasets are looked at for what uses a connection.
LOOKED_AT = 100
PASTED = (
    "This looks like a key or another secret, which must never go through Slack. Nothing was stored. "
    "Slack has it now, so make a new one, and store that by the command of /mmm connect."
)
TESTING = "On it: I log in there and look around. The answer arrives {where} in a moment."


async def connect(act: Act) -> Reply:
    """Every connection; or the test of the one that was named."""
    name = act.text.strip().strip("`*\"'“”").lower()
    if looks_pasted(act.text):
        return Whisper(Message(PASTED, [section(f":no_entry: {PASTED}")]))
    if not name:
        return await listed(act)
    if name == "new":
        allow(act.settings, act.standing, Role.ADMIN)
        return await new(act)
    return await _test(act, name)


async def listed(act: Act) -> Reply:
    found = await act.blocking(list_connections, act.cloud.storage, act.settings)
    looks = await act.blocking(list_looks, act.cloud.storage) if found else {}
    return Whisper(connect_messages.listing(found, looks, found.beside))


async def test(act: Act) -> Reply:
    return await _test(act, act.value)


async def _test(act: Act, name: str) -> Reply:
    """Have a connection tried. What it finds, rows among it, is for whoever asked alone."""
    at = await act.blocking(connection_of, act.cloud.storage, act.settings, name)
    # Only this person sees the answer, so it is drawn without what they may not press.
    about = {"connection": at.name, "changes": act.may(Role.ADMIN)}
    if act.view and not act.channel:  # in a form, which becomes the answer
        waits = modals.loading("Logging in there and looking around …", title="Connection")
        await act.surface.update_view(act.view["id"], waits)
        return await ask(act, "connection_test", about, needs=Role.ANALYST, view=act.view["id"])
    return await ask(act, "connection_test", about, needs=Role.ANALYST, privately=True, said=TESTING)


async def new(act: Act) -> Reply:
    await act.open(connect_form.connection_form(act.settings))
    return None


async def change_kind(act: Act) -> Reply:
    """Another kind of warehouse was chosen: its own fields."""
    kind = act.values.text("connection_kind")
    view = connect_form.connection_form(act.settings, kind=kind if kind in connect_form.ASKED else "")
    await act.surface.update_view(act.view["id"], view, act.view.get("hash", ""))
    return None


async def edit(act: Act) -> Reply:
    known = await act.blocking(_named, act, act.value)
    await act.open(connect_form.connection_form(act.settings, known=known, seen=_digest(known)))
    return None


async def sent(act: Act) -> Reply:
    """The form was sent: check every field, store the connection, and show what is left to do."""
    values = act.values
    typed = {name: values.text(name) for name in act.view.get("state", {}).get("values", {})}
    if pasted := {name: PASTED for name, text in typed.items() if looks_pasted(text)}:
        return Errors(pasted)
    changed, seen = act.meta.get("connection", ""), act.meta["seen"]
    kind = act.meta["kind"] if changed else values.text("connection_kind") or act.meta["kind"]
    auth = values.text("auth")
    if kind not in connect_form.ASKED or auth not in get_args(Auth):
        raise BadInput("This form is of an earlier release.", "Close it and open it again. Nothing was changed.")
    name = changed or values.text("name").lower()
    wanted = Connection(
        name=name,
        kind=kind,
        auth=auth,
        secret="" if auth == "workload" else values.text("secret") or secret_of(name, act.settings),
        who=act.user,
        **{one: values.text(one) for one in connect_form.fields_of(kind)},
    )
    with suppress(ValueError):  # else it is told below
        wanted = wanted.model_copy(update={"account": account_of(wanted.account)} if kind == "snowflake" else {})
    problems = problems_of(wanted, act.settings)
    if "name" in problems and not values.text("secret"):
        problems.pop("secret", None)  # it would be named after the connection
    if problems:
        shown = {block["block_id"] for block in act.view.get("blocks", ()) if block["type"] == "input"}
        # What has no field of its own is said beside the first that it could be about.
        return Errors({(field if field in shown else _beside(field, shown)): said for field, said in problems.items()})
    kept = await act.blocking(_keep, act, wanted, changed, seen)
    command = store_command(kept, act.settings, again=bool(changed))
    return Show(connect_messages.stored(kept, command, new=not changed))


def _beside(field: str, shown: set[str]) -> str:
    return next((name for name in ("secret", "name", "account") if name in shown), field)


def _keep(act: Act, wanted: Connection, changed: str, seen: str) -> Connection:
    storage, settings, at = act.cloud.storage, act.settings, act.clock.now()
    if not changed:
        if len(list_connections(storage, settings)) > MOST:
            raise BadInput(f"There are {MOST} connections already.", "Remove one that is not used.", field="name")
        return save_connection(storage, wanted, at)
    known = connection_of(storage, settings, changed)
    if _digest(known) != seen and not known.says_as(wanted):
        raise BadInput("Somebody else changed this connection meanwhile.", "Open it anew and look.")
    return save_connection(storage, wanted, at, changed=known)


async def remove(act: Act) -> Reply:
    """Say what uses a connection, before anything goes."""
    return Whisper(await act.blocking(_remove_asked, act))


def _remove_asked(act: Act) -> Message:
    known = _named(act, act.value)
    found = act.seen.datasets(LOOKED_AT)
    used = [one.title for one in found if one.connection == known.name]
    return connect_messages.remove_asked(known, list(dict.fromkeys(used)), more=found.beside.more)


async def removed(act: Act) -> Reply:
    gone = await act.blocking(remove_connection, act.cloud.storage, act.value)
    return Whisper(connect_messages.removed(act.value, was_there=gone))


def _named(act: Act, name: str) -> Connection:
    """A connection that can be changed. Raises BadInput for the settings' own."""
    known = connection_of(act.cloud.storage, act.settings, name)
    if known.is_default:
        raise BadInput(
            "The connection default is set up where the service runs, by MMM_SNOWFLAKE_…, and cannot be changed here.",
            "Ask whoever looks after the service, or make another one.",
        )
    return known


def _digest(known: Connection) -> str:
    """Which state of a connection a form was drawn from."""
    return sha256(known.model_dump_json().encode()).hexdigest()[:16]


WING = Wing(
    commands=(
        Command(
            ("connect",),
            connect,
            "See and test the warehouse connections; admins make and change them.",
            "[NAME]",
            needs=Role.ANALYST,
        ),
    ),
    buttons=(
        ("start_connect", listed, Role.ANALYST),
        ("connect_test", test, Role.ANALYST),
        ("connect_new", new, Role.ADMIN),
        ("connect_edit", edit, Role.ADMIN),
        ("connect_remove", remove, Role.ADMIN),
        ("connect_removed", removed, Role.ADMIN),
        ("connection_kind", change_kind, Role.ADMIN),
    ),
    forms=((connect_form.CONNECTION, sent, Role.ADMIN),),
)
