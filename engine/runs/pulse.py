"""Whether a training that shows nothing new is only busy, or gone: read from the times its container signs with."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

# A container signs every quarter of a minute. Maintenance may pause it for a minute, and clocks differ by two.
LOST_AFTER = timedelta(minutes=5)
QUIET_AFTER = timedelta(minutes=5)
# How often a silence that goes on is news again.
AGAIN = timedelta(minutes=5)


class Sign(StrEnum):
    """What is known of a training's container and its trainer."""

    WELL = "well"
    QUIET = "the container lives, the trainer says nothing new"
    LOST = "no sign of the container"


@dataclass(frozen=True)
class Pulse:
    """A sign of life, or of none, and for how long so."""

    sign: Sign
    silent: timedelta = timedelta()

    @property
    def news(self) -> str:
        """Changes whenever there is something new to show: a silence is shown again as it grows."""
        return "" if self.sign is Sign.WELL else f"{self.sign.name.lower()}{self.silent // AGAIN}"


def pulse(progress: Mapping[str, Any], now: datetime) -> Pulse:
    """Read the times of a training's status. Without them (an older container) nothing is amiss."""
    silent = _since(progress.get("at"), now)
    if silent > LOST_AFTER:
        return Pulse(Sign.LOST, silent)
    quiet = _since(progress.get("changed_at"), now)
    return Pulse(Sign.QUIET, quiet) if quiet > QUIET_AFTER else Pulse(Sign.WELL)


def _since(at: object, now: datetime) -> timedelta:
    try:
        return now - datetime.fromisoformat(str(at))
    except (ValueError, TypeError):
        return timedelta()
