"""List tables: keep what a warehouse holds at hand, so that a form can offer it while somebody types."""

import logging

from engine.clock import Clock
from engine.cloud.cloud import Cloud
from engine.cloud.connections import connection_of
from engine.data.known import keep_columns, keep_tables
from engine.errors import BadInput, BadSettings, Refused

log = logging.getLogger(__name__)
# The form works without: an older list is there, and any name can be typed.
FOR_GOOD = (BadInput, Refused, BadSettings)


def list_tables(cloud: Cloud, clock: Clock, connection: str = "") -> None:
    """Write the names of the tables and views a connection's role can read. A view: rewritten when a form opens."""
    try:
        at = connection_of(cloud.storage, cloud.settings, connection)
        keep_tables(cloud.storage, at.scope, cloud.warehouse_at(at).tables(), clock.now())
    except FOR_GOOD as error:
        log.warning("the tables of %s are not listed: %s (%s)", connection or "default", error.what, error.detail)


def list_columns(cloud: Cloud, clock: Clock, connection: str, table: str) -> None:
    """Write the columns of one table, for a form in which it was chosen. A view, too."""
    try:
        at = connection_of(cloud.storage, cloud.settings, connection)
        keep_columns(cloud.storage, at.scope, table, cloud.warehouse_at(at).columns(table), clock.now())
    except FOR_GOOD as error:
        log.warning("the columns of a table are not listed: %s (%s)", error.what, error.detail)
