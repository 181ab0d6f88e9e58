"""Odd payloads that are signed all the same: 400, never 500, and nothing done. All of it in this process."""

import asyncio
import copy
import json
from typing import Any, cast
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.requests import Request

from bot import tasks
from bot.act import Services
from bot.slack.payload import Odd, check
from tests.faults.bot_in_process import FORM, JSON, BotInProcess

EVENTS = frozenset({"app_home_opened"})
PEOPLE = {"team": {"id": "T1"}, "user": {"id": "U1"}, "api_app_id": "A1", "trigger_id": "1.2.x"}
VIEW = {
    "id": "V1",
    "hash": "h",
    "type": "modal",
    "callback_id": "dataset_source",
    "private_metadata": "{}",
    "blocks": [{"type": "input", "block_id": "title", "element": {"type": "plain_text_input"}}],
    "state": {"values": {"title": {"title": {"type": "plain_text_input", "value": "Shop"}}}},
}
COMMAND = {
    "command": "/mmm",
    "text": "help",
    "trigger_id": "1.2.x",
    "user_id": "U1",
    "team_id": "T1",
    "channel_id": "C1",
}
CLICK = {
    **PEOPLE,
    "type": "block_actions",
    "actions": [{"action_id": "start_help", "action_ts": "1.2", "type": "button", "value": "x"}],
    "container": {"type": "message", "message_ts": "1.2"},
    "channel": {"id": "C1"},
}
SUBMISSION = {**PEOPLE, "type": "view_submission", "view": VIEW}
SEARCH = {**PEOPLE, "type": "block_suggestion", "action_id": "country", "value": "fr", "view": VIEW}
SHORTCUT = {**PEOPLE, "type": "message_action", "callback_id": "use_as_data", "message": {"ts": "1.2", "files": []}}
EVENT = {
    "type": "event_callback",
    "team_id": "T1",
    "event_id": "Ev1",
    "event_time": 1_700_000_000,
    "event": {"type": "app_home_opened", "user": "U1", "tab": "home"},
}
SOUND: dict[str, dict[str, Any]] = {
    "command": COMMAND,
    "click": CLICK,
    "submission": SUBMISSION,
    "search": SEARCH,
    "shortcut": SHORTCUT,
    "event": EVENT,
}


@pytest.fixture(scope="module")
def app() -> BotInProcess:
    return BotInProcess()


def without(payload: dict[str, Any], *path: str | int) -> dict[str, Any]:
    return changed(payload, None, *path, drop=True)


def changed(payload: dict[str, Any], value: Any, *path: str | int, drop: bool = False) -> dict[str, Any]:
    """The payload with one field replaced, or left out."""
    made = copy.deepcopy(payload)
    place: Any = made
    for step in path[:-1]:
        place = place[step]
    if drop:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return made


def deep(levels: int) -> Any:
    nested: Any = "x"
    for _ in range(levels):
        nested = [nested]
    return nested


