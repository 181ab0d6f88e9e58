"""The types of what is computed, by Snowflake's rules where DuckDB and fakesnow have others.

A sum, an average and a quotient of NUMBER are NUMBER, never FLOAT; a truncated or shifted DATE stays a DATE. The rules
are those of Snowflake's documentation ("Arithmetic operators", "SUM", "AVG", "MEDIAN", "DATE_TRUNC", "DATEADD"). DuckDB
is asked for the types of what goes in, from the innermost query outwards.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from sqlglot import Expr, exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.scope import traverse_scope

MOST_DIGITS = 38
# What a division adds to the numerator's scale, and up to where.
MORE_DIGITS, MOST_ADDED = 6, 12
WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")
FLOATS = ("FLOAT", "DOUBLE")
DAYS_OR_MORE = ("DAY", "WEEK", "WEEKISO", "MONTH", "QUARTER", "YEAR")
# These count rows: NUMBER(18, 0).
COUNTS = (exp.Count, exp.CountIf, exp.ApproxDistinct, exp.RowNumber, exp.Rank, exp.DenseRank)

Describe = Callable[[exp.Query], list[str] | None]
"""Gives DuckDB's types of a query's columns; None where it cannot be bound."""
Target = exp.Div | exp.Mul | exp.Avg | exp.Sum | exp.Median | exp.TimestampTrunc | exp.DateTrunc | exp.DateAdd
TARGETS = (exp.Div, exp.Mul, exp.Avg, exp.Sum, exp.Median, exp.TimestampTrunc, exp.DateTrunc, exp.DateAdd)
SHIFTS = (exp.DateSub, exp.AddMonths)


class Number(NamedTuple):
    """NUMBER(precision, scale)."""

    precision: int
    scale: int

    @property
    def leading(self) -> int:
        return self.precision - self.scale


def quotient(one: Number, other: Number) -> Number:
    """The type of `one / other`: L = L1 + S2, S = max(S1, min(S1 + 6, 12))."""
    scale = max(one.scale, min(one.scale + MORE_DIGITS, MOST_ADDED))
    return Number(min(MOST_DIGITS, one.leading + other.scale + scale), scale)


def product(one: Number, other: Number) -> Number:
    """The type of `one * other`: L = L1 + L2, S = min(S1 + S2, max(S1, S2, 12))."""
    scale = min(one.scale + other.scale, max(one.scale, other.scale, MOST_ADDED))
    return Number(min(MOST_DIGITS, one.leading + other.leading + scale), scale)


def typed(statement: Expr, describe: Describe) -> Expr:
    """Rewrite every query of a statement so that DuckDB's types are Snowflake's. Changes `statement` itself."""
    for query in [node for node in statement.find_all(exp.Query) if node.find_ancestor(exp.Query) is None]:
        try:
            scopes = traverse_scope(query)
        except SqlglotError:
            continue
        for scope in scopes:
            if isinstance(scope.expression, exp.Select):
                _name_columns(scope.expression)
                _type_select(scope.expression, describe)
    return statement


def counts(query: Expr) -> list[bool]:
    """For each column of a query, whether it counts rows; [] where that cannot be told."""
    select = query
    while isinstance(select, (exp.Subquery, exp.SetOperation)):
        select = select.this
    if not isinstance(select, exp.Select) or select.is_star:
        return []
    values = [column.unalias() for column in select.expressions]
    return [isinstance(value.this if isinstance(value, exp.Window) else value, COUNTS) for value in values]


def _name_columns(select: exp.Select) -> None:
    """Name what has no name by its words, as the service does: they must not change with what it is made of."""
    for column in list(select.expressions):
        if isinstance(column, (exp.Alias, exp.Aliases, exp.Subquery)) or not column.find(
            exp.AggFunc, *TARGETS, *SHIFTS
        ):
            continue
        words = column.copy()
        for mark in words.find_all(exp.Placeholder):
            mark.set("this", None)
        column.replace(exp.alias_(column.copy(), words.sql(dialect="snowflake").upper(), quoted=True))


def _type_select(select: exp.Select, describe: Describe) -> None:
    """Rewrite the expressions of one SELECT, those within others first."""
    # By identity, and kept alive, so that no other node takes over the identity of one that is gone.
    done: dict[int, Expr] = {}
    while True:
        pending = [node for node in _own(select) if id(node) not in done and _is_target(node)]
        ready = [node for node in pending if not any(other is not node and _within(other, node) for other in pending)]
        if not ready:
            return
        asked = [operand for node in ready for operand in _operands(node)]
        types = iter(_types(select, asked, describe))
        for node in ready:
            known = [next(types) for _ in _operands(node)]
            written = _written(node, known)
            done |= {id(one): one for one in (node, *written.walk())}
            if written is not node:
                (node.parent if isinstance(node.parent, exp.Window) and isinstance(node, exp.Avg) else node).replace(
                    written
                )


def _is_target(node: Expr) -> bool:
    return isinstance(node, (*TARGETS, *SHIFTS)) or (
        isinstance(node, (exp.Add, exp.Sub)) and isinstance(node.expression, exp.Interval)
    )


def _own(node: Expr) -> Iterator[Expr]:
    """What belongs to a SELECT, without the queries within it."""
    for child in node.iter_expressions():
        if not isinstance(child, (exp.Query, exp.With)):
            yield child
            yield from _own(child)


def _within(node: Expr, other: Expr) -> bool:
    """Whether `node` stands below `other`."""
    parent = node.parent
    while parent is not None and parent is not other:
        parent = parent.parent
    return parent is other


def _operands(node: Expr) -> list[Expr]:
    if isinstance(node, (exp.Div, exp.Mul)):
        return [node.this, node.expression]
    return [_argument(node)]


def _argument(node: Expr) -> Expr:
    argument: Expr = node.this
    return argument.expressions[0] if isinstance(argument, exp.Distinct) else argument


def _types(select: exp.Select, operands: list[Expr], describe: Describe) -> list[str]:
    """DuckDB's types of expressions as they stand in a SELECT; nothing for what it cannot bind."""
    together = describe(_probe(select, operands, bare=True))
    if together is not None:
        return together
    found = []
    for operand in operands:
        # An aggregate's argument knows the rows, what is made of aggregates knows the groups and the other columns.
        alone = describe(_probe(select, [operand], bare=True)) or describe(_probe(select, [operand], bare=False))
        found.append(alone[-1] if alone else "")
    return found


