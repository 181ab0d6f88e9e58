"""What a reader of an answer should know, in sentences: how it was reckoned, how sure it is, and what is impossible."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.model.budget.answer import NO_EFFECT, SET_TO_NOTHING, Answer, DepVarType, Promise, Share
from engine.model.budget.flights import Flights
from engine.model.budget.shift import Range
from engine.model.fit.compiled import Vector
from engine.number_words import percent

# Factors this near to each other are the same.
_SAME = 1e-6


@dataclass(frozen=True)
class Told:
    """What the sentences need beside the answer. started, chosen: (C,) factors compared with, and those shown."""

    interval: str
    dep_var_type: DepVarType
    started: Vector
    chosen: Vector
    draws: int


def impossible_total(channels: Sequence[Flights], within: Range, total: float) -> tuple[str, str]:
    """Say why no split meets the total, and which bounds to change."""
    periods = len(channels[0].money)
    low, high = float(within.money @ within.low), float(within.money @ within.up)
    what = (
        f"A total of {total:,.0f} ({total / periods:,.0f} in each of {periods} periods) is outside of what the bounds "
        f"allow: from {low:,.0f} to {high:,.0f} ({low / periods:,.0f} to {high / periods:,.0f} a period)."
    )
    above = total > high
    key, verb, end, side = (
        ("channel_constr_up", "Raise", high, within.up) if above else ("channel_constr_low", "Lower", low, within.low)
    )
    current = ", ".join(f"{one.name} {bound:g}" for one, bound in zip(channels, side, strict=True))
    times = f"; all of them times {total / end:.3g} would just do" if end > 0 else ""
    return what, f"{verb} {key} (now {current}{times}), or choose a total in between."


def impossible_target(
    channels: Sequence[Flights], target: float, best: float, dep_var_type: DepVarType
) -> tuple[str, str]:
    """Say why no split meets the target. best: the highest response per unit of money within the bounds."""
    name, bound, side = ("ROAS", "at most", "lower") if dep_var_type == "revenue" else ("CPA", "at least", "higher")
    reached = best if dep_var_type == "revenue" else 1 / best if best else np.inf
    names = ", ".join(one.name for one in channels)
    return (
        f"A {name} of {target:.3g} cannot be reached: within the bounds it is {bound} {reached:.3g}.",
        f"Lower channel_constr_low of {names}, or choose a {side} target.",
    )


def notes(answer: Answer, channels: Sequence[Flights], told: Told) -> tuple[str, ...]:
    """Return the sentences, the most important first."""
    found = [*_sureness(answer.promise, told)]
    found.append(
        f"Reckoned for the {answer.periods} {told.interval}s after the data: each channel's money lies as it did, all "
        "of it times one factor, and what it carries over follows it, also after the plan's end."
    )
    if answer.promise is not None:
        found.append(
            f"The same money spread evenly, each channel's total as it was, would bring {_signed(answer.promise.even)} "
            f"a {told.interval} by itself ({' to '.join(map(_signed, answer.promise.even_ends))})."
        )
    if answer.target is None and abs(answer.spend - answer.initial_spend) > _SAME * answer.initial_spend:
        found.append("The total is not today's: gains are counted from today's proportions at that total.")
    found += _easier(answer, told)
    for share, one in zip(answer.shares, channels, strict=True):
        found += _about(share, one)
    return tuple(found)


def _sureness(promise: Promise | None, told: Told) -> list[str]:
    if promise is None:
        return ["By one model: how sure this is, nobody can tell from it."]
    ends = f"{_signed(promise.low)} to {_signed(promise.high)} a {told.interval}, {_signed(promise.claimed)} on average"
    # Draws are hundreds: none of their shares reads as certain.
    share = percent(min(promise.chance, 0.99))
    if promise.met is not None:
        met = percent(promise.met)
        return [f"The target is met in {met} of what the estimate holds possible; the response changes by {ends}."]
    if promise.recommended:
        return [f"The response rises in {share} of what the estimate holds possible: {ends}."]
    moved = bool(np.abs(told.chosen - told.started).max(initial=0.0) > 0) or promise.claimed != 0
    why = (
        f"The best shift found would raise the response in {share} of what the estimate holds possible ({ends})."
        if moved
        else "No shift gains enough to outweigh how little is known of it."
    )
    return [f"Keep the split. {why} A test of {promise.test} would tell most."]


def _signed(value: float) -> str:
    return f"{value:+,.0f}" if abs(value) >= 10 or value == 0 else f"{value:+,.2g}"


def _easier(answer: Answer, told: Told) -> list[str]:
    target = answer.target
    if target is None or not answer.spend or answer.response <= 0:
        return []
    reached = answer.response / answer.spend
    name, asked = ("ROAS", target) if told.dep_var_type == "revenue" else ("CPA", 1 / target)
    if reached <= asked * (1 + 1e-6):
        return []
    shown = reached if name == "ROAS" else 1 / reached
    return [f"The bounds, not the target, end the spend: at all upper bounds the {name} is still {shown:.3g}."]


def _about(share: Share, one: Flights) -> list[str]:
    found = []
    if share.left_out == SET_TO_NOTHING:
        found.append(f"{share.channel} is set to 0: what its spend carries over ends with it.")
    if share.left_out == NO_EFFECT:
        found.append(f"{share.channel} has no effect in this model and only keeps what the bounds hold it to.")
    if not one.total:
        found.append(
            f"{share.channel} spent nothing in the date range: there is nothing to scale, so it stays without."
        )
    if share.proposed.beyond_observed > 0:
        found.append(
            f"{share.channel}: extrapolation, half of its money would be spent in periods at least "
            f"{percent(share.proposed.beyond_observed)} beyond the largest one in the window."
        )
    if one.name != one.spend_name:
        found.append(f"{share.channel}: exposure is bought at the window's average cost.")
    return found
