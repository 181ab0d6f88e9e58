"""Which formula answers a training's budget question, and what of it stands in the results."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from engine.experiment.job_config import JobConfig, parse_job_config
from engine.model import tables
from engine.model.fit.space import space_of
from engine.model.outcomes import curves, split_budget
from engine.model.planning import draws_of
from engine.model.report import Report, by_robyns_rule, with_evidence
from engine.model.response.draws import MediaDraws
from engine.model.search.trials import Task, run_trials
from engine.model.summarise import budgeted
from tests.training_folder import CONFIG
from tests.unit.test_planning import DAYS, RANGES, SPENDS, WINDOW, fitted


def config(**changes: Any) -> JobConfig:
    given = CONFIG | {"paid_media_spends": list(SPENDS), "paid_media_vars": ["tv", "clicks"], "calibration_input": []}
    return parse_job_config(given | changes)


@pytest.fixture(scope="module")
def report() -> Report:
    """A report by Robyn's rule, of a short search."""
    problem, _ = fitted("geometric")
    ranges = {f"{name}_{kind}": (0.5 * low, low) for name in problem.media_names for kind, (low, _) in
              RANGES["geometric"].items()}  # fmt: skip
    space = space_of(ranges)
    searched = run_trials(Task(problem, space, "fast", 60, 1), trials=1, workers=1, progress=lambda *told: None)
    return by_robyns_rule(problem, space, searched, config())


@pytest.fixture(scope="module")
def drawn(report: Report) -> MediaDraws:
    single = draws_of(report.problem, report.chosen.model, None)
    spread = np.exp(np.random.default_rng(2).normal(0.0, 0.2, (50, 3)))
    return MediaDraws(
        single.names,
        np.repeat(single.shapes, 50, axis=0),
        np.repeat(single.halves, 50, axis=0),
        single.coefficients * spread,
    )


def by_evidence(report: Report, drawn: MediaDraws) -> Report:
    found = replace(report.evidence, rule="evidence", reestimated=True, draws=drawn)
    return with_evidence(report, found, quirks=True)


def asked(report: Report, draws: MediaDraws, settings: JobConfig) -> Any:
    inputs = SimpleNamespace(config=settings, window=DAYS[WINDOW], interval="week")
    return split_budget(report.problem, report.chosen.model, draws, cast(Any, inputs))


@pytest.mark.parametrize(
    ("settings", "basis"),
    [
        ({"selection": "robyn"}, "robyn"),
        ({"selection": "robyn", "robyn_quirks": False}, "flights"),
        ({"selection": "evidence"}, "flights"),
    ],
    ids=["as Robyn", "corrected", "by evidence"],
)
def test_robyns_formula_answers_robyns_own_runs_only(
    report: Report, drawn: MediaDraws, settings: dict[str, Any], basis: str
) -> None:
    chosen = by_evidence(report, drawn) if settings["selection"] == "evidence" else report
    draws = draws_of(chosen.problem, chosen.chosen.model, chosen.evidence.draws)
    answer = asked(chosen, draws, config(**settings))
    said = budgeted(answer)
    assert said.basis == basis
    assert (said.gain is not None) == (settings["selection"] == "evidence")
    assert any("By Robyn's formula" in note for note in said.notes) == (basis == "robyn")
    if said.gain is not None and said.gain_chance is not None:
        assert said.gain.low <= said.gain.high and 0 <= said.gain_chance <= 1
        assert said.recommended is True or said.response == pytest.approx(said.initial_response)
        assert said.recommended is True or said.test in report.problem.paid_names


def test_the_next_unit_has_a_range_where_there_are_draws_and_none_else(report: Report, drawn: MediaDraws) -> None:
    settings = config(selection="evidence")
    chosen = by_evidence(report, drawn)
    draws = draws_of(chosen.problem, chosen.chosen.model, chosen.evidence.draws)
    found = curves(chosen, draws, settings)
    frame = tables.coefficients(chosen, found, conversion=False)
    paid = frame[frame["rn"].isin(report.problem.paid_names)]
    first = paid[paid["solID"] == chosen.chosen.sol_id]
    assert (first["marginal_low"] < first["marginal_roi"]).all() and (
        first["marginal_roi"] < first["marginal_high"]
    ).all()
    assert paid[paid["solID"] != chosen.chosen.sol_id]["marginal_low"].isna().all()
    table = tables.response_curves(chosen, found)
    own = table[table["solID"] == chosen.chosen.sol_id]
    assert (own["response_low"] <= own["response"]).all() and (own["response"] <= own["response_high"]).all()
    today = own[own["is_mean"]].set_index("channel")["response"]
    assert today.to_numpy() == pytest.approx(first.set_index("rn").loc[today.index, "mean_response"].to_numpy())
    by_rule = curves(report, draws_of(report.problem, report.chosen.model, None), config(selection="robyn"))
    assert tables.coefficients(report, by_rule, conversion=False)["marginal_low"].isna().all()
