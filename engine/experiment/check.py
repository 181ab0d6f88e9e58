"""What was typed into the experiment form, checked: every problem at once, each beside its field."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from pydantic import ValidationError

from engine.data.dataset import Dataset
from engine.data.dates import step
from engine.data.enough import PER_VARIABLE, TWO_YEARS, least_periods
from engine.data.recipe import Recipe
from engine.data.recipe_problems import problems
from engine.experiment.adstocks import said_of_robyn
from engine.experiment.experiment import (
    ExperimentForm,
    effects_of,
    form_fields,
    label_of,
    usual_effects,
    weekly_rhythm,
)
from engine.experiment.with_recipe import decided_by, with_recipe
from engine.labels import listed
from engine.number_words import counted

# More candidates than this do not fit into a training's memory.
MOST_CANDIDATES = 100_000
COARSER = {"W": ("day", "week"), "M": ("day", "week", "month")}

# Columns that never change are named up to here, then counted.
MOST_NAMED = 8

FieldError = tuple[str, str]


@dataclass(frozen=True)
class Checked:
    """The form if it can be used, else why not by field. Cautions do not stop anybody."""

    form: ExperimentForm | None
    errors: tuple[FieldError, ...] = ()
    cautions: tuple[str, ...] = ()


def read_form(
    values: Mapping[str, Any],
    dataset: Dataset | None = None,
    *,
    trainers: Sequence[str] = ("native",),
    recipe: Recipe | None = None,
) -> Checked:
    """Read typed values (no value or an empty text means the default) and check them, also against the dataset.

    recipe: the one that the values name. What it decides counts, whatever was typed.
    """
    given = {name: value for name, value in values.items() if value not in (None, "")}
    errors: list[FieldError] = []
    if dataset and "prophet_vars" not in given:
        # Not shown, not chosen: what suits the data.
        given["prophet_vars"] = usual_effects(dataset)
    if "dataset_id" not in given:
        errors.append(("dataset_id", "Choose a dataset."))
        given["dataset_id"] = dataset.id if dataset else "none/none"
    try:
        form = ExperimentForm.model_validate(given)
    except ValidationError as error:
        typed = {str(e["loc"][0]): _plainly(str(e["loc"][0]), e) for e in error.errors() if e["loc"]}
        errors += typed.items()
        # What was typed well is still checked, so that a person corrects everything in one go.
        form = ExperimentForm.model_validate({name: value for name, value in given.items() if name not in typed})
        named = set(typed)
        errors += [e for e in _checked(form, dataset, trainers, recipe) if e[0] not in named]
        return Checked(None, tuple(errors))
    errors += _checked(form, dataset, trainers, recipe)
    if errors:
        return Checked(None, tuple(errors))
    return Checked(form, (), cautions(*with_recipe(form, dataset, recipe)) if dataset else ())


def _checked(
    form: ExperimentForm, dataset: Dataset | None, trainers: Sequence[str], recipe: Recipe | None
) -> list[FieldError]:
    """What cannot be trained, with the recipe applied: what it decides is told beside it."""
    if dataset is None or recipe is None:
        return check_experiment(form, dataset, trainers=trainers)
    if wrong := problems(recipe, dataset.mapping, dataset.columns, dataset.choices, dataset.interval):
        return [("recipe", wrong[0][1])]
    applied, data = with_recipe(form, dataset, recipe)
    decided = decided_by(recipe)
    found = check_experiment(applied, data, trainers=trainers)
    return [("recipe" if field in decided else field, text) for field, text in found]


def check_experiment(
    form: ExperimentForm, dataset: Dataset | None, *, trainers: Sequence[str] = ("native",)
) -> list[FieldError]:
    """Return everything about `form` that cannot be trained, as (field, message)."""
    errors = _not_offered(form, trainers)
    if form.iterations * form.trials > MOST_CANDIDATES:
        errors.append(
            (
                "iterations",
                f"{form.iterations:,} × {form.trials} are {form.iterations * form.trials:,} models; "
                f"at most {MOST_CANDIDATES:,} fit. Lower iterations or trials.",
            )
        )
    if form.start_date and form.end_date and form.end_date <= form.start_date:
        errors.append(("end_date", f"The window ends on {form.end_date}, not after its start on {form.start_date}."))
    if form.trainer == "robyn" and form.search == "fast":
        errors.append(("search", "Robyn itself knows its own search only. Choose that, or the native trainer."))
    if dataset:
        errors += _against(form, dataset, ended=any(field == "end_date" for field, _ in errors))
    return errors


def cautions(form: ExperimentForm, dataset: Dataset) -> tuple[str, ...]:
    """Return what a person should know before training, in sentences."""
    said = []
    count = periods(form, dataset)
    variables = variables_of(form, dataset)
    per_variable = count / max(variables, 1)
    unit = _interval(form, dataset)
    few, enough = PER_VARIABLE
    if per_variable < enough:
        weight = "far too few to tell them apart" if per_variable < few else f"fewer than the usual {enough}"
        said.append(
            f"{counted(count, unit)} for {counted(variables, 'variable')} is {per_variable:.1f} per variable, "
            f"{weight}. "
            "Take a longer window or fewer variables."
        )
    if unit == "week" and count < TWO_YEARS["week"]:
        said.append(f"{count} weeks are less than two years, so one season can be mistaken for an effect of media.")
    if len(dataset.mapping.paid_media_spends) < 2:
        said.append("With one paid channel there is nothing to compare or to move budget between.")
    if form.trainer != "native" and (taken := said_of_robyn(form.adstock)):
        said.append(taken)
    said += _still(form, dataset)
    if weekday_missing(form, dataset):
        said.append(
            f"“{dataset.mapping.dep_var}” follows the day of the week, and Day of the week is off: turn it on, "
            "or the model gives its ups and downs to something else."
        )
    if "weekday" in form.prophet_vars and unit != "day" and dataset.interval == "day":
        said.append(f"Day of the week is left out: the data are added up to {unit}s.")
    return tuple(said)


def weekday_missing(form: ExperimentForm, dataset: Dataset) -> bool:
    """Whether days are trained that follow the week, without the day of the week."""
    daily = _interval(form, dataset) == "day"
    return daily and weekly_rhythm(dataset) and "weekday" not in form.prophet_vars


def variables_of(form: ExperimentForm, dataset: Dataset) -> int:
    """Return how many columns the model has: drivers and time effects."""
    return len(dataset.mapping.drivers) + len(effects_of(form, dataset))


def _still(form: ExperimentForm, dataset: Dataset) -> list[str]:
    """Say which columns never change within the window: the training leaves them out."""
    start, end = form.start_date or dataset.first_date, form.end_date or dataset.last_date
    start, end = max(start, dataset.first_date), min(end, dataset.last_date)
    # A weekly or monthly row belongs to the window by its own date.
    names = [
        name
        for name, spans in dataset.still.items()
        if any(_first_within(dataset, start) >= first and end < _after(dataset, last) for first, last in spans)
    ]
    if not names:
        return []
    more = [f"{len(names) - MOST_NAMED} more"] if len(names) > MOST_NAMED else []
    shown = listed([*(f"“{name}”" for name in names[:MOST_NAMED]), *more])
    one = len(names) == 1
    return [
        f"{shown} never {'changes' if one else 'change'} from {start} to {end}: "
        f"{'it is' if one else 'they are'} left out. Take a longer window to keep {'it' if one else 'them'}."
    ]


def _first_within(dataset: Dataset, day: date) -> date:
    """The first row's date on or after `day`."""
    if dataset.interval == "week":
        return day + timedelta(days=(dataset.first_date - day).days % 7)
    if dataset.interval == "month" and day.day > 1:
        return step(day, "month")
    return day


