"""Running a statement: fakesnow's translation to DuckDB, and what it lacks of a session."""

import threading
import uuid
from collections.abc import Callable
from typing import Any

import duckdb
import pyarrow as pa
import sqlglot
from fakesnow.converter import from_binding
from fakesnow.rowtype import describe_as_rowtype
from fakesnow.statement_type import DML_TYPE_IDS, statement_type_id
from snowflake.connector.errors import Error as ConnectorError
from sqlglot import Expr, exp
from sqlglot.errors import ParseError, SqlglotError

from local.snowflake.account import Session
from local.snowflake.chunks import ResultTooLarge, first_rows
from local.snowflake.failures import StatementFailed, syntax_error, translate
from local.snowflake.roles import asked_role, listing

DONE = "SELECT 'Statement executed successfully.' AS status"
BATCH_ROWS = 50_000
# A number of our own: the real service keeps results of any size.
TOO_LARGE = 90900
# The longest that a statement runs whose session does not say.
SECONDS = 3600.0
DAYS_OR_MORE = ("DAY", "WEEK", "WEEKISO", "MONTH", "QUARTER", "YEAR")

Keep = Callable[[str, pa.RecordBatchReader, list[Any]], dict[str, Any]]
"""Turns a query id, rows and their types into the result's part of a reply."""


def run(session: Session, sql: str, bindings: dict[str, Any] | None, describe_only: bool, keep: Keep) -> dict[str, Any]:
    """Run or describe one statement and return the data of its reply. Raises StatementFailed."""
    if role := asked_role(sql):
        grants = session.roles.grants(role)
        if grants is None:
            raise StatementFailed(2003, "42S02", f"Role '{role}' does not exist or not authorized.")
        sql = listing(role, grants)
    statement = _parse(sql)
    with session.busy:
        type_id = statement_type_id(statement)
        statement = _in_context(session, statement)
        seconds = float(session.parameter("STATEMENT_TIMEOUT_IN_SECONDS") or SECONDS)
        alarm = threading.Timer(seconds, session.connection._duck_conn.interrupt)
        alarm.daemon = True
        alarm.start()
        try:
            if isinstance(statement, exp.Query):
                answer = _query(session, statement, _values(bindings), describe_only, keep)
            else:
                answer = _other(session, statement.sql(dialect="snowflake"), _values(bindings), type_id, keep)
        except ResultTooLarge as error:
            raise StatementFailed(TOO_LARGE, "54000", f"{error} Aggregate it first.") from error
        except (duckdb.Error, ConnectorError, SqlglotError, NotImplementedError, pa.ArrowException, OSError) as error:
            raise translate(error, session, statement, sql, seconds) from error
        finally:
            alarm.cancel()
        return {"statementTypeId": type_id, **answer}


def _query(
    session: Session, statement: Expr, values: tuple[Any, ...] | None, describe_only: bool, keep: Keep
) -> dict[str, Any]:
    """Run a query in DuckDB ourselves: fakesnow's cursor would hold the whole result in memory."""
    duck, cursor, query_id = session.connection._duck_conn, session.connection.cursor(), str(uuid.uuid4())
    if describe_only:
        # A description carries no values; NULL in their place does not change the columns.
        statement = statement.transform(lambda node: exp.Null() if isinstance(node, exp.Placeholder) else node)
    statement = _truncated_dates(session, statement)
    cursor.check_db_and_schema(statement)
    sql = cursor._transform(statement, list(values) if values else None).sql(dialect="duckdb")
    rowtype = describe_as_rowtype(duck.execute(f"DESCRIBE {sql}", values).fetchall())
    if describe_only:
        nothing = {"queryResultFormat": "arrow", "rowsetBase64": "", "total": 0, "returned": 0}
        return {"queryId": query_id, "rowtype": rowtype, **nothing}
    rows = duck.sql(sql, params=values).to_arrow_reader(BATCH_ROWS)
    if most := int(session.parameter("ROWS_PER_RESULTSET") or 0):
        rows = first_rows(rows, most)
    return {"queryId": query_id, "rowtype": rowtype, **keep(query_id, rows, rowtype)}


def _other(session: Session, sql: str, values: tuple[Any, ...] | None, type_id: int, keep: Keep) -> dict[str, Any]:
    """Run what is not a query. Its answer is one small table: counts as text, all else as Arrow."""
    cursor = session.connection.cursor()
    cursor.execute(sql, binding_params=values, server=True)
    session.connection.results_cache.pop(cursor.sfqid, None)
    table, rowtype = cursor._arrow_table, describe_as_rowtype(cursor._describe_last_sql())
    if type_id in DML_TYPE_IDS:
        rows = [[None if value is None else str(value) for value in row.values()] for row in table.to_pylist()]
        result = {"queryResultFormat": "json", "rowset": rows, "total": len(rows), "returned": len(rows)}
    else:
        result = keep(cursor.sfqid, table.to_reader(), rowtype)
    return {"queryId": cursor.sfqid, "rowtype": rowtype, **result}


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
            session.role = statement.this.name.upper()
        if kind == "WAREHOUSE":
            session.warehouse = statement.this.name.upper()
    facts: dict[type[Expr], str] = {
        exp.CurrentUser: session.user,
        exp.CurrentRole: session.role,
        exp.CurrentWarehouse: session.warehouse,
        exp.CurrentRegion: "LOCAL",
        exp.CurrentSecondaryRoles: '{"roles":"","value":""}',
    }

    def answer(node: Expr) -> Expr:
        fact = facts.get(type(node))
        if fact is None:
            return node
        literal = exp.Literal.string(fact)
        if isinstance(node.parent, exp.Select):
            return exp.alias_(literal, node.sql(dialect="snowflake").upper(), quoted=True)
        return literal

    return statement.transform(answer) if any(statement.find(kind) for kind in facts) else statement


def _truncated_dates(session: Session, statement: Expr) -> Expr:
    """Keep a truncated DATE a DATE, as Snowflake does; DuckDB makes it a timestamp."""
    duck = session.connection._duck_conn
    query = "select column_name from duckdb_columns() group by 1 having bool_and(data_type = 'DATE')"
    dates = {name.upper() for (name,) in duck.execute(query).fetchall()}

    def keep(node: Expr) -> Expr:
        if not isinstance(node, (exp.TimestampTrunc, exp.DateTrunc)) or not isinstance(node.this, exp.Column):
            return node
        if node.this.name.upper() not in dates or node.text("unit").upper() not in DAYS_OR_MORE:
            return node
        kept = exp.cast(node.copy(), "DATE", copy=False)
        return (
            exp.alias_(kept, node.sql(dialect="snowflake").upper(), quoted=True)
            if isinstance(node.parent, exp.Select)
            else kept
        )

    return statement.transform(keep)


def _values(bindings: dict[str, Any] | None) -> tuple[Any, ...] | None:
    if not bindings:
        return None
    return tuple(from_binding(bindings[str(place)]) for place in range(1, len(bindings) + 1))
