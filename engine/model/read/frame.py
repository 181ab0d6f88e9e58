"""`input_data.parquet` or `.csv` as a table, nothing interpreted yet."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from engine.errors import BadData


def read_frame(folder: Path) -> pd.DataFrame:
    """Read the data of a trainer's IN folder. Raises BadData if there are none or they cannot be read."""
    parquet, text = folder / "input_data.parquet", folder / "input_data.csv"
    there = next((file for file in (parquet, text) if file.exists()), None)
    if there is None:
        raise BadData(f"There are no data in {folder}.", "Put input_data.parquet or input_data.csv there.")
    try:
        frame = pd.read_parquet(parquet) if there is parquet else _read_csv(text)
    except (ValueError, TypeError, OSError, pa.ArrowException) as error:
        why = (str(error).splitlines() or [type(error).__name__])[0]
        raise BadData(f"{there.name} cannot be read.", f"It breaks at: {why}.") from error
    if frame.empty:
        raise BadData("The data have no rows.", "Give one row per period.")
    return frame


def column_problems(frame: pd.DataFrame, named: Sequence[str]) -> list[str]:
    """Say which of the columns that the configuration names are missing, or there more than once."""
    there = list(frame.columns)
    missing = [name for name in named if name not in there]
    twice = [name for name in named if there.count(name) > 1]
    problems = [f"column {name} is in the data more than once: keep one" for name in twice]
    if missing:
        one = len(missing) == 1
        problems.append(
            f"column{'' if one else 's'} {', '.join(missing)} {'is' if one else 'are'} named in job_config.json but "
            f"not in the data: name columns that are there ({', '.join(map(str, there))})"
        )
    return problems


def _read_csv(path: Path) -> pd.DataFrame:
    with path.open(encoding="utf-8-sig") as file:
        first = file.readline()
    # Everything stays text here: a category may be called "na".
    delimiter = max(",;\t", key=first.count)
    # Pandas would rename a column that is there twice, and hide it.
    names = [str(name) for name in _as_text(path, delimiter, header=None, nrows=1).iloc[0]]
    frame = _as_text(path, delimiter)
    if not isinstance(frame.index, pd.RangeIndex):
        raise ValueError("its rows hold more values than its first line names")
    return frame.set_axis(pd.Index(names), axis=1)


def _as_text(path: Path, delimiter: str, **more: Any) -> pd.DataFrame:
    frame: pd.DataFrame = pd.read_csv(
        path, sep=delimiter, dtype=str, keep_default_na=False, encoding="utf-8-sig", **more
    )
    return frame
