"""Maxima of windows that lie side by side, element by element: they fuse with what is around them.

The kernel of max_pool visits windows, and its derivative puts each gradient where the maximum was:
calls between native code. Where each element lies in at most one window, both can be said without
places: the maximum is a chain of choices among strided slices, and an element's gradient is its
window's if the window chose it, else 0. Windows that overlap are left to the kernel.
"""

from __future__ import annotations

from itertools import product
from math import prod

import numpy as np

__all__ = ["max_pool_in_elements", "put_places_in_elements"]


def max_pool_in_elements(input, *, kernel_size, stride, padding, dilation, ceil_mode):
    """What max_pool does; which element of its window was chosen is remembered beside the places.

    NotImplementedError stands for what is left to the kernel.
    """
    space = input.shape[2:]
    if not input.recorder.native:
        raise NotImplementedError  # NumPy would go through memory for each choice
    apart = stride == kernel_size and not any(padding) and set(dilation) == {1}
    whole = not any(n % k for n, k in zip(space, kernel_size, strict=True))
    if not (apart and whole and input.size) or input.dtype.char not in "fd":
        raise NotImplementedError
    values = chosen = None
    for number, place in enumerate(product(*map(range, kernel_size))):
        part = input[(..., *(slice(i, None, k) for i, k in zip(place, kernel_size, strict=True)))]
        if values is None:
            values, chosen = part, np.int32(0)
            continue
        better = (part > values) | (part != part)
        values, chosen = np.where(better, part, values), np.where(better, np.int32(number), chosen)
    chosen = np.broadcast_to(chosen, values.shape)
    places = first_places(space, kernel_size) + offsets(chosen, space, kernel_size)
    input.recorder.windows[places.memory] = chosen, kernel_size
    return values, places


def first_places(space, kernel_size):
    """The flat place of each window's first element."""
    grids = np.meshgrid(
        *(np.arange(0, n, k) for n, k in zip(space, kernel_size, strict=True)), indexing="ij"
    )
    return np.ravel_multi_index(grids, space)


def offsets(chosen, space, kernel_size):
    """How far from the first element of its window the chosen one lies."""
    chosen, total, step = chosen.astype(np.int64), 0, 1
    for n, k in zip(reversed(space), reversed(kernel_size), strict=True):
        total = total + chosen % k * step
        chosen, step = chosen // k, step * n
    return total


def put_places_in_elements(input, *, indices, space, once):
    """What put_places does with places that `max_pool_in_elements` found."""
    memory = getattr(indices, "memory", None)
    windows = input.recorder.windows.get(memory)
    if windows is None or memory.version:
        raise NotImplementedError
    chosen, kernel_size = windows
    lead = input.shape[: input.ndim - len(space)]
    beside = (..., *(x for _ in space for x in (slice(None), None)))
    numbers = np.arange(prod(kernel_size), dtype=np.int32).reshape(
        [x for k in kernel_size for x in (1, k)]
    )
    made = np.where(chosen[beside] == numbers, input[beside], input.dtype.type(0))
    return made.reshape((*lead, *space))
