"""What follows from one model: how a budget is best split, and what a spend plan can be expected to bring."""

from engine.experiment.budget import Budget, chosen_periods
from engine.experiment.job_config import JobConfig
from engine.model.budget.answer import Answer
from engine.model.budget.curves import FACTORS, FEW_FACTORS, Curve, response_curve
from engine.model.budget.flights import World
from engine.model.budget.robyn.allocator import allocate
from engine.model.budget.robyn.curves import robyns_curve
from engine.model.budget.split import split
from engine.model.fit.candidate import Model
from engine.model.fit.compiled import Matrix
from engine.model.fit.problem import Problem
from engine.model.forecast.forecast import Forecast, above_nothing, foresee, next_periods, plan_of, repeat_last
from engine.model.planning import channels_of, draws_of, media_of, parts_of, planned_flights, window_flights
from engine.model.read.inputs import Inputs
from engine.model.report import Report
from engine.model.response.draws import MediaDraws


def split_budget(problem: Problem, model: Model, draws: MediaDraws, inputs: Inputs) -> Answer | None:
    """Answer the configuration's budget question, or the default: as much response as possible for what was spent.

    A choice by Robyn's rule is split by Robyn's formula; without `robyn_quirks`, and by evidence, over the draws. None
    with a single channel, or where none has an effect: there is nothing to split. Raises BadConfig where the question
    has no answer.
    """
    config = inputs.config
    if len(problem.paid_names) < 2 or model.effects.sum() <= 0:
        return None
    budget, names = config.budget or Budget(), config.paid_media_spends
    if by_robyns_formula(config):
        channels = channels_of(problem, model, names)
        return allocate(channels, budget, inputs.window, dep_var_type=config.dep_var_type).answer
    flights = planned_flights(problem, names, chosen_periods(budget, inputs.window))
    world = World(draws, problem.media.shape[1])
    return split(world, flights, budget, dep_var_type=config.dep_var_type, interval=inputs.interval)


def curves(report: Report, draws: MediaDraws, config: JobConfig) -> dict[str, list[Curve]]:
    """Return the response curves of the paid channels of each model of the results, by solID.

    draws: of the chosen model. The others are single opinions, at a few factors only: nobody draws them.
    """
    problem, names = report.problem, config.paid_media_spends
    if by_robyns_formula(config):
        each = range(len(problem.paid_names))
        return {one.sol_id: [robyns_curve(problem, one.model, c) for c in each] for one in report.entries}
    flights, trained = window_flights(problem, names), problem.media.shape[1]
    found = {}
    for one in report.entries:
        chosen = one is report.chosen
        world = World(draws if chosen else draws_of(problem, one.model, None), trained)
        found[one.sol_id] = [response_curve(world, of, FACTORS if chosen else FEW_FACTORS) for of in flights]
    return found


def by_robyns_formula(config: JobConfig) -> bool:
    """Whether curves and budget are Robyn's own: where a model is chosen by Robyn's rule, quirks included."""
    return config.selection == "robyn" and config.robyn_quirks


def expect(
    problem: Problem, model: Model, draws: MediaDraws, inputs: Inputs, misses: Matrix | None = None
) -> Forecast | None:
    """Foresee the configuration's plan, or the last periods' spend again; None where neither is asked for.

    draws: what the media do; the baseline is the model's. misses: of the backtest, (K, L), by which the range is told.
    """
    asked = inputs.config.forecast
    if asked is None:
        return None
    media = media_of(problem, draws, inputs.config.paid_media_spends)
    if asked.plan:
        plan, ahead = plan_of([period.spend for period in asked.plan]), [period.ds for period in asked.plan]
    else:
        count = asked.periods or 1
        plan, ahead = repeat_last(media, count), next_periods(inputs.days, count, inputs.interval)
    parts = parts_of(problem, model, inputs.config.prophet_vars)
    found = foresee(
        media,
        parts,
        model.intercept,
        inputs.days,
        problem.rows,
        plan,
        ahead,
        inputs.interval,
        residuals=problem.y - model.fitted,
        misses=misses,
    )
    return above_nothing(found) if problem.dep_var.min() >= 0 else found
