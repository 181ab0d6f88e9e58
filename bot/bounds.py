"""How much of a request is read, and for how long it is waited for. What is too large or too slow is cut off.

A body whose length says that it is too large is refused before any of it is read; one that says nothing is cut when it
has passed the bound. So what somebody sends who may send nothing costs no more than `BODY_MOST` of memory. Heads are
bounded where connections are served (`bot/serving.py`): the app does not run before a head is whole.

Cloud Run takes up to 32 MiB a request (https://cloud.google.com/run/quotas) and by default gives it five minutes
(https://cloud.google.com/run/docs/configuring/request-timeout), which is more than we want to hold for a stranger.
"""

import asyncio
import logging
import time
from collections.abc import Callable

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from engine.observe.logs import event

log = logging.getLogger(__name__)

# Slack's views hold at most 250 kB and are percent-encoded on their way; Cloud Tasks takes no payload above 1 MB.
BODY_MOST = 1 << 20
# Slack gives up after three seconds, and a task's payload is a few ids.
BODY_SECONDS = 10.0


class _CutOff(Exception):
    """A body that is read no further."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status
        self.why = why


class Bounds:
    """Middleware: bounds a request's body in size and time, and ends the connection of one that was not read whole."""

    def __init__(self, app: ASGIApp, most: int = BODY_MOST, seconds: float = BODY_SECONDS) -> None:
        self.app = app
        self.most = most
        self.seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        headers = Headers(scope=scope)
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length[:20]) > self.most:
            return await _refuse(scope, receive, send, _CutOff(413, "The body is too large."))
        body = _Body(receive, self.most, self.seconds)
        body.whole = length == "0" and "transfer-encoding" not in headers
        answer = _Answer(send, lambda: body.whole)
        try:
            await self.app(scope, body.receive, answer.send)
        except _CutOff as cut:
            if answer.begun:
                raise
            await _refuse(scope, receive, send, cut)


class _Body:
    """A request's body as it comes."""

    def __init__(self, receive: Receive, most: int, seconds: float) -> None:
        self.whole = False
        self._receive = receive
        self._left = most
        self._seconds = seconds
        self._until: float | None = None

    async def receive(self) -> Message:
        """Return the next part. Raises _CutOff where that would be too much, or comes too late."""
        if self.whole:
            return await self._receive()
        self._until = self._until or time.monotonic() + self._seconds
        try:
            async with asyncio.timeout(self._until - time.monotonic()):
                message = await self._receive()
        except TimeoutError:
            raise _CutOff(408, "The body came too slowly.") from None
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise _CutOff(413, "The body is too large.")
        self.whole = not message.get("more_body", False)
        return message


class _Answer:
    """An answer on its way. Where the body was not read whole, the connection ends with it: the rest is not wanted."""

    def __init__(self, send: Send, whole: Callable[[], bool]) -> None:
        self.begun = False
        self._send = send
        self._whole = whole

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.begun = True
            if not self._whole():
                MutableHeaders(scope=message)["Connection"] = "close"
        await self._send(message)


async def _refuse(scope: Scope, receive: Receive, send: Send, cut: _CutOff) -> None:
    event(log, "denied", f"denied: {cut.why}", {"path": scope["path"]}, level=logging.WARNING)
    await PlainTextResponse(cut.why, cut.status, {"Connection": "close"})(scope, receive, send)
