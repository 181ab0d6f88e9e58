"""The Bolt app: what Slack sends becomes an `Act`, what a wing replies becomes Slack's answer.

Every listener answers within the request and queues anything longer: Cloud Run gives no time afterwards.
"""

import asyncio
import json
import logging
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, cast

from fastapi import Request
from fastapi.responses import PlainTextResponse, Response
from slack_bolt.adapter.starlette.async_handler import to_async_bolt_request, to_starlette_response
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.access import check_origin
from bot.act import Act, Close, Errors, Options, Reply, Services, Show, Whisper
from bot.installations import TEAM, leave
from bot.registry import Registry
from bot.slack.blocks import Message, escape, section
from bot.slack.conversations import Conversations, asking
from bot.slack.limits import OPTIONS, clamp, fit_message
from bot.slack.menus import chosen_of
from bot.slack.offered import offered
from bot.slack.payload import LEAVING, NOTICES, check
from bot.slack.people import People
from bot.slack.response import respond
from bot.slack.surface import SlackSurface
from bot.slack.told import as_modal, log_unexpected, of_an_earlier_release, told, unexpected
from bot.slack.typed import typed
from bot.tenants import Tenants, tenants_of
from bot.wing import NAME, Handler
from engine.errors import Denied, MmmError, Refused, Unavailable
from engine.settings import Settings

log = logging.getLogger(__name__)

