"""Marks that get into SQL on its way through word processors, chats and web pages: mended where only one thing can be
meant, refused with their place where it would be a guess.

Outside of texts, quotes that an editor turned become plain ones, characters that nobody sees go, and every kind of
space is a space. What stands inside of a proper text stays: it is compared with data, which may hold the same marks.
"""

import re
import unicodedata
from collections.abc import Iterator

from engine.errors import BadSelect

SINGLE = "‘’‚‛‹›ʼ＇′"
DOUBLE = "“”„‟«»＂″"
# Neither seen nor meant: a byte order mark, zero-width characters, soft hyphens, marks of writing direction.
UNSEEN = frozenset("\ufeff\u200b\u200c\u200d\u2060\u00ad\u200e\u200f\u061c\u180e\u202a\u202b\u202c\u202d\u202e")
NAMES = {"\ufeff": "byte order mark", "\u00ad": "soft hyphen", "\u00a0": "no-break space"}

# What a text or a comment is, from its first mark to its last.
_WHOLE = re.compile(
    r"'(?:[^'\\]|''|\\.)*'|\"(?:[^\"]|\"\")*\"|\$\$.*?\$\$|--[^\n]*|//[^\n]*|/\*.*?\*/",
    re.DOTALL,
)

# How chats mark code, and how other systems quote names.
_FENCE = re.compile(r"\s*```(?:sql\b)?(.*?)```\s*", re.DOTALL | re.IGNORECASE)
_BACKTICKS = re.compile(r"`([^\W\d][\w$]*(?:\.[^\W\d][\w$]*)*|[\w][\w $.-]*)`")
_BARE = re.compile(r"[^\W\d][\w$]*(?:\.[^\W\d][\w$]*)*")


def mended(sql: str) -> str:
    """Return `sql` with its marks as SQL writes them. Raises BadSelect naming the first that cannot be mended."""
    fenced = _FENCE.fullmatch(sql)
    return "".join(_pieces(fenced[1] if fenced else sql))


def place(sql: str, at: int) -> str:
    """Where character number `at` stands, for people: `line 2, character 5`."""
    before = sql[:at]
    return f"line {before.count(chr(10)) + 1}, character {at - (before.rfind(chr(10)) + 1) + 1}"


def named(mark: str) -> str:
    """What a mark is called, with the mark itself where it can be seen."""
    name = NAMES.get(mark) or unicodedata.name(mark, f"U+{ord(mark):04X}").lower()
    return name if mark in UNSEEN or mark.isspace() else f"{mark} ({name})"


def turned_quote(sql: str) -> str:
    """Name the first turned quote in `sql` with its place, or nothing: why a text may be open that looks closed."""
    for at, mark in enumerate(sql):
        if mark in SINGLE or mark in DOUBLE:
            return f"There is a {named(mark)} at {place(sql, at)}"
    return ""


def _pieces(sql: str) -> Iterator[str]:
    at = 0
    while at < len(sql):
        mark = sql[at]
        if whole := _WHOLE.match(sql, at):
            yield _kept(sql, whole)
            at = whole.end()
        elif ticked := _BACKTICKS.match(sql, at):
            yield ticked[1] if _BARE.fullmatch(ticked[1]) else f'"{ticked[1]}"'
            at = ticked.end()
        elif mark in SINGLE or mark in DOUBLE:
            text, at = _quoted(sql, at)
            yield text
        else:
            if mark not in UNSEEN:
                yield " " if mark.isspace() and mark not in "\n\t\r " else mark
            at += 1


def _kept(sql: str, whole: re.Match[str]) -> str:
    """A text or a comment as it stands; a hint becomes a comment."""
    text = whole[0]
    if text.startswith(("--", "//", "/*")):
        return text.replace("/*+", "/* ", 1) if text.startswith("/*+") else text
    _refuse_unseen(sql, whole.start(), whole.end())
    return text


def _quoted(sql: str, opening: int) -> tuple[str, int]:
    """Write what turned quotes enclose in plain ones. Returns it, and where the rest begins.

    Where a turned quote stands between two letters it is an apostrophe, and nobody can tell whether the data have the
    turned one or the plain one: that is refused.
    """
    family, plain = (SINGLE, "'") if sql[opening] in SINGLE else (DOUBLE, '"')
    for at in range(opening + 1, len(sql)):
        if sql[at] == plain or sql[at] == "\n":
            break
        if sql[at] in family and _inside_word(sql, at):
            begun = _short(sql[opening : at + 1])
            raise BadSelect(
                f"The text {begun}… has a {named(sql[at])} at {place(sql, at)}: an apostrophe, or the text's end?",
                "Write plain quotes around it, and the apostrophe as the data have it: 'L’Oréal' or 'L''Oréal'.",
                field="sql",
            )
        if sql[at] in family:
            text = sql[opening + 1 : at]
            if not text and plain == '"':
                break
            _refuse_unseen(sql, opening, at)
            return f"{plain}{text}{plain}", at + 1
    raise BadSelect(
        f"The SQL has a {named(sql[opening])} at {place(sql, opening)}, and no other that closes it.",
        f"Write plain quotes: {plain}…{plain}.",
        field="sql",
    )


def _inside_word(sql: str, at: int) -> bool:
    after = sql[at + 1 : at + 2]
    return sql[at - 1].isalnum() and after.isalnum()


def _refuse_unseen(sql: str, begin: int, end: int) -> None:
    """Refuse what nobody sees within or at the end of a word of a text: nobody can tell whether the data hold it, too.

    Beside other signs it may be meant: a space before a French colon, what joins two emoji.
    """
    for at in range(begin + 1, end):
        mark = sql[at]
        if (mark in UNSEEN or unicodedata.category(mark) == "Zs") and mark != " " and _by_words(sql, at):
            raise BadSelect(
                f"The text {_short(sql[begin:end])} holds a {named(mark)} at {place(sql, at)}, which nobody sees.",
                f"Type that text anew; if the mark is meant, write \\u{ord(mark):04x} for it.",
                field="sql",
            )


def _by_words(sql: str, at: int) -> bool:
    before, after = sql[at - 1], sql[at + 1 : at + 2]
    word = (before.isascii() and before.isalnum()) + (after.isascii() and after.isalnum())
    return word == 2 or (word == 1 and not {before, after}.isdisjoint("'\""))


def _short(text: str, most: int = 40) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
