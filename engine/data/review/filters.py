"""What a review shows, as it travels in buttons and forms: short, whatever columns are called; and as it is typed."""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Final, get_args

from pydantic import BaseModel, ConfigDict

from engine.data.review.periods import Period
from engine.data.review.timeframes import USUAL, read_timeframe

# Each look at the data, and what a button and a form call it.
LOOKS: Final[dict[str, str]] = {
    "goal": "Goal against spend",
    "channels": "Spend by channel",
    "parts": "Spend by sub-channel",
    "changes": "What changed in spend",
    "funnel": "Funnel by channel",
    "metric": "One column over time",
    "missing": "Missing days",
    "countries": "Countries side by side",
    "columns": "Columns without a role",
}
_PERIODS: Final[dict[str, Period]] = {
    **dict.fromkeys(("d", "day", "days", "daily"), "D"),
    **dict.fromkeys(("w", "week", "weeks", "weekly"), "W"),
    **dict.fromkeys(("m", "month", "months", "monthly"), "M"),
    **dict.fromkeys(("q", "quarter", "quarters", "quarterly"), "Q"),
    **dict.fromkeys(("y", "year", "years", "yearly", "annual", "annually"), "Y"),
}
# So many words at the end of a command may say a timeframe and a period: `2025-01-01 to 2025-03-31 by week`.
MOST_WORDS: Final = 8


class Filters(BaseModel):
    """What is looked at. period "": the usual one; goal and metric: marks of columns, "" for the main goal."""

    model_config = ConfigDict(frozen=True)

    look: str = "goal"
    timeframe: str = USUAL
    period: str = ""
    goal: str = ""
    metric: str = ""

    def is_ours(self) -> bool:
        """Whether every word is one that is written today."""
        return self.look in LOOKS and self.period in ("", *get_args(Period))


def mark(column: str) -> str:
    """A column's name in 16 letters: names are longer than a button may carry."""
    return sha256(column.encode()).hexdigest()[:16]


def marked(columns: Iterable[str], wanted: str) -> str:
    """Return the column that a mark is of, or "" where it is of none of these."""
    return next((name for name in columns if mark(name) == wanted), "") if wanted else ""


def read_period(text: str) -> str:
    """Return the period that somebody typed, or "": `weekly`, `by week`, `per month`, `Q`."""
    said = " ".join(text.lower().strip(" .,;").split())
    for before in ("by ", "per ", "each ", "every "):
        said = said.removeprefix(before)
    return _PERIODS.get(said, "")


def read_filters(text: str) -> Filters | None:
    """Read a timeframe, a period or both, in either order; None where something else is said."""
    said = text.replace(",", " ").split()
    if not said or len(said) > MOST_WORDS:
        return None
    for at in range(len(said) + 1):
        first, second = " ".join(said[:at]), " ".join(said[at:])
        for frame, period in ((first, second), (second, first)):
            key, by = read_timeframe(frame), read_period(period)
            if (key or not frame) and (by or not period):
                return Filters(timeframe=key or USUAL, period=by)
    return None


def splits(text: str) -> Iterator[tuple[str, Filters]]:
    """Yield each way to read `NAME [PERIOD]`, the longest name first: a dataset may be called `Plan 2025`."""
    yield text, Filters()
    said = text.split()
    for at in range(len(said) - 1, max(len(said) - MOST_WORDS, 0) - 1, -1):
        if (filters := read_filters(" ".join(said[at:]))) is not None:
            yield " ".join(said[:at]), filters
