"""Names as Snowflake has them, kept in DuckDB, which takes `Mixed` and `MIXED` for one name.

Unquoted names are upper-cased, quoted ones are kept as they are written (Snowflake, "Identifier requirements"). DuckDB
compares names without regard to case, so the small letters of a quoted name are stored as letters that have no case.
"""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
from sqlglot import Expr, exp

SMALL = "abcdefghijklmnopqrstuvwxyz"
# Of Unicode's private use area, which has no case.
STORED = "".join(chr(0xE000 + ord(letter)) for letter in SMALL)
_TO_STORED, _TO_SHOWN = str.maketrans(SMALL, STORED), str.maketrans(STORED, SMALL)


def stored(name: str) -> str:
    """A name as it stands in the database's files."""
    return name.translate(_TO_STORED)


def shown(text: str) -> str:
    """A name, or a sentence with names in it, as people see it."""
    return text.translate(_TO_SHOWN)


def store_names(statement: Expr) -> None:
    """Replace what is quoted in a statement by its stored name; `statement` is changed."""
    for identifier in statement.find_all(exp.Identifier):
        if identifier.quoted:
            identifier.set("this", stored(identifier.name))


def show_columns(rowtype: list[Any]) -> list[Any]:
    """A result's columns with the names that people gave them."""
    return [column | {"name": shown(column["name"])} for column in rowtype]


def show_batches(rows: pa.RecordBatchReader) -> pa.RecordBatchReader:
    """The same rows under the names that people gave the columns."""
    names = [shown(name) for name in rows.schema.names]
    if names == rows.schema.names:
        return rows

    def renamed() -> Iterator[pa.RecordBatch]:
        for batch in rows:
            yield batch.rename_columns(names)

    fields = [field.with_name(name) for field, name in zip(rows.schema, names, strict=True)]
    return pa.RecordBatchReader.from_batches(pa.schema(fields), renamed())


def show_values(table: pa.Table) -> pa.Table:
    """A small table whose texts hold names, such as what SHOW shows."""
    columns = [
        pa.chunked_array([[None if one is None else shown(one) for one in column.to_pylist()]], column.type)
        if pa.types.is_string(column.type)
        else column
        for column in table.columns
    ]
    return pa.Table.from_arrays(columns, names=[shown(name) for name in table.column_names])
