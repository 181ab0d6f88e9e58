"""Who may call which address. A route is opened by naming its door, and the door is checked before anything else."""

import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from bot.act import Services
from bot.oauth_states import check
from bot.slack.install import COOKIE, page
from bot.slack.signature import Signatures, worth_reading
from engine.cloud.presented import presented
from engine.errors import Denied, MmmError, Unavailable
from engine.observe.logs import event

log = logging.getLogger(__name__)

Endpoint = Callable[[Request], Awaitable[Response]]
# Looks at a request; answers it where it may not pass.
Guard = Callable[[Request], Awaitable[Response | None]]


class Door(StrEnum):
    """What a caller must show."""

    OPEN = "nothing"
    SLACK = "Slack's signature"
    TASKS = "a token of the task queues' account"
    STATE = "a state of ours that this browser was given not long ago"
    JOB = "a token of the training job's account, or of the task queues'"


@dataclass(frozen=True)
class Route:
    """One address of a service, and its door."""

    method: str
    path: str
    door: Door
    endpoint: Endpoint


def open_routes(app: FastAPI, services: Services, routes: Iterable[Route]) -> None:
    """Add routes to the app, each behind its door. They are listed in `app.state.routes`."""
    settings = services.settings
    guards: dict[Door, Guard] = {
        Door.OPEN: _anybody,
        Door.SLACK: slack_guard(services),
        Door.STATE: state_guard(services),
        Door.TASKS: token_guard(services, (settings.tasks_account,)),
        # On a laptop one account plays every role; in production each has its own.
        Door.JOB: token_guard(services, (settings.job_account, settings.tasks_account)),
    }
    for route in routes:
        app.add_api_route(route.path, _behind(guards[route.door], route.endpoint), methods=[route.method])
        app.state.routes = (*getattr(app.state, "routes", ()), route)


def _behind(guard: Guard, endpoint: Endpoint) -> Endpoint:
    async def enter(request: Request) -> Response:
        turned_away = await guard(request)
        return turned_away if turned_away is not None else await endpoint(request)

    return enter


async def _anybody(request: Request) -> Response | None:
    return None


def slack_guard(services: Services) -> Guard:
    """Nothing of a request is parsed before its signature is checked, and nothing of a stale one is read."""
    signatures = Signatures(services.settings, services.cloud.secrets)

    async def look(request: Request) -> Response | None:
        timestamp = request.headers.get("x-slack-request-timestamp", "")
        signature = request.headers.get("x-slack-signature", "")
        try:
            readable = worth_reading(timestamp, signature, time.time())
            if readable and await signatures.check(timestamp, signature, await request.body()):
                return None
        except MmmError as error:
            log.error("no request can be checked: %s (%s)", error.what, error.detail)
            return PlainTextResponse("", 500)
        said = {"path": request.url.path}
        event(log, "denied", "denied: a request without Slack's signature", said, level=logging.WARNING)
        return PlainTextResponse("", 401)

    return look


def state_guard(services: Services) -> Guard:
    """Whoever comes back from Slack must be who was sent there, and soon; once, when the code is used."""

    async def look(request: Request) -> Response | None:
        given, remembered = request.query_params.get("state", ""), request.cookies.get(COOKIE, "")
        try:
            secret = await run_in_threadpool(services.cloud.secrets.read, services.settings.slack_client_secret)
            check(secret, services.clock, given, remembered)
        except MmmError as error:
            log.warning("denied: %s (%s)", error.what, error.detail)
            return page(error.what, error.todo, 403 if isinstance(error, Denied) else 503)
        return None

    return look


def token_guard(services: Services, accounts: tuple[str, ...]) -> Guard:
    """A signed token of one of `accounts`. The headers of Cloud Tasks prove nothing: anybody can send those."""
    allowed = tuple(account for account in accounts if account)

    async def look(request: Request) -> Response | None:
        identity = services.cloud.identity
        try:
            bearer = presented(request.headers.items(), checked_by_cloud_run=identity.checked_by_cloud_run)
            await run_in_threadpool(identity.verify, bearer, services.settings.worker_url, allowed)
        except (Denied, Unavailable) as error:
            said = {"path": request.url.path, "detail": error.detail}
            event(log, "denied", f"denied: {error.what}", said, level=logging.WARNING)
            if isinstance(error, Unavailable):
                return JSONResponse({"error": error.what}, 500)
            # Whatever is wrong with it: who has no good token learns no more.
            return JSONResponse({"error": error.what}, 401, {"WWW-Authenticate": "Bearer"})
        return None

    return look
