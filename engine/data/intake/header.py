"""A table's header among the first rows of a file: one row, several joined, with a title above or units below."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from engine.data.column_words import DATE, words
from engine.data.dataset import Finding
from engine.data.intake.cells import Kind, excerpt, hidden, kind, visible
from engine.data.intake.rows import Row
from engine.errors import BadData

MOST_HEADER_ROWS: Final = 4
DELIMITER_NAMES: Final = "comma, semicolon, tab, pipe"
_UNIT: Final = re.compile(
    r"[(\[].{1,20}[)\]]|%|[€$£¥#]|(?:in )?(?:eur|usd|gbp|chf|euros?|dollars?|pounds?|k€|t€|tsd\.? ?€?|mio\.? ?€?|pct"
    r"|percent|prozent|units?|st(?:ü|ue)ck|stk\.?|pcs|count|number|anzahl|grps?|days?|yyyy-mm-dd|dd\.mm\.yyyy|mm/dd/yyyy"
    r"|dd/mm/yyyy|text|float|int(?:eger)?|date|string|currency|°c|°f)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Header:
    """names: per place, empty where a column has none. `first`: the row number of the first row of values.

    kinds: what most of a column's first values look like; `rows` are the header's own cells, as they are written.
    """

    names: tuple[str, ...]
    kinds: tuple[Kind, ...]
    first: int
    rows: tuple[tuple[str, ...], ...]
    findings: tuple[Finding, ...] = ()


def find_header(head: Sequence[Row]) -> Header:
    """Find the header. head: the first rows of a file that hold something. Raises BadData if there is none."""
    width = max(len(cells) for _, cells in head)
    seen = [[kind(cell) for cell in cells] + [""] * (width - len(cells)) for _, cells in head]
    kinds = _column_kinds(seen[len(seen) // 2 :], width)
    if "number" not in kinds and "date" not in kinds:
        body = min(1, len(head) - 1) if len(head) > 1 else 1
    else:
        body = next((n for n, row in enumerate(seen) if _is_body(row, kinds)), len(head))
        body = _with_odd_dates(head, seen, kinds, body)
    _refuse_another_table(head[:body], seen[:body])
    if body == 0:
        raise _no_header(head[0], seen[0])
    above = list(range(body))
    label = _label_row(head, above, kinds)
    if label is not None:
        above.pop()
    units = _units_row(head, above)
    if units is not None:
        above.pop()
    used = _header_rows(head, above, kinds)
    top, last = used[0], used[-1]
    names = _joined([[visible(cell) for cell in head[n][1]] + [""] * (width - len(head[n][1])) for n in used])
    filled = [name for name in names if name]
    if len(filled) < 2:
        raise _too_few(head, last, body, filled, kinds)
    if sum(seen[last][place] in ("date", "number") for place in range(width) if names[place]) > len(filled) / 2:
        raise _no_header(head[last], seen[last])
    first = head[body][0] if body < len(head) else head[-1][0] + 1
    findings = (*_said(head, top, used, units, names), *_labelled(head, label))
    return Header(tuple(names), kinds, first, tuple(tuple(head[n][1]) for n in used), findings)


def _column_kinds(rows: list[list[Kind]], width: int) -> tuple[Kind, ...]:
    """What most filled cells of each column are; values where half of them are."""
    kinds: list[Kind] = []
    for place in range(width):
        counts = Counter(row[place] for row in rows if row[place] not in ("", "missing"))
        values = counts["number"] + counts["date"]
        if not counts:
            kinds.append("")
        elif values >= 0.5 * sum(counts.values()):
            kinds.append("date" if counts["date"] >= counts["number"] else "number")
        else:
            kinds.append("text")
    return tuple(kinds)


def _is_body(row: list[Kind], kinds: tuple[Kind, ...], *, dated: bool = True) -> bool:
    """Whether a row holds values where the table's columns hold them; `dated`: dates where they hold dates."""
    filled = [(cell, kinds[place]) for place, cell in enumerate(row) if cell and kinds[place] in ("number", "date")]
    fits = sum(cell == meant for cell, meant in filled)
    if dated and any(cell == "text" for cell, meant in filled if meant == "date"):
        return False
    return fits > 0 and fits + sum(cell == "missing" for cell, _ in filled) >= 0.5 * len(filled)


