"""Names that sort the newest first."""

from datetime import UTC, datetime, timedelta

import pytest

from engine.newest_first import between, moment_of, newest_first

AT = datetime(2026, 11, 30, 12, 0, 0, 250000, tzinfo=UTC)
STEPS = [timedelta(milliseconds=1), timedelta(seconds=1), timedelta(days=1), timedelta(days=400), timedelta(days=9000)]


@pytest.mark.parametrize("step", STEPS, ids=str)
def test_the_newer_sorts_first(step: timedelta) -> None:
    assert newest_first(AT + step) < newest_first(AT)


def test_a_name_says_its_moment() -> None:
    assert moment_of(newest_first(AT)) == AT


@pytest.mark.parametrize("digits", ["", "12", "x" * 13, "12345678901234", "１２３４５６７８９０１２３"])
def test_other_names_say_none(digits: str) -> None:
    with pytest.raises(ValueError, match="not a moment"):
        moment_of(digits)


def test_a_listing_between_two_moments_has_the_first_and_not_the_last() -> None:
    day = timedelta(days=1)
    moments = [AT - day, AT, AT + timedelta(hours=5), AT + day - timedelta(milliseconds=1), AT + day]
    start, end = between("rows/", AT, AT + day)
    names = [f"rows/{newest_first(at)}-r1" for at in moments]
    assert [at for at, name in zip(moments, names, strict=True) if start <= name < end] == moments[1:4]
