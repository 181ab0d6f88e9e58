"""What a driver's numbers say, in sentences that claim no more than they show."""

import math

import numpy as np

from engine.data.driver import LEAST, Curve, Driver, Marginal
from engine.data.rules.view import constant
from engine.labels import in_sentence, label, listed, opening
from engine.number_words import counted, percent, short

# Below this neither rank correlation nor line tells anything; nor below what chance alone gives so few values.
HARDLY = 0.1
# A curve that tells so much more than a line is not what the line says.
BENT = 0.05
# Letters of a name in a sentence.
LONGEST = 60
NO_EFFECT = "This is how they move together, not what one does to the other: all else that moved is in it, too."


def called(found: Driver) -> str:
    """What the driver is called in a sentence; a very long name loses its end."""
    return _short(label(found.name))


def goal_called(found: Driver) -> str:
    """What the goal is called within a sentence."""
    return _short(in_sentence(found.goal))


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"


def headline(found: Driver) -> str:
    """The finding in one sentence, for a message and above its picture."""
    goal, name = goal_called(found), called(found)
    if found.curve.shape == "none":
        return _too_little(found)
    hardly = _hardly(found)
    if abs(found.line.rho) < hardly and found.curve.r2 < max(HARDLY, hardly**2):
        return f"{name} and {goal} hardly move together"
    slopes = [one.slope for one in found.curve.marginals]
    turns = min(slopes) < 0 < max(slopes) and found.curve.r2 > found.line.r2 + BENT
    if abs(found.line.rho) < hardly or turns:
        return f"{name} and {goal} move together, but neither only up nor only down"
    return f"More {name} goes with {'more' if found.line.rho > 0 else 'less'} {goal}"


def _too_little(found: Driver) -> str:
    """Why there is nothing to compare."""
    goal, name = goal_called(found), called(found)
    there = np.isfinite(found.y)
    if there.sum() < LEAST:
        return f"There are too few values to compare {name} with {goal}"
    still = [what for what, values in ((name, found.x), (goal, found.y)) if constant(values[there])]
    return (
        f"{opening(listed(still))} never change{'s' if len(still) == 1 else ''}"
        if still
        else f"{name} hardly ever changes"
    )


def _hardly(found: Driver, later: int = 0) -> float:
    """The correlation below which nothing is said: twice its standard error, were there nothing behind it."""
    return max(HARDLY, 2 / math.sqrt(max(int(np.isfinite(found.y[later:]).sum()), 1)))


def measures(found: Driver) -> str:
    """How closely, in numbers."""
    one = found.line
    return (
        f"Spearman's ρ {signed(one.rho)}, R² of the line {one.r2:.2f}, of the curve {found.curve.r2:.2f}; "
        f"the line is off by {percent(one.error)} of the goal's range on average"
    )


def curve_words(curve: Curve) -> str:
    """Which curve was fitted."""
    return {
        "none": "no curve",
        "line": "a straight line: goal = a + b·x",
        "quadratic": "a parabola: goal = a + b·x + c·x²",
        "saturating": "a saturating curve: goal = a + b·x / (x + h)",
    }[curve.shape]


def returns(found: Driver) -> str:
    """What one more of the driver goes with, at the ends and in the middle of its values."""
    if not found.curve.marginals:
        return ""
    goal = goal_called(found)
    if found.curve.shape == "line":
        slope = _minus(short(found.curve.marginals[0].slope))
        return f"One more {called(found)} goes with so much more {goal}: {slope} at each of its values, as on any line."
    told = ", ".join(f"{_minus(short(one.slope))} {_where(one)}" for one in found.curve.marginals)
    return f"One more {called(found)} goes with so much more {goal}: {told}."


def lag_words(found: Driver) -> str:
    """At which lag both move together most."""
    best, now = found.best_lag, found.lags[0]
    goal, name = goal_called(found), called(found)
    if found.curve.shape == "none":
        return _too_little(found)
    if abs(best.r) < 1.5 * _hardly(
        found, best.periods
    ):  # the best of a dozen lags is higher by chance than any one of them
        best = now
    if abs(best.r) < _hardly(found):
        at_once = f"r = {signed(now.r)} in the same {found.interval}"
        if abs(found.line.rho) >= _hardly(found):
            return f"At no lag does r tell much of {name} and {goal} ({at_once}): few far values hide what ranks show"
        return f"{name} and {goal} hardly move together at any lag: {at_once}"
    if best.periods == 0:
        return f"{name} and {goal} move together most in the same {found.interval}: r = {signed(now.r)}"
    later = counted(best.periods, found.interval)
    return f"{goal} answers {name} {later} later: r = {signed(best.r)}, at once {signed(now.r)}".strip()


def far_words(found: Driver) -> str:
    """How much hangs on the highest values."""
    if found.curve.shape == "none":
        return _too_little(found)
    if not found.winsorised:
        return f"{called(found)} has too few values to say what hangs on its highest"
    far = int(found.far.sum())
    strictest = found.winsorised[0]
    moved = abs(strictest.line.rho - found.line.rho) >= 0.1 or abs(strictest.line.r2 - found.line.r2) >= 0.1
    many = f"{counted(far, 'value')} of {called(found)} {'lies' if far == 1 else 'lie'} far from all others"
    none = f"No value of {called(found)} lies far from all others"
    tail = "what is seen hangs on the highest values" if moved else "what is seen hardly hangs on the highest"
    return f"{many if far else none}; {tail}"


def signed(r: float) -> str:
    """A correlation with a minus sign that is one."""
    return _minus(f"{r:.2f}")


def _minus(number: str) -> str:
    return number.replace("-", "\u2212") if number.strip("-0.") else number.lstrip("-")


def _where(one: Marginal) -> str:
    if one.quantile == 0.5:
        return f"at its median ({_minus(short(one.at))})"
    return f"at p{one.quantile * 100:.0f} ({_minus(short(one.at))})"
