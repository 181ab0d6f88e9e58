"""Which Arrow and which dataset type each Snowflake column becomes, decided before the first row arrives."""

from collections.abc import Sequence
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from engine.columns import Column
from engine.errors import BadData

Kind = Literal["date", "number", "text", "boolean"]

# Snowflake's type codes, in the order of the connector's FIELD_TYPES.
FIXED, REAL, TEXT, DATE, TIMESTAMP, VARIANT, TIMESTAMP_LTZ, TIMESTAMP_TZ, TIMESTAMP_NTZ = range(9)
OBJECT, ARRAY, BINARY, TIME, BOOLEAN, GEOGRAPHY, GEOMETRY = range(9, 16)

_TYPES: dict[int, tuple[pa.DataType, Kind]] = {
    REAL: (pa.float64(), "number"),
    TEXT: (pa.string(), "text"),
    DATE: (pa.date32(), "date"),
    TIMESTAMP: (pa.timestamp("us"), "date"),
    TIMESTAMP_NTZ: (pa.timestamp("us"), "date"),
    TIMESTAMP_LTZ: (pa.timestamp("us", "UTC"), "date"),
    TIMESTAMP_TZ: (pa.timestamp("us", "UTC"), "date"),
    TIME: (pa.time64("us"), "text"),
    BOOLEAN: (pa.bool_(), "boolean"),
    BINARY: (pa.binary(), "text"),
    VARIANT: (pa.string(), "text"),
    OBJECT: (pa.string(), "text"),
    ARRAY: (pa.string(), "text"),
    GEOGRAPHY: (pa.string(), "text"),
    GEOMETRY: (pa.string(), "text"),
}


def schema_of(description: Sequence[Any]) -> pa.Schema:
    """Return the Arrow schema of a result from the connector's description of it."""
    _distinct([field.name for field in description])
    return pa.schema([pa.field(field.name, _types(field)[0]) for field in description])


def columns_of(description: Sequence[Any]) -> tuple[Column, ...]:
    """Return the columns of a result as a dataset knows them."""
    _distinct([field.name for field in description])
    return tuple(Column(name=field.name, type=_types(field)[1]) for field in description)


def keeping_offsets(query: str, description: Sequence[Any]) -> str:
    """Return the query with its TIMESTAMP_TZ columns as text, which keeps the offset that each stamp was written with.

    The connector hands such stamps out as moments in UTC; then nobody knows the source's day any more.
    """
    if all(field.type_code != TIMESTAMP_TZ for field in description):
        return query
    quoted = [(field, '"' + field.name.replace('"', '""') + '"') for field in description]
    columns = [f"{name}::VARCHAR AS {name}" if field.type_code == TIMESTAMP_TZ else name for field, name in quoted]
    return f"SELECT {', '.join(columns)} FROM ({query})"


def scales_of(description: Sequence[Any]) -> tuple[int, ...]:
    """Return the decimal places of each column, 0 for what is not a decimal."""
    return tuple(int(field.scale or 0) if field.type_code == FIXED else 0 for field in description)


def conform(table: pa.Table, schema: pa.Schema, scales: Sequence[int] = ()) -> pa.Table:
    """Cast a part of a result to the schema that was fixed for the whole. Raises BadData naming the column.

    Decimals become the float nearest to them: casting multiplies by 0.01, which is often a little off, so that
    4785.51 would be written as 4785.5100000000002.
    """
    columns = []
    for number, field in enumerate(schema):
        column = table.column(number)
        try:
            column = column if column.type == field.type else column.cast(field.type)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise BadData(
                f"Column {field.name} holds a value that does not fit {field.type}.",
                f"Cast it in the SELECT, for example {field.name}::FLOAT AS {field.name}.",
                detail=str(error),
            ) from error
        scale = scales[number] if scales else 0
        columns.append(pc.divide(pc.round(pc.multiply(column, 10.0**scale)), 10.0**scale) if scale else column)
    return pa.Table.from_arrays(columns, schema=schema)


def _types(field: Any) -> tuple[pa.DataType, Kind]:
    if field.type_code == FIXED:
        return (pa.float64() if field.scale else pa.int64()), "number"
    try:
        return _TYPES[field.type_code]
    except KeyError:
        raise BadData(
            f"Column {field.name} has a type that cannot be read here.",
            "Leave it out of the SELECT, or cast it to NUMBER, FLOAT, DATE or VARCHAR.",
        ) from None


def _distinct(names: Sequence[str]) -> None:
    twice = sorted({name for name in names if list(names).count(name) > 1})
    if twice:
        raise BadData(
            f"The SELECT returns several columns named {', '.join(twice)}.",
            "Give each column its own name with AS.",
        )
