"""What an error of Cloud Storage's client means."""

from google.api_core import exceptions as google
from google.cloud.storage.exceptions import DataCorruption

from engine.errors import BrokenState, Conflict, MmmError, NotFound, Refused, Unavailable


def meaning(path: str, error: Exception) -> MmmError:
    """The client's error as one of ours."""
    if isinstance(error, google.NotFound):
        return NotFound(f"There is no {path}.", detail=str(error))
    if isinstance(error, google.PreconditionFailed):
        return Conflict(f"{path} was changed by somebody else.")
    if isinstance(error, DataCorruption):
        return BrokenState(f"{path} arrived damaged.", "Try again.", detail=str(error))
    detail = f"{path}: {error}"
    if isinstance(error, google.Forbidden | google.Unauthorized | google.BadRequest):
        return Refused("Cloud Storage refused.", detail=detail)
    return Unavailable("Cloud Storage does not answer.", "Try again.", detail=detail)
