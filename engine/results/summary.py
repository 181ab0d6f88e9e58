"""`summary.json`: one training in short."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from engine.data.dataset import Finding


class Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class Channel(Part):
    """A paid channel: the name used in the results, and the column its spend stands in."""

    channel: str
    spend: str


class Window(Part):
    """The periods the model explains."""

    start: str
    end: str
    periods: int


class Data(Part):
    """What the training saw, history before the window included."""

    rows: int
    start: str
    end: str
    variables: int = Field(description="columns of the model, without the intercept")


class Objective(Part):
    """Whether one objective settled down, by Robyn's two rules."""

    converged: bool
    sentence: str


class Selection(Part):
    """How the candidates were picked from all models evaluated."""

    evaluated: int
    eligible: int
    fronts: int
    candidates: int
    method: Literal["robyn", "evidence"] = "robyn"
    rule: str
    note: str = ""
    clusters: int = Field(1, description="groups of similar models")


class Stretch(Part):
    """One stretch of the backtest."""

    start: str = Field(description="its first period, the first that the model telling it had not seen")
    nrmse: float = Field(description="typical miss / range of the dependent variable")
    naive: float = Field(description="the same of telling last year's value")


class Backtest(Part):
    """How well the model, trained anew on what came before, forecasts periods that nothing of it has seen."""

    folds: int
    horizon: int = Field(description="periods told at a time")
    nrmse: float | None = Field(
        description="typical miss / range of the dependent variable; a stretch counts twice as much as the one before"
    )
    naive: float | None = Field(description="the same of telling last year's value")
    bias: float | None = Field(description="mean miss / mean of the dependent variable")
    stretches: tuple[Stretch, ...] = Field((), description="each alone, in the order of time")


class Interval(Part):
    """Both ends of a range."""

    low: float
    high: float


class Foreseen(Part):
    """The forecast of a plan, all its periods together; period by period in `forecast`."""

    periods: int
    response: float
    range: Interval | None = Field(description="None where the history is too short to tell")
    range_over: str = Field(description="what both ends hold, here and in `forecast`")


class Chains(Part):
    """Whether the chains behind an estimate by evidence agree, by what is worst among all channels' ROAS.

    Split R-hat and effective sample sizes: Vehtari and others (2021), Rank-normalization, folding, and localization.
    """

    rhat: float
    ess_bulk: float
    ess_tail: float
    chains: int
    draws: int = Field(description="kept, of all chains together")
    good: bool = Field(description="R-hat at most 1.01 and both sizes at least 400")
    worst: str = Field("", description="the channel of which R-hat is largest")


class Edge(Part):
    """A parameter whose draws lean on an end of where it may lie: the truth may be beyond."""

    channel: str
    parameter: Literal["carryover", "delay", "saturation"]
    end: Literal["low", "high"]
    share: float = Field(description="of the draws within a tenth of the end")


class OddPeriod(Part):
    """A period that the model cannot explain and therefore counts little."""

    ds: str
    miss: float = Field(description="actual less fitted, in units of the dependent variable")
    weight: float = Field(description="how much it counts, 1 as a usual period")


class Moved(Part):
    """One channel before and after a refresh. `before` and `after` are ROAS or CPA."""

    channel: str
    before: float | None
    after: float | None
    share_before: float = Field(description="share of the fitted total")
    share_after: float
    parted: bool = Field(description="whether the ranges of both do not overlap")


class Drift(Part):
    """What a refresh changed."""

    earlier: str = Field(description="solID of the earlier model")
    earlier_revision: str = ""
    now: str
    new_periods: int
    bounds_freedom: float = Field(description="share of the old ranges that was searched")
    channels: tuple[Moved, ...]


