"""All trials of a training: one after the other, or several at a time in processes or threads of their own."""

import ctypes
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.made_with import versions
from engine.model.fit.candidate import Candidates, Evaluator, room
from engine.model.fit.compiled import Matrix, Numbers, Vector
from engine.model.fit.problem import Problem
from engine.model.fit.space import Space
from engine.model.search.fast_search import search_fast
from engine.model.search.kept_trials import KeptTrials, fingerprint
from engine.model.search.nevergrad_search import Told, search
from engine.told_to_end import end_children

# Called with the candidates done in all trials, the best NRMSE and the best DECOMP.RSSD so far.
Progress = Callable[[int, float, float], None]

POLL = 0.5
# Per trial: candidates done, best NRMSE, best DECOMP.RSSD.
WIDTH = 3


@dataclass(frozen=True)
class Task:
    """What all trials share. method: nevergrad or fast. Trial t searches with seed + t."""

    problem: Problem
    space: Space
    method: str
    iterations: int
    seed: int

    @property
    def fingerprint(self) -> str:
        """A digest of everything that decides what a trial finds, our release and the libraries included."""
        return fingerprint(
            self.problem, self.space, method=self.method, iterations=self.iterations, seed=self.seed, **versions()
        )  # fmt: skip

    def run(self, number: int, told: Told) -> Candidates:
        """Run trial `number`, from 1."""
        if self.method == "fast":
            return self._run_fast(number, told)
        return search(self.problem, self.space, number=number, iterations=self.iterations, seed=self.seed, told=told)

    def _run_fast(self, number: int, told: Told) -> Candidates:
        evaluator, found = Evaluator(self.problem, self.space), room(self.iterations, self.problem, self.space)
        objectives, done = (3 if self.problem.studies else 2), 0

        def evaluate(values: Matrix) -> Matrix:
            nonlocal done
            rows = slice(done, done + len(values))
            found.values[rows] = values
            evaluator.into(found, rows.start, rows.stop)
            done = rows.stop
            told(done, float(found.nrmse[rows].min()), float(found.rssd[rows].min()))
            return np.column_stack([found.nrmse[rows], found.rssd[rows], found.mape[rows]])[:, :objectives]

        search_fast(
            self.space, evaluate, iterations=self.iterations, seed=self.seed + number, objectives=objectives
        )  # fmt: skip
        return found


@dataclass(frozen=True)
class Searched:
    """The candidates of all trials after each other, and of each its trial and its iteration, (K,) from 1."""

    candidates: Candidates
    trial: Numbers
    iteration: Numbers

    def sol_id(self, which: int) -> str:
        """Robyn's name of a model: trial_iteration_worker."""
        return f"{self.trial[which]}_{self.iteration[which]}_1"


def run_trials(
    task: Task, *, trials: int, workers: int, progress: Progress, kept: KeptTrials | None = None
) -> Searched:
    """Run every trial that is not kept from an earlier, interrupted training, and keep each as it ends.

    A trial depends on its own number only, so `workers` changes the time and nothing else.
    """
    found = {number: one for number in range(1, trials + 1) if kept and (one := kept.load(number))}
    left = [number for number in range(1, trials + 1) if number not in found]
    board = np.tile([0.0, np.inf, np.inf], trials)
    for number, one in found.items():
        _note(board, number, len(one), float(one.nrmse.min()), float(one.rssd.min()))
    together = min(workers, len(left))
    # The fast search leaves Python's lock alone most of the time, and is done before a process has started.
    several = _in_threads if task.method == "fast" else _in_processes
    for number, one in (several if together > 1 else _here)(task, left, together, board, progress):
        if kept:
            kept.save(number, one)
        found[number] = one
    return pool([found[number] for number in range(1, trials + 1)])


