"""Cloud Storage, the only state there is. Every write of the project goes through `Storage._write`.

Why each write carries a precondition and a `write_id`: the client library repeats a write whose reply was
lost, and then reports a failed precondition although the object is ours (googleapis/java-storage#1453). So on
a 412, and when the replies stay away, the object is read back: our `write_id` in it means that we won.

An object may carry a `line`: what a list shows of it. It is kept in the object's metadata, so that a listing, one
request for a thousand objects, brings the lines along. And it may be `passing`: nobody needs it any more once it is
older than the retention, and the bucket's lifecycle rule on its custom time throws it away.
"""

import base64
import json
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import google_crc32c
from google.auth.credentials import Credentials
from google.cloud.storage import Client
from google.cloud.storage.retry import DEFAULT_RETRY
from pydantic import BaseModel

from engine.cloud.failures import CLIENT_ERRORS
from engine.cloud.lines import Line, in_metadata, line_in
from engine.cloud.sessions import have_room, read_refusals, stay_within
from engine.cloud.storage_errors import meaning
from engine.errors import AlreadyExists, Ambiguous, BrokenState, Conflict, MmmError, NotFound, Unavailable

T = TypeVar("T")
Body = Mapping[str, Any] | BaseModel

WRITE_ID = "write_id"
# Of a listing, what is read of it: the rest would be three times as much.
LISTED = "items(name,size,generation,updated,crc32c,metadata),nextPageToken"
SWAP_TRIES = 8
LOOK_SECONDS = 5.0
# Failures after which a write may be there all the same. Not found: the bucket, or a forgotten upload session.
DOUBTFUL = (Conflict, NotFound, Unavailable)


@dataclass(frozen=True)
class Document:
    """A JSON object as it stood when it was read. `body` is without our `write_id`."""

    path: str
    body: dict[str, Any]
    generation: int


@dataclass(frozen=True)
class Entry:
    """One object of a listing. `crc32c` is base64, as Cloud Storage states it; `line` is None where it has none."""

    path: str
    size: int
    generation: int
    updated: datetime
    crc32c: str = ""
    line: dict[str, Any] | None = None


@dataclass(frozen=True)
class StoredFile:
    """A file in the bucket. `crc32c` is base64, as Cloud Storage states it."""

    path: str
    size: int
    crc32c: str
    generation: int


@dataclass(frozen=True)
class Protection:
    """What keeps a bucket's objects from harm, and for how long.

    `soft_delete` is seconds that deleted and overwritten ones are kept; `keep_days` how long what is passing is kept;
    None: for ever.
    """

    versioning: bool
    public_access: str
    soft_delete: int
    keep_days: int | None = None


