"""Counting requests to Cloud Storage twice: where the real client sends them, and where the stand-in takes them."""

import contextlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

import httpx
from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter

STORAGE = ("/storage/v1/", "/upload/storage/v1/", "/download/storage/v1/")
VERBS = {"objects.get": "GET", "objects.list": "LIST", "objects.insert": "PUT", "objects.delete": "DELETE"}


@dataclass(frozen=True)
class Request:
    """One request as the stand-in took it, and the step that made it. `bytes` are those of both bodies."""

    step: str
    call: str
    about: str
    status: int
    bytes: int

    def __str__(self) -> str:
        call = self.call.removeprefix("storage.")
        verb = VERBS.get(call, call.rpartition(".")[2].upper())
        return f"{self.step:<16} {verb:<8} {self.status} {self.bytes:>8}  {self.about}"


@dataclass
class Meter:
    """Reads what the stand-in was asked since it was read last."""

    url: str
    headers: dict[str, str]
    sent: Counter[str] = field(default_factory=Counter)
    """What clients sent, by process: this one's, and those of trainings as they told it at their end."""
    _taken: int = 0

    def __post_init__(self) -> None:
        self._http = httpx.Client(base_url=self.url, headers=self.headers, timeout=60)
        self._taken = int(self._asked(0)["last"])
        self._before = self._taken

    def take(self, step: str) -> list[Request]:
        """The requests that came since the last call, which `step` made."""
        told = self._asked(self._taken)
        self._taken = int(told["last"])
        return [
            Request(step, one["call"], one["about"], one["status"], one["sent"] + one["got"]) for one in told["calls"]
        ]

    def check(self) -> None:
        """Raise AssertionError unless both counts agree."""
        asked, sent = self._taken - self._before, sum(self.sent.values())
        if asked != sent:
            raise AssertionError(f"the stand-in was asked {asked} times, and clients sent {dict(self.sent)}")

    def close(self) -> None:
        self._http.close()

    def _asked(self, since: int) -> Any:
        return self._http.get("/_local/asked", params={"since": since}).raise_for_status().json()


@contextlib.contextmanager
def counting(url: str, sent: Counter[str], whose: str) -> Iterator[None]:
    """Count what Google's client sends to Cloud Storage at `url`, at its HTTP transport, until the block ends."""
    real, host = HTTPAdapter.send, urlsplit(url).netloc

    def send(adapter: HTTPAdapter, request: PreparedRequest, *args: Any, **more: Any) -> Response:
        at = urlsplit(request.url or "")
        if at.netloc == host and at.path.startswith(STORAGE):
            sent[whose] += 1
        return real(adapter, request, *args, **more)

    with mock.patch.object(HTTPAdapter, "send", send):
        yield
