"""`job_config.json`: what a trainer is told. Both trainers read this file and nothing else.

The keys are those of the field's existing launcher (see docs), so that configurations can be carried
over. Unknown keys are kept out of the way: they are ignored, never an error.
"""

import json
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from engine.data.dataset import Finding
from engine.errors import BadConfig
from engine.experiment.budget import Budget
from engine.experiment.calibration import LiftTest
from engine.experiment.values import Bounds, Day, Names, OptionalDay, Range, bounds, pair, shown, split

Adstock = Literal["auto", "geometric", "delayed", "weibull_cdf", "weibull_pdf"]
WIDE, AUTO = "Wide", "auto"
Search = Literal["nevergrad", "fast"]
# R's largest whole number, less what trials add: with any other Robyn searches unseeded.
LARGEST_SEED = 2**31 - 1 - 100
SelectionRule = Literal["evidence", "robyn"]
Sign = Literal["default", "positive", "negative"]
ProphetVar = Literal["trend", "season", "monthly", "weekday", "holiday"]
Signs = Annotated[tuple[Sign, ...], BeforeValidator(split)]
Whole = Annotated[int, BeforeValidator(lambda value: _no_truth(value))]


def _no_truth(value: object) -> object:
    """Refuse true and false where a number is meant: Python takes them for 1 and 0, R does not."""
    if isinstance(value, bool):
        raise ValueError(f"must be a whole number, not {shown(value)}")
    return value


def _fronts(value: object) -> object:
    if value == "auto" or (isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 100):
        return value
    raise ValueError(f"must be auto or a whole number from 1 to 100, not {shown(value)}")


class Refresh(BaseModel):
    """Continue from an earlier result on newer data."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    results: Annotated[str, Field(min_length=1, description="Folder of the earlier result, seen from the input's.")]
    refresh_steps: Annotated[Whole, Field(ge=1, le=10_000, description="Periods by which the window moves.")] = 4
    bounds_freedom: Annotated[
        float | None,
        Field(
            gt=0,
            le=1,
            description="Share of the old ranges that Robyn's rule searches; empty: new periods / all periods.",
        ),
    ] = None


class PlannedPeriod(BaseModel):
    """A future period: `ds`, and the spend of each channel under its name, or an organic medium's amount."""

    model_config = ConfigDict(frozen=True, extra="allow", allow_inf_nan=False)
    __pydantic_extra__: dict[str, Annotated[float, Field(ge=0)]] = Field(init=False)

    ds: Annotated[Day, Field(description="First day of the period.")]

    @property
    def spend(self) -> dict[str, float]:
        return dict(self.__pydantic_extra__)


