"""What several messages share: small pieces of sentences, and lists of datasets."""

import json
from datetime import UTC, datetime

import pytest

from bot.data.messages import listing
from bot.home import home
from bot.slack.blocks import channel, count
from engine.data.dataset import Dataset
from tests.stored import a_dataset


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


def test_of_several_versions_the_newest_is_listed_and_they_are_counted() -> None:
    def made(title: str, number: int, country: str = "de") -> Dataset:
        return a_dataset(f"202601{number:02}T0", title, country=country)

    newest_first = [
        *(made("Shop", n) for n in range(20, 2, -1)),
        made("shop", 2),
        made("Shop", 1, "fr"),
        made("Tea", 1),
    ]
    listed = json.dumps(listing(newest_first).blocks)
    overview = json.dumps(home("U1", [], newest_first, datetime(2026, 1, 30, tzinfo=UTC))["blocks"])
    for drawn in (listed, overview):
        assert [drawn.count(name) for name in ("*Shop*", "*shop*", "*Tea*")] == [2, 0, 1]
        assert "de/20260120T0" in drawn and "de/20260119T0" not in drawn
    assert listed.count("19 versions") == 1 and "/mmm dataset versions NAME" in listed
    assert "older" not in listed + overview