class Storage:
    """One bucket, below one root. Paths are relative to the root."""

    def __init__(
        self,
        bucket: str,
        *,
        project: str,
        root: str = "",
        url: str = "",
        credentials: Credentials | None = None,
        timeout: float = 30.0,
        deadline: float = 60.0,
    ) -> None:
        options = {"api_endpoint": url} if url else None
        self._client = Client(project=project, credentials=credentials, client_options=options)
        stay_within(self._client._http)
        have_room(self._client._http)
        read_refusals(self._client._http)
        # Since 3.11 the library asks for the bucket itself, in the background: once a client, and again whenever
        # something is not there (googleapis/google-cloud-python#17650). It is for traces that we do not make.
        self._client._bucket_metadata_cache = None
        self._bucket = self._client.bucket(bucket)
        self._root = f"{root.strip('/')}/" if root.strip("/") else ""
        self._timeout = timeout
        self._retry = DEFAULT_RETRY.with_timeout(deadline).with_delay(initial=0.2, maximum=5.0)

    def below(self, root: str) -> "Storage":
        """The same bucket below another root, over the same connections."""
        other = copy(self)
        other._root = f"{root.strip('/')}/" if root.strip("/") else ""
        return other

    def close(self) -> None:
        """Release the connections."""
        self._client.close()

    # JSON objects. `line` is what a listing shows of them; one that is too long for that is left out.

    def create(self, path: str, body: Body, *, line: Line | None = None, passing: bool = False) -> Document:
        """Write a new object. Raises AlreadyExists if somebody else made it first."""
        return self._write_json(path, body, generation=0, line=line, passing=passing)

    def swap(
        self, path: str, body: Body, generation: int, *, line: Line | None = None, passing: bool = False
    ) -> Document:
        """Overwrite exactly the version `generation`. Raises Conflict if it is no longer the newest."""
        return self._write_json(path, body, generation=generation, line=line, passing=passing)

    def replace(self, path: str, body: Body, *, line: Line | None = None) -> Document:
        """Overwrite whatever is there, for objects with a single writer: a look and a write."""
        return self._until_won(path, lambda generation: self._write_json(path, body, generation=generation, line=line))

    def read(self, path: str) -> Document | None:
        """Return an object, or None. Raises BrokenState if it is not a JSON object. One request."""
        blob = self._blob(path)
        try:
            raw = self._download(path, blob)
        except NotFound:
            return None
        if blob.generation:
            return Document(path, _body(path, raw), int(blob.generation))
        # The generation comes with the bytes, in the same response; a proxy may have dropped it.
        return self._read_pinned(path)

    def _read_pinned(self, path: str) -> Document | None:
        """Read an object in two requests, pinned to its generation, so that body and generation belong together."""
        for _ in range(SWAP_TRIES):
            blob = self._newest(path)
            if blob is None:
                return None
            pinned = int(blob.generation)
            try:
                return Document(path, _body(path, self._download(path, blob, if_generation_match=pinned)), pinned)
            except (Conflict, NotFound):
                continue  # overwritten or deleted between the two requests: look again
        raise Unavailable(f"{path} is written by others all the time.", "Try again in a moment.")

    def require(self, path: str, what: str) -> Document:
        """Return an object that must be there. Raises NotFound saying `what` is missing."""
        found = self.read(path)
        if found is None:
            raise NotFound(what)
        return found

    # Files

    def put_file(
        self,
        path: str,
        source: Path,
        content_type: str = "application/octet-stream",
        *,
        line: Line | None = None,
        passing: bool | datetime = False,
    ) -> StoredFile:
        """Upload a new file. Raises AlreadyExists if somebody else made it first.

        passing: a moment is since when it passes, so that it is thrown away sooner, or later.
        """

        def upload(blob: Any, generation: int) -> None:
            blob.upload_from_filename(
                str(source),
                content_type=content_type,
                if_generation_match=generation,
                checksum="crc32c",
                timeout=self._timeout,
                retry=self._retry,
            )

        return self._write(path, upload, generation=0, line=line, passing=passing)

    def put_bytes(
        self, path: str, data: bytes, content_type: str, *, line: Line | None = None, passing: bool = False
    ) -> StoredFile:
        """Upload new bytes. Raises AlreadyExists if somebody else made it first."""
        return self._write(path, self._uploader(data, content_type), generation=0, line=line, passing=passing)

    # Views, which can be made anew from facts: whoever writes last has the word

    def overwrite_view(self, path: str, data: bytes, content_type: str, *, line: Line | None = None) -> StoredFile:
        """Upload bytes over whatever is there. One request, which may be repeated: no precondition is asked."""
        blob = self._marked(path, uuid4().hex, line)
        self._call(path, lambda: self._uploader(data, content_type)(blob, None))
        return _stored(path, blob)

    def compose(
        self,
        path: str,
        sources: Sequence[str],
        content_type: str,
        *,
        generation: int | None = None,
        source_generations: Sequence[int | None] | None = None,
        line: Line | None = None,
    ) -> StoredFile:
        """Make an object of others' bytes, one after the other, without moving them: up to 32. One request.

        generation: overwrite exactly that version (0: none); None: whatever is there. source_generations: of each
        source, the version that is meant; None: whichever is there. Raises NotFound where a source is missing,
        AlreadyExists, Conflict.
        """
        write_id = uuid4().hex
        blob, parts = self._marked(path, write_id, line), [self._blob(source) for source in sources]
        blob.content_type = content_type
        match: dict[str, Any] = {} if generation is None else {"if_generation_match": generation}
        if source_generations is not None:
            match["if_source_generation_match"] = list(source_generations)
        try:
            self._call(path, lambda: blob.compose(parts, timeout=self._timeout, retry=self._retry, **match))
        except NotFound as error:
            raise NotFound(f"Something that {path} is made of is not there.", detail=error.detail) from error
        except (Conflict, Unavailable) as error:
            if generation is None:
                raise
            blob = self._settle(path, write_id, generation, error)
        return _stored(path, blob)

    def get_bytes(self, path: str) -> bytes:
        """Return a file's bytes. Raises NotFound."""
        return self._download(path, self._blob(path))

    def get_start(self, path: str, size: int) -> bytes:
        """Return a file's first bytes, at most `size`, not verified. Raises NotFound."""
        blob = self._blob(path)
        data: bytes = self._call(
            path,
            lambda: blob.download_as_bytes(
                start=0, end=size - 1, checksum=None, timeout=self._timeout, retry=self._retry
            ),
        )
        return data

    def get_file(self, path: str, into: Path) -> StoredFile:
        """Download a file and verify it. Raises NotFound, BrokenState if it arrived damaged."""
        blob = self._blob(path)
        self._call(path, lambda: blob.download_to_filename(str(into), timeout=self._timeout, retry=self._retry))
        # The checksum and the generation come with the bytes, in the same response; a proxy may have dropped them.
        if not blob.crc32c or not blob.generation:
            blob = self._told_of(path)
        if file_crc32c(into) != blob.crc32c:
            raise BrokenState(f"{path} arrived damaged.", "Try again.", detail=f"crc32c is not {blob.crc32c}")
        return StoredFile(path, into.stat().st_size, blob.crc32c, int(blob.generation))

    def _told_of(self, path: str) -> Any:
        """An object as its own record describes it. Raises NotFound."""
        found = self._newest(path)
        if found is None:
            raise NotFound(f"There is no {path}.")
        return found

    # Names

    def list(self, prefix: str, *, limit: int | None = None, start: str = "", end: str = "") -> Iterator[Entry]:
        """Yield what stands under `prefix`, by name: from `start` on, before `end`. A request a thousand objects."""
        found = self._client.list_blobs(
            self._bucket,
            prefix=self._root + prefix,
            start_offset=self._root + start if start else None,
            end_offset=self._root + end if end else None,
            max_results=limit,
            fields=LISTED,
            timeout=self._timeout,
            retry=self._retry,
        )
        pages = iter(self._call(prefix, lambda: iter(found)))
        while (blob := self._call(prefix, lambda: next(pages, None))) is not None:
            name = blob.name.removeprefix(self._root)
            line = line_in(blob.metadata)
            yield Entry(name, blob.size or 0, int(blob.generation), blob.updated, blob.crc32c or "", line)

    def exists(self, path: str) -> bool:
        """Whether an object is there."""
        blob = self._blob(path)
        return bool(self._call(path, lambda: blob.exists(timeout=self._timeout, retry=self._retry)))

    def delete(self, path: str, generation: int | None = None) -> bool:
        """Delete an object; with `generation`, only that version. Returns whether it is gone by our hand."""
        blob = self._blob(path)
        match = {} if generation is None else {"if_generation_match": generation}
        try:
            self._call(path, lambda: blob.delete(timeout=self._timeout, retry=self._retry, **match))
        except (NotFound, Conflict):
            return False
        return True

    def let_pass(self, path: str, *, days: int = 0) -> bool:
        """Have an object thrown away once the retention is over, counted from now or some days later. One request.

        Returns whether it is there.
        """
        blob = self._blob(path)
        blob.custom_time = datetime.now(UTC) + timedelta(days=days)
        try:
            self._call(path, lambda: blob.patch(timeout=self._timeout, retry=self._retry))
        except NotFound:
            return False
        return True

    # The bucket itself

    def protection(self) -> Protection | None:
        """How the bucket is kept; None where it says nothing of itself. Raises Refused where we may not look at it."""
        found = self._call("bucket", lambda: self._client.get_bucket(self._bucket, timeout=self._timeout, retry=None))
        if not found.location:
            return None
        configuration = found.iam_configuration
        kept = found.soft_delete_policy.retention_duration_seconds or 0
        deleting = [rule["condition"] for rule in found.lifecycle_rules if rule["action"]["type"] == "Delete"]
        # A rule for some names only, or for old versions only, is none for what is passing.
        passing = [int(one["daysSinceCustomTime"]) for one in deleting if {*one} == {"daysSinceCustomTime"}]
        return Protection(
            bool(found.versioning_enabled),
            str(configuration.public_access_prevention or ""),
            int(kept),
            min(passing, default=None),
        )

    # The one way to write

    def _write(
        self,
        path: str,
        upload: Callable[[Any, int], None],
        *,
        generation: int,
        line: Line | None = None,
        passing: bool | datetime = False,
    ) -> StoredFile:
        write_id = uuid4().hex
        blob = self._marked(path, write_id, line, passing=passing)
        return _stored(path, self._written(blob, path, upload, write_id, generation=generation))

    def _marked(self, path: str, write_id: str, line: Line | None = None, *, passing: bool | datetime = False) -> Any:
        """An object to be written, with our mark, its line and whether it passes."""
        blob = self._blob(path)
        blob.metadata = {WRITE_ID: write_id, **in_metadata(line)}
        if passing:
            blob.custom_time = datetime.now(UTC) if passing is True else passing
        return blob

    def _written(
        self, blob: Any, path: str, upload: Callable[[Any, int], None], write_id: str, *, generation: int
    ) -> Any:
        """Upload under a precondition; settle whose write it was if that is in doubt."""
        try:
            self._call(path, lambda: upload(blob, generation))
        except DOUBTFUL as error:
            return self._settle(path, write_id, generation, error)
        return blob

    def _settle(self, path: str, write_id: str, generation: int, error: MmmError) -> Any:
        """Return the object if it carries our `write_id` although its upload ended with `error`.

        Raises AlreadyExists or Conflict if another's write won, Ambiguous if nobody can tell.
        """
        beaten = isinstance(error, Conflict)
        doubt = Ambiguous("Cloud Storage does not answer.", "Try again.", detail=error.detail)
        try:
            # Without patience where storage does not answer: whoever waits has waited long enough.
            current = self._newest(path, patient=beaten)
        except Unavailable:
            raise doubt from error
        if current is not None and (current.metadata or {}).get(WRITE_ID) == write_id:
            return current
        if generation == 0 and current is not None:
            raise AlreadyExists(f"{path} exists already.") from error
        if beaten:
            raise error
        raise doubt from error

    def _write_json(
        self, path: str, body: Body, *, generation: int, line: Line | None = None, passing: bool = False
    ) -> Document:
        plain = body.model_dump(mode="json") if isinstance(body, BaseModel) else dict(body)
        write_id = uuid4().hex
        text = json.dumps({**plain, WRITE_ID: write_id}, ensure_ascii=False, allow_nan=False)
        upload = self._uploader(text.encode(), "application/json")
        blob = self._marked(path, write_id, line, passing=passing)
        written = self._written(blob, path, upload, write_id, generation=generation)
        return Document(path, json.loads(json.dumps(plain)), int(written.generation))

    def _uploader(self, data: bytes, content_type: str) -> Callable[[Any, int | None], None]:
        def upload(blob: Any, generation: int | None) -> None:
            blob.upload_from_string(
                data,
                content_type=content_type,
                if_generation_match=generation,
                checksum="crc32c",
                timeout=self._timeout,
                retry=self._retry,
            )

        return upload

    def _until_won(self, path: str, write: Callable[[int], T]) -> T:
        """Write over the newest version, again if another writer came between."""
        for attempt in range(SWAP_TRIES):
            blob = self._newest(path)
            try:
                return write(int(blob.generation) if blob else 0)
            except Conflict:
                time.sleep(random.uniform(0, 0.05 * 2**attempt))
        raise Unavailable(f"{path} is written by others all the time.", "Try again in a moment.")

    def _newest(self, path: str, *, patient: bool = True) -> Any:
        """The newest version's metadata, or None."""
        name = self._blob(path).name
        timeout = self._timeout if patient else min(self._timeout, LOOK_SECONDS)
        retry = self._retry if patient else None
        return self._call(path, lambda: self._bucket.get_blob(name, timeout=timeout, retry=retry))

    def _blob(self, path: str) -> Any:
        """The object of that name, below our root and nowhere else."""
        if not path or path.startswith("/") or ".." in path.split("/"):
            raise ValueError(f"not a path below the root: {path!r}")
        return self._bucket.blob(self._root + path)

    def _download(self, path: str, blob: Any, **match: int) -> bytes:
        data: bytes = self._call(
            path, lambda: blob.download_as_bytes(timeout=self._timeout, retry=self._retry, **match)
        )
        return data

    def _call(self, path: str, request: Callable[[], T]) -> T:
        """Make a request; the client's errors become ours."""
        try:
            return request()
        except CLIENT_ERRORS as error:
            raise meaning(path, error) from error


def bytes_crc32c(data: bytes) -> str:
    """Return the CRC32C of bytes in base64, as Cloud Storage states it."""
    return base64.b64encode(google_crc32c.Checksum(data).digest()).decode()


def file_crc32c(path: Path) -> str:
    """Return a file's CRC32C in base64, as Cloud Storage states it."""
    checksum = google_crc32c.Checksum()
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            checksum.update(chunk)
    return base64.b64encode(checksum.digest()).decode()


def _body(path: str, raw: bytes) -> dict[str, Any]:
    """A JSON object as it was stored, without our mark. Raises BrokenState."""
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise BrokenState(f"{path} cannot be read.", detail=str(error)) from error
    if not isinstance(body, dict):
        raise BrokenState(f"{path} cannot be read.", detail="not a JSON object")
    body.pop(WRITE_ID, None)
    return body


def _stored(path: str, blob: Any) -> StoredFile:
    return StoredFile(path, int(blob.size or 0), blob.crc32c or "", int(blob.generation))
