"""Machine code for the inner loops."""

from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numba.core.caching import IndexDataCacheFile
from numba.core.dispatcher import Dispatcher
from numpy.typing import NDArray

Function = TypeVar("Function", bound=Callable[..., object])

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Numbers = NDArray[np.int64]
Flags = NDArray[np.bool_]

# Sums may be taken in another order than written, which lets them run on several lanes at once. The order is the same
# on every call on the same machine, and nothing else is given up: infinities and missing values keep their meaning.
REORDERED = {"reassoc", "contract", "nsz", "arcp"}


def compiled(function: Function) -> Function:
    """Compile `function` on its first call and keep the result on disk for the next process.

    A division by zero gives an infinity, as in numpy. Other threads may run meanwhile.
    """
    return _compile(function, {"contract"})


def vectorised(function: Function) -> Function:
    """Compile like `compiled`, and let the machine sum in the order that is fastest for it."""
    return _compile(function, REORDERED)


def as_written(function: Function) -> Function:
    """Compile like `compiled`, but fuse no product into a sum: for where the last digit decides between equals."""
    return _compile(function, set())


def _compile(function: Function, fastmath: set[str]) -> Function:
    machine: Any = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=fastmath or False)(function)
    # numba renews what is on disk when the function's own file changes; ours are inlined into each other over several
    # files, and each of those counts. What lies there under other names is not opened: it may need code that is gone.
    disk, store = machine._cache, cast(Any, IndexDataCacheFile)
    digest = _digest(_sources(function))
    disk._cache_file = store(
        cache_path=disk._cache_path, filename_base=f"{disk._impl.filename_base}-{digest}", source_stamp=digest
    )
    return cast(Function, machine)


def _sources(function: Callable[..., object]) -> set[str]:
    """Return the files of a function and of every compiled function its file knows, and theirs in turn."""
    found: set[str] = set()
    open_ends: list[Any] = [function]
    while open_ends:
        one = open_ends.pop()
        path = one.__code__.co_filename
        if path not in found:
            found.add(path)
            open_ends += [other.py_func for other in one.__globals__.values() if isinstance(other, Dispatcher)]
    return found


def _digest(paths: set[str]) -> str:
    return sha256(b"".join(_content(path) for path in sorted(paths))).hexdigest()[:16]


@cache
def _content(path: str) -> bytes:
    return Path(path).read_bytes()
