"""What a failure of the connector means: whose it is, and what they can do.

The user's (BadSelect, NotFound, BadData): shown as it is. The operator's (Refused): no second try, because
repeated wrong logins lock the user out. Snowflake's own, or nobody's (Unavailable): worth another try with a new
connection. A number that nobody knows is nobody's fault: Snowflake's own words are shown.
"""

import json
import re

from snowflake.connector import errors as sf

from engine.cloud.warehouse_logins import WRONG_KEY, refusal
from engine.errors import BadData, BadSelect, MmmError, NotFound, Refused, Unavailable

MISSING = {2003, 2043}
SYNTAX = {1003, 900, 904, 979, 2140, 2262}
TIMED_OUT = {630}
CANCELLED = {604}
NO_DATABASE = {90105, 90106}
QUOTA = {90073}
NO_WAREHOUSE = {606}
SUSPENDED = {666}
NOT_ALLOWED = {3001, 3003}
LOGGED_OUT = {390104, 390110, 390111, 390112, 390113, 390114, 390115, 390195, 390318}
HTTP_REFUSED = {290401, 290403, 290404, 290410}
VALUES = range(100001, 100200)
# Snowflake's own failures: of a statement while it ran, of its services, of results that it no longer finds.
INTERNAL = {601, 602, 603, 605, 607, 625, 627, 707, 709, *range(300000, 301000), *range(370000, 371000)}
INTERNAL_STATES = ("XX", "58", "53", "57P")
INTERNAL_WORDS = re.compile(
    r"internal error|processing aborted|\bincident\b|service (is )?unavailable|temporarily unavailable"
    r"|statement queued|queued? (wait )?timeout|too many (queued|concurrent)",
    re.IGNORECASE,
)
# SQLSTATEs of what a SELECT says: syntax and rules, missing names, what is not supported.
OF_THE_SELECT = ("42", "02", "0A", "21")


def classify(error: Exception, database: str = "", schema: str = "") -> MmmError:
    """Return the error to raise instead of the connector's. `database` and `schema` are the session's own."""
    number, said = _number(error), _line(error)
    detail = f"{type(error).__name__} {number}: {said}"
    if refused := _for_operator(number, error, said, detail):
        return refused
    if _internal(number, error, said):
        return Unavailable(
            "Snowflake had a failure of its own, which is not the SELECT's.", "It will be tried again.", detail=detail
        )
    if number in LOGGED_OUT:
        return Unavailable("The connection to Snowflake was lost.", "It will be tried again.", detail=detail)
    if isinstance(error, sf.ProgrammingError):
        return _of_statement(number, error, detail, database, schema)
    if isinstance(error, (sf.DataError, sf.IntegrityError)) or number in VALUES:
        return _bad_value(error, detail)
    return Unavailable("Snowflake did not answer.", "It will be tried again.", detail=detail)


def is_wrong_key(error: Exception) -> bool:
    """Whether a login failed because of the key, so that a key that changed meanwhile may help."""
    return _number(error) in WRONG_KEY


def is_expired_link(error: Exception) -> bool:
    """Whether the link of a part of a result is no longer good: storage says 403 or 400 some hours after the query."""
    return isinstance(error, (sf.ForbiddenError, sf.BadRequest)) or _number(error) in (290400, 290403, 290404, 290410)


def no_snowflake(detail: str) -> Refused:
    """Something answers a login, and it does not speak as Snowflake does."""
    return Refused(
        "What answers there is not a Snowflake account.",
        "An operator must check MMM_SNOWFLAKE_ACCOUNT (an account identifier such as MYORG-MYACCOUNT, no address), "
        "MMM_SNOWFLAKE_HOST, and any proxy between.",
        detail=detail,
    )


def no_arrow(detail: str = "") -> Refused:
    """The rows came as JSON, which knows neither types nor batches."""
    return Refused(
        "Snowflake sends its results as JSON, and the service reads Arrow.",
        "Whoever looks after Snowflake must take the setting back: ALTER USER … UNSET "
        "PYTHON_CONNECTOR_QUERY_RESULT_FORMAT, and the same for the account.",
        detail=detail,
    )


def cut_off(error: OSError) -> Unavailable:
    """The network went away; every failure of the HTTP library below the connector is an OSError."""
    return Unavailable(
        "Snowflake did not answer.", "It will be tried again.", detail=f"{type(error).__name__}: {error}"
    )


