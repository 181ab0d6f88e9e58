"""What a role may do: each statement is held against its rights before it runs.

Who has no right at all on a thing is told that it does not exist or is not authorized (002003); who has some, but not
this one, that the privileges do not suffice (003001). What cannot be understood is refused. See Snowflake, "Access
control privileges".
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sqlglot import Expr, exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.scope import traverse_scope

from local.snowflake.failures import StatementFailed
from local.snowflake.names import SMALL, STORED, shown
from local.snowflake.roles import Grants, Thing, holds, knows, may_use

if TYPE_CHECKING:
    from local.snowflake.account import Session

ANY = ""
HARMLESS = (exp.Show, exp.Set, exp.Transaction, exp.Commit, exp.Rollback)
HARMLESS_COMMANDS = ("SHOW", "BEGIN", "START", "DESC", "DESCRIBE", "UNSET")
TABLE_FUNCTIONS = ("FLATTEN", "GENERATOR", "RESULT_SCAN", "SPLIT_TO_TABLE", "STRTOK_SPLIT_TO_TABLE", "VALUES", "RANGE")
OF_TABLES = ("TABLE", "VIEW", "MATERIALIZED VIEW", "DYNAMIC TABLE", "EXTERNAL TABLE")
# What the engine shows of itself, in every schema.
OF_ENGINE = ("sqlite_", "duckdb_", "pragma_", "pg_")
# The columns that name things, in what the information schema shows.
NAMING = {
    "TABLES": ("TABLE_CATALOG", "TABLE_SCHEMA", "TABLE_NAME"),
    "VIEWS": ("TABLE_CATALOG", "TABLE_SCHEMA", "TABLE_NAME"),
    "COLUMNS": ("TABLE_CATALOG", "TABLE_SCHEMA", "TABLE_NAME", "COLUMN_NAME"),
    "SCHEMATA": ("CATALOG_NAME", "SCHEMA_NAME"),
}
Need = tuple[str, Thing]


def check(session: "Session", statement: Expr) -> None:
    """Raise StatementFailed where the session's role may not do this. Names in it are stored ones."""
    _no_engine(statement)
    grants = session.roles.of(session.role)
    if grants is None or (isinstance(statement, exp.Alter) and statement.find(exp.AlterSession)):
        return
    if not _current(session)[0] and isinstance(statement, (exp.Query, exp.DML)):
        # The engine has words of its own for names that are not whole.
        session.connection.cursor().check_db_and_schema(statement)
    for privilege, thing in _needed(session, statement):
        _require(grants, privilege, thing)


def _no_engine(statement: Expr) -> None:
    """Nobody reaches the engine's own functions on tables and files: to the service they are unknown."""
    for table in statement.find_all(exp.Table):
        called = table.this
        if isinstance(called, exp.Literal):
            raise StatementFailed(1003, "42000", f"SQL compilation error:\nunexpected '{called.name}'.")
        if isinstance(called, (exp.Anonymous, exp.ReadCSV, exp.ReadParquet)):
            name = called.name.upper() if isinstance(called, exp.Anonymous) else called.sql_name()
            if name not in TABLE_FUNCTIONS:
                raise StatementFailed(2140, "42601", f"SQL compilation error:\nUnknown table function {name}.")
        elif table.db.lower() == "pg_catalog" or table.name.lower().startswith(OF_ENGINE):
            raise _unknown(Thing("TABLE", ".".join(_word(part) for part in table.parts)))


def noted(session: "Session", statement: Expr) -> None:
    """Remember whose something is, once it was made; or that it is gone."""
    if isinstance(statement, exp.Create) and (thing := _made(session, statement)):
        session.roles.made(session.role, thing)
    if isinstance(statement, exp.Drop):
        for thing in _things(session, statement.kind, statement.args.get("tables") or []):
            session.roles.made("", thing)


def visible(session: "Session") -> set[tuple[str, str, str]] | None:
    """Database, schema and name of the tables and views that a role can see, as they are stored; None: all."""
    grants = session.roles.of(session.role)
    if grants is None:
        return None
    named = [(row, Thing("TABLE", shown(".".join(row)))) for row in session.tables()]
    return {row for row, thing in named if _reachable(grants, thing) and knows(grants, thing)}


def with_visible(session: "Session", statement: Expr) -> Expr:
    """Show, of the information schema, what the role can see, under the names that people gave."""
    for table in list(statement.find_all(exp.Table)):
        columns = NAMING.get(table.name.upper())
        if columns and table.db.upper() == "INFORMATION_SCHEMA":
            table.replace(_shown_part(session, table, columns))
    return statement


