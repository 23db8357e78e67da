"""Loops that Numba compiles, each beside the NumPy code whose work it takes over.

NumPy does everything; some things it does in many passes over memory, or one element at a time. For
those there is a *loop* here: plain Python on arrays, which Numba turns into machine code. Importing
Numba and compiling a loop takes about a second (less from Numba's cache on disk), so a loop is used
only once it has earned that: when the calls that could have used it have worked through enough
elements. What is counted is elements, not time, so a program takes the same way in every run.

    if softmax_rows.earned(input.size):
        softmax_rows.run(len(rows), rows, out)
    else:
        ...  # the same in NumPy

Loops work on the part [start, stop) of what they are given, so that threads can share the work:
their first two parameters are `start` and `stop`, and they release Python's lock. Where Numba isn't
installed nothing is ever earned. `RUSHLIGHT_NUMBA=0` in the environment forbids loops, 1 has them
used from the first call on.
"""

from __future__ import annotations

import itertools
import os
import threading
from math import prod

import numpy as np

from rushlight.kernels.memory import keep_freed, note_work
from rushlight.kernels.workers import is_busy, run_parts
from rushlight.settings import get_num_threads

__all__ = [
    "Loop",
    "allowed",
    "at_once",
    "in_order",
    "in_three",
    "loop",
    "scratch",
    "shared",
    "shared_products",
]

#: below this many elements NumPy's calls are as fast as the loop's
LEAST = 1 << 9
#: so many elements pay for compiling a loop, and for importing Numba first
PRICE, PRICE_OF_NUMBA = 1 << 25, 1 << 26
#: from so many elements on threads share the work
SHARED = 1 << 17
#: so many bytes of scratch memory a thread keeps, at most
KEPT = 1 << 22

_choice = os.environ.get("RUSHLIGHT_NUMBA", "")
_worked = 0  # elements, by all calls that could have used a loop
_here = threading.local()


def allowed():
    """Whether compiled code may be used."""
    return _choice != "0"


def at_once():
    """Whether compiled code is used from the first call on."""
    return _choice == "1"


def is_installed(package):
    """Whether a package could be imported, without doing so."""
    from importlib.util import find_spec

    return find_spec(package) is not None


class Loop:
    """A function `(start, stop, *arrays)` that is compiled when it is first used.

    Attributes:
        function: the Python function, which does the same, slowly.
        compiled: what Numba made of it; None before its first use.
        prepare: what to call before it is compiled, or None.
    """

    __slots__ = ("_usable", "_worked", "compiled", "function", "prepare")

    def __init__(self, function, prepare=None):
        self.function = function
        self.prepare = prepare
        self.compiled = None
        self._worked = 0
        self._usable = None

    def earned(self, elements, weight=1):
        """Whether to use the loop for a call on so many elements; counts them if not yet.

        Where NumPy takes longer for an element than for a sum, they count `weight` times.
        """
        if elements < LEAST:
            return False
        return self.compiled is not None or self._count(elements, weight)

    def _count(self, elements, weight):
        global _worked
        note_work(elements)
        if self._usable is None:
            self._usable = allowed() and is_installed("numba")
        self._worked += weight * elements
        _worked += weight * elements
        paid = self._worked >= PRICE and _worked >= PRICE_OF_NUMBA
        return self._usable and (paid or at_once())

    def run(self, count, *arrays, elements=None):
        """Work on all of `count` rows; several threads do if there are many `elements`."""
        if self.compiled is None:
            keep_freed()
            self.compiled = self.compile()
        shared(self.compiled, count, elements or arrays[0].size, *arrays)

    def compile(self):
        """What Numba makes of the function."""
        from numba import njit

        if self.prepare is not None:
            self.prepare()
        options = {"nogil": True, "cache": True, "error_model": "numpy"}
        return njit(self.function, fastmath={"contract"}, **options)


#: the decorator that makes a function a Loop
loop = Loop


def in_order(*arrays):
    """The arrays C-contiguous: for every other order of memory a loop would be compiled anew."""
    return [np.ascontiguousarray(each) for each in arrays]


def in_three(dim, *arrays):
    """The same with three dimensions, of which `dim` is the middle one."""
    lead, rest = slice(dim), slice(dim + 1, None)
    shapes = [(prod(x.shape[lead]), x.shape[dim], prod(x.shape[rest])) for x in arrays]
    return in_order(*(x.reshape(shape) for x, shape in zip(arrays, shapes)))


def scratch(shape, dtype):
    """An array with any content, which this thread's next call overwrites.

    What is worked through piece by piece would otherwise be given fresh memory for each piece, and
    fresh pages cost more than the work.
    """
    size = prod(shape) * dtype.itemsize
    held = getattr(_here, "scratch", None)
    if held is None or len(held) < size:
        held = np.empty(size, np.uint8)
        if size <= KEPT:
            _here.scratch = held
    return held[:size].view(dtype).reshape(shape)


def shared(function, count, elements, *arrays):
    """Call `function(start, stop, *arrays)` on equal parts of [0, count), one for each thread.

    What such a part wants to share in turn it does itself: all threads are at work.
    """
    threads = min(get_num_threads(), count) if elements >= SHARED else 1
    if threads < 2 or is_busy():
        function(0, count, *arrays)
        return
    bounds = [count * i // threads for i in range(threads + 1)]
    run_parts(function, list(itertools.pairwise(bounds)), arrays)


def shared_products(function, count, elements, *arrays):
    """`shared` for functions of NumPy that multiply matrices, each product in one thread."""
    from rushlight.kernels import blas

    if elements < SHARED or get_num_threads() < 2 or not blas.can_be_told():
        function(0, count, *arrays)
        return
    with blas.one_thread():
        shared(function, count, elements, *arrays)
