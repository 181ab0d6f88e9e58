"""Native first, then Robyn: a preview at once, which Robyn confirms or not. Each step may have been done before."""

import json
import logging
import time
from pathlib import Path

from engine import paths
from engine.cloud.result import read_result
from engine.errors import AlreadyExists, BrokenState, MmmError, TrainingFailed
from engine.job.callback import call_back
from engine.job.heartbeat import beating
from engine.job.trainer import Job, train
from engine.job.upload import leave_results
from engine.results.second_opinion import OPINION_FILE, SecondOpinion

log = logging.getLogger("training_job")


def train_both(job: Job, folder_in: Path, folder_out: Path) -> None:
    """Train natively and post that as the preview, then train Robyn into `folder_out` and compare the two."""
    missing = ""
    native = job.room("preview")
    try:
        _preview(job, folder_in, native)
    except TrainingFailed as error:
        # Not what the person must correct: Robyn would be given the same, and refuse it for the same reason.
        log.warning("no preview: %s %s", error.what, error.detail)
        missing = error.what
    robyn_in = _as_for_robyn(job, folder_in)
    train(job, "robyn", robyn_in, folder_out)
    try:
        opinion = SecondOpinion(missing=f"The preview failed: {missing}") if missing else None
        opinion = opinion or _compare(job, robyn_in, native, folder_out)
        (folder_out / "results" / OPINION_FILE).write_text(opinion.model_dump_json(indent=1))
    except OSError as error:
        log.warning("no second opinion: %s", error)  # no room for it, say: Robyn's result stands all the same


def _preview(job: Job, folder_in: Path, folder_out: Path) -> None:
    """Train natively, once: a container that was started again finds its preview in the bucket."""
    prefix = paths.preview(job.settings.folder)
    if job.again and _fetched(job, prefix, folder_out):
        return call_back(job.settings, "preview")
    began = time.monotonic()
    train(job, "native", folder_in, folder_out)
    manifest = job.manifest("succeeded", time.monotonic() - began)
    try:
        scratch, packed_up = job.folder / "preview.zip", job.settings.packed
        leave_results(job.storage, prefix, manifest, folder_out, scratch, packed_up=packed_up)
    except AlreadyExists:
        log.info("a preview is there already")
    call_back(job.settings, "preview")


def _fetched(job: Job, prefix: str, folder_out: Path) -> bool:
    """Bring the preview that this container left at its earlier start. False where it did not, or not in whole."""
    try:
        return read_result(job.storage, prefix, folder_out) is not None
    except BrokenState as error:
        log.warning("the preview is made again: %s %s", error.what, error.detail)
        return False


def _as_for_robyn(job: Job, folder_in: Path) -> Path:
    """The same IN folder, with the two settings that only the native trainer knows set to Robyn's ways."""
    folder = job.room("robyn-in")
    for path in folder_in.iterdir():
        if path.name != "job_config.json":
            (folder / path.name).unlink(missing_ok=True)
            (folder / path.name).symlink_to(path)
    config = json.loads((folder_in / "job_config.json").read_text())
    config |= {"search": "nevergrad", "selection": "robyn"}
    (folder / "job_config.json").write_text(json.dumps(config, indent=1))
    return folder


def _compare(job: Job, folder_in: Path, native: Path, robyn: Path) -> SecondOpinion:
    """Hold the two results against each other. Robyn's result stands, whatever becomes of this."""
    # Reading results needs pandas, which a container that lost the claim never pays for.
    from engine.job.like_for_like import robyns_way
    from engine.results.by_robyn import by_robyns_formula
    from engine.results.headline import headline
    from engine.results.read import load_results
    from engine.results.second_opinion import compare
    from engine.robyn.verify import verify

    problem, told = "", job.settings
    with beating(job.status, "robyn", "comparing", every=told.beat_seconds, news=told.news_seconds):
        try:
            ours, theirs = load_results(native), load_results(robyn)
            like = robyns_way(folder_in, ours, theirs, job.room("like"), workers=told.job_workers)
            rule = None if like is None else by_robyns_formula(like)
            adstocks = (ours.summary.adstock, theirs.summary.adstock)
            opinion = compare(headline(ours), headline(theirs), rule, adstocks)
        except MmmError as error:
            log.warning("no second opinion: %s %s", error.what, error.detail)
            return SecondOpinion(missing=f"The two results cannot be compared: {error.what}")
        try:
            fitted = like or ours
            check = verify(folder_in, fitted, job.room("verify"), workers=told.job_workers)
            check = check.model_copy(
                update={"stands_in": fitted is not ours, "chosen": fitted is ours and check.chosen}
            )
        except MmmError as error:
            log.warning("no verification: %s %s", error.what, error.detail)
            check, problem = None, f"{error.what} {error.todo}".strip()
    return opinion.model_copy(update={"verification": check, "unverified": problem})
