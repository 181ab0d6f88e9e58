"""What a warehouse holds, as the worker saw it last: names of tables, and the columns of one. Views, for forms.

They are kept by what decides what can be seen (`Connection.scope`), so that no role is shown what only another sees.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from engine import paths
from engine.cloud.storage import Storage
from engine.columns import Column
from engine.errors import BrokenState
from engine.listing import say_unreadable


def keep_tables(storage: Storage, scope: str, tables: Sequence[str], at: datetime) -> None:
    """Remember the names of the tables and views that can be read."""
    storage.replace(paths.known_tables(scope), {"tables": list(tables), "at": at.isoformat()})


def keep_columns(storage: Storage, scope: str, table: str, columns: Sequence[Column], at: datetime) -> None:
    """Remember the columns of a table; without examples, for those are values."""
    told = [one.model_copy(update={"examples": ()}).model_dump(mode="json") for one in columns]
    storage.replace(paths.known_columns(scope, table), {"columns": told, "at": at.isoformat()})


def known_tables(storage: Storage, scope: str) -> list[str]:
    """Return the names of a connection's tables as the worker last saw them; none where that cannot be read."""
    return [str(name) for name in _read(storage, paths.known_tables(scope)).get("tables") or ()]


def known_columns(storage: Storage, scope: str, table: str) -> tuple[Column, ...]:
    """Return the columns of a table as the worker last saw them; none where nobody looked yet."""
    path = paths.known_columns(scope, table)
    try:
        return tuple(Column.model_validate(one) for one in _read(storage, path).get("columns") or ())
    except ValidationError as error:
        say_unreadable(path, BrokenState("It cannot be read.", detail=str(error)))
        return ()


def near(names: Sequence[str], wanted: str, most: int) -> list[str]:
    """Return the names that hold every word of `wanted`, those first whose last part begins with it."""
    words = wanted.casefold().split()
    found = [name for name in names if all(word in name.casefold() for word in words)]
    if words:
        found.sort(key=lambda name: not name.rpartition(".")[2].strip('"').casefold().startswith(words[0]))
    return found[:most]


def _read(storage: Storage, path: str) -> Mapping[str, Any]:
    try:
        document = storage.read(path)
    except BrokenState as error:
        say_unreadable(path, error)  # the next look at the warehouse replaces it
        return {}
    return document.body if document else {}
