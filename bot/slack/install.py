"""Workspaces install the app themselves: to Slack with a state of ours, and back with a code that buys a token.

The address that browsers come back to is our own, from the settings: nothing a browser sends can change it. The token
goes into Secret Manager and nowhere else.
"""

import logging
from base64 import b64encode
from html import escape
from typing import Any
from urllib.parse import urlencode, urljoin

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from slack_sdk.web.async_client import AsyncWebClient

from bot.act import Services
from bot.installations import Installation, install, may_install
from bot.oauth_states import LIFETIME, check_unused, issue, use
from bot.slack.addresses import REDIRECT
from bot.slack.scopes import bot_scopes
from bot.slack.surface import speaking
from bot.tenants import Tenants
from engine.errors import BadSettings, Denied, MmmError, Refused, Unavailable

log = logging.getLogger(__name__)

# What the browser remembers: that it was this one that began.
COOKIE = "mmm-install"
TIMEOUT_SECONDS = 10
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
STYLE = "font: 16px/1.5 system-ui, sans-serif; max-width: 34rem; margin: 15vh auto; padding: 0 1rem"


class Installing:
    """The two steps of an installation."""

    def __init__(self, services: Services, tenants: Tenants) -> None:
        self._services = services
        self._tenants = tenants

    async def begin(self, request: Request) -> Response:
        """Send the browser to Slack, where somebody allows what the app asks for."""
        settings = self._services.settings
        try:
            secret = await run_in_threadpool(self._services.cloud.secrets.read, settings.slack_client_secret)
        except MmmError as error:
            log.error("no installation can begin: %s (%s)", error.what, error.detail)
            return page("That does not work right now.", "Try again in a minute.", 503)
        state = issue(secret, self._services.clock)
        asked = {
            "client_id": settings.slack_client_id,
            "scope": ",".join(bot_scopes()),
            "redirect_uri": self._back,
            "state": state,
        }
        answer = RedirectResponse(f"{urljoin(settings.slack_url, '../oauth/v2/authorize')}?{urlencode(asked)}", 302)
        answer.headers.update(HEADERS)
        answer.set_cookie(
            COOKIE,
            state,
            max_age=int(LIFETIME.total_seconds()),
            path=REDIRECT,
            secure=settings.public_url.startswith("https://"),
            httponly=True,
            samesite="lax",
        )
        return answer

    async def come_back(self, request: Request) -> Response:
        """The browser is back from Slack, with a state of ours: the door has seen to that."""
        if request.query_params.get("error"):
            return page("The app was not installed.", "Slack says that somebody chose not to, or may not.", 200)
        try:
            installed = await self._install(request.query_params.get("code", ""), request.query_params["state"])
        except MmmError as error:
            log.warning("not installed: %s (%s)", error.what, error.detail)
            status = 503 if isinstance(error, Unavailable) else 500 if isinstance(error, BadSettings) else 403
            return page(f"The app was not installed. {error.what}", error.todo, status)
        log.info("%s installed the app", installed.team)
        return page(f"The app is installed in {installed.name}.", "Go back to Slack and type /mmm.", 200)

    async def _install(self, code: str, state: str) -> Installation:
        """Buy a token, once a state, and keep it. Raises Denied for a workspace that may not have it, among others."""
        if not code:
            raise Denied("Slack sent no code.", "Begin again at /slack/install.")
        cloud, settings = self._services.cloud, self._services.settings
        secret = await run_in_threadpool(cloud.secrets.read, settings.slack_client_secret)
        await run_in_threadpool(check_unused, cloud.storage, state)
        # Where everything is logged, the SDK writes down what it receives: here that is the token.
        quiet = logging.getLogger(f"{__name__}.exchange")
        quiet.setLevel(logging.WARNING)
        client = AsyncWebClient(base_url=settings.slack_url, timeout=TIMEOUT_SECONDS, logger=quiet)
        # In the header, as Slack advises; the SDK's own method makes it in a way that aiohttp is about to drop.
        who = b64encode(f"{settings.slack_client_id}:{secret}".encode()).decode()
        asked = {"code": code, "redirect_uri": self._back}
        bought = await speaking(
            client.api_call("oauth.v2.access", data=asked, headers={"Authorization": f"Basic {who}"})
        )
        token = str(bought.get("access_token") or "")
        try:
            wanted = self._checked(bought.data)
        except Denied:
            await self._give_back(client, token)
            raise
        # Only now: a code that was made up leaves nothing. Slack takes each code once, so two of them end here.
        await run_in_threadpool(use, cloud.storage, self._services.clock, state)
        installed = await run_in_threadpool(install, cloud, wanted, token)
        self._tenants.forget(installed.team)
        return installed

    def _checked(self, bought: dict[str, Any]) -> Installation:
        """What was bought, if it is what we take. Raises Denied."""
        settings = self._services.settings
        team = bought.get("team") or {}
        if bought.get("is_enterprise_install") or not team.get("id"):
            raise Denied("It is installed workspace by workspace, not for a whole organisation.", "Choose one.")
        if not may_install(settings, str(team["id"])):
            raise Denied("It serves other workspaces.", "Ask for a deployment of your own.", detail=str(team["id"]))
        if settings.app_id and bought.get("app_id") != settings.app_id:
            raise Denied("Slack answers for another app.", detail=f"app {bought.get('app_id')}")
        granted = set(str(bought.get("scope", "")).split(","))
        if bought.get("token_type") != "bot" or not set(bot_scopes()) <= granted:
            missing = ", ".join(sorted(set(bot_scopes()) - granted))
            raise Denied("Slack did not grant all that it needs.", f"Missing: {missing or 'a bot token'}.")
        return Installation(
            team=str(team["id"]),
            name=str(team.get("name") or team["id"]),
            bot_user=str(bought.get("bot_user_id") or ""),
            who=str((bought.get("authed_user") or {}).get("id", "")),
            scopes=tuple(sorted(granted)),
            token="",
            installed_at=self._services.clock.now(),
        )

    async def _give_back(self, client: AsyncWebClient, token: str) -> None:
        """A token that nobody may use had better not work."""
        try:
            await speaking(client.auth_revoke(token=token))
        except (Refused, Unavailable) as error:
            log.warning("a token was not given back: %s (%s)", error.what, error.detail)

    @property
    def _back(self) -> str:
        return f"{self._services.settings.public_url}{REDIRECT}"


def page(what: str, todo: str, status: int) -> HTMLResponse:
    """A page that says one thing."""
    text = f"<p><strong>{escape(what)}</strong></p><p>{escape(todo)}</p>"
    head = '<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>mmm</title>'
    answer = HTMLResponse(f'{head}<body style="{STYLE}">{text}</body>', status, HEADERS)
    answer.delete_cookie(COOKIE, path=REDIRECT)
    return answer
