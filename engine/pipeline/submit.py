"""Submit: an experiment becomes a run that waits to be staged. Called while a person waits."""

from contextlib import suppress
from hashlib import sha256

from engine import paths
from engine.clock import Clock
from engine.cloud.cloud import Cloud
from engine.data.dataset import Dataset
from engine.errors import AlreadyExists
from engine.experiment.experiment import Experiment
from engine.pipeline.outbox import SUBMITTED, refresh_card
from engine.runs.line import line_of
from engine.runs.run import NEWEST, VERSION, Run, happened
from engine.runs.state import create_run

# People type run ids, so they are short; the second length is for the rare request whose short one is taken.
ID_LENGTHS = (7, 16)


def submit(
    cloud: Cloud, clock: Clock, experiment: Experiment, dataset: Dataset, *, key: str, who: str, channel: str
) -> Run:
    """Start a run of `experiment` on its `dataset`; the same `key` always means the same run.

    Both go with it as they are, so that nothing of them needs to be read again. Raises Unavailable if nothing was
    promised yet.
    """
    now = clock.now()
    digest = sha256(key.encode()).hexdigest()
    newer = experiment.recipe or dataset.mapping.made or dataset.mapping.aggregation
    wanted = Run(
        schema_version=NEWEST if newer else VERSION,
        id=f"r{digest}",
        workspace=cloud.settings.workspace,
        revision=experiment.revision,
        dataset_id=dataset.id,
        country=dataset.country,
        ts=clock.stamp(),
        who=who,
        channel=channel or experiment.channel,
        trainer=experiment.trainer,
        created_at=now,
        changed_at=now,
        key=key,
        title=dataset.title,
        units=dataset.currencies,
        experiment=experiment.model_dump(mode="json"),
    )
    for length in ID_LENGTHS:
        run = happened(wanted.model_copy(update={"id": f"r{digest[:length]}"}), "submitted", now, who=who)
        # The marker first: a run that exists is always seen by the sweep.
        marked = _mark(cloud, run)
        run = create_run(cloud.storage, run)
        if run.over and marked is not None:
            cloud.storage.delete(paths.active(run.id), marked)  # it ended long ago, and all has followed
        if run.key == key:
            break
    if run.over:
        return run
    refresh_card(cloud, run.id, SUBMITTED)
    cloud.tasks.enqueue("stage", "stage", {"run": run.id}, key=f"stage|{cloud.settings.workspace}|{run.id}")
    return run


def _mark(cloud: Cloud, run: Run) -> int | None:
    """Mark a run as not over; returns the mark's generation, None where it is marked already."""
    with suppress(AlreadyExists):
        return cloud.storage.create(paths.active(run.id), {"run": run.id}, line=line_of(run)).generation
    return None
