"""Reasons about the channels among each other: pairs, and how many of them may be acted on."""

from collections.abc import Iterator

from engine.labels import listed
from engine.number_words import percent
from engine.results.calls import Call, ChannelCall
from engine.results.headline import Headline
from engine.results.reasons.reason import Level, Reason

# So many pairs are named.
PAIRS_NAMED = 3
# The channels to act on hold at least this share of spend, or the run is usable with care only.
ACT_SHARE = 0.5
LITTLE = ("calls.none", "calls.few")

Pairs = tuple[tuple[str, str], ...]


def on_channels(head: Headline, made: tuple[ChannelCall, ...]) -> Iterator[Reason]:
    """Pairs that cannot be told apart, by why; and calls that leave little or nothing to act on."""
    together = {frozenset(pair) for pair in head.together}
    spent = tuple(pair for pair in head.indistinct if frozenset(pair) in together)
    traded = tuple(pair for pair in head.indistinct if frozenset(pair) not in together)
    if spent:
        yield Reason(code="pairs.together", level=Level.CARE, text=_together(spent, head))
    if traded:
        yield Reason(code="pairs.traded", level=Level.USABLE, text=_traded(traded, head))
    if made and all(one.call is Call.SILENT for one in made):
        text = "The data are silent on every channel: their numbers come from elsewhere, or say next to nothing."
        yield Reason(code="calls.silent", level=Level.NOT, text=text)
    elif head.method == "evidence":
        yield from _little_to_act_on(head, made)


def _little_to_act_on(head: Headline, made: tuple[ChannelCall, ...]) -> Iterator[Reason]:
    acting = {one.channel for one in made if one.call is Call.ACT}
    share = sum(one.spend_share for one in head.channels if one.channel in acting)
    if not acting:
        text = "No channel is known well enough to act on at once."
        yield Reason(code="calls.none", level=Level.CARE, text=text)
    elif share < ACT_SHARE:
        text = f"What may be acted on is {percent(share)} of spend."
        yield Reason(code="calls.few", level=Level.CARE, text=text)


def _together(pairs: Pairs, head: Headline) -> str:
    if len(pairs) == 1:
        return f"{_pair(pairs[0], head)} cannot be told apart: their spends rise and fall together."
    return f"These pairs cannot be told apart, as their spends rise and fall together: {_named(pairs, head)}."


def _traded(pairs: Pairs, head: Headline) -> str:
    if len(pairs) == 1:
        first, second = map(head.called, pairs[0])
        return (
            f"{first} and {second} share credit: what one brings more in the model, the other brings less, and which "
            "returns more is not known."
        )
    return (
        "These pairs share credit, what one brings more in the model, the other brings less, and which returns more "
        f"is not known: {_named(pairs, head)}."
    )


def _named(pairs: Pairs, head: Headline) -> str:
    more = f"; {len(pairs) - PAIRS_NAMED} more" if len(pairs) > PAIRS_NAMED else ""
    return f"{'; '.join(_pair(pair, head) for pair in pairs[:PAIRS_NAMED])}{more}"


def _pair(pair: tuple[str, str], head: Headline) -> str:
    return listed([head.called(one) for one in pair])
