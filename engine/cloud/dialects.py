"""How each kind of warehouse writes SQL: what is one SELECT there, how a table is named, and which texts mean the same.

Thin, as the bot's forms use it, too: nothing here asks a warehouse anything.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from engine.cloud import bigquery_select, bigquery_words, select, sql_words
from engine.errors import BadInput

# What can be no name without quotes there, so that its case says nothing. Only these are folded: other words may be
# names, of tables whose case counts, or of a field of JSON.
BIGQUERY_RESERVED = frozenset(
    """
    ALL AND ANY ARRAY AS ASC ASSERT_ROWS_MODIFIED AT BETWEEN BY CASE CAST COLLATE CONTAINS CREATE CROSS CUBE CURRENT
    DEFAULT DEFINE DESC DISTINCT ELSE END ENUM ESCAPE EXCEPT EXCLUDE EXISTS EXTRACT FALSE FETCH FOLLOWING FOR FROM FULL
    GROUP GROUPING GROUPS HASH HAVING IF IGNORE IN INNER INTERSECT INTERVAL INTO IS JOIN LATERAL LEFT LIKE LIMIT LOOKUP
    MERGE NATURAL NEW NO NOT NULL NULLS OF ON OR ORDER OUTER OVER PARTITION PRECEDING PROTO QUALIFY RANGE RECURSIVE
    RESPECT RIGHT ROLLUP ROWS SELECT SET SOME STRUCT TABLESAMPLE THEN TO TREAT TRUE UNBOUNDED UNION UNNEST USING WHEN
    WHERE WINDOW WITH WITHIN
    """.split()  # noqa: SIM905  # a block of words is easier to read
)
# What answers differently another day.
CLOCKS = frozenset(
    """
    CURRENT_DATE CURRENT_DATETIME CURRENT_TIME CURRENT_TIMESTAMP GETDATE LOCALTIME LOCALTIMESTAMP NOW SYSDATE
    SYSTIMESTAMP
    """.split()  # noqa: SIM905
)
# Behind these stands a name, also where it is written as a keyword.
_BEFORE_NAMES = frozenset({TokenType.DOT, TokenType.COLON, TokenType.DCOLON, TokenType.PARAMETER})


@dataclass(frozen=True)
class Dialect:
    """SQL as one kind of warehouse reads it.

    one_select: the text as it is sent, if it is one SELECT. select_all: the SELECT of a whole table. table_name: a
    table's name as it is kept. All raise BadSelect. example: how a table is called there, for people.
    """

    kind: str
    one_select: Callable[[str], str]
    select_all: Callable[[str], str]
    table_name: Callable[[str], str]
    example: str
    _words: Callable[[str], list[Token]] = field(repr=False)
    _reserved: frozenset[str] = field(repr=False)

    def key(self, sql: str) -> tuple[str, ...]:
        """The words by which two SELECTs are told apart, but for comments, spaces and the case of keywords.

        What stands in quotes counts letter by letter. Raises BadSelect where `sql` is no SELECT.
        """
        text = self.one_select(sql)
        kept = self._spoken(text)
        before: list[Token | None] = [None, *kept[:-1]]
        return tuple(self._word(text, token, last) for token, last in zip(kept, before, strict=True))

    def has_clock(self, sql: str) -> bool:
        """Whether a SELECT asks what day it is, so that it answers differently tomorrow. Raises BadSelect."""
        text = self.one_select(sql)
        return any(text[token.start : token.end + 1].upper() in CLOCKS for token in self._spoken(text))

    def _spoken(self, text: str) -> Sequence[Token]:
        try:
            return self._words(text)
        except SqlglotError as error:
            raise BadInput("The SQL cannot be read.", "Write it more plainly.", detail=str(error)) from error

    def _word(self, text: str, token: Token, before: Token | None) -> str:
        written = text[token.start : token.end + 1]
        if token.token_type in bigquery_words.TEXTS or token.token_type in _QUOTED:
            return written
        plain = " ".join(written.split())
        named = before is not None and before.token_type in _BEFORE_NAMES
        return plain.upper() if not named and {*plain.upper().split()} <= self._reserved else plain


_QUOTED = frozenset(
    {TokenType.NATIONAL_STRING, TokenType.HEREDOC_STRING, TokenType.UNICODE_STRING, TokenType.HEX_STRING}
)

SNOWFLAKE = Dialect(
    "snowflake",
    select.one_select,
    select.select_all,
    select.table_name,
    "DATABASE.SCHEMA.TABLE",
    sql_words.words,
    # Whatever may be a name there means its capitals anyway, unless it is quoted.
    frozenset({*select.RESERVED, "LIMIT", "OFFSET", "ASC", "DESC", "END", "NULLS", "OVER", "PARTITION", "OUTER", "IF"}),
)
BIGQUERY = Dialect(
    "bigquery",
    bigquery_select.one_select,
    bigquery_select.select_all,
    bigquery_select.plain_name,
    "project.dataset.table",
    bigquery_words.words,
    BIGQUERY_RESERVED,
)
DIALECTS = {dialect.kind: dialect for dialect in (SNOWFLAKE, BIGQUERY)}


def dialect_of(kind: str) -> Dialect:
    """How a kind of warehouse writes SQL; Snowflake's where none is named."""
    return DIALECTS.get(kind or "snowflake", SNOWFLAKE)
