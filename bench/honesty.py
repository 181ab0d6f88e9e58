"""Whether what a run says about itself is so: how far it misses what it has not seen, and what its ranges hold.

`python -m bench.honesty [--quick] [--families A,B] [--seeds 21,22] [--iterations N] [--trials N] [--workers N]
[--folders DIR [--match 'pymc_*']] [--rows FILE]`
hides the last quarter of a year of each generated set, or of the sets in the folders of DIR (`bench.known` says what
such a folder holds), trains on what is before, lets the product forecast the hidden quarter from the spends alone, and
prints one line of JSON.

`backtest_ratio_median`: the miss that the backtest tells, over that of the forecast of as many hidden periods, to which
their context is told, as it is in the backtest; both as shares of the range of the KPI. `backtest_ratio_quartiles`:
half of the sets are between. `forecast_coverage`: share of hidden periods, noise included, inside the range of 90 % of
the forecast as it is published, which knows no context; `forecast_whole_coverage`: share of sets whose sum is inside.
`forecast_width`: mean width of that range over that of a range of equal coverage around last year's value.
`rhat_bad_unsaid`: runs whose chains are not good and whose verdict has no reason that says so; `rhat_bad`: all whose
chains are not good. `failed`: sets whose training gave no result. `families`: the same for each kind of set.
"""

import argparse
import json
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from bench.known import Known, generated, in_folders
from engine.data.dates import Interval
from engine.errors import MmmError
from engine.model.fit.compiled import Vector
from engine.model.read.days import read_days
from engine.model.read.frame import read_frame
from engine.model.read.inputs import Inputs, read_inputs
from engine.model.train import train
from engine.results.headline import headline
from engine.results.read import Results, load_results
from engine.results.verdict import judge
from local.sample.truths import FAMILIES

SEEDS = (21, 22)
QUICK = ("weekly_small", "confounded", "level_break")
SIZE, QUICK_SIZE = (1000, 3), (500, 2)
# The code of the reason that says that chains do not agree.
SAID = "estimate.moving"
# Periods of a quarter and of a year.
QUARTER: dict[Interval, int] = {"day": 91, "week": 13, "month": 3}
YEAR: dict[Interval, int] = {"day": 364, "week": 52, "month": 12}
NORMAL_90 = 1.645


@dataclass(frozen=True)
class Honest:
    """One set. told: the backtest's miss, real: the forecast's, shares of the KPI's range. inside: share of hidden
    periods in their range, whole: whether their sum is; width: of the range, over that around last year's value.
    chains_good: None where there are none. said: the verdict says that they are not.
    """

    name: str
    family: str
    told: float
    real: float
    inside: float
    whole: bool
    width: float
    chains_good: bool | None
    said: bool
    failed: str = ""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.honesty")
    parser.add_argument("--quick", action="store_true", help="one seed of three families, a short search")
    parser.add_argument("--families", type=lambda text: text.split(","), default=None)
    parser.add_argument("--seeds", type=lambda text: [int(one) for one in text.split(",")], default=None)
    parser.add_argument("--iterations", type=int, default=None)
    parser.add_argument("--trials", type=int, default=None)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--folders", type=Path, default=None, help="measure on the sets in this folder's folders")
    parser.add_argument("--match", default="*", help="of --folders: only those whose names match")
    parser.add_argument("--rows", type=Path, default=None, help="write all single values here, a line of JSON a set")
    given = parser.parse_args()
    families = given.families or (QUICK if given.quick else tuple(FAMILIES))
    seeds = given.seeds or (SEEDS[:1] if given.quick else SEEDS)
    iterations, trials = QUICK_SIZE if given.quick else SIZE
    size = {"iterations": given.iterations or iterations, "trials": given.trials or trials, "search": "fast"}
    sets = [*(in_folders(given.folders, given.match, size) if given.folders else generated(families, seeds, size))]
    if given.workers > 1:
        with ProcessPoolExecutor(given.workers, mp_context=get_context("spawn")) as processes:
            found = list(processes.map(measure, sets))
    else:
        found = [measure(one) for one in sets]
    if given.rows:
        given.rows.write_text("".join(json.dumps(asdict(one)) + "\n" for one in found))
    kinds = dict.fromkeys(one.family for one in found)
    of_family = {name: summed([one for one in found if one.family == name]) for name in kinds}
    print(json.dumps({"bench": "honesty", **summed(found), "families": of_family, "search": size}))


