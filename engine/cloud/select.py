"""The guard before the warehouse: SQL from a person is exactly one SELECT that only reads tables, or it is refused.

The text is parsed, never matched by pattern, and what is sent are the words that were checked: the person's own,
without comments, hints and a closing semicolon. The database role of the service is the other half of the protection.
"""

import re
from collections.abc import Sequence

from sqlglot import Expr, exp
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import Token

from engine.cloud.sql_marks import mended, turned_quote
from engine.cloud.sql_parsed import as_checked, bad_select, brief, first_word, one_statement, refuse_long
from engine.cloud.sql_words import called, refuse_odd_words, refuse_statements, words, written
from engine.errors import BadSelect

OWN = "Save the query as a view and read from that, or do without it."
WRITE = "Write one SELECT, for example: SELECT DATE, TV_COST, REVENUE FROM DATABASE.SCHEMA.TABLE"

# Functions of Snowflake that the parser has no name for. Any other function it does not know is somebody's own,
# an external one, or one of the SYSTEM$ kind.
KNOWN_FUNCTIONS = frozenset(
    """
    ARRAYS_TO_OBJECT AS_ARRAY AS_BINARY AS_BOOLEAN AS_CHAR AS_DATE AS_DECIMAL AS_DOUBLE AS_INTEGER AS_NUMBER AS_OBJECT
    AS_REAL AS_TIME AS_TIMESTAMP_NTZ AS_VARCHAR CONDITIONAL_CHANGE_EVENT CONDITIONAL_TRUE_EVENT HASH HAVERSINE
    IS_BOOLEAN IS_DATE IS_DECIMAL IS_DOUBLE IS_INTEGER IS_OBJECT IS_REAL IS_TIMESTAMP_NTZ IS_VARCHAR OBJECT_DELETE
    OBJECT_PICK RATIO_TO_REPORT TO_DATE TO_OBJECT TO_TIMESTAMP TO_TIMESTAMP_LTZ TO_TIMESTAMP_NTZ TO_TIMESTAMP_TZ
    TRY_TO_TIMESTAMP TRY_TO_TIMESTAMP_LTZ TRY_TO_TIMESTAMP_NTZ TRY_TO_TIMESTAMP_TZ
    """.split()  # noqa: SIM905  # a block of words is easier to read
)

# Snowflake's other names for what the parser writes by one name.
OTHER_NAMES = frozenset(
    """
    ARRAYAGG ARRAY_CONSTRUCT BITAND_AGG BITOR_AGG BITXOR_AGG BIT_AND BIT_ANDAGG BIT_AND_AGG BIT_NOT BIT_OR BIT_ORAGG
    BIT_OR_AGG BIT_SHIFTLEFT BIT_SHIFTRIGHT BIT_XOR BIT_XORAGG BIT_XOR_AGG CAST CEILING CHAR COLLATE CURRENT_DATE
    CURRENT_SCHEMA CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER DATE DATEFROMPARTS DATE_PART DIV0 DIV0NULL EXISTS EXTRACT
    FILTER FIRST GETDATE IFNULL ILIKE INSERT LAST LEFT LEN LIKE LOCALTIME LOCALTIMESTAMP LOG MAX MD5_HEX MIN MOD NEXT
    NULLIFZERO NVL PARSE_JSON POSITION POW PREV REGEXP REGEXP_EXTRACT_ALL REPLACE RIGHT RLIKE SHA1_HEX SHA2_HEX SPACE
    SQUARE STDDEV_SAMP ST_POINT SUBSTR SYSTIMESTAMP TIME TIMEDIFF TIMEFROMPARTS TIMESTAMPADD TIMESTAMPDIFF
    TIMESTAMPFROMPARTS TIMESTAMPLTZFROMPARTS TIMESTAMPNTZFROMPARTS TIMESTAMPTZFROMPARTS TIMESTAMP_NTZ_FROM_PARTS
    TO_BINARY TO_BOOLEAN TO_DATE TO_DECIMAL TO_DOUBLE TO_NUMERIC TO_TIME TO_TIMESTAMP TO_TIMESTAMP_LTZ TO_TIMESTAMP_NTZ
    TO_TIMESTAMP_TZ TO_VARCHAR TRUNC TRUNCATE TRY_CAST TRY_TO_DATE TRY_TO_DECIMAL TRY_TO_NUMERIC TRY_TO_TIME
    TRY_TO_TIMESTAMP TRY_TO_TIMESTAMP_LTZ TRY_TO_TIMESTAMP_NTZ TRY_TO_TIMESTAMP_TZ VARIANCE_SAMP VAR_POP VAR_SAMP
    WEEKOFYEAR ZEROIFNULL
    """.split()  # noqa: SIM905  # a block of words is easier to read
)

