"""Submit: an experiment becomes a run that waits to be staged. Called while a person waits."""

from contextlib import suppress
from hashlib import sha256

from engine import paths
from engine.clock import Clock
from engine.cloud.cloud import Cloud
from engine.data.records import read_dataset
from engine.errors import AlreadyExists
from engine.experiment.records import read_experiment
from engine.pipeline.outbox import refresh_card
from engine.runs.records import create_run, record_event
from engine.runs.run import Run

# People type run ids, so they are short; the second length is for the rare request whose short one is taken.
ID_LENGTHS = (7, 16)


def submit(cloud: Cloud, clock: Clock, revision: str, *, key: str, who: str, channel: str) -> Run:
    """Start a run of the experiment called `revision`; the same `key` always means the same run.

    Raises NotFound if the experiment or its dataset is gone, Unavailable if nothing was promised yet.
    """
    experiment = read_experiment(cloud.storage, revision)
    dataset = read_dataset(cloud.storage, experiment.dataset_id)
    now = clock.now()
    digest = sha256(key.encode()).hexdigest()
    wanted = Run(
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
    )
    for length in ID_LENGTHS:
        run = wanted.model_copy(update={"id": f"r{digest[:length]}"})
        # The marker first: a run that exists is always seen by the sweep.
        with suppress(AlreadyExists):
            cloud.storage.create(paths.active(run.id), {"run": run.id})
        run = create_run(cloud.storage, run)
        if run.key == key:
            break
    record_event(cloud.storage, clock, run, "submitted", who=who)
    refresh_card(cloud, run.id, "submitted")
    cloud.tasks.enqueue("stage", "stage", {"run": run.id}, key=f"stage|{cloud.settings.workspace}|{run.id}")
    return run
