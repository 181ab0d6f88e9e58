"""`job_config.json`: what a trainer is told. Both trainers read this file and nothing else.

The keys are those of the field's existing launcher (see docs), so that configurations can be carried
over. Unknown keys are kept out of the way: they are ignored, never an error.
"""

import json
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from engine.errors import BadConfig


def _split(value: object) -> object:
    """Accept `"a, b"` where a list is meant, as batch files write it."""
    if value is None or value == "":
        return []
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _day(value: object) -> object:
    """Accept a date with a time of midnight behind it, and an empty string as no date."""
    return (value[:10] or None) if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_split)]
Day = Annotated[date | None, BeforeValidator(_day)]
ProphetVar = Literal["trend", "season", "monthly", "weekday", "holiday"]


class JobConfig(BaseModel):
    """The settings of one training. Column names are those of `input_data`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    country: str = Field("", description="ISO 3166 alpha-2; picks the holidays.")
    revision: str = Field("", description="The experiment, as TAG_N.")
    date_var: str = Field("date", description="The date column.")
    dep_var: str = Field(description="The column to explain.")
    dep_var_type: Literal["revenue", "conversion"] = Field("revenue", description="ROAS or CPA reporting.")
    start_date: Day = Field(None, description="First day of the window; empty for the first row.")
    end_date: Day = Field(None, description="Last day of the window; empty for the last row.")
    paid_media_spends: Names = Field(description="Spend per paid channel.")
    paid_media_vars: Names = Field((), description="What each channel is modelled on, parallel to the spends.")
    organic_vars: Names = Field((), description="Unpaid media.")
    context_vars: Names = Field((), description="Other drivers.")
    factor_vars: Names = Field((), description="Context columns that are categories.")
    prophet_vars: Annotated[tuple[ProphetVar, ...], BeforeValidator(_split)] = Field(
        ("trend", "season", "holiday"), description="Parts of the time decomposition used as drivers."
    )
    adstock: Literal["geometric", "weibull_cdf", "weibull_pdf"] = "geometric"
    hyperparameter_preset: str = Field("Facebook recommend", description="Ranges used where none are given.")
    custom_hyperparameters: dict[str, float | tuple[float, float] | tuple[float]] = Field(
        default_factory=dict,
        description="`{VAR}_alphas|gammas|thetas|shapes|scales`: [low, high] or one value.",
    )
    iterations: int = Field(2000, ge=1, le=20_000, description="Models tried per trial.")
    trials: int = Field(5, ge=1, le=50, description="Independent searches.")
    seed: int = Field(123, ge=0, description="Trial t searches with seed + t.")
    ts_validation: bool = Field(False, description="Hold back the newest rows while searching.")
    train_size: tuple[float, float] = Field((0.5, 0.8), description="Range of the training share, if held back.")

    @property
    def modelled_media(self) -> tuple[str, ...]:
        """Per paid channel the column that is modelled: its exposure where given, else its spend."""
        return self.paid_media_vars or self.paid_media_spends


def read_job_config(path: Path) -> JobConfig:
    """Read and check a config file. Raises BadConfig naming every key at fault."""
    try:
        given = json.loads(path.read_text())
    except FileNotFoundError as error:
        raise BadConfig(f"There is no {path.name} in {path.parent}.", "Put one beside the data.") from error
    except ValueError as error:
        raise BadConfig(f"{path.name} is not JSON.", f"It breaks at: {error}.") from error
    return parse_job_config(given)


def parse_job_config(given: object) -> JobConfig:
    """Check the content of a config file. Raises BadConfig naming every key at fault."""
    try:
        return JobConfig.model_validate(given)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise BadConfig("job_config.json cannot be used.", f"Correct these keys: {problems}.") from error
