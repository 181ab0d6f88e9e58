"""Which of its days a week is dated by, told by the name of the date column, the weekday and the country."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Final, Literal

from engine.data.month_names import folded

WeekDated = Literal["first", "last"]

SATURDAY, SUNDAY, FRIDAY = 5, 6, 4
# Where weeks begin on Sunday or Saturday (Unicode's CLDR, supplemental/weekData); everywhere else on Monday.
_SUNDAY_FIRST: Final = (
    "AG AS BD BR BS BT BW BZ CA CO DM DO ET GT GU HK HN ID IL IN JM JP KE KH KR LA MH MM MO MT MX MZ NI NP PA PE PH PK "
    "PR PY SA SG SV TH TT TW UM US VE VI WS YE ZA ZW"
)
_SATURDAY_FIRST: Final = "AF BH DJ DZ EG IQ IR JO KW LY OM QA SD SY"
SUNDAY_FIRST: Final = frozenset(_SUNDAY_FIRST.split())
SATURDAY_FIRST: Final = frozenset(_SATURDAY_FIRST.split())
NAMES: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

_LAST: Final = re.compile(
    r"week_?end(s|ing|ed|e|date)?(?![a-z])|weekend|(^|_)(w_?e|we_?date|wke|wkend|wk_?end(ing)?|ending|period_?end|"
    r"end_?of_?week|eow|end_?date|date_?end|week_?to|to_?date|bis|ende|wochenende|fin|final|fine|slut|until|jusqu|"
    r"semaine_?finissant|last_?day)(_|$|ing)|_end(_|$)|ending"
)
_FIRST: Final = re.compile(
    r"week_?(start|begin|commenc|beginning|of|from)|(^|_)(w_?c|wc|w_?b|wb|commencing|start|starting|beginn|begin|"
    r"beginning|ab|von|from|inicio|debut|inizio|first_?day|monday|montag|lundi|lunes|sow)(_|$)|wk_?(start|comm|beg)|"
    r"wochen?(start|beginn|anfang)|(^|_)(isoweek|kw)(_|$)"
)


def first_weekday(country: str) -> int | None:
    """Return the day that weeks begin on in a country (Monday is 0), None for one that is not known by its code."""
    code = {"UK": "GB", "EL": "GR"}.get(country.strip().upper(), country.strip().upper())
    if len(code) != 2:
        return None
    return SUNDAY if code in SUNDAY_FIRST else SATURDAY if code in SATURDAY_FIRST else 0


def week_dated_guess(name: str, weekday: int | None, country: str = "") -> tuple[WeekDated, str, bool]:
    """Return whether weeks carry their first or last day, why, and whether that is sure.

    weekday: the weekday that all dates fall on, Monday is 0; None where it is not known or the data are not weekly.
    A Sunday in a country whose weeks begin on Monday may be either; a Sunday elsewhere begins a week, as in Robyn.
    """
    spelled = re.sub(r"[\W_]+", "_", folded(re.sub(r"([a-z])([A-Z])", r"\1_\2", name)))
    last, first = bool(_LAST.search(spelled)), bool(_FIRST.search(spelled))
    if last != first:
        return ("last", f"“{name}” names the end of a week", True) if last else (
            "first", f"“{name}” names the beginning of a week", True)  # fmt: skip
    begins = first_weekday(country)
    if weekday is None:
        return "first", "weeks are dated by their first day", begins is None
    day = NAMES[weekday]
    if begins is None:
        return _anywhere(weekday)
    if weekday == begins:
        return "first", f"weeks begin on {day} there", True
    if (weekday + 1) % 7 == begins:
        return "last", f"all dates are {day}s, and weeks begin on {NAMES[begins]} in {country.upper()}", False
    if weekday == FRIDAY:
        return "last", f"all dates are {day}s, as where a week is dated by its last working day", False
    if weekday == SUNDAY:
        return "first", f"all dates are {day}s, on which weeks begin in some countries", False
    if weekday == 0:
        return "first", f"all dates are {day}s", True
    return "first", f"all dates are {day}s, which says neither", False


def _anywhere(weekday: int) -> tuple[WeekDated, str, bool]:
    """Guess where the country is not known."""
    why = f"all dates are {NAMES[weekday]}s"
    if weekday in (FRIDAY, SATURDAY):
        return "last", why, False
    return "first", why, weekday in (0, SUNDAY)


def weekday_of(days: Sequence[date]) -> int | None:
    """Return the weekday that all of some weekly days fall on, None if they are not weeks apart. days: rising."""
    distinct = sorted(set(days))
    if len(distinct) < 3 or any((later - distinct[0]).days % 7 for later in distinct):
        return None
    return distinct[0].weekday()
