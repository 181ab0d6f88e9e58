"""One Snowflake account kept in a folder: its databases are DuckDB files, its sessions live in memory."""

import secrets
import shutil
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
from fakesnow import info_schema, macros
from fakesnow.instance import FakeSnow
from fakesnow.transforms import stage

from local.snowflake.chunks import Spool
from local.snowflake.names import shown
from local.snowflake.roles import OWNERS, Roles, Thing, may_use

RESULT_SECONDS = 6 * 3600
KEPT_REPLIES = 16
SMALL_ROWS = 50_000
SORTING_MB = 2_000
KEPT_RESULTS = 64

# fakesnow lists tables only; the real INFORMATION_SCHEMA.TABLES has the views too.
_VIEWS_AMONG_TABLES = """
create or replace view {name}._fs_information_schema._fs_tables as
with tables as ({tables})
select * from tables
union all by name
select database_name as TABLE_CATALOG, schema_name as TABLE_SCHEMA, view_name as TABLE_NAME, 'VIEW' as TABLE_TYPE
from duckdb_views
where database_name = '{name}' and schema_name != '_fs_information_schema' and not internal
"""


class _Duck:
    """A DuckDB connection that turns small answers into Arrow without DuckDB's advice on large ones, a warning."""

    def __init__(self, duck: duckdb.DuckDBPyConnection) -> None:
        self._duck = duck

    def __getattr__(self, name: str) -> Any:
        return getattr(self._duck, name)

    def to_arrow_table(self) -> Any:
        return self._duck._result_as_arrow(SMALL_ROWS, reader=False)


@dataclass
class Session:
    """A login. `parameters` are upper-case names, as ALTER SESSION sets them."""

    token: str
    master: str
    number: int
    user: str
    role: str
    warehouse: str
    parameters: dict[str, Any]
    connection: Any
    roles: Roles
    account: str
    closed: bool = False
    busy: threading.Lock = field(default_factory=threading.Lock)
    replies: OrderedDict[str, dict[str, Any]] = field(default_factory=OrderedDict)

    def parameter(self, name: str) -> str:
        """Return a session parameter as text, or nothing."""
        return str(self.parameters.get(name, ""))

    def tables(self) -> list[tuple[str, str, str]]:
        """Database, schema and name of every table and view, as they are stored."""
        asked = (
            "select database_name, schema_name, table_name from duckdb_tables() where not internal union all "
            "select database_name, schema_name, view_name from duckdb_views() where not internal"
        )
        found: list[tuple[str, str, str]] = self.connection._duck_conn.execute(asked).fetchall()
        return [row for row in found if row[1] != "_fs_information_schema"]

    def has(self, thing: Thing) -> bool:
        """Whether there is a table, view or schema of that name."""
        names = [shown(".".join(row)) for row in self.tables()]
        return (
            thing.name in names if thing.kind == "TABLE" else any(name.startswith(f"{thing.name}.") for name in names)
        )

    def remember(self, request: str, reply: dict[str, Any]) -> None:
        """Keep the reply of a request: a client that lost it asks again with the same id."""
        self.replies[request] = reply
        while len(self.replies) > KEPT_REPLIES:
            self.replies.popitem(last=False)


