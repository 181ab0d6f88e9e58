"""Families of sets: what makes the truth hard to see in each."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Family:
    """What the sets of a family share. Pairs are ranges to draw from.

    step: days of a period: 1, 7, or 30 for months. share: of revenue that paid media bring. noise: standard deviation
    of a period's noise, as a share of the mean revenue; echo: how much of it lasts into the next period. roas_spread:
    standard deviation of log ROAS between channels; `steps` lays them evenly from 1 to 5 times instead. following: how
    far spend follows demand, 0 to 1; sales_driven: by how many percent spend rises for each percent that the last four
    periods sold more. together: how far all channels share their flights, 0 to 1. outside: chance that a true parameter
    lies outside the range that is searched. flights: kind of flights of all channels. long: carry-over of the first
    two channels, by period. peak: periods until an effect is largest. level: change of the base inside the window, as a
    share of it. odd: periods that nothing explains. promotion: whether the data show promotions that move demand and
    spend. synergy: what the first two channels bring together beyond each alone, as a share of the geometric mean of
    both. regions: markets that are summed, each with a curve of its own. silent: channels that bring nothing. twins:
    the first two channels are halves of one.
    """

    channels: int = 4
    periods: tuple[int, int] = (130, 157)
    step: Literal[1, 7, 30] = 7
    share: tuple[float, float] = (0.12, 0.4)
    noise: tuple[float, float] = (0.015, 0.05)
    echo: float = 0.0
    roas_spread: tuple[float, float] = (0.3, 0.6)
    steps: bool = False
    following: float = 0.0
    sales_driven: float = 0.0
    together: float = 0.0
    outside: float = 0.1
    flights: str = ""
    long: tuple[float, float] | None = None
    peak: tuple[float, float] | None = None
    level: tuple[float, float] | None = None
    odd: int = 0
    promotion: Literal["", "hidden", "shown"] = ""
    synergy: float = 0.0
    regions: int = 1
    silent: int = 0
    twins: bool = False


FAMILIES: dict[str, Family] = {
    "weekly_small": Family(channels=3, periods=(104, 157)),
    "weekly_medium": Family(channels=5, periods=(157, 157)),
    "weekly_large": Family(channels=12, periods=(157, 209), share=(0.25, 0.5)),
    "daily": Family(periods=(548, 731), step=1, noise=(0.03, 0.08), echo=0.2),
    "confounded": Family(following=0.8),
    "noisy": Family(share=(0.06, 0.2), noise=(0.06, 0.1), echo=0.3),
    "collinear": Family(together=0.75),
    "spread": Family(channels=5, steps=True),
    "light_media": Family(share=(0.03, 0.1)),
    "heavy_media": Family(channels=5, share=(0.4, 0.6)),
    "outside": Family(share=(0.06, 0.5), outside=0.6),
    "delayed_peak": Family(peak=(2.0, 8.0)),
    "long_carryover": Family(periods=(150, 182), long=(0.8, 0.95)),
    "half_media": Family(share=(0.45, 0.55)),
    "tiny_base": Family(share=(0.7, 0.85)),
    "flights": Family(flights="bursts"),
    "level_break": Family(level=(0.2, 0.5)),
    "odd_weeks": Family(odd=4),
    "hidden_promotion": Family(promotion="hidden"),
    "shown_promotion": Family(promotion="shown"),
    "synergy": Family(channels=3, synergy=0.6),
    "summed_regions": Family(regions=6),
    "two_years": Family(periods=(104, 104)),
    "four_years": Family(channels=6, periods=(208, 209)),
    "monthly": Family(channels=3, periods=(48, 72), step=30),
    "no_effect": Family(silent=1),
    "halves": Family(twins=True),
    "sales_driven": Family(sales_driven=2.0),
}
