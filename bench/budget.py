"""Whether who follows the recommended budget is better off, in simulators that know.

`python -m bench.budget [--quick] [--families A,B] [--seeds 31,32] [--iterations N] [--trials N] [--search fast]
[--workers 2]` generates sets of data, chooses a model for each by evidence, asks for the default budget (most response
for what was spent) and lets the simulator say what the proposed split would truly have brought. Prints one line of
JSON. `recommended`: in how many sets a shift was. Of those: `true_rise_share`: in which share of them the KPI rises;
`promise_ratio_median`: promised over true gain. `gain_median`: true gain, as a share of what paid media bring.
`contradictions`: recommended shifts that the product's own forecast of the same plan would not confirm.
`next_unit_ratio_median`: response to the next unit, told over true, over all channels and by kind of flights.
`robyn`: Robyn's rule and allocator, which
always proposes a shift. `families`: what came of each set, true_gain as a share of what paid media bring.
"""

import argparse
import json
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from engine.data.dates import YEAR
from engine.experiment.budget import Budget
from engine.model.budget.answer import Answer
from engine.model.budget.curves import response_curve
from engine.model.budget.flights import World
from engine.model.budget.robyn.allocator import allocate
from engine.model.budget.robyn.curves import robyns_curve
from engine.model.budget.split import split
from engine.model.evidence.choice import select as select_by_evidence
from engine.model.fit.candidate import Candidates, Model, evaluate
from engine.model.fit.compiled import Vector
from engine.model.fit.problem import Problem
from engine.model.fit.space import Space, space_of
from engine.model.forecast.forecast import foresee, next_periods
from engine.model.planning import channels_of, draws_of, media_of, planned_flights, window_flights
from engine.model.read.features import time_features
from engine.model.read.inputs import Inputs, read_inputs
from engine.model.read.modelling_table import make_problem
from engine.model.response.draws import MediaDraws
from engine.model.search.trials import Task, run_trials
from engine.model.select.pareto import select as select_by_fronts
from engine.model.select.score import error_score, errors_of
from local.sample.truths import FAMILIES, Truth, generate

SEEDS = (31, 32, 33)
QUICK = ("weekly_small", "confounded", "flights")


@dataclass(frozen=True)
class Followed:
    """What one rule proposed for a set, and what that truly brings; money and response per period.

    recommended: whether the shift is. promised, true: what it would gain. media: what paid media truly bring.
    contradicted: whether the own forecast says otherwise. told, marginal: (C,) the next unit, told and true.
    """

    recommended: bool
    promised: float
    true: float
    media: float
    contradicted: bool
    told: Vector
    marginal: Vector


@dataclass(frozen=True)
class Case:
    """A generated set as a training sees it."""

    truth: Truth
    inputs: Inputs
    problem: Problem
    space: Space


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.budget")
    parser.add_argument("--quick", action="store_true", help="one seed of three families")
    parser.add_argument("--families", type=lambda text: text.split(","), default=None)
    parser.add_argument("--seeds", type=lambda text: [int(one) for one in text.split(",")], default=None)
    parser.add_argument("--iterations", type=int, default=1000)
    parser.add_argument("--trials", type=int, default=3)
    parser.add_argument("--search", default="fast")
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    families = given.families or (QUICK if given.quick else tuple(FAMILIES))
    seeds = given.seeds or (SEEDS[:1] if given.quick else SEEDS)
    asked = [(family, seed, given.search, given.iterations, given.trials) for family in families for seed in seeds]
    with ProcessPoolExecutor(given.workers, mp_context=get_context("spawn")) as pool:
        rows = list(pool.map(follow, *zip(*asked, strict=True)))
    ours, robyns = [one for one, _ in rows], [one for _, one in rows]
    kinds = [kind for family, seed, *_ in asked for kind in generate(family, seed).kinds.values()]
    by_family = {
        name: [
            {"recommended": one.recommended, "true_gain": round(one.true / one.media, 4)}
            for one, (family, *_) in zip(ours, asked, strict=True)
            if family == name
        ]
        for name in families
    }
    print(
        json.dumps(
            {"bench": "budget", "sets": len(rows), **summed(ours, kinds), "robyn": summed(robyns, kinds)}
            | {"families": by_family, "search": f"{given.search} {given.iterations} x {given.trials}"}
        )
    )


def follow(family: str, seed: int, search: str, iterations: int, trials: int) -> tuple[Followed, Followed]:
    """Return what comes of following evidence, and Robyn's rule and allocator, on one set."""
    truth = generate(family, seed)
    ours, robyns = make_case(truth, {"selection": "evidence", "adstock": "auto"}), make_case(truth, {})
    evidence = select_by_evidence(ours.problem, ours.space, YEAR[ours.inputs.interval], windows=False)
    draws = draws_of(ours.problem, evidence.model, evidence.draws)
    theirs = robyns_choice(robyns, searched(robyns, search, iterations, trials))
    return by_draws(ours, draws), by_robyns_formula(robyns, theirs)


def make_case(truth: Truth, settings: dict[str, Any]) -> Case:
    """Read a generated set as a training reads its folder, with the ranges of the form where its adstock is `auto`."""
    config = truth.config | settings
    if settings.get("adstock") == "auto":
        config = {name: value for name, value in config.items() if name != "custom_hyperparameters"}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        truth.frame.to_csv(folder / "input_data.csv", index=False)
        (folder / "job_config.json").write_text(json.dumps(config))
        inputs = read_inputs(folder)
        problem = make_problem(inputs, time_features(folder, inputs))
    return Case(truth, inputs, problem, space_of(inputs.ranges))


