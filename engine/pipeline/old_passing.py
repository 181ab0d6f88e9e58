"""What a store of the release before has done with: it gets its custom time, so that the bucket's rule finds it.

That release gave nothing a custom time. Once, portion by portion, everything is gone through that may be done with:
what is open, or in doubt, is left as it is.
"""

from contextlib import suppress

from engine import paths
from engine.cloud.storage import Storage
from engine.errors import BrokenState

# By name, as a listing of them all would go.
FOLDERS = (*("drafts-answered/", "drafts/", "outbox-pictures/", "outbox-tries/", "outbox/", "requests/"),)
SENT = ".sent.json"
# Lifecycle rules may take a day, and go by no order.
OUTLIVES = 7


def let_old_pass(storage: Storage, after: str, limit: int) -> tuple[int, str]:
    """Look at so many objects that come after `after`, by name; empty: from the first. Safe to repeat, also at once.

    Returns how many there were, and the last one's name; fewer than `limit`: that was all.
    """
    looked, last = 0, after
    for folder in FOLDERS:
        if after and folder < after and not after.startswith(folder):
            continue
        for entry in storage.list(folder, start=after if after.startswith(folder) else ""):
            if entry.path == after:
                continue
            if looked == limit:
                return looked, last
            if _is_done_with(storage, folder, entry.path.removeprefix(folder)):
                # What says that something is done with outlives it: else it would count as open.
                storage.let_pass(entry.path, days=OUTLIVES if _says_so(entry.path) else 0)
            looked, last = looked + 1, entry.path
    return looked, last


def _says_so(path: str) -> bool:
    return path.endswith(SENT) or path.startswith(paths.ANSWERED_DRAFTS)


def _is_done_with(storage: Storage, folder: str, name: str) -> bool:
    stem = name.removesuffix(".json")
    if folder == "drafts/":
        return storage.exists(paths.draft_answered(stem.removesuffix(".mapping")))
    if folder == "outbox/":
        return name.endswith(SENT) or storage.exists(paths.notice_sent(stem))
    if folder == "outbox-pictures/":
        return not storage.exists(paths.pictures_open(stem))
    if folder == "outbox-tries/":
        with suppress(BrokenState):
            document = storage.read(paths.notice_try(stem))
            return document is not None and document.body.get("state") == "done"
        return False
    return True
