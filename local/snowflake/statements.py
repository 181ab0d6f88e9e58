"""Running a statement: fakesnow's translation to DuckDB, and what it lacks of a session."""

import threading
import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

import duckdb
import pyarrow as pa
import sqlglot
from fakesnow import transforms
from fakesnow.rowtype import describe_as_rowtype
from fakesnow.statement_type import DML_TYPE_IDS, statement_type_id
from snowflake.connector.errors import Error as ConnectorError
from sqlglot import Expr, exp
from sqlglot.errors import ParseError, SqlglotError

from local.snowflake.account import Session
from local.snowflake.bound import numbered, values_of
from local.snowflake.chunks import ResultTooLarge, first_rows
from local.snowflake.failures import StatementFailed, syntax_error, translate
from local.snowflake.granting import Change, asked_change
from local.snowflake.names import show_batches, show_columns, show_values, shown, store_names
from local.snowflake.rights import check, insufficient, noted, visible, with_visible
from local.snowflake.roles import Thing, asked_role, expanded, listing
from local.snowflake.typed import counts, typed

DONE = "SELECT 'Statement executed successfully.' AS status"
BATCH_ROWS = 50_000
# A number of our own: the real service keeps results of any size.
TOO_LARGE = 90900
# The longest that a statement runs whose session does not say.
SECONDS = 3600.0
COUNT_DIGITS = 18
VIEWS = "select database_name, schema_name, view_name from duckdb_views() where not internal"

Keep = Callable[[str, pa.RecordBatchReader, list[Any]], dict[str, Any]]
"""Turns a query id, rows and their types into the result's part of a reply."""


def run(session: Session, sql: str, bindings: dict[str, Any] | None, describe_only: bool, keep: Keep) -> dict[str, Any]:
    """Run or describe one statement and return the data of its reply. Raises StatementFailed."""
    if role := asked_role(sql):
        grants = session.roles.grants(role)
        if grants is None:
            raise StatementFailed(2003, "42S02", f"Role '{role}' does not exist or not authorized.")
        sql = listing(role, expanded(grants, *_there(session)))
    if change := _change_of_roles(session, sql):
        if session.roles.of(session.role) is not None:
            raise insufficient(Thing("ACCOUNT", session.account))
        session.roles.change(change.of)
        sql = DONE
    statement, values = _parse(sql), values_of(bindings)
    with session.busy:
        type_id = statement_type_id(statement)
        statement = statement.transform(lambda node: transforms.identifier(node, values), copy=False)
        store_names(statement)
        asked = statement
        seconds = float(session.parameter("STATEMENT_TIMEOUT_IN_SECONDS") or SECONDS)
        alarm = threading.Timer(seconds, session.connection._duck_conn.interrupt)
        alarm.daemon = True
        alarm.start()
        try:
            check(session, asked)
            statement = with_visible(session, _in_context(session, statement))
            if isinstance(statement, exp.Query):
                answer = _query(session, statement, values, describe_only, keep)
            else:
                statement = typed(statement, partial(_described, session))
                answer = _other(session, statement.sql(dialect="snowflake"), values, type_id, keep)
                noted(session, asked)
        except ResultTooLarge as error:
            raise StatementFailed(TOO_LARGE, "54000", f"{error} Aggregate it first.") from error
        except (ValueError, AssertionError) as error:
            # What sqlglot or fakesnow cannot write or did not think of.
            raise StatementFailed(2, "0A000", f"Unsupported feature: {error}.") from error
        except (duckdb.Error, ConnectorError, SqlglotError, NotImplementedError, pa.ArrowException, OSError) as error:
            raise translate(error, session, statement, sql, seconds) from error
        finally:
            alarm.cancel()
        return {"statementTypeId": type_id, **answer}


def _change_of_roles(session: Session, sql: str) -> Change | None:
    connection = session.connection
    current = [shown(str(connection.database or "")), shown(str(connection.schema or ""))]

    def there() -> list[tuple[str, str]]:
        tables, schemas = _there(session)
        return [*tables, *(("SCHEMA", name) for name in schemas)]

    return asked_change(sql, current, there, session.account)


def _query(
    session: Session, statement: Expr, values: list[Any] | None, describe_only: bool, keep: Keep
) -> dict[str, Any]:
    """Run a query in DuckDB ourselves: fakesnow's cursor would hold the whole result in memory."""
    duck, cursor, query_id = session.connection._duck_conn, session.connection.cursor(), str(uuid.uuid4())
    if describe_only:
        # A description carries no values; NULL in their place does not change the columns.
        statement = statement.transform(lambda node: exp.Null() if isinstance(node, exp.Placeholder) else node)
    cursor.check_db_and_schema(statement)
    statement, values = numbered(statement, values)
    statement = typed(statement, partial(_described, session))
    counted = counts(statement)
    sql = cursor._transform(statement, values).sql(dialect="duckdb")
    rowtype = show_columns(describe_as_rowtype(duck.execute(f"DESCRIBE {sql}", values).fetchall()))
    for column, counting in zip(rowtype, counted, strict=False):
        if counting and column["type"] == "fixed":
            column["precision"] = COUNT_DIGITS
    if describe_only:
        nothing = {"queryResultFormat": "arrow", "rowsetBase64": "", "total": 0, "returned": 0}
        return {"queryId": query_id, "rowtype": rowtype, **nothing}
    rows = show_batches(duck.sql(sql, params=values).to_arrow_reader(BATCH_ROWS))
    if most := int(session.parameter("ROWS_PER_RESULTSET") or 0):
        rows = first_rows(rows, most)
    return {"queryId": query_id, "rowtype": rowtype, **keep(query_id, rows, rowtype)}


