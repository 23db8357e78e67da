"""The 32-bit Mersenne Twister, many numbers at a time.

Source: M. Matsumoto and T. Nishimura, "Mersenne Twister", 1998 (MT19937: its constants and shifts).
"""

from __future__ import annotations

import numpy as np

from rushlight.kernels import loop

__all__ = ["words"]


@loop
def words(start, stop, key, place, mask, out):
    """out[start:stop] = the next words & mask; `out` is of uint32 or uint64.

    `key` holds 624 words and `place[0]` says how many of them are used up; both move on.
    """
    upper, lower, odd = np.uint32(0x80000000), np.uint32(0x7FFFFFFF), np.uint32(0x9908B0DF)
    none, one = np.uint32(0), np.uint32(1)
    old = np.empty(625, np.uint32)
    while start < stop:
        if place[0] == 624:
            old[:624], old[624] = key, key[0]
            for i in range(624):
                word = np.uint32((old[i] & upper) | (old[i + 1] & lower))
                key[i] = (word >> one) ^ (odd if word & one else none)
            for i in range(227):
                key[i] ^= old[i + 397]
            for i in range(227):
                key[i + 227] ^= key[i]
            for i in range(169):
                key[i + 454] ^= key[i + 227]
            word = np.uint32((old[623] & upper) | (key[0] & lower))
            key[623] = key[396] ^ (word >> one) ^ (odd if word & one else none)
            place[0] = 0
        used = np.int64(place[0])
        count = min(624 - used, stop - start)
        source, target = key[used : used + count], out[start : start + count]
        for i in range(count):
            word = source[i]
            word = np.uint32(word ^ (word >> np.uint32(11)))
            word = np.uint32(word ^ ((word << np.uint32(7)) & np.uint32(0x9D2C5680)))
            word = np.uint32(word ^ ((word << np.uint32(15)) & np.uint32(0xEFC60000)))
            word = np.uint32(word ^ (word >> np.uint32(18)))
            target[i] = word & mask
        place[0] += count
        start += count
