"""A warehouse, whichever it is: what every one of them can be asked, and all that the rest of the house knows of it.

A kind of warehouse is one file that fulfils this, and one line in `warehouses.py`. Each only reads.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from engine.columns import Column

if TYPE_CHECKING:
    # The bot knows this file, and loads no science.
    from engine.cloud.rows import Rows

# So many names of tables are kept of a warehouse; beyond, whoever looks types the name.
TABLES_KEPT = 10_000


@dataclass(frozen=True)
class Grant:
    """One right of a role: what it may do (`SELECT`), to what kind of thing (`TABLE`), and to which.

    `writes`: whether something can be changed by it, in the judgement of the warehouse that told of it.
    """

    privilege: str
    kind: str
    name: str
    writes: bool = False

    @property
    def told(self) -> str:
        return f"{self.privilege} ON {self.kind.replace('_', ' ')} {self.name}"


@dataclass(frozen=True)
class Session:
    """What a login got: who we are there. A warehouse leaves out, without a word, what the role may not use."""

    role: str
    warehouse: str
    database: str
    user: str = ""
    schema: str = ""


class ReadsSecrets(Protocol):
    """Where what a login proves itself with comes from; `refresh` reads past a cached value."""

    def read(self, reference: str) -> str: ...

    def refresh(self, reference: str) -> str: ...


class Warehouse(Protocol):
    """One connection's warehouse. Every method raises BadInput, Refused or Unavailable, in words for people."""

    def describe(self, sql: str) -> tuple[Column, ...]:
        """Return the columns of a SELECT without running it."""
        ...

    def one_select(self, sql: str) -> str:
        """Return what a person wrote as it is sent, if it is one SELECT that only reads. Raises BadSelect."""
        ...

    def select_all(self, table: str) -> str:
        """Return the SELECT that reads all of a table. Raises BadSelect where that is no table's name."""
        ...

    def tables(self, like: str = "", most: int = TABLES_KEPT) -> tuple[str, ...]:
        """Return the full names of the tables and views that can be read; `like` is any part of a name."""
        ...

    def columns(self, table: str) -> tuple[Column, ...]:
        """Return the columns of a table or view, without reading a row."""
        ...

    def preview(self, sql: str, rows: int = 5) -> list[dict[str, Any]]:
        """Return the first rows of a SELECT."""
        ...

    def session(self) -> Session:
        """Log in, and say as what."""
        ...

    def grants(self, role: str) -> tuple[Grant, ...]:
        """Return the rights of a role, and of the roles it was given, as far as ours may see them."""
        ...

    def stream(self, sql: str, *, tag: Mapping[str, str]) -> "AbstractContextManager[Rows]":
        """Run a SELECT and hand out its rows. `tag` says in the warehouse's history whose query it was.

        Raises BadSelect where the result is larger than `settings.warehouse_max_*` allow.
        """
        ...
