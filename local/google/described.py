"""What a request may say of an object, and what the service refuses of it (Cloud Storage, "Quotas & limits")."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

NAME_BYTES = 1024
# Names and values of custom metadata together.
METADATA_BYTES = 8 * 1024
# RFC 3339: a date, a time and where that is.
TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")


class Invalid(Exception):
    """The service takes no such thing (HTTP 400)."""


def check_name(name: str) -> str:
    """Return a name that an object may have. Raises Invalid."""
    try:
        size = len(name.encode())
    except UnicodeEncodeError as error:
        raise Invalid("The specified object name is no valid UTF-8.") from error
    if not 1 <= size <= NAME_BYTES:
        raise Invalid(f"The specified object name must have 1 to {NAME_BYTES} bytes.")
    if name in (".", "..") or "\r" in name or "\n" in name or name.startswith(".well-known/acme-challenge/"):
        raise Invalid("Disallowed object name.")
    return name


def read_metadata(about: Mapping[str, Any]) -> dict[str, str | None]:
    """Return the custom metadata that a request gives. Raises Invalid where they are too many, or no texts."""
    given = about.get("metadata") or {}
    if not isinstance(given, dict) or any(not isinstance(value, str | None) for value in given.values()):
        raise Invalid("Invalid value for: metadata")
    check_metadata(given)
    return dict(given)


def check_metadata(metadata: Mapping[str, str | None]) -> None:
    """Raise Invalid where custom metadata are larger than an object's may be."""
    size = sum(len(key.encode()) + len((value or "").encode()) for key, value in metadata.items())
    if size > METADATA_BYTES:
        raise Invalid(f"The custom metadata of {size} bytes exceed the maximum of {METADATA_BYTES} bytes.")


def read_custom_time(about: Mapping[str, Any]) -> float | None:
    """Return the custom time that a request gives, in seconds since 1970; null is none. Raises Invalid."""
    given = about.get("customTime")
    if given is None:
        return None
    try:
        if not isinstance(given, str) or not TIME.fullmatch(given):
            raise ValueError(given)
        return datetime.fromisoformat(given.upper().replace("Z", "+00:00")).astimezone(UTC).timestamp()
    except (ValueError, OverflowError) as error:
        raise Invalid("Invalid value for: customTime") from error
