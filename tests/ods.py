"""An OpenDocument spreadsheet as office suites write it, so that no test needs a library for that."""

import io
import zipfile
from collections.abc import Sequence
from datetime import date
from typing import Any

NAMES = " ".join(
    f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{short}:1.0"' for short in ("office", "table", "text")
)

KIND = "application/vnd.oasis.opendocument.spreadsheet"
MANIFEST = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
    f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{KIND}"/>'
    '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
)


def ods(rows: Sequence[Sequence[Any]], *, padded: bool = False) -> bytes:
    """Return a workbook of one sheet; dates and numbers are typed, an empty text is an empty cell.

    padded: it ends as LibreOffice ends a sheet, with cells and rows that repeat up to the edge.
    """
    behind = '<table:table-cell table:number-columns-repeated="1000"/>' if padded else ""
    lines = [f"<table:table-row>{''.join(map(_cell, row))}{behind}</table:table-row>" for row in rows]
    if padded:
        rest = '<table:table-cell table:number-columns-repeated="1024"/>'
        lines.append(f'<table:table-row table:number-rows-repeated="1048000">{rest}</table:table-row>')
    return packed("".join(lines))


def packed(rows: str) -> bytes:
    """Return a workbook of one sheet from the XML of its rows."""
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {NAMES} office:version="1.3"><office:body>'
        f'<office:spreadsheet><table:table table:name="Data">{rows}</table:table></office:spreadsheet>'
        "</office:body></office:document-content>"
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("mimetype", KIND, zipfile.ZIP_STORED)
        book.writestr("META-INF/manifest.xml", MANIFEST)
        book.writestr("content.xml", content)
    return file.getvalue()


def _cell(cell: Any) -> str:
    if cell == "":
        return "<table:table-cell/>"
    if isinstance(cell, date):
        kind = f'office:value-type="date" office:date-value="{cell}"'
    elif isinstance(cell, (int, float)):
        kind = f'office:value-type="float" office:value="{cell!r}"'
    else:
        kind = 'office:value-type="string"'
    return f"<table:table-cell {kind}><text:p>{cell}</text:p></table:table-cell>"
