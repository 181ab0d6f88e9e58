"""Failures of a statement, in the numbers and words of the real service."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb
from sqlglot import Expr, exp
from sqlglot.errors import ParseError

from local.snowflake.names import shown

if TYPE_CHECKING:
    from local.snowflake.account import Session


@dataclass
class StatementFailed(Exception):
    """A statement that did not work: number, SQLSTATE and message as the client shows them."""

    code: int
    sqlstate: str
    message: str


def syntax_error(error: ParseError) -> StatementFailed:
    """Say where a statement stops making sense."""
    first = error.errors[0] if error.errors else {}
    line, col, word = first.get("line", 1), first.get("col", 0), first.get("highlight") or "<EOF>"
    return StatementFailed(
        1003, "42000", f"SQL compilation error:\nsyntax error line {line} at position {col} unexpected '{word}'."
    )


def missing_object(session: "Session", statement: Expr) -> StatementFailed | None:
    """Name the first database, schema or table of a statement that is not there."""
    duck = session.connection._duck_conn
    own = {cte.alias.upper() for cte in statement.find_all(exp.CTE)}
    for table in statement.find_all(exp.Table):
        name = _name(table.this)
        if not name or (not table.db and name in own):
            continue
        database = _name(table.args.get("catalog")) or session.connection.database or ""
        schema = _name(table.args.get("db")) or session.connection.schema or ""
        if schema == "INFORMATION_SCHEMA":
            continue
        if not database:
            return StatementFailed(
                90105,
                "22000",
                "Cannot perform SELECT. This session does not have a current database. "
                "Call 'USE DATABASE', or use a qualified name.",
            )
        for text, query, values in (
            (f"Database '{database}'", "select 1 from duckdb_databases() where database_name = ?", (database,)),
            (
                f"Schema '{database}.{schema}'",
                "select 1 from duckdb_schemas() where database_name = ? and schema_name = ?",
                (database, schema),
            ),
            (
                f"Object '{database}.{schema}.{name}'",
                "select 1 from (select database_name, schema_name, table_name from duckdb_tables() union all "
                "select database_name, schema_name, view_name from duckdb_views()) as t(d, s, n) "
                "where d = ? and s = ? and n = ?",
                (database, schema, name),
            ),
        ):
            if not duck.execute(query, values).fetchone():
                state = "42S02" if text.startswith("Object") else "02000"
                return StatementFailed(2003, state, f"SQL compilation error:\n{text} does not exist or not authorized.")
    return None


def translate(error: Exception, session: "Session", statement: Expr, sql: str, seconds: float) -> StatementFailed:
    """Give a failure of the engine the number the real service would give it, and names as people gave them."""
    failed = _translated(error, session, statement, sql, seconds)
    return StatementFailed(failed.code, failed.sqlstate, shown(failed.message))


def _translated(error: Exception, session: "Session", statement: Expr, sql: str, seconds: float) -> StatementFailed:
    message = str(getattr(error, "msg", None) or error)
    cause = error.__cause__ if isinstance(error.__cause__, duckdb.Error) else error
    # What fails while rows are read comes wrapped by Arrow, in words.
    if isinstance(cause, duckdb.InterruptException) or "INTERRUPT Error" in message:
        if seconds:
            return StatementFailed(
                630,
                "57014",
                f"Statement reached its statement or warehouse timeout of {seconds:g} second(s) and was canceled.",
            )
        return StatementFailed(604, "57014", "SQL execution canceled")
    if isinstance(cause, duckdb.OutOfMemoryException) or "Out of Memory Error" in message:
        return StatementFailed(90901, "54000", "The statement takes more memory and disk than there is here.")
    if isinstance(cause, (duckdb.BinderException, duckdb.CatalogException)):
        if found := missing_object(session, statement):
            return found
        if column := re.search(r'(?:Referenced column|column named) "([^"]+)"', message):
            name = shown(column[1])
            where = max(sql.find(f'"{name}"') if name != name.upper() else sql.upper().find(name), 0)
            name = f'"{name}"' if name != name.upper() else name
            line, position = sql.count("\n", 0, where) + 1, where - (sql.rfind("\n", 0, where) + 1)
            return StatementFailed(
                904,
                "42000",
                f"SQL compilation error: error line {line} at position {position}\ninvalid identifier '{name}'",
            )
        if function := re.search(r"Function with name (\S+) does not exist", message):
            name = function[1].upper()
            return StatementFailed(2140, "42601", f"SQL compilation error:\nUnknown function {name}.")
    if "Division by zero" in message:
        return StatementFailed(100051, "22012", "Division by zero")
    if isinstance(cause, duckdb.ConversionException):
        return StatementFailed(100038, "22018", message.split("\n")[0])
    number = getattr(error, "errno", None) or 100132
    return StatementFailed(int(number), getattr(error, "sqlstate", None) or "P0000", message)


def _name(identifier: object) -> str:
    if not isinstance(identifier, exp.Identifier):
        return ""
    return str(identifier.this) if identifier.quoted else str(identifier.this).upper()
