"""Snowflake, through its real connector: what is there, what a SELECT returns, and its rows as a stream.

Every use opens a connection of its own and closes it: sessions go stale after four hours, and a query tag
belongs to one piece of work.
"""

import contextlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import snowflake.connector
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from snowflake.connector import errors as sf
from snowflake.connector.backoff_policies import exponential_backoff

from engine.cloud.rows import Limits
from engine.cloud.select import one_select, table_name
from engine.cloud.warehouse_errors import classify, cut_off, is_wrong_key, no_snowflake
from engine.cloud.warehouse_schema import columns_of, keeping_offsets
from engine.cloud.warehouse_stream import Stream, arrow_only
from engine.columns import Column
from engine.errors import Refused
from engine.settings import Settings

TABLES_SHOWN = 100
ROLES_MOST = 20


@dataclass(frozen=True)
class Grant:
    """One right of a role: what it may do (`SELECT`), to what kind of thing (`TABLE`), and to which."""

    privilege: str
    kind: str
    name: str


@dataclass(frozen=True)
class Session:
    """What a login got. Snowflake leaves out, without a word, what the role may not use."""

    role: str
    warehouse: str
    database: str


class ReadsSecrets(Protocol):
    """Where the private key comes from; `refresh` reads past a cached value."""

    def read(self, reference: str) -> str: ...

    def refresh(self, reference: str) -> str: ...


