"""Slack's error strings, narrowed to what they mean for us. The one table.

A refusal is about one of three things, and only the first makes a message undeliverable:

- this message, channel, person, form or file (`HERE`): another one may be taken. Refused.
- this moment (`PASSING`): the same call works later. Unavailable; Postponed where Slack says when.
- the app itself (`OURS`, and every word that stands nowhere here): nothing goes until somebody mends it. LockedOut.

Words and meanings are those of the error lists on Slack's method pages (docs.slack.dev/reference/methods, kept as data
in slack-ruby/slack-api-ref). A word that is new to us counts as the app's own trouble: no message is lost to it.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite
from typing import Any

from engine.errors import LockedOut, MmmError, Postponed, Refused, Unavailable

INVITE = "Invite me with /invite @mmm."
INSTALL = "Have the app installed again."
ASK_ADMIN = "Ask an admin of your Slack workspace."
OTHER_PLACE = "Choose another one."

# What the SDK writes where Slack's front answered instead of Slack: a page, not JSON.
NO_JSON = "Received a response in a non-JSON format"
# What an answer that is JSON, and none of Slack's, breaks in whoever reads it: a proxy's, say. It proves nothing.
ODD = (ValueError, LookupError, TypeError, AttributeError, RecursionError)
LIMITED = frozenset({"ratelimited", "rate_limited", "rate_limit_exceeded"})
PASSING = LIMITED | frozenset(
    {
        *("internal_error", "fatal_error", "service_unavailable", "request_timeout", "update_failed"),
        *("team_added_to_org", "external_channel_migrating", "streaming_state_conflict"),
        *("file_update_failed", "file_upload_failed"),
    }
)

# About this one thing: what is said of it, and what somebody can do.
HERE: dict[str, tuple[str, str]] = {
    "channel_not_found": ("That channel is not there, or I am not in it.", INVITE),
    "not_in_channel": ("I am not in that channel.", INVITE),
    "is_archived": ("That channel is archived.", OTHER_PLACE),
    "is_inactive": ("That channel is frozen, archived or deleted.", OTHER_PLACE),
    "channel_is_archived": ("That channel is archived.", OTHER_PLACE),
    "channel_is_limited_access": ("That channel is closed to me.", INVITE),
    "invalid_channel": ("That channel is not there.", OTHER_PLACE),
    "team_not_found": ("That channel's workspace is not there.", OTHER_PLACE),
    "no_permission": ("I may not write there.", INVITE),
    "posting_to_channel_denied": ("I may not write there.", INVITE),
    "restricted_action": ("I may not write there.", ASK_ADMIN),
    "cannot_dm_bot": ("Bots take no messages of mine.", ""),
    "messages_tab_disabled": ("My conversation with people is switched off.", ASK_ADMIN),
    "user_not_found": ("Slack does not know that person.", ""),
    "users_not_found": ("Slack does not know that person.", ""),
    "user_not_visible": ("Slack does not show me that person.", ""),
    "user_disabled": ("That person is no longer here.", ""),
    "user_not_in_channel": ("That person is not in the channel.", ""),
    "user_is_bot": ("That is a bot.", ""),
    "user_is_restricted": ("That person may not be written to.", ""),
    "msg_too_long": ("The message is too long for Slack.", ""),
    "msg_blocks_too_long": ("The message is too long for Slack.", ""),
    "no_text": ("The message has no text.", ""),
    "too_many_attachments": ("The message is too long for Slack.", ""),
    "duplicate_message_not_found": ("That message is not there.", ""),
    "message_not_found": ("That message is not there any more.", ""),
    "thread_not_found": ("That thread is not there any more.", ""),
    "cant_update_message": ("That message cannot be changed by me.", ""),
    "cant_delete_message": ("That message cannot be deleted by me.", ""),
    "edit_window_closed": ("That message cannot be changed any more.", ""),
    "block_mismatch": ("That message cannot be changed into this one.", ""),
    "expired_trigger_id": ("That took too long to open.", "Try again."),
    "exchanged_trigger_id": ("That was opened already.", "Try again."),
    "invalid_trigger_id": ("Slack does not open a form for that click.", "Try again."),
    "invalid_trigger": ("Slack does not open a form for that click.", "Try again."),
    "trigger_expired": ("That took too long to open.", "Try again."),
    "trigger_exchanged": ("That was opened already.", "Try again."),
    "push_limit_reached": ("There are too many forms on top of each other.", "Close one, then try again."),
    "view_not_found": ("That form was closed.", ""),
    "not_found": ("That form was closed.", ""),
    "hash_conflict": ("That form has changed meanwhile.", "Try again."),
    "duplicate_external_id": ("That form is open already.", ""),
    "view_too_large": ("The form is too large for Slack.", ""),
    "invalid_user_id": ("Slack does not know that person.", ""),
    "invalid_code": ("Slack does not know this way in.", "Begin anew."),
    "code_already_used": ("That was finished before.", "Begin anew."),
    "file_not_found": ("That file is not in Slack.", ""),
    "file_deleted": ("That file was deleted.", ""),
    "file_too_large": ("That file is too large for Slack.", ""),
    "file_upload_size_restricted": ("This workspace does not take files that large.", ASK_ADMIN),
    "file_uploads_disabled": ("This workspace takes no files.", ASK_ADMIN),
    "file_uploads_except_images_disabled": ("This workspace takes no files but images.", ASK_ADMIN),
    "storage_limit_reached": ("This workspace has no room left for files.", ASK_ADMIN),
    "blocked_file_type": ("This workspace does not take files of that kind.", ASK_ADMIN),
    "slack_connect_file_upload_sharing_blocked": ("Files may not be shown in that shared channel.", ASK_ADMIN),
    "slack_connect_file_link_sharing_blocked": ("Files may not be shown in that shared channel.", ASK_ADMIN),
    "slack_connect_blocked_file_type": ("Files of that kind may not be shown in that shared channel.", ASK_ADMIN),
    "alt_txt_too_large": ("The picture's description is too long for Slack.", ""),
    "missing_argument": ("The file is empty.", ""),
    "no_such_subteam": ("That user group is not there.", ""),
    "subteam_not_found": ("That user group is not there.", ""),
    "plan_upgrade_required": ("This workspace's plan has no user groups.", ""),
    "paid_teams_only": ("This workspace's plan does not have that.", ""),
    "already_reacted": ("That is done already.", ""),
    "no_reaction": ("That is done already.", ""),
    "message_not_in_thread": ("That thread is not there any more.", ""),
    "cant_broadcast_message": ("Slack did not take the message.", ""),
    "invalid_metadata_format": ("Slack did not take the message.", ""),
    "invalid_metadata_schema": ("Slack did not take the message.", ""),
    "metadata_too_large": ("Slack did not take the message.", ""),
    "invalid_arguments": ("Slack did not take what I sent.", ""),
    "invalid_arg_name": ("Slack did not take what I sent.", ""),
    "invalid_array_arg": ("Slack did not take what I sent.", ""),
    "invalid_thread_ts": ("That thread is not there.", ""),
    "invalid_user_combination": ("Slack opens no conversation with them.", ""),
    "invalid_attachments": ("Slack did not take the message.", ""),
    "fetch_members_failed": ("Slack does not say who is in that conversation.", ""),
    "method_not_supported_for_channel_type": ("Slack does not show me that conversation.", ""),
    "invalid_cursor": ("Slack does not know where we were.", "Try again."),
    "invalid_ts_oldest": ("Slack does not know that moment.", ""),
    "invalid_ts_latest": ("Slack does not know that moment.", ""),
}
# Slack makes more of these as it goes: restricted_action_read_only_channel, …_thread_locked, …
HERE_TOO = ("restricted_action_",)

# The app's own trouble: what is said of it, and who can mend it.
OURS: dict[str, tuple[str, str]] = {
    "token_revoked": ("I am no longer installed here.", INSTALL),
    "account_inactive": ("I am no longer installed here.", INSTALL),
    "app_missing": ("I am no longer installed here.", INSTALL),
    "team_access_not_granted": ("I am not installed in that workspace.", INSTALL),
    "invalid_auth": ("My token is not valid.", INSTALL),
    "not_authed": ("I have no token.", INSTALL),
    "token_expired": ("My token has expired.", INSTALL),
    "not_allowed_token_type": ("My token is of the wrong kind.", INSTALL),
    "missing_scope": ("I lack a permission for that.", "Have the app installed again with its current manifest."),
    "access_denied": ("I am denied access.", ASK_ADMIN),
    "accesslimited": ("Slack does not take calls from this network.", ASK_ADMIN),
    "org_login_required": ("This workspace is being moved to an organisation.", "It ends by itself."),
    "ekm_access_denied": ("Admins have suspended messages here (key management).", ASK_ADMIN),
    "enterprise_is_restricted": ("Your organisation does not let me do that.", ASK_ADMIN),
    "message_limit_exceeded": ("This workspace has reached its limit of messages.", ASK_ADMIN),
    "two_factor_setup_required": ("My account needs a second factor.", ASK_ADMIN),
}


class UnknownBlocks(Refused):
    """This workspace does not take a block we sent: a newer kind, a picture that is not there, or a fault of ours."""

    @property
    def of_picture(self) -> bool:
        """Whether Slack says that it is a picture it does not take (slackapi/python-slack-sdk#1797)."""
        said = self.detail.casefold()
        return "slack_file" in said or "slack file" in said or "image" in said


# How long to stay away where Slack does not say it, or says what nobody can read; at least, and at most.
WAIT_SECONDS, LEAST_SECONDS, MOST_SECONDS = 10.0, 1.0, 3600.0


def meaning(response: Any) -> MmmError:
    """Turn Slack's refusal into one of our errors. `response` is the SDK's, or what it could not read."""
    status: int = getattr(response, "status_code", 0) or getattr(response, "status", 200)
    said = getattr(response, "data", response)
    known = isinstance(said, dict)
    error = str(said.get("error") or "unknown_error") if known else ""
    if status == 429 or error in LIMITED:
        seconds = seconds_to_wait(getattr(response, "headers", None))
        detail = f"{error or 'HTTP 429'}: come again in {seconds:.0f} s"
        return Postponed("Slack is busy.", "Try again in a moment.", seconds=seconds, detail=detail)
    if not known:
        return Unavailable("Slack is busy.", "Try again in a moment.", detail=f"HTTP {status}: {str(said)[:200]}")
    detail = f"{error}: {said.get('errors') or ''} {said.get('response_metadata') or {}}"
    if error in PASSING or status >= 500 or error.startswith(NO_JSON):
        return Unavailable("Slack is busy.", "Try again in a moment.", detail=detail)
    if error in ("invalid_blocks", "invalid_blocks_format"):
        return UnknownBlocks("Slack did not take the message.", detail=detail)
    if error in HERE or error.startswith(HERE_TOO):
        what, todo = HERE.get(error) or HERE["restricted_action"]
        return Refused(what, todo, detail=detail)
    what, todo = OURS.get(error, (f"Slack refused ({error[:60]}).", ""))
    return LockedOut(what, todo, detail=detail, sure=error in OURS)


def code_of(error: MmmError) -> str:
    """Slack's own word for a refusal."""
    return error.detail.partition(":")[0]


def seconds_to_wait(headers: Any) -> float:
    """How long `Retry-After` asks us to stay away: seconds or a date (RFC 9110), in bounds, whatever stands there."""
    return min(max(_asked_for(_retry_after(headers)), LEAST_SECONDS), MOST_SECONDS)


def _retry_after(headers: Any) -> str:
    if not isinstance(headers, Mapping) and not hasattr(headers, "items"):
        return ""
    for name, value in headers.items():
        if str(name).lower() == "retry-after":
            first = value[0] if isinstance(value, list | tuple) and value else value
            return str(first).strip()
    return ""


def _asked_for(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        return _until(text)
    return seconds if isfinite(seconds) else WAIT_SECONDS


def _until(text: str) -> float:
    """Seconds until an HTTP date; by our clock, which may be off by more than the wait: the bounds hold."""
    try:
        at = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError, OverflowError):
        return WAIT_SECONDS
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return (at - datetime.now(UTC)).total_seconds()