def _described(session: Session, query: exp.Query) -> list[str] | None:
    """DuckDB's types of a query's columns; None where it cannot be bound as it stands."""
    try:
        sql = session.connection.cursor()._transform(query, None).sql(dialect="duckdb")
        return [str(row[1]) for row in session.connection._duck_conn.execute(f"DESCRIBE {sql}").fetchall()]
    except (duckdb.Error, ConnectorError, SqlglotError, NotImplementedError):
        return None


def _other(session: Session, sql: str, values: list[Any] | None, type_id: int, keep: Keep) -> dict[str, Any]:
    """Run what is not a query. Its answer is one small table: counts as text, all else as Arrow."""
    cursor = session.connection.cursor()
    cursor.execute(sql, binding_params=values, server=True)
    session.connection.results_cache.pop(cursor.sfqid, None)
    table, rowtype = (
        show_values(_seen(session, cursor._arrow_table)),
        show_columns(describe_as_rowtype(cursor._describe_last_sql())),
    )
    if type_id in DML_TYPE_IDS:
        rows = [[None if value is None else str(value) for value in row.values()] for row in table.to_pylist()]
        result = {"queryResultFormat": "json", "rowset": rows, "total": len(rows), "returned": len(rows)}
    else:
        result = keep(cursor.sfqid, table.to_reader(), rowtype)
    return {"queryId": cursor.sfqid, "rowtype": rowtype, **result}


def _seen(session: Session, table: pa.Table) -> pa.Table:
    """Of what SHOW shows, what the role can see."""
    columns = ("database_name", "schema_name", "name")
    if not {*columns} <= {*table.column_names} or (seen := visible(session)) is None:
        return table
    rows = zip(*(table[column].to_pylist() for column in columns), strict=True)
    schemas = {row[:2] for row in seen}
    kinds = table["kind"].to_pylist() if "kind" in table.column_names else [""] * table.num_rows
    return table.filter(
        pa.array([row in seen or (kind == "" and row[:2] in schemas) for row, kind in zip(rows, kinds, strict=True)])
    )


def _there(session: Session) -> tuple[list[tuple[str, str]], list[str]]:
    """Every table and view by kind and full name, and every schema."""
    views = {tuple(row) for row in session.connection._duck_conn.execute(VIEWS).fetchall()}
    rows = session.tables()
    tables = [("VIEW" if row in views else "TABLE", shown(".".join(row))) for row in rows]
    return sorted(tables), sorted({shown(".".join(row[:2])) for row in rows})


def _parse(sql: str) -> Expr:
    try:
        parsed = [one for one in sqlglot.parse(sql, read="snowflake") if one is not None]
    except ParseError as error:
        raise syntax_error(error) from error
    except SqlglotError as error:
        raise StatementFailed(1003, "42000", f"SQL compilation error:\n{error}") from error
    if not parsed:
        raise StatementFailed(900, "42601", "Empty SQL statement.")
    if len(parsed) > 1:
        message = f"Actual statement count {len(parsed)} did not match the desired statement count 1."
        raise StatementFailed(8, "0A000", message)
    if isinstance(parsed[0], exp.Put) or (isinstance(parsed[0], exp.Command) and parsed[0].name.upper() == "GET"):
        raise StatementFailed(2, "0A000", "Unsupported feature 'stages'.")
    return parsed[0]


def _in_context(session: Session, statement: Expr) -> Expr:
    """Apply what a statement says about its session, and answer what it asks of it."""
    if isinstance(statement, exp.Alter) and (change := statement.find(exp.AlterSession)):
        for item in change.expressions:
            name = item.find(exp.Identifier).name.upper()
            if change.args.get("unset"):
                session.parameters.pop(name, None)
            else:
                session.parameters[name] = item.this.expression.name
        return sqlglot.parse_one(DONE, read="snowflake")
    if isinstance(statement, exp.Use):
        kind = str(statement.args.get("kind") or "").upper()
        if kind == "SECONDARY ROLES":
            return sqlglot.parse_one(DONE, read="snowflake")
        if kind == "ROLE":
            role = statement.this.name.upper()
            if not session.roles.may_be(role):
                said = f"SQL access control error:\nRequested role '{role}' is not assigned to the executing user."
                raise StatementFailed(3013, "42501", f"{said} Specify another role to activate.")
            session.role = role
        if kind == "WAREHOUSE":
            session.warehouse = statement.this.name.upper()
    facts: dict[type[Expr], str] = {
        exp.CurrentUser: session.user,
        exp.CurrentRole: session.role,
        exp.CurrentWarehouse: session.warehouse,
        exp.CurrentRegion: "LOCAL",
        exp.CurrentDatabase: shown(session.connection.database or ""),
        exp.CurrentSchema: shown(session.connection.schema or ""),
        exp.CurrentSecondaryRoles: '{"roles":"","value":""}',
    }

    def answer(node: Expr) -> Expr:
        fact = facts.get(type(node))
        if fact is None:
            return node
        literal: Expr = exp.Literal.string(fact) if fact else exp.Null()
        if isinstance(node.parent, exp.Select):
            return exp.alias_(literal, node.sql(dialect="snowflake").upper(), quoted=True)
        return literal

    return statement.transform(answer) if any(statement.find(kind) for kind in facts) else statement
