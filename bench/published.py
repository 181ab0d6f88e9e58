"""What a training publishes about a set whose truth is known, channel by channel, beside the truth."""

import tempfile
import time
from dataclasses import asdict, dataclass
from math import inf, nan
from pathlib import Path
from typing import Any

import numpy as np

from bench.known import Known
from engine.errors import MmmError
from engine.labels import label
from engine.model.fit.compiled import Vector
from engine.model.fit.space import space_of
from engine.model.read.features import time_features
from engine.model.read.inputs import read_inputs
from engine.model.read.modelling_table import make_problem
from engine.model.search.trials import Task, run_trials
from engine.model.select.pareto import select as select_by_fronts
from engine.model.select.score import error_score, errors_of
from engine.model.train import train
from engine.results.calls import Call
from engine.results.effects import roas_ends
from engine.results.headline import ChannelResult, Headline, headline
from engine.results.read import load_results
from engine.results.verdict import Level, Verdict, judge

# What Robyn itself would be told: it has one adstock for all channels, and ranges by the channels' names.
ROBYN = {"adstock": "geometric", "selection": "robyn", "hyperparameter_preset": "Facebook recommend"}


@dataclass(frozen=True)
class Told:
    """One channel: the truth, Robyn's rule, and what is published by evidence. low, high: its range of ROAS.

    named: a reason of the verdict names it. call: act, test first or silent.
    """

    channel: str
    true: float
    robyn: float
    roas: float
    low: float
    high: float
    call: str
    code: str
    named: bool


@dataclass(frozen=True)
class Published:
    """One set. level: of the verdict. media: the true share of all media, its estimate, and the range of that."""

    name: str
    family: str
    level: str
    codes: tuple[str, ...]
    media: tuple[float, float, float, float]
    channels: tuple[Told, ...]
    seconds: float
    failed: str = ""

    def row(self) -> dict[str, Any]:
        """The set as plain data."""
        return asdict(self)


def publish(known: Known) -> Published:
    """Train on a set, by evidence and by Robyn's rule, and read what is published. A training that fails is told so."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        roas, share = known.write(folder / "in")
        began = time.perf_counter()
        try:
            train(folder / "in", folder / "out")
            took = time.perf_counter() - began
            head = headline(load_results(folder / "out"))
            robyn = by_robyn(known, folder / "robyn")
        except MmmError as error:
            return Published(known.name, known.family, "", (), (share, nan, nan, nan), (), nan, str(error))
    verdict = judge(head)
    media = head.media_range
    ends = (media.low, media.high) if media else (nan, nan)
    channels = tuple(_told(one, head, verdict, roas, robyn) for one in head.channels)
    measured = (share, head.media_share, *ends)
    return Published(known.name, known.family, verdict.level, verdict.codes, measured, channels, took)


def by_robyn(known: Known, folder: Path) -> dict[str, float]:
    """Return the ROAS of the model that Robyn's rule chooses from a search as Robyn would be told to make it."""
    config = {name: value for name, value in known.config if name not in ROBYN}
    Known(known.name, known.family, known.seed, known.folder, (*config.items(), *ROBYN.items())).write(folder)
    inputs = read_inputs(folder)
    problem = make_problem(inputs, time_features(folder, inputs))
    task = Task(problem, space_of(inputs.ranges), inputs.config.search, inputs.config.iterations, inputs.config.seed)
    found = run_trials(task, trials=inputs.config.trials, workers=1, progress=lambda *numbers: None).candidates
    kept, score = select_by_fronts(found).kept, error_score(errors_of(found))
    best = kept[np.argsort(score[kept], kind="stable")[0]]
    ratios: Vector = found.effects[best] / problem.total_spend
    return dict(zip(problem.paid_names, ratios.tolist(), strict=True))


def _told(
    one: ChannelResult, head: Headline, verdict: Verdict, roas: dict[str, float], robyn: dict[str, float]
) -> Told:
    call = next(made for made in verdict.calls if made.channel == one.channel)
    low, high = roas_ends(one, head) or (nan, nan)
    # Where even the estimate is 0, so is its range, unless one is told.
    if one.effect <= 0 and one.low is not None:
        low, high = one.low, inf if one.high is None else one.high
    return Told(
        channel=one.channel,
        true=roas[one.column or one.channel] if one.column in roas else roas[one.channel],
        robyn=robyn.get(one.column or one.channel, robyn.get(one.channel, nan)),
        roas=one.effect / one.spend,
        low=low,
        high=high,
        call=Call(call.call).value,
        code=call.code,
        named=verdict.level == Level.NOT or any(label(one.channel) in reason for reason in verdict.reasons),
    )
