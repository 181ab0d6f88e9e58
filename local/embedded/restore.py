"""`mmm restore`: a state folder out of a backup, verified against its objects before it is there at all."""

import contextlib
import json
import shutil
import sqlite3
from pathlib import Path

from engine.errors import BadInput, BadSettings
from local.embedded.archive import RUN, unpack
from local.embedded.backup import Counted
from local.embedded.folder import Folder, keep, stay_out_of_git
from local.embedded.sound import check_sound
from local.google.bytes_of import sync

OF_A_MACHINE = ("port", "env_file")


def restore(source: Path, state: Path) -> Counted:
    """Make a state folder from a backup. Raises BadInput, BrokenState; an unsound backup leaves nothing behind."""
    state = state.resolve()
    if state.exists() and not state.is_dir():
        raise BadInput(f"{state} is no folder.", "Name a new folder.")
    if state.exists() and any(state.iterdir()):
        raise BadInput(f"{state} is not empty.", "Name a new folder; nothing is ever restored over a state.")
    partial = state.with_name(f".{state.name}.partial")
    made = [folder for folder in state.parents if not folder.exists()]
    shutil.rmtree(partial, ignore_errors=True)
    try:
        partial.mkdir(mode=0o700, parents=True)
        stay_out_of_git(partial)
        found = unpack(source, partial)
        check_sound(source, partial, found)
        _end_trainings(partial / RUN)
        _forget_the_machine(Folder(partial))
        if state.exists():
            state.rmdir()
        partial.rename(state)
        sync(state.parent)
    except OSError as error:
        raise BadSettings(f"{state} could not be written.", "Is the disk full?", detail=str(error)) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        if not state.exists():
            for folder in made:
                with contextlib.suppress(OSError):
                    folder.rmdir()
    return Counted(len(found), sum(one.size for one in found.values()))


def _forget_the_machine(folder: Folder) -> None:
    """Forget where the server ran, and with which file: here it has not started yet."""
    known = {name: value for name, value in folder.read().items() if name not in OF_A_MACHINE}
    keep(folder.about, json.dumps(known, indent=1).encode())


def _end_trainings(database: Path) -> None:
    """Disown the processes of trainings that ran when the backup was taken: they belong to the server it came from.

    Their executions count as lost, so that the runs are tried again here.
    """
    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as opened:
        opened.execute(
            "UPDATE executions SET body = json_set(body, '$.pid', 0, '$.started', '') "
            "WHERE json_extract(body, '$.completed') = 0"
        )
