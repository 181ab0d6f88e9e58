"""Weeks dated by their last day: their rows keep that date, while holidays and lift tests go by the days they hold."""

from collections.abc import Sequence
from datetime import date, timedelta

from engine.data.dates import Interval
from engine.data.week_dates import NAMES, week_dated_guess
from engine.experiment.job_config import JobConfig


def with_week_dated(config: JobConfig, days: Sequence[date], interval: Interval) -> tuple[JobConfig, list[str]]:
    """Return the configuration with `week_dated` decided, and a note where it was decided by the data's look.

    days: (T,) as the rows are dated, rising.
    """
    if interval != "week":
        return config.model_copy(update={"week_dated": "first"}), []
    if config.week_dated:
        return config, []
    dated, why, sure = week_dated_guess(config.date_var, days[0].weekday(), config.country)
    config = config.model_copy(update={"week_dated": dated})
    if dated == "first" and (sure or days[0].weekday() in (0, 6)):
        return config, []
    begin = first_days(config, days[:1], interval)[0]
    note = (
        f"Weeks are taken to be dated by their {dated} day ({why}): the row of {days[0]} holds {begin} to "
        f"{begin + timedelta(days=6)}, and the holidays of these days. If that is wrong, set week_dated to "
        f"{'first' if dated == 'last' else 'last'} in job_config.json."
    )
    return config, [note]


def first_days(config: JobConfig, days: Sequence[date], interval: Interval) -> tuple[date, ...]:
    """Return (T,) the first day of each row's period; `days` are the dates of the rows."""
    if interval != "week" or config.week_dated != "last":
        return tuple(days)
    return tuple(day - timedelta(days=6) for day in days)


def days_to_monday(day: date) -> int:
    """Return by how many days a week that begins on `day` moves so that Robyn takes it: weeks from Monday or Sunday."""
    return 0 if NAMES[day.weekday()] in ("Monday", "Sunday") else 7 - day.weekday()
