"""What is too large, too slow or too late costs a service nothing: neither memory nor time."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Message, Scope
from uvicorn.server import ServerState

from bot.bounds import BODY_MOST, Bounds
from bot.serving import HEAD_MOST, HEAD_SECONDS, IDLE_SECONDS, OPTIONS, BoundedHead
from local.addresses import Addresses
from local.environment import service_environment
from local.serving import free_port
from tests.every_local_server import alone, demo_settings
from tests.stack import REPOSITORY
from tests.words import WORD

MB = 1 << 20
FORM = b"application/x-www-form-urlencoded"
Headers = dict[str, str]


def signature(age: float = 0.0) -> Headers:
    """Of the form that Slack's has; whether it is Slack's is known only when the body is."""
    at = str(int(time.time() - age))
    return {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": f"v0={'0' * 64}", "Content-Type": FORM.decode()}


# By hand: how much is read of what is sent


class Sent:
    """A body of `size` bytes in parts of `part`, counted as it is read."""

    def __init__(self, size: int, part: int = 65_536) -> None:
        self.left = size
        self.part = part
        self.read = 0

    async def receive(self) -> Message:
        chunk = b"x" * min(self.part, self.left)
        self.left -= len(chunk)
        self.read += len(chunk)
        return {"type": "http.request", "body": chunk, "more_body": self.left > 0}


def answered(app: Any, path: str, headers: Headers, receive: Callable[[], Any]) -> tuple[int, dict[str, str]]:
    """Status and headers of the answer to one POST."""
    got: list[Message] = []

    async def send(message: Message) -> None:
        got.append(message)

    scope: Scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }
    asyncio.run(app(scope, receive, send))
    return got[0]["status"], {name.decode(): value.decode() for name, value in got[0]["headers"]}


@pytest.fixture(scope="module")
def bot() -> Any:
    return alone(demo_settings(), "bot")


@pytest.fixture(scope="module")
def worker() -> Any:
    return alone(demo_settings(), "worker")


@pytest.mark.parametrize("path", ["/slack/events", "/health", "/nowhere"])
@pytest.mark.parametrize("length", [str(400 * MB), str(BODY_MOST + 1), "9" * 4000, "-1", "1e3", "0x10", ""])
def test_a_body_that_says_it_is_too_large_is_not_read(bot: Any, path: str, length: str) -> None:
    sent = Sent(400 * MB)
    status, headers = answered(bot, path, {**signature(), "Content-Length": length}, sent.receive)
    assert (status, sent.read, headers["connection"]) == (413, 0, "close")


def test_a_body_that_says_nothing_is_cut_at_the_bound(bot: Any) -> None:
    sent = Sent(400 * MB)
    status, headers = answered(bot, "/slack/events", {**signature(), "Transfer-Encoding": "chunked"}, sent.receive)
    assert (status, headers["connection"]) == (413, "close")
    assert BODY_MOST < sent.read <= BODY_MOST + sent.part


def test_a_body_that_is_larger_than_it_says_is_cut_at_the_bound(bot: Any) -> None:
    sent = Sent(400 * MB)
    status, _ = answered(bot, "/slack/events", {**signature(), "Content-Length": "10"}, sent.receive)
    assert status == 413 and sent.read <= BODY_MOST + sent.part


def test_a_body_of_just_the_bound_is_read(bot: Any) -> None:
    sent = Sent(BODY_MOST)
    # It is nobody's signature; here nobody can say so, as the secret cannot be read.
    status, _ = answered(bot, "/slack/events", {**signature(), "Content-Length": str(BODY_MOST)}, sent.receive)
    assert (status, sent.read) == (500, BODY_MOST)


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param(signature(age=301), id="stale"),
        pytest.param(signature(age=-86_400), id="from the future"),
        pytest.param({**signature(), "X-Slack-Request-Timestamp": "9" * 4000}, id="endless timestamp"),
        pytest.param({**signature(), "X-Slack-Signature": "v0=x"}, id="no signature of Slack's form"),
        pytest.param({**signature(), "X-Slack-Signature": "v1=" + "0" * 64}, id="another version"),
        pytest.param({}, id="neither"),
    ],
)
def test_what_is_stale_or_unsigned_is_not_read_at_all(bot: Any, headers: Headers) -> None:
    sent = Sent(BODY_MOST)
    status, said = answered(bot, "/slack/events", {**headers, "Transfer-Encoding": "chunked"}, sent.receive)
    assert (status, sent.read, said["connection"]) == (401, 0, "close")


@pytest.mark.parametrize("path", ["/tasks/stage", "/tasks/nonsense", "/callbacks/finished", "/callbacks/preview"])
@pytest.mark.parametrize("token", ["", "Bearer x.y.z"], ids=["no token", "no good token"])
def test_the_worker_reads_nothing_of_who_may_not_call(worker: Any, path: str, token: str) -> None:
    sent = Sent(400 * MB)
    headers = {"Transfer-Encoding": "chunked", **({"Authorization": token} if token else {})}
    status, said = answered(worker, path, headers, sent.receive)
    assert (status, sent.read, said["connection"]) == (401, 0, "close")


async def nothing_comes() -> Message:
    await asyncio.Event().wait()
    raise AssertionError


async def reads(scope: Scope, receive: Any, send: Any) -> None:
    body = await Request(scope, receive).body()
    await PlainTextResponse(str(len(body)))(scope, receive, send)


def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    status, headers = answered(Bounds(reads, seconds=0.01), "/", {"Content-Length": "9"}, nothing_comes)
    assert (status, headers["connection"]) == (408, "close")


def test_a_body_that_comes_byte_by_byte_is_not_waited_for_longer_than_a_whole_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The time counts from the first part to the last, not between them."""
    now = [0.0]
    monkeypatch.setattr("bot.bounds.time.monotonic", lambda: now[0])
    sent = Sent(1000, part=1)

    async def slowly() -> Message:
        now[0] += 1.0
        await asyncio.sleep(0)
        return await sent.receive()

    status, _ = answered(Bounds(reads, seconds=10.0), "/", {"Content-Length": "1000"}, slowly)
    assert status == 408 and sent.read <= 11


