"""What the local Slack sends to an app, and what it makes of the app's answers."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from slack_sdk.signature import SignatureVerifier
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from local import workspace
from local.person import Person, Stuck
from local.serving import free_port, serving
from local.slack.app import create_app
from local.slack.slack import Slack
from tests.words import DOOR, SIGNING_SECRET, WORD

pytestmark = pytest.mark.slow

CHANNEL = workspace.MARKETING.id
Json = dict[str, Any]
FIELD = {"type": "plain_text_input", "action_id": "name"}
FORM: Json = {
    "type": "modal",
    "callback_id": "form",
    "title": {"type": "plain_text", "text": "Form"},
    "submit": {"type": "plain_text", "text": "Send"},
    "notify_on_close": True,
    "blocks": [
        {"type": "input", "block_id": "name", "label": {"type": "plain_text", "text": "Name"}, "element": FIELD}
    ],
}


class App:
    """An app that keeps what it is sent and answers as told."""

    def __init__(self) -> None:
        self.sent: list[Json] = []
        self.answers: list[Any] = []
        self.statuses: list[int] = []
        self.app = Starlette(routes=[Route("/slack/events", self.receive, methods=["POST"])])

    async def receive(self, request: Request) -> Response:
        raw = await request.body()
        verifier = SignatureVerifier(SIGNING_SECRET)
        assert verifier.is_valid_request(raw, dict(request.headers))
        if request.headers["content-type"].startswith("application/json"):
            body = json.loads(raw)
        else:
            form = {name: values[0] for name, values in parse_qs(raw.decode()).items()}
            body = json.loads(form["payload"]) if "payload" in form else form
        self.sent.append({**body, "retry": request.headers.get("x-slack-retry-num")})
        answer = self.answers.pop(0) if self.answers else ""
        status = self.statuses.pop(0) if self.statuses else 200
        return PlainTextResponse(answer, status) if isinstance(answer, str) else JSONResponse(answer, status)


class Running:
    def __init__(self, slack: Slack, app: App, url: str) -> None:
        self.slack, self.app, self.url = slack, app, url
        self.ana, self.ben = Person(url), Person(url, "U0BEN")

    def open_form(self, **more: Any) -> Json:
        return self.slack.views.open("U0ANA", {**FORM, **more})


@pytest.fixture
def slack(tmp_path: Path) -> Iterator[Running]:
    app, port = App(), free_port()
    url = f"http://127.0.0.1:{port}{DOOR}"
    state = Slack(tmp_path, public_url=url)
    with (
        serving(app.app) as app_url,
        serving(create_app(tmp_path, app_url=app_url, public_url=url, word=WORD, slack=state), port),
    ):
        running = Running(state, app, url)
        yield running
        running.ana.close()
        running.ben.close()
    state.close()


def test_a_command_carries_what_slack_sends_and_its_answer_is_seen_by_one(slack: Running) -> None:
    slack.app.answers = [{"text": "only you"}]
    slack.ana.type(CHANNEL, "/mmm dataset list")
    [sent] = slack.app.sent
    assert sent["command"] == "/mmm" and sent["text"] == "dataset list"
    assert sent["user_id"] == "U0ANA" and sent["team_id"] == workspace.TEAM_ID
    assert sent["trigger_id"] and sent["response_url"].startswith(slack.url)
    assert slack.ana.messages(CHANNEL)[-1]["text"] == "only you"
    assert all(message["text"] != "only you" for message in slack.ben.messages(CHANNEL))


def test_a_command_that_is_not_answered_well_is_told_to_the_person(slack: Running) -> None:
    slack.app.statuses = [500]
    with pytest.raises(Stuck, match="http_500"):
        slack.ana.type(CHANNEL, "/mmm")
    with pytest.raises(Stuck, match="unknown_command"):
        slack.ana.type(CHANNEL, "/other")


def test_a_response_url_serves_five_times_and_can_replace_its_message(slack: Running) -> None:
    slack.ana.type(CHANNEL, "/mmm")
    url = slack.app.sent[0]["response_url"]
    statuses = [
        httpx.post(url, json={"text": f"{number}", "response_type": "in_channel"}).status_code for number in range(6)
    ]
    assert statuses == [200] * 5 + [404]
    assert [message["text"] for message in slack.ben.messages(CHANNEL)][-5:] == ["0", "1", "2", "3", "4"]


def test_a_submission_carries_the_typed_values_and_closes_the_form(slack: Running) -> None:
    form = slack.open_form()
    assert slack.ana.submit(form, name="Spring")["ok"]
    [sent] = slack.app.sent
    assert sent["type"] == "view_submission"
    assert sent["view"]["state"]["values"]["name"]["name"] == {"type": "plain_text_input", "value": "Spring"}
    assert slack.ana.view() is None


def test_errors_stay_beside_their_fields_and_must_name_one(slack: Running) -> None:
    form = slack.open_form()
    slack.app.answers = [{"response_action": "errors", "errors": {"name": "Too short."}}]
    assert slack.ana.submit(form, name="x") == {"ok": False, "errors": {"name": "Too short."}}
    slack.app.answers = [{"response_action": "errors", "errors": {"other": "x"}}]
    assert slack.ana.submit(form, name="x")["error"] == "invalid_errors"


@pytest.mark.parametrize(("action", "left"), [("update", 1), ("push", 2), ("clear", 0)])
def test_an_answer_can_update_push_or_clear(slack: Running, action: str, left: int) -> None:
    form = slack.open_form()
    answer: Json = {"response_action": action}
    if action != "clear":
        answer["view"] = {**FORM, "callback_id": "next"}
    slack.app.answers = [answer]
    slack.ana.submit(form, name="x")
    assert len(slack.slack.views.stack("U0ANA")) == left
    if left:
        assert slack.ana.view()["callback_id"] == "next"  # type: ignore[index]


def test_an_answer_with_a_broken_view_is_told(slack: Running) -> None:
    form = slack.open_form()
    slack.app.answers = [{"response_action": "update", "view": {**FORM, "blocks": []}}]
    assert slack.ana.submit(form, name="x")["error"] == "invalid_arguments"


def test_closing_is_told_to_apps_that_asked(slack: Running) -> None:
    form = slack.open_form()
    httpx.post(f"{slack.url}/page/api/views/{form['id']}/close", json={})
    assert slack.app.sent[0]["type"] == "view_closed"
    assert slack.ana.view() is None


def test_a_click_on_a_message_names_its_place(slack: Running) -> None:
    element = {"type": "button", "text": {"type": "plain_text", "text": "Go"}, "action_id": "go", "value": "v"}
    blocks = [{"type": "actions", "block_id": "b", "elements": [element]}]
    message = slack.slack.messages.add(CHANNEL, {"user": workspace.BOT_USER, "text": "x", "blocks": blocks})
    slack.ana.press(CHANNEL, message, "go")
    [sent] = slack.app.sent
    assert sent["type"] == "block_actions"
    assert sent["container"]["message_ts"] == message["ts"]
    assert sent["actions"][0]["value"] == "v" and sent["actions"][0]["block_id"] == "b"


def test_a_search_returns_the_apps_options(slack: Running) -> None:
    option = {"text": {"type": "plain_text", "text": "France"}, "value": "fr"}
    element = {"type": "external_select", "action_id": "country"}
    label = {"type": "plain_text", "text": "Country"}
    form = slack.open_form(blocks=[{"type": "input", "block_id": "country", "label": label, "element": element}])
    slack.app.answers = [{"options": [option]}]
    assert slack.ana.search(form, "country", "fra") == [option]
    assert slack.app.sent[0]["type"] == "block_suggestion" and slack.app.sent[0]["value"] == "fra"


def test_events_come_again_until_they_are_answered(slack: Running) -> None:
    slack.app.statuses = [500, 200]
    slack.ana.open_home()
    slack.ana.wait(lambda: len(slack.app.sent) == 2 or None, "the second delivery")
    first, second = slack.app.sent
    assert first["event"]["type"] == "app_home_opened"
    assert (first["retry"], second["retry"]) == (None, "1")
    assert first["event_id"] == second["event_id"]


def test_the_page_hears_of_everything_it_may_see_and_nothing_else(slack: Running) -> None:
    slack.slack.messages.add(CHANNEL, {"user": "U0ANA", "text": "for all"})
    slack.slack.messages.add(CHANNEL, {"user": workspace.BOT_USER, "text": "for ana"}, audience="U0ANA")
    seen, _ = slack.slack.feed.since(0, "U0BEN")
    texts = [json.loads(data)["message"]["text"] for _, data in seen if "message" in json.loads(data)]
    assert "for all" in texts and "for ana" not in texts


def test_archived_channels_and_empty_messages_are_refused(slack: Running) -> None:
    with pytest.raises(Stuck, match="is_archived"):
        slack.ana.type(workspace.ARCHIVE.id, "hello")
    with pytest.raises(Stuck, match="no_text"):
        slack.ana.type(CHANNEL, "  ")
