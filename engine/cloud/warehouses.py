"""Which warehouse a connection leads to: one line a kind. Their libraries are loaded when first needed."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from engine.cloud.connection import Connection
from engine.settings import Settings

if TYPE_CHECKING:
    from engine.cloud.warehouse import ReadsSecrets, Warehouse

# Built from the connection, the settings, and where secrets are read; `seconds` is what a login may take.
Opens = Callable[[Connection, Settings, "ReadsSecrets", int], "Warehouse"]


def _snowflake(at: Connection, settings: Settings, secrets: "ReadsSecrets", seconds: int) -> "Warehouse":
    from engine.cloud.snowflake import Snowflake

    return Snowflake(at, settings, secrets, login_timeout=seconds, network_timeout=4 * seconds)


def _bigquery(at: Connection, settings: Settings, secrets: "ReadsSecrets", seconds: int) -> "Warehouse":
    from engine.cloud.bigquery import BigQuery

    return BigQuery(at, settings, secrets, patience=2.0 * seconds)


KINDS: dict[str, Opens] = {"snowflake": _snowflake, "bigquery": _bigquery}
SECONDS = 30


def opened(at: Connection, settings: Settings, secrets: "ReadsSecrets", seconds: int = SECONDS) -> "Warehouse":
    """Return a connection's warehouse. Nothing is asked of it yet."""
    return KINDS[at.kind](at, settings, secrets, seconds)
