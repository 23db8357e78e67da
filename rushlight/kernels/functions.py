"""Elementary functions for loops: in Python the ones of `math`, compiled those of `vectormath`."""

from __future__ import annotations

import functools
import math

__all__ = ["erf", "exp", "log", "teach"]


def exp(x):
    """e**x."""
    return math.exp(x)


def log(x):
    """The natural logarithm."""
    return math.log(x)


def erf(x):
    """The error function."""
    return math.erf(x)


@functools.cache
def teach():
    """Tell Numba to use, for each function here, the vector form for the width of its argument."""
    for function in (exp, log, erf):
        _teach_one(function)


def _teach_one(function):
    from numba.core import types
    from numba.extending import overload

    from rushlight.compile.vectormath import F32, F64

    single, double = (getattr(width, function.__name__) for width in (F32, F64))

    @overload(function, jit_options={"forceinline": True})
    def typed(x):
        if x is types.float32:
            return lambda x: single(x)
        return lambda x: double(x)
