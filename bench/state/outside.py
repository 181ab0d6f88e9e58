"""Time, tasks and trainings of a product whose every step is taken in order: nothing waits, nothing happens at once."""

import heapq
import itertools
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_hex
from threading import Lock
from typing import Any

from engine.cloud.jobs import Execution
from engine.cloud.tasks import Attempts
from engine.errors import Refused
from local import workspace

# Whatever is done takes a moment: no two things happen at the same time.
TICK = timedelta(milliseconds=1)
# What a container takes from being asked for to its end, in a quick run: less than the first look at it waits.
TRAINING = timedelta(seconds=8)
EXECUTION = (
    f"projects/{workspace.PROJECT}/locations/{workspace.REGION}/jobs/{workspace.JOB}/executions/{workspace.JOB}-"
)


class VirtualClock:
    """Time that begins now, goes on by a moment whenever it is asked for, and jumps to what is due next."""

    def __init__(self) -> None:
        self._at = datetime.now(UTC)
        self._lock = Lock()

    def now(self) -> datetime:
        with self._lock:
            self._at += TICK
            return self._at

    def stamp(self) -> str:
        return f"{self.now():%Y%m%dT%H%M%SZ}-{token_hex(2)}"

    def wait_until(self, at: datetime) -> None:
        with self._lock:
            self._at = max(self._at, at)


@dataclass(order=True)
class Task:
    """One queued step, the next due first."""

    due: datetime
    number: int
    step: str = field(compare=False)
    payload: dict[str, Any] = field(compare=False)
    key: str = field(compare=False)
    tried: int = field(default=0, compare=False)


class VirtualTasks:
    """The surface of engine.cloud.tasks.Tasks: named tasks, whose names are never free again."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._numbers = itertools.count(1)
        self._names: set[str] = set()
        self._lock = Lock()
        self.waiting: list[Task] = []

    def enqueue(self, queue: str, step: str, payload: Mapping[str, Any], *, key: str, delay: float = 0.0) -> None:
        due = self._clock.now() + timedelta(seconds=delay)
        with self._lock:
            if key not in self._names:
                self._names.add(key)
                heapq.heappush(self.waiting, Task(due, next(self._numbers), step, dict(payload), key))

    def again(self, task: Task) -> None:
        """A task that failed comes again, a little later."""
        due = self._clock.now() + timedelta(seconds=1)
        with self._lock:
            heapq.heappush(self.waiting, Task(due, task.number, task.step, task.payload, task.key, task.tried + 1))

    def next(self) -> Task | None:
        """Take the task that is due next; time goes on until it is."""
        with self._lock:
            task = heapq.heappop(self.waiting) if self.waiting else None
        if task is not None:
            self._clock.wait_until(task.due)
        return task

    def due(self) -> bool:
        """Whether a task is due already."""
        return bool(self.waiting) and self.waiting[0].due <= self._clock.now()

    def attempts(self, queue: str, key: str) -> Attempts | None:
        found = next((task for task in self.waiting if task.key == key), None)
        return Attempts(found.tried, "") if found else None

    def forget(self, queue: str, key: str) -> None:
        with self._lock:
            self.waiting = [task for task in self.waiting if task.key != key]
            heapq.heapify(self.waiting)


@dataclass
class Trainings:
    """The surface of engine.cloud.jobs.Jobs: executions that are processes, run to their end when they are waited for.

    refuses: whether Cloud Run refuses to start any.
    """

    clock: VirtualClock
    env: dict[str, str]
    folder: Path
    sent: Counter[str]
    refuses: bool = False
    waiting: list[str] = field(default_factory=list)
    known: dict[str, Execution] = field(default_factory=dict)

    def run(self, env: dict[str, str], timeout: int) -> str:
        if self.refuses:
            raise Refused("The training could not be started.", "Ask whoever runs this service.")
        name = f"{EXECUTION}{len(self.known) + 1:05d}"
        self.known[name] = Execution(name, "RUNNING", self.clock.now(), env=dict(env))
        self.waiting.append(name)
        return name

    def execution(self, name: str) -> Execution | None:
        return self.known.get(name)

    def find(self, env: dict[str, str], since: datetime) -> Execution | None:
        found = [one for one in self.known.values() if one.created >= since and env.items() <= one.env.items()]
        return found[-1] if found else None

    def cancel(self, name: str) -> None:
        self._ends(name, "CANCELLED")
        self.waiting = [one for one in self.waiting if one != name]

    def train(self) -> dict[str, str]:
        """Run the execution that waits longest to its end; returns what it was told by its environment."""
        name = self.waiting.pop(0)
        one, counted = self.known[name], self.folder / "sent"
        known = {"CLOUD_RUN_JOB": workspace.JOB, "CLOUD_RUN_EXECUTION": name.rpartition("/")[2]}
        with (self.folder / f"{known['CLOUD_RUN_EXECUTION']}.log").open("wb") as log:
            # The worker is told by whoever took these steps apart, so that what follows is a step of its own.
            env = {**os.environ, **self.env, **one.env, **known, "MMM_WORKER_URL": ""}
            command = [sys.executable, "-m", "bench.state.training", str(counted)]
            code = subprocess.run(command, env=env, stdout=log, stderr=subprocess.STDOUT, check=False).returncode
        self.sent["job"] += int(counted.read_text())
        self.clock.wait_until(one.created + TRAINING)
        self._ends(name, "FAILED" if code else "SUCCEEDED")
        return one.env

    def _ends(self, name: str, state: Any) -> None:
        one = self.known[name]
        self.known[name] = Execution(name, state, one.created, env=one.env)
