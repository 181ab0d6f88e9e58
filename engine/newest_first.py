"""Names that sort by time, the newest first: Cloud Storage lists by name, and in one direction only."""

from datetime import UTC, datetime

# The last moment that a name can hold, in milliseconds since 1970: some day of the year 2286.
LAST = 10**13 - 1


def newest_first(at: datetime) -> str:
    """Return thirteen digits that sort before those of every earlier moment; of the same millisecond, they are equal.

    at: aware, from 1970 to 2286.
    """
    return f"{LAST - int(at.timestamp() * 1000):013d}"


def moment_of(digits: str) -> datetime:
    """Return the moment that `newest_first` made digits of, to the millisecond. Raises ValueError."""
    if len(digits) != 13 or not digits.isascii() or not digits.isdecimal():
        raise ValueError(f"not a moment: {digits!r}")
    return datetime.fromtimestamp((LAST - int(digits)) / 1000, UTC)


def between(prefix: str, since: datetime, until: datetime) -> tuple[str, str]:
    """Return where a listing of names under `prefix` starts and ends for moments from `since` on and before `until`."""
    return f"{prefix}{LAST - _milliseconds(until) + 1:013d}", f"{prefix}{LAST - _milliseconds(since) + 1:013d}"


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)
