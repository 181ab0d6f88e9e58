"""Verdicts: what makes a run usable, usable with care, or useless."""

from typing import Any

import pytest

from engine.results.headline import ChannelResult, Headline, Spread, headline
from engine.results.leader import Standing, leader
from engine.results.summary import Backtest, Objective, Selection
from engine.results.verdict import SHOWN, UNCHECKED, Level, judge
from tests.made_results import made_results


def head(**changes: Any) -> Headline:
    good = headline(made_results()).model_copy(update={"converged": True})
    return good.model_copy(update=changes)


def channels(**changes: Any) -> tuple[ChannelResult, ...]:
    return tuple(one.model_copy(update=changes) for one in head().channels)


def with_prior(*shares: float) -> tuple[ChannelResult, ...]:
    """TV, Facebook and Search with these shares of their ROAS not from the data."""
    pairs = zip(head().channels, shares, strict=True)
    return tuple(one.model_copy(update={"prior_share": share}) for one, share in pairs)


def backtest(nrmse: float | None, naive: float | None) -> Backtest:
    return Backtest(folds=4, horizon=13, nrmse=nrmse, naive=naive, bias=0.01)


def test_a_sound_run_is_usable_and_says_that_no_experiment_checked_it() -> None:
    verdict = judge(head())
    assert verdict.level is Level.USABLE
    assert verdict.reasons == (UNCHECKED,)
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
        ({"channels": channels(low=1.0, high=None)}, Level.CARE, "disagree widely on TV, Facebook and Search"),
        ({"channels": channels(low=0.0, high=2.0)}, Level.CARE, "ROAS of Facebook and Search lies outside the range"),
        ({"channels": channels(low=4.0, high=5.0)}, Level.CARE, "ROAS of every channel lies outside the range: most"),
        ({"channels": with_prior(0.8, 0.6, 0.1)}, Level.CARE, "data say little about TV and Facebook: the selection"),
        ({"channels": with_prior(0.8, 0.6, 0.7)}, Level.CARE, "say little about any single channel"),
        ({"channels": with_prior(0.8, 0, 0), "method": "evidence"}, Level.CARE, "assumption that channels are alike"),
        ({"indistinct": (("tv_S", "search_S"),)}, Level.CARE, "TV and Search cannot be told apart: they rise and fall"),
        (
            {"indistinct": (("tv_S", "search_S"), ("a", "b"))},
            Level.CARE,
            "rise and fall together: TV and Search; A and",
        ),
        ({"backtest": backtest(0.2, 0.15)}, Level.CARE, "misses by 20 % of the range of revenue; last year's value"),
        ({"backtest": backtest(0.4, 0.15)}, Level.NOT, "last year's value misses by 15 %"),
        ({"backtest": backtest(0.2, 0.15), "periods": 60}, Level.CARE, "a plain guess misses by 15 %"),
        ({"agreement": 0.6}, Level.CARE, "agree on the order of two channels in 60 % of cases only"),
        ({"lift_miss": 0.35}, Level.CARE, "misses the lift tests by 35 %"),
        ({"lift_miss": 1.5}, Level.NOT, "misses the lift tests by 150 %"),
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


@pytest.mark.parametrize(
    "changes",
    [
        {"channels": with_prior(0.5, 0.2, 0.0)},
        {"agreement": 0.75},
        {"backtest": backtest(0.1, 0.15)},
        {"backtest": backtest(None, None)},
        {"rssd": 0.03, "method": "evidence"},
        {"lift_miss": 0.1},
    ],
    ids=str,
)
def test_what_is_in_order_is_no_reason(changes: dict[str, Any]) -> None:
    verdict = judge(head(**changes))
    assert verdict.level is Level.USABLE
    assert set(verdict.reasons) <= {UNCHECKED}


def test_a_run_with_lift_tests_does_not_claim_to_be_unchecked() -> None:
    assert judge(head(lift_miss=0.05)).reasons == ()


