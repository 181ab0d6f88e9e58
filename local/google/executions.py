"""Executions of the training job: real processes, watched, stopped and remembered on disk."""

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from uuid import uuid4

GRACE_SECONDS = 8.0
TICK_SECONDS = 0.1
# A process begins its work only once it is on record: whatever dies in between, none runs that nobody knows of.
BEGIN = ("/bin/sh", "-c", 'read -r word && exec "$0" "$@" </dev/null')


@dataclass(frozen=True)
class Process:
    """One execution with its single task. `pid` and `started` (boot, and time since) name a process for good."""

    name: str
    env: dict[str, str]
    created: float
    timeout: float
    pid: int = 0
    started: str = ""
    completed: float = 0.0
    exit_code: int | None = None
    term_signal: int = 0
    cancelled: bool = False
    message: str = ""
    reason: str = ""
    """Why it could not start, as Cloud Run names it, such as CONTAINER_MISSING."""

    @property
    def succeeded(self) -> bool:
        return bool(self.completed) and not self.cancelled and self.exit_code == 0


@dataclass
class Executions:
    """Starts processes and keeps track of them across restarts of this server."""

    folder: Path
    command: list[str]
    env: dict[str, str]
    cwd: Path
    says: Callable[[], str] = field(default=lambda: "")
    """What is said of the next execution that fails, where something was planted."""
    _children: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)
    _kill_at: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        (self.folder / "logs").mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._db = sqlite3.connect(self.folder / "run.sqlite", check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("CREATE TABLE IF NOT EXISTS executions (name TEXT PRIMARY KEY, created REAL, body TEXT)")

    def start(self, job: str, env: dict[str, str], timeout: float) -> Process:
        """Start one execution of `job` with `env` merged over the job's own: `MMM_*` only (`overrides.py`)."""
        name = _new_name(job)
        process = Process(name=name, env=env, created=time.time(), timeout=timeout)
        short = name.rsplit("/", 1)[1]
        known = {"CLOUD_RUN_JOB": job.rsplit("/", 1)[1], "CLOUD_RUN_EXECUTION": short, "CLOUD_RUN_TASK_INDEX": "0"}
        with (self.folder / "logs" / f"{short}.log").open("ab") as log:
            child = subprocess.Popen(
                [*BEGIN, *self.command],
                cwd=self.cwd,
                env={**os.environ, **self.env, **env, **known},
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        with self._lock:
            self._children[name] = child
            process = replace(process, pid=child.pid, started=_start_time(child.pid))
            self._save(process)
        assert child.stdin is not None
        with contextlib.suppress(BrokenPipeError), child.stdin:
            child.stdin.write(b"begin\n")
        return process

    def cannot_start(self, job: str, env: dict[str, str], timeout: float, *, reason: str, message: str) -> Process:
        """An execution of which no container ever comes: its image is missing, say."""
        now = time.time()
        made = Process(name=_new_name(job), env=env, created=now, timeout=timeout, completed=now)
        made = replace(made, reason=reason, message=message)
        with self._lock:
            self._save(made)
        return made

    def find(self, name: str) -> Process | None:
        with self._lock:
            row = self._db.execute("SELECT body FROM executions WHERE name = ?", (name,)).fetchone()
        return Process(**json.loads(row[0])) if row else None

    def newest_first(self) -> list[Process]:
        with self._lock:
            rows = self._db.execute("SELECT body FROM executions ORDER BY created DESC, rowid DESC").fetchall()
        return [Process(**json.loads(row[0])) for row in rows]

    def running(self) -> list[Process]:
        """The executions that are not over."""
        with self._lock:
            rows = self._db.execute(
                "SELECT body FROM executions WHERE json_extract(body, '$.completed') = 0 ORDER BY created"
            ).fetchall()
        return [Process(**json.loads(row[0])) for row in rows]

    def cancel(self, name: str) -> Process | None:
        """Ask an execution to end: SIGTERM now, SIGKILL after a grace period."""
        with self._lock:
            process = self.find(name)
            if process and not process.completed and not process.cancelled:
                process = replace(process, cancelled=True, message="The execution was cancelled.")
                self._save(process)
                self._signal(process, signal.SIGTERM)
        return process

    def look(self) -> None:
        """Notice what ended, what runs too long, and what did not obey SIGTERM."""
        with self._lock:
            now = time.time()
            for process in self.running():
                if (code := self._ended(process)) is not None:
                    # What it started must not work on beside its successor.
                    _kill_rest(process)
                    self._save(_finished(process, code, now, self.says))
                    self._children.pop(process.name, None)
                elif self._kill_at.get(process.name, now + 1) <= now:
                    self._signal(process, signal.SIGKILL)
                elif now - process.created > process.timeout and process.name not in self._kill_at:
                    self._save(replace(process, message="The task ran longer than its timeout."))
                    self._signal(process, signal.SIGTERM)

    def stop(self) -> None:
        """End every child with this server: the machine goes down, and its executions with it."""
        with self._lock:
            for process in self.running():
                self._signal(process, signal.SIGTERM)
        until = time.time() + GRACE_SECONDS
        while time.time() < until and self.running():
            self.look()
            time.sleep(TICK_SECONDS)
        for process in self.running():
            self._signal(process, signal.SIGKILL)
        self._db.close()

    def _ended(self, process: Process) -> int | None:
        """The exit status of an ended process (negative: killed by that signal), None while it runs."""
        child = self._children.get(process.name)
        if child is not None:
            return child.poll()
        # Started by an earlier server: alive only if the pid still is that very process.
        return None if _is_alive(process) else -signal.SIGKILL

    def _signal(self, process: Process, number: int) -> None:
        self._kill_at.setdefault(process.name, time.time() + GRACE_SECONDS)
        if _is_alive(process):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, number)

    def _save(self, process: Process) -> None:
        row = (process.name, process.created, json.dumps(asdict(process)))
        self._db.execute("INSERT OR REPLACE INTO executions VALUES (?, ?, ?)", row)


def _new_name(job: str) -> str:
    return f"{job}/executions/{job.rsplit('/', 1)[1]}-{uuid4().hex[:8]}"


def _finished(process: Process, code: int, now: float, says: Callable[[], str]) -> Process:
    """As it ended. The service names no exit code and no signal in words: they stand in the result of the task."""
    killed = -code if code < 0 else 0
    message = process.message or (says() if code else "")
    return replace(
        process,
        completed=now,
        exit_code=None if killed else code,
        term_signal=killed,
        message=message or ("" if code == 0 else "The container exited with an error."),
    )


def _is_alive(process: Process) -> bool:
    """Whether the pid still is that very process: numbers are given out again, after a reboot from the start."""
    return bool(process.started) and _start_time(process.pid) == process.started


def _start_time(pid: int) -> str:
    """When the kernel started `pid`, or "" if there is no such process (a zombie counts as none)."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        fields = _stat(pid)
    except OSError:
        return ""
    return "" if fields[0] == "Z" else f"{boot}/{fields[19]}"


def _kill_rest(process: Process) -> None:
    """Kill what an ended execution left in its process group: known by the group and by the name in its environment."""
    mark = f"CLOUD_RUN_EXECUTION={process.name.rsplit('/', 1)[1]}".encode()
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if _stat(int(entry.name))[2] == str(process.pid) and mark in (entry / "environ").read_bytes().split(b"\0"):
                os.kill(int(entry.name), signal.SIGKILL)


def _stat(pid: int) -> list[str]:
    """The kernel's words on a process, from its state on. Raises OSError if there is none."""
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
