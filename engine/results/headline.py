"""The key numbers of a finished run, as plain data that any message can show."""

from collections.abc import Iterator
from math import isfinite
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from engine.data.dataset import Finding
from engine.labels import label, told_apart
from engine.results.summary import Backtest, Budgeted, Chains, Edge, Interval, OddPeriod

if TYPE_CHECKING:
    import pandas as pd

    from engine.results.read import Results


class Spread(BaseModel):
    """How far one channel's ROAS or CPA moves when one thing is varied and all else held fixed.

    Not a confidence interval: each says what that one thing can do.
    """

    model_config = ConfigDict(frozen=True)

    over: str = Field(description="What was varied.")
    low: float | None
    high: float | None
    n: int = Field(description="Variations tried.")


class ChannelResult(BaseModel):
    """One paid channel over the whole window.

    `efficiency` is ROAS (response per unit of spend) or, for conversions, CPA (spend per conversion);
    `low` and `high` are its ends over near-tied models: not a confidence interval. None where a channel
    has no effect and the ratio does not exist.
    """

    model_config = ConfigDict(frozen=True)

    channel: str
    spend: float
    spend_share: float = Field(description="Share of paid media spend, 0 to 1.")
    effect: float = Field(description="Response attributed to the channel, in the data's unit.")
    effect_share: float = Field(description="Share of the paid media effect, 0 to 1.")
    efficiency: float | None
    low: float | None
    high: float | None
    marginal: float | None = Field(description="ROAS or CPA of the next unit, spent as the money was.")
    marginal_low: float | None = None
    marginal_high: float | None = None
    no_effect: float | None = Field(None, description="Chance that it brings next to nothing, 0 to 1.")
    prior_share: float | None = Field(
        None, description="By evidence, 0 to 1: how much of the ratio its assumptions decided instead of the data."
    )
    spreads: tuple[Spread, ...] = ()
    column: str = Field("", description="The column its spend stands in; `channel` is the one it is modelled on.")


class Shift(BaseModel):
    """One channel's spend per period: as it was, and as a budget proposes it."""

    model_config = ConfigDict(frozen=True)

    channel: str
    before: float
    after: float
    beyond_observed: float = Field(0.0, description="Share by which the proposal exceeds the largest spend seen.")
    left_out: str = Field("", description="Why a channel takes no part; empty where it does.")


class PlannedBudget(BaseModel):
    """A budget that was asked for, and where its money would go."""

    model_config = ConfigDict(frozen=True)

    asked: Budgeted
    shifts: tuple[Shift, ...] = ()


class Headline(BaseModel):
    """What a run says in numbers. Shares are 0 to 1; spend and effect are in the data's units."""

    model_config = ConfigDict(frozen=True)

    model: str = Field(description="Robyn's solID of the chosen model.")
    measure: Literal["ROAS", "CPA"]
    dep_var: str
    interval: Literal["day", "week", "month"]
    first_date: str
    last_date: str
    periods: int
    rsq: float = Field(description="Adjusted R² on the window.")
    rsq_usual: float | None = Field(None, description="The same without the odd periods; None where there is none.")
    nrmse: float
    rssd: float = Field(description="DECOMP.RSSD: distance between spend shares and effect shares.")
    media_share: float = Field(description="Share of the fitted response that paid media explains.")
    media_range: Interval | None = Field(None, description="Range of `media_share`.")
    range_over: str = Field("near-tied models", description="What `low` and `high` of the channels are taken over.")
    near_tied: int = Field(description="Models the ranges are taken over.")
    candidates: int
    trials: int
    iterations: int
    converged: bool
    channels: tuple[ChannelResult, ...] = Field(description="Sorted by spend, largest first.")
    method: Literal["robyn", "evidence"] = Field("robyn", description="How the model was chosen.")
    indistinct: tuple[tuple[str, str], ...] = Field((), description="Pairs of channels the data cannot tell apart.")
    together: tuple[tuple[str, str], ...] = Field((), description="Pairs whose spends rise and fall together.")
    chains: Chains | None = Field(None, description="Whether the estimate's chains agree.")
    edges: tuple[Edge, ...] = Field((), description="Parameters that lean on an end of where they may lie.")
    odd_periods: tuple[OddPeriod, ...] = Field((), description="Periods that the model cannot explain.")
    agreement: float | None = Field(None, description="Share of channel pairs that two trials rank alike, 0 to 1.")
    backtest: Backtest | None = None
    lift_miss: float | None = Field(None, description="Relative miss of the lift tests; None if there was none.")
    budgets: tuple[PlannedBudget, ...] = ()
    doubts: tuple[Finding, ...] = Field((), description="What is doubtful about the data, the gravest first.")
    baseline: dict[str, float] = Field(
        default_factory=dict, description="Share of the fitted response by part that is no medium; may be negative."
    )
    organic: dict[str, float] = Field(default_factory=dict, description="The same by unpaid medium.")

    def called(self, medium: str) -> str:
        """How a medium is called in a sentence: no two of a run alike, as `tv` and `TV_spend` would be."""
        return told_apart([*(one.channel for one in self.channels), *self.organic]).get(medium) or label(medium)


