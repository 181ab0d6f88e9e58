"""Which kind of file this is, and who reads it: told by what is in it, whatever it is called."""

from itertools import islice
from pathlib import Path
from typing import Final

from engine.data.intake.choices import Choices
from engine.data.intake.rows import Rows
from engine.data.intake.text_file import text_rows
from engine.data.intake.unpack import blocks, gunzip, most_unpacked, open_zip, the_table, unzip
from engine.data.intake.workbook import workbook_rows
from engine.errors import BadData

ZIP: Final = b"PK\x03\x04"
EMPTY_ZIP: Final = b"PK\x05\x06"
GZIP: Final = b"\x1f\x8b"
OLD_OFFICE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
PARQUET: Final = b"PAR1"
# What else is a ZIP file inside: a name in it, and what that is called.
OTHER_ZIPS: Final = (
    ("xl/workbook.bin", "a binary Excel workbook"),
    ("word/document.xml", "a Word document"),
    ("ppt/presentation.xml", "a presentation"),
    ("Index/Document.iwa", "an Apple Numbers or Pages document"),
    ("Index.zip", "an Apple Numbers or Pages document"),
)
SAVE_AS: Final = "Save the table as an Excel workbook (.xlsx) or as CSV, and upload that."


def is_parquet(path: Path) -> bool:
    """Whether a file's columns have types of their own."""
    with path.open("rb") as file:
        return file.read(4) == PARQUET


def unpacked(path: Path, *, limit_bytes: int | None = None) -> tuple[Path, tuple[object, ...]]:
    """Return the file with the table itself, out of what it is packed into, and what keeps it there.

    Raises BadData if it is too large, damaged, protected, or holds no table or several.
    """
    refuse_too_large(path, limit_bytes)
    most = most_unpacked(limit_bytes)
    kept: tuple[object, ...] = ()
    # A table in gzip in an archive is as deep as people go; what goes deeper is made to do harm.
    for _ in range(2):
        magic = _magic(path)
        if magic.startswith(GZIP):
            inner = gunzip(path, most)
        elif magic.startswith((ZIP, EMPTY_ZIP)) and not _is_workbook(path):
            with open_zip(path) as archive:
                inner = unzip(archive, the_table(archive), most)
        else:
            break
        kept, path = (*kept, inner), inner.path
    magic = _magic(path)
    if magic.startswith(GZIP) or (magic.startswith((ZIP, EMPTY_ZIP)) and not _is_workbook(path)):
        raise BadData("The file is packed several times over.", "Upload the table itself.", field="file")
    return path, kept


def open_rows(path: Path, chosen: Choices, *, limit_bytes: int | None = None) -> Rows:
    """Open a file of rows that is `unpacked`. Raises BadData if it is no table, empty or too large."""
    most = most_unpacked(limit_bytes)
    magic = _magic(path)
    if magic.startswith(ZIP):
        return workbook_rows(path, chosen, most, packed=True)
    if magic.startswith(OLD_OFFICE):
        return workbook_rows(path, chosen, most, packed=False)
    return text_rows(path, chosen)


def refuse_too_large(path: Path, limit_bytes: int | None) -> None:
    """Raise BadData if a file has more bytes than are taken."""
    size = path.stat().st_size
    if limit_bytes is not None and size > limit_bytes:
        raise BadData(
            f"The file has {size / 1e6:,.0f} MB; at most {limit_bytes / 1e6:,.0f} MB are taken.",
            "Leave out columns or rows that are not needed, or add days up to weeks; or use a warehouse table.",
            field="file",
        )


def _magic(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(8)


def _is_workbook(path: Path) -> bool:
    """Whether a ZIP file is a spreadsheet. Raises BadData if it is another kind of document."""
    with open_zip(path) as archive:
        names = set(archive.namelist())
        for inside, called in OTHER_ZIPS:
            if inside in names:
                raise BadData(f"This is {called}, not a table that can be read.", SAVE_AS, field="file")
        if "xl/workbook.xml" in names:
            return True
        if "content.xml" in names and "mimetype" in names:
            kind = b"".join(islice(blocks(archive, archive.getinfo("mimetype")), 1))
            if b"opendocument.spreadsheet" in kind:
                return True
            raise BadData("This is an OpenDocument file, but no spreadsheet.", SAVE_AS, field="file")
    return False
