"""The claim: of several containers that were started for an attempt, one may train."""

import logging
from enum import StrEnum

from engine import paths
from engine.clock import SystemClock
from engine.cloud.storage import Storage
from engine.errors import AlreadyExists
from engine.job.settings import JobSettings
from engine.runs.attempt import claim_line

log = logging.getLogger("training_job")


class Claim(StrEnum):
    """What came of asking for an attempt."""

    LOST = "another container has it, or nobody may train it"
    WON = "it is ours"
    HELD = "it was ours before: this container was started again"


def claim(storage: Storage, settings: JobSettings) -> Claim:
    """Win the attempt, or learn that it is not ours. One request where it is won."""
    body = {"kind": "training", "run": settings.run, "attempt": settings.attempt, "token": settings.launch_token}
    body |= {"execution": settings.execution, "at": SystemClock().now().isoformat()}
    try:
        storage.create(paths.claim(settings.folder), body, line=claim_line(body))
    except AlreadyExists:
        found = storage.require(paths.claim(settings.folder), "The claim is gone.").body
        if found.get("execution") == body["execution"]:
            return Claim.HELD
        log.info("this attempt is %s: not training", found["kind"])
        return Claim.LOST
    return Claim.WON
