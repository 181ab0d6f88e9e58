"""A search and what was selected from it: what every table and every number of the results is read from."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.experiment.job_config import JobConfig
from engine.model.evidence.evidence import Evidence
from engine.model.evidence.front import evidence_of_front
from engine.model.fit.candidate import Candidates, Evaluator, Model
from engine.model.fit.compiled import Vector
from engine.model.fit.problem import Problem
from engine.model.fit.shapes import used
from engine.model.fit.space import Space
from engine.model.refresh import narrows
from engine.model.search.trials import Searched
from engine.model.select.clusters import Clusters, cluster, feature_names
from engine.model.select.pareto import Selected, select
from engine.model.select.ranges import Range, near_tied
from engine.model.select.score import error_score, errors_of

# The name of a model that no trial found: trial 0.
MADE = "0_1_1"
# Of NRMSE, DECOMP.RSSD and the miss of lift tests, when models are ranked.
EQUAL_WEIGHTS, REFRESH_WEIGHTS = (1.0, 1.0, 1.0), (0.0, 1.0, 0.0)


@dataclass(frozen=True)
class Entry:
    """One model of the results. trial and iteration from 1, or 0 for one that no trial found. front: 0 without one.

    tied: how far models that are near-tied with it disagree.
    """

    sol_id: str
    trial: int
    iteration: int
    front: int
    score: float
    cluster: int
    top: bool
    model: Model
    tied: Range


@dataclass(frozen=True)
class Report:
    """All candidates and their error score, (K,), which of them are kept, in which groups, and the models kept.

    entries: the chosen model first, then the kept ones by rising error score. clusters: in the order of selected.kept.
    evidence: what stands behind the choice.
    """

    problem: Problem
    space: Space
    searched: Searched
    score: Vector
    selected: Selected
    clusters: Clusters
    entries: tuple[Entry, ...]
    evidence: Evidence

    @property
    def chosen(self) -> Entry:
        return self.entries[0]

    @property
    def kept(self) -> Candidates:
        """The kept candidates, in the order of `selected.kept`, which is that of the search."""
        found, which = self.searched.candidates, self.selected.kept
        return Candidates(found.values[which], found.metrics[which], found.effects[which], found.coefficients[which])


def by_robyns_rule(problem: Problem, space: Space, searched: Searched, config: JobConfig) -> Report:
    """Keep the first Pareto fronts, group their models, and choose the one with the smallest error score.

    A refresh that stays close to an earlier model chooses the one whose shares moved least, however far it is from the
    lift tests.
    """
    close = config.refresh is not None and narrows(config)
    weights = REFRESH_WEIGHTS if close else EQUAL_WEIGHTS
    found = searched.candidates
    near_lifts = 1.0 if close else config.calibration_constraint
    selected = select(found, fronts=config.pareto_fronts, enough=config.min_candidates, near_lifts=near_lifts)
    errors = errors_of(found)
    score = error_score(errors, weights, config.robyn_quirks)
    kept = selected.kept
    features = feature_names(space.names)
    clusters = cluster(
        used(problem, space, found.values[kept])[:, [space.place(name) for name in features]],
        errors[kept],
        weights,
        quirks=config.robyn_quirks,
    )
    evaluator = Evaluator(problem, space)
    entries = [
        Entry(
            sol_id=searched.sol_id(which),
            trial=int(searched.trial[which]),
            iteration=int(searched.iteration[which]),
            front=int(selected.front[which]),
            score=float(score[which]),
            cluster=int(clusters.label[at]),
            top=bool(clusters.top[at]),
            model=evaluator.model(found.values[which]),
            tied=near_tied(found, which),
        )
        for at, which in enumerate(kept.tolist())
    ]
    ordered = ranked(entries)
    evidence = evidence_of_front(problem, space, found, kept, _position(searched, ordered[0]))
    return Report(problem, space, searched, score, selected, clusters, tuple(ordered), evidence)


def _position(searched: Searched, entry: Entry) -> int:
    there = (searched.trial == entry.trial) & (searched.iteration == entry.iteration)
    return int(np.flatnonzero(there)[0])


def with_evidence(report: Report, evidence: Evidence, *, quirks: bool) -> Report:
    """Put the model that the evidence speaks for first. Its error score is on the scale of the searched models'."""
    model, problem = evidence.model, report.problem
    own = [model.metrics["nrmse_train"], model.metrics["decomp.rssd"], model.metrics["mape"]]
    score = error_score(np.vstack([errors_of(report.searched.candidates), own]), quirks=quirks)[-1]
    spread = evidence.ranges[0]
    entry = Entry(
        sol_id=MADE,
        trial=0,
        iteration=1,
        front=0,
        score=float(score),
        cluster=0,
        top=False,
        model=model,
        tied=Range(spread.low * problem.total_spend, spread.high * problem.total_spend, spread.n, spread.over),
    )
    return replace(report, entries=(entry, *report.entries), evidence=evidence)


def ranked(entries: Sequence[Entry]) -> list[Entry]:
    """Return the models by rising error score; of equal ones the first found comes first."""
    return sorted(entries, key=lambda entry: entry.score)
