"""A budget over draws: what is promised is what the forecast says, and money moves only where the draws agree."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from engine.errors import BadConfig
from engine.experiment.budget import parse_budget
from engine.model.budget.answer import Answer
from engine.model.budget.curves import response_curve
from engine.model.budget.flights import Flights, World
from engine.model.budget.levels import levels
from engine.model.budget.promise import outcome
from engine.model.budget.shift import Range, most_for_total
from engine.model.budget.split import split
from engine.model.fit.compiled import Vector
from engine.model.fit.transforms import DELAYED, GEOMETRIC, WEIBULL_CDF, WEIBULL_PDF
from engine.model.forecast.forecast import Medium, foresee, next_periods
from engine.model.response.draws import MediaDraws

pytestmark = pytest.mark.slow

ROWS, PLANNED, DRAWS = 120, 40, 60
DAYS = [date(2022, 1, 3) + timedelta(weeks=week) for week in range(ROWS)]
KINDS = {GEOMETRIC: (0.5, 0.0), DELAYED: (0.6, 2.0), WEIBULL_CDF: (1.5, 0.03), WEIBULL_PDF: (3.0, 0.03)}


def made_world(seed: int, channels: int = 4, spread: float = 0.3) -> tuple[World, list[Flights]]:
    """Random channels in flights, of every family of adstock, S-shaped and not; draws differ by `spread` in logs."""
    random = np.random.default_rng(seed)
    shape = (DRAWS, channels)
    kinds = np.array(list(KINDS))[np.arange(channels) % len(KINDS)]
    shapes = np.zeros((*shape, 5))
    shapes[:, :, 0] = random.uniform(0.6, 3.0, channels) * np.exp(0.1 * random.normal(size=shape))
    shapes[:, :, 1] = 0.5
    shapes[:, :, 2:4] = [KINDS[int(kind)] for kind in kinds]
    shapes[:, :, 2] *= np.exp(-0.2 * random.random(shape))
    shapes[:, :, 4] = kinds
    money = random.gamma(2.0, 50.0, (channels, ROWS)) * (random.random((channels, ROWS)) < 0.6)
    halves = random.uniform(60, 400, channels) * np.exp(0.2 * random.normal(size=shape))
    coefs = random.uniform(100, 800, channels) * np.exp(spread * random.normal(size=shape))
    names = tuple(f"c{place}" for place in range(channels))
    flights = [
        Flights(name, f"{name}_cost", place, money[place], money[place, -PLANNED:], money[place, -PLANNED:],
                float(money[place].max()))
        for place, name in enumerate(names)
    ]  # fmt: skip
    return World(MediaDraws(names, shapes, halves, coefs), ROWS), flights


def ask(world: World, channels: list[Flights], *, kind: Any = "revenue", **asked: Any) -> Answer:
    return split(world, channels, parse_budget(asked), dep_var_type=kind, interval="week")


def foreseen(world: World, channels: list[Flights], factors: Vector, *, even: bool = False) -> float:
    """The product's own forecast of a plan's media, over the plan's periods."""
    media = [
        Medium(one.name, one.spend_name, one.history, world.draws, one.place, world.trained, one.largest)
        for one in channels
    ]
    ahead = next_periods(DAYS, PLANNED, "week")
    plan = {
        one.name: factor * (np.full(PLANNED, one.money.mean()) if even else one.money)
        for one, factor in zip(channels, factors, strict=True)
    }
    found = foresee(media, [], 0.0, DAYS, slice(0, ROWS), plan, ahead, "week", residuals=np.zeros(ROWS))
    return float(found.total.sum())


def factors_of(answer: Answer) -> Vector:
    return np.array([share.proposed.spend / share.initial.spend for share in answer.shares])


@pytest.mark.parametrize("seed", range(12))
def test_the_own_forecast_never_contradicts_what_is_recommended(seed: int) -> None:
    world, channels = made_world(seed, spread=0.15)
    answer = ask(world, channels)
    today, proposed = np.ones(len(channels)), factors_of(answer)
    assert answer.promise is not None
    if not answer.promise.recommended:
        assert proposed == pytest.approx(today)
        return
    for even in (False, True):
        assert foreseen(world, channels, proposed, even=even) > foreseen(world, channels, today, even=even)


def test_what_spreading_the_money_evenly_brings_is_told_as_a_range() -> None:
    said = ask(*made_world(0, spread=0.15)).promise
    assert said is not None
    low, high = said.even_ends
    assert low < said.even < high


