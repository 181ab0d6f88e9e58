"""Builds the service once: everything is wired here, nothing happens at import."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Literal

import aiohttp
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from bot import home
from bot.act import Services
from bot.admin import commands as admin
from bot.bounds import Bounds
from bot.data.wings import WINGS as DATA
from bot.doors import Door, Route, open_routes
from bot.experiment.commands import WING as EXPERIMENT
from bot.registry import Registry
from bot.results.commands import WING as RESULTS
from bot.runs.commands import WING as RUNS
from bot.slack.addresses import EVENTS, INSTALL, REDIRECT
from bot.slack.app import TIMEOUT_SECONDS, build
from bot.slack.install import Installing
from bot.tenants import tenants_of
from bot.trail import Trail
from engine.clock import Clock, SystemClock
from engine.cloud.cloud import Cloud
from engine.settings import Settings

Role = Literal["bot", "worker", "all"]
# Slack waits three seconds for the bot; whoever asks the worker waits longer.
PATIENCE_SECONDS = 1.5
# Python would take the processors and four: of fifty people who ask at once, most would wait for each other.
THREADS = 48


def registry() -> Registry:
    """Every command, button, form, search, shortcut and event, wing by wing."""
    known = Registry()
    titled = {"Data": DATA, "Experiments": (EXPERIMENT,), "Runs": (RUNS,), "Results": (RESULTS,), "": (home.WING,)}
    for title, wings in titled.items():
        for wing in wings:
            known.join(replace(wing, title=title))
    known.join(replace(admin.wing(known), title="Access and health"))
    return known


def create_app(
    settings: Settings, role: Role = "all", *, cloud: Cloud | None = None, clock: Clock | None = None
) -> FastAPI:
    """Build the app of one role: the public bot, the private worker, or both in one process."""
    patience = PATIENCE_SECONDS if role == "bot" else 60.0
    services = Services(settings, cloud or Cloud(settings, patience=patience), clock or SystemClock())

    tenants = tenants_of(services)

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        if role == "worker":
            yield
            return
        # Who waits for storage waits in a thread; an instance may be asked so many things at once (programs.tf).
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS, thread_name_prefix="waits"))
        # One session for all calls to Slack; it belongs to the loop that is running only now.
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)) as session:
            app.state.slack.client.session = session
            if not settings.slack_app_token_secret:
                yield
                return
            from bot.slack.socket import dialling

            async with dialling(app.state.slack, services) as socket:
                app.state.socket = socket
                yield

    app = FastAPI(title="mmm-bot", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)

    async def health(request: Request) -> Response:
        return JSONResponse({"ok": True})

    async def health_socket(request: Request) -> Response:
        """Whether Slack reaches us over Socket Mode."""
        connected = await app.state.socket.connected()
        return JSONResponse({"ok": connected > 0, "connections": connected}, 200 if connected else 503)

    routes = [Route("GET", "/health", Door.OPEN, health)]
    if role != "worker":
        app.state.slack, handle = build(services, registry(), tenants)
        if settings.slack_app_token_secret:
            routes.append(Route("GET", "/health/socket", Door.OPEN, health_socket))
        else:
            routes.append(Route("POST", EVENTS, Door.SLACK, handle))
        if settings.many:
            installing = Installing(services, tenants)
            routes.append(Route("GET", INSTALL, Door.OPEN, installing.begin))
            routes.append(Route("GET", REDIRECT, Door.STATE, installing.come_back))
    if role != "bot":
        from bot import tasks

        routes += tasks.routes(services, tenants)
    open_routes(app, services, routes)
    app.add_middleware(Bounds)
    app.add_middleware(Trail)
    return app
