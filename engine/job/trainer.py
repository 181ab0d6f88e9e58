"""Run a trainer beside us: watch over it, pass on what it says, and say in words how it ended."""

import logging
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import FrameType

from engine import paths
from engine.cloud.kept_trials import KeptInBucket
from engine.cloud.result import Kind, Manifest
from engine.cloud.storage import Storage
from engine.errors import MmmError, TrainingFailed, Unavailable
from engine.job.endings import failure, read_ending
from engine.job.heartbeat import Heartbeat, Signed
from engine.job.machine import Machine, free_bytes
from engine.job.settings import JobSettings, One
from engine.process_tree import end, start
from engine.robyn import command as robyn

log = logging.getLogger("training_job")

LOG_LINES = 12
# What a trainer needs at the very least for its log, its tables and its pictures.
ROOM = 64 << 20
TRIALS = "trials"
KEPT: dict[One, str] = {"native": "trial_*.npz", "robyn": "trial_*.rds"}


class Stopped(Exception):
    """The container was told to end (SIGTERM)."""


class Cancelled(Exception):
    """Somebody wishes that the training ends."""


@dataclass(frozen=True)
class Job:
    """One attempt at work: where the cloud is, what it was told, and its folder on this machine.

    kept: the run's finished trials. again: whether this container was started before, and may have left something.
    """

    storage: Storage
    settings: JobSettings
    folder: Path
    kept: KeptInBucket
    again: bool = False
    machine: Machine = field(default_factory=Machine)

    @cached_property
    def status(self) -> Signed:
        """How far it is, in the bucket."""
        return Signed(self.storage, paths.status(self.settings.folder))

    def manifest(self, kind: Kind, seconds: float, error: MmmError | None = None) -> Manifest:
        """What is said of a training that took `seconds`, or of why it left nothing."""
        told = {"what": error.what, "todo": error.todo} if error else {}
        return Manifest(kind=kind, seconds=round(seconds, 2), execution=self.settings.execution, **told)

    def room(self, name: str) -> Path:
        """A folder of that name in the job's own, made if it is not there."""
        path = self.folder / name
        path.mkdir(exist_ok=True)
        return path


def train(job: Job, trainer: One, folder_in: Path, folder_out: Path) -> None:
    """Train with one trainer, to its end. Raises TrainingFailed, Cancelled, Stopped; OSError where the disk is full."""
    command, environment = _call(trainer, job.settings, folder_in, folder_out)
    _check_room(folder_out)
    job.kept.fetch(folder_out / TRIALS, KEPT[trainer])
    killed_before = job.machine.memory_kills()
    with (folder_out / "robyn_console.log").open("ab") as console:
        process = start(command, environment, stdout=console, stderr=subprocess.STDOUT)
        try:
            least_free = _accompany(job, trainer, process, folder_out)
        finally:
            end(process)
    if process.returncode:
        ending = read_ending(
            process.returncode,
            folder_out,
            free=least_free,
            memory_kills=job.machine.memory_kills() - killed_before,
            memory_limit=job.machine.memory_limit(),
        )
        log.error("the trainer ended with %s:\n%s", ending.code, "\n".join(ending.last[-LOG_LINES:]))
        raise failure(ending)


def _call(
    trainer: One, settings: JobSettings, folder_in: Path, folder_out: Path
) -> tuple[list[str], dict[str, str] | None]:
    """The trainer's command and its environment, ours if it needs nothing more."""
    if trainer == "robyn":
        if shutil.which("Rscript") is None:
            raise TrainingFailed("This training image holds no Robyn.", "Choose the native trainer.")
        return robyn.command(folder_in, folder_out), robyn.environment(settings.job_workers)
    workers = ["--workers", str(settings.job_workers)]
    return [sys.executable, "-m", "engine.model", str(folder_in), str(folder_out), *workers], None


def _check_room(folder: Path) -> None:
    """Say that the disk is full before hours are spent on results that nobody can write."""
    if (free := free_bytes(folder)) < ROOM:
        raise OSError(28, f"No space left on device: {free} bytes are left before the training", str(folder))


def _accompany(job: Job, trainer: One, process: "subprocess.Popen[bytes]", folder_out: Path) -> int:
    """Watch over the trainer until it ends; returns the least room that was left on the disk. Raises Cancelled."""
    told = job.settings
    heart = Heartbeat(job.status, trainer, folder_out / "status.json", every=told.beat_seconds, news=told.news_seconds)
    least_free, heard = free_bytes(folder_out), time.monotonic()
    while process.poll() is None:
        heart.beat()
        least_free = min(least_free, free_bytes(folder_out))
        try:
            job.kept.keep(folder_out / TRIALS, KEPT[trainer])
            if time.monotonic() - heard >= told.beat_seconds:
                heard = time.monotonic()
                if wished(job):
                    raise Cancelled
        except Unavailable as error:
            # Trials are kept and wishes are heard at a later look.
            log.warning("storage does not answer: %s %s", error.what, error.detail)
        _wait(process, told.status_seconds)
    if process.returncode:
        # Where it got to is worth a look; of what ended well the result tells.
        heart.beat(last=True)
    # It may have ended because of what happened since the last look.
    return min(least_free, free_bytes(folder_out))


def wished(job: Job) -> bool:
    """Whether somebody wishes that the training ends. Raises Unavailable."""
    return job.storage.exists(paths.run_cancel(job.settings.run))


def _wait(process: "subprocess.Popen[bytes]", seconds: float) -> None:
    """Wait for the trainer, at most this long."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return


def stop(signum: int, frame: FrameType | None) -> None:
    """What SIGTERM does to this process."""
    raise Stopped


def heed_sigterm() -> None:
    """End with Stopped wherever we are when the machine goes down."""
    signal.signal(signal.SIGTERM, stop)
