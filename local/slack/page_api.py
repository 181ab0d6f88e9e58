"""What the page asks: reading the workspace, and acting as one of its people."""

import json
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from local import workspace
from local.bodies import media_type, read_json
from local.slack import membership
from local.slack.declared import Declared
from local.slack.interactions import Interactions, command_answer
from local.slack.refusal import Refusal
from local.slack.sender import Sender
from local.slack.slack import Slack
from local.slack.state.directory import MPIM, PRIVATE, user_ids, user_object
from local.slack.transport import NoAnswer

Json = dict[str, Any]
Handler = Callable[[Request], Awaitable[Response]]


class PageApi:
    """The page's own API; a person is named by a header, because there is nothing to protect here."""

    def __init__(self, slack: Slack, sender: Sender, declared: Declared) -> None:
        self.slack = slack
        self.sender = sender
        self.declared = declared
        self.interactions = Interactions(slack, sender)

    def routes(self) -> list[Route]:
        def route(path: str, handler: Handler, *methods: str) -> Route:
            return Route(f"/page/api{path}", _telling_errors(handler), methods=list(methods) or ["GET"])

        return [
            route("/boot", self.boot),
            route("/channels/{channel}/messages", self.messages),
            route("/channels/{channel}/threads/{ts}", self.thread),
            Route("/page/api/events", self.events),
            route("/messages", self.say, "POST"),
            route("/files", self.drop_file, "POST"),
            route("/files/{file}", self.show_file),
            route("/actions", self.act, "POST"),
            route("/options", self.options, "POST"),
            route("/views/{view}/submit", self.submit, "POST"),
            route("/views/{view}/close", self.close, "POST"),
            route("/shortcuts", self.shortcut, "POST"),
            route("/home", self.home),
            route("/home/open", self.open_home, "POST"),
        ]

    async def boot(self, request: Request) -> Response:
        me = _person(request)
        rows = [row for row in self.slack.directory.channels() if self.slack.directory.may_see(row["id"], me)]
        return JSONResponse(
            {
                "team": {"id": workspace.TEAM_ID, "name": workspace.TEAM_NAME},
                "me": _user(me),
                "users": [_user(id) for id in user_ids()],
                "channels": [self._channel(row, me) for row in rows],
                "commands": [*self.declared.commands, *membership.OWN_COMMANDS],
                "shortcuts": self.declared.shortcuts,
                "app": {"id": workspace.APP_ID, "name": workspace.BOT_NAME, "bot_user": workspace.BOT_USER},
                "views": [self.slack.views.get(id) for id in self.slack.views.stack(me)],
                "last_event": self.slack.feed.last(),
            }
        )

    def _channel(self, row: sqlite3.Row, me: str) -> Json:
        members = self.slack.directory.members(row["id"])
        return {
            "id": row["id"],
            "name": row["name"] or workspace.BOT_NAME,
            "topic": row["topic"],
            "is_im": bool(row["im_user"]),
            "im_user": workspace.BOT_USER if row["im_user"] else None,
            "is_private": row["kind"] in (PRIVATE, MPIM),
            "is_archived": bool(row["archived"]),
            "is_member": me in members,
            "bot_is_member": workspace.BOT_USER in members,
            "members": [] if row["im_user"] else members,
        }

    def _seen(self, request: Request, channel: str) -> str:
        """Whoever asks, if they see the channel. Raises channel_not_found."""
        me = _person(request)
        if not self.slack.directory.may_see(channel, me):
            raise Refusal("channel_not_found")
        return me

    async def messages(self, request: Request) -> Response:
        channel = request.path_params["channel"]
        return JSONResponse({"messages": self.slack.messages.top(channel, self._seen(request, channel))})

    async def thread(self, request: Request) -> Response:
        at = request.path_params
        me = self._seen(request, at["channel"])
        return JSONResponse({"messages": self.slack.messages.thread(at["channel"], at["ts"], me)})

    async def events(self, request: Request) -> Response:
        person = request.query_params.get("user", workspace.ANA.id)
        since = request.headers.get("last-event-id") or request.query_params.get("since")
        start = int(since) if since else self.slack.feed.last()
        stream: AsyncIterator[str] = self.slack.feed.follow(person, start)
        return StreamingResponse(stream, media_type="text/event-stream", headers={"Cache-Control": "no-store"})

    async def say(self, request: Request) -> Response:
        """A person writes a message, or types a command."""
        me, body = _person(request), await read_json(request)
        channel, text = body["channel"], body.get("text", "").strip()
        self._seen(request, channel)
        if text.startswith("/"):
            return await self._command(me, channel, text)
        if self.slack.directory.channel(channel)["archived"]:
            raise Refusal("is_archived")
        files = [self.slack.files.get(id) for id in body.get("files", [])]
        if not text and not files:
            raise Refusal("no_text")
        for file in files:
            self.slack.files.share(file["id"], channel)
        content: Json = {"user": me, "text": _escaped(text)} | ({"files": files} if files else {})
        message = self.slack.messages.add(channel, content, thread_ts=body.get("thread_ts"))
        for file in files:
            self.slack.files.posted(file["id"], channel, message["ts"], body.get("thread_ts"))
            self._tell_of_file(file["id"], channel, me)
        return JSONResponse({"ok": True, "message": message})

    def _tell_of_file(self, file: str, channel: str, me: str) -> None:
        """The app hears of a file that was shared where it is, if it wants to."""
        if "file_shared" in self.declared.events and self.slack.directory.is_member(channel, workspace.BOT_USER):
            told = {"file_id": file, "file": {"id": file}, "user_id": me, "channel_id": channel}
            self.sender.event({"type": "file_shared", **told})

    async def shortcut(self, request: Request) -> Response:
        """A person chose a shortcut: from a message's menu, or from the list of all of them."""
        body, me = await read_json(request), _person(request)
        kind = "message" if "ts" in body else "global"
        if not self.declared.shortcut(body["callback_id"], kind):
            raise Refusal("unknown_shortcut")
        if kind == "message":
            self._seen(request, body["channel"])
            await self.interactions.message_shortcut(me, body["callback_id"], body["channel"], body["ts"])
        else:
            await self.interactions.shortcut(me, body["callback_id"])
        return JSONResponse({"ok": True})

    async def _command(self, me: str, channel: str, text: str) -> Response:
        command, _, rest = text.partition(" ")
        if command in membership.NAMES:
            membership.change(self.slack, me, channel, command, rest)
            return JSONResponse({"ok": True})
        if command not in {one["command"] for one in self.declared.commands}:
            raise Refusal("unknown_command")
        answer = await self.sender.command(me, channel, command, rest.strip())
        command_answer(self.slack, me, channel, answer)
        return JSONResponse({"ok": True})

    async def drop_file(self, request: Request) -> Response:
        if media_type(request) != "multipart/form-data":
            raise Refusal("no_file")
        async with request.form() as form:
            upload = form["file"]
            if isinstance(upload, str):
                raise Refusal("no_file")
            file = self.slack.files.keep(upload.filename or "file", await upload.read(), _person(request))
        return JSONResponse({"ok": True, "file": file})

    async def show_file(self, request: Request) -> Response:
        file = self.slack.files.get(request.path_params["file"])
        headers = {"Cache-Control": "max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}
        return Response(self.slack.files.data(file["id"]), media_type=file["mimetype"] or None, headers=headers)

    async def act(self, request: Request) -> Response:
        body = await read_json(request)
        await self.interactions.click(_person(request), body["container"], body["action"], body.get("state"))
        return JSONResponse({"ok": True})

    async def options(self, request: Request) -> Response:
        body = await read_json(request)
        asked = (body["container"], body["action_id"], body["block_id"], body.get("value", ""))
        return JSONResponse(await self.interactions.options(_person(request), *asked))

    async def submit(self, request: Request) -> Response:
        body = await read_json(request)
        values = {block: dict(elements) for block, elements in body.get("values", {}).items()}
        self._complete_files(values)
        done = await self.interactions.submit(_person(request), request.path_params["view"], values)
        return JSONResponse({"ok": "errors" not in done, **done})

    def _complete_files(self, values: Json) -> None:
        """A file input's value holds whole files, whatever little the page knows of them."""
        for elements in values.values():
            for element in elements.values():
                if element.get("type") == "file_input":
                    element["files"] = [self.slack.files.get(file["id"]) for file in element.get("files") or []]

    async def close(self, request: Request) -> Response:
        body = await read_json(request)
        view = request.path_params["view"]
        await self.interactions.close(_person(request), view, body.get("values") or {}, bool(body.get("clear")))
        return JSONResponse({"ok": True})

    async def home(self, request: Request) -> Response:
        return JSONResponse({"view": self.slack.views.home(_person(request))})

    async def open_home(self, request: Request) -> Response:
        me = _person(request)
        event: Json = {
            "type": "app_home_opened",
            "user": me,
            "channel": self.slack.directory.dm(me)["id"],
            "tab": "home",
        }
        if view := self.slack.views.home(me):
            event["view"] = view
        self.sender.event(event)
        return JSONResponse({"ok": True})


def _telling_errors(handler: Handler) -> Handler:
    """What Slack refuses, and what the app did not answer, becomes an `error` the page can show."""

    async def told(request: Request) -> Response:
        try:
            return await handler(request)
        except Refusal as refusal:
            return JSONResponse(refusal.answer())
        except NoAnswer as failure:
            return JSONResponse({"ok": False, "error": failure.error, "detail": failure.detail})
        except (KeyError, json.JSONDecodeError) as error:
            return JSONResponse({"ok": False, "error": "invalid_arguments", "detail": str(error)}, 400)

    return told


def _person(request: Request) -> str:
    return request.headers.get("x-page-user", workspace.ANA.id)


def _user(id: str) -> Json:
    user = user_object(id)
    initials = "".join(word[0] for word in user["real_name"].split()[:2]).upper()
    return {
        "id": id,
        "name": user["name"],
        "real_name": user["real_name"],
        "initials": initials,
        "color": f"#{user['color']}",
        "is_bot": user["is_bot"],
    }


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
