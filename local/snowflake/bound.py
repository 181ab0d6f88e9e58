"""Values that a client bound to the question marks of a statement."""

import re
from math import isfinite
from typing import Any

from fakesnow.converter import from_binding
from sqlglot import Expr, exp

MARK = "mmm_bound_"


def values_of(bindings: dict[str, Any] | None) -> list[Any] | None:
    """The bound values in the order of their question marks; None if there are none."""
    if not bindings:
        return None
    return [_value(bindings[str(place)]) for place in range(1, len(bindings) + 1)]


def _value(binding: dict[str, Any]) -> Any:
    # fakesnow leaves a FLOAT the text that it came as.
    return float(binding["value"]) if binding["type"] == "REAL" and binding["value"] else from_binding(binding)


def numbered(statement: Expr, values: list[Any] | None) -> tuple[Expr, list[Any] | None]:
    """The statement with numbers for its question marks, so that what holds one can be written twice.

    Numbers take their places as such: they count for the type of what is computed with them. Returns the statement,
    which is changed, and the values that are left.
    """
    marks = list(statement.find_all(exp.Placeholder))
    if not marks or values is None or len(marks) != len(values):
        return statement, values
    for place, mark in enumerate(marks):
        mark.set("this", f"{MARK}{place}")
    # The tree has an order of its own; the text has that of the question marks.
    order = [int(found) for found in re.findall(rf":{MARK}(\d+)", statement.sql(dialect="snowflake"))]
    left: list[Any] = []
    for place, value in zip(order, values, strict=True):
        if type(value) is int:
            marks[place].replace(exp.Literal.number(value))
        elif isinstance(value, float) and isfinite(value):
            marks[place].replace(exp.cast(exp.Literal.number(repr(value)), "DOUBLE"))
        else:
            left.append(value)
            marks[place].set("this", str(len(left)))
    return statement, left or None
