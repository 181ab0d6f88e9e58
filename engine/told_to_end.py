"""A training that is told to end: by a signal, or because the program that started it is gone.

Its processes end with it, within seconds, and `error.json` and `status.json` of its folder say how it ended.
"""

import json
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from engine.process_tree import PARENT
from engine.results.told import told

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
TODO = "Start it again; trials that were finished are taken over."
# Seconds between two looks at who started us.
LOOK = 0.5


def end_children() -> None:
    """End the processes of a pool at once: what they have not finished is of no use."""
    for child in multiprocessing.active_children():
        child.kill()


@contextmanager
def heeding_the_end(folder_out: Path, end: Callable[[], None] = end_children) -> Iterator[None]:
    """While in here, a signal or our starter's death ends this process with all its own; the folder gets the words.

    `end` ends what we started. The process is left without unwinding: threads that compute would be waited for. Outside
    of a program's main thread nothing is done.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    going = threading.Event()

    def leave(what: str, status: int) -> None:
        end()
        leave_words(folder_out, what)
        print(f"mmm: {what} {TODO}", file=sys.stderr, flush=True)
        os._exit(status)

    def signalled(number: int, frame: FrameType | None) -> None:
        # Whoever tells us again has no patience.
        for one in SIGNALS:
            signal.signal(one, signal.SIG_DFL)
        leave(f"The training was told to end ({signal.Signals(number).name}).", 128 + number)

    parent = int(os.environ.pop(PARENT, 0))
    if parent:
        words = "The training was ended, because the program that started it is gone."
        threading.Thread(
            target=_watch, args=(parent, going, lambda: leave(words, 128 + signal.SIGTERM)), daemon=True
        ).start()
    before = {one: signal.signal(one, signalled) for one in SIGNALS if signal.getsignal(one) is not signal.SIG_IGN}
    try:
        yield
    finally:
        going.set()
        for one, handler in before.items():
            signal.signal(one, handler)


def leave_words(folder_out: Path, what: str, todo: str = TODO) -> None:
    """Say in `error.json` and `status.json` why a training ended; what the status told of its progress stays."""
    status = {**told(folder_out / "status.json"), "cause": what, "remedy": todo}
    for name, body in (("status.json", status), ("error.json", {"what": what, "todo": todo})):
        # A folder that is not there, or a full disk: the exit status has to do.
        with suppress(OSError):
            half = folder_out / f"{name}.part"
            half.write_text(json.dumps(body))
            half.replace(folder_out / name)


def _watch(parent: int, going: threading.Event, leave: Callable[[], None]) -> None:
    """Look whether the process that started us is still our parent, until it is over."""
    while not going.wait(LOOK):
        if os.getppid() != parent:
            leave()
