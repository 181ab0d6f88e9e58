"""What may be said of one channel's effect: seen or not, by the data or not, and how widely it is known."""

from math import inf

from engine.results.headline import ChannelResult, Headline

# From here on the selection or its assumptions decided more of a channel's number than the data did.
DECIDED = 0.5
# A range that begins below this share of what a unit spent on paid media brings on average reaches next to nothing.
NEXT_TO_NOTHING = 0.1
# From this chance on, a channel is said to bring next to nothing even where its range does not reach so far.
LIKELY_NONE = 0.5


def shows_effect(one: ChannelResult) -> bool:
    """Whether a channel shows an effect, so that its ratio says something."""
    return one.efficiency is not None and one.effect > 0


def no_effect_seen(one: ChannelResult, head: Headline) -> bool:
    """Whether a channel may bring next to nothing: no effect at all, a range that reaches so far, or a high chance.

    That is no proof of none: its range may reach far up, too.
    """
    if not shows_effect(one):
        return True
    if likely_none(one):
        return True
    ends = roas_ends(one, head)
    return ends is not None and ends[0] < NEXT_TO_NOTHING * average_roas(head)


def likely_none(one: ChannelResult) -> bool:
    """Whether a channel more likely brings next to nothing than not."""
    return one.no_effect is not None and one.no_effect >= LIKELY_NONE


def decided_by_prior(one: ChannelResult) -> bool:
    """Whether the data decided less than half of a channel's number. Unknown counts as no."""
    return shows_effect(one) and one.prior_share is not None and one.prior_share > DECIDED


def roas_ends(one: ChannelResult, head: Headline) -> tuple[float, float] | None:
    """Both ends of what a unit of spend brings, in the KPI's unit, also where CPA is told. None without a range."""
    if one.low is None or not shows_effect(one):
        return None
    high = inf if one.high is None else one.high
    if head.measure == "ROAS":
        return one.low, high
    return (1 / high if high > 0 else inf), (1 / one.low if one.low > 0 else inf)


def average_roas(head: Headline) -> float:
    """What a unit spent on all paid media together brings, in the KPI's unit; 0 without spend."""
    spend = sum(one.spend for one in head.channels)
    return sum(one.effect for one in head.channels) / spend if spend > 0 else 0.0


def width(one: ChannelResult) -> float | None:
    """How many times its low end the high end of a channel's range is; None where it has no range."""
    if one.low is None or not shows_effect(one):
        return None
    return inf if one.high is None or one.low <= 0 else one.high / one.low
