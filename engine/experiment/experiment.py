"""The one place where a parameter of a training is defined: type, default, limits, label, help.

The form in Slack, the check of what was typed, `job_config.json` and the table in the docs are all
derived from `ExperimentForm`. To add a parameter, add it there and use it in the trainer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Literal, get_args

from annotated_types import Ge, Le, MaxLen
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.fields import FieldInfo

from engine.data.dataset import Dataset, Finding
from engine.data.dated_weeks import week_dated
from engine.data.dates import Interval
from engine.data.mapping import Mapping
from engine.experiment.adstocks import in_robyn
from engine.experiment.hyperparameters import search_ranges
from engine.experiment.job_config import Adstock, JobConfig, ProphetVar, Search, SelectionRule

Preset = Literal["quick", "standard", "thorough", "custom"]
Trainer = Literal["native", "robyn", "both"]
Resample = Literal["none", "W", "M"]
YesNo = Literal["no", "yes"]
Ranges = Literal["Wide", "Facebook recommend", "Meshed recommend"]
SearchChoice = Literal["by_size", "nevergrad", "fast"]
Kind = Literal["dataset", "recipe", "choice", "choices", "number", "date", "text", "channel"]
# What stands in a form for no recipe: an option must have a value.
NO_RECIPE = "none"

# What a preset means: iterations per trial, trials.
SIZES: dict[Preset, tuple[int, int]] = {"quick": (200, 3), "standard": (2000, 5), "thorough": (10_000, 5)}


@dataclass(frozen=True)
class Option:
    """One answer to a choice. An option that is not `offered` is understood but cannot be chosen yet."""

    value: str
    label: str
    hint: str = ""
    offered: bool = True


@dataclass(frozen=True)
class Form:
    """How a parameter is asked for."""

    label: str
    group: str
    hint: str = ""
    kind: Kind = "text"
    options: tuple[Option, ...] = ()


@dataclass(frozen=True)
class FormField:
    """A parameter as plain data, ready to be drawn. `low`/`high` are numbers or dates, or a text's longest length."""

    name: str
    label: str
    group: str
    hint: str
    kind: Kind
    options: tuple[Option, ...]
    default: Any
    required: bool
    low: int | date | None = None
    high: int | date | None = None


def _blank(value: object) -> object:
    return None if value == "" else value


def _no_recipe(value: object) -> object:
    return "" if value in (None, NO_RECIPE) else value


Day = Annotated[date | None, BeforeValidator(_blank)]


