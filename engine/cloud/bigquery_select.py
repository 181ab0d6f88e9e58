"""The guard before BigQuery: SQL from a person is exactly one SELECT that only reads tables, or it is refused.

As `select` for Snowflake: the text is parsed, and what is sent are the words that were checked, without comments. Names
stand in backticks here, and quotes of either kind enclose texts. BigQuery itself is asked a second time before anything
runs: a dry run names the kind of statement and the routines that it calls (`bigquery`).
"""

import re
from collections.abc import Sequence

from sqlglot import Expr, exp
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from engine.cloud.bigquery_words import refuse_odd_words, unfenced, words, written
from engine.cloud.select import OUTSIDE
from engine.cloud.sql_parsed import as_checked, bad_select, brief, first_word, one_statement, refuse_long
from engine.errors import BadSelect

OWN = "Save the query as a view and read from that, or do without it."
WRITE = "Write one SELECT, for example: SELECT date, tv_cost, revenue FROM `project.dataset.table`"

# Functions of BigQuery that the parser has no name for. Any other function it does not know is somebody's own.
KNOWN_FUNCTIONS = frozenset(
    """
    ACOSH APPROX_QUANTILES APPROX_TOP_SUM ARRAY_FIRST ARRAY_LAST ARRAY_INCLUDES ARRAY_MAX ARRAY_MIN ASINH ATANH
    BIT_COUNT BOOL CEIL CODE_POINTS_TO_BYTES CODE_POINTS_TO_STRING CONTAINS_SUBSTR COT COTH CSC CSCH CURRENT_DATETIME
    DATE_BUCKET DATE_DIFF DATE_FROM_UNIX_DATE DATE_TRUNC DATETIME DATETIME_BUCKET DATETIME_DIFF DATETIME_TRUNC DIV
    EDIT_DISTANCE FARM_FINGERPRINT FLOAT64 FORMAT FORMAT_DATE FORMAT_DATETIME FORMAT_TIME FORMAT_TIMESTAMP
    FROM_BASE32 GENERATE_ARRAY GENERATE_DATE_ARRAY GENERATE_TIMESTAMP_ARRAY GENERATE_RANGE_ARRAY IEEE_DIVIDE INITCAP
    INSTR INT64 IS_INF IS_NAN JSON_ARRAY JSON_EXTRACT_ARRAY JSON_EXTRACT_STRING_ARRAY JSON_OBJECT JSON_QUERY
    JSON_QUERY_ARRAY JSON_SET JSON_STRIP_NULLS JSON_TYPE JSON_VALUE_ARRAY LAST_DAY LAX_BOOL LAX_FLOAT64 LAX_INT64
    LAX_STRING LOGICAL_AND LOGICAL_OR NORMALIZE NORMALIZE_AND_CASEFOLD PARSE_BIGNUMERIC PARSE_NUMERIC
    PERCENTILE_CONT PERCENTILE_DISC RANGE RANGE_BUCKET RANGE_CONTAINS RANGE_END RANGE_START REGEXP_CONTAINS
    REGEXP_EXTRACT_ALL REGEXP_INSTR SAFE_ADD SAFE_CONVERT_BYTES_TO_STRING SAFE_DIVIDE SAFE_MULTIPLY SAFE_NEGATE
    SAFE_SUBTRACT SEC SECH SOUNDEX STRING TIMESTAMP TIMESTAMP_BUCKET TIMESTAMP_DIFF TIMESTAMP_MICROS TIMESTAMP_MILLIS
    TIMESTAMP_SECONDS TIMESTAMP_TRUNC TIME_DIFF TIME_TRUNC TO_BASE32 TO_CODE_POINTS TO_JSON TO_JSON_STRING TRANSLATE
    UNIX_DATE UNIX_MICROS UNIX_MILLIS UNIX_SECONDS
    """.split()  # noqa: SIM905  # a block of words is easier to read
)
# What the parser writes for functions that reach outside, beside those of `select`.
ALLOWED_WRAPPERS = frozenset({"SAFE_FUNC", "NET_FUNC", "HOST"})

# A part of a name, in backticks (letters of any language) or without (then a project may have hyphens).
PIECE = re.compile(r"`([^`\\\x00-\x1f]{1,1024})`|[A-Za-z0-9_][\w-]*")
NAME = re.compile(rf"(?:{PIECE.pattern})(?: ?\. ?(?:{PIECE.pattern})){{0,2}}")


def one_select(sql: str) -> str:
    """Return `sql` as it is sent, if it is one SELECT, WITH … SELECT or set operation of SELECTs.

    Raises BadSelect that says what was found and what to write instead.
    """
    refuse_long(sql)
    return as_checked(unfenced(sql), _words, _take, written, WRITE)


