"""A budget question: `budget` of `job_config.json`, typed, and its bounds by channel name.

Bounds are multiples of a channel's mean spend per period in the date range. A channel goes by its spend column or by
the column it is modelled on, never by its position in a list.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from difflib import get_close_matches
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from engine.data.dates import PERIODS_A_YEAR
from engine.errors import BadConfig

Scenario = Literal["max_response", "target_efficiency"]
Money = Annotated[float, Field(gt=0, allow_inf_nan=False)]

# A bound may be this many times the initial spend.
_LARGEST = 1e6

# Robyn's bounds where none are given, times the initial spend.
DEFAULT_BOUNDS: dict[Scenario, tuple[float, float]] = {"max_response": (0.5, 2.0), "target_efficiency": (0.1, 10.0)}


def _range(given: object) -> object:
    if given == "all" or (isinstance(given, str) and _last(given) is not None):
        return given
    if isinstance(given, list | tuple) and len(given) == 2:
        days = [date.fromisoformat(day) if isinstance(day, str) else day for day in given]
        if not all(isinstance(day, date) for day in days):
            raise ValueError("give both days as 2024-01-31")
        if days[0] <= days[1]:
            return tuple(days)
        raise ValueError(f"ends on {days[1]}, before it begins")
    raise ValueError("choose all, last_N with N from 1, or [from, to]")


def _multiples(given: object) -> object:
    if isinstance(given, Mapping):
        return {str(name): _multiple(value, f"{name}: ") for name, value in given.items()}
    return given if given is None else _multiple(given, "")


def _multiple(given: object, channel: str) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given <= _LARGEST:
        raise ValueError(f"{channel}give a number from 0 to {_LARGEST:g}, or numbers by channel, not {given!r:.40}")
    return float(given)


Bounds = Annotated[float | dict[str, float] | None, BeforeValidator(_multiples)]


class Budget(BaseModel):
    """What to optimise. `total_budget` is for all periods of the date range together."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    scenario: Scenario = Field("max_response", description="Most response for a total, or for a ROAS or CPA.")
    total_budget: Money | None = Field(None, description="Spend in the date range; empty for what was spent.")
    target_value: Money | None = Field(None, description="ROAS at least, or CPA at most; empty for Robyn's default.")
    date_range: Annotated[str | tuple[date, date], BeforeValidator(_range)] = Field(
        "all", description="all (the window), last_N (its last N periods) or [from, to]."
    )
    channel_constr_low: Bounds = Field(
        None, description="Lower bound, times the initial spend: one number, or by channel."
    )
    channel_constr_up: Bounds = Field(None, description="Upper bound, likewise.")
    channel_constr_multiplier: Annotated[float, Field(ge=1, allow_inf_nan=False)] = Field(
        3.0, description="How much further the looser bounds of the second solution reach."
    )
    constr_mode: Literal["eq", "ineq"] = Field("eq", description="Spend the whole total, or at most the total.")

    @model_validator(mode="after")
    def _of_one_scenario(self) -> "Budget":
        if self.scenario == "max_response" and self.target_value is not None:
            raise ValueError("target_value belongs to the scenario target_efficiency")
        if self.scenario == "target_efficiency" and self.total_budget is not None:
            raise ValueError("total_budget belongs to the scenario max_response: a target decides the total by itself")
        return self


def parse_budget(given: object) -> Budget:
    """Check a budget question. Raises BadConfig naming every key at fault."""
    try:
        return Budget.model_validate(given)
    except ValidationError as error:
        raise BadConfig(
            "The budget cannot be used.", f"Correct: {'; '.join(_problem(e) for e in error.errors())}.", field="budget"
        ) from error


def _problem(error: Any) -> str:
    where = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        near = get_close_matches(where, list(Budget.model_fields), n=1)
        return f"{where} is unknown" + (f"; did you mean {near[0]}" if near else "")
    text = str(error["msg"]).removeprefix("Value error, ")
    return f"{where}: {text}" if where else text


