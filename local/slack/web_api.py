"""The Web API: what a call may carry, who may make it, and how it is answered."""

import json
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from local import workspace
from local.bodies import JSON, media_type, parsed
from local.slack.methods_chat import CHAT
from local.slack.methods_conversations import CONVERSATIONS
from local.slack.methods_files import FILES
from local.slack.methods_history import HISTORY
from local.slack.methods_people import PEOPLE
from local.slack.methods_views import VIEWS
from local.slack.oauth import ACCESS, REVOKE, OAuth
from local.slack.refusal import Limited, Refusal
from local.slack.slack import Slack
from local.slack.sockets import Sockets

Args = dict[str, Any]
Method = tuple[Callable[[Slack, Args], dict[str, Any]], frozenset[str]]

METHODS: dict[str, Method] = {**CHAT, **CONVERSATIONS, **HISTORY, **VIEWS, **FILES, **PEOPLE}
# The one method that takes the app's own token, and takes it in the header only.
OPEN = "apps.connections.open"
# What no transcript keeps.
SECRETS = ("client_secret", "code")
# Which permissions the token of a call has: Slack says so on every answer to one that it takes.
SCOPES = "X-OAuth-Scopes"
NO_TOKEN = ("invalid_auth", "not_authed", "token_revoked", "not_allowed_token_type")
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
OBJECTS = ("blocks", "view", "metadata", "files", "attachments")


class WebApi:
    """`POST /api/METHOD`, as a form or as JSON."""

    def __init__(self, slack: Slack, sockets: Sockets | None = None, oauth: OAuth | None = None) -> None:
        self.slack = slack
        self.sockets = sockets
        self.oauth = oauth

    async def call(self, request: Request) -> Response:
        """Answer one call; every call is kept in the transcript."""
        method = request.path_params["method"]
        args, token = await _read(request)
        authorization, slack = request.headers.get("authorization", ""), self.slack
        status, more = 200, dict[str, str]()
        try:
            if method == OPEN:
                answer = {"ok": True, "url": self._open(authorization)}
            elif method == ACCESS and self.oauth is not None:
                answer = {"ok": True, **self.oauth.access(args, authorization)}
            elif method == REVOKE and self.oauth is not None:
                answer = {"ok": True, **self.oauth.revoke(token)}
            else:
                slack = self.slack_of(method, token)
                answer = {"ok": True, **self._answer(slack, method, args)}
        except Refusal as refusal:
            answer = refusal.answer()
            if isinstance(refusal, Limited):
                status, more = 429, refusal.headers
        held = {SCOPES: ",".join(self.oauth.scopes)} if self.oauth is not None and _of_bot(answer, method) else {}
        kept = {name: value for name, value in args.items() if name not in SECRETS}
        slack.transcript.add(slack.now(), method, kept, answer)
        return JSONResponse(answer, status, headers=held | more)

    def slack_of(self, method: str, token: str) -> Slack:
        """The workspace that a call is for, by its token."""
        if method not in METHODS:
            raise Refusal("unknown_method", req_method=method)
        if not token:
            raise Refusal("not_authed")
        if token == workspace.APP_TOKEN:
            raise Refusal("not_allowed_token_type")
        if token == workspace.BOT_TOKEN:
            return self.slack
        if self.oauth is None:
            raise Refusal("invalid_auth")
        return self.oauth.slack_of(token)

    def _open(self, authorization: str) -> str:
        """The address of a new connection."""
        token = authorization.removeprefix("Bearer ").strip()
        if token == workspace.BOT_TOKEN:
            raise Refusal("not_allowed_token_type")
        if token != workspace.APP_TOKEN:
            raise Refusal("invalid_auth" if token else "not_authed")
        if self.sockets is None:
            raise Refusal("access_denied", ["Socket Mode is not turned on"])
        return self.sockets.open()

    def _answer(self, slack: Slack, method: str, args: Args) -> dict[str, Any]:
        function, known = METHODS[method]
        args.pop("team_id", None)  # the SDK names the workspace on every call; the token knows it
        if unknown := sorted(args.keys() - known):
            raise Refusal("invalid_arguments", [f"unknown argument: {name}" for name in unknown])
        for name in OBJECTS:
            if isinstance(args.get(name), str):
                try:
                    args[name] = json.loads(args[name])
                except ValueError:
                    raise Refusal("invalid_arguments", [f"{name} is not JSON"]) from None
        return function(slack, args)


def _of_bot(answer: dict[str, Any], method: str) -> bool:
    """Whether a call was made with a bot token that counts."""
    return method not in (OPEN, ACCESS) and answer.get("error") not in NO_TOKEN


async def _read(request: Request) -> tuple[Args, str]:
    """The arguments of a call without its token, and the token."""
    args: Args = dict(request.query_params)
    kind = media_type(request)
    if kind == JSON:
        args |= parsed(await request.body())
    elif request.method == "POST" and kind in FORMS:
        args |= {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
    token = str(args.pop("token", "")) or request.headers.get("authorization", "").removeprefix("Bearer ").strip()
    return args, token
