"""Socket Mode: the bot dials Slack, and deliveries come in over that connection. It needs no public address.

The same Bolt app answers as over HTTP, so the same listeners run. Nothing is signed here: whoever holds the app's
token has opened the connection.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.web.async_client import AsyncWebClient

from bot.act import Services
from engine.errors import MmmError

log = logging.getLogger(__name__)

# Slack renews a connection every few hours, and a second one takes the deliveries meanwhile.
CONNECTIONS = 2
PING_SECONDS = 5.0
LOOK_SECONDS = 5.0
CLOSE_SECONDS = 3.0


@dataclass
class Socket:
    """The connections to Slack, for whoever wants to know how they are."""

    clients: list[SocketModeClient] = field(default_factory=list)

    async def connected(self) -> int:
        """How many connections stand right now."""
        return sum([await client.is_connected() for client in self.clients])


@contextlib.asynccontextmanager
async def dialling(app: AsyncApp, services: Services) -> AsyncIterator[Socket]:
    """Hold the connections until the block ends. Slack need not answer yet: it is dialled until it does.

    Raises BadSettings if there is no app-level token.
    """
    reference = services.settings.slack_app_token_secret
    token = await asyncio.to_thread(services.cloud.secrets.read, reference)
    # A client of its own: it may wait for Slack longer than a person who clicked.
    web = AsyncWebClient(base_url=services.settings.slack_url, timeout=10)
    handlers = [
        AsyncSocketModeHandler(app, token, web_client=web, ping_interval=PING_SECONDS) for _ in range(CONNECTIONS)
    ]
    clients = [handler.client for handler in handlers]
    tasks = [asyncio.create_task(handler.connect_async()) for handler in handlers]  # type: ignore[no-untyped-call]
    tasks += [asyncio.create_task(_keep(client, services)) for client in clients]
    try:
        yield Socket(clients)
    finally:
        for client in clients:
            client.closed = True  # before anything else, or it would dial again
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for handler in handlers:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_SECONDS):
                    await handler.close_async()  # type: ignore[no-untyped-call]


async def _keep(client: SocketModeClient, services: Services) -> None:
    """Help a client that cannot connect: an address serves once, and the token may have been replaced."""
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        if await client.is_connected():
            continue
        log.warning("no connection to Slack; dialling again")
        client.wss_uri = None
        try:
            reference = services.settings.slack_app_token_secret
            client.app_token = await asyncio.to_thread(services.cloud.secrets.refresh, reference)
        except MmmError as error:
            log.warning("the app's token cannot be read: %s", error.what)
