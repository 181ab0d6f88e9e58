"""One object as it is stored: its newest version, what a request may ask of it, and how the JSON API shows it."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


class PreconditionFailed(Exception):
    """The object is not as the caller said it must be (HTTP 412)."""


class NotModified(PreconditionFailed):
    """The object is still the one the caller knows (HTTP 304 where it is read, 412 where it is written)."""


class Missing(Exception):
    """There is no such object (HTTP 404). `what` is its name, where it is not the one that was asked for."""

    def __init__(self, what: str = "") -> None:
        super().__init__(what)
        self.what = what


class Replaced(Missing):
    """A version that was there when it was looked up is not any more."""


@dataclass(frozen=True)
class Stored:
    """The newest version of one object.

    custom_time: what its owner says its age counts from, in seconds since 1970. components: how many objects it was
    composed of, 0 where it was uploaded.
    """

    name: str
    generation: int
    metageneration: int
    size: int
    content_type: str
    crc32c: str
    md5: str
    created: float
    updated: float
    metadata: dict[str, str]
    file: str
    custom_time: float | None = None
    components: int = 0


@dataclass(frozen=True)
class Match:
    """The preconditions of a request; None means that nothing is asked."""

    generation: int | None = None
    not_generation: int | None = None
    metageneration: int | None = None
    not_metageneration: int | None = None

    def check(self, found: Stored | None) -> None:
        """Raise PreconditionFailed unless `found` is as asked. Generation 0 means: not there."""
        current = found.generation if found else 0
        if self.generation is not None and self.generation != current:
            raise PreconditionFailed
        changes = found.metageneration if found else 0
        if self.metageneration is not None and self.metageneration != changes:
            raise PreconditionFailed
        if self.not_generation is not None and self.not_generation == current:
            raise NotModified
        if self.not_metageneration is not None and self.not_metageneration == changes:
            raise NotModified


ANY = Match()


def written(stored: Stored) -> str:
    """An object as its row holds it. What few have stands there only where they have it."""
    kept = dict(stored.__dict__)
    for name, usual in (("custom_time", None), ("components", 0)):
        if kept[name] == usual:
            del kept[name]
    return json.dumps(kept)


def read(body: str) -> Stored:
    """What `written` wrote, also that of an earlier release."""
    return Stored(**json.loads(body))


def resource(bucket: str, stored: Stored, base: str) -> dict[str, Any]:
    """An object as the JSON API shows it."""
    shown: dict[str, Any] = {
        "kind": "storage#object",
        "id": f"{bucket}/{stored.name}/{stored.generation}",
        "bucket": bucket,
        "name": stored.name,
        "generation": str(stored.generation),
        "metageneration": str(stored.metageneration),
        "size": str(stored.size),
        "contentType": stored.content_type,
        "crc32c": stored.crc32c,
        "etag": etag(stored),
        "storageClass": "STANDARD",
        "timeCreated": moment(stored.created),
        "updated": moment(stored.updated),
        "mediaLink": f"{base}/download/storage/v1/b/{bucket}/o/{stored.name}?alt=media",
    }
    # What an object does not have, the service does not show empty.
    if stored.md5:
        shown["md5Hash"] = stored.md5
    if stored.metadata:
        shown["metadata"] = stored.metadata
    if stored.custom_time is not None:
        shown["customTime"] = moment(stored.custom_time)
    if stored.components:
        shown["componentCount"] = stored.components
    return shown


def etag(stored: Stored) -> str:
    """Another one after every change of the object."""
    return f"{stored.generation}-{stored.metageneration}"


def moment(seconds: float) -> str:
    """A time as the JSON API writes it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
