"""Stable order of numbers of at most 32 bits, each packed with its place into one integer.

NumPy sorts 64-bit integers side by side in vector registers, several times as fast as it finds a
stable order. A float's bits, read as an integer, are in the order of the floats where the sign is
positive and in the opposite one where it is negative; -0.0 counts as 0.0, and NaN as the largest.

Source: M. Herf, "Radix Tricks" (2001), for the order of a float's bits.
"""

from __future__ import annotations

import numpy as np

from rushlight.kernels import loop, shared

__all__ = ["best_of_rows", "order_of_rows", "packs"]

#: below this many elements NumPy's own stable order is as fast
_LEAST = 512
_LOW = 0xFFFFFFFF
#: floats and integers whose order is one of 32-bit integers
_PACKED = "efihbHB?"


def packs(array):
    """Whether the last dimension of an array can be ordered by packing, and is worth it."""
    return array.dtype.char in _PACKED and array.size >= _LEAST and array.shape[-1] <= _LOW


def order_of_rows(array, descending):
    """The places that sort the last dimension, equal elements in the order that they have."""
    rows = array.reshape(-1, array.shape[-1])
    order = np.empty(rows.shape, np.int64)

    def part(start, stop):
        keys = order[start:stop]
        _write_ranks(rows[start:stop], keys)
        if descending:
            np.invert(keys, out=keys)
        keys <<= 32
        keys |= np.arange(keys.shape[1])
        keys.sort(1)
        keys &= _LOW

    shared(part, len(rows), 16 * rows.size)  # sorting is more work than a pass
    return order.reshape(array.shape)


def _write_ranks(rows, out):
    """Integers of 32 bits, in the order of the elements."""
    if rows.dtype.kind != "f":
        out[...] = rows
        return
    bits = (rows.astype(np.float32, copy=False) + np.float32(0)).view(np.int32)
    nan = rows != rows
    bits ^= (bits >> 31) & 0x7FFFFFFF
    np.copyto(bits, 0x7FFFFFFF, where=nan)
    out[...] = bits


@loop
def best_of_rows(start, stop, rows, bits, places, largest):
    """The places of the greatest (or least) elements of the rows [start, stop), the best first.

    There are as many as `places` (N, k) has room for; NaN is greater than anything, and of equals
    the first is the best. `bits` are the floats `rows`, read as integers.

    The best of each of some lanes are found first: the k-th best of these is no better than the
    k-th best of all, so hardly an element that isn't among the best has to be put in order.
    """
    one, size, k = np.uint64(1), np.uint64(rows.shape[1]), np.uint64(places.shape[1])
    none, most = bits.dtype.type(0), bits.dtype.type(np.iinfo(bits.dtype).max)
    width = min(size, max(np.uint64(32), np.uint64(3) * k))
    ranks, lanes = np.empty(size, bits.dtype), np.empty(width, bits.dtype)
    best = np.empty(k, bits.dtype)
    for n in range(np.uint64(start), np.uint64(stop)):
        row, own, place = rows[n], bits[n], places[n]
        for j in range(size):
            rank = own[j] ^ most if own[j] < none else own[j]
            rank = none if row[j] == 0 else rank
            rank = most if row[j] != row[j] else rank
            ranks[j] = rank if largest else ~rank
        lanes[:] = ranks[:width]
        for block in range(width, size - width + one, width):
            for j in range(width):
                lanes[j] = max(lanes[j], ranks[block + j])
        bound = ~most
        for values in (lanes, ranks):
            held = np.uint64(0)
            for j in range(np.uint64(len(values))):
                value, at = values[j], held
                if value < bound:
                    continue
                if held < k:
                    held += one
                elif value > best[k - one]:
                    at = k - one
                else:
                    continue
                while at > np.uint64(0) and value > best[at - one]:
                    best[at], place[at] = best[at - one], place[at - one]
                    at -= one
                best[at], place[at] = value, j
            bound = best[k - one]
