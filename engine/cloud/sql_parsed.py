"""What the guards of all kinds of warehouse share: SQL cut into words and parsed, and what is said of it."""

from collections.abc import Callable, Sequence

import sqlglot
from sqlglot import Dialect, Expr, exp
from sqlglot.errors import ParseError, SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from engine.cloud.sql_marks import place
from engine.errors import BadSelect

LONGEST = 50_000
BROKEN = (AttributeError, LookupError, TypeError, ValueError, SqlglotError)
SHOWN = 60
# What is wrong with a word, by its number, and what to do; None where nothing is.
Odd = Callable[[str, Sequence[Token], int], tuple[str, str] | None]


def words_of(sql: str, dialect: str) -> list[Token]:
    """Return the words of `sql` without the semicolons around it. Raises sqlglot's TokenError."""
    found = Dialect.get_or_raise(dialect).tokenize(sql)
    while found and found[-1].token_type is TokenType.SEMICOLON:
        found.pop()
    while found and found[0].token_type is TokenType.SEMICOLON:
        found.pop(0)
    return found


def same(first: Sequence[Token], second: Sequence[Token]) -> bool:
    """Whether two texts are made of the same words."""
    return [(one.token_type, one.text) for one in first] == [(one.token_type, one.text) for one in second]


def one_statement(sql: str, dialect: str, write: str) -> Expr:
    """Return the one statement of `sql`, parsed. Raises BadSelect, with what to `write`; sqlglot's TokenError."""
    try:
        parsed = sqlglot.parse(sql, read=dialect)
    except ParseError as error:
        first = error.errors[0] if error.errors else {}
        near = f", near {first['highlight']}" if first.get("highlight") else ""
        place = f" (line {first.get('line', 1)}, character {first.get('col', 1)}{near})"
        raise bad_select(f"The SQL cannot be read{place}.", "Correct it there.", str(error)) from error
    statements = [one for one in parsed if one is not None and not isinstance(one, exp.Semicolon)]
    if not statements:
        raise bad_select("There is no SQL here.", write)
    if len(statements) > 1:
        raise bad_select(f"These are {len(statements)} statements.", "Keep the one SELECT and remove the others.")
    return statements[0]


def as_checked(
    sql: str,
    words: Callable[[str], list[Token]],
    check: Callable[[str, Sequence[Token]], None],
    written: Callable[[str, Sequence[Token]], str],
    write: str,
) -> str:
    """Return the words of `sql` as they are sent, once `check` took them. Raises BadSelect, with what to `write`."""
    try:
        kept = words(sql)
        check(sql, kept)
        text = written(sql, kept)
        # What is sent is what was checked: the same words, which the parser would understand the same.
        if not same(kept, words(text)):
            raise bad_select("The SQL cannot be read.", "Write it more plainly, with a space between the words.")
    except RecursionError:
        raise bad_select("The SQL is nested too deeply to be read.", "Save it as a view.") from None
    except BROKEN as error:
        # The parser's own mistakes with what is hardly SQL.
        raise bad_select("The SQL cannot be read.", write, repr(error)) from error
    return text


def refuse_long(sql: str) -> None:
    """Raise BadSelect at more than is read."""
    if len(sql) > LONGEST:
        raise bad_select(f"The SQL has {len(sql):,} characters; at most {LONGEST:,} are read.", "Save it as a view.")


def refuse_words(sql: str, kept: Sequence[Token], odd: Odd) -> None:
    """Raise BadSelect at the first word that `odd` finds, with its place."""
    for at, token in enumerate(kept):
        said = odd(sql, kept, at)
        if said:
            what, todo = said
            raise bad_select(f"{what} ({place(sql, token.start)}).", todo)


def first_word(node: Expr, dialect: str) -> str:
    """Name a statement by its first word."""
    if isinstance(node, (exp.Alias, exp.Column)):
        return "an expression"
    bare = node.copy()
    bare.set("with_", None)
    return bare.sql(dialect=dialect).split(maxsplit=1)[0].strip("();").upper() or "something else"


def bad_select(what: str, todo: str, detail: str = "") -> BadSelect:
    """What is said of SQL that is not sent, beside the field it was typed in."""
    return BadSelect(what, todo, field="sql", detail=detail)


def brief(text: str, most: int = SHOWN) -> str:
    """A piece of SQL in a sentence: on one line, and no longer than is read."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"
