"""A model of ours, handed to allocator and forecast: they must say about the window what the model itself says."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from engine.experiment.budget import parse_budget
from engine.model.budget.curves import response_curve
from engine.model.budget.flights import World
from engine.model.budget.robyn.allocator import allocate
from engine.model.budget.robyn.curves import mean_carryover, robyns_curve
from engine.model.fit.candidate import Model, evaluate
from engine.model.fit.problem import Problem
from engine.model.fit.space import space_of
from engine.model.forecast.forecast import foresee, next_periods
from engine.model.planning import channels_of, draws_of, media_of, parts_of, window_flights
from engine.model.response.draws import MediaDraws
from engine.model.response.respond import respond

ROWS, WINDOW = 90, slice(10, 85)
RANGES = {
    "geometric": {"alphas": (1.2, 1.2), "gammas": (0.5, 0.5), "thetas": (0.4, 0.4)},
    "weibull_cdf": {"alphas": (1.2, 1.2), "gammas": (0.5, 0.5), "shapes": (1.5, 1.5), "scales": (0.05, 0.05)},
    "weibull_pdf": {"alphas": (1.2, 1.2), "gammas": (0.5, 0.5), "shapes": (3.0, 3.0), "scales": (0.05, 0.05)},
}
SPENDS = ("tv", "search")
DAYS = [date(2022, 1, 3) + timedelta(weeks=week) for week in range(ROWS)]


def fitted(adstock: str) -> tuple[Problem, Model]:
    random = np.random.default_rng(3)
    media = random.gamma(2.0, 50.0, (3, ROWS))
    base = np.column_stack([np.linspace(900, 1100, ROWS), 100 * np.sin(np.arange(ROWS) / 8), random.normal(0, 5, ROWS)])
    problem = Problem(
        base_names=("trend", "season", "price"),
        media_names=("tv", "clicks", "mail"),
        dep_var=base[:, :2].sum(axis=1) + 3 * np.sqrt(media).sum(axis=0) + random.normal(0, 5, ROWS),
        base=base,
        media=media,
        spend=media[:2].T.copy(),
        rows=WINDOW,
        lower=np.array([0, 0, -np.inf, 0, 0, 0]),
        upper=np.array([1, 1, np.inf, np.inf, np.inf, np.inf]),
        adstock=adstock,
    )
    ranges = {f"{name}_{kind}": ends for name in problem.media_names for kind, ends in RANGES[adstock].items()}
    space = space_of(ranges)
    values = np.array([0.01 if name == "lambda" else ranges[name][0] for name in space.names])
    return problem, evaluate(problem, space, values)


@pytest.mark.parametrize("adstock", list(RANGES))
def test_the_forecast_of_what_was_spent_is_what_was_fitted(adstock: str) -> None:
    """All media cut off in the window, the rest of it as a plan: the same contributions as in the fit."""
    problem, model = fitted(adstock)
    cut, first = 60, len(problem.base_names)
    all_media = media_of(problem, draws_of(problem, model, None), SPENDS)
    media = [replace(medium, history=medium.history[:cut]) for medium in all_media]
    plan = {name: problem.media[m, cut : WINDOW.stop] for m, name in enumerate(problem.media_names)}
    found = foresee(
        media,
        [],
        0.0,
        DAYS[:cut],
        slice(10, cut),
        plan,
        DAYS[cut : WINDOW.stop],
        "week",
        residuals=np.zeros(60),
    )
    for m, one in enumerate(found.media):
        assert one.response == pytest.approx(model.parts[cut - WINDOW.start :, first + m], rel=1e-9)


def test_the_parts_of_the_baseline_have_their_kinds() -> None:
    problem, model = fitted("geometric")
    parts = parts_of(problem, model, ("trend", "season"))
    assert [(part.name, part.kind) for part in parts] == [
        ("trend", "trend"),
        ("season", "season"),
        ("price", "context"),
    ]
    whole = foresee(
        media_of(problem, draws_of(problem, model, None), SPENDS),
        parts,
        model.intercept,
        DAYS,
        WINDOW,
        {"search": np.full(4, 50.0)},
        next_periods(DAYS, 4, "week"),
        "week",
        residuals=problem.y - model.fitted,
    )
    assert whole.media[1].name == "clicks" and np.all(whole.media[1].spend == 50)
    assert whole.baseline[0] == pytest.approx(
        model.intercept + whole.level + sum(float(part.contribution[0]) for part in whole.parts)
    )


@pytest.mark.parametrize("adstock", list(RANGES))
def test_robyns_allocator_and_curve_agree_at_the_mean(adstock: str) -> None:
    problem, model = fitted(adstock)
    found = allocate(channels_of(problem, model, SPENDS), parse_budget({}), DAYS[WINDOW], dep_var_type="revenue")
    for c, row in enumerate(found.rows):
        curve = robyns_curve(problem, model, c)
        assert row.initial.response == pytest.approx(curve.response[curve.is_mean][0], rel=1e-12)
        assert row.initial.marginal == pytest.approx(curve.next_unit.value, rel=1e-9)
        assert np.all(curve.marginal_roi >= 0)
    assert found.optimum.response >= found.initial_response


@pytest.mark.parametrize("adstock", list(RANGES))
def test_at_todays_spend_a_curve_is_what_the_model_says_the_channel_brought(adstock: str) -> None:
    problem, model = fitted(adstock)
    world = World(draws_of(problem, model, None), ROWS)
    for c, one in enumerate(window_flights(problem, SPENDS)):
        curve = response_curve(world, one)
        brought = model.parts[:, len(problem.base_names) + c].mean()
        assert curve.response[curve.is_mean] == pytest.approx(brought, rel=1e-9)
        # One unit more, flights scaled, and nothing spent after the window: by hand.
        more = 1 + 1e-4
        gained = [
            respond(world.draws, c, one.history, of * one.planned, trained=ROWS, after=ROWS).sum() for of in (1, more)
        ]
        assert curve.next_unit.value == pytest.approx((gained[1] - gained[0]) / (1e-4 * one.total), rel=1e-2)


def test_draws_bring_on_average_what_the_model_tells() -> None:
    """The model's effects are told; draws that bring another mean are scaled to it, each medium by one factor."""
    problem, model = fitted("geometric")
    single = draws_of(problem, model, None)
    spread = np.exp(np.random.default_rng(2).normal(0.3, 0.5, (50, 3)))
    many = MediaDraws(
        single.names,
        np.repeat(single.shapes, 50, axis=0),
        np.repeat(single.halves, 50, axis=0),
        single.coefficients * spread,
    )
    found = draws_of(problem, model, many)
    assert found.coefficients.mean(axis=0) == pytest.approx(single.coefficients[0])
    assert found.coefficients / found.coefficients[0] == pytest.approx(many.coefficients / many.coefficients[0])


def test_the_marginal_return_on_the_grid_is_the_difference_to_one_more_unit() -> None:
    problem, model = fitted("geometric")
    curve = robyns_curve(problem, model, 0)
    coef, half = model.coefficients[len(problem.base_names)], model.halves[0]

    def response(spend: np.ndarray) -> np.ndarray:
        felt = spend + mean_carryover(problem, model, 0)
        return np.asarray(coef * felt**1.2 / (felt**1.2 + half**1.2))

    assert curve.response == pytest.approx(response(curve.spend), rel=1e-12)
    assert curve.marginal_roi == pytest.approx(response(curve.spend + 1) - response(curve.spend), rel=1e-9)
    assert curve.next_unit.value == curve.marginal_roi[curve.is_mean][0]
