"""Running a statement: fakesnow's engine, and what it lacks of a session."""

import threading
import uuid
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import sqlglot
from fakesnow.converter import from_binding
from fakesnow.rowtype import describe_as_rowtype
from fakesnow.statement_type import DML_TYPE_IDS, statement_type_id
from sqlglot import Expr, exp
from sqlglot.errors import SqlglotError

from local.snowflake.account import Session
from local.snowflake.failures import StatementFailed, syntax_error, translate

DONE = "SELECT 'Statement executed successfully.' AS status"


@dataclass(frozen=True)
class Answer:
    """What a statement returned. `table` is None when it was only described."""

    query_id: str
    rowtype: list[Any]
    type_id: int
    table: pa.Table | None
    counts: bool = False


def run(session: Session, sql: str, bindings: dict[str, Any] | None, describe_only: bool) -> Answer:
    """Run or describe one statement. Raises StatementFailed."""
    statement = _parse(sql)
    with session.busy:
        type_id = statement_type_id(statement)
        sql = _context(session, statement, sql)
        if isinstance(statement, exp.Put) or (isinstance(statement, exp.Command) and statement.name == "GET"):
            raise StatementFailed(2, "0A000", "Unsupported feature 'stages'.")
        cursor = session.connection.cursor()
        seconds = float(session.parameter("STATEMENT_TIMEOUT_IN_SECONDS") or 0)
        alarm = threading.Timer(seconds, session.connection._duck_conn.interrupt) if seconds else None
        if alarm:
            alarm.daemon = True
            alarm.start()
        try:
            if describe_only and isinstance(statement, exp.Query):
                # A description carries no binds; NULL in their place does not change the columns.
                bare = sqlglot.parse_one(sql, read="snowflake").transform(
                    lambda node: exp.Null() if isinstance(node, exp.Placeholder) else node
                )
                cursor.execute(f"DESCRIBE {bare.sql(dialect='snowflake')}")
                return Answer(str(uuid.uuid4()), describe_as_rowtype(cursor.fetchall()), type_id, None)
            cursor.execute(sql, binding_params=_values(bindings), server=True)
            rowtype = describe_as_rowtype(cursor._describe_last_sql())
            return Answer(cursor.sfqid, rowtype, type_id, cursor._arrow_table, type_id in DML_TYPE_IDS)
        except Exception as error:
            # Whatever the engine raises becomes the reply's error, as the real service answers: never a broken server.
            raise translate(error, session, statement, sql, seconds) from error
        finally:
            if alarm:
                alarm.cancel()


def _parse(sql: str) -> Expr:
    try:
        parsed = [one for one in sqlglot.parse(sql, read="snowflake") if one is not None]
    except SqlglotError as error:
        if isinstance(error, sqlglot.ParseError):
            raise syntax_error(error) from error
        raise StatementFailed(1003, "42000", f"SQL compilation error:\n{error}") from error
    if not parsed:
        raise StatementFailed(900, "42601", "Empty SQL statement.")
    if len(parsed) > 1:
        raise StatementFailed(
            8, "0A000", f"Actual statement count {len(parsed)} did not match the desired statement count 1."
        )
    return parsed[0]


def _context(session: Session, statement: Expr, sql: str) -> str:
    """Apply what a statement says about its session, and answer what it asks of it."""
    if isinstance(statement, exp.Alter) and (change := statement.find(exp.AlterSession)):
        for item in change.expressions:
            name = item.find(exp.Identifier).name.upper()
            if change.args.get("unset"):
                session.parameters.pop(name, None)
            else:
                session.parameters[name] = item.this.expression.name
        return DONE
    if isinstance(statement, exp.Use):
        kind = str(statement.args.get("kind") or "").upper()
        if kind == "SECONDARY ROLES":
            return DONE
        if kind == "ROLE":
            session.role = statement.name.upper()
        if kind == "WAREHOUSE":
            session.warehouse = statement.name.upper()
    facts: dict[type[Expr], str] = {
        exp.CurrentUser: session.user,
        exp.CurrentRole: session.role,
        exp.CurrentWarehouse: session.warehouse,
        exp.CurrentRegion: "LOCAL",
        exp.CurrentSecondaryRoles: '{"roles":"","value":""}',
    }
    if not any(statement.find(kind) for kind in facts):
        return sql

    def answer(node: Expr) -> Expr:
        fact = facts.get(type(node))
        if fact is None:
            return node
        literal = exp.Literal.string(fact)
        if isinstance(node.parent, exp.Select):
            return exp.alias_(literal, node.sql(dialect="snowflake").upper(), quoted=True)
        return literal

    return statement.transform(answer).sql(dialect="snowflake")


def _values(bindings: dict[str, Any] | None) -> tuple[Any, ...] | None:
    if not bindings:
        return None
    return tuple(from_binding(bindings[str(place)]) for place in range(1, len(bindings) + 1))
