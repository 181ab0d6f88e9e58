"""Stage: from an experiment and its snapshot to exactly what the trainer reads, and on into the launch.

Nothing is looked for that a create-only write tells: an earlier try's configuration counts, and is read only then.
"""

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import ValidationError

from engine import paths
from engine.clock import Clock
from engine.cloud.cloud import Cloud
from engine.cloud.storage import Storage, StoredFile
from engine.data.dataset import Dataset, Finding
from engine.data.enough import CAUTIONED
from engine.data.prepare import prepare, write_input
from engine.data.quality import drop, refuse, review
from engine.data.quality_rules import OF_VALUES
from engine.data.recipe import Recipe
from engine.data.recipe_problems import problems, with_accepted
from engine.data.recipe_problems import refuse as refuse_recipe
from engine.data.recipes import read_saved
from engine.data.records import read_dataset
from engine.data.trust import doubts
from engine.errors import AlreadyExists, BadInput, BrokenState, MmmError
from engine.experiment.budget import Budget
from engine.experiment.experiment import Experiment, effects_of, to_job_config
from engine.experiment.job_config import JobConfig
from engine.experiment.records import read_experiment
from engine.experiment.with_recipe import with_recipe
from engine.pipeline.cancel import cancel
from engine.pipeline.conclude import fail, settle
from engine.pipeline.launch import begin, go_on
from engine.pipeline.next_step import launch_next
from engine.pipeline.rows import raw_of
from engine.runs.run import Run, State
from engine.runs.state import read_state

# Why a run may not begin; None where it may.
Refusal = Callable[[Run], MmmError | None]


def stage(cloud: Cloud, clock: Clock, run_id: str, refusal: Refusal = lambda run: None) -> None:
    """Write a run's data and configuration, and launch it where there is a place. Safe to call any number of times.

    refusal: asked about a run that was not begun yet.
    """
    held = read_state(cloud.storage, run_id)
    run = held.run
    if run.over:
        settle(cloud, clock, run)
    elif run.state is State.STAGED:
        launch_next(cloud, run)
    elif run.state is State.LAUNCHING:
        go_on(cloud, clock, held)
    elif run.state in (State.QUEUED, State.STAGING):
        if run.stopping_by:
            return cancel(cloud, clock, run.id)
        if run.state is State.QUEUED and (why := refusal(run)) is not None:
            return fail(cloud, clock, run.id, why)
        try:
            config_sha = _write(cloud, run)
        except (BadInput, BrokenState) as error:
            return fail(cloud, clock, run.id, error)
        begin(cloud, clock, held, config_sha=config_sha)


def _write(cloud: Cloud, run: Run) -> str:
    """Write the run's data and configuration; returns the configuration's SHA-256.

    A configuration that is there already was written by an earlier try of this step, with its data.
    """
    dataset = read_dataset(cloud.storage, run.dataset_id)
    experiment = _experiment(cloud, run)
    recipe = _recipe(cloud, experiment, dataset)
    with TemporaryDirectory() as folder:
        raw, made = raw_of(cloud, dataset, Path(folder)), Path(folder) / "input"
        asked, known = with_recipe(experiment, dataset, recipe)
        prepared = prepare(
            raw,
            dataset.mapping,
            dataset.country,
            resample=asked.resample_freq,
            choices=dataset.choices,
            recipe=recipe,
        )
        found = review(
            prepared,
            start=asked.start_date,
            end=asked.end_date,
            accepted={*dataset.accepted, *CAUTIONED},
            effects=effects_of(asked, known),
        )
        findings = with_accepted(found, recipe.accepted if recipe else ())
        refuse(findings)
        told = to_job_config(asked, known, drop(known.mapping, findings), doubts=_doubts(known, findings))
        config = _with_budget(told, run.trainer).model_dump(mode="json")
        write_input(prepared, made)
        data = _put_input(cloud.storage, paths.input_data(run.ts), made / "input_data.parquet")
        config["data"] = {"path": data.path, "rows": len(prepared.frame), "crc32c": data.crc32c}
    try:
        return config_digest(cloud.storage.create(paths.job_config(run.ts), config).body)
    except AlreadyExists:
        written = cloud.storage.require(paths.job_config(run.ts), "The configuration is not there.")
        return config_digest(written.body)


def _recipe(cloud: Cloud, experiment: Experiment, dataset: Dataset) -> Recipe | None:
    """The recipe that an experiment names; None where it takes the data as they are.

    Raises BadInput, before anything is paid for, where it is gone or cannot be applied to these data.
    """
    if not experiment.recipe:
        return None
    recipe = read_saved(cloud.storage, experiment.recipe).recipe
    refuse_recipe(problems(recipe, dataset.mapping, dataset.columns, dataset.choices, dataset.interval))
    return recipe


def _put_input(storage: Storage, path: str, made: Path) -> StoredFile:
    """Write what a run trains on, once: where an earlier try was first, what it wrote counts."""
    with suppress(AlreadyExists):
        return storage.put_file(path, made)
    return storage.get_file(path, made.with_name("written.parquet"))


def _experiment(cloud: Cloud, run: Run) -> Experiment:
    """The settings that a run was submitted with; one of an earlier release keeps none of its own."""
    with suppress(ValidationError):
        return Experiment.model_validate(run.experiment)
    return read_experiment(cloud.storage, run.revision)


def _with_budget(told: JobConfig, trainer: str) -> JobConfig:
    """Ask where the same money would bring most, too: a thread says it, or that the split is to be kept.

    Robyn's own allocator takes minutes and does not tell how sure its answer is: it is asked by `mmm train` only.
    """
    asked = trainer == "native" and len(told.paid_media_spends) > 1 and told.budget is None
    return told.model_copy(update={"budget": Budget()}) if asked else told


def _doubts(dataset: Dataset, findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """What was doubtful about reading the columns in use, and about the values in this window: not in another."""
    used = {"", *dataset.mapping.model_columns, dataset.mapping.country_var}
    read = [one for one in dataset.findings if one.code not in OF_VALUES and one.column in used]
    return doubts((*read, *findings))


def config_digest(config: dict[str, object]) -> str:
    """Return the SHA-256 of a configuration, whatever the order of its keys."""
    return sha256(json.dumps(config, sort_keys=True).encode()).hexdigest()
