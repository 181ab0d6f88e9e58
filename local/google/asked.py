"""What the stand-in was asked for, call by call: for whoever counts what a step costs.

Kept only where the server is started with `--asked`, and told at `/_local/asked`: a server that stands for months
remembers nothing of it.
"""

import json
import re
from dataclasses import asdict, dataclass
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from local.google import storage

ADMIN_PATH = "/_local/asked"
# An upload names its object in what comes before its bytes.
NAMED = re.compile(rb'"name": ?("(?:[^"\\\\]|\\\\.)*")')
HEAD = 16_384


@dataclass(frozen=True)
class Asked:
    """One call: how it is named, about what, how it was answered, and the bytes of both bodies."""

    call: str
    about: str
    status: int
    sent: int
    got: int


class AskedMiddleware:
    """Notes each call of Cloud Storage, also one that a planned fault answers."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.calls: list[Asked] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        if scope["path"] == ADMIN_PATH:
            since = int(Request(scope).query_params.get("since", 0))
            told = {"calls": [asdict(one) for one in self.calls[since:]], "last": len(self.calls)}
            return await JSONResponse(told)(scope, receive, send)
        call = storage.call_name(scope["method"], scope["path"])
        if call is None:
            return await self.app(scope, receive, send)
        status = sent = got = 0
        named = about(scope)

        async def receiving() -> Message:
            nonlocal sent, named
            message = await receive()
            body = message.get("body", b"")
            if not named and (found := NAMED.search(body[:HEAD])):
                named = str(json.loads(found[1]))
            sent += len(body)
            return message

        async def sending(message: Message) -> None:
            nonlocal status, got
            if message["type"] == "http.response.start":
                status = message["status"]
            elif not message.get("more_body"):
                # Before the answer leaves, so that whoever has it finds the call here.
                self.calls.append(Asked(call, named, status, sent, got + len(message.get("body", b""))))
                return await send(message)
            got += len(message.get("body", b""))
            await send(message)

        await self.app(scope, receiving, sending)


def about(scope: Scope) -> str:
    """The object's name, or where a listing looks."""
    asked = Request(scope).query_params
    _, _, name = scope["path"].partition("/o/")
    return unquote(name) or asked.get("name", "") or asked.get("prefix", "")
