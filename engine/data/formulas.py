"""Texts that a spreadsheet would calculate with, were they written into a file as they stand."""

from typing import Final

# How what calculates begins (OWASP, "CSV Injection"), also in wide letters.
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
APOSTROPHE: Final = "'"


def calculates(text: str) -> bool:
    """Whether a text is taken for a formula, or would be without the apostrophes before it."""
    return text.lstrip(APOSTROPHE).lstrip(" ").startswith(FORMULA)


def defused(text: str) -> str:
    """Return a text that no spreadsheet calculates with: with an apostrophe before it, which reading takes off."""
    return f"{APOSTROPHE}{text}" if calculates(text) else text


def as_meant(text: str) -> str:
    """Return a text as it was before `defused`."""
    return text[1:] if text.startswith(APOSTROPHE) and calculates(text) else text
