"""Snowflake, through its real connector: what is there, what a SELECT returns, and its rows as a stream.

Every use opens a connection of its own and closes it: sessions go stale after four hours, and a query tag
belongs to one piece of work.
"""

import contextlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import snowflake.connector
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from snowflake.connector import errors as sf
from snowflake.connector.backoff_policies import exponential_backoff

from engine.cloud.connection import Connection, passwords_allowed, proof_of
from engine.cloud.rights import READING
from engine.cloud.rows import Limits
from engine.cloud.select import one_select, select_all, table_name
from engine.cloud.warehouse import TABLES_KEPT, Grant, ReadsSecrets, Session
from engine.cloud.warehouse_errors import classify, cut_off, is_wrong_key, no_snowflake
from engine.cloud.warehouse_schema import columns_of, keeping_offsets
from engine.cloud.warehouse_stream import Stream, arrow_only
from engine.cloud.warehouse_words import of_connection
from engine.columns import Column
from engine.errors import MmmError, Refused
from engine.settings import Settings

ROLES_MOST = 20


class Snowflake:
    """An account of Snowflake, read-only. `connection` says which and who reads it, `settings` how long and how much.

    login_timeout, network_timeout: seconds that a login and a call may take, with all tries of the connector; a
    person hears of a login that fails within a minute. patience: most seconds between two of those tries.
    """

    def __init__(
        self,
        connection: Connection,
        settings: Settings,
        secrets: ReadsSecrets,
        *,
        login_timeout: int = 30,
        network_timeout: int = 120,
        patience: int = 4,
    ) -> None:
        self._connection = connection
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

    def one_select(self, sql: str) -> str:
        """Return what a person wrote as it is sent, if it is one SELECT that only reads. Raises BadSelect."""
        return one_select(sql)

    def select_all(self, table: str) -> str:
        """Return the SELECT that reads all of a table. Raises BadSelect where that is no table's name."""
        return select_all(table)

    def tables(self, like: str = "", most: int = TABLES_KEPT) -> tuple[str, ...]:
        """Return the tables and views that can be read, as DATABASE.SCHEMA.NAME; `like` is any part of a name."""
        if not self._connection.database:
            return ()
        database = table_name(self._connection.database)
        pattern = "%" + re.sub(r"([\\%_])", r"\\\1", like.strip()) + "%"
        query = (
            "SELECT TABLE_CATALOG, TABLE_SCHEMA, TABLE_NAME "
            f"FROM {database}.INFORMATION_SCHEMA.TABLES "
            "WHERE TABLE_SCHEMA <> 'INFORMATION_SCHEMA' "
            "AND TABLE_CATALOG || '.' || TABLE_SCHEMA || '.' || TABLE_NAME ILIKE ? ESCAPE '\\\\' "
            f"ORDER BY 1, 2, 3 LIMIT {int(most)}"
        )
        with self._cursor({"step": "tables"}) as cursor:
            cursor.execute(query, (pattern,))
            return tuple(".".join(_quoted(part) for part in row) for row in cursor.fetchall())

    def columns(self, table: str) -> tuple[Column, ...]:
        """Return the columns of a table or view, without reading a row."""
        return self.describe(select_all(table))

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
            cursor.execute(
                "SELECT CURRENT_ROLE(), CURRENT_WAREHOUSE(), CURRENT_DATABASE(), CURRENT_USER(), CURRENT_SCHEMA()"
            )
            return Session(*(str(one or "") for one in cursor.fetchone()))

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
                    privilege = str(told["privilege"])
                    writes = privilege.upper() not in READING
                    grant = Grant(privilege, str(told["granted_on"]), str(told["name"]), writes)
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
        at = self._connection
        try:
            with self._session(tag) as cursor:
                yield cursor
        except sf.Error as error:
            raise of_connection(at, classify(error, at.database, at.schema_name)) from error
        except MmmError as error:
            raise of_connection(at, error) from error

    @contextlib.contextmanager
    def _session(self, tag: Mapping[str, str]) -> Iterator[Any]:
        """Yield a cursor on a connection of its own; the connector's failures come as they are."""
        with (
            contextlib.closing(self._connect(tag)) as connection,
            contextlib.closing(connection.cursor()) as cursor,
        ):
            yield cursor

    def _connect(self, tag: Mapping[str, str]) -> Any:
        proof = proof_of(self._connection, self._settings, self._secrets)
        try:
            return self._login(proof, tag)
        except sf.Error as error:
            if not is_wrong_key(error):
                raise
            # The key may have been rotated since it was cached. One more try, and only with another key:
            # repeated wrong logins lock the user out.
            fresh = proof_of(self._connection, self._settings, self._secrets, anew=True)
            if fresh == proof:
                raise
            return self._login(fresh, tag)
        except OSError as error:
            raise cut_off(error) from error
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            # The connector takes what answers for Snowflake, and stumbles over JSON of another kind.
            raise no_snowflake(f"{type(error).__name__}: {error}") from error

    def _login(self, proof: str, tag: Mapping[str, str]) -> Any:
        settings, at = self._settings, self._connection
        return snowflake.connector.connect(
            **_host(at, settings),
            **_proof(at, settings, proof),
            account=at.account,
            user=at.user,
            role=at.role or None,
            warehouse=at.warehouse or None,
            database=at.database or None,
            schema=at.schema_name or None,
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


def _host(at: Connection, settings: Settings) -> dict[str, Any]:
    """The address that an operator set, for the account they set it for; every other account has its own."""
    if not settings.snowflake_host or at.account.casefold() != settings.snowflake_account.casefold():
        return {}
    host, port, protocol = settings.snowflake_host, settings.snowflake_port, settings.snowflake_protocol
    return {"host": host, "port": port, "protocol": protocol}


def _proof(at: Connection, settings: Settings, proof: str) -> dict[str, Any]:
    """What a login proves itself with. Raises Refused."""
    if at.auth == "key_pair":
        return {"authenticator": "SNOWFLAKE_JWT", "private_key": _der(proof)}
    if not passwords_allowed(settings):
        raise Refused("This connection logs in with a password, which is for development only.", "Give it a key pair.")
    return {"authenticator": "snowflake", "password": proof}


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
