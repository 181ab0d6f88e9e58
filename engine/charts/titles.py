"""What a chart may say above itself. Every title follows from ranges, ties, edges and the verdict.

The table in docs/model.md has each with its condition; `tests/unit/test_titles.py` tests each both ways. A run that is
not to be used has titles that say what is drawn and claim nothing.
"""

from collections.abc import Mapping, Sequence
from math import inf

from engine.labels import opening
from engine.number_words import percent, percents, short, span
from engine.results.calls import calls, leans
from engine.results.effects import decided_by_prior, roas_ends, shows_effect
from engine.results.headline import ChannelResult, Headline, PlannedBudget
from engine.results.leader import Standing, leader
from engine.results.reasons.parts import on_parts
from engine.results.reasons.reason import Level, Reason
from engine.results.summary import Interval
from engine.results.wording import media_share

Names = Mapping[str, str]
# Of draws: from here on one channel's effect lasts longer than every other's.
SURE = 0.9
# A thing that moves the ratios this many times as much as another moves them more.
MORE = 1.5
# Along the front a ratio that changes by less than this share of its middle stands still.
STILL = 0.25


def of_ranges(head: Headline, level: Level, names: Names) -> str:
    """A leader only where its range stands clear of all others and none of them hangs on an edge."""
    only = names[head.channels[0].channel] if len(head.channels) == 1 else ""
    neutral = f"{head.measure} of {only}, with its range" if only else f"{head.measure} by channel, with its range"
    if level is Level.NOT:
        return neutral
    standing, best = leader(head)
    if best is None:
        return f"No effect of {only} is seen" if only else "No channel's effect is seen"
    if standing in (Standing.CLEAR, Standing.ALONE) and (_shaky(head) or _doubted(best, head)):
        return neutral
    if standing is Standing.ALONE:
        ends = "" if best.low is None else f", {span(best.low, best.high)}"
        return f"{names[best.channel]} shows an effect: {head.measure} {short(best.efficiency or 0.0)}{ends}"
    where = "In this model " if head.method == "robyn" else ""
    return {
        Standing.CLEAR: f"{where}{names[best.channel]} is ahead: {head.measure} {short(best.efficiency or 0.0)}",
        Standing.OVERLAP: "Which channel is ahead cannot be told",
        Standing.PRIOR: "The data do not say which channel is ahead",
    }[standing]


def of_waterfall(head: Headline, level: Level, kpi: str) -> str:
    """What paid media explain, with its range, unless there are parts that no business has."""
    if level is Level.NOT:
        return f"What the model makes {kpi} of"
    if (doubt := impossible(head)) is not None:
        beyond = doubt.code == "parts.beyond"
        return f"A part is larger than all of {kpi}" if beyond else f"Large parts of {kpi} cancel each other out"
    # The words of `media_explains`, with the name as a picture has it.
    return opening(f"paid media explains {media_share(head)} of {kpi}")


def impossible(head: Headline) -> Reason | None:
    """The verdict's reason about parts that no business has; None where there are none."""
    return next((reason for reason in on_parts(head) if reason.code in ("parts.cancel", "parts.beyond")), None)


def of_fit(head: Headline, level: Level, kpi: str) -> str:
    """How much of the past the model retells; nothing where it retells none or is not to be used."""
    if level is Level.NOT:
        return f"Actual and fitted {kpi}"
    if head.rsq <= 0:
        return f"The model does not follow {kpi}"
    return f"The model follows {percent(min(head.rsq, 1.0))} of the ups and downs of {kpi}"


def of_response_curves(head: Headline, level: Level, names: Names) -> str:
    """Where the next unit brings most only if its range lies above every other's, and neither hangs on an edge."""
    several = len(head.channels) > 1
    neutral = "What more or less spend would bring"
    if level is Level.NOT:
        return "Response curves of this model" if several else "Response curve of this model"
    best = next_unit_leader(head)
    if best is None:
        return neutral
    told = f"{head.measure} {short(best.marginal or 0.0)} ({span(best.marginal_low, best.marginal_high)})"
    return f"The next unit of spend brings most in {names[best.channel]}: {told}"


def next_unit_leader(head: Headline) -> ChannelResult | None:
    """The channel whose next unit brings more than every other's, over the whole of both ranges; None if none does."""
    alive = [one for one in head.channels if shows_effect(one) and one.marginal is not None]
    if len(alive) < 2 or head.edges or _shaky(head):
        return None
    cheap = head.measure == "CPA"
    best = (min if cheap else max)(alive, key=lambda one: one.marginal or 0.0)
    others = [one for one in alive if one is not best]
    if any(decided_by_prior(one) for one in alive) or _doubted(best, head) or best.marginal_low is None:
        return None
    tied = {name for pair in (*head.indistinct, *head.together) for name in pair if best.channel in pair}
    # The cost of no effect has no high end.
    high = inf if cheap and best.marginal_high is None else best.marginal_high
    if any(one.marginal_low is None or one.channel in tied for one in others) or high is None:
        return None
    if cheap:
        return best if all(high < (one.marginal_low or 0.0) for one in others) else None
    ends = [one.marginal_high for one in others]
    return best if all(end is not None and best.marginal_low > end for end in ends) else None