# Functions the parser does know, and that reach outside of tables or cost money: files, models, the network.
OUTSIDE = re.compile(
    r"AI_.*|M_L_.*|A_I_.*|PREDICT|FEATURES_AT_TIME|GENERATE_(?:EMBEDDING|TEXT|TABLE|BOOL|INT|DOUBLE)|"
    r"VECTOR_SEARCH|READ_.*|OPEN_J_S_O_N|X_M_L_TABLE|J_S_O_N_TABLE|NET_FUNC|SAFE_FUNC|SECRET|TO_FILE|HOST|"
    r"NEXT_VALUE_FOR|DYNAMIC_IDENTIFIER|LOAD_.*"
)

TABLE_FUNCTIONS = (exp.Explode, exp.Generator, exp.SplitToTable)

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_$]{0,254}")
QUOTED = re.compile(r'"(?:[^"]|"")+"')

RESERVED = frozenset(
    """
    ACCOUNT ALL ALTER AND ANY AS BETWEEN BY CASE CAST CHECK COLUMN CONNECT CONNECTION CONSTRAINT CREATE CROSS CURRENT
    CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER DATABASE DELETE DISTINCT DROP ELSE EXISTS FALSE FOLLOWING
    FOR FROM FULL GRANT GROUP GSCLUSTER HAVING ILIKE IN INCREMENT INNER INSERT INTERSECT INTO IS ISSUE JOIN LATERAL LEFT
    LIKE LOCALTIME LOCALTIMESTAMP MINUS NATURAL NOT NULL OF ON OR ORDER ORGANIZATION QUALIFY REGEXP REVOKE RIGHT RLIKE
    ROW ROWS SAMPLE SCHEMA SELECT SET SOME START TABLE TABLESAMPLE THEN TO TRIGGER TRUE TRY_CAST UNION UNIQUE UPDATE
    USING VALUES VIEW WHEN WHENEVER WHERE WITH
    """.split()  # noqa: SIM905  # a block of words is easier to read
)


def one_select(sql: str) -> str:
    """Return `sql` as it is sent, if it is one SELECT, WITH … SELECT or set operation of SELECTs.

    Raises BadSelect that says what was found and what to write instead.
    """
    refuse_long(sql)
    return as_checked(mended(sql), _words, _take, written, WRITE)


def _take(sql: str, kept: Sequence[Token]) -> None:
    """Raise BadSelect unless the words are one SELECT that only reads."""
    refuse_odd_words(sql, kept)
    _check(_parse(sql), kept)
    refuse_statements(sql, kept)


def select_all(table: str) -> str:
    """Return the SELECT that reads a whole table or view. Raises BadSelect if `table` is not a name."""
    return f"SELECT * FROM {table_name(table)}"


def table_name(text: str) -> str:
    """Return a table's name as it is written in SQL: one to three parts, in capitals, quoted where they must be.

    Unquoted names mean capitals, as everywhere in Snowflake. What an editor or a chat put around a name or turned in
    it is mended. Raises BadSelect if `text` is anything else.
    """
    parts, rest = [], _plain_name(text)
    while True:
        found = QUOTED.match(rest) or NAME.match(rest)
        if not found:
            break
        parts.append(found[0])
        rest = rest[found.end() :]
        if not rest.startswith(".") or rest == ".":
            break
        rest = rest[1:]
    if rest or not 1 <= len(parts) <= 3 or any(len(part) > 255 for part in parts):
        raise BadSelect(
            f"“{brief(text)}” is not the name of a table.",
            'Write DATABASE.SCHEMA.TABLE; a part with spaces or small letters stands in quotes: "my table".',
            field="table",
        )
    return ".".join(_written(part) for part in parts)


def _plain_name(text: str) -> str:
    """A name without marks around it that are none of SQL's, and with plain quotes in it."""
    try:
        name = mended(text).strip().removesuffix(";").strip()
    except BadSelect as error:
        raise BadSelect(error.what.replace("The SQL has", "The name has"), error.todo, field="table") from None
    while len(name) > 2 and name[0] == name[-1] and name[0] in "'`*" and name[0] not in name[1:-1]:
        name = name[1:-1].strip()
    # How other systems quote the parts of a name.
    return name if '"' in name else re.sub(r"`([^`]*)`", lambda part: _quoted_if_needed(part[1]), name)


def _quoted_if_needed(part: str) -> str:
    return part if NAME.fullmatch(part) or not part else f'"{part}"'


def _written(part: str) -> str:
    if part.startswith('"'):
        return part
    return f'"{part.upper()}"' if part.upper() in RESERVED else part.upper()


def _words(sql: str) -> list[Token]:
    try:
        return words(sql)
    except SqlglotError as error:
        raise _open(sql, error) from error


def _open(sql: str, error: SqlglotError) -> BadSelect:
    """A text that does not end, which a turned quote may be the reason of."""
    turned = turned_quote(sql)
    todo = f"{turned}: write a plain one." if turned else "Look for a quote that is not closed."
    return _refusal("The SQL cannot be read.", todo, str(error))


def _parse(sql: str) -> Expr:
    try:
        return one_statement(sql, "snowflake", WRITE)
    except SqlglotError as error:
        raise _open(sql, error) from error


