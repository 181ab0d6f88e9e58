"""`status.json` in the bucket: how far the training is, and that somebody still works on it.

A trainer may be silent for minutes and be well. So the container signs with the time, again and again, also
where the trainer said nothing new: no sign for long means that the container is gone, not that Robyn is busy.
"""

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.clock import Clock, SystemClock
from engine.cloud.storage import Storage
from engine.errors import Conflict, MmmError, Unavailable
from engine.runs.attempt import progress_line

log = logging.getLogger("training_job")


@dataclass
class Signed:
    """The status in the bucket as one container writes it: with one request, since nobody else does."""

    storage: Storage
    path: str
    generation: int | None = None

    def sign(self, body: Mapping[str, Any]) -> None:
        """Write it. Raises Unavailable."""
        line = progress_line(body)
        try:
            if self.generation is None:
                written = self.storage.create(self.path, body, line=line)
            else:
                written = self.storage.swap(self.path, body, self.generation, line=line)
        except Conflict:
            # This container's own earlier start wrote it, or a write of ours whose reply was lost.
            written = self.storage.replace(self.path, body, line=line)
        self.generation = written.generation


@dataclass
class Heartbeat:
    """Signs for a trainer: `news` seconds after the last time where there is something new, else after `every`.

    A training that is over before the first `news` seconds are signs nothing. In what is signed, `at` is when the
    container did it, `changed_at` when the trainer last had something to say.
    """

    status: Signed
    trainer: str
    source: Path
    every: float
    news: float
    clock: Clock = field(default_factory=SystemClock)
    seconds: Callable[[], float] = time.monotonic
    told: dict[str, Any] = field(default_factory=lambda: {"phase": "starting"})
    changed_at: str = ""
    unsaid: bool = True
    signed: float = 0.0

    def __post_init__(self) -> None:
        self.changed_at = self.clock.now().isoformat()
        self.signed = self.seconds()

    def beat(self, *, last: bool = False) -> None:
        """Sign, if it is time to. Progress is worth less than the training: storage that fails is no failure."""
        now, told = self.clock.now().isoformat(), self._read()
        if told is not None and told != self.told:
            self.told, self.changed_at, self.unsaid = told, now, True
        if not last and self.seconds() - self.signed < (self.news if self.unsaid else self.every):
            return
        try:
            self.status.sign({**self.told, "trainer": self.trainer, "at": now, "changed_at": self.changed_at})
            self.unsaid = False
        except Unavailable as error:
            log.warning("progress is not shown: %s %s", error.what, error.detail)
        self.signed = self.seconds()

    def _read(self) -> dict[str, Any] | None:
        """What the trainer says; None before its first word, and where it is caught in the midst of one."""
        try:
            told = json.loads(self.source.read_text())
        except (OSError, ValueError):
            return None
        return told if isinstance(told, dict) else None


@contextmanager
def beating(status: Signed, trainer: str, phase: str, every: float, news: float) -> Iterator[None]:
    """Sign for work of our own, which writes no status, until the block ends."""
    over, clock = threading.Event(), SystemClock()
    began = clock.now().isoformat()

    def sign() -> None:
        wait = news
        while not over.wait(wait):
            told = {"phase": phase, "trainer": trainer, "at": clock.now().isoformat(), "changed_at": began}
            try:
                status.sign(told)
            except MmmError as error:
                log.warning("progress is not shown: %s %s", error.what, error.detail)
            wait = every

    signing = threading.Thread(target=sign, daemon=True)
    signing.start()
    try:
        yield
    finally:
        over.set()
        signing.join()
