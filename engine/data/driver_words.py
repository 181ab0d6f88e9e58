"""What a driver's numbers say, in sentences that claim no more than they show."""

from engine.data.driver import Curve, Driver, Marginal
from engine.labels import in_sentence, label
from engine.results.wording import counted, percent, short

# Below this neither rank correlation nor line tells anything.
HARDLY = 0.1
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
        return f"{name} never changes, or there is too little of it to compare with {goal}"
    if abs(found.line.rho) < HARDLY and found.curve.r2 < HARDLY:
        return f"{name} and {goal} hardly move together"
    if abs(found.line.rho) < HARDLY:
        return f"{name} and {goal} move together, but neither only up nor only down"
    return f"More {name} goes with {'more' if found.line.rho > 0 else 'less'} {goal}"


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
    told = ", ".join(f"{short(one.slope)} {_where(one)}" for one in found.curve.marginals)
    return f"One more {called(found)} goes with so much more {goal}: {told}."


def lag_words(found: Driver) -> str:
    """At which lag both move together most."""
    best, now = found.best_lag, found.lags[0]
    goal, name = goal_called(found), called(found)
    if best.periods == 0:
        return f"{name} and {goal} move together most in the same {found.interval}: r = {signed(now.r)}"
    later = counted(best.periods, found.interval)
    return f"{goal} answers {name} {later} later: r = {signed(best.r)}, at once {signed(now.r)}".strip()


def far_words(found: Driver) -> str:
    """How much hangs on the highest values."""
    if not found.winsorised:
        return f"{called(found)} has too few values to say what hangs on its highest"
    far = int(found.far.sum())
    strictest = found.winsorised[0]
    moved = abs(strictest.line.rho - found.line.rho) >= 0.1 or abs(strictest.line.r2 - found.line.r2) >= 0.1
    many = f"{counted(far, 'value')} of {called(found)} {'lies' if far == 1 else 'lie'} far from all others"
    none = f"No value of {called(found)} lies far from all others"
    tail = "what is seen hangs on the highest values" if moved else "what is seen hardly hangs on them"
    return f"{many if far else none}; {tail}"


def signed(r: float) -> str:
    """A correlation with a minus sign that is one."""
    return f"{r:.2f}".replace("-", "\u2212")


def _where(one: Marginal) -> str:
    if one.quantile == 0.5:
        return f"at its median ({short(one.at)})"
    return f"at p{one.quantile * 100:.0f} ({short(one.at)})"
