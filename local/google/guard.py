"""Keeps other people of the same machine out: who knows the word gets in.

A loopback port is open to everybody who can log in. So the metadata server stands behind a path that only our own
processes are told (`/door/WORD`), and the token it hands out, which the real clients send along, is asked for.
"""

from hmac import compare_digest

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from local.google.answers import refusal

# The root says no more than that there is a metadata server: clients ask that first.
OPEN = ("/", "/health", "/oauth2/v1/certs")


class Guard:
    """An ASGI app behind a word; without one, open to all."""

    def __init__(self, app: ASGIApp, word: str) -> None:
        self.app = app
        self.word = word
        self.door = f"/door/{word}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not self.word:
            return await self.app(scope, receive, send)
        path: str = scope["path"]
        if path.startswith(f"{self.door}/"):
            return await self.app({**scope, "path": path.removeprefix(self.door)}, receive, send)
        given = Request(scope).headers.get("authorization", "").removeprefix("Bearer ")
        if path in OPEN or compare_digest(given.encode(), self.word.encode()):
            return await self.app(scope, receive, send)
        return await refusal(401, "UNAUTHENTICATED", "Who are you?")(scope, receive, send)
