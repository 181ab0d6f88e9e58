"""What one cell looks like, seen by itself: enough to tell a table's rows from what stands around them."""

import re
from typing import Final, Literal

from engine.data.dates import parse_date
from engine.data.intake.missing import MISSING

Kind = Literal["", "date", "number", "missing", "text"]

_MARKS: Final = r"(?:[€$£¥₹₽₺₩₪฿]|US\$|R\$|A\$|C\$|kr\.?|Kr\.?|Rs\.?|zł|Kč|Ft|lei|\\|円|元|원)"
_CODES: Final = (
    r"(?:USD|EUR|GBP|CHF|SEK|NOK|DKK|PLN|CZK|HUF|RON|BGN|JPY|CNY|RMB|INR|BRL|MXN|CAD|AUD|NZD|ZAR|TRY|RUB|UAH|KRW|SGD"
    r"|HKD|TWD|THB|IDR|MYR|PHP|VND|AED|SAR|ILS|ARS|CLP|COP|PEN)"
)
_NUMBER: Final = re.compile(
    rf"[(+\-−–]*\s?(?:{_MARKS}|{_CODES})?\s?[+\-−]?\s?(?:\d[\d.,'’\s]*|[.,]\d+)(?:[eE][+-]?\d+)?\s?"
    rf"(?:%|{_MARKS}|{_CODES}|[kKmMbB]|bn|mn|Mio\.?|Tsd\.?|lakh|crore|cr)?\s?\)?[-−]?"
)
_MISSING: Final = frozenset({*map(str.lower, MISSING), "inf", "-inf"})
_INVISIBLE: Final = re.compile("[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_SPACES: Final = re.compile(r"[\s\u00a0\u2007\u202f]+")


def kind(cell: str) -> Kind:
    """What a cell looks like. `cell` may have spaces around it."""
    cell = cell.strip()
    if not cell:
        return ""
    if cell.lower() in _MISSING:
        return "missing"
    if _NUMBER.fullmatch(cell) and not cell.count(".") > 1 < cell.count("-"):
        # 31.12.2024 is no number, though it has digits and points only.
        return "date" if re.fullmatch(r"\d{1,2}\.\s?\d{1,2}\.\s?\d{2,4}", cell) else "number"
    return "date" if parse_date(cell) or parse_date(cell, day_first=True) else "text"


def visible(name: str) -> str:
    """Return a column's name in visible characters: no zero-width ones, one plain space between words."""
    return _SPACES.sub(" ", _INVISIBLE.sub("", name)).strip()


def hidden(name: str) -> bool:
    """Whether a name holds characters that nobody sees, or a space that is none."""
    return bool(_INVISIBLE.search(name) or re.search("[\u00a0\u2007\u202f]", name.strip(" \t")))


def excerpt(cells: list[str], most: int = 60) -> str:
    """The text of a row in a few words."""
    text = " ".join(cell.strip() for cell in cells if cell.strip())
    return text if len(text) <= most else text[: most - 1] + "…"
