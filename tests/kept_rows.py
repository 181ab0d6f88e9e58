"""Snapshots with rows, as the product leaves them, made from frames."""

from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from engine import paths
from engine.cloud.storage import Storage
from engine.columns import Column
from engine.data.dataset import Dataset
from engine.data.mapping import Mapping
from engine.data.records import save_dataset
from tests.stored import a_dataset

ROLES = Mapping(date_var="DATE", dep_var="REVENUE", paid_media_spends=("TV_COST",))
MONDAY = date(2024, 9, 2)


def weekly(number: int, **columns: Any) -> pd.DataFrame:
    """So many weeks of a shop; further columns, or others' values."""
    made: dict[str, Any] = {"DATE": pd.date_range(MONDAY, periods=number, freq="7D").date}
    made |= {"REVENUE": [1000.0 + n for n in range(number)], "TV_COST": [float(n % 7) for n in range(number)]}
    return pd.DataFrame(made | columns)


def keep_rows(storage: Storage, ts: str, title: str, frame: pd.DataFrame, **changes: Any) -> Dataset:
    """Store a snapshot of `frame`, which has a column DATE."""
    country = str(changes.get("country", "de"))
    with TemporaryDirectory() as folder:
        raw = Path(folder) / "raw.parquet"
        pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), raw)
        stored = storage.put_file(paths.raw_data(country, ts), raw)
    kinds = {name: "number" if pd.api.types.is_numeric_dtype(frame[name]) else "text" for name in frame}
    columns = tuple(
        Column.model_validate({"name": name, "type": "date" if name == "DATE" else kind})
        for name, kind in kinds.items()
    )
    made = {"mapping": ROLES, "columns": columns, "rows": len(frame), "bytes": stored.size, "crc32c": stored.crc32c}
    days = {"first_date": frame["DATE"].min(), "last_date": frame["DATE"].max()}
    at = datetime.strptime(ts[:16], "%Y%m%dT%H%M%S%z" if ts[15:16] == "Z" else "%Y%m%dT%H%M%S")
    return save_dataset(storage, a_dataset(ts, title, **(made | days | {"created_at": at} | changes)))
