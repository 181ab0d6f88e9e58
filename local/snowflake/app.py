"""Snowflake on loopback: the protocol the real connector speaks, fakesnow's engine behind it, state on disk."""

import logging
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Scope

from local.bodies import JSON, media_type, parsed
from local.faults import FaultMiddleware, Faults
from local.guard import Guard
from local.sample.warehouse import DATABASE, write_truth, write_warehouse
from local.snowflake.account import Account, Session
from local.snowflake.chunks import KEY_HEADER, LINK_SECONDS, Chunking, SpoolLimits
from local.snowflake.failures import StatementFailed
from local.snowflake.logins import LoginRefused, PublicKeys
from local.snowflake.names import shown
from local.snowflake.statements import run

log = logging.getLogger(__name__)

Handler = Callable[[Request], Awaitable[Response]]

SESSION_SECONDS = 3600
MASTER_SECONDS = 4 * 3600
# The connector can carry no word. It shows a login signed with our key, the session that this bought, and signed links.
LOGIN = "/session/v1/login-request"
OWN = ("/session", "/queries/", "/results/", "/telemetry/")
LOGIN_MOST = 1 << 20
# A body may be a thousand times as large as what was sent.
UNPACKED_MOST = 64 << 20


def create_app(
    state: Path,
    *,
    public_keys: Mapping[str, Path],
    word: str,
    account: str = "local",
    faults: Faults | None = None,
    chunking: Chunking | None = None,
    link_seconds: float = LINK_SECONDS,
    limits: SpoolLimits | None = None,
    sample: bool = True,
    passwords: Mapping[str, str] | None = None,
) -> ASGIApp:
    """Build the stand-in on the folder `state`; the first start fills it with the sample warehouse.

    public_keys: PEM file of each user who may log in; passwords: of those who have one. link_seconds: how long the link
    to a part of a result is good.
    """
    service = Snowflake(Account(state, account), PublicKeys(public_keys, passwords), chunking)
    service.account.spool.link_seconds = link_seconds
    service.account.spool.limits = limits or SpoolLimits()
    if sample and DATABASE not in service.account.databases:
        service.account.create_database(DATABASE, write_warehouse)
        write_truth(state / "true_roas.json")

    @asynccontextmanager
    async def life(_: Starlette) -> AsyncIterator[None]:
        yield
        service.account.close()

    app = Starlette(routes=service.routes(), lifespan=life)
    return Guard(FaultMiddleware(app, faults or Faults(), call_name), word, own=OWN)


def call_name(scope: Scope) -> str | None:
    """Return the name under which a request can be made to fail."""
    path = scope["path"]
    if path == LOGIN:
        return "snowflake.login"
    if path == "/queries/v1/query-request":
        return "snowflake.query"
    return "snowflake.chunk" if path.startswith("/results/") else None


