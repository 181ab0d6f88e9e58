"""Stage: from an experiment and its snapshot to exactly what the trainer reads."""

import json
from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from engine import paths
from engine.clock import Clock
from engine.cloud.cloud import Cloud
from engine.data.dataset import Dataset, Finding
from engine.data.enough import CAUTIONED
from engine.data.prepare import prepare, write_input
from engine.data.quality import drop, refuse, review
from engine.data.quality_rules import OF_VALUES
from engine.data.records import read_dataset
from engine.data.trust import doubts
from engine.errors import AlreadyExists, BadInput, BrokenState, IllegalTransition
from engine.experiment.budget import Budget
from engine.experiment.experiment import effects_of, to_job_config
from engine.experiment.job_config import JobConfig
from engine.experiment.records import read_experiment
from engine.pipeline.conclude import fail, settle
from engine.pipeline.outbox import refresh_card
from engine.runs.records import change_run, read_run, record_event
from engine.runs.run import Run, State, move


def stage(cloud: Cloud, clock: Clock, run_id: str) -> None:
    """Write a run's data and configuration, then have it launched. Safe to call any number of times."""
    run = read_run(cloud.storage, run_id)
    if run.over:
        return settle(cloud, clock, run)
    if run.state in (State.QUEUED, State.STAGING):
        try:
            run = change_run(cloud.storage, run_id, lambda run: _to(run, State.STAGING, clock))
            record_event(cloud.storage, clock, run, "staging")
            config_sha = _write(cloud, run)
            run = change_run(cloud.storage, run_id, lambda run: _to(run, State.STAGED, clock, config_sha=config_sha))
        except IllegalTransition:
            return  # cancelled meanwhile
        except (BadInput, BrokenState) as error:
            return fail(cloud, clock, run_id, error)
    if run.state is State.STAGED:
        record_event(cloud.storage, clock, run, "staged")
        refresh_card(cloud, run.id, "staged")
        launch_next(cloud, run)


def launch_next(cloud: Cloud, run: Run) -> None:
    """Have the current attempt of a staged run launched."""
    key = f"launch|{cloud.settings.workspace}|{run.id}|{run.attempt}"
    cloud.tasks.enqueue("launch", "launch", {"run": run.id, "attempt": run.attempt, "n": 0}, key=key)


def _to(run: Run, state: State, clock: Clock, **changes: object) -> Run:
    return run if run.state is state else move(run, state, clock.now(), **changes)


def _write(cloud: Cloud, run: Run) -> str:
    """Write the run's data and configuration; returns the configuration's SHA-256.

    A configuration that is there already was written by an earlier try of this step, with its data.
    """
    if (written := cloud.storage.read(paths.job_config(run.ts))) is not None:
        return config_digest(written.body)
    experiment = read_experiment(cloud.storage, run.revision)
    dataset = read_dataset(cloud.storage, run.dataset_id)
    with TemporaryDirectory() as folder:
        raw, made = Path(folder) / "raw.parquet", Path(folder) / "input"
        stored = cloud.storage.get_file(paths.raw_data(dataset.country, dataset.ts), raw)
        if stored.crc32c != dataset.crc32c:
            raise BrokenState(f"The rows of {dataset.title} are not those that were checked.", "Make it again.")
        prepared = prepare(
            raw, dataset.mapping, dataset.country, resample=experiment.resample_freq, choices=dataset.choices
        )
        findings = review(
            prepared,
            start=experiment.start_date,
            end=experiment.end_date,
            accepted={*dataset.accepted, *CAUTIONED},
            effects=effects_of(experiment, dataset),
        )
        refuse(findings)
        told = to_job_config(experiment, dataset, drop(dataset.mapping, findings), doubts=_doubts(dataset, findings))
        config = _with_budget(told, run.trainer).model_dump(mode="json")
        write_input(prepared, made)
        with suppress(AlreadyExists):
            cloud.storage.put_file(paths.input_data(run.ts), made / "input_data.parquet")
        data = cloud.storage.get_file(paths.input_data(run.ts), Path(folder) / "check.parquet")
        config["data"] = {"path": data.path, "rows": len(prepared.frame), "crc32c": data.crc32c}
    with suppress(AlreadyExists):
        cloud.storage.create(paths.job_config(run.ts), config)
    cloud.storage.replace(paths.LATEST_CONFIG, config)
    written = cloud.storage.require(paths.job_config(run.ts), "The configuration is not there.")
    return config_digest(written.body)


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