def bounds(budget: Budget, channels: Sequence[tuple[str, str]]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the lower and upper multiples per channel, in the order of `channels`: (modelled column, spend column).

    A channel that is not named keeps Robyn's default. Raises BadConfig that lists every unknown or doubled name and
    every channel whose lower bound is above its upper one.
    """
    low, up = DEFAULT_BOUNDS[budget.scenario]
    problems: list[str] = []
    lower = _by_channel("channel_constr_low", budget.channel_constr_low, low, channels, problems)
    upper = _by_channel("channel_constr_up", budget.channel_constr_up, up, channels, problems)
    for (name, _), smallest, largest in zip(channels, lower, upper, strict=True):
        if smallest > largest:
            problems.append(f"{name}: the lower bound {smallest:g} is above the upper bound {largest:g}")
    if problems:
        raise BadConfig("The bounds of the budget cannot be used.", f"Correct: {'; '.join(problems)}.", field="budget")
    return lower, upper


def _by_channel(
    key: str,
    given: float | dict[str, float] | None,
    default: float,
    channels: Sequence[tuple[str, str]],
    problems: list[str],
) -> tuple[float, ...]:
    if not isinstance(given, dict):
        return (default if given is None else given,) * len(channels)
    found: dict[str, float] = {}
    for name, value in given.items():
        channel = next((modelled for modelled, spend in channels if name in (modelled, spend)), None)
        if channel is None:
            problems.append(f"{key}: {unknown_channel(name, channels)}")
        elif channel in found:
            problems.append(f"{key}: {channel} is bounded twice, by both of its names")
        else:
            found[channel] = value
    return tuple(found.get(modelled, default) for modelled, _ in channels)


def unknown_channel(name: str, channels: Sequence[tuple[str, str]]) -> str:
    """Say that `name` is none of the channels, (modelled column, spend column), and which one was probably meant."""
    names = list(dict.fromkeys(name for pair in channels for name in pair))
    upper = {known.upper(): known for known in names}
    near = get_close_matches(name.upper(), list(upper), n=1)
    return f"{name} is no paid channel" + (f"; did you mean {upper[near[0]]}" if near else f" ({', '.join(names)})")


def chosen_periods(budget: Budget, days: Sequence[date]) -> slice:
    """Return which of the window's rows the date range covers. days: (N,) first days, rising.

    Dates that are no row's are moved to the nearest row, as Robyn does. Raises BadConfig where none is covered.
    """
    if isinstance(budget.date_range, str):
        last = _last(budget.date_range)
        return slice(0 if last is None else max(0, len(days) - last), len(days))
    first, end = budget.date_range
    step = days[1] - days[0] if len(days) > 1 else days[0] - days[0]
    if first >= days[-1] + step or end < days[0]:
        raise BadConfig(
            f"date_range from {first} to {end} lies outside the modelled window.",
            f"Choose dates between {days[0]} and {days[-1]}.",
            field="budget",
        )
    return slice(_nearest(first, days), _nearest(end, days) + 1)


def _last(text: str) -> int | None:
    head, _, count = text.partition("_")
    return int(count) if head == "last" and count.isdecimal() and int(count) > 0 else None


def _nearest(day: date, days: Sequence[date]) -> int:
    return min(range(len(days)), key=lambda row: abs(days[row] - day))


# A given amount per channel may be missed by this much.
_LEEWAY = 0.05


def launcher_budget(
    config: Mapping[str, Any], history: Mapping[str, float], interval: Literal["day", "week", "month"]
) -> Budget:
    """Translate the launcher's keys `budget_scenario`, `expected_spend` and `channel_budgets` into a budget.

    history: what each spend column cost in the last year. Historical: Robyn's defaults. Expected spend: that total;
    below 90 % of the history bounds of 0.01 and twice the ratio, at most 2. Channel budgets: scaled to the total, met
    within 5 %; a channel that is not named gets nothing. Raises BadConfig where that cannot be said in multiples.
    """
    mode = config.get("budget_scenario") or "max_historical_response"
    modes = ("max_historical_response", "max_response_expected_spend")
    if mode not in modes:
        raise BadConfig(f"budget_scenario “{mode}” is unknown.", f"Choose {' or '.join(modes)}.", field="budget")
    asked: dict[str, Any] = {"date_range": f"last_{PERIODS_A_YEAR[interval]}"}
    total, amounts = config.get("expected_spend"), config.get("channel_budgets")
    if mode == "max_response_expected_spend" and amounts:
        asked |= _channel_budgets(amounts, total, history)
    elif mode == "max_response_expected_spend":
        if total is None:
            raise BadConfig("expected_spend is missing.", "Give the total to be spent in a year.", field="budget")
        asked["total_budget"] = total
        ratio = float(total) / sum(history.values())
        if ratio < 0.9:
            asked |= {"channel_constr_low": 0.01, "channel_constr_up": min(2 * ratio, 2.0)}
    return parse_budget(asked)


def _channel_budgets(
    amounts: Mapping[str, float], total: float | None, history: Mapping[str, float]
) -> Iterator[tuple[str, Any]]:
    problems = [unknown_channel(name, [(known, known) for known in history]) for name in amounts if name not in history]
    idle = [name for name, amount in amounts.items() if amount and name in history and not history[name]]
    problems += [f"{name} cost nothing in the last year, so nothing is known of it" for name in idle]
    if problems:
        raise BadConfig("channel_budgets cannot be used.", f"Correct: {'; '.join(problems)}.", field="budget")
    given = sum(amounts.values())
    scale = (total / given) if total else 1.0
    multiples = {name: amounts.get(name, 0.0) * scale / spent if spent else 0.0 for name, spent in history.items()}
    yield "total_budget", given * scale
    yield "channel_constr_low", {name: multiple * (1 - _LEEWAY) for name, multiple in multiples.items()}
    yield "channel_constr_up", {name: multiple * (1 + _LEEWAY) for name, multiple in multiples.items()}
