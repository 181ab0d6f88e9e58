"""The list of experiments: which entry an experiment has, and what that shows."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from engine import paths
from engine.experiment.experiment import Experiment, Trainer
from engine.index.entry import Wanted

_ENTRY = re.compile(r"index/experiments/[0-9]{13}-([^/]+)")
_FACT = re.compile(r"experiments/([^/]+)\.json")


class ExperimentLine(BaseModel):
    """What a list shows of an experiment; fields as in `Experiment`. By `key`, a repeated request finds it again."""

    model_config = ConfigDict(frozen=True)

    revision: str
    dataset_id: str
    iterations: int
    trials: int
    trainer: Trainer
    who: str
    channel: str
    created_at: datetime
    key: str = ""


def shown_of(experiment: Experiment) -> ExperimentLine:
    """Return what a list shows of an experiment."""
    return ExperimentLine.model_validate(experiment.model_dump(include=set(ExperimentLine.model_fields)))


def line_of(experiment: Experiment) -> dict[str, Any]:
    """Return an experiment's line as plain JSON: of itself and of its entry."""
    return shown_of(experiment).model_dump(mode="json")


def read_line(path: str, line: Mapping[str, Any] | None) -> ExperimentLine | None:
    """Return the line that a listing brought with an experiment or an entry; None unless it is that one's own."""
    own = _FACT.fullmatch(path) or _ENTRY.fullmatch(path)
    try:
        read = ExperimentLine.model_validate(line)
    except ValidationError:
        return None
    if not own or read.revision != own[1]:
        return None
    return read if path in (paths.experiment(own[1]), paths.experiment_entry(read.created_at, own[1])) else None


def entries_of(one: Experiment | ExperimentLine) -> tuple[Wanted]:
    """Return an experiment's entries: the one in the list of all."""
    line = line_of(one) if isinstance(one, Experiment) else one.model_dump(mode="json")
    return (Wanted(paths.experiment_entry(one.created_at, one.revision), line),)


def entries_of_fact(path: str, line: Mapping[str, Any] | None) -> tuple[Wanted] | None:
    """Return an experiment's entries by what a listing says of it; None where only its body could tell."""
    read = read_line(path, line) if _FACT.fullmatch(path) else None
    return entries_of(read) if read else None


def entry_unread(path: str, updated: datetime) -> Wanted | None:
    """Return the entry of an experiment that cannot be read, so that it is counted. None for another name.

    updated: when its object was written, as a listing says.
    """
    found = _FACT.fullmatch(path)
    return Wanted(paths.experiment_entry(updated, found[1])) if found else None


def revision_of(path: str) -> str:
    """Return the experiment that an entry is of, by its name; empty where no entry can be called so."""
    found = _ENTRY.fullmatch(path)
    return found[1] if found else ""


def fact_of(path: str) -> str | None:
    """Return the experiment's object that an entry is of; None where no entry can be called so."""
    revision = revision_of(path)
    return paths.experiment(revision) if revision else None
