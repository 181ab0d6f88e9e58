"""Numbers that a warehouse keeps as text are said, where their column would have a role."""

import pytest

from engine.columns import Column
from engine.data.guess import guess
from engine.pipeline.text_numbers import doubt_texts, told_of_texts


def columns(spend: tuple[str, ...]) -> tuple[Column, ...]:
    return (
        Column(name="DAY", type="date", examples=("2024-01-01",)),
        Column(name="REVENUE", type="number", examples=("10.5",)),
        Column(name="TV_SPEND", type="text", examples=spend),
        Column(name="ORDER_ID", type="text", examples=("00123", "00124")),
        Column(name="CAMPAIGN", type="text", examples=("spring", "summer")),
    )


@pytest.mark.parametrize("values", [("1234.5", "12"), ("1.234,50 €", "3"), ("0",)], ids=["plain", "money", "zero"])
def test_a_spend_that_is_kept_as_text_is_told_with_its_remedy(values: tuple[str, ...]) -> None:
    found = doubt_texts(columns(values))
    (finding,) = told_of_texts(found)
    assert (finding.column, finding.value, finding.grade) == ("TV_SPEND", values[0], "REVIEW")
    assert "keeps it as text" in finding.text and "NUMBER" in finding.remedy
    assert "keeps it as text" in guess(found).why["TV_SPEND"]


@pytest.mark.parametrize("values", [("yes", "no"), (), ("12", "none of it")], ids=["words", "empty", "mixed"])
def test_text_that_is_text_is_left_alone(values: tuple[str, ...]) -> None:
    assert doubt_texts(columns(values)) == columns(values)
