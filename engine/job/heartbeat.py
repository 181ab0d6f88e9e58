"""`status.json` in the bucket: how far the training is, and that somebody still works on it.

A trainer may be silent for minutes and be well. So the container signs with the time, again and again, also
where the trainer said nothing new: no sign for long means that the container is gone, not that Robyn is busy.
"""

import json
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.clock import Clock, SystemClock
from engine.cloud.storage import Storage
from engine.errors import MmmError, Unavailable

log = logging.getLogger("training_job")


@dataclass
class Heartbeat:
    """Copies the trainer's status to `path` in the bucket when it changed, and every `every` seconds in any case.

    `at` is when the container last signed, `changed_at` when the trainer last had something to say.
    """

    storage: Storage
    path: str
    trainer: str
    source: Path
    every: float
    clock: Clock = field(default_factory=SystemClock)
    told: dict[str, Any] = field(default_factory=lambda: {"phase": "starting"})
    changed_at: str = ""
    beaten: float = float("-inf")

    def beat(self, *, last: bool = False) -> None:
        """Sign, if it is time to. Progress is worth less than the training: storage that fails is no failure."""
        now = self.clock.now().isoformat()
        told = self._read()
        changed = told is not None and told != self.told
        if told is not None and changed:
            self.told = told
        if changed or not self.changed_at:
            self.changed_at = now
        if not (changed or last) and time.monotonic() - self.beaten < self.every:
            return
        try:
            signed = {"trainer": self.trainer, "at": now, "changed_at": self.changed_at}
            self.storage.replace(self.path, {**self.told, **signed})
        except Unavailable as error:
            log.warning("progress is not shown: %s %s", error.what, error.detail)
            self.beaten = float("-inf")  # with the next look, then
            return
        self.beaten = time.monotonic()

    def _read(self) -> dict[str, Any] | None:
        """What the trainer says; None before its first word, and where it is caught in the midst of one."""
        try:
            told = json.loads(self.source.read_text())
        except (OSError, ValueError):
            return None
        return told if isinstance(told, dict) else None


@contextmanager
def beating(storage: Storage, path: str, trainer: str, phase: str, every: float) -> Iterator[None]:
    """Sign for work of our own, which writes no status, until the block ends."""
    over, clock = threading.Event(), SystemClock()
    began = clock.now().isoformat()

    def sign() -> None:
        while True:
            told = {"phase": phase, "trainer": trainer, "at": clock.now().isoformat(), "changed_at": began}
            try:
                storage.replace(path, told)
            except MmmError as error:
                log.warning("progress is not shown: %s %s", error.what, error.detail)
            if over.wait(every):
                return

    signing = threading.Thread(target=sign, daemon=True)
    signing.start()
    try:
        yield
    finally:
        over.set()
        signing.join()
