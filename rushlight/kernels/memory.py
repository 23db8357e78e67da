"""Memory of arrays that are gone, kept for the next ones.

The C library of Linux gives large pieces of memory back to the system at once. Getting them again,
a page at a time and filled with zeros, takes longer than many an operation on them; and a training
step frees what the next one asks for. A process that has worked long enough on large arrays, or
for compiled code to pay, keeps them; it holds a little more at its peak, as kept memory falls to
pieces.
"""

from __future__ import annotations

import ctypes
import functools
import os

__all__ = ["keep_freed", "note_work"]

#: after work on so many elements of large arrays memory is kept
LONG_ENOUGH = 1 << 26
#: pieces below this size come from memory that is kept (the most that glibc allows)
KEPT = 32 << 20
#: so much of it may be free at the end of the heap before it is given back
MOST_FREE = 256 << 20
TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # numbers of mallopt(3)


_worked = 0


def note_work(elements):
    """Count the elements of large arrays that are worked on; keep memory once they are many."""
    global _worked
    _worked += elements
    if _worked >= LONG_ENOUGH:
        keep_freed()


@functools.cache
def keep_freed():
    """Have the C library keep freed memory; whoever has told it otherwise is left alone.

    The variables `MALLOC_TRIM_THRESHOLD_` and `MALLOC_MMAP_THRESHOLD_` of the environment do that.
    """
    if os.name != "posix" or any(name.startswith("MALLOC_") for name in os.environ):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(MMAP_THRESHOLD, KEPT)
        mallopt(TRIM_THRESHOLD, MOST_FREE)
