"""The order in which R sorts texts: by its collation, in which case decides only between texts that are equal without.

R sorts as people do, by the Unicode collation of English: signs before digits before letters; accents, then case (small
first) where nothing else differs. For Latin letters this is that order; others come behind them, by code point.
"""

import unicodedata

# Signs by their place in Unicode's collation (root), which is not that of their codes.
_SIGNS = " _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$"
_SPACE, _SIGN, _DIGIT, _LETTER = range(4)
# Such letters come behind those with any accent, whose marks have codes from 0x300 on.
_STROKE = 0x400
# Letters that are more than one, or another with a stroke.
_AS_LETTERS = {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th"}

Key = tuple[tuple[tuple[int, int], ...], tuple[int, ...], tuple[bool, ...], str]


def collation_key(text: str) -> Key:
    """Return what R's order of a text is decided by: letters, then accents, then case."""
    letters: list[tuple[int, int]] = []
    accents: list[int] = []
    capitals: list[bool] = []
    for character in unicodedata.normalize("NFD", text):
        if unicodedata.combining(character):
            if accents:
                accents[-1] = ord(character)
            continue
        for one in _AS_LETTERS.get(character.lower(), character):
            letters.append(_place(one))
            accents.append(0 if one == character else _STROKE)
            capitals.append(character.isupper())
    return tuple(letters), tuple(accents), tuple(capitals), text


def _place(character: str) -> tuple[int, int]:
    at = _SIGNS.find(character)
    if at >= 0:
        return (_SPACE if character == " " else _SIGN), at
    if character.isspace():
        return _SPACE, 0
    if character.isdigit():
        return _DIGIT, unicodedata.digit(character, 0)
    if character.isalpha():
        return _LETTER, ord(character.casefold()[0])
    return _SIGN, len(_SIGNS) + ord(character)
