"""Metrics and traces: what a process sends to a collector, and that it sends nothing without one."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from bot.trail import trace_of
from engine.observe.telemetry import who_sends

WORK = """
from engine.observe.telemetry import count, measured, set_up_telemetry
telemetry = set_up_telemetry({url!r}, "mmm-worker", project="acme", region="europe-west3", version="1")
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


def work(url: str, **environment: str) -> None:
    # The providers belong to a whole process.
    command, known = [sys.executable, "-c", WORK.format(url=url)], {**os.environ, **environment}
    done = subprocess.run(command, env=known, capture_output=True, text=True, timeout=120)
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


def test_what_is_sent_says_where_it_comes_from_as_google_asks(collector: ThreadingHTTPServer) -> None:
    """Points without location or instance are dropped; with one instance two processes overwrite each other."""
    for _ in range(2):
        work(f"http://127.0.0.1:{collector.server_port}", K_SERVICE="mmm-worker", K_REVISION="mmm-worker-00007")
    got: list[tuple[str, bytes]] = collector.got  # type: ignore[attr-defined]
    sent = [ExportMetricsServiceRequest.FromString(body).resource_metrics for path, body in got if "metrics" in path]
    traced = [ExportTraceServiceRequest.FromString(body).resource_spans for path, body in got if "traces" in path]
    told = [{one.key: one.value.string_value for one in part.resource.attributes} for parts in sent for part in parts]
    assert len(told) == 2 and len({attributes["service.instance.id"] for attributes in told}) == 2
    for attributes in told:
        assert attributes["cloud.region"] == "europe-west3"
        assert attributes["service.name"] == "mmm-worker"
        assert attributes["cloud.platform"] == "gcp_cloud_run"
        assert (attributes["faas.name"], attributes["faas.version"]) == ("mmm-worker", "mmm-worker-00007")
        assert attributes["gcp.project_id"] == attributes["cloud.account.id"] == "acme"
    regions = {one.value.string_value for parts in traced for part in parts for one in part.resource.attributes
               if one.key == "cloud.region"}  # fmt: skip
    assert regions == {"europe-west3"}


@pytest.mark.parametrize(
    ("environment", "platform", "name", "version"),
    [
        pytest.param({"K_SERVICE": "mmm-bot", "K_REVISION": "r7"}, "gcp_cloud_run", "mmm-bot", "r7", id="service"),
        pytest.param(
            {"CLOUD_RUN_JOB": "mmm-training", "CLOUD_RUN_EXECUTION": "e1"},
            "gcp_cloud_run",
            "mmm-training",
            "e1",
            id="job",
        ),
        pytest.param({}, None, None, None, id="elsewhere"),
    ],
)
def test_a_process_says_what_it_is(
    environment: dict[str, str], platform: str | None, name: str | None, version: str | None
) -> None:
    told = who_sends("mmm-bot", "acme", "europe-west1", "", environment)
    assert told["cloud.region"] == "europe-west1" and told["service.instance.id"]
    assert (told.get("cloud.platform"), told.get("faas.name"), told.get("faas.version")) == (platform, name, version)
    assert all(told.values()), "what is not known is not sent"


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