class ExperimentForm(BaseModel):
    """Everything a person decides about a training."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    dataset_id: Annotated[
        str, Field(min_length=3), Form("Dataset", "Data", "What to train on, as it was read.", "dataset")
    ]
    recipe: Annotated[
        str,
        BeforeValidator(_no_recipe),
        Field(max_length=120),
        Form(
            "Recipe",
            "Data",
            "What becomes of the data before (/mmm prepare). Its rhythm and window count. Older ones: from their card.",
            "recipe",
        ),
    ] = ""
    preset: Annotated[
        Preset,
        Form(
            "Size",
            "Training",
            "How long to search. Start quick; decide on a standard or thorough one.",
            "choice",
            (
                Option("quick", "Quick · 200 × 3", "A first look; too short to decide on."),
                Option("standard", "Standard · 2000 × 5", "Robyn's own default."),
                Option("thorough", "Thorough · 10000 × 5", "For the model you present."),
                Option("custom", "Custom", "Your own iterations and trials."),
            ),
        ),
    ] = "quick"
    iterations: Annotated[
        int,
        Field(ge=50, le=20_000),
        Form("Iterations per trial", "Training", "Models tried per trial; used with the custom size.", "number"),
    ] = 2000
    trials: Annotated[
        int,
        Field(ge=1, le=20),
        Form("Trials", "Training", "Independent searches; used with the custom size.", "number"),
    ] = 5
    start_date: Annotated[
        Day,
        Form(
            "Window from",
            "Data",
            "First day that is modelled; of earlier spend, only what it carries over counts.",
            "date",
        ),
    ] = None
    end_date: Annotated[Day, Form("Window to", "Data", "Last day that is modelled.", "date")] = None
    resample_freq: Annotated[
        Resample,
        Form(
            "Resample",
            "Data",
            "Add days up to weeks or months before training.",
            "choice",
            (Option("none", "As it is"), Option("W", "To weeks"), Option("M", "To months")),
        ),
    ] = "none"
    trainer: Annotated[
        Trainer,
        Form(
            "Trainer",
            "Training",
            "Both follow the same method and write the same results.",
            "choice",
            (
                Option("native", "Native", "Robyn's method in Python; done in minutes."),
                Option("robyn", "Robyn (R)", "Meta's package itself; slower."),
                Option("both", "Both: native first, then Robyn", "A preview at once, which Robyn confirms or not."),
            ),
        ),
    ] = "native"
    adstock: Annotated[
        Adstock,
        Form(
            "Adstock",
            "Model",
            "How an effect carries over to later periods. Robyn (R) takes geometric for Automatic.",
            "choice",
            (
                Option("auto", "Automatic", "Each medium in its own way, as the data say."),
                Option("geometric", "Geometric", "A fixed share carries over each period."),
                Option("delayed", "Delayed", "The effect builds up to a later period, then fades."),
                Option("weibull_cdf", "Weibull (cdf)", "Decay that may slow down or speed up."),
                Option("weibull_pdf", "Weibull (pdf)", "The effect may peak later."),
            ),
        ),
    ] = "auto"
    hyperparameter_preset: Annotated[
        Ranges,
        Form(
            "Ranges",
            "Model",
            "Where the search may look for each channel's adstock and saturation. By evidence no name counts.",
            "choice",
            (
                Option("Wide", "Wide", "The same for every channel; long effects included."),
                Option("Facebook recommend", "Robyn's recommendation", "Short carryover, longer for TV."),
                Option("Meshed recommend", "Narrow", "Tighter, and by the kind of channel."),
            ),
        ),
    ] = "Wide"
    prophet_vars: Annotated[
        tuple[ProphetVar, ...],
        Form(
            "Time effects",
            "Model",
            "Parts of the time series that explain the KPI beside media.",
            "choices",
            (
                Option("trend", "Trend"),
                Option("season", "Season of the year"),
                Option("monthly", "Within the month"),
                Option("weekday", "Day of the week", "Daily data only."),
                Option("holiday", "Holidays of the country"),
            ),
        ),
    ] = ("trend", "season", "holiday")
    search: Annotated[
        SearchChoice,
        Form(
            "Search",
            "Model",
            "How models are looked for. Both judge a model alike.",
            "choice",
            (
                Option("by_size", "By size", "Fast for Quick, Robyn's for everything longer."),
                Option("nevergrad", "Robyn's search", "The optimiser and the steps that Robyn takes."),
                Option("fast", "Fast search", "Reaches better models with as many tries."),
            ),
        ),
    ] = "by_size"
    selection: Annotated[
        SelectionRule,
        Form(
            "Choose the model",
            "Model",
            "Which model is reported. Robyn (R) goes by its own rule.",
            "choice",
            (
                Option("evidence", "By evidence", "Expected ROAS given the data, without Robyn's pull to equal ROAS."),
                Option("robyn", "By Robyn's rule", "Fits well, and effects are spread as spends are."),
            ),
        ),
    ] = "evidence"
    ts_validation: Annotated[
        YesNo,
        Form(
            "Hold back the newest rows",
            "Model",
            "Judge models by periods they were not fitted on. Needs two years or more.",
            "choice",
            (
                Option("no", "No", "Fit on the whole window."),
                Option("yes", "Yes", "Fit on the first 50 to 80 %, judge on the rest."),
            ),
        ),
    ] = "no"
    add_penalty_factor: Annotated[
        YesNo,
        Form(
            "Penalty factors",
            "Model",
            "Whether each variable is held back by a strength of its own. More to search: take a longer size.",
            "choice",
            (
                Option("no", "No", "One strength for all variables."),
                Option("yes", "Yes", "A strength for each variable."),
            ),
        ),
    ] = "no"
    seed: Annotated[
        int,
        Field(ge=0, le=1_000_000),
        Form("Seed", "Model", "The same seed and data give the same result.", "number"),
    ] = 123
    channel: Annotated[
        str,
        Form(
            "Post in",
            "Result",
            "Gets card, verdict and charts. In a public one, all who may use this app see them; in a private one, "
            "its members, you and admins.",
            "channel",
        ),
    ] = ""
    tag: Annotated[
        str,
        Field(max_length=24, pattern=r"^([A-Za-z][A-Za-z0-9-]*)?$"),
        Form("Tag", "Result", "Begins the experiment's name, as in SHOP_3: letters, digits and dashes."),
    ] = ""

    @model_validator(mode="before")
    @classmethod
    def _size(cls, given: Any) -> Any:
        """A named size decides iterations and trials, whatever else was typed."""
        if not isinstance(given, dict) or given.get("preset", "quick") not in SIZES:
            return given
        iterations, trials = SIZES[given.get("preset", "quick")]
        return given | {"iterations": iterations, "trials": trials}

    @property
    def country(self) -> str:
        """The dataset's country, in lower case."""
        return self.dataset_id.split("/")[0]


