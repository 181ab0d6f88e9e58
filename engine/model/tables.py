"""The tables of the results, as frames: what `engine/results/contract.py` describes, filled from a report."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from engine.model.budget.allocation_tables import allocation_rows
from engine.model.budget.answer import Answer
from engine.model.budget.curves import Curve
from engine.model.budget.robyn.curves import mean_carryover
from engine.model.evidence.spread import Spread
from engine.model.fit.compiled import Matrix
from engine.model.fit.problem import Problem
from engine.model.fit.transforms import NAMES
from engine.model.forecast.forecast import Forecast, forecast_rows
from engine.model.report import Entry, Report
from engine.model.response.draws import MediaDraws
from engine.model.select.clusters import cluster_ranges
from engine.results.contract import (
    ACTUAL,
    ALLOCATION,
    CLUSTERS,
    DRAWS,
    FITTED,
    FORECAST,
    INTERCEPT,
    RANGES,
    RESPONSE_CURVES,
    Table,
)

MEASURED = (
    "nrmse", "nrmse_train", "nrmse_val", "nrmse_test", "decomp.rssd", "mape", "rsq_train", "rsq_val", "rsq_test",
    "lambda",
)  # fmt: skip
Rows = list[dict[str, object]]


def candidates(report: Report) -> pd.DataFrame:
    """One row per kept model, the chosen one first."""
    columns = report.space.column_names
    return pd.DataFrame(
        [
            {
                "solID": entry.sol_id,
                "trial": entry.trial,
                "iterNG": entry.iteration,
                "robynPareto": entry.front,
                **{name: entry.model.metrics[name] for name in MEASURED},
                "error_score": entry.score,
                "cluster": entry.cluster,
                "top_sol": entry.top,
                **dict(zip(columns, entry.model.values, strict=True)),
            }
            for entry in report.entries
        ]
    )


def coefficients(report: Report, curves: Mapping[str, Sequence[Curve]], *, conversion: bool) -> pd.DataFrame:
    """One row per kept model and variable. Ranges are of CPA with `conversion`, else of ROAS. curves: by solID."""
    rows = [_coefficients(report.problem, entry, curves[entry.sol_id], conversion) for entry in report.entries]
    return pd.DataFrame([row for of_one in rows for row in of_one])


def _coefficients(problem: Problem, entry: Entry, curves: Sequence[Curve], conversion: bool) -> Rows:
    model, periods, first = entry.model, len(problem.y), 1 + len(problem.base_names)
    totals = np.concatenate([[model.intercept * periods], model.parts.sum(axis=0)])
    named = zip((INTERCEPT, *problem.names), [model.intercept, *model.coefficients], totals, strict=True)
    whole, paid = totals.sum(), model.effects.sum()
    rows: Rows = []
    for name, coefficient, total in named:
        row = {"solID": entry.sol_id, "rn": name, "coef": coefficient, "xDecompAgg": total}
        rows.append(row | {"xDecompPerc": total / whole} | dict.fromkeys(_PAID_NUMBERS, np.nan) | {"range_over": None})
    media = rows[first:]
    for m, row in enumerate(media):
        row["mean_response"] = totals[first + m] / periods
        row["mean_carryover"] = mean_carryover(problem, model, m)
    for c, row in enumerate(media[: len(problem.paid_names)]):
        spend, effect = float(problem.total_spend[c]), float(model.effects[c])
        low, high = float(entry.tied.low[c]), float(entry.tied.high[c])
        row |= {
            "total_spend": spend,
            "mean_spend": spend / periods,
            "spend_share": problem.spend_share[c],
            "effect_share": effect / paid if paid else np.nan,
            "roi_total": effect / spend,
            "roi_mean": effect / spend,
            "cpa_total": _ratio(spend, effect),
            "marginal_roi": curves[c].next_unit.value,
            "marginal_low": curves[c].next_unit.low,
            "marginal_high": curves[c].next_unit.high,
            "range_low": _ratio(spend, high) if conversion else low / spend,
            "range_high": _ratio(spend, low) if conversion else high / spend,
            "range_over": entry.tied.over,
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
    "marginal_low",
    "marginal_high",
    "range_low",
    "range_high",
)


def _ratio(spend: float, effect: float) -> float:
    """Spend per effect; missing where there is no effect."""
    return spend / effect if effect > 0 else np.nan


def decomposition(report: Report, days: Sequence[object], most: int = 5) -> pd.DataFrame:
    """One row per model, date and variable, of the best few models. days: (N,) of the window."""
    frames = []
    for entry in report.entries[:most]:
        wide = pd.DataFrame(entry.model.parts, columns=list(report.problem.names))
        wide.insert(0, INTERCEPT, entry.model.intercept)
        wide[ACTUAL], wide[FITTED] = report.problem.y, wide.sum(axis=1)
        wide.insert(0, "ds", list(days))
        long = wide.melt(id_vars="ds", var_name="rn", value_name="xDecomp")
        frames.append(long.assign(solID=entry.sol_id)[["solID", "ds", "rn", "xDecomp"]])
    return pd.concat(frames, ignore_index=True)


def response_curves(report: Report, curves: Mapping[str, Sequence[Curve]]) -> pd.DataFrame:
    """One row per kept model, paid channel and point of the grid. curves: by solID."""
    columns: dict[str, list[Any]] = {name: [] for name in _CURVE_COLUMNS}
    for entry in report.entries:
        for channel, curve in zip(report.problem.paid_names, curves[entry.sol_id], strict=True):
            points = len(curve.spend)
            columns["solID"] += [entry.sol_id] * points
            columns["channel"] += [channel] * points
            columns["spend"].extend(curve.spend)
            columns["response"].extend(curve.response)
            columns["response_low"].extend(curve.low)
            columns["response_high"].extend(curve.high)
            columns["marginal_roi"].extend(curve.marginal_roi)
            columns["carryover_response"].extend(curve.carried)
            columns["is_mean"].extend(curve.is_mean)
            columns["beyond_observed"].extend(curve.beyond)
    return pd.DataFrame(columns)


_CURVE_COLUMNS = tuple(column.name for column in RESPONSE_CURVES.columns)


def allocation(answer: Answer | None, sol_id: str) -> pd.DataFrame:
    """One row per paid channel; none where there was nothing to split."""
    return _typed(ALLOCATION, [] if answer is None else allocation_rows(answer, sol_id))


def ranges(spreads: Sequence[Spread], report: Report, *, conversion: bool) -> pd.DataFrame:
    """One row per channel of the chosen model and thing that was varied; its own range first."""
    spend, tied = report.problem.total_spend, report.chosen.tied
    own = Spread(tied.over, tied.low / spend, tied.high / spend, tied.models)
    rows: Rows = []
    for spread in (own, *spreads):
        for channel, low, high in zip(report.problem.paid_names, spread.low, spread.high, strict=True):
            ends = (_ratio(1.0, float(high)), _ratio(1.0, float(low))) if conversion else (low, high)
            row = {"solID": report.chosen.sol_id, "channel": channel, "over": spread.over}
            rows.append(row | {"low": ends[0], "high": ends[1], "n": spread.n})
    return _typed(RANGES, rows)


def clusters(report: Report, *, conversion: bool, quirks: bool) -> pd.DataFrame:
    """One row per cluster and paid channel, as Robyn's clusters_ci."""
    found = cluster_ranges(report.clusters.label, _efficiency(report, conversion), quirks=quirks)
    return _typed(
        CLUSTERS,
        [
            {
                "cluster": one.cluster,
                "channel": report.problem.paid_names[one.channel],
                "n": one.n,
                "mean": one.mean,
                "se": one.se,
                "ci_low": one.low,
                "ci_up": one.high,
                "sd": one.sd,
            }
            for one in found
        ],
    )


