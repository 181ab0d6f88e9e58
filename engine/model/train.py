"""A whole training: read, decompose, search, select, write."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from engine.errors import TrainingFailed
from engine.experiment.job_config import JobConfig
from engine.model import tables
from engine.model.convergence import cut, judge
from engine.model.features import time_features
from engine.model.inputs import Inputs, read_inputs
from engine.model.kept_trials import KeptTrials
from engine.model.pareto import eligible_models, error_score, select
from engine.model.problem import make_problem
from engine.model.ranges import OVER
from engine.model.report import Report
from engine.model.space import space_of
from engine.model.status import Status
from engine.model.trials import Task, run_trials
from engine.results.contract import Channel, Data, Selection, Summary, Window, check_results

LIBRARIES = ("mmm-bot", "numpy", "numba", "nevergrad", "prophet", "holidays")


def train(folder_in: Path, folder_out: Path, *, seed: int | None = None, workers: int = 1) -> Summary:
    """Train on a folder with `job_config.json` and `input_data.parquet` or `.csv`, and write the results.

    seed: replaces the configuration's. workers: trials searched at the same time, each in a process of its own;
    the results do not depend on it. Raises BadInput for what the person can correct, TrainingFailed where no
    model came out.
    """
    started = datetime.now(UTC)
    folder_out.mkdir(parents=True, exist_ok=True)
    (folder_out / "error.json").unlink(missing_ok=True)
    (folder_out / "results" / "summary.json").unlink(missing_ok=True)
    inputs = read_inputs(folder_in)
    config = inputs.config
    status = Status(folder_out / "status.json", trials=config.trials, iterations=config.iterations)
    phases = _Phases(folder_out, status)
    phases.say(
        f"{len(inputs.days)} {inputs.interval}s, {len(inputs.window)} of them modelled. {' '.join(inputs.notes)}"
    )

    with phases.phase("decomposing"):
        problem = make_problem(inputs, time_features(folder_in, inputs))
    space, seed = space_of(inputs.ranges), config.seed if seed is None else seed
    phases.say(f"Searching {int(space.free.sum())} hyperparameters, {config.iterations} × {config.trials} models.")
    task = Task(problem, space, config.search, config.iterations, seed)
    kept = KeptTrials(folder_out / "trials", task.fingerprint)
    with phases.phase("searching"):
        searched = run_trials(task, trials=config.trials, workers=workers, progress=status.told, kept=kept)
    with phases.phase("selecting"):
        found = searched.candidates
        if not eligible_models(found, config.calibration_constraint).any():
            raise TrainingFailed(
                "No model with any effect of paid media was found.",
                "Check the spend columns and the ranges, or search with more iterations.",
            )
        selected = select(
            found,
            fronts=config.pareto_fronts,
            enough=config.min_candidates,
            near_lifts=config.calibration_constraint,
        )
        report = Report(problem, space, searched, error_score(found, quirks=config.robyn_quirks), selected)
    with phases.phase("writing"):
        _write_tables(folder_out / "results", report, inputs)
    summary = _summary(inputs, report, seed=seed, started=started, durations=phases.finish())
    for objective in summary.convergence.values():
        phases.say(objective.sentence)
    phases.say(f"Chose {summary.chosen} of {summary.selection.candidates} candidates. {summary.selection.note}")
    (folder_out / "results" / "summary.json").write_text(summary.model_dump_json(indent=2))
    if problems := check_results(folder_out):
        raise TrainingFailed("The results of this training are not sound.", detail="; ".join(problems))
    kept.clear()
    status.enter("done")
    return summary


@dataclass
class _Phases:
    """The training's phases: how long each took, in `timings.csv`, and what was said, in `robyn_console.log`."""

    folder: Path
    status: Status
    begun: float = field(default_factory=time.perf_counter)
    durations: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        (self.folder / "robyn_console.log").write_text("")
        self.status.enter("reading")

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        self.status.enter(name)
        yield
        self.durations[name] = round(time.perf_counter() - began, 3)
        self.say(f"{name.capitalize()} took {self.durations[name]:.1f} s.")

    def finish(self) -> dict[str, float]:
        durations = self.durations | {"total": round(time.perf_counter() - self.begun, 3)}
        lines = ["Step,Time (s)", *(f"{name},{seconds}" for name, seconds in durations.items())]
        (self.folder / "timings.csv").write_text("\n".join(lines) + "\n")
        return durations

    def say(self, text: str) -> None:
        with (self.folder / "robyn_console.log").open("a") as log:
            log.write(text.strip() + "\n")


def _write_tables(folder: Path, report: Report, inputs: Inputs) -> None:
    folder.mkdir(exist_ok=True)
    conversion = inputs.config.dep_var_type == "conversion"
    frames: dict[str, pd.DataFrame] = {
        "candidates": tables.candidates(report),
        "coefficients": tables.coefficients(report, conversion=conversion),
        "decomposition": tables.decomposition(report, inputs.window),
        "response_curves": tables.response_curves(report),
        "allocation": tables.allocation(),
        "convergence": tables.convergence(report),
    }
    for name, frame in frames.items():
        pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), folder / f"{name}.parquet")


def _summary(inputs: Inputs, report: Report, *, seed: int, started: datetime, durations: dict[str, float]) -> Summary:
    config, problem, selected = inputs.config, report.problem, report.selected
    best, found = int(report.ranked[0]), report.searched.candidates
    errors = {"nrmse": found.nrmse, "decomp.rssd": found.rssd}
    return Summary(
        trainer="native",
        chosen=report.sol_ids[0],
        revision=config.revision,
        country=config.country,
        dep_var=config.dep_var,
        dep_var_type=config.dep_var_type,
        adstock=config.adstock,
        interval=inputs.interval,
        window=_span(inputs.window),
        data=Data(
            rows=len(inputs.days),
            start=str(inputs.days[0]),
            end=str(inputs.days[-1]),
            variables=len(problem.names),
        ),
        channels=_channels(config),
        organic_vars=config.organic_vars,
        context_vars=inputs.context_vars,
        prophet_vars=config.prophet_vars,
        hyperparameters=inputs.ranges,
        iterations=config.iterations,
        trials=config.trials,
        seed=seed,
        metrics={
            **{name: _present(found.metric(name)[best]) for name in tables.MEASURED},
            "error_score": float(report.score[best]),
        },
        convergence={name: judge(name, cut(values, report.searched.iteration)) for name, values in errors.items()},
        selection=Selection(
            evaluated=len(found),
            eligible=selected.eligible,
            fronts=selected.fronts,
            candidates=len(selected.kept),
            rule="smallest error_score among the models on the selected Pareto fronts",
            note=selected.note,
        ),
        range_over=OVER,
        range_models=report.range(best).models,
        notes=inputs.notes,
        versions={name: version(name) for name in LIBRARIES},
        durations=durations,
        started_at=_stamp(started),
        finished_at=_stamp(datetime.now(UTC)),
    )


def _present(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _span(days: Sequence[object]) -> Window:
    return Window(start=str(days[0]), end=str(days[-1]), periods=len(days))


def _channels(config: JobConfig) -> tuple[Channel, ...]:
    pairs = zip(config.modelled_media, config.paid_media_spends, strict=True)
    return tuple(Channel(channel=modelled, spend=spend) for modelled, spend in pairs)


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