class Budgeted(Part):
    """One budget that was allocated; its rows are in `allocation`."""

    scenario: str
    feasible: bool
    stopped: bool = Field(
        False, description="of a target that is not met: whether a search ended there, so that a split may yet meet it"
    )
    total_spend: float = Field(description="per period, as proposed")
    initial_response: float = Field(description="per period, as it was")
    response: float = Field(description="per period, as proposed")
    notes: tuple[str, ...] = ()
    basis: Literal["flights", "even", "robyn"] = Field(
        "robyn", description="how spend lies over the plan's periods: as it was, scaled; evenly; by Robyn's formula"
    )
    periods: int = Field(0, description="of the plan")
    gain: Interval | None = Field(None, description="response per period more than as it was: the middle 90 % of draws")
    gain_chance: float | None = Field(None, description="share of draws in which the response rises")
    recommended: bool | None = Field(None, description="whether to shift; None where nobody can tell: one draw only")
    met: float | None = Field(None, description="of a target: share of draws in which it is met")
    even: float | None = Field(None, description="response per period more if today's spends were spread evenly")
    even_range: Interval | None = Field(None, description="of `even`: the middle 90 % of draws")
    test: str = Field("", description="the channel whose test would tell most, where no shift is recommended")


class Summary(Part):
    """`summary.json`: one training in short."""

    trainer: Literal["native", "robyn"]
    chosen: str = Field(description="solID of the model that is reported")
    revision: str = ""
    country: str = ""
    dep_var: str
    dep_var_type: Literal["revenue", "conversion"]
    adstock: Literal["geometric", "weibull_cdf", "weibull_pdf", "delayed", "auto"]
    interval: Literal["day", "week", "month"]
    window: Window
    data: Data
    channels: tuple[Channel, ...]
    organic_vars: tuple[str, ...] = ()
    context_vars: tuple[str, ...] = ()
    prophet_vars: tuple[str, ...] = ()
    hyperparameters: dict[str, tuple[float, float]] = Field(default_factory=dict, description="ranges searched")
    iterations: int
    trials: int
    seed: int
    metrics: dict[str, float | None] = Field(description="of the chosen model, named as in candidates")
    convergence: dict[str, Objective] = Field(description="by objective: nrmse, decomp.rssd")
    selection: Selection
    range_over: str = ""
    range_models: int = Field(0, description="models behind the chosen model's ranges")
    search: Literal["nevergrad", "fast"] = "nevergrad"
    prior_share: dict[str, float] = Field(
        default_factory=dict,
        description="by channel, 0 to 1: how much of its ROAS the selection objective decided instead of the data",
    )
    indistinct: tuple[tuple[str, str], ...] = Field((), description="pairs of channels the data cannot tell apart")
    together: tuple[tuple[str, str], ...] = Field(
        (), description="pairs of channels whose spends rise and fall together"
    )
    no_effect: dict[str, float] = Field(
        default_factory=dict, description="by channel: the chance, 0 to 1, that it brings next to nothing"
    )
    adstocks: dict[str, dict[str, float]] = Field(
        default_factory=dict, description="by medium: the weight of each kind of adstock, where they are averaged"
    )
    media_share: Interval | None = Field(None, description="range of the share that all paid media explain")
    rsq_usual: float | None = Field(None, description="adjusted R² over the window without its odd periods")
    chains: Chains | None = None
    edges: tuple[Edge, ...] = ()
    odd_periods: tuple[OddPeriod, ...] = Field((), description="the oddest first")
    agreement: float | None = Field(
        None, description="share of channel pairs that the trials' best models rank alike, averaged over trials"
    )
    backtest: Backtest | None = None
    budgets: tuple[Budgeted, ...] = ()
    foreseen: Foreseen | None = None
    forecast_notes: tuple[str, ...] = Field((), description="what the forecast assumes")
    refresh: Drift | None = None
    notes: tuple[str, ...] = Field((), description="what a reader should know, in sentences")
    findings: tuple[Finding, ...] = Field((), description="doubts about the data, the gravest first")
    versions: dict[str, str]
    durations: dict[str, float] = Field(description="seconds by phase, and `total`")
    started_at: str
    finished_at: str
