"""Step `knock`: a task of the doctor's came through the queue, past Cloud Run and the worker's door. It says so."""

import re
from contextlib import suppress

from engine import paths
from engine.clock import Clock
from engine.cloud.cloud import Cloud
from engine.errors import AlreadyExists

KEY = re.compile(r"[A-Za-z0-9-]{1,64}")


def knock(cloud: Cloud, clock: Clock, key: str, until: int) -> None:
    """Leave a mark that the doctor waits for and takes away; none where it waits no longer (`until`, Unix seconds)."""
    now = clock.now()
    if now.timestamp() > until or not KEY.fullmatch(key):
        return
    # There already: it was delivered twice.
    with suppress(AlreadyExists):
        cloud.storage.create(paths.probe(key), {"arrived": now.isoformat()}, passing=True)