def of_shares(head: Headline, level: Level, names: Names) -> str:
    """A channel that brings more or less than its share of spend only if that holds over all ranges."""
    neutral = "Shares of spend and of effect"
    if level is Level.NOT or _shaky(head):
        return neutral
    spend = sum(one.spend for one in head.channels)
    found: list[tuple[float, str]] = []
    for one in head.channels:
        ends = share_ends(one, head)
        share = one.spend / spend if spend > 0 else 0.0
        if ends is None or _doubted(one, head):
            continue
        if ends[0] > share:
            found.append((ends[0] - share, f"{names[one.channel]} has more effect than its share of spend"))
        elif ends[1] < share:
            found.append((share - ends[1], f"{names[one.channel]} has less effect than its share of spend"))
    if found:
        return max(found)[1]
    return "Within the ranges, effects are as spend is shared"


def share_ends(one: ChannelResult, head: Headline) -> tuple[float, float] | None:
    """Least and most of all paid effect that a channel may have, 0 to 1, when it and all others are at their ends.

    None where a range is missing or has no end.
    """
    brought: dict[str, tuple[float, float]] = {}
    for other in head.channels:
        ends = roas_ends(other, head) if shows_effect(other) else (0.0, 0.0)
        if ends is None or ends[1] == inf:
            return None
        brought[other.channel] = (other.spend * ends[0], other.spend * ends[1])
    low, high = brought.pop(one.channel)
    least, most = sum(pair[0] for pair in brought.values()), sum(pair[1] for pair in brought.values())
    return (low / (low + most) if low > 0 else 0.0), (high / (high + least) if high > 0 else 0.0)


def of_adstock(head: Headline, level: Level, names: Names, longest: Mapping[str, float], lag: Mapping[str, str]) -> str:
    """Which channel works longest only where draws say so and none leans on the end of what was looked at.

    longest: the share of draws in which each channel's effect lasts longest. lag: how long, in words.
    """
    if len(lag) == 1:
        [(channel, told)] = lag.items()
        if level is Level.NOT or _shaky(head):
            return f"How long {names[channel]} works, in this model"
        return f"{names[channel]} works for {told} on average"
    neutral = "How long each channel's effect lasts"
    best = max(longest, key=lambda one: longest[one], default="")
    if level is Level.NOT or not best or longest[best] < SURE or _shaky(head):
        return neutral
    if any(_doubted(one, head) for one in head.channels if one.channel == best):
        return neutral
    return f"{names[best]} works longest: {lag[best]} on average"


def of_spreads(widths: Mapping[str, float], measure: str, level: Level) -> str:
    """What moves the ratios most and least, if it is clearly more. widths: as shares of the model's number."""
    if level is Level.NOT or len(widths) < 2:
        return f"How far each {measure} moves"
    most, least = max(widths, key=lambda one: widths[one]), min(widths, key=lambda one: widths[one])
    if widths[most] < MORE * widths[least]:
        return f"All that was varied moves {measure} about as far"
    return f"{measure} moves most with {most}, least with {least}"


def of_front(
    moves: Mapping[str, float],
    told: Mapping[str, str],
    measure: str,
    level: Level,
    names: Names,
    seen: Mapping[str, float] | None = None,
) -> str:
    """How far the ratios move along the front. moves: as shares of the middle; told: from where to where.

    seen: how far in the picture, where a channel with a low ratio moves less than it does as a share.
    """
    if level is Level.NOT:
        return f"{measure} along the front of the search"
    channel = max(moves, key=lambda one: moves[one])
    if moves[channel] < STILL:
        return f"No {measure} moves much along the front of the search"
    others = [move for one, move in moves.items() if one != channel]
    outdone = seen is not None and seen[channel] < max(seen.values())
    if others and (outdone or moves[channel] < MORE * max(others)):
        return f"{measure} moves along the front of the search"
    moved = "moves most" if others else "moves"
    return f"{names[channel]} {moved} along the front of the search: {measure} {told[channel]}"


def of_convergence(settled: Sequence[str], of: int) -> str:
    """Whether the search had settled: about the search, not about what it found."""
    if len(settled) == of:
        return "The search had settled"
    if not settled:
        return "The search was still improving when it ended"
    return f"Only {settled[0].upper()} had settled when the search ended"


def of_budget(plan: PlannedBudget, kpi: str) -> str:
    """What a recommended split promises, as a range of what paid media bring."""
    asked = plan.asked
    gain = asked.gain or Interval(low=0.0, high=0.0)
    low, high = gain.low / asked.initial_response, gain.high / asked.initial_response
    if low >= 0:
        more = f"{percents(low, high)} more {kpi}"
    else:
        more = f"between {percent(-low)} less and {percent(max(high, 0.0))} more {kpi}"
    return f"The recommended split would bring {more} from paid media"


def _shaky(head: Headline) -> bool:
    """Whether ranges may be too narrow to compare by: estimates that did not come out alike, or an effect of a channel
    that may last longer than was looked at."""
    alive = {one.channel for one in head.channels if shows_effect(one)}
    moving = head.chains is not None and not head.chains.good
    return moving or any(leans(edge) and edge.channel in alive for edge in head.edges)


def _doubted(one: ChannelResult, head: Headline) -> bool:
    """Whether the call on a channel has a reason against its number, and not only that it is not exact."""
    [made] = [call for call in calls(head) if call.channel == one.channel]
    return made.code not in ("act", "test.wide", "test.preview", "test.robyn", "test.no_range")
