"""Installations: the page where somebody allows an app, the code it gives, and the token that the code buys.

Follows https://docs.slack.dev/authentication/installing-with-oauth: a code is good once and for ten minutes, and for
the very address it was sent to; that address must be one that the app has declared.
"""

import hmac
import json
from base64 import b64decode
from collections.abc import Mapping, Sequence
from html import escape
from secrets import token_hex
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from local import workspace
from local.slack.refusal import Refusal
from local.slack.sender import Sender
from local.slack.slack import Slack
from local.slack.transport import Transport

Json = dict[str, Any]
CODE_SECONDS = 600.0
ACCESS, REVOKE = "oauth.v2.access", "auth.revoke"
AUTHORIZE = "/oauth/v2/authorize"


class OAuth:
    """The workspaces that an app may be installed in, by its manifest. State lies in the first workspace's database."""

    def __init__(self, slacks: Sequence[Slack], manifest: Mapping[str, Any], transport: Transport) -> None:
        self.slacks = {slack.team_id: slack for slack in slacks}
        self.database, self.now = slacks[0].database, slacks[0].now
        config = manifest.get("oauth_config", {})
        self.redirects: list[str] = config.get("redirect_urls", [])
        self.scopes: list[str] = config.get("scopes", {}).get("bot", [])
        self.transport = transport

    def routes(self) -> list[Route]:
        return [
            Route(AUTHORIZE, self._ask),
            Route("/oauth/v2/answer", self._answer, methods=["POST"]),
            Route("/_local/uninstall/{team}", self._uninstall, methods=["POST"]),
        ]

    def slack_of(self, token: str) -> Slack:
        """The workspace that a token works in. Raises invalid_auth or token_revoked."""
        row = self.database.one("SELECT * FROM tokens WHERE token = ?", token)
        if row is None:
            raise Refusal("invalid_auth")
        if row["revoked"]:
            raise Refusal("token_revoked")
        return self.slacks[row["team"]]

    # The page

    async def _ask(self, request: Request) -> Response:
        """Ask somebody in which workspace the app may be installed."""
        asked = request.query_params
        wanted = asked.get("scope", "").split(",")
        if asked.get("client_id") != workspace.CLIENT_ID:
            return _refused("invalid_client_id")
        if asked.get("redirect_uri", "") not in self.redirects:
            return _refused("bad_redirect_uri")
        if not set(wanted) <= set(self.scopes):
            return _refused("invalid_scope")
        hidden = "".join(
            f'<input type="hidden" name="{name}" value="{escape(asked.get(name, ""))}">'
            for name in ("redirect_uri", "scope", "state")
        )
        buttons = "".join(
            f'<p><button name="team" value="{id}">Allow in {escape(slack.team_name)}</button></p>'
            for id, slack in self.slacks.items()
        )
        listed = "".join(f"<li>{escape(scope)}</li>" for scope in wanted)
        form = f'<form method="post" action="answer">{hidden}{buttons}<button name="team" value="">Cancel'
        return HTMLResponse(f"<!doctype html><title>Slack</title><h1>mmm asks for</h1><ul>{listed}</ul>{form}</form>")

    async def _answer(self, request: Request) -> Response:
        """Somebody chose: back to the app, with a code or without."""
        async with request.form() as form:
            given = {name: str(value) for name, value in form.items()}
        redirect = given.get("redirect_uri", "")
        if redirect not in self.redirects:
            return _refused("bad_redirect_uri")
        if given.get("team", "") not in self.slacks:
            return RedirectResponse(f"{redirect}?{_with_state({'error': 'access_denied'}, given)}", 302)
        code = f"{token_hex(6)}.{token_hex(32)}"
        row = (code, given["team"], redirect, given.get("scope", ""), self.now())
        self.database.run("INSERT INTO codes VALUES (?, ?, ?, ?, ?, 0)", *row)
        return RedirectResponse(f"{redirect}?{_with_state({'code': code}, given)}", 302)

    # The Web API's part

    def access(self, args: Json, authorization: str) -> Json:
        """oauth.v2.access: a code becomes a token."""
        id, secret = _client(args, authorization)
        if id != workspace.CLIENT_ID:
            raise Refusal("invalid_client_id")
        if not hmac.compare_digest(secret, workspace.CLIENT_SECRET):
            raise Refusal("bad_client_secret")
        row = self.database.one("SELECT * FROM codes WHERE code = ?", args.get("code", ""))
        if row is None or self.now() - row["made"] > CODE_SECONDS:
            raise Refusal("invalid_code")
        if row["used"]:
            raise Refusal("code_already_used")
        if args.get("redirect_uri", "") != row["redirect"]:
            raise Refusal("bad_redirect_uri")
        self.database.run("UPDATE codes SET used = 1 WHERE code = ?", row["code"])
        slack = self.slacks[row["team"]]
        return {
            "access_token": self._token(row["team"]),
            "token_type": "bot",
            "scope": row["scope"],
            "bot_user_id": workspace.BOT_USER,
            "app_id": workspace.APP_ID,
            "team": {"id": slack.team_id, "name": slack.team_name},
            "enterprise": None,
            "is_enterprise_install": False,
            "authed_user": {"id": slack.directory.people()[0].id},
        }

    def revoke(self, token: str) -> Json:
        """auth.revoke: a token works no more."""
        self.slack_of(token)
        self.database.run("UPDATE tokens SET revoked = 1 WHERE token = ?", token)
        return {"revoked": True}

    def _token(self, team: str) -> str:
        """The app's token in a workspace: the same until it is revoked, however often it is installed."""
        row = self.database.one("SELECT token FROM tokens WHERE team = ? AND revoked = 0", team)
        if row is not None:
            return str(row["token"])
        token = f"xoxb-local-{token_hex(12)}"
        self.database.run("INSERT INTO tokens VALUES (?, ?, 0)", token, team)
        return token

    async def _uninstall(self, request: Request) -> Response:
        """A workspace's owner removes the app: its tokens work no more, and the app hears of it."""
        slack = self.slacks[request.path_params["team"]]
        self.database.run("UPDATE tokens SET revoked = 1 WHERE team = ?", slack.team_id)
        sender = Sender(slack, self.transport)
        sender.event({"type": "tokens_revoked", "tokens": {"bot": [workspace.BOT_USER]}})
        sender.event({"type": "app_uninstalled"})
        await sender.drained()
        return JSONResponse({"ok": True})


def _client(args: Json, authorization: str) -> tuple[str, str]:
    """Who asks: in the header, as Slack advises, or among the arguments."""
    kind, _, value = authorization.partition(" ")
    if kind == "Basic":
        id, _, secret = b64decode(value).decode().partition(":")
        return id, secret
    return str(args.get("client_id", "")), str(args.get("client_secret", ""))


def _with_state(said: dict[str, str], given: Mapping[str, str]) -> str:
    return urlencode({**said, "state": given.get("state", "")})


def _refused(error: str) -> Response:
    return HTMLResponse(f"<!doctype html><title>Slack</title><h1>{json.dumps(error)}</h1>", 400)
