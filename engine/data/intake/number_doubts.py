"""What is said of numbers that can be read in two ways, and of cells that are none."""

import pyarrow as pa
import pyarrow.compute as pc

from engine.data.dataset import Finding, Offer
from engine.data.intake import choices
from engine.data.intake.bad import LENGTH, Bad, misfits
from engine.data.intake.marks import MARKS, MarkTally, Place
from engine.data.intake.numerals import NUMBERS, as_floats, fits, undress
from engine.errors import BadData

_NAMES = {".": "point", ",": "comma"}


def ambiguous(name: str, marks: MarkTally, *, comma: bool) -> Finding:
    """The doubt about a decimal mark that was guessed."""
    row, value, read, other = _both(marks, comma=comma)
    total, instead = marks.totals[comma], marks.totals[not comma]
    return Finding(
        code="number.ambiguous",
        grade="REVIEW",
        column=name,
        row=row,
        value=value,
        text=f"Numbers such as “{value}” can be read in two ways. They were read as {read} (total {shown(total)}); "
        f"as {other} the total would be {shown(instead)}.",
        remedy="If that is wrong, take the other reading, or write numbers without separators between thousands.",
        offers=(_offer(name, marks, comma=comma),),
    )


def unusual(name: str, marks: MarkTally, *, comma: bool, beside: str) -> Finding:
    """What is said of a mark whose meaning is told by its column, but is not what the rest of the file suggests."""
    row, value, read, _ = _both(marks, comma=comma)
    mark = _NAMES[marks.mark]
    thousands = comma == (marks.mark == ".")
    role = "stands between thousands" if thousands else "is the decimal mark"
    return Finding(
        code="number.marks",
        grade="INFO",
        column=name,
        row=row,
        value=value,
        text=f"In “{name}” the {mark} {role}, as its other values show: “{value}” was read as {read}{beside}.",
        remedy="If that is wrong, take the other reading, or write numbers without separators between thousands.",
        offers=(_offer(name, marks, comma=comma),),
    )


def decimals_here(name: str, place: Place, *, comma: bool, beside: str) -> Finding:
    """What is said of a column whose decimal mark parts thousands in the file's other columns."""
    row, value = place[0], place[1][:LENGTH]
    read = shown(_number(value, comma=comma))
    return Finding(
        code="number.marks",
        grade="INFO",
        column=name,
        row=row,
        value=value,
        text=f"In “{name}” the {'comma' if comma else 'point'} is the decimal mark, as its values show: “{value}” was "
        f"read as {read}, although it stands between thousands in {beside}.",
    )


def scaled(name: str, place: Place, *, comma: bool) -> Finding:
    """What is said of numbers with a word for thousands or millions."""
    row, value = place
    return Finding(
        code="number.scaled",
        grade="INFO",
        column=name,
        row=row,
        value=value,
        text=f"Numbers such as “{value}” in “{name}” were read in full: {shown(_number(value, comma=comma))}.",
    )


def unread(name: str, place: Place, doubt: str) -> Finding:
    """What is said of a column that looks like numbers and cannot be read as such: why is in `doubt`."""
    return Finding(
        code="number.unread",
        grade="REVIEW",
        column=name,
        row=place[0],
        value=place[1],
        text=f"“{name}” {doubt}.",
        remedy="Correct it and upload again if the column is needed; else leave it out.",
    )


def two_marks(marks: MarkTally) -> tuple[Bad, str]:
    """Return the cells with the rarer of two marks, and why they cannot stand beside the others."""
    rarer = min(MARKS, key=lambda mark: marks.open[mark].count)
    row, value = marks.open["," if rarer == "." else "."].cells.first
    why = f"row {row} holds “{value}”, and one of the two marks must stand between thousands"
    return marks.open[rarer].cells, why


def wrong_value(column: str, bad: Bad, *, comma: bool, clash: str) -> BadData:
    """The error for the first cell that does not fit."""
    if clash:
        return misfits(column, bad, f"while {clash}", "Write all of the column in one unit and with one decimal mark.")
    _, value = bad.first
    return misfits(column, bad, why_bad(value, comma=comma), _todo(value, comma=comma))


def why_bad(value: str, *, comma: bool) -> str:
    """Say why a cell does not fit its column: a part of a sentence."""
    texts = undress(pa.array([value])).texts
    matching = [bool(pc.match_substring_regex(texts, pattern)[0].as_py()) for pattern in NUMBERS]
    if matching[comma] or (value.strip("+- ").lower() in ("inf", "infinity", "∞")):
        return "which is beyond all numbers that can be meant"
    if matching[not comma]:
        return f"but the column's other values have a decimal {'comma' if comma else 'point'}"
    return "which is not a number"


def _todo(value: str, *, comma: bool) -> str:
    texts = undress(pa.array([value])).texts
    one, other = (pc.match_substring_regex(texts, NUMBERS[reading])[0].as_py() for reading in (comma, not comma))
    if other and not one:
        return "Use one decimal mark throughout."
    return "Correct it, or empty the cell if the value is not known."


def _both(marks: MarkTally, *, comma: bool) -> tuple[int, str, str, str]:
    """Return row and value of an example, and what it is in the reading taken and in the other."""
    row, value = marks.open[marks.mark].cells.first
    return row, value, shown(_number(value, comma=comma)), shown(_number(value, comma=not comma))


def _offer(name: str, marks: MarkTally, *, comma: bool) -> Offer:
    thousands = comma == (marks.mark == ".")
    mark = _NAMES[marks.mark]
    label = f"Read the {mark} as decimal mark" if thousands else f"Read the {mark} as thousands"
    return Offer(key=choices.decimal(name), value=choices.POINT if comma else choices.COMMA, label=label)


def _number(value: str, *, comma: bool) -> float:
    texts = undress(pa.array([value])).texts
    return float(as_floats(texts, fits(texts, comma), comma)[0].as_py() or 0.0)


def shown(number: float) -> str:
    """Return a number for people: `16,007`, `1,234.6`, `16.007`."""
    if number == int(number) or abs(number) >= 1e6:
        return f"{number:,.0f}"
    return f"{number:,.{3 if abs(number) < 1000 else 1}f}".rstrip("0").rstrip(".")
