"""The main of the training container: `python -m engine.training_job`. The cloud part for both trainers.

It claims its attempt before it works, so that of several containers one trains; it uploads what the trainer
wrote, and the manifest last, so that half a result is never taken for one. It learns everything from its
environment and reads nothing called "latest".
"""

import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Any, Literal

import requests
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from engine import paths
from engine.clock import SystemClock
from engine.cloud.identity import Identity
from engine.cloud.kept_trials import KeptInBucket
from engine.cloud.storage import Storage
from engine.errors import AlreadyExists, BrokenState, MmmError, TrainingFailed, Unavailable

log = logging.getLogger("training_job")

CONTRACT_FILES = ("timings.csv", "robyn_console.log")
LOG_LINES = 12


class JobSettings(BaseSettings):
    """What the container is told: where the cloud is (the job's own settings) and which attempt this is."""

    model_config = SettingsConfigDict(env_prefix="MMM_", frozen=True, extra="ignore")

    project: str
    region: str
    bucket: str
    bucket_root: str = ""
    storage_url: str = ""
    worker_url: str = ""
    run: str
    attempt: int
    launch_token: str
    config: str = Field(description="Path of job_config.json in the bucket.")
    config_sha: str
    folder: str = Field(description="Path of this attempt's training folder, with a slash at its end.")
    trainer: Literal["native", "robyn"] = "native"
    job_workers: int = 2
    status_seconds: float = 2.0


class Stopped(Exception):
    """The container was told to end (SIGTERM)."""


def main() -> int:
    """Train one attempt. Returns 0 unless the container itself failed: a failed training has a manifest too."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stdout)
    settings = JobSettings()
    storage = Storage(
        settings.bucket,
        project=settings.project,
        root=settings.bucket_root,
        url=settings.storage_url,
        deadline=120,
    )
    signal.signal(signal.SIGTERM, _stop)
    try:
        if not claim(storage, settings):
            return 0
        if not storage.exists(paths.result(settings.folder)):
            with TemporaryDirectory(prefix="mmm-") as folder:
                manifest = _train(storage, settings, Path(folder))
            storage.create(paths.result(settings.folder), manifest)
            KeptInBucket(storage, paths.run_trials(settings.run), Path()).clear()
            log.info("wrote the manifest: %s", manifest["kind"])
    except AlreadyExists:
        log.info("a manifest is there already")
    except Stopped:
        # The machine goes down. No manifest: the watch sees that this container was lost and tries again.
        log.info("told to end")
        return 128 + signal.SIGTERM
    _call_back(settings)
    return 0


def claim(storage: Storage, settings: JobSettings) -> bool:
    """Win the attempt, or learn that it is not ours: another container has it, or nobody may train it."""
    run, attempt = settings.run, settings.attempt
    body = {"kind": "training", "run": run, "attempt": attempt, "token": settings.launch_token}
    body |= {"execution": _execution_name(settings), "at": SystemClock().now().isoformat()}
    try:
        storage.create(paths.claim(settings.folder), body)
    except AlreadyExists:
        found = storage.require(paths.claim(settings.folder), "The claim is gone.").body
        if found.get("execution") == body["execution"]:
            return True
        log.info("this attempt is %s: not training", found["kind"])
        return False
    return True


def _execution_name(settings: JobSettings) -> str:
    """The execution's full name, as the Cloud Run API gives it. Cloud Run sets these two variables."""
    job, execution = os.environ.get("CLOUD_RUN_JOB", ""), os.environ.get("CLOUD_RUN_EXECUTION", "")
    return f"projects/{settings.project}/locations/{settings.region}/jobs/{job}/executions/{execution}"


def _train(storage: Storage, settings: JobSettings, folder: Path) -> dict[str, Any]:
    """Fetch, train, upload. Returns the manifest, of a success or of a failure."""
    folder_in, folder_out = folder / "in", folder / "out"
    for one in (folder_in, folder_out):
        one.mkdir()
    began = time.monotonic()
    try:
        _fetch(storage, settings, folder_in)
        trials = KeptInBucket(storage, paths.run_trials(settings.run), folder_out / "trials")
        trials.fetch()
        code, cancelled = _run_trainer(storage, settings, folder_in, folder_out, trials)
        if cancelled:
            return _manifest(settings, "cancelled", [], began, what="The training was stopped.")
        if code:
            raise _failure(code, folder_out)
    except Unavailable:
        raise  # the cloud's fault, not the training's: another attempt may do better
    except MmmError as error:
        files = _upload(storage, settings, folder_out, results=False)
        return _manifest(settings, "failed", files, began, what=error.what, todo=error.todo)
    files = _upload(storage, settings, folder_out, results=True)
    return _manifest(settings, "succeeded", files, began)


def _fetch(storage: Storage, settings: JobSettings, folder: Path) -> None:
    """Bring configuration and data here, and make sure they are those that were confirmed and checked."""
    config = storage.require(settings.config, "The configuration of this run is gone.").body
    digest = sha256(json.dumps(config, sort_keys=True).encode()).hexdigest()
    if digest != settings.config_sha:
        raise BrokenState("The configuration is not the one that was confirmed.", "Start the run again.")
    (folder / "job_config.json").write_text(json.dumps(config, indent=1))
    data = folder / "input_data.parquet"
    stored = storage.get_file(config["data"]["path"], data)
    # pandas is heavy: a container that lost the claim never pays for it.
    import pandas as pd

    frame = pd.read_parquet(data)
    if stored.crc32c != config["data"]["crc32c"] or len(frame) != config["data"]["rows"]:
        raise BrokenState("The data is not what was staged.", "Start the run again.")
    frame.to_csv(folder / "input_data.csv", index=False)


