"""Rows among a table's that are no part of it: totals, notes, the header once more.

They are told on the first way through a file, without holding its rows: what is doubtful is set aside, and judged
when all rows were seen. Only where something must be added up is the file read once more.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from engine.data.dataset import Finding
from engine.data.intake.cells import excerpt, kind, visible
from engine.data.intake.header import spell_rows
from engine.data.intake.layout import Layout, notes_beside
from engine.data.intake.rows import Row, Rows
from engine.data.intake.totals import add_up_others, are_totals
from engine.errors import BadData

# Beyond so many rows without a date they are no totals but a fault of the table.
MOST_ASIDE: Final = 2000
# Totals of each date, beside the rows that they add up, may be as many as there are dates.
MOST_PARTS: Final = 100_000
# So many different texts of a column are looked at for one that says total.
MOST_LABELS: Final = 2000
DIGITS: Final = frozenset("0123456789")
ENDS: Final = frozenset("0123456789Zz")
TOTAL: Final = re.compile(
    r"(?<!\w)(?:grand |sub-? ?)?(?:totals?|ytd|year[- ]to[- ]date"
    r"|sums?|summen?|gesamt(?:summe|ergebnis)?|zwischensumme|endsumme|insgesamt"
    r"|somme|total g[ée]n[ée]ral|ensemble|totaa?l|totale|totali|totales|suma|razem|og[óo][łl]em|celkem|soma|summa"
    r"|i alt|yhteens[äa]|toplam|итого|всего|averages?|avg|means?|max(?:imum)?|min(?:imum)?|median"
    r"|durchschnitt|mittelwert|schnitt|moyenne|promedio"
    r"|m[ée]dia geral|gemiddelde?|ø)(?!\w)|合計|合计|总计|總計|小計|소계|합계",
    re.IGNORECASE,
)
PART: Final = re.compile(
    r"(?:grand |sub-? ?)?(?:totals?|sum|summe|gesamt|insgesamt|all|alle|overall|tous|todos|tutti|totaal|totale|total "
    r"[a-z]+|all [a-z]+|razem|suma|итого|всего|合計|合计|总计)",
    re.IGNORECASE,
)
Why = Literal["total", "blank", "note", "header", "part"]


@dataclass
class Aside:
    """The doubtful rows of a table. `last`: the last row that is surely one of the table."""

    layout: Layout
    rows: list[tuple[Why, Row]] = field(default_factory=list)
    last: int = 0
    labels: dict[str, bool] = field(default_factory=dict)
    beside: list[tuple[int, str]] = field(default_factory=list)
    """Row and text of the notes beside the table."""

    def ordinary(self, rows: Rows) -> Iterator[Row]:
        """Yield the rows that are surely the table's. Raises BadData where another table begins."""
        key, first = self.layout.key, self.layout.first
        most_empty = self.layout.width - 2
        texts = [place for place in self.layout.places if self.layout.kinds[place] == "text" and place != key]
        parts = 0
        for row in rows.read():
            number, cells = row
            if number < first:
                continue
            if len(self.beside) < MOST_ASIDE:
                self.beside += [(number, text) for text in notes_beside(cells, self.layout)]
            cell = cells[key] if key < len(cells) else ""
            plain = cell and cell[0] in DIGITS and cell[-1] in ENDS and cells.count("") <= most_empty
            if not plain and (why := self._why(cells)) and len(self.rows) - parts < MOST_ASIDE:
                self.rows.append((why, row))
                continue
            if texts and parts < MOST_PARTS and self._is_part(cells, texts):
                parts += 1
                self.rows.append(("part", row))
                continue
            if self.rows and self.rows[-1][0] == "note":
                self._refuse_another_table(self.rows[-1][1], row)
            self.last = number
            yield row

    def settle(self, rows: Rows) -> tuple[Layout, list[Row]]:
        """Judge what was set aside: the layout that leaves out what is no part of the table, and the other rows."""
        if self.beside:
            self.layout = replace(self.layout, findings=(*self.layout.findings, self._beside()))
        if not self.rows:
            return self.layout, []
        doubtful = [row for why, row in self.rows if why == "blank"]
        parts = [row for why, row in self.rows if why == "part"]
        added = add_up_others(rows, self.layout, parts, self._is_part) if parts else False
        sums = are_totals(rows, self.layout, doubtful, {row[0] for _, row in self.rows}) if doubtful else set()
        totals = [row for why, row in self.rows if why == "total" or row[0] in sums]
        notes = [row for why, row in self.rows if why == "note"]
        headers = [row for why, row in self.rows if why == "header"]
        kept_out = parts if added else []
        out = frozenset(number for number, _ in (*totals, *notes, *headers, *kept_out))
        findings = (*self._totals(totals), *self._parts(kept_out), *self._notes(notes), *self._headers(headers))
        layout = replace(self.layout, left_out=out, findings=(*self.layout.findings, *findings))
        return layout, [row for _, row in self.rows if row[0] not in out]

    def _beside(self) -> Finding:
        """Say which texts in columns without a name were left out."""
        number, text = self.beside[0]
        more = f", and so were {len(self.beside) - 1:,} more" if len(self.beside) > 1 else ""
        return Finding(
            code="layout.beside",
            grade="REVIEW" if len(self.beside) > 5 else "INFO",
            row=number,
            value=excerpt([text]),
            where=spell_rows(sorted({row for row, _ in self.beside})),
            text=f"“{excerpt([text])}” in row {number} stands beside the table, in a column without a name, and was "
            f"left out{more}.",
            remedy="If it belongs to the table, name its column in the header.",
        )

    def _is_part(self, cells: Sequence[str], texts: Sequence[int]) -> bool:
        """Whether a row with a date says in a column of text that it is the total of others."""
        for place in texts:
            cell = cells[place] if place < len(cells) else ""
            known = self.labels.get(cell)
            if known is None:
                known = bool(PART.fullmatch(cell.strip()))
                if known or len(self.labels) < MOST_LABELS:
                    self.labels[cell] = known
            if known:
                return True
        return False

    def _why(self, cells: list[str]) -> Why | None:
        """Why a row is doubtful; None where it is not."""
        layout = self.layout
        if any(_same(cells, header) for header in layout.header):
            return "header"
        key = cells[layout.key].strip() if layout.key < len(cells) else ""
        filled = [(place, cell) for place, cell in enumerate(cells) if cell.strip() and place not in layout.ignored]
        fits = any(
            place < len(layout.kinds)
            and layout.kinds[place] in ("number", "date")
            and kind(cell) == layout.kinds[place]
            for place, cell in filled
        )
        if not fits and {"number", "date"} & set(layout.kinds):
            # A row whose only cells stand for missing values is one of the table.
            return "note" if any(kind(cell) == "text" for _, cell in filled) else None
        named = next((cell for _, cell in filled), "")
        if layout.dated:
            if kind(key) == "date":
                return None
            label = key or (named if kind(named) == "text" else "")
            if TOTAL.search(label) and len(label) < 60:
                return "total"
            return "blank" if not key or kind(key) == "missing" else None
        return "blank" if not key or (TOTAL.search(key) and kind(key) == "text") else None

    def _refuse_another_table(self, note: Row, row: Row) -> None:
        """Rows of values below a row of several texts, which is no note, belong to another table."""
        names = [cell.strip() for cell in note[1] if cell.strip()]
        if len(names) > 1 and note[0] > self.last and self.last:
            raise BadData(
                f"Row {note[0]} names columns anew (“{excerpt(names)}”), and values follow in row {row[0]}: a second "
                "table begins there.",
                "Put each table into a file or sheet of its own, and upload the one to model.",
                field="file",
                row=note[0],
            )

    def _totals(self, rows: list[Row]) -> list[Finding]:
        if not rows:
            return []
        numbers = [number for number, _ in rows]
        many = len(rows) > 1
        return [
            Finding(
                code="layout.totals",
                grade="REVIEW" if any(number < self.last for number in numbers) else "INFO",
                row=numbers[0],
                value=excerpt(rows[0][1]),
                where=spell_rows(numbers),
                text=f"{spell_rows(numbers).capitalize()} {'hold totals' if many else 'holds totals'} "
                f"(“{excerpt(rows[0][1])}”) and {'were' if many else 'was'} left out.",
                remedy="If that is wrong, give each of these rows its date." if self.layout.dated else "",
            )
        ]

    def _parts(self, rows: list[Row]) -> list[Finding]:
        if not rows:
            return []
        numbers = [number for number, _ in rows]
        return [
            Finding(
                code="layout.parts",
                grade="REVIEW",
                row=numbers[0],
                value=excerpt(rows[0][1]),
                where=spell_rows(numbers),
                text=f"{len(rows):,} rows such as row {numbers[0]} (“{excerpt(rows[0][1])}”) add up others of the same "
                "date, and were left out.",
            )
        ]

    def _notes(self, rows: list[Row]) -> list[Finding]:
        below = [row for row in rows if row[0] > self.last]
        within = [row for row in rows if row[0] < self.last]
        findings = []
        if below:
            findings.append(self._note(below, "layout.below", "INFO", "below the table"))
        if within:
            findings.append(self._note(within, "layout.within", "REVIEW", "among the rows, without a value"))
        return findings

    def _note(self, rows: list[Row], code: str, grade: Literal["INFO", "REVIEW"], where: str) -> Finding:
        numbers = [number for number, _ in rows]
        stand, left = ("stand", "were") if len(rows) > 1 else ("stands", "was")
        return Finding(
            code=code,
            grade=grade,
            row=numbers[0],
            value=excerpt(rows[0][1]),
            where=spell_rows(numbers),
            text=f"{spell_rows(numbers).capitalize()} (“{excerpt(rows[0][1])}”) {stand} {where}, and {left} left out.",
        )

    def _headers(self, rows: list[Row]) -> list[Finding]:
        if not rows:
            return []
        numbers = [number for number, _ in rows]
        return [
            Finding(
                code="layout.header_again",
                grade="INFO",
                row=numbers[0],
                where=spell_rows(numbers),
                text=f"The header stands again in {spell_rows(numbers)}; it was left out there.",
            )
        ]


def _same(cells: Sequence[str], header: Sequence[str]) -> bool:
    """Whether a row repeats a row of the header."""
    here = [visible(cell) for cell in cells if cell.strip()]
    return len(here) > 1 and here == [visible(cell) for cell in header if cell.strip()]
