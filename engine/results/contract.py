"""What a training leaves behind: every file of `results/` and its columns.

Both trainers write these files; charts, verdict and every later reading depend on nothing else.
Column names are Robyn's where Robyn has one. Spend and response are per period, in the data's currency
or in conversions. A paid channel goes by the column it is modelled on (`rn`, `channel`): its exposure
where one is mapped, else its spend.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "whole", "number", "yes/no", "day"]

INTERCEPT = "(Intercept)"
ACTUAL = "dep_var"
FITTED = "depVarHat"


@dataclass(frozen=True)
class Column:
    """One column of a results file. `empty` says whether single values may be missing; `later`: results of an older
    release, and those of Robyn, may lack the column: then it is read as empty."""

    name: str
    kind: Kind
    meaning: str
    empty: bool = False
    later: bool = False


@dataclass(frozen=True)
class Table:
    """One Parquet file of the results. `later`: results of an older release, and those of Robyn, may lack the file:
    then it is read as empty."""

    name: str
    grain: str
    columns: tuple[Column, ...]
    may_be_empty: bool = False
    later: bool = False

    @property
    def file(self) -> str:
        return f"{self.name}.parquet"

    @property
    def text_file(self) -> str:
        """What R writes, before it is typed."""
        return f"{self.name}.csv"


CANDIDATES = Table(
    "candidates",
    "one row per candidate: a model on the selected Pareto fronts; its hyperparameters follow as further columns",
    (
        Column("solID", "text", "name: trial_iteration_worker"),
        Column("trial", "whole", "search it came from, from 1; 0 for a model made from the evidence of all"),
        Column("iterNG", "whole", "iteration within the trial, from 1"),
        Column("robynPareto", "whole", "its Pareto front, 1 is the best"),
        Column("nrmse", "number", "what was minimised: RMSE / range of the dependent variable"),
        Column("nrmse_train", "number", "the same on the training rows"),
        Column("nrmse_val", "number", "on the validation rows", empty=True),
        Column("nrmse_test", "number", "on the test rows", empty=True),
        Column("decomp.rssd", "number", "distance between shares of spend and shares of effect"),
        Column("mape", "number", "relative miss of the lift tests; 0 without any"),
        Column("rsq_train", "number", "adjusted R², training rows"),
        Column("rsq_val", "number", "adjusted R², validation rows", empty=True),
        Column("rsq_test", "number", "adjusted R², test rows", empty=True),
        Column("lambda", "number", "ridge penalty as given to the fit"),
        Column("error_score", "number", "the errors combined after scaling over all models; smaller is better"),
        Column("cluster", "whole", "group of similar models, from 1; 0 for none"),
        Column("top_sol", "yes/no", "the best of its group"),
    ),
)

COEFFICIENTS = Table(
    "coefficients",
    "one row per candidate and variable, the intercept included as `(Intercept)`",
    (
        Column("solID", "text", "the candidate"),
        Column("rn", "text", "the variable"),
        Column("coef", "number", "coefficient on the transformed variable"),
        Column("xDecompAgg", "number", "total contribution in the window"),
        Column("xDecompPerc", "number", "its share of the fitted total"),
        Column("total_spend", "number", "paid only: spend in the window", empty=True),
        Column("mean_spend", "number", "paid only: spend per period", empty=True),
        Column("spend_share", "number", "paid only: share of all paid spend", empty=True),
        Column("effect_share", "number", "paid only: share of all paid effect", empty=True),
        Column("roi_total", "number", "paid only: contribution / spend", empty=True),
        Column("roi_mean", "number", "paid only: mean response / mean spend", empty=True),
        Column("cpa_total", "number", "paid only: spend / contribution; missing without effect", empty=True),
        Column("mean_response", "number", "media only: mean contribution per period", empty=True),
        Column("mean_carryover", "number", "media only: mean carried-over input per period", empty=True),
        Column("marginal_roi", "number", "paid only: response to one more unit, spent as the money was", empty=True),
        Column("marginal_low", "number", "paid only: low end of marginal_roi", empty=True, later=True),
        Column("marginal_high", "number", "paid only: high end of the same", empty=True, later=True),
        Column(
            "range_low", "number", "paid only: low end of roi_total (revenue) or cpa_total (conversion)", empty=True
        ),
        Column("range_high", "number", "paid only: high end of the same", empty=True),
        Column("range_over", "text", "what was varied to get the range", empty=True),
    ),
)

DECOMPOSITION = Table(
    "decomposition",
    "one row per candidate, date and variable, plus `dep_var` and `depVarHat`; the best candidates only",
    (
        Column("solID", "text", "the candidate"),
        Column("ds", "day", "first day of the period"),
        Column("rn", "text", "the variable, `(Intercept)`, `dep_var` or `depVarHat`"),
        Column("xDecomp", "number", "its contribution in that period; actual and fitted for the last two"),
    ),
)

RESPONSE_CURVES = Table(
    "response_curves",
    "one row per candidate, paid channel and point of the spend grid, by rising spend",
    (
        Column("solID", "text", "the candidate"),
        Column("channel", "text", "the paid channel"),
        Column("spend", "number", "spend per period: the window's flights, all of them times one factor"),
        Column("response", "number", "response per period at this spend"),
        Column("response_low", "number", "low end of it, by draws", empty=True, later=True),
        Column("response_high", "number", "high end of the same", empty=True, later=True),
        Column("marginal_roi", "number", "response to one more unit at this spend"),
        Column("carryover_response", "number", "the part of it that comes from earlier periods' spend"),
        Column("is_mean", "yes/no", "the one point at the channel's mean spend"),
        Column("beyond_observed", "yes/no", "half of the spend or more in periods above the largest one in the window"),
    ),
)

ALLOCATION = Table(
    "allocation",
    "one row per candidate, scenario and paid channel; empty when no budget was asked for",
    (
        Column("solID", "text", "the candidate"),
        Column("scenario", "text", "what was optimised"),
        Column("channel", "text", "the paid channel"),
        Column("initSpendUnit", "number", "spend per period as it was"),
        Column("optmSpendUnit", "number", "spend per period as proposed"),
        Column("initResponseUnit", "number", "response per period as it was"),
        Column("optmResponseUnit", "number", "response per period as proposed"),
        Column("constr_low", "number", "lower bound, times the initial spend"),
        Column("constr_up", "number", "upper bound, times the initial spend"),
        Column("initResponseMargUnit", "number", "response to one more unit as it was"),
        Column("optmResponseMargUnit", "number", "response to one more unit as proposed"),
        Column("beyond_observed", "number", "share by which the proposed spend exceeds the largest seen; 0 within"),
        Column("left_out", "text", "why a channel takes no part: `no effect`, `set to 0`, or empty"),
        Column(
            "feasible", "yes/no", "whether total or target are met; where not, the summary tells whether they can be"
        ),
    ),
    may_be_empty=True,
)

RANGES = Table(
    "ranges",
    "one row per paid channel of the chosen model and thing that was varied",
    (
        Column("solID", "text", "the chosen model"),
        Column("channel", "text", "the paid channel"),
        Column("over", "text", "what was varied; everything else was held fixed"),
        Column("low", "number", "low end of ROAS (revenue) or CPA (conversion)", empty=True),
        Column("high", "number", "high end of the same", empty=True),
        Column("n", "whole", "variations"),
    ),
    may_be_empty=True,
)

CLUSTERS = Table(
    "clusters",
    "one row per cluster and paid channel: how far its models disagree; Robyn's clusters_ci",
    (
        Column("cluster", "whole", "the cluster, from 1"),
        Column("channel", "text", "the paid channel"),
        Column("n", "whole", "models that have a value"),
        Column("mean", "number", "ROAS or CPA, the mean of bootstrapped means"),
        Column("se", "number", "standard deviation of these means"),
        Column("ci_low", "number", "low end of the models' spread, which Robyn calls a confidence interval"),
        Column("ci_up", "number", "high end of the same"),
        Column("sd", "number", "standard deviation over the models"),
    ),
    may_be_empty=True,
)

FORECAST = Table(
    "forecast",
    "one row per future period and part of the response, plus `depVarHat`; empty when no plan was given",
    (
        Column("solID", "text", "the chosen model"),
        Column("ds", "day", "first day of the period"),
        Column("rn", "text", "`(Intercept)`, a part of the baseline, a medium, or `depVarHat` for the total"),
        Column("spend", "number", "media only: planned spend", empty=True),
        Column("response", "number", "expected response"),
        Column("carried", "number", "media only: what earlier spend alone would still bring", empty=True),
        Column("beyond_observed", "number", "media only: share by which it exceeds the largest seen", empty=True),
        Column("low", "number", "total only: low end by the fit's own misses", empty=True),
        Column("high", "number", "total only: high end of the same", empty=True),
    ),
    may_be_empty=True,
)

DRAWS = Table(
    "draws",
    "one row per draw from the posterior and medium; empty where a model was chosen by Robyn's rule",
    (
        Column("draw", "whole", "the draw, from 1; its media belong together"),
        Column("rn", "text", "the medium"),
        Column("coef", "number", "response per period = coef · hill(adstock(input), alpha, inflexion)"),
        Column("alpha", "number", "of the saturation"),
        Column("inflexion", "number", "adstocked input at which half of the effect is reached"),
        Column("adstock", "text", "geometric, delayed, weibull_cdf or weibull_pdf"),
        Column("first", "number", "theta, or the shape"),
        Column("second", "number", "peak in periods, or the scale; 0 where there is none"),
    ),
    may_be_empty=True,
    later=True,
)

CONVERGENCE = Table(
    "convergence",
    "one row per model evaluated, in order",
    (
        Column("trial", "whole", "search, from 1"),
        Column("iterNG", "whole", "iteration, from 1"),
        Column("nrmse", "number", "as in candidates"),
        Column("decomp.rssd", "number", "as in candidates; infinite if no paid channel has an effect"),
        Column("mape", "number", "as in candidates"),
    ),
)

TABLES = (
    CANDIDATES, COEFFICIENTS, DECOMPOSITION, RESPONSE_CURVES, ALLOCATION, RANGES, CLUSTERS, FORECAST, DRAWS,
    CONVERGENCE,
)  # fmt: skip
