"""A run's states and the moves between them."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from engine.errors import IllegalTransition


class State(StrEnum):
    """Where a run stands."""

    QUEUED = "QUEUED"
    STAGING = "STAGING"
    STAGED = "STAGED"
    LAUNCHING = "LAUNCHING"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


TERMINAL = frozenset({State.SUCCEEDED, State.FAILED, State.CANCELLED})

# A new attempt, after the infrastructure failed one, goes back to STAGED: the data need not be staged again. So does
# the same attempt where Cloud Run had no room and started nothing.
MOVES: dict[State, frozenset[State]] = {
    State.QUEUED: frozenset({State.STAGING, State.FAILED, State.CANCELLED}),
    State.STAGING: frozenset({State.STAGED, State.FAILED, State.CANCELLED}),
    State.STAGED: frozenset({State.LAUNCHING, State.FAILED, State.CANCELLED}),
    State.LAUNCHING: frozenset({State.RUNNING, State.STAGED, *TERMINAL}),
    State.RUNNING: frozenset({State.STAGED, *TERMINAL}),
    State.SUCCEEDED: frozenset(),
    State.FAILED: frozenset(),
    State.CANCELLED: frozenset(),
}


class Run(BaseModel):
    """One training of an experiment, as `state.json` holds it."""

    model_config = ConfigDict(frozen=True)

    schema_version: int = 1
    id: str = Field(description="Short name that people type, such as r3f9a2c1.")
    workspace: str
    revision: str = Field(description="The experiment, TAG_N.")
    dataset_id: str = Field(description="country/ts of the snapshot.")
    country: str
    ts: str = Field(description="Names the run's config, data and training folder.")
    state: State = State.QUEUED
    attempt: int = Field(1, ge=1)
    seq: int = Field(0, description="Grows by one with each write of the state.")
    who: str
    channel: str
    created_at: datetime
    changed_at: datetime
    started_at: datetime | None = Field(None, description="When the training of the current attempt began.")
    config_sha: str = Field("", description="SHA-256 of the configuration that was staged.")
    trainer: str = Field("native", description="Which trainer the run uses.")
    reason: str = Field("", description="Why it failed or was cancelled, for people.")
    todo: str = Field("", description="What the person can do about it.")
    waiting: str = Field("", description="What a run that cannot begin waits for, and why, for people.")
    kills: int = Field(0, ge=0, description="Attempts that were killed from outside, and nobody knows why.")
    stopped_by: str = Field("", description="Who asked for it to be stopped, if it was.")
    verdict: str = Field("", description="How far its result can be trusted, once there is one: the verdict's level.")
    sentence: str = Field("", description="What the verdict says in one sentence.")
    preview: bool | None = Field(None, description="Whether its verdict asks for a longer run before acting.")
    reference: str = Field("", description="Short id that ties a failure to the log.")
    key: str = Field("", description="The request that made the run; the same request is the same run.")

    @property
    def over(self) -> bool:
        return self.state in TERMINAL


def move(run: Run, to: State, at: datetime, **changes: object) -> Run:
    """Return `run` in state `to` with `changes`. Raises IllegalTransition if the table has no such move."""
    if to not in MOVES[run.state]:
        raise IllegalTransition(f"Run {run.id} is {run.state} and cannot become {to}.")
    return run.model_copy(update={"state": to, "changed_at": at, "seq": run.seq + 1, **changes})
