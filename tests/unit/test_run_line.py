"""What lists show of a run."""

from datetime import UTC, datetime

from engine.cloud.lines import LINE_BYTES, in_metadata
from engine.runs.line import line_of, read_line
from engine.runs.run import Run, State

AT = datetime(2026, 1, 5, 12, tzinfo=UTC)


def run(**changes: object) -> Run:
    given = {
        "id": "r1234567", "workspace": "T1", "revision": "DE_1", "dataset_id": "de/t", "country": "de", "ts": "t",
        "who": "U1", "channel": "C1", "created_at": AT, "changed_at": AT,
    }  # fmt: skip
    return Run.model_validate({**given, **changes})


def test_a_line_says_what_the_run_says() -> None:
    one = run(state=State.FAILED, reason="No rows.", attempt=2)
    line = read_line(line_of(one))
    assert line is not None and line.over
    assert (line.id, line.reason, line.attempt, line.changed_at) == (one.id, "No rows.", 2, AT)


def test_a_long_text_still_fits() -> None:
    long = run(reason="⚑" * 5000, todo="⚑" * 5000, sentence="⚑" * 5000)
    assert in_metadata(line_of(long))
    assert LINE_BYTES == 6000


def test_what_is_no_line_is_none() -> None:
    assert [read_line(line) for line in (None, {}, {"id": 1}, {**line_of(run()), "state": "x"})] == [None] * 4
