"""Processes started together and kept running; one that dies is started again, as Cloud Run would.

Every part is a process of its own, as in production, so that any of them can be killed alone.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.errors import BadSettings

START_SECONDS = 120.0
STOP_SECONDS = 20.0
# A part that dies sooner than this after its start waits a while before the next one.
SOON_SECONDS = 5.0
LARGEST_LOG = 20_000_000


@dataclass(frozen=True)
class Part:
    """One process: its name, what it runs, its settings and where it answers."""

    name: str
    command: list[str]
    environment: dict[str, str]
    address: str


class Supervisor:
    """The running parts, started in the order given.

    stop_order: the services first, so that no request meets a closed stand-in. environment: what every part is
    told besides its own. keep: file descriptors that stay open as long as any part lives.
    """

    def __init__(
        self,
        parts: Sequence[Part],
        *,
        logs: Path,
        stop_order: Sequence[str],
        environment: Mapping[str, str] | None = None,
        keep: Sequence[int] = (),
    ) -> None:
        self.parts = {part.name: part for part in parts}
        self.logs = logs
        self.repository = Path(__file__).resolve().parent.parent
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._stop_order = stop_order
        self._environment = environment
        self._keep = tuple(keep)
        self._not_before: dict[str, float] = {}

    def start(self) -> None:
        """Start every part and wait until all answer. Raises BadSettings naming the one that does not."""
        for part in self.parts.values():
            if answers(part.address):
                raise BadSettings(
                    f"Something already answers at {part.address}.",
                    "Stop the other server, or choose other ports with --port.",
                )
        for name in self.parts:
            self.start_part(name)
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        """Wait until every part answers. Raises BadSettings naming the one that does not."""
        deadline = time.monotonic() + START_SECONDS
        for name, part in self.parts.items():
            while not answers(part.address):
                if self.processes[name].poll() is not None or time.monotonic() > deadline:
                    raise BadSettings(f"The local {name} did not start.", f"Its log: {self.log(name)}")
                time.sleep(0.1)

    def start_part(self, name: str) -> None:
        """Start one part; its output goes to its log."""
        part = self.parts[name]
        log = self.log(name)
        if log.exists() and log.stat().st_size > LARGEST_LOG:
            log.replace(log.with_suffix(".old.log"))
        environment = os.environ if self._environment is None else self._environment
        self._not_before[name] = time.monotonic() + SOON_SECONDS
        with log.open("ab") as output:
            self.processes[name] = subprocess.Popen(
                part.command,
                cwd=self.repository,
                env={**environment, **part.environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=self._keep,
                preexec_fn=_die_with_parent,
            )

    def log(self, name: str) -> Path:
        """Where a part's output is written."""
        return self.logs / f"{name}.log"

    def watch(self, each_time: Callable[[], None] = lambda: None) -> None:
        """Start again whatever has died; returns only by an exception such as KeyboardInterrupt."""
        told: set[int] = set()
        while True:
            each_time()
            time.sleep(0.5)
            for name, process in self.processes.items():
                if process.poll() is None:
                    continue
                if process.pid not in told:
                    told.add(process.pid)
                    print(f"The local {name} ended with {process.returncode}; starting it again.", flush=True)
                if time.monotonic() > self._not_before[name]:
                    self.start_part(name)

    def stop_part(self, name: str, how: int = signal.SIGTERM) -> None:
        """End one part and wait for it."""
        process = self.processes[name]
        if process.poll() is None:
            process.send_signal(how)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def stop(self) -> None:
        """End every part."""
        for name in self._stop_order:
            if name in self.processes:
                self.stop_part(name)


def answers(address: str, path: str = "/health") -> bool:
    """Whether a service answers there and is well."""
    try:
        with urllib.request.urlopen(f"{address}{path}", timeout=1) as reply:
            return bool(reply.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def interrupt(signum: int, frame: object) -> None:
    """Make a signal end the program as Ctrl-C does."""
    raise KeyboardInterrupt


def _die_with_parent() -> None:
    """Ask Linux to end this child when its parent dies, however it dies; elsewhere, do nothing."""
    set_death_signal = 1
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(set_death_signal, signal.SIGTERM)
