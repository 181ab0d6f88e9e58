"""Uploads as they arrive: a multipart body taken apart, resumable sessions kept on disk until they end."""

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

EXPIRES_SECONDS = 7 * 86_400.0


class BadUpload(Exception):
    """The request is not an upload as the API describes it (HTTP 400)."""


def split_multipart(content_type: str, body: bytes) -> tuple[dict[str, Any], str, bytes]:
    """Return the metadata, the media's content type and its bytes from a multipart/related body."""
    _, _, boundary = content_type.partition("boundary=")
    mark = b"--" + boundary.split(";")[0].strip().strip("\"'").encode()
    try:
        # The media may hold anything, the mark included: it ends at the last one.
        opening, rest = body.index(mark), body.rindex(b"\r\n" + mark + b"--")
        about, _, media = body[opening + len(mark) + 2 : rest].partition(b"\r\n" + mark + b"\r\n")
        metadata = json.loads(about.partition(b"\r\n\r\n")[2])
        head, _, data = media.partition(b"\r\n\r\n")
    except ValueError as error:
        raise BadUpload(f"The multipart body cannot be read: {error}") from error
    kind = ""
    for line in head.decode("latin-1").split("\r\n"):
        name, _, value = line.partition(":")
        if name.strip().lower() == "content-type":
            kind = value.strip()
    return metadata, kind, data


@dataclass(frozen=True)
class Session:
    """One resumable upload: what will be made of it, and the answer once it is over."""

    id: str
    name: str
    about: dict[str, Any]
    match: dict[str, int | None]
    status: int = 0
    reply: str = ""


class Sessions:
    """Resumable uploads in a folder. They survive a restart, as everything here does."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        for path in folder.iterdir():
            if time.time() - path.stat().st_mtime > EXPIRES_SECONDS:
                path.unlink()

    def begin(self, name: str, about: dict[str, Any], match: dict[str, int | None]) -> Session:
        session = Session(uuid4().hex, name, about, match)
        self.data(session).touch()
        self._save(session)
        return session

    def find(self, token: str) -> Session | None:
        path = self.folder / f"{token}.json"
        return Session(**json.loads(path.read_text())) if token.isalnum() and path.exists() else None

    def data(self, session: Session) -> Path:
        """Where the bytes received so far are."""
        return self.folder / f"{session.id}.part"

    def receive(self, session: Session, start: int, chunk: bytes) -> int:
        """Add bytes from `start` on; those already here are written again. Returns how many there are now."""
        with self.data(session).open("r+b") as file:
            size = file.seek(0, 2)
            if start <= size:
                file.seek(start)
                file.write(chunk)
                size = file.truncate()
        return size

    def finish(self, session: Session, status: int, reply: str) -> None:
        """Remember the answer: a client that lost it sends its last chunk again."""
        self._save(Session(session.id, session.name, session.about, session.match, status, reply))

    def drop(self, session: Session) -> None:
        """Forget an upload that its client gave up."""
        self.data(session).unlink(missing_ok=True)
        (self.folder / f"{session.id}.json").unlink(missing_ok=True)

    def _save(self, session: Session) -> None:
        new = self.folder / f"{session.id}.new"
        new.write_text(json.dumps(asdict(session)))
        new.replace(self.folder / f"{session.id}.json")
