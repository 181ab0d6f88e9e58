"""BigQuery's SQL as the words it is made of: what is sent is what a person typed, word by word, without comments."""

import re
from collections.abc import Sequence

from sqlglot.tokenizer_core import Token, TokenType

from engine.cloud.sql_marks import DOUBLE, SINGLE, UNSEEN, named
from engine.cloud.sql_parsed import refuse_words, words_of

# Words whose inside is theirs, spaces and all.
TEXTS = frozenset({TokenType.STRING, TokenType.RAW_STRING, TokenType.BYTE_STRING, TokenType.IDENTIFIER})
_FENCE = re.compile(r"\s*```(?:sql\b)?(.*?)```\s*", re.DOTALL | re.IGNORECASE)
_WORD = re.compile(r"[^\W\d]\w*")
_IN_TEXT = re.compile(r"\{+ *country(?:_code)? *\}+|[@:$]country(?:_code)?(?=['\"])", re.I)


def words(sql: str) -> list[Token]:
    """Return the words of `sql` without the semicolons around it. Raises sqlglot's TokenError."""
    return words_of(sql, "bigquery")


def written(sql: str, kept: Sequence[Token]) -> str:
    """Write `kept`, words of `sql`, one after the other; a space stands where anything stood between two."""
    parts, end = [], None
    for token in kept:
        if end is not None and token.start > end + 1:
            parts.append(" ")
        text = sql[token.start : token.end + 1]
        parts.append(text if token.token_type in TEXTS else " ".join(text.split()))
        end = token.end
    return "".join(parts)


def unfenced(sql: str) -> str:
    """SQL without the marks that chats put around code."""
    fenced = _FENCE.fullmatch(sql)
    return fenced[1] if fenced else sql


def refuse_odd_words(sql: str, kept: Sequence[Token]) -> None:
    """Raise BadSelect at what has no value here, ends the statement in the middle, or is no sign of SQL."""
    refuse_words(sql, kept, _odd)


def _odd(sql: str, kept: Sequence[Token], at: int) -> tuple[str, str] | None:
    token, kind, rest = kept[at], kept[at].token_type, kept[at + 1 : at + 4]
    if kind in TEXTS:
        found = _IN_TEXT.search(sql, token.start, token.end + 1)
        return _no_value(found[0]) if found else None
    if kind is TokenType.SEMICOLON:
        return "A semicolon ends the statement in the middle", "Keep the one SELECT and remove the rest."
    if kind is TokenType.PIPE_GT:
        return "|> chains steps, which are not read here", "Write one SELECT with WHERE and GROUP BY."
    if kind is TokenType.L_BRACE and len(rest) > 1 and rest[1].token_type is TokenType.R_BRACE:
        return _no_value(f"{{{rest[0].text}}}") if _WORD.fullmatch(rest[0].text) else None
    if kind in (TokenType.BLOCK_START, TokenType.BLOCK_END):
        return _no_value(sql[token.start : token.start + 20].split()[0])
    if kind is TokenType.PARAMETER and rest:
        return _no_value(f"@{rest[0].text}")
    odd = next((mark for mark in sql[token.start : token.end + 1] if _is_odd(mark)), "")
    if odd:
        plain = "'" if odd in SINGLE else '"' if odd in DOUBLE else "-" if odd in "–—−‐‑" else "a plain sign"
        return f"{named(odd)} is no sign of SQL", f"Write {plain} there."
    return None


def _is_odd(mark: str) -> bool:
    """Whether a sign outside of texts cannot be SQL's. Names may have letters of any language only in backticks."""
    return mark in UNSEEN or mark in SINGLE or mark in DOUBLE or mark in "–—−‐‑" or (ord(mark) > 127 and mark.isspace())


def _no_value(found: str) -> tuple[str, str]:
    if "country" in found.lower():
        todo = "A dataset is about one country: write its code as the table has it, for example 'DE'."
        return f"{_shown(found)} has no value here", todo
    return f"{_shown(found)} is a placeholder, and has no value here", "Write the value in its place."


def _shown(text: str, most: int = 60) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