class Snowflake:
    """The endpoints, on one account."""

    def __init__(self, account: Account, keys: PublicKeys, chunking: Chunking | None) -> None:
        self.account = account
        self.keys = keys
        if chunking:
            account.spool.chunking = chunking

    def routes(self) -> list[Route]:
        def route(path: str, handler: Handler, method: str = "POST") -> Route:
            return Route(path, _with_token(handler), methods=[method])

        return [
            Route("/health", self.health),
            Route(LOGIN, self.login, methods=["POST"]),
            route("/session/token-request", self.renew),
            route("/session/heartbeat", self.heartbeat),
            route("/session", self.logout),
            route("/queries/v1/query-request", self.query),
            route("/queries/v1/abort-request", self.abort),
            route("/queries/{query_id}/result", self.result, "GET"),
            Route("/results/{query_id}/{name}", self.chunk),
            route("/telemetry/send", self.telemetry),
        ]

    async def health(self, request: Request) -> Response:
        return JSONResponse({"ok": True})

    async def login(self, request: Request) -> Response:
        length = request.headers.get("content-length", "")
        if not length.isdecimal() or int(length) > LOGIN_MOST:
            return Response(status_code=413)
        data = (await _body(request)).get("data")
        if not isinstance(data, dict) or not data.get("LOGIN_NAME"):
            return _failure("390100", "Incorrect username or password was specified.", status=401)
        user, asked = str(data.get("LOGIN_NAME", "")), request.query_params
        try:
            if str(data.get("ACCOUNT_NAME", "")).partition(".")[0].upper() != self.account.name:
                raise LoginRefused("390201", "The requested account does not exist or is not authorized.")
            given = (str(data.get(name) or "") for name in ("AUTHENTICATOR", "TOKEN", "PASSWORD"))
            self.keys.check(self.account.name, user, *given)
            if not self.account.roles.may_be(asked.get("roleName", "").upper()):
                role = asked["roleName"]
                wrong = f"Role '{role}' specified in the connect string does not exist or not authorized."
                raise LoginRefused("390189", wrong)
        except LoginRefused as refused:
            log.warning("login of %s refused: %s %s", user, refused.message, refused.reason)
            return _failure(refused.code, refused.message)
        session = await run_in_threadpool(
            self.account.open,
            user,
            asked.get("roleName", ""),
            asked.get("warehouse", ""),
            asked.get("databaseName", ""),
            asked.get("schemaName", ""),
            data.get("SESSION_PARAMETERS") or {},
        )
        return _success(
            {
                "token": session.token,
                "masterToken": session.master,
                "validityInSeconds": SESSION_SECONDS,
                "masterValidityInSeconds": MASTER_SECONDS,
                "sessionId": session.number,
                "displayUserName": session.user,
                "serverVersion": "9.0.0",
                "parameters": _parameters(session),
                "sessionInfo": {
                    "databaseName": _shown(session.connection.database),
                    "schemaName": _shown(session.connection.schema),
                    "warehouseName": session.warehouse or None,
                    "roleName": session.role,
                },
            }
        )

    async def renew(self, request: Request) -> Response:
        session = self.account.renew(_token(request))
        if session is None:
            return _failure("390104", "Master token is not found. User must login again to access the service.")
        return _success(
            {
                "sessionToken": session.token,
                "masterToken": session.master,
                "validityInSecondsST": SESSION_SECONDS,
                "validityInSecondsMT": MASTER_SECONDS,
                "sessionId": session.number,
            }
        )

    async def heartbeat(self, request: Request) -> Response:
        return _success(None) if self._session(request) else _logged_out()

    async def logout(self, request: Request) -> Response:
        if request.query_params.get("delete"):
            await run_in_threadpool(self.account.close_session, _token(request))
        return _success(None)

    async def query(self, request: Request) -> Response:
        session = self._session(request)
        if session is None:
            return _logged_out()
        asked = request.query_params.get("requestId", "")
        if asked in session.replies:
            return JSONResponse(session.replies[asked])
        body = await _body(request)
        base_url = f"{request.url.scheme}://{request.url.netloc}"
        try:
            reply = await run_in_threadpool(self._run, session, body, base_url)
        except StatementFailed as failed:
            log.info("statement failed: %s", failed.message)
            return _failure(f"{failed.code:06d}", failed.message, sqlstate=failed.sqlstate)
        session.remember(asked, reply)
        self.account.keep_result(session.user, reply["data"]["queryId"], reply)
        return JSONResponse(reply)

    def _run(self, session: Session, body: dict[str, Any], base_url: str) -> dict[str, Any]:
        def keep(query_id: str, rows: pa.RecordBatchReader, rowtype: list[Any]) -> dict[str, Any]:
            return self.account.spool.hand_out(query_id, rows, rowtype, base_url)

        answer = run(session, str(body["sqlText"]), body.get("bindings"), bool(body.get("describeOnly")), keep)
        data = {
            "parameters": _parameters(session),
            "finalDatabaseName": _shown(session.connection.database),
            "finalSchemaName": _shown(session.connection.schema),
            "finalWarehouseName": session.warehouse or None,
            "finalRoleName": session.role,
            "numberOfBinds": len(body.get("bindings") or ()),
            "arrayBindSupported": False,
            "version": 1,
            **answer,
        }
        return {"data": data, "code": None, "message": None, "success": True}

    async def result(self, request: Request) -> Response:
        session = self._session(request)
        if session is None:
            return _logged_out()
        user, reply = self.account.results.get(request.path_params["query_id"], ("", {}))
        if user != session.user:
            return _failure("000709", "Statement not found", sqlstate="02000")
        return JSONResponse(reply | {"data": self.account.spool.sign(reply["data"])})

    async def abort(self, request: Request) -> Response:
        session = self._session(request)
        if session is None:
            return _logged_out()
        session.connection._duck_conn.interrupt()
        return _success(None)

    async def chunk(self, request: Request) -> Response:
        place = request.path_params
        if not self.account.spool.is_good(request.query_params.get("signed", "")):
            return Response("Request has expired", status_code=403)
        file = self.account.spool.find(place["query_id"], place["name"], request.headers.get(KEY_HEADER, ""))
        return FileResponse(file, media_type="application/octet-stream") if file else Response(status_code=403)

    async def telemetry(self, request: Request) -> Response:
        return _success("Log Received")

    def _session(self, request: Request) -> Session | None:
        return self.account.session(_token(request))


def _parameters(session: Session) -> list[dict[str, Any]]:
    """What the service tells the client of its session: our fixed answers, and what the client set."""
    fixed = {
        "AUTOCOMMIT": True,
        "TIMEZONE": "Etc/UTC",
        "CLIENT_TELEMETRY_ENABLED": False,
        "CLIENT_SESSION_KEEP_ALIVE_HEARTBEAT_FREQUENCY": 3600,
        "CLIENT_STAGE_ARRAY_BINDING_THRESHOLD": 0,
    }
    return [{"name": name, "value": value} for name, value in {**session.parameters, **fixed}.items()]


def _shown(name: str | None) -> str | None:
    return shown(name) if name else name


def _token(request: Request) -> str:
    return request.headers.get("Authorization", "").partition('"')[2].rstrip('"')


def _with_token(handler: Handler) -> Handler:
    """The handler, for who brings a session's token at least: without one, nobody is asked who they are."""

    async def asked(request: Request) -> Response:
        return await handler(request) if _token(request) else _logged_out(401)

    return asked


async def _body(request: Request) -> dict[str, Any]:
    if media_type(request) != JSON:
        raise HTTPException(415, f"The body must be {JSON}.")
    body = await request.body()
    if request.headers.get("Content-Encoding") == "gzip":
        unpacking = zlib.decompressobj(wbits=31)
        try:
            body = unpacking.decompress(body, UNPACKED_MOST)
        except zlib.error as error:
            raise HTTPException(400, "The body is not what it says.") from error
        if not unpacking.eof:
            raise HTTPException(413, "The body is too large, or breaks off.")
    return parsed(body)


def _success(data: Any) -> Response:
    return JSONResponse({"data": data, "code": None, "message": None, "success": True})


def _failure(code: str, message: str, sqlstate: str = "08001", status: int = 200) -> Response:
    data = {"errorCode": code, "sqlState": sqlstate, "internalError": False, "line": -1, "pos": -1}
    return JSONResponse({"data": data, "code": code, "message": message, "success": False}, status)


def _logged_out(status: int = 200) -> Response:
    return _failure("390104", "Session no longer exists. New login required to access the service.", status=status)
