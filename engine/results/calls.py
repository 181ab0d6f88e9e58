"""What to do about each channel: act on its number, test it first, or nothing, as the data are silent on it."""

from collections.abc import Iterator
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from engine.data.dataset import Finding
from engine.labels import in_sentence, listed
from engine.number_words import percent, short, span
from engine.results.effects import average_roas, decided_by_prior, no_effect_seen, roas_ends, shows_effect, width
from engine.results.headline import ChannelResult, Headline
from engine.results.summary import Edge

# A range this many times as high as low, or narrower, is one to act on: of such channels 94 to 100 % were within 30 %
# of the truth, on sets that no published table holds.
ACT_WIDTH = 2.2
# So wide, or decided by so much else than its data, a channel's number says nothing.
SILENT_WIDTH, SILENT_PRIOR = 6.0, 0.75
# How far beyond an end of its range, as a share of that end, a number may lie and still count as within it.
BESIDE = 0.02
# A preview searches too little to be acted on, however well it happens to fit.
PREVIEW_MODELS = 2000
# Lift tests that a model misses by more do not bear it out.
LIFT_GOOD = 0.2
# Chains as far apart as this have not found the same answer for any channel.
CHAINS_APART = 1.1
# A driver that is nearly the KPI itself: of a model with it, no channel's number is to be trusted.
LEAK = "driver.leakage"
# Reasons for a call by which no effect was seen.
NO_EFFECT = ("silent.any", "test.no_effect")
# So many channels are named in a sentence; more are counted.
NAMED = 4


class Call(StrEnum):
    """What to do about a channel."""

    ACT = "act"
    TEST = "test first"
    SILENT = "silent"


class ChannelCall(BaseModel):
    """The call on one channel, with its one reason. `code` names the reason, as the table in docs/model.md does."""

    model_config = ConfigDict(frozen=True)

    channel: str
    call: Call
    reason: str
    code: str


def calls(head: Headline, *, usable: bool = True) -> tuple[ChannelCall, ...]:
    """Return the call on each paid channel, in the headline's order. usable: whether the model as a whole is."""
    return tuple(_call(one, head, usable) for one in head.channels)


def in_words(made: tuple[ChannelCall, ...], head: Headline) -> str:
    """All calls in one clause: `act on Search and TV; test Display first; the data are silent on Radio`."""
    by: dict[str, list[str]] = {}
    for one in made:
        by.setdefault("none" if one.code in NO_EFFECT else one.call, []).append(head.called(one.channel))
    words = {
        Call.ACT: "act on {}",
        Call.TEST: "test {} first",
        "none": "no effect seen for {}",
        Call.SILENT: "the data are silent on {}",
    }
    return "; ".join(text.format(_named(by[what], len(made))) for what, text in words.items() if what in by)


def is_preview(head: Headline) -> bool:
    """Whether the run was too short to decide on: few models tried; by evidence, where chains that are as short did not
    come out alike either."""
    settled = head.method == "evidence" and head.chains is not None and head.chains.good
    return head.trials * head.iterations < PREVIEW_MODELS and not settled


def leans(one: Edge) -> bool:
    """Whether an edge bears on a channel's whole effect: carryover or delay that may be other than was looked at.

    How an effect saturates moves the next unit only. An end that is natural, such as no carryover at all, is no edge.
    """
    return one.parameter in ("carryover", "delay")


def about(one: Finding, channel: ChannelResult) -> bool:
    """Whether a doubt about the data names a channel, by either of its columns."""
    names = {channel.channel, channel.column} - {""}
    return one.column in names or any(f"“{name}”" in one.text for name in names)


def outside(one: ChannelResult) -> bool:
    """Whether a channel's number lies outside its own range, as Robyn's winner of a cluster may."""
    if one.efficiency is None or one.low is None or not shows_effect(one):
        return False
    above = one.high is not None and one.efficiency > one.high * (1 + BESIDE)
    return one.efficiency < one.low * (1 - BESIDE) or above


