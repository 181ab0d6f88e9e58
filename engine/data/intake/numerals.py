"""Text cells as digits and marks: what stands around a number is taken off, what is left is read in one of two ways.

Reading 0 is a decimal point with commas between thousands, reading 1 a decimal comma with points between thousands.
"""

import re
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from engine.data.intake.units import Around, around

_SPACE: Final = r"[\s\x{a0}\x{1680}\x{2000}-\x{200a}\x{202f}\x{205f}\x{3000}]"
# What people and programs write for the plain sign: apart from full-width characters, which NFKC makes plain.
_PLAIN: Final = (
    (r"[\x{200b}-\x{200f}\x{202a}-\x{202e}\x{2060}\x{2066}-\x{2069}\x{feff}]", ""),
    (_SPACE, " "),
    (r"[’‘´ʼ′`]", "'"),
    (r"[−‒–—﹣]", "-"),
    ("٫", "."),
    ("٬", ","),
)
_DIGITS: Final = ("٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹", "०१२३४५६७८९")
_BODY: Final = (
    r"^(?P<before>(?:[^0-9.,]{0,15}[\pL/]\.\s?|[^0-9.,]{0,15}))"
    r"(?P<body>(?:[0-9](?:[0-9.,' ]*[0-9])?|[.,][0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"(?P<after>[^0-9]{0,20})$"
)
_UNDRESSED: Final = r"^[0-9][0-9.,' ]*$"
# A space or an apostrophe that an encoding did not know.
_LOST: Final = r"(\d)[?\x{fffd}](\d{3})\b"


def _number(decimal: str, thousands: str) -> str:
    groups = "|".join(rf"[1-9]\d{{0,2}}(?:{mark}\d{{3}})+" for mark in (thousands, "'", " "))
    # Lakhs and crores: 12,34,567.
    lakhs = r"|[1-9]\d?(?:,\d{2})+,\d{3}" if thousands == "," else ""
    # Who writes an exponent does not part thousands.
    exponent = rf"(?:\d+(?:{decimal}\d*)?|{decimal}\d+)[eE][+-]?\d+"
    return rf"^[+-]?(?:(?:(?:\d+|{groups}{lakhs})(?:{decimal}\d*)?|{decimal}\d+)(?:x\d+)?|{exponent})$"


NUMBERS: Final = (_number(r"\.", ","), _number(",", r"\."))
# Beyond this nothing counts money or people; sums and squares of it cannot be kept.
LARGEST: Final = 1e100


@dataclass(frozen=True)
class Bare:
    """Cells without what stands around their numbers.

    texts: (N,) sign, digits, marks and exponent, or `x6` for millions; null where a cell holds no number. units: (N,)
    `""` where none is named, or None where no cell names any. `scaled`: (N,) whether a word such as `k` was taken
    off, or None.
    """

    texts: pa.StringArray
    units: pa.StringArray | None = None
    scaled: pa.BooleanArray | None = None


def undress(values: pa.StringArray) -> Bare:
    """Take signs, currencies, units and words for thousands off numbers: `(1,2 Mio. €)` is `-1,2x6` in `EUR`."""
    plain = pc.match_substring_regex(values, r"^[+-]?[0-9.,]+(?:[eE][+-]?[0-9]+)?$")
    if pc.all(plain, min_count=0).as_py():
        return Bare(values)
    plain = pc.fill_null(plain, False)
    others = values.filter(pc.invert(plain))
    dressed = _undress_alike(others) or _undress(_plain_signs(others))
    if isinstance(plain, pa.ChunkedArray):  # pragma: no cover - cells come as one array
        plain = plain.combine_chunks()
    mask = pc.invert(plain)
    empty = pa.nulls(len(values), pa.string()).fill_null("")
    never = pa.nulls(len(values), pa.bool_()).fill_null(False)
    assert dressed.units is not None and dressed.scaled is not None
    return Bare(
        pc.replace_with_mask(values, mask, dressed.texts),
        pc.replace_with_mask(empty, mask, dressed.units),
        pc.replace_with_mask(never, mask, dressed.scaled),
    )


