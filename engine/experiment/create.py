"""A new experiment: the next number of its tag, once for each request.

Its number is told by the newest entries of the index; where that is behind, a number is found taken, and the next one
is tried. So numbers of a tag are tried in order, and whoever asks again meets what their first try made: by its entry,
or by the number that they would have taken.
"""

import logging
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from engine import paths
from engine.cloud.storage import Entry, Storage
from engine.errors import AlreadyExists, BrokenState, Conflict, NotFound, Unavailable
from engine.experiment.experiment import Experiment, ExperimentForm
from engine.experiment.index import entries_of, line_of, read_line, revision_of
from engine.experiment.records import read_experiment
from engine.index.entry import put

log = logging.getLogger(__name__)

# So many of the newest entries tell a number; a tag that was not used since then is looked for among all experiments.
LISTED = 200
# So many numbers taken in a row say that the index is behind.
BEHIND = 3
TRIES = 20
# What a first try made and could not enter into the index is looked for among so many newest numbers.
LOOK_BACK = 5


@dataclass(frozen=True)
class Known:
    """Numbers of a tag, with the request that made each, as far as a listing tells. `all`: there are no others."""

    keys: dict[int, str]
    all: bool

    @property
    def last(self) -> int:
        return max(self.keys, default=0)

    def candidates(self, key: str) -> list[int]:
        """Numbers that may be what `key` made, the newest first."""
        recent = range(self.last, max(self.last - LOOK_BACK, 0), -1)
        untold = {n for n in recent if not self.keys.get(n) and (n in self.keys or not self.all)}
        return sorted(untold | {n for n, made_by in self.keys.items() if made_by == key}, reverse=True)


def create_experiment(
    storage: Storage, form: ExperimentForm, *, key: str, who: str, at: datetime, lasting: bool = False
) -> Experiment:
    """Store `form` under the next free number of its tag. The same `key` returns the same experiment.

    Soon after, that is; with `lasting`, whenever it is asked for again. Three requests as a rule.
    """
    if lasting and (made := _made_by(storage, key)):
        return made
    tag = (form.tag or form.country).upper()
    known = _newest(storage, tag) or _all(storage, tag)
    experiment = _left_behind(storage, tag, known, key) or _next(storage, form, tag, known, key, who, at)
    _enter(storage, experiment)
    if lasting:
        with suppress(AlreadyExists):
            storage.create(paths.experiment_request(key), {"revision": experiment.revision})
    return experiment


def _made_by(storage: Storage, key: str) -> Experiment | None:
    request = storage.read(paths.experiment_request(key))
    return read_experiment(storage, str(request.body.get("revision", ""))) if request else None


def _newest(storage: Storage, tag: str) -> Known | None:
    """What the newest entries tell of a tag; None where there is none of it."""
    entries = storage.list(paths.EXPERIMENT_INDEX, limit=LISTED)
    keys = dict(told for entry in entries if (told := _told(tag, revision_of(entry.path), entry)))
    return Known(keys, all=False) if keys else None


def _all(storage: Storage, tag: str) -> Known:
    entries = storage.list(f"{paths.EXPERIMENTS}{tag}_")
    revisions = ((entry.path.removeprefix(paths.EXPERIMENTS).removesuffix(".json"), entry) for entry in entries)
    return Known(dict(told for name, entry in revisions if (told := _told(tag, name, entry))), all=True)


def _told(tag: str, revision: str, entry: Entry) -> tuple[int, str] | None:
    """The number of an experiment of `tag`, and the request that made it, if its line says so."""
    begin, _, number = revision.rpartition("_")
    if begin != tag or not (number.isascii() and number.isdigit()):
        return None
    line = read_line(entry.path, entry.line)
    return int(number), line.key if line else ""


def _left_behind(storage: Storage, tag: str, known: Known, key: str) -> Experiment | None:
    """Return what an earlier try of this request made."""
    for number in known.candidates(key):
        # What cannot be read is no reason to make nothing new.
        with suppress(BrokenState, NotFound):
            experiment = read_experiment(storage, f"{tag}_{number}")
            if experiment.key == key:
                return experiment
    return None


def _next(
    storage: Storage, form: ExperimentForm, tag: str, known: Known, key: str, who: str, at: datetime
) -> Experiment:
    number, taken = known.last, 0
    for _ in range(TRIES):
        number += 1
        values = {**form.model_dump(), "tag": tag, "revision": f"{tag}_{number}", "key": key, "who": who}
        experiment = Experiment.model_validate({**values, "created_at": at})
        try:
            storage.create(paths.experiment(experiment.revision), experiment, line=line_of(experiment))
        except AlreadyExists:
            taken += 1
        else:
            return experiment
        with suppress(BrokenState, NotFound):
            there = read_experiment(storage, experiment.revision)
            if there.key == key:
                return there  # of the same request: its first try, or its double at this very moment
            _enter(storage, there)  # whoever made it may have died before they did
        if taken == BEHIND and not known.all:
            known = _all(storage, tag)
            if made := _left_behind(storage, tag, known, key):
                return made
            number = max(number, known.last)
    raise Conflict(f"Too many experiments called {tag} are being made at once.", "Try again.")


def _enter(storage: Storage, experiment: Experiment) -> None:
    """Enter an experiment into the list of all. Where that fails the sweep does it: nobody need wait for it."""
    try:
        for entry in entries_of(experiment):
            put(storage, entry)
    except Unavailable as error:
        log.warning("%s is not in the list of experiments yet: %s", experiment.revision, error.detail)
