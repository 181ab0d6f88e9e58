"""What a failure of the connector means: whose it is, and what they can do.

The user's (BadSelect, NotFound, BadData): shown as it is. The operator's (Refused): no second try, because
repeated wrong logins lock the user out. Nobody's (Unavailable): worth another try with a new connection.
"""

import re

from snowflake.connector import errors as sf

from engine.errors import BadData, BadSelect, MmmError, NotFound, Refused, Unavailable

MISSING = {2003, 2043}
SYNTAX = {1003, 900, 904, 979, 2140, 2262}
CANCELLED = {604, 630}
NO_DATABASE = {90105, 90106}
QUOTA = {90073}
NO_WAREHOUSE = {606}
NOT_ALLOWED = {3001, 3003}
NO_ROLE = {390186, 390189}
WRONG_KEY = {390100, 390101, 390144, 390303, *range(394300, 394305)}
NO_ACCOUNT = {390201, 290403, 290404}
LOGGED_OUT = {390104, 390110, 390111, 390112, 390113, 390114, 390115}
VALUES = range(100001, 100200)


def classify(error: Exception, database: str = "", schema: str = "") -> MmmError:
    """Return the error to raise instead of the connector's. `database` and `schema` are the session's own."""
    number = int(getattr(error, "errno", None) or 0)
    detail = f"{type(error).__name__} {number}: {_line(error)}"
    if refused := _for_operator(number, error, detail):
        return refused
    if isinstance(error, sf.ProgrammingError):
        return _of_statement(number, error, detail, database, schema)
    if isinstance(error, (sf.DataError, sf.IntegrityError)) or number in VALUES:
        return _bad_value(error, detail)
    return Unavailable("Snowflake did not answer.", "It will be tried again.", detail=detail)


def is_wrong_key(error: Exception) -> bool:
    """Whether a login failed because of the key, so that a key that changed meanwhile may help."""
    return int(getattr(error, "errno", None) or 0) in WRONG_KEY


def _for_operator(number: int, error: Exception, detail: str) -> Refused | None:
    """Return what only somebody who looks after the service or Snowflake can mend."""
    if number in WRONG_KEY:
        return Refused(
            "Snowflake does not accept the service's login.",
            "An operator must check the user and its public key (ALTER USER … SET RSA_PUBLIC_KEY).",
            detail=detail,
        )
    if number in NO_ACCOUNT or isinstance(error, sf.ForbiddenError):
        return Refused(
            "Snowflake does not know this account.",
            "An operator must check MMM_SNOWFLAKE_ACCOUNT and the network policy.",
            detail=detail,
        )
    if number in NO_ROLE:
        return Refused(
            "Snowflake does not give the service its role.",
            "An operator must check MMM_SNOWFLAKE_ROLE and GRANT ROLE … TO USER ….",
            detail=detail,
        )
    if number in NO_WAREHOUSE:
        return Refused(
            "Snowflake has no warehouse to run this.",
            "An operator must name one that the service's role may use (MMM_SNOWFLAKE_WAREHOUSE, GRANT USAGE).",
            detail=detail,
        )
    if number in QUOTA:
        return Refused(
            "Snowflake's warehouse is suspended: its resource monitor's quota is used up.",
            "Ask whoever looks after Snowflake to raise the quota, or wait until it starts anew.",
            detail=detail,
        )
    if number in NOT_ALLOWED:
        return Refused(
            "Snowflake does not allow the service's role to do this.",
            "Ask whoever looks after Snowflake for GRANT USAGE on its database and schema and GRANT SELECT on it.",
            detail=detail,
        )
    return None


def _of_statement(number: int, error: Exception, detail: str, database: str, schema: str) -> MmmError:
    said = _line(error)
    if number in MISSING:
        name = re.search(r"(?:(Database|Schema|Object|Table|View) )?'([^']+)' does not exist", said)
        found = f"{name[1] or 'Object'} {name[2]}" if name else "The table"
        unqualified = not name or (name[1] not in ("Database", "Schema") and "." not in name[2])
        where = f" in {database}.{schema}" if unqualified and database and schema else ""
        return NotFound(
            f"{found}{where} does not exist, or the service's role may not read it.",
            "Check the name (DATABASE.SCHEMA.TABLE); if it is right, ask whoever looks after Snowflake for "
            "GRANT USAGE on its database and schema and GRANT SELECT on it.",
            field="source",
            detail=detail,
        )
    if number in NO_DATABASE:
        return BadSelect(
            "The table's name does not say in which database and schema it is.",
            "Write it in full: DATABASE.SCHEMA.TABLE.",
            field="source",
            detail=detail,
        )
    if number == 904:
        column = re.search(r"invalid identifier '([^']+)'", said)
        return BadSelect(
            f"There is no column {column[1] if column else 'of this name'}.",
            "Check its spelling; names written in quotes keep their case.",
            field="source",
            detail=detail,
        )
    if number in CANCELLED:
        return BadSelect(
            "The query took too long and was stopped.",
            "Select fewer columns or rows, or point at a table that is already aggregated by day or week.",
            field="source",
            detail=detail,
        )
    if number in SYNTAX:
        return BadSelect(
            f"Snowflake cannot read the SELECT: {said}", "Correct it there.", field="source", detail=detail
        )
    if number in VALUES:
        return _bad_value(error, detail)
    if number in LOGGED_OUT or number >= 250000:
        return Unavailable("The connection to Snowflake was lost.", "It will be tried again.", detail=detail)
    return BadSelect(
        f"Snowflake refuses the SELECT: {said}", "Change it, then try again.", field="source", detail=detail
    )


def _bad_value(error: Exception, detail: str) -> MmmError:
    return BadData(
        f"Snowflake met a value it cannot convert: {_line(error)}",
        "Use TRY_CAST or TRY_TO_NUMBER in the SELECT, or leave such rows out.",
        field="source",
        detail=detail,
    )


def _line(error: Exception) -> str:
    """Return the connector's message in one line, without its number and query id."""
    text = str(getattr(error, "raw_msg", None) or getattr(error, "msg", None) or error)
    text = re.sub(r"^\d{6} \([0-9A-Z]{5}\): (?:[0-9a-f-]{36}: )?", "", text)
    return " ".join(text.replace("SQL compilation error:", "").split())
