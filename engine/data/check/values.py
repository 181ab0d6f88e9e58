"""Single columns: too little known, silent too often, far values, a level that changes, an end before all others."""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pandas as pd

from engine.data.check.columns import FAR, FENCE, beyond
from engine.data.check.found import Found, Looked, drop, say, window
from engine.data.check.series import HOLDS, level_break, longest_run
from engine.data.recipe import Change
from engine.data.rules.columns import SPARSE, thin
from engine.data.rules.view import constant
from engine.number_words import part, percent, short

# A stretch of so many periods without a value is no single hole that its neighbours could fill.
LONG: Final = {"day": 7, "week": 4, "month": 2}
# Money and exposures may change by much; from this factor on, another unit or currency is likelier.
UNIT: Final = 5.0
# Where more than this share lies far out, that is how the column is.
RARE: Final = 0.02


def few_known(looked: Looked) -> Iterator[Found]:
    """Columns of which less is known than the profile asks: most of what the model would see is made up."""
    for name in _sources(looked):
        share = float(looked.known[name].notna().mean()) if len(looked.known) else 0.0
        if name == looked.roles.dep_var or not 0 < share < looked.asked.known:
            continue
        yield Found(
            say(
                "values.few",
                "REVIEW",
                name,
                "",
                f"“{name}” has a value in {part(share)} of the periods only; the rest was filled in.",
                f"Leave it out, or add the values: at least {percent(looked.asked.known)} are asked for.",
                share,
                trust=True,
            ),
            # However it is filled, much of it stays made up.
            drop(looked, name, f"has a value in {part(share)} of the periods only"),
        )


def gaps(looked: Looked) -> Iterator[Found]:
    """Long stretches without a value in a column of which nobody said how it is filled."""
    for name in _sources(looked):
        column = looked.known[name]
        if name == looked.roles.dep_var or name in looked.said or not column.notna().any():
            continue
        first, last = np.flatnonzero(column.notna().to_numpy())[[0, -1]]
        start, end = longest_run(column.isna().to_numpy()[first : last + 1])
        if end - start < LONG[_rhythm(looked)]:
            continue
        days = list(looked.known.index[first + start : first + end])
        yield Found(
            say(
                "values.gap",
                "REVIEW",
                name,
                f"{days[0]} to {days[-1]}",
                f"“{name}” has no value for {len(days)} periods on end; what stands there is made up.",
                "Choose how it is filled, begin after it, or leave the column out.",
                len(days),
            ),
            (*_fills(looked, name), *drop(looked, name, f"has no value from {days[0]} to {days[-1]}")),
        )


def stopped(looked: Looked) -> Iterator[Found]:
    """Columns whose values end while others go on."""
    for name in _sources(looked):
        column = looked.known[name]
        known = np.flatnonzero(column.notna().to_numpy())
        if name == looked.roles.dep_var or not len(known):
            continue
        behind = len(column) - 1 - int(known[-1])
        if behind < LONG[_rhythm(looked)]:
            continue
        last = looked.known.index[known[-1]]
        yield Found(
            say(
                "values.stopped",
                "REVIEW",
                name,
                f"{last}",
                f"“{name}” has no value after {last}, {behind} periods before the end.",
                "Load it anew, end the window there, or leave it out.",
                behind,
                trust=True,
            ),
            (
                window(None, last, f"{name} ends there"),
                *drop(looked, name, f"has no value after {last}"),
            ),
        )


def silent(looked: Looked) -> Iterator[Found]:
    """Media that are 0 more often than a strict profile lets pass; from a half on, intake tells them itself."""
    for name in looked.view.media:
        values = np.nan_to_num(looked.view.values(name))
        share = float((values == 0).mean()) if len(values) else 0.0
        if 1 - looked.asked.live < share <= SPARSE:
            yield Found(thin(looked.view, name))


def outliers(looked: Looked) -> Iterator[Found]:
    """Columns with many values beyond Tukey's fences, or with a few that lie far out."""
    for name in looked.columns:
        values = np.nan_to_num(looked.view.values(name))
        if constant(values) or len(np.unique(values)) < 5:
            continue
        live = values if (values < 0).any() else values[values != 0]
        many = float(beyond(values).sum()) / max(len(live), 1)
        far = _far_out(values)
        if many > looked.asked.outliers:
            text = f"{percent(many)} of the values of “{name}” lie beyond the fences of the others."
            remedy = "Clip it, or split the column where it mixes two things."
            yield Found(
                say("values.outliers", "REVIEW", name, "", text, remedy, many),
                (
                    _clip_without(*_given(looked, name, values, beyond(values)), name, "many outliers"),
                    *drop(looked, name, f"{percent(many)} of its values are outliers"),
                ),
            )
        elif far.any() and far.sum() <= max(RARE * len(values), 1):
            most = short(float(values[far][np.argmax(np.abs(values[far]))]))
            yield Found(
                say(
                    "values.far",
                    "INFO",
                    name,
                    looked.view.where(far),
                    f"“{name}” is far from all else {looked.view.on(int(far.sum()))}, up to {most} "
                    f"where {short(float(np.median(live)))} is usual.",
                    "If it is a mistake, mend it at the source; if not, clipping keeps one period from deciding all.",
                    far.sum(),
                ),
                (_clip_without(*_given(looked, name, values, far), name, "values far out"),),
            )


