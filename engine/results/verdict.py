"""Our judgement of a run: may somebody act on it, on which channels, and why or why not."""

from collections.abc import Iterator

from pydantic import BaseModel, ConfigDict, Field

from engine.labels import opening
from engine.results.calls import ChannelCall, calls, in_words
from engine.results.headline import Headline
from engine.results.leader import Standing, leader
from engine.results.reasons.channels import LITTLE, on_channels
from engine.results.reasons.data import on_data
from engine.results.reasons.estimate import on_estimate
from engine.results.reasons.fit import UNCHECKED, on_fit, plain_guess
from engine.results.reasons.parts import on_parts
from engine.results.reasons.reason import Level, Reason
from engine.results.reasons.search import on_search
from engine.results.wording import media_explains

# More reasons than this are not read.
SHOWN = 6
# Of the reasons of a level these come first: they say that the numbers themselves may not stand.
NEVER_CUT = ("estimate.moving",)


class Verdict(BaseModel):
    """The judgement: a level, one sentence, the reasons, the gravest first, and the call on each channel."""

    model_config = ConfigDict(frozen=True)

    level: Level
    sentence: str
    reasons: tuple[str, ...] = Field(description="Why it is not better, and what else to know.")
    codes: tuple[str, ...] = Field((), description="The name of each reason, as docs/model.md has it.")
    calls: tuple[ChannelCall, ...] = Field((), description="What to do about each paid channel, largest spend first.")


def judge(head: Headline) -> Verdict:
    """Judge a run by its key numbers. Fit alone never makes a run usable; poor fit alone makes it useless."""
    reasons = sorted(_reasons(head), key=lambda one: (-list(Level).index(one.level), one.code not in NEVER_CUT))
    level = reasons[0].level if reasons else Level.USABLE
    if level is Level.NOT:
        # How little of a useless model may be acted on is no news.
        reasons = [one for one in reasons if one.code not in LITTLE]
    made = calls(head, usable=level is not Level.NOT)
    return Verdict(
        level=level,
        sentence=sentence(level, head, made),
        reasons=tuple(reason.text for reason in reasons[:SHOWN]),
        codes=tuple(reason.code for reason in reasons[:SHOWN]),
        calls=made,
    )


def sentence(level: Level, head: Headline, made: tuple[ChannelCall, ...]) -> str:
    """The verdict in one breath: what to do about which channel, who is ahead, and what all media explain."""
    if level is Level.NOT:
        return "Do not use this model to move money."
    standing, best = leader(head)
    where = "in this model, " if head.method == "robyn" else ""
    ahead = (
        f"{where}{head.called(best.channel)} returns most per unit of spend; "
        if standing is Standing.CLEAR and best
        else ""
    )
    start = "Usable" if level is Level.USABLE else "Usable with care"
    return f"{start}: {in_words(made, head)}. {opening(f'{ahead}{media_explains(head)}')}."


def _reasons(head: Headline) -> Iterator[Reason]:
    yield from on_parts(head)
    yield from on_data(head)
    yield from on_fit(head)
    yield from on_estimate(head)
    yield from on_channels(head, calls(head))
    yield from on_search(head)


__all__ = ["UNCHECKED", "Level", "Reason", "Verdict", "judge", "plain_guess", "sentence"]
