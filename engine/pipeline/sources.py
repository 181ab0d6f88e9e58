"""A source as an upload reads it, for somebody who only wants to look: nothing is stored."""

from collections.abc import Collection
from pathlib import Path
from typing import Final

from engine.cloud.cloud import Cloud
from engine.cloud.warehouse import Warehouse
from engine.data.dataset import Finding, Source
from engine.data.intake.file import Facts
from engine.data.intake.reshape import reshape
from engine.data.outlook import OpenSource, Outlook, outlook
from engine.pipeline.query_rows import stream_rows
from engine.pipeline.read_columns import at_country, warehouse_columns
from engine.pipeline.text_numbers import told_of_texts

TAG: Final = {"app": "mmm", "step": "inspect"}


def warehouse_outlook(cloud: Cloud, source: Source, country: str) -> Outlook:
    """Say what would become of a table or a SELECT. Raises BadInput, also without a warehouse, Refused, Unavailable."""
    warehouse = cloud.warehouse_of(source.connection)
    return outlook(opened(warehouse, at_country(source, country)), country)


def opened(warehouse: Warehouse, source: Source) -> OpenSource:
    """Return a table or a SELECT as a source that can be looked at."""

    def rows(into: Path, needed: Collection[str] | None) -> tuple[Finding, ...]:
        stream_rows(warehouse, source, into, tag=TAG)
        return reshape(into, {}).findings

    def columns() -> Facts:
        found = warehouse_columns(warehouse, source)
        return Facts(0, found, (), told_of_texts(found))

    return OpenSource(columns, rows)
