"""SQL as the words it is made of: what is sent is what a person typed, word by word, without comments and hints.

Nothing is written anew from what a parser understood: it understands some things differently from the warehouse.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from sqlglot.tokenizer_core import Token, TokenType

from engine.cloud.sql_marks import named, place
from engine.cloud.sql_parsed import refuse_words, words_of
from engine.errors import BadSelect

# Words whose inside is theirs, spaces and all.
_TEXTS = frozenset({TokenType.STRING, TokenType.RAW_STRING, TokenType.NATIONAL_STRING, TokenType.IDENTIFIER})
_PLAIN = re.compile(r"'(?:[^'\\]|''|\\.)*'|\$\$.*?\$\$|[nN]'(?:[^'\\]|''|\\.)*'|\"(?:[^\"]|\"\")*\"", re.DOTALL)
_WORD = re.compile(r"[^\W\d]\w*")
_IN_TEXT = re.compile(r"\{+ *country(?:_code)? *\}+|%\(country(?:_code)?\)s|(?:[:&$@]|&&)country(?:_code)?(?=')", re.I)
_TRUTH = frozenset({TokenType.TRUE, TokenType.FALSE})
# Keywords of the parser's that are plain names to the warehouse: before a bracket, maybe somebody's function.
_NO_KEYWORDS = frozenset({"UNNEST", "UUID", "FORMAT", "LIST", "STRUCT", "INT64"})
# What begins another statement. The parser takes it for the name of a table where one may stand.
_STATEMENTS = frozenset(
    """
    ALTER ANALYZE BEGIN CALL COMMENT COMMIT COPY CREATE DELETE DESC DESCRIBE DROP EXECUTE EXPLAIN GET GRANT INSERT KILL
    LIST LOAD LS MERGE PRAGMA PUT REMOVE REVOKE RM ROLLBACK SET SHOW TRUNCATE UNSET UPDATE USE
    """.split()  # noqa: SIM905  # a block of words is easier to read
)
# The warehouse reads these as a chain of statements.
_CHAINS = frozenset({TokenType.DARROW, TokenType.PIPE_GT})


def words(sql: str) -> list[Token]:
    """Return the words of `sql` without the semicolons around it. Raises sqlglot's TokenError."""
    return words_of(sql, "snowflake")


def written(sql: str, kept: Sequence[Token]) -> str:
    """Write `kept`, words of `sql`, one after the other; a space stands where anything stood between two.

    Raises BadSelect at a text of which it is not sure where it ends.
    """
    parts, end = [], None
    for token in kept:
        if end is not None and token.start > end + 1:
            parts.append(" ")
        parts.append(_one(sql, token))
        end = token.end
    return "".join(parts)


def called(kept: Sequence[Token]) -> Iterator[str]:
    """Yield what stands before a bracket and is no keyword, in capitals where it is not quoted: mostly functions."""
    for token, after in pairwise(kept):
        if after.token_type is TokenType.L_PAREN:
            if token.token_type is TokenType.VAR or token.text.upper() in _NO_KEYWORDS:
                yield token.text.upper()
            elif token.token_type is TokenType.IDENTIFIER:
                yield token.text


def refuse_odd_words(sql: str, kept: Sequence[Token]) -> None:
    """Raise BadSelect at words that mean something else to the warehouse than to whoever wrote them, or nothing."""
    refuse_words(sql, kept, _odd)


def refuse_statements(sql: str, kept: Sequence[Token]) -> None:
    """Raise BadSelect at what may be another statement, in brackets or behind a semicolon, whatever the parser says."""
    for token in kept:
        if token.token_type is TokenType.SEMICOLON:
            what = f"A semicolon ends the statement in the middle ({place(sql, token.start)})."
            raise BadSelect(what, "Keep the one SELECT and remove the rest.", field="sql")
    for token, word, after in zip(kept, kept[1:], kept[2:], strict=False):
        if token.token_type is TokenType.L_PAREN and word.text.upper() in _STATEMENTS and _is_name(after):
            what = f"{word.text.upper()} begins another statement ({place(sql, word.start)})."
            raise BadSelect(what, "Only SELECTs may stand in brackets.", field="sql")


