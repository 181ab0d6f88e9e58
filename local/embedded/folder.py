"""The folder that holds a team's whole state: what is in it, and who may use it now."""

import fcntl
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from engine.errors import BadSettings, BrokenState
from local.google.identity import KEY_FILE
from local.guard import new_word, read_word

# 2: objects may have a custom time, or be composed. What was kept as 1 is read, and goes on as 2.
FORMAT = 2
# Parts of a server that was killed need this long to notice and to end their trainings.
WAIT_SECONDS = 30.0


@dataclass(frozen=True)
class Folder:
    """One state folder; nobody but its owner can look into it."""

    path: Path

    @property
    def about(self) -> Path:
        """What the folder is: format and workspace, and where it moved to."""
        return self.path / "embedded.json"

    @property
    def secrets(self) -> Path:
        return self.path / "secrets"

    @property
    def google(self) -> Path:
        return self.path / "google"

    @property
    def word(self) -> Path:
        """What callers of its servers must know."""
        return self.google / "word"

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    def prepare(self) -> None:
        """Make what is missing, for the owner alone. Raises BadSettings where the folder cannot be used."""
        try:
            for folder in (self.path, self.secrets, self.google, self.logs):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.path.chmod(0o700)
            stay_out_of_git(self.path)
        except OSError as error:
            todo = "Choose a folder that you own, with --state."
            raise BadSettings(f"The state cannot be kept in {self.path}.", todo, detail=str(error)) from error

    def the_word(self) -> str:
        """The word that its servers ask for; made before they first run. Raises BadSettings where it keeps none out."""
        if not self.word.exists():
            key = self.google / KEY_FILE
            if key.exists():
                todo = f"Put it back; or remove {key}, too: both are then made anew."
                raise BadSettings(f"The word of this server is missing: there is no {self.word}.", todo)
            keep(self.word, new_word().encode())
        return read_word(self.word)

    def read(self) -> dict[str, Any]:
        """Return what the folder says about itself, {} where it is new. Raises BadSettings, BrokenState."""
        try:
            known: dict[str, Any] = json.loads(self.about.read_text())
        except FileNotFoundError:
            return {}
        except ValueError as error:
            raise BrokenState(f"{self.about} cannot be read.", "Restore a backup.", detail=str(error)) from error
        if known.get("format", 0) > FORMAT:
            raise BadSettings(f"{self.path} was made by a newer release.", "Install that release.")
        return known

    def write(self, **changes: Any) -> None:
        """Note something about the folder."""
        keep(self.about, json.dumps({**self.read(), "format": FORMAT, **changes}, indent=1).encode())

    def lock(self, *, wait: float = 0.0, waiting: Callable[[], None] = lambda: None) -> IO[str]:
        """Take the folder for this process and those it hands the open file to, for as long as any of them lives.

        Raises BadSettings while another server has it, after `wait` seconds.
        """
        handle = (self.path / "lock").open("a+")
        until, told = time.monotonic() + wait, False
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    handle.seek(0)
                    owner = handle.read().strip()
                    handle.close()
                    raise BadSettings(
                        f"Another server uses {self.path} (process {owner}).", "Stop it, or choose another --state."
                    ) from None
            if not told:
                told = True
                waiting()
            time.sleep(0.2)
        handle.seek(0)
        handle.truncate()
        handle.write(str(os.getpid()))
        handle.flush()
        return handle


def stay_out_of_git(folder: Path) -> None:
    """Have git ignore the folder, wherever it lies and whatever it is called: it holds a team's data and tokens."""
    keep(folder / ".gitignore", b"*\n")


def keep(path: Path, data: bytes) -> None:
    """Write a small file for its owner's eyes, whole or not at all, also through a power cut."""
    new = path.with_name(f".{path.name}.new")
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
