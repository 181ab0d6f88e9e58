"""GRANT, REVOKE, CREATE ROLE and DROP ROLE: what they change in the account's roles. fakesnow knows none of them."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from local.snowflake.roles import Grants

_NAME = r"(?:\"[^\"]+\"|[\w$]+)"
_NAMES = rf"{_NAME}(?:\.{_NAME})*"
_FLAGS = re.IGNORECASE | re.DOTALL
RIGHT = re.compile(
    rf"\s*(?P<verb>GRANT|REVOKE)\s+(?P<rights>[\w\s,]+?)\s+ON\s+(?P<on>.+?)\s+(?:TO|FROM)\s+(?:ROLE\s+)?(?P<role>{_NAME})"
    r"(?:\s+(?:WITH\s+GRANT\s+OPTION|CASCADE|RESTRICT|COPY\s+CURRENT\s+GRANTS|REVOKE\s+CURRENT\s+GRANTS))?\s*;?\s*",
    _FLAGS,
)
ROLE = re.compile(
    rf"\s*(?P<verb>GRANT|REVOKE)\s+ROLE\s+(?P<given>{_NAME})\s+(?:TO|FROM)\s+(?P<kind>ROLE|USER)\s+(?P<to>{_NAME})\s*;?\s*",
    _FLAGS,
)
MAKE = re.compile(
    rf"\s*(?P<verb>CREATE|DROP)\s+(?:OR\s+REPLACE\s+)?ROLE\s+(?:IF\s+(?:NOT\s+)?EXISTS\s+)?(?P<role>{_NAME})"
    r"(?:\s+COMMENT\s*=\s*'(?:[^']|'')*')?\s*;?\s*",
    _FLAGS,
)
MANY = re.compile(
    rf"(?P<which>ALL|FUTURE)\s+(?P<kind>TABLES|VIEWS|SCHEMAS)\s+IN\s+(?P<of>SCHEMA|DATABASE)\s+(?P<name>{_NAMES})",
    _FLAGS,
)
ONE = re.compile(rf"(?P<kind>[A-Z]+(?:\s+[A-Z]+)*?)\s+(?P<name>{_NAMES})", _FLAGS)
# How many parts the full name of a thing has.
PARTS = {"DATABASE": 1, "WAREHOUSE": 1, "SCHEMA": 2}


@dataclass(frozen=True)
class Change:
    """What a statement does to the roles: it is given them as they are, and returns them as they become."""

    of: Callable[[dict[str, Grants]], dict[str, Grants]]


def asked_change(
    sql: str, current: list[str], tables: Callable[[], Iterable[tuple[str, str]]], account: str
) -> Change | None:
    """What a statement changes; None if it is another one.

    current: the session's database and schema. tables: kind and full name of all that there are.
    """
    if found := MAKE.fullmatch(sql):
        return _made(found["verb"].upper(), _word(found["role"]))
    if found := ROLE.fullmatch(sql):
        if found["kind"].upper() == "USER":
            return Change(lambda roles: roles)  # every user has every role
        return _changed(found["verb"], _word(found["to"]), [["USAGE", "ROLE", _word(found["given"])]])
    found = RIGHT.fullmatch(sql)
    if not found:
        return None
    things = _things(found["on"].strip(), current, tables, account)
    if not things:
        return None
    rights = [" ".join(right.upper().split()) for right in found["rights"].split(",")]
    rights = ["ALL" if right in ("ALL", "ALL PRIVILEGES") else right for right in rights]
    return _changed(found["verb"], _word(found["role"]), [[right, *thing] for right in rights for thing in things])


def _made(verb: str, role: str) -> Change:
    def change(roles: dict[str, Grants]) -> dict[str, Grants]:
        rest = {name: rights for name, rights in roles.items() if name != role}
        return rest if verb == "DROP" else {**rest, role: roles.get(role, [])}

    return Change(change)


def _changed(verb: str, role: str, grants: Grants) -> Change:
    def change(roles: dict[str, Grants]) -> dict[str, Grants]:
        kept = [grant for grant in roles.get(role, []) if grant not in grants]
        return {**roles, role: kept if verb.upper() == "REVOKE" else [*kept, *grants]}

    return Change(change)


def _things(
    on: str, current: list[str], tables: Callable[[], Iterable[tuple[str, str]]], account: str
) -> list[tuple[str, str]]:
    """What rights are given on: kind and full name."""
    if on.upper() == "ACCOUNT":
        return [("ACCOUNT", account)]
    if found := MANY.fullmatch(on):
        kind = found["kind"].upper().removesuffix("S")
        where = _full(found["name"], PARTS[found["of"].upper()], current)
        if found["which"].upper() == "FUTURE":
            return [(kind, f"{where}.<{kind}>")]
        return [(of, name) for of, name in tables() if of == kind and name.startswith(f"{where}.")]
    if found := ONE.fullmatch(on):
        kind = " ".join(found["kind"].upper().split())
        return [(kind, _full(found["name"], PARTS.get(kind, 3), current))]
    return []


def _full(name: str, parts: int, current: list[str]) -> str:
    """A full name of so many parts; what is left out is the session's."""
    words = [_word(part) for part in re.findall(_NAME, name)]
    return ".".join([*current[: max(0, parts - len(words))], *words])


def _word(name: str) -> str:
    return name[1:-1] if name.startswith('"') else name.upper()
