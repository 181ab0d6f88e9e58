"""The Cloud Storage JSON API: what the real client library asks for."""

import json
import re
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.google.objects import Match, Missing, Objects, PreconditionFailed, Stored, crc32c, resource

PAGE = 1000


class StorageApi:
    """One bucket over HTTP. Resumable uploads live in memory: an interrupted one is started again."""

    def __init__(self, bucket: str, objects: Objects, base: str) -> None:
        self.bucket = bucket
        self.objects = objects
        self.base = base
        self.uploads: dict[str, dict[str, Any]] = {}

    def routes(self) -> list[Route]:
        name = "/b/{bucket}/o/{name:path}"
        return [
            Route("/storage/v1/b/{bucket}", self.get_bucket),
            Route("/storage/v1/b/{bucket}/o", self.list_objects),
            Route(f"/storage/v1{name}", self.get, methods=["GET"]),
            Route(f"/storage/v1{name}", self.delete, methods=["DELETE"]),
            Route(f"/storage/v1{name}", self.patch, methods=["PATCH", "PUT"]),
            Route(f"/storage/v1{name}", self.post, methods=["POST"]),
            Route(f"/download/storage/v1{name}", self.download),
            Route("/upload/storage/v1/b/{bucket}/o", self.upload, methods=["POST"]),
            Route("/upload/storage/v1/b/{bucket}/o", self.resume, methods=["PUT"]),
        ]

    async def get_bucket(self, request: Request) -> Response:
        if request.path_params["bucket"] != self.bucket:
            return failure(404, "The specified bucket does not exist.")
        return JSONResponse({"kind": "storage#bucket", "name": self.bucket, "id": self.bucket})

    async def list_objects(self, request: Request) -> Response:
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
            folder = prefix + rest[: rest.index(delimiter) + 1] if delimiter and delimiter in rest else ""
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

    async def get(self, request: Request) -> Response:
        if request.query_params.get("alt") == "media":
            return await self.download(request)
        try:
            stored = self._wanted(request)
            _match(request).check(stored)
        except Missing:
            return failure(404, f"No such object: {self.bucket}/{_name(request)}")
        except PreconditionFailed:
            return failure(412, "At least one of the pre-conditions you specified did not hold.")
        return JSONResponse(resource(self.bucket, stored, self.base))

    async def download(self, request: Request) -> Response:
        try:
            stored = self._wanted(request)
            _match(request).check(stored)
            data = await run_in_threadpool(self.objects.read, stored)
        except Missing:
            return failure(404, f"No such object: {self.bucket}/{_name(request)}")
        except PreconditionFailed:
            return failure(412, "At least one of the pre-conditions you specified did not hold.")
        headers = {
            "X-Goog-Generation": str(stored.generation),
            "X-Goog-Metageneration": str(stored.metageneration),
            "X-Goog-Hash": f"crc32c={stored.crc32c},md5={stored.md5}",
            "X-Goog-Stored-Content-Length": str(stored.size),
            "ETag": f"{stored.generation}-{stored.metageneration}",
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

    async def delete(self, request: Request) -> Response:
        try:
            self.objects.delete(_name(request), _match(request))
        except Missing:
            return failure(404, f"No such object: {self.bucket}/{_name(request)}")
        except PreconditionFailed:
            return failure(412, "At least one of the pre-conditions you specified did not hold.")
        return Response(status_code=204)

    async def patch(self, request: Request) -> Response:
        change = await request.json()
        try:
            stored = self.objects.patch(
                _name(request), change.get("metadata") or {}, change.get("contentType"), _match(request)
            )
        except Missing:
            return failure(404, f"No such object: {self.bucket}/{_name(request)}")
        except PreconditionFailed:
            return failure(412, "At least one of the pre-conditions you specified did not hold.")
        return JSONResponse(resource(self.bucket, stored, self.base))

    async def post(self, request: Request) -> Response:
        """`…/compose`, `…/rewriteTo/…` and `…/copyTo/…` end the object's name."""
        name = _name(request)
        if name.endswith("/compose"):
            return await self._compose(request, name.removesuffix("/compose"))
        moved = re.fullmatch(r"(.+)/(rewriteTo|copyTo)/b/([^/]+)/o/(.+)", name)
        if not moved:
            return failure(404, "Not found.")
        try:
            source = self.objects.require(moved[1])
            data = self.objects.read(source)
        except Missing:
            return failure(404, f"No such object: {self.bucket}/{moved[1]}")
        result = self._store(request, moved[4], data, {"contentType": source.content_type, "metadata": source.metadata})
        if moved[2] == "copyTo" or result.status_code != 200:
            return result
        size = str(len(data))
        body = {"kind": "storage#rewriteResponse", "done": True, "objectSize": size, "totalBytesRewritten": size}
        return JSONResponse(body | {"resource": json.loads(bytes(result.body))})

    async def _compose(self, request: Request, name: str) -> Response:
        ask = await request.json()
        try:
            parts = [self.objects.read(self.objects.require(part["name"])) for part in ask["sourceObjects"]]
        except Missing:
            return failure(404, "A source object is missing.")
        return self._store(request, name, b"".join(parts), ask.get("destination") or {})

    async def upload(self, request: Request) -> Response:
        kind = request.query_params.get("uploadType")
        if kind == "resumable":
            raw = await request.body()
            token = uuid4().hex
            about = json.loads(raw) if raw else {}
            about.setdefault("contentType", request.headers.get("x-upload-content-type", ""))
            name = request.query_params.get("name") or about["name"]
            self.uploads[token] = {"request": request, "name": name, "about": about, "data": bytearray()}
            where = f"{self.base}/upload/storage/v1/b/{self.bucket}/o?uploadType=resumable&upload_id={token}"
            return JSONResponse({}, headers={"Location": where, "X-GUploader-UploadID": token})
        if kind == "multipart":
            head = b"Content-Type: " + request.headers["content-type"].encode() + b"\r\n\r\n"
            message = BytesParser(policy=HTTP).parsebytes(head + await request.body())
            about_part, data_part = message.iter_parts()
            about = json.loads(about_part.get_payload(decode=True))  # type: ignore[arg-type]
            about.setdefault("contentType", data_part.get_content_type())
            data = _last_part(head, request, data_part)
            return self._store(request, about["name"], data, about)
        about = {"contentType": request.headers.get("content-type", "application/octet-stream")}
        return self._store(request, request.query_params["name"], await request.body(), about)

    async def resume(self, request: Request) -> Response:
        upload = self.uploads.get(request.query_params.get("upload_id", ""))
        if upload is None:
            return failure(404, "No such upload.")
        span = re.fullmatch(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)", request.headers.get("content-range", ""))
        body = await request.body()
        received: bytearray = upload["data"]
        if span and span[1] is not None and int(span[1]) <= len(received):
            received[int(span[1]) :] = body
        elif span is None:
            received[:] = body
        total = None if span is None else span[3]
        if span is not None and (total == "*" or len(received) < int(total or 0)):
            headers = {"Range": f"bytes=0-{len(received) - 1}"} if received else {}
            return Response(status_code=308, headers=headers)
        del self.uploads[request.query_params["upload_id"]]
        return self._store(upload["request"], upload["name"], bytes(received), upload["about"])

    def _store(self, request: Request, name: str, data: bytes, about: dict[str, Any]) -> JSONResponse:
        if request.path_params["bucket"] != self.bucket:
            return failure(404, "The specified bucket does not exist.")
        if about.get("crc32c") and about["crc32c"] != crc32c(data):
            return failure(400, "Provided CRC32C does not match the data.")
        try:
            stored = self.objects.put(
                name,
                data,
                content_type=about.get("contentType") or "application/octet-stream",
                metadata=about.get("metadata") or {},
                match=_match(request),
            )
        except PreconditionFailed:
            return failure(412, "At least one of the pre-conditions you specified did not hold.")
        return JSONResponse(resource(self.bucket, stored, self.base))

    def _wanted(self, request: Request) -> Stored:
        stored = self.objects.require(_name(request))
        asked = request.query_params.get("generation")
        if asked and int(asked) != stored.generation:
            raise Missing
        return stored


def call_name(method: str, path: str) -> str | None:
    """What a request is called when faults are planned for it."""
    if path.startswith("/upload/"):
        return "storage.objects.insert"
    if path.startswith("/download/"):
        return "storage.objects.get"
    if not path.startswith("/storage/"):
        return None
    if path.endswith("/o"):
        return "storage.objects.list"
    if path.endswith("/compose"):
        return "storage.objects.compose"
    verb = {"GET": "get", "DELETE": "delete", "PATCH": "patch", "PUT": "patch", "POST": "rewrite"}[method]
    return f"storage.objects.{verb}"


def failure(code: int, message: str) -> JSONResponse:
    """An error as Google's JSON APIs show it."""
    return JSONResponse({"error": {"code": code, "message": message, "errors": [{"message": message}]}}, code)


def _name(request: Request) -> str:
    return unquote(request.path_params["name"])


def _match(request: Request) -> Match:
    def number(key: str) -> int | None:
        value = request.query_params.get(key)
        return None if value is None else int(value)

    return Match(number("ifGenerationMatch"), number("ifGenerationNotMatch"), number("ifMetagenerationMatch"))


def _last_part(head: bytes, request: Request, part: Any) -> bytes:
    """The bytes of a multipart upload's file, unchanged whatever they contain."""
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""
