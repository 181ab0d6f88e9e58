"""The rows of one query of Snowflake's: where they lie, and what is done when their links expire."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pyarrow as pa
from snowflake.connector import errors as sf
from snowflake.connector.result_batch import JSONResultBatch

from engine.cloud.rows import Limits, Rows
from engine.cloud.warehouse_errors import cut_off, is_expired_link, no_arrow
from engine.cloud.warehouse_schema import conform, scales_of, schema_of

# Times in a row that the links of a result are asked for anew without a row in between.
RENEWALS = 3

Reopen = Callable[[], AbstractContextManager[Any]]
"""Opens a cursor on a connection of its own: the first session may be as old as its links."""


class Stream(Rows):
    """The rows of one query of Snowflake's.

    Raises BadSelect at once where Snowflake announces more rows than the limit: nothing was fetched by then.
    """

    def __init__(self, cursor: Any, limits: Limits, reopen: Reopen) -> None:
        super().__init__("Snowflake", cursor.rowcount or 0, limits)
        arrow_only(cursor)
        self.schema = schema_of(cursor.description)
        self.query_id = cursor.sfqid or ""
        self._scales = scales_of(cursor.description)
        self._cursor = cursor
        self._reopen = reopen

    def parts(self) -> Iterator[pa.Table]:
        for table in self._tables():
            yield conform(table, self.schema, self._scales)

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


def arrow_only(cursor: Any) -> None:
    """Raise Refused where the rows of a SELECT came as JSON, whatever the session asked for."""
    if any(isinstance(part, JSONResultBatch) for part in cursor.get_result_batches() or ()):
        raise no_arrow()
