"""The account's roles and their rights, and how Snowflake lists them.

`roles.json` in the state folder says which roles there are: `{"ROLE": [["SELECT", "TABLE", "MMM.MARKETING.WEEKLY"]]}`.
A name may end with `<TABLE>`, `<VIEW>` or `<SCHEMA>`, as SHOW FUTURE GRANTS writes it: all there are and will be.
Without the file, everybody may log in with any role; the sample's reader has its rights, others look at nothing and
change nothing. Who names no role is SYSADMIN, and may do everything.
"""

import json
import re
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from local.sample.warehouse import DATABASE

Grants = list[list[str]]
LISTING = re.compile(r"\s*SHOW\s+GRANTS\s+TO\s+ROLE\s+(?:\"([^\"]+)\"|([\w$]+))\s*;?\s*", re.IGNORECASE)
COLUMNS = ("created_on", "privilege", "granted_on", "name", "granted_to", "grantee_name", "grant_option", "granted_by")
MADE = "2026-01-01 00:00:00"
# What a user is who names no role, and who may do everything.
OWNERS = ("SYSADMIN", "ACCOUNTADMIN")
PUBLIC = "PUBLIC"
SAMPLE: dict[str, Grants] = {
    "MMM_READER": [
        ["USAGE", "WAREHOUSE", "MMM_WH"],
        ["USAGE", "DATABASE", DATABASE],
        ["USAGE", "SCHEMA", f"{DATABASE}.MARKETING"],
        ["USAGE", "SCHEMA", f"{DATABASE}.<SCHEMA>"],
        ["SELECT", "TABLE", f"{DATABASE}.<TABLE>"],
        ["SELECT", "VIEW", f"{DATABASE}.<VIEW>"],
    ],
    # For a connection that is made in Slack: one that sees the view alone, and one that may write.
    "NORTH_READER": [
        ["USAGE", "WAREHOUSE", "MMM_WH"],
        ["USAGE", "DATABASE", DATABASE],
        ["USAGE", "SCHEMA", f"{DATABASE}.MARKETING"],
        ["SELECT", "VIEW", f"{DATABASE}.MARKETING.WEEKLY"],
    ],
    "NORTH_WRITER": [
        ["USAGE", "WAREHOUSE", "MMM_WH"],
        ["USAGE", "DATABASE", DATABASE],
        ["USAGE", "SCHEMA", f"{DATABASE}.MARKETING"],
        ["CREATE TABLE", "SCHEMA", f"{DATABASE}.MARKETING"],
        ["SELECT", "TABLE", f"{DATABASE}.<TABLE>"],
        ["INSERT", "TABLE", f"{DATABASE}.MARKETING.DAILY"],
    ],
}
# Of a role that the file would name: it can be somewhere, and do nothing there.
UNMADE: Grants = [
    ["USAGE", "WAREHOUSE", "<WAREHOUSE>"],
    ["USAGE", "DATABASE", DATABASE],
    ["USAGE", "SCHEMA", f"{DATABASE}.<SCHEMA>"],
]
FUTURE = re.compile(r"(?P<where>(?:.+\.)?)<\w+>")


@dataclass(frozen=True)
class Thing:
    """Something that rights are about: `TABLE` (a view, too), `SCHEMA`, `DATABASE` or `ACCOUNT`, and its full name."""

    kind: str
    name: str


