"""The forecast: a series made by a known model goes on as that model says, and every assumption is in words."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from engine.data.dates import Interval, grid, step
from engine.errors import BadConfig
from engine.model.fit.compiled import Vector
from engine.model.fit.transforms import DELAYED, GEOMETRIC
from engine.model.forecast.continuation import Assumptions, Part, continue_part
from engine.model.forecast.forecast import (
    Forecast,
    Medium,
    above_nothing,
    forecast_rows,
    foresee,
    next_periods,
    plan_of,
    repeat_last,
)
from engine.model.response.draws import MediaDraws

AHEAD, ROWS, BEFORE = 12, 180, 8
LINEAR = Assumptions(trend="linear")
# Misses of a fit that is off by nothing lately.
NOISE = 10.0 * (-1.0) ** np.arange(ROWS - AHEAD - BEFORE)


def slowly(x: Vector, theta: float) -> Vector:
    """Geometric adstock as its definition reads."""
    felt, out = 0.0, []
    for value in x:
        felt = value + theta * felt
        out.append(felt)
    return np.array(out)


def hill(x: Vector, alpha: float, half: float) -> Vector:
    return np.asarray(x**alpha / (x**alpha + half**alpha))


# Delayed: 0.5^((lag - 1)²), and nothing after six lags.
WEIGHTS = 0.5 ** (np.arange(6.0) - 1) ** 2
ADSTOCK = {"tv": (0.6, 0.0, GEOMETRIC), "clicks": (0.5, 1.0, DELAYED), "mail": (0.0, 0.0, GEOMETRIC)}


class World:
    """A weekly series made by a known model: trend, season, two channels, one organic medium, and no noise."""

    def __init__(self) -> None:
        random = np.random.default_rng(5)
        self.days = [date(2021, 1, 4) + timedelta(weeks=week) for week in range(ROWS)]
        weeks = np.arange(ROWS)
        self.trend = 1000.0 + 2.5 * weeks
        self.season = 150.0 * np.sin(2 * np.pi * weeks / 52)
        self.weather = 40.0 * np.cos(2 * np.pi * weeks / 52)
        self.inputs = {name: random.gamma(2.0, 50.0, ROWS) for name in ("tv", "clicks")}
        self.inputs["mail"] = 30.0 + 10.0 * np.sin(2 * np.pi * weeks / 52)
        self.felt = {
            "tv": slowly(self.inputs["tv"], 0.6),
            "clicks": np.array([WEIGHTS[: t + 1] @ self.inputs["clicks"][t::-1][:6] for t in range(ROWS)]),
            "mail": slowly(self.inputs["mail"], 0.0),
        }
        self.alpha = {"tv": 1.8, "clicks": 0.7, "mail": 1.0}
        self.half = {"tv": 250.0, "clicks": 90.0, "mail": 40.0}
        self.coef = {"tv": 900.0, "clicks": 400.0, "mail": 100.0}
        self.effect = {
            name: self.coef[name] * hill(self.felt[name], self.alpha[name], self.half[name]) for name in self.inputs
        }
        self.baseline = 200.0 + self.trend + self.season + self.weather
        self.y = self.baseline + sum(self.effect.values())
        shapes = [[self.alpha[name], 0.5, *ADSTOCK[name]] for name in self.inputs]
        names = tuple(self.inputs)
        halves, coefs = ([[of[name] for name in names]] for of in (self.half, self.coef))
        self.draws = MediaDraws(names, np.array([shapes]), np.array(halves), np.array(coefs))

    def media(self, until: int = ROWS - AHEAD) -> list[Medium]:
        return [
            Medium(
                name=name,
                spend_name="search" if name == "clicks" else name,
                history=series[:until],
                draws=self.draws,
                place=place,
                trained=len(WEIGHTS),
                largest=float(series[BEFORE:until].max()),
                paid=name != "mail",
            )
            for place, (name, series) in enumerate(self.inputs.items())
        ]

    def parts(self) -> list[Part]:
        seen = slice(BEFORE, ROWS - AHEAD)
        return [
            Part("trend", "trend", self.trend[seen]),
            Part("season", "season", self.season[seen]),
            Part("weather", "context", self.weather[seen]),
        ]

    def foresee(self, plan: dict[str, Vector], **changes: Any) -> Forecast:
        given: dict[str, Any] = {
            "media": self.media(),
            "parts": self.parts(),
            "intercept": 200.0,
            "days": self.days[:-AHEAD],
            "rows": slice(BEFORE, ROWS - AHEAD),
            "ahead": self.days[-AHEAD:],
            "interval": "week",
            "residuals": NOISE,
            "assumptions": LINEAR,
        }
        return foresee(plan=plan, **given | changes)

    @property
    def actual(self) -> dict[str, Vector]:
        return {"tv": self.inputs["tv"][-AHEAD:], "search": self.inputs["clicks"][-AHEAD:]}


@pytest.fixture(scope="module")
def world() -> World:
    return World()


def test_the_true_model_foresees_the_last_periods_of_its_own_series(world: World) -> None:
    found = world.foresee(world.actual)
    assert found.total == pytest.approx(world.y[-AHEAD:], rel=1e-10)
    assert found.baseline == pytest.approx(world.baseline[-AHEAD:], rel=1e-10)
    for one in found.media:
        assert one.response == pytest.approx(world.effect[one.name][-AHEAD:], rel=1e-10)


def test_the_carryover_of_history_counts(world: World) -> None:
    """Without it the first period would be foreseen too low; it fades, and a plan of nothing leaves only it."""
    nothing = {"tv": np.zeros(AHEAD), "search": np.zeros(AHEAD)}
    found = {one.name: one for one in world.foresee(nothing).media}
    assert np.array_equal(found["tv"].response, found["tv"].carried)
    assert found["tv"].carried[0] > 0.05 * world.coef["tv"]
    assert np.all(np.diff(found["tv"].carried) < 0)
    assert np.all(found["clicks"].carried[:5] > 0) and np.all(found["clicks"].carried[5:] == 0)
    assert np.all(found["mail"].carried == 0)
    planned = {one.name: one for one in world.foresee(world.actual).media}
    assert planned["tv"].carried == pytest.approx(found["tv"].carried)


@pytest.mark.parametrize("start", [0, 1, 60, 150])
def test_a_plan_equal_to_history_gives_back_the_fitted_media(world: World, start: int) -> None:
    for medium in world.media(until=ROWS):
        cut = replace(medium, history=medium.history[:start])
        found = foresee(
            [cut],
            [],
            0.0,
            world.days[:start] or [world.days[0] - timedelta(weeks=1)],
            slice(0, max(start, 1)),
            {medium.name: medium.history[start:]},
            world.days[start:],
            "week",
            residuals=np.zeros(4),
        )
        assert found.media[0].response == pytest.approx(world.effect[medium.name][start:], rel=1e-10)


def test_the_expected_response_is_the_mean_over_draws(world: World) -> None:
    one = world.draws
    two = MediaDraws(
        one.names,
        np.concatenate([one.shapes, one.shapes]),
        np.concatenate([one.halves, one.halves]),
        np.concatenate([one.coefficients, 3 * one.coefficients]),
    )
    media = [replace(medium, draws=two) for medium in world.media()]
    for single, drawn in zip(
        world.foresee(world.actual).media, world.foresee(world.actual, media=media).media, strict=True
    ):
        assert drawn.drawn.shape == (2, AHEAD)
        assert drawn.response == pytest.approx(2 * single.response)
        assert drawn.drawn[1] == pytest.approx(3 * single.response)


def test_a_flat_trend_stays_and_every_assumption_is_named(world: World) -> None:
    flat = world.foresee(world.actual, assumptions=None)
    assert [part.contribution[-1] for part in flat.parts if part.name == "trend"] == [world.trend[-AHEAD - 1]]
    assert "trend: held at its last value." in flat.notes
    assert "season: as in the same period of the last year." in flat.notes
    assert "weather: as in the same period of the last year." in flat.notes
    assert "mail: as in the same period of the last year." in flat.notes
    assert "clicks: exposure is bought at the window's average cost." in flat.notes
    assert any(note.startswith("trend: continued on the straight line") for note in world.foresee(world.actual).notes)
    mean = world.foresee(world.actual, assumptions=Assumptions(context="mean"))
    weather = next(part for part in mean.parts if part.name == "weather")
    assert np.all(weather.contribution == pytest.approx(world.weather[BEFORE:-AHEAD].mean()))
    assert weather.assumption == "its mean in the window"


@pytest.mark.parametrize("interval", ["day", "week", "month"])
def test_a_trend_goes_on_from_the_end_of_the_window_also_across_a_gap(interval: Interval) -> None:
    seen = grid(date(2022, 1, 1), step(date(2022, 1, 1), interval, 39), interval)
    ahead = next_periods(seen, 8, interval)[4:]
    found = continue_part(Part("trend", "trend", 3.0 * np.arange(40)), seen, ahead, interval, LINEAR)
    assert found.contribution == pytest.approx(3.0 * np.arange(44, 48))


def test_a_known_future_replaces_the_assumption(world: World) -> None:
    parts = [replace(part, future=np.arange(float(AHEAD))) for part in world.parts()]
    found = world.foresee(world.actual, parts=parts)
    assert found.baseline == pytest.approx(200.0 + 3 * np.arange(AHEAD))
    assert "season: as given for these periods." in found.notes


def test_a_forecast_that_could_not_be_tried_out_says_so(world: World) -> None:
    residuals = np.random.default_rng(1).normal(0, 30, ROWS - AHEAD - BEFORE)
    for misses in (None, np.zeros((0, 12))):
        found = world.foresee(world.actual, residuals=residuals, misses=misses)
        inside = np.mean((residuals >= found.low[0] - found.total[0]) & (residuals <= found.high[0] - found.total[0]))
        assert inside == pytest.approx(0.9, abs=0.02)
        assert found.whole is None
        assert "too short to try the forecast out" in found.range_over and "confidence" not in found.range_over


def test_the_range_of_a_kpi_that_is_never_negative_is_not_either(world: World) -> None:
    found = world.foresee(world.actual, misses=np.full((4, 12), 2000.0) * np.array([[1.0], [-1], [1], [-1]]))
    assert found.low.min() < 0 and found.whole is not None and found.whole[0] < 0
    above = above_nothing(found)
    assert above.low.min() == 0 and above.whole == (0, found.whole[1])
    assert np.array_equal(above.high, found.high) and np.array_equal(above.total, found.total)
    assert np.array_equal(above_nothing(above).low, above.low)


def test_spend_beyond_the_window_is_marked(world: World) -> None:
    plan = world.actual
    plan["tv"] = plan["tv"].copy()
    plan["tv"][3] = 1.5 * world.media()[0].largest
    found = world.foresee(plan)
    tv = found.media[0]
    assert tv.beyond_observed[3] == pytest.approx(0.5)
    assert (
        "tv: extrapolation, 1 of 12 periods are up to 50 % beyond the largest spend of a period in the window."
        in found.notes
    )


def test_a_channel_without_a_plan_spends_nothing_and_is_named(world: World) -> None:
    found = world.foresee({"tv": np.full(AHEAD, 100.0)})
    assert np.all(found.media[1].spend == 0)
    assert any(note.startswith("clicks is not in the plan") for note in found.notes)


def test_an_organic_medium_may_be_planned(world: World) -> None:
    found = world.foresee(world.actual | {"mail": np.full(AHEAD, 40.0)})
    assert found.media[2].response == pytest.approx(np.full(AHEAD, 50.0))
    assert not any(note.startswith("mail") for note in found.notes)


def test_every_problem_of_a_plan_is_told_at_once(world: World) -> None:
    plan = {
        "TV": np.zeros(AHEAD),
        "search": np.full(AHEAD, -1.0),
        "clicks": np.zeros(AHEAD),
        "tv": np.zeros(3),
    }
    with pytest.raises(BadConfig) as refused:
        world.foresee(plan, ahead=[day + timedelta(days=1) for day in world.days[-AHEAD:]])
    for text in (
        "TV is no paid channel; did you mean tv",
        "clicks is planned twice",
        "must follow on the data",
        "tv has 3 spends for 12 periods",
        "search: spends are numbers from 0",
    ):
        assert text in refused.value.todo
    with pytest.raises(BadConfig, match="it has no periods"):
        world.foresee({}, ahead=[])


def test_the_last_periods_can_be_repeated(world: World) -> None:
    plan = repeat_last(world.media(), AHEAD)
    assert plan["tv"].tolist() == world.inputs["tv"][-2 * AHEAD : -AHEAD].tolist()
    found = world.foresee(plan)
    assert found.media[0].spend.tolist() == plan["tv"].tolist()
    assert next_periods(world.days[:-AHEAD], AHEAD, "week") == world.days[-AHEAD:]
    with pytest.raises(BadConfig, match="no 999 periods"):
        repeat_last(world.media(), 999)


def test_a_plan_by_period_becomes_series() -> None:
    plan = plan_of([{"tv": 5}, {"tv": 6, "search": 1.5}])
    assert {name: series.tolist() for name, series in plan.items()} == {"tv": [5.0, 6.0], "search": [0.0, 1.5]}


def test_the_rows_of_a_period_add_up_to_the_total(world: World) -> None:
    found = world.foresee(world.actual)
    rows = forecast_rows(found, "1_2_3")
    names = {"(Intercept)", "trend", "season", "weather", "tv", "clicks", "mail", "depVarHat"}
    assert {row["rn"] for row in rows} == names and len(rows) == AHEAD * len(names)
    for day, total in zip(found.days, found.total, strict=True):
        here = [row for row in rows if row["ds"] == day]
        parts = [float(str(row["response"])) for row in here if row["rn"] != "depVarHat"]
        assert sum(parts) == pytest.approx(total)


# --- the baseline's cycles


@pytest.mark.parametrize(
    ("interval", "kind", "days", "back"),
    [
        ("day", "weekday", 400, 7),
        ("day", "monthly", 400, 61),
        ("day", "season", 400, 365),
        ("day", "holiday", 400, 365),
        ("week", "season", 120, 364),
        ("month", "season", 20, 365),
    ],
)
def test_a_part_repeats_its_last_cycle(interval: Interval, kind: Any, days: int, back: int) -> None:
    first = date(2022, 3, 1) if interval != "week" else date(2021, 3, 1)
    seen = grid(first, step(first, interval, days - 1), interval)
    ordinals = np.array([float(day.toordinal()) for day in seen])
    ahead = next_periods(seen, 4, interval)
    found = continue_part(Part("part", kind, ordinals), seen, ahead, interval, Assumptions())
    assert found.contribution.tolist() == [day.toordinal() - back for day in ahead]
    assert ("Easter" in found.assumption) == (kind == "holiday")


def test_beyond_one_cycle_the_last_one_in_the_window_is_taken() -> None:
    seen = grid(date(2021, 1, 1), date(2022, 12, 31), "day")
    ordinals = np.array([float(day.toordinal()) for day in seen])
    ahead = next_periods(seen, 800, "day")
    for kind in ("season", "weekday", "monthly"):
        found = continue_part(Part("part", kind, ordinals), seen, ahead, "day", Assumptions()).contribution
        assert found.max() <= seen[-1].toordinal() and found.min() >= seen[-1].toordinal() - 366
    # A year earlier than the 29th of February is the 28th.
    leap = ahead.index(date(2024, 2, 29))
    season = continue_part(Part("part", "season", ordinals), seen, ahead, "day", Assumptions()).contribution
    assert season[leap] == date(2022, 2, 28).toordinal()


def test_without_a_year_of_history_the_mean_is_taken_and_said() -> None:
    seen = grid(date(2023, 1, 2), date(2023, 7, 31), "week")
    part = Part("season", "season", np.arange(float(len(seen))))
    none = continue_part(part, seen, next_periods(seen, 4, "week"), "week", Assumptions())
    assert none.contribution.tolist() == [part.contribution.mean()] * 4
    assert none.assumption == "its mean, because the window holds no full year"
    some = continue_part(part, seen, next_periods(seen, 30, "week"), "week", Assumptions())
    assert some.assumption.startswith("as in the same period of the last year; its mean in 21 periods")
