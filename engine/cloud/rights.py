"""Whether a role can change anything: which of Snowflake's rights only let one look."""

from collections.abc import Iterable

from engine.cloud.warehouse import Grant

# Rights that let nobody change anything. Whatever is not among them may.
READING = frozenset(
    {
        *("USAGE", "SELECT", "REFERENCES", "MONITOR", "OPERATE", "READ", "IMPORTED PRIVILEGES"),
        *("REFERENCE_USAGE", "VIEW LINEAGE", "RESOLVE ALL"),
    }
)
SHOWN = 3


def writing(grants: Iterable[Grant]) -> list[Grant]:
    """Those of a role's rights by which it may change something."""
    return [grant for grant in grants if grant.writes]


def told(grants: list[Grant]) -> str:
    """A few rights in words, and how many more there are."""
    more = f" and {len(grants) - SHOWN} more" if len(grants) > SHOWN else ""
    return ", ".join(grant.told for grant in grants[:SHOWN]) + more


def mend(kind: str, grants: list[Grant], who: str) -> str:
    """What takes them away: in Snowflake the first of them, in SQL."""
    if kind == "bigquery":
        return f"In Google Cloud, leave {who} roles/bigquery.dataViewer alone on that dataset, and on the project none."
    return revoke(grants, who)


def revoke(grants: list[Grant], role: str) -> str:
    """What takes the first of them away: in SQL, or in words where the rights are Google's."""
    if grants and grants[0].privilege.startswith("bigquery."):
        return f"Leave {role} roles/bigquery.dataViewer alone on the dataset, and nothing but jobUser on the project."
    return "\n".join(f"REVOKE {grant.told} FROM ROLE {role};" for grant in grants[:SHOWN])
