"""The claim: of several containers that were started for an attempt, one may train."""

import logging

from engine import paths
from engine.clock import SystemClock
from engine.cloud.storage import Storage
from engine.errors import AlreadyExists
from engine.job.settings import JobSettings

log = logging.getLogger("training_job")


def claim(storage: Storage, settings: JobSettings) -> bool:
    """Win the attempt, or learn that it is not ours: another container has it, or nobody may train it."""
    body = {"kind": "training", "run": settings.run, "attempt": settings.attempt, "token": settings.launch_token}
    body |= {"execution": settings.execution, "at": SystemClock().now().isoformat()}
    try:
        storage.create(paths.claim(settings.folder), body)
    except AlreadyExists:
        found = storage.require(paths.claim(settings.folder), "The claim is gone.").body
        if found.get("execution") == body["execution"]:
            return True
        log.info("this attempt is %s: not training", found["kind"])
        return False
    return True
