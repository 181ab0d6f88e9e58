"""Stamps in UTC that mean days of a country: midnight in Berlin is 23:00 or 22:00 of the day before in UTC.

A stamp is (day, minute after midnight) as it is written.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from typing import Final
from zoneinfo import ZoneInfo

Stamp = tuple[date, int]

NOON: Final = 720
MEANT: Final = {"UK": "GB", "EL": "GR"}
# Days of a year by which one sees every offset from UTC that a zone has in it.
SEASONS: Final = ((1, 15), (4, 15), (7, 15), (10, 15))


@dataclass(frozen=True)
class Midnight:
    """How stamps at local midnight become local days.

    zone: the time zone whose midnight they are, empty where it is not known; then they are counted to the nearest
    midnight. constant: they stand at one hour of UTC through summer and winter.
    """

    zone: str = ""
    constant: bool = False

    def day(self, stamp: Stamp) -> date:
        """Return the local day that a stamp means."""
        day, minute = stamp
        if self.zone and not self.constant:
            return _moment(stamp).astimezone(ZoneInfo(self.zone)).date()
        if self.zone:
            return (_moment(stamp) + _offset_at(self.zone, minute)).date()
        return day + timedelta(days=minute >= NOON)


def local_midnight(stamps: Collection[Stamp], country: str) -> Midnight | None:
    """Return whose midnight all stamps are, if they are midnight in one of the country's time zones and not in UTC.

    A zone fits if they follow its summer time, or stand at one hour that is midnight in its summer or winter.
    """
    minutes = {minute for _, minute in stamps}
    if not minutes or minutes == {0} or len(minutes) > 2:
        return None
    named = zones_of(country)
    for zone in named:
        here = ZoneInfo(zone)
        if all(_moment(stamp).astimezone(here).time() == time() for stamp in stamps):
            return Midnight(zone)
    if len(minutes) == 1:
        (minute,) = minutes
        for zone in named:
            if any(_at_midnight(minute, offset) for offset in _offsets(zone)):
                return Midnight(zone, constant=True)
    return None


@cache
def zones_of(country: str) -> tuple[str, ...]:
    """Return the time zones of a country, by its two letters; none if it is not known."""
    code = MEANT.get(country.strip().upper(), country.strip().upper())
    lines = (files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return tuple(row[2] for row in rows if row[0] == code)


@cache
def _offsets(zone: str) -> frozenset[timedelta]:
    """Return every distance from UTC that a zone has had since 2000."""
    here = ZoneInfo(zone)
    moments = [datetime(year, *day, tzinfo=UTC) for year in range(2000, 2028) for day in SEASONS]
    return frozenset(moment.astimezone(here).utcoffset() or timedelta() for moment in moments)


def _offset_at(zone: str, minute: int) -> timedelta:
    return next(offset for offset in sorted(_offsets(zone)) if _at_midnight(minute, offset))


def _at_midnight(minute: int, offset: timedelta) -> bool:
    return (timedelta(minutes=minute) + offset) % timedelta(days=1) == timedelta()


def _moment(stamp: Stamp) -> datetime:
    day, minute = stamp
    return datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=UTC)
