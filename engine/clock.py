"""Time and names made from it. Passed in, never read globally, so that tests can hold it still."""

from datetime import UTC, datetime
from secrets import token_hex
from typing import Protocol


class Clock(Protocol):
    """What the engine asks of time."""

    def now(self) -> datetime: ...

    def stamp(self) -> str: ...


class SystemClock:
    """The machine's clock, in UTC."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        return datetime.now(UTC)

    def stamp(self) -> str:
        """Return a name for something made now, such as `20261122T211500Z-7f3a`.

        Sorts by time; the random tail keeps two makers in the same second apart.
        """
        return f"{self.now():%Y%m%dT%H%M%SZ}-{token_hex(2)}"
