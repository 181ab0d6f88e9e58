"""Machine code for the inner loops."""

from collections.abc import Callable
from typing import TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

Function = TypeVar("Function", bound=Callable[..., object])

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Numbers = NDArray[np.int64]


def compiled(function: Function) -> Function:
    """Compile `function` on its first call and keep the result on disk for the next process.

    What is on disk is renewed when the function's own file changes, and only then: a compiled function may call
    compiled functions of its own file, never of another, or it would go on with what those used to do.
    """
    return cast(Function, numba.njit(cache=True)(function))
