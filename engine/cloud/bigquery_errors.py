"""What a failure of BigQuery's client means: whose it is, and what they can do.

The user's (BadSelect, NotFound, BadData): shown as it is. The operator's (Refused): the same call fails again.
BigQuery's own, or nobody's (Unavailable): worth another try. What is new is nobody's fault: BigQuery's own words are
shown. Reasons: https://cloud.google.com/bigquery/docs/error-messages
"""

import re
from concurrent.futures import TimeoutError as TookTooLong

from google.api_core import exceptions as google
from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError, RefreshError

from engine.cloud.failures import may_pass
from engine.errors import BadData, BadSelect, MmmError, NotFound, Refused, Unavailable

ASK = "Ask whoever looks after BigQuery"
# BigQuery's own failures, and limits that pass by themselves.
PASSING = frozenset({"backendError", "internalError", "jobBackendError", "jobInternalError", "rateLimitExceeded"})
PASSING |= frozenset({"jobRateLimitExceeded", "tableUnavailable", "timeout"})
VALUES = re.compile(
    r"bad (int64|double|numeric|bool)|invalid (date|timestamp|datetime|time|cast)|could not (cast|parse)"
    r"|division by zero|failed to parse|out of range|overflow|mismatch between format",
    re.IGNORECASE,
)


def classify(error: Exception) -> MmmError:
    """Return the error to raise instead of the client's."""
    said, reasons = _line(error), _reasons(error)
    detail = f"{type(error).__name__} {','.join(sorted(reasons))}: {said}"
    if isinstance(error, GoogleAuthError):
        return _of_login(error, detail)
    if isinstance(error, TookTooLong) or reasons & {"stopped"} or "job timed out" in said.lower():
        return BadSelect(
            "The query took too long and was stopped.",
            "Select fewer columns or rows, or point at a table that is already aggregated by day or week.",
            field="source",
            detail=detail,
        )
    if reasons & PASSING:
        return Unavailable(
            "BigQuery had a failure of its own, which is not the SELECT's.", "It will be tried again.", detail=detail
        )
    if isinstance(error, google.GoogleAPICallError):
        return _of_call(error, said, reasons, detail)
    return Unavailable("BigQuery did not answer.", "It will be tried again.", detail=detail)


def _of_call(error: google.GoogleAPICallError, said: str, reasons: set[str], detail: str) -> MmmError:
    if isinstance(error, google.Unauthorized):
        return Refused(
            "BigQuery does not accept the service's login.",
            "An operator must check the connection's key, and that its service account is enabled.",
            detail=detail,
        )
    if isinstance(error, google.NotFound):
        return _missing(said, detail)
    if reasons & {"bytesBilledLimitExceeded"} or "limit for bytes billed" in said:
        return too_many_bytes(_bytes_in(said), None, detail)
    if reasons & {"quotaExceeded"}:
        return Refused(
            f"BigQuery's quota for this project is used up: {said}",
            f"{ASK} to raise it, or wait until it starts anew.",
            detail=detail,
        )
    if reasons & {"billingNotEnabled", "billingTierLimitExceeded"}:
        return Refused("BigQuery has no billing for this project.", f"{ASK} to enable it.", detail=detail)
    if isinstance(error, google.Forbidden):
        return _not_allowed(said, detail)
    if reasons & {"responseTooLarge", "resourcesExceeded"}:
        return BadSelect(
            "The query is too large for BigQuery.",
            "Select fewer columns or rows, or aggregate to one row a day or week (GROUP BY).",
            field="source",
            detail=detail,
        )
    if isinstance(error, google.BadRequest):
        return _of_statement(said, detail)
    if may_pass(error):
        return Unavailable("BigQuery did not answer.", "It will be tried again.", detail=detail)
    return Refused(f"BigQuery did not run the SELECT: {said}", f"{ASK} with these words.", detail=detail)


def too_many_bytes(needed: int | None, most: int | None, detail: str = "") -> BadSelect:
    """A query that would read more than may be paid for. needed, most: bytes, where they are known."""
    what = f"The query would read {gigabytes(needed)}" if needed else "The query would read more than may be read"
    limit = f"; at most {gigabytes(most)} may be read here." if most else "."
    return BadSelect(
        what + limit,
        "Name the columns that you need instead of *, or narrow it by the column that the table is partitioned by. "
        "An operator can raise MMM_BIGQUERY_MAX_GB.",
        field="source",
        detail=detail,
    )


