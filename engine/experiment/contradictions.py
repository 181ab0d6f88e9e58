"""What in a configuration contradicts itself, whatever the data are; and what Robyn or we would pass over."""

from collections.abc import Iterator

from engine.errors import BadConfig
from engine.experiment.budget import bounds
from engine.experiment.calibration import lift_cautions, lift_problems
from engine.experiment.hyperparameters import range_problems
from engine.experiment.job_config import JobConfig
from engine.experiment.values import nearest

# Names of parts of the model, which a column cannot have.
RESERVED = ("trend", "season", "monthly", "weekday", "holiday", "(Intercept)", "dep_var", "depVarHat", "ds")
# Robyn advises at least so many candidates near to the lift tests.
ENOUGH_CALIBRATED = 500


def setting_problems(config: JobConfig) -> list[str]:
    """Say everything that is wrong with the settings alone, with the remedy."""
    return [
        *_role_problems(config),
        *_sign_problems(config),
        *range_problems(config),
        *lift_problems(config.calibration_input, calibration_names(config), _exposures(config), _metrics(config)),
        *_plan_problems(config),
    ]


def setting_cautions(config: JobConfig) -> list[str]:
    """Say what one should know about the settings, in sentences."""
    said = [*lift_cautions(config.calibration_input)]
    left = round(config.iterations * config.trials * config.calibration_constraint)
    if config.calibration_input and left < ENOUGH_CALIBRATED:
        said.append(
            f"The {config.calibration_constraint:.0%} of candidates nearest to the lift tests are {left}; "
            f"{ENOUGH_CALIBRATED} or more are advised."
        )
    if config.robyn_quirks and any(sign != "default" for sign in config.prophet_signs):
        said.append("prophet_signs are ignored, as in Robyn; set robyn_quirks to false to have them applied.")
    return said


def calibration_names(config: JobConfig) -> dict[str, str]:
    """Return what a lift test may call a channel → the column that is modelled.

    Robyn takes names of spends and of organic media only, though its comments speak of exposures.
    """
    names = dict(zip(config.paid_media_spends, config.modelled_media, strict=False))
    names |= {name: name for name in config.organic_vars}
    return names if config.robyn_quirks else names | {name: name for name in config.modelled_media}


def ends_before_it_starts(config: JobConfig) -> bool:
    return bool(config.start_date and config.end_date and config.end_date <= config.start_date)


def _role_problems(config: JobConfig) -> Iterator[str]:
    spends, modelled = config.paid_media_spends, config.modelled_media
    if len(modelled) != len(spends):
        yield f"paid_media_vars: {len(modelled)} names for {len(spends)} spends; give one per spend, or none at all"
    if ends_before_it_starts(config):
        yield f"end_date: {config.end_date} is not after start_date {config.start_date}"
    if len(set(config.prophet_vars)) < len(config.prophet_vars):
        yield "prophet_vars: names a part twice; name it once"
    exposures = [name for spend, name in zip(spends, modelled, strict=False) if name != spend]
    roles = [config.date_var, config.dep_var, *spends, *exposures, *config.organic_vars, *config.context]
    for name in dict.fromkeys(name for name in roles if roles.count(name) > 1):
        yield f"{name}: plays more than one role; let it play one"
    for name in dict.fromkeys(name for name in roles[2:] if name in RESERVED):
        yield f"{name}: is the name of a part of the model; rename the column"


def _sign_problems(config: JobConfig) -> Iterator[str]:
    for key, signs, names in (
        ("prophet_signs", config.prophet_signs, config.prophet_vars),
        ("context_signs", config.context_signs, config.context),
        ("paid_media_signs", config.paid_media_signs, config.paid_media_spends),
        ("organic_signs", config.organic_signs, config.organic_vars),
    ):
        if signs and len(signs) != len(names):
            yield f"{key}: {len(signs)} signs for {len(names)} variables; give one each, or none at all"


def _plan_problems(config: JobConfig) -> Iterator[str]:
    expected = config.budget_scenario == "max_response_expected_spend"
    if (config.budget is not None or expected) and len(config.paid_media_spends) == 1:
        yield "budget: needs at least two paid channels to move money between; add one or leave the budget out"
    if config.budget is not None:
        try:
            bounds(config.budget, list(zip(config.modelled_media, config.paid_media_spends, strict=False)))
        except BadConfig as error:
            yield f"budget: {error.todo.removeprefix('Correct: ').rstrip('.')}"
    if expected and config.channel_budgets is not None and not any(config.channel_budgets.values()):
        yield "channel_budgets: gives nothing to any channel; give one an amount"
    forecast = config.forecast
    if forecast is None:
        return
    if bool(forecast.plan) == (forecast.periods is not None):
        yield "forecast: give either a plan or a number of periods"
    days = [period.ds for period in forecast.plan]
    if days != sorted(set(days)):
        yield "forecast.plan: its periods must rise, each once"
    channels = {*config.paid_media_spends, *config.modelled_media, *config.organic_vars}
    for name in dict.fromkeys(name for period in forecast.plan for name in period.spend):
        if name not in channels:
            near = nearest(name, sorted(channels))
            yield f"forecast.plan: {name} is no channel" + (f"; did you mean {near}" if near else "")


def _exposures(config: JobConfig) -> dict[str, str]:
    pairs = zip(config.modelled_media, config.paid_media_spends, strict=False)
    return {exposure: spend for exposure, spend in pairs if exposure != spend}


def _metrics(config: JobConfig) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in (config.dep_var, config.dep_var_type) if name))
