"""A budget: what each channel gets today and what is recommended, with what that promises."""

from engine.charts import titles
from engine.charts.fonts import readable
from engine.charts.legend import Key
from engine.charts.page import Drawing
from engine.charts.rows import Row, lay
from engine.charts.scale import ticks_across
from engine.charts.style import BLUE, GREY
from engine.charts.subject import Subject, alternative
from engine.labels import opening
from engine.number_words import percent, short
from engine.results.budgets import basis
from engine.results.headline import PlannedBudget, Shift
from engine.results.reasons.reason import Level

SHOWN = 16
# Inches: one of the two bars, and both.
BAR, BARS = 0.14, 0.4


def draw(subject: Subject) -> Drawing | None:
    """Draw two bars per channel, today's spend above the recommended. None where no shift is recommended."""
    plan = recommended(subject)
    if plan is None:
        return None
    head = subject.head
    shifts = sorted(plan.shifts, key=lambda one: -one.before)
    shown, rest = shifts[:SHOWN], shifts[SHOWN:]
    title = titles.of_budget(plan, subject.kpi)
    page = subject.page(title, opening(f"{subject.spend_in_unit} per {head.interval}, {short(_total(shifts))} in all"))
    edge = max(1.04 * max(max(one.before, one.after) for one in shown), 1e-9)
    rows = lay(page, [_row(subject, one) for one in shown], 0.0, edge)
    rows.name_below(page, ticks_across(0.0, edge, rows.plot.width, page.size.small))
    for middle, one in zip(rows.middles, shown, strict=True):
        rows.plot.axes.barh(middle - BAR * 0.55, one.before, BAR, color=GREY)
        rows.plot.axes.barh(middle + BAR * 0.55, one.after, BAR, color=BLUE)
    page.skip(0.1)
    page.legend([Key("today", "block", GREY), Key("recommended", "block", BLUE)])
    for note in _notes(subject, plan, rest):
        page.paragraph(note, page.size.small)
        page.skip(0.05)
    each = [f"{subject.names[one.channel]} {short(one.before)} to {short(one.after)}" for one in shifts]
    return page.finish(name="budget", title=title, alt=alternative(f"Bars: {title}.", each), footer=subject.footer)


def recommended(subject: Subject) -> PlannedBudget | None:
    """The first budget that recommends a shift and says what it promises; None of a run that is not to be used."""
    if subject.level is Level.NOT:
        return None
    plans = (one for one in subject.head.budgets if one.asked.recommended and one.asked.gain is not None)
    return next((one for one in plans if one.shifts and one.asked.initial_response > 0), None)


def _row(subject: Subject, one: Shift) -> Row:
    change = one.after / one.before - 1 if one.before > 0 else None
    told = "new" if change is None and one.after > 0 else f"{_signed(change or 0.0)}"
    note = f"today {short(one.before)}"
    if one.beyond_observed > 0:
        note += f"; {percent(one.beyond_observed)} beyond the most ever observed"
    return Row(subject.names[one.channel], note, short(one.after), told, bar=BARS)


def _signed(change: float) -> str:
    return "as today" if abs(change) < 0.005 else f"{'+' if change > 0 else ''}{percent(change)}"


def _total(shifts: list[Shift]) -> float:
    return sum(one.after for one in shifts)


def _notes(subject: Subject, plan: PlannedBudget, rest: list[Shift]) -> list[str]:
    notes = [readable(basis(plan, subject.head))]
    if rest:
        notes.append(f"Not drawn: {len(rest)} channels with less spend, together {short(_total(rest))}.")
    return notes