def test_some_random_worlds_are_worth_a_shift_and_some_are_not() -> None:
    """Else the test above would show nothing."""
    said = [ask(*made_world(seed, spread=0.15)).promise for seed in range(12)]
    assert sum(bool(one.recommended) for one in said if one is not None) >= 2
    world, channels = made_world(0)
    alike = replace(
        world.draws,
        shapes=np.tile(world.draws.shapes[:, :1], (1, 4, 1)),
        halves=np.full((DRAWS, 4), 150.0),
        coefficients=500.0 * np.exp(0.8 * np.random.default_rng(1).normal(size=(DRAWS, 4))),
    )
    money = channels[0].money
    same = [replace(one, money=money, planned=money, history=channels[0].history) for one in channels]
    vague = ask(replace(world, draws=alike), same)
    assert vague.promise is not None and vague.promise.recommended is False
    assert factors_of(vague) == pytest.approx(np.ones(4))


@pytest.mark.parametrize("seed", [0, 1])
def test_the_promise_is_the_difference_of_two_forecasts_with_what_comes_later(seed: int) -> None:
    world, channels = made_world(seed, spread=0.1)
    answer = ask(world, channels)
    after = world.after()
    old, new = (outcome(world, channels, of, after) for of in (np.ones(4), factors_of(answer)))
    assert answer.response - answer.initial_response == pytest.approx((new.whole - old.whole).mean(axis=0).sum())
    inside = (new.inside - old.inside).mean(axis=0).sum() * PLANNED
    difference = foreseen(world, channels, factors_of(answer)) - foreseen(world, channels, np.ones(4))
    assert inside == pytest.approx(difference)


@pytest.mark.parametrize("seed", range(3))
def test_between_computed_factors_the_curves_are_as_good_as_computed(seed: int) -> None:
    world, channels = made_world(seed)
    low, up = np.full(4, 0.5), np.full(4, 2.0)
    found, after = levels(world, channels, low, up, world.after()), world.after()
    for factors in np.random.default_rng(seed).uniform(0.5, 2.0, (5, 4)):
        exact = outcome(world, channels, factors, after)
        value, slope = found.at(factors)
        assert value == pytest.approx(exact.whole * PLANNED, rel=2e-3)
        money = np.array([one.total for one in channels])
        assert slope == pytest.approx(exact.slope * money, rel=5e-2, abs=1e-3 * float(np.abs(slope).max()))


@pytest.mark.parametrize("seed", range(4))
def test_no_split_on_a_grid_beats_the_one_found_without_caution(seed: int) -> None:
    """S-shaped curves have several best splits nearby; the best of all is found."""
    world, channels = made_world(seed, channels=3)
    within = Range(np.full(3, 0.25), np.full(3, 3.0), np.array([one.total for one in channels]))
    found = levels(world, channels, within.low, within.up, world.after())
    total = float(within.money.sum())
    best = most_for_total(found, within, total, np.ones(3), caution=0.0)
    assert within.money @ best == pytest.approx(total)
    reached = found.at(best)[0].mean(axis=0).sum()
    for first in np.linspace(0.25, 3.0, 40):
        for second in np.linspace(0.25, 3.0, 40):
            third = (total - within.money[:2] @ [first, second]) / within.money[2]
            if 0.25 <= third <= 3.0:
                tried = found.at(np.array([first, second, third]))[0].mean(axis=0).sum()
                assert tried <= reached * (1 + 1e-6)


def test_money_moves_less_where_the_draws_disagree() -> None:
    sure, channels = made_world(3, spread=0.02)
    vague, _ = made_world(3, spread=0.6)
    within = Range(np.full(4, 0.5), np.full(4, 2.0), np.array([one.total for one in channels]))

    def moved(world: World) -> float:
        found = levels(world, channels, within.low, within.up, world.after())
        best = most_for_total(found, within, float(within.money.sum()), np.ones(4), caution=1.0)
        return float(within.money @ np.abs(best - 1))

    assert moved(vague) < 0.5 * moved(sure)


def test_a_split_that_is_kept_names_the_test_that_would_tell_most() -> None:
    """What is open is money times the range of the next unit, not the range alone."""
    world, channels = made_world(5, spread=0.0)
    opened = world.draws.coefficients.copy()
    opened[:, 2] *= np.exp(1.5 * np.random.default_rng(1).normal(size=DRAWS))
    held = {"c0": 1.0, "c1": 1.0, "c3": 1.0}
    unsure = replace(world, draws=replace(world.draws, coefficients=opened))
    answer = ask(unsure, channels, channel_constr_low=held, channel_constr_up=held)
    assert answer.promise is not None and answer.promise.recommended is False
    assert answer.promise.test == "c2"
    assert answer.notes[0].startswith("Keep the split.") and "A test of c2 would tell most." in answer.notes[0]
    assert answer.response == pytest.approx(answer.initial_response)


