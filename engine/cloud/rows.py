"""The rows of one query, whichever warehouse sends them: counted, within limits, in one schema, as a stream.

A warehouse says how its parts arrive; memory does not grow with them.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from engine.errors import BadSelect, Unavailable

BATCH_ROWS = 32_768
MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Limits:
    """The most that one result may be: rows, and megabytes of the file it is written to."""

    rows: int
    megabytes: int


class Rows(ABC):
    """Record batches of one schema that was fixed before the first of them.

    rowcount: how many rows were announced; more than the limit raise BadSelect at once, before any is fetched.
    """

    def __init__(self, whose: str, rowcount: int, limits: Limits) -> None:
        self._whose = whose
        self._limits = limits
        self.rowcount = rowcount
        self.rows_read = 0
        self.query_id = ""
        self.schema: pa.Schema = pa.schema([])
        if rowcount > limits.rows:
            raise self._too_many()

    @abstractmethod
    def parts(self) -> Iterator[pa.Table]:
        """Yield every part of the result once, in the schema."""

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        """Yield every batch once. Raises Unavailable at the end if rows are missing."""
        for table in self.parts():
            for batch in table.to_batches(max_chunksize=BATCH_ROWS):
                self.rows_read += batch.num_rows
                if self.rows_read > self._limits.rows:
                    raise self._too_many()
                yield batch
        if self.rows_read != self.rowcount:
            raise Unavailable(
                f"{self._whose} sent fewer rows than it announced.",
                "The query will be run again.",
                detail=f"query {self.query_id}: {self.rows_read} of {self.rowcount} rows",
            )

    def write(self, path: Path) -> None:
        """Write every row to a Parquet file. Raises BadSelect as soon as the file is larger than the limit."""
        with pq.ParquetWriter(path, self.schema) as writer:
            for batch in self:
                writer.write_batch(batch)
                if path.stat().st_size > self._limits.megabytes * MEGABYTE:
                    raise aggregate_first(
                        f"The result is larger than {self._limits.megabytes:,} MB.", "MMM_WAREHOUSE_MAX_MB"
                    )

    def _too_many(self) -> BadSelect:
        return aggregate_first(f"The result has more than {self._limits.rows:,} rows.", "MMM_WAREHOUSE_MAX_ROWS")


def aggregate_first(what: str, setting: str) -> BadSelect:
    """A result that is larger than `setting` allows."""
    return BadSelect(
        what,
        "Aggregate it first, to one row a day or week (GROUP BY), or narrow it with WHERE. "
        f"An operator can raise {setting}.",
        field="source",
    )
