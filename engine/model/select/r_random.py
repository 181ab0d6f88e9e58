"""R's default random numbers, so that a choice R made by chance can be made again."""

import numpy as np
from numpy.random import MT19937

from engine.model.fit.compiled import Numbers, Vector

WORDS = 624
MULTIPLIER = 69069
SCRAMBLED = 50
# The largest random word times this is just below 1. R moves a 0, which its callers must never see, up to half of it.
UNIT = 2.0**-32
ABOVE_ZERO = 0.5 * 2.328306437080797e-10
# R draws an index from pieces of 16 random bits.
PIECE = 16


class RRandom:
    """The stream of numbers that R gives after `set.seed(seed)` with its default kinds.

    These are Mersenne Twister and, since R 3.6, "Rejection" (help page `RNG`). The words of the twister's first
    state come from the congruential generator x -> 69069 x + 1 (mod 2^32), after 50 steps that are thrown away.
    """

    def __init__(self, seed: int) -> None:
        word = seed % 2**32
        words = []
        # One word more than the state has: R keeps the position in the first and overwrites it.
        for _ in range(SCRAMBLED + 1 + WORDS):
            word = (MULTIPLIER * word + 1) % 2**32
            words.append(word)
        self._twister = MT19937()
        self._twister.state = {
            "bit_generator": "MT19937",
            "state": {"key": np.array(words[-WORDS:], dtype=np.uint32), "pos": WORDS},
        }

    def uniform(self, size: int) -> Vector:
        """Return (size,) numbers in (0, 1), as `runif`."""
        numbers = self._twister.random_raw(size) * UNIT
        return np.where(numbers > 0.0, numbers, ABOVE_ZERO)

    def sample(self, n: int, size: int, replace: bool = False) -> Numbers:
        """Return (size,) of the positions 0 … n-1, as `sample.int(n, size, replace) - 1`; n < 2^31.

        Raises ValueError for more positions than there are without `replace`.
        """
        if replace:
            return self._below(n, size)
        if size > n:
            raise ValueError(f"cannot draw {size} of {n} without replacement")
        left = np.arange(n)
        drawn = np.empty(size, dtype=np.int64)
        for i in range(size):
            last = n - 1 - i
            # R does not shorten the urn when there is only one to draw: the same number either way.
            place = int(self._below(last + 1, 1)[0])
            drawn[i] = left[place]
            left[place] = left[last]
        return drawn

    def _below(self, n: int, size: int) -> Numbers:
        """Numbers below n: as many random bits as n - 1 has, drawn again where they make n or more."""
        # One number is drawn even where n = 1 leaves no choice.
        bits = (n - 1).bit_length()
        pieces = bits // PIECE + 1
        kept: list[Numbers] = []
        missing = size
        while missing:
            drawn = np.floor(self.uniform(missing * pieces) * 2**PIECE).astype(np.int64).reshape(missing, pieces)
            number = drawn[:, 0]
            for piece in range(1, pieces):
                number = number * 2**PIECE + drawn[:, piece]
            number = number & (2**bits - 1)
            kept.append(number[number < n])
            missing -= len(kept[-1])
        return np.concatenate(kept) if kept else np.zeros(0, dtype=np.int64)