def _for_operator(number: int, error: Exception, said: str, detail: str) -> Refused | None:
    """Return what only somebody who looks after the service or Snowflake can mend."""
    if number in LOGGED_OUT:
        return None
    if refused := refusal(number, said, detail):
        return refused
    # 403, in which the connector hides the number of the login; or another answer without an account behind it.
    if (isinstance(error, sf.ForbiddenError) and "Failed to connect to DB" in said) or (
        number in HTTP_REFUSED and "login-request" in said
    ):
        return Refused(
            "Snowflake does not know this account, or does not let the service in.",
            "An operator must check MMM_SNOWFLAKE_ACCOUNT and the network policy.",
            detail=detail,
        )
    if isinstance(error, sf.NotSupportedError):
        return no_arrow(detail)
    if "certificate" in said.lower() and number not in range(254001, 254999):
        return Refused(
            "The service does not trust what answers in Snowflake's place.",
            "An operator must check MMM_SNOWFLAKE_ACCOUNT (no address, no dots too many) and any proxy between.",
            detail=detail,
        )
    if _answered_otherwise(error):
        return no_snowflake(detail)
    if number in NO_WAREHOUSE:
        return Refused(
            "Snowflake has no warehouse to run this.",
            "An operator must name one that the service's role may use (MMM_SNOWFLAKE_WAREHOUSE, GRANT USAGE).",
            detail=detail,
        )
    if number in SUSPENDED:
        return Refused(
            "Snowflake has suspended the account.",
            "Whoever looks after Snowflake must bring it back (a trial that ended, or a payment that is due).",
            detail=detail,
        )
    if number in QUOTA:
        return Refused(
            "Snowflake's warehouse is suspended: its resource monitor's quota is used up.",
            "Ask whoever looks after Snowflake to raise the quota, or wait until it starts anew.",
            detail=detail,
        )
    if number in NOT_ALLOWED or _state(error) == "42501":
        return Refused(
            "Snowflake does not allow the service's role to do this.",
            "Ask whoever looks after Snowflake for GRANT USAGE on its database and schema and GRANT SELECT on it.",
            detail=detail,
        )
    return None


def _internal(number: int, error: Exception, said: str) -> bool:
    """Whether Snowflake itself failed."""
    if number in TIMED_OUT and "queue" not in said.lower():
        return False
    state = _state(error)
    of_the_select = "sql compilation error" in _raw(error).lower() or number in SYNTAX | MISSING or number in VALUES
    return number in INTERNAL | CANCELLED or (
        not of_the_select and (state.startswith(INTERNAL_STATES) or bool(INTERNAL_WORDS.search(said)))
    )


def _answered_otherwise(error: BaseException) -> bool:
    """Whether a login was answered with something that is no JSON: a web page, most often."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, json.JSONDecodeError) or type(seen).__name__ == "JSONDecodeError":
            return True
        seen = seen.__cause__ or seen.__context__
    return False


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
    if number in TIMED_OUT:
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
    if number >= 250000:
        return Unavailable("The connection to Snowflake was lost.", "It will be tried again.", detail=detail)
    if "sql compilation error" in _raw(error).lower() or _state(error).startswith(OF_THE_SELECT):
        return BadSelect(
            f"Snowflake refuses the SELECT: {said}", "Change it, then try again.", field="source", detail=detail
        )
    return Refused(
        f"Snowflake did not run the SELECT: {said}",
        "If these words do not say what to change, show them to whoever looks after Snowflake.",
        detail=detail,
    )


def _bad_value(error: Exception, detail: str) -> MmmError:
    return BadData(
        f"Snowflake met a value it cannot convert: {_line(error)}",
        "Use TRY_CAST or TRY_TO_NUMBER in the SELECT, or leave such rows out.",
        field="source",
        detail=detail,
    )


def _number(error: Exception) -> int:
    return int(getattr(error, "errno", None) or 0)


def _state(error: Exception) -> str:
    return str(getattr(error, "sqlstate", None) or "")


def _raw(error: Exception) -> str:
    return str(getattr(error, "raw_msg", None) or getattr(error, "msg", None) or error)


def _line(error: Exception) -> str:
    """Return the connector's message in one line, without its number and query id."""
    text = re.sub(r"^\d{6} \([0-9A-Z]{5}\): (?:[0-9a-f-]{36}: )?", "", _raw(error))
    return " ".join(text.replace("SQL compilation error:", "").split())
