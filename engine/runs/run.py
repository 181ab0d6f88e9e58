"""A run: its states, the moves between them, and what its document holds."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from engine.errors import IllegalTransition
from engine.runs.event import Event, shortened, with_event

# Who reads an older version takes along what stands beside it. Who knows only an older one refuses this one, and its
# task comes again to somebody newer.
VERSION = 2
# A run whose data are made by what only this release knows: the release before would leave that out without a word.
# Once they are made, any release may go on.
NEWEST = 3
NOTHING_MORE: Mapping[str, str] = MappingProxyType({})


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

# What a move is called among the events; every last state is an end.
NAMES = {
    State.STAGED: "staged",
    State.LAUNCHING: "launching",
    State.RUNNING: "running",
}
ENDED = "ended"

# A run whose data are ready is launched at once where there is a place; STAGED is who waits for one. STAGING is of
# earlier releases only: nothing moves there. A new attempt, after the infrastructure failed one, goes back to STAGED:
# the data need not be staged again. So does the same attempt where Cloud Run had no room and started nothing.
MOVES: dict[State, frozenset[State]] = {
    State.QUEUED: frozenset({State.STAGED, State.LAUNCHING, State.FAILED, State.CANCELLED}),
    State.STAGING: frozenset({State.STAGED, State.LAUNCHING, State.FAILED, State.CANCELLED}),
    State.STAGED: frozenset({State.LAUNCHING, State.FAILED, State.CANCELLED}),
    State.LAUNCHING: frozenset({State.RUNNING, State.STAGED, *TERMINAL}),
    State.RUNNING: frozenset({State.STAGED, *TERMINAL}),
    State.SUCCEEDED: frozenset(),
    State.FAILED: frozenset(),
    State.CANCELLED: frozenset(),
}


class Launch(BaseModel):
    """The lease of whoever launches the current attempt, and what came of it."""

    model_config = ConfigDict(frozen=True)

    token: str
    lease_until: datetime
    launched_at: datetime = Field(description="From here counts the time that a training may take to start.")
    execution: str = Field("", description="Cloud Run's name of what was started, once it is known.")
    why: str = Field("", description="Why it is not known, for people.")
    relaunched: bool = Field(False, description="Whether it was asked for once more because no reply came.")
    started_nothing: bool = Field(False, description="Whether every call is known to have started nothing.")
    no_room_since: datetime | None = None
    no_room_times: int = 0


class Slot(BaseModel):
    """A place for training that a run took: which one, and the generation of the object that says so."""

    model_config = ConfigDict(frozen=True)

    number: int
    generation: int


class Run(BaseModel):
    """One training of an experiment, as `state.json` holds it."""

    model_config = ConfigDict(frozen=True)

    schema_version: int = VERSION
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
    title: str = Field("", description="What the dataset is called.")
    units: dict[str, str] = Field(default_factory=dict, description="The currency of each column that has one.")
    experiment: dict[str, Any] = Field(default_factory=dict, description="The experiment's settings, as it was stored.")
    launch: Launch | None = Field(None, description="Who launches the current attempt.")
    slot: Slot | None = Field(None, description="The place for training that it took last.")
    stopping_by: str = Field("", description="Who asked for it to be stopped, from then on.")
    events: tuple[Event, ...] = ()

    @property
    def over(self) -> bool:
        return self.state in TERMINAL


# What only the steps need, and a message that is drawn from a run does not.
OF_THE_STEPS = frozenset({"events", "experiment", "launch", "slot", "key"})


def told(run: Run) -> dict[str, Any]:
    """Return a run as messages are drawn from it, as plain JSON: short enough to be told beside other things."""
    return run.model_dump(mode="json", exclude=set(OF_THE_STEPS))


def move(run: Run, to: State, at: datetime, **changes: object) -> Run:
    """Return `run` in state `to` with `changes`, and with the event of it, called as the state is.

    Raises IllegalTransition if the table has no such move.
    """
    return move_as("", run, to, at, **changes)


def move_as(
    what: str, run: Run, to: State, at: datetime, more: Mapping[str, str] = NOTHING_MORE, /, **changes: object
) -> Run:
    """As `move`; the event is called `what`, and tells `more`."""
    if to not in MOVES[run.state]:
        raise IllegalTransition(f"Run {run.id} is {run.state} and cannot become {to}.")
    now = {"schema_version": VERSION, "state": to, "changed_at": at, "seq": run.seq + 1}
    moved = run.model_copy(update={**now, **changes})
    known = {"reason": moved.reason or moved.waiting, "stopped_by": moved.stopped_by, "verdict": moved.verdict}
    return happened(moved, what or NAMES.get(to, ENDED), at, **{**known, **more})


def happened(run: Run, what: str, at: datetime, **more: str) -> Run:
    """Return `run` with an event at its end: once in each state it may happen in."""
    event = Event(at=at, what=what, state=run.state, attempt=run.attempt, seq=run.seq, more=shortened(more))
    return run.model_copy(update={"events": with_event(run.events, event)})
