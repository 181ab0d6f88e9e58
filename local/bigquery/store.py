"""A project's tables in one DuckDB file, and queries on them: BigQuery's words in, DuckDB's rows out."""

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import sqlglot
from sqlglot import Expr, exp
from sqlglot.errors import ParseError, SqlglotError

from local.bigquery.failures import Failed, denied, missing, of_engine
from local.bigquery.typed import field
from local.sample.warehouse import write_warehouse

Json = dict[str, Any]
# What a query is billed at least, where it reads a table.
LEAST_BILLED = 10 * 1024 * 1024
WIDTH = 8
KINDS: dict[type[Expr], str] = {
    exp.Insert: "INSERT",
    exp.Update: "UPDATE",
    exp.Delete: "DELETE",
    exp.Merge: "MERGE",
    exp.Create: "CREATE_TABLE",
    exp.Drop: "DROP_TABLE",
}


@dataclass(frozen=True)
class Table:
    """A table or a view. `columns` are names and DuckDB's types."""

    dataset: str
    name: str
    kind: str
    rows: int
    columns: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Plan:
    """What became of a query: its statement's kind, what it returns, and DuckDB's SQL for it."""

    kind: str
    columns: tuple[tuple[str, str], ...]
    sql: str
    read: tuple[Table, ...]
    bytes: int

    @property
    def schema(self) -> Json:
        return {"fields": [field(name, kind) for name, kind in self.columns]}