def _with_odd_dates(head: Sequence[Row], seen: list[list[Kind]], kinds: tuple[Kind, ...], body: int) -> int:
    """The first row of values if those right above `body` only lack a date that can be read: “5 - 7 Jan”, “Total”.

    They are values where a row of names stands right above them, and no header of their own.
    """
    first = body
    while first > 1 and first < len(head) and _is_body(seen[first - 1], kinds, dated=False):
        texts = [
            head[first - 1][1][n] for n, what in enumerate(seen[first - 1]) if what == "text" and kinds[n] == "date"
        ]
        if any(set(words(text)) & DATE for text in texts if not any(map(str.isdigit, text))):
            break
        first -= 1
    names = [what for what in seen[first - 1] if what] if first else []
    least = max(sum(map(bool, seen[n])) for n in range(first, body)) if first < body else 0
    return first if names and set(names) == {"text"} and len(names) >= least else body


def _refuse_another_table(above: Sequence[Row], seen: list[list[Kind]]) -> None:
    """Rows of values above the table are a table of their own, and nothing to leave out in passing."""
    rows = [n for n, row in enumerate(seen) if sum(cell in ("number", "date") for cell in row) > 1]
    if len(rows) > 4:
        raise BadData(
            f"There are several tables: one has values in row {above[rows[0]][0]}, another begins below row "
            f"{above[-1][0]}.",
            "Put each table into a file or sheet of its own, and upload the one to model.",
            field="file",
            row=above[rows[0]][0],
        )


def _units_row(head: Sequence[Row], above: list[int]) -> int | None:
    """The row right above the values if it names units only, below a header."""
    if len(above) < 2:
        return None
    cells = [cell.strip() for cell in head[above[-1]][1] if cell.strip()]
    over = [cell for cell in head[above[-2]][1] if cell.strip()]
    return above[-1] if cells and len(over) >= max(2, len(cells)) and all(map(_UNIT.fullmatch, cells)) else None


def _label_row(head: Sequence[Row], above: list[int], kinds: tuple[Kind, ...]) -> int | None:
    """The row right above the values if it holds one text only, such as “First half”, below a header of all columns."""
    if len(above) < 2:
        return None
    cells = [place for place, cell in enumerate(head[above[-1]][1]) if cell.strip()]
    over = [place for place, cell in enumerate(head[above[-2]][1]) if cell.strip()]
    all_named = {place for place, meant in enumerate(kinds) if meant} <= set(over)
    return above[-1] if len(cells) == 1 and len(over) > 1 and all_named else None


def _labelled(head: Sequence[Row], label: int | None) -> tuple[Finding, ...]:
    if label is None:
        return ()
    number, cells = head[label]
    text = f"Row {number} (“{excerpt(cells)}”) stands between the header and the values, and was left out."
    return (Finding(code="layout.within", grade="REVIEW", row=number, value=excerpt(cells), text=text),)


def _header_rows(head: Sequence[Row], above: list[int], kinds: tuple[Kind, ...]) -> list[int]:
    """The rows that name the columns, from the top; one, unless another above it is needed or spans several."""
    used = [above[-1]]
    while len(used) < min(MOST_HEADER_ROWS, len(above)):
        upper = above[-1 - len(used)]
        lower = used[0]
        if head[lower][0] - head[upper][0] > 1:
            break
        cells = head[upper][1]
        filled = [place for place, cell in enumerate(cells) if cell.strip()]
        if not filled or any(kind(cells[place]) in ("date", "number") for place in filled):
            break
        names = [name for n in (lower,) for name in map(visible, head[n][1])]
        lacking = any(
            meant and not (names[place] if place < len(names) else "") and place < len(cells) and cells[place].strip()
            for place, meant in enumerate(kinds)
        )
        twice = any(count > 1 for name, count in Counter(names).items() if name)
        spans = len(filled) > 1 and filled[0] > 0 and len(used) == 1
        # One cell alone over a header of several rows is a title: it would stand before all names.
        alone = filled[0] > 0 and twice and len(used) == 1
        if not (len(filled) > 1 and (lacking or twice)) and not spans and not alone:
            break
        used.insert(0, upper)
    return used


def _joined(rows: list[list[str]]) -> list[str]:
    """Names of several header rows in one: an upper name holds for the columns on its right that have none."""
    *upper, lowest = rows
    spread = []
    for n, row in enumerate(upper):
        below = [*upper[n + 1 :], lowest]
        current, filled = "", []
        for place, cell in enumerate(row):
            if cell:
                current = cell
            named = any(line[place] for line in below)
            filled.append(cell or (current if named else ""))
            if not cell and not named:
                current = ""
        spread.append(filled)
    names = []
    for parts in zip(*spread, lowest, strict=True):
        words: list[str] = []
        for part in parts:
            if part and part not in words:
                words.append(part)
        names.append(" ".join(words))
    return names


