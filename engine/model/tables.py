"""The tables of the results, as frames: what `engine/results/contract.py` describes, filled from the kept models."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from engine.model.candidate import Model
from engine.model.curves import mean_carryover, response_curve
from engine.model.problem import Problem
from engine.model.ranges import OVER, Range
from engine.model.report import Report
from engine.results.contract import ACTUAL, ALLOCATION, FITTED, INTERCEPT

MEASURED = (
    "nrmse", "nrmse_train", "nrmse_val", "nrmse_test", "decomp.rssd", "mape", "rsq_train", "rsq_val", "rsq_test",
    "lambda",
)  # fmt: skip


def candidates(report: Report) -> pd.DataFrame:
    """One row per kept model, the best first."""
    which, found = report.ranked, report.searched.candidates
    frame = pd.DataFrame(
        {
            "solID": report.sol_ids,
            "trial": report.searched.trial[which],
            "iterNG": report.searched.iteration[which],
            "robynPareto": report.selected.front[which],
            **{name: found.metric(name)[which] for name in MEASURED},
            "error_score": report.score[which],
            "cluster": 1,
            "top_sol": [position == 0 for position in range(len(which))],
        }
    )
    values = pd.DataFrame(found.values[which], columns=list(report.space.column_names))
    return pd.concat([frame, values], axis=1)


def coefficients(report: Report, *, conversion: bool) -> pd.DataFrame:
    """One row per kept model and variable. Ranges are of CPA with `conversion`, else of ROAS."""
    rows: list[dict[str, object]] = []
    for which, sol_id, model in zip(report.ranked, report.sol_ids, report.models, strict=True):
        rows += _coefficients(report.problem, model, report.range(int(which)), sol_id, conversion)
    return pd.DataFrame(rows)


def _coefficients(
    problem: Problem, model: Model, tied: Range, sol_id: str, conversion: bool
) -> list[dict[str, object]]:
    periods, first = len(problem.y), 1 + len(problem.base_names)
    totals = np.concatenate([[model.intercept * periods], model.parts.sum(axis=0)])
    named = zip((INTERCEPT, *problem.names), [model.intercept, *model.coefficients], totals, strict=True)
    whole, paid = totals.sum(), model.effects.sum()
    rows: list[dict[str, object]] = []
    for name, coefficient, total in named:
        row = {"solID": sol_id, "rn": name, "coef": coefficient, "xDecompAgg": total}
        rows.append(row | {"xDecompPerc": total / whole} | dict.fromkeys(_PAID_NUMBERS, np.nan) | {"range_over": None})
    media = rows[first:]
    for m, row in enumerate(media):
        row["mean_response"] = totals[first + m] / periods
        row["mean_carryover"] = mean_carryover(problem, model, m)
    for c, row in enumerate(media[: len(problem.paid_names)]):
        spend, effect = float(problem.total_spend[c]), float(model.effects[c])
        low, high = float(tied.low[c]), float(tied.high[c])
        row |= {
            "total_spend": spend,
            "mean_spend": spend / periods,
            "spend_share": problem.spend_share[c],
            "effect_share": effect / paid if paid else np.nan,
            "roi_total": effect / spend,
            "roi_mean": effect / spend,
            "cpa_total": _ratio(spend, effect),
            "marginal_roi": response_curve(problem, model, c).marginal,
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


def decomposition(report: Report, days: Sequence[object], most: int = 5) -> pd.DataFrame:
    """One row per model, date and variable, of the best few models. days: (N,) of the window."""
    frames = []
    for sol_id, model in list(zip(report.sol_ids, report.models, strict=True))[:most]:
        wide = pd.DataFrame(model.parts, columns=list(report.problem.names))
        wide.insert(0, INTERCEPT, model.intercept)
        wide[ACTUAL], wide[FITTED] = report.problem.y, wide.sum(axis=1)
        wide.insert(0, "ds", list(days))
        long = wide.melt(id_vars="ds", var_name="rn", value_name="xDecomp")
        frames.append(long.assign(solID=sol_id)[["solID", "ds", "rn", "xDecomp"]])
    return pd.concat(frames, ignore_index=True)


def response_curves(report: Report) -> pd.DataFrame:
    """One row per kept model, paid channel and point of the grid."""
    columns: dict[str, list[object]] = {name: [] for name in _CURVE_COLUMNS}
    for sol_id, model in zip(report.sol_ids, report.models, strict=True):
        for c, channel in enumerate(report.problem.paid_names):
            curve = response_curve(report.problem, model, c)
            points = len(curve.spend)
            columns["solID"] += [sol_id] * points
            columns["channel"] += [channel] * points
            columns["spend"].extend(curve.spend)
            columns["response"].extend(curve.response)
            columns["carryover_response"] += [curve.carryover_response] * points
            columns["is_mean"].extend(curve.is_mean)
            columns["beyond_observed"].extend(curve.beyond)
    return pd.DataFrame(columns)


_CURVE_COLUMNS = ("solID", "channel", "spend", "response", "carryover_response", "is_mean", "beyond_observed")


def allocation() -> pd.DataFrame:
    """No rows yet, but every column with its type: no budget is asked for in a training."""
    types = {"text": "string", "number": "float64"}
    return pd.DataFrame({column.name: pd.Series(dtype=types[column.kind]) for column in ALLOCATION.columns})


def convergence(report: Report) -> pd.DataFrame:
    """One row per model evaluated, in order."""
    searched = report.searched
    return pd.DataFrame(
        {
            "trial": searched.trial,
            "iterNG": searched.iteration,
            "nrmse": searched.candidates.nrmse,
            "decomp.rssd": searched.candidates.rssd,
            "mape": searched.candidates.mape,
        }
    )
