"""Places for training that were lost: whoever trains in one gets it back, or others would take it, too."""

from collections.abc import Collection, Iterable
from contextlib import suppress

from engine import paths
from engine.cloud.storage import Storage
from engine.errors import AlreadyExists
from engine.runs.run import Run, State

TRAINING = frozenset({State.LAUNCHING, State.RUNNING})


def restore_places(storage: Storage, runs: Iterable[Run], places: Collection[str]) -> list[str]:
    """Make the places anew that runs have and that are not among `places`, which were listed before the runs were read.

    Returns their names. Safe to repeat; a place that somebody else has taken since is theirs.
    """
    made = []
    for run in runs:
        if run.state not in TRAINING or run.slot is None or (path := paths.slot(run.slot.number)) in places:
            continue
        holder = {"run": run.id, "attempt": run.attempt}
        with suppress(AlreadyExists):
            storage.create(path, holder, line=holder)
            made.append(path)
    return made
