"""What is said about the day that weeks are dated by, where it is not the one that everybody would expect."""

from datetime import date, timedelta

from engine.data.dataset import Finding, Offer
from engine.data.intake import choices
from engine.data.intake.choices import Choices
from engine.data.mapping import Mapping
from engine.data.week_dates import WeekDated, week_dated_guess


def week_dated(mapping: Mapping, chosen: Choices) -> WeekDated:
    """Return which of its days a week is dated by: as a person chose, else as the roles say."""
    said = chosen.get(choices.WEEK_DATED, mapping.week_dated)
    return "last" if said == "last" else "first"


def week_dated_findings(mapping: Mapping, day: date, country: str, chosen: Choices) -> tuple[Finding, ...]:
    """Say which week a row stands for. day: the date of a row of weekly data."""
    dated = week_dated(mapping, chosen)
    guessed, why, _ = week_dated_guess(mapping.date_var, day.weekday(), country)
    if dated == guessed == "first":
        return ()
    doubted = dated != guessed and choices.WEEK_DATED not in chosen
    other: WeekDated = "first" if dated == "last" else "last"
    text = f"Weeks are taken to be dated by their {dated} day: the row of {day} holds {_span(day, dated)}"
    if doubted:
        text += f". Yet {why}: dated by their {other} day, it would hold {_span(day, other)}"
    return (
        Finding(
            code="date.week_dated",
            grade="REVIEW" if doubted else "INFO",
            column=mapping.date_var,
            value=str(day),
            text=f"{text}. Holidays go by that.",
            remedy=f"If that is wrong, date weeks by their {other} day.",
            offers=(Offer(key=choices.WEEK_DATED, value=other, label=f"Weeks are dated by their {other} day"),),
        ),
    )


def _span(day: date, dated: WeekDated) -> str:
    first = day - timedelta(days=6) if dated == "last" else day
    return f"{first} to {first + timedelta(days=6)}"
