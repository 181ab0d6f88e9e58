"""What follows from one model: how a budget is best split, and what a spend plan can be expected to bring."""

from engine.experiment.budget import Budget
from engine.model.budget.allocation import Allocation
from engine.model.budget.allocator import allocate
from engine.model.fit.candidate import Model
from engine.model.fit.compiled import Matrix
from engine.model.fit.problem import Problem
from engine.model.forecast.forecast import Forecast, foresee, next_periods, plan_of, repeat_last
from engine.model.planning import channels_of, media_of, parts_of
from engine.model.read.inputs import Inputs
from engine.model.response.draws import MediaDraws


def split_budget(problem: Problem, model: Model, inputs: Inputs) -> Allocation | None:
    """Answer the configuration's budget question, or Robyn's default: as much response as possible for what was spent.

    None with a single channel, or where none has an effect: there is nothing to split. Raises BadConfig where the
    question has no answer.
    """
    config = inputs.config
    if len(problem.paid_names) < 2 or model.effects.sum() <= 0:
        return None
    return allocate(
        channels_of(problem, model, config.paid_media_spends),
        config.budget or Budget(),
        inputs.window,
        dep_var_type=config.dep_var_type,
        robyn_quirks=config.robyn_quirks,
    )


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
    return foresee(
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
