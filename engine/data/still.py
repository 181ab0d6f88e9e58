"""When a driver stands still: the stretches in which a column never changes, by which a window can be judged."""

from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from typing import Any, Final

import pandas as pd

from engine.data.dataset import Still
from engine.data.mapping import Mapping

# No window is shorter, and more stretches than this of one column are not kept.
SHORTEST: Final = 6
MOST: Final = 24


def stretches(frame: pd.DataFrame, mapping: Mapping) -> Still:
    """Return, by driver, the longest stretches without a change: (first day, last day), in the order of time.

    frame: a row per period, in order. Columns that change all the time are left out.
    """
    days = [stamp.date() for stamp in pd.to_datetime(frame[mapping.date_var])]
    found = {name: _of(frame[name], days) for name in dict.fromkeys((*mapping.paid_media_spends, *mapping.drivers))}
    return {name: spans for name, spans in found.items() if spans}


def _of(column: "pd.Series[Any]", days: Sequence[date]) -> tuple[tuple[date, date], ...]:
    values = column.to_numpy()
    changed = [0, *(i for i in range(1, len(values)) if values[i] != values[i - 1]), len(values)]
    spans = [(start, end) for start, end in pairwise(changed) if end - start >= SHORTEST]
    longest = sorted(spans, key=lambda span: span[0] - span[1])[:MOST]
    return tuple((days[start], days[end - 1]) for start, end in sorted(longest))
