"""Every server that `make demo` and an embedded server run, in this process, and each address that it has.

The addresses are asked of the apps themselves, so a new one cannot be forgotten.
"""

import asyncio
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from unittest import mock

from fastapi import FastAPI
from starlette.routing import Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.service import create_app as create_service
from bot.slack.addresses import INSTALL, REDIRECT
from bot.slack.socket import Socket
from engine.cloud.cloud import Cloud
from engine.cloud.identity import Identity
from engine.errors import Unavailable
from engine.settings import Settings
from local.addresses import Addresses
from local.embedded import environment as embedded
from local.environment import service_environment
from local.faults import ADMIN_PATH, FaultMiddleware
from local.google.app import Project
from local.google.app import create_app as create_google
from local.guard import SameOrigin
from local.slack.app import create_app as create_slack
from local.snowflake.app import create_app as create_snowflake
from local.snowflake.keys import key_pair
from tests.words import WORD

HOST = "127.0.0.1"
REPOSITORY = Path(__file__).resolve().parent.parent
Headers = Iterable[tuple[str, str]]


@dataclass(frozen=True)
class Address:
    """One address of a server: its name in reports, the method, and a path that leads there."""

    name: str
    method: str
    path: str


@dataclass
class Answer:
    """What came back; `read` says whether anything of the body was."""

    status: int
    headers: dict[str, str]
    body: bytes
    read: bool


@dataclass
class Server:
    """One server: its app as it is served, its port, and whether callers show a word or something of their own."""

    name: str
    app: ASGIApp
    port: int
    word: bool

    @property
    def own(self) -> str:
        return f"{HOST}:{self.port}"

    def addresses(self) -> list[Address]:
        """Every address that it has."""
        return list(_addresses(self.name, self.app))

    def ask(self, method: str, path: str, headers: Headers = (), body: bytes = b"{}") -> Answer:
        """Make one request. `headers` are all there are, `Host` among them."""
        return self.ask_all([(method, path, headers)], body)[0]

    def ask_all(self, requests: Iterable[tuple[str, str, Headers]], body: bytes = b"{}") -> list[Answer]:
        """Make requests one after the other, all with one body."""

        async def answers() -> list[Answer]:
            return [await _ask(self.app, self.port, *request, body) for request in requests]

        return asyncio.run(answers())


def all_servers(state: Path) -> dict[str, Server]:
    """The servers by name, each over a state of its own."""
    at = Addresses(8420, WORD)
    demo, team = demo_settings(), _settings({**embedded.services(at, {}), **OF_SLACK})
    several = demo.model_copy(update=OF_SEVERAL)
    project = {"word": WORD, "job_command": [sys.executable, "-c", ""], "job_folder": state}
    of_team = Project(**project, durable=True, worker_url=at.worker)
    keys = key_pair(state / "keys")
    manifest = REPOSITORY / "app_manifest.yaml"

    def service(settings: Settings, role: Any) -> ASGIApp:
        return SameOrigin(alone(settings, role), landing=(INSTALL, REDIRECT))

    def slack(name: str, app_url: str) -> ASGIApp:
        return create_slack(state / name, app_url=app_url, public_url=at.slack, word=WORD, manifest=manifest)

    made = [
        Server("slack", slack("slack", at.bot), at.base, word=True),
        Server("slack over sockets", slack("sockets", ""), at.base, word=True),
        Server("google", create_google(state / "google", public_url=at.google, project=Project(**project)), 8421, True),
        Server("google of a team", create_google(state / "team", public_url=at.google, project=of_team), 8421, True),
        Server(
            "snowflake",
            create_snowflake(state / "snowflake", public_keys={"svc": keys.public}, word=WORD, sample=False),
            8422,
            word=True,
        ),
        Server("bot", service(demo, "bot"), 8423, word=False),
        Server("bot of several", service(several, "bot"), 8423, word=False),
        Server("bot of a team", service(team, "bot"), 8423, word=False),
        Server("worker", service(demo, "worker"), 8424, word=False),
        Server("worker of a team", service(team, "worker"), 8424, word=False),
    ]
    return {server.name: server for server in made}


