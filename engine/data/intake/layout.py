"""Where the table lies in a file's rows: its header, its columns, and what stands around them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from engine.data.dataset import Finding
from engine.data.guess import DATE, words
from engine.data.intake.bad import LENGTH
from engine.data.intake.cells import Kind, kind
from engine.data.intake.choices import Choices
from engine.data.intake.header import find_header
from engine.data.intake.rows import Row, Rows
from engine.errors import BadData

MOST_COLUMNS: Final = 1000
# So many rows are looked at to find the header.
HEAD: Final = 200
# What programs call a column of row numbers.
INDEX_NAMES: Final = frozenset(
    {"", "index", "unnamed: 0", "unnamed: 0.1", "level_0", "row", "rows", "rownum", "row number", "rownames", "x", "#"}
    | {"no", "no.", "nr", "nr.", "lfd. nr.", "lfd nr", "n°", "_c0", "__index_level_0__"}
)


@dataclass(frozen=True)
class Layout:
    """The columns that are used: what they are called, and where they stand in a row.

    first: the row that the table's values begin with or after. `width`: how many cells a row of it has.
    kinds: what each place mostly holds. ignored: places that are left out, whatever they hold. key: the place that
    every row of the table has a value in, that of the dates if `dated`. left_out: rows that are no part of the table.
    """

    names: tuple[str, ...]
    places: tuple[int, ...]
    width: int
    first: int
    kinds: tuple[Kind, ...]
    header: tuple[tuple[str, ...], ...]
    key: int
    dated: bool
    ignored: frozenset[int] = frozenset()
    left_out: frozenset[int] = frozenset()
    findings: tuple[Finding, ...] = ()
    exact: bool = False
    """Whether texts beside the table are notes: no delimiter can have moved them there."""


def find_table(rows: Rows, chosen: Choices) -> Layout:
    """Find the table. Raises BadData if there is none, or its header cannot be used."""
    head = list(islice(rows.read(), HEAD))
    if not head:
        raise BadData("The file is empty.", "Upload one with a header row and a row per day or week.", field="file")
    found = find_header(head)
    body = [cells for number, cells in head if number >= found.first]
    names, findings = list(found.names), list(found.findings)
    ignored = set()
    index = _index_place(names, body)
    if index is not None:
        ignored.add(index)
        findings.append(_index_left_out(index, names[index], found.first))
        names[index] = ""
    # A column without a name that begins with a value is named for its place.
    width = max(len(cells) for cells in found.rows)
    for place, cell in enumerate(body[0][:width] if body else ()):
        if cell.strip() and not names[place] and place not in ignored:
            names[place] = f"column_{place + 1}"
    used = [place for place, name in enumerate(names) if name]
    if len(used) > MOST_COLUMNS:
        raise BadData(
            f"The file has {len(used):,} columns; at most {MOST_COLUMNS:,} are taken.",
            "Keep the date, the KPI, media and other drivers.",
            field="file",
        )
    _refuse_side_by_side(names, found.kinds, body)
    _refuse_duplicates(names, used)
    findings += _empty_columns(names, used, ignored)
    key, dated = _key(names, used, found.kinds)
    return Layout(
        names=tuple(names[place] for place in used),
        places=tuple(used),
        width=width,
        first=found.first,
        kinds=found.kinds,
        header=found.rows,
        key=key,
        dated=dated,
        ignored=frozenset(ignored),
        findings=tuple(findings),
        exact=rows.exact,
    )


def notes_beside(row: list[str], layout: Layout) -> list[str]:
    """Return the notes that stand beside the table in a row."""
    if not layout.exact or (len(row) <= layout.width and len(layout.places) == layout.width):
        return []
    free = (place for place in range(len(row)) if place not in layout.places and place not in layout.ignored)
    return [row[place].strip() for place in free if kind(row[place]) == "text"]


def table_rows(rows: Iterator[Row], layout: Layout) -> Iterator[Row]:
    """Yield the table's rows, only the columns that are used. Raises BadData at a value that stands outside of it."""
    width = layout.width
    unnamed = [place for place in range(width) if place not in layout.places and place not in layout.ignored]
    straight = layout.places == tuple(range(width))
    for number, row in rows:
        if number < layout.first or number in layout.left_out:
            continue
        if len(row) != width or not straight:
            for place in (*unnamed, *range(width, len(row))):
                if place < len(row) and row[place].strip() and not (layout.exact and kind(row[place]) == "text"):
                    raise _stray_value(number, place, row[place].strip(), layout, len(row))
            padded = row + [""] * (width - len(row))
            row = [padded[place] for place in layout.places]
        yield number, row


