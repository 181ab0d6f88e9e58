"""What each medium does, draw by draw: all that a plan's response, its range and every later promise are read from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.model.fit.candidate import Model
from engine.model.fit.compiled import Matrix


@dataclass(frozen=True)
class MediaDraws:
    """D draws of what M media do, the C paid ones first; what one draw says of all media belongs together.

    In a draw, medium m brings coefficients[d, m] · hill(adstock(input), alpha, halves[d, m]) per period. shapes:
    (D, M, 5) alpha, gamma, the adstock's first and second parameter, and its kind (`transforms.ADSTOCKS`). halves,
    coefficients: (D, M), in units of the medium's input and of the dependent variable. One draw: a model by Robyn's
    rule, of which nobody knows how sure it is.
    """

    names: tuple[str, ...]
    shapes: NDArray[np.float64]
    halves: Matrix
    coefficients: Matrix

    def __len__(self) -> int:
        return len(self.coefficients)

    @property
    def alpha(self) -> Matrix:
        """(D, M) of the saturation."""
        return np.asarray(self.shapes[:, :, 0])


def one_draw(model: Model, names: Sequence[str]) -> MediaDraws:
    """Return a fitted model as a single draw. names: of its media."""
    base = len(model.coefficients) - len(names)
    return MediaDraws(tuple(names), model.shapes[None], model.halves[None], model.coefficients[None, base:])
