"""What is said of columns of numbers that differ from their neighbours: in what a mark means, or in their currency."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from engine.data.dataset import Finding
from engine.data.intake import number_doubts
from engine.data.intake.file_marks import FileMarks
from engine.data.intake.marks import MarkTally
from engine.data.intake.numbers import NumberReading
from engine.data.intake.units import CURRENCY_UNITS, same_unit


class NumberColumn(NamedTuple):
    """A column, how it is read, and what was seen of its marks."""

    name: str
    reading: NumberReading
    marks: MarkTally


def findings_of(columns: Sequence[NumberColumn], custom: FileMarks) -> dict[str, list[Finding]]:
    """Return what is said of each column beside the others, by name."""
    found: dict[str, list[Finding]] = {column.name: [] for column in columns}
    for column in columns:
        found[column.name] += _marks(column, columns, custom)
    for name, finding in _currencies(columns):
        found[name].append(finding)
    return found


def _marks(column: NumberColumn, columns: Sequence[NumberColumn], custom: FileMarks) -> list[Finding]:
    marks, comma = column.marks, column.reading.comma
    decimal, other = (",", ".") if comma else (".", ",")
    if column.reading.weight == "told":
        thousands = marks.mark == other
        neighbours = _named(columns, column, decimal=marks.mark) if thousands else []
        if (thousands and (not custom.usual(marks.mark) or neighbours)) or not thousands:
            beside = f", although it is the decimal mark in {_listed(neighbours)}" if neighbours else ""
            return [number_doubts.unusual(column.name, marks, comma=comma, beside=beside)]
    if column.reading.weight == "certain" and (first := marks.decimal_first[comma]):
        neighbours = _named(columns, column, thousands=decimal)
        if len(neighbours) > len(_named(columns, column, decimal=decimal)):
            return [number_doubts.decimals_here(column.name, first, comma=comma, beside=_listed(neighbours))]
    return []


def _named(columns: Sequence[NumberColumn], but: NumberColumn, *, decimal: str = "", thousands: str = "") -> list[str]:
    """Return the other columns in which a mark is decimal, or in which it parts thousands."""
    names = []
    for column in columns:
        if column is but:
            continue
        comma = column.reading.comma
        is_decimal, parts = (",", ".") if comma else (".", ",")
        if decimal and decimal == is_decimal and column.marks.decimal_first[comma]:
            names.append(column.name)
        if thousands and thousands == parts and column.marks.open[parts].count:
            names.append(column.name)
    return names


def _listed(names: list[str]) -> str:
    shown = ", ".join(f"“{name}”" for name in names[:3])
    return f"{shown} and {len(names) - 3} more" if len(names) > 3 else shown


def _currencies(columns: Sequence[NumberColumn]) -> list[tuple[str, Finding]]:
    units = {column.name: column.reading.unit for column in columns if column.reading.unit in CURRENCY_UNITS}
    if not units:
        return []
    usual = Counter(units.values()).most_common(1)[0][0]
    first = next(name for name, unit in units.items() if unit == usual)
    return [
        (
            name,
            Finding(
                code="number.currencies",
                grade="REVIEW",
                column=name,
                value=unit,
                text=f"“{name}” is in {unit}, but “{first}” is in {usual}: nothing was converted.",
                remedy="Convert all money to one currency at the source; else returns on spend compare unlike things.",
                trust=True,
            ),
        )
        for name, unit in units.items()
        if same_unit(unit, usual) is None
    ]
