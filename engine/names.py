"""Names as people type them: with quotes, stars or backticks around, in any case, with or without accents."""

import re
import unicodedata
from collections.abc import Iterator

# What is put around a name in a sentence, in a chat or by an editor.
_AROUND = "\"'`´*_~“”„‟‘’‚‛«»‹›「」『』《》〈〉()[]<>"
_SENTENCE = ".,;:!?…"
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})


def bare(text: str) -> str:
    """Return `text` without spaces, marks that nobody sees, and the quotes, stars and backticks around it."""
    seen = "".join(mark for mark in text if unicodedata.category(mark) != "Cf" or mark in "\u200c\u200d")
    return _trimmed(" ".join(seen.split()), _AROUND)


def unwrapped(text: str) -> str:
    """Return a new name without what is put around all of it: of `“a” and “b”` nothing is taken away."""
    inner = bare(text)
    return text.strip() if set(inner) & set(_AROUND) else inner


def readings(text: str) -> Iterator[str]:
    """Yield what `text` may name, the likeliest first: as it stands, bare, and without the end of a sentence."""
    given = " ".join(text.split())
    found = [given, bare(text), bare(_trimmed(bare(text), _SENTENCE)), bare(_trimmed(given, _SENTENCE))]
    yield from (name for name in dict.fromkeys(found) if name)


def quoted(name: str, most: int = 80) -> str:
    """Return a name in quotation marks, for a sentence: whole, unless it is longer than a line."""
    return f"“{name if len(name) <= most else name[: most - 1] + '…'}”"


def alike(name: str) -> str:
    """Return a name so that equal ones are called the same: letters and digits of every script, joined by dashes.

    Capitals count as small letters, and accents of Latin, Greek and Cyrillic letters do not count: `Größe` is `grosse`.
    Where a name has neither letter nor digit, it stays itself.
    """
    folded = unicodedata.normalize("NFKC", name).casefold().translate(_LETTERS)
    plain = unicodedata.normalize("NFC", re.sub(r"([a-zͰ-ϿЀ-ӿ])[\u0300-\u036f]+", r"\1", _parted(folded)))
    words = "".join(mark if _is_word(mark) else " " for mark in plain).split()
    return "-".join(words) or " ".join(folded.split())


def _parted(text: str) -> str:
    return unicodedata.normalize("NFD", text)


def _is_word(mark: str) -> bool:
    """Letters, digits, and the marks that are vowels of many scripts."""
    return unicodedata.category(mark)[0] in "LNM" or mark in "\u200c\u200d"


def _trimmed(text: str, marks: str) -> str:
    """Take `marks` off both ends, unless nothing else is there."""
    return text.strip(marks + " ") or text
