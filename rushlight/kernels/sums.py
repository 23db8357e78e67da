"""Sums of many numbers: native code that threads share, where NumPy has one thread.

Like NumPy's, they are sums of sums, so the error grows slowly: rows of at most `BLOCK` numbers are
summed up first.
"""

from __future__ import annotations

from math import prod

import numpy as np

from rushlight.kernels.fused import Fused

__all__ = ["LARGE", "large_sum"]

#: from so many elements on one thread's native code is faster than NumPy, too
LARGE = 1 << 16
BLOCK = 1 << 10
#: rows of so few numbers aren't worth a loop each, and of so many are cut into blocks
SHORT, LONG = 1 << 5, 1 << 13


@Fused
def _of_rows(matrix):
    return np.add.reduce(matrix, 1)


@Fused
def _of_blocks(blocks):
    return np.add.reduce(np.add.reduce(blocks, 2), 1)


def large_sum(array, dim):
    """The sum over the last dimensions, or all (None), of a large array in C order; else None."""
    if array.__class__ is not np.ndarray or not array.flags.c_contiguous:
        return None
    if dim is None:
        return _total(array.reshape(-1))
    dims = sorted(d % array.ndim for d in ((dim,) if isinstance(dim, int) else dim))
    if not dims or dims != list(range(dims[0], array.ndim)):
        return None
    shape = array.shape[: dims[0]]
    rows, columns = prod(shape), prod(array.shape[dims[0] :])
    if SHORT <= columns <= LONG:
        return _of_rows(array.reshape(rows, columns)).reshape(shape)
    if columns > LONG and columns % BLOCK == 0:
        return _of_blocks(array.reshape(rows, -1, BLOCK)).reshape(shape)
    return None


def _total(vector):
    whole = vector.size // BLOCK * BLOCK
    total = _of_blocks(vector[:whole].reshape(1, -1, BLOCK)).reshape(())
    return total if whole == vector.size else total + np.add.reduce(vector[whole:])