class Forecast(BaseModel):
    """What to foresee: a plan by period, or that the last periods' spend is repeated."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    plan: Annotated[tuple[PlannedPeriod, ...], Field(description="[{ds, channel: spend, …}], rising.")] = ()
    periods: Annotated[
        Whole | None, Field(ge=1, le=1000, description="Repeat the spend of the last so many periods.")
    ] = None


class JobConfig(BaseModel):
    """The settings of one training. Column names are those of `input_data`."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    country: str = Field("", description="ISO 3166 alpha-2; picks the holidays.")
    revision: str = Field("", description="The experiment, as TAG_N.")
    date_var: str = Field("date", description="The date column.")
    week_dated: Literal["first", "last"] | None = Field(
        None,
        description="Which of its days a week's row is dated by: holidays and lift tests go by it; empty: told by the "
        "date column's name, the weekday and the country.",
    )
    dep_var: str = Field(min_length=1, description="The column to explain.")
    dep_var_type: Literal["revenue", "conversion"] = Field("revenue", description="ROAS or CPA reporting.")
    start_date: OptionalDay = Field(None, description="First day of the window; empty for the first row.")
    end_date: OptionalDay = Field(None, description="Last day of the window; empty for the last row.")
    paid_media_spends: Names = Field(description="Spend per paid channel.")
    paid_media_vars: Names = Field((), description="What each channel is modelled on, parallel to the spends.")
    organic_vars: Names = Field((), description="Unpaid media.")
    context_vars: Names = Field((), description="Other drivers.")
    factor_vars: Names = Field((), description="Context columns that are categories.")
    prophet_vars: Annotated[tuple[ProphetVar, ...], BeforeValidator(split)] = Field(
        ("trend", "season", "holiday"), description="Parts of the time decomposition used as drivers."
    )
    prophet_signs: Signs = Field(
        (), description="Signs of the time effects, parallel to them; ignored with `robyn_quirks`, as Robyn does."
    )
    context_signs: Signs = Field((), description="Signs of the context's effects, parallel to it; empty: any sign.")
    paid_media_signs: Signs = Field((), description="Signs of the channels' effects, parallel; empty: positive.")
    organic_signs: Signs = Field((), description="Signs of the unpaid media's effects, parallel; empty: positive.")
    adstock: Adstock = Field(
        "geometric",
        description="How an effect carries over to later periods; `auto`: each medium in its own way, as the data say. "
        "Left out with `selection: evidence` and no own ranges: `auto`.",
    )
    hyperparameter_preset: str = Field(
        "Facebook recommend",
        description="Ranges used where none are given: Wide, Facebook recommend or Meshed recommend; Custom with own "
        "ranges. Left out with `selection: evidence`: Wide.",
    )
    custom_hyperparameters: dict[str, Bounds] = Field(
        default_factory=dict,
        description="`{VAR}_alphas`, `_gammas`, `_thetas`, `_peaks`, `_shapes`, `_scales`, `_kinds`, `_penalty`: "
        "[low, high] or one value; `thetas_min` and `thetas_max` for all media. Peaks are in periods; the whole part "
        "of kinds is 0 geometric, 1 weibull_cdf, 2 weibull_pdf, 3 delayed.",
    )
    iterations: Whole = Field(2000, ge=1, le=20_000, description="Models tried per trial.")
    trials: Whole = Field(5, ge=1, le=50, description="Independent searches.")
    seed: Whole = Field(
        123, ge=0, le=LARGEST_SEED, description="Trial t searches with seed + t; R has no larger whole numbers."
    )
    search: Search = Field("nevergrad", description="Robyn's search (TwoPointsDE), or a faster one.")
    ts_validation: bool = Field(False, description="Hold back the newest rows while searching.")
    train_size: Annotated[Range, BeforeValidator(lambda value: pair(tuple(bounds(value))))] = Field(
        (0.5, 0.8), description="Range of the training share, if rows are held back; the rest is halved to judge."
    )
    add_penalty_factor: bool = Field(False, description="Search a weight of the ridge penalty for each variable.")
    rssd_zero_penalty: bool = Field(True, description="Raise DECOMP.RSSD by the share of channels without effect.")
    calibration_input: tuple[LiftTest, ...] = Field((), description="Lift tests that the model is held against.")
    calibration_constraint: float = Field(
        0.1, ge=0.01, le=0.1, description="Share of the candidates nearest to the lift tests that can be selected."
    )
    selection: SelectionRule = Field("robyn", description="Choose by Robyn's error score, or by what the data bear.")
    pareto_fronts: Annotated[Literal["auto"] | int, BeforeValidator(_fronts)] = Field(
        "auto",
        description="How many Pareto fronts are selected (1 to 100), or `auto`: as few as hold `min_candidates`.",
    )
    min_candidates: Whole = Field(100, ge=1, le=100_000, description="Models that automatic fronts must hold.")
    robyn_quirks: bool = Field(True, description="Copy Robyn's known defects (see the model's docs), or correct them.")
    budget: Budget | None = Field(None, description="A budget to allocate.")
    budget_scenario: Literal["max_historical_response", "max_response_expected_spend"] | None = Field(
        None, description="The launcher's way to ask for a budget of a year; used where `budget` is not given."
    )
    expected_spend: float | None = Field(None, gt=0, le=1e15, description="The launcher's total for that year.")
    channel_budgets: dict[str, Annotated[float, Field(ge=0, le=1e15)]] | None = Field(
        None, description="The launcher's amounts by spend column, scaled to the total."
    )
    refresh: Refresh | None = Field(None, description="Continue from an earlier result.")
    forecast: Forecast | None = Field(None, description="A future spend plan to foresee the response of.")

    data_findings: tuple[Finding, ...] = Field(
        (), description="Doubts about the data that were told before; the verdict repeats them."
    )

    @model_validator(mode="before")
    @classmethod
    def _as_wide_as_the_selection_asks(cls, given: Any) -> Any:
        """By evidence the data choose among many models, so what is not said is left open; by Robyn's rule it is
        Robyn's own."""
        if not isinstance(given, Mapping) or given.get("selection") != "evidence":
            return given
        # Own ranges without an adstock are meant for Robyn's default.
        open_ends = {"hyperparameter_preset": WIDE} | ({} if given.get("custom_hyperparameters") else {"adstock": AUTO})
        return {**open_ends, **given}

    @property
    def modelled_media(self) -> tuple[str, ...]:
        """Per paid channel the column that is modelled: its exposure where given, else its spend."""
        return self.paid_media_vars or self.paid_media_spends

    @property
    def context(self) -> tuple[str, ...]:
        """Context in the given order; a factor that is not listed there comes last."""
        return (*self.context_vars, *(name for name in self.factor_vars if name not in self.context_vars))

    @property
    def drivers(self) -> tuple[str, ...]:
        """The columns of the model in Robyn's order: time effects, context, paid media, organic media."""
        return (*self.prophet_vars, *self.context, *self.modelled_media, *self.organic_vars)

    @property
    def signs(self) -> dict[str, Sign]:
        """The sign of each driver's effect. A time effect's `default` is Robyn's own rule for it."""
        prophet: tuple[Sign, ...] = () if self.robyn_quirks else self.prophet_signs
        return {
            **_signs(self.prophet_vars, prophet, "default"),
            **_signs(self.context, self.context_signs, "default"),
            **_signs(self.modelled_media, self.paid_media_signs, "positive"),
            **_signs(self.organic_vars, self.organic_signs, "positive"),
        }


