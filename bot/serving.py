"""Serve one of our services on a port, with bounds on what a connection may keep us waiting for.

uvicorn bounds idle time between requests and nothing else: a head that comes byte by byte holds its connection for ever
(https://github.com/Kludex/uvicorn/issues/157). In Cloud Run Google's front end ends the callers' connections and hands
on whole heads; whoever serves the bot elsewhere has this. Bodies are bounded in `bot/bounds.py`.
"""

import asyncio
from typing import Any

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

# A head must be whole this long after its first byte.
HEAD_SECONDS = 10.0
# Room for a token that is far too long, so that it is answered as any other wrong one.
HEAD_MOST = 512 << 10
# Longer than callers keep an idle connection: else a call may meet one that is being closed.
IDLE_SECONDS = 75
GRACE_SECONDS = 8


class BoundedHead(H11Protocol):
    """A connection that is closed when the head of a request does not come, or does not end."""

    _closing: asyncio.TimerHandle | None = None
    _begun = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._close_in(float(self.timeout_keep_alive))

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        waiting = self.conn.their_state is h11.IDLE
        if waiting and not self._begun:
            self._close_in(HEAD_SECONDS)
        elif not waiting:
            self._stay()
        self._begun = waiting

    def connection_lost(self, exc: Exception | None) -> None:
        self._stay()
        super().connection_lost(exc)

    def _close_in(self, seconds: float) -> None:
        self._stay()
        self._closing = self.loop.call_later(seconds, self.timeout_keep_alive_handler)

    def _stay(self) -> None:
        if self._closing is not None:
            self._closing.cancel()
            self._closing = None


OPTIONS: dict[str, Any] = {
    "http": BoundedHead,
    "h11_max_incomplete_event_size": HEAD_MOST,
    "ws": "none",
    "log_config": None,
    "timeout_keep_alive": IDLE_SECONDS,
    "timeout_graceful_shutdown": GRACE_SECONDS,
}


def serve(app: ASGIApp, host: str, port: int) -> None:
    """Serve `app` as this process until it is stopped."""
    uvicorn.run(app, host=host, port=port, **OPTIONS)
