"""Running totals."""

from __future__ import annotations

import numpy as np

from rushlight.kernels import loop

__all__ = ["sums", "sums_of_rows"]


@loop
def sums(start, stop, source, out, backwards):
    """out[a, i, c] = the sum of source[a, :i + 1, c], or of source[a, i:, c] if `backwards`."""
    size = np.uint64(source.shape[1])
    for a in range(np.uint64(start), np.uint64(stop)):
        last = size - np.uint64(1) if backwards else np.uint64(0)
        out[a, last] = source[a, last]
        for i in range(np.uint64(1), size):
            place = size - np.uint64(1) - i if backwards else i
            for c in range(np.uint64(source.shape[2])):
                out[a, place, c] = out[a, last, c] + source[a, place, c]
            last = place


@loop
def sums_of_rows(start, stop, source, out, backwards):
    """The same of matrices: out[a, i] = the sum of source[a, :i + 1], or of source[a, i:].

    A sum has to wait for the one before, so four rows go side by side; past the end the last row
    stands in for others.
    """
    one, none, size = np.uint64(1), source.dtype.type(0), np.uint64(source.shape[1])
    end = np.uint64(stop) - one
    for a in range(np.uint64(start), np.uint64(stop), np.uint64(4)):
        b = min(a + one, end)
        c = min(b + one, end)
        d = min(c + one, end)
        at_a, at_b, at_c, at_d = none, none, none, none
        for i in range(size):
            place = size - one - i if backwards else i
            at_a, at_b = at_a + source[a, place], at_b + source[b, place]
            at_c, at_d = at_c + source[c, place], at_d + source[d, place]
            out[a, place], out[b, place] = at_a, at_b
            out[c, place], out[d, place] = at_c, at_d
