"""Which channel may be called the best, if any: the same answer for every sentence and every title."""

from collections.abc import Iterator
from enum import StrEnum
from math import inf

from engine.results.effects import decided_by_prior as decided_by_prior
from engine.results.effects import likely_none, no_effect_seen
from engine.results.effects import shows_effect as shows_effect
from engine.results.headline import ChannelResult, Headline


class Standing(StrEnum):
    """How the channel with the best number stands among the others."""

    NONE = "no channel shows an effect"
    ALONE = "there is no other"
    CLEAR = "ahead in every range"
    OVERLAP = "ranges overlap, or the data cannot tell it from another"
    PRIOR = "ahead, but by what the selection decided"


def leader(head: Headline) -> tuple[Standing, ChannelResult | None]:
    """Return the channel with the best ROAS or CPA and how it stands. Only `CLEAR` allows to call it best.

    Its range overlaps nobody's, whatever was varied; a channel that may bring next to nothing never leads. A lead
    compares two numbers: it is the data's word only if they decided both.
    """
    alive = [one for one in head.channels if shows_effect(one)]
    seen = [one for one in alive if not no_effect_seen(one, head)]
    if not seen:
        return Standing.NONE, None
    best = (max if head.measure == "ROAS" else min)(seen, key=lambda one: one.efficiency or 0.0)
    others = [one for one in alive if one is not best]
    if not others:
        return Standing.ALONE, best
    pairs = {frozenset(pair) for pair in (*head.indistinct, *head.together)}
    if not all(_ahead(best, one, head) and {best.channel, one.channel} not in pairs for one in others):
        return Standing.OVERLAP, best
    # That a channel most likely brings nothing is the data's word: beforehand hardly anything speaks for it.
    if any(decided_by_prior(one) and not likely_none(one) for one in alive):
        return Standing.PRIOR, best
    return Standing.CLEAR, best


Ends = tuple[float, float] | None


def _ahead(one: ChannelResult, other: ChannelResult, head: Headline) -> bool:
    """Whether one channel's range lies on the better side of another's, whatever was varied."""
    pairs = [*_ranges(one, other)]
    if head.measure == "ROAS":
        return all(a is not None and b is not None and a[0] > b[1] for a, b in pairs)
    return all(a is not None and b is not None and a[1] < b[0] for a, b in pairs)


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
