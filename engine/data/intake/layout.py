"""Where the table lies in a file's rows: its header, its columns, and what stands around them."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from engine.data.dataset import Finding
from engine.data.dates import parse_date
from engine.data.intake.bad import LENGTH
from engine.data.intake.choices import Choices
from engine.data.intake.rows import Row, Rows
from engine.errors import BadData

MOST_COLUMNS: Final = 1000
DELIMITER_NAMES: Final = "comma, semicolon, tab, pipe"


@dataclass(frozen=True)
class Layout:
    """The columns that are used: what they are called, and where they stand in a row.

    first: the row that the table's values begin with or after. `width`: how many cells a row of it has.
    """

    names: tuple[str, ...]
    places: tuple[int, ...]
    width: int
    first: int
    findings: tuple[Finding, ...] = ()


def find_table(rows: Rows, chosen: Choices) -> Layout:
    """Find the table. Raises BadData if there is none, or its header cannot be used."""
    reading = rows.read()
    row, cells = next(reading, (0, []))
    cells = [cell.strip() for cell in cells]
    after = next(reading, (0, []))
    used = [place for place, cell in enumerate(cells) if cell]
    if len(used) < 2:
        if sum(bool(cell) for cell in after[1]) > len(used):
            raise BadData(
                f"Row {row} is not a header: it holds only “{cells[used[0]]}”.",
                f"The table must begin with its column names; remove what stands above row {after[0]}.",
                field="file",
            )
        raise BadData(
            "The file has only one column.", f"Separate the columns with one of: {DELIMITER_NAMES}.", field="file"
        )
    if sum(_is_value(cells[place]) for place in used) > len(used) / 2:
        raise BadData(
            f"Row {row} holds values such as “{next(c for c in cells if _is_value(c))}”, not column names.",
            "Add a header row that names each column.",
            field="file",
        )
    # A column without a name that begins with a value, such as the row numbers that pandas writes, is named for it.
    for place, cell in enumerate(after[1][: len(cells)]):
        if cell and not cells[place]:
            cells[place] = f"column_{place + 1}"
    used = [place for place, cell in enumerate(cells) if cell]
    if len(used) > MOST_COLUMNS:
        raise BadData(
            f"The file has {len(used):,} columns; at most {MOST_COLUMNS:,} are taken.",
            "Keep the date, the KPI, media and other drivers.",
            field="file",
        )
    names = [cells[place] for place in used]
    for name, count in Counter(names).items():
        if count > 1:
            where = [str(place + 1) for place in used if cells[place] == name]
            raise BadData(
                f"{count} columns are called “{name}”: columns {', '.join(where)}.",
                "Rename or remove all but one of them.",
                field="file",
            )
    return Layout(tuple(names), tuple(used), len(cells), row + 1)


def table_rows(rows: Rows, layout: Layout) -> Iterator[Row]:
    """Yield the table's rows, only the columns that are used. Raises BadData at a value that stands outside of it."""
    unnamed = [place for place in range(layout.width) if place not in layout.places]
    for number, row in rows.read():
        if number < layout.first:
            continue
        if len(row) != layout.width or unnamed:
            for place in (*unnamed, *range(layout.width, len(row))):
                if place < len(row) and row[place].strip():
                    raise _stray_value(number, place, row[place].strip(), layout, len(row))
            padded = row + [""] * (layout.width - len(row))
            row = [padded[place] for place in layout.places]
        yield number, row


def _is_value(cell: str) -> bool:
    return bool(parse_date(cell)) or cell.lstrip("+-").replace(".", "", 1).replace(",", "").isdigit()


def _stray_value(row: int, place: int, cell: str, layout: Layout, width: int) -> BadData:
    if place >= layout.width:
        return BadData(
            f"Row {row} has {width} values, but the header names {len(layout.names)} columns.",
            "A value there may contain the delimiter: put it in quotation marks, or remove what is too much.",
            field="file",
        )
    return BadData(
        f"Column {place + 1} has no name but holds “{cell[:LENGTH]}” in row {row}.",
        "Name the column in the header, or empty it.",
        field="file",
    )
