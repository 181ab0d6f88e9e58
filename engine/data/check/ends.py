"""Where data begin and end: periods before any driver, channels that begin late or were given up."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from engine.data.check.found import Found, Looked, drop, say, window
from engine.data.check.series import HOLDS, first_live, last_live
from engine.number_words import part

# A channel that begins after, or ends before, this share of the window does not know much of it.
LATE: Final = 0.2


def before_any_driver(looked: Looked) -> Iterator[Found]:
    """Periods at the beginning in which no driver has a value: the model can only take them for the baseline."""
    if not looked.drivers or not len(looked.frame):
        return
    media = looked.stacked(looked.view.media)
    first = min((first_live(column) for column in media.T), default=0)
    if not 0 < first < len(looked.frame):
        return
    day = looked.days[first]
    yield Found(
        say(
            "rows.leading_zeros",
            "REVIEW",
            "",
            f"{looked.days[0]} to {looked.days[first - 1]}",
            f"Before {day}, {looked.view.count(first)} from the start, every paid and organic column is 0.",
            "Begin where something was done, unless it is true that nothing was.",
            first,
        ),
        (window(day, None, "no driver has a value before"),),
    )


def late_and_ended(looked: Looked) -> Iterator[Found]:
    """Channels that begin late, and such that were given up."""
    periods, hold = len(looked.frame), HOLDS[looked.interval]
    begin = min((first_live(looked.view.values(name)) for name in looked.view.media), default=0)
    for name in looked.view.media:
        values = np.nan_to_num(looked.view.values(name))
        first, last = first_live(values), last_live(values)
        if last < 0 or not periods:
            continue
        gaps = np.diff(np.flatnonzero(values))
        usual = int(gaps.max()) if len(gaps) else 1
        if first - begin > max(LATE * periods, hold, usual):
            day = looked.days[first]
            yield Found(
                say(
                    "media.late",
                    "INFO",
                    name,
                    f"{day}",
                    f"“{name}” begins on {day}; it is 0 in the first {part(first / periods)} of the window.",
                    "Keep it if that is true; begin there if it was not recorded before.",
                    first,
                ),
                (
                    *([window(day, None, f"{name} begins there")] if periods - first >= 3 * hold else []),
                    *drop(looked, name, f"begins on {day} only"),
                ),
            )
        if periods - 1 - last > max(LATE * periods, hold, usual):
            day = looked.days[last]
            yield Found(
                say(
                    "media.ended",
                    "INFO",
                    name,
                    f"{day}",
                    f"“{name}” is 0 after {day}, in the last {part(1 - (last + 1) / periods)} of the window.",
                    "Keep it if it was given up; load it anew if it goes on.",
                    periods - 1 - last,
                ),
                drop(looked, name, f"is 0 after {day}"),
            )