Body = dict[str, Any]
HttpHandler = Callable[[Request], Awaitable[Response]]
# A second is left of Slack's three for everything but our own call to Slack.
TIMEOUT_SECONDS = 2
# What takes longer is told to be late, while Slack still listens.
ANSWER_SECONDS = 2.3
# Then the person is told, unless Slack itself is slow: in what is left until then, and in the least in any case.
TELL_SECONDS = 2.0
TOLD_AFTER = 2.6
LEAST_TO_TELL = 0.3
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
        pressed = chosen_of(body["actions"][0])
        handler = registry.button(pressed["action_id"])
        if handler is None and is_field(pressed, body):
            await ack()  # its value comes with the form
            return
        place = body.get("container", {})
        key = f"{place.get('message_ts') or place.get('view_id')}|{pressed['action_ts']}|{pressed['action_id']}"
        channel = (body.get("channel") or {}).get("id", "")
        act = await deliver.act(body, client, key=key, channel=channel, value=str(pressed.get("value") or ""))
        await deliver.answer(ack, act, handler or earlier("button"))

    async def on_submission(ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        view = body["view"]
        act = await deliver.act(body, client, key=f"{view['id']}|{view['hash']}")
        handler = registry.forms.get(view["callback_id"]) or earlier("form", modal=True)
        await deliver.answer(ack, act, handler, form=True)

    async def on_options(ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        handler = registry.search(body["action_id"]) if _is_searched(registry, body["action_id"]) else _nothing_found
        act = await deliver.act(body, client, key="", value=body.get("value") or "")
        await deliver.answer(ack, act, handler, search=True)

    async def on_shortcut(ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        channel = (body.get("channel") or {}).get("id", "")
        act = await deliver.act(body, client, key=body["trigger_id"], channel=channel)
        await deliver.answer(ack, act, registry.shortcuts.get(body["callback_id"]) or earlier("shortcut"))

    async def on_other_command(ack: AsyncAck, body: Body) -> None:
        await ack(text=f"`{body['command']}` is of an earlier release. `{NAME} help` shows what there is now.")

    async def on_event(body: Body, client: AsyncWebClient, event: Body) -> None:
        # Of a file that was shared, who and where have names of their own.
        whose = {**body, "user": {"id": event.get("user") or event.get("user_id") or ""}}
        channel, about = str(event.get("channel_id", "")), str(event.get("tab") or event.get("file_id") or "")
        act = await deliver.act(whose, client, key=body.get("event_id", ""), channel=channel, value=about)
        await registry.events[event["type"]](await deliver.known(act))

    app.command(NAME)(on_command)
    app.command(ANYTHING)(on_other_command)
    app.action(ANYTHING)(on_action)
    app.view(ANYTHING)(on_submission)
    app.view_closed(ANYTHING)(_only_taken)
    app.options(ANYTHING)(on_options)
    app.shortcut(ANYTHING)(on_shortcut)
    for event in registry.events:
        app.event(event)(on_event)
    if services.settings.many:
        # From Slack itself, about a workspace: nobody's role is asked for.
        for event in LEAVING:
            app.event(event)(_on_leaving(services, tenants))
    app.error(_last_resort(services.settings))
    return app, _endpoint(app, frozenset({*registry.events, *(LEAVING if services.settings.many else ())}))


def _endpoint(app: AsyncApp, events: frozenset[str]) -> HttpHandler:
    """Answer Slack's requests; what is signed and odd all the same is refused whole, and nothing is done."""

    async def handle(request: Request) -> Response:
        raw = await request.body()
        try:
            delivery = to_async_bolt_request(request, raw)
            check(delivery.body, events=events)
            if delivery.body.get("type") in NOTICES:
                return PlainTextResponse("")
            return to_starlette_response(await app.async_dispatch(delivery))
        except (ValueError, TypeError, AttributeError, LookupError, RecursionError) as error:
            # The SDK, too, takes for granted that what is signed is sound, until it has found who is to answer.
            log.warning("a signed request cannot be read: %s", error)
            return PlainTextResponse("", 400)

    return handle


def is_field(pressed: Body, body: Body) -> bool:
    """Whether something that no handler has is an input of a form, or a link: both are for Slack itself."""
    inside = (body.get("view") or {}).get("type") == "modal"
    return bool(pressed.get("url")) or (inside and pressed.get("type") != "button")


def earlier(what: str, *, modal: bool = False) -> Handler:
    """What answers for a button, form or shortcut that this release does not know."""

    async def say(act: Act) -> Reply:
        log.info("%s pressed a %s that nobody knows", act.user, what)
        message = of_an_earlier_release(what)
        return Show(as_modal(message)) if modal else Whisper(message)

    return say


def _is_searched(registry: Registry, field: str) -> bool:
    return field in registry.searches or field.partition(":")[0] in registry.searches


async def _nothing_found(act: Act) -> Reply:
    return Options(())


async def _only_taken(ack: AsyncAck) -> None:
    """Somebody closed a form: nothing follows."""
    await ack()


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
        began = time.monotonic()
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
            said = unexpected(log_unexpected(error), drawn=not typed)
            reply = Options(()) if search else told(MmmError(*said), act, form=form)
        if typed and isinstance(reply, Whisper) and not act.surface.opened and reply.message.simpler is None:
            # What was typed is answered where it was typed, also where I am not a member.
            text, blocks = fit_message(reply.message.text, offered(reply.message.blocks, act.surface.offers))
            await ack(text=text, blocks=blocks, response_type="ephemeral")
            return
        try:
            async with asyncio.timeout(time_to_tell(time.monotonic() - began)):
                await _send(ack, act, reply)
        except TimeoutError:
            log.warning("Slack was too slow to tell %s what happened", act.user)


def time_to_tell(spent: float) -> float:
    """How many seconds telling a person may take where their answer took `spent`: Slack waits for both together."""
    return max(LEAST_TO_TELL, min(TELL_SECONDS, TOLD_AFTER - spent))


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
            else:
                await _in_person(act, message)


async def _in_person(act: Act, message: Message) -> None:
    """Tell somebody who is in no channel: on top of what they look at, else in the conversation with them."""
    if act.trigger_id:
        try:
            await act.open(as_modal(message))
            return
        except Refused as error:
            # What they pressed is too old to open anything, or has opened something already.
            log.info("nothing can be opened for %s: %s", act.user, error.detail)
    await cast(SlackSurface, act.surface).direct(act.user, message)


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


def _last_resort(settings: Settings) -> Callable[[Exception, Body], Awaitable[BoltResponse]]:
    async def last_resort(error: Exception, body: Body) -> BoltResponse:
        """What nobody could tell the person in the right place: a few words where Slack shows any."""
        if isinstance(error, MmmError):
            log.warning("refused: %s (%s)", error.what, error.detail)
            text = f"{error.what} {error.todo}".strip()
        else:
            text = " ".join(unexpected(log_unexpected(error)))
        kind = body.get("type")
        if kind == "view_submission":
            return _json(_in_the_form(body["view"], text))
        if kind == "block_suggestion":
            return _json({"options": []})
        if "command" in body:
            return BoltResponse(status=200, body=text)
        if kind != "event_callback":
            url = str(body.get("response_url") or "")
            await respond(url, text, slack_url=settings.slack_url, seconds=TELL_SECONDS)
        # Slack sends an event again that was not taken; what is refused for good need not come again.
        again = kind == "event_callback" and not isinstance(error, Denied | Refused)
        return BoltResponse(status=500 if again else 200, body="")

    return last_resort


def _in_the_form(view: Body, text: str) -> Body:
    """A few words beside the first field of a form, or instead of one that has none."""
    inputs = [block["block_id"] for block in view.get("blocks") or () if block["type"] == "input"]
    if inputs:
        return {"response_action": "errors", "errors": {inputs[0]: text}}
    return {"response_action": "update", "view": as_modal(Message(text, [section(escape(text))]))}


def _json(answer: Body) -> BoltResponse:
    return BoltResponse(status=200, body=json.dumps(answer), headers={"content-type": ["application/json"]})