def _probe(select: exp.Select, operands: list[Expr], *, bare: bool) -> exp.Query:
    """A query over the same sources whose last columns are the operands."""
    probe = exp.Select(**{name: select.args[name] for name in ("from_", "joins", "laterals") if select.args.get(name)})
    probe = probe.copy()
    if not bare:
        probe.set("group", select.args["group"].copy() if select.args.get("group") else None)
        probe.set("expressions", [column.copy() for column in select.expressions])
    probe.set("expressions", [*probe.expressions, *(operand.copy() for operand in operands)])
    known = [cte for ancestor in _around(select) for cte in ancestor]
    if known:
        probe.set("with_", exp.With(expressions=[cte.copy() for cte in known]))
    for placeholder in list(probe.find_all(exp.Placeholder)):
        placeholder.replace(exp.Null())
    return probe


def _around(select: exp.Select) -> list[list[Expr]]:
    """The WITH clauses that a SELECT sees, the outermost first, as far as they stand before it."""
    found: list[list[Expr]] = []
    node: Expr | None = select
    inside: Expr | None = None
    while node is not None:
        if (clause := node.args.get("with_")) is not None:
            ctes = list(clause.expressions)
            found.insert(0, ctes[: _place(ctes, inside)])
        if isinstance(node, exp.CTE):
            inside = node
        node = node.parent
    return found


def _place(ctes: list[Expr], inside: Expr | None) -> int:
    return next((place for place, cte in enumerate(ctes) if cte is inside), len(ctes))


def _number(operand: Expr, kind: str) -> Number | None:
    """A NUMBER's precision and scale; None for what is none."""
    if isinstance(operand, exp.Literal) and not operand.is_string and operand.name.isdigit():
        return Number(len(operand.name), 0)
    if kind.startswith("DECIMAL("):
        precision, scale = kind.removeprefix("DECIMAL(").rstrip(")").split(",")
        return Number(int(precision), int(scale))
    return Number(MOST_DIGITS, 0) if kind in WHOLE else None


def _written(node: Expr, kinds: list[str]) -> Expr:
    """An expression by Snowflake's rules; itself where DuckDB's are the same, or the types are not known."""
    numbers = [_number(operand, kind) for operand, kind in zip(_operands(node), kinds, strict=True)]
    one, other = numbers[0], numbers[-1]
    if isinstance(node, exp.Div):
        if one and other:
            return _divided(node.this.copy(), node.expression.copy(), one, other)
        return _float_division(node) if set(kinds) & set(FLOATS) and "" not in kinds else node
    if isinstance(node, exp.Mul):
        if not (one and other and one.scale + other.scale):
            return node
        wide = exp.Mul(this=_wide(node.this.copy(), one), expression=node.expression.copy())
        return _cast(wide, product(one, other))
    if isinstance(node, (exp.Sum, exp.Median, exp.Avg)):
        return _aggregated(node, one) if one else node
    kept = kinds[0] == "DATE" and _unit(node) in DAYS_OR_MORE
    return exp.cast(node.copy(), "DATE", copy=False) if kept else node


