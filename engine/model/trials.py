"""All trials of a training: one after the other, or several at a time in processes of their own."""

import ctypes
import multiprocessing
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor, wait
from multiprocessing.sharedctypes import SynchronizedArray
from typing import Any

import numpy as np

from engine.model.candidate import Problem
from engine.model.search import Space, Trial, search

# Called with the candidates done in all trials, the best NRMSE and the best DECOMP.RSSD so far.
Progress = Callable[[int, float, float], None]

POLL = 0.5
# Per trial: candidates done, best NRMSE, best DECOMP.RSSD.
WIDTH = 3


def run_trials(
    problem: Problem, space: Space, *, trials: int, iterations: int, seed: int, workers: int, progress: Progress
) -> list[Trial]:
    """Run every trial. A trial depends on its own number only, so `workers` changes the time and nothing else."""
    numbers = range(1, trials + 1)
    if workers <= 1 or trials == 1:
        board = np.tile([0.0, np.inf, np.inf], trials)

        def here(number: int) -> Trial:
            def told(iteration: int, nrmse: float, rssd: float) -> None:
                _note(board, number, iteration, nrmse, rssd)
                progress(*_sum(board))

            return search(problem, space, number=number, iterations=iterations, seed=seed, told=told)

        return [here(number) for number in numbers]
    context = multiprocessing.get_context("spawn")
    shared = context.Array(ctypes.c_double, np.tile([0.0, np.inf, np.inf], trials).tolist())
    with ProcessPoolExecutor(
        min(workers, trials), mp_context=context, initializer=_begin, initargs=(problem, space, shared)
    ) as pool:
        futures = [pool.submit(_in_process, number, iterations, seed) for number in numbers]
        _watch(futures, shared, progress)
        return [future.result() for future in futures]


def _watch(futures: list["Future[Trial]"], shared: "SynchronizedArray[float]", progress: Progress) -> None:
    left = set(futures)
    while left:
        done, left = wait(left, timeout=POLL)
        for future in done:
            if error := future.exception():
                for other in left:
                    other.cancel()
                raise error
        with shared.get_lock():
            board = np.array(shared[:])
        progress(*_sum(board))


def _note(board: Any, number: int, iteration: int, nrmse: float, rssd: float) -> None:
    at = (number - 1) * WIDTH
    board[at] = iteration
    board[at + 1] = min(board[at + 1], nrmse)
    board[at + 2] = min(board[at + 2], rssd)


def _sum(board: np.ndarray[Any, Any]) -> tuple[int, float, float]:
    return int(board[0::WIDTH].sum()), float(board[1::WIDTH].min()), float(board[2::WIDTH].min())


# What a worker process was given at its start; set once by `_begin`.
_given: dict[str, Any] = {}


def _begin(problem: Problem, space: Space, shared: "SynchronizedArray[float]") -> None:
    _given.update(problem=problem, space=space, shared=shared)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this process when the one that started it is gone, however it went."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _in_process(number: int, iterations: int, seed: int) -> Trial:
    shared = _given["shared"]

    def told(iteration: int, nrmse: float, rssd: float) -> None:
        with shared.get_lock():
            _note(shared, number, iteration, nrmse, rssd)

    return search(_given["problem"], _given["space"], number=number, iterations=iterations, seed=seed, told=told)
