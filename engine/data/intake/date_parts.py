"""A date that is spread over several columns: year and week, year and month, year, month and day, year and quarter."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from engine.data.dataset import Finding
from engine.data.month_names import folded
from engine.data.week_dates import first_weekday
from engine.data.written_days import read_day

_PREFIX: Final = r"(iso|cal|calendar|fiscal|report|reporting|date|order|sales)?"
_SUFFIX: Final = r"(no|nr|num|number|name|of_?year|of_?month|iso|dt|key|id)?"
_NAMES: Final = {
    "year": r"(year|yr|yyyy|jahr|annee|ano|anno|jaar|ar|aar)",
    "week": r"(week|wk|kw|kalenderwoche|woche|semaine|semana|settimana|uge|uke|vecka|cw)",
    "month": r"(month|mon|mth|mm|monat|mois|mes|mese|maand|maned|manad)",
    "day": r"(day|dd|tag|jour|dia|giorno|dag)",
    "quarter": r"(quarter|qtr|q|quartal|trimestre|kwartaal|kvartal)",
}
_PATTERNS: Final = {
    part: re.compile(f"{_PREFIX}_*{name}_*{_SUFFIX}") for part, name in _NAMES.items()
}  # fmt: skip
_FISCAL: Final = re.compile(r"fiscal|(?<![a-z])fy|geschaftsjahr|exercice|ejercicio")
FREE_NAMES: Final = ("date", "date_of_row", "date_of_parts", "date_of_year_and_period")


@dataclass(frozen=True)
class DateParts:
    """Columns that are a date together. name: what the date is called; places: where the columns stand, year first."""

    name: str
    parts: tuple[str, ...]
    columns: tuple[str, ...]
    places: tuple[int, ...]

    def together(self, cells: Sequence[pa.StringArray]) -> pa.StringArray:
        """Return the dates as text, such as 2022-W01; null where a part is empty."""
        values = [pc.replace_substring_regex(cells[place], r"\.0+$", "") for place in self.places]
        year = values[0]
        if self.parts == ("year", "month", "day") or self.parts == ("year", "month"):
            named = pc.match_substring_regex(pc.fill_null(values[1], ""), r"[^\d]")
            numbers = pc.binary_join_element_wise(*values, "-")
            words = pc.binary_join_element_wise(*values[:0:-1], year, " ")
            return pc.if_else(named, words, numbers)
        mark = "W" if self.parts[1] == "week" else "Q"
        number = pc.replace_substring_regex(values[1], r"^[^\d]*", "")
        return pc.binary_join_element_wise(year, number, f"-{mark}")

    def said(self, example: str, country: str) -> Finding:
        """Say that the file's date was made, and of what. `example`: one of its values."""
        day = read_day(example)
        weeks = "week" in self.parts
        fiscal = any(_FISCAL.search(folded(name)) for name in self.columns)
        names = [f"“{name}”" for name in self.columns]
        return Finding(
            code="date.made",
            grade="REVIEW" if fiscal or (weeks and first_weekday(country) not in (0, None)) else "INFO",
            column=self.name,
            value=example,
            text=f"No column holds whole dates: “{self.name}” was made of {', '.join(names[:-1])} and {names[-1]}"
            + (f", with weeks as ISO 8601 numbers them: {example} is the week that begins on Monday, {day.day}."
               if weeks and day else f": {example} is {day.day}." if day else ".")
            + (" They were taken for those of the calendar, though they are named fiscal." if fiscal else ""),
            remedy=f"If your {'weeks' if weeks else 'periods'} are numbered otherwise, add a column with the first day "
            "of each as 2024-01-31." if weeks or fiscal else "",
        )  # fmt: skip


def find_parts(names: Sequence[str]) -> tuple[DateParts, ...]:
    """Return the columns that may be a date together by their names, finest first; none if there are none."""
    found: dict[str, int] = {}
    for place, name in enumerate(names):
        spelled = re.sub(r"[\W_]+", "_", folded(re.sub(r"([a-z])([A-Z])", r"\1_\2", name))).strip("_")
        for part, pattern in _PATTERNS.items():
            if part not in found and pattern.fullmatch(spelled):
                found[part] = place
    free = next((name for name in FREE_NAMES if name not in names), "")
    if "year" not in found or not free:
        return ()
    made = []
    for parts in (("year", "month", "day"), ("year", "week"), ("year", "month"), ("year", "quarter")):
        if all(part in found for part in parts):
            places = tuple(found[part] for part in parts)
            made.append(DateParts(free, parts, tuple(names[place] for place in places), places))
    return tuple(made)
