"""The BLAS that NumPy brings along (its wheels do: OpenBLAS): its products, and its threads.

Many small products one after the other are best shared among threads whole: OpenBLAS would share
each of them, and wait for its threads each time.
"""

from __future__ import annotations

import ctypes
import functools
import os
from contextlib import contextmanager

import numpy as np

__all__ = ["can_be_told", "one_thread", "product", "thread_functions", "threads"]

_PRODUCTS = ("scipy_cblas_{}gemm64_", "cblas_{}gemm64_")
_THREADS = tuple(
    f"{prefix}_{{}}_num_threads{suffix}"
    for prefix in ("scipy_openblas", "openblas")
    for suffix in ("64_", "")
)


@functools.cache
def _libraries():
    """What NumPy has loaded already, so the threads are those of its products."""
    package = os.path.dirname(np.__file__)
    folders = (os.path.join(package, name) for name in ("../numpy.libs", ".dylibs", ".libs"))
    return [
        ctypes.CDLL(os.path.join(folder, name))
        for folder in filter(os.path.isdir, folders)
        for name in os.listdir(folder)
        if "blas" in name
    ]


@functools.cache
def product(kind):
    """The address of `cblas_?gemm` with 64-bit integers for "f" or "d", or 0."""
    names = [name.format({"f": "s", "d": "d"}[kind]) for name in _PRODUCTS]
    found = (getattr(library, name, None) for library in _libraries() for name in names)
    function = next(filter(None, found), None)
    return ctypes.cast(function, ctypes.c_void_p).value if function else 0


@functools.cache
def thread_functions():
    """(the function that says how many threads there are, the one that sets it), or None."""
    for library in _libraries():
        for name in _THREADS:
            found = [getattr(library, name.format(verb), None) for verb in ("get", "set")]
            if all(found):
                return found
    return None


@functools.cache
def threads():
    """How many threads there were when this was asked first; 0 if it can't be told."""
    return thread_functions()[0]() if can_be_told() else 0


def can_be_told():
    """Whether `one_thread` has an effect."""
    return thread_functions() is not None


@contextmanager
def one_thread():
    """Inside, a matrix product runs in the thread that asks for it, and in no other."""
    count, tell = thread_functions()
    before = count()
    tell(1)
    try:
        yield
    finally:
        tell(before)
