"""The shape of what Slack delivers, checked before anything reads it: what is odd is refused, and nothing is done.

A signature says who sent something, not that it is sound: a proxy, a tool or a newer API may send what our handlers do
not expect. The kinds and their fields: https://docs.slack.dev/interactivity/handling-user-interaction (payloads),
https://docs.slack.dev/interactivity/implementing-slash-commands, https://docs.slack.dev/apis/events-api.
"""

import re
from collections.abc import Mapping
from typing import Any

Body = Mapping[str, Any]

# A form of Slack is some ten levels deep; what is deeper is meant to hurt whoever walks through it.
DEEPEST = 64
# Beyond this, a number is not the same in every language that reads JSON. Slack sends none that large.
LARGEST = 2**53
ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
LEAVING = ("app_uninstalled", "tokens_revoked")
# What Slack tells us of its own accord, and wants nothing for.
NOTICES = frozenset({"app_rate_limited"})


class Odd(ValueError):
    """A payload that Slack does not send, or that no code of ours was made for."""


def check(body: object, *, events: frozenset[str]) -> None:
    """Raise Odd unless `body` is a delivery whose fields are as our handlers read them. `events`: those we know."""
    if not isinstance(body, dict) or not body:
        raise Odd("no object")
    _check_values(body)
    if body.get("ssl_check") == "1":
        return  # the SDK answers it, and looks at nothing else of it
    kind = body.get("type")
    if kind is None and "command" in body:
        _command(body)
    elif kind == "event_callback":
        _event(body, events)
    elif kind == "url_verification":
        _text(body, "challenge", needed=True)
    elif isinstance(kind, str) and kind in INTERACTIONS:
        _interaction(body)
        INTERACTIONS[kind](body)
    elif not isinstance(kind, str) or kind not in NOTICES:
        raise Odd(f"type {str(kind)[:60]!r}")


def _command(body: Body) -> None:
    _text(body, "command", needed=True)
    _text(body, "text")
    _text(body, "trigger_id", needed=True)
    for name in ("user_id", "team_id", "channel_id"):
        _id(body, name, needed=True)
    _id(body, "enterprise_id")
    _text(body, "api_app_id")


def _event(body: Body, events: frozenset[str]) -> None:
    event = _object(body, "event", needed=True)
    kind = _text(event, "type", needed=True)
    if kind not in events:
        raise Odd(f"event {kind[:60]!r}")
    _id(body, "team_id", needed=not body.get("enterprise_id"))
    _id(body, "enterprise_id")
    for name in ("api_app_id", "event_id"):
        _text(body, name)
    # When a workspace left decides which of two installations is gone.
    if (kind in LEAVING or body.get("event_time") is not None) and not _is_number(body.get("event_time")):
        raise Odd("event_time is no number")
    _objects(body, "authorizations")
    _text(event, "tab")
    if kind == "app_home_opened":
        _id(event, "user", needed=True)
    if kind == "file_shared":
        for name in ("user_id", "file_id", "channel_id"):
            _id(event, name, needed=True)
    _object(event, "tokens")


def _interaction(body: Body) -> None:
    """What every kind of click and form has."""
    user = _object(body, "user", needed=True)
    _id(user, "id", needed=True)
    team, enterprise = _object(body, "team"), _object(body, "enterprise")
    _id(team, "id")
    _id(enterprise, "id")
    if not (team.get("id") or enterprise.get("id") or user.get("team_id")):
        raise Odd("nobody's workspace")
    for name in ("api_app_id", "trigger_id", "response_url", "callback_id"):
        _text(body, name)
    _id(_object(body, "channel"), "id", needed=bool(body.get("channel")))
    container = _object(body, "container")
    for name in ("message_ts", "view_id"):
        _text(container, name)
    message = _object(body, "message")
    _text(message, "ts")
    _objects(message, "blocks")
    _objects(message, "files")
    _view(_object(body, "view"))


def _view(view: Body) -> None:
    _text(view, "type", needed=bool(view))
    for name in ("id", "hash", "callback_id", "private_metadata"):
        _text(view, name)
    for block in _objects(view, "blocks"):
        _text(block, "type", needed=True)
        _text(block, "block_id", needed=block["type"] == "input")
    values = _object(_object(view, "state"), "values")
    for field in values:
        elements = _object(values, field)
        for element in elements:
            _element(_object(elements, element))


def _element(element: Body) -> None:
    """What stands in one field of a form, as its kind of input has it."""
    for name in ("value", "selected_date", "selected_conversation", "selected_channel", "selected_user"):
        _text(element, name)
    for option in (_object(element, "selected_option"), *_objects(element, "selected_options")):
        if option and not isinstance(option.get("value"), str):
            raise Odd("value is no text")
        _text(_object(option, "text"), "text")
    for file in _objects(element, "files"):
        for name in ("id", "name", "mimetype"):
            _text(file, name)


def _click(body: Body) -> None:
    actions = _objects(body, "actions")
    if not actions:
        raise Odd("no action")
    for action in actions:
        for name in ("action_id", "action_ts"):
            _text(action, name, needed=True)
        _text(action, "type")
        _text(action, "value")


def _submission(body: Body) -> None:
    view = _object(body, "view", needed=True)
    for name in ("id", "hash"):
        _text(view, name, needed=True)
    if not isinstance(view.get("callback_id"), str):
        raise Odd("callback_id is no text")


def _search(body: Body) -> None:
    _text(body, "action_id", needed=True)
    _text(body, "value")


def _shortcut(body: Body) -> None:
    _text(body, "callback_id", needed=True)
    _text(body, "trigger_id", needed=True)


def _closed(body: Body) -> None:
    _object(body, "view", needed=True)


INTERACTIONS = {
    "block_actions": _click,
    "view_submission": _submission,
    "view_closed": _closed,
    "block_suggestion": _search,
    "shortcut": _shortcut,
    "message_action": _shortcut,
}


def _check_values(body: Any) -> None:
    """Walk through all of it, without calling ourselves: depth, numbers, and texts that can be written down."""
    waiting: list[tuple[Any, int]] = [(body, 1)]
    while waiting:
        value, depth = waiting.pop()
        if depth > DEEPEST:
            raise Odd("too deep")
        if isinstance(value, dict):
            waiting += [(one, depth + 1) for pair in value.items() for one in pair]
        elif isinstance(value, list):
            waiting += [(one, depth + 1) for one in value]
        elif isinstance(value, str):
            if not value.isascii():
                _check_text(value)
        elif isinstance(value, int | float) and not isinstance(value, bool) and not abs(value) <= LARGEST:
            raise Odd("a number beyond all bounds")  # infinite, or none at all, too


def _check_text(value: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise Odd("half a character") from error


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


def _object(body: Body, name: str, *, needed: bool = False) -> Body:
    """A field that is an object; empty where there is none and none is needed."""
    found = body.get(name)
    if found is None and not needed:
        return {}
    if not isinstance(found, dict) or (needed and not found):
        raise Odd(f"{name} is no object")
    return found


def _objects(body: Body, name: str) -> list[Body]:
    found = body.get(name)
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise Odd(f"{name} is no list of objects")
    return found


def _text(body: Body, name: str, *, needed: bool = False) -> str:
    found = body.get(name)
    if found is None and not needed:
        return ""
    if not isinstance(found, str) or (needed and not found):
        raise Odd(f"{name} is no text")
    return found


def _id(body: Body, name: str, *, needed: bool = False) -> None:
    found = _text(body, name, needed=needed)
    if found and not ID.fullmatch(found):
        raise Odd(f"{name} is no id")