def _efficiency(report: Report, conversion: bool) -> Matrix:
    """(K, C) ROAS or CPA of the kept models, in the order of the search."""
    roas = report.kept.effects / report.problem.total_spend
    if not conversion:
        return np.asarray(roas)
    return np.divide(1.0, roas, out=np.full_like(roas, np.inf), where=roas > 0)


def forecast(expected: Forecast | None, sol_id: str) -> pd.DataFrame:
    """One row per future period and part; none without a plan."""
    return _typed(FORECAST, [] if expected is None else forecast_rows(expected, sol_id))


def draws(found: MediaDraws | None) -> pd.DataFrame:
    """One row per draw and medium; none where a model was chosen by Robyn's rule."""
    rows: Rows = []
    for d in range(0 if found is None else len(found)):
        assert found is not None
        for m, name in enumerate(found.names):
            alpha, _, first, second, kind = found.shapes[d, m]
            rows.append(
                {
                    "draw": d + 1,
                    "rn": name,
                    "coef": found.coefficients[d, m],
                    "alpha": alpha,
                    "inflexion": found.halves[d, m],
                    "adstock": NAMES[int(kind)],
                    "first": first,
                    "second": second,
                }
            )
    return _typed(DRAWS, rows)


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


def _typed(table: Table, rows: Rows) -> pd.DataFrame:
    """Return the contract's columns, each of its type also where there are no rows."""
    kinds = {"text": "string", "number": "float64", "whole": "int64", "yes/no": "bool"}
    frame = pd.DataFrame(rows, columns=[column.name for column in table.columns])
    types = {column.name: kinds[column.kind] for column in table.columns if column.kind in kinds}
    days = [column.name for column in table.columns if column.kind == "day"]
    return frame.astype(types).assign(**{name: pd.to_datetime(frame[name]) for name in days})
