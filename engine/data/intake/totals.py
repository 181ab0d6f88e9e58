"""Whether rows hold the sums, or the averages, of the rows above them."""

import re
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from math import inf
from typing import Final

from engine.data.intake.layout import Layout
from engine.data.intake.rows import Row, Rows

_NOT_DIGITS: Final = re.compile(r"[^\d.,eE+-]")
# A total is rounded, or made of values that were rounded for show.
CLOSE: Final = 0.002


@dataclass
class Above:
    """A column's values so far: their sum, that since the last total, and between what they lie."""

    total: float = 0.0
    since: float = 0.0
    count: int = 0
    least: float = inf
    most: float = -inf

    def add(self, value: float) -> None:
        self.total += value
        self.since += value
        self.count += 1
        self.least, self.most = min(self.least, value), max(self.most, value)


def are_totals(rows: Rows, layout: Layout, doubtful: Sequence[Row], aside: Set[int]) -> set[int]:
    """Return the numbers of those `doubtful` rows that hold sums or averages of the rows above, or of all rows.

    aside: all rows that are not surely the table's; they are not added up. Numbers are tried with a decimal point
    and with a decimal comma.
    """
    wanted = {number: cells for number, cells in doubtful}
    places = [place for place in layout.places if layout.kinds[place] == "number" and place != layout.key]
    above: dict[tuple[int, int], Above] = {}
    found: set[int] = set()
    for number, cells in rows.read():
        if number < layout.first:
            continue
        if number in wanted:
            if _matches(cells, places, above):
                found.add(number)
                for column in above.values():
                    column.since = 0.0
            continue
        if number in aside:
            continue
        for place in places:
            if place < len(cells) and cells[place]:
                for reading, value in enumerate(_values(cells[place])):
                    if value is not None:
                        above.setdefault((place, reading), Above()).add(value)
    # A total may stand above what it adds up.
    return found | {number for number, cells in doubtful if number not in found and _matches(cells, places, above)}


def add_up_others(
    rows: Rows, layout: Layout, parts: Sequence[Row], is_part: Callable[[Sequence[str], Sequence[int]], bool]
) -> bool:
    """Whether rows that call themselves totals hold the sums of the other rows with the same date and texts.

    A text of such a row that says total stands for all texts of its column. Nearly all of the rows must agree.
    """
    texts = [place for place in layout.places if layout.kinds[place] == "text" and place != layout.key]
    places = [place for place in layout.places if layout.kinds[place] == "number" and place != layout.key]
    free = {place for place in texts if any(is_part(cells, [place]) for _, cells in parts)}
    if len(free) != 1 or not places:
        return False

    def key(cells: list[str]) -> tuple[str, ...]:
        return tuple(
            cells[place].strip() if place < len(cells) else "" for place in (layout.key, *texts) if place not in free
        )

    wanted = {number for number, _ in parts}
    sums: dict[tuple[str, ...], dict[tuple[int, int], Above]] = {key(cells): {} for _, cells in parts}
    for number, cells in rows.read():
        if number >= layout.first and number not in wanted and (above := sums.get(key(cells))) is not None:
            for place in places:
                for reading, value in enumerate(_values(cells[place]) if place < len(cells) else ()):
                    if value is not None:
                        above.setdefault((place, reading), Above()).add(value)
    agree = sum(_matches(cells, places, sums[key(cells)]) for _, cells in parts)
    return agree >= 0.8 * len(parts)


def _matches(cells: list[str], places: list[int], above: dict[tuple[int, int], Above]) -> bool:
    """Whether at least half of a row's numbers that say something are sums, or all of them averages."""
    said = sums = means = 0
    for place in places:
        if place >= len(cells) or not cells[place].strip():
            continue
        known = [(value, above.get((place, reading))) for reading, value in enumerate(_values(cells[place]))]
        telling = [(value, column) for value, column in known if value and column and column.count > 1]
        said += bool(telling)
        if any(_near(value, column.total) or _near(value, column.since) for value, column in telling):
            sums += 1
        elif any(column.least < column.most and _near(value, column.total / column.count) for value, column in telling):
            means += 1
    return (sums > 0 and sums + means >= 0.5 * said) or (means > 1 and means == said)


def _near(value: float, meant: float) -> bool:
    return abs(value - meant) <= CLOSE * abs(meant)


def _values(cell: str) -> tuple[float | None, float | None]:
    """A cell as a number with a decimal point, and with a decimal comma."""
    cell = cell.strip()
    negative = cell.startswith("(") or cell.endswith("-")
    bare = _NOT_DIGITS.sub("", cell).strip("-" if negative else "")
    return _value(bare, ".,", negative), _value(bare, ",.", negative)


def _value(bare: str, marks: str, negative: bool) -> float | None:
    try:
        value = float(bare.replace(marks[1], "").replace(marks[0], "."))
    except ValueError:
        return None
    return -value if negative else value
