"""How a trainer's bad end is told: what it said, how it was ended, and what the machine counted."""

import errno
import os
from pathlib import Path

import pytest

from engine.errors import BadInput, TrainingFailed, TrainingKilled
from engine.full_disk import EXIT_CODE, is_disk_full
from engine.job.endings import Ending, failure, read_ending
from engine.job.machine import Machine, in_units

MEMORY, KILLED, DISK = "ran out of memory", "killed from outside", "disk is full"
PART = f"A part of the training was {KILLED}"
CUT_OFF = "Error in saveRDS: error writing to connection"


@pytest.mark.parametrize(
    ("ending", "what", "todo"),
    [
        pytest.param(Ending(-9), f"{KILLED} (signal 9)", "again", id="killed"),
        pytest.param(Ending(-15), f"{KILLED} (signal 15)", "again", id="told-to-end"),
        pytest.param(Ending(137), f"{KILLED} (signal 9)", "again", id="killed-in-a-shell"),
        pytest.param(Ending(-9, memory_kills=1), MEMORY, "larger", id="killed-and-counted-by-the-machine"),
        pytest.param(Ending(1, last=("MemoryError",)), MEMORY, "fewer", id="python"),
        pytest.param(
            Ending(1, last=("numpy._core._exceptions._ArrayMemoryError: Unable to allocate 9 GiB", "MemoryError")),
            MEMORY,
            "fewer",
            id="numpy",
        ),
        pytest.param(Ending(1, last=("Error: cannot allocate vector of size 2.5 Gb",)), MEMORY, "fewer", id="r"),
        pytest.param(Ending(1, "Error: cannot allocate vector of size 2.5 Gb"), MEMORY, "fewer", id="r-told"),
        pytest.param(Ending(134, last=("terminate called: std::bad_alloc",)), MEMORY, "fewer", id="c++"),
        pytest.param(Ending(1, last=("fork: Cannot allocate memory",)), MEMORY, "fewer", id="fork"),
        pytest.param(
            Ending(1, last=("BrokenProcessPool: A process ended",)),
            PART,
            "again",
            id="child-of-python",
        ),
        pytest.param(
            Ending(1, "Trial 3 ended with exit status 137."),
            PART,
            "again",
            id="child-of-r",
        ),
        pytest.param(Ending(1, "Trial 3 broke off.", memory_kills=1), MEMORY, "fewer", id="counted-by-the-machine"),
        pytest.param(Ending(1, last=("OSError: [Errno 28] No space left on device",)), DISK, "room", id="disk"),
        pytest.param(Ending(1, "cannot write results", free=4096), DISK, "room", id="no-room-left"),
        pytest.param(Ending(-9, last=("No space left on device",)), DISK, "room", id="disk-before-memory"),
        pytest.param(
            Ending(1, "Trial 2 was killed, most likely for lack of memory.", "Run fewer at once."),
            KILLED,
            "again",
            id="guessed-by-r",
        ),
        pytest.param(
            Ending(1, "Trial 2 was killed, most likely for lack of memory.", "Run fewer at once.", memory_kills=1),
            MEMORY,
            "larger",
            id="guessed-by-r-and-counted-by-the-machine",
        ),
        pytest.param(Ending(EXIT_CODE), DISK, "room", id="disk-told-by-the-exit-code-alone"),
        pytest.param(
            Ending(1, last=(CUT_OFF,), free=1 << 22),
            DISK,
            "room",
            id="a-write-of-r-cut-off-with-little-room",
        ),
        pytest.param(
            Ending(1, last=(CUT_OFF,)),
            "broke off",
            "log",
            id="a-write-of-r-cut-off-with-much-room",
        ),
        pytest.param(Ending(1, last=("OperationalError: database or disk is full",)), DISK, "room", id="sqlite"),
        pytest.param(Ending(1, last=("OSError: [Errno 122] Disk quota exceeded",)), DISK, "room", id="quota"),
        pytest.param(
            Ending(1, "The disk of the training is full.", "Give it more."),
            "disk of the training",
            "more",
            id="told-disk",
        ),
        pytest.param(Ending(1, "The country is unknown.", "Name one."), "country is unknown", "Name one", id="told"),
        pytest.param(Ending(-11), "signal 11", "log", id="crashed"),
        pytest.param(Ending(3, last=("a", "b")), "broke off (exit code 3). Its last words: b", "log", id="unknown"),
        pytest.param(Ending(3), "broke off (exit code 3).", "log", id="silent"),
    ],
)
def test_an_ending_says_what_happened_and_what_to_do(ending: Ending, what: str, todo: str) -> None:
    error = failure(ending)
    assert isinstance(error, TrainingFailed)
    assert what in error.what
    assert todo in error.todo