def level(looked: Looked) -> Iterator[Found]:
    """A level that changes at once and for good: another way of counting, another unit, another world."""
    for name in dict.fromkeys((looked.roles.dep_var, *looked.columns)):
        values = looked.view.values(name)
        goal, media = name == looked.roles.dep_var, name in looked.view.paid_and_organic
        if np.isnan(values).any() or (not media and float((values == 0).mean()) > 0.1):
            continue
        live = np.flatnonzero(values) if media else np.arange(len(values))
        broken = level_break(values[live], looked.interval)
        needed = UNIT if media else looked.asked.jump
        if broken is None or max(broken.ratio, 1 / broken.ratio) < needed:
            continue
        day, later = looked.days[live[broken.place]], len(values) - int(live[broken.place])
        ratio = broken.after / broken.before if media else broken.ratio
        why = (
            "Another unit or currency is likelier than so much more money."
            if media
            else "Was it counted in another way from then on?"
        )
        enough = later >= 3 * HOLDS[looked.interval]
        yield Found(
            say(
                "kpi.level" if goal else "values.level",
                "REVIEW" if goal or media else "INFO",
                name,
                f"{day}",
                f"{'The KPI ' if goal else ''}“{name}” changes its level around {day}, at once and for good: to "
                f"{_times(ratio)} what it was. {why}",
                "Use the data from then on, or add a column that marks the time since."
                if goal
                else "Mend it at the source, or leave the column out.",
                ratio,
                trust=True,
            ),
            (
                *([window(day, None, f"the level of {name} changes there")] if enough else []),
                *(() if goal else drop(looked, name, f"changes its level around {day}")),
            ),
        )


def _given(
    looked: Looked, name: str, values: "np.typing.NDArray[np.float64]", out: "np.typing.NDArray[np.bool_]"
) -> tuple["np.typing.NDArray[np.float64]", "np.typing.NDArray[np.bool_]"]:
    """The values that the source has, and which of them are `out`: quantiles are of these alone."""
    if name not in looked.known or len(looked.known) != len(values):
        return values, out
    there = looked.known[name].notna().to_numpy()
    return (values[there], out[there]) if (there & ~out).any() else (values, out)


def _clip_without(
    values: "np.typing.NDArray[np.float64]", out: "np.typing.NDArray[np.bool_]", name: str, reason: str
) -> Change:
    """The change that clips a column at the highest and the lowest value that is not `out`: at the quantiles they are.

    Of N values in order, the one at place k is the quantile k / (N - 1), Hyndman and Fan's type 7: as clipping has it.
    """
    kept = values[~out]
    last = max(len(values) - 1, 1)
    low, high = float((values < kept.min()).sum()) / last, 1.0 - float((values > kept.max()).sum()) / last
    return Change(kind="clip", column=name, value=f"{low:.6f}:{high:.6f}", reason=reason)


def _far_out(values: "np.typing.NDArray[np.float64]") -> "np.typing.NDArray[np.bool_]":
    """Values far out as they are, and outliers in their logarithms, too: money is often skewed without being wrong."""
    far = beyond(values, FAR)
    if (values < 0).any():
        return far
    logs = np.zeros(len(values))
    logs[values > 0] = np.log(values[values > 0])
    low, high = np.quantile(logs[values > 0], (0.25, 0.75)) if (values > 0).any() else (0.0, 0.0)
    return far & (values > 0) & (logs > high + FENCE * (high - low))


def _fills(looked: Looked, name: str) -> tuple[Change, ...]:
    """The likeliest other way to fill a column: a state lasts until the next is known; media do not."""
    if name in looked.view.paid_and_organic or name in looked.view.texts:
        return ()
    return (Change(kind="fill", column=name, value="previous", reason="a state lasts until the next is known"),)


def _sources(looked: Looked) -> list[str]:
    """The columns that the source was read with."""
    return [name for name in looked.roles.model_columns[1:] if name in looked.known]


def _rhythm(looked: Looked) -> Any:
    """The interval of the rows as they came."""
    days = pd.DatetimeIndex(looked.known.index)
    steps = np.diff(days.to_numpy()).astype("timedelta64[D]").astype(int)
    usual = float(np.median(steps)) if len(steps) else 7.0
    return "day" if usual < 4 else "week" if usual < 20 else "month"


def _times(ratio: float) -> str:
    return f"{ratio:.2g} times" if ratio < 10 else f"{ratio:,.0f} times"