def headline(results: "Results") -> Headline:
    """Read the key numbers of the chosen model out of a run's results."""
    summary = results.summary
    chosen = results.candidate(results.chosen)
    paid = results.paid.sort_values("total_spend", ascending=False)
    conversion = summary.dep_var_type == "conversion"
    by_evidence = summary.selection.method == "evidence"
    spends = {one.channel: one.spend for one in summary.channels}
    channels = tuple(
        ChannelResult(
            channel=str(name),
            spend=float(row["total_spend"]),
            spend_share=float(row["spend_share"]),
            effect=float(row["xDecompAgg"]),
            effect_share=_number(row["effect_share"]) or 0.0,
            efficiency=_number(row[results.efficiency]),
            low=_number(row["range_low"]),
            high=_number(row["range_high"]),
            **_next_unit(row, conversion=conversion),
            no_effect=summary.no_effect.get(str(name)),
            # By Robyn's rule it does not tell right numbers from wrong ones, so nothing may be read from it.
            prior_share=summary.prior_share.get(str(name)) if by_evidence else None,
            column=spends.get(str(name), str(name)),
            spreads=_spreads(results.ranges, str(name)),
        )
        for name, row in paid.iterrows()
    )
    return Headline(
        model=results.chosen,
        measure="CPA" if conversion else "ROAS",
        dep_var=summary.dep_var,
        interval=summary.interval,
        first_date=summary.window.start,
        last_date=summary.window.end,
        periods=summary.window.periods,
        rsq=float(chosen["rsq_train"]),
        rsq_usual=summary.rsq_usual,
        nrmse=float(chosen["nrmse"]),
        rssd=float(chosen["decomp.rssd"]),
        media_share=float(paid["xDecompPerc"].sum()),
        range_over=summary.range_over or "near-tied models",
        near_tied=summary.range_models,
        candidates=len(results.candidates),
        trials=summary.trials,
        iterations=summary.iterations,
        converged=all(objective.converged for objective in summary.convergence.values()),
        channels=channels,
        method=summary.selection.method,
        indistinct=summary.indistinct,
        together=summary.together,
        media_range=_around(summary.media_share, float(paid["xDecompPerc"].sum())),
        chains=summary.chains,
        edges=summary.edges,
        odd_periods=summary.odd_periods,
        agreement=summary.agreement,
        backtest=summary.backtest,
        # Only lift tests give a training a third objective.
        lift_miss=_number(summary.metrics.get("mape")) if "mape" in summary.convergence else None,
        budgets=tuple(PlannedBudget(asked=one, shifts=_shifts(results, one.scenario)) for one in summary.budgets),
        doubts=summary.findings,
        baseline=_baseline(results),
        organic={name: share for name, share in _shares(results) if name in summary.organic_vars},
    )


def _around(found: Interval | None, share: float) -> Interval | None:
    """The range of a share, where it is one of it: of a KPI that adds up to nothing, or to less, there is none."""
    near = 0.02 * abs(share)
    return found if found is not None and found.low - near <= share <= found.high + near else None


def _next_unit(row: "pd.Series[Any]", *, conversion: bool) -> dict[str, float | None]:
    """What the next unit brings with its range, or costs where CPA is told: then low and high change places."""
    middle, low, high = (_number(row.get(name)) for name in ("marginal_roi", "marginal_low", "marginal_high"))
    if conversion:
        middle, low, high = _cost(middle), _cost(high), _cost(low)
    return {"marginal": middle, "marginal_low": low, "marginal_high": high}


def _cost(brings: float | None) -> float | None:
    """The cost of one, from what a unit of spend brings; what brings nothing has no cost."""
    return 1 / brings if brings is not None and brings > 0 else None


def _baseline(results: "Results") -> dict[str, float]:
    """The share of each part that is neither paid nor organic: base, time effects, events. 1 is all there is."""
    media = {*results.paid.index, *results.summary.organic_vars}
    return {name: share for name, share in _shares(results) if name not in media}


def _shares(results: "Results") -> Iterator[tuple[str, float]]:
    """Each part of the chosen model that is not 0, with its share of the fitted total, from the average situation."""
    whole = float(results.parts.sum())
    for name, value in results.parts.items():
        if whole and (share := _number(value / whole)):
            yield str(name), share


def _shifts(results: "Results", scenario: str) -> tuple[Shift, ...]:
    """Where the chosen model's allocation puts the money of a scenario, the largest spend first."""
    rows = results.allocation
    if not len(rows):
        return ()
    rows = rows[(rows["solID"] == results.chosen) & (rows["scenario"] == scenario)]
    return tuple(
        Shift(
            channel=str(row["channel"]),
            before=float(row["initSpendUnit"]),
            after=float(row["optmSpendUnit"]),
            beyond_observed=_number(row["beyond_observed"]) or 0.0,
            left_out=str(row["left_out"] or ""),
        )
        for _, row in rows.sort_values("initSpendUnit", ascending=False).iterrows()
    )


def _spreads(ranges: "pd.DataFrame", channel: str) -> tuple[Spread, ...]:
    """What was varied for one channel, in the order of the table; nothing where nothing was."""
    rows = ranges[ranges["channel"] == channel] if len(ranges) else ranges
    return tuple(
        Spread(over=str(row["over"]), low=_number(row["low"]), high=_number(row["high"]), n=int(row["n"]))
        for _, row in rows.iterrows()
    )


def _number(value: Any) -> float | None:
    """A finite float, or None for what has no value."""
    return float(value) if value is not None and isfinite(float(value)) else None
