"""How near what is published comes to the truth, how often its ranges hold it, and whether its warnings are right.

`python -m bench.accuracy [--quick] [--families A,B] [--seeds 11,12] [--iterations N] [--trials N] [--search fast]
[--adstock geometric] [--workers N] [--folders DIR [--match 'pymc_*']] [--rows FILE]`
trains as a form left as it is would, on generated sets, or on the folders in DIR, made by whomever, whose truth is
known (`bench.known` says what such a folder holds), and prints one line of JSON. Robyn's rule chooses from a search of
its own, as large, with geometric adstock.

`log_error_…`: mean over channels of |log(estimated / true)|, then over sets. An estimate below FLOOR of the set's mean
true ROAS, 0 included, counts as that floor, for both rules. `ratio`: of the two. `ranked_right_…`: share of the pairs
of channels whose ROAS are in the true order.
`coverage_evidence`: share of true ROAS inside the published range; `inside_range` is the same, by its older name.
`media_total_coverage`: share of sets whose true share of paid media is inside the published range.
`within30_not_warned`: of channels that the product says to act on, the share whose ROAS is within 30 % of the truth;
`share_not_warned`: how many of all these are. `…_not_named`: the same for channels that no reason of a run, which is
not refused as a whole, names. `usable_within30`: as within30_not_warned, in runs that are called usable;
`share_usable` of runs are. A channel without effect has no log error: its ROAS is right where it is below a tenth of
the set's mean, its range where it reaches as low. `failed`: sets whose training gave no result.
`families`: the same for each kind of set. `--rows` writes all single values, one line of JSON a set.
"""

import argparse
import json
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import combinations
from math import isfinite
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from bench.known import Known, generated, in_folders
from bench.published import Published, Told, publish
from engine.results.calls import Call
from engine.results.verdict import Level
from local.sample.truths import FAMILIES

FLOOR, NEXT_TO_NOTHING, NEAR = 0.01, 0.1, 0.3
SEEDS = (11, 12, 13)
# Of `--quick`: one seed of small families.
QUICK = ("weekly_small", "confounded", "spread")
# A search that is not called a preview.
SIZE, QUICK_SIZE = (1000, 3), (1000, 2)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.accuracy")
    parser.add_argument("--quick", action="store_true", help="one seed of three families")
    parser.add_argument("--families", type=lambda text: text.split(","), default=None)
    parser.add_argument("--seeds", type=lambda text: [int(one) for one in text.split(",")], default=None)
    parser.add_argument("--iterations", type=int, default=None)
    parser.add_argument("--trials", type=int, default=None)
    parser.add_argument("--search", default="fast")
    parser.add_argument("--adstock", default=None, help="instead of the form's default, or of a folder's own")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--folders", type=Path, default=None, help="measure on the sets in this folder's folders")
    parser.add_argument("--match", default="*", help="of --folders: only those whose names match")
    parser.add_argument("--rows", type=Path, default=None, help="also write each set's values into this file")
    given = parser.parse_args()
    iterations, trials = QUICK_SIZE if given.quick else SIZE
    config = {
        "search": given.search,
        "iterations": given.iterations or iterations,
        "trials": given.trials or trials,
    }
    config |= {"adstock": given.adstock} if given.adstock else {}
    families = given.families or (QUICK if given.quick else tuple(FAMILIES))
    seeds = given.seeds or (SEEDS[:1] if given.quick else SEEDS)
    sets = in_folders(given.folders, given.match, config) if given.folders else generated(families, seeds, config)
    found = measure([*sets], given.workers, given.rows)
    size = f"{given.search} {config['iterations']} x {config['trials']}"
    print(json.dumps({"bench": "accuracy", **in_all(found), "search": size}))


def measure(sets: Sequence[Known], workers: int, rows: Path | None = None) -> list[Published]:
    """Train on all sets, in processes of their own where there are several workers; their order is kept."""
    found = []
    for one in _each(sets, workers):
        found.append(one)
        if rows is not None:
            with rows.open("a") as file:
                file.write(json.dumps(one.row()) + "\n")
    return found


