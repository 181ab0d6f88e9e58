"""What is found out about the chosen model after the search: how firm it is, and what follows from it."""

from dataclasses import dataclass

import numpy as np

from engine.data.dates import DAYS_A_PERIOD, PERIODS_A_YEAR, Interval
from engine.errors import BadConfig
from engine.model.budget.answer import Answer
from engine.model.evidence.spread import Spread, over_residuals, over_trials, over_windows, trial_agreement
from engine.model.forecast.forecast import Forecast
from engine.model.outcomes import expect, split_budget
from engine.model.planning import draws_of
from engine.model.read.inputs import Inputs
from engine.model.report import Report
from engine.model.response.draws import MediaDraws
from engine.model.unseen import backtest as backtests
from engine.model.unseen.backtest import Backtest

# Days are held against the same weekday of the year before.
A_YEAR_BEFORE: dict[Interval, int] = {**PERIODS_A_YEAR, "day": 364}


@dataclass(frozen=True)
class Findings:
    """spreads: of ROAS, by what was varied. agreement: of the trials on the order of channels; None for one trial.

    draws: what the media do, on average as the chosen model tells it. notes: what could not be answered, and why. A
    question without an answer does not cost anybody the model.
    """

    spreads: tuple[Spread, ...]
    agreement: float | None
    backtest: Backtest
    draws: MediaDraws
    allocation: Answer | None
    forecast: Forecast | None
    notes: tuple[str, ...]


def find_out(report: Report, inputs: Inputs, *, seed: int, workers: int = 1) -> Findings:
    """Vary trials, windows and noise around the chosen model, test it on periods it has not seen, and use it."""
    problem, space, model = report.problem, report.space, report.chosen.model
    found = report.searched
    # Only what could have been chosen speaks for its trial.
    score = np.where(report.selected.front > 0, report.score, np.inf)
    spreads: tuple[Spread, ...]
    notes: list[str] = []
    if report.evidence.reestimated:
        # Its coefficients are not a ridge's: what was varied about them was varied where they were found.
        spreads = report.evidence.ranges[1:]
    else:
        spreads = (
            over_trials(problem, found.candidates.effects, found.trial, score),
            over_windows(problem, space, model.values),
            over_residuals(problem, space, model, days=DAYS_A_PERIOD[inputs.interval], seed=seed),
        )
    tested = backtests.backtest(inputs, year=A_YEAR_BEFORE[inputs.interval], seed=seed, workers=workers)
    allocation, forecast = None, None
    draws = draws_of(problem, model, report.evidence.draws)
    try:
        allocation = split_budget(problem, model, draws, inputs)
    except BadConfig as error:
        notes.append(f"The budget was not split. {error.what} {error.todo}")
    try:
        forecast = expect(problem, model, draws, inputs, tested.misses)
    except BadConfig as error:
        notes.append(f"Nothing was forecast. {error.what} {error.todo}")
    return Findings(
        spreads=spreads,
        agreement=trial_agreement(problem, found.candidates.effects, found.trial, score),
        backtest=tested,
        draws=draws,
        allocation=allocation,
        forecast=forecast,
        notes=(*report.evidence.notes, *notes),
    )


def present(value: float) -> float | None:
    """A finite number, or None for what has no value."""
    return float(value) if np.isfinite(value) else None
