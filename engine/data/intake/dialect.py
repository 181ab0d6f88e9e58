"""How a CSV file is written: is it one at all, in which encoding, with which delimiter."""

import csv
from collections import Counter
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Final

from engine.data.dataset import Finding
from engine.data.intake.choices import Choices
from engine.data.intake.encodings import SAVE_AS, find_encoding
from engine.errors import BadData

SAMPLE: Final = 256 * 1024
DELIMITERS: Final = (",", ";", "\t", "|")

# The first bytes of what people drop instead of a CSV file.
MAGIC: Final[tuple[tuple[bytes, str], ...]] = (
    (b"PK", "a damaged workbook or archive"),
    (b"\xd0\xcf\x11\xe0", "a damaged workbook"),
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"GIF8", "an image"),
    (b"\x1f\x8b", "a compressed file"),
    (b"7z\xbc\xaf", "a compressed file"),
    (b"Rar!", "a compressed file"),
    (b"PARE", "an encrypted Parquet file"),
    (b"BZh", "a compressed file"),
    (b"\xfd7zXZ", "a compressed file"),
    (b"\x28\xb5\x2f\xfd", "a compressed file"),
    (b"ARROW1", "an Arrow file"),
    (b"SQLite format 3", "a database"),
)


@dataclass(frozen=True)
class Dialect:
    """How to open and split the file. `preamble` counts lines before the table (an Excel `sep=` line)."""

    encoding: str
    delimiter: str
    preamble: int = 0
    findings: tuple[Finding, ...] = ()


def sniff(path: Path, chosen: Choices) -> Dialect:
    """Return how `path` is written. Raises BadData if it is empty, or not a file of text."""
    with path.open("rb") as file:
        head = file.read(SAMPLE)
    if not head.strip():
        raise BadData("The file is empty.", "Upload one with a header row and a row per day or week.", field="file")
    _refuse_other_kinds(head)
    found = find_encoding(path, head, chosen)
    text = head.decode(found.name, errors="ignore")
    first = text.split("\n", 1)[0].rstrip("\r")
    if first.lower().startswith("sep=") and len(first) == 5:
        return Dialect(found.name, first[-1], 1, found.findings)
    delimiter = _delimiter(text if len(head) < SAMPLE else text[: text.rfind("\n")])
    return Dialect(found.name, delimiter, 0, found.findings)


def _refuse_other_kinds(head: bytes) -> None:
    for magic, kind in MAGIC:
        if head.startswith(magic):
            raise BadData(f"This is {kind}, not a table that can be read.", SAVE_AS, field="file")
    start = head.lstrip().lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml")):
        raise BadData("This is a web page or XML, not a table that can be read.", SAVE_AS, field="file")
    if start.startswith((b"{", b"[{")):
        raise BadData("This is JSON, not a table that can be read.", SAVE_AS, field="file")


def _delimiter(text: str) -> str:
    """Return the delimiter under which most rows have equally many cells, and more than one.

    A decimal comma splits the rows but not the header, and a title above the table or a note below it has any number
    of cells: so the rows decide by their majority, and the delimiter that the header shares with them has one more.
    """
    best, best_score = ",", (0.0, 0)
    for delimiter in DELIMITERS:
        try:
            lengths = [len(row) for row in csv.reader(StringIO(text, newline=""), delimiter=delimiter) if row]
        except csv.Error:
            continue
        counts = Counter(length for length in lengths if length > 1)
        if not counts:
            continue
        width, alike = max(counts.items(), key=lambda item: (item[1], item[0]))
        if (score := (alike / len(lengths), width)) > best_score:
            best, best_score = delimiter, score
    return best
