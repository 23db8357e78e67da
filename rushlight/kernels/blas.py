"""How many threads NumPy's matrix products use, where NumPy brings OpenBLAS along (its wheels do).

Many small products one after the other are best shared among threads whole: OpenBLAS would share
each of them, and wait for its threads each time.
"""

from __future__ import annotations

import ctypes
import functools
from contextlib import contextmanager
from pathlib import Path

import numpy as np

__all__ = ["can_be_told", "one_thread"]

_PREFIXES = ("scipy_openblas", "openblas")
_SUFFIXES = ("64_", "")


@functools.cache
def _counter():
    """(the function that says how many threads there are, the one that sets it), or None."""
    package = Path(np.__file__).parent
    folders = package.parent / "numpy.libs", package / ".dylibs"
    for path in (path for folder in folders for path in folder.glob("*openblas*")):
        library = ctypes.CDLL(str(path))  # it is loaded already
        for prefix in _PREFIXES:
            for suffix in _SUFFIXES:
                names = (f"{prefix}_{verb}_num_threads{suffix}" for verb in ("get", "set"))
                found = [getattr(library, name, None) for name in names]
                if all(found):
                    return found
    return None


def can_be_told():
    """Whether `one_thread` has an effect."""
    return _counter() is not None


@contextmanager
def one_thread():
    """Inside, a matrix product runs in the thread that asks for it, and in no other."""
    count, tell = _counter()
    before = count()
    tell(1)
    try:
        yield
    finally:
        tell(before)
