"""The Slack side of the bot behind its door, in this process: a cloud in memory, and a Slack that answers as told."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import parse_qsl, urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.act import Services
from bot.service import registry
from bot.slack.app import HttpHandler, build
from tests.faults.fake_cloud import FakeCloud

FORM, JSON = "application/x-www-form-urlencoded", "application/json"


class _Secrets:
    def read(self, reference: str) -> str:
        return "xoxb-none"

    refresh = read


class AnsweringSlack:
    """A Web API and response addresses that keep what they are told. `refuses`: an error for each method, by name."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.responses: list[dict[str, Any]] = []
        self.refuses: dict[str, str] = {}
        self.app = Starlette(
            routes=[
                Route("/api/{method}", self._call, methods=["GET", "POST"]),
                Route("/respond", self._respond, methods=["POST"]),
            ]
        )

    def said(self, *methods: str) -> str:
        """All that was said by some methods, as text."""
        return " ".join(json.dumps(given, ensure_ascii=False) for method, given in self.calls if method in methods)

    def clear(self) -> None:
        self.calls.clear()
        self.responses.clear()
        self.refuses.clear()

    async def _call(self, request: Request) -> Response:
        method, raw = request.path_params["method"], (await request.body()).decode()
        given = json.loads(raw) if raw.startswith("{") else {**request.query_params, **dict(parse_qsl(raw))}
        self.calls.append((method, given))
        if error := self.refuses.get(method, self.refuses.get("*")):
            return JSONResponse({"ok": False, "error": error})
        user = {"id": given.get("user", "U1"), "team_id": "T1"}
        more = {"user": user, "view": {"id": "V9"}, "channel": {"id": "D1"}, "ts": "9.9", "message_ts": "9.9"}
        return JSONResponse({"ok": True, **more})

    async def _respond(self, request: Request) -> Response:
        self.responses.append(await request.json())
        return Response("ok")


class BotInProcess:
    """The app behind its door; nobody listens on an address. slack_url: where its Slack is, by default nowhere.

    rules: settings.
    """

    def __init__(self, slack_url: str = "http://127.0.0.1:9/api/", **rules: Any) -> None:
        self.fake = FakeCloud(slack_url=slack_url, **rules)
        self.fake.secrets = _Secrets()  # type: ignore[attr-defined]
        services = Services(self.fake.settings, cast(Any, self.fake), self.fake.clock)
        self.registry = registry()
        self.handle: HttpHandler = build(services, self.registry)[1]

    def deliver(self, body: bytes, kind: str) -> Response:
        """Hand one delivery over, as the door does once its signature is right."""

        async def receive() -> Mapping[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        scope = {"type": "http", "method": "POST", "path": "/slack/events", "query_string": b""}
        scope["headers"] = [(b"content-type", kind.encode())]

        async def handled() -> Response:
            answer = await self.handle(cast(Any, Request(scope, cast(Any, receive))))
            for _ in range(4):
                await asyncio.sleep(0)  # connections that were closed are let go by the loop's next rounds
            return answer

        return asyncio.run(handled())

    def send(self, payload: Any) -> Response:
        """One delivery in the form in which Slack sends its kind."""
        return self.deliver(*packed(payload))


def packed(payload: Any) -> tuple[bytes, str]:
    """A delivery as it comes over the wire, and its content type."""
    if isinstance(payload, dict) and "command" in payload:
        return urlencode(payload).encode(), FORM
    if isinstance(payload, dict) and payload.get("type") == "event_callback":
        return json.dumps(payload).encode(), JSON
    return urlencode({"payload": json.dumps(payload)}).encode(), FORM
