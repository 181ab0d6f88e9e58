"""What a spend plan can be expected to bring, period by period.

The model's own equations go on: adstock carries over from all of the history, saturation keeps the inflexion of the
window, and the baseline continues on stated assumptions (`continuation`). What the forecast cannot know its notes say.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from engine.data.dates import PERIODS_A_YEAR, Interval, listing, step
from engine.errors import BadConfig
from engine.experiment.budget import unknown_channel
from engine.model.fit.compiled import Matrix, Vector
from engine.model.forecast.continuation import Assumptions, Continued, Part, continue_part, same_periods
from engine.model.forecast.level import level_left
from engine.model.forecast.ranges import Open, as_fitted, changes, held
from engine.model.response.draws import MediaDraws
from engine.model.response.respond import respond
from engine.number_words import percent

# A level that is left is told from this share of the fit's own misses on.
LEVEL_TOLD = 0.25


@dataclass(frozen=True)
class Medium:
    """One medium of the model. history: (T,) its input over all rows, exposures in units of spend.

    draws, place: what it does, and where it stands among their media; trained: rows of the training. largest: the
    largest input of one period in the window. A paid one goes by `spend_name` in a plan, an organic one by its name.
    """

    name: str
    spend_name: str
    history: Vector
    draws: MediaDraws
    place: int
    trained: int
    largest: float
    paid: bool = True

    @property
    def silent(self) -> bool:
        """Whether it has no effect in any draw."""
        return not self.draws.coefficients[:, self.place].any()


@dataclass(frozen=True)
class MediumForecast:
    """One medium in the H periods. carried: what its history alone would still bring; response: with the plan.

    drawn: (D, H) the response draw by draw; `response` is its mean. beyond_observed: the share by which a period's
    spend exceeds the largest of the window; 0 within it.
    """

    name: str
    paid: bool
    spend: Vector
    response: Vector
    carried: Vector
    beyond_observed: Vector
    drawn: Matrix


@dataclass(frozen=True)
class Forecast:
    """The H periods ahead. baseline, total, low, high: (H,) per period.

    low, high: what `range_over` says, per period; whole: the same for the sum of all periods, None where the history is
    too short to tell. level: what the fit was off by lately, in every period's baseline.
    """

    days: tuple[date, ...]
    parts: tuple[Continued, ...]
    media: tuple[MediumForecast, ...]
    baseline: Vector
    total: Vector
    low: Vector
    high: Vector
    whole: tuple[float, float] | None
    range_over: str
    notes: tuple[str, ...]
    level: float = 0.0


def foresee(
    media: Sequence[Medium],
    parts: Sequence[Part],
    intercept: float,
    days: Sequence[date],
    rows: slice,
    plan: Mapping[str, Vector],
    ahead: Sequence[date],
    interval: Interval,
    *,
    residuals: Vector,
    misses: Matrix | None = None,
    assumptions: Assumptions | None = None,
) -> Forecast:
    """Forecast the response to a plan.

    days: (T,) first days of all rows; rows: the window, N of them; parts and residuals (actual less fitted): of the
    window. plan: (H,) spend by either name of a channel, or by an organic medium's; ahead: (H,) first days, which
    follow on `days`. A paid channel that is not planned spends nothing; an organic medium goes on as a year before.
    misses: (K, L) told less actual, where the same forecast was tried out on K stretches that it had not seen.
    Raises BadConfig on unknown names, spends below 0 and periods that do not follow.
    """
    problems = _problems(media, days, plan, ahead, interval)
    if problems:
        raise BadConfig("The spend plan cannot be used.", f"Correct: {'; '.join(problems)}.", field="forecast")
    window = days[rows]
    chosen = assumptions or Assumptions()
    inputs = {medium.name: _planned(medium, plan) for medium in media}
    going_on: dict[str, str] = {}
    for medium in media:
        if inputs[medium.name] is None and not medium.paid:
            inputs[medium.name], going_on[medium.name] = same_periods(medium.history, days, ahead, interval)
    spends = {name: np.zeros(len(ahead)) if spend is None else spend for name, spend in inputs.items()}
    found = tuple(_foresee(medium, spends[medium.name]) for medium in media)
    continued = tuple(continue_part(part, window, ahead, interval, chosen) for part in parts)
    level = level_left(residuals)
    baseline = intercept + level + np.sum([np.zeros(len(ahead)), *(part.contribution for part in continued)], axis=0)
    total = baseline + np.sum([np.zeros(len(ahead)), *(one.response for one in found)], axis=0)
    if misses is not None and misses.size:
        unknown = [*_unlike_last_year(parts, interval), *_organic(media, going_on, rows, interval)]
        beyond = _beyond_usual(media, found, rows, interval)
        low, high, whole, over = held(np.asarray(total), residuals, misses, unknown, beyond, interval)
    else:
        low, high, whole, over = as_fitted(np.asarray(total), residuals)
    notes = [f"{part.name}: {part.assumption}." for part in continued]
    if abs(level) > LEVEL_TOLD * residuals.std():
        more = "more" if level > 0 else "less"
        notes.append(
            f"level: {percent(abs(level) / abs(float(total.mean())))} {more}, as the fit was lately off by that."
        )
    notes += [f"{name}: {words}." for name, words in going_on.items()]
    notes += _about_media(media, found, plan, inputs)
    return Forecast(
        days=tuple(ahead),
        parts=continued,
        media=found,
        baseline=np.asarray(baseline),
        total=np.asarray(total),
        low=low,
        high=high,
        whole=whole,
        range_over=over,
        notes=tuple(notes),
        level=level,
    )


def above_nothing(forecast: Forecast) -> Forecast:
    """Return the forecast of a KPI that was never below 0: its range does not reach below 0 either."""
    least = np.minimum(forecast.total, 0.0)
    low, whole = np.maximum(forecast.low, least), forecast.whole
    if whole is not None:
        whole = (max(whole[0], min(float(forecast.total.sum()), 0.0)), whole[1])
    return replace(forecast, low=low, whole=whole)


def next_periods(days: Sequence[date], count: int, interval: Interval) -> list[date]:
    """Return the first days of the `count` periods after the last of `days`."""
    return [step(days[-1], interval, ahead) for ahead in range(1, count + 1)]


def repeat_last(media: Sequence[Medium], count: int) -> dict[str, Vector]:
    """Return the plan that spends as in the last `count` periods, organic media included.

    Raises BadConfig if there are fewer periods.
    """
    shortest = min((len(medium.history) for medium in media), default=0)
    if count > shortest:
        raise BadConfig(f"There are no {count} periods to repeat.", f"Choose at most {shortest}.", field="forecast")
    return {medium.name: medium.history[len(medium.history) - count :] for medium in media}


def plan_of(periods: Sequence[Mapping[str, float]]) -> dict[str, Vector]:
    """Turn one mapping of spends per period into one series per channel; what a period leaves out is 0."""
    names = list(dict.fromkeys(name for period in periods for name in period))
    return {name: np.array([float(period.get(name, 0.0)) for period in periods]) for name in names}


def forecast_rows(forecast: Forecast, sol_id: str) -> list[dict[str, object]]:
    """Return one row per period and contribution: the parts of the baseline, each medium, and the total."""
    rows: list[dict[str, object]] = []
    for at, day in enumerate(forecast.days):
        shared: dict[str, object] = {"solID": sol_id, "ds": day}
        known = sum(float(part.contribution[at]) for part in forecast.parts)
        nothing = {"spend": np.nan, "carried": np.nan, "beyond_observed": np.nan, "low": np.nan, "high": np.nan}
        rows.append(shared | nothing | {"rn": "(Intercept)", "response": float(forecast.baseline[at]) - known})
        for part in forecast.parts:
            rows.append(shared | nothing | {"rn": part.name, "response": float(part.contribution[at])})
        for one in forecast.media:
            rows.append(
                shared
                | nothing
                | {
                    "rn": one.name,
                    "response": float(one.response[at]),
                    "spend": float(one.spend[at]),
                    "carried": float(one.carried[at]),
                    "beyond_observed": float(one.beyond_observed[at]),
                }
            )
        ends = {"low": float(forecast.low[at]), "high": float(forecast.high[at])}
        rows.append(shared | nothing | ends | {"rn": "depVarHat", "response": float(forecast.total[at])})
    return rows


def _foresee(medium: Medium, spend: Vector) -> MediumForecast:
    def drawn(ahead: Vector) -> Matrix:
        return respond(medium.draws, medium.place, medium.history, ahead, trained=medium.trained)

    largest = medium.largest
    beyond = np.maximum(0.0, spend / largest - 1) if largest > 0 else (spend > 0).astype(float)
    found, carried = drawn(spend), drawn(np.zeros(len(spend)))
    return MediumForecast(
        medium.name, medium.paid, spend, found.mean(axis=0), carried.mean(axis=0), np.asarray(beyond), found
    )


def _planned(medium: Medium, plan: Mapping[str, Vector]) -> Vector | None:
    name = next((name for name in (medium.name, medium.spend_name) if name in plan), None)
    return None if name is None else np.asarray(plan[name], dtype=float)


def _problems(
    media: Sequence[Medium],
    days: Sequence[date],
    plan: Mapping[str, Vector],
    ahead: Sequence[date],
    interval: Interval,
) -> list[str]:
    names = [(medium.name, medium.spend_name) for medium in media]
    known = {name for pair in names for name in pair}
    problems = [unknown_channel(name, names) for name in plan if name not in known]
    problems += [
        f"{one} is planned twice, as {one} and as {other}"
        for one, other in names
        if one != other and {one, other} <= {*plan}
    ]
    expected = next_periods(days, len(ahead), interval)
    if not ahead:
        problems.append("it has no periods")
    elif list(ahead) != expected:
        problems.append(f"its periods must follow on the data: {listing(expected)}, not {listing(list(ahead))}")
    for name, spend in plan.items():
        if len(spend) != len(ahead):
            problems.append(f"{name} has {len(spend)} spends for {len(ahead)} periods")
        elif not (np.all(np.isfinite(spend)) and np.all(np.asarray(spend) >= 0)):
            problems.append(f"{name}: spends are numbers from 0")
    return problems


def _about_media(
    media: Sequence[Medium],
    found: Sequence[MediumForecast],
    plan: Mapping[str, Vector],
    inputs: Mapping[str, Vector | None],
) -> list[str]:
    notes = []
    for medium, one in zip(media, found, strict=True):
        if medium.paid and inputs[medium.name] is None:
            notes.append(f"{medium.name} is not in the plan: it spends nothing, and only its carryover still works.")
        if medium.paid and medium.name != medium.spend_name and medium.spend_name in plan:
            notes.append(f"{medium.name}: exposure is bought at the window's average cost.")
        if medium.silent:
            notes.append(f"{medium.name} has no effect in this model.")
        periods = int((one.beyond_observed > 0).sum())
        if periods:
            notes.append(
                f"{medium.name}: extrapolation, {periods} of {len(one.spend)} periods are up to "
                f"{percent(float(one.beyond_observed.max()))} beyond the largest spend of a period in the window."
            )
    return notes


def _beyond_usual(media: Sequence[Medium], found: Sequence[MediumForecast], rows: slice, interval: Interval) -> Matrix:
    """Return (D, H) what each draw says that all media bring beyond their mean of the window's last year.

    The level of a draw is no news: the baseline makes up for it, as both together are the KPI that was seen.
    """
    beyond = np.zeros((1, len(found[0].spend)) if found else (1, 0))
    for medium, one in zip(media, found, strict=True):
        usual = _in_window(medium, rows, PERIODS_A_YEAR[interval]).mean(axis=1)
        beyond = beyond + one.drawn - usual[:, None]
    return np.asarray(beyond)


def _in_window(medium: Medium, rows: slice, most: int) -> Matrix:
    """Return (D, n) what a medium brought in the window's last periods, draw by draw."""
    first = max(rows.start, rows.stop - most)
    return respond(
        medium.draws, medium.place, medium.history[:first], medium.history[first : rows.stop], trained=medium.trained
    )


def _unlike_last_year(parts: Sequence[Part], interval: Interval) -> list[Open]:
    """Return how far context that is taken to be as a year before may be off."""
    back = PERIODS_A_YEAR[interval]
    return [changes(part.contribution, back) for part in parts if part.kind == "context" and part.future is None]


def _organic(media: Sequence[Medium], going_on: Mapping[str, str], rows: slice, interval: Interval) -> list[Open]:
    back = PERIODS_A_YEAR[interval]
    return [
        changes(_in_window(medium, rows, rows.stop - rows.start).mean(axis=0), back)
        for medium in media
        if medium.name in going_on
    ]
