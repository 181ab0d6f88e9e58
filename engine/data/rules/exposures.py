"""Exposures beside the spend they were bought with."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from engine.data.collinearity import exposure_fit
from engine.data.dataset import Finding
from engine.data.rules.view import Vector, View, finding

EXPOSURE_R2: Final = 0.8
UNIT_COST_JUMP: Final = 5.0


def exposures(view: View) -> Iterator[Finding]:
    """Whether exposure follows spend, is booked with it, and costs what it did."""
    for spend_name, name in view.mapping.exposures.items():
        if spend_name == name:
            continue
        spend, exposure = np.nan_to_num(view.values(spend_name)), np.nan_to_num(view.values(name))
        fit = exposure_fit(spend, exposure)
        if fit < EXPOSURE_R2:
            yield finding(
                "exposure.fit",
                "REVIEW",
                name,
                "",
                f"“{name}” follows “{spend_name}” poorly (R² {fit:.2f}), so its ROAS is uncertain.",
                "Model the channel on its spend, or split it where prices differ.",
                fit,
            )
        for code, mask, text in (
            ("exposure.without_spend", (exposure > 0) & (spend <= 0), f"“{name}” but no “{spend_name}”"),
            ("spend.without_exposure", (spend > 0) & (exposure <= 0), f"“{spend_name}” but no “{name}”"),
        ):
            if mask.any():
                yield finding(
                    code,
                    "REVIEW",
                    spend_name,
                    view.where(mask),
                    f"There is {text} {view.on(mask.sum())}.",
                    "Check that spend and exposure are booked on the same dates.",
                    mask.sum(),
                )
        yield from _unit_cost(view, spend_name, name, spend, exposure)


def _unit_cost(view: View, spend_name: str, name: str, spend: Vector, exposure: Vector) -> Iterator[Finding]:
    """A price per unit that jumps and stays there speaks of another currency or unit."""
    both = np.flatnonzero((spend > 0) & (exposure > 0))
    if len(both) < 8:
        return
    cost = spend[both] / exposure[both]
    jumps = [
        (np.median(cost[place : place + 4]) / np.median(cost[place - 4 : place]), place)
        for place in range(4, len(cost) - 3)
    ]
    ratio, place = max(jumps, key=lambda jump: abs(np.log(jump[0])))
    if max(ratio, 1 / ratio) >= UNIT_COST_JUMP:
        # Medians say that it jumped, the largest single step near there says when.
        place = max(range(place - 2, place + 3), key=lambda at: abs(np.log(cost[at] / cost[at - 1])))
        yield finding(
            "exposure.unit_cost",
            "REVIEW",
            spend_name,
            f"{view.days[both[place]]}",
            f"The price of one “{name}” jumps to {ratio:,.2g} times what it was.",
            "Check the currency of the spend and the unit of the exposure from that date.",
            ratio,
            trust=True,
        )
