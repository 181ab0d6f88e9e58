"""Metrics and traces by OpenTelemetry: what is measured, and where it is sent.

Without an address nothing is sent, and what is measured costs next to nothing: the API does nothing by itself. The SDK
is loaded only where it is used, so that the bot stays small.
"""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from typing import TYPE_CHECKING, Protocol
from uuid import uuid4

from opentelemetry import metrics, trace

if TYPE_CHECKING:
    import requests

NAME = "mmm"
_GOOGLE = "https://telemetry.googleapis.com"
_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
EXPORT_SECONDS = 60.0


def set_up_telemetry(url: str, service: str, *, project: str, region: str, version: str = "") -> "Telemetry | None":
    """Send metrics and traces to an OTLP address; without one to nobody.

    url: `https://telemetry.googleapis.com`, or a collector's. service: `mmm-bot`, `mmm-worker` or `mmm-training`.
    Returns what must be closed at the end, so that the last values are sent.
    """
    if not url:
        return None
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    base = url.rstrip("/")
    # Google asks for a token; a collector beside us does not.
    session = _signed_session() if base == _GOOGLE else None
    resource = Resource.create(who_sends(service, project, region, version, os.environ))
    tracers = TracerProvider(resource=resource)
    tracers.add_span_processor(
        BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{base}/v1/traces", session=session, timeout=10))
    )
    reader = PeriodicExportingMetricReader(
        OTLPMetricExporter(endpoint=f"{base}/v1/metrics", session=session, timeout=10),
        export_interval_millis=EXPORT_SECONDS * 1000,
    )
    meters = MeterProvider(resource=resource, metric_readers=[reader])
    trace.set_tracer_provider(tracers)
    metrics.set_meter_provider(meters)
    return Telemetry(tracers, meters)


def who_sends(service: str, project: str, region: str, version: str, environment: Mapping[str, str]) -> dict[str, str]:
    """The attributes by which a process is told from others, in the names of OpenTelemetry's conventions.

    Google makes the labels of its `prometheus_target` of them, and drops a point that lacks one: `location` is
    `cloud.region`, `cluster` follows from `cloud.platform`, `job` is `service.name`, `instance` is
    `service.instance.id` (Cloud Observability, Telemetry API, "v1.metrics overview"). Several instances that sent
    under one id would overwrite each other, so every process has its own.
    """
    here = {
        "service.name": service,
        "service.instance.id": uuid4().hex,
        "service.version": version,
        "gcp.project_id": project,
        "cloud.region": region,
    }
    # Cloud Run says by these what runs: a service's revision, or a job's execution.
    name = environment.get("K_SERVICE") or environment.get("CLOUD_RUN_JOB")
    if name:
        run = environment.get("K_REVISION") or environment.get("CLOUD_RUN_EXECUTION", "")
        here |= {
            "cloud.provider": "gcp",
            "cloud.platform": "gcp_cloud_run",
            "cloud.account.id": project,
            "faas.name": name,
            "faas.version": run,
        }
    return {attribute: value for attribute, value in here.items() if value}


class _Closable(Protocol):
    def shutdown(self) -> None: ...


class Telemetry:
    """The running exporters of a process."""

    def __init__(self, *parts: "_Closable") -> None:
        self._parts = parts

    def close(self) -> None:
        """Send what is left. Never fails: what is measured is worth less than the work."""
        for part in self._parts:
            with suppress(Exception):
                part.shutdown()


def _signed_session() -> "requests.Session":
    import google.auth
    from google.auth.transport.requests import AuthorizedSession

    credentials, _ = google.auth.default(scopes=[_SCOPE])
    return AuthorizedSession(credentials)  # type: ignore[no-untyped-call]


@contextmanager
def measured(what: str, **labels: str) -> Iterator[None]:
    """Time a piece of work as a span and as `mmm.{what}.seconds`, with whether it went well.

    labels: few and with few values, such as the step's name; ids belong into the log.
    """
    began = time.perf_counter()
    outcome = "ok"
    with trace.get_tracer(NAME).start_as_current_span(f"{what} {' '.join(labels.values())}".strip(), attributes=labels):
        try:
            yield
        except BaseException:
            outcome = "failed"
            raise
        finally:
            observe(f"mmm.{what}.seconds", time.perf_counter() - began, outcome=outcome, **labels)


def observe(name: str, value: float, **labels: str) -> None:
    """Add one value, in seconds, to a distribution."""
    _histogram(name).record(value, labels)


def count(name: str, **labels: str) -> None:
    """Count one of something."""
    _counter(name).add(1, labels)


# Made once: every request records into one. Those made before the exporters are set up begin to send with them.
@cache
def _histogram(name: str) -> metrics.Histogram:
    return metrics.get_meter(NAME).create_histogram(name, unit="s")


@cache
def _counter(name: str) -> metrics.Counter:
    return metrics.get_meter(NAME).create_counter(name)