def _after(dataset: Dataset, last: date) -> date:
    """The date of the row after the one of `last`."""
    return step(last, dataset.interval)


def periods(form: ExperimentForm, dataset: Dataset) -> int:
    """Return how many days, weeks or months the window holds."""
    start = max(form.start_date or dataset.first_date, dataset.first_date)
    end = min(form.end_date or dataset.last_date, dataset.last_date)
    if end < start:
        return 0
    match _interval(form, dataset):
        case "day":
            return (end - start).days + 1
        case "week":
            return (end - start).days // 7 + 1
        case _:
            return (end.year - start.year) * 12 + end.month - start.month + 1


def _interval(form: ExperimentForm, dataset: Dataset) -> str:
    return {"none": dataset.interval, "W": "week", "M": "month"}[form.resample_freq]


def _not_offered(form: ExperimentForm, trainers: Sequence[str]) -> list[FieldError]:
    errors: list[FieldError] = []
    for field in form_fields(trainers=trainers):
        if not field.options:
            continue
        offered = [option.value for option in field.options if option.offered]
        chosen = getattr(form, field.name)
        for value in chosen if isinstance(chosen, tuple) else (chosen,):
            if value not in offered:
                errors.append((field.name, f"“{value}” is not available here. Choose {_or(offered)}."))
    return errors