def _shown_part(session: "Session", table: exp.Table, columns: tuple[str, ...]) -> exp.Subquery:
    source = table.copy()
    source.set("alias", None)
    alias = table.args.get("alias") or exp.TableAlias(this=exp.to_identifier(table.name))
    replaced = [
        exp.alias_(
            exp.Anonymous(
                this="TRANSLATE",
                expressions=[exp.column(name), exp.Literal.string(STORED), exp.Literal.string(SMALL)],
            ),
            name,
        )
        for name in columns
    ]
    select = exp.select(exp.Star(replace=replaced)).from_(source)
    seen = visible(session)
    if seen is not None:
        at = 1 if columns[0] == "CATALOG_NAME" else 2
        whole = exp.func("CONCAT_WS", exp.Literal.string("."), *(exp.column(name) for name in columns[: at + 1]))
        names = sorted({".".join(row[: at + 1]) for row in seen})
        select = select.where(whole.isin(*names) if names else exp.false())
    return exp.Subquery(this=select, alias=alias.copy())


# What a statement needs


def _needed(session: "Session", statement: Expr) -> Iterator[Need]:
    if isinstance(statement, exp.Use):
        yield from _used(session, statement)
    elif isinstance(statement, exp.Query):
        yield from _read(session, statement)
    elif isinstance(statement, exp.Describe):
        yield from ((ANY, _table(session, table)) for table in statement.find_all(exp.Table))
    elif isinstance(statement, HARMLESS) or (
        isinstance(statement, exp.Command) and statement.name.upper() in HARMLESS_COMMANDS
    ):
        return
    elif isinstance(statement, (exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.TruncateTable, exp.Copy)):
        yield from _written(session, statement)
    elif isinstance(statement, exp.Create):
        yield from _created(session, statement)
    elif isinstance(statement, exp.Drop):
        yield from (("OWNERSHIP", one) for one in _things(session, statement.kind, statement.args.get("tables") or []))
    elif isinstance(statement, (exp.Alter, exp.Comment)) and isinstance(statement.this, exp.Table):
        yield from (("OWNERSHIP", one) for one in _things(session, str(statement.args.get("kind")), [statement.this]))
    else:
        yield "OWNERSHIP", Thing("ACCOUNT", session.account)


def _used(session: "Session", statement: exp.Use) -> Iterator[Need]:
    kind = str(statement.args.get("kind") or "SCHEMA").upper()
    if kind in ("DATABASE", "SCHEMA"):
        yield from (("USAGE", one) for one in _things(session, kind, [statement.this]))
    elif kind == "WAREHOUSE":
        yield "USAGE", Thing("WAREHOUSE", _word(statement.this.this))


def _read(session: "Session", query: Expr) -> Iterator[Need]:
    """SELECT on every table and view that a query reads; a name that WITH gave is none."""
    try:
        scopes = traverse_scope(query)
        tables = [source for scope in scopes for source in scope.sources.values() if isinstance(source, exp.Table)]
    except SqlglotError:
        tables = list(query.find_all(exp.Table))
    for table in tables:
        if isinstance(table.this, exp.Identifier) and table.db.upper() != "INFORMATION_SCHEMA":
            yield "SELECT", _table(session, table)


def _written(session: "Session", statement: Expr) -> Iterator[Need]:
    targets = statement.expressions if isinstance(statement, exp.TruncateTable) else [statement.this]
    tables = [one.this if isinstance(one, exp.Schema) else one for one in targets]
    for table in tables:
        for privilege in _privileges(statement):
            yield privilege, _table(session, table)
    yield from _sources(session, statement, tables)


def _privileges(statement: Expr) -> list[str]:
    if isinstance(statement, exp.Insert):
        return ["INSERT", "DELETE"] if statement.args.get("overwrite") else ["INSERT"]
    if isinstance(statement, exp.Merge):
        then = [type(when.args.get("then")).__name__ for when in statement.find_all(exp.When)]
        return sorted({one.upper() if one in ("Insert", "Update") else "DELETE" for one in then})
    return {"Update": ["UPDATE"], "Delete": ["DELETE"], "TruncateTable": ["TRUNCATE"], "Copy": ["INSERT"]}[
        type(statement).__name__
    ]


def _sources(session: "Session", statement: Expr, targets: list[Expr]) -> Iterator[Need]:
    """What a statement that is no query reads: the queries in it, and the tables beside its targets."""
    queries = [one for one in statement.find_all(exp.Query) if one.find_ancestor(exp.Query) is None]
    for query in queries:
        yield from _read(session, query)
    for table in statement.find_all(exp.Table):
        outside = not any(table is one for one in targets) and table.find_ancestor(exp.Query) is None
        if outside and isinstance(table.this, exp.Identifier) and not isinstance(statement, exp.Copy):
            yield "SELECT", _table(session, table)


