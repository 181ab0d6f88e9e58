"""Finished trials of a run in the bucket: a container that is lost costs the trial it was at, not those before."""

import logging
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
    """Keeps a trainer's folder of trials in the bucket, under `prefix`. What is kept is a help, never a condition.

    `names` are those of the trainer's files: each trainer has its own, so that one run may hold both.
    The trainer itself tells whether a trial belongs to its training; nothing here needs to be checked.
    """

    storage: Storage
    prefix: str
    folder: Path
    names: str = "trial_*.npz"
    there: set[str] = field(default_factory=set)

    def fetch(self) -> None:
        """Bring what earlier attempts kept."""
        try:
            for entry in self.storage.list(self.prefix):
                name = entry.path.removeprefix(self.prefix)
                if fnmatch(name, self.names):
                    self._fetch(entry.path, name)
        except MmmError as error:
            log.warning("trials of earlier attempts are not used: %s %s", error.what, error.detail)
        if self.there:
            log.info("%d trials of earlier attempts are here", len(self.there))

    def keep(self) -> None:
        """Keep what has been finished since the last call."""
        for path in self._finished():
            try:
                self.storage.put_file(f"{self.prefix}{path.name}", path)
            except AlreadyExists:
                log.info("%s was kept by another attempt", path.name)
            self.there.add(path.name)

    def clear(self) -> None:
        """Forget all trials: the run has its result."""
        try:
            for entry in list(self.storage.list(self.prefix)):
                self.storage.delete(entry.path)
        except MmmError as error:
            log.warning("kept trials were not deleted: %s %s", error.what, error.detail)

    def _fetch(self, path: str, name: str) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            self.storage.get_file(path, self.folder / name)
        except (MmmError, OSError):
            # Half a trial helps nobody, and takes room.
            with suppress(OSError):
                (self.folder / name).unlink(missing_ok=True)
            raise
        self.there.add(name)

    def _finished(self) -> Iterable[Path]:
        return (path for path in sorted(self.folder.glob(self.names)) if path.name not in self.there)
