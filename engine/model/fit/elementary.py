"""log2 and 2^x in plain arithmetic: unlike a library's, they run on several lanes at once inside a loop.

Both are exact to about one unit in the last place over the range they are meant for; a test compares them with the
library's. The logarithm's polynomial is that of Sun's fdlibm (e_log.c); the power is a Taylor series to x^12.
"""

from collections.abc import Callable
from typing import Any, cast

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from engine.model.fit.compiled import compiled

# The bits of sqrt(1/2): mantissas are taken from [sqrt(1/2), sqrt(2)), where the logarithm's series is shortest.
_ROOT = 0x3FE6A09E00000000
_ONE = 0x3FF0000000000000
_MANTISSA = 0x000FFFFFFFFFFFFF
# 2^52 as bits: a small whole number put into its mantissa reads as 2^52 + that number.
_MAGIC = 0x4330000000000000
_MAGIC_VALUE = 4503599627370496.0
# Adding and subtracting 1.5 * 2^52 rounds to a whole number.
_ROUND = 6755399441055744.0
LN2 = 0.6931471805599453


@intrinsic
def _bits_of(context: Any, value: Any) -> Any:
    """The 64 bits of a float as a whole number."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        return builder.bitcast(given[0], ir.IntType(64))

    return types.int64(types.float64), generate


@intrinsic
def _float_of(context: Any, value: Any) -> Any:
    """The float of 64 bits."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        return builder.bitcast(given[0], ir.DoubleType())

    return types.float64(types.int64), generate


_bits = cast(Callable[[float], int], _bits_of)
_float = cast(Callable[[int], float], _float_of)


@compiled
def log2(x: float) -> float:
    """Return the binary logarithm of x, a normal float above 0."""
    shifted = _bits(x) + (_ONE - _ROOT)
    exponent = _float(((shifted >> 52) & 0x7FF) | _MAGIC) - (_MAGIC_VALUE + 1023.0)
    f = _float((shifted & _MANTISSA) + _ROOT) - 1.0
    s = f / (2.0 + f)
    z = s * s
    tail = z * (
        6.666666666666735130e-01
        + z * (3.999999999940941908e-01
        + z * (2.857142874366239149e-01
        + z * (2.222219843214978396e-01
        + z * (1.818357216161805012e-01
        + z * (1.531383769920937332e-01
        + z * 1.479819860511658591e-01)))))
    )  # fmt: skip
    return float(exponent + (f - s * (f - tail)) * 1.4426950408889634)


@compiled
def exp2(t: float) -> float:
    """Return 2^t. t is held within [-1000, 1000]."""
    return exp2_within(min(max(t, -1000.0), 1000.0))


@compiled
def exp2_within(t: float) -> float:
    """Return 2^t for t within [-1000, 1000]; beyond, anything may come out."""
    moved = t + _ROUND
    y = (t - (moved - _ROUND)) * LN2
    power = 1.0 + y * (1.0 + y * (1 / 2 + y * (1 / 6 + y * (1 / 24 + y * (1 / 120 + y * (1 / 720
        + y * (1 / 5040 + y * (1 / 40320 + y * (1 / 362880 + y * (1 / 3628800 + y * (1 / 39916800
        + y * (1 / 479001600))))))))))))  # fmt: skip
    return float(power * _float((_bits(moved) + 1023) << 52))
