"""Verdicts: what makes a run usable, usable with care, or useless."""

import numpy as np
import pytest

from engine.results.calls import Call
from engine.results.headline import headline
from engine.results.read import Results
from engine.results.summary import Interval, Objective, Selection
from engine.results.verdict import SHOWN, UNCHECKED, Level, judge
from tests.heads import backtest, by_robyn, each, every, head, one
from tests.made_results import made_results


def test_a_sound_run_is_usable_and_says_that_no_experiment_checked_it() -> None:
    verdict = judge(head(media_range=Interval(low=0.12, high=0.34)))
    assert verdict.level is Level.USABLE
    assert verdict.reasons == (UNCHECKED,)
    assert verdict.sentence == (
        "Usable: act on TV, Facebook and Search. "
        "Search returns most per unit of spend; paid media explains 12 to 34 % of revenue."
    )
    assert {one.call for one in verdict.calls} == {Call.ACT}


def test_a_run_by_robyns_rule_asks_for_tests_unless_lift_tests_bear_it_out() -> None:
    verdict = judge(by_robyn())
    assert verdict.level is Level.CARE
    assert verdict.sentence.startswith("Usable with care: test TV, Facebook and Search first. In this model, Search")
    assert {one.call for one in judge(by_robyn(lift_miss=0.1)).calls} == {Call.ACT}


def test_the_gravest_reason_decides_and_comes_first() -> None:
    verdict = judge(head(iterations=200, rsq=0.2))
    assert verdict.level is Level.NOT
    assert "ups and downs" in verdict.reasons[0]
    assert verdict.sentence == "Do not use this model to move money."


def test_nobody_is_told_to_act_on_a_model_that_is_not_to_be_used() -> None:
    assert {one.call for one in judge(head(rsq=0.2)).calls} == {Call.TEST}


def test_channels_with_overlapping_ranges_are_never_ranked() -> None:
    assert "returns most" not in judge(head(channels=every(low=1.0, high=2.0))).sentence


def test_one_channel_without_effect_is_named_and_leaves_the_others_as_they_are() -> None:
    dead = {"effect": 0.0, "efficiency": None, "low": None, "high": None}
    verdict = judge(head(channels=one("search_S", **dead)))
    assert verdict.level is Level.USABLE
    assert "act on TV and Facebook; no effect seen for Search" in verdict.sentence


def test_little_to_act_on_calls_for_care() -> None:
    wide = {"low": 0.8, "high": 2.4}
    few = judge(head(channels=one("tv_S", **wide)))
    assert (few.level, few.codes) == (Level.CARE, ("calls.few", "lift.none"))
    assert judge(head(channels=one("search_S", low=2.0, high=5.0))).level is Level.USABLE


def test_what_the_trials_other_models_say_is_no_reason_under_evidence() -> None:
    assert judge(head(agreement=0.2, converged=False, rssd=0.9)).reasons == (UNCHECKED,)
    assert judge(by_robyn(agreement=0.2)).codes == judge(by_robyn()).codes


def test_a_run_with_lift_tests_does_not_claim_to_be_unchecked() -> None:
    assert judge(head(lift_miss=0.05)).reasons == ()


def test_only_the_gravest_reasons_are_shown() -> None:
    weak = {"rsq": 0.2, "nrmse": 0.2, "periods": 40, "iterations": 200, "lift_miss": 0.5}
    verdict = judge(head(**weak, backtest=backtest(0.3, 0.2), baseline={"trend": 1.4, "holiday": -0.6}))
    assert len(verdict.reasons) == len(verdict.codes) == SHOWN
    assert "ups and downs" in verdict.reasons[0]


