"""The Cloud Storage JSON API: what the real client library asks for."""

import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from email.utils import formatdate
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.google.objects import Match, Missing, NotModified, Objects, PreconditionFailed, Stored, resource
from local.google.uploads import BadUpload, Session, Sessions, split_multipart

PAGE = 1000
COMPOSE_MOST = 32
Handler = Callable[[Request], Awaitable[Response]]


class StorageApi:
    """One bucket over HTTP."""

    def __init__(self, bucket: str, objects: Objects, base: str) -> None:
        self.bucket = bucket
        self.objects = objects
        self.base = base
        self.sessions = Sessions(objects.folder / "uploads")

    def routes(self) -> list[Route]:
        bucket = "/b/{bucket}"
        name = f"{bucket}/o/{{name:path}}"

        def route(path: str, handler: Handler, method: str) -> Route:
            return Route(path, self._answering(handler), methods=[method])

        return [
            route(f"/storage/v1{bucket}", self._get_bucket, "GET"),
            route(f"/storage/v1{bucket}/o", self._list, "GET"),
            route(f"/storage/v1{name}", self._get, "GET"),
            route(f"/storage/v1{name}", self._delete, "DELETE"),
            route(f"/storage/v1{name}", self._patch, "PATCH"),
            route(f"/storage/v1{name}", self._patch, "PUT"),
            route(f"/storage/v1{name}", self._post, "POST"),
            route(f"/download/storage/v1{name}", self._download, "GET"),
            route(f"/upload/storage/v1{bucket}/o", self._upload, "POST"),
            route(f"/upload/storage/v1{bucket}/o", self._resume, "PUT"),
            route(f"/upload/storage/v1{bucket}/o", self._give_up, "DELETE"),
        ]

    def _answering(self, handler: Handler) -> Handler:
        """The handler, with refusals answered as the service answers them."""

        async def answer(request: Request) -> Response:
            if request.path_params["bucket"] != self.bucket:
                return failure(404, "The specified bucket does not exist.")
            try:
                return await handler(request)
            except Missing:
                return failure(404, f"No such object: {self.bucket}/{request.path_params.get('name', '')}")
            except NotModified:
                return failure(412, UNMET) if request.method != "GET" else Response(status_code=304)
            except PreconditionFailed:
                return failure(412, UNMET)
            except BadUpload as error:
                return failure(400, str(error))

        return answer

    async def _get_bucket(self, request: Request) -> Response:
        return JSONResponse({"kind": "storage#bucket", "name": self.bucket, "id": self.bucket})

    # Reading

    async def _list(self, request: Request) -> Response:
        ask = request.query_params
        prefix, delimiter = ask.get("prefix", ""), ask.get("delimiter", "")
        found = self.objects.names(prefix, ask.get("startOffset", ""), ask.get("endOffset", ""))
        after = ask.get("pageToken", "")
        limit = min(int(ask.get("maxResults", PAGE)), PAGE)
        items: list[Stored] = []
        prefixes: list[str] = []
        last = ""
        for stored in found:
            rest = stored.name[len(prefix) :]
            folder = prefix + rest[: rest.index(delimiter) + len(delimiter)] if delimiter and delimiter in rest else ""
            key = folder or stored.name
            if key <= after or key == last:
                continue
            if len(items) + len(prefixes) == limit:
                return JSONResponse(self._page(items, prefixes, last))
            last = key
            if folder:
                prefixes.append(folder)
            else:
                items.append(stored)
        return JSONResponse(self._page(items, prefixes, ""))

    def _page(self, items: list[Stored], prefixes: list[str], token: str) -> dict[str, Any]:
        page = {"kind": "storage#objects", "items": [resource(self.bucket, one, self.base) for one in items]}
        return page | ({"prefixes": prefixes} if prefixes else {}) | ({"nextPageToken": token} if token else {})

    async def _get(self, request: Request) -> Response:
        if request.query_params.get("alt") == "media":
            return await self._download(request)
        return JSONResponse(resource(self.bucket, self._wanted(request), self.base))

    async def _download(self, request: Request) -> Response:
        while True:
            stored = self._wanted(request)
            try:
                data = await run_in_threadpool(self.objects.read, stored)
                break
            except Missing:
                continue  # a newer version came between: the service answers with that one
        headers = {
            "X-Goog-Generation": str(stored.generation),
            "X-Goog-Metageneration": str(stored.metageneration),
            "X-Goog-Hash": f"crc32c={stored.crc32c},md5={stored.md5}",
            "X-Goog-Stored-Content-Length": str(stored.size),
            "ETag": f"{stored.generation}-{stored.metageneration}",
            "Last-Modified": formatdate(stored.updated, usegmt=True),
        }
        asked = re.fullmatch(r"bytes=(\d*)-(\d*)", request.headers.get("range", ""))
        if not asked:
            return Response(data, headers=headers, media_type=stored.content_type)
        start = int(asked[1]) if asked[1] else max(0, len(data) - int(asked[2] or 0))
        end = min(int(asked[2]), len(data) - 1) if asked[1] and asked[2] else len(data) - 1
        if start >= len(data):
            return Response(status_code=416, headers={"Content-Range": f"bytes */{len(data)}"})
        headers["Content-Range"] = f"bytes {start}-{end}/{len(data)}"
        return Response(data[start : end + 1], 206, headers=headers, media_type=stored.content_type)

    def _wanted(self, request: Request) -> Stored:
        stored = self.objects.require(request.path_params["name"])
        asked = request.query_params.get("generation")
        if asked and int(asked) != stored.generation:
            raise Missing
        _match(request).check(stored)
        return stored

    # Changing

    async def _delete(self, request: Request) -> Response:
        self.objects.delete(request.path_params["name"], _match(request))
        return Response(status_code=204)

    async def _patch(self, request: Request) -> Response:
        change = await _json(request)
        metadata = change.get("metadata") or {}
        changed = self.objects.patch(request.path_params["name"], metadata, change.get("contentType"), _match(request))
        return JSONResponse(resource(self.bucket, changed, self.base))

    async def _post(self, request: Request) -> Response:
        """`…/compose`, `…/rewriteTo/…` and `…/copyTo/…` end the object's name."""
        name = request.path_params["name"]
        if name.endswith("/compose"):
            return await self._compose(request, name.removesuffix("/compose"))
        moved = re.fullmatch(r"(.+)/(rewriteTo|copyTo)/b/([^/]+)/o/(.+)", name)
        if not moved:
            return failure(404, "Not found.")
        source = self.objects.require(moved[1])
        _match(request, "ifSource").check(source)
        data = self.objects.read(source)
        about = {"contentType": source.content_type, "metadata": source.metadata}
        result = self._store(moved[4], data, about, _match(request))
        if moved[2] == "copyTo":
            return JSONResponse(result)
        size = str(len(data))
        body = {"kind": "storage#rewriteResponse", "done": True, "objectSize": size, "totalBytesRewritten": size}
        return JSONResponse(body | {"resource": result})

    async def _compose(self, request: Request, name: str) -> Response:
        ask = await _json(request)
        parts = ask["sourceObjects"]
        if not 1 <= len(parts) <= COMPOSE_MOST:
            return failure(400, f"The number of source components must be between 1 and {COMPOSE_MOST}.")
        data = b"".join(self.objects.read(self.objects.require(part["name"])) for part in parts)
        made = self._store(name, data, ask.get("destination") or {}, _match(request))
        return JSONResponse(made | {"componentCount": len(parts)})

    # Uploading

    async def _upload(self, request: Request) -> Response:
        ask, match = request.query_params, _match(request)
        kind = ask.get("uploadType")
        body = await request.body()
        if kind == "resumable":
            about = await _json(request)
            about.setdefault("contentType", request.headers.get("x-upload-content-type", ""))
            name = ask.get("name") or about["name"]
            match.check(self.objects.find(name))
            session = self.sessions.begin(name, about, asdict(match))
            where = f"{self.base}/upload/storage/v1/b/{self.bucket}/o?uploadType=resumable&upload_id={session.id}"
            return JSONResponse({}, headers={"Location": where, "X-GUploader-UploadID": session.id})
        if kind == "multipart":
            about, content_type, data = split_multipart(request.headers["content-type"], body)
            about.setdefault("contentType", content_type)
            return JSONResponse(self._store(ask.get("name") or about["name"], data, about, match))
        about = {"contentType": request.headers.get("content-type", ""), **_hashes(request)}
        return JSONResponse(self._store(ask["name"], body, about, match))

    async def _resume(self, request: Request) -> Response:
        session = self.sessions.find(request.query_params.get("upload_id", ""))
        if session is None:
            return failure(404, "No such upload.")
        if session.status:
            return Response(session.reply, session.status, media_type="application/json")
        if not self.sessions.data(session).exists():
            return failure(404, "No such upload.")  # a kill came after the object, before the answer
        span = re.fullmatch(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)", request.headers.get("content-range", ""))
        chunk = await request.body()
        start = int(span[1]) if span and span[1] else 0
        if span and not span[1]:
            chunk = b""  # a question: how much is here?
            start = self.sessions.data(session).stat().st_size
        size = self.sessions.receive(session, start, chunk)
        if span and (span[3] == "*" or size < int(span[3])):
            return Response(status_code=308, headers={"Range": f"bytes=0-{size - 1}"} if size else {})
        return self._finish(session, _hashes(request))

    def _finish(self, session: Session, hashes: dict[str, str]) -> Response:
        """Make the object of a whole upload; whatever the answer, it is the answer from now on."""
        match = Match(**session.match)
        try:
            made = self._store(session.name, self.sessions.data(session), session.about | hashes, match)
            reply = JSONResponse(made)
        except PreconditionFailed:
            reply = failure(412, UNMET)
        except BadUpload as error:
            reply = failure(400, str(error))
        self.sessions.finish(session, reply.status_code, bytes(reply.body).decode())
        return reply

    async def _give_up(self, request: Request) -> Response:
        if session := self.sessions.find(request.query_params.get("upload_id", "")):
            self.sessions.drop(session)
        return Response(status_code=499)

    def _store(self, name: str, data: bytes | Path, about: dict[str, Any], match: Match) -> dict[str, Any]:
        try:
            stored = self.objects.put(
                name,
                data,
                content_type=about.get("contentType") or "application/octet-stream",
                metadata=about.get("metadata") or {},
                match=match,
                checksums={key: about[key] for key in ("crc32c", "md5Hash") if about.get(key)},
            )
        except ValueError as error:
            raise BadUpload(str(error)) from error
        return resource(self.bucket, stored, self.base)


