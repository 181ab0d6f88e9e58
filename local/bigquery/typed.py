"""DuckDB's types and values as BigQuery's REST answers spell them.

https://cloud.google.com/bigquery/docs/reference/rest/v2/tables#TableFieldSchema
"""

import base64
import datetime
import re
from typing import Any

Json = dict[str, Any]

_PLAIN = {
    "BOOLEAN": "BOOLEAN",
    "VARCHAR": "STRING",
    "DOUBLE": "FLOAT",
    "FLOAT": "FLOAT",
    "DATE": "DATE",
    "TIME": "TIME",
    "TIMESTAMP": "DATETIME",
    "TIMESTAMP WITH TIME ZONE": "TIMESTAMP",
    "BLOB": "BYTES",
    "JSON": "JSON",
    "UUID": "STRING",
    "INTERVAL": "INTERVAL",
}
_WHOLE = re.compile(r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?")
_DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


def field(name: str, kind: str) -> Json:
    """A column as a schema names it. kind: DuckDB's type."""
    if kind.endswith("[]"):
        return {**field(name, kind[:-2]), "mode": "REPEATED"}
    if kind.startswith("STRUCT("):
        return {"name": name, "type": "RECORD", "mode": "NULLABLE", "fields": [field(*one) for one in _members(kind)]}
    return {"name": name, "type": _scalar(kind), "mode": "NULLABLE"}


def cell(value: Any, kind: str) -> Json:
    """A value as a row holds it: texts, whatever the type."""
    return {"v": _value(value, kind)}


def _scalar(kind: str) -> str:
    if decimal := _DECIMAL.fullmatch(kind):
        digits, scale = int(decimal[1]), int(decimal[2])
        return "NUMERIC" if scale <= 9 and digits - scale <= 29 else "BIGNUMERIC"
    return "INTEGER" if _WHOLE.fullmatch(kind) else _PLAIN.get(kind, "STRING")


def _value(value: Any, kind: str) -> Any:
    if value is None:
        return None
    if kind.endswith("[]"):
        return [cell(one, kind[:-2]) for one in value]
    if kind.startswith("STRUCT("):
        return {"f": [cell(value.get(name), inner) for name, inner in _members(kind)]}
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime.datetime):
        if value.tzinfo:
            return str((value - _EPOCH) // datetime.timedelta(microseconds=1))
        return value.isoformat()
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return repr(value) if isinstance(value, float) else str(value)


def _members(kind: str) -> list[tuple[str, str]]:
    """The members of a STRUCT by name and type."""
    inside, depth, start, found = kind.removeprefix("STRUCT(")[:-1], 0, 0, []
    for at, mark in enumerate(inside):
        depth += (mark == "(") - (mark == ")")
        if mark == "," and depth == 0:
            found.append(inside[start:at])
            start = at + 1
    members = [one.strip().partition(" ") for one in (*found, inside[start:])]
    return [(name.strip('"'), kind) for name, _, kind in members]