def _each(sets: Sequence[Known], workers: int) -> Iterator[Published]:
    if workers == 1:
        yield from map(publish, sets)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(publish, sets)


def in_all(found: Sequence[Published]) -> dict[str, Any]:
    """Return all figures over the sets, and those of each family."""
    families: dict[str, list[Published]] = {}
    for one in found:
        families.setdefault(one.family, []).append(one)
    return {
        "sets": len(found),
        **figures(found),
        "failed": [f"{one.name}: {one.failed}" for one in found if one.failed],
        "families": {name: {"sets": len(one), **figures(one)} for name, one in families.items()},
        "seconds_evidence": _rounded([one.seconds for one in found if not one.failed], np.median),
    }


def figures(found: Sequence[Published]) -> dict[str, float | None]:
    """Return the figures that the head of this file explains; None where nothing can be said."""
    done = [one for one in found if not one.failed]
    robyn, ours = [_errors(one, "robyn") for one in done], [_errors(one, "roas") for one in done]
    all_channels = [(one, told) for one in done for told in one.channels]
    held = [_holds(told, one) for one, told in all_channels]
    acted = [(one, told) for one, told in all_channels if told.call == Call.ACT]
    unnamed = [(one, told) for one, told in all_channels if not told.named]
    usable = [(one, told) for one, told in acted if one.level == Level.USABLE]
    totals = [low <= true <= high for true, _, low, high in (one.media for one in done) if isfinite(low + true)]
    return {
        "log_error_robyn": _rounded(robyn),
        "log_error_evidence": _rounded(ours),
        "ratio": _ratio(_rounded(ours), _rounded(robyn)),
        "ranked_right_robyn": _rounded(_ranked(one, "robyn") for one in done),
        "ranked_right_evidence": _rounded(_ranked(one, "roas") for one in done),
        "inside_range": _rounded(held),
        "coverage_evidence": _rounded(held),
        "media_total_coverage": _rounded(totals),
        "within30_not_warned": _rounded(_near(told, one) for one, told in acted),
        "share_not_warned": _ratio(len(acted), len(all_channels)),
        "within30_not_named": _rounded(_near(told, one) for one, told in unnamed),
        "share_not_named": _ratio(len(unnamed), len(all_channels)),
        "usable_within30": _rounded(_near(told, one) for one, told in usable),
        "share_usable": _rounded(one.level == Level.USABLE for one in done),
    }


def log_error(estimated: float, true: float, mean: float) -> float:
    """Return |log(estimated / true)|, the estimate no lower than the floor, a share of the set's `mean` true ROAS."""
    return float(abs(np.log(max(estimated, FLOOR * mean) / true)))


def _errors(one: Published, rule: str) -> float:
    mean = _mean(one)
    some = [log_error(getattr(told, rule), told.true, mean) for told in one.channels if told.true > 0]
    return float(np.mean(some)) if some else float("nan")


def _ranked(one: Published, rule: str) -> float:
    """The share of pairs in the true order. Equal estimates rank nothing; equal truths have no order."""
    pairs = [(a, b) for a, b in combinations(one.channels, 2) if not np.isclose(a.true, b.true, rtol=0.02)]
    right = [(getattr(a, rule) - getattr(b, rule)) * (a.true - b.true) > 0 for a, b in pairs]
    return float(np.mean(right)) if right else float("nan")


def _holds(told: Told, one: Published) -> bool:
    if told.true == 0:
        return bool(told.low <= NEXT_TO_NOTHING * _mean(one))
    return bool(told.low <= told.true <= told.high)


def _near(told: Told, one: Published) -> bool:
    if told.true == 0:
        return told.roas <= NEXT_TO_NOTHING * _mean(one)
    return abs(told.roas / told.true - 1) <= NEAR


def _mean(one: Published) -> float:
    return float(np.mean([told.true for told in one.channels]))


def _rounded(values: Iterable[float], of: Any = np.mean) -> float | None:
    known = [float(value) for value in values if isfinite(value)]
    return round(float(of(known)), 4) if known else None


def _ratio(part: float | None, whole: float | None) -> float | None:
    return round(part / whole, 3) if part is not None and whole else None


if __name__ == "__main__":
    main()
