"""One date as a person or a program wrote it: which day, at which time, in whose time zone.

Nothing is decided here that needs the whole column: which order day and month have is asked for, and whether a UTC
stamp means a local day is `engine.data.zones`' matter.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

from engine.data.month_names import MONTHS, QUARTER, WEEK, WEEKDAYS, folded

Form = Literal["day", "week", "month", "short_month", "quarter", "range"]
Zone = Literal["", "utc", "other"]
LONGEST: Final = 80


@dataclass(frozen=True, slots=True)
class Written:
    """A day as it was written. minute: minutes after midnight, None without a time of day.

    form: what is named; `short_month` is a month with a year of two digits, such as Jan-20, which could be a day.
    """

    day: date
    minute: int | None = None
    zone: Zone = ""
    form: Form = "day"


_TIME: Final = re.compile(
    r"(?:t| |, ?| at )\s*(\d{1,2})(?:[:.h](\d{2})(?::?(\d{2})(?:[.,]\d+)?)?)?\s*([ap]\.?m\.?)?\s*"
    r"(z|(?:utc|gmt)?\s?[+-]\d{2}(?::?\d{2})?|[a-z]{2,5}|\[?[a-z]+/[a-z_/]+\]?)?(?:\s?[\[(][^\])]*[\])])?"
)
_COMPACT_TIME: Final = re.compile(r"[t ]?(\d{2})(\d{2})(\d{2})?(?:\.\d+)?()(z|utc|[+-]\d{2}:?\d{2})?")
_UTC: Final = re.compile(r"\[?(?:z|utc|gmt|etc/utc|(?:utc|gmt)?\s?[+-]00(?::?00)?)\]?")

_ISO: Final = re.compile(r"(\d{4})(?:[-/]|\. ?)(\d{1,2})(?:[-/]|\. ?)(\d{1,2})(?!\d)(?:\.$)?")
_COMPACT: Final = re.compile(r"((?:19|20|99)\d{2})(\d{2})(\d{2})(?=$|t|\.0+$)")
_DOTTED: Final = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4}|\d{2})(?!\d)")
_SLASHED: Final = re.compile(r"(\d{1,2})\s?[/-]\s?(\d{1,2})\s?[/-]\s?(\d{4}|\d{2})(?!\d)")
_NAME: Final = r"([a-zа-яі]{3,12})\.?"
_DAY_NAMED: Final = re.compile(
    rf"(\d{{1,2}})(?:st|nd|rd|th)?\.?[ -]?(?:de |of )?{_NAME}[ ,-]*(?:de |del )?(\d{{4}}|\d{{2}})(?!\d)"
)
_NAMED_DAY: Final = re.compile(rf"{_NAME}[ -](\d{{1,2}})(?:st|nd|rd|th)?[, -]+(\d{{4}})(?!\d)")
_YEAR_NAMED_DAY: Final = re.compile(rf"(\d{{4}})[ .,-]+{_NAME}[ -](\d{{1,2}})(?!\d)\.?")

_MONTH: Final = re.compile(r"(\d{4})[-/.](\d{1,2})")
_MONTH_YEAR: Final = re.compile(r"(\d{1,2})[-/.](\d{4})")
_NAMED_MONTH: Final = re.compile(rf"{_NAME}(?: de)?[ ,/-]*(\d{{4}})")
_YEAR_NAMED: Final = re.compile(rf"(\d{{4}})[ ,/-]*{_NAME}")
_SHORT_MONTH: Final = re.compile(rf"{_NAME}[ /-]*'?(\d{{2}})")
_YEAR_WEEK: Final = re.compile(rf"(\d{{4}})[ ,/_-]*(?:{WEEK})[ .#_-]*(\d{{1,2}})(?:-?([1-7]))?")
_WEEK_YEAR: Final = re.compile(rf"(?:{WEEK})[ .#_-]*(\d{{1,2}})(?:[ .,/_-]| of | de )*(\d{{4}})")
_SHORT_WEEK: Final = re.compile(r"(?:w|wk|week|kw|cw)[ .]*(\d{1,2})[ /'-]+(\d{2})")
_MONTH_NUMBER: Final = re.compile(r"(?:month|monat|mois|mes|mese|thang)[ .]*(\d{1,2})[ /.,-]+(\d{4})")
_YEAR_QUARTER: Final = re.compile(rf"(\d{{4}})[ ,/_-]*(?:{QUARTER}|t)[ .]*([1-4])")
_QUARTER_YEAR: Final = re.compile(rf"(?:{QUARTER}|t)[ .]*([1-4])[ ,/'_-]*(\d{{4}}|\d{{2}})")
_NUMBERED_QUARTER: Final = re.compile(
    rf"([1-4])(?:st|nd|rd|th|er|eme|o)?\.?[ -]*(?:{QUARTER})\.?[ ,/'-]*(?:de )?(\d{{4}}|\d{{2}})"
)
_RANGE: Final = re.compile(
    r"(.+?)(?: - | ?(?:\bto\b|\bbis\b|\bau\b|\bal\b|\buntil\b|\bthrough\b|\btill\b|\.\.+) ?)(.+)"
)
_ISO_RANGE: Final = re.compile(r"(\d{4}-\d{2}-\d{2})[/_-](\d{4}-\d{2}-\d{2})")
_NAMED_RANGE: Final = re.compile(rf"(\d{{1,2}})-(\d{{1,2}}\.? {_NAME},? \d{{4}})")
_RANGE_NAMED: Final = re.compile(rf"{_NAME} (\d{{1,2}}) *- *(\d{{1,2}}),? (\d{{4}})")
_TIGHT_RANGE: Final = re.compile(r"(\d{1,2}[./]\d{1,2}[./]?(?:\d{2,4})?)-(\d{1,2}[./]\d{1,2}[./]\d{2,4})")
_YEARLESS: Final = re.compile(
    rf"\d{{1,2}}[./]\d{{1,2}}\.?|\d{{1,2}}\.|{_NAME} \d{{1,2}}|\d{{1,2}}\.? {_NAME}|\d{{1,2}}"
)

_BEGINS: Final = re.compile(
    r"(?:(?:week|wk) (?:of|commencing|beginning|starting|from)|w/[cb]|wc|le|vom|am)\.? (?=.*\d)"
)
_UNIX: Final = re.compile(
    rf"(?:[a-z]{{3}} )?{_NAME} +(\d{{1,2}}) (\d{{2}}:\d{{2}}:\d{{2}})( (?:[a-z]{{2,5}}|[+-]\d{{4}}))? (\d{{4}})"
)
_EAST_WEEK: Final = re.compile(r"(\d{4})\s?年\s?第?\s?(\d{1,2})\s?[週周]")
_EAST_ASIAN: Final = re.compile(r"(\d{4})\s?[年년]\s?(\d{1,2})\s?[月월](?:\s?(\d{1,2})\s?[日号일])?")
_EAST_WEEKDAY: Final = re.compile(
    r"\s?[(（](?:[月火水木金土日]|[월화수목금토일]|周[一二三四五六日])(?:曜日?|요일)?[)）]"
)


def read_day(text: str, *, day_first: bool = False) -> Written | None:
    """Return what `text` names, or None. Slashes and dashes with the year last mean month/day/year or, with
    `day_first`, day/month/year; every other form means one day only. A period is its first day."""
    if len(text) > LONGEST:
        return None
    text = folded(text if text.isascii() else _east_asian(text))
    if not any(letter.isdigit() for letter in text):
        return None
    try:
        # Months, weeks and quarters first: `2022.01` begins like a day.
        return _period(text) or _day(_without_weekday(text), day_first) or _range(text, day_first)
    except (ValueError, OverflowError, KeyError):  # such as the 31st of February, or the 13th month
        return None


def _east_asian(text: str) -> str:
    """Write `2022年1月3日(月)` and `2022년 1월 3일` with dashes; a weekday in brackets goes."""
    text = _EAST_WEEK.sub(r"\1-W\2", _EAST_WEEKDAY.sub("", text.strip()))
    found = _EAST_ASIAN.match(text)
    return "-".join(filter(None, found.groups())) + text[found.end() :] if found else text


def _without_weekday(text: str) -> str:
    """Take off a weekday's name and words that say that a week begins; move a year before the time."""
    text = _BEGINS.sub("", text)
    if unix := _UNIX.fullmatch(text):
        text = f"{unix[1]} {unix[2]}, {unix[5]} {unix[3]}{unix[4] or ''}"
    first, found, rest = text.partition(" ")
    return rest.strip() if found and first.rstrip(".,") in WEEKDAYS else text


