"""List tables: keep the warehouse's table names at hand, so that a form can offer them while somebody types."""

from engine import paths
from engine.clock import Clock
from engine.cloud.cloud import Cloud


def list_tables(cloud: Cloud, clock: Clock) -> None:
    """Write the names of the tables and views our role can read. A view: rewritten whenever a form opens."""
    if cloud.warehouse is not None:
        tables = list(cloud.warehouse.tables())
        cloud.storage.replace(paths.TABLES, {"tables": tables, "at": clock.now().isoformat()})
