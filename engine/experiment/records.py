"""Experiments as they are stored: read by their names, never changed."""

from pydantic import ValidationError

from engine import paths
from engine.cloud.storage import Document, Storage
from engine.errors import BrokenState, NotFound
from engine.experiment.experiment import WITH_RECIPE, Experiment
from engine.listing import ASK
from engine.names import quoted
from engine.sight import Eyes, sees


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
    if version not in (1, WITH_RECIPE):
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