# What an experiment with a recipe is stored as: the release before would train without it, and say nothing.
WITH_RECIPE = 2


class Experiment(ExperimentForm):
    """An experiment as it is stored: settings that never change, under a name that people can say."""

    schema_version: int = 1
    revision: str = Field(description="TAG_N, unique in the workspace.")
    key: str = Field("", description="The request that made it, so that a repeated request finds it again.")
    who: str
    created_at: datetime


def form_fields(*, trainers: Sequence[str] = ("native",), dataset: Dataset | None = None) -> tuple[FormField, ...]:
    """Return the parameters in the order they are asked. Only options that work here are offered.

    With a dataset, the window's limits and defaults are the dataset's first and last day, and the
    time effects are those that its check has found.
    """
    return tuple(_field(name, info, trainers, dataset) for name, info in ExperimentForm.model_fields.items())


def label_of(name: str) -> str:
    """Return what the form calls a parameter."""
    return _form(ExperimentForm.model_fields[name]).label


def usual_effects(dataset: Dataset) -> tuple[ProphetVar, ...]:
    """Return the time effects a form starts with: the day of the week, too, where the data follow it."""
    usual: tuple[ProphetVar, ...] = ExperimentForm.model_fields["prophet_vars"].default
    return (*usual, "weekday") if weekly_rhythm(dataset) else usual


def weekly_rhythm(dataset: Dataset) -> bool:
    """Whether the dataset's check found that its KPI follows the day of the week."""
    return dataset.interval == "day" and any(one.code == "kpi.weekday" for one in dataset.findings)


def effects_of(form: ExperimentForm, dataset: Dataset) -> tuple[ProphetVar, ...]:
    """Return the time effects that are trained: weeks and months know no day of the week."""
    daily = dataset.interval == "day" and form.resample_freq == "none"
    return tuple(name for name in form.prophet_vars if daily or name != "weekday")


