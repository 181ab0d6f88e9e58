"""A request's trail through the log: one id on every line that it causes, and Google's trace where there is one."""

import re
import time
from secrets import token_hex

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from engine.observe.about import about
from engine.observe.telemetry import observe

_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")
_GOOGLES = re.compile(r"([0-9a-f]{32})(?:/(\d+))?")


class Trail:
    """Middleware: gives a request its id, keeps the trace it came with, and times it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        began, status = time.perf_counter(), 500

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        trace, span = trace_of(headers)
        try:
            with about(request=token_hex(4), trace=trace, span=span):
                await self.app(scope, receive, sending)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            observe("mmm.request.seconds", time.perf_counter() - began, route=route, status=f"{status // 100}xx")


def trace_of(headers: dict[str, str]) -> tuple[str, str]:
    """Return the ids of trace and span that a request carries, empty where it carries none."""
    if found := _TRACEPARENT.fullmatch(headers.get("traceparent", "")):
        return found[1], found[2]
    if found := _GOOGLES.match(headers.get("x-cloud-trace-context", "")):
        return found[1], f"{int(found[2]):016x}" if found[2] else ""
    return "", ""