@pytest.mark.parametrize(("kind", "target"), [("revenue", 1.2), ("conversion", 0.8)])
def test_a_target_is_met_by_the_same_response_and_spends_all_it_allows(kind: str, target: float) -> None:
    world, channels = made_world(1)
    usual = ask(world, channels, kind=kind, scenario="target_efficiency")
    roas = usual.initial_response / usual.initial_spend
    assert usual.target == pytest.approx(0.8 * roas if kind == "revenue" else 1.2 / roas)
    asked = usual.target
    found = ask(world, channels, kind=kind, scenario="target_efficiency", target_value=asked)
    reached = found.response / found.spend
    assert (reached if kind == "revenue" else 1 / reached) == pytest.approx(asked, rel=2e-3)
    assert found.spend > found.initial_spend
    assert found.promise is not None and found.promise.recommended is None
    assert found.promise.met is not None and 0.2 < found.promise.met < 0.8
    assert found.notes[0].startswith("The target is met in")


def test_a_target_that_nothing_reaches_is_refused_with_the_best_there_is() -> None:
    world, channels = made_world(1)
    best = 0.0
    for factor in (0.1, 0.5, 1.0, 2.0):
        at = outcome(world, channels, np.full(4, factor), world.after())
        best = max(best, float(at.whole.mean(axis=0).sum() * PLANNED / (factor * sum(one.total for one in channels))))
    with pytest.raises(BadConfig, match="cannot be reached: within the bounds it is at most") as refused:
        ask(world, channels, scenario="target_efficiency", target_value=1e6)
    assert float(refused.value.what.split()[-1].rstrip(".")) >= best * 0.99


def test_a_total_outside_of_the_bounds_is_refused_with_what_is_possible() -> None:
    world, channels = made_world(1)
    with pytest.raises(BadConfig, match="outside of what the bounds allow") as refused:
        ask(world, channels, total_budget=1e9)
    assert "Raise channel_constr_up" in refused.value.todo
    spent = sum(one.total for one in channels)
    assert ask(world, channels, total_budget=1e9, constr_mode="ineq").spend * PLANNED == pytest.approx(2 * spent)


def test_another_total_is_compared_with_todays_proportions_at_that_total() -> None:
    world, channels = made_world(2, spread=1.0)
    spent = sum(one.total for one in channels)
    answer = ask(world, channels, total_budget=1.5 * spent)
    assert answer.promise is not None
    if not answer.promise.recommended:
        assert factors_of(answer) == pytest.approx(np.full(4, 1.5))
    assert any("at that total" in note for note in answer.notes)


def test_the_curve_scales_the_windows_flights_and_its_slope_counts_what_comes_later() -> None:
    world, channels = made_world(4)
    one = replace(channels[0], history=channels[0].history[:-PLANNED])
    curve = response_curve(world, one)
    today = int(np.flatnonzero(curve.is_mean)[0])
    assert curve.spend[today] == pytest.approx(one.money.mean())
    assert np.all(curve.low <= curve.response) and np.all(curve.response <= curve.high)
    assert np.all(curve.carried >= 0) and np.all(curve.carried <= curve.response)
    assert not curve.beyond[: today + 1].any()
    step = 1e-4
    more, usual = (outcome(world, [one], np.array([of]), world.after()).whole.mean() for of in (1 + step, 1.0))
    assert curve.next_unit.value == pytest.approx((more - usual) / (step * one.money.mean()), rel=1e-3)
    assert curve.next_unit.low < curve.next_unit.value < curve.next_unit.high


def test_what_lies_beyond_the_data_is_where_most_of_the_money_goes() -> None:
    _, channels = made_world(0)
    money = np.array([1.0, 1.0, 10.0, 10.0, 12.0])
    one = replace(channels[0], money=money, largest=12.0)
    # Half of 34 is spent in periods of 10 and more: they pass 12 at a factor of 1.2.
    assert one.beyond(1.2) == pytest.approx(0) and one.beyond(1.5) == pytest.approx(0.25)
    assert one.beyond(0.0) == 0


def test_channels_that_spent_nothing_stay_as_they_are_and_are_named() -> None:
    world, channels = made_world(6)
    nothing = np.zeros(PLANNED)
    quiet = [replace(channels[0], money=nothing, planned=nothing), *channels[1:]]
    answer = ask(world, quiet)
    assert answer.shares[0].proposed.spend == 0
    assert any(note.startswith("c0 spent nothing in the date range") for note in answer.notes)


def test_one_draw_promises_nothing() -> None:
    world, channels = made_world(2)
    single = replace(world, draws=world.draws.some(slice(0, 1)))
    answer = ask(single, channels)
    assert answer.promise is None and answer.response > answer.initial_response
    assert "nobody can tell" in answer.notes[0]


def test_exposures_are_bought_at_the_windows_average_cost_and_it_is_said() -> None:
    answer = ask(*made_world(2))
    assert sum("exposure is bought at the window's average cost" in note for note in answer.notes) == 4