UNMET = "At least one of the pre-conditions you specified did not hold."


def call_name(method: str, path: str) -> str | None:
    """What a request is called when faults are planned for it."""
    if path.startswith("/upload/"):
        return "storage.objects.insert"
    if path.startswith("/download/"):
        return "storage.objects.get"
    if not path.startswith("/storage/v1/b/"):
        return None
    if "/o/" not in path:
        return "storage.objects.list" if path.endswith("/o") else "storage.buckets.get"
    if method == "POST":
        return "storage.objects.compose" if path.endswith("/compose") else "storage.objects.rewrite"
    return f"storage.objects.{ {'DELETE': 'delete', 'PATCH': 'patch', 'PUT': 'patch'}.get(method, 'get') }"


def failure(code: int, message: str) -> JSONResponse:
    """An error as Google's JSON APIs show it."""
    return JSONResponse({"error": {"code": code, "message": message, "errors": [{"message": message}]}}, code)


def _match(request: Request, kind: str = "if") -> Match:
    def number(key: str) -> int | None:
        value = request.query_params.get(kind + key)
        return None if value is None else int(value)

    return Match(
        generation=number("GenerationMatch"),
        not_generation=number("GenerationNotMatch"),
        metageneration=number("MetagenerationMatch"),
        not_metageneration=number("MetagenerationNotMatch"),
    )


async def _json(request: Request) -> dict[str, Any]:
    try:
        read: dict[str, Any] = json.loads(await request.body() or "{}")
    except ValueError as error:
        raise BadUpload(f"The body is not JSON: {error}") from error
    return read


def _hashes(request: Request) -> dict[str, str]:
    """The checksums a client sends along, under the names that metadata has for them."""
    given = re.findall(r"(crc32c|md5)=([A-Za-z0-9+/]+={0,2})", request.headers.get("x-goog-hash", ""))
    return {"md5Hash" if name == "md5" else name: value for name, value in given}
