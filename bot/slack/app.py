"""The Bolt app: what Slack sends becomes an `Act`, what a wing replies becomes Slack's answer.

Every listener answers within the request and queues anything longer: Cloud Run gives no time afterwards.
"""

import asyncio
import json
import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, cast

from fastapi import Request
from fastapi.responses import PlainTextResponse, Response
from slack_bolt.adapter.fastapi.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.access import check_origin
from bot.act import Act, Close, Errors, Options, Reply, Services, Show, Whisper
from bot.installations import TEAM, leave
from bot.registry import NAME, Handler, Registry
from bot.slack.conversations import Conversations, asking
from bot.slack.limits import OPTIONS, clamp, fit_message
from bot.slack.offered import offered
from bot.slack.people import People
from bot.slack.surface import SlackSurface
from bot.slack.told import as_modal, log_unexpected, told, unexpected
from bot.slack.typed import typed
from bot.tenants import Tenants, tenants_of
from engine.errors import Denied, MmmError, Refused, Unavailable
from engine.settings import Settings

log = logging.getLogger(__name__)

Body = dict[str, Any]
HttpHandler = Callable[[Request], Awaitable[Response]]
# A second is left of Slack's three for everything but our own call to Slack.
TIMEOUT_SECONDS = 2
# What takes longer is told to be late, while Slack still listens.
ANSWER_SECONDS = 2.5
# Then the person is told, unless Slack itself is slow.
TELL_SECONDS = 2.0
LATE = ("That takes longer than it should.", "Look in a moment whether it is there; if not, try again.")
ANYTHING = re.compile(".*")
ERROR_TEXT = 150


