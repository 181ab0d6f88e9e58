"""Logs: one line an entry, as Cloud Logging reads them or as people do, with what they are about and no secrets."""

import json
import logging
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Literal, TextIO

from engine.observe.about import what_it_is_about
from engine.observe.redaction import without_secrets

Style = Literal["auto", "json", "text"]

# Longer texts are cut: an entry of Cloud Logging may hold 256 KiB.
LONGEST = 60_000
# Cloud Run sets one of these.
_IN_CLOUD_RUN = ("K_SERVICE", "CLOUD_RUN_JOB")
# Libraries that say more than anybody reads.
_QUIET = ("httpx", "httpcore", "urllib3", "snowflake.connector", "google.auth", "slack_sdk", "slack_bolt", "asyncio")


def set_up_logs(style: Style = "auto", *, stream: TextIO | None = None, project: str = "") -> None:
    """Send every log line of this process to `stream` (stdout), in one style. project: names traces in full."""
    if style == "auto":
        style = "json" if any(os.environ.get(name) for name in _IN_CLOUD_RUN) else "text"
    handler = logging.StreamHandler(stream or sys.stdout)
    handler.setFormatter(JsonLines(project) if style == "json" else TextLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        own = logging.getLogger(name)
        own.handlers.clear()
        own.propagate = True


def event(
    log: logging.Logger,
    name: str,
    message: str,
    fields: Mapping[str, object] = MappingProxyType({}),
    *,
    level: int = logging.INFO,
    exc_info: bool = False,
) -> None:
    """Log something that is counted: `name` is what metrics and alerts go by, `fields` stand beside it."""
    # The message may hold anything that was typed, a percent sign too: it is no format.
    log.log(level, "%s", message, exc_info=exc_info, extra={"event": name, "fields": fields})


class JsonLines(logging.Formatter):
    """An entry as Cloud Logging takes it from a container: severity, message, time, and our fields beside them."""

    def __init__(self, project: str = "") -> None:
        super().__init__()
        self.project = project

    def format(self, record: logging.LogRecord) -> str:
        message = record.getMessage()
        if record.exc_info:
            # Error Reporting finds a trace in the message, and groups by it.
            message = f"{message}\n{self.formatException(record.exc_info)}"
        entry: dict[str, Any] = {
            "severity": record.levelname if record.levelname != "WARN" else "WARNING",
            "message": message[:LONGEST],
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "logger": record.name,
        }
        entry |= _fields(record)
        if trace := entry.pop("trace", ""):
            entry["logging.googleapis.com/trace"] = f"projects/{self.project}/traces/{trace}" if self.project else trace
        if span := entry.pop("span", ""):
            entry["logging.googleapis.com/spanId"] = span
        return json.dumps({name: _clean(value) for name, value in entry.items()}, ensure_ascii=False, default=str)


class TextLines(logging.Formatter):
    """An entry as people read it in a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created).strftime("%H:%M:%S")
        fields = {name: value for name, value in _fields(record).items() if name not in ("trace", "span")}
        said = " ".join(f"{name}={value}" for name, value in fields.items())
        line = f"{time} {record.levelname:<7} {record.name}: {record.getMessage()}{f'  [{said}]' if said else ''}"
        if record.exc_info:
            line = f"{line}\n{self.formatException(record.exc_info)}"
        return without_secrets(line)


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    """What the line is about, and what it says beside its message."""
    found: dict[str, Any] = dict(what_it_is_about())
    if name := getattr(record, "event", ""):
        found["event"] = name
    return found | dict(getattr(record, "fields", {}))


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return without_secrets(value)
    if isinstance(value, dict):
        return {str(name): _clean(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(one) for one in value]
    return value