def _said(head: Sequence[Row], top: int, used: list[int], units: int | None, names: list[str]) -> tuple[Finding, ...]:
    findings = []
    if top:
        rows = [head[n] for n in range(top)]
        texts = "”, “".join(excerpt(cells) for _, cells in rows[:3])
        findings.append(
            Finding(
                code="layout.above",
                grade="INFO",
                row=rows[0][0],
                where=_span(rows),
                text=f"{_stand(rows)} above the table and {_left(rows)} left out: “{texts}”.",
            )
        )
    if len(used) > 1:
        example = next(
            (name for place, name in enumerate(names) if _parts(head, used, place) > 1), next(filter(None, names))
        )
        findings.append(
            Finding(
                code="layout.headers",
                grade="INFO",
                row=head[top][0],
                value=example,
                text=f"The header has {len(used)} rows, {head[top][0]} to {head[used[-1]][0]}; they were joined, "
                f"such as “{example}”.",
                remedy="If a name is wrong, write all names into one row.",
            )
        )
    if units is not None:
        number, cells = head[units]
        findings.append(
            Finding(
                code="layout.units",
                grade="INFO",
                row=number,
                value=excerpt(cells),
                text=f"Row {number} names units (“{excerpt(cells)}”) and was left out.",
            )
        )
    odd = [visible(cell) for n in used for cell in head[n][1] if hidden(cell)]
    if odd:
        findings.append(
            Finding(
                code="layout.invisible",
                grade="INFO",
                column=odd[0] if len(used) == 1 else "",
                row=head[top][0],
                value=odd[0],
                text=f"Characters that nobody sees were taken out of {len(odd)} column names, such as “{odd[0]}”."
                if len(odd) > 1
                else f"Characters that nobody sees were taken out of the column name “{odd[0]}”.",
            )
        )
    return tuple(findings)


def _parts(head: Sequence[Row], used: list[int], place: int) -> int:
    return sum(place < len(head[n][1]) and bool(head[n][1][place].strip()) for n in used)


def _stand(rows: list[Row]) -> str:
    return f"{_span(rows).capitalize()} {'stands' if len(rows) == 1 else 'stand'}"


def _span(rows: list[Row]) -> str:
    return f"row {rows[0][0]}" if len(rows) == 1 else f"rows {rows[0][0]} to {rows[-1][0]}"


def _left(rows: list[Row]) -> str:
    return "was" if len(rows) == 1 else "were"


def spell_rows(numbers: Sequence[int]) -> str:
    """Rows in a few words: `row 3`, `rows 3, 5 and 9`, `rows 3, 5, 9 and 12 more`."""
    if len(numbers) == 1:
        return f"row {numbers[0]}"
    if len(numbers) > 6:
        return f"rows {', '.join(map(str, numbers[:5]))} and {len(numbers) - 5:,} more"
    return f"rows {', '.join(map(str, numbers[:-1]))} and {numbers[-1]}"


def _no_header(row: Row, seen: list[Kind]) -> BadData:
    value = next(cell.strip() for cell, what in zip(row[1], seen, strict=False) if what in ("date", "number"))
    if seen.count("date") > 2:
        return BadData(
            f"Row {row[0]} holds dates such as “{value}” side by side: each date has a column, where a row is needed.",
            "Turn the table on its side, such as with Paste Special, Transpose, so that each date begins a row.",
            field="file",
            row=row[0],
        )
    return BadData(
        f"Row {row[0]} holds values such as “{value}”, not column names.",
        "Add a header row that names each column.",
        field="file",
        row=row[0],
    )


def _too_few(head: Sequence[Row], last: int, body: int, filled: list[str], kinds: tuple[Kind, ...]) -> BadData:
    row = head[last][0]
    if sum(map(bool, kinds)) > len(filled) and body < len(head):
        return BadData(
            f"Row {row} is not a header: it holds only “{filled[0] if filled else ''}”.",
            f"The table must begin with its column names; write them right above row {head[body][0]}.",
            field="file",
            row=row,
        )
    return BadData(
        "The file has only one column.", f"Separate the columns with one of: {DELIMITER_NAMES}.", field="file"
    )