def _created(session: "Session", statement: exp.Create) -> Iterator[Need]:
    kind, thing = (statement.kind or "").upper(), _made(session, statement)
    if thing is None or kind == "DATABASE":
        yield f"CREATE {kind}", Thing("ACCOUNT", session.account)
        return
    parent = Thing("DATABASE" if thing.kind == "SCHEMA" else "SCHEMA", thing.name.rpartition(".")[0])
    temporary = statement.find(exp.TemporaryProperty) is not None
    yield "USAGE" if temporary else f"CREATE {kind}", parent
    if statement.args.get("replace") and session.has(thing):
        yield "OWNERSHIP", thing
    target = statement.this.this if isinstance(statement.this, exp.Schema) else statement.this
    yield from _sources(session, statement, [target])


def _made(session: "Session", statement: exp.Create) -> Thing | None:
    target = statement.this.this if isinstance(statement.this, exp.Schema) else statement.this
    if not isinstance(target, exp.Table):
        return None
    found = list(_things(session, statement.kind or "", [target]))
    return found[0] if found else None


# Names


def _things(session: "Session", kind: str | None, tables: list[Expr]) -> Iterator[Thing]:
    """The things of a kind that are named: `a.b.c` is a table, `a.b` a schema, `a` a database."""
    kind = (kind or "").upper()
    for table in tables:
        if not isinstance(table, exp.Table):
            continue
        parts = [_word(part) for part in table.parts]
        if kind == "DATABASE":
            yield Thing("DATABASE", parts[-1])
        elif kind == "SCHEMA":
            yield Thing("SCHEMA", ".".join([*_current(session)[: max(0, 2 - len(parts))], *parts]))
        else:
            yield Thing("TABLE" if kind in OF_TABLES else kind, _full(session, parts))


def _table(session: "Session", table: Expr) -> Thing:
    return Thing("TABLE", _full(session, [_word(part) for part in table.parts] if isinstance(table, exp.Table) else []))


def _full(session: "Session", parts: list[str]) -> str:
    return ".".join([*_current(session)[: max(0, 3 - len(parts))], *parts])


def _current(session: "Session") -> list[str]:
    connection = session.connection
    return [shown(str(connection.database or "")), shown(str(connection.schema or ""))]


def _word(part: object) -> str:
    if not isinstance(part, exp.Identifier):
        return str(getattr(part, "name", part)).upper()
    return shown(part.name) if part.quoted else part.name.upper()


# Decisions


def _require(grants: Grants, privilege: str, thing: Thing) -> None:
    if thing.kind == "ACCOUNT":
        if not holds(grants, (privilege,), thing):
            raise insufficient(thing)
        return
    parents = [Thing(kind, ".".join(thing.name.split(".")[:size])) for kind, size in _levels(thing)]
    for parent in parents:
        if not may_use(grants, parent):
            raise _unknown(parent)
    if privilege == "USAGE":
        if not may_use(grants, thing):
            raise _unknown(thing)
    elif privilege == ANY:
        if not knows(grants, thing):
            raise _unknown(thing)
    elif not holds(grants, (privilege,), thing):
        seen = knows(grants, thing) or thing.kind in ("SCHEMA", "DATABASE")
        raise insufficient(thing) if seen and privilege != "SELECT" else _unknown(thing)


def _levels(thing: Thing) -> list[tuple[str, int]]:
    """What a thing stands in."""
    return {"DATABASE": [], "WAREHOUSE": [], "SCHEMA": [("DATABASE", 1)]}.get(
        thing.kind, [("DATABASE", 1), ("SCHEMA", 2)]
    )


def _reachable(grants: Grants, thing: Thing) -> bool:
    return all(may_use(grants, Thing(kind, ".".join(thing.name.split(".")[:size]))) for kind, size in _levels(thing))


def _unknown(thing: Thing) -> StatementFailed:
    kind = {"TABLE": "Object"}.get(thing.kind, thing.kind.capitalize())
    state = "02000" if thing.kind in ("DATABASE", "SCHEMA", "WAREHOUSE") else "42S02"
    said = f"SQL compilation error:\n{kind} '{thing.name}' does not exist or not authorized."
    return StatementFailed(2003, state, said)


def insufficient(thing: Thing) -> StatementFailed:
    name = thing.name.rpartition(".")[2]
    said = f"SQL access control error:\nInsufficient privileges to operate on {thing.kind.lower()} '{name}'"
    return StatementFailed(3001, "42501", said)
