"""Whether anything listens: of a stack on this machine, what is down is told once, not by every check that needs it."""

import socket
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from engine.doctor.report import Finding, failed
from engine.doctor.subject import Check, Subject, on_this_machine
from engine.settings import Settings

TIMEOUT = 2.0
# Whose address each setting is.
WHOSE = {
    "worker_url": "the worker",
    "storage_url": "Google's stand-in",
    "tasks_url": "Google's stand-in",
    "run_url": "Google's stand-in",
    "secrets_url": "Google's stand-in",
    "certs_url": "Google's stand-in",
    "slack_url": "Slack's stand-in",
}


def reachable(subject: Subject, checks: Sequence[Check]) -> tuple[list[Check], list[Finding]]:
    """The checks that have somebody to ask, and in one finding what is down, if anything is."""
    silent = {place: whose for place, whose in _places(subject.settings).items() if not listens(place)}
    if not silent:
        return list(checks), []
    open_ones = [check for check in checks if not {_place(url) for url in check.asks(subject.settings)} & silent.keys()]
    return open_ones, [_down(subject, silent, len(checks) - len(open_ones))]


def listens(place: str) -> bool:
    """Whether something takes connections at `host:port`."""
    host, _, port = place.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=TIMEOUT):
            return True
    except ConnectionRefusedError:
        return False
    except OSError:
        # Whatever else is wrong, the checks say it better.
        return True


def _places(settings: Settings) -> dict[str, str]:
    """Who is said to listen where on this machine."""
    return {
        _place(url): whose
        for setting, whose in WHOSE.items()
        if (url := getattr(settings, setting)) and on_this_machine(url)
    }


def _place(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"


def _down(subject: Subject, silent: dict[str, str], waiting: int) -> Finding:
    whole = {"the worker", "Google's stand-in"} <= set(silent.values())
    what = "The server" if whole else _both(sorted(set(silent.values())))
    where = _both([f"{place} ({whose})" for place, whose in sorted(silent.items())])
    said = f"{what[0].upper()}{what[1:]} is down: nothing listens at {where}; {waiting} checks need it."
    state = subject.environment.get("MMM_EMBEDDED_STATE", "")
    start = f"mmm serve all --embedded --state {state}" if state else "make demo, or mmm serve worker"
    return failed(
        said, f"Start it: {start}. Where it listens on other ports, give --port here as there.", check="server"
    )


def _both(words: Iterable[str]) -> str:
    *some, last = words
    return f"{', '.join(some)} and {last}" if some else last