def _run_trainer(
    storage: Storage, settings: JobSettings, folder_in: Path, folder_out: Path, trials: KeptInBucket
) -> tuple[int, bool]:
    """Run the trainer beside us, passing its progress on. Returns its exit code and whether it was cancelled."""
    with (folder_out / "robyn_console.log").open("ab") as console:
        trainer = subprocess.Popen(_command(settings, folder_in, folder_out), stdout=console, stderr=subprocess.STDOUT)
        shown = ""
        try:
            while trainer.poll() is None:
                try:
                    shown = _show_progress(storage, settings, folder_out, shown)
                    trials.keep()
                    if storage.exists(paths.run_cancel(settings.run)):
                        return 0, True
                except Unavailable as error:
                    # Progress is worth less than the training: go on without it.
                    log.warning("progress is not shown: %s %s", error.what, error.detail)
                _wait(trainer, settings.status_seconds)
        finally:
            if trainer.poll() is None:
                _end(trainer)
    with suppress(Unavailable):
        _show_progress(storage, settings, folder_out, shown)
    return trainer.returncode, False


def _command(settings: JobSettings, folder_in: Path, folder_out: Path) -> list[str]:
    if settings.trainer == "robyn":
        if shutil.which("Rscript") is None:
            raise TrainingFailed("This training image holds no Robyn.", "Choose the native trainer.")
        return ["Rscript", "r/run_all.R", str(folder_in), str(folder_out)]
    workers = ["--workers", str(settings.job_workers)]
    return [sys.executable, "-m", "engine.model", str(folder_in), str(folder_out), *workers]


def _show_progress(storage: Storage, settings: JobSettings, folder_out: Path, shown: str) -> str:
    """Copy the trainer's status to the bucket if it has changed. Returns what is shown now."""
    status = folder_out / "status.json"
    text = status.read_text() if status.exists() else ""
    if text and text != shown:
        try:
            told = json.loads(text)
        except ValueError:
            return shown  # caught while it was written
        storage.replace(paths.status(settings.folder), told)
    return text


def _failure(code: int, folder_out: Path) -> TrainingFailed:
    """What a trainer's bad end means for the person."""
    told = folder_out / "error.json"
    if told.exists():
        error = json.loads(told.read_text())
        return TrainingFailed(error["what"], error.get("todo", ""))
    if code == -signal.SIGKILL:
        return TrainingFailed(
            "The training was killed, most likely for lack of memory.",
            "Choose fewer iterations or trials, or ask for a larger machine.",
        )
    last = (folder_out / "robyn_console.log").read_text(errors="replace").strip().splitlines()[-LOG_LINES:]
    log.error("the trainer ended with %s:\n%s", code, "\n".join(last))
    said = f" Its last words: {last[-1][:200]}" if last else ""
    return TrainingFailed(f"The training broke off (exit code {code}).{said}", "Start it again; the log tells more.")


def _upload(storage: Storage, settings: JobSettings, folder_out: Path, *, results: bool) -> list[dict[str, Any]]:
    """Upload what the trainer wrote; returns the manifest's lines."""
    found = [folder_out / name for name in CONTRACT_FILES if (folder_out / name).exists()]
    if results:
        found += sorted(path for path in (folder_out / "results").rglob("*") if path.is_file())
    files = []
    for path in found:
        name = path.relative_to(folder_out).as_posix()
        try:
            stored = storage.put_file(f"{settings.folder}{name}", path)
        except AlreadyExists:
            # Left by this container's own earlier start, from a training that did not end: ours to replace.
            storage.delete(f"{settings.folder}{name}")
            stored = storage.put_file(f"{settings.folder}{name}", path)
        files.append({"name": name, "size": stored.size, "crc32c": stored.crc32c})
    return files


def _manifest(
    settings: JobSettings, kind: str, files: list[dict[str, Any]], began: float, *, what: str = "", todo: str = ""
) -> dict[str, Any]:
    seconds = round(time.monotonic() - began, 2)
    written = {"kind": kind, "files": files, "what": what, "todo": todo, "seconds": seconds}
    return {**written, "schema_version": 1, "execution": _execution_name(settings)}


def _call_back(settings: JobSettings) -> None:
    """Tell the worker that there is a result. It would find out by itself, only later."""
    if not settings.worker_url:
        return
    identity = Identity(certs_url="", issuer="")
    try:
        token = identity.token(settings.worker_url)
        requests.post(
            f"{settings.worker_url}/callbacks/finished",
            json={"run": settings.run, "attempt": settings.attempt},
            headers={"Authorization": f"Bearer {token}"},
            timeout=60,
        ).raise_for_status()
    except (Unavailable, requests.RequestException) as error:
        log.info("the worker was not told: %s", error)


def _wait(trainer: "subprocess.Popen[bytes]", seconds: float) -> None:
    """Wait for the trainer, at most this long."""
    try:
        trainer.wait(seconds)
    except subprocess.TimeoutExpired:
        return


def _end(trainer: "subprocess.Popen[bytes]") -> None:
    """End the trainer, kindly first."""
    trainer.terminate()
    try:
        trainer.wait(5)
    except subprocess.TimeoutExpired:
        trainer.kill()
        trainer.wait()


def _stop(signum: int, frame: FrameType | None) -> None:
    raise Stopped


if __name__ == "__main__":
    sys.exit(main())
