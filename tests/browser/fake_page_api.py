"""A stand-in for the server behind the page: it answers from memory and notes what the page sends."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from tests.browser import gallery

PAGE = Path(__file__).parents[2] / "local" / "slack" / "page"
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="640" height="360"><rect width="640" height="360" fill="#fff"/>'
    '<rect x="80" y="60" width="420" height="60" fill="#4f6bd8"/><rect x="80" y="160" width="260" height="60" '
    'fill="#2f9e77"/><text x="80" y="300" font-size="28">Search, TV</text></svg>'
)
Json = dict[str, Any]


class FakeSlack:
    """Memory, a log of events for the page, and `seen`: what the page sent."""

    def __init__(self) -> None:
        self.events: list[Json] = []
        self.seen: list[tuple[str, Json]] = []
        self.messages: dict[str, list[Json]] = {
            "C0MARKETING": [],
            "C0GENERAL": [],
            "C0LAUNCH": [],
            "C0ARCHIVE": [],
            "D0ANA": [],
        }
        self.views: dict[str, Json] = {}
        self.stack: list[str] = []
        self.files: dict[str, Json] = {}
        self.errors: dict[str, str] = {}
        self.error: str | None = None
        self.home: Json | None = None
        self.online = True
        self.in_private = True
        self.count = 0
        self.clock = time.time() - 3600

    def ts(self) -> str:
        self.clock += 1
        return f"{self.clock:.6f}"

    def emit(self, type: str, **data: Any) -> None:
        self.events.append({"type": type, **data})

    def say(self, channel: str, user: str, text: str = "", **more: Any) -> Json:
        """Add a message and tell the page."""
        message = {"type": "message", "user": user, "text": text, "ts": self.ts(), **more}
        self.messages[channel].append(message)
        self.emit("message", channel=channel, message=message)
        parent = next((one for one in self.messages[channel] if one["ts"] == more.get("thread_ts")), None)
        if parent is not None:
            replies = [
                one for one in self.messages[channel] if one.get("thread_ts") == parent["ts"] and one is not parent
            ]
            parent |= {"thread_ts": parent["ts"], "reply_count": len(replies), "latest_reply": message["ts"]}
            parent["reply_users"] = sorted({one["user"] for one in replies})
            self.emit("message_changed", channel=channel, message=parent)
        return message

    def view(self, view: Json) -> Json:
        self.count += 1
        shown = {**view, "id": view.get("id") or f"V{self.count}", "state": {"values": {}}}
        self.views[shown["id"]] = shown
        return shown

    def open(self, view: Json) -> Json:
        shown = self.view(view)
        self.stack = [shown["id"]]
        self.emit("view_opened", view=shown, stack=self.stack)
        return shown

    def push(self, view: Json) -> Json:
        shown = self.view(view)
        self.stack = [*self.stack, shown["id"]]
        self.emit("view_pushed", view=shown, stack=self.stack)
        return shown

    def update(self, id: str, view: Json) -> None:
        self.emit("view_updated", view=self.view({**view, "id": id}))

    def last(self, kind: str, within: float = 10.0, **said: Any) -> Json:
        """The newest thing of a kind that the page sent, saying what is named; waits for it, in seconds.

        What the page shows is no sign that its request has arrived: it empties its box before it sends.
        """
        until = time.monotonic() + within
        while time.monotonic() < until:
            for name, body in reversed(self.seen):
                if name == kind and said.items() <= body.items():
                    return body
            time.sleep(0.02)
        raise AssertionError(f"the page sent no {kind} with {said} within {within:g} s, but {self.seen}")

    async def boot(self, request: Request) -> Response:
        def user(id: str, name: str, real: str, color: str, bot: bool = False) -> Json:
            initials = "".join(word[0] for word in real.split()).upper()
            return {"id": id, "name": name, "real_name": real, "initials": initials, "color": color, "is_bot": bot}

        users = [
            user("U0ANA", "ana", "Ana Lind", "#8b5cf6"),
            user("U0BEN", "ben", "Ben Osei", "#0f766e"),
            user("U0MMMBOT", "mmm", "mmm", "#4a154b", True),
        ]

        def channel(id: str, name: str, **more: Any) -> Json:
            base: Json = {
                "is_private": False,
                "members": ["U0ANA", "U0MMMBOT"],
                "is_im": False,
                "im_user": None,
                "is_archived": False,
                "is_member": True,
            }
            return {"id": id, "name": name, "topic": "", "bot_is_member": True, **base, **more}

        return JSONResponse(
            {
                "team": {"id": "T0", "name": "Northwind"},
                "me": users[0],
                "users": users,
                "channels": [
                    channel("C0MARKETING", "marketing", topic="What works, and what it costs"),
                    channel("C0GENERAL", "general", bot_is_member=False),
                    *([channel("C0LAUNCH", "launch-plans", is_private=True)] if self.in_private else []),
                    channel("C0ARCHIVE", "old-plans", is_archived=True),
                    channel("D0ANA", "mmm", is_im=True, im_user="U0MMMBOT"),
                ],
                "commands": [
                    {"command": "/mmm", "description": "Media mix models", "usage_hint": "[run | results | help]"},
                    {"command": "/mmm-data", "description": "Add a dataset", "usage_hint": ""},
                ],
                "shortcuts": [
                    {"name": "New dataset", "type": "global", "callback_id": "new_dataset", "description": "Make one"},
                    {"name": "Use as MMM data", "type": "message", "callback_id": "message_dataset", "description": ""},
                ],
                "app": {"id": "A0", "name": "mmm", "bot_user": "U0MMMBOT"},
                "views": [self.views[id] for id in self.stack],
                "last_event": len(self.events),
            }
        )

    async def follow(self, request: Request) -> Response:
        if not self.online:
            return Response(status_code=503)
        at = int(request.headers.get("last-event-id") or request.query_params.get("since") or 0)

        async def stream() -> Any:
            nonlocal at
            yield ": connected\n\n"
            while self.online:
                for event in self.events[at:]:
                    at += 1
                    yield f"id: {at}\ndata: {json.dumps(event)}\n\n"
                await asyncio.sleep(0.02)

        return StreamingResponse(stream(), media_type="text/event-stream")

    async def top(self, request: Request) -> Response:
        rows = self.messages[request.path_params["channel"]]
        return JSONResponse({"messages": [one for one in rows if one.get("thread_ts", one["ts"]) == one["ts"]]})

    async def thread(self, request: Request) -> Response:
        at = request.path_params
        rows = self.messages[at["channel"]]
        return JSONResponse({"messages": [one for one in rows if at["ts"] in (one["ts"], one.get("thread_ts"))]})

    async def post(self, request: Request) -> Response:
        body = await request.json()
        self.seen.append(("say", body))
        if body["text"].startswith("/"):
            return JSONResponse({"ok": not self.error} | ({"error": self.error} if self.error else {}))
        files = [self.files[id] for id in body.get("files") or []]
        more = {name: value for name, value in (("thread_ts", body.get("thread_ts")), ("files", files)) if value}
        return JSONResponse({"ok": True, "message": self.say(body["channel"], "U0ANA", body["text"], **more)})

    async def act(self, request: Request) -> Response:
        body = await request.json()
        self.seen.append(("action", body))
        match body["action"]["action_id"]:
            case "open_form":
                self.open(gallery.modal("New experiment", gallery.INPUTS))
            case "push":
                self.push(gallery.modal("Second view", [gallery.field("more", {"type": "plain_text_input"})]))
            case "slow":
                await asyncio.sleep(0.4)
        return JSONResponse({"ok": True})

    async def shortcut(self, request: Request) -> Response:
        body = await request.json()
        self.seen.append(("shortcut", body))
        self.open(gallery.modal("New dataset", gallery.INPUTS))
        return JSONResponse({"ok": True})

    async def options(self, request: Request) -> Response:
        body = await request.json()
        self.seen.append(("options", body))
        names = ("Germany weekly", "France weekly", "Spain daily")
        found = [name for name in names if body["value"].lower() in name.lower()]
        return JSONResponse({"options": [gallery.option(name.lower().replace(" ", "_"), name) for name in found]})

    async def submit(self, request: Request) -> Response:
        body, id = await request.json(), request.path_params["view"]
        self.seen.append(("submit", body))
        if self.error:
            return JSONResponse({"ok": False, "error": self.error})
        if self.errors:
            return JSONResponse({"ok": False, "errors": self.errors})
        self._closed(id)
        return JSONResponse({"ok": True})

    async def close(self, request: Request) -> Response:
        self.seen.append(("close", await request.json()))
        self._closed(request.path_params["view"])
        return JSONResponse({"ok": True})

    def _closed(self, id: str) -> None:
        self.stack = self.stack[: self.stack.index(id)] if id in self.stack else self.stack
        self.emit("view_closed", view_id=id, stack=self.stack)

    async def upload(self, request: Request) -> Response:
        async with request.form() as form:
            sent = form["file"]
            data = await sent.read()  # type: ignore[union-attr]
            id = f"F{len(self.files)}"
            kind = sent.content_type or ""  # type: ignore[union-attr]
            self.files[id] = {"id": id, "name": sent.filename, "size": len(data), "mimetype": kind}  # type: ignore[union-attr]
        return JSONResponse({"ok": True, "file": self.files[id]})

    async def picture(self, request: Request) -> Response:
        return Response(SVG, media_type="image/svg+xml")

    async def show_home(self, request: Request) -> Response:
        return JSONResponse({"view": self.home})

    async def open_home(self, request: Request) -> Response:
        self.seen.append(("home", {}))
        self.home = self.view({"id": "VHOME", "type": "home", "blocks": gallery.TEXTS})
        self.emit("home", view=self.home)
        return JSONResponse({"ok": True})

    async def index(self, request: Request) -> Response:
        return FileResponse(PAGE / "index.html")

    def app(self) -> Starlette:
        api = "/page/api"
        return Starlette(
            routes=[
                Route(f"{api}/boot", self.boot),
                Route(f"{api}/events", self.follow),
                Route(f"{api}/channels/{{channel}}/messages", self.top),
                Route(f"{api}/channels/{{channel}}/threads/{{ts}}", self.thread),
                Route(f"{api}/messages", self.post, methods=["POST"]),
                Route(f"{api}/files", self.upload, methods=["POST"]),
                Route(f"{api}/files/{{file}}", self.picture),
                Route(f"{api}/actions", self.act, methods=["POST"]),
                Route(f"{api}/shortcuts", self.shortcut, methods=["POST"]),
                Route(f"{api}/options", self.options, methods=["POST"]),
                Route(f"{api}/views/{{view}}/submit", self.submit, methods=["POST"]),
                Route(f"{api}/views/{{view}}/close", self.close, methods=["POST"]),
                Route(f"{api}/home", self.show_home),
                Route(f"{api}/home/open", self.open_home, methods=["POST"]),
                Route("/", self.index),
                Mount("/page", StaticFiles(directory=PAGE)),
            ]
        )
