"""What a training leaves in the bucket: `result.zip`, its manifest first, there whole or not at all.

The manifest names every file with size and checksum. What is large beside the results lies as an object of its own,
and is named there too. The release before left `result.json` and each file as an object: that is read as well.
"""

import json
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import Literal
from zipfile import ZipFile

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine import paths
from engine.cloud.packed import damaged, opened, read
from engine.cloud.storage import Storage, bytes_crc32c, file_crc32c
from engine.errors import BrokenState, NotFound, Unavailable

Kind = Literal["succeeded", "failed", "cancelled", "lost"]
MANIFEST = "result.json"
RESULTS = "results/"
# Robyn's own files, for people who go on in R: nothing of ours reads them.
EXTRAS = "results/robyn/"
SCHEMA = 2


class File(BaseModel):
    """A file that a manifest vouches for. `crc32c` is base64, as Cloud Storage states it."""

    model_config = ConfigDict(frozen=True)

    name: str
    size: int = Field(-1, description="-1 where nobody noted it.")
    crc32c: str = ""
    apart: bool = Field(False, description="Whether it is an object of its own, beside the zip.")


class Manifest(BaseModel):
    """What came of a training: `what` and `todo` say why where it left no results."""

    model_config = ConfigDict(frozen=True)

    schema_version: int = SCHEMA
    kind: Kind
    what: str = ""
    todo: str = ""
    seconds: float = 0.0
    execution: str = ""
    files: tuple[File, ...] = ()

    def with_files(self, files: Sequence[File]) -> "Manifest":
        """The same, vouching for `files`."""
        return self.model_copy(update={"files": tuple(files)})

    def written(self) -> bytes:
        """As `result.json` holds it."""
        return self.model_dump_json(indent=1).encode()

    @property
    def line(self) -> dict[str, str]:
        """What a listing shows of it."""
        return {"kind": self.kind}


def as_the_release_before(manifest: Manifest) -> Manifest:
    """The same as that release reads it, where each file lies by itself."""
    return manifest.model_copy(update={"schema_version": 1})


def vouch(name: str, source: Path | bytes, *, apart: bool = False) -> File:
    """The line of a file, or of its bytes, in a manifest."""
    if isinstance(source, bytes):
        checksum = bytes_crc32c(source)
        return File(name=name, size=len(source), crc32c=checksum, apart=apart)
    return File(name=name, size=source.stat().st_size, crc32c=file_crc32c(source), apart=apart)


def read_result(storage: Storage, folder: str, into: Path, *, whole: bool = False) -> Manifest | None:
    """Return what came of the training at `folder`, its results unpacked below `into`; None where nothing is yet.

    Results are those of the contract; with `whole`, everything that was left, extras too. One request, and one for
    each file apart that is wanted. Raises BrokenState if anything is not as it was written: then nothing may be used.
    """
    try:
        return _read(storage, folder, into, whole=whole)
    except BrokenState as error:
        what = "The results of this training are damaged."
        raise BrokenState(what, "Run it again.", detail=f"{error.what} {error.detail}") from error


def _read(storage: Storage, folder: str, into: Path, *, whole: bool) -> Manifest | None:
    path, file = paths.result_pack(folder), into / "result.zip"
    into.mkdir(parents=True, exist_ok=True)
    try:
        _download(storage, path, file)
    except NotFound:
        file.unlink(missing_ok=True)
        return _of_the_release_before(storage, folder, into, whole=whole)
    try:
        with opened(file, path) as archive:
            manifest = parse(read(archive, MANIFEST, path), path)
            _unpack(archive, manifest, path, into, whole=whole)
    except NotFound as error:
        raise damaged(path, error.what) from error
    finally:
        file.unlink(missing_ok=True)
    if whole:
        _fetch(storage, folder, (one for one in manifest.files if one.apart), into)
    return manifest


def _download(storage: Storage, path: str, into: Path) -> None:
    """Bring an object; once more where it was damaged on its way, for a training took hours."""
    try:
        storage.get_file(path, into)
    except BrokenState:
        storage.get_file(path, into)


def parse(raw: bytes, path: str) -> Manifest:
    """Read a manifest. Raises BrokenState; Unavailable where a newer release wrote it, whose worker will come to it."""
    try:
        manifest = Manifest.model_validate({"schema_version": 1, **json.loads(raw)})
    except (ValidationError, ValueError, TypeError) as error:
        raise damaged(path, str(error)) from error
    if manifest.schema_version > SCHEMA:
        what = "A result was written by a newer version."
        raise Unavailable(what, "Try again.", detail=f"{path}: schema {manifest.schema_version}")
    return manifest


def _unpack(archive: ZipFile, manifest: Manifest, path: str, into: Path, *, whole: bool) -> None:
    """Write the files that are wanted below `into`; all that are vouched for must be there."""
    there = {info.filename: info for info in archive.infolist()}
    for file in manifest.files:
        if file.apart:
            continue
        if file.name not in there or there[file.name].file_size != file.size:
            raise damaged(path, f"{file.name} is not as it was vouched for")
        if not _wanted(file, whole):
            continue
        target = _below(into, file.name)
        with archive.open(there[file.name]) as packed, target.open("wb") as to:
            shutil.copyfileobj(packed, to, 1 << 20)
        _check(file, file_crc32c(target))


def _of_the_release_before(storage: Storage, folder: str, into: Path, *, whole: bool) -> Manifest | None:
    """The same of a training whose files lie beside each other."""
    path = paths.result(folder)
    document = storage.read(path)
    if document is None:
        return None
    manifest = parse(json.dumps(document.body).encode(), path)
    _fetch(storage, folder, (file for file in manifest.files if _wanted(file, whole)), into)
    return manifest


def _fetch(storage: Storage, folder: str, files: Iterable[File], into: Path) -> None:
    """Bring objects that a manifest vouches for. Raises BrokenState if one is gone, or not as it was."""
    for file in files:
        try:
            stored = storage.get_file(f"{folder}{file.name}", _below(into, file.name))
        except NotFound as error:
            raise damaged(folder, error.what) from error
        _check(file, stored.crc32c)


def _wanted(file: File, whole: bool) -> bool:
    return whole or (file.name.startswith(RESULTS) and not file.name.startswith(EXTRAS))


def _check(file: File, crc32c: str) -> None:
    if crc32c != file.crc32c:
        raise damaged(file.name, "the checksum is not the one that was vouched for")


def _below(into: Path, name: str) -> Path:
    """Where a file goes, below `into` and nowhere else; its folder is made."""
    plain = PurePosixPath(name)
    if plain.is_absolute() or not plain.parts or ".." in plain.parts or "\\" in name or "\0" in name:
        raise damaged(repr(name), "not a name below the results")
    target = into.joinpath(*plain.parts)
    target.parent.mkdir(parents=True, exist_ok=True)
    return target