ODD_BODIES = {
    "empty": (b"", FORM),
    "empty-json": (b"", JSON),
    "blanks": (b"   ", FORM),
    "not-utf-8": (b"\xff\xfe", FORM),
    "not-utf-8-in-json": (b'{"type": "\xff"}', JSON),
    "not-json": (b"{", JSON),
    "not-json-in-a-form": (b"payload=%7B", FORM),
    "empty-payload": (b"payload=", FORM),
    "a-list": (b"[]", JSON),
    "a-list-in-a-form": (b"payload=%5B%5D", FORM),
    "a-list-of-objects": (json.dumps([CLICK]).encode(), JSON),
    "a-number": (b"1", JSON),
    "a-text": (b'"x"', JSON),
    "null": (b"null", JSON),
    "null-in-a-form": (b"payload=null", FORM),
    "no-form": (b"hello", FORM),
    "deep": (b"[" * 100_000 + b"]" * 100_000, JSON),
    "deep-in-a-form": (urlencode({"payload": '{"a":' * 50_000 + "1" + "}" * 50_000}).encode(), FORM),
    "a-number-too-long-to-read": (b'{"type": ' + b"9" * 10_000 + b"}", JSON),
    "infinite": (json.dumps(EVENT).replace("1700000000", "1e999").encode(), JSON),
    "not-a-number": (json.dumps(EVENT).replace("1700000000", "NaN").encode(), JSON),
    "half-a-character": (json.dumps(changed(EVENT, "\ud800", "event_id")).encode(), JSON),
}
ODD_PAYLOADS: dict[str, Any] = {
    "unknown-type": {**CLICK, "type": "what"},
    "type-is-a-number": {**CLICK, "type": 7},
    "type-is-a-list": {**CLICK, "type": ["block_actions"]},
    "no-type": without(CLICK, "type"),
    "odd-behind-a-check": {**changed(EVENT, ["U1"], "event", "user"), "ssl_check": 1},
    "unknown-event": changed(EVENT, "what", "event", "type"),
    "no-event": without(EVENT, "event"),
    "event-is-a-list": changed(EVENT, [], "event"),
    "event-of-nobody": without(EVENT, "event", "user"),
    "event-of-an-object": changed(EVENT, {"id": "U1"}, "event", "user"),
    "event-without-team": without(EVENT, "team_id"),
    "authorizations-of-texts": {**EVENT, "authorizations": ["x"]},
    "time-beyond-all": changed(EVENT, 10**30, "event_time"),
    **{f"click-without-{key}": without(CLICK, key) for key in ("actions", "user", "team")},
    **{f"click-with-a-text-for-{key}": {**CLICK, key: "x"} for key in ("actions", "user", "team", "channel", "view")},
    **{
        f"click-with-a-list-for-{key}": {**CLICK, key: [1]}
        for key in ("actions", "user", "team", "channel", "container")
    },
    "click-of-nothing": {**CLICK, "actions": []},
    "click-without-an-id": without(CLICK, "actions", 0, "action_id"),
    "click-with-an-object-for-a-value": changed(CLICK, {"a": 1}, "actions", 0, "value"),
    "user-with-a-number": changed(CLICK, 1, "user", "id"),
    "user-with-no-id-of-slacks": changed(CLICK, "../../x", "user", "id"),
    "user-with-a-line": changed(CLICK, "U1\n", "user", "id"),
    "message-with-texts-for-blocks": {**CLICK, "message": {"blocks": ["x"]}},
    **{f"form-without-{key}": without(SUBMISSION, "view", key) for key in ("id", "hash", "callback_id")},
    "form-without-a-view": without(SUBMISSION, "view"),
    "form-with-a-list-for-its-state": changed(SUBMISSION, [], "view", "state"),
    "form-with-a-text-for-its-values": changed(SUBMISSION, "x", "view", "state", "values"),
    "form-with-a-text-for-a-field": changed(SUBMISSION, "x", "view", "state", "values", "title"),
    "form-with-a-number-for-a-value": changed(SUBMISSION, 3, "view", "state", "values", "title", "title", "value"),
    "form-with-a-text-for-an-option": changed(
        SUBMISSION, {"selected_option": "x"}, "view", "state", "values", "title", "title"
    ),
    "form-with-an-object-for-what-it-carries": changed(SUBMISSION, {}, "view", "private_metadata"),
    "form-with-a-block-of-no-type": changed(SUBMISSION, [{}], "view", "blocks"),
    "search-without-a-field": without(SEARCH, "action_id"),
    "search-for-a-list": {**SEARCH, "value": []},
    "shortcut-without-a-name": without(SHORTCUT, "callback_id"),
    "shortcut-that-can-open-nothing": without(SHORTCUT, "trigger_id"),
    "shortcut-on-a-text": {**SHORTCUT, "message": "x"},
    **{f"command-without-{key}": without(COMMAND, key) for key in ("trigger_id", "user_id", "team_id", "channel_id")},
    "command-of-no-name": {**COMMAND, "command": ""},
    "deep-but-readable": {**CLICK, "message": {"x": deep(500)}},
}


@pytest.mark.parametrize("name", ODD_BODIES)
def test_an_odd_body_gets_400_and_nothing_is_done(app: BotInProcess, name: str) -> None:
    before = dict(app.fake.storage.objects), len(app.fake.tasks.names)
    assert app.deliver(*ODD_BODIES[name]).status_code == 400
    assert (dict(app.fake.storage.objects), len(app.fake.tasks.names)) == before


