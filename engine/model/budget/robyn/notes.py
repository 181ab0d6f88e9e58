"""What a reader of an allocation should know, in sentences: what is impossible, left out, or beyond the data."""

from collections.abc import Sequence

import numpy as np

from engine.model.budget.answer import NO_EFFECT, SET_TO_NOTHING
from engine.model.budget.robyn.allocation import Allocation, Channel, Row
from engine.model.budget.robyn.optimum import PROVED, best_efficiency
from engine.model.budget.robyn.response import Responses
from engine.number_words import percent

# A mean exposure at the window's average cost that misses the money really spent by more than this is mentioned.
_OTHER_COST = 0.01
_ON_BOUND = 1e-9


def impossible(allocation: Allocation, responses: Responses) -> tuple[str, str]:
    """Say why no split meets the total or the target, and which bounds to change. responses: of its rows."""
    return _total(allocation) if allocation.optimum.target is None else _target(allocation, responses)


def _total(allocation: Allocation) -> tuple[str, str]:
    rows = [row for row in allocation.rows if row.takes_part]
    low, high = (sum(getattr(row.limits, end) * row.limits.base for row in rows) for end in ("low", "up"))
    total, periods = allocation.total, allocation.periods
    what = (
        f"A total of {total * periods:,.0f} ({total:,.0f} in each of {periods} periods) is outside of what the bounds "
        f"allow: from {low * periods:,.0f} to {high * periods:,.0f} ({low:,.0f} to {high:,.0f} a period)."
    )
    side, key, verb = ("up", "channel_constr_up", "Raise") if total > high else ("low", "channel_constr_low", "Lower")
    current = ", ".join(f"{row.channel} {getattr(row.limits, side):g}" for row in rows)
    end = high if side == "up" else low
    times = f"; all of them times {total / end:.3g} would just do" if end > 0 else ""
    return what, f"{verb} {key} (now {current}{times}), or choose a total in between."


def _target(allocation: Allocation, responses: Responses) -> tuple[str, str]:
    rows, revenue = allocation.rows, allocation.dep_var_type == "revenue"
    low, high = (np.array([getattr(row.limits, end) * row.limits.base for row in rows]) for end in ("low", "up"))
    split = np.array([not row.left_out for row in rows])
    best = best_efficiency(responses.pick(split), low[split], high[split])
    reached = best if revenue else 1 / best if best else np.inf
    name, bound, side = ("ROAS", "at most", "low") if revenue else ("CPA", "at least", "high")
    what = (
        f"A {name} of {allocation.optimum.target:.3g} cannot be reached: within the bounds it is {bound} {reached:.3g}."
    )
    # These would spend less if they might, and keep the average down.
    held = [row.channel for row in rows if _holds_back(row)] or [row.channel for row in rows if not row.left_out]
    easier = "a lower target" if side == "low" else "a higher target"
    return what, f"Lower channel_constr_low of {', '.join(held)}, or choose {easier}."


def _holds_back(row: Row) -> bool:
    return row.optimum.spend > 0 and row.optimum.spend <= row.limits.low * row.limits.base * (1 + _ON_BOUND)


def notes(
    allocation: Allocation,
    channels: Sequence[Channel],
    rows: slice,
    refused: tuple[str, str] | None,
) -> tuple[str, ...]:
    """Return the sentences. refused: why nothing meets the request, where nothing does."""
    found = [f"{refused[0]} The split shown only comes as near as it can. {refused[1]}"] if refused else []
    found += _easier(allocation)
    for row in allocation.rows:
        found += _left_out(row)
        if not row.initial.spend:
            found.append(
                f"{row.channel} spent nothing in the date range; its bounds are multiples of "
                + (f"the window's mean, {row.limits.base:,.0f}." if row.limits.base else "that, so it stays without.")
            )
        if row.optimum.beyond_observed > 0:
            found.append(
                f"{row.channel}: extrapolation, {row.optimum.spend:,.0f} a period is "
                f"{percent(row.optimum.beyond_observed)} beyond the largest spend of a period in the window."
            )
    found += _other_cost(channels, rows)
    if allocation.optimum.gap > PROVED:
        found.append(f"A better split may exist; it would add at most {allocation.optimum.gap:.1e} of the response.")
    if any(row.initial.response != row.simulated.response for row in allocation.rows):
        found.append(
            "The initial response is the mean of the window's responses, the proposed one the response to a mean "
            "spend: part of the difference is not due to the new split."
        )
    return tuple(found)


def _easier(allocation: Allocation) -> list[str]:
    target, best = allocation.optimum.target, allocation.optimum
    if target is None or not best.feasible or not best.spend:
        return []
    reached = best.response / best.spend
    name, asked = ("ROAS", target) if allocation.dep_var_type == "revenue" else ("CPA", 1 / target)
    if reached <= asked * (1 + 1e-6):
        return []
    shown = reached if name == "ROAS" else 1 / reached
    return [f"The bounds, not the target, end the spend: at all upper bounds the {name} is still {shown:.3g}."]


def _left_out(row: Row) -> list[str]:
    if row.left_out == SET_TO_NOTHING:
        return [
            f"{row.channel} is set to 0: with its spend also goes what that carries over, together "
            f"{row.initial.response:,.0f} of response a period."
        ]
    if row.left_out == NO_EFFECT:
        return [
            f"{row.channel} has no effect in this model: it gets nothing, and what it spent "
            f"({row.initial.spend:,.0f} a period) counts to the total of the others."
        ]
    return []


def _other_cost(channels: Sequence[Channel], rows: slice) -> list[str]:
    found = []
    for channel in channels:
        modelled, spent = float(channel.modelled[rows].mean()), float(channel.spent[rows].mean())
        if abs(modelled - spent) > _OTHER_COST * max(modelled, spent):
            found.append(
                f"{channel.name}: spends are its exposure at the window's average cost, {modelled:,.0f} a period in "
                f"the date range; really spent were {spent:,.0f}."
            )
    return found
