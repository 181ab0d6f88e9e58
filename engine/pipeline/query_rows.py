"""The rows of one table or SELECT, as the warehouse gives them now."""

from pathlib import Path

from engine.cloud.warehouse import Warehouse
from engine.data.dataset import Source
from engine.errors import BadData


class NoRows(BadData):
    """A source that can be read, and holds nothing."""


def query_of(warehouse: Warehouse, source: Source) -> str:
    """Return the one SELECT that reads a warehouse source. Raises BadSelect."""
    return warehouse.select_all(source.table) if source.kind == "table" else warehouse.one_select(source.sql)


def stream_rows(warehouse: Warehouse, source: Source, raw: Path, *, tag: dict[str, str]) -> str:
    """Write the rows of a table or SELECT as Parquet, batch by batch; returns the query id."""
    with warehouse.stream(query_of(warehouse, source), tag=tag) as stream:
        stream.write(raw)
        if not stream.rows_read:
            raise NoRows("That source holds no rows.", "Check the table, or the conditions of the SELECT.")
        return stream.query_id
