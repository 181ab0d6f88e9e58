"""Secret Manager: a secret is one file, whose content is every version, or a folder with a file per version."""

import base64
import re
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import google_crc32c
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.bodies import read_json
from local.google.answers import refusal

Json = dict[str, Any]
NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
DISABLED = ".disabled"
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class SecretsApi:
    """Secrets from `folder`, by file name. What the services create are folders: versions `1`, `2`, `3.disabled`."""

    def __init__(self, folder: Path, project: str) -> None:
        self.folder = folder
        self.project = project
        folder.mkdir(parents=True, exist_ok=True)

    def routes(self) -> list[Route]:
        secrets = "/v1/projects/{project}/secrets"

        def route(path: str, handler: Handler, method: str) -> Route:
            return Route(f"{secrets}{path}", self._of_project(handler), methods=[method])

        return [
            route("", self._create, "POST"),
            route("/{secret}:addVersion", self._add, "POST"),
            route("/{secret}/versions", self._list, "GET"),
            route("/{secret}/versions/{version}:access", self._access, "GET"),
            route("/{secret}/versions/{version}:disable", self._disable, "POST"),
        ]

    def _of_project(self, handler: Handler) -> Handler:
        """Other projects, and secrets that are not there, answer the same."""

        async def found(request: Request) -> Response:
            secret = request.path_params.get("secret")
            if request.path_params["project"] != self.project or (secret and not (self.folder / secret).exists()):
                return refusal(404, "NOT_FOUND", f"Secret [{request.url.path}] not found.")
            return await handler(request)

        return found

    async def _create(self, request: Request) -> Response:
        name, body = request.query_params.get("secretId", ""), await read_json(request)
        if not NAME.fullmatch(name) or not body.get("replication"):
            return refusal(400, "INVALID_ARGUMENT", "A secret needs a name and a replication.")
        if (self.folder / name).exists():
            return refusal(409, "ALREADY_EXISTS", f"Secret [{self._name(name)}] already exists.")
        (self.folder / name).mkdir()
        return JSONResponse({"name": self._name(name), "replication": body["replication"]})

    async def _add(self, request: Request) -> Response:
        secret, payload = request.path_params["secret"], (await read_json(request)).get("payload", {})
        data = base64.b64decode(payload.get("data", ""))
        sum_given = payload.get("dataCrc32c")
        if not data or len(data) > 65_536 or (sum_given and int(sum_given) != google_crc32c.value(data)):
            return refusal(400, "INVALID_ARGUMENT", "A version holds 1 to 65536 bytes, and their checksum is right.")
        if (self.folder / secret).is_file():
            return refusal(400, "FAILED_PRECONDITION", "This secret is a file: it is written by hand.")
        number = max(self._numbers(secret), default=0) + 1
        with (self.folder / secret / str(number)).open("xb") as file:
            file.write(data)
        return JSONResponse(self._version(secret, number))

    async def _list(self, request: Request) -> Response:
        secret, wanted = request.path_params["secret"], request.query_params.get("filter", "")
        if wanted not in ("", "state:ENABLED"):
            return refusal(400, "INVALID_ARGUMENT", f"This filter is not known here: {wanted}")
        versions = [self._version(secret, number) for number in sorted(self._numbers(secret), reverse=True)]
        shown = [one for one in versions if not wanted or one["state"] == "ENABLED"]
        return JSONResponse({"versions": shown, "totalSize": len(shown)})

    async def _access(self, request: Request) -> Response:
        secret, asked = request.path_params["secret"], request.path_params["version"]
        if (self.folder / secret).is_file():
            return self._payload(secret, 1, (self.folder / secret).read_bytes())
        number = self._number(secret, asked)
        if number is None:
            return refusal(404, "NOT_FOUND", f"Secret Version [{self._name(secret)}/versions/{asked}] not found.")
        if not (self.folder / secret / str(number)).exists():
            name = f"{self._name(secret)}/versions/{number}"
            return refusal(400, "FAILED_PRECONDITION", f"Secret Version [{name}] is in DISABLED state.")
        return self._payload(secret, number, (self.folder / secret / str(number)).read_bytes())

    async def _disable(self, request: Request) -> Response:
        secret, asked = request.path_params["secret"], request.path_params["version"]
        number = self._number(secret, asked)
        if number is None:
            return refusal(404, "NOT_FOUND", f"Secret Version [{self._name(secret)}/versions/{asked}] not found.")
        path = self.folder / secret / str(number)
        if path.exists():
            path.rename(path.with_name(path.name + DISABLED))
        return JSONResponse(self._version(secret, number))

    def _numbers(self, secret: str) -> list[int]:
        """The numbers of all versions of a secret that is a folder."""
        folder = self.folder / secret
        return [int(path.name.removesuffix(DISABLED)) for path in folder.iterdir()] if folder.is_dir() else []

    def _number(self, secret: str, asked: str) -> int | None:
        """The number that `asked` means, "latest" being the newest whatever its state; None if there is none."""
        numbers = self._numbers(secret)
        if asked == "latest":
            return max(numbers, default=None)
        return int(asked) if asked.isdecimal() and int(asked) in numbers else None

    def _version(self, secret: str, number: int) -> Json:
        enabled = (self.folder / secret / str(number)).exists()
        return {"name": f"{self._name(secret)}/versions/{number}", "state": "ENABLED" if enabled else "DISABLED"}

    def _payload(self, secret: str, number: int, data: bytes) -> Response:
        name = f"{self._name(secret)}/versions/{number}"
        return JSONResponse({"name": name, "payload": {"data": base64.b64encode(data).decode()}})

    def _name(self, secret: str) -> str:
        return f"projects/{self.project}/secrets/{secret}"
