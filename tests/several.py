"""What the tests of several workspaces share: a browser that installs the app, and requests of another workspace."""

import json
import re
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx

from bot.act import Services
from bot.slack.addresses import INSTALL
from bot.tenants import Several
from engine.clock import SystemClock
from local import workspace
from tests.slack_requests import signed
from tests.stack import Stack

NORTH, SOUTH = workspace.TEAM_ID, workspace.SOUTHWIND.id
EVA, SALES = workspace.EVA.id, workspace.SALES.id


class Browser:
    """Somebody's browser on its way to Slack and back. It keeps cookies and follows nothing by itself."""

    def __init__(self, product: Stack) -> None:
        self.at = product.at
        self.cookies = httpx.Cookies()

    def ask(self, method: str, url: str | httpx.URL, **more: Any) -> httpx.Response:
        answer = httpx.request(method, url, cookies=self.cookies, timeout=30, **more)
        self.cookies.extract_cookies(answer)
        return answer

    def get(self, url: str | httpx.URL, **more: Any) -> httpx.Response:
        return self.ask("GET", url, **more)

    def begin(self, **more: Any) -> str:
        """Start an installation; returns where Slack is asked."""
        answer = self.get(f"{self.at.bot}{INSTALL}", **more)
        assert answer.status_code == 302
        return str(answer.headers["location"])

    def allow(self, asked: str, team: str) -> str:
        """Allow the app at Slack (with no team: do not); returns the address that the browser is sent back to."""
        seen = self.get(asked)
        assert seen.status_code == 200, seen.text
        found = re.findall(r'name="(\w+)" value="([^"]*)"', seen.text)
        form = {name: unescape(value) for name, value in found if name != "team"}
        answer = self.ask("POST", f"{self.at.slack}/oauth/v2/answer", data={**form, "team": team})
        assert answer.status_code == 302, answer.text
        return str(answer.headers["location"])

    def install(self, team: str) -> httpx.Response:
        """All of it."""
        return self.get(self.allow(self.begin(), team))


def services(product: Stack, team: str) -> Services:
    """What works for a workspace, by its installation."""
    return Several(Services(product.settings, product.cloud, SystemClock())).of(team)


def as_sent_by(team: str, user: str, body: bytes) -> tuple[bytes, dict[str, str]]:
    """The same request from another workspace and person, signed."""
    form = dict(parse_qsl(body.decode(), keep_blank_values=True))
    about = {"team_id": team, "api_app_id": workspace.APP_ID}
    if "payload" in form:
        payload = json.loads(form["payload"])
        payload |= {**about, "team": {"id": team}, "user": {"id": user, "team_id": team}}
        if "view" in payload:
            payload["view"] |= {"team_id": team, "app_installed_team_id": team}
        form["payload"] = json.dumps(payload)
    else:
        form |= {**about, "user_id": user}
    moved = urlencode(form).encode()
    return moved, signed(moved)
