"""The account's roles and their rights, and how Snowflake lists them.

`roles.json` in the state folder says which roles there are: `{"ROLE": [["SELECT", "TABLE", "MMM.MARKETING.WEEKLY"]]}`.
Without it, everybody may log in with any role, and the sample's reader has its rights.
"""

import json
import re
from pathlib import Path

from local.sample.warehouse import DATABASE

Grants = list[list[str]]
LISTING = re.compile(r"\s*SHOW\s+GRANTS\s+TO\s+ROLE\s+(?:\"([^\"]+)\"|([\w$]+))\s*;?\s*", re.IGNORECASE)
COLUMNS = ("created_on", "privilege", "granted_on", "name", "granted_to", "grantee_name", "grant_option", "granted_by")
MADE = "2026-01-01 00:00:00"
SAMPLE: dict[str, Grants] = {
    "MMM_READER": [
        ["USAGE", "WAREHOUSE", "MMM_WH"],
        ["USAGE", "DATABASE", DATABASE],
        ["USAGE", "SCHEMA", f"{DATABASE}.MARKETING"],
        ["SELECT", "TABLE", f"{DATABASE}.MARKETING.DAILY"],
        ["SELECT", "VIEW", f"{DATABASE}.MARKETING.WEEKLY"],
    ]
}


class Roles:
    """What `roles.json` says, read anew each time."""

    def __init__(self, state: Path) -> None:
        self.file = state / "roles.json"

    def may_be(self, role: str) -> bool:
        """Whether somebody may log in with a role."""
        return role in ("", "PUBLIC") or not self.file.exists() or role in self._read()

    def grants(self, role: str) -> Grants | None:
        """A role's rights; None if there is no such role."""
        return [] if role == "PUBLIC" else self._read().get(role)

    def _read(self) -> dict[str, Grants]:
        if not self.file.exists():
            return SAMPLE
        read: dict[str, Grants] = json.loads(self.file.read_text())
        return read


def asked_role(sql: str) -> str:
    """The role whose rights a statement lists; nothing if it is another statement."""
    found = LISTING.fullmatch(sql)
    return (found[1] or found[2].upper()) if found else ""


def listing(role: str, grants: Grants) -> str:
    """A query whose rows are what SHOW GRANTS shows."""
    rows = [(MADE, *grant, "ROLE", role, "false", "SECURITYADMIN") for grant in grants] or [("",) * len(COLUMNS)]
    selects = [
        ", ".join(f"{_text(value)} AS {_name(column)}" for value, column in zip(row, COLUMNS, strict=True))
        for row in rows
    ]
    query = " UNION ALL ".join(f"SELECT {select}" for select in selects)
    return query if grants else f"SELECT * FROM ({query}) WHERE FALSE"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _name(column: str) -> str:
    return f'"{column}"'