class Account:
    """The databases below `state`, the sessions on them and the results waiting to be downloaded."""

    def __init__(self, state: Path, name: str = "LOCAL") -> None:
        self.name = name.upper()
        self.state = state
        databases = state / "databases"
        databases.mkdir(parents=True, exist_ok=True)
        self.roles = Roles(state)
        self.spool = Spool(state / "results")
        self.spool.forget(older_than=time.time() - RESULT_SECONDS)
        self._snow = FakeSnow(create_database_on_connect=False, create_schema_on_connect=False, db_path=databases)
        self._tidy(state)
        self.results: OrderedDict[str, tuple[str, dict[str, Any]]] = OrderedDict()
        self._sessions: dict[str, Session] = {}
        self._numbers = 0
        self._lock = threading.Lock()
        for file in sorted(databases.glob("*.db")):
            self._attach(file.stem)

    def _tidy(self, state: Path) -> None:
        """Keep all that is written below `state`, and within limits: what is sorted, too."""
        # Importing fakesnow makes a folder for stages in the system's; there are none here.
        shutil.rmtree(stage.LOCAL_BUCKET_PATH, ignore_errors=True)
        sorting = state / "sorting"
        shutil.rmtree(sorting, ignore_errors=True)
        self._snow.duck_conn.execute(f"SET temp_directory = {_text(sorting)}")
        self._snow.duck_conn.execute(f"SET max_temp_directory_size = '{SORTING_MB}MB'")

    def keep_result(self, user: str, query_id: str, reply: dict[str, Any]) -> None:
        """Keep a reply, to be asked for again by its query id, in any session of that user."""
        self.results[query_id] = (user, reply)
        while len(self.results) > KEPT_RESULTS:
            self.results.popitem(last=False)

    @property
    def databases(self) -> tuple[str, ...]:
        """The names of the account's databases."""
        return tuple(sorted(file.stem for file in (self.state / "databases").glob("*.db")))

    def create_database(self, name: str, fill: Callable[[duckdb.DuckDBPyConnection, str], None]) -> None:
        """Create a database with what `fill` puts there: all of it, or nothing if the process ends midway."""
        folder = self.state / "databases"
        making = folder / f"{name}.making"
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir()
        maker = duckdb.connect(":memory:")
        maker.execute(f"ATTACH {_text(making / f'{name}.db')} AS {name}")
        fill(maker, name)
        maker.execute(f"DETACH {name}")
        maker.close()
        (making / f"{name}.db").replace(folder / f"{name}.db")
        shutil.rmtree(making)
        self._attach(name)

    def _attach(self, name: str) -> None:
        duck = self._snow.duck_conn
        duck.execute(f"ATTACH DATABASE {_text(self.state / 'databases' / f'{name}.db')} AS {name}")
        duck.execute(info_schema.per_db_creation_sql(name))
        duck.execute(macros.creation_sql(name))
        tables = info_schema.SQL_CREATE_INFORMATION_SCHEMA_TABLES_VIEW.substitute(catalog=name)
        duck.execute(_VIEWS_AMONG_TABLES.format(name=name, tables=tables.split(" AS\n", 1)[1]))

    def open(
        self, user: str, role: str, warehouse: str, database: str, schema: str, parameters: dict[str, Any]
    ) -> Session:
        """Log a user in. A database or schema that is not there for a role is simply not current, as in the service."""
        role = role.upper() or OWNERS[0]
        grants = self.roles.of(role)
        if database and not may_use(grants, Thing("DATABASE", database.upper())):
            database = schema = ""
        if schema and not may_use(grants, Thing("SCHEMA", f"{database}.{schema}".upper())):
            schema = ""
        with self._lock:
            self._numbers += 1
            session = Session(
                token=secrets.token_urlsafe(32),
                master=secrets.token_urlsafe(32),
                number=self._numbers,
                user=user.upper(),
                role=role,
                warehouse=warehouse.upper(),
                parameters={name.upper(): value for name, value in parameters.items()},
                connection=self._snow.connect(database or None, schema or None),
                roles=self.roles,
                account=self.name,
            )
            session.connection._duck_conn = _Duck(session.connection._duck_conn)
            if not session.connection.database_set:
                session.connection.database = None
            if not session.connection.schema_set:
                session.connection._schema = None
            self._sessions[session.token] = session
            return session

    def session(self, token: str) -> Session | None:
        """Return the session a token stands for."""
        return self._sessions.get(token)

    def renew(self, master: str) -> Session | None:
        """Give the session of a master token a new token."""
        with self._lock:
            for token, session in list(self._sessions.items()):
                if session.master == master:
                    del self._sessions[token]
                    session.token = secrets.token_urlsafe(32)
                    self._sessions[session.token] = session
                    return session
        return None

    def close_session(self, token: str) -> None:
        """Log out."""
        session = self._sessions.pop(token, None)
        if session:
            session.closed = True
            with session.busy:
                session.connection.close()

    def close(self) -> None:
        """Write everything to disk and let go of the files."""
        for token in list(self._sessions):
            self.close_session(token)
        self._snow.duck_conn.close()


def _text(path: Path) -> str:
    """Return a path as a string of SQL."""
    return "'" + str(path).replace("'", "''") + "'"
