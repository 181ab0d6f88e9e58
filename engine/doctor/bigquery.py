"""BigQuery: the account that reads it sees its dataset, may run queries, and can change nothing of what it sees."""

from collections.abc import Iterator

from engine.cloud.connection import Connection
from engine.cloud.login_faults import faults
from engine.cloud.rights import revoke, told, writing
from engine.cloud.warehouse import Session, Warehouse
from engine.doctor.examine import clipped
from engine.doctor.report import Finding, failed, ok, skipped
from engine.errors import BadInput, Refused

LOOKED_AT = 100


def bigquery_examined(at: Connection, warehouse: Warehouse, session: Session, rights: str) -> Iterator[Finding]:
    """Look around in a BigQuery that let us in as `session`; what it may do is told under the check `rights`."""
    who, place = session.user, ".".join(part for part in (at.database or at.account, at.schema_name) if part)
    wrong = [failed(fault.what, fault.fix) for fault in faults(at, session)]
    yield from wrong
    if not wrong:
        count = len(warehouse.tables(most=LOOKED_AT))
        shown = f"{count} tables and views" if count < LOOKED_AT else f"{LOOKED_AT} tables and views, or more"
        if count:
            yield ok(f"{who} runs queries in {session.warehouse}, and sees {shown} in {place}.")
        else:
            todo = f"In Google Cloud, give {who} roles/bigquery.dataViewer on a dataset of {place}."
            yield failed(f"{who} runs queries in {session.warehouse}, and sees no table in {place}.", todo)
    yield from _rights(warehouse, who, rights)


def _rights(warehouse: Warehouse, who: str, check: str) -> Iterator[Finding]:
    try:
        grants = warehouse.grants(who)
    except (BadInput, Refused) as error:
        yield skipped(f"BigQuery does not tell the rights of {who} ({clipped(error.detail)}).", check=check)
        return
    found = writing(grants)
    if not grants:
        yield skipped("There is no table to ask the rights of.", check=check)
    elif found:
        yield failed(f"{who} may change things: {told(found)}.", revoke(found, who), check=check)
    else:
        yield ok(f"{who} may read the tables that were looked at, and change none of them.", check=check)
