"""`{country}` in a SELECT: one query for each country, and the one that tells which of them have rows.

What is put in its place is a code of our own list (two letters), as a text or within a name; what comes of it passes
the same guard as any other SELECT (`engine.cloud.select`), whichever warehouse it is for.
"""

import re
from collections.abc import Sequence
from typing import Final

import sqlglot
from sqlglot import Expr, exp
from sqlglot.errors import SqlglotError

from engine.errors import BadSelect

MARK: Final = "{country}"
# The columns of the counting query.
COUNTRY, ROWS, FIRST, LAST = "MMM_COUNTRY", "MMM_ROWS", "MMM_FIRST", "MMM_LAST"
# So many different countries, or what is written for some, are counted; there are 249.
MOST_COUNTED: Final = 1000

_MARK = re.compile(r"\{\s*country\s*\}", re.IGNORECASE)
# The mark in quotes of its own, also in those that an editor turned; a text or a quoted name, whole; the mark alone.
_PLACE = re.compile(
    r"['‘’‚‛]\s*\{\s*country\s*\}\s*['‘’‛]|'(?:[^'\\]|''|\\.)*'|\"(?:[^\"]|\"\")*\"|`[^`]*`|\{\s*country\s*\}",
    re.IGNORECASE | re.DOTALL,
)
_STAND_IN: Final = "mmm country stand-in"


def asks_country(sql: str) -> bool:
    """Whether a SELECT is one for each country."""
    return _MARK.search(sql) is not None


def of_country(sql: str, code: str) -> str:
    """Return the SELECT for one country, by its two-letter code. Raises BadSelect where there is none to be put in.

    `WHERE COUNTRY = {country}` and `= '{country}'` become `= 'FR'`; `FROM SALES_{country}` becomes `FROM SALES_FR`.
    """
    if not asks_country(sql):
        return sql
    if not re.fullmatch(r"[A-Za-z]{2}", code):
        raise BadSelect(f"The SELECT is one for each country ({MARK}).", "Choose a country.", field="country")
    return _filled(sql, code.upper())


def _filled(sql: str, text: str) -> str:
    """`sql` with `text` for each mark: in quotes, unless it stands within a text or a name."""

    def put(found: re.Match[str]) -> str:
        piece = found[0]
        if _MARK.fullmatch(piece.strip("'‘’‚‛ \t\n")) and piece[0] != '"':
            near = f"{sql[: found.start()][-1:]}{sql[found.end() :][:1]}"
            within = piece[0] == "{" and re.search(r"[A-Za-z0-9_$]", near)
            return text if within else f"'{text}'"
        return _MARK.sub(text, piece)

    return _PLACE.sub(put, sql)


def counting(query: str, column: str, dates: str = "", *, dialect: str = "snowflake") -> str:
    """Return the SELECT that counts the rows of `query` by what `column` holds, with the first and last of `dates`."""
    source = sqlglot.parse_one(query, read=dialect)
    return _counted(source, exp.column(exp.to_identifier(column, quoted=True)), dates).sql(dialect=dialect)


def counting_countries(sql: str, dates: str = "", *, dialect: str = "snowflake") -> str:
    """Return the SELECT that counts, for one with `{country}`, its rows by country. Empty where that cannot be told.

    It can where one column is compared with it, for all rows alike (`WHERE COUNTRY = {country} AND …`): then the same
    rows are read for all countries at once.
    """
    try:
        query = sqlglot.parse_one(_filled(sql, _STAND_IN), read=dialect)
    except (SqlglotError, RecursionError, ValueError, AttributeError):
        return ""
    if not isinstance(query, exp.Select) or _STAND_IN in _without_texts(query, dialect):
        return ""
    places = [one for one in query.find_all(exp.Literal) if one.is_string and one.this == _STAND_IN]
    column = _compared(query, places)
    if column is None or _looks_at_all_rows(query):
        return ""
    inner = query.select(exp.alias_(column.copy(), COUNTRY), append=True)
    inner.set("order", None)
    if (group := inner.args.get("group")) is not None:
        if not group.args.get("all"):
            group.append("expressions", column.copy())
    elif any(inner.find_all(exp.AggFunc)):
        return ""
    return _counted(inner, exp.column(COUNTRY), dates).sql(dialect=dialect)


def _counted(source: Expr, column: Expr, dates: str) -> exp.Select:
    day = exp.column(exp.to_identifier(dates, quoted=True)) if dates else None
    asked: list[Expr] = [exp.alias_(column.copy(), COUNTRY), exp.alias_(exp.Count(this=exp.Star()), ROWS)]
    if day is not None:
        asked += [exp.alias_(exp.Min(this=day.copy()), FIRST), exp.alias_(exp.Max(this=day.copy()), LAST)]
    inner = exp.Subquery(this=source, alias=exp.TableAlias(this=exp.to_identifier("MMM_SOURCE")))
    counted = exp.select(*asked).from_(inner).group_by(column.copy())
    return counted.order_by(exp.Ordered(this=exp.column(ROWS), desc=True)).limit(MOST_COUNTED)


def _compared(query: exp.Select, places: Sequence[Expr]) -> Expr | None:
    """What is compared with the one mark, in a condition that holds for every row; the condition is then true."""
    if len(places) != 1:
        return None
    compared = places[0].parent
    while isinstance(compared, exp.Paren | exp.Upper | exp.Lower | exp.Trim):
        compared = compared.parent
    if not isinstance(compared, exp.EQ):
        return None
    sides = [side for side in (compared.this, compared.expression) if not list(_stand_ins(side))]
    if len(sides) != 1 or not sides[0].find(exp.Column):
        return None
    above = compared.parent
    while isinstance(above, exp.And | exp.Paren):
        above = above.parent
    if not isinstance(above, exp.Where) or above.parent is not query:
        return None
    column: Expr = sides[0].copy()
    compared.replace(exp.true())
    return column


def _stand_ins(node: Expr) -> Sequence[Expr]:
    return [one for one in node.find_all(exp.Literal) if one.this == _STAND_IN]


def _without_texts(query: Expr, dialect: str) -> str:
    """The query without the mark where it is a text of its own: what is left of it is part of something else."""
    bare = query.copy()
    for one in _stand_ins(bare):
        one.replace(exp.Literal.string(""))
    return bare.sql(dialect=dialect)


def _looks_at_all_rows(query: exp.Select) -> bool:
    """Whether what one row is depends on the others: those of other countries would change it."""
    parts = ("distinct", "limit", "offset", "qualify", "sample", "having")
    return any(query.args.get(part) for part in parts) or query.find(exp.Window) is not None
