"""The main of the training container: `python -m engine.training_job`. The cloud part for both trainers.

It claims its attempt before it works, so that of several containers one trains; it uploads what the trainer
wrote, and the manifest last, so that half a result is never taken for one. It learns everything from its
environment and reads nothing called "latest". Its parts stand in `engine/job/`.
"""

import logging
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from engine import paths
from engine.cloud.kept_trials import KeptInBucket
from engine.cloud.storage import Storage
from engine.errors import AlreadyExists, MmmError, TrainingFailed, TrainingKilled, Unavailable
from engine.full_disk import is_disk_full
from engine.job.both import train_both
from engine.job.callback import call_back
from engine.job.claim import claim
from engine.job.endings import disk_full
from engine.job.fetch import fetch
from engine.job.settings import JobSettings
from engine.job.trainer import Cancelled, Job, Stopped, heed_sigterm, train
from engine.job.upload import manifest, upload
from engine.observe.about import about
from engine.observe.logs import set_up_logs
from engine.observe.telemetry import measured, set_up_telemetry

log = logging.getLogger("training_job")

Files = Sequence[dict[str, Any]]


def main() -> int:
    """Train one attempt. Returns 0 unless the container itself failed: a failed training has a manifest too."""
    settings = JobSettings()
    set_up_logs(settings.log_style, project=settings.project)
    telemetry = set_up_telemetry(settings.otel_url, "mmm-training", project=settings.project, region=settings.region)
    try:
        with about(run=settings.run, attempt=settings.attempt), measured("training", trainer=settings.trainer):
            return _attempt(settings)
    finally:
        if telemetry:
            telemetry.close()


def _attempt(settings: JobSettings) -> int:
    """Claim the attempt, work, and say what came of it."""
    storage = Storage(
        settings.bucket,
        project=settings.project,
        root=settings.bucket_root,
        url=settings.storage_url,
        deadline=120,
    )
    heed_sigterm()
    try:
        if not claim(storage, settings):
            return 0
        if not storage.exists(paths.result(settings.folder)):
            told = _work(storage, settings)
            storage.create(paths.result(settings.folder), told)
            if told["kind"] != "lost":
                # What a next attempt goes on with is kept for it.
                KeptInBucket(storage, paths.run_trials(settings.run), Path()).clear()
            log.info("wrote the manifest: %s", told["kind"])
    except AlreadyExists:
        log.info("a manifest is there already")
    except Stopped:
        # The machine goes down. No manifest: the watch sees that this container was lost and tries again.
        log.info("told to end")
        return 128 + signal.SIGTERM
    call_back(settings, "finished")
    return 0


def _work(storage: Storage, settings: JobSettings) -> dict[str, Any]:
    """Fetch, train, upload, in a folder that is gone afterwards. Returns the manifest, of a success or of a failure."""
    began = time.monotonic()

    def left(kind: str, files: Files = (), error: MmmError | None = None) -> dict[str, Any]:
        what, todo = (error.what, error.todo) if error else ("", "")
        return manifest(settings, kind, files, time.monotonic() - began, what=what, todo=todo)

    try:
        # What cannot be removed goes with the container.
        with TemporaryDirectory(prefix="mmm-", ignore_cleanup_errors=True) as folder:
            job = Job(storage, settings, Path(folder))
            try:
                out = _train(job)
            except Cancelled:
                return left("cancelled", error=TrainingFailed("The training was stopped."))
            except Unavailable:
                raise  # the cloud's fault, not the training's: another attempt may do better
            except Exception as error:
                failed = _in_words(error)
                # Killed from outside: the watch sees to it that another attempt is made.
                kind = "lost" if isinstance(failed, TrainingKilled) else "failed"
                return left(kind, upload(storage, settings.folder, job.room("out"), results=False), failed)
            return left("succeeded", upload(storage, settings.folder, out, results=True))
    except MmmError:
        raise
    except Exception as error:
        # No room even for an empty folder, or none to read what is to be uploaded.
        return left("failed", error=_in_words(error))


def _train(job: Job) -> Path:
    """Bring the input here and train on it. Returns the OUT folder."""
    folder_in, folder_out = job.room("in"), job.room("out")
    fetch(job.storage, job.settings, folder_in)
    if job.settings.trainer == "both":
        train_both(job, folder_in, folder_out)
    else:
        train(job, job.settings.trainer, folder_in, folder_out)
    return folder_out


def _in_words(error: Exception) -> MmmError:
    """A disk that is full is the training's end and can be told; other errors of the system are not expected."""
    if isinstance(error, MmmError):
        return error
    if not is_disk_full(error):
        raise error
    full = disk_full(str(error))
    log.error("%s %s", full.what, full.detail)
    return full


if __name__ == "__main__":
    sys.exit(main())
