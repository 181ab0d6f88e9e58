"""An allocation as Robyn's own export."""

import numpy as np

from engine.model.budget.answer import Limits
from engine.model.budget.robyn.allocation import Allocation, Row


def robyn_rows(allocation: Allocation, sol_id: str, interval: str) -> list[dict[str, object]]:
    """Return Robyn's `dt_optimOut`, the content of its `_reallocated.csv`: one row per channel, by name."""
    rows = sorted(allocation.rows, key=lambda row: row.channel)
    window = sum(row.window_spend for row in rows)
    start, response = allocation.initial_spend, allocation.initial_response
    first, last = allocation.days
    shared: dict[str, object] = {
        "solID": sol_id,
        "dep_var_type": allocation.dep_var_type,
        "date_min": first,
        "date_max": last,
        "periods": f"{allocation.periods} {interval}s",
        "unconstr_mult": allocation.multiplier,
        "histSpendAllTotal": window * allocation.window_periods,
        "histSpendAllUnitTotal": window,
        "histSpendWindowTotal": start * allocation.periods,
        "histSpendWindowUnitTotal": start,
        "initSpendUnitTotal": start,
        "initSpendTotal": start * allocation.periods,
        "initResponseUnitTotal": response,
        "initResponseTotal": response * allocation.periods,
        "total_budget_unit": allocation.total,
        "total_budget_unit_delta": allocation.total / start - 1,
    }
    return [
        shared
        | {"channels": row.channel}
        | _limits(row.limits, "")
        | _limits(row.loose, "_unb")
        | {
            "histSpendAll": row.window_spend * allocation.window_periods,
            "histSpendAllUnit": row.window_spend,
            "histSpendAllShare": row.window_spend / window,
            "histSpendWindow": row.initial.spend * allocation.periods,
            "histSpendWindowUnit": row.initial.spend,
            "histSpendWindowShare": row.initial.spend / start,
            "initSpendUnit": row.initial.spend,
            "initSpendShare": row.initial.spend / start,
            "initResponseUnit": row.initial.response,
            "initResponseUnitSim": row.simulated.response,
            "initResponseMargUnit": row.initial.marginal,
            "initResponseUnitShare": row.initial.response / response,
            "initRoiUnit": row.initial.roi,
            "initCpaUnit": row.initial.cpa,
        }
        | _optimum(allocation, row, "")
        | _optimum(allocation, row, "Unbound")
        for row in rows
    ]


def _limits(limits: Limits, suffix: str) -> dict[str, object]:
    return {
        f"constr_low{suffix}": limits.low,
        f"constr_low{suffix}_abs": limits.low * limits.base,
        f"constr_up{suffix}": limits.up,
        f"constr_up{suffix}_abs": limits.up * limits.base,
    }


def _optimum(allocation: Allocation, row: Row, suffix: str) -> dict[str, object]:
    point, whole = (row.unbound, allocation.unbound) if suffix else (row.optimum, allocation.optimum)
    start, periods = row.initial, allocation.periods
    return {
        f"optmSpendUnit{suffix}": point.spend,
        f"optmSpendUnitDelta{suffix}": point.spend / start.spend - 1 if start.spend else np.nan,
        f"optmSpendUnitTotal{suffix}": whole.spend,
        f"optmSpendUnitTotalDelta{suffix}": whole.spend / allocation.initial_spend - 1,
        f"optmSpendShareUnit{suffix}": point.spend / whole.spend if whole.spend else np.nan,
        f"optmSpendTotal{suffix}": whole.spend * periods,
        f"optmResponseUnit{suffix}": point.response,
        f"optmResponseMargUnit{suffix}": point.marginal,
        f"optmResponseUnitTotal{suffix}": whole.response,
        f"optmResponseTotal{suffix}": whole.response * periods,
        f"optmResponseUnitShare{suffix}": point.response / whole.response if whole.response else np.nan,
        f"optmRoiUnit{suffix}": point.roi,
        f"optmCpaUnit{suffix}": point.cpa,
        f"optmResponseUnitLift{suffix}": point.response / start.response - 1 if start.response else np.nan,
        f"optmResponseUnitTotalLift{suffix}": whole.response / allocation.initial_response - 1,
    }
