"""The budget allocator: the best split, what cannot be, and each peculiarity of Robyn's with and without."""

from datetime import date, timedelta
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from engine.errors import BadConfig
from engine.experiment.budget import bounds, chosen_periods, launcher_budget, parse_budget
from engine.model.budget.allocation_tables import allocation_rows
from engine.model.budget.robyn.allocation import Allocation, Channel, Row
from engine.model.budget.robyn.allocator import allocate
from engine.model.budget.robyn.export import robyn_rows
from engine.model.budget.robyn.optimum import AtEfficiency, AtTotal, best_efficiency, best_reply, best_split
from engine.model.budget.robyn.response import Responses, Vector
from engine.results.contract import ALLOCATION

DAYS = [date(2024, 1, 1) + timedelta(weeks=week) for week in range(40)]


def channel(name: str, **changes: Any) -> Channel:
    """A channel that spends 80, 100, 120 in turn, on its curve's middle."""
    spent = np.resize([80.0, 100.0, 120.0, 100.0], len(DAYS))
    given: dict[str, Any] = {
        "name": name,
        "spend_name": name,
        "coef": 1000.0,
        "alpha": 1.5,
        "inflexion": 150.0,
        "carryover": 20.0,
        "modelled": spent,
        "spent": spent,
        "mean_response": 400.0,
    }
    return Channel(**given | changes)


TV, SEARCH, PRINT = channel("tv"), channel("search", coef=500.0, inflexion=60.0), channel("print", coef=300.0)


def ask(*channels: Channel, kind: Any = "revenue", **budget: Any) -> Allocation:
    return allocate(channels, parse_budget(budget), DAYS, dep_var_type=kind)


def row(found: Allocation, name: str) -> Row:
    return next(row for row in found.rows if row.channel == name)


def curves(*rows: tuple[float, float, float, float]) -> Responses:
    """coef, alpha, inflexion, carryover per channel."""
    return Responses(*np.array(rows).T)


def best_on_grid(responses: Responses, total: float, high: Vector, steps: int) -> float:
    """The most response of any split on a grid that sums to the total: the last channel takes the rest."""
    axes = [np.linspace(0, end, steps) for end in high[:-1]]
    splits = np.array([(*split, total - sum(split)) for split in product(*axes)])
    allowed = splits[(splits[:, -1] >= 0) & (splits[:, -1] <= high[-1])]
    return float(responses.value(allowed).sum(axis=1).max())


# --- the curves


@given(
    coef=some.floats(1, 1e6),
    alpha=some.floats(0.3, 5),
    inflexion=some.floats(1, 1e5),
    carried=some.floats(0, 2),
    share=some.floats(0.05, 3),
)
def test_slope_and_curvature_are_the_derivatives(
    coef: float, alpha: float, inflexion: float, carried: float, share: float
) -> None:
    responses, x = curves((coef, alpha, inflexion, carried * inflexion)), np.array([share * inflexion])
    step = 1e-5 * (share + carried) * inflexion
    slope = (responses.value(x + step) - responses.value(x - step)) / (2 * step)
    curvature = (responses.slope(x + step) - responses.slope(x - step)) / (2 * step)
    assert responses.slope(x) == pytest.approx(slope, rel=1e-5, abs=1e-8 * coef / inflexion)
    assert responses.curvature(x) == pytest.approx(curvature, rel=1e-5, abs=1e-8 * coef / inflexion**2)


@given(alpha=some.floats(0.3, 5), carryover=some.floats(0, 200), share=some.floats(1e-4, 0.999))
def test_the_spend_at_a_slope_has_that_slope(alpha: float, carryover: float, share: float) -> None:
    responses = curves((1000.0, alpha, 100.0, carryover))
    low, high = np.maximum(responses.steepest, 0.5), np.array([2000.0])
    first, last = responses.slope(low)[0], responses.slope(high)[0]
    slope = last + share * (first - last)
    found = responses.spend_at(slope, low, high)
    assert responses.slope(found)[0] == pytest.approx(slope, rel=1e-9)


def test_the_best_reply_to_a_price_is_the_best_on_a_grid() -> None:
    responses = curves((1000, 3.0, 150, 5), (1000, 0.7, 150, 5), (500, 1.5, 60, 0))
    low, high = np.array([10.0, 0.0, 0.0]), np.array([400.0, 300.0, 500.0])
    for price in (0.0, 0.5, 2.0, 4.0, 9.0):
        grid = np.linspace(low, high, 20001)
        kept = (responses.value(grid) - price * grid).max(axis=0)
        reply = best_reply(responses, price, low, high)
        assert np.all(responses.value(reply) - price * reply >= kept - 1e-9)


