"""A look at a workbook's own files before they are read: how much they unpack to, and which cells hold no value.

The reader keeps a sheet as a rectangle from its first to its last cell: one cell in the far corner would take all of
the memory there is. So the corner is looked for first.
"""

import re
import zipfile
from dataclasses import dataclass, field
from typing import Final

from engine.data.intake.unpack import blocks, too_much
from engine.errors import BadData

MOST_CELLS: Final = 30_000_000
NAMED: Final = 10
# The reader passes over cells that hold a format and nothing else.
_CELL: Final = re.compile(rb'<(?:\w+:)?c\s[^>]*?\br="([A-Z]{1,3})([0-9]{1,7})"[^>]*?(?<!/)>')
_ROW: Final = re.compile(rb'<(?:\w+:)?row\s[^>]*?\br="([0-9]{1,7})"')
_PLACELESS_ROW: Final = re.compile(rb"<(?:\w+:)?row(?:/?>|\s(?![^>]*\br=))")
_PLACELESS: Final = re.compile(rb"<(?:\w+:)?c(?:>|\s(?![^>]*\br=))")
_WRONG: Final = re.compile(
    rb'<(?:\w+:)?c\s[^>]*?\br="([A-Z]{1,3}[0-9]{1,7})"[^>]*?\bt="e"[^>]*>'
    rb'|<(?:\w+:)?c\s[^>]*?\bt="e"[^>]*?\br="([A-Z]{1,3}[0-9]{1,7})"[^>]*>'
    rb'|<(?:\w+:)?c\s[^>]*?\br="([A-Z]{1,3}[0-9]{1,7})"[^>]*>\s*<(?:\w+:)?f\b[^<]*(?:</(?:\w+:)?f>|/>)\s*'
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>|</(?:\w+:)?c>)"
)
_TAGS: Final = re.compile(
    rb"<table:table\s[^>]*>|<table:table-row\b[^>]*>|</table:table-row>|<table:(?:covered-)?table-cell\b[^>]*>"
)
_REPEATED: Final = re.compile(rb'number-(?:rows|columns)-repeated="([0-9]{1,9})"')
# A tag or a formula may lie across two blocks.
OVERLAP: Final = 4096


@dataclass
class Empty:
    """Cells of a sheet that hold an error or a formula without a value: the first by place, all of them counted."""

    count: int = 0
    cells: list[str] = field(default_factory=list)


def scan_xlsx(archive: zipfile.ZipFile, most: int) -> dict[str, Empty]:
    """Look through an Excel workbook; returns the empty cells by the path of a sheet's file.

    Raises BadData if it unpacks to more than `most` bytes, is damaged, or a sheet is too large.
    """
    if sum(entry.file_size for entry in archive.infolist()) > most:
        raise too_much(most)
    size, found = 0, {}
    for entry in archive.infolist():
        sheet = entry.filename.startswith("xl/worksheets/") and entry.filename.endswith(".xml")
        empty, last, rows, columns = Empty(), b"", 0, 0
        for block in blocks(archive, entry):
            size += len(block)
            if size > most:
                raise too_much(most)
            if not sheet:
                continue
            text = last + block
            # Up to the end of a cell, so that none is seen twice or in halves.
            cut = text.rfind(b"</row>") + 6 if b"</row>" in text else max(text.rfind(b"<"), len(text) - OVERLAP, 0)
            rows, columns = _corner(text[:cut], rows, columns)
            if rows * columns > MOST_CELLS:
                raise _too_large(rows, columns)
            _empty(text[:cut], empty)
            last = text[cut:]
        if sheet:
            rows, columns = _corner(last, rows, columns)
            if rows * columns > MOST_CELLS:
                raise _too_large(rows, columns)
            _empty(last, empty)
            found[entry.filename] = empty
    return found


def scan_ods(archive: zipfile.ZipFile, most: int) -> None:
    """Look through an OpenDocument spreadsheet. Raises BadData like `scan_xlsx`."""
    if sum(entry.file_size for entry in archive.infolist()) > most:
        raise too_much(most)
    size = 0
    for entry in archive.infolist():
        corner, last = _OdsCorner(), b""
        for block in blocks(archive, entry):
            size += len(block)
            if size > most:
                raise too_much(most)
            if entry.filename == "content.xml":
                text = last + block
                cut = max(text.rfind(b"<"), 0)
                corner.see(text[:cut])
                last = text[cut:][-OVERLAP:]


@dataclass
class _OdsCorner:
    """How large a sheet's rectangle is. Repeated cells and rows count as often as they are repeated."""

    rows: int = 0
    columns: int = 0
    repeat: int = 1
    column: int = 0
    filled: int = 0

    def see(self, text: bytes) -> None:
        for found in _TAGS.finditer(text):
            tag = found[0]
            times = int(count[1]) if (count := _REPEATED.search(tag)) else 1
            if tag.startswith(b"<table:table "):
                self.rows = self.columns = 0
            elif tag.startswith(b"<table:table-row"):
                self.repeat, self.column, self.filled = times, 0, 0
            elif tag.startswith(b"</"):
                self._close_row()
            else:
                self.column += times
                if b"office:value-type" in tag or b"value-type=" in tag:
                    self.filled = self.column

    def _close_row(self) -> None:
        if self.filled:
            self.rows += self.repeat
            self.columns = max(self.columns, self.filled)
            if self.rows * self.columns > MOST_CELLS:
                raise _too_large(self.rows, self.columns)


def _corner(text: bytes, rows: int, columns: int) -> tuple[int, int]:
    """The last row and column that cells stand in, or were seen in before."""
    for found in _CELL.finditer(text):
        column = 0
        for letter in found[1]:
            column = column * 26 + letter - 64
        rows, columns = max(rows, int(found[2])), max(columns, column)
    # Rows and cells need not say where they stand: then they follow each other.
    rows += len(_PLACELESS_ROW.findall(text))
    if _PLACELESS.search(text):
        rows = max(rows, *map(int, _ROW.findall(text)), 0)
        columns = max(columns, *(len(_PLACELESS.findall(row)) for row in text.split(b"row>")))
    return rows, columns


def _empty(text: bytes, into: Empty) -> None:
    if b't="e"' not in text and b"<f" not in text and b":f>" not in text:
        return
    for found in _WRONG.finditer(text):
        into.count += 1
        if len(into.cells) < NAMED:
            into.cells.append((found[1] or found[2] or found[3]).decode())


def _too_large(rows: int, columns: int) -> BadData:
    return BadData(
        f"A sheet of the workbook reaches to row {rows:,} and column {columns:,}: that is too large.",
        "Delete what stands far from the table, or save the table as CSV and upload that.",
        field="file",
    )