def _take(sql: str, kept: Sequence[Token]) -> None:
    """Raise BadSelect unless the words are one SELECT that only reads."""
    refuse_odd_words(sql, kept)
    _check(one_statement(sql, "bigquery", WRITE), kept)


def select_all(table: str) -> str:
    """Return the SELECT that reads a whole table or view. Raises BadSelect if `table` is not a name."""
    return f"SELECT * FROM {table_name(table)}"


def table_name(text: str) -> str:
    """Return a table's name as it is written in SQL: one to three parts, in backticks. Letters keep their case.

    Raises BadSelect if `text` is anything else.
    """
    plain = text.strip().removesuffix(";").strip()
    parts = _parts(plain)
    if not parts:
        raise BadSelect(
            f"“{brief(text)}” is not the name of a table.",
            "Write project.dataset.table as BigQuery shows it: large and small letters differ.",
            field="table",
        )
    return f"`{'.'.join(parts)}`"


def plain_name(text: str) -> str:
    """Return a table's name as people read it, without backticks where it needs none. Raises as `table_name`."""
    written = table_name(text)
    name = written.strip("`")
    return name if NAME.fullmatch(name) else written


def _parts(text: str) -> list[str]:
    """The one to three parts of a name, within backticks or not; none where it is no name."""
    if len(text) > 3_000 or not NAME.fullmatch(text):
        return []
    found: list[str] = []
    for piece in PIECE.finditer(text):
        # One pair of backticks may stand around several parts.
        found += piece[1].split(".") if piece[1] else [piece[0]]
    return found if len(found) <= 3 and all(found) else []


def _words(sql: str) -> list[Token]:
    try:
        return words(sql)
    except SqlglotError as error:
        raise _refusal("The SQL cannot be read.", "Look for a quote that is not closed.", str(error)) from error


def _check(query: Expr, kept: Sequence[Token]) -> None:
    """Raise BadSelect at the first thing that does more than read tables."""
    inner = query
    while isinstance(inner, exp.Subquery):
        inner = inner.this
    if not isinstance(inner, (exp.Select, exp.SetOperation)):
        raise _refusal(f"This is {first_word(query, 'bigquery')}, not a SELECT.")
    if kept[0].token_type not in (TokenType.SELECT, TokenType.WITH, TokenType.L_PAREN):
        raise _refusal("The query does not begin with SELECT or WITH.")
    for node in query.walk():
        found = _fault(node)
        if found:
            raise _refusal(*found)


def _fault(node: Expr) -> tuple[str, str] | None:
    """Say what a node does that a read-only query must not, and what to do about it."""
    if isinstance(node, (exp.DML, exp.DDL, exp.Command, exp.Drop, exp.Alter, exp.Export, exp.Describe, exp.Use)):
        if isinstance(node, (exp.Select, exp.SetOperation, exp.Subquery, exp.Query)):
            return None
        return f"The SELECT contains {first_word(node, 'bigquery')}.", "Remove it: only reading is possible here."
    if isinstance(node, exp.CTE) and not isinstance(node.this, exp.Query):
        return (
            f"WITH {brief(node.alias)} is {first_word(node.this, 'bigquery')}.",
            "Only SELECTs may stand in WITH.",
        )
    if isinstance(node, exp.Into):
        return "SELECT … INTO writes a table.", "Remove INTO and what follows it up to FROM."
    if isinstance(node, (exp.Parameter, exp.SessionParameter)):
        return f"{brief(node.sql(dialect='bigquery'))} is a variable.", "Write the value."
    if isinstance(node, exp.Placeholder):
        return "A placeholder (? or :name) has no value here.", "Write the value in its place."
    if isinstance(node, exp.Table) and not isinstance(node.this, exp.Identifier):
        what = brief(node.this.sql(dialect="bigquery"))
        return f"{what} is not the name of a table.", "Write `project.dataset.table`; table functions are not read."
    return _function_fault(node) if isinstance(node, exp.Func) else None


def _function_fault(node: exp.Func) -> tuple[str, str] | None:
    names = type(node).sql_names() if not isinstance(node, exp.Anonymous) else [str(node.this).upper()]
    if any(OUTSIDE.fullmatch(name) for name in names) and not ALLOWED_WRAPPERS & {*names}:
        return f"The function {brief(names[0])} reaches outside of the tables.", OWN
    if isinstance(node.parent, exp.Dot) and node.parent.expression is node:
        return f"{brief(node.parent.sql(dialect='bigquery'))} is somebody's own function.", OWN
    if isinstance(node, exp.Anonymous) and (names[0] not in KNOWN_FUNCTIONS or isinstance(node.this, exp.Identifier)):
        return f"The function {brief(names[0])} is not on the list of those allowed here.", OWN
    return None


def _refusal(what: str, todo: str = WRITE, detail: str = "") -> BadSelect:
    return bad_select(what, todo, detail)