@pytest.mark.parametrize("name", ODD_PAYLOADS)
def test_an_odd_payload_gets_400_and_nothing_is_done(
    app: BotInProcess, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    before = dict(app.fake.storage.objects), len(app.fake.tasks.names)
    assert app.send(ODD_PAYLOADS[name]).status_code == 400
    assert (dict(app.fake.storage.objects), len(app.fake.tasks.names)) == before
    assert not [record for record in caplog.records if record.exc_info]


@pytest.mark.parametrize("name", SOUND)
def test_what_slack_sends_is_not_odd(name: str) -> None:
    check(SOUND[name], events=EVENTS)


def test_what_slack_only_notes_is_taken(app: BotInProcess) -> None:
    assert app.deliver(b'{"type": "app_rate_limited", "team_id": "T1"}', JSON).status_code == 200
    assert app.deliver(b"ssl_check=1&token=x", FORM).status_code == 200
    assert app.send({**PEOPLE, "type": "view_closed", "view": VIEW}).status_code == 200
    challenge = app.deliver(b'{"type": "url_verification", "challenge": "abc"}', JSON)
    assert challenge.status_code == 200 and b"abc" in bytes(challenge.body)


SOUND_STEP = {"run": "r1", "draft": "d1", "key": "k", "who": "U1", "attempt": 1, "n": 0, "at": 1}
ODD_STEPS: dict[str, tuple[str, object]] = {
    "no-object": ("stage", []),
    "nothing": ("stage", {}),
    "a-run-without-an-id": ("stage", {"run": ""}),
    "a-run-of-a-list": ("watch", {**SOUND_STEP, "run": ["r1"]}),
    "no-attempt": ("launch", {"run": "r1"}),
    "an-attempt-in-words": ("launch", {"run": "r1", "attempt": "one"}),
    "an-attempt-beyond-all": ("finish", {"run": "r1", "attempt": 10**30}),
    "no-number": ("watch", {"run": "r1", "attempt": 1}),
    "a-draft-of-a-number": ("snapshot", {"draft": 1}),
    "no-key": ("notify", {"key": None}),
    "nobody": ("doctor", {}),
    "a-workspace-of-a-list": ("sweep", {"workspace": []}),
}


@pytest.mark.parametrize("name", ODD_STEPS)
def test_an_odd_step_gets_400_and_nothing_is_done(app: BotInProcess, name: str) -> None:
    step, payload = ODD_STEPS[name]
    services = Services(app.fake.settings, cast(Any, app.fake), app.fake.clock)
    endpoint = next(route.endpoint for route in tasks.routes(services) if route.path == "/tasks/{step}")
    before = dict(app.fake.storage.objects)
    scope = {
        "type": "http",
        "method": "POST",
        "path": f"/tasks/{step}",
        "query_string": b"",
        "path_params": {"step": step},
    }
    scope["headers"] = [(b"x-cloudtasks-taskretrycount", b"9" * 5000)]

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": json.dumps(payload).encode(), "more_body": False}

    assert asyncio.run(cast(Any, endpoint(Request(scope, receive)))).status_code == 400
    assert dict(app.fake.storage.objects) == before


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def places(payload: Any, at: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every field of a payload, however deep."""
    inside = payload.items() if isinstance(payload, dict) else enumerate(payload) if isinstance(payload, list) else ()
    return [place for key, value in inside for place in ((*at, key), *places(value, (*at, key)))]


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    """A sound payload with one field replaced by anything, or left out."""
    payload = SOUND[draw(st.sampled_from(sorted(SOUND)))]
    place = draw(st.sampled_from(places(payload)))
    return without(payload, *place) if draw(st.booleans()) else changed(payload, draw(ANYTHING), *place)


@settings(derandomize=True, max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(payload=mutated())
def test_whatever_a_payload_holds_it_is_sound_or_odd(payload: Any) -> None:
    try:
        check(payload, events=EVENTS)
    except Odd:
        return


@settings(derandomize=True, max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(payload=mutated().filter(lambda one: not isinstance(one, dict) or one.get("type") != "event_callback"))
def test_whatever_a_payload_holds_it_is_never_answered_with_500(app: BotInProcess, payload: Any) -> None:
    assert app.send(payload).status_code in (200, 400, 404)
