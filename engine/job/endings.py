"""How a trainer ended badly, in words: what happened, and what the person can do. Pure, so that every ending is tested.

A trainer that ran out of memory or disk rarely says so itself: it is killed, or the last line of a long
traceback is a library's. So what it said is read together with how it ended and what the machine counted.
"""

import re
import signal
from dataclasses import dataclass
from pathlib import Path

from engine.errors import BadInput, MmmError, TrainingFailed, TrainingKilled
from engine.full_disk import EXIT_CODE, WORDS
from engine.job.machine import in_units
from engine.results.told import why_it_failed

# How a trainer says that the person must correct something.
CORRECT = 2
TAIL = 40
# With less room than this, no file of a result can be written.
FULL = 1 << 20
# What R and libraries say of a write that was cut off; a sign of a full disk where little room was left.
CUT_OFF = re.compile(r"error writing to connection|write error|short write|requested and \d+ written", re.IGNORECASE)
SCARCE = 64 << 20
MEMORY = re.compile(
    r"\bMemoryError\b"  # Python and numpy
    r"|cannot allocate (vector|buffer|memory block)"  # R
    r"|\bstd::bad_alloc\b"  # C++: Stan, Arrow
    r"|Cannot allocate memory|\bENOMEM\b|\[Errno 12\]"  # the system, at a fork
    r"|\bOut of memory\b|\bout of memory\b"
)
# That a process was killed is no word of memory: somebody, or the machine that goes down, may have done it.
KILLED = re.compile(
    r"\bBrokenProcessPool\b|terminated abruptly"  # a process of Python's pool was killed
    r"|(exit (code|status)|status) (137|143)\b|\bSIG(KILL|TERM)\b|\bsignal (9|15)\b"
    r"|was (killed|ended from outside)\b"
)
# A trainer that only guesses.
GUESSED = re.compile(r"(most likely|perhaps|probably) for lack of memory")
OUTSIDE = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
# What a trainer says that has understood itself what it lacked.
WORDED = re.compile(r"\black of memory\b|\bran out of memory\b|\bdisk\b.* is full\b")
DISK_TODO = "Choose fewer iterations or trials, or ask whoever runs this service for a training machine with more room."
MEMORY_TODO = "Choose fewer iterations or trials, or ask whoever runs this service for a larger training machine."
KILLED_TODO = "Start it again; if it happens again, the log of the training machine tells more."


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
    if GUESSED.search(end.told):
        return _out_of_memory(end, said) if end.memory_kills else _killed(end, said)
    if WORDED.search(end.told):
        # The trainer knows which of its parts it was, and what would help.
        return TrainingFailed(end.told, end.todo or MEMORY_TODO, detail=said)
    if end.code == EXIT_CODE or end.free < FULL or WORDS.search(said) or (end.free < SCARCE and CUT_OFF.search(said)):
        return disk_full(said)
    if end.memory_kills or MEMORY.search(said):
        return _out_of_memory(end, said)
    if end.code in (*(-one for one in OUTSIDE), *(128 + one for one in OUTSIDE)) or KILLED.search(said):
        return _killed(end, said)
    if end.told:
        return TrainingFailed(end.told, end.todo, detail=said)
    if end.code < 0:
        what = f"The training crashed (signal {-end.code})."
        return TrainingFailed(what, "Start it again; if it happens again, the log tells more.", detail=said)
    last = f" Its last words: {end.last[-1][:200]}" if end.last else ""
    what = f"The training broke off (exit code {end.code}).{last}"
    return TrainingFailed(what, "Start it again; the log tells more.", detail=said)


def disk_full(detail: str = "") -> TrainingFailed:
    """There was no room left for the training's files."""
    return TrainingFailed("The training's disk is full.", DISK_TODO, detail=detail)


def _out_of_memory(end: Ending, said: str) -> TrainingFailed:
    return TrainingFailed(f"The training ran out of memory.{_size(end)}", MEMORY_TODO, detail=said)


def _killed(end: Ending, said: str) -> TrainingKilled:
    """Ended by a signal, and nothing says that memory was the reason: the next attempt may do better."""
    number = -end.code if end.code < 0 else end.code - 128
    which = f" (signal {number})" if number in OUTSIDE else ""
    # A part of it, which the trainer has named.
    part = "A part of the training" if not which else "The training"
    return TrainingKilled(f"{part} was killed from outside{which}.", KILLED_TODO, detail=said)


def _size(end: Ending) -> str:
    return f" Its machine has {in_units(end.memory_limit)} of memory." if end.memory_limit else ""
