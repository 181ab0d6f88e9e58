"""Slack on one port: the Web API, what it sends to the app, and the page."""

import contextlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import yaml
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Scope

from local.bodies import media_type, read_json
from local.faults import FaultMiddleware, Faults
from local.guard import Guard, signing_secret
from local.slack.declared import declared, endpoints
from local.slack.interactions import command_answer
from local.slack.oauth import AUTHORIZE, OAuth
from local.slack.page_api import PageApi
from local.slack.refusal import Refusal
from local.slack.sender import Sender
from local.slack.slack import Slack
from local.slack.sockets import Sockets
from local.slack.transport import Http, Transport
from local.slack.web_api import WebApi

PAGE = Path(__file__).parent / "page"


def create_app(
    state: Path,
    *,
    app_url: str,
    public_url: str,
    word: str,
    manifest: Path | None = None,
    slack: Slack | None = None,
    faults: Faults | None = None,
    sockets: Sockets | None = None,
    others: Sequence[Slack] = (),
) -> ASGIApp:
    """Build the app. `app_url` is where the tested app listens; its paths come from the manifest.

    Where it is empty, the app is in Socket Mode: it dials in. word: what callers must know; `public_url` holds it.
    others: further workspaces, for an app that is installed by those who use it.
    """
    slack = slack or Slack(state, public_url=public_url)
    described = yaml.safe_load(manifest.read_text()) if manifest else {}
    sockets = sockets or Sockets()
    transport: Transport = Http(endpoints(described, app_url), signing_secret(word)) if app_url else sockets
    page = PageApi(slack, Sender(slack, transport), declared(described))
    oauth = OAuth((slack, *others), described, transport)
    web_api = WebApi(slack, None if app_url else sockets, oauth)

    async def upload(request: Request) -> Response:
        """The second step of an upload: the bytes, raw or as a form."""
        data = await request.body()
        if media_type(request) == "multipart/form-data":
            async with request.form() as form:
                parts = [part for part in form.values() if not isinstance(part, str)]
                data = await parts[0].read()
        ticket = request.path_params["ticket"]
        whose = next((one for one in others if one.files.expects(ticket)), slack)
        try:
            whose.files.receive(ticket, data)
        except Refusal as refusal:
            return JSONResponse(refusal.answer(), 400)
        return PlainTextResponse(f"OK - {len(data)}")

    async def private_file(request: Request) -> Response:
        try:
            token = request.headers.get("authorization", "").removeprefix("Bearer ")
            whose = web_api.slack_of("files.info", token)
        except Refusal:
            return PlainTextResponse("sign in first", 403)
        try:
            return Response(whose.files.data(request.path_params["file"]), media_type="application/octet-stream")
        except Refusal as refusal:
            return JSONResponse(refusal.answer(), 404)

    async def respond(request: Request) -> Response:
        """A response_url: five messages within half an hour."""
        try:
            ticket = slack.tickets.spend_response_url(request.path_params["id"])
        except Refusal as refusal:
            return JSONResponse(refusal.answer(), 404)
        body = await read_json(request)
        original = ticket["original"]
        if body.get("delete_original") and original:
            slack.messages.delete(ticket["channel"], original)
        elif body.get("replace_original") and original and (old := slack.messages.get(ticket["channel"], original)):
            text = {"text": body.get("text", ""), "blocks": body.get("blocks", [])}
            slack.messages.replace(ticket["channel"], original, {**old, **text})
        else:
            command_answer(slack, ticket["person"], ticket["channel"], body)
        return PlainTextResponse("ok")

    async def transcript(request: Request) -> Response:
        calls = slack.transcript.calls(int(request.query_params.get("since", 0)))
        return JSONResponse({"calls": calls, "last": calls[-1]["n"] if calls else 0})

    async def health(request: Request) -> Response:
        return JSONResponse({"ok": True})

    async def index(request: Request) -> Response:
        if not request.scope["raw_path"].endswith(b"/"):
            # What the page loads, it names relative to its own address.
            return RedirectResponse(f"{request.scope['raw_path'].decode()}/")
        return FileResponse(PAGE / "index.html", headers={"Cache-Control": "no-store"})

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        if app_url:
            yield
            return
        async with sockets.serving():
            yield

    app = Starlette(
        lifespan=lifespan,
        routes=[
            Route("/health", health),
            Route("/api/{method}", web_api.call, methods=["GET", "POST"]),
            Route("/upload/v1/{ticket}", upload, methods=["POST"]),
            Route("/files-pri/{file}/{name:path}", private_file),
            Route("/respond/{id}", respond, methods=["POST"]),
            Route("/_local/transcript", transcript),
            *oauth.routes(),
            *page.routes(),
            Route("/", index),
            Mount("/page", StaticFiles(directory=PAGE, check_dir=False)),
        ],
    )
    # A link leads to the page, and an app sends browsers to be asked.
    return Guard(FaultMiddleware(app, faults or Faults(), call_name), word, landing=("/", AUTHORIZE))


def call_name(scope: Scope) -> str | None:
    """Faults are planned by method name, such as `chat.postMessage`."""
    path: str = scope["path"]
    return path.removeprefix("/api/") if path.startswith("/api/") else None
