"""The miss of lift tests against a plain computation, and what lift tests do to search and selection."""

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from engine.model.fit.candidate import Model, evaluate
from engine.model.fit.compiled import Vector
from engine.model.fit.problem import Problem, Study
from engine.model.fit.space import Space, space_of
from engine.model.search.nevergrad_search import search
from engine.model.train import train
from tests.training_folder import training_folder

PERIODS, WINDOW = 100, slice(12, 96)
MEDIA = ("tv", "fb", "mail")
SHAPES: dict[str, dict[str, tuple[float, float]]] = {
    "geometric": {"thetas": (0.2, 0.6)},
    "weibull_cdf": {"shapes": (0.4, 1.8), "scales": (0.02, 0.08)},
    "weibull_pdf": {"shapes": (1.5, 4.0), "scales": (0.02, 0.08)},
}
TV = Study(media=(0,), first=30, stop=36, lift=500.0, immediate=True, ratio=1.1)
TOGETHER = Study(media=(1, 0), first=50, stop=55, lift=900.0, immediate=True, ratio=34 / 28)
MAIL = Study(media=(2,), first=80, stop=90, lift=700.0, immediate=False, ratio=0.9)
SETS = {
    "immediate": (TV,),
    "total": (replace(TV, immediate=False),),
    "two channels": (TOGETHER,),
    "two channels, total": (replace(TOGETHER, immediate=False),),
    "organic": (MAIL,),
    "from the window's first row": (replace(TV, first=12, stop=15),),
    "three studies": (TV, TOGETHER, MAIL),
}


def problem(adstock: str, **changes: Any) -> Problem:
    return replace(made(adstock), **changes)


@cache
def made(adstock: str) -> Problem:
    """All three media work as the formulas below say."""
    draws = np.random.default_rng(4)
    media = draws.gamma(1.5, 60.0, (3, PERIODS))
    media[0, ::3] = 0.0
    y = 500 + draws.normal(0, 5, PERIODS)
    for m in range(3):
        whole, own = carried(adstock, media[m], shape_of(adstock, m), PERIODS), shape_of(adstock, m)
        y += 200 * saturated(whole, own, own["gammas"] * whole[WINDOW].max())
    free = np.full(3, np.inf)
    return Problem((), MEDIA, y, np.zeros((PERIODS, 0)), media, media[:2].T.copy(), WINDOW, np.zeros(3), free,
                   adstock=adstock)  # fmt: skip


def space(adstock: str) -> Space:
    kinds = {"alphas": (0.7, 2.0), "gammas": (0.3, 0.9), **SHAPES[adstock]}
    return space_of({f"{name}_{kind}": ends for name in MEDIA for kind, ends in kinds.items()})


def values(adstock: str) -> Vector:
    """Another place in every range, and hardly any penalty."""
    where = space(adstock)
    found = where.low + (where.high - where.low) * np.linspace(0.1, 0.9, len(where.names))
    found[where.place("lambda")] = 0.001
    return np.asarray(found)


def shape_of(adstock: str, medium: int) -> dict[str, float]:
    named = dict(zip(space(adstock).names, values(adstock), strict=True))
    return {name.split("_")[1]: value for name, value in named.items() if name.startswith(MEDIA[medium])}


def fitted(adstock: str, **changes: Any) -> Model:
    return evaluate(problem(adstock, **changes), space(adstock), values(adstock))


# --- the same once more, by plain formulas


def weights(adstock: str, shape: float, scale: float, periods: int) -> Vector:
    middle = np.round(np.quantile(np.arange(1, periods + 1), scale))
    lags = np.arange(1, periods + 1)
    if adstock == "weibull_cdf":
        survival = np.exp(-((lags / middle) ** shape))
        return np.asarray(np.cumprod(np.append(1.0, survival[:-1])))
    density = shape / middle * (lags / middle) ** (shape - 1) * np.exp(-((lags / middle) ** shape))
    return np.asarray((density - density.min()) / (density.max() - density.min()))


def carried(adstock: str, x: Vector, own: dict[str, float], periods: int) -> Vector:
    """periods: of the data that a Weibull scale is a share of."""
    if adstock == "geometric":
        lags = own["thetas"] ** np.arange(len(x))
    else:
        lags = weights(adstock, own["shapes"], own["scales"], periods)
    return np.array([sum(lags[t - s] * x[s] for s in range(t + 1)) for t in range(len(x))])


def saturated(x: Vector, own: dict[str, float], half: float) -> Vector:
    return np.array([v ** own["alphas"] / (v ** own["alphas"] + half ** own["alphas"]) if v > 0 else 0.0 for v in x])


def miss(adstock: str, studies: tuple[Study, ...], model: Model, *, quirks: bool) -> float:
    media = problem(adstock).media
    misses = []
    for study in studies:
        rows, effect = slice(study.first, study.stop), 0.0
        for m in study.media:
            own = shape_of(adstock, m)
            whole = carried(adstock, media[m], own, PERIODS)
            half = own["gammas"] * whole[WINDOW].max()
            coefficient = model.coefficients[m]
            effect += coefficient * saturated(whole[rows], own, half).sum()
            if study.immediate:
                length = study.stop - study.first
                restarted = carried(adstock, media[m, rows], own, length if quirks else PERIODS)
                effect -= coefficient * saturated(whole[rows] - restarted, own, half).sum()
        misses.append(abs(effect * study.ratio - study.lift) / study.lift)
    return float(np.mean(misses))