def _call(one: ChannelResult, head: Headline, usable: bool) -> ChannelCall:
    code, reason = next(_silent(one, head), None) or next(_test(one, head, usable), None) or _act(one, head)
    call = Call.ACT if code == "act" else Call.SILENT if code.startswith("silent") else Call.TEST
    return ChannelCall(channel=one.channel, call=call, reason=reason, code=code)


def _silent(one: ChannelResult, head: Headline) -> Iterator[tuple[str, str]]:
    ends, wide = roas_ends(one, head), width(one)
    if no_effect_seen(one, head):
        # A range that also ends low says that there is little to see.
        if ends is not None and ends[1] > average_roas(head):
            most = f"a {head.measure} of {short((one.high if head.measure == 'ROAS' else one.low) or 0.0)}"
            yield "silent.any", f"No effect seen: anything from none at all to {most} fits the data."
        return
    if one.prior_share is not None and one.prior_share > SILENT_PRIOR:
        text = f"Its {head.measure} comes from the assumption that channels are alike, hardly from its own data."
        yield "silent.prior", text
    if wide is not None and wide > SILENT_WIDTH:
        yield "silent.wide", f"Its {head.measure} may be {span(one.low, one.high)}: that says next to nothing."


def _test(one: ChannelResult, head: Headline, usable: bool) -> Iterator[tuple[str, str]]:
    name, kpi = head.called(one.channel), in_sentence(head.dep_var)
    if not usable:
        yield "test.verdict", "The model as a whole is not good enough to act on."
    if no_effect_seen(one, head):
        ends = roas_ends(one, head)
        most = "" if ends is None or head.measure == "CPA" else f", at most {short(ends[1])} per unit of spend"
        yield "test.no_effect", f"No effect seen: it may bring next to nothing{most}. That is no proof of none."
    if any(doubt.code == LEAK for doubt in head.doubts):
        yield "test.leak", f"What is nearly {kpi} itself may have taken its credit."
    for doubt in head.doubts:
        if about(doubt, one):
            yield "test.data", f"Its data came with a doubt: {doubt.text}"
    if decided_by_prior(one):
        yield "test.prior", f"Its own data decide only {percent(1 - (one.prior_share or 0.0))} of its {head.measure}."
    if outside(one):
        yield "test.outside", f"Its {head.measure} lies outside its own range."
    if (wide := width(one)) is not None and wide > ACT_WIDTH:
        yield "test.wide", f"Its {head.measure} may be {span(one.low, one.high)}."
    for pair in head.indistinct:
        if one.channel in pair:
            other = head.called(next(other for other in pair if other != one.channel))
            yield "test.pair", f"It cannot be told apart from {other}."
    for edge in head.edges:
        if edge.channel == one.channel and leans(edge):
            how = "longer" if edge.end == "high" else "shorter"
            yield "test.edge", f"{name}'s effect may last {how} than was looked at."
    chains = head.chains
    if chains is not None and not chains.good and (chains.rhat > CHAINS_APART or chains.worst == one.channel):
        yield "test.chains", f"Estimated several times, its {head.measure} did not come out alike."
    if is_preview(head):
        yield "test.preview", "This was a preview: run Standard before acting."
    if head.method == "robyn" and (head.lift_miss is None or head.lift_miss > LIFT_GOOD):
        yield "test.robyn", f"Robyn's rule does not tell how sure its {head.measure} is, and no lift test bears it out."
    if one.low is None:
        yield "test.no_range", f"How sure its part of {kpi} is was not measured."


def _act(one: ChannelResult, head: Headline) -> tuple[str, str]:
    return "act", f"Its {head.measure} is known well enough: {span(one.low, one.high)}."


def _named(names: list[str], of: int) -> str:
    if len(names) == of and of > NAMED:
        return f"all {of} channels"
    more = len(names) - NAMED
    return listed(names if more <= 1 else [*names[:NAMED], f"{more} more"])
