"""The three markets of the sample data: what is true of them, and what a model should find."""

from dataclasses import dataclass
from typing import Literal

Flighting = Literal["bursts", "always", "posters", "insertions", "demand"]


@dataclass(frozen=True)
class Channel:
    """A paid channel and its true effect.

    roas: revenue it brings per unit of currency spent, over the whole period.
    theta: share of a day's effect that is still felt the next day (geometric adstock).
    alpha, gamma: shape and inflection of the Hill curve, gamma as a share of the largest adstocked exposure.
    spend: mean spend per active day. price: spend per 1,000 exposures; 0 if the channel has no exposure column.
    """

    name: str
    flighting: Flighting
    spend: float
    roas: float
    theta: float
    alpha: float
    gamma: float
    exposure: str = ""
    price: float = 0.0

    @property
    def spend_column(self) -> str:
        return f"{self.name}_COST"

    @property
    def exposure_column(self) -> str:
        return f"{self.name}_{self.exposure}" if self.exposure else ""


@dataclass(frozen=True)
class Market:
    """A country: its size, its seasons and its channels.

    base: revenue of a day without marketing at the start. growth: its relative growth over the period.
    weekdays: factors from Monday to Sunday. winter: how much more is sold in December than in July, relative to base.
    coldest, warmest: mean temperature of January and July in °C.
    """

    country: str
    currency: str
    base: float
    growth: float
    weekdays: tuple[float, ...]
    winter: float
    coldest: float
    warmest: float
    basket: float
    subscribers: int
    channels: tuple[Channel, ...]


def _channels(size: float, roas: dict[str, float], tv_theta: float) -> tuple[Channel, ...]:
    """The channels every market buys; `size` scales spend, `roas` and TV's carry-over are the market's own."""
    return (
        Channel("TV", "bursts", 14_000 * size, roas["TV"], tv_theta, 1.6, 0.45, "IMPRESSIONS", 9.0),
        Channel("FACEBOOK", "always", 3_600 * size, roas["FACEBOOK"], 0.25, 1.1, 0.50, "IMPRESSIONS", 6.5),
        Channel("SEARCH", "demand", 4_200 * size, roas["SEARCH"], 0.05, 1.0, 0.60, "CLICKS", 620.0),
        Channel("YOUTUBE", "bursts", 3_900 * size, roas["YOUTUBE"], 0.40, 1.3, 0.45, "IMPRESSIONS", 8.0),
        Channel("OOH", "posters", 5_200 * size, roas["OOH"], 0.65, 1.4, 0.55),
        Channel("PRINT", "insertions", 6_500 * size, roas["PRINT"], 0.35, 1.2, 0.50),
    )


MARKETS: dict[str, Market] = {
    "FR": Market(
        country="FR",
        currency="EUR",
        base=118_000,
        growth=0.14,
        weekdays=(0.98, 0.96, 1.00, 0.99, 1.06, 1.12, 0.89),
        winter=0.22,
        coldest=4.5,
        warmest=21.0,
        basket=58.0,
        subscribers=240_000,
        channels=_channels(
            1.0,
            {"TV": 2.1, "FACEBOOK": 2.6, "SEARCH": 3.8, "YOUTUBE": 1.7, "OOH": 1.1, "PRINT": 0.7},
            tv_theta=0.55,
        ),
    ),
    "DE": Market(
        country="DE",
        currency="EUR",
        base=171_000,
        growth=0.09,
        weekdays=(1.04, 1.02, 1.01, 1.00, 1.04, 1.10, 0.79),
        winter=0.27,
        coldest=1.0,
        warmest=19.5,
        basket=64.0,
        subscribers=310_000,
        channels=_channels(
            1.35,
            {"TV": 1.6, "FACEBOOK": 3.1, "SEARCH": 4.3, "YOUTUBE": 2.2, "OOH": 1.4, "PRINT": 1.2},
            tv_theta=0.48,
        ),
    ),
    "GB": Market(
        country="GB",
        currency="GBP",
        base=96_000,
        growth=0.21,
        weekdays=(0.97, 0.95, 0.98, 1.01, 1.08, 1.09, 0.92),
        winter=0.33,
        coldest=5.0,
        warmest=18.0,
        basket=49.0,
        subscribers=205_000,
        channels=_channels(
            0.85,
            {"TV": 2.5, "FACEBOOK": 1.9, "SEARCH": 3.2, "YOUTUBE": 2.8, "OOH": 0.9, "PRINT": 0.5},
            tv_theta=0.62,
        ),
    ),
}


def market(country: str) -> Market:
    """Return a market by its ISO code in any case. Raises KeyError for one the sample does not have."""
    return MARKETS[country.upper()]