def test_a_body_that_comes_in_time_is_passed_on_and_the_connection_is_kept() -> None:
    sent = Sent(1000, part=100)
    status, headers = answered(Bounds(reads), "/", {"Content-Length": "1000"}, sent.receive)
    assert status == 200 and "connection" not in headers


def test_an_answer_that_has_begun_is_not_begun_again() -> None:
    async def speaks_first(scope: Scope, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await receive()

    with pytest.raises(Exception, match="slowly"):
        answered(Bounds(speaks_first, seconds=0.01), "/", {"Content-Length": "9"}, nothing_comes)


# By hand: how long a head is waited for


class Wire:
    """A connection whose time a test tells."""

    def __init__(self) -> None:
        self.closed = False
        self.timers: list[tuple[float, Callable[[], None], Wire.Timer]] = []

    class Timer:
        cancelled = False

        def cancel(self) -> None:
            self.cancelled = True

    def call_later(self, seconds: float, then: Callable[[], None]) -> "Wire.Timer":
        timer = Wire.Timer()
        self.timers.append((seconds, then, timer))
        return timer

    def create_task(self, coroutine: Any) -> "asyncio.Task[Any]":
        return asyncio.get_running_loop().create_task(coroutine)

    def waiting(self) -> list[float]:
        return [seconds for seconds, _, timer in self.timers if not timer.cancelled]

    def time_passes(self) -> None:
        for _, then, timer in list(self.timers):
            if not timer.cancelled:
                then()

    def get_extra_info(self, name: str) -> Any:
        return {"sockname": ("127.0.0.1", 1), "peername": ("127.0.0.1", 2)}.get(name)

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    def write(self, data: bytes) -> None: ...
    def pause_reading(self) -> None: ...
    def resume_reading(self) -> None: ...


def connected() -> tuple[BoundedHead, Wire]:
    async def app(scope: Scope, receive: Any, send: Any) -> None:
        await PlainTextResponse("well")(scope, receive, send)

    config, wire = uvicorn.Config(app, **OPTIONS), Wire()
    config.load()
    protocol = BoundedHead(config, ServerState(), {}, _loop=cast(Any, wire))
    protocol.connection_made(cast(Any, wire))
    return protocol, wire


async def test_a_connection_on_which_nothing_comes_is_closed_after_a_while() -> None:
    _, wire = connected()
    assert wire.waiting() == [IDLE_SECONDS]
    wire.time_passes()
    assert wire.closed


async def test_a_head_that_comes_byte_by_byte_is_not_waited_for_longer() -> None:
    protocol, wire = connected()
    for byte in b"POST /slack/events HTTP/1.1\r\nHost: a\r\nX-Slow: ":
        protocol.data_received(bytes([byte]))
        assert wire.waiting() == [HEAD_SECONDS]
    wire.time_passes()
    assert wire.closed


async def test_a_whole_head_stays_connected_and_the_next_one_is_bounded_again() -> None:
    protocol, wire = connected()
    protocol.data_received(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert wire.waiting() == []
    while not protocol.cycle.response_complete:
        await asyncio.sleep(0)
    assert wire.waiting() == [IDLE_SECONDS]
    protocol.data_received(b"GET / HT")
    assert wire.waiting() == [HEAD_SECONDS]
    protocol.data_received(b"TP/1.1\r\nHost: a\r\n\r\n")
    assert wire.waiting() == []
    protocol.connection_lost(None)
    assert wire.waiting() == []


async def test_a_head_without_end_is_cut_at_the_bound() -> None:
    protocol, wire = connected()
    protocol.data_received(b"GET / HTTP/1.1\r\nHost: a\r\nX-Long: ")
    for _ in range(HEAD_MOST // 65_536 + 1):
        if not wire.closed:
            protocol.data_received(b"x" * 65_536)
    assert wire.closed


# The command, as a process


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, int]]:
    """The bot's pid and port."""
    port = free_port()
    environment = {**os.environ, **service_environment(Addresses(port, WORD))}
    secret = tmp_path_factory.mktemp("secrets") / "signing"
    secret.write_text("0" * 32)
    environment |= {"MMM_SLACK_SIGNING_SECRET": f"file:{secret}", "MMM_SLACK_TOKEN_SECRET": f"file:{secret}"}
    command = [sys.executable, "-m", "bot.cli", "serve", "bot", "--port", str(port)]
    process = subprocess.Popen(command, cwd=REPOSITORY, env=environment, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 120
        while not _is_well(port):
            assert time.monotonic() < until and process.poll() is None
            time.sleep(0.05)
        yield process.pid, port
    finally:
        process.terminate()
        process.wait(30)


def _is_well(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health").status_code == 200
    except httpx.TransportError:
        return False


def peak(pid: int) -> int:
    """The most memory that a process has held so far, in bytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise AssertionError


def poured(port: int, head: bytes, part: bytes, size: int) -> tuple[bytes, int]:
    """Send a head and up to `size` bytes in parts; returns the answer, and how much was taken before it."""
    sent, answer = 0, b""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as line:
        try:
            line.sendall(head)
            while sent < size:
                line.sendall(part)
                sent += len(part)
        except (BrokenPipeError, ConnectionResetError):
            pass
        try:
            while more := line.recv(65_536):
                answer += more
        except ConnectionResetError:
            pass
    return answer, sent


@pytest.mark.parametrize("kind", ["with its length", "in chunks", "in chunks, stale"])
def test_400_mb_make_the_bot_grow_by_less_than_20_mb(served: tuple[int, int], kind: str) -> None:
    pid, port = served
    before = peak(pid)
    told = {"Host": f"127.0.0.1:{port}", **signature(age=400 if "stale" in kind else 0)}
    part = b"x" * 65_536
    if "chunks" in kind:
        told["Transfer-Encoding"] = "chunked"
        part = b"10000\r\n" + part + b"\r\n"
    else:
        told["Content-Length"] = str(400 * MB)
    head = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    answer, taken = poured(port, f"POST /slack/events HTTP/1.1\r\n{head}\r\n".encode(), part, 400 * MB)
    assert taken < 400 * MB, "all of it was taken"
    assert not answer or answer.split()[1] == (b"401" if "stale" in kind else b"413")
    assert peak(pid) - before < 20 * MB
    assert _is_well(port)
