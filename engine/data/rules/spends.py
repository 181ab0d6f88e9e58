"""How spend is spread over channels."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from engine.data.dataset import Finding
from engine.data.rules.view import View, finding

SMALL_SHARE: Final = 0.01


def shares(view: View) -> Iterator[Finding]:
    """One channel only, or ones too small to be seen."""
    sums = {name: float(np.nansum(view.values(name))) for name in view.mapping.paid_media_spends}
    whole = sum(sums.values())
    if len(sums) == 1:
        yield finding(
            "media.single",
            "REVIEW",
            next(iter(sums)),
            "",
            "There is one paid channel only: there is nothing to compare or to move budget between.",
            "Split it, or add the other channels.",
        )
    for name, spent in sums.items():
        if whole > 0 and 0 < spent / whole < SMALL_SHARE:
            share = f"{spent / whole:.1%}" if spent / whole >= 0.0005 else "less than 0.1%"
            yield finding(
                "spend.small",
                "INFO",
                name,
                "",
                f"“{name}” is {share} of all spend; its effect may be too small to see.",
                "Merge it with a similar channel.",
                spent / whole,
            )