def searched(case: Case, search: str, iterations: int, trials: int) -> Candidates:
    """Search a set's models."""
    task = Task(case.problem, case.space, search, iterations, seed=123)
    return run_trials(task, trials=trials, workers=1, progress=lambda *numbers: None).candidates


def robyns_choice(case: Case, found: Candidates) -> Model:
    """Return the model with the smallest error_score among those on the kept fronts."""
    kept, score = select_by_fronts(found).kept, error_score(errors_of(found))
    return evaluate(case.problem, case.space, found.values[kept[np.argsort(score[kept], kind="stable")[0]]])


def by_draws(case: Case, draws: MediaDraws) -> Followed:
    """Follow the budget that is answered over draws."""
    names = case.inputs.config.paid_media_spends
    world = World(draws, case.problem.media.shape[1])
    flights = planned_flights(case.problem, names, slice(0, len(case.problem.y)))
    answer = split(world, flights, Budget(), dep_var_type="revenue", interval=case.inputs.interval)
    curves = [response_curve(world, one, np.array([0.0, 1.0])) for one in window_flights(case.problem, names)]
    sure = answer.promise
    assert sure is not None
    return Followed(
        recommended=bool(sure.recommended),
        promised=sure.gain,
        true=true_gain(case, answer),
        media=true_media(case),
        contradicted=bool(sure.recommended) and not confirmed(case, draws, answer),
        told=np.array([curve.next_unit.value for curve in curves]),
        marginal=true_marginal(case),
    )  # fmt: skip


def by_robyns_formula(case: Case, model: Model) -> Followed:
    """Follow Robyn's allocator."""
    names = case.inputs.config.paid_media_spends
    answer = allocate(
        channels_of(case.problem, model, names), Budget(), case.inputs.window, dep_var_type="revenue"
    ).answer
    draws = draws_of(case.problem, model, None)
    return Followed(
        recommended=True,
        promised=answer.response - answer.initial_response,
        true=true_gain(case, answer),
        media=true_media(case),
        contradicted=not confirmed(case, draws, answer),
        told=np.array([robyns_curve(case.problem, model, c).next_unit.value for c in range(len(names))]),
        marginal=true_marginal(case),
    )


def true_gain(case: Case, answer: Answer) -> float:
    """Return what the simulator brings more per period where all flights are scaled as proposed."""
    own = case.truth.spends
    spent = {share.channel: share.proposed.spend / share.initial.spend for share in answer.shares}
    scaled = {name: own[name] * spent[name] for name in own}
    return float((case.truth.respond(scaled) - case.truth.respond(own)).mean())


def true_media(case: Case) -> float:
    """Return what paid media truly bring per period."""
    own = case.truth.spends
    nothing = {name: np.zeros(len(spend)) for name, spend in own.items()}
    return float((case.truth.respond(own) - case.truth.respond(nothing)).mean())


def true_marginal(case: Case) -> Vector:
    """Return (C,) what one more unit of each channel's spend truly brings, flights scaled."""
    return np.array([case.truth.marginal(name) for name in case.inputs.config.paid_media_spends])


def confirmed(case: Case, draws: MediaDraws, answer: Answer) -> bool:
    """Whether the product's forecast of the proposed plan is above that of today's, over the plan's periods."""
    problem, inputs = case.problem, case.inputs
    media = media_of(problem, draws, inputs.config.paid_media_spends)
    ahead = next_periods(inputs.days, len(problem.y), inputs.interval)
    totals = []
    for proposed in (False, True):
        plan = {}
        for c, share in enumerate(answer.shares):
            factor = share.proposed.spend / share.initial.spend if proposed else 1.0
            plan[share.channel] = problem.spend[problem.rows, c] * factor
        foreseen = foresee(
            media, [], 0.0, inputs.days, problem.rows, plan, ahead, inputs.interval, residuals=np.zeros(len(problem.y))
        )
        totals.append(float(foreseen.total.sum()))
    return totals[1] > totals[0]


def summed(rows: Sequence[Followed], kinds: Sequence[str]) -> dict[str, Any]:
    """Return the keys of one rule. kinds: of every channel of every set, in order."""
    shifts = [one for one in rows if one.recommended]
    ratios = np.concatenate([one.told / np.where(one.marginal > 0, one.marginal, np.nan) for one in rows])
    by_kind = {kind: _median(ratios[np.array(kinds) == kind]) for kind in sorted(set(kinds))}
    return {
        "recommended": len(shifts),
        "true_rise_share": round(float(np.mean([one.true > 0 for one in shifts])), 3) if shifts else None,
        "promise_ratio_median": _median([one.promised / one.true for one in shifts if one.true > 0]),
        "gain_median": _median([one.true / one.media for one in shifts]),
        "contradictions": sum(one.contradicted for one in shifts),
        "next_unit_ratio_median": {"all": _median(ratios), **by_kind},
    }


def _median(values: Sequence[float] | Vector) -> float | None:
    known = np.asarray(values, dtype=float)
    known = known[np.isfinite(known)]
    return round(float(np.median(known)), 3) if len(known) else None


if __name__ == "__main__":
    main()
