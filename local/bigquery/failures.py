"""What BigQuery says when it does not do something, in the shape that its client reads.

https://cloud.google.com/bigquery/docs/error-messages
"""

import re

import duckdb
from starlette.responses import JSONResponse


class Failed(Exception):
    """A call or a job that failed. `reason` is BigQuery's word for why."""

    def __init__(self, code: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message

    @property
    def told(self) -> dict[str, str]:
        """The error as a job and an answer name it."""
        return {"reason": self.reason, "message": self.message, "location": "query"}

    def answer(self) -> JSONResponse:
        """The error as the answer to a call."""
        told = {"code": self.code, "message": self.message, "errors": [{**self.told, "domain": "global"}]}
        return JSONResponse({"error": told}, self.code)


def of_engine(error: duckdb.Error) -> Failed:
    """What BigQuery would say where DuckDB says this."""
    said = " ".join(str(error).split())
    if column := re.search(r'Referenced column "([^"]+)" not found|does not have a column named "([^"]+)"', said):
        return Failed(400, "invalidQuery", f"Unrecognized name: {column[1] or column[2]} at [1:8]")
    if isinstance(error, (duckdb.ConversionException, duckdb.OutOfRangeException)):
        value = re.search(r"string '([^']*)'", said)
        return Failed(400, "invalidQuery", f"Bad double value: {value[1]}" if value else f"Could not cast: {said}")
    return Failed(400, "invalidQuery", said.partition(" LINE ")[0])


def missing(kind: str, name: str) -> Failed:
    """Something is not there, or is not for who asks: the answer is the same."""
    return Failed(404, "notFound", f"Not found: {kind} {name} was not found in location EU")


def denied(name: str, right: str = "bigquery.tables.getData") -> Failed:
    """A right is missing."""
    said = f"Access Denied: Table {name}: User does not have permission to query table {name}, or perhaps it does not"
    if right == "bigquery.jobs.create":
        said = f"Access Denied: Project {name}: User does not have {right} permission in project {name}; it may not"
    return Failed(403, "accessDenied", f"{said} exist.")
