"""Drivers that say the same as each other or as the KPI, and drivers that nobody can tell apart."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from engine.data.check.found import Found, Looked, drop, say
from engine.data.check.together import COPY, Copy, Together, copies, together, vif_in_short
from engine.data.collinearity import correlations
from engine.data.recipe import Change
from engine.data.rules.likeness import INFLATED, LEAKAGE
from engine.number_words import percent, short

# So many copies are told one by one; the rest by their number.
MOST: Final = 60
# Columns that are results or states tell so much of the KPI together only where they are what it is made of.
MADE_OF: Final = 0.9995
# Up to this condition number a correlation matrix is inverted.
SURE: Final = 1e10


def duplicates(looked: Looked) -> Iterator[Found]:
    """Copies of each other among spends and drivers, also in another unit or some periods later."""
    names = looked.columns
    pairs = {frozenset(pair) for pair in looked.roles.exposures.items()}
    found = [
        one for one in copies(names, looked.stacked(names), looked.interval)
        if frozenset((one.first, one.second)) not in pairs and looked.part_of(one.first) != looked.part_of(one.second)
    ]  # fmt: skip
    for one in found[:MOST]:
        both = one.first in looked.drivers and one.second in looked.drivers
        yield Found(
            say(
                "drivers.copy",
                "FAIL" if both and not one.later else "REVIEW",
                one.second,
                f"{one.first} and {one.second}",
                f"“{one.second}” is “{one.first}”{_how(one, looked)} (r = {one.r:.4f}).",
                "Keep one of them: together they count the same thing twice.",
                one.r,
                trust=True,
            ),
            (
                *drop(looked, one.second, f"a copy of {one.first}"),
                *drop(looked, one.first, f"a copy of {one.second}"),
            ),
        )
    if len(found) > MOST:
        left = len(found) - MOST
        text = f"{left:,} more pairs of columns are copies of each other."
        yield Found(say("drivers.copy", "REVIEW", "", "", text, "Keep one of each group.", left, trust=True))


def _how(one: Copy, looked: Looked) -> str:
    told = "" if short(one.factor) == "1" else f" times {short(one.factor)}"
    told += f" {'plus' if one.shift > 0 else 'minus'} {short(abs(one.shift))}" if one.shift else ""
    return f"{told}{f' {looked.view.count(one.later)} later' if one.later else ''}" or (
        ", number by number" if one.exact else ", nearly number by number"
    )


def hard_to_tell_apart(looked: Looked) -> Iterator[Found]:
    """The condition number of the correlation matrix, where the profile asks for less."""
    moderate, high = looked.asked.condition
    number, worst = looked.together.condition, looked.together.worst
    if number < moderate or len(looked.together.names) < 2 or len(looked.frame) <= len(looked.together.names):
        return
    told = f"{number:,.0f}" if np.isfinite(number) else "without bound"
    yield Found(
        say(
            "drivers.condition",
            "REVIEW" if number >= high else "INFO",
            "",
            "",
            f"All drivers together are hard to tell apart: the condition number of their correlations is {told}; "
            f"from {moderate:.0f} on ranges get wide, from {high:.0f} on they say little.",
            "Leave out or merge what says the same.",
            number if np.isfinite(number) else None,
            trust=number >= high,
        ),
        drop(looked, worst[0], f"its VIF is {vif_in_short(worst[1])}") if worst[1] > 2 else (),
    )


def inflated(looked: Looked) -> Iterator[Found]:
    """Drivers that the others explain more of than the profile lets pass: those that intake does not tell yet."""
    for name, factor in zip(looked.together.names, looked.together.inflation, strict=True):
        if looked.asked.inflated <= factor <= INFLATED:
            yield Found(
                say(
                    "drivers.inflated",
                    "INFO",
                    name,
                    "",
                    f"The other drivers together explain {percent(1 - 1 / factor)} of the ups and downs of “{name}” "
                    f"(VIF {vif_in_short(factor)}).",
                    "Leave out what says the same, or expect a wide range for it.",
                    factor,
                ),
                rivals(looked, name),
            )


def rivals(looked: Looked, name: str) -> tuple[Change, ...]:
    """The changes that make a driver easier to tell: leave out what says most of the same, or the driver itself."""
    told = f"says much the same as {name}"
    other = nearest(looked.together, name)
    first = drop(looked, other, told) if other and looked.part_of(other) != looked.part_of(name) else ()
    return (*first, *drop(looked, name, "others tell it"))


def nearest(them: Together, name: str) -> str:
    """Return the driver without which another's VIF falls most; empty where there is none.

    Without column j the i-th diagonal of P = R⁻¹ is P_ii - P_ij² / P_jj. Where R cannot be inverted, it is the one with
    the largest |r|.
    """
    if name not in them.names or len(them.names) < 2:
        return ""
    place = them.names.index(name)
    if them.condition < SURE:
        inverse = np.linalg.inv(them.r)
        falls = inverse[place] ** 2 / np.diag(inverse)
    else:
        falls = np.abs(them.r[place])
    falls[place] = -1.0
    return them.names[int(np.argmax(falls))]


def leaks(looked: Looked) -> Iterator[Found]:
    """The KPI in disguise: of some periods before, or cut into columns that add up to it."""
    goal = looked.goal
    if np.isnan(goal).any() or len(goal) < 8:
        return
    at_once = correlations(np.column_stack([goal, looked.matrix]))[0, 1:]
    for later in (1, 2, 3):
        found = correlations(np.column_stack([goal[:-later], looked.matrix[later:]]))[0, 1:]
        for name, r, same in zip(looked.drivers, found, at_once, strict=True):
            if abs(r) >= COPY and abs(same) < LEAKAGE:
                yield Found(
                    say(
                        "driver.leakage",
                        "REVIEW",
                        name,
                        "",
                        f"“{name}” is the KPI itself, {looked.view.count(later)} later (r = {r:.4f}).",
                        "Leave it out: it tells the KPI by itself, and nothing of what media do.",
                        r,
                        trust=True,
                    ),
                    drop(looked, name, f"the KPI {looked.view.count(later)} later"),
                )
    yield from _made_of(looked, goal)


def _made_of(looked: Looked, goal: "np.typing.NDArray[np.float64]") -> Iterator[Found]:
    others = [name for name in looked.drivers if name not in looked.roles.paid_media_vars]
    x = looked.stacked(others)
    apart = together(others, x)
    if len(apart.names) < 2 or len(goal) < 3 * len(apart.names):
        return
    x = looked.stacked(apart.names)
    single = correlations(np.column_stack([goal, x]))[0, 1:]
    if float(np.ptp(goal)) <= 0 or np.abs(single).max() > LEAKAGE:
        return
    design = np.column_stack([np.ones(len(goal)), x])
    miss = goal - design @ np.linalg.lstsq(design, goal, rcond=None)[0]
    r2 = 1 - float(miss @ miss) / float(np.sum((goal - goal.mean()) ** 2))
    if r2 < MADE_OF:
        return
    parts = [apart.names[place] for place in np.argsort(-np.abs(single))[:3]]
    yield Found(
        say(
            "driver.made_of",
            "REVIEW",
            parts[0],
            "",
            f"The organic and context columns together are the KPI (R² {r2:.4f}): {', '.join(f'“{p}”' for p in parts)} "
            "look like its parts.",
            "Leave the parts out: they would take all credit from media.",
            r2,
            trust=True,
        ),
        tuple(change for name in parts for change in drop(looked, name, "a part of the KPI")),
    )
