"""How a CSV file is written: is it one at all, in which encoding, with which delimiter."""

import csv
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, getincrementaldecoder
from collections import Counter
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Final

from engine.errors import BadData

SAMPLE: Final = 256 * 1024
DELIMITERS: Final = (",", ";", "\t", "|")

# The first bytes of what people drop instead of a CSV file.
MAGIC: Final[tuple[tuple[bytes, str], ...]] = (
    (b"PK\x03\x04", "an Excel workbook or a ZIP archive"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"GIF8", "an image"),
    (b"\x1f\x8b", "a compressed file"),
    (b"7z\xbc\xaf", "a compressed file"),
    (b"Rar!", "a compressed file"),
    (b"PAR1", "a Parquet file"),
    (b"SQLite format 3", "a database"),
)
SAVE_AS: Final = "Save the table as CSV (in Excel: File, Save As, “CSV UTF-8”) and upload that."


@dataclass(frozen=True)
class Dialect:
    """How to open and split the file. `preamble` counts lines before the table (an Excel `sep=` line)."""

    encoding: str
    delimiter: str
    preamble: int = 0


def sniff(path: Path, *, limit_bytes: int | None = None) -> Dialect:
    """Return how `path` is written. Raises BadData if it is empty, too large, or not a CSV file."""
    size = path.stat().st_size
    if limit_bytes is not None and size > limit_bytes:
        raise BadData(
            f"The file has {size / 1e6:,.0f} MB; at most {limit_bytes / 1e6:,.0f} MB are taken.",
            "Leave out columns or rows that are not needed, or add days up to weeks; or use a warehouse table.",
            field="file",
        )
    with path.open("rb") as file:
        head = file.read(SAMPLE)
    if not head.strip():
        raise BadData("The file is empty.", "Upload one with a header row and a row per day or week.", field="file")
    _refuse_other_kinds(head)
    encoding = _encoding(path, head)
    text = head.decode(encoding, errors="ignore")
    first = text.split("\n", 1)[0].rstrip("\r")
    if first.lower().startswith("sep=") and len(first) == 5:
        return Dialect(encoding, first[-1], 1)
    return Dialect(encoding, _delimiter(text if len(head) < SAMPLE else text[: text.rfind("\n")]))


def _refuse_other_kinds(head: bytes) -> None:
    for magic, kind in MAGIC:
        if head.startswith(magic):
            raise BadData(f"This is {kind}, not a CSV file.", SAVE_AS, field="file")
    start = head.lstrip().lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml")):
        raise BadData("This is a web page or XML, not a CSV file.", SAVE_AS, field="file")
    if start.startswith((b"{", b"[{")):
        raise BadData("This is JSON, not a CSV file.", SAVE_AS, field="file")


def _encoding(path: Path, head: bytes) -> str:
    if head.startswith(BOM_UTF8):
        return "utf-8-sig"
    if head.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return "utf-16"
    if b"\0" in head:
        # Text of the western world in UTF-16 has a zero in every second place.
        even, odd = head[0::2].count(0), head[1::2].count(0)
        if max(even, odd) > 0.4 * len(head) / 2 and min(even, odd) < 0.05 * len(head) / 2:
            return "utf-16-le" if odd > even else "utf-16-be"
        raise BadData("This is not a text file.", SAVE_AS, field="file")
    decoder = getincrementaldecoder("utf-8")()
    try:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                decoder.decode(block)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        # Excel in Western Europe; the five bytes that it leaves undefined are read as latin-1 reads them.
        return "cp1252" if not set(b"\x81\x8d\x8f\x90\x9d") & set(head) else "latin-1"
    return "utf-8"


def _delimiter(text: str) -> str:
    """Return the delimiter under which most rows have as many cells as the header, and more than one."""
    best, best_score = ",", (False, 0.0, 0)
    for delimiter in DELIMITERS:
        try:
            lengths = [len(row) for row in csv.reader(StringIO(text, newline=""), delimiter=delimiter) if row]
        except csv.Error:
            continue
        if not lengths:
            continue
        width, alike = Counter(lengths).most_common(1)[0]
        # A decimal comma splits the rows but not the header; a title above the table has no delimiter at all.
        headed = lengths[0] > 1
        if headed:
            width, alike = lengths[0], lengths.count(lengths[0])
        if width > 1 and (score := (headed, alike / len(lengths), width)) > best_score:
            best, best_score = delimiter, score
    return best
