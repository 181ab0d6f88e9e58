"""Bring what a trainer wrote to the bucket: one object, its manifest first, which is there whole or not at all."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from engine import paths
from engine.cloud.packed import ZIP, pack, packed
from engine.cloud.result import EXTRAS, MANIFEST, RESULTS, Manifest, as_the_release_before, vouch
from engine.cloud.storage import Storage
from engine.errors import AlreadyExists

CONSOLE = "robyn_console.log"
STATUS = "status.json"
BESIDE = (CONSOLE, "timings.csv", STATUS)
# Extras that are more than this together are not brought to whoever only wants the results.
HEAVY = 64 << 20
# Of the console of a training that ended badly, so much of the end is kept.
LAST_WORDS = 32 << 20


def leave_results(
    storage: Storage, prefix: str, manifest: Manifest, folder_out: Path, scratch: Path, *, packed_up: bool = True
) -> None:
    """Leave an OUT folder under `prefix`: its large extras by themselves, then all else in one object.

    scratch: a file that may be written meanwhile. packed_up: False leaves it as the release before reads it.
    Raises AlreadyExists if a result is there; OSError on a full disk.
    """
    names = sorted(path for path in (folder_out / RESULTS).rglob("*") if path.is_file())
    found = [*_beside(folder_out), *names]
    if not packed_up:
        return _leave_each(storage, prefix, manifest, folder_out, found)
    apart = _heavy([path for path in names if _name(path, folder_out).startswith(EXTRAS)])
    files = [vouch(_name(path, folder_out), path, apart=path in apart) for path in found]
    for path in sorted(apart):
        _put(storage, f"{prefix}{_name(path, folder_out)}", path)
    inside = [(_name(path, folder_out), path) for path in found if path not in apart]
    told = manifest.with_files(files)
    try:
        pack(scratch, [(MANIFEST, told.written()), *inside])
        storage.put_file(paths.result_pack(prefix), scratch, ZIP, line=told.line)
    finally:
        scratch.unlink(missing_ok=True)


def leave_words(
    storage: Storage, prefix: str, manifest: Manifest, folder_out: Path | None, *, packed_up: bool = True
) -> None:
    """Leave why there are no results, and what the trainer said. Needs no room on the disk.

    Raises AlreadyExists if a result is there.
    """
    if not packed_up:
        found = () if folder_out is None else _beside(folder_out)
        return _leave_each(storage, prefix, manifest, folder_out or Path(), found)
    said = {} if folder_out is None else {path.name: _end_of(path) for path in _beside(folder_out)}
    told = manifest.with_files([vouch(name, text) for name, text in said.items()])
    data = packed([(MANIFEST, told.written()), *said.items()])
    storage.put_bytes(paths.result_pack(prefix), data, ZIP, line=told.line)


def _leave_each(storage: Storage, prefix: str, manifest: Manifest, folder_out: Path, found: Iterable[Path]) -> None:
    """Leave each file by itself, and last the manifest that vouches for them."""
    files = []
    for path in found:
        name = _name(path, folder_out)
        if name == STATUS:
            continue  # the progress that people see has that name there
        files.append(vouch(name, path))
        _put(storage, f"{prefix}{name}", path)
    storage.create(paths.result(prefix), as_the_release_before(manifest.with_files(files)))


def _beside(folder_out: Path) -> Iterator[Path]:
    """What a trainer wrote beside its results, as far as it did."""
    return (folder_out / name for name in BESIDE if (folder_out / name).is_file())


def _heavy(extras: list[Path]) -> set[Path]:
    """The largest extras, as many as must lie apart for the others to be light."""
    sizes = {path: path.stat().st_size for path in extras}
    apart: set[Path] = set()
    left = sum(sizes.values())
    for path in sorted(sizes, key=lambda path: sizes[path], reverse=True):
        if left <= HEAVY:
            break
        apart.add(path)
        left -= sizes[path]
    return apart


def _put(storage: Storage, path: str, source: Path) -> None:
    try:
        storage.put_file(path, source)
    except AlreadyExists:
        # Left by this container's own earlier start, from a training that did not end: ours to replace.
        storage.delete(path)
        storage.put_file(path, source)


def _name(path: Path, folder_out: Path) -> str:
    return path.relative_to(folder_out).as_posix()


def _end_of(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - LAST_WORDS))
        return file.read()