def _check(query: Expr, kept: Sequence[Token]) -> None:
    """Raise BadSelect at the first thing that does more than read tables."""
    inner = query
    while isinstance(inner, exp.Subquery):
        inner = inner.this
    if not isinstance(inner, (exp.Select, exp.SetOperation)):
        raise _refusal(f"This is {first_word(query, 'snowflake')}, not a SELECT.")
    for node in query.walk():
        found = _fault(node)
        if found:
            raise _refusal(*found)
    # The parser takes names of other systems for functions of its own. To Snowflake they may be somebody's.
    understood = set(called(words(query.sql(dialect="snowflake", comments=False))))
    for name in called(kept):
        if name not in understood and name not in OTHER_NAMES:
            instead = _snowflakes_name(query, name)
            todo = f"Snowflake calls it {instead}." if instead else OWN
            raise _refusal(f"The function {brief(name)} is not on the list of those allowed here.", todo)


def _snowflakes_name(query: Expr, name: str) -> str:
    """What Snowflake calls a function of another system, where it has one name for it."""
    meant = next((node for node in query.find_all(exp.Func) if name in type(node).sql_names()), None)
    names = list(called(words(meant.sql(dialect="snowflake")))) if meant else []
    return names[0] if names and names[0] != name else ""


def _fault(node: Expr) -> tuple[str, str] | None:
    """Say what a node does that a read-only query must not, and what to do about it."""
    if isinstance(node, (exp.DML, exp.DDL, exp.Command, exp.Drop, exp.Alter, exp.Put, exp.Show, exp.Describe, exp.Use)):
        return f"The SELECT contains {first_word(node, 'snowflake')}.", "Remove it: only reading is possible here."
    if isinstance(node, exp.CTE) and not isinstance(node.this, exp.Query):
        return f"WITH {node.alias} is {first_word(node.this, 'snowflake')}.", "Only SELECTs may stand in WITH."
    if isinstance(node, exp.Into):
        return "SELECT … INTO writes a table.", "Remove INTO and what follows it up to FROM."
    if isinstance(node, exp.Lock):
        return "FOR UPDATE locks rows.", "Remove it."
    if isinstance(node, exp.DirectoryStage) or (isinstance(node, exp.Var) and node.name.startswith("@")):
        return (
            f"{brief(node.sql(dialect='snowflake'))} is a stage.",
            "Read from a table or a view instead of files.",
        )
    if isinstance(node, (exp.Parameter, exp.SessionParameter)):
        return (
            f"{brief(node.sql(dialect='snowflake'))} is a variable or a column of a file.",
            "Write the value, or the column's name.",
        )
    if isinstance(node, exp.Placeholder):
        return "A placeholder (? or :name) has no value here.", "Write the value in its place."
    if isinstance(node, exp.Column) and node.table and node.name.upper() == "NEXTVAL":
        return f"{brief(node.sql(dialect='snowflake'))} changes a sequence.", "Remove it."
    if isinstance(node, exp.Table):
        return _table_fault(node)
    if isinstance(node, (exp.TableFromRows, exp.Lateral)) and not isinstance(
        node.this, (*TABLE_FUNCTIONS, exp.Subquery)
    ):
        return (
            f"The table function {brief(node.this.sql(dialect='snowflake'))} is not allowed here.",
            "FLATTEN, SPLIT_TO_TABLE and GENERATOR are; for others, save the query as a view.",
        )
    return _function_fault(node) if isinstance(node, exp.Func) else None


def _table_fault(node: exp.Table) -> tuple[str, str] | None:
    if isinstance(node.this, exp.Identifier):
        # What has columns and no other name looks like `FROM function(column)` to the warehouse.
        alias = node.args.get("alias")
        if alias is None or alias.this or not alias.columns:
            return None
        what = f"The table function {brief(node.name)} is not allowed here."
        return what, "Read from a table; for the result of a function, save the query as a view."
    what = brief(node.this.sql(dialect="snowflake"))
    if isinstance(node.this, exp.Var) and what.startswith("@"):
        return f"{what} is a stage.", "Read from a table or a view instead of files."
    return f"{what} is not the name of a table.", "Write DATABASE.SCHEMA.TABLE; files and IDENTIFIER() are not read."


def _function_fault(node: exp.Func) -> tuple[str, str] | None:
    if isinstance(node.parent, exp.Dot):
        return f"{brief(node.parent.sql(dialect='snowflake'))} is somebody's own function.", OWN
    if isinstance(node, exp.Anonymous):
        name = str(node.this).upper()
        if name not in KNOWN_FUNCTIONS or isinstance(node.this, exp.Identifier):
            return f"The function {brief(name)} is not on the list of those allowed here.", OWN
    elif any(OUTSIDE.fullmatch(name) for name in type(node).sql_names()):
        return f"The function {type(node).sql_names()[0]} reaches outside of the tables.", OWN
    return None


def _refusal(what: str, todo: str = WRITE, detail: str = "") -> BadSelect:
    return bad_select(what, todo, detail)
