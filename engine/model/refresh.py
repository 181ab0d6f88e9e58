"""Going on from an earlier result on newer data: what moved since, and, by Robyn's rule, ranges around its model.

By evidence nothing is narrowed. What the data decide is asked anew of the moved window, over all that may be: a few new
periods cannot have made anything surer than all those before them.

Source of the narrowing: Robyn 3.12.1, robyn_refresh and its refresh_hyps.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from engine.experiment.hyperparameters import Range, outside
from engine.experiment.job_config import JobConfig
from engine.model.fit.problem import LAMBDA_MIN_RATIO, Previous, Problem
from engine.model.fit.space import LAMBDA
from engine.model.read.earlier import Earlier
from engine.results.contract import INTERCEPT
from engine.results.summary import Drift, Moved


def narrows(config: JobConfig) -> bool:
    """Whether a refresh searches around the earlier model only, and stays close to it."""
    return config.selection == "robyn"


def freedom(config: JobConfig, periods: int) -> float:
    """Return how much of the old ranges is searched: the share of new periods, or what the configuration says.

    All of them by evidence.
    """
    assert config.refresh is not None
    if not narrows(config):
        return 1.0
    return config.refresh.bounds_freedom or config.refresh.refresh_steps / periods


def narrowed(ranges: Mapping[str, Range], earlier: Earlier, free: float, *, quirks: bool) -> dict[str, Range]:
    """Return ranges around the earlier model: its values ± the old range × `free`, within the old range.

    A fixed value becomes × (1 ± free), as far as its limits allow. lambda's own range is [0, 1]; with `quirks` its
    value is read as lambda / (largest - smallest lambda), a ten-thousandth too high, as in Robyn. What the earlier
    model did not have, such as penalty factors, is searched in its whole range.
    """
    shift = LAMBDA_MIN_RATIO / (1 - LAMBDA_MIN_RATIO) if quirks else 0.0
    found = {}
    for name, (low, high) in {**ranges, LAMBDA: (0.0, 1.0)}.items():
        if name not in earlier.values:
            found[name] = (low, high)
            continue
        value = earlier.values[name] + (shift if name == LAMBDA else 0.0)
        if low == high and name.endswith("_kinds"):
            # Half a kind more is another kind.
            found[name] = (low, high)
        elif low == high:
            # Robyn goes on beyond, where an effect of 1 or more of the last period's grows without end.
            ends = (value * (1 - free), value * (1 + free))
            found[name] = (value if outside(name, ends[0]) else ends[0], value if outside(name, ends[1]) else ends[1])
        else:
            room = (high - low) * free
            found[name] = (min(max(value - room, low), high), max(min(value + room, high), low))
    return found


def previous_shares(problem: Problem, earlier: Earlier, periods_new: int) -> Previous:
    """Return what the refreshed model is to stay close to: the earlier shares in the order of the problem's columns."""
    names = (INTERCEPT, *problem.names)
    known = earlier.variables
    shares = np.array([float(known[name]["xDecompPerc"]) if name in known else 0.0 for name in names])
    return Previous(shares, 1.0 - periods_new / len(problem.y))


def what_moved(
    earlier: Earlier, now: Mapping[str, Mapping[str, Any]], chosen: str, new_periods: int, free: float
) -> Drift:
    """Compare the refreshed model with the earlier one, channel by channel. now: the new coefficients by `rn`.

    A channel has parted where the two ranges do not overlap: only then the data say that something changed.
    """
    rows = []
    for channel in earlier.summary.channels:
        old, new = earlier.variables[channel.channel], now[channel.channel]
        ranges = [float(one[end]) for one in (old, new) for end in ("range_low", "range_high")]
        rows.append(
            Moved(
                channel=channel.channel,
                before=_number(old[earlier.efficiency]),
                after=_number(new[earlier.efficiency]),
                share_before=float(old["xDecompPerc"]),
                share_after=float(new["xDecompPerc"]),
                parted=bool(ranges[0] > ranges[3] or ranges[2] > ranges[1]),
            )
        )
    return Drift(
        earlier=earlier.summary.chosen,
        earlier_revision=earlier.summary.revision,
        now=chosen,
        new_periods=new_periods,
        bounds_freedom=free,
        channels=tuple(rows),
    )


def _number(value: float) -> float | None:
    return float(value) if pd.notna(value) else None
