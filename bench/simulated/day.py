"""What people want on one Monday: runs of many workspaces in their own working hours, bursts, and schedules."""

import math
from dataclasses import dataclass
from random import Random

DAY = 86_400
HOUR = 3_600

# Where people work: hours ahead of UTC, and their share.
ZONES = ((-8, 0.12), (-5, 0.25), (0, 0.16), (1, 0.30), (5.5, 0.07), (8, 0.06), (9, 0.04))
# How a Monday goes by the hour of the day there: the week's questions are asked in the morning.
HOURS = {8: 4, 9: 12, 10: 13, 11: 10, 12: 5, 13: 8, 14: 10, 15: 10, 16: 8, 17: 6, 18: 3, 19: 1}
SCHEDULED_HOUR = 6


@dataclass(frozen=True)
class Kind:
    """A sort of training: its share of all, how long it trains in the middle, and how much that differs (sigma)."""

    name: str
    share: float
    seconds: float
    spread: float = 0.4


# The native trainer in 8 processes; with both trainers, Robyn decides how long.
KINDS = (Kind("quick", 0.70, 60), Kind("standard", 0.25, 180), Kind("both", 0.05, 2_700))


@dataclass(frozen=True)
class Wish:
    """A run that is wanted: when, where, by whom, and for how long it will train. Scheduled ones ask nobody."""

    at: float
    workspace: int
    person: int
    kind: str
    seconds: float
    scheduled: bool = False


@dataclass(frozen=True)
class Demand:
    """How much is wanted on the day.

    bursts: from one person each, `burst` runs within `burst_seconds`. scheduled: the share that begins by the clock
    within `scheduled_seconds` after six. people: of a workspace. sizes: how much workspaces differ (sigma).
    """

    workspaces: int = 500
    runs: int = 10_000
    bursts: int = 10
    burst: int = 50
    burst_seconds: float = 120.0
    scheduled: float = 0.1
    scheduled_seconds: float = 600.0
    people: int = 5
    sizes: float = 0.7
    seed: int = 1


def wishes(demand: Demand) -> list[Wish]:
    """Everything that is wanted, in the order of time; the same for the same demand."""
    draw = Random(demand.seed)
    weights = [math.exp(draw.gauss(0, demand.sizes)) for _ in range(demand.workspaces)]
    zones = draw.choices([zone for zone, _ in ZONES], [share for _, share in ZONES], k=demand.workspaces)
    bursting = min(demand.bursts, demand.runs // max(demand.burst, 1))
    made: list[Wish] = []
    for workspace in draw.sample(range(demand.workspaces), min(bursting, demand.workspaces)):
        # At the busiest time there.
        began, who = _utc(10 * HOUR + draw.random() * HOUR, zones[workspace]), draw.randrange(demand.people)
        made += [
            _wish(draw, began + n * demand.burst_seconds / demand.burst, workspace, who) for n in range(demand.burst)
        ]
    scheduled = round((demand.runs - len(made)) * demand.scheduled)
    for workspace in draw.choices(range(demand.workspaces), weights, k=scheduled):
        at = SCHEDULED_HOUR * HOUR + draw.random() * demand.scheduled_seconds
        made.append(_wish(draw, _utc(at, zones[workspace]), workspace, 0, scheduled=True))
    hours = draw.choices(list(HOURS), list(HOURS.values()), k=demand.runs - len(made))
    for workspace, hour in zip(draw.choices(range(demand.workspaces), weights, k=len(hours)), hours, strict=True):
        at = _utc((hour + draw.random()) * HOUR, zones[workspace])
        made.append(_wish(draw, at, workspace, draw.randrange(demand.people)))
    return sorted(made, key=lambda wish: (wish.at, wish.workspace, wish.person))


def _utc(local: float, zone: float) -> float:
    """A time of that day there, in seconds of the day of UTC; Monday's hours of all zones fall on one day."""
    return (local - zone * HOUR) % DAY


def _wish(draw: Random, at: float, workspace: int, person: int, scheduled: bool = False) -> Wish:
    [kind] = draw.choices(KINDS, [kind.share for kind in KINDS])
    seconds = kind.seconds * math.exp(draw.gauss(0, kind.spread))
    return Wish(at, workspace, person, kind.name, round(seconds, 1), scheduled)
