"""Connections as they are stored, below the workspace's root: read, listed by one request, changed, removed."""

from datetime import datetime
from typing import Any

from pydantic import ValidationError

from engine import paths
from engine.cloud.connection import DEFAULT, NAME, Connection, default_of
from engine.cloud.storage import Document, Storage
from engine.errors import AlreadyExists, BadData, BadInput, BrokenState, Conflict, NotFound
from engine.listing import ASK, Listing, readable
from engine.names import quoted
from engine.settings import Settings

# So many a workspace may have: each is a line and a button of one message.
MOST = 40


def connection_of(storage: Storage, settings: Settings, name: str) -> Connection:
    """Return a connection by its name; "" and `default` are the settings' own.

    Raises NotFound, BadData, BrokenState.
    """
    if name in ("", DEFAULT):
        if found := default_of(settings):
            return found
        raise BadData("No warehouse is connected.", "Drop a file instead, or ask an admin: /mmm connect.")
    document = storage.read(paths.connection(name)) if NAME.fullmatch(name) else None
    if document is None:
        raise NotFound(
            f"There is no connection {quoted(name)} (any more).",
            "See those there are with /mmm connect, or ask an admin to set it up again under the same name.",
            field="connection",
        )
    return _parse(document)


def list_connections(storage: Storage, settings: Settings) -> Listing[Connection]:
    """Return all connections by name, the settings' first. One request; one more for each that has no line."""
    own = default_of(settings)
    lines = {entry.path: entry.line for entry in storage.list(paths.CONNECTIONS, limit=2 * MOST)}

    def read(path: str) -> Connection:
        try:
            found = Connection.model_validate(lines[path])
            if paths.connection(found.name) == path:
                return found
        except ValidationError:
            pass
        return _parse(storage.require(path, "That connection is gone."))

    found = readable([path for path in sorted(lines) if path != paths.connection(DEFAULT)], read)
    return Listing([*([own] if own else []), *found], found.unreadable)


def save_connection(
    storage: Storage, connection: Connection, at: datetime, *, changed: Connection | None = None
) -> Connection:
    """Store a new connection, or, with `changed`, what became of that one. Returns it as stored.

    The same again is no error. Raises BadInput naming the field where the name is taken, or where somebody else was
    faster.
    """
    path = paths.connection(connection.name)
    document = storage.read(path)
    if document and _parse(document).says_as(connection):
        return _parse(document)
    if changed is None:
        if document:
            raise _taken(connection.name)
        new = connection.model_copy(update={"created_at": at, "changed_at": at})
        try:
            storage.create(path, new, line=_line(new))
        except AlreadyExists:
            raise _taken(connection.name) from None
        return new
    if document is None:
        raise NotFound("That connection was removed meanwhile.", "Make it anew with /mmm connect.", field="name")
    stands = _parse(document)
    if stands != changed:
        raise _overtaken()
    new = connection.model_copy(update={"created_at": stands.created_at, "changed_at": at})
    try:
        storage.swap(path, new, document.generation, line=_line(new))
    except Conflict:
        raise _overtaken() from None
    return new


def remove_connection(storage: Storage, name: str) -> bool:
    """Take a connection away. Returns whether it was there. Datasets keep its name."""
    return bool(NAME.fullmatch(name)) and name != DEFAULT and storage.delete(paths.connection(name))


def _line(connection: Connection) -> dict[str, Any]:
    return connection.model_dump(mode="json")


def _taken(name: str) -> BadInput:
    return BadInput(f"There is a connection {quoted(name)} already.", "Choose another name.", field="name")


def _overtaken() -> BadInput:
    return BadInput("Somebody else changed this connection meanwhile.", "Open it anew and look.", field="name")


def _parse(document: Document) -> Connection:
    version = document.body.get("schema_version", 1)
    if version != 1:
        raise BrokenState("A connection was written by a newer version.", ASK, detail=f"{document.path}: {version}")
    try:
        found = Connection.model_validate(document.body)
    except ValidationError as error:
        raise BrokenState("A stored connection cannot be read.", ASK, detail=f"{document.path}: {error}") from error
    if document.path != paths.connection(found.name):
        raise BrokenState("A stored connection has another one's name.", ASK, detail=document.path)
    return found
