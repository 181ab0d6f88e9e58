"""A new experiment: the next number of its tag, once for each request.

Its number is told by the newest entries of the index; where that is behind, a number is found taken, and the next one
is tried. So numbers of a tag are tried in order, and whoever asks again meets what their first try made: by its entry,
or by the number that they would have taken.
"""

import logging
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine import paths
from engine.cloud.storage import Entry, Storage
from engine.errors import AlreadyExists, BrokenState, Conflict, NotFound, Unavailable
from engine.experiment.experiment import WITH_RECIPE, Experiment, ExperimentForm
from engine.experiment.index import entries_of, line_of, read_line, revision_of
from engine.experiment.records import read_experiment
from engine.index.entry import put
from engine.newest_first import moment_of

log = logging.getLogger(__name__)

# So many of the newest entries tell a number; a tag that was not used since then is looked for among all experiments.
LISTED = 200
# So many numbers taken in a row say that the index is behind.
BEHIND = 3
TRIES = 20
# What a first try made and could not enter into the index is looked for among so many newest numbers.
LOOK_BACK = 5
# A request is repeated within this time.
REPEATED = timedelta(hours=1)


@dataclass(frozen=True)
class Told:
    """What a listing tells of an experiment: the request that made it, if its line says so, and when that was."""

    key: str
    at: datetime


@dataclass(frozen=True)
class Known:
    """The numbers of a tag, as far as a listing tells. `all`: there are no others."""

    told: dict[int, Told]
    all: bool

    @property
    def last(self) -> int:
        return max(self.told, default=0)

    def candidates(self, key: str, at: datetime) -> list[int]:
        """Numbers that may be what `key` made shortly before `at`, the newest first.

        Those that say so; and of the newest, those that are not told, or do not say whose they are.
        """
        found, after = set(), at
        for number in range(self.last, max(self.last - LOOK_BACK, 0), -1):
            told = self.told.get(number)
            after = told.at if told else after
            if after > at - REPEATED and not (told.key if told else self.all):
                found.add(number)
        return sorted(found | {number for number, told in self.told.items() if told.key == key}, reverse=True)


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
    experiment = _left_behind(storage, tag, known, key, at) or _next(storage, form, tag, known, key, who, at)
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
    told = {}
    for entry in storage.list(paths.EXPERIMENT_INDEX, limit=LISTED):
        revision = revision_of(entry.path)
        if (number := _number(tag, revision)) is not None:
            at = moment_of(entry.path.removeprefix(paths.EXPERIMENT_INDEX).partition("-")[0])
            told[number] = Told(_key(entry), at)
    return Known(told, all=False) if told else None


def _all(storage: Storage, tag: str) -> Known:
    told = {}
    for entry in storage.list(f"{paths.EXPERIMENTS}{tag}_"):
        revision = entry.path.removeprefix(paths.EXPERIMENTS).removesuffix(".json")
        if (number := _number(tag, revision)) is not None:
            told[number] = Told(_key(entry), entry.updated)
    return Known(told, all=True)


def _number(tag: str, revision: str) -> int | None:
    begin, _, number = revision.rpartition("_")
    return int(number) if begin == tag and number.isascii() and number.isdigit() else None


def _key(entry: Entry) -> str:
    line = read_line(entry.path, entry.line)
    return line.key if line else ""


def _left_behind(storage: Storage, tag: str, known: Known, key: str, at: datetime) -> Experiment | None:
    """Return what an earlier try of this request made."""
    for number in known.candidates(key, at):
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
        version = {"schema_version": WITH_RECIPE} if form.recipe else {}
        experiment = Experiment.model_validate({**values, **version, "created_at": at})
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
            if made := _left_behind(storage, tag, known, key, at):
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
