"""The table of a run's states, whole: every pair is either a move or refused."""

from datetime import UTC, datetime, timedelta

import pytest

from engine.errors import IllegalTransition
from engine.runs.run import MOVES, TERMINAL, Run, State, move

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)

# Rows: from. Columns: QUEUED STAGING STAGED LAUNCHING RUNNING SUCCEEDED FAILED CANCELLED.
TABLE = {
    State.QUEUED: ".x....xx",
    State.STAGING: "..x...xx",
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
    move(first, State.STAGING, LATER)
    assert (first.state, first.seq) == (State.QUEUED, 0)


def test_the_table_knows_every_state() -> None:
    assert set(MOVES) == set(State)


@pytest.mark.parametrize("state", State)
def test_over_means_without_a_way_on(state: State) -> None:
    assert run(state).over == (not MOVES[state]) == (state in TERMINAL)


@pytest.mark.parametrize("state", [state for state in State if state not in TERMINAL])
def test_every_state_that_is_not_over_can_fail_and_be_stopped(state: State) -> None:
    assert {State.FAILED, State.CANCELLED} <= MOVES[state]


def test_a_run_survives_its_storage() -> None:
    moved = move(run(), State.STAGING, LATER)
    assert Run.model_validate(moved.model_dump(mode="json")) == moved
