"""Faults on demand: any call of any stand-in can fail before it acts, after it acted, or be slow.

`before`  nothing happened, the caller sees an error
`after`   it happened, the reply is lost
`slow`    it happens, late

Faults are set over HTTP at `/_local/faults` or in process; each is used up after `times` matches.
"""

import asyncio
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from fnmatch import fnmatchcase
from typing import Literal

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from local.bodies import read_json

ADMIN_PATH = "/_local/faults"


@dataclass(frozen=True)
class Fault:
    """One planned failure. `match` is a shell pattern over call names such as `chat.*`.

    status: the HTTP status of the lost or refused reply; 0 drops the connection instead.
    skip: let this many matching calls pass first. seconds: the delay of `slow`.
    """

    match: str
    kind: Literal["before", "after", "slow"]
    times: int = 1
    skip: int = 0
    status: int = 503
    seconds: float = 0.0
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""


class Faults:
    """The faults still to come, in the order they were added."""

    def __init__(self) -> None:
        self.planned: list[Fault] = []

    def add(self, fault: Fault) -> None:
        self.planned.append(fault)

    def clear(self) -> None:
        self.planned.clear()

    def take(self, call: str) -> Fault | None:
        """Use up and return the first fault planned for `call`, if there is one."""
        for position, fault in enumerate(self.planned):
            if not fnmatchcase(call, fault.match):
                continue
            if fault.skip > 0:
                self.planned[position] = replace(fault, skip=fault.skip - 1)
                return None
            if fault.times > 1:
                self.planned[position] = replace(fault, times=fault.times - 1)
            else:
                del self.planned[position]
            return fault
        return None


class FaultMiddleware:
    """Applies planned faults to an ASGI app. `name_of` gives a request its call name, or None."""

    def __init__(self, app: ASGIApp, faults: Faults, name_of: Callable[[Scope], str | None]) -> None:
        self.app = app
        self.faults = faults
        self.name_of = name_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        if scope["path"] == ADMIN_PATH:
            try:
                answer = await self._admin(Request(scope, receive))
            except HTTPException as error:
                answer = Response(error.detail, error.status_code)
            return await answer(scope, receive, send)
        call = self.name_of(scope)
        fault = self.faults.take(call) if call else None
        if fault is None:
            return await self.app(scope, receive, send)
        if fault.kind == "slow":
            await asyncio.sleep(fault.seconds)
            return await self.app(scope, receive, send)
        if fault.kind == "after":
            await self.app(scope, receive, _swallow)
        if fault.status == 0:
            raise ConnectionAbortedError(f"planned fault on {call}")
        body = fault.body or json.dumps({"error": {"code": fault.status, **_named(fault.status)}})
        reply = Response(body, status_code=fault.status, headers=dict(fault.headers), media_type="application/json")
        await reply(scope, receive, send)

    async def _admin(self, request: Request) -> Response:
        if request.method == "POST":
            given = await read_json(request)
            given["headers"] = tuple((str(k), str(v)) for k, v in given.get("headers", ()))
            self.faults.add(Fault(**given))
        elif request.method == "DELETE":
            self.faults.clear()
        return JSONResponse([asdict(fault) for fault in self.faults.planned])


# How Google's services name what they refuse (google.rpc.Code), and say it. Others read the number.
NAMES = {
    403: ("PERMISSION_DENIED", "Permission denied on resource (planned fault)."),
    404: ("NOT_FOUND", "Requested entity was not found (planned fault)."),
    429: ("RESOURCE_EXHAUSTED", "Quota exceeded for quota metric 'Write requests' (planned fault)."),
}


def _named(status: int) -> dict[str, str]:
    name, message = NAMES.get(status, ("", "planned fault"))
    return {"message": message} | ({"status": name} if name else {})


async def _swallow(message: Message) -> None:
    """Take a reply nobody will see."""
