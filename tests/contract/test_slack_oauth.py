"""The local Slack's installations: what it refuses, as Slack refuses it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from local import workspace
from local.serving import free_port, serving
from local.slack.app import create_app
from local.slack.slack import Slack
from tests.words import DOOR, WORD

BACK = "http://127.0.0.1:9/slack/oauth_redirect"
MANIFEST = f"""
oauth_config:
  redirect_urls: ["{BACK}"]
  scopes: {{bot: [chat:write, commands]}}
"""


class Clock:
    """Time that a test can move."""

    def __init__(self) -> None:
        self.seconds = 1_790_000_000.0

    def __call__(self) -> float:
        return self.seconds


class Running:
    def __init__(self, url: str, clock: Clock) -> None:
        self.url, self.clock = url, clock

    def authorize(self, **changes: str) -> httpx.Response:
        asked = {"client_id": workspace.CLIENT_ID, "scope": "chat:write", "redirect_uri": BACK, "state": "s"}
        return httpx.get(f"{self.url}/oauth/v2/authorize", params=asked | changes)

    def answer(self, **changes: str) -> httpx.Response:
        form = {"redirect_uri": BACK, "scope": "chat:write", "state": "s&t", "team": workspace.SOUTHWIND.id}
        return httpx.post(f"{self.url}/oauth/v2/answer", data=form | changes)

    def code(self) -> str:
        return str(httpx.URL(self.answer().headers["location"]).params["code"])

    def buy(self, code: str, **changes: str) -> dict[str, Any]:
        """oauth.v2.access, with the client among the arguments; the bot sends it in the header."""
        form = {"client_id": workspace.CLIENT_ID, "client_secret": workspace.CLIENT_SECRET, "redirect_uri": BACK}
        answer: dict[str, Any] = httpx.post(
            f"{self.url}/api/oauth.v2.access", data=form | {"code": code} | changes
        ).json()
        return answer

    def client(self, token: str) -> WebClient:
        return WebClient(token=token, base_url=f"{self.url}/api/")


@pytest.fixture(scope="module")
def slack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    state, port, clock = tmp_path_factory.mktemp("slack"), free_port(), Clock()
    url = f"http://127.0.0.1:{port}{DOOR}"
    manifest = Path(state / "manifest.yaml")
    manifest.write_text(MANIFEST)
    first = Slack(state, public_url=url, now=clock)
    south = Slack(state / "south", public_url=url, now=clock, team=workspace.SOUTHWIND)
    app = create_app(
        state, app_url="http://127.0.0.1:9", public_url=url, word=WORD, manifest=manifest, slack=first, others=[south]
    )
    with serving(app, port):
        yield Running(url, clock)
    first.close()
    south.close()


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"client_id": "1.2"}, "invalid_client_id"),
        ({"redirect_uri": "http://evil.example/slack/oauth_redirect"}, "bad_redirect_uri"),
        ({"redirect_uri": f"{BACK}/more"}, "bad_redirect_uri"),
        ({"scope": "chat:write,admin"}, "invalid_scope"),
    ],
)
def test_nobody_is_asked_for_what_the_manifest_does_not_declare(
    slack: Running, changes: dict[str, str], why: str
) -> None:
    assert slack.authorize().status_code == 200
    refused = slack.authorize(**changes)
    assert refused.status_code == 400 and why in refused.text


def test_the_answer_goes_to_a_declared_address_only_and_carries_the_state(slack: Running) -> None:
    assert slack.answer(redirect_uri="http://evil.example/").status_code == 400
    assert httpx.URL(slack.answer().headers["location"]).params["state"] == "s&t"
    cancelled = httpx.URL(slack.answer(team="").headers["location"])
    assert cancelled.params["error"] == "access_denied" and "code" not in cancelled.params


def test_a_code_is_good_once_for_its_address_and_for_ten_minutes(slack: Running) -> None:
    code = slack.code()
    assert slack.buy(code, client_id="1.2")["error"] == "invalid_client_id"
    assert slack.buy(code, client_secret="wrong")["error"] == "bad_client_secret"
    assert slack.buy(code, redirect_uri="http://evil.example/")["error"] == "bad_redirect_uri"
    assert slack.buy("made-up")["error"] == "invalid_code"
    assert slack.buy(code)["ok"]
    assert slack.buy(code)["error"] == "code_already_used"
    late = slack.code()
    slack.clock.seconds += 601
    assert slack.buy(late)["error"] == "invalid_code"


def test_a_token_works_in_its_own_workspace_until_it_is_revoked(slack: Running) -> None:
    token = slack.buy(slack.code())["access_token"]
    assert slack.buy(slack.code())["access_token"] == token
    south = slack.client(token)
    assert south.auth_test()["team_id"] == workspace.SOUTHWIND.id
    assert south.users_info(user=workspace.EVA.id)["user"]["team_id"] == workspace.SOUTHWIND.id
    south.chat_postMessage(channel=workspace.SALES.id, text="hello")
    for wrong in (
        lambda: south.users_info(user=workspace.ANA.id),
        lambda: south.chat_postMessage(channel=workspace.MARKETING.id, text="hello"),
        lambda: slack.client(workspace.BOT_TOKEN).users_info(user=workspace.EVA.id),
    ):
        with pytest.raises(SlackApiError, match="not_found"):
            wrong()
    assert south.auth_revoke()["revoked"] is True
    with pytest.raises(SlackApiError, match="token_revoked"):
        south.auth_test()
    assert slack.buy(slack.code())["access_token"] != token


def test_the_transcript_keeps_no_secret(slack: Running) -> None:
    code = slack.code()
    token = slack.buy(code)["access_token"]
    kept = httpx.get(f"{slack.url}/_local/transcript").text
    assert "oauth.v2.access" in kept
    assert not [secret for secret in (code, token, workspace.CLIENT_SECRET) if secret in kept]
