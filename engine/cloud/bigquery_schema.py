"""Which Arrow and which dataset type each column of BigQuery becomes, decided before the first row arrives."""

from collections.abc import Sequence
from typing import Any, Literal

import pyarrow as pa

from engine.columns import Column
from engine.errors import BadData

Kind = Literal["date", "number", "text", "boolean"]
SHOWN = 5

_TYPES: dict[str, tuple[pa.DataType, Kind]] = {
    "INTEGER": (pa.int64(), "number"),
    "INT64": (pa.int64(), "number"),
    "FLOAT": (pa.float64(), "number"),
    "FLOAT64": (pa.float64(), "number"),
    "NUMERIC": (pa.float64(), "number"),
    "BIGNUMERIC": (pa.float64(), "number"),
    "BOOLEAN": (pa.bool_(), "boolean"),
    "BOOL": (pa.bool_(), "boolean"),
    "STRING": (pa.string(), "text"),
    "DATE": (pa.date32(), "date"),
    "DATETIME": (pa.timestamp("us"), "date"),
    "TIMESTAMP": (pa.timestamp("us", "UTC"), "date"),
    "TIME": (pa.time64("us"), "text"),
    "BYTES": (pa.binary(), "text"),
    "GEOGRAPHY": (pa.string(), "text"),
    "JSON": (pa.string(), "text"),
}


def schema_of(fields: Sequence[Any]) -> pa.Schema:
    """Return the Arrow schema of a result. Raises BadData naming what is nested."""
    return pa.schema([pa.field(field.name, _types(field)[0]) for field in _flat(fields)])


def columns_of(fields: Sequence[Any]) -> tuple[Column, ...]:
    """Return the columns of a result as a dataset knows them. Raises BadData naming what is nested."""
    return tuple(Column(name=field.name, type=_types(field)[1]) for field in _flat(fields))


def conform(batch: pa.RecordBatch, schema: pa.Schema) -> pa.Table:
    """Cast a part of a result to the schema that was fixed for the whole. Raises BadData naming the column.

    A NUMERIC becomes the float nearest to it, by way of its digits: dividing by a power of ten is often a little off.
    """
    columns = []
    for number, field in enumerate(schema):
        column = batch.column(number)
        try:
            if pa.types.is_decimal(column.type):
                column = column.cast(pa.string())
            columns.append(column if column.type == field.type else column.cast(field.type))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise BadData(
                f"Column {_short(field.name)} holds a value that does not fit {field.type}.",
                f"Cast it in the SELECT, for example CAST({_short(field.name)} AS FLOAT64) AS {_short(field.name)}.",
                detail=str(error),
            ) from error
    return pa.Table.from_arrays(columns, schema=schema)


def _flat(fields: Sequence[Any]) -> Sequence[Any]:
    """The fields, where each is one value a row. Raises BadData for lists, records and what nobody here knows."""
    nested = [field for field in fields if field.mode == "REPEATED" or field.field_type not in _TYPES]
    if not nested:
        return fields
    names = [_short(field.name) for field in nested]
    told = ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
    first = nested[0]
    inner = f"{names[0]}.{_short(first.fields[0].name)}" if first.fields else f"{names[0]}[SAFE_OFFSET(0)]"
    several = len(names) > 1
    them = "them" if several else "it"
    raise BadData(
        f"{'Columns' if several else 'Column'} {told} {'hold' if several else 'holds'} lists, records or ranges, "
        "and a dataset has one value in each field.",
        f"Write a SELECT: leave {them} out with SELECT * EXCEPT ({', '.join(names[:SHOWN])}), or "
        f"name a part, such as {inner} AS {names[0]}_value.",
        field="source",
    )


def _types(field: Any) -> tuple[pa.DataType, Kind]:
    return _TYPES[field.field_type]


def _short(text: str, most: int = 60) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
