"""`training-configs/latest/`: a copy of the newest configuration for people to look at. No program reads it.

The sweep makes it. What is newest is told by the names: they begin with the time a run was submitted.
"""

import json
from datetime import timedelta

from engine import paths
from engine.clock import Clock
from engine.cloud.cloud import Cloud
from engine.errors import BrokenState

# Sweeps come every ten minutes; where some were missed, the next run's configuration is copied instead.
LOOKED_BACK = timedelta(hours=6)
# What is copied says of which configuration it is a copy.
OF = "of"


def copy_latest(cloud: Cloud, clock: Clock) -> bool:
    """Copy the newest configuration to `latest`, if that is another's. Returns whether it was copied.

    One request where nothing changed: what is younger than six hours is listed, and `latest` with it.
    """
    since = clock.now() - LOOKED_BACK
    # Names that begin with a digit come before `latest`, so that one listing tells both.
    start = f"{paths.CONFIGS}{since:%Y%m%dT%H%M%SZ}"
    found = {entry.path: entry for entry in cloud.storage.list(paths.CONFIGS, start=start)}
    latest = found.pop(paths.LATEST_CONFIG, None)
    if not found:
        return False
    newest = max(found)
    if latest is not None and (latest.line or {}).get(OF) == newest:
        return False
    try:
        body = cloud.storage.require(newest, f"There is no {newest}.").body
    except BrokenState:
        return False  # nobody can train on it either: its run says so
    text = json.dumps(body, indent=1, ensure_ascii=False)
    cloud.storage.overwrite_view(paths.LATEST_CONFIG, text.encode(), "application/json", line={OF: newest})
    return True
