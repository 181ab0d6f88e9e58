"""Experiments as they are stored: numbered per tag, never changed."""

from datetime import datetime
from difflib import get_close_matches

from pydantic import ValidationError

from engine import paths
from engine.cloud.storage import Storage
from engine.errors import AlreadyExists, BrokenState, Conflict, NotFound
from engine.experiment.experiment import Experiment, ExperimentForm

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


def read_experiment(storage: Storage, revision: str) -> Experiment:
    """Return the experiment called TAG_N. Raises NotFound, with the nearest names."""
    document = storage.read(paths.experiment(revision)) if revision and "/" not in revision else None
    if document is None:
        near = get_close_matches(revision.upper(), _revisions(storage), n=3)
        todo = f"Did you mean {' or '.join(near)}?" if near else "Make one with /mmm experiment new."
        raise NotFound(f"There is no experiment “{revision}”.", todo, field="revision")
    try:
        return Experiment.model_validate(document.body)
    except ValidationError as error:
        raise BrokenState("A stored experiment cannot be read.", detail=f"{document.path}: {error}") from error


def list_experiments(storage: Storage, limit: int | None = None) -> list[Experiment]:
    """Return the experiments, newest first; only the newest `limit` are read."""
    entries = sorted(storage.list(paths.EXPERIMENTS), key=lambda entry: (entry.updated, entry.path), reverse=True)
    return [read_experiment(storage, _revision(entry.path)) for entry in entries[:limit]]


def find_experiment(storage: Storage, text: str) -> Experiment:
    """Return the experiment that `text` names, in any case. Raises NotFound, with the nearest names."""
    return read_experiment(storage, text.strip().upper())


def _made_by(storage: Storage, key: str) -> Experiment | None:
    request = storage.read(paths.experiment_request(key))
    return read_experiment(storage, str(request.body["revision"])) if request else None


def _left_behind(storage: Storage, tag: str, numbers: list[int], key: str) -> Experiment | None:
    """Return what an earlier try of this request made before it could say so."""
    for number in sorted(numbers, reverse=True)[:LOOK_BACK]:
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
    return [int(n) for _, _, n in (revision.rpartition("_") for revision in revisions) if n.isdigit()]


def _revisions(storage: Storage) -> list[str]:
    return [_revision(entry.path) for entry in storage.list(paths.EXPERIMENTS)]


def _revision(path: str) -> str:
    return path.removeprefix(paths.EXPERIMENTS).removesuffix(".json")
