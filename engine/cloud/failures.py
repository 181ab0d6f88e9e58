"""What Google's client libraries raise when a call fails, and which of it may pass."""

from google.api_core import exceptions as google
from google.api_core.retry import Retry
from google.auth.exceptions import GoogleAuthError, TransportError
from google.cloud.storage.exceptions import DataCorruption
from requests import exceptions as requests

CLIENT_ERRORS = (
    google.GoogleAPIError,
    GoogleAuthError,
    requests.RequestException,
    DataCorruption,
    ConnectionError,
    TimeoutError,
)

PASSING_STATUS = frozenset({408, 429, 500, 502, 503, 504})
PASSING = (
    requests.ConnectionError,
    requests.ChunkedEncodingError,
    requests.Timeout,
    TransportError,
    ConnectionError,
    TimeoutError,
)


def may_pass(error: Exception) -> bool:
    """Whether the same call may succeed if it is made again."""
    if isinstance(error, google.GoogleAPICallError):
        return error.code in PASSING_STATUS
    return isinstance(error, PASSING)


# For calls that change nothing, or that may be repeated: a few tries, with jitter.
A_FEW_TIMES = Retry(predicate=may_pass, initial=0.1, maximum=1.0, multiplier=2.0, timeout=4.0)
