"""Text that is measured before it is placed: how wide it is, and how it is broken into lines.

Lengths are inches, sizes of letters are points.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache

from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.font_manager import FontProperties

from engine.charts.fonts import families, right_to_left

POINTS = 72.0
# Measured as finely as the finest picture is drawn.
DPI = 288
# Above and below the baseline, as shares of the size, of letters of no unusual height.
ASCENT, DESCENT = 1.08, 0.31
# Where a name in a sentence begins, where it goes on on a new line, and where it ends.
FSI, LRI, RLI, PDI = "\u2068", "\u2066", "\u2067", "\u2069"
LEFT_TO_RIGHT = "\u200e"
# A line may be broken behind these.
BEHIND = frozenset("-/–—_,;:|+&.=·→\u200b\u00ad、。，；：")
MIDDLE = "…"


@dataclass(frozen=True)
class Face:
    """How letters look. size: points."""

    size: float
    bold: bool = False

    def properties(self, text: str) -> FontProperties:
        """What matplotlib asks for, with a font for every character of a text."""
        return FontProperties(family=list(families(text)), size=self.size, weight="bold" if self.bold else "normal")


@cache
def _renderer() -> RendererAgg:
    return RendererAgg(1, 1, DPI)  # type: ignore[no-untyped-call]


@lru_cache(maxsize=16384)
def extent(text: str, face: Face) -> tuple[float, float, float]:
    """Width of a line, and how far it reaches above and below its baseline."""
    measure = _renderer().get_text_width_height_descent
    across, height, below = measure(text, face.properties(text), ismath=False)  # type: ignore[no-untyped-call]
    usual = face.size / POINTS
    return across / DPI, max(ASCENT * usual, (height - below) / DPI), max(DESCENT * usual, below / DPI)


def width(text: str, face: Face) -> float:
    """Width of a line."""
    return extent(text, face)[0] if text else 0.0


def widest(texts: Iterable[str], face: Face) -> float:
    """Width of the widest of some lines; 0 of none."""
    return max((width(text, face) for text in texts), default=0.0)


@lru_cache(maxsize=2048)
def wrapped(text: str, room: float, face: Face, most: int = 0) -> tuple[str, ...]:
    """Break a text into lines that are no wider than `room`, at most `most` of them (0: as many as it takes).

    A word is broken only where it alone is wider. What needs more lines loses its middle.
    """
    lines = _broken(text, room, face)
    if most and len(lines) > most:
        lines = _without_middle(text, room, face, most)
    return tuple(_directed(lines))


def balanced(text: str, room: float, face: Face) -> tuple[str, ...]:
    """Break a text into as few lines as fit in `room`, of about the same width: no word is left alone on the last."""
    lines = wrapped(text, room, face)
    for narrower in (0.9, 0.8, 0.7, 0.6):
        tried = wrapped(text, room * narrower, face)
        if len(tried) > len(lines) or widest(tried, face) > room * narrower:
            break
        lines = tried
    return lines


def clusters(text: str) -> list[str]:
    """The characters as people count them: with the marks, joiners and modifiers that belong to each."""
    found: list[str] = []
    for one in text:
        if found and (_clings(one) or found[-1][-1] == "\u200d" or _second_of_a_flag(one, found[-1])):
            found[-1] += one
        else:
            found.append(one)
    return found


def _broken(text: str, room: float, face: Face) -> list[str]:
    lines: list[str] = []
    current: list[str] = []
    across = 0.0
    for piece in _pieces(text):
        wide = width(piece, face)
        if current and across + width(piece.rstrip(), face) > room:
            lines.append("".join(current).rstrip())
            current, across = [], 0.0
        if wide <= room or width(piece.rstrip(), face) <= room:
            current.append(piece)
            across += wide
            continue
        for one in clusters(piece):
            step = width(one, face)
            if current and across + step > room:
                lines.append("".join(current))
                current, across = [], 0.0
            current.append(one)
            across += step
    lines.append("".join(current).rstrip())
    return [kept for line in lines if line for kept in _checked(line, room, face)] or [""]


def _checked(line: str, room: float, face: Face) -> list[str]:
    """The pieces of a line were measured one by one; joined, they may take more room."""
    if width(line, face) <= room or len(whole := clusters(line)) < 2:
        return [line]
    pieces = _pieces(line)
    head = "".join(pieces[:-1]).rstrip() if len(pieces) > 1 else "".join(whole[:-1])
    tail = pieces[-1] if len(pieces) > 1 else whole[-1]
    return [*_checked(head, room, face), tail]


def _without_middle(text: str, room: float, face: Face, most: int) -> list[str]:
    whole = clusters(text)
    fits, fails = 1, len(whole)
    while fails - fits > 1:
        kept = (fits + fails) // 2
        fits, fails = (kept, fails) if len(_broken(_cut(whole, kept), room, face)) <= most else (fits, kept)
    return _broken(_cut(whole, fits), room, face)


def _cut(whole: list[str], kept: int) -> str:
    """The beginning and the end of a text, of so many characters together."""
    front = (kept + 1) // 2
    back = whole[len(whole) - (kept - front) :] if kept > front else []
    return "".join(whole[:front]).rstrip() + MIDDLE + "".join(back).lstrip()


def _pieces(text: str) -> list[str]:
    """What a line may be put together from: words with the blanks behind them, and single ideographs."""
    whole = clusters(text)
    pieces = [""]
    for at, one in enumerate(whole):
        pieces[-1] += one
        following = whole[at + 1] if at + 1 < len(whole) else ""
        if following and _may_break(one, following):
            pieces.append("")
    return [piece for piece in pieces if piece]


def _may_break(one: str, following: str) -> bool:
    if following == " " or following == PDI or one in (FSI, LRI, RLI):
        return False
    if one == " ":
        # A percentage stays together.
        return following[0] not in "%→"
    if _closing(following) or unicodedata.category(one[0]) in ("Ps", "Pi"):
        return False
    if one in BEHIND:
        return not following[0].isdigit()
    return _ideograph(one) or _ideograph(following)


def _closing(one: str) -> bool:
    """No line begins with a mark that ends something."""
    return unicodedata.category(one[0]) in ("Pe", "Pf", "Po", "Lm") and not _ideograph(one)


def _ideograph(one: str) -> bool:
    return unicodedata.east_asian_width(one[0]) in ("W", "F") and unicodedata.category(one[0]) in ("Lo", "So", "Lm")


def _clings(one: str) -> bool:
    joined = unicodedata.category(one)[0] == "M" or one == "\u200d"
    return joined or "\U0001f3fb" <= one <= "\U0001f3ff" or "\U000e0020" <= one <= "\U000e007f"


def _second_of_a_flag(one: str, before: str) -> bool:
    return len(before) == 1 and all("\U0001f1e6" <= letter <= "\U0001f1ff" for letter in (one, before))


def _directed(lines: list[str]) -> list[str]:
    """Lines that read from the left, each with the names in it turned their own way, also where one goes on."""
    if not any(right_to_left(line) for line in lines):
        return lines
    told: list[str] = []
    opened = ""
    for line in lines:
        full = opened + line
        for one in line:
            opened = one if one == FSI else "" if one == PDI else opened
        if opened == FSI:
            inside = full[full.rindex(FSI) :]
            opened = RLI if _first_is_right(inside) else LRI
        told.append(LEFT_TO_RIGHT + full + (PDI if opened else ""))
    return told


def _first_is_right(text: str) -> bool:
    kinds = (unicodedata.bidirectional(one) for one in text)
    return next((kind != "L" for kind in kinds if kind in ("L", "R", "AL")), False)
