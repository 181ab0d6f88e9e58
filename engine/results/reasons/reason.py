"""One reason of a verdict: its level, its name in the table of docs/model.md, and its words."""

from collections.abc import Sequence
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class Level(StrEnum):
    """How far a run can be trusted."""

    USABLE = "usable"
    CARE = "usable with care"
    NOT = "do not use"


class Reason(BaseModel):
    """One reason, with the level it alone would justify; `usable` for what only should be known."""

    model_config = ConfigDict(frozen=True)

    code: str = Field(description="Stable name of the sentence, as the table in docs/model.md has it.")
    level: Level
    text: str


def beyond(value: float, limits: Sequence[float]) -> Level | None:
    """The level of a value that grows worse: beyond the first limit care is due, beyond the second stop."""
    care, stop = limits
    return Level.NOT if value > stop else Level.CARE if value > care else None


def below(value: float, limits: Sequence[float]) -> Level | None:
    """The level of a value that grows better: below the first limit care is due, below the second stop."""
    return beyond(-value, [-limit for limit in limits])
