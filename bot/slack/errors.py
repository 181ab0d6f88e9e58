"""Slack's error strings, narrowed to what they mean for us. The one table."""

from typing import Any

from engine.errors import MmmError, Refused, Unavailable

PASSING = frozenset(
    {
        *("ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable"),
        *("request_timeout", "team_added_to_org", "accesslimited"),
    }
)
MEANINGS = {
    "channel_not_found": ("That channel is not there, or I am not in it.", "Invite me with /invite @mmm."),
    "not_in_channel": ("I am not in that channel.", "Invite me with /invite @mmm."),
    "is_archived": ("That channel is archived.", "Choose another one."),
    "token_revoked": ("I am no longer installed here.", "Have the app installed again."),
    "account_inactive": ("I am no longer installed here.", "Have the app installed again."),
    "invalid_auth": ("My token is not valid.", "Have the app installed again."),
    "expired_trigger_id": ("That took too long to open.", "Try again."),
    "missing_scope": ("I lack a permission for that.", "Have the app installed again with its current manifest."),
}


class UnknownBlocks(Refused):
    """This workspace does not take a block we sent: a newer kind, or a fault of ours."""


# What the SDK writes where Slack's front answered instead of Slack: a page, not JSON.
NO_JSON = "Received a response in a non-JSON format"


def meaning(response: Any) -> MmmError:
    """Turn Slack's refusal into one of our errors. `response` is the SDK's, or what it could not read."""
    status: int = getattr(response, "status_code", 0) or getattr(response, "status", 200)
    said = getattr(response, "data", response)
    if not isinstance(said, dict):
        return Unavailable("Slack is busy.", "Try again in a moment.", detail=f"HTTP {status}: {str(said)[:200]}")
    error = str(said.get("error", "unknown_error"))
    detail = f"{error}: {said.get('response_metadata', {})}"
    if error in PASSING or status == 429 or status >= 500 or error.startswith(NO_JSON):
        return Unavailable("Slack is busy.", "Try again in a moment.", detail=detail)
    if error == "invalid_blocks":
        return UnknownBlocks("Slack did not take the message.", detail=detail)
    what, todo = MEANINGS.get(error, (f"Slack refused ({error}).", ""))
    return Refused(what, todo, detail=detail)