def test_only_the_gravest_reasons_are_shown() -> None:
    weak = {"rsq": 0.2, "nrmse": 0.2, "periods": 40, "agreement": 0.5, "converged": False, "rssd": 0.5}
    verdict = judge(head(**weak))
    assert len(verdict.reasons) == SHOWN
    assert "ups and downs" in verdict.reasons[0]
    assert UNCHECKED not in verdict.reasons


def test_a_channel_the_data_say_little_about_is_not_blamed_twice() -> None:
    wide = tuple(one.model_copy(update={"low": 0.1, "high": 4.0}) for one in with_prior(0.9, 0.1, 0.1))
    reasons = judge(head(channels=wide)).reasons
    assert sum("TV" in reason for reason in reasons) == 1
    assert any("disagree widely on Facebook and Search" in reason for reason in reasons)


@pytest.mark.parametrize("shares", [(0.1, 0.1, 0.9), (0.9, 0.1, 0.1)], ids=["the leader's", "another's"])
def test_a_lead_that_only_the_selection_made_is_no_finding(shares: tuple[float, ...]) -> None:
    judged = head(channels=with_prior(*shares))
    assert leader(judged)[0] is Standing.PRIOR
    assert "the data do not say which channel returns most" in judge(judged).sentence


def test_a_leader_must_be_ahead_whatever_is_varied() -> None:
    assert leader(head())[0] is Standing.CLEAR
    shaken = Spread(over="block bootstrap of residuals", low=1.0, high=9.0, n=200)
    several = tuple(one.model_copy(update={"spreads": (*one.spreads, shaken)}) for one in head().channels)
    assert leader(head(channels=several))[0] is Standing.OVERLAP


def test_a_leader_must_be_told_apart_from_every_other() -> None:
    assert leader(head(indistinct=(("search_S", "tv_S"),)))[0] is Standing.OVERLAP
    assert leader(head(indistinct=(("facebook_I", "tv_S"),)))[0] is Standing.CLEAR


def test_a_channel_whose_cost_has_no_upper_end_can_still_be_the_dearer_one() -> None:
    costs = {"tv_S": (1.0, 0.9, 1.2), "facebook_I": (3.0, 2.0, None), "search_S": (4.0, 2.5, None)}
    priced = tuple(
        one.model_copy(
            update=dict(zip(("efficiency", "low", "high"), costs[one.channel], strict=True)) | {"spreads": ()}
        )
        for one in head().channels
    )
    standing, best = leader(head(measure="CPA", channels=priced))
    assert standing is Standing.CLEAR
    assert best is not None and best.channel == "tv_S"


def test_the_headline_carries_what_the_training_says_about_itself() -> None:
    found = headline(
        made_results(
            prior_share={"tv_S": 0.7},
            indistinct=(("tv_S", "search_S"),),
            agreement=0.9,
            backtest=backtest(0.1, 0.2),
            selection=Selection(
                evaluated=400, eligible=300, fronts=2, candidates=13, method="evidence", rule="expected"
            ),
            convergence={"mape": Objective(converged=True, sentence="")},
            metrics={"mape": 0.3},
        )
    )
    shares = {one.channel: one.prior_share for one in found.channels}
    assert shares == {"tv_S": 0.7, "facebook_I": None, "search_S": None}
    assert [spread.over for spread in found.channels[0].spreads] == [
        "near-tied models", "best models of the trials", "shifted windows",
    ]  # fmt: skip
    assert (found.method, found.agreement, found.lift_miss) == ("evidence", 0.9, 0.3)
    assert found.indistinct == (("tv_S", "search_S"),)
    assert found.backtest == backtest(0.1, 0.2)


def test_what_earlier_runs_have_stored_still_loads() -> None:
    new = {"range_over", "method", "indistinct", "agreement", "backtest", "lift_miss"}
    stored = head().model_dump(mode="json", exclude=new)
    stored["channels"] = [
        {name: value for name, value in one.items() if name not in ("prior_share", "spreads")}
        for one in stored["channels"]
    ]
    loaded = Headline.model_validate(stored)
    assert loaded.agreement is None and loaded.channels[0].spreads == ()
    assert judge(loaded).level is Level.USABLE
