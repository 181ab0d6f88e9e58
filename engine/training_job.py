"""The main of the training container: `python -m engine.training_job`. The cloud part for both trainers.

It claims its attempt before it works, so that of several containers one trains; it leaves what the trainer wrote
as one object, so that half a result is never taken for one. It learns everything from its
environment and reads nothing called "latest". Its parts stand in `engine/job/`.
"""

import logging
import signal
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from engine import paths
from engine.cloud.kept_trials import KeptInBucket
from engine.cloud.result import Kind
from engine.cloud.storage import Storage
from engine.errors import AlreadyExists, MmmError, TrainingFailed, TrainingKilled, Unavailable
from engine.full_disk import is_disk_full
from engine.job.both import train_both
from engine.job.callback import call_back
from engine.job.claim import Claim, claim
from engine.job.endings import disk_full
from engine.job.fetch import fetch
from engine.job.settings import JobSettings
from engine.job.trainer import Cancelled, Job, Stopped, heed_sigterm, train, wished
from engine.job.upload import leave_results, leave_words
from engine.observe.about import about
from engine.observe.logs import set_up_logs
from engine.observe.telemetry import measured, set_up_telemetry

log = logging.getLogger("training_job")
STOPPED = TrainingFailed("The training was stopped.")


def main() -> int:
    """Train one attempt. Returns 0 unless the container itself failed: a failed training leaves a result too."""
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
        return _claimed(storage, settings)
    except Stopped:
        # The machine goes down. Without a result the watch sees that this container was lost, and tries again.
        log.info("told to end")
        return 128 + signal.SIGTERM


def _claimed(storage: Storage, settings: JobSettings) -> int:
    claimed, kind = claim(storage, settings), None
    if claimed is Claim.LOST:
        return 0
    again = claimed is Claim.HELD
    # Only who was here before can have left trials, or even the result.
    kept = KeptInBucket(
        storage, paths.run_trials(settings.run), before=again or settings.attempt > 1, after=settings.keep_seconds
    )
    try:
        left = paths.result_pack(settings.folder) if settings.packed else paths.result(settings.folder)
        if not again or not storage.exists(left):
            kind = _work(storage, settings, kept, again=again)
            log.info("left what came of it: %s", kind)
    except AlreadyExists:
        log.info("a result is there already")
    call_back(settings, "finished")
    if kind is not None and kind != "lost":
        # What a next attempt goes on with is kept for it.
        kept.clear()
    return 0


def _work(storage: Storage, settings: JobSettings, kept: KeptInBucket, *, again: bool) -> Kind:
    """Fetch, train, and leave what came of it, in a folder that is gone afterwards. Returns what came of it."""
    began = time.monotonic()

    def left_without(job: Job, kind: Kind, error: MmmError, out: Path | None) -> Kind:
        told = job.manifest(kind, time.monotonic() - began, error)
        leave_words(storage, settings.folder, told, out, packed_up=settings.packed)
        return kind

    try:
        # What cannot be removed goes with the container.
        with TemporaryDirectory(prefix="mmm-", ignore_cleanup_errors=True) as folder:
            job = Job(storage, settings, Path(folder), kept, again)
            try:
                out = _train(job)
                told = job.manifest("succeeded", time.monotonic() - began)
                scratch = job.folder / "result.zip"
                leave_results(storage, settings.folder, told, out, scratch, packed_up=settings.packed)
                return "succeeded"
            except Cancelled:
                return left_without(job, "cancelled", STOPPED, job.room("out"))
            except Stopped:
                # By Cloud Run, because somebody wished it, or because the machine goes down.
                if not _stopped_by_somebody(job):
                    raise
                return left_without(job, "cancelled", STOPPED, job.room("out"))
            except (Unavailable, AlreadyExists):
                raise  # the cloud's fault, not the training's: another attempt may do better; or it is done
            except Exception as error:
                failed = _in_words(error)
                # Killed from outside: the watch sees to it that another attempt is made.
                kind: Kind = "lost" if isinstance(failed, TrainingKilled) else "failed"
                return left_without(job, kind, failed, job.room("out"))
    except (MmmError, Stopped):
        raise
    except Exception as error:
        # No room even for an empty folder, or none to read what is to be left.
        job = Job(storage, settings, Path(), kept)
        return left_without(job, "failed", _in_words(error), None)


def _stopped_by_somebody(job: Job) -> bool:
    try:
        return wished(job)
    except MmmError as error:
        log.warning("whether somebody wished it is not known: %s %s", error.what, error.detail)
        return False


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