def _aggregated(node: exp.Sum | exp.Median | exp.Avg, of: Number) -> Expr:
    written = node.copy()
    if isinstance(node, exp.Median):
        # Halfway between two values there are more digits.
        precision, scale = min(MOST_DIGITS, of.precision + 3), min(of.scale + 3, MOST_DIGITS - 1)
        _argument(written).replace(_cast(_argument(node).copy(), Number(precision, scale)))
        return written
    # fakesnow makes everything a FLOAT before it is summed, but for what is cast already.
    _argument(written).replace(_cast(_argument(node).copy(), of))
    total = _sum(written.this)
    if isinstance(node, exp.Sum):
        return total
    count = exp.Count(this=written.this.copy(), big_int=True)
    over = node.parent if isinstance(node.parent, exp.Window) else None
    parts = [_over(over, part) for part in (total, count)]
    counted = exp.func("NULLIF", parts[1], exp.Literal.number(0))
    return _divided(parts[0], counted, Number(MOST_DIGITS, of.scale), Number(MOST_DIGITS, 0))


def _sum(argument: Expr) -> Expr:
    """A sum. fakesnow would cast what DISTINCT says as a whole, so it must not know this one."""
    if isinstance(argument, exp.Distinct):
        return exp.Anonymous(this="SUM", expressions=[argument.copy()])
    return exp.Sum(this=argument.copy())


def _over(window: Expr | None, part: Expr) -> Expr:
    if window is None:
        return part
    copied = window.copy()
    copied.set("this", part)
    return copied


def _divided(one: Expr, other: Expr, first: Number, second: Number) -> Expr:
    """A quotient of NUMBERs, exact: by whole numbers with one digit more, which is then rounded off.

    Where the divisor is 0, DuckDB's division of whole numbers fails, as Snowflake's does.
    """
    kind = quotient(first, second)
    up, down = kind.scale + 1 + second.scale, kind.scale + 1
    parts = [_whole(one, first, up), _whole(other, second, second.scale)]
    whole = exp.Anonymous(this="DIVIDE", expressions=parts)
    digits = _cast(whole, Number(MOST_DIGITS, 0))
    step = _cast(exp.Literal.number(f"0.{'0' * (down - 1)}1"), Number(down + 1, down))
    return _cast(exp.Mul(this=digits, expression=step), kind)


def _wide(value: Expr, kind: Number) -> Expr:
    """A NUMBER with all the digits there are: DuckDB multiplies what is narrow within 18 digits, or fails."""
    return _cast(value, Number(MOST_DIGITS, kind.scale))


def _whole(value: Expr, kind: Number, digits: int) -> Expr:
    """A NUMBER times a power of ten, as a whole number of up to 38 digits."""
    value = _wide(value, kind)
    if digits:
        value = exp.Mul(this=value, expression=_cast(exp.Literal.number(10**digits), Number(digits + 1, 0)))
    return exp.cast(value, exp.DataType.build("INT128"), copy=False)


def _float_division(node: exp.Div) -> Expr:
    """A quotient of FLOATs. Snowflake's fails where the divisor is 0; DuckDB's is infinite."""
    divisor = node.expression
    if isinstance(divisor, exp.Literal) and divisor.name.strip("0."):
        return node
    failed = exp.Anonymous(this="ERROR", expressions=[exp.Literal.string("Division by zero")])
    checked = exp.Case(ifs=[exp.If(this=exp.EQ(this=divisor.copy(), expression=exp.Literal.number(0)), true=failed)])
    checked.set("default", divisor.copy())
    written = node.copy()
    written.set("expression", checked)
    return written


def _unit(node: Expr) -> str:
    if isinstance(node, exp.AddMonths):
        return "MONTH"
    holder = node.expression if isinstance(node, (exp.Add, exp.Sub)) else node
    return holder.text("unit").upper().removesuffix("S")


def _cast(value: Expr, kind: Number) -> Expr:
    # fakesnow takes NUMBER(38, 0) for a BIGINT.
    precision = kind.precision if kind.scale else min(kind.precision, MOST_DIGITS - 1)
    # Not exp.cast: to that, a NUMBER of another precision is one already.
    return exp.Cast(this=value, to=exp.DataType.build(f"DECIMAL({precision}, {kind.scale})"))
