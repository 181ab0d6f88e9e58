"""Which country a text names: `DE`, `deu`, `Germany`, `Deutschland`, `de-DE` and `DE (Germany)` are one."""

import re
import unicodedata
from functools import cache
from typing import Final

from engine.data.countries import COUNTRIES
from engine.data.country_aliases import ALPHA3, NAMES

# Codes that are in use beside the standard's.
SAME_CODE: Final = {"uk": "gb", "el": "gr"}
# What stands for all other countries, or for none, in a column of countries.
_REST_WORDS: Final = """
other others rest row world global all total unknown none null undefined n a na not set eu europe emea apac latam dach
nordics benelux intl international sonstige andere autres otros
"""
REST: Final = frozenset(_REST_WORDS.split())
_PLAIN: Final = str.maketrans({"ß": "ss", "ł": "l", "ø": "o", "đ": "d", "ı": "i", "æ": "ae", "þ": "th"})
_LOCALE: Final = re.compile(r"([A-Za-z]{2,3})[-_]([A-Za-z]{2})")
_PARTS: Final = re.compile(r"\s*[()\[\]|:/,;]\s*|\s+[-–—]\s+")


def fold(text: str) -> str:
    """A name without what people write differently: case, accents, punctuation."""
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_PLAIN))
    return " ".join(re.findall(r"\w+", "".join(c for c in plain if not unicodedata.combining(c))))


@cache
def country_of(text: str) -> str:
    """Return the code of the country that `text` names, or "" if it names none."""
    text = _without_flags(text).strip()
    if found := _named(text):
        return found
    if locale := _LOCALE.fullmatch(text):
        return _region(*locale.groups())
    parts = [part for part in _PARTS.split(text) if part]
    # A code with its name, such as `FR (France)`. `DE - North` is a part of a country and no country.
    codes = {_named(part) for part in parts}
    return codes.pop() if len(parts) > 1 and len(codes) == 1 else ""


def is_rest(text: str) -> bool:
    """Whether a text in a column of countries stands for several or for none: `Other`, `ROW`, `EMEA`, `Unknown`."""
    said = fold(text).split()
    return not said or set(said) <= REST | {"of", "the", "countries", "country", "markets"}


def search_countries(text: str, limit: int = 100) -> list[tuple[str, str]]:
    """Return (code, name) of the countries `text` may mean, the best first; without text, all from A on."""
    wanted = text.strip().lower()
    known = country_of(wanted)
    if known and wanted != known and known not in (code for code, name in COUNTRIES.items() if wanted in name.lower()):
        return [(known, COUNTRIES[known])]
    exact = [(known, COUNTRIES[known])] if known else []
    begun = [(code, name) for code, name in COUNTRIES.items() if name.lower().startswith(wanted)]
    inside = [(code, name) for code, name in COUNTRIES.items() if wanted in name.lower()]
    return list(dict.fromkeys([*exact, *begun, *inside]))[:limit]


def _named(text: str) -> str:
    """The country whose code or name `text` is."""
    folded = fold(text)
    return _names().get(folded.removeprefix("the ").removeprefix("republic of "), "") or _names().get(folded, "")


def _region(language: str, region: str) -> str:
    """The country of a locale such as `de-AT`. `US-CA` is a state and `DE-BY` a land: those name no country."""
    code = _named(region)
    if len(region) != 2 or (language.islower() and region.isupper()):
        return code
    return code if _named(language) in ("", code) else ""


def _without_flags(text: str) -> str:
    """A text without flags; the letters of a flag that stands alone."""
    letters = "".join(chr(ord(c) - 0x1F1E6 + ord("A")) for c in text if 0x1F1E6 <= ord(c) <= 0x1F1FF)
    rest = "".join(c for c in text if not 0x1F1E6 <= ord(c) <= 0x1F1FF)
    return rest if rest.strip() else letters


@cache
def _names() -> dict[str, str]:
    """Every way to write a country, folded, with its code."""
    found: dict[str, str] = {}
    for line in NAMES.strip().replace("\n  ", " ").splitlines():
        code, _, names = line.partition(":")
        found |= {fold(name): code for name in names.split(",") if name.strip()}
    found |= dict(pair.split(":") for pair in ALPHA3.split())
    found |= {fold(name): code for code, name in COUNTRIES.items()}
    return found | SAME_CODE | {code: code for code in COUNTRIES}
