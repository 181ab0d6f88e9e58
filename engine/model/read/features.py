"""Time decomposition taken from a table instead of fitted: `dt_mod.csv`, Robyn's own modelling table, beside the data.

With it a training or an evaluation starts from exactly the columns that another one used; without it Prophet is fitted.
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from engine.errors import BadData
from engine.model.read.inputs import Inputs
from engine.model.read.prophet import Decomposition, decompose

FILE = "dt_mod.csv"


def time_features(folder: Path, inputs: Inputs) -> Decomposition:
    """Return the time decomposition of a training: that of `dt_mod.csv` in its folder if there is one, else fitted."""
    path = folder / FILE
    return read_time_features(path, inputs, inputs.days) if path.is_file() else decompose(inputs)


def read_time_features(path: Path, inputs: Inputs, dated: Sequence[date]) -> Decomposition:
    """Read the columns of prophet_vars and factor_vars. dated: (T,) how the table dates the data's rows.

    Raises BadData if dates or columns are not the data's.
    """
    file = path.name
    try:
        table = pd.read_csv(path)
    except (ValueError, OSError) as error:
        raise BadData(f"{file} cannot be read.", f"It breaks at: {str(error).splitlines()[0]}.") from error
    wanted = (*inputs.config.prophet_vars, *inputs.factors)
    if missing := [name for name in ("ds", *wanted) if name not in table]:
        raise BadData(f"{file} lacks {', '.join(missing)}.", "Give these columns, or leave the file out.")
    try:
        days = tuple(date.fromisoformat(str(day)[:10]) for day in table["ds"])
        columns = {name: table[name].to_numpy(dtype=np.float64) for name in wanted}
    except ValueError as error:
        raise BadData(f"{file} cannot be read: {error}.", "Write dates as 2024-01-31 and plain numbers.") from error
    if days != tuple(dated):
        raise BadData(f"{file} has other dates than the data.", "Make it from the same rows, or leave it out.")
    if empty := [name for name, values in columns.items() if not np.isfinite(values).all()]:
        raise BadData(f"{file} has gaps in {', '.join(empty)}.", "Fill them, or leave the file out.")
    return Decomposition(
        {name: columns[name] for name in inputs.config.prophet_vars}, {name: columns[name] for name in inputs.factors}
    )
