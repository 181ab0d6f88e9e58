"""Lift tests on the rows of the data: which periods of which media a model's answer is read from."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from engine.data.dates import Interval, step
from engine.experiment.calibration import SPEND_TOLERANCE, LiftTest, modelled, parts
from engine.experiment.contradictions import calibration_names
from engine.experiment.job_config import JobConfig
from engine.model.fit.compiled import Vector
from engine.model.fit.problem import Study


def studies(config: JobConfig, days: Sequence[date], interval: Interval) -> tuple[Study, ...]:
    """Return the studies of a configuration whose lift tests have no problem. days: (T,) first days of all rows."""
    names = calibration_names(config)
    media = (*config.modelled_media, *config.organic_vars)
    found = []
    for test in config.calibration_input:
        rows = study_rows(test, days)
        found.append(
            Study(
                media=tuple(media.index(name) for name in modelled(test, names)),
                first=rows.start,
                stop=rows.stop,
                lift=test.liftAbs,
                immediate=test.calibration_scope == "immediate",
                ratio=_ratio(test, days, rows, interval, config.robyn_quirks),
                name=test.said,
            )
        )
    return tuple(found)


def study_rows(test: LiftTest, days: Sequence[date]) -> slice:
    """Return the rows that a study is read from, as Robyn chooses them.

    Those that begin within the study; and where the study does not begin with a row, the row before them as well.
    """
    inside = [i for i, day in enumerate(days) if test.liftStartDate <= day <= test.liftEndDate]
    if not inside:
        # The study lies within one period. Robyn breaks off here.
        before = [i for i, day in enumerate(days) if day <= test.liftStartDate]
        return slice(before[-1], before[-1] + 1) if before else slice(0, 0)
    first = inside[0] if days[inside[0]] == test.liftStartDate else max(inside[0] - 1, 0)
    return slice(first, inside[-1] + 1)


def study_problems(config: JobConfig, days: Sequence[date], rows: slice, interval: Interval) -> Iterator[str]:
    """Say which lift tests cannot be read from the modelled window. rows: the window."""
    first, last = days[rows.start], days[rows.stop - 1]
    end = step(last, interval) - timedelta(days=1)
    for number, test in enumerate(config.calibration_input, 1):
        said = f"calibration_input {number} ({test.said})"
        if test.liftEndDate <= test.liftStartDate:
            continue
        if test.liftStartDate < first or test.liftEndDate > end:
            yield f"{said}: lies outside the modelled window, {first} to {end}; move the window or leave it out"
            continue
        read = study_rows(test, days)
        if config.robyn_quirks and read.stop - read.start == 1:
            yield (
                f"{said}: covers one {interval} of the data only, where Robyn divides by zero; "
                "set robyn_quirks to false or leave it out"
            )


def spend_cautions(config: JobConfig, days: Sequence[date], numbers: Mapping[str, Vector]) -> Iterator[str]:
    """Say which lift tests name another spend than the data hold for their days. numbers: (T,) by column."""
    names = calibration_names(config)
    spend_of = dict(zip(config.modelled_media, config.paid_media_spends, strict=False))
    for test in config.calibration_input:
        spends = [spend_of.get(names.get(part, ""), "") for part in parts(test.channel, names)]
        if not all(spend in numbers for spend in spends):
            continue
        inside = [test.liftStartDate <= day <= test.liftEndDate for day in days]
        spent = round(sum(float(numbers[spend][inside].sum()) for spend in spends))
        if not (1 - SPEND_TOLERANCE) * test.spend <= spent <= (1 + SPEND_TOLERANCE) * test.spend:
            yield (
                f"The lift test of {test.said} says a spend of {test.spend:,.0f}, the data {spent:,.0f}: "
                "check its dates and channel."
            )


def _ratio(test: LiftTest, days: Sequence[date], rows: slice, interval: Interval, quirks: bool) -> float:
    """Return days of the study / days of its rows. Robyn takes differences of dates, one short on either side."""
    first: date = days[rows.start]
    last: date = days[rows.stop - 1]
    if quirks:
        return (test.liftEndDate - test.liftStartDate).days / (last - first).days
    return ((test.liftEndDate - test.liftStartDate).days + 1) / (step(last, interval) - first).days
