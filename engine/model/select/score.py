"""One error per model, by which models are ranked: Robyn's errors_scores."""

import numpy as np

from engine.model.fit.candidate import Candidates
from engine.model.fit.compiled import Matrix, Vector


def errors_of(candidates: Candidates) -> Matrix:
    """Return (K, 3) the errors that rank models: NRMSE, DECOMP.RSSD and the miss of lift tests.

    NRMSE is that of the test rows where rows were held back, else of the training rows.
    """
    test = candidates.metric("nrmse_test")
    nrmse = candidates.metric("nrmse_train") if np.isnan(test).all() else test
    return np.column_stack([nrmse, candidates.rssd, candidates.mape])


def error_score(errors: Matrix, weights: tuple[float, float, float] = (1.0, 1.0, 1.0), quirks: bool = True) -> Vector:
    """Return (K,) one error per model: the columns of errors, (K, 3), scaled to 0 … 1, weighed, as a distance from 0.

    The weights are shares of their sum. With `quirks`, as in Robyn, an infinite or missing error counts as 1, whatever
    the others are, and a column of equal errors stays as it is; otherwise as the largest finite error, and as 0.
    """
    shares = np.asarray(weights) / np.sum(weights)
    total = np.zeros(len(errors))
    for column, share in zip(errors.T, shares, strict=True):
        finite = column[np.isfinite(column)]
        instead = 0.0 if len(finite) == 0 else 1.0 if quirks else float(finite.max())
        values = np.where(np.isfinite(column), column, instead)
        low, high = values.min(initial=np.inf), values.max(initial=-np.inf)
        if high > low:
            values = (values - low) / (high - low)
        elif not quirks:
            values = np.zeros_like(values)
        total += (share * values) ** 2
    return np.asarray(np.sqrt(total))