def _day(text: str, day_first: bool) -> Written | None:
    for pattern, made in _DAYS:
        if found := pattern.match(text):
            groups = found.groups()
            day = made(groups, day_first)
            rest = text[found.end() :]
            return _with_time(day, rest, compact=pattern is _COMPACT)
    return None


def _slashed(parts: tuple[str, ...], day_first: bool) -> date:
    month, day = (parts[1], parts[0]) if day_first else (parts[0], parts[1])
    return date(_year(parts[2]), int(month), int(day))


_DAYS: Final[tuple[tuple[re.Pattern[str], Callable[[tuple[str, ...], bool], date]], ...]] = (
    (_ISO, lambda parts, _: date(int(parts[0]), int(parts[1]), int(parts[2]))),
    (_COMPACT, lambda parts, _: date(int(parts[0]), int(parts[1]), int(parts[2]))),
    (_DOTTED, lambda parts, _: date(_year(parts[2]), int(parts[1]), int(parts[0]))),
    (_SLASHED, _slashed),
    (_DAY_NAMED, lambda parts, _: date(_year(parts[2]), MONTHS[parts[1]], int(parts[0]))),
    (_NAMED_DAY, lambda parts, _: date(int(parts[2]), MONTHS[parts[0]], int(parts[1]))),
    (_YEAR_NAMED_DAY, lambda parts, _: date(int(parts[0]), MONTHS[parts[1]], int(parts[2]))),
)


