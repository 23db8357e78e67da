"""Numba, where it is installed: the one way in which functions become native code.

`jit(function)` compiles a function at its first call; without Numba it returns the function as it
is, so that generated code can always be run, if slowly, as the plain Python that it is.
"""

from __future__ import annotations

import functools
import importlib.util
from collections.abc import Callable

#: what may be assumed of floating-point numbers. Products and sums may become one instruction.
#: NaN, infinities and the sign of zero are kept: a loss that turns NaN must be seen to.
EXACT = frozenset({"contract"})
#: a sum may also be taken in another order: without that no sum could be vectorised
REORDERED = frozenset({"contract", "reassoc"})


@functools.cache
def available() -> bool:
    """Whether Numba is installed, with SciPy, whose BLAS it calls (pip install rushlight[fast])."""
    return all(importlib.util.find_spec(name) for name in ("numba", "scipy"))


def jit(function: Callable, flags: frozenset[str] = EXACT, inline: bool = False) -> Callable:
    """The function as native code, or as it is where Numba is missing.

    Division follows IEEE 754 (`error_model="numpy"`): the check that Python's own rule needs would
    keep every loop with a division in it from being vectorised.

    >>> from rushlight.compile.native import jit
    >>> jit(lambda x: x + 1)(2)
    3
    """
    if not available():
        return function
    import numba

    _teach_select()
    options = {"error_model": "numpy", "fastmath": set(flags), "nogil": True, "forceinline": inline}
    return numba.njit(**options)(function)  # type: ignore[call-overload]


def select(condition, x, y):
    """x where the condition holds, y elsewhere; both are computed, and nothing branches.

    Of `x if condition else y` LLVM may make a branch, when computing one of them takes long.

    >>> from rushlight.compile.native import select
    >>> select(2 > 1, 3.0, 4.0)
    3.0
    """
    return x if condition else y


@functools.cache
def _teach_select() -> None:
    """Tell Numba that `select` is LLVM's instruction of that name."""
    from numba.core import types
    from numba.extending import intrinsic, overload

    @intrinsic
    def instruction(typing_context, condition, x, y):
        def generate(context, builder, signature, arguments):
            return builder.select(*arguments)

        return x(types.boolean, x, x), generate

    @overload(select)
    def typed(condition, x, y):
        return lambda condition, x, y: instruction(condition, x, y)
