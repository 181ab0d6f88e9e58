"""Which channel may be called the best, if any: the same answer for every sentence and every title."""

from collections.abc import Iterator
from enum import StrEnum
from math import inf

from engine.results.headline import ChannelResult, Headline

# From here on the selection or its assumptions decided more of a channel's number than the data did.
DECIDED = 0.5


class Standing(StrEnum):
    """How the channel with the best number stands among the others."""

    NONE = "no channel shows an effect"
    ALONE = "there is no other"
    CLEAR = "ahead in every range"
    OVERLAP = "ranges overlap, or the data cannot tell it from another"
    PRIOR = "ahead, but by what the selection decided"


def leader(head: Headline) -> tuple[Standing, ChannelResult | None]:
    """Return the channel with the best ROAS or CPA and how it stands. Only `CLEAR` allows to call it best.

    A lead compares two numbers: it is the data's word only if they decided both.
    """
    alive = [one for one in head.channels if shows_effect(one)]
    if not alive:
        return Standing.NONE, None
    best = (max if head.measure == "ROAS" else min)(alive, key=lambda one: one.efficiency or 0.0)
    others = [one for one in alive if one is not best]
    if not others:
        return Standing.ALONE, best
    pairs = {frozenset(pair) for pair in head.indistinct}
    if not all(_apart(best, one) and {best.channel, one.channel} not in pairs for one in others):
        return Standing.OVERLAP, best
    if any(decided_by_prior(one) for one in alive):
        return Standing.PRIOR, best
    return Standing.CLEAR, best


def shows_effect(one: ChannelResult) -> bool:
    """Whether a channel shows an effect, so that its ratio says something."""
    return one.efficiency is not None and one.effect > 0


def decided_by_prior(one: ChannelResult) -> bool:
    """Whether the data decided less than half of a channel's number. Unknown counts as no."""
    return shows_effect(one) and one.prior_share is not None and one.prior_share > DECIDED


def _apart(one: ChannelResult, other: ChannelResult) -> bool:
    """Whether two channels' ranges do not overlap, whatever was varied."""
    return all(a is not None and b is not None and (a[0] > b[1] or b[0] > a[1]) for a, b in _ranges(one, other))


Ends = tuple[float, float] | None


def _ranges(one: ChannelResult, other: ChannelResult) -> Iterator[tuple[Ends, Ends]]:
    """The ranges of two channels, those over the same thing side by side."""
    yield _ends(one.low, one.high), _ends(other.low, other.high)
    others = {spread.over: spread for spread in other.spreads}
    for spread in one.spreads:
        if (same := others.get(spread.over)) is not None and min(spread.n, same.n) > 1:
            yield _ends(spread.low, spread.high), _ends(same.low, same.high)


def _ends(low: float | None, high: float | None) -> Ends:
    """Both ends; the cost of no effect has no high one."""
    return None if low is None else (low, inf if high is None else high)
