"""The rows of one query: counted, within limits, in one schema, with memory that does not grow with them."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from snowflake.connector import errors as sf
from snowflake.connector.result_batch import JSONResultBatch

from engine.cloud.warehouse_errors import cut_off, is_expired_link, no_arrow
from engine.cloud.warehouse_schema import conform, scales_of, schema_of
from engine.errors import BadSelect, Unavailable

BATCH_ROWS = 32_768
MEGABYTE = 1_000_000
# Times in a row that the links of a result are asked for anew without a row in between.
RENEWALS = 3

Reopen = Callable[[], AbstractContextManager[Any]]
"""Opens a cursor on a connection of its own: the first session may be as old as its links."""


@dataclass(frozen=True)
class Limits:
    """The most that one result may be: rows, and megabytes of the file it is written to."""

    rows: int
    megabytes: int


class Stream:
    """The rows of one query, as record batches of one schema that was fixed before the first of them.

    Raises BadSelect at once where Snowflake announces more rows than the limit: nothing was fetched by then.
    """

    def __init__(self, cursor: Any, limits: Limits, reopen: Reopen) -> None:
        self.rowcount: int = cursor.rowcount or 0
        self._limits = limits
        if self.rowcount > limits.rows:
            raise self._too_many()
        arrow_only(cursor)
        self.schema: pa.Schema = schema_of(cursor.description)
        self.query_id: str = cursor.sfqid or ""
        self.rows_read = 0
        self._scales = scales_of(cursor.description)
        self._cursor = cursor
        self._reopen = reopen

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        """Yield every batch once. Raises Unavailable at the end if rows are missing."""
        for table in self._tables():
            for batch in conform(table, self.schema, self._scales).to_batches(max_chunksize=BATCH_ROWS):
                self.rows_read += batch.num_rows
                if self.rows_read > self._limits.rows:
                    raise self._too_many()
                yield batch
        if self.rows_read != self.rowcount:
            raise Unavailable(
                "Snowflake sent fewer rows than it announced.",
                "The query will be run again.",
                detail=f"query {self.query_id}: {self.rows_read} of {self.rowcount} rows",
            )

    def write(self, path: Path) -> None:
        """Write every row to a Parquet file. Raises BadSelect as soon as the file is larger than the limit."""
        with pq.ParquetWriter(path, self.schema) as writer:
            for batch in self:
                writer.write_batch(batch)
                if path.stat().st_size > self._limits.megabytes * MEGABYTE:
                    raise _aggregate(
                        f"The result is larger than {self._limits.megabytes:,} MB.", "MMM_WAREHOUSE_MAX_MB"
                    )

    def _tables(self) -> Iterator[pa.Table]:
        """Yield the parts of the result. Their links expire after some hours: then they are asked for anew."""
        received, tries = 0, 0
        parts = self._announced()
        while True:
            try:
                for table in parts:
                    received, tries = received + table.num_rows, 0
                    yield table
                return
            except sf.Error as error:
                tries += 1
                if tries > RENEWALS or not is_expired_link(error):
                    raise
                parts = self._renewed(received)
            except OSError as error:
                raise cut_off(error) from error

    def _announced(self) -> Iterator[pa.Table]:
        yield from self._cursor.fetch_arrow_batches(force_microsecond_precision=True)

    def _renewed(self, received: int) -> Iterator[pa.Table]:
        """Yield what lies behind the rows received, by new links to the same result, on a new connection."""
        with self._reopen() as cursor:
            cursor.query_result(self.query_id)
            for part in cursor.get_result_batches():
                if part.rowcount <= received:
                    received -= part.rowcount
                    continue
                table = part.to_arrow(connection=cursor.connection, force_microsecond_precision=True)
                yield table.slice(received)
                received = 0

    def _too_many(self) -> BadSelect:
        return _aggregate(f"The result has more than {self._limits.rows:,} rows.", "MMM_WAREHOUSE_MAX_ROWS")


def arrow_only(cursor: Any) -> None:
    """Raise Refused where the rows of a SELECT came as JSON, whatever the session asked for."""
    if any(isinstance(part, JSONResultBatch) for part in cursor.get_result_batches() or ()):
        raise no_arrow()


def _aggregate(what: str, setting: str) -> BadSelect:
    return BadSelect(
        what,
        "Aggregate it first, to one row a day or week (GROUP BY), or narrow it with WHERE. "
        f"An operator can raise {setting}.",
        field="source",
    )
