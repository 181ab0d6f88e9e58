"""Verdicts: what makes a run usable, usable with care, or useless."""

from typing import Any

import pytest

from engine.results.headline import ChannelResult, Headline, headline
from engine.results.verdict import Level, judge
from tests.made_results import made_results


def head(**changes: Any) -> Headline:
    good = headline(made_results()).model_copy(update={"converged": True})
    return good.model_copy(update=changes)


def channels(**changes: Any) -> tuple[ChannelResult, ...]:
    return tuple(one.model_copy(update=changes) for one in head().channels)


def test_a_sound_run_is_usable_without_reasons() -> None:
    verdict = judge(head())
    assert verdict.level is Level.USABLE
    assert verdict.reasons == ()
    assert verdict.sentence == "Usable: Search returns most per unit of spend; paid media explains 38 % of revenue."


@pytest.mark.parametrize(
    ("changes", "level", "words"),
    [
        ({"rsq": 0.6}, Level.CARE, "60 % of the ups and downs"),
        ({"rsq": 0.3}, Level.NOT, "30 % of the ups and downs"),
        ({"nrmse": 0.2}, Level.CARE, "typical miss"),
        ({"nrmse": 0.3}, Level.NOT, "typical miss"),
        ({"rssd": 0.9}, Level.CARE, "DECOMP.RSSD 0.90"),
        ({"rssd": 0.03}, Level.CARE, "Effect follows spend"),
        ({"periods": 40}, Level.CARE, "40 weeks of data"),
        ({"periods": 20}, Level.NOT, "20 weeks of data"),
        ({"media_share": 0.9}, Level.NOT, "hard to believe"),
        ({"iterations": 200, "trials": 3}, Level.CARE, "preview: 200 × 3"),
        ({"converged": False}, Level.CARE, "still improving"),
        ({"channels": channels(low=0.1, high=4.0)}, Level.CARE, "disagree widely on TV, Facebook and Search"),
        ({"channels": channels(effect=0.0, efficiency=None)}, Level.NOT, "No paid channel shows any effect"),
    ],
    ids=lambda value: str(value)[:24] if isinstance(value, dict) else None,
)
def test_each_weakness_has_its_reason_and_level(changes: dict[str, Any], level: Level, words: str) -> None:
    verdict = judge(head(**changes))
    assert verdict.level is level
    assert any(words in reason for reason in verdict.reasons)


def test_the_gravest_reason_decides_and_comes_first() -> None:
    verdict = judge(head(converged=False, rsq=0.2))
    assert verdict.level is Level.NOT
    assert "ups and downs" in verdict.reasons[0]
    assert verdict.sentence == "Do not use this model to move money."


def test_channels_with_overlapping_ranges_are_never_ranked() -> None:
    verdict = judge(head(channels=channels(low=1.0, high=2.5)))
    assert "cannot be told apart" in verdict.sentence


def test_one_dead_channel_calls_for_care_and_is_named() -> None:
    first, *others = head().channels
    dead = first.model_copy(update={"effect": 0.0, "efficiency": None, "low": None, "high": None})
    verdict = judge(head(channels=(dead, *others)))
    assert verdict.level is Level.CARE
    assert "No effect was found for TV" in verdict.reasons[0]
