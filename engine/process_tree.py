"""Programs that are started with all that they start in turn: they end together, and never outlive us."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

# Names the process that waits for a program of ours: where that is gone, the program ends itself and its own.
PARENT = "MMM_PARENT"
# Seconds for last words, before everything is killed.
GRACE = 2.0


def start(command: Sequence[str], env: Mapping[str, str] | None = None, **options: Any) -> "subprocess.Popen[Any]":
    """Start a program in a session of its own. `options` are those of Popen."""
    told = {**(os.environ if env is None else env), PARENT: str(os.getpid())}
    return subprocess.Popen(command, env=told, start_new_session=True, **options)


def end(process: "subprocess.Popen[Any]", grace: float = GRACE) -> None:
    """End a program that `start` started, kindly first, and all that it has started, also where it is gone already."""
    if process.poll() is None:
        _tell(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(grace)
    _tell(process.pid, signal.SIGKILL)
    process.wait()


def _tell(group: int, told: signal.Signals) -> None:
    # The group is gone, or (macOS) what is left of it has ended and nobody has asked yet how.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, told)
