"""Metrics and traces: what a process sends to a collector, and that it sends nothing without one."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bot.trail import trace_of

WORK = """
from engine.observe.telemetry import count, measured, set_up_telemetry
telemetry = set_up_telemetry({url!r}, "mmm-worker", project="acme", version="1")
assert (telemetry is None) == (not {url!r})
with measured("step", step="launch"):
    pass
try:
    with measured("step", step="watch"):
        raise RuntimeError("boom")
except RuntimeError:
    pass
count("mmm.runs", state="FAILED", trainer="native")
if telemetry:
    telemetry.close()
"""


class Collector(BaseHTTPRequestHandler):
    """Takes what OTLP exporters send."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.got.append((self.path, body))  # type: ignore[attr-defined]
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        return


@pytest.fixture
def collector() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    server.got = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def work(url: str) -> None:
    # The providers belong to a whole process.
    done = subprocess.run([sys.executable, "-c", WORK.format(url=url)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


def test_spans_and_metrics_reach_the_collector(collector: ThreadingHTTPServer) -> None:
    work(f"http://127.0.0.1:{collector.server_port}")
    got: list[tuple[str, bytes]] = collector.got  # type: ignore[attr-defined]
    traces = b"".join(body for path, body in got if path == "/v1/traces")
    metrics = b"".join(body for path, body in got if path == "/v1/metrics")
    assert b"step launch" in traces and b"step watch" in traces and b"mmm-worker" in traces and b"acme" in traces
    assert b"boom" in traces  # what broke is told with the span
    assert b"mmm.step.seconds" in metrics and b"mmm.runs" in metrics
    assert b"failed" in metrics and b"FAILED" in metrics


def test_without_an_address_nothing_is_loaded_or_sent() -> None:
    work("")
    loaded = "import sys, engine.observe.telemetry; print('opentelemetry.sdk' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("headers", "trace", "span"),
    [
        ({"traceparent": f"00-{'a' * 32}-{'b' * 16}-01"}, "a" * 32, "b" * 16),
        ({"x-cloud-trace-context": f"{'c' * 32}/255;o=1"}, "c" * 32, f"{255:016x}"),
        ({"x-cloud-trace-context": "c" * 32}, "c" * 32, ""),
        ({"traceparent": "garbage"}, "", ""),
        ({}, "", ""),
    ],
)
def test_a_trace_is_taken_from_what_google_sends(headers: dict[str, str], trace: str, span: str) -> None:
    assert trace_of(headers) == (trace, span)
