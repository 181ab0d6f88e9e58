"""What a warehouse holds, as the worker saw it last: names of tables, and the columns of one. Views, for forms.

They are kept by what decides what can be seen (`Connection.scope`), so that no role is shown what only another sees.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from pydantic import BaseModel, ValidationError

from engine import paths
from engine.cloud.storage import Storage
from engine.columns import Column
from engine.errors import BrokenState
from engine.listing import say_unreadable

# So long may the value of a form's option be; nothing in a warehouse is called as the mark of a longer name begins.
OPTION, LONG = 150, "…"


class Known(BaseModel):
    """What was seen; of a table's name the columns, of a connection the tables."""

    tables: tuple[str, ...] = ()
    columns: tuple[Column, ...] = ()


def keep_tables(storage: Storage, scope: str, tables: Sequence[str], at: datetime) -> None:
    """Remember the names of the tables and views that can be read."""
    _keep(storage, paths.known_tables(scope), {"tables": list(tables), "at": at.isoformat()})


def keep_columns(storage: Storage, scope: str, table: str, columns: Sequence[Column], at: datetime) -> None:
    """Remember the columns of a table; without examples, for those are values."""
    told = [one.model_copy(update={"examples": ()}).model_dump(mode="json") for one in columns]
    _keep(storage, paths.known_columns(scope, table), {"columns": told, "at": at.isoformat()})


def known_tables(storage: Storage, scope: str) -> list[str]:
    """Return the names of a connection's tables as the worker last saw them; none where that cannot be read."""
    return list(_read(storage, paths.known_tables(scope)).tables)


def known_columns(storage: Storage, scope: str, table: str) -> tuple[Column, ...]:
    """Return the columns of a table as the worker last saw them; none where nobody looked yet."""
    return _read(storage, paths.known_columns(scope, table)).columns


def marked(name: str) -> str:
    """A name as it may come back from a form: itself, or a mark of it where it is too long for an option."""
    return name if len(name) <= OPTION else f"{LONG}{sha256(name.encode()).hexdigest()[:32]}"


def near(names: Sequence[str], wanted: str, most: int) -> list[str]:
    """Return the names that hold every word of `wanted`, those first whose last part begins with it."""
    words = wanted.casefold().split()
    found = [name for name in names if all(word in name.casefold() for word in words)]
    if words:
        found.sort(key=lambda name: not name.rpartition(".")[2].strip('"').casefold().startswith(words[0]))
    return found[:most]


def _keep(storage: Storage, path: str, body: Mapping[str, Any]) -> None:
    """Write a view that goes once nobody has asked for it for as long as what is done with is kept."""
    storage.replace(path, dict(body))
    storage.let_pass(path)


def _read(storage: Storage, path: str) -> Known:
    try:
        document = storage.read(path)
        return Known.model_validate(document.body) if document else Known()
    except BrokenState as error:
        say_unreadable(path, error)  # the next look at the warehouse replaces it
    except ValidationError as error:
        say_unreadable(path, BrokenState("It cannot be read.", detail=str(error)))
    return Known()
