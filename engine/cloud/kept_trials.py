"""Finished trials of a run in the bucket: a container that is lost costs the trial it was at, not those before.

A training of less than a minute has nothing worth keeping, and what was never kept needs no looking for.
"""

import logging
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

from engine.cloud.storage import Storage
from engine.errors import AlreadyExists, MmmError

log = logging.getLogger(__name__)


@dataclass
class KeptInBucket:
    """Keeps trainers' folders of trials in the bucket, under `prefix`. What is kept is a help, never a condition.

    before: whether an earlier container of the run may have kept some. after: seconds of this one's life before it
    keeps any. `names` are those of a trainer's files: each trainer has its own, so that one run may hold both. The
    trainer itself tells whether a trial belongs to its training; nothing here needs to be checked.
    """

    storage: Storage
    prefix: str
    before: bool = True
    after: float = 0.0
    there: set[str] = field(default_factory=set)
    began: float = field(default_factory=time.monotonic)
    known: bool = False

    def __post_init__(self) -> None:
        self.known = not self.before

    def fetch(self, folder: Path, names: str) -> None:
        """Bring what earlier containers kept of a trainer into its folder."""
        if not self.before:
            return
        brought = 0
        try:
            self._list()
            for name in sorted(self.there):
                if fnmatch(name, names):
                    self._fetch(name, folder)
                    brought += 1
        except MmmError as error:
            log.warning("trials of earlier attempts are not used: %s %s", error.what, error.detail)
        if brought:
            log.info("%d trials of earlier attempts are here", brought)

    def keep(self, folder: Path, names: str) -> None:
        """Keep what has been finished since the last call."""
        if time.monotonic() - self.began < self.after:
            return
        for path in self._finished(folder, names):
            try:
                self.storage.put_file(f"{self.prefix}{path.name}", path, passing=True)
            except AlreadyExists:
                log.info("%s was kept by another attempt", path.name)
            self.there.add(path.name)

    def clear(self) -> None:
        """Forget all trials: the run has its result."""
        try:
            self._list()
            for name in sorted(self.there):
                self.storage.delete(f"{self.prefix}{name}")
            self.there.clear()
        except MmmError as error:
            log.warning("kept trials were not deleted: %s %s", error.what, error.detail)

    def _list(self) -> None:
        """Know what is there: by a listing where somebody before us may have kept something, once."""
        if not self.known:
            self.there |= {entry.path.removeprefix(self.prefix) for entry in self.storage.list(self.prefix)}
            self.known = True

    def _fetch(self, name: str, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            self.storage.get_file(f"{self.prefix}{name}", folder / name)
        except (MmmError, OSError):
            # Half a trial helps nobody, and takes room.
            with suppress(OSError):
                (folder / name).unlink(missing_ok=True)
            raise

    def _finished(self, folder: Path, names: str) -> Iterable[Path]:
        return (path for path in sorted(folder.glob(names)) if path.name not in self.there)
