"""The tables of the results, as frames: what `engine/results/contract.py` describes, filled from the kept models."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from engine.model.candidate import Model, Problem, Shape
from engine.model.compiled import Numbers, Vector
from engine.model.curves import mean_carryover, response_curve
from engine.model.pareto import Selected
from engine.model.ranges import OVER, Range, near_tied
from engine.model.search import Space, Trial, refit, shape_of
from engine.results.contract import ACTUAL, ALLOCATION, FITTED, INTERCEPT


@dataclass(frozen=True)
class Searched:
    """All models of all trials: their numbers, and of each its trial, iteration and error score, (K,)."""

    problem: Problem
    space: Space
    models: Trial
    trial: Numbers
    iteration: Numbers
    score: Vector
    selected: Selected

    def sol_id(self, which: int) -> str:
        """Robyn's name of a model: trial_iteration_worker."""
        return f"{self.trial[which]}_{self.iteration[which]}_1"

    @property
    def ranked(self) -> Numbers:
        """The kept models, the smallest error score first."""
        kept = self.selected.kept
        return np.asarray(kept[np.argsort(self.score[kept], kind="stable")])

    def shape(self, which: int) -> Shape:
        return shape_of(self.problem, self.space, self.models.hyperparameters[which])

    def model(self, which: int) -> Model:
        return refit(self.problem, self.space, self.models.hyperparameters[which])

    def range(self, which: int) -> Range:
        return near_tied(self.models.nrmse, self.models.rssd, self.models.effects, which)


def candidates(searched: Searched) -> pd.DataFrame:
    """One row per kept model, the best first. There is one group of models until similar ones are told apart."""
    which, models = searched.ranked, searched.models
    frame = pd.DataFrame(
        {
            "solID": [searched.sol_id(k) for k in which],
            "trial": searched.trial[which],
            "iterNG": searched.iteration[which],
            "robynPareto": searched.selected.front[which],
            "nrmse": models.nrmse[which],
            "nrmse_train": models.nrmse[which],
            "nrmse_val": np.nan,
            "nrmse_test": np.nan,
            "decomp.rssd": models.rssd[which],
            "mape": 0.0,
            "rsq_train": models.rsq[which],
            "rsq_val": np.nan,
            "rsq_test": np.nan,
            "lambda": models.penalty[which],
            "error_score": searched.score[which],
            "cluster": 1,
            "top_sol": [position == 0 for position in range(len(which))],
        }
    )
    names = [*searched.space.names[:-1], "lambda_hp"]
    values = pd.DataFrame(models.hyperparameters[which], columns=names)
    return pd.concat([frame, values], axis=1)


def coefficients(searched: Searched, *, conversion: bool) -> pd.DataFrame:
    """One row per kept model and variable. Ranges are of CPA with `conversion`, else of ROAS."""
    return pd.DataFrame([row for k in searched.ranked for row in _coefficients(searched, int(k), conversion)])


def _coefficients(searched: Searched, which: int, conversion: bool) -> list[dict[str, object]]:
    problem, model, shape = searched.problem, searched.model(which), searched.shape(which)
    periods = len(problem.y)
    totals = np.concatenate([[model.intercept * periods], model.parts.sum(axis=0)])
    named = zip((INTERCEPT, *problem.names), [model.intercept, *model.coefficients], totals, strict=True)
    whole, paid = totals.sum(), model.effects.sum()
    rows: list[dict[str, object]] = []
    for name, coefficient, total in named:
        row = {"solID": searched.sol_id(which), "rn": name, "coef": coefficient, "xDecompAgg": total}
        rows.append(row | {"xDecompPerc": total / whole} | dict.fromkeys(_PAID_NUMBERS, np.nan) | {"range_over": None})
    tied = searched.range(which)
    media = rows[1 + len(problem.base_names) :]
    for m, row in enumerate(media):
        row["mean_response"] = totals[1 + len(problem.base_names) + m] / periods
        row["mean_carryover"] = mean_carryover(problem, shape, m)
    for c, row in enumerate(media[: len(problem.paid_names)]):
        spend, effect = float(problem.total_spend[c]), float(model.effects[c])
        low, high = float(tied.low[c]), float(tied.high[c])
        row |= {
            "total_spend": spend,
            "mean_spend": spend / periods,
            "spend_share": problem.spend_share[c],
            "effect_share": effect / paid,
            "roi_total": effect / spend,
            "roi_mean": effect / spend,
            "cpa_total": _ratio(spend, effect),
            "marginal_roi": response_curve(problem, shape, model, c).marginal,
            "range_low": _ratio(spend, high) if conversion else low / spend,
            "range_high": _ratio(spend, low) if conversion else high / spend,
            "range_over": OVER,
        }
        media[c].update(row)
    return rows


_PAID_NUMBERS = (
    "total_spend",
    "mean_spend",
    "spend_share",
    "effect_share",
    "roi_total",
    "roi_mean",
    "cpa_total",
    "mean_response",
    "mean_carryover",
    "marginal_roi",
    "range_low",
    "range_high",
)


def _ratio(spend: float, effect: float) -> float:
    """Spend per effect; missing where there is no effect."""
    return spend / effect if effect > 0 else np.nan


def decomposition(searched: Searched, days: Sequence[object], most: int = 5) -> pd.DataFrame:
    """One row per model, date and variable, of the best few models. days: (N,) of the window."""
    frames = []
    for k in searched.ranked[:most]:
        model = searched.model(int(k))
        wide = pd.DataFrame(model.parts, columns=list(searched.problem.names))
        wide.insert(0, INTERCEPT, model.intercept)
        wide[ACTUAL], wide[FITTED] = searched.problem.y, wide.sum(axis=1)
        wide.insert(0, "ds", list(days))
        long = wide.melt(id_vars="ds", var_name="rn", value_name="xDecomp")
        frames.append(long.assign(solID=searched.sol_id(int(k)))[["solID", "ds", "rn", "xDecomp"]])
    return pd.concat(frames, ignore_index=True)


def response_curves(searched: Searched) -> pd.DataFrame:
    """One row per kept model, paid channel and point of the grid."""
    frames = []
    for k in searched.ranked:
        model, shape = searched.model(int(k)), searched.shape(int(k))
        for c, channel in enumerate(searched.problem.paid_names):
            curve = response_curve(searched.problem, shape, model, c)
            frames.append(
                pd.DataFrame(
                    {
                        "solID": searched.sol_id(int(k)),
                        "channel": channel,
                        "spend": curve.spend,
                        "response": curve.response,
                        "carryover_response": curve.carryover_response,
                        "is_mean": curve.is_mean,
                        "beyond_observed": curve.beyond,
                    }
                )
            )
    return pd.concat(frames, ignore_index=True)


def allocation() -> pd.DataFrame:
    """No rows yet, but every column with its type: no budget is asked for in a training."""
    types = {"text": "string", "number": "float64"}
    return pd.DataFrame({column.name: pd.Series(dtype=types[column.kind]) for column in ALLOCATION.columns})


def convergence(searched: Searched) -> pd.DataFrame:
    """One row per model evaluated, in order."""
    models = searched.models
    return pd.DataFrame(
        {
            "trial": searched.trial,
            "iterNG": searched.iteration,
            "nrmse": models.nrmse,
            "decomp.rssd": models.rssd,
            "mape": 0.0,
        }
    )
