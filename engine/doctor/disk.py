"""The disk: room for what is worked on, and, for a server on one machine, the folder that holds everything."""

import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from engine.doctor.report import Finding, failed, ok, skipped, warning
from engine.doctor.subject import Check, Subject

GIGABYTE = 1_000_000_000
LITTLE, TOO_LITTLE = 2 * GIGABYTE, GIGABYTE // 5
# A table on its way to the bucket, twice as large as a file may be, passes through here.
WORK_FILES = 2


def look_at_work(subject: Subject) -> Iterator[Finding]:
    """Where files are put while they are worked on."""
    folder = Path(tempfile.gettempdir())
    needed = WORK_FILES * subject.settings.max_upload_mb * 1_000_000
    if problem := _unwritable(folder):
        yield failed(
            f"Nothing can be written to {folder} ({problem}).", "Name another folder in TMPDIR, or free this one."
        )
        return
    free = shutil.disk_usage(folder).free
    if free < needed:
        less = f"{folder} has {_size(free)} left; a file of {subject.settings.max_upload_mb} MB takes {_size(needed)}."
        yield warning(less, "Free some, name another folder in TMPDIR, or lower MMM_MAX_UPLOAD_MB.")
        return
    yield ok(f"{folder} has {_size(free)} left for files that are worked on.")


def look_at_state(subject: Subject) -> Iterator[Finding]:
    """The folder of a server on one machine: there is no other copy but a backup."""
    if not (named := subject.environment.get("MMM_EMBEDDED_STATE", "")):
        yield skipped("No state is kept on this machine: it is in the bucket.")
        return
    folder = Path(named)
    if problem := _unwritable(folder):
        fix = f"See who owns it and what is mounted: ls -ld {folder}; df {folder}"
        yield failed(f"The state cannot be written to {folder} ({problem}).", fix)
        return
    open_to_others = [path for path in (folder, *_private(folder)) if stat.S_IMODE(path.stat().st_mode) & 0o077]
    for path in open_to_others:
        mode = "700" if path.is_dir() else "600"
        yield failed(f"Others on this machine can look into {path}.", f"chmod {mode} {path}")
    free = shutil.disk_usage(folder).free
    if free < TOO_LITTLE:
        yield failed(f"{folder} has {_size(free)} left: writes are about to fail.", f"Free some: du -sh {folder}/*")
    elif free < LITTLE:
        yield warning(f"{folder} has {_size(free)} left.", f"Free some soon: du -sh {folder}/*")
    elif not open_to_others:
        yield ok(f"{folder} can be written, is closed to others, and has {_size(free)} left.")


def _private(folder: Path) -> list[Path]:
    """What holds secrets."""
    return [path for path in (folder / "secrets", *sorted((folder / "secrets").glob("*"))) if path.exists()]


def _unwritable(folder: Path) -> str:
    """Why nothing can be written there; nothing if it can. Tried: a mode does not say whether a disk is full."""
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".doctor-") as file:
            file.write(b"probe" * 1000)
            file.flush()
    except OSError as error:
        return error.strerror or type(error).__name__
    return ""


def _size(size: int) -> str:
    return f"{size / GIGABYTE:.1f} GB" if size >= GIGABYTE else f"{size / 1_000_000:.0f} MB"


CHECKS = (Check("disk", look_at_work), Check("state folder", look_at_state))
