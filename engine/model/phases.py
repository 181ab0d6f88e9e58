"""A training's phases: what it does now, how long each took, and what was said on the way."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from engine.model.status import Status


@dataclass
class Phases:
    """Keeps `status.json`, `timings.csv` and `robyn_console.log` of an OUT folder."""

    folder: Path
    status: Status
    begun: float = field(default_factory=time.perf_counter)
    durations: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        (self.folder / "robyn_console.log").write_text("")
        self.status.enter("reading")

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Enter a phase: reading, decomposing, searching, selecting, judging, writing."""
        began = time.perf_counter()
        self.status.enter(name)
        yield
        self.durations[name] = round(time.perf_counter() - began, 3)
        self.say(f"{name.capitalize()} took {self.durations[name]:.1f} s.")

    def finish(self) -> dict[str, float]:
        """Write `timings.csv` and return seconds by phase, and `total`."""
        durations = self.durations | {"total": round(time.perf_counter() - self.begun, 3)}
        lines = ["Step,Time (s)", *(f"{name},{seconds}" for name, seconds in durations.items())]
        (self.folder / "timings.csv").write_text("\n".join(lines) + "\n")
        return durations

    def say(self, text: str) -> None:
        """Add a line to the log."""
        with (self.folder / "robyn_console.log").open("a") as log:
            log.write(text.strip() + "\n")