def _odd(sql: str, kept: Sequence[Token], at: int) -> tuple[str, str] | None:
    token, kind = kept[at], kept[at].token_type
    rest = kept[at + 1 : at + 5]
    if kind in _TEXTS:
        found = _IN_TEXT.search(sql, token.start, token.end + 1)
        return _no_value(found[0]) if found else None
    if kind is TokenType.L_BRACE and len(rest) > 1 and rest[1].token_type is TokenType.R_BRACE:
        return _no_value(f"{{{rest[0].text}}}") if _WORD.fullmatch(rest[0].text) else None
    if kind in (TokenType.BLOCK_START, TokenType.BLOCK_END):
        return _no_value(sql[token.start : token.start + 20].split()[0])
    if kind is TokenType.MOD and len(rest) > 3 and (dbt := sql[token.start : rest[3].end + 1]):
        return _no_value(dbt) if re.fullmatch(r"%\(\w+\)s", dbt) else None
    if kind in (TokenType.AMP, TokenType.DAMP) and rest and _WORD.fullmatch(rest[0].text):
        return _no_value(f"{token.text}{rest[0].text}")
    if kind is TokenType.COLON and rest and _WORD.fullmatch(rest[0].text) and _begins_value(kept, at):
        return _no_value(f":{rest[0].text}")
    if kind in _CHAINS:
        return f"{token.text} chains statements", "Write one SELECT; for a part of JSON write column:name."
    if kind is TokenType.IS:
        return _truth(rest)
    if kind is TokenType.VAR and (strange := re.search(r"[^\w$@]", token.text)):
        plain = "-" if strange[0] in "–—−‐‑" else "a plain sign"
        return f"{named(strange[0])} is no sign of SQL", f"Write {plain} there."
    return None


def _is_name(token: Token) -> bool:
    return token.token_type in _TEXTS or (token.text.upper() != "AS" and bool(_WORD.fullmatch(token.text)))


def _no_value(found: str) -> tuple[str, str]:
    if "country" in found.lower():
        todo = "A dataset is about one country: write its code as the table has it, for example 'DE'."
        return f"{found} has no value here", todo
    return f"{found} is a placeholder, and has no value here", "Write the value in its place."


def _begins_value(kept: Sequence[Token], at: int) -> bool:
    """Whether a colon begins something: `:name` does, `column:name` does not."""
    if at == 0:
        return True
    before = kept[at - 1]
    if before.token_type in (TokenType.R_PAREN, TokenType.R_BRACKET, *_TEXTS):
        return False
    return before.token_type is not TokenType.VAR and (
        not _WORD.fullmatch(before.text) or kept[at].start > before.end + 1
    )


def _truth(rest: Sequence[Token]) -> tuple[str, str] | None:
    """`IS TRUE` and its like: not every warehouse and tool means the same by it where a value is missing."""
    negated = bool(rest) and rest[0].token_type is TokenType.NOT
    value = rest[1:2] if negated else rest[:1]
    if not value or value[0].token_type not in _TRUTH:
        return None
    word, is_not = value[0].text.upper(), "NOT " if negated else ""
    instead = f"IS DISTINCT FROM {word}" if negated else f"IS NOT DISTINCT FROM {word}"
    return (
        f"IS {is_not}{word} is not read here",
        f"Write {instead}, which means the same, also where a value is missing.",
    )


def _one(sql: str, token: Token) -> str:
    text = sql[token.start : token.end + 1]
    if token.token_type not in _TEXTS:
        return " ".join(text.split())
    if not _PLAIN.fullmatch(text):
        what = f"The SQL cannot be read ({place(sql, token.start)})."
        raise BadSelect(what, "Look for a quote that is not closed.", field="sql")
    return text