def _key(names: list[str], used: list[int], kinds: tuple[Kind, ...]) -> tuple[int, bool]:
    """The place of the dates, or else of the first column; and whether it is one of dates."""
    dates = [place for place in used if kinds[place] == "date"]
    named = [place for place in used if set(words(names[place])) & DATE]
    both = [place for place in dates if place in named]
    for places in (both, dates, [place for place in named if kinds[place] == "number"][:1]):
        if places:
            return places[0], True
    return (used[0] if used else 0), False


def _index_place(names: list[str], body: Sequence[list[str]]) -> int | None:
    """The first column if it numbers the rows, and its name says nothing else."""
    if len(body) < 3 or names[0].lower() not in INDEX_NAMES or sum(map(bool, names)) < 2 + bool(names[0]):
        return None
    numbers = [cells[0].strip() for cells in body if cells and cells[0].strip()]
    if len(numbers) < 3 or not all(number.isdecimal() for number in numbers):
        return None
    steps = [int(number) for number in numbers]
    return 0 if steps[0] in (0, 1) and steps == list(range(steps[0], steps[0] + len(steps))) else None


def _index_left_out(place: int, name: str, row: int) -> Finding:
    called = f"Column {place + 1} (“{name}”)" if name else f"Column {place + 1}, which has no name,"
    return Finding(
        code="layout.index",
        grade="INFO",
        row=row,
        text=f"{called} numbers the rows and was left out.",
    )


def _empty_columns(names: list[str], used: list[int], ignored: set[int]) -> list[Finding]:
    """Columns without a name or a value between others. That they hold none is checked on reading."""
    empty = [
        place + 1
        for place in range(min(used, default=0), max(used, default=0))
        if not names[place] and place not in ignored
    ]
    if not empty:
        return []
    which = f"Column {empty[0]} is" if len(empty) == 1 else f"Columns {', '.join(map(str, empty))} are"
    left = "was" if len(empty) == 1 else "were"
    return [Finding(code="layout.empty_columns", grade="INFO", text=f"{which} empty and {left} left out.")]


def _refuse_side_by_side(names: list[str], kinds: tuple[Kind, ...], body: Sequence[list[str]]) -> None:
    """Two tables with an empty column between them, each with its own dates, are not one."""
    for place in range(1, len(names) - 1):
        blank = not names[place] and not any(len(cells) > place and cells[place].strip() for cells in body)
        if blank and names[place + 1] and kinds[place + 1] == "date" and "date" in kinds[:place]:
            last = max(place for place, name in enumerate(names) if name)
            raise BadData(
                f"Two tables stand side by side: one in columns up to {place}, another in columns {place + 2} to "
                f"{last + 1}.",
                "Put each into a file or sheet of its own, or join them to one row per date.",
                field="file",
                column=names[place + 1],
            )


def _refuse_duplicates(names: list[str], used: list[int]) -> None:
    for name, count in Counter(names[place] for place in used).items():
        if count > 1:
            where = [str(place + 1) for place in used if names[place] == name]
            raise BadData(
                f"{count} columns are called “{name}”: columns {', '.join(where)}.",
                "Rename or remove all but one of them.",
                field="file",
                column=name,
            )


def _stray_value(row: int, place: int, cell: str, layout: Layout, width: int) -> BadData:
    if place >= layout.width:
        return BadData(
            f"Row {row} has {width} values, but the header names {len(layout.names)} columns.",
            "A value there may contain the delimiter: put it in quotation marks, or remove what is too much.",
            field="file",
            row=row,
        )
    return BadData(
        f"Column {place + 1} has no name but holds “{cell[:LENGTH]}” in row {row}.",
        "Name the column in the header, or empty it.",
        field="file",
        row=row,
    )