def _with_time(day: date, rest: str, *, compact: bool) -> Written | None:
    if not rest or (compact and not rest.strip(" .,0")):
        return Written(day)
    found = (_COMPACT_TIME.fullmatch(rest) if compact else None) or _TIME.fullmatch(rest)
    if not found:
        return None
    hour, minute, _, half, zone = found.groups()
    minutes = int(hour) * 60 + int(minute or 0)
    if half:
        minutes = minutes % 720 + (720 if half[0] == "p" else 0)
    if minutes > 1440 or (minute and int(minute) > 59):
        return None
    if minutes == 1440:  # ISO 8601 lets a day end at 24:00, which is where the next begins
        day, minutes = day + timedelta(days=1), 0
    named: Zone = "" if not zone else "utc" if _UTC.fullmatch(zone) else "other"
    return Written(day, minutes, named)


def _period(text: str) -> Written | None:
    if found := _MONTH.fullmatch(text):
        return Written(date(int(found[1]), int(found[2]), 1), form="month")
    if found := _MONTH_YEAR.fullmatch(text):
        return Written(date(int(found[2]), int(found[1]), 1), form="month")
    if found := _MONTH_NUMBER.fullmatch(text):
        return Written(date(int(found[2]), int(found[1]), 1), form="month")
    if found := _YEAR_WEEK.fullmatch(text):
        return Written(date.fromisocalendar(int(found[1]), int(found[2]), int(found[3] or 1)), form="week")
    if found := _WEEK_YEAR.fullmatch(text):
        return Written(date.fromisocalendar(int(found[2]), int(found[1]), 1), form="week")
    if found := _YEAR_QUARTER.fullmatch(text):
        return Written(date(int(found[1]), int(found[2]) * 3 - 2, 1), form="quarter")
    if found := _QUARTER_YEAR.fullmatch(text) or _NUMBERED_QUARTER.fullmatch(text):
        return Written(date(_year(found[2]), int(found[1]) * 3 - 2, 1), form="quarter")
    if found := _SHORT_WEEK.fullmatch(text):
        return Written(date.fromisocalendar(_year(found[2]), int(found[1]), 1), form="week")
    if found := _NAMED_MONTH.fullmatch(text):
        return Written(date(int(found[2]), MONTHS[found[1]], 1), form="month")
    if found := _YEAR_NAMED.fullmatch(text):
        return Written(date(int(found[1]), MONTHS[found[2]], 1), form="month")
    if found := _SHORT_MONTH.fullmatch(text):
        return Written(date(_year(found[2]), MONTHS[found[1]], 1), form="short_month")
    return None


def _range(text: str, day_first: bool) -> Written | None:
    """Read the first day of `2022-01-03 - 2022-01-09`; a year that only the end names holds for both."""
    text = _RANGE_NAMED.sub(r"\2 - \3 \1 \4", text)
    found = (
        _ISO_RANGE.fullmatch(text)
        or _TIGHT_RANGE.fullmatch(text)
        or _NAMED_RANGE.fullmatch(text)
        or _RANGE.fullmatch(text)
    )
    if not found:
        return None
    begin, end = found[1].strip(), found[2].strip()
    last = _day(end, day_first)
    if not last:
        return None
    first = _day(begin, day_first)
    if not first and _YEARLESS.fullmatch(begin):
        first = _borrowed(begin, last.day, day_first)
    if not first or not 0 <= (last.day - first.day).days <= 31:
        return None
    return Written(first.day, form="range")


def _borrowed(begin: str, last: date, day_first: bool) -> Written | None:
    """Read a day without a year, that of `last` or, over New Year, the one before."""
    begin = begin.rstrip(".")
    for year in (last.year, last.year - 1):
        if begin.isdigit():
            found = Written(date(year, last.month, int(begin)))
        elif "." in begin:
            found = _day(f"{begin}.{year}", day_first) or found_nothing()
        elif "/" in begin:
            found = _day(f"{begin}/{year}", day_first) or found_nothing()
        else:
            found = _day(f"{begin} {year}", day_first) or found_nothing()
        if found.day <= last:
            return found
    return None


def found_nothing() -> Written:
    """Stop reading a text. Raises ValueError."""
    raise ValueError


def _year(text: str) -> int:
    """Two digits mean 1970 to 2069."""
    year = int(text)
    return year if len(text) > 2 else year + (1900 if year >= 70 else 2000)
