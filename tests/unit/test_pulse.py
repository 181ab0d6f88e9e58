"""Whether a training that shows nothing new is busy or gone, and how often that is news."""

from datetime import UTC, datetime, timedelta

import pytest

from engine.runs.pulse import Sign, pulse

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)


def ago(minutes: float) -> str:
    return (NOW - timedelta(minutes=minutes)).isoformat()


@pytest.mark.parametrize(
    ("signed", "changed", "sign"),
    [
        pytest.param(0.2, 0.2, Sign.WELL, id="at-work"),
        pytest.param(0.2, 4, Sign.WELL, id="a-while"),
        pytest.param(0.2, 12, Sign.QUIET, id="busy"),
        pytest.param(3, 3, Sign.WELL, id="maintenance-and-clocks-apart"),
        pytest.param(-2, -2, Sign.WELL, id="its-clock-is-ahead"),
        pytest.param(8, 20, Sign.LOST, id="gone"),
    ],
)
def test_a_pulse_tells_busy_from_gone(signed: float, changed: float, sign: Sign) -> None:
    assert pulse({"at": ago(signed), "changed_at": ago(changed)}, NOW).sign is sign


def test_an_older_container_signs_nothing_and_is_well() -> None:
    assert pulse({"phase": "search"}, NOW).sign is Sign.WELL
    assert pulse({"at": "yesterday", "changed_at": None}, NOW).sign is Sign.WELL


def test_a_silence_is_news_again_as_it_grows_but_not_at_every_look() -> None:
    news = [pulse({"at": ago(0.2), "changed_at": ago(minutes)}, NOW).news for minutes in range(31)]
    assert news[:5] == [""] * 5
    assert len(set(news)) <= 7
    assert news[-1] not in news[:-5]
