"""The Cloud Storage JSON API: what the real client library asks for."""

import json
import re
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import asdict
from email.utils import formatdate
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from local.google.described import Invalid, check_name, read_custom_time, read_metadata
from local.google.listing import BadToken, page
from local.google.objects import Objects
from local.google.partial import BadFields, part_of, wanted
from local.google.stored import Match, Missing, NotModified, PreconditionFailed, Replaced, Stored, etag, resource
from local.google.uploads import BadUpload, Session, Sessions, split_multipart

COMPOSE_MOST = 32
# Larger ones are sent piece by piece.
AT_ONCE = 8 << 20
# How often an object may be replaced while it is looked up, until one gives up.
LOOKS = 20
# What we do not do, and what would be another answer without it.
NOT_DONE = ("versions", "softDeleted", "matchGlob", "includeFoldersAsPrefixes", "includeTrailingDelimiter")
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
                return _partly(request, await handler(request))
            except Missing as error:
                return failure(
                    404, f"No such object: {self.bucket}/{error.what or request.path_params.get('name', '')}"
                )
            except NotModified:
                return failure(412, UNMET) if request.method != "GET" else Response(status_code=304)
            except PreconditionFailed:
                return failure(412, UNMET)
            except (BadUpload, Invalid) as error:
                return failure(400, str(error))
            except BadFields:
                return failure(400, "Invalid field selection")
            except BadToken:
                return failure(400, "Invalid value for: pageToken")

        return answer

    async def _get_bucket(self, request: Request) -> Response:
        return JSONResponse({"kind": "storage#bucket", "name": self.bucket, "id": self.bucket})

    # Reading

    async def _list(self, request: Request) -> Response:
        ask = request.query_params
        if any(ask.get(name, "false") not in ("", "false") for name in NOT_DONE):
            return failure(501, "This stand-in does not list that.")
        found = await run_in_threadpool(
            page,
            self.objects,
            prefix=ask.get("prefix", ""),
            delimiter=ask.get("delimiter", ""),
            start=ask.get("startOffset", ""),
            end=ask.get("endOffset", ""),
            token=ask.get("pageToken", ""),
            limit=_most(ask.get("maxResults", "1000")),
        )
        told: dict[str, Any] = {"kind": "storage#objects"}
        # What there is none of, the service does not name.
        if found.items:
            told["items"] = [resource(self.bucket, one, self.base) for one in found.items]
        if found.prefixes:
            told["prefixes"] = found.prefixes
        return JSONResponse(told | ({"nextPageToken": found.token} if found.token else {}))

    async def _get(self, request: Request) -> Response:
        if request.query_params.get("alt") == "media":
            return await self._download(request)
        return JSONResponse(resource(self.bucket, self._wanted(request), self.base))

    async def _download(self, request: Request) -> Response:
        for _ in range(LOOKS):
            try:
                return await self._sent(request, self._wanted(request))
            except Replaced:
                continue  # a newer version came between: the service answers with that one
        raise Missing

    async def _sent(self, request: Request, stored: Stored) -> Response:
        """The bytes of a version, or the part of them that is asked for. Raises Replaced."""
        hashes = f"crc32c={stored.crc32c}" + (f",md5={stored.md5}" if stored.md5 else "")
        headers = {
            # As it was given, without a word more.
            "Content-Type": stored.content_type,
            "X-Goog-Generation": str(stored.generation),
            "X-Goog-Metageneration": str(stored.metageneration),
            "X-Goog-Hash": hashes,
            "X-Goog-Stored-Content-Length": str(stored.size),
            "X-Goog-Stored-Content-Encoding": "identity",
            "X-Goog-Storage-Class": "STANDARD",
            "Accept-Ranges": "bytes",
            "ETag": etag(stored),
            # When the bytes were stored, which no change of metadata alters.
            "Last-Modified": formatdate(stored.created, usegmt=True),
            "Cache-Control": "no-cache, no-store, max-age=0, must-revalidate",
        }
        if stored.components:
            headers["X-Goog-Component-Count"] = str(stored.components)
        asked = re.fullmatch(r"bytes=(\d*)-(\d*)", request.headers.get("range", ""))
        start, end, status = 0, stored.size - 1, 200
        if asked:
            start = int(asked[1]) if asked[1] else max(0, stored.size - int(asked[2] or 0))
            end = min(int(asked[2]), end) if asked[1] and asked[2] else end
            if start >= stored.size:
                return Response(status_code=416, headers={"Content-Range": f"bytes */{stored.size}"})
            headers["Content-Range"] = f"bytes {start}-{end}/{stored.size}"
            status = 206
        size = end - start + 1
        pieces = await run_in_threadpool(self.objects.pieces, stored, start, size)
        if size > AT_ONCE:
            headers["Content-Length"] = str(size)
            return StreamingResponse(pieces, status, headers)
        data = await run_in_threadpool(b"".join, pieces)
        return Response(data, status, headers)

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
        change, name, match = await _json(request), request.path_params["name"], _match(request)
        metadata = read_metadata(change)
        if request.method == "PUT" or ("metadata" in change and change["metadata"] is None):
            # It is to have what is named, and no more.
            metadata = dict.fromkeys(self.objects.require(name).metadata) | metadata
        changed = self.objects.patch(name, metadata, change.get("contentType"), match, read_custom_time(change))
        return JSONResponse(resource(self.bucket, changed, self.base))

    async def _post(self, request: Request) -> Response:
        """`…/compose`, `…/rewriteTo/…` and `…/copyTo/…` end the object's name."""
        name = request.path_params["name"]
        if name.endswith("/compose"):
            return await self._compose(request, name.removesuffix("/compose"))
        moved = re.fullmatch(r"(.+)/(rewriteTo|copyTo)/b/([^/]+)/o/(.+)", name)
        if not moved:
            return failure(404, "Not found.")
        source, match = self.objects.require(moved[1]), _match(request)
        _match(request, "ifSource").check(source)
        asked = await _json(request)
        kept: dict[str, Any] = {"contentType": source.content_type, "metadata": source.metadata}
        if source.custom_time is not None:
            kept["customTime"] = resource("", source, "")["customTime"]
        # What is said of the copy replaces all that was said of its source.
        result = await run_in_threadpool(self._store, moved[4], self.objects.pieces(source), asked or kept, match)
        if moved[2] == "copyTo":
            return JSONResponse(result)
        size = str(source.size)
        body = {"kind": "storage#rewriteResponse", "done": True, "objectSize": size, "totalBytesRewritten": size}
        return JSONResponse(body | {"resource": result})

    async def _compose(self, request: Request, name: str) -> Response:
        ask = await _json(request)
        parts = ask.get("sourceObjects") or []
        if not parts:
            return failure(400, "You must provide at least one source component.")
        if len(parts) > COMPOSE_MOST:
            said = f"The number of source components provided ({len(parts)}) exceeds the maximum ({COMPOSE_MOST})"
            return failure(400, said)
        _match(request).check(self.objects.find(name))
        sources = [self._source(part) for part in parts]
        # Opened before any is replaced, perhaps by this very object; read piece by piece.
        pieces = _joined([self.objects.pieces(source) for source in sources])
        components = sum(max(1, source.components) for source in sources)
        about = ask.get("destination") or {}
        return JSONResponse(await run_in_threadpool(self._store, name, pieces, about, _match(request), components))

    def _source(self, part: dict[str, Any]) -> Stored:
        """One of those that are composed, as it was asked for. Raises Missing with its name, PreconditionFailed."""
        name = str(part.get("name") or "")
        found, asked = self.objects.find(name), part.get("generation")
        if found is None or (asked is not None and int(asked) != found.generation):
            raise Missing(name)
        generation = (part.get("objectPreconditions") or {}).get("ifGenerationMatch")
        Match(None if generation is None else int(generation)).check(found)
        return found

    # Uploading

    async def _upload(self, request: Request) -> Response:
        ask, match = request.query_params, _match(request)
        kind = ask.get("uploadType")
        body = await request.body()
        if kind == "resumable":
            about = await _json(request)
            about.setdefault("contentType", request.headers.get("x-upload-content-type", ""))
            name = check_name(ask.get("name") or about.get("name") or "")
            read_metadata(about)
            read_custom_time(about)
            match.check(self.objects.find(name))
            session = self.sessions.begin(name, about, asdict(match))
            where = f"{self.base}/upload/storage/v1/b/{self.bucket}/o?uploadType=resumable&upload_id={session.id}"
            return JSONResponse({}, headers={"Location": where, "X-GUploader-UploadID": session.id})
        if kind == "multipart":
            about, content_type, data = split_multipart(request.headers["content-type"], body)
            about.setdefault("contentType", content_type)
            return JSONResponse(self._store(ask.get("name") or about.get("name") or "", data, about, match))
        about = {"contentType": request.headers.get("content-type", ""), **_hashes(request)}
        return JSONResponse(self._store(ask.get("name") or "", body, about, match))

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
        except Invalid as error:
            reply = failure(400, str(error))
        self.sessions.finish(session, reply.status_code, bytes(reply.body).decode())
        return reply

    async def _give_up(self, request: Request) -> Response:
        if session := self.sessions.find(request.query_params.get("upload_id", "")):
            self.sessions.drop(session)
        return Response(status_code=499)

    def _store(
        self, name: str, data: bytes | Path | Iterable[bytes], about: dict[str, Any], match: Match, components: int = 0
    ) -> dict[str, Any]:
        metadata = {key: value for key, value in read_metadata(about).items() if value is not None}
        stored = self.objects.put(
            check_name(name),
            data,
            content_type=about.get("contentType") or "application/octet-stream",
            metadata=metadata,
            match=match,
            checksums={key: about[key] for key in ("crc32c", "md5Hash") if about.get(key)},
            custom_time=read_custom_time(about),
            components=components,
        )
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


def _most(given: str) -> int:
    """How many a listing may show. Raises Invalid."""
    if not given.isdecimal() or int(given) < 1:
        raise Invalid("Invalid value for: maxResults")
    return int(given)


def _joined(sources: list[Iterator[bytes]]) -> Iterator[bytes]:
    for source in sources:
        yield from source


def _partly(request: Request, answer: Response) -> Response:
    """The parts of an answer that were asked for."""
    fields = request.query_params.get("fields")
    if not fields or not isinstance(answer, JSONResponse) or answer.status_code != 200:
        return answer
    return JSONResponse(part_of(json.loads(bytes(answer.body)), wanted(fields)), 200, _but_length(answer))


def _but_length(answer: Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name.lower() != "content-length"}


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