# --- the best split


def test_s_shaped_curves_are_split_as_the_best_grid_point_or_better() -> None:
    """A local search from an even split stays there; the best is to leave channels out."""
    responses = curves((1000, 4, 100, 0), (900, 4, 100, 0), (800, 4, 100, 0))
    high = np.array([300.0, 300.0, 300.0])
    found = best_split(responses, AtTotal(responses, 150.0), np.zeros(3), high)
    assert found is not None
    even = float(responses.value(np.full(3, 50.0)).sum())
    assert found.response > 4 * even
    assert found.response >= best_on_grid(responses, 150.0, high, 301)
    assert found.gap <= 1e-10
    assert found.spend.sum() == pytest.approx(150.0, rel=1e-12)


@settings(deadline=None, max_examples=25)
@given(seed=some.integers(0, 10_000), share=some.floats(0.05, 0.95))
def test_no_split_on_a_grid_beats_the_best_split(seed: int, share: float) -> None:
    random = np.random.default_rng(seed)
    responses = Responses(
        random.uniform(100, 1000, 3), random.uniform(0.5, 4, 3), random.uniform(20, 300, 3), random.uniform(0, 40, 3)
    )
    high = random.uniform(50, 400, 3)
    total = share * high.sum()
    found = best_split(responses, AtTotal(responses, total), np.zeros(3), high)
    assert found is not None
    assert abs(found.spend.sum() - total) <= 1e-9 * total
    assert np.all((found.spend >= 0) & (found.spend <= high))
    assert found.gap <= 1e-9
    assert found.response >= best_on_grid(responses, total, high, 61) * (1 - 1e-12)


def test_at_a_target_no_allowed_point_of_a_grid_beats_the_best_split() -> None:
    responses = curves((1000, 3, 100, 10), (700, 0.8, 60, 10))
    low, high = np.zeros(2), np.array([400.0, 400.0])
    constraint = AtEfficiency(responses, roas=3.5)
    found = best_split(responses, constraint, low, high)
    assert found is not None and found.gap <= 1e-9
    assert abs(constraint.slack(found.spend)) <= 1e-9 * found.response
    grid = np.array(list(product(np.linspace(0, 400, 401), repeat=2)))
    value = responses.value(grid).sum(axis=1)
    assert found.response >= value[value >= 3.5 * grid.sum(axis=1)].max()


def test_the_gradient_handed_to_the_solver_is_that_of_the_efficiency_constraint() -> None:
    """Robyn's is 1 - the gradient of minus the response, whatever the target: not the derivative of its constraint."""
    responses = curves((1000, 1.5, 150, 20), (500, 1.5, 60, 20))
    constraint, x, step = AtEfficiency(responses, roas=2.5), np.array([80.0, 120.0]), 1e-4
    numeric = [(constraint.slack(x + step * one) - constraint.slack(x - step * one)) / (2 * step) for one in np.eye(2)]
    assert constraint.gradient(x) == pytest.approx(numeric, rel=1e-6)
    robyns = -(1 + responses.slope(x)) * 2.5
    assert np.all(np.abs(robyns - numeric) > 1)


def test_the_best_efficiency_is_the_best_on_a_grid() -> None:
    responses = curves((1000, 3, 100, 10), (700, 0.8, 60, 10))
    low, high = np.array([20.0, 30.0]), np.array([400.0, 400.0])
    grid = np.array(list(product(np.linspace(20, 400, 381), np.linspace(30, 400, 371))))
    best = (responses.value(grid).sum(axis=1) / grid.sum(axis=1)).max()
    assert best <= best_efficiency(responses, low, high) <= best * 1.001
    assert best_efficiency(responses, np.zeros(2), high) == np.inf


# --- totals


def test_the_historical_total_is_spent_better() -> None:
    found = ask(TV, SEARCH)
    assert found.total == pytest.approx(200.0) and not found.own_total
    assert found.optimum.spend == pytest.approx(200.0, rel=1e-12)
    assert found.optimum.response > found.initial_response
    between = [r for r in found.rows if r.limits.low * 100 < r.optimum.spend < r.limits.up * 100]
    assert len(between) == 2
    assert between[0].optimum.marginal == pytest.approx(between[1].optimum.marginal, rel=0.02)


def test_a_total_is_for_the_whole_date_range() -> None:
    assert ask(TV, SEARCH, total_budget=2400, date_range="last_8").total == pytest.approx(300.0)