def _against(form: ExperimentForm, dataset: Dataset, *, ended: bool) -> list[FieldError]:
    errors: list[FieldError] = []
    last_day = _last_day(dataset)
    if form.start_date and not dataset.first_date <= form.start_date <= last_day:
        errors.append(("start_date", f"The data run from {dataset.first_date} to {last_day}; start inside them."))
    if form.end_date and not ended and not dataset.first_date <= form.end_date <= last_day:
        errors.append(("end_date", f"The data run from {dataset.first_date} to {last_day}; end inside them."))
    if form.resample_freq != "none" and dataset.interval not in COARSER[form.resample_freq]:
        errors.append(("resample_freq", f"The data are by {dataset.interval}; they cannot be made finer."))
    elif not errors and not ended:
        count, variables = periods(form, dataset), variables_of(form, dataset)
        if count < (least := least_periods(variables)):
            field = "end_date" if form.end_date else "start_date"
            text = f"The window holds {count} {_interval(form, dataset)}s; at least {least} are needed for {variables} "
            errors.append((field, f"{text}variables. Take a longer window or fewer variables."))
    if form.ts_validation == "yes" and not errors and not ended:
        errors += _too_little_to_fit(form, dataset)
    if "weekday" in form.prophet_vars and dataset.interval != "day":
        errors.append(("prophet_vars", "Day of the week needs daily data; leave it out."))
    return errors


def _too_little_to_fit(form: ExperimentForm, dataset: Dataset) -> list[FieldError]:
    """Say if the smallest share that is fitted cannot tell the variables apart, as the trainer would."""
    variables = variables_of(form, dataset)
    fitted = (periods(form, dataset) + 1) // 2
    if fitted >= least_periods(variables):
        return []
    unit = _interval(form, dataset)
    return [
        (
            "ts_validation",
            f"Holding rows back leaves {counted(fitted, unit)} to fit {counted(variables, 'variable')} on. "
            "Hold none back, take a longer window or fewer variables.",
        )
    ]


def _last_day(dataset: Dataset) -> date:
    """Return the last day that the last row stands for."""
    last = dataset.last_date
    if dataset.interval == "day":
        return last
    if dataset.interval == "week":
        return last + timedelta(days=6)
    return date(last.year + last.month // 12, last.month % 12 + 1, 1) - timedelta(days=1)


def _plainly(field: str, error: Any) -> str:
    """Say one of pydantic's errors in the words of the form."""
    label, limits, typed = label_of(field), error.get("ctx", {}), error.get("input")
    match error["type"]:
        case "greater_than_equal":
            return f"{label} must be at least {limits['ge']:,}."
        case "less_than_equal":
            return f"{label} can be at most {limits['le']:,}."
        case "int_parsing" | "int_type" | "int_from_float":
            return f"{label} must be a whole number, not “{typed}”."
        case "date_from_datetime_parsing" | "date_parsing" | "date_type" | "date_from_datetime_inexact":
            return f"{label} must be a date such as 2024-01-31, not “{typed}”."
        case "string_too_long":
            return f"{label} can have at most {limits['max_length']} characters."
        case "string_pattern_mismatch":
            return f"{label} may hold letters, digits and dashes and begins with a letter."
        case "literal_error":
            return f"“{typed}” is not a choice for {label.lower()}. Choose {limits['expected']}."
        case _:
            return f"{label}: {error['msg']}."


def _or(values: Sequence[str]) -> str:
    return values[0] if len(values) == 1 else ", ".join(values[:-1]) + " or " + values[-1]
