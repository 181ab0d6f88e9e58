"""Experiments as they are stored: numbered per tag, never changed."""

from contextlib import suppress
from datetime import datetime

from pydantic import ValidationError

from engine import paths
from engine.cloud.storage import Document, Storage
from engine.errors import AlreadyExists, BrokenState, Conflict, NotFound
from engine.experiment.experiment import Experiment, ExperimentForm
from engine.listing import ASK
from engine.names import quoted
from engine.sight import Eyes, sees

TRIES = 20
# A request that is repeated looks for what its first try made among this many newest of its tag.
LOOK_BACK = 5


def create_experiment(storage: Storage, form: ExperimentForm, *, key: str, who: str, at: datetime) -> Experiment:
    """Store `form` under the next free number of its tag. The same `key` always returns the same experiment."""
    if made := _made_by(storage, key):
        return made
    tag = (form.tag or form.country).upper()
    numbers = _numbers(storage, tag)
    experiment = _left_behind(storage, tag, numbers, key) or _next(storage, form, tag, numbers, key, who, at)
    try:
        storage.create(paths.experiment_request(key), {"revision": experiment.revision})
    except AlreadyExists:
        # The same request ran twice at once and the other one was first.
        first = _made_by(storage, key)
        if first and first.revision != experiment.revision:
            storage.delete(paths.experiment(experiment.revision))
            return first
    return experiment


def read_experiment(storage: Storage, revision: str, eyes: Eyes | None = None) -> Experiment:
    """Return the experiment called TAG_N. Raises NotFound, also where `eyes` do not see it, BrokenState."""
    document = storage.read(paths.experiment(revision)) if revision and "/" not in revision else None
    if document is None or not sees(eyes, experiment := _parse(document)):
        raise NotFound(
            f"There is no experiment {quoted(revision)}.", "Make one with /mmm experiment new.", field="revision"
        )
    return experiment


def experiment_names(storage: Storage) -> list[str]:
    """Return the names in the bucket of all experiments, the newest first."""
    entries = sorted(storage.list(paths.EXPERIMENTS), key=lambda entry: (entry.updated, entry.path), reverse=True)
    return [entry.path for entry in entries]


def experiment_at(storage: Storage, path: str) -> Experiment:
    """Read an experiment that a listing named. Raises NotFound if it vanished, BrokenState."""
    return _parse(storage.require(path, f"There is no {path}."))


def _parse(document: Document) -> Experiment:
    version = document.body.get("schema_version", 1)
    if version != 1:
        raise BrokenState(
            "An experiment was written by a newer version.", ASK, detail=f"{document.path}: schema {version}"
        )
    try:
        experiment = Experiment.model_validate(document.body)
    except ValidationError as error:
        raise BrokenState("A stored experiment cannot be read.", ASK, detail=f"{document.path}: {error}") from error
    if document.path != paths.experiment(experiment.revision):
        raise BrokenState("A stored experiment has another one's name.", ASK, detail=document.path)
    return experiment


def _made_by(storage: Storage, key: str) -> Experiment | None:
    request = storage.read(paths.experiment_request(key))
    return read_experiment(storage, str(request.body.get("revision", ""))) if request else None


def _left_behind(storage: Storage, tag: str, numbers: list[int], key: str) -> Experiment | None:
    """Return what an earlier try of this request made before it could say so."""
    for number in sorted(numbers, reverse=True)[:LOOK_BACK]:
        # What cannot be read is no reason to make nothing new.
        with suppress(BrokenState, NotFound):
            experiment = read_experiment(storage, f"{tag}_{number}")
            if experiment.key == key:
                return experiment
    return None


def _next(
    storage: Storage, form: ExperimentForm, tag: str, numbers: list[int], key: str, who: str, at: datetime
) -> Experiment:
    number = max(numbers, default=0)
    for _ in range(TRIES):
        number += 1
        values = {**form.model_dump(), "tag": tag, "revision": f"{tag}_{number}", "key": key, "who": who}
        experiment = Experiment.model_validate({**values, "created_at": at})
        try:
            storage.create(paths.experiment(experiment.revision), experiment)
        except AlreadyExists:
            continue
        return experiment
    raise Conflict(f"Too many experiments called {tag} are being made at once.", "Try again.")


def _numbers(storage: Storage, tag: str) -> list[int]:
    revisions = (_revision(entry.path) for entry in storage.list(f"{paths.EXPERIMENTS}{tag}_"))
    return [int(n) for _, _, n in (revision.rpartition("_") for revision in revisions) if n.isascii() and n.isdigit()]


def _revision(path: str) -> str:
    return path.removeprefix(paths.EXPERIMENTS).removesuffix(".json")
