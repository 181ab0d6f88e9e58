"""The fonts of the charts: they come with the package, so that a name in any script looks the same on every machine.

Parts of Noto under the SIL Open Font License, in `typefaces/`; made by `docs/fonts.py`. DejaVu Sans comes with
matplotlib and has many more symbols. Shaping and the order of right-to-left text are matplotlib's (libraqm).
"""

import unicodedata
from dataclasses import replace
from functools import cache, lru_cache
from pathlib import Path
from threading import Lock

from matplotlib.font_manager import fontManager, ttfFontProperty
from matplotlib.ft2font import FT2Font

FOLDER = Path(__file__).parent / "typefaces"
SANS, LAST = "Chart Sans", "DejaVu Sans"
BOLD = 700
# They order text of mixed direction. In a name they could turn the rest of a line around.
DIRECTIONS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Format characters that fonts draw nevertheless: signs before numbers, joiners of hieroglyphs and of shorthand.
DRAWN = frozenset(
    (
        *(*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, *range(0xFFF9, 0xFFFC), 0x110BD, 0x110CD),
        *(*range(0x13430, 0x13440), *range(0x1BCA0, 0x1BCA4)),
    )
)
_registering = Lock()


@cache
def _registered() -> dict[str, frozenset[int]]:
    """Tell matplotlib of every font, once; return the characters of each family, the first choice first."""
    found: dict[str, frozenset[int]] = {}
    bold = {path.stem.split("-")[0] for path in FOLDER.glob("*-Bold.*")}
    files = sorted(FOLDER.glob("*-Regular.*"), key=lambda path: (path.stem != "Sans-Regular", path.stem))
    for path in [*files, *sorted(FOLDER.glob("*-Bold.*"))]:
        entry = ttfFontProperty(FT2Font(str(path)))
        fontManager.ttflist.append(entry)
        if path.stem.split("-")[0] not in bold:
            # A script that has one weight is drawn in it within a bold title.
            fontManager.ttflist.append(replace(entry, weight=BOLD))
        found.setdefault(entry.name, frozenset(FT2Font(str(path)).get_charmap()))
    found[LAST] = frozenset(FT2Font(fontManager.findfont(LAST)).get_charmap())
    return found


def _families() -> dict[str, frozenset[int]]:
    with _registering:
        return _registered()


@lru_cache(maxsize=4096)
def families(text: str) -> tuple[str, ...]:
    """The families that a text needs, the house's own first. What no family has must have been replaced before."""
    known = _families()
    missing = {ord(one) for one in text if not _unseen(one)} - known[SANS]
    needed = [SANS]
    for family, characters in known.items():
        if missing & characters:
            needed.append(family)
            missing -= characters
    return tuple(needed)


@lru_cache(maxsize=4096)
def readable(text: str) -> str:
    """A text on one line that the fonts can show.

    A symbol that they lack is written by its name, letters that they lack by their script: `[javanese]`.
    """
    plain = "".join(" " if _blank(one) else one for one in text if one not in DIRECTIONS)
    shown: list[str] = []
    for one in " ".join(plain.split()):
        word = one if _shown(one) else f"[{_name(one)}]"
        if word == one or shown[-1:] != [word]:
            shown.append(word)
    return "".join(shown).strip() or "?"


def _shown(one: str) -> bool:
    return _unseen(one) or any(ord(one) in characters for characters in _families().values())


def _unseen(one: str) -> bool:
    """Whether a character shapes its neighbours and has no picture of its own: joiners, variation selectors."""
    formats = unicodedata.category(one) == "Cf" and ord(one) not in DRAWN
    return formats or "\ufe00" <= one <= "\ufe0f" or "\U000e0100" <= one <= "\U000e01ef"


def _blank(one: str) -> bool:
    return unicodedata.category(one) in ("Cc", "Cs", "Zl", "Zp")


def _name(one: str) -> str:
    """A symbol's name; of a letter, a mark or a digit its script. A character without a name is a question mark."""
    name = unicodedata.name(one, "?").lower()
    return name if unicodedata.category(one)[0] not in "LMN" else name.split()[0]


def right_to_left(text: str) -> bool:
    """Whether a text has letters that are read from the right."""
    return any(unicodedata.bidirectional(one) in ("R", "AL") for one in text)


def isolated(text: str) -> str:
    """A name that keeps its own direction and leaves that of the sentence around it alone."""
    return f"\u2068{text}\u2069" if right_to_left(text) else text
