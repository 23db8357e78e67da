"""Running totals.

Arrays have the shape (outer, size, inner); totals run along the middle dimension.
"""

from __future__ import annotations

import numpy as np

from rushlight.kernels import loop

__all__ = ["sums"]


@loop
def sums(start, stop, source, out, backwards):
    """out[a, i, c] = the sum of source[a, :i + 1, c], or of source[a, i:, c] if `backwards`."""
    size, inner = np.uint64(source.shape[1]), np.uint64(source.shape[2])
    for a in range(np.uint64(start), np.uint64(stop)):
        if inner == 1:
            total = source.dtype.type(0)
            for i in range(size):
                place = size - np.uint64(1) - i if backwards else i
                total += source[a, place, 0]
                out[a, place, 0] = total
        else:
            last = size - np.uint64(1) if backwards else np.uint64(0)
            out[a, last] = source[a, last]
            for i in range(np.uint64(1), size):
                place = size - np.uint64(1) - i if backwards else i
                for c in range(inner):
                    out[a, place, c] = out[a, last, c] + source[a, place, c]
                last = place
