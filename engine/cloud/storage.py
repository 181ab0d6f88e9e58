"""Cloud Storage, the only state there is. Every write of the project goes through `Storage._write`.

Why each write carries a precondition and a `write_id`: the client library repeats a write whose reply was
lost, and then reports a failed precondition although the object is ours (googleapis/java-storage#1453). So on
a 412, and when the replies stay away, the object is read back: our `write_id` in it means that we won.
"""

import base64
import json
import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import google_crc32c
from google.api_core import exceptions as google
from google.auth.credentials import Credentials
from google.cloud.storage import Client
from google.cloud.storage.exceptions import DataCorruption
from google.cloud.storage.retry import DEFAULT_RETRY
from pydantic import BaseModel

from engine.cloud.failures import CLIENT_ERRORS
from engine.cloud.sessions import stay_within
from engine.errors import AlreadyExists, Ambiguous, BrokenState, Conflict, MmmError, NotFound, Refused, Unavailable

T = TypeVar("T")

WRITE_ID = "write_id"
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
    updated: datetime


@dataclass(frozen=True)
class Entry:
    """One line of a listing. `crc32c` is base64, as Cloud Storage states it."""

    path: str
    size: int
    generation: int
    updated: datetime
    crc32c: str = ""


@dataclass(frozen=True)
class StoredFile:
    """A file in the bucket. `crc32c` is base64, as Cloud Storage states it."""

    path: str
    size: int
    crc32c: str
    generation: int


@dataclass(frozen=True)
class Protection:
    """What keeps a bucket's objects from harm. `soft_delete` is seconds that deleted and overwritten ones are kept."""

    versioning: bool
    public_access: str
    soft_delete: int


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
        self._bucket = self._client.bucket(bucket)
        self._root = f"{root.strip('/')}/" if root.strip("/") else ""
        self._timeout = timeout
        self._retry = DEFAULT_RETRY.with_timeout(deadline).with_delay(initial=0.2, maximum=5.0)

    def close(self) -> None:
        """Release the connections."""
        self._client.close()

    # JSON objects

    def create(self, path: str, body: Mapping[str, Any] | BaseModel) -> Document:
        """Write a new object. Raises AlreadyExists if somebody else made it first."""
        return self._write_json(path, body, generation=0)

    def swap(self, path: str, body: Mapping[str, Any] | BaseModel, generation: int) -> Document:
        """Overwrite exactly the version `generation`. Raises Conflict if it is no longer the newest."""
        return self._write_json(path, body, generation=generation)

    def replace(self, path: str, body: Mapping[str, Any] | BaseModel) -> Document:
        """Overwrite whatever is there: for views, and for objects with a single writer."""
        return self._until_won(path, lambda generation: self._write_json(path, body, generation=generation))

    def read(self, path: str) -> Document | None:
        """Return an object, or None. Raises BrokenState if it is not a JSON object."""
        for _ in range(SWAP_TRIES):
            blob = self._newest(path)
            if blob is None:
                return None
            pinned = int(blob.generation)
            try:
                # Pinned to the generation just read, so that body and generation belong together.
                # What the answer's headers say of it, or do not say, decides nothing.
                raw = self._download(path, blob, if_generation_match=pinned)
                return Document(path, _body(path, raw), pinned, blob.updated)
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

    def put_file(self, path: str, source: Path, content_type: str = "application/octet-stream") -> StoredFile:
        """Upload a new file. Raises AlreadyExists if somebody else made it first."""

        def upload(blob: Any, generation: int) -> None:
            blob.upload_from_filename(
                str(source),
                content_type=content_type,
                if_generation_match=generation,
                checksum="crc32c",
                timeout=self._timeout,
                retry=self._retry,
            )

        return self._write(path, upload, generation=0)

    def put_bytes(self, path: str, data: bytes, content_type: str) -> StoredFile:
        """Upload new bytes. Raises AlreadyExists if somebody else made it first."""
        return self._write(path, self._uploader(data, content_type), generation=0)

    def overwrite_bytes(self, path: str, data: bytes, content_type: str) -> StoredFile:
        """Upload bytes over whatever is there: for views."""
        upload = self._uploader(data, content_type)
        return self._until_won(path, lambda generation: self._write(path, upload, generation=generation))

    def get_bytes(self, path: str) -> bytes:
        """Return a file's bytes. Raises NotFound."""
        return self._download(path, self._blob(path))

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

    def list(self, prefix: str, *, limit: int | None = None) -> Iterator[Entry]:
        """Yield what stands under `prefix`, by name."""
        found = self._client.list_blobs(
            self._bucket,
            prefix=self._root + prefix,
            max_results=limit,
            timeout=self._timeout,
            retry=self._retry,
        )
        pages = iter(self._call(prefix, lambda: iter(found)))
        while (blob := self._call(prefix, lambda: next(pages, None))) is not None:
            name = blob.name.removeprefix(self._root)
            yield Entry(name, blob.size or 0, int(blob.generation), blob.updated, blob.crc32c or "")

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

    # The bucket itself

    def protection(self) -> Protection | None:
        """How the bucket is kept; None where it says nothing of itself. Raises Refused where we may not look at it."""
        found = self._call("bucket", lambda: self._client.get_bucket(self._bucket, timeout=self._timeout, retry=None))
        if not found.location:
            return None
        configuration = found.iam_configuration
        kept = found.soft_delete_policy.retention_duration_seconds or 0
        return Protection(bool(found.versioning_enabled), str(configuration.public_access_prevention or ""), int(kept))

    # The one way to write

    def _write(self, path: str, upload: Callable[[Any, int], None], *, generation: int) -> StoredFile:
        return _stored(path, self._written(path, upload, generation=generation))

    def _written(self, path: str, upload: Callable[[Any, int], None], *, generation: int, write_id: str = "") -> Any:
        """Upload under a precondition; settle whose write it was if that is in doubt."""
        write_id = write_id or uuid4().hex
        blob = self._blob(path)
        blob.metadata = {WRITE_ID: write_id}
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

    def _write_json(self, path: str, body: Mapping[str, Any] | BaseModel, *, generation: int) -> Document:
        plain = body.model_dump(mode="json") if isinstance(body, BaseModel) else dict(body)
        write_id = uuid4().hex
        text = json.dumps({**plain, WRITE_ID: write_id}, ensure_ascii=False, allow_nan=False)
        upload = self._uploader(text.encode(), "application/json")
        blob = self._written(path, upload, generation=generation, write_id=write_id)
        return Document(path, json.loads(json.dumps(plain)), int(blob.generation), blob.updated)

    def _uploader(self, data: bytes, content_type: str) -> Callable[[Any, int], None]:
        def upload(blob: Any, generation: int) -> None:
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
            raise _ours(path, error) from error


def _ours(path: str, error: Exception) -> MmmError:
    """The client's error as one of ours."""
    if isinstance(error, google.NotFound):
        return NotFound(f"There is no {path}.", detail=str(error))
    if isinstance(error, google.PreconditionFailed):
        return Conflict(f"{path} was changed by somebody else.")
    if isinstance(error, DataCorruption):
        return BrokenState(f"{path} arrived damaged.", "Try again.", detail=str(error))
    detail = f"{path}: {error}"
    if isinstance(error, google.Forbidden | google.Unauthorized | google.BadRequest):
        return Refused("Cloud Storage refused.", detail=detail)
    return Unavailable("Cloud Storage does not answer.", "Try again.", detail=detail)


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