def test_at_most_the_total_leaves_over_what_the_bounds_cannot_take() -> None:
    found = ask(TV, SEARCH, total_budget=40 * 500, constr_mode="ineq")
    assert found.optimum.feasible and found.optimum.spend == pytest.approx(400.0)
    assert ask(TV, SEARCH, total_budget=40 * 250, constr_mode="ineq").optimum.spend == pytest.approx(250.0, rel=1e-12)


@pytest.mark.parametrize(
    ("total", "says", "does"),
    [
        (500, "from 4,000 to 16,000 (100 to 400 a period)", "Raise channel_constr_up (now tv 2, search 2"),
        (60, "from 4,000 to 16,000 (100 to 400 a period)", "Lower channel_constr_low (now tv 0.5, search 0.5"),
    ],
    ids=["too much", "too little"],
)
def test_an_impossible_total_is_said(total: float, says: str, does: str) -> None:
    quirky = ask(TV, SEARCH, total_budget=40 * total)
    assert not quirky.optimum.feasible and says in quirky.notes[0] and does in quirky.notes[0]
    bound = "up" if total > 100 else "low"
    for found in quirky.rows:
        assert found.optimum.spend == pytest.approx(getattr(found.limits, bound) * found.limits.base)


# --- targets


def test_a_roas_target_is_met() -> None:
    found = ask(TV, SEARCH, scenario="target_efficiency", target_value=3.0)
    assert found.optimum.response / found.optimum.spend == pytest.approx(3.0, rel=1e-10)
    assert found.optimum.target == 3.0


def test_a_cost_per_acquisition_is_the_same_question_upside_down() -> None:
    roas = ask(TV, SEARCH, scenario="target_efficiency", target_value=3.0)
    cpa = ask(TV, SEARCH, kind="conversion", scenario="target_efficiency", target_value=1 / 3)
    assert cpa.optimum.spend / cpa.optimum.response == pytest.approx(1 / 3, rel=1e-10)
    assert cpa.optimum.response == pytest.approx(roas.optimum.response, rel=1e-9)


@pytest.mark.parametrize(("kind", "share"), [("revenue", 0.8), ("conversion", 1.2)])
def test_the_default_target_is_robyns_share_of_the_initial_efficiency(kind: str, share: float) -> None:
    found = ask(TV, SEARCH, kind=kind, scenario="target_efficiency")
    roas = found.initial_response / found.initial_spend
    assert found.optimum.target == pytest.approx(share * (roas if kind == "revenue" else 1 / roas))


@pytest.mark.parametrize(("kind", "target", "name"), [("revenue", 50.0, "ROAS"), ("conversion", 0.02, "CPA")])
def test_a_target_out_of_reach_is_said(kind: str, target: float, name: str) -> None:
    asked = {"scenario": "target_efficiency", "target_value": target}
    quirky = ask(TV, SEARCH, kind=kind, **asked)
    assert not quirky.optimum.feasible
    assert quirky.notes[0].startswith(f"A {name} of") and "cannot be reached" in quirky.notes[0]
    assert "channel_constr_low of tv, search" in quirky.notes[0]


def test_a_target_easier_than_the_bounds_ends_at_the_upper_bounds() -> None:
    found = ask(TV, SEARCH, scenario="target_efficiency", target_value=1.5, channel_constr_up=1.2)
    assert found.optimum.feasible
    assert [r.optimum.spend for r in found.rows] == pytest.approx([120.0, 120.0])
    assert any("The bounds, not the target" in note for note in found.notes)


# --- Robyn's peculiarities, with and without


@pytest.mark.parametrize("coef", [0.0, -5.0])
def test_a_channel_without_effect_is_taken_out(coef: float) -> None:
    found = ask(TV, SEARCH, channel("radio", coef=coef))
    assert row(found, "radio").optimum.spend == 0
    assert found.optimum.spend == pytest.approx(300.0, rel=1e-12)
    assert row(found, "radio").left_out == "no effect"
    assert any(note.startswith("radio has no effect") for note in found.notes)


def test_without_any_effect_there_is_no_default_target() -> None:
    with pytest.raises(BadConfig, match="no target efficiency"):
        ask(channel("radio", coef=0.0, mean_response=0.0), scenario="target_efficiency")


def test_a_channel_set_to_nothing_loses_its_carryover_too() -> None:
    off = {"channel_constr_low": {"tv": 0}, "channel_constr_up": {"tv": 0}}
    found = ask(TV, SEARCH, PRINT, **off)
    assert row(found, "tv").left_out == "set to 0"
    assert row(found, "tv").optimum.spend == row(found, "tv").optimum.response == 0
    assert found.optimum.spend == pytest.approx(300.0, rel=1e-12)
    assert any(note.startswith("tv is set to 0") for note in found.notes)


