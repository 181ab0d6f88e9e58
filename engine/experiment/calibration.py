"""Lift tests: what an experiment measured, and whether a model can be held against it.

The names are those of Robyn's `calibration_input`. Robyn asks for a column `calibration_scope` but checks one
called `scope`, so there a misspelt scope passes; here it does not.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from engine.experiment.values import Day, nearest

Scope = Literal["immediate", "total"]

# Below this a study is little evidence, and Robyn warns.
LOW_CONFIDENCE = 0.8
# Spends that differ by more than this share were measured in other days or on other channels.
SPEND_TOLERANCE = 0.1


class LiftTest(BaseModel):
    """One study. `liftAbs` is what the channel's spend brought within the days, in units of the KPI."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    channel: Annotated[str, Field(min_length=1, description="A spend or organic column; `a+b` for several together.")]
    liftStartDate: Annotated[Day, Field(description="First day of the study.")]
    liftEndDate: Annotated[Day, Field(description="Last day of the study.")]
    liftAbs: Annotated[float, Field(gt=0, description="The measured effect. Errors are shares of it: above 0.")]
    spend: Annotated[float, Field(ge=0, description="What was spent on it within the study.")]
    confidence: Annotated[float, Field(ge=0, le=1, description="Confidence of the study, such as 0.9.")]
    metric: Annotated[str, Field(description="What was measured: the KPI's column or its type.")]
    calibration_scope: Annotated[
        Scope, Field(description="immediate: only what this spend did in these days; total: with earlier spend's.")
    ]

    @property
    def said(self) -> str:
        """The study as a person finds it again."""
        return f"{self.channel} from {self.liftStartDate} to {self.liftEndDate}"


def parts(channel: str, names: Mapping[str, str]) -> tuple[str, ...]:
    """Split `a+b` into its channels, as Robyn does at + , ; and blanks; a name that is known stays whole."""
    if channel in names:
        return (channel,)
    found: list[str] = []
    for part in filter(None, re.split(r"\s*[+,;]\s*", channel.strip())):
        found += [part] if part in names else part.split()
    return tuple(found)


def modelled(test: LiftTest, names: Mapping[str, str]) -> tuple[str, ...]:
    """Return the modelled columns that a study is about. names: what a study may call a channel → its column."""
    return tuple(names[part] for part in parts(test.channel, names))


def lift_problems(
    tests: Sequence[LiftTest], names: Mapping[str, str], exposures: Mapping[str, str], metrics: Sequence[str]
) -> Iterator[str]:
    """Say what of the studies contradicts the model.

    names: what a study may call a channel → the column modelled. exposures: exposure → spend, to explain a
    name that Robyn does not take. metrics: names of the KPI that are understood.
    """
    for number, test in enumerate(tests, 1):
        said = f"calibration_input {number} ({test.said})"
        called = parts(test.channel, names)
        for part in (part for part in called if part not in names):
            if part in exposures:
                yield f"{said}: {part} is an exposure; name the channel by its spend, {exposures[part]}"
            else:
                near = nearest(part, names)
                yield f"{said}: {part} is no channel of this model; " + (
                    f"did you mean {near}" if near else f"choose from {', '.join(names)}"
                )
        columns = [names.get(part, part) for part in called]
        if len(set(columns)) < len(columns):
            yield f"{said}: names a channel twice"
        if not called:
            yield f"calibration_input {number}: channel is empty; name a spend or organic column"
        if test.liftEndDate <= test.liftStartDate:
            yield f"{said}: ends before or as it starts; give its first and its last day"
        if test.metric not in metrics:
            yield f"{said}: measured {test.metric}, while the model explains {' or '.join(metrics)}"


def lift_cautions(tests: Sequence[LiftTest]) -> Iterator[str]:
    """Say what of the studies is little evidence."""
    seen: set[tuple[str, date, date, Scope]] = set()
    for test in tests:
        if test.confidence < LOW_CONFIDENCE:
            yield f"The lift test of {test.said} has a confidence of {test.confidence:g}, below {LOW_CONFIDENCE:g}."
        key = (test.channel, test.liftStartDate, test.liftEndDate, test.calibration_scope)
        if key in seen:
            yield f"The lift test of {test.said} is listed more than once and weighs that much more."
        seen.add(key)
