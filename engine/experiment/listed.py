"""Experiments as people list and name them: by their index in one request, and by their name, which is where they lie.

Where the index is not whole (a store of the release before, or a lost one) the experiments themselves are read.
"""

import re
from collections.abc import Collection
from contextlib import suppress
from difflib import get_close_matches

from engine import paths
from engine.cloud.storage import Storage
from engine.errors import BrokenState, NotFound
from engine.experiment.experiment import Experiment
from engine.experiment.index import ExperimentLine, fact_of, read_line, shown_of
from engine.experiment.records import experiment_at, experiment_names, read_experiment
from engine.index.page import LOOKED_AT, Kind, first_of, first_page, shown, whole
from engine.listing import Listing
from engine.names import bare, quoted, readings
from engine.sight import Eyes

# What an experiment is called: a tag in capitals, and its number.
NAMED = re.compile(r"[A-Z][A-Z0-9-]*_[0-9]+")

KIND = Kind(fact_of, read_line, lambda storage, path: shown_of(experiment_at(storage, path)))


def list_experiments(storage: Storage, limit: int | None = None, eyes: Eyes | None = None) -> Listing[ExperimentLine]:
    """Return the experiments, newest first, at most `limit`, among the newest. What cannot be read is left out.

    With `eyes`: the experiments that they see, and as many of them.
    """
    entries = whole(storage, paths.EXPERIMENT_INDEX, LOOKED_AT, first_page(limit, LOOKED_AT))
    if entries is None:
        return first_of(experiment_names(storage), lambda path: KIND.fact(storage, path), limit, eyes)
    return shown(storage, KIND, entries, limit, eyes)


def find_experiment(storage: Storage, text: str, eyes: Eyes | None = None) -> Experiment:
    """Return the experiment that `text` names, in any case, however it is quoted.

    Raises NotFound, with the nearest names among the newest; with `eyes`, among those that they see. BrokenState.
    """
    for name in dict.fromkeys(name.upper() for name in readings(text)):
        if NAMED.fullmatch(name):
            with suppress(NotFound):
                return read_experiment(storage, name, eyes)
    wanted = bare(text).upper()
    known = [one.revision for one in list_experiments(storage, None, eyes)]
    near = get_close_matches(wanted, known, n=3)
    todo = f"Did you mean {' or '.join(near)}?" if near else "Make one with /mmm experiment new."
    raise NotFound(f"There is no experiment {quoted(wanted)}.", todo, field="revision")


def experiments_on(storage: Storage, dataset_ids: Collection[str], reads: int | None = None) -> list[ExperimentLine]:
    """Return the experiments on any of some datasets, by all experiments there are: a request for a thousand.

    Those whose line a listing does not bring are read, at most `reads`. What cannot be read needs nothing any more.
    """
    found = []
    for entry in storage.list(paths.EXPERIMENTS):
        line = read_line(entry.path, entry.line)
        if line is None and reads != 0:
            reads = None if reads is None else reads - 1
            with suppress(NotFound, BrokenState):
                line = KIND.fact(storage, entry.path)
        if line is not None and line.dataset_id in dataset_ids:
            found.append(line)
    return found