def to_job_config(
    form: ExperimentForm, dataset: Dataset, mapping: Mapping | None = None, *, doubts: tuple[Finding, ...] = ()
) -> JobConfig:
    """Return what the trainer is told. The data it gets are prepared, so resampling is no longer its matter.

    Every range of the search is spelled out, so that a stored configuration means the same when presets change.
    `mapping` replaces the dataset's where columns that never change were dropped from it. `doubts` are what the
    verdict repeats about the data.
    """
    mapping = mapping or dataset.mapping
    config = JobConfig.model_validate(
        {
            "country": dataset.country.upper(),
            "revision": form.revision if isinstance(form, Experiment) else "",
            "date_var": mapping.date_var,
            # Weeks that are made of days are dated by their first one.
            "week_dated": week_dated(mapping, dataset.choices) if dataset.interval == "week" else "first",
            "dep_var": mapping.dep_var,
            "dep_var_type": mapping.dep_var_type,
            "start_date": form.start_date,
            "end_date": form.end_date,
            "paid_media_spends": mapping.paid_media_spends,
            "paid_media_vars": mapping.paid_media_vars,
            "organic_vars": mapping.organic_vars,
            "context_vars": mapping.context_vars,
            "factor_vars": mapping.factor_vars,
            "prophet_vars": effects_of(form, dataset),
            "adstock": in_robyn(form.adstock) if form.trainer == "robyn" else form.adstock,
            "search": search_of(form),
            "selection": "robyn" if form.trainer == "robyn" else form.selection,
            "ts_validation": form.ts_validation == "yes",
            "add_penalty_factor": form.add_penalty_factor == "yes",
            "hyperparameter_preset": form.hyperparameter_preset,
            "iterations": form.iterations,
            "trials": form.trials,
            "seed": form.seed,
            "data_findings": doubts,
        }
    )
    ranges = search_ranges(config, _trained_interval(form, dataset))
    # The training share has a key of its own.
    ranges.pop("train_size", None)
    return config.model_copy(update={"custom_hyperparameters": ranges})


def _trained_interval(form: ExperimentForm, dataset: Dataset) -> Interval:
    resampled: dict[Resample, Interval] = {"W": "week", "M": "month"}
    return resampled.get(form.resample_freq, dataset.interval)


def search_of(form: ExperimentForm) -> Search:
    """Return the search that a form means: the fast one for a first look, Robyn's for what is decided on."""
    if form.search != "by_size":
        return form.search
    return "fast" if form.preset == "quick" and form.trainer != "robyn" else "nevergrad"


def docs_table() -> str:
    """Return the parameters as a Markdown table for the docs."""
    lines = ["| parameter | asked as | default | allowed | meaning |", "| --- | --- | --- | --- | --- |"]
    for field in form_fields(trainers=get_args(Trainer)):
        allowed = ", ".join(option.value + ("" if option.offered else " (not yet)") for option in field.options)
        if not allowed and field.low is not None and field.high is not None:
            allowed = f"{field.low} to {field.high}"
        default = ", ".join(field.default) if isinstance(field.default, tuple) else field.default
        lines.append(f"| `{field.name}` | {field.label} | {'–' if default in (None, '') else default} | "
                     f"{allowed or '–'} | {field.hint} |")  # fmt: skip
    return "\n".join(lines) + "\n"


def _field(name: str, info: FieldInfo, trainers: Sequence[str], dataset: Dataset | None) -> FormField:
    form = _form(info)
    options = tuple(option for option in form.options if name != "trainer" or _works(option.value, trainers))
    low: int | date | None = next((int(str(m.ge)) for m in info.metadata if isinstance(m, Ge)), None)
    high: int | date | None = next((int(str(m.le)) for m in info.metadata if isinstance(m, Le)), None)
    if form.kind == "text":
        high = next((m.max_length for m in info.metadata if isinstance(m, MaxLen)), None)
    default = None if info.is_required() else info.default
    if dataset and form.kind == "date":
        low, high = dataset.first_date, dataset.last_date
        default = dataset.first_date if name == "start_date" else dataset.last_date
    if dataset and name == "dataset_id":
        default = dataset.id
    if dataset and name == "prophet_vars":
        default = usual_effects(dataset)
    return FormField(
        name, form.label, form.group, form.hint, form.kind, options, default, info.is_required(), low, high
    )


def _works(trainer: str, trainers: Sequence[str]) -> bool:
    """Whether a trainer is among those that an image holds; both need both."""
    return trainer in trainers or (trainer == "both" and {"native", "robyn"} <= set(trainers))


def _form(info: FieldInfo) -> Form:
    return next(m for m in info.metadata if isinstance(m, Form))