def test_bounds_of_a_channel_that_paused_are_multiples_of_nothing_or_of_the_window() -> None:
    spent = np.r_[np.full(36, 100.0), np.zeros(4)]
    paused = channel("search", modelled=spent, spent=spent)
    asked = {"date_range": "last_4", "total_budget": 4 * 150}
    assert row(ask(TV, paused, **asked), "search").limits.base == 0
    assert row(ask(TV, paused, channel("radio", coef=0.0), **asked), "search").limits.base == pytest.approx(90.0)
    assert any("search spent nothing in the date range" in note for note in ask(TV, paused, **asked).notes)


def test_the_initial_response_means_two_things_or_one() -> None:
    exposed = channel("clicks", spend_name="search")
    for channels, expected in [((TV, PRINT), 400.0), ((TV, exposed), None)]:
        found = row(ask(*channels), "tv")
        at_mean = 1000 / (1 + (150 / 120) ** 1.5)
        assert found.simulated.response == pytest.approx(at_mean)
        assert found.initial.response == pytest.approx(at_mean if expected is None else expected)
    assert any("initial response is the mean" in note for note in ask(TV, PRINT).notes)


def test_widened_bounds_may_move_inwards() -> None:
    asked = {"channel_constr_low": {"tv": 1.2}, "channel_constr_up": {"tv": 1.4, "search": 0.8}}
    quirky = ask(TV, SEARCH, **asked)
    assert row(quirky, "tv").loose.low == pytest.approx(1.6)
    assert row(quirky, "search").loose.up == pytest.approx(0.4)
    assert row(quirky, "tv").loose.up == pytest.approx(2.2)


def test_the_second_solution_of_a_target_is_another_target() -> None:
    asked = {"scenario": "target_efficiency", "target_value": 3.0}
    quirky = ask(TV, SEARCH, **asked)
    assert quirky.unbound.target == 1.0
    assert quirky.unbound.response / quirky.unbound.spend == pytest.approx(1.0, rel=1e-9)
    assert all(found.unbound.spend >= 90 - 1e-9 for found in quirky.rows)
    conversions = ask(TV, SEARCH, kind="conversion", scenario="target_efficiency", target_value=0.2)
    assert conversions.unbound.target == pytest.approx(0.3)


# --- what is said and shown


def test_spend_beyond_the_largest_of_a_period_is_extrapolation() -> None:
    found = ask(TV, channel("search", coef=50.0), total_budget=40 * 200, channel_constr_up={"tv": 1.5})
    assert row(found, "tv").optimum.spend == pytest.approx(150.0)
    assert row(found, "tv").optimum.beyond_observed == pytest.approx(0.25)
    assert row(found, "search").optimum.beyond_observed == 0
    assert any("tv: extrapolation, 150 a period is 25 % beyond" in note for note in found.notes)


def test_an_exposure_that_cost_more_in_the_date_range_is_mentioned() -> None:
    clicks = channel("clicks", spend_name="search", spent=np.r_[np.full(36, 95.0), np.full(4, 145.0)])
    notes = ask(TV, clicks, date_range="last_4").notes
    assert any("clicks: spends are its exposure" in note and "really spent were 145" in note for note in notes)


def test_the_rows_have_every_column_of_the_contract() -> None:
    found = ask(TV, SEARCH, channel("radio", coef=0.0))
    rows = allocation_rows(found.answer, "1_2_3")
    assert [r["channel"] for r in rows] == ["tv", "search", "radio"]
    for column in ALLOCATION.columns:
        kind = {"text": str, "yes/no": bool}.get(column.kind, float)
        assert all(isinstance(r[column.name], kind) for r in rows)
    assert [r["channels"] for r in robyn_rows(found, "1_2_3", "week")] == ["radio", "search", "tv"]


# --- the question


NAMES = [("tv_S", "tv_S"), ("search_clicks_P", "search_S")]


def test_bounds_go_by_either_name_and_default_to_robyns() -> None:
    budget = parse_budget({"channel_constr_low": {"search_S": 0.9}, "channel_constr_up": {"search_clicks_P": 1.1}})
    assert bounds(budget, NAMES) == ((0.5, 0.9), (2.0, 1.1))
    assert bounds(parse_budget({"scenario": "target_efficiency"}), NAMES) == ((0.1, 0.1), (10.0, 10.0))
    assert bounds(parse_budget({"channel_constr_low": 0.7, "channel_constr_up": 1.3}), NAMES) == (
        (0.7,) * 2,
        (1.3,) * 2,
    )