class Roles:
    """What `roles.json` says, read anew each time; and who made what since the account was opened."""

    def __init__(self, state: Path) -> None:
        self.file = state / "roles.json"
        self._made = state / "made_by.json"
        self._lock = threading.Lock()

    def may_be(self, role: str) -> bool:
        """Whether somebody may log in with a role, or change to it."""
        return role in ("", PUBLIC, *OWNERS) or not self.file.exists() or role in self._read()

    def grants(self, role: str) -> Grants | None:
        """A role's own rights; None if there is no such role."""
        return [] if role in (PUBLIC, *OWNERS) else self._read().get(role)

    def of(self, role: str) -> Grants | None:
        """A role's rights, with those of the roles that it was given; None: it may do everything."""
        if role in OWNERS:
            return None
        known = self._read()
        if role not in known and role != PUBLIC and not self.file.exists():
            return UNMADE
        found, left, seen = list(known.get(PUBLIC, [])), [role], set[str]()
        while left:
            one = left.pop()
            if one in seen:
                continue
            seen.add(one)
            rights = known.get(one, [])
            found += rights
            left += [name for privilege, kind, name in rights if kind == "ROLE" and privilege == "USAGE"]
        made = [name for name, maker in self._makers().items() if maker in seen]
        return [*found, *(["OWNERSHIP", *key.split(" ", 1)] for key in made)]

    def change(self, how: Callable[[dict[str, Grants]], dict[str, Grants]]) -> None:
        """Change what `roles.json` says; where there is none, it begins with the sample's."""
        with self._lock:
            new = self.file.with_suffix(".new")
            new.write_text(json.dumps(how(self._read()), indent=1))
            new.replace(self.file)

    def made(self, role: str, thing: Thing) -> None:
        """Note that a role made something, and owns it; whoever may do everything, or nobody, need not be noted."""
        with self._lock:
            makers, key = self._makers(), f"{thing.kind} {thing.name}"
            if role not in ("", *OWNERS):
                self._made.write_text(json.dumps(makers | {key: role}))
            elif makers.pop(key, None):
                self._made.write_text(json.dumps(makers))

    def _makers(self) -> dict[str, str]:
        if not self._made.exists():
            return {}
        read: dict[str, str] = json.loads(self._made.read_text())
        return read

    def _read(self) -> dict[str, Grants]:
        if not self.file.exists():
            return SAMPLE
        read: dict[str, Grants] = json.loads(self.file.read_text())
        return read


def holds(grants: Iterable[list[str]], privileges: Iterable[str], thing: Thing) -> bool:
    """Whether rights on a thing hold one of `privileges`; owning it is each of them."""
    wanted = {*privileges, "OWNERSHIP", "ALL", "ALL PRIVILEGES"}
    return any(privilege in wanted and _is_about(kind, name, thing) for privilege, kind, name in grants)


def knows(grants: Iterable[list[str]], thing: Thing) -> bool:
    """Whether there is any right on a thing: then its name is no secret."""
    return any(_is_about(kind, name, thing) for _, kind, name in grants)


def may_use(grants: Grants | None, thing: Thing) -> bool:
    """Whether a database, schema or warehouse can be a session's current one."""
    if grants is None or thing.name.endswith(".INFORMATION_SCHEMA") or holds(grants, ("USAGE",), thing):
        return True
    return thing.kind != "WAREHOUSE" and _below(grants, thing)


def _below(grants: Grants, thing: Thing) -> bool:
    """Whoever may make things in a schema or database, or owns it, can also use it."""
    return any(kind == thing.kind and name == thing.name and privilege != "MONITOR" for privilege, kind, name in grants)


def _is_about(kind: str, name: str, thing: Thing) -> bool:
    kind = "TABLE" if kind in ("VIEW", "MATERIALIZED VIEW", "EXTERNAL TABLE") else kind
    if kind != thing.kind:
        return False
    name = name.replace('"', "")
    future = FUTURE.fullmatch(name)
    return thing.name.startswith(future["where"]) if future else name == thing.name


def asked_role(sql: str) -> str:
    """The role whose rights a statement lists; nothing if it is another statement."""
    found = LISTING.fullmatch(sql)
    return (found[1] or found[2].upper()) if found else ""


def expanded(grants: Grants, tables: Iterable[tuple[str, str]], schemas: Iterable[str]) -> Grants:
    """Rights as they are listed: what is meant for all that there will be stands there for each that there is.

    tables: kind (TABLE or VIEW) and full name. schemas: full names.
    """
    there = [*tables, *(("SCHEMA", name) for name in schemas)]
    found: Grants = []
    for privilege, kind, name in grants:
        future = FUTURE.fullmatch(name)
        named = [one for of, one in there if of == kind and one.startswith(future["where"])] if future else [name]
        found += [[privilege, kind, one] for one in named if [privilege, kind, one] not in found]
    return found


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
