"""Socket Mode: the app dials in, deliveries go out as envelopes, answers come back with their acknowledgement.

Follows https://docs.slack.dev/apis/events-api/using-socket-mode: a ticket buys one connection, an app may hold
ten, an envelope goes to any one of them, and a connection is renewed by telling the app to dial in again.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from secrets import token_hex
from typing import Any
from uuid import uuid4

from aiohttp import WSMsgType, web
from starlette.datastructures import Headers

from local import workspace
from local.guard import foreign
from local.slack.transport import ACK_SECONDS, Json, NoAnswer

TICKET_SECONDS = 30.0
MOST = 10
LIFE_SECONDS = 18_060
# How long a connection stays open after the app was told that it ends.
NOTICE_SECONDS = 10.0
TYPES = {"commands": "slash_commands", "interactivity": "interactive", "options": "interactive", "events": "events_api"}


class Sockets:
    """The connections of one app, and the envelopes that wait for their acknowledgement."""

    def __init__(self) -> None:
        self.connections: list[web.WebSocketResponse] = []
        self.sent: list[Json] = []
        """Every envelope, oldest first."""
        self._tickets: dict[str, float] = {}
        self._waiting: dict[str, asyncio.Future[Json]] = {}
        self._turn = 0
        self._port = 0
        self._closing: set[asyncio.Task[None]] = set()

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Take connections on a loopback port of its own until the block ends."""
        app = web.Application()
        app.router.add_get("/link/", self._connect)
        runner = web.AppRunner(app, handle_signals=False, shutdown_timeout=1.0)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            self._port = runner.addresses[0][1]
            yield
        finally:
            for closing in self._closing:
                closing.cancel()
            for connection in list(self.connections):
                await connection.close()
            await runner.cleanup()

    def open(self) -> str:
        """Return an address that serves for one connection, soon."""
        ticket = token_hex(16)
        self._tickets[ticket] = time.monotonic() + TICKET_SECONDS
        return f"ws://127.0.0.1:{self._port}/link/?ticket={ticket}&app_id={workspace.APP_ID}"

    async def send(self, kind: str, body: Json, retry: int = 0) -> Json:
        """Send one envelope over any connection; returns what came with its acknowledgement."""
        envelope: Json = {"type": TYPES[kind], "envelope_id": str(uuid4()), "payload": body}
        envelope["accepts_response_payload"] = kind != "events"
        if kind == "events":
            envelope |= {"retry_attempt": retry, "retry_reason": "timeout" if retry else ""}
        connection = self._next()
        self.sent.append(envelope)
        waiting: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._waiting[envelope["envelope_id"]] = waiting
        try:
            async with asyncio.timeout(ACK_SECONDS):
                await connection.send_json(envelope)
                return await waiting
        except TimeoutError as error:
            raise NoAnswer("operation_timeout") from error
        except ConnectionError as error:
            raise NoAnswer("dispatch_failed") from error
        finally:
            del self._waiting[envelope["envelope_id"]]

    async def renew(self, reason: str = "refresh_requested") -> None:
        """Tell every connection that it ends, and end it a little later."""
        for connection in list(self.connections):
            await self._tell_end(connection, reason)
            closing = asyncio.create_task(self._close_later(connection))
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)

    async def drop(self) -> None:
        """Cut every connection without a word, as a network does."""
        for connection in list(self.connections):
            if transport := connection._req and connection._req.transport:
                transport.abort()

    def _next(self) -> web.WebSocketResponse:
        """The connection whose turn it is. Raises NoAnswer where there is none."""
        alive = [connection for connection in self.connections if not connection.closed]
        if not alive:
            raise NoAnswer("dispatch_failed", "the app holds no connection")
        self._turn += 1
        return alive[self._turn % len(alive)]

    async def _connect(self, request: web.Request) -> web.StreamResponse:
        headers = Headers(raw=[(name.lower(), value) for name, value in request.raw_headers])
        if foreign(headers, ("127.0.0.1", self._port), request.method):
            return web.Response(status=403, text="not from here")
        until = self._tickets.pop(request.query.get("ticket", ""), 0.0)
        if time.monotonic() > until:
            return web.Response(status=403, text="invalid ticket")
        connection = web.WebSocketResponse()
        await connection.prepare(request)
        if len(self.connections) >= MOST:
            await self._tell_end(connection, "too_many_websockets")
            await connection.close()
            return connection
        self.connections.append(connection)
        try:
            await connection.send_json(self._hello())
            async for message in connection:
                if message.type is WSMsgType.TEXT:
                    self._acknowledge(message.data)
        except ConnectionError:
            pass  # it was cut
        finally:
            self.connections.remove(connection)
        return connection

    def _hello(self) -> Json:
        about = {"host": "applink-local", "build_number": 1, "approximate_connection_time": LIFE_SECONDS}
        known = {"num_connections": len(self.connections), "connection_info": {"app_id": workspace.APP_ID}}
        return {"type": "hello", **known, "debug_info": about}

    def _acknowledge(self, text: str) -> None:
        """Settle the envelope that a message of the app names; what names none is passed over, as by Slack."""
        try:
            message: Any = json.loads(text)
            waiting = self._waiting[message["envelope_id"]]
        except (ValueError, KeyError, TypeError):
            return
        if not waiting.done():
            payload = message.get("payload")
            waiting.set_result(payload if isinstance(payload, dict) else {})

    async def _tell_end(self, connection: web.WebSocketResponse, reason: str) -> None:
        await connection.send_json({"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-local"}})

    async def _close_later(self, connection: web.WebSocketResponse) -> None:
        await asyncio.sleep(NOTICE_SECONDS)
        await connection.close()