def build(services: Services, registry: Registry, tenants: Tenants | None = None) -> tuple[AsyncApp, HttpHandler]:
    """Build the app and the HTTP endpoint in front of it: one listener per kind of delivery.

    The endpoint must stand behind the check of Slack's signature (`bot.doors`).
    """
    tenants = tenants or tenants_of(services)
    app = AsyncApp(
        client=AsyncWebClient(
            base_url=services.settings.slack_url,
            timeout=TIMEOUT_SECONDS,
            # Nobody waits for a rate limit while a person waits for us: they are told.
            retry_handlers=[],
        ),
        authorize=_authorize(tenants),
        process_before_response=True,
        # The door checks the signature, before the SDK reads anything.
        request_verification_enabled=False,
    )
    deliver = _Delivery(tenants, registry)

    async def on_command(ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        text = typed(body.get("text", ""))
        act = await deliver.act(body, client, key=body["trigger_id"], channel=body["channel_id"], text=text)
        await deliver.answer(ack, act, registry.command, typed=True)

    async def on_action(ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        pressed = body["actions"][0]
        handler = registry.button(pressed["action_id"])
        if handler is None:
            await ack()  # a field of a form: its value comes with the form
            return
        place = body.get("container", {})
        key = f"{place.get('message_ts') or place.get('view_id')}|{pressed['action_ts']}|{pressed['action_id']}"
        channel = (body.get("channel") or {}).get("id", "")
        act = await deliver.act(body, client, key=key, channel=channel, value=str(pressed.get("value") or ""))
        await deliver.answer(ack, act, handler)

    async def on_submission(ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        view = body["view"]
        act = await deliver.act(body, client, key=f"{view['id']}|{view['hash']}")
        await deliver.answer(ack, act, registry.forms[view["callback_id"]], form=True)

    async def on_options(ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        handler = registry.search(body["action_id"])
        act = await deliver.act(body, client, key="", value=body.get("value") or "")
        await deliver.answer(ack, act, handler, search=True)

    async def on_shortcut(ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        channel = (body.get("channel") or {}).get("id", "")
        act = await deliver.act(body, client, key=body["trigger_id"], channel=channel)
        await deliver.answer(ack, act, registry.shortcuts[body["callback_id"]])

    async def on_event(body: Body, client: AsyncWebClient, event: Body) -> None:
        whose = {**body, "user": {"id": event["user"]}}
        act = await deliver.act(whose, client, key=body.get("event_id", ""), value=str(event.get("tab", "")))
        await registry.events[event["type"]](await deliver.known(act))

    app.command(NAME)(on_command)
    app.action(ANYTHING)(on_action)
    app.view(ANYTHING)(on_submission)
    app.options(ANYTHING)(on_options)
    app.shortcut(ANYTHING)(on_shortcut)
    for event in registry.events:
        app.event(event)(on_event)
    if services.settings.many:
        # From Slack itself, about a workspace: nobody's role is asked for.
        app.event("app_uninstalled")(_on_leaving(services, tenants))
        app.event("tokens_revoked")(_on_leaving(services, tenants))
    app.error(_last_resort)
    return app, _endpoint(app)


def _endpoint(app: AsyncApp) -> HttpHandler:
    """Answer Slack's requests; what is signed and cannot be read is no reason for a traceback."""
    handler = AsyncSlackRequestHandler(app)

    async def handle(request: Request) -> Response:
        try:
            return await handler.handle(request)
        except (ValueError, AttributeError) as error:
            log.warning("a signed request cannot be read: %s", error)
            return PlainTextResponse("", 400)

    return handle


class _Delivery:
    """Turns deliveries into acts, and replies into answers."""

    def __init__(self, tenants: Tenants, registry: Registry) -> None:
        self.tenants = tenants
        self.registry = registry
        self._people: dict[str, People] = {}
        self._conversations: dict[str, Conversations] = {}

    def people(self, settings: Settings) -> People:
        """The people of one workspace: what is known of them is shared with no other."""
        return self._people.setdefault(settings.workspace, People(settings))

    def conversations(self, services: Services) -> Conversations:
        """The conversations of one workspace, likewise."""
        made = Conversations(now=lambda: services.clock.now().timestamp())
        return self._conversations.setdefault(services.settings.workspace, made)

    async def act(
        self, body: Body, client: AsyncWebClient, *, key: str, channel: str = "", text: str = "", value: str = ""
    ) -> Act:
        """Read what every kind of delivery has. Raises Denied for another workspace or app."""
        team = body.get("team_id") or (body.get("team") or {}).get("id", "")
        enterprise = body.get("enterprise_id") or (body.get("enterprise") or {}).get("id", "")
        services = await asyncio.to_thread(self.tenants.of, team)
        check_origin(services.settings, team=team, enterprise=enterprise, app=body.get("api_app_id", ""))
        if services.settings.many:
            # This workspace's token, whichever of the body's team ids Bolt went by. The client is this request's own.
            client.token = await asyncio.to_thread(services.cloud.secrets.read, services.settings.slack_token_secret)
        user = body.get("user_id") or (body.get("user") or {}).get("id", "")
        return Act(
            services=services,
            surface=SlackSurface(client, inside_modal=(body.get("view") or {}).get("type") == "modal"),
            # The same key for the same thing, however often it is delivered; nobody else's can be it.
            key=sha256(f"{team}|{user}|{key}".encode()).hexdigest(),
            user=user,
            channel=channel,
            text=text,
            value=value,
            trigger_id=body.get("trigger_id", ""),
            view=body.get("view") or {},
            message=body.get("message") or {},
        )

    async def known(self, act: Act) -> Act:
        """The act of somebody whose standing is known, or known not to be."""
        surface = cast(SlackSurface, act.surface)
        standing = await self.people(act.settings).standing(surface.client, act.user)
        surface.offers = lambda action_id: self.registry.offers(action_id, standing)
        places = asking(self.conversations(act.services), surface.client, asyncio.get_running_loop())
        return replace(act, standing=standing, places=places)

    async def answer(
        self,
        ack: AsyncAck,
        act: Act,
        handler: Handler,
        *,
        form: bool = False,
        search: bool = False,
        typed: bool = False,
    ) -> None:
        """Call a handler and answer with its reply; an error we know is told in its own words."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                act = await self.known(act)
                reply = await handler(act)
        except TimeoutError:
            log.warning("an answer is late")
            reply = Options(()) if search else told(Unavailable(*LATE), act, form=form)
        except MmmError as error:
            log.info("refused: %s (%s)", error.what, error.detail)
            reply = Options(()) if search else told(error, act, form=form)
        except Exception as error:
            reference = log_unexpected(error)
            reply = Options(()) if search else told(MmmError(*unexpected(reference)), act, form=form)
        if typed and isinstance(reply, Whisper) and not act.surface.opened and reply.message.simpler is None:
            # What was typed is answered where it was typed, also where I am not a member.
            text, blocks = fit_message(reply.message.text, offered(reply.message.blocks, act.surface.offers))
            await ack(text=text, blocks=blocks, response_type="ephemeral")
            return
        try:
            async with asyncio.timeout(TELL_SECONDS):
                await _send(ack, act, reply)
        except TimeoutError:
            log.warning("Slack was too slow to tell %s what happened", act.user)


async def _send(ack: AsyncAck, act: Act, reply: Reply) -> None:
    match reply:
        case None:
            await ack()
        case Close():
            await ack(response_action="clear")
        case Errors(by_field):
            errors = {name: clamp(text, ERROR_TEXT * 2) for name, text in by_field.items()}
            await ack(response_action="errors", errors=errors)
        case Show(view):
            await ack(response_action="update", view=cast(SlackSurface, act.surface).fit(view))
        case Options(choices):
            await ack(options=[choice.option() for choice in choices][:OPTIONS])
        case Whisper(message):
            await ack()
            if act.surface.opened:
                # A form was opened and could not be filled: it must not wait for ever.
                await act.surface.update_view(act.surface.opened, as_modal(message))
            elif act.channel:
                await act.surface.whisper(act.channel, act.user, message)
            elif act.trigger_id:
                await act.open(as_modal(message))


def _authorize(tenants: Tenants) -> Callable[..., Awaitable[AuthorizeResult]]:
    """The workspace's token, from its secret: no call to Slack is needed to know who we are."""

    async def authorize(enterprise_id: str | None, team_id: str | None, user_id: str | None) -> AuthorizeResult:
        services = await asyncio.to_thread(tenants.of, team_id or "")
        token = await asyncio.to_thread(services.cloud.secrets.read, services.settings.slack_token_secret)
        return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, bot_token=token, user_id=user_id)

    return authorize


def _on_leaving(services: Services, tenants: Tenants) -> Callable[[Body, Body], Awaitable[None]]:
    async def on_leaving(body: Body, event: Body) -> None:
        """A workspace removed the app, or took back its bot's token. Those of single people are not ours."""
        if services.settings.app_id and body.get("api_app_id") != services.settings.app_id:
            raise Denied("This service belongs to another app.", detail=f"app {body.get('api_app_id')}")
        if event["type"] == "tokens_revoked" and not (event.get("tokens") or {}).get("bot"):
            return
        team, at = str(body.get("team_id", "")), datetime.fromtimestamp(int(body["event_time"]), UTC)
        if TEAM.fullmatch(team):
            await asyncio.to_thread(leave, services.cloud, team, at)
            tenants.forget(team)

    return on_leaving


async def _last_resort(error: Exception, body: Body) -> BoltResponse:
    """What nobody could tell the person in the right place: a few words where Slack shows any."""
    if isinstance(error, MmmError):
        log.warning("refused: %s (%s)", error.what, error.detail)
        text = f"{error.what} {error.todo}".strip()
    else:
        text = " ".join(unexpected(log_unexpected(error)))
    if body.get("type") == "view_submission":
        inputs = [block["block_id"] for block in body["view"]["blocks"] if block["type"] == "input"]
        if inputs:
            answer = {"response_action": "errors", "errors": {inputs[0]: text}}
            return BoltResponse(status=200, body=json.dumps(answer), headers={"content-type": ["application/json"]})
    if "command" in body:
        return BoltResponse(status=200, body=text)
    # Slack sends an event again that was not taken; what is refused for good need not come again.
    again = body.get("type") == "event_callback" and not isinstance(error, Denied | Refused)
    return BoltResponse(status=500 if again else 200, body="")
