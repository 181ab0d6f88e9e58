"""`mmm local`: the stand-ins and the two services, started together and kept running.

Every part is a process of its own, as in production, so that any of them can be killed alone. State
stands under one folder; stopping and starting again loses nothing.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.errors import BadSettings
from engine.robyn.installed import missing
from local import seed
from local.addresses import Addresses
from local.environment import job_environment, service_environment, state_folders

START_SECONDS = 60.0
STOP_SECONDS = 10.0


@dataclass(frozen=True)
class Part:
    """One process: its name, what it runs, its settings and where it answers."""

    name: str
    command: list[str]
    environment: dict[str, str]
    address: str


def parts(state: Path, at: Addresses, repository: Path, trainers: Sequence[str] = ("native",)) -> list[Part]:
    """Everything that `mmm local` starts, in the order it is started. trainers: offered in the experiment form."""
    folders = state_folders(state)
    keys = seed.prepare(folders, job_environment(at))
    python = [sys.executable, "-m"]
    services = service_environment(at, trainers)

    def port(address: str) -> list[str]:
        return ["--port", address.rsplit(":", 1)[1]]

    def given(name: str, address: str) -> list[str]:
        return ["--state", str(folders[name]), *port(address)]

    return [
        Part(
            "google",
            [*python, "local.google", *given("google", at.google), "--job-env", str(keys.job_environment)],
            {},
            at.google,
        ),
        Part(
            "snowflake",
            [
                *(*python, "local.snowflake", *given("snowflake", at.snowflake)),
                *("--user", keys.snowflake_user, "--public-key", str(keys.snowflake_public)),
            ],
            {},
            at.snowflake,
        ),
        Part("worker", [sys.executable, "-m", "bot.cli", "serve", "worker", *port(at.worker)], services, at.worker),
        Part("bot", [sys.executable, "-m", "bot.cli", "serve", "bot", *port(at.bot)], services, at.bot),
        Part(
            "slack",
            [
                *(*python, "local.slack", *given("slack", at.slack), "--app-url", at.bot),
                *("--manifest", str(repository / "app_manifest.yaml")),
            ],
            {},
            at.slack,
        ),
    ]


class Stack:
    """The running parts. A part that dies is started again, as Cloud Run would."""

    def __init__(self, state: Path, at: Addresses, trainers: Sequence[str] = ("native",)) -> None:
        self.state = state.resolve()
        self.at = at
        self.repository = Path(__file__).resolve().parent.parent
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.parts = {part.name: part for part in parts(self.state, at, self.repository, trainers)}

    def start(self) -> None:
        """Start every part and wait until all answer. Raises BadSettings naming the one that does not."""
        for part in self.parts.values():
            if _answers(part.address):
                raise BadSettings(
                    f"Something already answers at {part.address}.",
                    "Stop the other `mmm local`, or choose other ports with --port.",
                )
        for name in self.parts:
            self.start_part(name)
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        """Wait until every part answers. Raises BadSettings naming the one that does not."""
        deadline = time.monotonic() + START_SECONDS
        for name, part in self.parts.items():
            while not _answers(part.address):
                if self.processes[name].poll() is not None or time.monotonic() > deadline:
                    raise BadSettings(f"The local {name} did not start.", f"Its log: {self.log(name)}")
                time.sleep(0.1)

    def start_part(self, name: str) -> None:
        """Start one part; its output goes to its log."""
        part = self.parts[name]
        with self.log(name).open("ab") as log:
            self.processes[name] = subprocess.Popen(
                part.command,
                cwd=self.repository,
                env={**os.environ, **part.environment},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )

    def log(self, name: str) -> Path:
        """Where a part's output is written."""
        return self.state / "logs" / f"{name}.log"

    def watch(self) -> None:
        """Start again whatever has died; returns only by an exception such as KeyboardInterrupt."""
        while True:
            time.sleep(0.5)
            for name, process in self.processes.items():
                if process.poll() is not None:
                    print(f"The local {name} ended with {process.returncode}; starting it again.", flush=True)
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
        """End every part, the services first, so that no request meets a closed stand-in."""
        for name in ("bot", "worker", "slack", "snowflake", "google"):
            if name in self.processes:
                self.stop_part(name)


@contextlib.contextmanager
def running(state: Path, at: Addresses, trainers: Sequence[str] = ("native",)) -> Iterator[Stack]:
    """Run the whole stack until the block ends."""
    stack = Stack(state, at, trainers)
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()


def run(state: Path, base: int) -> None:
    """Run the stack for a person, until Ctrl-C or SIGTERM."""
    signal.signal(signal.SIGTERM, _interrupt)
    trainers = ("native",) if missing() else ("native", "robyn")
    with contextlib.suppress(KeyboardInterrupt), running(state, Addresses(base), trainers) as stack:
        print(f"\n  Your Slack is at {stack.at.slack}\n", flush=True)
        print("  Type /mmm in #marketing to start. Ctrl-C stops; state stays in", stack.state, flush=True)
        stack.watch()


def _interrupt(signum: int, frame: object) -> None:
    raise KeyboardInterrupt


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/health", timeout=1) as reply:
            return bool(reply.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _die_with_parent() -> None:
    """Ask Linux to end this child when its parent dies, however it dies; elsewhere, do nothing."""
    set_death_signal = 1
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(set_death_signal, signal.SIGTERM)