def test_what_the_person_must_correct_is_theirs_whatever_else_was_said() -> None:
    error = failure(Ending(2, "TV has no spend.", "Leave it out.", last=("out of memory",)))
    assert isinstance(error, BadInput)
    assert (error.what, error.todo) == ("TV has no spend.", "Leave it out.")


def test_the_machines_size_is_named() -> None:
    assert "32 GB" in failure(Ending(-9, memory_kills=1, memory_limit=32 << 30)).what


@pytest.mark.parametrize(
    "ending",
    [
        Ending(-9),
        Ending(-9, memory_limit=2 << 30),
        Ending(143),
        Ending(-15),
        Ending(1, last=("BrokenProcessPool: A process in the process pool was terminated abruptly",)),
        Ending(1, "Trial 2 was killed, most likely for lack of memory."),
    ],
)
def test_a_kill_without_evidence_is_no_lack_of_memory_and_worth_another_attempt(ending: Ending) -> None:
    error = failure(ending)
    assert isinstance(error, TrainingKilled)
    assert "memory" not in f"{error.what} {error.todo}"


@pytest.mark.parametrize("ending", [Ending(-11), Ending(-6), Ending(1), Ending(1, "No model came out.")])
def test_what_a_trainer_does_to_itself_is_not_tried_again(ending: Ending) -> None:
    assert not isinstance(failure(ending), TrainingKilled)


def test_words_that_only_resemble_are_no_lack_of_memory() -> None:
    for line in ("adstock memory: 3 weeks", "KeyError: 'MEMORY_SPEND'", "line 1370 of status"):
        assert "broke off" in failure(Ending(1, last=(line,))).what


def test_an_ending_is_read_from_what_the_trainer_left(tmp_path: Path) -> None:
    (tmp_path / "status.json").write_text('{"phase": "trials", "cause": "It is cold.", "remedy": "Heat."}')
    (tmp_path / "robyn_console.log").write_text("one\ntwo\n")
    ending = read_ending(1, tmp_path, free=10, memory_kills=0, memory_limit=None)
    assert (ending.told, ending.todo, ending.last, ending.free) == ("It is cold.", "Heat.", ("one", "two"), 10)
    (tmp_path / "error.json").write_text('{"what": "It is hot.", "todo": "Cool."}')
    assert read_ending(1, tmp_path, free=10, memory_kills=0, memory_limit=None).told == "It is hot."
    (tmp_path / "error.json").write_text('{"what": "It is')
    assert read_ending(1, tmp_path, free=10, memory_kills=0, memory_limit=None).told == "It is cold."


def test_a_trainer_that_left_nothing_can_be_read(tmp_path: Path) -> None:
    assert read_ending(1, tmp_path, free=10, memory_kills=0, memory_limit=None) == Ending(1, free=10)


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"memory.max": "2147483648\n", "memory.events": "low 0\noom 2\noom_kill 3\n"}, id="version-2"),
        pytest.param(
            {
                "memory/memory.limit_in_bytes": "2147483648\n",
                "memory/memory.oom_control": "oom_kill_disable 0\noom_kill 3\n",
            },
            id="version-1",
        ),
    ],
)
def test_a_container_knows_its_memory(tmp_path: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    machine = Machine(tmp_path)
    assert (machine.memory_limit(), machine.memory_kills()) == (2 << 30, 3)


@pytest.mark.parametrize("text", ["max", "9223372036854771712"])
def test_a_machine_without_a_limit_has_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "memory.max").write_text(f"{text}\n")
    assert Machine(tmp_path).memory_limit() is None


def test_a_machine_without_control_groups_counts_nothing(tmp_path: Path) -> None:
    assert (Machine(tmp_path).memory_limit(), Machine(tmp_path).memory_kills()) == (None, 0)


def test_a_full_disk_is_known_by_what_the_system_says() -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    try:
        with pytest.raises(OSError, match="No space left") as caught:
            os.write(full, b"x")
    finally:
        os.close(full)
    assert is_disk_full(caught.value)
    assert not is_disk_full(OSError(errno.EACCES, "no"))
    assert is_disk_full(OSError(errno.EDQUOT, "quota"))


def test_a_full_disk_is_known_however_deep_it_lies() -> None:
    def wrapped() -> None:
        try:
            try:
                raise OSError(errno.ENOSPC, "No space left on device")
            except OSError as error:
                raise RuntimeError("cannot write the table") from error
        except RuntimeError:
            missing: dict[str, str] = {}
            missing["table"]  # the context alone tells

    with pytest.raises(KeyError) as caught:
        wrapped()
    assert is_disk_full(caught.value)
    assert is_disk_full(RuntimeError("database or disk is full"))
    assert not is_disk_full(RuntimeError("the disk of the seed"))


def test_sizes_are_told_in_units() -> None:
    assert [in_units(size) for size in (512 << 20, 1 << 30, 5 << 29)] == ["512 MB", "1 GB", "2.5 GB"]
