"""Large arrays a piece at a time: a chain of NumPy calls is fastest where pieces stay in cache."""

from __future__ import annotations

import numpy as np

__all__ = ["by_blocks", "by_row_blocks", "row_blocks"]

#: how many elements a piece has; a few float32 pieces fit the second-level cache
BLOCK = 1 << 14


def by_blocks(function, input, *options):
    """`function(input, *options)`, for a function of the elements that keeps the dtype."""
    if input.__class__ is not np.ndarray:  # it is traced
        return function(input, *options)
    if input.size <= 2 * BLOCK or not input.flags.c_contiguous:
        return function(input, *options)
    flat = input.reshape(-1)
    result = np.empty_like(flat)
    for start in range(0, flat.size, BLOCK):
        piece = slice(start, start + BLOCK)
        result[piece] = function(flat[piece], *options)
    return result.reshape(input.shape)


def row_blocks(rows, columns):
    """Slices that cut a matrix into blocks of whole rows."""
    step = max(1, BLOCK // max(columns, 1))
    return (slice(start, start + step) for start in range(0, rows, step))


def by_row_blocks(function, matrix):
    """`function(matrix)`, for a function of the rows that keeps the dtype."""
    if matrix.__class__ is not np.ndarray or matrix.size <= 2 * BLOCK:
        return function(matrix)
    result = np.empty_like(matrix)
    for block in row_blocks(*matrix.shape):
        result[block] = function(matrix[block])
    return result
