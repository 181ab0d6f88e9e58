"""Who may call a server on this machine: who came by its own name, from its own pages or from none, and knows the word.

A loopback port is open to every user of the machine and to every page in a browser. So each server asks three things:

- `Host` is the very address it listens on. A page whose name was made to point here (DNS rebinding) brings its name.
- `Origin` and `Sec-Fetch-Site`, where a browser sends them, say that the request comes from the server's own pages.
  That covers what browsers send without asking first: forms, pictures, scripts, `text/plain`. Another port is another
  origin.
- The word: at the start of the path (`/door/WORD/…`), or as a bearer token, as Google's clients send it. Not in a
  cookie: those go to every port of a host, whoever listens there.

Follows https://fetch.spec.whatwg.org/#origin-header and https://www.w3.org/TR/fetch-metadata/.
"""

import re
from collections.abc import Collection, Iterable
from hashlib import sha256
from hmac import compare_digest, new
from pathlib import Path
from secrets import token_urlsafe

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from engine.errors import BadSettings

DOOR = "/door/"
# 32 characters of this kind are 192 bits.
WORD = re.compile(r"[A-Za-z0-9_-]{32,}")
# Whether a server is well may be asked by whoever watches over the machine; it says nothing else.
HEALTH = frozenset({"/health", "/health/socket"})
OURS = ("same-origin", "none")
SAID = {
    "Cross-Origin-Resource-Policy": "same-origin",
    # The address holds the word: no other site is told where a click came from.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
LINK = "Open the link that was printed at the start: it holds the word that this server asks for.\n"


def new_word() -> str:
    """Make a word that nobody guesses."""
    return token_urlsafe(32)


def checked_word(word: str, where: str = "The word") -> str:
    """Return a word that can keep a door. Raises BadSettings for one that is empty, short or no word."""
    if WORD.fullmatch(word):
        return word
    what = f"{where} is {'too short or has other characters' if word.strip() else 'empty'}, so anybody could come in."
    raise BadSettings(what, "Remove it, or write 32 or more letters and digits that nobody can guess.")


def read_word(path: Path) -> str:
    """Read the word from its file. Raises BadSettings where there is none that can keep a door."""
    try:
        return checked_word(path.read_text().strip(), f"The word in {path}")
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettings(
            f"The word in {path} cannot be read.", "Nothing is served without it.", detail=str(error)
        ) from error


def door(word: str) -> str:
    """The path behind which everything of a server is found by who knows its word."""
    return f"{DOOR}{word}"


def signing_secret(word: str) -> str:
    """The secret with which the local Slack signs: as hard to guess as the word, and no second thing to keep."""
    return new(word.encode(), b"slack signing secret", sha256).hexdigest()[:32]


def foreign(
    headers: Headers, server: tuple[str, int | None] | None, method: str, *, landing: bool = False
) -> tuple[int, str] | None:
    """Why a request is not from here, as status and words; None if it may be.

    server: where this server listens. landing: browsers may come to this address from elsewhere, as by a link.
    """
    host, port = server or ("", None)
    own = f"{host}:{port}" if port else host
    if headers.getlist("host") != [own]:
        return 421, f"This server answers as {own} only.\n"
    if any(origin != f"http://{own}" for origin in headers.getlist("origin")):
        return 403, "Pages of other origins get no answer here.\n"
    sites = headers.getlist("sec-fetch-site")
    if all(site in OURS for site in sites):
        return None
    visit = (headers.getlist("sec-fetch-mode"), headers.getlist("sec-fetch-dest")) == (["navigate"], ["document"])
    if landing and visit and method == "GET":
        return None
    return 403, "Pages of other origins get no answer here.\n"


class SameOrigin:
    """An ASGI app that only this machine's own programs and the app's own pages reach; its routes ask for the rest.

    landing: paths to which browsers may be sent from elsewhere, by a link or a redirect.
    """

    def __init__(self, app: ASGIApp, landing: Collection[str] = ()) -> None:
        self.app = app
        self.landing = frozenset(landing)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            return await self.app(scope, receive, send)
        path = inner_path(scope["path"])
        refused = foreign(
            Headers(scope=scope), scope.get("server"), scope.get("method", "GET"), landing=path in self.landing
        )
        if refused:
            return await turn_away(scope, receive, send, *refused)
        return await self.app(scope, receive, _saying(send))


class Guard:
    """An ASGI app behind its word, for programs of this machine and for its own pages.

    own: how the paths begin whose handlers ask for credentials of their own, because their clients can carry no word.
    Raises BadSettings without a word.
    """

    def __init__(self, app: ASGIApp, word: str, *, landing: Collection[str] = (), own: tuple[str, ...] = ()) -> None:
        self.app = SameOrigin(_Word(app, checked_word(word), own), landing)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


class _Word:
    """Lets in who knows the word; what is behind sees its path without it."""

    def __init__(self, app: ASGIApp, word: str, own: tuple[str, ...]) -> None:
        self.app = app
        self.word = word.encode()
        self.own = own

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            return await self.app(scope, receive, send)
        path: str = scope["path"]
        named, _, rest = path.removeprefix(DOOR).partition("/")
        if path.startswith(DOOR) and self._is(named):
            return await self.app({**scope, "path": f"/{rest}"}, receive, send)
        bearers = (one.removeprefix("Bearer ") for one in Headers(scope=scope).getlist("authorization"))
        asks = path in HEALTH and scope.get("method") in ("GET", "HEAD")
        if asks or (self.own and path.startswith(self.own)) or self._knows(bearers):
            return await self.app(scope, receive, send)
        return await turn_away(scope, receive, send, 401, LINK)

    def _is(self, given: str) -> bool:
        return compare_digest(given.encode("utf-8", "surrogatepass"), self.word)

    def _knows(self, given: Iterable[str]) -> bool:
        return any(self._is(one) for one in given)


def inner_path(path: str) -> str:
    """A path without the door it came through."""
    if not path.startswith(DOOR):
        return path
    return f"/{path.removeprefix(DOOR).partition('/')[2]}"


async def turn_away(scope: Scope, receive: Receive, send: Send, status: int, why: str) -> None:
    """Answer a request that may not come in. Nothing of its body is read."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": why.strip()})
        return
    await PlainTextResponse(why, status, {**SAID, "Connection": "close"})(scope, receive, send)


def _saying(send: Send) -> Send:
    """What every answer tells a browser about who may use it."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in SAID.items():
                headers.setdefault(name, value)
        await send(message)

    return sending