class Warehouse:
    """The company's Snowflake, read-only. `settings.snowflake_*` say where it is and who reads it.

    login_timeout, network_timeout: seconds that a login and a call may take, with all tries of the connector; a
    person hears of a login that fails within a minute. patience: most seconds between two of those tries.
    """

    def __init__(
        self,
        settings: Settings,
        secrets: ReadsSecrets,
        *,
        login_timeout: int = 30,
        network_timeout: int = 120,
        patience: int = 4,
    ) -> None:
        self._settings = settings
        self._secrets = secrets
        self._login_timeout = login_timeout
        self._network_timeout = network_timeout
        self._patience = patience
        self._limits = Limits(settings.warehouse_max_rows, settings.warehouse_max_mb)

    def describe(self, sql: str) -> tuple[Column, ...]:
        """Return the columns of a SELECT without running it."""
        with self._cursor({"step": "describe"}) as cursor:
            return columns_of(cursor.describe(one_select(sql)))

    def tables(self, like: str = "") -> tuple[str, ...]:
        """Return the tables and views that can be read, as DATABASE.SCHEMA.NAME; `like` is any part of a name."""
        if not self._settings.snowflake_database:
            return ()
        database = table_name(self._settings.snowflake_database)
        pattern = "%" + re.sub(r"([\\%_])", r"\\\1", like.strip()) + "%"
        query = (
            "SELECT TABLE_CATALOG, TABLE_SCHEMA, TABLE_NAME "
            f"FROM {database}.INFORMATION_SCHEMA.TABLES "
            "WHERE TABLE_SCHEMA <> 'INFORMATION_SCHEMA' "
            "AND TABLE_CATALOG || '.' || TABLE_SCHEMA || '.' || TABLE_NAME ILIKE ? ESCAPE '\\\\' "
            f"ORDER BY 1, 2, 3 LIMIT {TABLES_SHOWN}"
        )
        with self._cursor({"step": "tables"}) as cursor:
            cursor.execute(query, (pattern,))
            return tuple(".".join(_quoted(part) for part in row) for row in cursor.fetchall())

    def preview(self, sql: str, rows: int = 5) -> list[dict[str, Any]]:
        """Return the first rows of a SELECT."""
        with self._cursor({"step": "preview"}) as cursor:
            cursor.execute(f"SELECT * FROM ({one_select(sql)}) LIMIT {int(rows)}")
            arrow_only(cursor)
            names = [field.name for field in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def session(self) -> Session:
        """Log in, and say as what."""
        with self._cursor({"step": "session"}) as cursor:
            cursor.execute("SELECT CURRENT_ROLE(), CURRENT_WAREHOUSE(), CURRENT_DATABASE(), 1")
            role, warehouse, database, _ = cursor.fetchone()
            return Session(role or "", warehouse or "", database or "")

    def grants(self, role: str) -> tuple[Grant, ...]:
        """The rights of a role, and of the roles it was given, as far as ours may see them."""
        found: list[Grant] = []
        waiting, known = [role], {role}
        with self._cursor({"step": "grants"}) as cursor:
            while waiting and len(known) <= ROLES_MOST:
                cursor.execute(f"SHOW GRANTS TO ROLE {_quoted(waiting.pop())}")
                names = [field.name.lower() for field in cursor.description]
                for row in cursor.fetchall():
                    told = dict(zip(names, row, strict=True))
                    grant = Grant(str(told["privilege"]), str(told["granted_on"]), str(told["name"]))
                    if grant.kind == "ROLE" and grant.privilege == "USAGE" and grant.name not in known:
                        known.add(grant.name)
                        waiting.append(grant.name)
                    found.append(grant)
        return tuple(found)

    @contextlib.contextmanager
    def stream(self, sql: str, *, tag: Mapping[str, str]) -> Iterator[Stream]:
        """Run a SELECT and hand out its rows. `tag` says in Snowflake's history whose query it was.

        Raises BadSelect where the result is larger than `settings.warehouse_max_*` allow.
        """
        query = one_select(sql)
        with self._cursor(tag) as cursor:
            cursor.execute(keeping_offsets(query, cursor.describe(query)))
            yield Stream(cursor, self._limits, lambda: self._session(tag))

    @contextlib.contextmanager
    def _cursor(self, tag: Mapping[str, str]) -> Iterator[Any]:
        """Yield a cursor on a connection of its own; translate every failure of the connector."""
        try:
            with self._session(tag) as cursor:
                yield cursor
        except sf.Error as error:
            raise classify(error, self._settings.snowflake_database, self._settings.snowflake_schema) from error

    @contextlib.contextmanager
    def _session(self, tag: Mapping[str, str]) -> Iterator[Any]:
        """Yield a cursor on a connection of its own; the connector's failures come as they are."""
        with (
            contextlib.closing(self._connect(tag)) as connection,
            contextlib.closing(connection.cursor()) as cursor,
        ):
            yield cursor

    def _connect(self, tag: Mapping[str, str]) -> Any:
        ref = self._settings.snowflake_key_secret
        key = self._secrets.read(ref)
        try:
            return self._login(key, tag)
        except sf.Error as error:
            if not is_wrong_key(error):
                raise
            # The key may have been rotated since it was cached. One more try, and only with another key:
            # repeated wrong logins lock the user out.
            fresh = self._secrets.refresh(ref)
            if fresh == key:
                raise
            return self._login(fresh, tag)
        except OSError as error:
            raise cut_off(error) from error
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            # The connector takes what answers for Snowflake, and stumbles over JSON of another kind.
            raise no_snowflake(f"{type(error).__name__}: {error}") from error

    def _login(self, key: str, tag: Mapping[str, str]) -> Any:
        settings = self._settings
        address: dict[str, Any] = {}
        if settings.snowflake_host:
            address = {
                "host": settings.snowflake_host,
                "port": settings.snowflake_port,
                "protocol": settings.snowflake_protocol,
            }
        return snowflake.connector.connect(
            **address,
            account=settings.snowflake_account,
            user=settings.snowflake_user,
            authenticator="SNOWFLAKE_JWT",
            private_key=_der(key),
            role=settings.snowflake_role or None,
            warehouse=settings.snowflake_warehouse or None,
            database=settings.snowflake_database or None,
            schema=settings.snowflake_schema or None,
            # Other roles of the user must not widen what this one may read.
            secondary_roles="NONE",
            paramstyle="qmark",
            application="mmm_bot",
            login_timeout=self._login_timeout,
            network_timeout=self._network_timeout,
            backoff_policy=exponential_backoff(base=min(1, self._patience), cap=self._patience),
            client_prefetch_threads=2,
            client_session_keep_alive=False,
            platform_detection_timeout_seconds=0.0,
            session_parameters={
                "QUERY_TAG": json.dumps({"app": "mmm-bot", **tag}, sort_keys=True),
                "STATEMENT_TIMEOUT_IN_SECONDS": settings.snowflake_timeout,
                "STATEMENT_QUEUED_TIMEOUT_IN_SECONDS": settings.snowflake_timeout,
                "ABORT_DETACHED_QUERY": True,
                "TIMEZONE": "UTC",
                "TIMESTAMP_TZ_OUTPUT_FORMAT": 'YYYY-MM-DD"T"HH24:MI:SSTZH:TZM',
                "PYTHON_CONNECTOR_QUERY_RESULT_FORMAT": "ARROW",
                # One more than may be read: enough to know, and all that is computed of a result without end.
                "ROWS_PER_RESULTSET": self._limits.rows + 1,
                # Megabytes per downloaded part: the smallest allowed, because two parts are held at once.
                "CLIENT_RESULT_CHUNK_SIZE": 48,
            },
        )


def _der(pem: str) -> bytes:
    """Return a PEM private key as the PKCS#8 DER that every version of the connector takes."""
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError) as error:
        raise Refused(
            "The service's Snowflake key cannot be read.",
            "An operator must store an unencrypted PEM private key in the secret that MMM_SNOWFLAKE_KEY_SECRET names.",
            detail=type(error).__name__,
        ) from error
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def _quoted(name: str) -> str:
    return name if re.fullmatch(r"[A-Z_][A-Z0-9_$]*", name) else '"' + name.replace('"', '""') + '"'
