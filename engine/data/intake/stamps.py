"""Stamps with a time of day: which days they mean, and what is said about that.

The same rule holds for files and for the warehouse: a stamp with an offset keeps the day that its source wrote; stamps
in UTC that are all midnight in the country are its days; every other stamp is the day as it is written.
"""

from dataclasses import dataclass, field
from typing import Final, Literal

from engine.data.dataset import Finding, Offer
from engine.data.intake import choices
from engine.data.intake.choices import Choices
from engine.data.written_days import Zone
from engine.data.zones import NOON, Midnight, Stamp, local_midnight, zones_of

# Local midnights stand at one or two times of day in UTC: with more of them the stamps are moments, not days.
MOST_TIMES: Final = 2
QUARTER_HOUR: Final = 15


@dataclass
class StampTally:
    """The distinct stamps of a column, while they stand at one or two times of day.

    utc, other, bare: whether any was written in UTC, in another zone, without a zone.
    """

    found: set[Stamp] = field(default_factory=set)
    minutes: set[int] = field(default_factory=set)
    utc: bool = False
    other: bool = False
    bare: bool = False
    example: str = ""

    def see(self, stamp: Stamp, zone: Zone, text: str) -> None:
        """Count a stamp; `text` is how it was written."""
        self.utc |= zone == "utc"
        self.other |= zone == "other"
        self.bare |= not zone
        self.minutes.add(stamp[1])
        if len(self.minutes) > MOST_TIMES:
            self.found.clear()
        elif not self.other:
            self.found.add(stamp)
            if stamp[1] and not self.example:
                self.example = text


def read_stamps(
    column: str, seen: StampTally, country: str, chosen: Choices
) -> tuple[Midnight | None, tuple[Finding, ...]]:
    """Return how stamps become local days, None where they are the days that are written; and what is said."""
    if seen.other or len(seen.minutes) > MOST_TIMES or not seen.minutes - {0}:
        return None, ()
    fits = local_midnight(seen.found, country)
    local = fits or Midnight()
    if not any(local.day(stamp) != stamp[0] for stamp in seen.found):
        return None, ()
    key = choices.zone(column)
    if key in chosen:
        return (local if chosen[key] == choices.LOCAL else None), ()
    if fits and (seen.utc or not fits.constant):
        return fits, (_said(column, seen, fits, taken=True, grade="INFO" if seen.utc else "REVIEW"),)
    if fits or (seen.utc and _like_midnight(seen.minutes)):
        known = bool(zones_of(country))
        return None, (_said(column, seen, local, taken=False, grade="REVIEW", country=country if known else ""),)
    return None, ()


def _like_midnight(minutes: set[int]) -> bool:
    """Whether times of day in UTC may be a midnight somewhere east, in summer and winter."""
    ordered = sorted(minutes)
    return ordered[0] >= NOON and ordered[-1] - ordered[0] in (0, 60) and not any(m % QUARTER_HOUR for m in minutes)


def _said(
    column: str,
    seen: StampTally,
    midnight: Midnight,
    *,
    taken: bool,
    grade: Literal["REVIEW", "INFO"],
    country: str = "",
) -> Finding:
    written, local = {day for day, _ in seen.found}, {midnight.day(stamp) for stamp in seen.found}
    place = f"midnight in {midnight.zone}" if midnight.zone else "perhaps midnight somewhere east of Greenwich"
    if country and not midnight.zone:
        place += f", though not in {country.upper()}"
    how = "written in UTC" if seen.utc else "if they are written in UTC"
    as_local = f"local days, from {min(local)} to {max(local)}"
    as_written = f"the days as written, from {min(written)} to {max(written)}"
    first, second = (as_local, as_written) if taken else (as_written, as_local)
    return Finding(
        code="date.utc",
        grade=grade,
        column=column,
        value=seen.example,
        text=f"Stamps such as “{seen.example}” are {place}, {how}. They were read as {first}; "
        f"the other reading is {second}.",
        remedy="If that is wrong, take the other reading, or write the days as 2024-01-31.",
        offers=(
            Offer(
                key=choices.zone(column),
                value=choices.UTC if taken else choices.LOCAL,
                label="Read the days as written" if taken else "Read as local days",
            ),
        ),
    )
