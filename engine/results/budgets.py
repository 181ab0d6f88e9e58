"""What may be said of a budget: a shift with its gain, or that the split is to be kept and which test would tell."""

from math import floor

from engine.labels import listed, opening
from engine.number_words import counted, percent, percents, short, span
from engine.results.headline import ChannelResult, Headline, PlannedBudget, Shift
from engine.results.summary import Interval

# Moves smaller than this share of all spend are none.
MOVED = 0.005
# So many channels are named on either side of a shift.
NAMED = 3


def advice(plan: PlannedBudget, head: Headline) -> str:
    """What to do about a budget, in one or two sentences that promise no more than the ranges do."""
    asked = plan.asked
    if asked.stopped:
        return (
            f"Robyn's search stopped at {_reached(plan, head)}, beside the target: whether a split within the bounds "
            "meets it is open. The native trainer can tell."
        )
    if not asked.feasible:
        return "No split meets this budget within its bounds; the one shown comes as near as it can."
    moves = _moves(plan, head)
    if asked.met is not None:
        return f"{moves or 'Spend as now'}: the odds that the target is met are {_odds(asked.met)}."
    if asked.recommended is None:
        how = "Robyn's formula" if asked.basis == "robyn" else "one model"
        return f"This split follows {how}, which does not tell how sure its gain is: test before you shift money."
    if not asked.recommended:
        tell = f" A test of {head.called(asked.test)} would tell most." if asked.test else ""
        return f"Keep the split: no other gains enough in at least 8 of 10 answers that fit the data.{tell}"
    if not moves:
        return "Keep the split: it is as good as any."
    chance = "" if asked.gain_chance is None else f"; the odds of a gain are {_odds(asked.gain_chance)}"
    return f"{moves}: {_gain(plan)}{chance}."


def basis(plan: PlannedBudget, head: Headline) -> str:
    """How the plan's spend is taken to lie in time, and what spreading it evenly alone would bring."""
    asked = plan.asked
    if asked.basis == "robyn":
        return "By Robyn's formula, which holds carryover at its mean over the window."
    over = counted(asked.periods, head.interval)
    how = "in flights as it was" if asked.basis == "flights" else "evenly"
    said = f"The money is spent {how}, over {over}."
    if asked.even is None or asked.initial_response <= 0 or asked.basis == "even":
        return said
    # Results of earlier releases have no range of it.
    ends = asked.even_range or Interval(low=asked.even, high=asked.even)
    change = Interval(low=ends.low / asked.initial_response, high=ends.high / asked.initial_response)
    if max(abs(change.low), abs(change.high)) < MOVED:
        return f"{said} Spreading today's spend evenly would change next to nothing."
    return f"{said} Spreading today's spend evenly would alone bring {_more(change)}."


def next_unit(one: ChannelResult, head: Headline) -> str:
    """What the next unit on a channel brings or costs: `The next unit on TV: ROAS 0.4 to 1.1`."""
    if one.marginal is None:
        return f"The next unit on {head.called(one.channel)}: nothing seen"
    told = f"about {short(one.marginal)}" if one.marginal_low is None else span(one.marginal_low, one.marginal_high)
    return f"The next unit on {head.called(one.channel)}: {head.measure} {told}"


def _moves(plan: PlannedBudget, head: Headline) -> str:
    """Who gives and who gets, each named with what moves; empty where hardly anything does."""
    before = sum(one.before for one in plan.shifts)
    moved = [one for one in plan.shifts if abs(one.after - one.before) >= MOVED * before]
    gets = sorted((one for one in moved if one.after > one.before), key=lambda one: one.before - one.after)
    gives = sorted((one for one in moved if one.after < one.before), key=lambda one: one.after - one.before)
    per = f"a {head.interval}"
    more = sum(one.after - one.before for one in gets)
    less = sum(one.before - one.after for one in gives)
    if gets and gives and abs(more - less) <= MOVED * before:
        return f"Shift {short(less)} {per} from {_named(gives, head)} to {_named(gets, head)}"
    said = [f"take {short(less)} {per} from {_named(gives, head)}"] if gives else []
    said += [f"add {short(more)} {per} to {_named(gets, head)}"] if gets else []
    return opening(" and ".join(said))


def _named(shifts: list[Shift], head: Headline) -> str:
    more = len(shifts) - NAMED
    named = [head.called(one.channel) for one in shifts]
    return listed(named if more <= 1 else [*named[:NAMED], f"{more} more"])


def _gain(plan: PlannedBudget) -> str:
    asked = plan.asked
    if asked.gain is None or asked.initial_response <= 0:
        return "paid media would bring more"
    change = Interval(low=asked.gain.low / asked.initial_response, high=asked.gain.high / asked.initial_response)
    return f"paid media would bring {_more(change)} {_at(plan)}"


def _more(change: Interval) -> str:
    if change.low >= 0:
        return f"{percents(change.low, change.high)} more"
    if change.high <= 0:
        return f"{percents(-change.high, -change.low)} less"
    return f"between {percent(-change.low)} less and {percent(change.high)} more"


def _at(plan: PlannedBudget) -> str:
    """What a gain is counted from: the same money, split as today."""
    before = sum(one.before for one in plan.shifts)
    same = before <= 0 or abs(plan.asked.total_spend / before - 1) < MOVED
    return "at the same spend" if same else "than the same total split as today"


def _reached(plan: PlannedBudget, head: Headline) -> str:
    """The ROAS or CPA of a plan: `a ROAS of 0.53`."""
    spend, response = plan.asked.total_spend, plan.asked.response
    over, under = (spend, response) if head.measure == "CPA" else (response, spend)
    return f"a {head.measure} of {over / under:.2f}" if under > 0 else "no effect"


def _odds(chance: float) -> str:
    """A chance, rounded down, so that none reads as certain or better than it is."""
    of = 100 if chance >= 0.95 else 10
    return f"{min(floor(chance * of + 1e-9), of - 1)} in {of}"