def pool(trials: list[Candidates]) -> Searched:
    """Put the candidates of all trials after each other."""
    names = ("values", "metrics", "effects", "coefficients")
    joined = {name: np.concatenate([getattr(one, name) for one in trials]) for name in names}
    numbers = np.repeat(np.arange(1, len(trials) + 1), [len(one) for one in trials])
    iterations = np.concatenate([np.arange(1, len(one) + 1, dtype=np.int64) for one in trials])
    return Searched(Candidates(**joined), numbers, iterations)


Found = Iterator[tuple[int, Candidates]]


def _here(task: Task, numbers: list[int], workers: int, board: Vector, progress: Progress) -> Found:
    for number in numbers:

        def told(iteration: int, nrmse: float, rssd: float, number: int = number) -> None:
            _note(board, number, iteration, nrmse, rssd)
            progress(*_sum(board))

        yield number, task.run(number, told)


def _in_threads(task: Task, numbers: list[int], workers: int, board: Vector, progress: Progress) -> Found:
    lock = threading.Lock()

    def run(number: int) -> Candidates:
        def told(iteration: int, nrmse: float, rssd: float) -> None:
            with lock:
                _note(board, number, iteration, nrmse, rssd)

        return task.run(number, told)

    # Compiled once before the threads begin: they would do it one after the other.
    Evaluator(task.problem, task.space).many(task.space.low[None])
    with ThreadPoolExecutor(workers) as threads:
        futures = {threads.submit(run, number): number for number in numbers}
        yield from _as_they_end(futures, lambda: progress(*_sum(board)))


def _as_they_end(futures: dict["Future[Candidates]", int], look: Callable[[], None]) -> Found:
    left = set(futures)
    while left:
        done, left = wait(left, timeout=POLL)
        for future in done:
            yield futures[future], future.result()
        look()


def _in_processes(task: Task, numbers: list[int], workers: int, board: Vector, progress: Progress) -> Found:
    # Compiled once here, so that the processes find it on disk instead of compiling side by side.
    Evaluator(task.problem, task.space).many(task.space.low[None])
    context = multiprocessing.get_context("spawn")
    # Without a lock: a process that is killed while it holds one would stop all others for ever. Each trial writes to
    # numbers of its own, and who reads them half new shows a progress that is right a moment later.
    shared = context.RawArray(ctypes.c_double, board.tolist())
    with _pool(workers, context, task, shared) as processes:
        futures = {processes.submit(_in_process, number): number for number in numbers}

        def look() -> None:
            progress(*_sum(np.array(shared[:])))

        yield from _as_they_end(futures, look)


@contextmanager
def _pool(workers: int, context: Any, *given: Any) -> Iterator[ProcessPoolExecutor]:
    """Processes that end with the first trial that fails: the others' work is of no use then."""
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_begin, initargs=given) as processes:
        try:
            yield processes
        except BaseException:
            # Killed: one that was only told to end has been seen to go on, and to wait for ever for somebody to read.
            end_children()
            processes.shutdown(wait=False, cancel_futures=True)
            raise


def _note(board: Any, number: int, iteration: int, nrmse: float, rssd: float) -> None:
    at = (number - 1) * WIDTH
    board[at] = iteration
    board[at + 1] = min(board[at + 1], nrmse)
    board[at + 2] = min(board[at + 2], rssd)


def _sum(board: Vector) -> tuple[int, float, float]:
    return int(board[0::WIDTH].sum()), float(board[1::WIDTH].min()), float(board[2::WIDTH].min())


# What a worker process was given at its start; set once by `_begin`.
_given: dict[str, Any] = {}


def _begin(task: Task, shared: "ctypes.Array[ctypes.c_double]") -> None:
    _given.update(task=task, shared=shared)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this process when the one that started it is gone, however it went."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _in_process(number: int) -> Candidates:
    shared = _given["shared"]

    def told(iteration: int, nrmse: float, rssd: float) -> None:
        _note(shared, number, iteration, nrmse, rssd)

    task: Task = _given["task"]
    return task.run(number, told)
