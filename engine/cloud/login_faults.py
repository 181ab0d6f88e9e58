"""What a login lacks against what its connection names: a role, a warehouse, a database; each with what mends it."""

from collections.abc import Iterator
from dataclasses import dataclass

from engine.cloud.connection import Connection
from engine.cloud.warehouse import Session


@dataclass(frozen=True)
class Fault:
    """One thing that is not as the connection says. `grave`: nothing can be read so."""

    what: str
    fix: str
    grave: bool = True


def faults(at: Connection, session: Session) -> Iterator[Fault]:
    """Hold a login against its connection. A warehouse leaves out, without a word, what is not so."""
    if at.kind == "bigquery":
        yield from _of_bigquery(at, session)
        return
    role = at.role
    if not role:
        where = "Set MMM_SNOWFLAKE_ROLE." if at.is_default else f"Name one: /mmm connect {at.name}."
        yield Fault(f"No role is named: the user's own, {session.role}, is used.", where, grave=False)
    elif session.role.casefold() != role.strip('"').casefold():
        grant = f"GRANT ROLE {role} TO USER {at.user};"
        yield Fault(f"Snowflake logs us in as {session.role}, not as {role}.", f"In Snowflake: {grant}")
    if not session.warehouse:
        name = at.warehouse or "…"
        grant = f"GRANT USAGE ON WAREHOUSE {name} TO ROLE {session.role};"
        yield Fault(f"The warehouse {name} is not there, or the role may not use it.", f"In Snowflake: {grant}")
    if at.database and not session.database:
        grant = f"GRANT USAGE ON DATABASE {at.database} TO ROLE {session.role};"
        gone = f"The database {at.database} is not there, or the role may not use it."
        yield Fault(gone, f"In Snowflake: {grant}")
    elif at.schema_name and not session.schema:
        grant = f"GRANT USAGE ON SCHEMA {at.database}.{at.schema_name} TO ROLE {session.role};"
        gone = f"The schema {at.schema_name} is not there, or the role may not use it."
        yield Fault(gone, f"In Snowflake: {grant}", grave=False)


def _of_bigquery(at: Connection, session: Session) -> Iterator[Fault]:
    if not session.database:
        place = ".".join(part for part in (at.database or at.account, at.schema_name) if part)
        yield Fault(
            f"{place} is not there, or {session.user} may not see it.",
            f"In Google Cloud, give {session.user} the role BigQuery Data Viewer (roles/bigquery.dataViewer) on it.",
        )
