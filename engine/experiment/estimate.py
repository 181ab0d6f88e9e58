"""How long a training will take, before anybody starts one.

The model is deliberately small: start, plus a time for each candidate that grows with rows × variables,
shared by the processes that search, plus a time to write the results. The constants are measured on two
ordinary cores; `bench/train.py` prints the line to put here.
"""

from dataclasses import dataclass
from typing import Final

from engine.data.dataset import Dataset
from engine.experiment.check import periods
from engine.experiment.experiment import ExperimentForm, Trainer, search_of
from engine.experiment.job_config import Search


@dataclass(frozen=True)
class Speed:
    """Seconds to start and decompose the time series, per candidate (fixed, and per row × variable), to finish.

    `shared` says whether more processes help. Robyn's do not: it forks them anew for every step, which costs
    more than the fits themselves.
    """

    start: float
    candidate: float
    cell: float
    finish: float
    shared: bool = True


SPEEDS: Final[dict[Trainer | Search, Speed]] = {
    # Measured on the sample data: 0.6 ms a candidate, nearly all of it the optimiser's own.
    "nevergrad": Speed(start=2.0, candidate=6e-4, cell=1.3e-8, finish=1.5),
    # Measured on the sample data: a fit of 156 weeks and 14 variables in 30 µs, and 10 µs to breed a candidate.
    "fast": Speed(start=2.0, candidate=1e-5, cell=1.3e-8, finish=1.5),
    # 2000 × 5 on the demo data: 1,583 s on one core, and 64 s for the outputs without plots.
    "robyn": Speed(start=15.0, candidate=0.12, cell=2.2e-5, finish=64.0, shared=False),
}
# What choosing by evidence adds, per row × medium: its chains are as long whatever the size of the search.
EVIDENCE_CELL: Final = 1.5e-3
ONE_BY_ONE: Final = ("native", "robyn")


def estimate(form: ExperimentForm, dataset: Dataset, *, workers: int = 2) -> float:
    """Return the seconds that a training of `form` takes with `workers` processes; no wait in a queue included."""
    if form.trainer == "both":  # one after the other
        return sum(estimate(form.model_copy(update={"trainer": one}), dataset, workers=workers) for one in ONE_BY_ONE)
    speed = SPEEDS["robyn" if form.trainer == "robyn" else search_of(form)]
    variables = len(dataset.mapping.drivers) + len(form.prophet_vars)
    candidates = form.iterations * form.trials
    each = speed.candidate + speed.cell * periods(form, dataset) * variables
    # Trials are what is shared, so more processes than trials have nothing to do.
    processes = max(1, min(workers, form.trials)) if speed.shared else 1
    evidence = EVIDENCE_CELL * periods(form, dataset) * len(dataset.mapping.paid_media_spends)
    weighed = form.selection == "evidence" and form.trainer == "native"
    finish = speed.finish + (evidence if weighed else 0.0)
    return speed.start + candidates * each / processes + finish


def in_words(seconds: float) -> str:
    """Say a duration as roughly as it is known: `under a minute`, `about 5 minutes`, `about 2 hours`."""
    if seconds < 50:
        return "under a minute"
    if seconds < 90:
        return "about a minute"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"about {minutes if minutes < 20 else round(minutes / 5) * 5} minutes"
    return f"about {round(minutes / 60)} hours"