def _undress(values: pa.StringArray) -> Bare:
    if alike := _undress_alike(values):
        return alike
    if pc.any(pc.match_substring_regex(values, _LOST), min_count=0).as_py():
        values = pc.replace_substring_regex(values, _LOST, r"\1 \2")
    values = pc.replace_substring_regex(values, r"^([+-]?)R([0-9][0-9.,' ]{2,})$", r"\1R \2")
    parts = pc.extract_regex(values, pattern=_BODY)
    before, body, after = (pc.struct_field(parts, name) for name in ("before", "body", "after"))
    coded = pc.binary_join_element_wise(before, after, "\x1f").dictionary_encode()
    pairs = [pair.split("\x1f") for pair in coded.dictionary.to_pylist()]
    known: list[Around | None] = [around(pair[0], pair[1]) if len(pair) == 2 else None for pair in pairs]
    indices = coded.indices

    def each(found: list[str | None]) -> pa.StringArray:
        return pa.array(found, pa.string()).take(indices)

    signs = each([None if it is None else "-" if it.negative else "" for it in known])
    powers = each([None if it is None else f"x{it.power}" if it.power else "" for it in known])
    units = each(["" if it is None else it.unit for it in known])
    # A number with an exponent of its own takes no second one: the text fits no pattern then.
    texts = pc.binary_join_element_wise(signs, body, powers, "")
    return Bare(texts, pc.fill_null(units, ""), pc.fill_null(pc.not_equal(powers, ""), False))


def _undress_alike(values: pa.StringArray) -> Bare | None:
    """Do the same faster where all cells have the first one's words around them, as in most columns; else None."""
    first = values[0].as_py() if len(values) else None
    found = re.fullmatch(r"([^0-9.,]{0,15})[0-9](?:[0-9.,' ]*[0-9])?([^0-9]{0,20})", first) if first else None
    known = around(found[1], found[2]) if found and found[1] + found[2] else None
    if not found or not known:
        return None
    before, after, count = found[1], found[2], len(values)
    if not pc.all(pc.and_(pc.starts_with(values, before), pc.ends_with(values, after)), min_count=0).as_py():
        return None
    texts = pc.utf8_slice_codeunits(values, len(before), -len(after) or None)
    if not pc.all(pc.match_substring_regex(texts, _UNDRESSED), min_count=0).as_py():
        return None
    if known.negative or known.power:
        sign, power = "-" if known.negative else "", f"x{known.power}" if known.power else ""
        texts = pc.binary_join_element_wise(sign, texts, power, "")
    return Bare(texts, pa.repeat(known.unit, count), pa.repeat(known.power > 0, count))


def _plain_signs(values: pa.StringArray) -> pa.StringArray:
    foreign = pc.match_substring_regex(values, r"[^\x00-\x7f€£]|`")
    if not pc.any(foreign, min_count=0).as_py():
        return values
    for pattern, plain in _PLAIN:
        values = pc.replace_substring_regex(values, pattern, plain)
    if pc.any(pc.match_substring_regex(values, r"[\x{ff00}-\x{ffef}]"), min_count=0).as_py():
        values = pc.utf8_normalize(values, "NFKC")
    if pc.any(pc.match_substring_regex(values, r"[٠-٩۰-۹०-९]"), min_count=0).as_py():
        for digits in _DIGITS:
            for digit, sign in enumerate(digits):
                values = pc.replace_substring(values, sign, str(digit))
    return pc.utf8_trim_whitespace(values)


def fits(texts: pa.StringArray, reading: int) -> pa.BooleanArray:
    """Return (N,) whether each bare text is a number in a reading; False where it is null."""
    return pc.fill_null(pc.match_substring_regex(texts, NUMBERS[reading]), False)


def as_floats(texts: pa.StringArray, fitting: pa.BooleanArray, reading: int) -> pa.DoubleArray:
    """Return (N,) the numbers where `fitting`; null elsewhere, and where a number is beyond all that can be meant."""
    if not pc.any(fitting, min_count=0).as_py():
        return pa.nulls(len(texts), pa.float64())
    bare = pc.if_else(fitting, texts, None)
    for sign in (".", "'", " ") if reading else (",", "'", " "):
        bare = pc.replace_substring(bare, sign, "")
    if reading:
        bare = pc.replace_substring(bare, ",", ".")
    bare = pc.replace_substring(bare, "x", "e")
    bare = pc.if_else(pc.starts_with(bare, "+"), pc.utf8_slice_codeunits(bare, 1), bare)
    numbers = pc.cast(bare, pa.float64())
    return pc.if_else(pc.less_equal(pc.abs(numbers), LARGEST), numbers, None)