def gigabytes(count: int) -> str:
    """A number of bytes for people."""
    for name, size in (("TB", 1e12), ("GB", 1e9)):
        if count >= size:
            return f"{count / size:,.1f} {name}"
    return f"{max(count / 1e6, 0.1):,.1f} MB"


def _of_login(error: GoogleAuthError, detail: str) -> MmmError:
    if isinstance(error, DefaultCredentialsError):
        return Refused(
            "The service has no Google account to read BigQuery with.",
            "An operator must run it as a service account, or give the connection a key.",
            detail=detail,
        )
    if isinstance(error, RefreshError) and not getattr(error, "retryable", False):
        return Refused(
            "Google does not accept the key of the connection.",
            "An operator must store a key that is valid, of a service account that is enabled.",
            detail=detail,
        )
    return Unavailable("Google's sign-in did not answer.", "It will be tried again.", detail=detail)


def _missing(said: str, detail: str) -> MmmError:
    name = re.search(r"Not found: (Table|Dataset|Project|View|Model|Routine|Job) (\S+)", said)
    if name and name[1] == "Job":
        return Unavailable("BigQuery no longer finds the query.", "It will be run again.", detail=detail)
    place = re.search(r"was not found in location (\S+)", said)
    found = f"{name[1]} {name[2].rstrip('.').replace(':', '.')}" if name else "The table"
    where = f" in the location {place[1].rstrip('.')}" if place else ""
    return NotFound(
        f"{found} does not exist{where}, or the service may not see it.",
        "Check the name (project.dataset.table; large and small letters differ); if it is right, "
        f"{ASK[0].lower()}{ASK[1:]} for the role BigQuery Data Viewer on its dataset.",
        field="source",
        detail=detail,
    )


def _not_allowed(said: str, detail: str) -> Refused:
    if "bigquery.jobs.create" in said:
        return Refused(
            "The service may not run queries in this project.",
            f"{ASK} to give its account the role BigQuery Job User on the project that is billed.",
            detail=detail,
        )
    name = re.search(r"Access Denied: (?:Table|Dataset|View|Project) (\S+?):? ", said)
    return Refused(
        f"BigQuery does not let the service read {name[1].replace(':', '.')}."
        if name
        else "BigQuery does not let the service do this.",
        f"{ASK} to give its account the role BigQuery Data Viewer on the dataset.",
        detail=detail,
    )


def _of_statement(said: str, detail: str) -> MmmError:
    at = re.search(r"at \[(\d+):(\d+)\]", said)
    place = f" (line {at[1]}, character {at[2]})" if at else ""
    if column := re.search(r"Unrecognized name: (\S+?)(?:;| at |$)", said):
        meant = re.search(r"Did you mean (\S+)\?", said)
        todo = f"Did you mean {meant[1]}?" if meant else "Check its spelling."
        return BadSelect(f"There is no column {column[1]}{place}.", todo, field="source", detail=detail)
    if "must be qualified with a dataset" in said:
        return BadSelect(
            "The table's name does not say in which dataset it is.",
            "Write it in full: project.dataset.table.",
            field="source",
            detail=detail,
        )
    if VALUES.search(said):
        return BadData(
            f"BigQuery met a value it cannot convert: {said}",
            "Use SAFE_CAST or SAFE_DIVIDE in the SELECT, or leave such rows out.",
            field="source",
            detail=detail,
        )
    return BadSelect(
        f"BigQuery refuses the SELECT: {said}", "Change it, then try again.", field="source", detail=detail
    )


def _reasons(error: Exception) -> set[str]:
    told = getattr(error, "errors", None) or ()
    return {str(one.get("reason")) for one in told if isinstance(one, dict) and one.get("reason")}


def _bytes_in(said: str) -> int | None:
    needed = re.search(r"(\d+) or higher required", said)
    return int(needed[1]) if needed else None


def _line(error: Exception) -> str:
    """The client's message in one line, without the address that was asked."""
    told = getattr(error, "errors", None) or ()
    message = next((str(one.get("message")) for one in told if isinstance(one, dict) and one.get("message")), "")
    text = message or str(getattr(error, "message", "") or error)
    text = re.sub(r"^\d{3} (?:GET|POST|PUT|DELETE) \S+: ", "", text)
    return " ".join(text.split())[:400]
