"""The chosen model's adstock of each channel, read from results and drawn: one kind for all, or each its own."""

import pytest

from engine.charts.adstock import decay
from engine.model.fit.transforms import ADSTOCKS, lag_weights
from engine.results.read import KINDS, Results
from tests.made_results import SPEND, made_results

TV = {"thetas": 0.55, "peaks": 2.5, "shapes": 2.3, "scales": 0.07}


def results_with(adstock: str, kinds: float | None = None) -> Results:
    names = [*TV, *(["kinds"] if kinds is not None else [])]
    ranges = {f"{channel}_{name}": (0.0, 10.0) for channel in SPEND for name in names}
    results = made_results(adstock=adstock, hyperparameters=ranges)
    for channel in SPEND:
        for name, value in {**TV, "kinds": kinds}.items():
            results.candidates[f"{channel}_{name}"] = value
    return results


def test_kinds_are_numbered_alike_where_they_are_fitted_and_where_they_are_read() -> None:
    assert {name: KINDS.index(name) for name in KINDS} == ADSTOCKS


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("automatic", [False, True], ids=["for all", "automatic"])
def test_a_channels_adstock_is_read_and_drawn_as_it_was_fitted(kind: str, automatic: bool) -> None:
    results = results_with("auto", ADSTOCKS[kind] + 0.7) if automatic else results_with(kind)
    first, second = (TV["thetas"], TV["peaks"]) if kind in ("geometric", "delayed") else (TV["shapes"], TV["scales"])
    assert results.adstock_of("tv_S") == (kind, first, 0.0 if kind == "geometric" else second)
    weights = lag_weights(*results.adstock_of("tv_S"), results.summary.data.rows)
    assert decay(results)["tv_S"] == pytest.approx(weights, abs=1e-9)


@pytest.mark.parametrize(("value", "kind"), [(0.0, "geometric"), (3.999, "delayed"), (4.0, "delayed")])
def test_the_ends_of_the_searched_numbers_are_kinds_too(value: float, kind: str) -> None:
    assert results_with("auto", value).adstock_of("tv_S")[0] == kind
