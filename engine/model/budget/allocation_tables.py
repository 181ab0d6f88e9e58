"""The answer to a budget question as rows of `allocation.parquet`."""

import numpy as np

from engine.model.budget.answer import Answer


def allocation_rows(answer: Answer, sol_id: str) -> list[dict[str, object]]:
    """Return one row per paid channel, with the columns of the contract's `allocation` and some of use beside them."""
    return [
        {
            "solID": sol_id,
            "scenario": answer.scenario,
            "channel": share.channel,
            "initSpendUnit": share.initial.spend,
            "optmSpendUnit": share.proposed.spend,
            "initResponseUnit": share.initial.response,
            "optmResponseUnit": share.proposed.response,
            "constr_low": share.limits.low,
            "constr_up": share.limits.up,
            "initResponseMargUnit": share.initial.marginal,
            "optmResponseMargUnit": share.proposed.marginal,
            "beyond_observed": share.proposed.beyond_observed,
            "left_out": share.left_out,
            "feasible": answer.feasible,
            "target_value": np.nan if answer.target is None else answer.target,
            "periods": answer.periods,
        }
        for share in answer.shares
    ]