def _signs(names: tuple[str, ...], signs: tuple[Sign, ...], otherwise: Sign) -> dict[str, Sign]:
    return {name: signs[i] if i < len(signs) else otherwise for i, name in enumerate(names)}


def load_job_config(path: Path) -> object:
    """Return what a config file holds, unchecked. Raises BadConfig if there is no such file or it is not JSON."""
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except (FileNotFoundError, NotADirectoryError) as error:
        if not path.parent.is_dir():
            raise BadConfig(f"There is no folder {path.parent}.", f"Name one that holds {path.name}.") from error
        raise BadConfig(f"There is no {path.name} in {path.parent}.", "Put one beside the data.") from error
    except (ValueError, RecursionError) as error:
        why = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise BadConfig(f"{path.name} is not JSON.", f"It breaks at: {why}.") from error
    except OSError as error:
        raise BadConfig(f"{path.name} cannot be read.", f"It breaks at: {error.strerror or error}.") from error


def parse_job_config(given: object) -> JobConfig:
    """Check the content of a config file. Raises BadConfig naming every key at fault."""
    config, problems = understand(given)
    if problems:
        raise BadConfig("job_config.json cannot be used.", f"Correct these keys: {'; '.join(problems)}.")
    return config


def understand(given: object) -> tuple[JobConfig, list[str]]:
    """Return what can be understood of a config file's content, and what cannot.

    A key at fault counts as left out, so that everything else can still be checked; a required one becomes empty.
    """
    if not isinstance(given, Mapping):
        return _placeholder({}), [f"the file must hold one object {{…}}, not {shown(given)}"]
    try:
        return JobConfig.model_validate(given), []
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=True)
    at_fault = {fault["loc"][0] for fault in faults}
    well = {key: value for key, value in given.items() if key not in at_fault}
    return _placeholder(well), list(dict.fromkeys(_said(fault) for fault in faults))


def misspelt_keys(given: object) -> Iterator[str]:
    """Say which ignored keys look like a setting that was meant."""
    known = list(JobConfig.model_fields)
    if not isinstance(given, Mapping):
        return
    for key in given:
        near = get_close_matches(str(key), known, n=1, cutoff=0.85)
        if key not in known and near and near[0] not in given:
            yield f"The key {shown(key)} of job_config.json is unknown and was ignored; did you mean {near[0]}?"


def _placeholder(well: Mapping[str, Any]) -> JobConfig:
    """Return the configuration with nothing in place of required keys that are not there."""
    given = {"dep_var": "?", "paid_media_spends": ()} | dict(well)
    config = JobConfig.model_validate(given)
    return config if "dep_var" in well else config.model_copy(update={"dep_var": ""})


def _said(fault: Any) -> str:
    """Say one of pydantic's errors: the key, what is wrong, what is expected."""
    where = str(fault["loc"][0])
    inner = [part for part in fault["loc"][1:] if not str(part).startswith(("function-", "constrained-"))]
    for part in inner:
        where += f" {part + 1}" if isinstance(part, int) else f".{part}"
    limits, given = fault.get("ctx", {}), shown(fault.get("input"))
    match fault["type"]:
        case "missing":
            return f"{where}: is missing"
        case "extra_forbidden":
            return f"{where}: is unknown here"
        case "literal_error":
            return f"{where}: must be {limits['expected']}, not {given}"
        case "int_type" | "int_parsing" | "int_from_float" | "int_parsing_size":
            return f"{where}: must be a whole number, not {given}"
        case "float_type" | "float_parsing" | "finite_number":
            return f"{where}: must be a number, not {given}"
        case "bool_type" | "bool_parsing":
            return f"{where}: must be true or false, not {given}"
        case "string_type" | "string_unicode":
            return f"{where}: must be a text, not {given}"
        case "string_too_short":
            return f"{where}: is empty"
        case "tuple_type" | "list_type":
            return f"{where}: must be a list, not {given}"
        case "dict_type" | "model_type" | "model_attributes_type":
            return f"{where}: must be an object {{…}}, not {given}"
        case "greater_than_equal":
            return f"{where}: must be at least {_limit(limits['ge'])}, not {given}"
        case "greater_than":
            return f"{where}: must be above {_limit(limits['gt'])}, not {given}"
        case "less_than_equal":
            return f"{where}: must be at most {_limit(limits['le'])}, not {given}"
        case "value_error":
            return f"{where}: {str(fault['msg']).removeprefix('Value error, ')}"
        case _:
            return f"{where}: {fault['msg']}, not {given}"


def _limit(value: float) -> str:
    """A limit in full, so that nobody has to guess the digits."""
    return str(value) if isinstance(value, int) else f"{value:g}"
