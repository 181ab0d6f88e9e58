"""`summary.json` of a training: the report in short."""

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import pandas as pd

from engine.data.collinearity import moving_together
from engine.experiment.job_config import JobConfig
from engine.made_with import versions
from engine.model.budget.answer import Answer
from engine.model.findings import Findings, present
from engine.model.fit.space import LAMBDA
from engine.model.forecast.forecast import Forecast
from engine.model.read.earlier import by_variable
from engine.model.read.inputs import Inputs
from engine.model.refresh import freedom, what_moved
from engine.model.report import Report
from engine.model.select.convergence import cut, judge
from engine.model.tables import MEASURED
from engine.model.unseen.backtest import Backtest as Tested
from engine.results.summary import (
    Backtest,
    Budgeted,
    Channel,
    Data,
    Drift,
    Foreseen,
    Interval,
    Objective,
    OddPeriod,
    Selection,
    Stretch,
    Summary,
    Window,
)

RULES = {
    "robyn": "smallest error_score among the models on the selected Pareto fronts",
    "evidence": "expected ROAS given the data, with the transformation that fits best with them",
}


def summarise(
    inputs: Inputs,
    report: Report,
    findings: Findings,
    coefficients: pd.DataFrame,
    *,
    seed: int,
    started: datetime,
    durations: dict[str, float],
) -> Summary:
    """Return the summary. coefficients: the table of that name."""
    config, problem, selected, chosen = inputs.config, report.problem, report.selected, report.chosen
    tested = findings.backtest
    together, as_one = moving_together(problem.paid_names, problem.spend[problem.rows])
    traded = tuple((one.first, one.second) for one in report.evidence.pairs)
    return Summary(
        trainer="native",
        chosen=chosen.sol_id,
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
        hyperparameters=_ranges(report),
        iterations=config.iterations,
        trials=config.trials,
        seed=seed,
        metrics={
            **{name: present(chosen.model.metrics[name]) for name in MEASURED},
            "error_score": chosen.score,
        },
        convergence=_convergence(report),
        selection=Selection(
            evaluated=len(report.score),
            eligible=selected.eligible,
            fronts=selected.fronts,
            candidates=len(report.entries),
            method=config.selection,
            rule=RULES[config.selection],
            note=" ".join(note for note in (selected.note, report.clusters.note) if note),
            clusters=report.clusters.k,
        ),
        range_over=chosen.tied.over,
        range_models=chosen.tied.models,
        search=config.search,
        prior_share=_prior_share(report),
        indistinct=(*traded, *(pair for pair in as_one if pair not in traded and pair[::-1] not in traded)),
        together=together,
        no_effect=report.evidence.no_effect,
        adstocks=report.evidence.adstocks,
        media_share=report.evidence.media_share,
        rsq_usual=_usual_fit(report),
        chains=report.evidence.chains,
        edges=report.evidence.edges,
        odd_periods=tuple(
            OddPeriod(ds=str(inputs.window[one.period]), miss=one.miss, weight=one.weight)
            for one in report.evidence.odd
        ),
        agreement=findings.agreement,
        backtest=Backtest(
            folds=tested.folds,
            horizon=tested.horizon,
            nrmse=present(tested.nrmse),
            naive=present(tested.naive),
            bias=present(tested.bias),
            stretches=_stretches(tested, inputs),
        ),
        budgets=() if findings.allocation is None else (budgeted(findings.allocation),),
        foreseen=_foreseen(findings.forecast),
        forecast_notes=() if findings.forecast is None else findings.forecast.notes,
        refresh=_drift(inputs, report, coefficients),
        notes=(*inputs.notes, *findings.notes),
        findings=inputs.doubts,
        versions=versions(),
        durations=durations,
        started_at=_stamp(started),
        finished_at=_stamp(datetime.now(UTC)),
    )


def _usual_fit(report: Report) -> float | None:
    """Adjusted R² over the window without its odd periods; None where there is none."""
    if not report.evidence.odd:
        return None
    problem, usual = report.problem, np.ones(len(report.problem.y), dtype=bool)
    usual[[one.period for one in report.evidence.odd]] = False
    y, left = problem.y[usual], (problem.y - report.chosen.model.fitted)[usual]
    freedom = len(y) - len(problem.names) - 1
    if freedom <= 0 or np.ptp(y) == 0:
        return None
    return float(1 - (left @ left) / ((y - y.mean()) ** 2).sum() * (len(y) - 1) / freedom)


def _ranges(report: Report) -> dict[str, tuple[float, float]]:
    space = report.space
    ends = zip(space.names, space.low.tolist(), space.high.tolist(), strict=True)
    return {name: (low, high) for name, low, high in ends if name != LAMBDA}


def _prior_share(report: Report) -> dict[str, float]:
    return dict(zip(report.problem.paid_names, map(float, report.evidence.prior_share), strict=True))


def _convergence(report: Report) -> dict[str, Objective]:
    found = report.searched.candidates
    errors = {"nrmse": found.nrmse, "decomp.rssd": found.rssd}
    if report.problem.studies:
        errors["mape"] = found.mape
    return {name: judge(name, cut(values, report.searched.iteration)) for name, values in errors.items()}


def budgeted(answer: Answer) -> Budgeted:
    """Return the answer to a budget question in short."""
    sure = answer.promise
    return Budgeted(
        scenario=answer.scenario,
        feasible=answer.feasible,
        total_spend=answer.spend,
        initial_response=answer.initial_response,
        response=answer.response,
        notes=answer.notes,
        basis=answer.basis,
        periods=answer.periods,
        gain=None if sure is None else Interval(low=sure.low, high=sure.high),
        gain_chance=None if sure is None or sure.recommended is None else sure.chance,
        recommended=None if sure is None else sure.recommended,
        met=None if sure is None else sure.met,
        even=None if sure is None else sure.even,
        even_range=None if sure is None else Interval(low=sure.even_ends[0], high=sure.even_ends[1]),
        test="" if sure is None else sure.test,
    )


def _stretches(tested: Tested, inputs: Inputs) -> tuple[Stretch, ...]:
    each = zip(tested.starts, tested.each.tolist(), tested.each_naive.tolist(), strict=True)
    return tuple(Stretch(start=str(inputs.days[at]), nrmse=miss, naive=naive) for at, miss, naive in each)


def _foreseen(forecast: Forecast | None) -> Foreseen | None:
    if forecast is None:
        return None
    return Foreseen(
        periods=len(forecast.days),
        response=float(forecast.total.sum()),
        range=None if forecast.whole is None else Interval(low=forecast.whole[0], high=forecast.whole[1]),
        range_over=forecast.range_over,
    )


def _drift(inputs: Inputs, report: Report, coefficients: pd.DataFrame) -> Drift | None:
    config, chosen = inputs.config, report.chosen.sol_id
    if inputs.earlier is None or config.refresh is None:
        return None
    free = freedom(config, len(report.problem.y))
    now = by_variable(coefficients, chosen)
    return what_moved(inputs.earlier, now, chosen, config.refresh.refresh_steps, free)


def _span(days: Sequence[object]) -> Window:
    return Window(start=str(days[0]), end=str(days[-1]), periods=len(days))


def _channels(config: JobConfig) -> tuple[Channel, ...]:
    pairs = zip(config.modelled_media, config.paid_media_spends, strict=True)
    return tuple(Channel(channel=modelled, spend=spend) for modelled, spend in pairs)


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
