"""Reasons about the estimate by evidence: whether it came to rest, on which ends it leans, what it cannot explain."""

from collections.abc import Iterator
from typing import Literal

from engine.labels import in_sentence, listed
from engine.number_words import counted, short
from engine.results.headline import Headline
from engine.results.reasons.reason import Level, Reason
from engine.results.summary import Edge, OddPeriod

# So many odd periods are named.
ODD_NAMED = 3
LEANS: tuple[tuple[str, str, Literal["low", "high"], str], ...] = (
    ("edge.carryover", "carryover", "high", "leans on the longest that was looked at: it may last longer."),
    ("edge.short", "carryover", "low", "leans on the shortest that was looked at: it may be shorter."),
    ("edge.delay", "delay", "high", "leans on the longest that was looked at: the effect may come later."),
)


def on_estimate(head: Headline) -> Iterator[Reason]:
    """Chains that do not agree, edges, and odd periods."""
    if head.chains is not None and not head.chains.good:
        of = f", above all for {head.called(head.chains.worst)}" if head.chains.worst else ""
        text = f"Estimated several times, the numbers did not come out alike{of}: the ranges may be too narrow."
        yield Reason(code="estimate.moving", level=Level.CARE, text=text)
    for code, parameter, end, words in LEANS:
        if who := _leaning(head.edges, parameter, end):
            yield Reason(code=code, level=Level.CARE, text=f"{_owners(who, head)} {parameter} {words}")
    if who := [*_leaning(head.edges, "saturation", "low"), *_leaning(head.edges, "saturation", "high")]:
        named = listed([head.called(one) for one in who])
        text = (
            f"How the effect of {named} flattens with more spend lies at the end of what "
            "was looked at: trust the response curve near today's spend only."
        )
        yield Reason(code="edge.saturation", level=Level.USABLE, text=text)
    if head.odd_periods:
        yield Reason(code="odd.periods", level=Level.USABLE, text=_odd(head.odd_periods, head))


def _leaning(edges: tuple[Edge, ...], parameter: str, end: Literal["low", "high"]) -> list[str]:
    """The channels of which a parameter leans on an end, each once."""
    return list(dict.fromkeys(one.channel for one in edges if one.parameter == parameter and one.end == end))


def _owners(channels: list[str], head: Headline) -> str:
    """`TV's`, `TV's and Radio's`."""
    return listed([f"{head.called(one)}'s" for one in channels])


def _odd(periods: tuple[OddPeriod, ...], head: Headline) -> str:
    kpi = in_sentence(head.dep_var)
    if len(periods) == 1:
        [one] = periods
        side = "above" if one.miss > 0 else "below"
        return (
            f"The {head.interval} of {one.ds} is odd: it is {short(abs(one.miss))} {side} what the model can "
            f"explain of {kpi}, so it counts little. If you know why, mark it in a column."
        )
    named = [one.ds for one in periods[:ODD_NAMED]]
    more = len(periods) - ODD_NAMED
    rest = [f"{more} more"] if more > 0 else []
    return (
        f"{counted(len(periods), head.interval)} are odd and count little, as the model cannot explain them: "
        f"{listed([*named, *rest])}. If you know why, mark them in a column."
    )
