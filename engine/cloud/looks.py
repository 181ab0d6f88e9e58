"""How the last test of each connection went: a view, for the list of connections."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine import paths
from engine.cloud.connection import Connection
from engine.cloud.storage import Storage


class Look(BaseModel):
    """What a test found. No value of anybody's data is in it."""

    model_config = ConfigDict(frozen=True)

    name: str
    scope: str = Field(description="What the connection led to then; another one was not tested.")
    at: datetime
    works: bool
    said: str = Field("", description="Why it does not work, in a sentence.")
    tables: int = 0
    more: bool = Field(False, description="There are more tables than were counted.")
    writes: bool = Field(False, description="Its role may change things.")


def keep_look(storage: Storage, look: Look) -> None:
    """Remember how a test went."""
    body = look.model_dump(mode="json")
    storage.replace(paths.connection_look(look.name), body, line=body)


def list_looks(storage: Storage) -> dict[str, Look]:
    """Return the last look at each connection, by name. One request; what cannot be read was never looked at."""
    found: dict[str, Look] = {}
    for entry in storage.list(paths.LOOKS):
        try:
            look = Look.model_validate(entry.line)
        except ValidationError:
            continue
        if entry.path == paths.connection_look(look.name):
            found[look.name] = look
    return found


def look_at(looks: dict[str, Look], connection: Connection) -> Look | None:
    """Return the last look at a connection as it is now; None where it was changed since, or never tested."""
    look = looks.get(connection.name)
    return look if look is not None and look.scope == connection.scope else None
