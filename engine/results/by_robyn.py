"""A result as Robyn would tell it: each channel's ROAS or CPA with the range that Robyn gives, that of its cluster."""

from collections.abc import Mapping
from math import isnan
from typing import Any

from engine.results.read import Results
from engine.results.second_opinion import Estimate

NOTHING = Estimate(value=None, low=None, high=None)


def by_robyns_formula(results: Results) -> dict[str, Estimate]:
    """Return each channel's estimate by the model of smallest error_score and the spread of its cluster's models.

    Robyn publishes these; our own tables hold the same numbers, in `clusters`. A channel without effect has none.
    """
    found = results.candidates[results.candidates["trial"] > 0]
    row = found.sort_values("error_score", kind="stable").iloc[0]
    model = results.model_of(str(row["solID"])).to_dict("index")
    spread = results.clusters[results.clusters["cluster"] == int(row["cluster"])].set_index("channel").to_dict("index")
    return {
        channel: _estimate(model[channel], results.efficiency, spread.get(channel, {})) for channel in results.channels
    }


def _estimate(row: Mapping[Any, Any], efficiency: str, spread: Mapping[Any, Any]) -> Estimate:
    if row["xDecompAgg"] == 0:
        return NOTHING
    low, high = (_present(spread.get(end)) for end in ("ci_low", "ci_up"))
    return Estimate(value=float(row[efficiency]), low=low, high=high)


def _present(value: float | None) -> float | None:
    return None if value is None or isnan(value) else float(value)
