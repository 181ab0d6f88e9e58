"""Packed files: a table in gzip, or one in a ZIP archive, unpacked within limits."""

import gzip
import lzma
import tempfile
import weakref
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Final

from engine.errors import BadData
from engine.full_disk import is_disk_full

MEGABYTE: Final = 1_000_000
# What a file unpacks to may be so many times as large as a file that is taken as it is. Text is packed to a tenth.
FACTOR: Final = 4
# Without a limit for files as they are.
UNPACKED: Final = 2_000 * MEGABYTE
MOST_ENTRIES: Final = 5_000
BLOCK: Final = 1 << 20
TABLES: Final = (".csv", ".tsv", ".tab", ".txt", ".xlsx", ".xlsm", ".xls", ".ods", ".parquet")


class Unpacked:
    """A file of its own that lives as long as this object does."""

    def __init__(self) -> None:
        with tempfile.NamedTemporaryFile(prefix="mmm-unpacked-", delete=False) as file:
            self.path = Path(file.name)
        weakref.finalize(self, self.path.unlink, missing_ok=True)


def most_unpacked(limit_bytes: int | None) -> int:
    """How many bytes a packed file may unpack to. limit_bytes: how large a file is taken as it is."""
    return UNPACKED if limit_bytes is None else FACTOR * limit_bytes


def too_much(most: int) -> BadData:
    """The error for a file that unpacks to more than `most` bytes."""
    return BadData(
        f"The file unpacks to more than {most / MEGABYTE:,.0f} MB.",
        "Leave out columns or rows that are not needed, or add days up to weeks; or use a warehouse table.",
        field="file",
    )


def broken(kind: str, error: BaseException) -> BadData:
    """The error for a file that cannot be read to its end. Where our own disk was full, the file is not to blame."""
    if is_disk_full(error):
        raise error
    return BadData(
        f"The {kind} is damaged or incomplete: it cannot be read.",
        "Save or export it again, and upload that.",
        field="file",
        detail=str(error),
    )


def gunzip(path: Path, most: int) -> Unpacked:
    """Unpack a gzip file. Raises BadData if it is damaged, or holds more than `most` bytes."""
    into = Unpacked()
    try:
        with gzip.open(path) as packed:
            _copy(packed, into.path, most)
    except (OSError, EOFError, zlib.error) as error:
        raise broken("compressed file", error) from error
    return into


def open_zip(path: Path) -> zipfile.ZipFile:
    """Open a ZIP file, such as an archive or a workbook. Raises BadData if it is damaged."""
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError) as error:
        raise broken("file", error) from error
    if len(archive.infolist()) > MOST_ENTRIES:
        archive.close()
        raise BadData(
            f"The file is an archive of {len(archive.infolist()):,} files.",
            "Upload the one that holds the table.",
            field="file",
        )
    return archive


def the_table(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    """The one table of an archive. Raises BadData if there is none, or several."""
    files = [entry for entry in archive.infolist() if not entry.is_dir() and not _is_clutter(entry.filename)]
    tables = [entry for entry in files if _is_table(entry.filename)]
    if not tables and len(files) == 1 and "." not in PurePosixPath(files[0].filename).name:
        tables = files
    if not tables:
        held = _names([entry.filename for entry in files])
        raise BadData(
            f"The archive holds no table{f': it holds {held}' if files else ''}.",
            "Put one CSV file, workbook or Parquet file into it, or upload that by itself.",
            field="file",
        )
    if len(tables) > 1:
        raise BadData(
            f"The archive holds {len(tables)} tables: {_names([entry.filename for entry in tables])}.",
            "Upload the one to model, by itself or alone in an archive.",
            field="file",
        )
    if tables[0].flag_bits & 0x1:
        raise BadData("The archive is protected with a password.", "Pack it again without one.", field="file")
    return tables[0]


def unzip(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int) -> Unpacked:
    """Unpack one file of an archive. Raises BadData if it is damaged, or has more than `most` bytes."""
    if entry.file_size > most:
        raise too_much(most)
    into = Unpacked()
    try:
        with archive.open(entry) as packed:
            _copy(packed, into.path, most)
    except (zipfile.BadZipFile, OSError, EOFError, zlib.error, lzma.LZMAError, NotImplementedError) as error:
        raise broken("archive", error) from error
    except RuntimeError as error:  # a password, as the entry's own header says
        raise BadData(
            "The archive is protected with a password.", "Pack it again without one.", field="file"
        ) from error
    return into


def blocks(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield what an entry truly unpacks to, whatever the archive says of its size. Raises BadData if it is damaged."""
    file = archive.fp
    assert file is not None
    try:
        file.seek(entry.header_offset)
        header = file.read(30)
        file.seek(int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little"), 1)
        left = entry.compress_size
        if entry.compress_type == zipfile.ZIP_STORED:
            while left > 0 and (block := file.read(min(BLOCK, left))):
                left -= len(block)
                yield block
            return
        if entry.compress_type != zipfile.ZIP_DEFLATED:
            raise broken("file", NotImplementedError(f"compression {entry.compress_type}"))
        inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        while not inflate.eof and left > 0 and (packed := file.read(min(BLOCK, left))):
            left -= len(packed)
            while packed and not inflate.eof:
                yield inflate.decompress(packed, BLOCK)
                packed = inflate.unconsumed_tail
    except (OSError, zlib.error, ValueError) as error:
        raise broken("file", error) from error


def _copy(packed: IO[bytes] | gzip.GzipFile, into: Path, most: int) -> None:
    size = 0
    with into.open("wb") as file:
        while block := packed.read(BLOCK):
            size += len(block)
            if size > most:
                raise too_much(most)
            file.write(block)


def _is_table(name: str) -> bool:
    return name.lower().removesuffix(".gz").endswith(TABLES)


def _is_clutter(name: str) -> bool:
    """What operating systems and office programs leave in archives."""
    path = PurePosixPath(name.replace("\\", "/"))
    return any(part == "__MACOSX" or part.startswith((".", "~$")) for part in path.parts) or path.name in (
        "Thumbs.db",
        "desktop.ini",
    )


def _names(names: list[str]) -> str:
    listed = ", ".join(f"“{PurePosixPath(name).name}”" for name in names[:5])
    return f"{listed} and {len(names) - 5:,} more" if len(names) > 5 else listed
