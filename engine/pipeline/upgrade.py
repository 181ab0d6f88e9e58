"""Upgrade: a store of the release before becomes one of ours, in place, once, portion by portion, beside people's work.

Workers of the release before may still write meanwhile: what they leave is read as theirs, and brought along by whoever
finds it. Each part is safe to repeat, also at once, and to break off: what is done stays done. A mark says when all is.
"""

import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any

from engine import paths
from engine.clock import Clock
from engine.cloud.cloud import Cloud
from engine.cloud.storage import Entry, Storage
from engine.errors import BrokenState, NotFound
from engine.listing import say_unreadable
from engine.observe.logs import event
from engine.pipeline.kinds import mark_open
from engine.pipeline.old_passing import FOLDERS, let_old_pass
from engine.pipeline.old_rows import move_old_rows
from engine.pipeline.repair import AT_ONCE, repair
from engine.pipeline.unsent import upgrade_messages
from engine.runs.line import read_line
from engine.runs.queue import upgrade_slots
from engine.runs.state import read_state, upgrade_run

log = logging.getLogger(__name__)

# So many runs, rows or messages a task brings along: well within its time.
PORTION = 500
# A chain of portions that was not heard of for so long is lost, and another one begins.
SILENT = timedelta(minutes=15)


def look_after_upgrade(cloud: Cloud, clock: Clock) -> bool:
    """For the sweep: whether the store is one of ours. Where it is not yet, have it become one."""
    said = _said(cloud.storage)
    if said.get("done"):
        return True
    if said and clock.now() - datetime.fromisoformat(said["at"]) < SILENT:
        return False
    return upgrade(cloud, clock)


def upgrade(cloud: Cloud, clock: Clock, after: str = "", *, portion: int = PORTION, at_once: int = AT_ONCE) -> bool:
    """Bring a portion along, from the object `after` on; queues the next. Returns whether all is done.

    First runs, rows and messages, by the names in `runs/`; then all have their views; then what is done with passes.
    """
    storage = cloud.storage
    if _said(storage).get("done"):
        return True
    if after.startswith(FOLDERS):
        return _let_pass(cloud, clock, after, portion)
    if not after:
        upgrade_slots(storage)
        _upgrade_markers(storage)
    upgraded, last = _upgrade_runs(storage, after, portion, at_once)
    if upgraded < portion and move_old_rows(storage, portion) < portion and upgrade_messages(cloud, portion) < portion:
        repaired = repair(cloud, clock, at_once=at_once)
        what = f"The store is one of this release: {repaired.facts} facts have their views."
        event(log, "store_upgraded", what, {"facts": repaired.facts})
        return _let_pass(cloud, clock, "", portion)
    return _go_on(cloud, clock, last)


def _let_pass(cloud: Cloud, clock: Clock, after: str, portion: int) -> bool:
    """Let pass what was done with. Returns whether that was all, which is noted: the store is one of ours."""
    looked, last = let_old_pass(cloud.storage, after, portion)
    if looked == portion:
        return _go_on(cloud, clock, last)
    cloud.storage.replace(paths.UPGRADED, {"done": True, "at": clock.now().isoformat()})
    return True


def _go_on(cloud: Cloud, clock: Clock, after: str) -> bool:
    """Queue the next portion. That there is more to do is written down before."""
    cloud.storage.replace(paths.UPGRADED, {"done": False, "at": clock.now().isoformat()})
    # A new name each time: a portion that is delivered again may find the next one done already.
    key = f"upgrade|{cloud.settings.workspace}|{clock.stamp()}"
    cloud.tasks.enqueue("watch", "upgrade", {"after": after}, key=key)
    return False


def _said(storage: Storage) -> Mapping[str, Any]:
    """What the mark says; nothing where there is none that can be read: then all is looked through again."""
    try:
        document = storage.read(paths.UPGRADED)
        if document is not None:
            datetime.fromisoformat(document.body["at"])
            return document.body
    except (BrokenState, KeyError, TypeError, ValueError) as error:
        log.warning("the mark of the upgrade cannot be read: %s", error)
    return {}


def _upgrade_markers(storage: Storage) -> None:
    """Have the markers of open runs say what lists show of them."""
    for entry in storage.list(paths.ACTIVE):
        if read_line(entry.line) is not None:
            continue
        try:
            run = read_state(storage, entry.path.removeprefix(paths.ACTIVE)).run
            if not run.over:
                mark_open(storage, run)
        except (BrokenState, NotFound) as error:
            log.info("%s stays as it is: %s", entry.path, error)


def _upgrade_runs(storage: Storage, after: str, portion: int, at_once: int) -> tuple[int, str]:
    """Bring so many runs along. Returns how many, and the name of the last object that was looked at."""
    states = (one for one in storage.list(paths.RUNS, start=after) if paths.run_of(one.path))
    found = list(islice((one for one in states if read_line(one.line) is None), portion))
    with ThreadPoolExecutor(at_once) as pool:
        list(pool.map(partial(_upgrade_run, storage), found))
    return len(found), found[-1].path if found else after


def _upgrade_run(storage: Storage, entry: Entry) -> None:
    try:
        upgrade_run(storage, paths.run_of(entry.path))
    except NotFound:
        return  # deleted meanwhile
    except BrokenState as error:
        say_unreadable(entry.path, error)
