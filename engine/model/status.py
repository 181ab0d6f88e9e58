"""`status.json`: how far the training is, for whoever watches the folder."""

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

EVERY = 1.0


@dataclass
class Status:
    """Writes the file at most once a second, and at each change of phase. A reader never sees half a file.

    `trial` and `iteration` count finished work as if trials ran one after the other, also where they do not.
    """

    path: Path
    trials: int
    iterations: int
    clock: Callable[[], float] = time.monotonic
    phase: str = "reading"
    done: int = 0
    nrmse: float | None = None
    rssd: float | None = None
    started: float = field(init=False)
    written: float = field(init=False)

    def __post_init__(self) -> None:
        self.started = self.clock()
        self.written = self.started - EVERY

    def enter(self, phase: str) -> None:
        """Begin a phase: reading, decomposing, searching, selecting, writing, done."""
        self.phase = phase
        self._write()

    def told(self, done: int, nrmse: float, rssd: float) -> None:
        """Take note of `done` candidates in all and the best errors so far."""
        self.done, self.nrmse, self.rssd = done, _finite(nrmse), _finite(rssd)
        if self.clock() - self.written >= EVERY:
            self._write()

    def _write(self) -> None:
        last = max(self.done - 1, 0)
        body = {
            "phase": self.phase,
            "trial": last // self.iterations + 1,
            "trials": self.trials,
            "iteration": last % self.iterations + 1 if self.done else 0,
            "iterations": self.iterations,
            "nrmse": self.nrmse,
            "rssd": self.rssd,
            "seconds": round(self.clock() - self.started, 1),
        }
        half = self.path.with_suffix(".part")
        half.write_text(json.dumps(body))
        os.replace(half, self.path)
        self.written = self.clock()


def _finite(value: float) -> float | None:
    return value if value < float("inf") else None
