"""A whole training: read, decompose, search, select, judge, write."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from engine.data.dates import YEAR
from engine.errors import BadConfig, TrainingFailed
from engine.experiment.job_config import LARGEST_SEED
from engine.model import outcomes, tables
from engine.model.evidence.choice import select
from engine.model.evidence.sample import MOST
from engine.model.findings import Findings, find_out
from engine.model.fit.problem import Problem
from engine.model.fit.space import Space, space_of, unnamed_order
from engine.model.phases import Phases
from engine.model.read.features import time_features
from engine.model.read.inputs import Inputs, read_inputs
from engine.model.read.modelling_table import make_problem
from engine.model.refresh import freedom, narrowed, narrows, previous_shares
from engine.model.report import Report, by_robyns_rule, with_evidence
from engine.model.search.kept_trials import KeptTrials
from engine.model.search.trials import Task, run_trials
from engine.model.select.pareto import eligible_models
from engine.model.status import Status
from engine.model.summarise import summarise
from engine.results.calls import PREVIEW_MODELS
from engine.results.check import check_results
from engine.results.summary import Summary

PREVIEW_SWEEPS = 4000


def train(
    folder_in: Path,
    folder_out: Path,
    *,
    seed: int | None = None,
    workers: int = 1,
    tell: Callable[[str], None] = lambda said: None,
) -> Summary:
    """Train on a folder with `job_config.json` and `input_data.parquet` or `.csv`, and write the results.

    seed: replaces the configuration's. workers: trials searched at the same time, each in a process of its own;
    the results do not depend on it. tell: hears, before anything is fitted, what one should know. A training that was
    killed goes on after its last finished trial when it is started again with the same folders. Raises BadInput for
    what the person can correct, TrainingFailed where no model came out.
    """
    started = datetime.now(UTC)
    folder_out.mkdir(parents=True, exist_ok=True)
    (folder_out / "error.json").unlink(missing_ok=True)
    (folder_out / "results" / "summary.json").unlink(missing_ok=True)
    inputs = read_inputs(folder_in)
    config = inputs.config
    seed = config.seed if seed is None else _checked(seed)
    status = Status(folder_out / "status.json", trials=config.trials, iterations=config.iterations)
    phases = Phases(folder_out, status)
    phases.say(f"{len(inputs.days)} {inputs.interval}s, {len(inputs.window)} of them modelled. {' '.join(inputs.told)}")
    for said in inputs.told:
        tell(said)

    with phases.phase("decomposing"):
        problem, space = prepare(folder_in, inputs)
    phases.say(f"Searching {int(space.free.sum())} hyperparameters, {config.iterations} × {config.trials} models.")
    task = Task(problem, space, config.search, config.iterations, seed)
    kept = KeptTrials(folder_out / "trials", task.fingerprint)
    with phases.phase("searching"):
        searched = run_trials(task, trials=config.trials, workers=workers, progress=status.told, kept=kept)
    with phases.phase("selecting"):
        if not eligible_models(searched.candidates, config.calibration_constraint).any():
            raise TrainingFailed(
                "No model with any effect of paid media was found.",
                "Check the spend columns and the ranges, or search with more iterations.",
            )
        report = by_robyns_rule(problem, space, searched, config)
    if config.selection == "evidence":
        with phases.phase("weighing"):
            # A preview is one throughout: short chains for a short search.
            most = MOST if config.iterations * config.trials >= PREVIEW_MODELS else PREVIEW_SWEEPS
            evidence = select(problem, space, YEAR[inputs.interval], seed=seed, most=most, threads=workers)
            report = with_evidence(report, evidence, quirks=config.robyn_quirks)
    with phases.phase("judging"):
        findings = find_out(report, inputs, seed=seed, workers=workers)
    with phases.phase("writing"):
        frames = _frames(report, findings, inputs)
        _write(folder_out / "results", frames)
    summary = summarise(
        inputs, report, findings, frames["coefficients"], seed=seed, started=started, durations=phases.finish()
    )
    for objective in summary.convergence.values():
        phases.say(objective.sentence)
    phases.say(f"Chose {summary.chosen} of {summary.selection.candidates} candidates. {summary.selection.note}")
    (folder_out / "results" / "summary.json").write_text(summary.model_dump_json(indent=2))
    if problems := check_results(folder_out):
        raise TrainingFailed("The results of this training are not sound.", detail="; ".join(problems))
    kept.clear()
    status.enter("done")
    return summary


def _checked(seed: int) -> int:
    """Return a seed that takes the configuration's place. Raises BadConfig where no configuration could hold it."""
    if not 0 <= seed <= LARGEST_SEED:
        raise BadConfig("This seed cannot be used.", f"Give a whole number from 0 to {LARGEST_SEED}.", field="seed")
    return seed


def prepare(folder: Path, inputs: Inputs) -> tuple[Problem, Space]:
    """Return what is searched: the columns of a training, and the ranges, by Robyn's rule narrowed in a refresh."""
    config, problem = inputs.config, make_problem(inputs, time_features(folder, inputs))
    # Robyn takes its chances in the order of names, which decides what it finds; where Robyn is not followed none does.
    follows = config.search == "nevergrad" and config.selection == "robyn"
    order = () if follows else unnamed_order(problem)
    if inputs.earlier is None or config.refresh is None or not narrows(config):
        return problem, space_of(inputs.ranges, order)
    free = freedom(config, len(problem.y))
    previous = previous_shares(problem, inputs.earlier, config.refresh.refresh_steps)
    ranges = narrowed(inputs.ranges, inputs.earlier, free, quirks=config.robyn_quirks)
    return problem.staying_close_to(previous), space_of(ranges, order)


def _frames(report: Report, findings: Findings, inputs: Inputs) -> dict[str, pd.DataFrame]:
    conversion, quirks = inputs.config.dep_var_type == "conversion", inputs.config.robyn_quirks
    chosen = report.chosen.sol_id
    curves = outcomes.curves(report, findings.draws, inputs.config)
    return {
        "candidates": tables.candidates(report),
        "coefficients": tables.coefficients(report, curves, conversion=conversion),
        "decomposition": tables.decomposition(report, inputs.window),
        "response_curves": tables.response_curves(report, curves),
        "allocation": tables.allocation(findings.allocation, chosen),
        "ranges": tables.ranges(findings.spreads, report, conversion=conversion),
        "clusters": tables.clusters(report, conversion=conversion, quirks=quirks),
        "forecast": tables.forecast(findings.forecast, chosen),
        "draws": tables.draws(report.evidence.draws),
        "convergence": tables.convergence(report),
    }


def _write(folder: Path, frames: dict[str, pd.DataFrame]) -> None:
    folder.mkdir(exist_ok=True)
    for name, frame in frames.items():
        pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), folder / f"{name}.parquet")
