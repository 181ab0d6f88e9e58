"""The product over a store on the stand-in: bot and worker in this process, the store in one of its own.

Every step is taken by whoever holds this, one after the other, over real HTTP and with the real client of Storage.
"""

import contextlib
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast
from unittest import mock

import httpx
from google.auth.compute_engine import _metadata

from bench.state.meter import Meter, Request, counting
from bench.state.outside import Task, Trainings, VirtualClock, VirtualTasks
from bot.service import PATIENCE_SECONDS, create_app
from engine.cloud.cloud import Cloud
from engine.settings import read_settings
from local import seed, workspace
from local.addresses import Addresses
from local.environment import job_environment, service_environment, state_folders
from local.guard import SameOrigin
from local.person import Person
from local.serving import free_ports, serving
from local.slack.app import create_app as create_slack
from local.slack.slack import Slack

REPOSITORY = Path(__file__).resolve().parent.parent.parent
# What a laptop is told so that its trainings are looked at soon; a deployment is told nothing of it.
OF_A_LAPTOP = ("MMM_WATCH_SECONDS", "MMM_CLAIM_SETTLE", "MMM_START_TIMEOUT")
# What is counted here is requests: Slack waits longer than Slack would.
PATIENT = {
    "local.slack.transport.ACK_SECONDS": 60.0,
    "local.slack.state.tickets.TRIGGER_SECONDS": 60.0,
    "bot.slack.app.ANSWER_SECONDS": 50.0,
}
TRIES = 20
START_SECONDS = 60.0


@dataclass
class Product:
    """A running product, and all that happened in it."""

    at: Addresses
    slack: Slack
    ana: Person
    clock: VirtualClock
    tasks: VirtualTasks
    trainings: Trainings
    meter: Meter
    worker: Cloud
    tokens: dict[str, str]
    requests: list[Request] = field(default_factory=list)
    taken: Counter[str] = field(default_factory=Counter)
    """How often each step was taken; `job` are the trainings."""

    def done(self, step: str) -> list[Request]:
        """Note the requests since the last step, which `step` made."""
        found = self.meter.take(step)
        self.requests += found
        return found

    def settle(self, until: Callable[[], bool] = lambda: False) -> None:
        """Take every step that waits, in order, until none does or `until` says so."""
        while not until():
            if self.trainings.waiting and not self.tasks.due():
                env = self.trainings.train()
                self.done("job")
                self.taken["job"] += 1
                self._post("/callbacks/finished", {"run": env["MMM_RUN"], "attempt": int(env["MMM_ATTEMPT"])}, "job")
                self.taken["finish"] += bool(self.done("finish"))
            elif (task := self.tasks.next()) is not None:
                self.take(task)
            else:
                return

    def take(self, task: Task) -> None:
        """Have the worker take one step, as Cloud Tasks does. Raises RuntimeError where it fails for ever."""
        answer = self._post(f"/tasks/{task.step}", task.payload, "tasks", task.tried)
        self.done(task.step)
        self.taken[task.step] += 1
        if not answer.is_success:
            if task.tried >= TRIES:
                raise RuntimeError(f"{task.step} {task.payload} fails for ever: {answer.text}")
            self.tasks.again(task)

    def _post(self, path: str, body: dict[str, Any], whose: str, tried: int = 0) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.tokens[whose]}", "X-CloudTasks-TaskRetryCount": str(tried)}
        return httpx.post(f"{self.at.worker}{path}", json=body, headers=headers, timeout=600)

    def calls(self, method: str) -> list[dict[str, Any]]:
        """What the app asked of Slack by one method, successfully."""
        return [call for call in self.slack.transcript.calls() if call["method"] == method and call["ok"]]

    def wait(self, check: Callable[[], bool], what: str, seconds: float = 60.0) -> None:
        """Wait until `check`, which another thread brings about. Raises RuntimeError naming `what`."""
        until = time.monotonic() + seconds
        while not check():
            if time.monotonic() > until:
                raise RuntimeError(f"{what} did not come")
            time.sleep(0.002)


@contextlib.contextmanager
def product(state: Path) -> Iterator[Product]:
    """Run the product over `state` until the block ends."""
    folders = state_folders(state)
    at = Addresses(free_ports(5), seed.the_word(folders))
    keys = seed.prepare(folders, job_environment(at), at.word)
    slack = Slack(folders["slack"], public_url=at.slack)
    manifest = REPOSITORY / "app_manifest.yaml"
    slack_app = create_slack(
        folders["slack"], app_url=at.bot, public_url=at.slack, word=at.word, manifest=manifest, slack=slack
    )
    told = {name: value for name, value in service_environment(at).items() if name not in OF_A_LAPTOP}
    told = {name: value for name, value in told.items() if "SNOWFLAKE" not in name}
    clock = VirtualClock()
    tasks = VirtualTasks(clock)
    with contextlib.ExitStack() as running:
        running.enter_context(mock.patch.dict(os.environ, told))
        # The library reads the metadata host once, when it is imported.
        running.enter_context(mock.patch.object(_metadata, "_GCE_METADATA_HOST", at.metadata))
        for limit, seconds in PATIENT.items():
            running.enter_context(mock.patch(limit, seconds))
        running.enter_context(_google(folders["google"], at, keys.job_environment, seed.word_file(folders)))
        meter = Meter(at.google, {"Authorization": f"Bearer {at.word}"})
        running.callback(meter.close)
        running.enter_context(counting(at.google, meter.sent, "services"))
        settings = read_settings()
        trainings = Trainings(clock, job_environment(at), folders["logs"], meter.sent)
        outside = {"tasks": tasks, "jobs": trainings}
        bot, worker = Cloud(settings, patience=PATIENCE_SECONDS * 10), Cloud(settings)
        for cloud in (bot, worker):
            vars(cloud).update(outside)
        for role, cloud, address in (("worker", worker, 4), ("bot", bot, 3)):
            app = create_app(settings, cast(Any, role), cloud=cloud, clock=clock)
            running.enter_context(serving(SameOrigin(app), at.base + address))
        running.enter_context(serving(slack_app, at.base))
        ana = Person(at.slack)
        running.callback(ana.close)
        tokens = {"tasks": _token(at, workspace.TASKS_ACCOUNT), "job": _token(at, workspace.JOB_ACCOUNT)}
        yield Product(at, slack, ana, clock, tasks, trainings, meter, worker, tokens)
        meter.take("the end")
        meter.check()
    slack.close()


def _token(at: Addresses, account: str) -> str:
    """A token of an account's, for the worker."""
    where = f"http://{at.metadata}/computeMetadata/v1/instance/service-accounts/{account}/identity"
    asked = httpx.get(where, params={"audience": at.worker}, headers={"Metadata-Flavor": "Google"})
    return asked.raise_for_status().text


@contextlib.contextmanager
def _google(state: Path, at: Addresses, job_env: Path, word: Path) -> Iterator[None]:
    """Run Google's stand-in as a process of its own, which remembers what it was asked."""
    command = [sys.executable, "-m", "local.google", "--state", str(state), "--port", str(at.base + 1), "--asked"]
    process = subprocess.Popen([*command, "--job-env", str(job_env), "--word", str(word)], cwd=REPOSITORY)
    try:
        until = time.monotonic() + START_SECONDS
        while True:
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"{at.google}/health").is_success:
                    break
            if time.monotonic() > until or process.poll() is not None:
                raise RuntimeError("Google's stand-in did not start")
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(30)
