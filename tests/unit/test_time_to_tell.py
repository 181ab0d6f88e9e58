"""An answer and the word that tells it share Slack's three seconds."""

import pytest

from bot.slack.app import ANSWER_SECONDS, TELL_SECONDS, time_to_tell


@pytest.mark.parametrize(
    ("spent", "left"),
    [(0.0, TELL_SECONDS), (0.6, 2.0), (1.3, 1.3), (2.3, 0.3), (9.0, 0.3)],
    ids=["at once", "soon", "slowly", "as late as may be", "later than may be"],
)
def test_who_was_slow_to_answer_has_less_time_to_tell(spent: float, left: float) -> None:
    assert time_to_tell(spent) == pytest.approx(left)


def test_both_together_are_within_slacks_three_seconds() -> None:
    tried = [n / 10 for n in range(int(10 * ANSWER_SECONDS) + 1)]
    assert max(spent + time_to_tell(spent) for spent in tried) < 3