OF_SLACK = {
    "MMM_WORKSPACE": "T1",
    "MMM_SLACK_TOKEN_SECRET": "file:/none",
    "MMM_SLACK_APP_TOKEN_SECRET": "file:/none",
}
OF_SEVERAL = {
    "workspace": "",
    "slack_client_id": "1.2",
    "slack_client_secret": "file:/none",
    "public_url": "http://127.0.0.1:8423",
    "workspaces": ("T1",),
}


def demo_settings() -> Settings:
    """The settings of the demo's services."""
    return _settings(service_environment(Addresses(8420, WORD)))


def alone(settings: Settings, role: Any) -> FastAPI:
    """One of our services, with nobody to ask."""
    app = create_service(settings, role, cloud=nobody())
    app.state.socket = Socket()  # which else is there while the app runs
    return app


def nobody() -> Cloud:
    """A cloud in which nothing can be done: no secret, no key, no storage."""
    identity = Identity(certs_url="http://127.0.0.1:9/certs", issuer="https://accounts.google.com")

    def unread(reference: str) -> str:
        raise Unavailable("Secret Manager does not answer.", detail=reference)

    secrets = SimpleNamespace(read=unread, refresh=unread)
    return cast(Cloud, SimpleNamespace(secrets=secrets, identity=identity, storage=None))


def _settings(environment: dict[str, str]) -> Settings:
    with mock.patch.dict("os.environ", environment):
        return Settings()


def layers(app: Any) -> Iterator[Any]:
    """An app and what it wraps, from the outside in."""
    while app is not None:
        yield app
        app = None if hasattr(app, "routes") else getattr(app, "app", None)


def routes(app: ASGIApp) -> list[Any]:
    """The routes of the app in the middle."""
    return list(list(layers(app))[-1].routes)


def _addresses(name: str, app: ASGIApp) -> Iterator[Address]:
    if any(isinstance(layer, FaultMiddleware) for layer in layers(app)):
        for method in ("GET", "POST", "DELETE"):
            yield Address(f"{name} {method} {ADMIN_PATH}", method, ADMIN_PATH)
    for route in routes(app):
        path = "".join("x" if index % 2 else part for index, part in enumerate(_split(route.path)))
        if isinstance(route, Mount):
            yield Address(f"{name} GET {route.path}/…", "GET", f"{path}/main.js")
            continue
        for method in sorted(route.methods - {"HEAD"}):
            yield Address(f"{name} {method} {route.path}", method, path)


def _split(path: str) -> list[str]:
    """A path's fixed parts and its parameters by turns."""
    parts = [path]
    while "{" in parts[-1]:
        before, _, rest = parts[-1].partition("{")
        inside, _, after = rest.partition("}")
        parts[-1:] = [before, inside, after]
    return parts


class Recorder:
    """Stands where a handler would, and counts who gets there."""

    def __init__(self) -> None:
        self.reached = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.reached += 1
        await send({"type": "http.response.start", "status": 299, "headers": []})
        await send({"type": "http.response.body", "body": b""})


def recorded(server: Server) -> Recorder:
    """Put one recorder in the place of all handlers of a server."""
    recorder = Recorder()
    for route in routes(server.app):
        route.app = recorder
    for layer in layers(server.app):
        if isinstance(layer, FaultMiddleware):
            layer._admin = _reaching(recorder)  # type: ignore[method-assign]
    return recorder


def _reaching(recorder: Recorder) -> Any:
    async def admin(request: Any) -> ASGIApp:
        return recorder

    return admin


async def _ask(app: ASGIApp, port: int, method: str, path: str, headers: Headers, body: bytes) -> Answer:
    answer = Answer(0, {}, b"", read=False)

    async def receive() -> Message:
        if answer.read:
            await asyncio.Event().wait()  # nobody goes away
        answer.read = True
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = {name.decode().lower(): value.decode() for name, value in message["headers"]}
        else:
            answer.body += message.get("body", b"")

    path, _, query = path.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "server": (HOST, port),
        "client": (HOST, 50_000),
        "root_path": "",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in headers],
        "state": {},
    }
    await app(scope, receive, send)
    return answer
