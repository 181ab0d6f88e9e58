"""The warehouses: each login works, as the role and with the warehouse that were named, and it can change nothing."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from engine.cloud.connection import Connection, default_of
from engine.cloud.connections import list_connections
from engine.cloud.login_faults import faults
from engine.cloud.rights import revoke, told, writing
from engine.cloud.warehouse import Session, Warehouse
from engine.doctor.bigquery import bigquery_examined
from engine.doctor.examine import clipped, of_error
from engine.doctor.report import Finding, failed, ok, skipped, warning
from engine.doctor.secrets import secret_service
from engine.doctor.subject import Check, Subject, of_storage
from engine.errors import BadInput, MmmError, Refused

TIMEOUT = 20
# So many connections are looked at together.
TOGETHER = 8


def look(subject: Subject) -> Iterator[Finding]:
    """The connection of the settings: log in once, and look around."""
    at = default_of(subject.settings)
    if at is None:
        yield skipped("The settings name no warehouse; connections may be made in Slack (/mmm connect).")
        return
    yield from examined(subject, at, "snowflake")


def look_at_named(subject: Subject) -> Iterator[Finding]:
    """The connections that were made in Slack."""
    if subject.settings.many and not subject.settings.workspace:
        yield skipped("Each workspace has connections of its own: /mmm doctor there looks at them.")
        return
    found = list_connections(subject.cloud.storage, subject.settings)
    named = [one for one in found if not one.is_default]
    for path in found.unreadable:
        yield failed(f"{path} cannot be read.", "Make the connection anew under the same name: /mmm connect.")
    if not named and not found.unreadable:
        yield skipped("No connection was made in Slack.")

    def findings(at: Connection) -> list[Finding]:
        check = f"connection {at.name}"
        try:
            return [one.of(check) for one in examined(subject, at, check)]
        except MmmError as error:
            return [of_error(error).of(check)]

    with ThreadPoolExecutor(TOGETHER) as pool:
        for several in pool.map(findings, named):
            yield from several


def examined(subject: Subject, at: Connection, check: str) -> Iterator[Finding]:
    """Log in once through a connection, and look around."""
    warehouse = subject.cloud.warehouse_at(at, seconds=TIMEOUT)
    try:
        session = warehouse.session()
    except MmmError as error:
        # One login that fails is enough: more of them lock the user out.
        yield of_error(error)
        return
    if at.kind == "bigquery":
        yield from bigquery_examined(at, warehouse, session, f"{check} rights")
        return
    wrong = list(_login(at, session))
    yield from wrong
    if not any(finding.fix for finding in wrong):
        yield from _tables(at, warehouse)
    if session.role:
        yield from _rights(warehouse, session.role, f"{check} rights")


def _login(at: Connection, session: Session) -> Iterator[Finding]:
    for fault in faults(at, session):
        yield (failed if fault.grave else warning)(fault.what, fault.fix)


def _tables(at: Connection, warehouse: Warehouse) -> Iterator[Finding]:
    """Run queries that take the warehouse, and read an answer as a dataset's is read."""
    warehouse.preview("SELECT 1 AS N")
    count = len(warehouse.tables())
    who = f"{at.role} with the warehouse {at.warehouse}"
    if count or not at.database:
        yield ok(f"Logged in as {who}; it answers, and shows {count} tables and views.")
        return
    grant = f"GRANT SELECT ON ALL TABLES IN DATABASE {at.database} TO ROLE {at.role};"
    yield failed(f"Logged in as {who}, which sees no table in {at.database}.", f"In Snowflake: {grant}")


def _rights(warehouse: Warehouse, role: str, check: str) -> Iterator[Finding]:
    try:
        grants = warehouse.grants(role)
    except (BadInput, Refused) as error:
        yield skipped(f"Snowflake does not tell the rights of {role} ({clipped(error.detail)}).", check=check)
        return
    found = writing(grants)
    if not found:
        yield ok(f"{role} may read, and change nothing ({len(grants)} rights).", check=check)
        return
    yield failed(f"{role} may change things: {told(found)}.", f"In Snowflake:\n{revoke(found, role)}", check=check)


CHECKS = (
    Check("snowflake", look, ("worker",), seconds=60.0, asks=secret_service("snowflake_key_secret")),
    Check("connections", look_at_named, ("worker",), seconds=120.0, asks=of_storage),
)