def test_every_wrong_bound_is_named_at_once() -> None:
    budget = parse_budget(
        {
            "channel_constr_low": {"TV_s": 0.9, "radio": 1, "tv_S": 3},
            "channel_constr_up": {"search_S": 1, "search_clicks_P": 1},
        }
    )
    with pytest.raises(BadConfig) as refused:
        bounds(budget, NAMES)
    for text in (
        "TV_s is no paid channel; did you mean tv_S",
        "radio is no paid channel (",
        "bounded twice",
        "tv_S: the lower",
    ):
        assert text in refused.value.todo


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"scenaro": "max_response"}, "scenaro is unknown; did you mean scenario"),
        ({"date_range": "last_0"}, "last_N"),
        ({"date_range": ["2024-03-01", "2024-02-01"]}, "before it begins"),
        ({"date_range": ["soon", "later"]}, "date_range"),
        ({"date_range": [1, 2]}, "give both days"),
        ({"channel_constr_up": 10**400}, "channel_constr_up: give a number from 0 to 1e+06"),
        ({"target_value": 2}, "target_value belongs to"),
        ({"scenario": "target_efficiency", "total_budget": 5}, "total_budget belongs to"),
        ({"total_budget": 0}, "total_budget"),
        ({"channel_constr_up": {"tv": -1}}, "channel_constr_up: tv: give a number from 0"),
        ({"channel_constr_low": [0.5, 0.7]}, "by channel"),
        ({"channel_constr_multiplier": 0.5}, "channel_constr_multiplier"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_question_that_makes_no_sense_is_refused(asked: dict[str, Any], says: str) -> None:
    with pytest.raises(BadConfig) as refused:
        parse_budget(asked)
    assert says in refused.value.todo


def test_the_date_range_picks_periods_of_the_window() -> None:
    def chosen(date_range: Any) -> slice:
        return chosen_periods(parse_budget({"date_range": date_range}), DAYS)

    assert chosen("all") == slice(0, 40)
    assert chosen("last_10") == slice(30, 40)
    assert chosen("last_400") == slice(0, 40)
    assert chosen(["2024-01-08", "2024-01-22"]) == slice(1, 4)
    assert chosen(["2024-01-10", "2024-01-20"]) == slice(1, 4)
    with pytest.raises(BadConfig, match="outside the modelled window"):
        chosen(["2025-03-01", "2025-04-01"])


def test_the_launchers_modes_become_budgets() -> None:
    history = {"tv_S": 6000.0, "search_S": 4000.0, "print_S": 2000.0}
    plain = launcher_budget({"budget_scenario": "max_historical_response"}, history, "week")
    assert plain == parse_budget({"date_range": "last_52"})
    assert launcher_budget({}, history, "day").date_range == "last_365"
    expected = {"budget_scenario": "max_response_expected_spend"}
    more = launcher_budget(expected | {"expected_spend": 15_000}, history, "month")
    assert more == parse_budget({"date_range": "last_12", "total_budget": 15_000})
    less = launcher_budget(expected | {"expected_spend": 3_000}, history, "week")
    assert (less.channel_constr_low, less.channel_constr_up) == (0.01, 0.5)
    own = launcher_budget(
        expected | {"expected_spend": 9_000, "channel_budgets": {"tv_S": 2000, "search_S": 1000}}, history, "week"
    )
    assert own.total_budget == pytest.approx(9_000)
    low, up = bounds(own, [(name, name) for name in history])
    assert low == pytest.approx((0.95, 0.95 * 0.75, 0.0)) and up == pytest.approx((1.05, 1.05 * 0.75, 0.0))


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ({"budget_scenario": "spend_less"}, "is unknown"),
        ({"budget_scenario": "max_response_expected_spend"}, "expected_spend is missing"),
        ({"budget_scenario": "max_response_expected_spend", "channel_budgets": {"TV": 5}}, "did you mean tv_S"),
        ({"budget_scenario": "max_response_expected_spend", "channel_budgets": {"radio_S": 5}}, "cost nothing"),
    ],
    ids=["mode", "no total", "unknown channel", "never spent"],
)
def test_a_launchers_mode_that_cannot_be_translated_is_refused(config: dict[str, Any], says: str) -> None:
    with pytest.raises(BadConfig, match=says):
        launcher_budget(config, {"tv_S": 6000.0, "radio_S": 0.0}, "week")