def test_the_headline_carries_what_the_training_says_about_itself() -> None:
    found = headline(
        made_results(
            prior_share={"tv_S": 0.7},
            no_effect={"tv_S": 0.2},
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
    shares = {one.channel: (one.prior_share, one.no_effect) for one in found.channels}
    assert shares == {"tv_S": (0.7, 0.2), "facebook_I": (None, None), "search_S": (None, None)}
    assert [spread.over for spread in found.channels[0].spreads] == [
        "near-tied models", "best models of the trials", "shifted windows",
    ]  # fmt: skip
    assert (found.method, found.agreement, found.lift_miss) == ("evidence", 0.9, 0.3)
    assert found.indistinct == (("tv_S", "search_S"),)
    assert found.backtest == backtest(0.1, 0.2)


def test_what_the_next_unit_brings_is_told_as_its_cost_where_cpa_is_told() -> None:
    results = made_results(dep_var_type="conversion")
    results.coefficients["marginal_low"] = 0.5 * results.coefficients["marginal_roi"]
    results.coefficients["marginal_high"] = 2 * results.coefficients["marginal_roi"]
    revenue, cost = headline(made_results()).channels[0], headline(results).channels[0]
    assert revenue.marginal is not None and revenue.marginal_low is None
    assert cost.marginal == pytest.approx(1 / revenue.marginal)
    assert cost.marginal_low == pytest.approx(0.5 / revenue.marginal)
    assert cost.marginal_high == pytest.approx(2 / revenue.marginal)


def test_a_next_unit_that_may_bring_nothing_has_no_highest_cost() -> None:
    results = made_results(dep_var_type="conversion")
    results.coefficients["marginal_low"], results.coefficients["marginal_high"] = 0.0, 2.0
    found = headline(results).channels[0]
    assert (found.marginal_low, found.marginal_high) == (0.5, None)


def test_what_earlier_runs_have_stored_still_loads() -> None:
    new = {"range_over", "method", "indistinct", "agreement", "backtest", "lift_miss", "chains", "edges", "organic"}
    stored = by_robyn().model_dump(mode="json", exclude={*new, "together"})
    old = {"channel", "spend", "spend_share", "effect", "effect_share", "efficiency", "low", "high", "marginal"}
    stored["channels"] = [{name: value for name, value in one.items() if name in old} for one in stored["channels"]]
    loaded = type(head()).model_validate(stored)
    assert loaded.agreement is None and loaded.channels[0].spreads == ()
    assert judge(loaded).level is Level.CARE


def test_halves_of_one_channel_are_named_as_a_pair() -> None:
    pair = (("search_brand_S", "search_generic_S"),)
    halves = each({"tv_S": {"channel": "search_brand_S"}, "search_S": {"channel": "search_generic_S"}})
    verdict = judge(head(channels=halves, indistinct=pair, together=pair))
    assert "Search Brand and Search Generic cannot be told apart: their spends rise and fall together." in (
        verdict.reasons
    )


def with_context(values: np.ndarray) -> Results:
    """Made results of which `season` is a context variable that brings `values`, and the base is what they leave."""
    results = made_results(context_vars=("season",))
    totals, weekly = results.coefficients, results.decomposition
    own, of = totals["solID"] == results.chosen, {"season": float(values.sum())}
    of["(Intercept)"] = float(totals.loc[own & totals["rn"].isin(["(Intercept)", "season"]), "xDecompAgg"].sum())
    of["(Intercept)"] -= of["season"]
    for name, total in of.items():
        totals.loc[own & (totals["rn"] == name), "xDecompAgg"] = total
        totals.loc[own & (totals["rn"] == name), "xDecompPerc"] = total / totals.loc[own, "xDecompAgg"].sum()
    weekly.loc[weekly["rn"] == "season", "xDecomp"] = values
    return results


def test_a_price_counts_from_its_mean_and_an_event_from_its_absence() -> None:
    price = with_context(-40_000 * (1 + 0.1 * np.sin(np.arange(104))))
    assert headline(price).baseline.get("season", 0.0) == 0.0
    assert "parts.cancel" not in judge(headline(price)).codes
    event = with_context(np.where(np.arange(104) % 2, -80_000.0, 0.0))
    assert headline(event).baseline["season"] == pytest.approx(-0.5, abs=0.02)
    assert "parts.cancel" in judge(headline(event)).codes
