"""Request bodies, read only as what they say they are.

A page of another origin may send `text/plain` and forms without being asked; a server that reads those as JSON can be
used by it. The guard keeps such pages out (`local/guard.py`); this is the second door behind it.
"""

import json
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request

JSON = "application/json"


def media_type(request: Request) -> str:
    """What kind of body a request has, without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def read_json(request: Request) -> dict[str, Any]:
    """Return the JSON object of a request. Raises HTTPException: 415 for another kind of body, 400 for no object."""
    if media_type(request) != JSON:
        raise HTTPException(415, f"The body must be {JSON}.")
    return parsed(await request.body())


def parsed(body: bytes) -> dict[str, Any]:
    """Return a JSON object, empty for an empty body. Raises HTTPException 400 where it is none, however nested."""
    try:
        found = json.loads(body or b"{}")
    except (ValueError, RecursionError) as error:
        raise HTTPException(400, "The body is not JSON.") from error
    if not isinstance(found, dict):
        raise HTTPException(400, "The body is not a JSON object.")
    return found