def measure(known: Known) -> Honest:
    """Train on all but a set's last quarter of a year, and hold what is said against that quarter."""
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root)
        known.write(folder / "whole")
        whole = read_inputs(folder / "whole")
        hidden = hide(folder / "whole", whole, folder / "in")
        try:
            summary = train(folder / "in", folder / "out")
        except MmmError as error:
            return Honest(known.name, known.family, *[float("nan")] * 3, False, float("nan"), None, False, str(error))
        results = load_results(folder / "out")
    verdict = judge(headline(results))
    told = results.forecast[results.forecast["rn"] == "depVarHat"].sort_values("ds")
    kpi = whole.numbers[whole.config.dep_var]
    shown, actual = kpi[:-hidden], kpi[-hidden:]
    tested, foreseen = summary.backtest, summary.foreseen
    assert tested is not None
    misses = told["response"].to_numpy(float) + context(results, whole, hidden) - actual
    ends = foreseen.range if foreseen else None
    low, high = told["low"].to_numpy(float), told["high"].to_numpy(float)
    year = YEAR[whole.interval]
    naive = 2 * NORMAL_90 * float(np.sqrt(np.mean((shown[year:] - shown[:-year]) ** 2)))
    return Honest(
        name=known.name,
        family=known.family,
        told=float("nan") if tested.nrmse is None else tested.nrmse,
        real=float(np.sqrt(np.mean(misses[: tested.horizon] ** 2)) / np.ptp(shown[whole.rows.start :])),
        inside=float(np.mean((low <= actual) & (actual <= high))),
        whole=bool(ends is not None and ends.low <= actual.sum() <= ends.high),
        width=float(np.mean(high - low) / naive),
        chains_good=summary.chains.good if summary.chains else None,
        said=SAID in verdict.codes,
    )


def hide(folder: Path, whole: Inputs, into: Path) -> int:
    """Write a set's folder without its last quarter, whose spends are the plan to be forecast; return its periods."""
    into.mkdir(parents=True)
    hidden, config = QUARTER[whole.interval], whole.config
    frame = read_frame(folder)
    order = np.argsort(np.array(read_days(frame[config.date_var], config.date_var)[0]), kind="stable")
    frame.iloc[order[:-hidden]].to_csv(into / "input_data.csv", index=False)
    # Exposures are planned by what they cost; organic media by what they do.
    planned = (*config.paid_media_spends, *config.organic_vars)
    plan = [
        {"ds": str(whole.days[row]), **{name: float(whole.numbers[name][row]) for name in planned}}
        for row in range(len(whole.days) - hidden, len(whole.days))
    ]
    given = json.loads((folder / "job_config.json").read_text())
    (into / "job_config.json").write_text(json.dumps(given | {"forecast": {"plan": plan}}))
    return hidden


def context(results: Results, whole: Inputs, hidden: int) -> Vector:
    """Return (H,) what the forecast would have told more if it had known the numeric context of the hidden periods."""
    chosen, forecast, more = results.summary.chosen, results.forecast, np.zeros(hidden)
    coefficients = results.coefficients[results.coefficients["solID"] == chosen].set_index("rn")["coef"]
    last = results.decomposition[results.decomposition["solID"] == chosen].sort_values("ds").groupby("rn").last()
    for name in results.summary.context_vars:
        if name in whole.numbers:
            moved = whole.numbers[name][-hidden:] - whole.numbers[name][-hidden - 1]
            told = forecast[forecast["rn"] == name].sort_values("ds")["response"].to_numpy(float)
            more += float(last.loc[name, "xDecomp"]) + float(coefficients[name]) * moved - told
    return more


def summed(sets: Sequence[Honest]) -> dict[str, Any]:
    """Return the figures of some sets."""
    there = [one for one in sets if not one.failed]
    ratios = [one.told / one.real for one in there if np.isfinite(one.told)]
    bad = [one for one in there if one.chains_good is False]
    known = bool(there)
    return {
        "sets": len(sets),
        "backtest_ratio_median": round(float(np.median(ratios)), 3) if ratios else None,
        "backtest_ratio_quartiles": [round(float(one), 3) for one in np.quantile(ratios, [0.25, 0.75])]
        if ratios
        else None,
        "forecast_coverage": round(float(np.mean([one.inside for one in there])), 3) if known else None,
        "forecast_whole_coverage": round(float(np.mean([one.whole for one in there])), 3) if known else None,
        "forecast_width": round(float(np.median([one.width for one in there])), 3) if known else None,
        "rhat_bad": len(bad),
        "rhat_bad_unsaid": sum(not one.said for one in bad),
        "failed": len(sets) - len(there),
    }


if __name__ == "__main__":
    main()
