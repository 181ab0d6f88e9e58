"""Snowflake: the login works, as the role and with the warehouse that the settings name, and it can change nothing."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.doctor.examine import clipped, of_error
from engine.doctor.report import Finding, failed, ok, skipped, warning
from engine.doctor.secrets import secret_service
from engine.doctor.subject import Check, Subject
from engine.errors import BadInput, MmmError, Refused
from engine.settings import Settings

if TYPE_CHECKING:
    # Its library is the worker's: this check says so where it is missing.
    from engine.cloud.warehouse import Grant, Session, Warehouse

# Rights that let nobody change anything. Whatever is not among them may.
READING = frozenset(
    {
        *("USAGE", "SELECT", "REFERENCES", "MONITOR", "OPERATE", "READ", "IMPORTED PRIVILEGES"),
        *("REFERENCE_USAGE", "VIEW LINEAGE", "RESOLVE ALL"),
    }
)
SHOWN = 3
TIMEOUT = 20


def look(subject: Subject) -> Iterator[Finding]:
    """Log in once, and look around."""
    settings = subject.settings
    if not settings.snowflake_account:
        yield skipped("No warehouse is named: only CSV files are offered.")
        return
    from engine.cloud.warehouse import Warehouse

    warehouse = Warehouse(settings, subject.cloud.secrets, login_timeout=TIMEOUT, network_timeout=TIMEOUT)
    try:
        session = warehouse.session()
    except MmmError as error:
        # One login that fails is enough: more of them lock the user out.
        yield of_error(error)
        return
    wrong = list(_login(settings, session))
    yield from wrong
    if not any(finding.fix for finding in wrong):
        yield from _tables(settings, warehouse)
    if session.role:
        yield from _rights(warehouse, session.role)


def _login(settings: Settings, session: "Session") -> Iterator[Finding]:
    role = settings.snowflake_role
    if not role:
        yield warning(f"No role is named: the user's own, {session.role}, is used.", "Set MMM_SNOWFLAKE_ROLE.")
    elif session.role.casefold() != role.strip('"').casefold():
        grant = f"GRANT ROLE {role} TO USER {settings.snowflake_user};"
        yield failed(f"Snowflake logs us in as {session.role}, not as {role}.", f"In Snowflake: {grant}")
    if not session.warehouse:
        name = settings.snowflake_warehouse or "…"
        grant = f"GRANT USAGE ON WAREHOUSE {name} TO ROLE {session.role};"
        yield failed(f"The warehouse {name} is not there, or the role may not use it.", f"In Snowflake: {grant}")
    if settings.snowflake_database and not session.database:
        grant = f"GRANT USAGE ON DATABASE {settings.snowflake_database} TO ROLE {session.role};"
        gone = f"The database {settings.snowflake_database} is not there, or the role may not use it."
        yield failed(gone, f"In Snowflake: {grant}")


def _tables(settings: Settings, warehouse: "Warehouse") -> Iterator[Finding]:
    """Run queries that take the warehouse, and read an answer as a dataset's is read."""
    warehouse.preview("SELECT 1 AS N")
    count = len(warehouse.tables())
    at = f"{settings.snowflake_role} with the warehouse {settings.snowflake_warehouse}"
    if count or not settings.snowflake_database:
        yield ok(f"Logged in as {at}; it answers, and shows {count} tables and views.")
        return
    grant = f"GRANT SELECT ON ALL TABLES IN DATABASE {settings.snowflake_database} TO ROLE {settings.snowflake_role};"
    yield failed(f"Logged in as {at}, which sees no table in {settings.snowflake_database}.", f"In Snowflake: {grant}")


def _rights(warehouse: "Warehouse", role: str) -> Iterator[Finding]:
    check = "snowflake rights"
    try:
        grants = warehouse.grants(role)
    except (BadInput, Refused) as error:
        yield skipped(f"Snowflake does not tell the rights of {role} ({clipped(error.detail)}).", check=check)
        return
    writing = [grant for grant in grants if grant.privilege.upper() not in READING]
    if not writing:
        yield ok(f"{role} may read, and change nothing ({len(grants)} rights).", check=check)
        return
    told = ", ".join(_told(grant) for grant in writing[:SHOWN])
    more = f" and {len(writing) - SHOWN} more" if len(writing) > SHOWN else ""
    revoke = "\n".join(f"REVOKE {_told(grant)} FROM ROLE {role};" for grant in writing[:SHOWN])
    yield failed(f"{role} may change things: {told}{more}.", f"In Snowflake:\n{revoke}", check=check)


def _told(grant: "Grant") -> str:
    return f"{grant.privilege} ON {grant.kind.replace('_', ' ')} {grant.name}"


CHECKS = (Check("snowflake", look, ("worker",), seconds=60.0, asks=secret_service("snowflake_key_secret")),)
