"""What each medium does, draw by draw: all that a plan's response, its range and every later promise are read from."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.model.fit.candidate import Model
from engine.model.fit.compiled import Matrix, Vector


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

    def thinned(self, most: int) -> "MediaDraws":
        """At most so many of the draws, evenly among all of them."""
        if len(self) <= most:
            return self
        kept = np.linspace(0, len(self) - 1, most).round().astype(int)
        return replace(self, shapes=self.shapes[kept], halves=self.halves[kept], coefficients=self.coefficients[kept])

    def some(self, which: slice) -> "MediaDraws":
        """Some of the draws."""
        return replace(
            self, shapes=self.shapes[which], halves=self.halves[which], coefficients=self.coefficients[which]
        )

    @property
    def alpha(self) -> Matrix:
        """(D, M) of the saturation."""
        return np.asarray(self.shapes[:, :, 0])


def one_draw(model: Model, names: Sequence[str]) -> MediaDraws:
    """Return a fitted model as a single draw. names: of its media."""
    base = len(model.coefficients) - len(names)
    return MediaDraws(tuple(names), model.shapes[None], model.halves[None], model.coefficients[None, base:])


def anchored(draws: MediaDraws, effects: Matrix, told: Vector) -> MediaDraws:
    """Return the draws, each medium's scaled by one factor, so that on average they bring what is told of it.

    effects: (D, M) what each draw's medium brings in the window; told: (M,) what the results say it brings. The draws
    are thinned and wider than their mean is taken over, and no two numbers of one run may contradict each other.
    """
    means = effects.mean(axis=0)
    factors = np.divide(told, means, out=np.ones_like(means), where=means * told > 0)
    return replace(draws, coefficients=np.ascontiguousarray(draws.coefficients * factors))
