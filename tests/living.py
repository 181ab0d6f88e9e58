"""Processes that carry a mark in their environment: what a program has started, and what it has left behind."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

NAME = "MMM_TEST_MARK"


def mark() -> str:
    """A new mark, for the variable NAME of a program's environment: all that it starts inherits it."""
    return uuid4().hex


def marked(value: str) -> dict[int, str]:
    """The processes that run and carry the mark, by number: their command lines."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f"{NAME}={value}".encode() in (folder / "environ").read_bytes().split(b"\0"):
                # One that has ended and is not yet asked for has no environment any more.
                found[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()[:150]
        except OSError:
            continue
    found.pop(os.getpid(), None)
    return found


def until(what: Callable[[], object], seconds: float = 60, why: Callable[[], object] = lambda: "") -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, f"it did not come in {seconds:g} seconds: {why()}"
        time.sleep(0.05)


def nothing_left(value: str, seconds: float = 10) -> None:
    """Wait until no process carries the mark."""
    until(lambda: not marked(value), seconds, lambda: marked(value))
