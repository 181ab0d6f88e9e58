"""The table of a run's states, whole: every pair is either a move or refused."""

from datetime import UTC, datetime, timedelta

import pytest

from engine.errors import IllegalTransition
from engine.runs.event import KEPT
from engine.runs.run import MOVES, TERMINAL, Run, State, happened, move, move_as, told

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)

# Rows: from. Columns: QUEUED STAGING STAGED LAUNCHING RUNNING SUCCEEDED FAILED CANCELLED.
TABLE = {
    State.QUEUED: "..xx..xx",
    State.STAGING: "..xx..xx",
    State.STAGED: "...x..xx",
    State.LAUNCHING: "..x.xxxx",
    State.RUNNING: "..x..xxx",
    State.SUCCEEDED: "........",
    State.FAILED: "........",
    State.CANCELLED: "........",
}
PAIRS = [
    pytest.param(before, after, TABLE[before][column] == "x", id=f"{before}-{after}")
    for before in State
    for column, after in enumerate(State)
]


def run(state: State = State.QUEUED) -> Run:
    return Run(
        id="r1",
        workspace="T1",
        revision="DE_1",
        dataset_id="de/1",
        country="de",
        ts="1",
        state=state,
        who="U1",
        channel="C1",
        created_at=NOW,
        changed_at=NOW,
    )


@pytest.mark.parametrize(("before", "after", "allowed"), PAIRS)
def test_every_pair_is_a_move_or_refused(before: State, after: State, allowed: bool) -> None:
    if not allowed:
        with pytest.raises(IllegalTransition, match=f"{before} and cannot become {after}"):
            move(run(before), after, LATER)
        return
    moved = move(run(before), after, LATER, reason="so")
    assert (moved.state, moved.seq, moved.changed_at, moved.reason) == (after, 1, LATER, "so")


def test_a_move_leaves_the_run_it_came_from_alone() -> None:
    first = run()
    move(first, State.STAGED, LATER)
    assert (first.state, first.seq) == (State.QUEUED, 0)


def test_the_table_knows_every_state() -> None:
    assert set(MOVES) == set(State)


@pytest.mark.parametrize("state", State)
def test_over_means_without_a_way_on(state: State) -> None:
    assert run(state).over == (not MOVES[state]) == (state in TERMINAL)


@pytest.mark.parametrize("state", [state for state in State if state not in TERMINAL])
def test_every_state_that_is_not_over_can_fail_and_be_stopped(state: State) -> None:
    assert {State.FAILED, State.CANCELLED} <= MOVES[state]


@pytest.mark.parametrize(
    ("start", "to", "called"),
    [
        (State.QUEUED, State.STAGED, "staged"),
        (State.QUEUED, State.LAUNCHING, "launching"),
        (State.LAUNCHING, State.RUNNING, "running"),
        *((State.RUNNING, end, "ended") for end in (State.SUCCEEDED, State.FAILED, State.CANCELLED)),
    ],
)
def test_a_move_is_among_the_events_of_what_it_made(start: State, to: State, called: str) -> None:
    [event] = move(run(start), to, LATER, reason="so", stopped_by="U2").events
    assert (event.what, event.state, event.seq, event.attempt, event.at) == (called, to, 1, 1, LATER)
    assert event.more == {"reason": "so", "stopped_by": "U2"}


def test_a_move_may_be_called_otherwise_and_tell_more() -> None:
    [event] = move_as("no_room", run(State.LAUNCHING), State.STAGED, LATER, {"where": "Rome"}, waiting="full").events
    assert (event.what, event.more) == ("no_room", {"reason": "full", "where": "Rome"})


def test_what_happens_twice_in_one_state_is_kept_once() -> None:
    once = happened(run(), "previewed", NOW)
    assert happened(once, "previewed", LATER) == once
    assert len(happened(move(once, State.STAGED, LATER), "previewed", LATER).events) == 3


def test_of_many_events_the_first_and_the_newest_are_kept_and_long_texts_are_cut() -> None:
    long = run()
    for number in range(200):
        long = happened(long, f"e{number}", NOW, reason="x" * 5000)
    assert len(long.events) == KEPT
    assert [long.events[0].what, long.events[1].what, long.events[-1].what] == ["e0", f"e{201 - KEPT}", "e199"]
    assert len(long.model_dump_json()) < 60_000


def test_what_is_told_of_a_run_is_short() -> None:
    moved = move(run(), State.STAGED, LATER)
    assert not {"events", "experiment", "launch", "slot", "key"} & told(moved).keys()
    assert told(moved)["state"] == "STAGED"


def test_a_run_survives_its_storage() -> None:
    moved = move(run(), State.STAGED, LATER)
    assert Run.model_validate(moved.model_dump(mode="json")) == moved
