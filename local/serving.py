"""Run an ASGI app on a loopback port: as this process, or inside it, which is what tests and benchmarks use."""

import contextlib
import random
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from engine.errors import BadSettings

# Below the range from which systems take the ports of outgoing connections: one of those could be
# handed out between our look and our use of it.
PORTS = range(18_000, 32_000)
OPTIONS: dict[str, Any] = {
    "host": "127.0.0.1",
    "log_level": "warning",
    "ws": "none",
    # Longer than any of our clients keeps a connection that is idle: who calls never meets one that is being closed.
    "timeout_keep_alive": 75,
}


def free_port() -> int:
    """Return a loopback port that nobody listens on right now."""
    return free_ports(1)


def free_ports(count: int) -> int:
    """Return the first of `count` neighbouring loopback ports that nobody listens on right now."""
    while True:
        base = random.choice(PORTS)
        if all(_is_free(base + offset) for offset in range(count)):
            return base


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def serve(app: ASGIApp, port: int, *, grace: int) -> None:
    """Serve `app` as this process until it is stopped; `grace` is how many seconds calls then have to end."""
    uvicorn.run(app, port=port, timeout_graceful_shutdown=grace, **OPTIONS)


def saying_why(main: Callable[[], None]) -> None:
    """Run a server's program; where it cannot be served safely, say so in a line instead of a traceback."""
    try:
        main()
    except BadSettings as error:
        sys.exit(f"{error.what} {error.todo}".rstrip())


@contextlib.contextmanager
def serving(app: ASGIApp, port: int = 0) -> Iterator[str]:
    """Serve `app` in a thread until the block ends; yields its base address."""
    port = port or free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, timeout_graceful_shutdown=1, **OPTIONS))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 15
    while not server.started:
        if time.monotonic() > deadline or not thread.is_alive():
            raise RuntimeError(f"the server on port {port} did not start")
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(timeout=5)
