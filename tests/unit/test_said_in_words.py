"""Small pieces of sentences that every message shares."""

import pytest

from bot.slack.blocks import channel, count


@pytest.mark.parametrize(
    ("number", "one", "many", "said"),
    [
        (1, "country", "", "1 country"),
        (4, "country", "", "4 countries"),
        (0, "query", "", "0 queries"),
        (2, "day", "", "2 days"),
        (1_234, "row", "", "1,234 rows"),
        (2, "column plays", "columns play", "2 columns play"),
    ],
)
def test_so_many_of_something(number: int, one: str, many: str, said: str) -> None:
    assert count(number, one, many) == said


def test_without_a_channel_the_conversation_with_the_person_is_meant() -> None:
    assert (channel("C1"), channel("")) == ("<#C1>", "our conversation")