class Store:
    """The tables of one project; the first look fills it with the sample warehouse.

    hidden: datasets that may be seen and not read.
    """

    def __init__(self, folder: Path, project: str, account: str) -> None:
        self.project = project
        self.account = account
        self.hidden: set[str] = set()
        self._file = folder / "project.duckdb"
        self._lock = threading.Lock()
        self._opened: duckdb.DuckDBPyConnection | None = None

    def duck(self) -> duckdb.DuckDBPyConnection:
        """A connection of its own to the tables."""
        with self._lock:
            if self._opened is None:
                self._opened = self._open()
            return self._opened.cursor()

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            if self._opened is not None:
                self._opened.close()
                self._opened = None

    def tables(self) -> dict[tuple[str, str], Table]:
        """Every table and view by dataset and name."""
        duck = self.duck()
        asked = (
            "select schema_name, table_name, 'TABLE', estimated_size from duckdb_tables() where not internal union all "
            "select schema_name, view_name, 'VIEW', 0 from duckdb_views() where not internal order by 1, 2"
        )
        columns: dict[tuple[str, str], list[tuple[str, str]]] = {}
        for dataset, name, column, kind in duck.execute(
            "select schema_name, table_name, column_name, data_type from duckdb_columns() where not internal "
            "order by schema_name, table_name, column_index"
        ).fetchall():
            columns.setdefault((dataset, name), []).append((column, kind))
        found = duck.execute(asked).fetchall()
        return {
            (dataset, name): Table(dataset, name, kind, int(rows), tuple(columns[dataset, name]))
            for dataset, name, kind, rows in found
        }

    def plan(self, sql: str, default: str = "") -> Plan:
        """Understand a query. default: the dataset of tables without one. Raises Failed."""
        try:
            parsed = [one for one in sqlglot.parse(sql, read="bigquery") if one is not None]
        except ParseError as error:
            first = error.errors[0] if error.errors else {}
            place = f"[{first.get('line', 1)}:{first.get('col', 1)}]"
            raise Failed(
                400, "invalidQuery", f"Syntax error: Unexpected {first.get('highlight')} at {place}"
            ) from error
        except SqlglotError as error:
            raise Failed(400, "invalidQuery", f"Syntax error: Unclosed string literal: {error}") from error
        if len(parsed) != 1:
            return Plan("SCRIPT", (), "", (), 0)
        if kind := KINDS.get(type(parsed[0])):
            return Plan(kind, (), "", (), 0)
        query, tables = parsed[0].copy(), self.tables()
        read = self._resolved(query, tables, default)
        for user in list(query.find_all(exp.SessionUser)):
            user.replace(exp.Literal.string(self.account))
        _name_columns(query)
        text = query.sql(dialect="duckdb")
        try:
            rows = self.duck().execute(f"DESCRIBE {text}").fetchall()
        except duckdb.Error as error:
            raise of_engine(error) from error
        names = {node.name.upper() for node in query.find_all(exp.Column)}
        star = any(query.find_all(exp.Star))
        size = sum(
            WIDTH * self._size(table, tables) * sum(star or column.upper() in names for column, _ in table.columns)
            for table in read
        )
        return Plan("SELECT", tuple((str(row[0]), str(row[1])) for row in rows), text, tuple(read), size)

    def rows(self, plan: Plan) -> pa.Table:
        """Run a query. Raises Failed."""
        try:
            return self.duck().sql(plan.sql).to_arrow_table()
        except duckdb.Error as error:
            raise of_engine(error) from error

    def named(self, tables: dict[tuple[str, str], Table], parts: list[str], default: str) -> Table:
        """The table that a name means. Raises Failed. The case of names counts."""
        if len(parts) == 1 and not default:
            said = f'Table "{parts[0]}" must be qualified with a dataset (e.g. dataset.table).'
            raise Failed(400, "invalid", said)
        project = parts[0] if len(parts) == 3 else self.project
        dataset = parts[-2] if len(parts) > 1 else default
        if project != self.project:
            raise denied(f"{project}:{dataset}.{parts[-1]}")
        if dataset not in {name for name, _ in tables}:
            raise missing("Dataset", f"{project}:{dataset}")
        if dataset in self.hidden:
            raise denied(f"{project}:{dataset}.{parts[-1]}")
        table = tables.get((dataset, parts[-1]))
        if table is None:
            raise missing("Table", f"{project}:{dataset}.{parts[-1]}")
        return table

    def _size(self, table: Table, tables: dict[tuple[str, str], Table]) -> int:
        """Rows that are read; of a view, those of the largest table."""
        return table.rows or max((one.rows for one in tables.values()), default=0)

    def _resolved(self, query: Expr, tables: dict[tuple[str, str], Table], default: str) -> list[Table]:
        """Write every table's name as DuckDB has it. Returns the tables."""
        own = {cte.alias.casefold() for cte in query.find_all(exp.CTE)}
        found = []
        for node in list(query.find_all(exp.Table)):
            if not isinstance(node.this, exp.Identifier):
                raise Failed(400, "invalidQuery", f"Table-valued function not found: {node.this.sql('bigquery')}")
            parts = ".".join(part.name for part in node.parts).split(".")
            if len(parts) == 1 and parts[0].casefold() in own:
                continue
            table = self.named(tables, parts, default)
            found.append(table)
            alias = node.args.get("alias") or exp.TableAlias(this=exp.to_identifier(parts[-1], quoted=True))
            node.replace(exp.Table(this=_name(table.name), db=_name(table.dataset), alias=alias.copy()))
        return found

    def _open(self) -> duckdb.DuckDBPyConnection:
        if not self._file.exists():
            self._file.parent.mkdir(parents=True, exist_ok=True)
            making = self._file.with_suffix(".making")
            making.unlink(missing_ok=True)
            maker = duckdb.connect(":memory:")
            maker.execute(f"ATTACH '{str(making).replace(chr(39), chr(39) * 2)}' AS sample")
            write_warehouse(maker, "sample")
            maker.execute("DETACH sample")
            maker.close()
            making.replace(self._file)
        opened = duckdb.connect(str(self._file))
        opened.execute("SET TimeZone = 'UTC'")
        return opened


def _name_columns(query: Expr) -> None:
    """Name what has no name as BigQuery does: f0_, f1_, …"""
    for select in query.find_all(exp.Select):
        unnamed = [one for one in select.expressions if not one.alias_or_name and not one.is_star]
        for number, one in enumerate(unnamed):
            one.replace(exp.alias_(one.copy(), f"f{number}_"))


def _name(text: str) -> exp.Identifier:
    return exp.to_identifier(text, quoted=True)