@pytest.mark.parametrize("quirks", [True, False], ids=["as Robyn", "corrected"])
@pytest.mark.parametrize("studies", list(SETS.values()), ids=list(SETS))
@pytest.mark.parametrize("adstock", list(SHAPES))
def test_the_miss_is_what_plain_formulas_say(adstock: str, studies: tuple[Study, ...], quirks: bool) -> None:
    model = fitted(adstock, studies=studies, quirks=quirks)
    assert (model.coefficients > 1.0).all()
    assert model.metrics["mape"] == pytest.approx(miss(adstock, studies, model, quirks=quirks), rel=1e-9)


@pytest.mark.parametrize(("adstock", "differs"), [("geometric", False), ("weibull_cdf", True), ("weibull_pdf", True)])
def test_a_restart_takes_the_study_for_the_whole_data_in_robyn_only(adstock: str, differs: bool) -> None:
    robyns, corrected = (fitted(adstock, studies=(TV,), quirks=quirks).metrics["mape"] for quirks in (True, False))
    assert (abs(robyns - corrected) > 1e-3) is differs


@pytest.mark.parametrize("adstock", list(SHAPES))
def test_what_older_spend_causes_is_left_out_of_an_immediate_effect_only(adstock: str) -> None:
    """Without any spend before the study, both scopes are the same; quirks off, the restart is the whole adstock."""
    before = problem(adstock).media.copy()
    before[:, : TV.first] = 0.0
    for media, same in ((before, True), (problem(adstock).media, False)):
        immediate, total = (
            fitted(adstock, studies=(replace(TV, immediate=on),), media=media, quirks=False).metrics["mape"]
            for on in (True, False)
        )
        assert (immediate == pytest.approx(total, rel=1e-9)) is same


def test_lift_tests_change_no_fit_and_without_them_nothing_is_missed() -> None:
    with_tests, without = fitted("geometric", studies=(TV, MAIL)), fitted("geometric")
    assert (with_tests.coefficients == without.coefficients).all()
    assert without.metrics["mape"] == 0.0


@pytest.mark.parametrize(("studies", "objectives"), [((), 2), ((TV,), 3)], ids=["none", "one"])
def test_the_search_is_told_a_third_loss_where_there_are_lift_tests(
    monkeypatch: pytest.MonkeyPatch, studies: tuple[Study, ...], objectives: int
) -> None:
    import nevergrad as ng

    robyns, losses = ng.optimizers.registry["TwoPointsDE"], []

    def listening(*given: Any, **settings: Any) -> Any:
        optimizer = robyns(*given, **settings)
        tell = optimizer.tell

        def told(asked: Any, loss: Any) -> None:
            losses.append((asked, loss))
            tell(asked, loss)

        optimizer.tell = told
        return optimizer

    monkeypatch.setitem(ng.optimizers.registry, "TwoPointsDE", listening)
    where = space("geometric")
    found = search(
        problem("geometric", studies=studies), where, number=1, iterations=8, seed=1, told=lambda *now: None
    )  # fmt: skip
    (reference, worst), *rest = losses
    assert isinstance(reference, ng.p.MultiobjectiveReference)
    assert worst == (1.0,) * objectives
    errors = np.column_stack([found.nrmse, found.rssd, found.mape])[:, :objectives]
    assert [loss for _, loss in rest] == [tuple(row) for row in errors.tolist()]


LIFT = {
    "channel": "TV_COST",
    "liftStartDate": "2024-03-04",
    "liftEndDate": "2024-04-07",
    "liftAbs": 400_000,
    "spend": 100_000,
    "confidence": 0.9,
    "metric": "REVENUE",
    "calibration_scope": "immediate",
}


def test_only_the_tenth_of_the_models_nearest_to_the_lift_tests_is_kept(tmp_path: Any) -> None:
    second = LIFT | {"channel": "FACEBOOK_COST+OOH_COST", "calibration_scope": "total", "liftAbs": 90_000}
    folder = training_folder(tmp_path / "in", prophet_vars=["trend"], iterations=150, calibration_input=[LIFT, second])
    summary = train(folder, tmp_path / "out")
    tables = {
        name: pd.read_parquet(tmp_path / "out" / "results" / f"{name}.parquet")
        for name in ("candidates", "convergence")
    }
    all_of_them = tables["convergence"]["mape"]
    assert (all_of_them > 0).all()
    assert summary.selection.evaluated == 300
    assert summary.selection.eligible <= 30
    assert len(tables["candidates"]) == summary.selection.candidates <= 30
    assert (tables["candidates"]["mape"] <= np.quantile(all_of_them, 0.1)).all()
    assert set(summary.convergence) == {"nrmse", "decomp.rssd", "mape"}
