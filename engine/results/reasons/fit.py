"""Reasons about how well the model tells the KPI: what it was fitted on, what it had not seen, and lift tests."""

from collections.abc import Iterator
from statistics import median

from engine.labels import in_sentence
from engine.number_words import counted, percent, times
from engine.results.headline import Headline
from engine.results.reasons.reason import Level, Reason, below, beyond

# Limits practitioners use for fit: beyond the first care is due, beyond the second stop.
RSQ = (0.7, 0.5)
NRMSE = (0.15, 0.25)
# How far off it is on held-out periods, as times how far off a plain guess is.
BACKTEST = (1.1, 2.0)
# A stretch told so much worse than the others, and off by this share of the range, is one where something broke.
BROKE, OFF, MIN_STRETCHES = 3.0, 0.25, 3
# How far off it is from the lift tests, as a share of them.
LIFT_MISS = (0.2, 1.0)
# Periods of data below which a channel's effect cannot be told from its neighbours'.
PERIODS = (52, 26)
PERIODS_A_YEAR = {"day": 364, "week": 52, "month": 12}
UNCHECKED = "Not checked against an experiment."


def on_fit(head: Headline) -> Iterator[Reason]:
    """What it explains, how far off it is, on how much data it rests, and whether an experiment bears it out."""
    kpi = in_sentence(head.dep_var)
    # Odd periods are told beside it; what counts is how it explains the others.
    usual = head.rsq if head.rsq_usual is None else max(head.rsq, head.rsq_usual)
    if below(head.rsq, RSQ) and (level := below(usual, RSQ)):
        part = percent(usual) if usual > 0 else "nothing"
        beside = "" if usual == head.rsq else f", its odd {head.interval}s aside"
        yield Reason(code="fit.low", level=level, text=f"It explains {part} of the ups and downs of {kpi}{beside}.")
    if level := beyond(head.nrmse, NRMSE):
        gap = f"the gap between the lowest and the highest {head.interval} of {kpi}"
        yield Reason(code="fit.off", level=level, text=f"It is typically off by {percent(head.nrmse)} of {gap}.")
    yield from _unseen(head)
    yield from _broken(head)
    if level := below(head.periods, PERIODS):
        text = f"It rests on {counted(head.periods, head.interval)} of data only."
        yield Reason(code="fit.short", level=level, text=text)
    if head.lift_miss is None:
        yield Reason(code="lift.none", level=Level.USABLE, text=UNCHECKED)
    elif level := beyond(head.lift_miss, LIFT_MISS):
        text = f"It is off by {percent(head.lift_miss)} from what the lift tests measured."
        yield Reason(code="lift.off", level=level, text=text)


def _unseen(head: Headline) -> Iterator[Reason]:
    tested = head.backtest
    if tested is None or not tested.nrmse or not tested.naive:
        return
    if level := beyond(tested.nrmse / tested.naive, BACKTEST):
        far = times(tested.nrmse / tested.naive)
        text = f"On {head.interval}s it had not seen, it was {far} as far off as {plain_guess(head)}."
        yield Reason(code="unseen.worse", level=level, text=text)


def _broken(head: Headline) -> Iterator[Reason]:
    stretches = () if head.backtest is None else head.backtest.stretches
    if len(stretches) < MIN_STRETCHES:
        return
    worst = max(stretches, key=lambda one: one.nrmse)
    usual = median(one.nrmse for one in stretches if one is not worst)
    if worst.nrmse > OFF and worst.nrmse > BROKE * usual:
        # Stretches that are told without any miss are none of real data.
        far = f"{times(worst.nrmse / usual)} as far off as usual" if usual > 0 else "far off"
        text = (
            f"Something changed about {worst.start}: a forecast of {in_sentence(head.dep_var)} for the "
            f"{head.interval}s from then on was {far}. If you know what it was, mark it in a column."
        )
        yield Reason(code="unseen.broken", level=Level.CARE, text=text)


def plain_guess(head: Headline) -> str:
    """What the backtest compares with. Early stretches of a short window have no year before them."""
    return "last year's value" if head.periods >= 1.5 * PERIODS_A_YEAR[head.interval] else "a plain guess"
