"""Spreadsheets: Excel's new and old files, and OpenDocument's. Cells keep the type that the workbook gives them."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree
from zipfile import ZipFile

import python_calamine as calamine

from engine.data.dataset import Finding, Offer
from engine.data.intake import choices
from engine.data.intake.choices import Choices
from engine.data.intake.layout import find_table
from engine.data.intake.rows import Row, Rows
from engine.data.intake.unpack import broken, open_zip
from engine.data.intake.workbook_scan import Empty, scan_ods, scan_xlsx
from engine.errors import BadData

MOST_OFFERED: Final = 4
# Written with a point and three digits behind it, a number could be one of thousands.
_THREE_DIGITS: Final = re.compile(r"-?\d{1,3}\.\d{3}")


def workbook_rows(path: Path, chosen: Choices, most: int, *, packed: bool) -> Rows:
    """Open the sheet with the table. packed: whether the workbook is a ZIP file, as all but old Excel's are.

    Raises BadData if it is damaged, protected, unpacks to more than `most` bytes, or holds no table.
    """
    empty = _scan(path, most) if packed else {}
    book = _opened(lambda: calamine.load_workbook(str(path)))
    names = [
        sheet.name
        for sheet in book.sheets_metadata
        if sheet.visible == calamine.SheetVisibleEnum.Visible and sheet.typ == calamine.SheetTypeEnum.WorkSheet
    ]
    opened = {name: _opened(partial(book.get_sheet_by_name, name)) for name in names}
    sheets = {name: sheet for name, sheet in opened.items() if sheet.start}
    if not sheets:
        raise BadData(
            "The workbook holds no values.", "Upload one with a header row and a row per day or week.", field="file"
        )
    tables = {name: score for name, sheet in sheets.items() if (score := _score(sheet, chosen))}
    wanted = chosen.get(choices.sheet())
    if wanted is not None and wanted not in sheets:
        raise BadData(
            f"The workbook has no sheet “{wanted}” with values.", "Upload it again, and choose anew.", field="file"
        )
    name = wanted or max(tables, key=lambda one: tables[one], default=next(iter(sheets)))
    findings = _others(name, tables, names) if wanted is None else ()
    rows = Rows(lambda: _read(sheets[name]), findings=findings, exact=True)
    if (wrong := empty.get(name)) and wrong.count:
        rows = replace(rows, findings=(*findings, _without_value(name, wrong, alone=len(names) == 1)))
    return rows


def _opened(read: Callable[[], Any]) -> Any:
    """Call the reader; whatever it cannot read becomes one sentence."""
    try:
        return read()
    except calamine.PasswordError as error:
        raise BadData(
            "The workbook is protected with a password.", "Save it without one, and upload that.", field="file"
        ) from error
    except calamine.CalamineError as error:
        if "password" in str(error).lower() or "encrypt" in str(error).lower():
            raise BadData(
                "The workbook is protected with a password.", "Save it without one, and upload that.", field="file"
            ) from error
        raise broken("workbook", error) from error
    except (OSError, ValueError, OverflowError) as error:
        raise broken("workbook", error) from error
    except BaseException as error:
        # The reader is not written in Python: where it gives up, it raises what is no Exception.
        if type(error).__name__ != "PanicException":
            raise
        raise broken("workbook", error) from error


def _scan(path: Path, most: int) -> dict[str, Empty]:
    """Look through the workbook; returns the cells without a value by the name of their sheet."""
    with open_zip(path) as archive:
        names = set(archive.namelist())
        if "content.xml" in names:
            scan_ods(archive, most)
            return {}
        found = scan_xlsx(archive, most)
        return {name: found[file] for name, file in _sheet_files(archive).items() if file in found}


def _sheet_files(archive: ZipFile) -> dict[str, str]:
    """The file of each sheet, by the sheet's name; empty where the workbook does not say."""
    try:
        book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
        links = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    except Exception:  # the reader says what is wrong with the workbook
        return {}
    files = {link.get("Id"): str(link.get("Target", "")).lstrip("/") for link in links}
    found = {}
    for sheet in book.iter():
        if sheet.tag.endswith("}sheet"):
            link = next((value for key, value in sheet.attrib.items() if key.endswith("}id")), "")
            file = files.get(link, "")
            found[sheet.get("name", "")] = file if file.startswith("xl/") else f"xl/{file}"
    return found


def _score(sheet: Any, chosen: Choices) -> tuple[bool, int] | None:
    """How like a table to model a sheet is; None where it is none. One with dates is likelier, then the longer."""
    try:
        layout = find_table(Rows(lambda: _read(sheet), exact=True), chosen)
    except BadData:
        return None
    return (layout.dated, int(sheet.height))


def _others(name: str, tables: dict[str, Any], visible: list[str]) -> tuple[Finding, ...]:
    """Which sheet was read, where there are several."""
    others = sorted((other for other in tables if other != name), key=lambda other: tables[other], reverse=True)
    if others:
        listed = ", ".join(f"“{other}”" for other in others[:MOST_OFFERED])
        if len(others) > MOST_OFFERED:
            listed += f" and {len(others) - MOST_OFFERED} more"
        return (
            Finding(
                code="file.sheets",
                grade="REVIEW",
                value=name,
                text=f"{len(tables)} sheets hold tables; “{name}” was read, not {listed}.",
                remedy="If another is meant, choose it.",
                offers=tuple(
                    Offer(key=choices.sheet(), value=other, label=f"Read sheet “{other}”"[:75])
                    for other in others[:MOST_OFFERED]
                ),
            ),
        )
    if len(visible) > 1:
        return (Finding(code="file.sheet", grade="INFO", value=name, text=f"Sheet “{name}” was read."),)
    return ()


def _without_value(name: str, empty: Empty, *, alone: bool) -> Finding:
    listed = ", ".join(empty.cells)
    if more := empty.count - len(empty.cells):
        listed += f" and {more:,} more"
    many = empty.count > 1
    sheet = "" if alone else f" of sheet “{name}”"
    row = re.search(r"\d+", empty.cells[0])
    return Finding(
        code="file.cells_without_value",
        grade="REVIEW",
        row=int(row[0]) if row else None,
        value=empty.cells[0],
        where=listed,
        text=f"{empty.count:,} cells{sheet} hold an error such as #N/A, or a formula without its result ({listed}); "
        "they count as empty."
        if many
        else f"Cell {listed}{sheet} holds an error such as #N/A, or a formula without its result; it counts as empty.",
        remedy="Open the workbook in a spreadsheet program, correct them, save it, and upload it again.",
    )


def _read(sheet: Any) -> Iterator[Row]:
    """Yield every row that holds something, from the first column of the sheet on."""
    start = sheet.start
    if start is None:
        return
    before = [""] * start[1]
    for number, cells in enumerate(sheet.iter_rows(), 1):
        texts = [as_text(cell) for cell in cells]
        if any(texts) and not "".join(texts).isspace():
            yield number, before + texts


def as_text(cell: Any) -> str:
    """Write a cell so that it is read as what it is: numbers with a decimal point that can be nothing else."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, int | float):
        return _number(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time.min else cell.isoformat(sep=" ", timespec="seconds")
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell)
    return "" if cell is None else str(cell)


def _number(value: int | float) -> str:
    if isinstance(value, float):
        if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        text = repr(value)
        if "e" in text:
            text = format(Decimal(text), "f")
        return f"{text}0" if _THREE_DIGITS.fullmatch(text) else text
    return str(value)
