"""`mmm migrate`: a team's state goes to its own bucket in Google Cloud, copied and verified object by object.

It is done with the server stopped and no run under way: a run lives in tasks and processes too, and those do not
travel. What was copied before is left alone, so a broken copy is simply started again.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from engine import paths
from engine.cloud.lines import line_in
from engine.cloud.storage import Storage
from engine.errors import AlreadyExists, BadInput, BrokenState
from local import workspace
from local.embedded.folder import Folder
from local.google.objects import Objects
from local.google.queues import Queues
from local.google.stored import Stored

# Looks at a run that is over by now: nothing is lost with them.
WITHOUT_MEANING = "watch"
NAMED = 5


@dataclass(frozen=True)
class Moved:
    """What a migration did: how many objects there are, how many it copied, how many were there already."""

    objects: int
    copied: int
    size: int


def migrate(state: Path, bucket: Storage, name: str, say: Callable[[str], None]) -> Moved:
    """Copy everything to `bucket`, verify it, and close this folder. `name` is the bucket's, for people.

    Raises BadInput where it may not begin, BrokenState where the copy is not what it should be.
    """
    folder = Folder(state.resolve())
    known = folder.read()
    if not known:
        raise BadInput(f"{state} holds no state.", "Name the folder that `mmm serve all --embedded` uses.")
    if (moved := known.get("moved_to")) not in (None, name):
        raise BadInput(f"{state} moved to {moved} already.")
    with folder.lock():
        objects = Objects(folder.google / "storage")
        try:
            _check_quiet(folder, objects)
            ours = {stored.name: stored for stored in objects.all()}
            there = _ours_in(bucket, ours)
            copied = _copy(objects, bucket, [stored for key, stored in ours.items() if key not in there], say)
            _verify(bucket, ours)
        finally:
            objects.close()
        folder.write(moved_to=name)
    return Moved(len(ours), copied, sum(stored.size for stored in ours.values()))


def left_to_do(project: str, bucket: str) -> Iterator[str]:
    """What a migration cannot do: each a line for whoever does it."""
    yield f"Secrets: put the bot token and the signing secret into Secret Manager of {project} (never from a backup)."
    yield "Snowflake: give the service the same MMM_SNOWFLAKE_* settings, and its key as a secret."
    yield f"Settings: MMM_BUCKET={bucket}, and the same MMM_WORKSPACE, roles and domains as here."
    yield "Slack app: `mmm manifest --url https://…` instead of --socket; then revoke the app-level token."
    yield "This folder stays as it is; the server does not start on it any more. Keep it until the first run is done."


def _check_quiet(folder: Folder, objects: Objects) -> None:
    """Raise BadInput while anything is under way that would not travel."""
    runs = [stored.name.removeprefix(paths.ACTIVE) for stored in objects.all(paths.ACTIVE)]
    if runs:
        shown = ", ".join(runs[:NAMED])
        raise BadInput(
            f"{len(runs)} run(s) are under way: {shown}.", "Start the server; wait for them, or stop them in Slack."
        )
    queues = Queues(folder.google)
    try:
        waiting = [
            task
            for queue in workspace.QUEUES
            if not queue.endswith(WITHOUT_MEANING)
            for task in queues.waiting(f"projects/{workspace.PROJECT}/locations/{workspace.REGION}/queues/{queue}")
        ]
    finally:
        queues.close()
    if waiting:
        raise BadInput(
            f"{len(waiting)} step(s) still wait, such as messages to Slack.",
            "Start the server for a minute, then stop it.",
        )


def _ours_in(bucket: Storage, ours: dict[str, Stored]) -> set[str]:
    """The names in the bucket; all must be copies of ours. Raises BadInput otherwise, before anything is written."""
    found, foreign = set(), []
    for entry in bucket.list(""):
        mine = ours.get(entry.path)
        if mine is None or (mine.crc32c, mine.size) != (entry.crc32c, entry.size):
            foreign.append(entry.path)
        found.add(entry.path)
    if foreign:
        raise BadInput(
            f"The bucket holds {len(foreign)} object(s) that are not of this state: {', '.join(foreign[:NAMED])}.",
            "Name an empty bucket, or another --root in it.",
        )
    return found


def _copy(objects: Objects, bucket: Storage, missing: list[Stored], say: Callable[[str], None]) -> int:
    """Copy what is missing, create-only."""
    say(f"{len(missing)} object(s) to copy.")
    for number, stored in enumerate(missing, 1):
        try:
            made = bucket.put_file(
                stored.name,
                objects.folder / "bytes" / stored.file,
                stored.content_type,
                # What lists show of it goes with it; what may go after some time begins to wait anew.
                line=line_in(stored.metadata),
                passing=stored.custom_time is not None,
            )
        except AlreadyExists as error:
            raise BrokenState(f"Somebody else writes to the bucket: {stored.name}.", "Stop them first.") from error
        if made.crc32c != stored.crc32c:
            raise BrokenState(f"{stored.name} is damaged on this disk.", "Restore a backup.", detail=made.crc32c)
        if number % 200 == 0:
            say(f"{number} of {len(missing)} copied; {len(missing) - number} left.")
    return len(missing)


def _verify(bucket: Storage, ours: dict[str, Stored]) -> None:
    """Hold the bucket against this folder: the same names, sizes and checksums. Raises BrokenState."""
    there = {entry.path: (entry.size, entry.crc32c) for entry in bucket.list("")}
    here = {name: (stored.size, stored.crc32c) for name, stored in ours.items()}
    if there != here:
        wrong = sorted(name for name in {*there, *here} if there.get(name) != here.get(name))
        raise BrokenState(
            f"{len(wrong)} object(s) differ between bucket and folder: {', '.join(wrong[:NAMED])}.",
            "Nothing was closed here. Start the migration again.",
        )
