"""List tables: keep a warehouse's table names at hand, so that a form can offer them while somebody types."""

from engine import paths
from engine.clock import Clock
from engine.cloud.cloud import Cloud
from engine.cloud.connections import connection_of


def list_tables(cloud: Cloud, clock: Clock, connection: str = "") -> None:
    """Write the names of the tables and views a connection's role can read. A view: rewritten when a form opens."""
    at = connection_of(cloud.storage, cloud.settings, connection)
    tables = list(cloud.warehouse_at(at).tables())
    cloud.storage.replace(paths.known_tables(at.scope), {"tables": tables, "at": clock.now().isoformat()})
