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


class Backtest(Part):
    """How well the chosen model's hyperparameters tell periods they were not fitted on."""

    folds: int
    horizon: int = Field(description="periods told at a time")
    nrmse: float | None = Field(description="typical miss / range of the dependent variable")
    naive: float | None = Field(description="the same of telling last year's value")
    bias: float | None = Field(description="mean miss / mean of the dependent variable")


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
    total_spend: float = Field(description="per period, as proposed")
    initial_response: float = Field(description="per period, as it was")
    response: float = Field(description="per period, as proposed")
    notes: tuple[str, ...] = ()


class Summary(Part):
    """`summary.json`: one training in short."""

    trainer: Literal["native", "robyn"]
    chosen: str = Field(description="solID of the model that is reported")
    revision: str = ""
    country: str = ""
    dep_var: str
    dep_var_type: Literal["revenue", "conversion"]
    adstock: Literal["geometric", "weibull_cdf", "weibull_pdf"]
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
    agreement: float | None = Field(
        None, description="share of channel pairs that the trials' best models rank alike, averaged over trials"
    )
    backtest: Backtest | None = None
    budgets: tuple[Budgeted, ...] = ()
    forecast_notes: tuple[str, ...] = Field((), description="what the forecast assumes")
    refresh: Drift | None = None
    notes: tuple[str, ...] = Field((), description="what a reader should know, in sentences")
    findings: tuple[Finding, ...] = Field((), description="doubts about the data, the gravest first")
    versions: dict[str, str]
    durations: dict[str, float] = Field(description="seconds by phase, and `total`")
    started_at: str
    finished_at: str
