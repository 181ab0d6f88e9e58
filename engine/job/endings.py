"""How a trainer ended badly, in words: what happened, and what the person can do. Pure, so that every ending is tested.

A trainer that ran out of memory or disk rarely says so itself: it is killed, or the last line of a long
traceback is a library's. So what it said is read together with how it ended and what the machine counted.
"""

import re
import signal
from dataclasses import dataclass
from pathlib import Path

from engine.errors import BadInput, MmmError, TrainingFailed
from engine.job.machine import in_units
from engine.results.told import why_it_failed

# How a trainer says that the person must correct something.
CORRECT = 2
TAIL = 40
# With less room than this, no file of a result can be written.
FULL = 1 << 20
DISK = re.compile(r"No space left on device|\bENOSPC\b|\[Errno 28\]|Disk quota exceeded|disk is full", re.IGNORECASE)
MEMORY = re.compile(
    r"\bMemoryError\b"  # Python and numpy
    r"|cannot allocate (vector|buffer|memory block)"  # R
    r"|\bstd::bad_alloc\b"  # C++: Stan, Arrow
    r"|Cannot allocate memory|\bENOMEM\b|\[Errno 12\]"  # the system, at a fork
    r"|\bBrokenProcessPool\b|terminated abruptly"  # a process of Python's pool was killed
    r"|(exit (code|status)|status) 137\b|\bSIGKILL\b|signal 9\b|\bOut of memory\b|\bout of memory\b"
)
# What a trainer says that has understood itself what it lacked.
WORDED = re.compile(r"\black of memory\b|\bran out of memory\b|\bdisk\b.* is full\b")
DISK_TODO = "Choose fewer iterations or trials, or ask whoever runs this service for a training machine with more room."
MEMORY_TODO = "Choose fewer iterations or trials, or ask whoever runs this service for a larger training machine."


@dataclass(frozen=True)
class Ending:
    """All that is known about how a trainer ended. `code` is as subprocess gives it: -9 is SIGKILL.

    `told` and `todo` are what the trainer left in error.json or status.json, `last` the end of its console.
    """

    code: int
    told: str = ""
    todo: str = ""
    last: tuple[str, ...] = ()
    free: int = 1 << 40
    memory_kills: int = 0
    memory_limit: int | None = None


def read_ending(code: int, folder_out: Path, *, free: int, memory_kills: int, memory_limit: int | None) -> Ending:
    """Collect what a trainer left behind in its OUT folder."""
    told, todo = why_it_failed(folder_out)
    console = folder_out / "robyn_console.log"
    said = console.read_text(errors="replace").strip().splitlines()[-TAIL:] if console.exists() else []
    return Ending(code, told, todo, tuple(said), free, memory_kills, memory_limit)


def failure(end: Ending) -> MmmError:
    """What a trainer's bad end means for the person: BadInput where they can mend it, else TrainingFailed."""
    if end.code == CORRECT and end.told:
        return BadInput(end.told, end.todo)
    said = "\n".join((*end.last, end.told))
    if WORDED.search(end.told):
        # The trainer knows which of its parts it was, and what would help.
        return TrainingFailed(end.told, end.todo or MEMORY_TODO, detail=said)
    if end.free < FULL or DISK.search(said):
        return disk_full(said)
    if end.memory_kills or end.code in (-signal.SIGKILL, 128 + signal.SIGKILL) or MEMORY.search(said):
        return _out_of_memory(end, said)
    if end.told:
        return TrainingFailed(end.told, end.todo, detail=said)
    if end.code < 0:
        what = f"The training was ended from outside (signal {-end.code})."
        return TrainingFailed(what, "Start it again; if it happens again, the log tells more.", detail=said)
    last = f" Its last words: {end.last[-1][:200]}" if end.last else ""
    what = f"The training broke off (exit code {end.code}).{last}"
    return TrainingFailed(what, "Start it again; the log tells more.", detail=said)


def disk_full(detail: str = "") -> TrainingFailed:
    """There was no room left for the training's files."""
    return TrainingFailed("The training's disk is full.", DISK_TODO, detail=detail)


def _out_of_memory(end: Ending, said: str) -> TrainingFailed:
    # A killed process left no word, and somebody may have killed it for another reason.
    sure = end.memory_kills or re.search(r"MemoryError|cannot allocate|bad_alloc|out of memory", said, re.IGNORECASE)
    what = "The training ran out of memory." if sure else "The training was killed, most likely for lack of memory."
    return TrainingFailed(f"{what}{_size(end)}", MEMORY_TODO, detail=said)


def _size(end: Ending) -> str:
    return f" Its machine has {in_units(end.memory_limit)} of memory." if end.memory_limit else ""
