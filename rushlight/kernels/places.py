"""Elements at given places: taken, or added where several may meet.

`index` has the shape (outer, count, inner), `source` and `target` (outer, size, inner); places are
those along the middle dimension, from 0 on. A place that isn't there is an IndexError. Places and
counters are unsigned: for signed ones a loop looks each time whether to count from the end.
"""

from __future__ import annotations

import numpy as np

from rushlight.kernels import loop

__all__ = [
    "add_along",
    "add_in_rows",
    "add_rows",
    "shuffle",
    "take_along",
    "take_in_rows",
]


@loop
def take_along(start, stop, source, index, out):
    """out[a, i, c] = source[a, index[a, i, c], c], for a in [start, stop)."""
    for a in range(np.uint64(start), np.uint64(stop)):
        for i in range(np.uint64(index.shape[1])):
            for c in range(np.uint64(index.shape[2])):
                place = np.uint64(index[a, i, c])
                if place >= np.uint64(source.shape[1]):
                    raise IndexError("index is out of bounds")
                out[a, i, c] = source[a, place, c]


@loop
def take_in_rows(start, stop, source, index, out):
    """out[a, i] = source[a, index[a, i]]: `take_along` where `inner` is 1."""
    for a in range(np.uint64(start), np.uint64(stop)):
        for i in range(np.uint64(index.shape[1])):
            place = np.uint64(index[a, i])
            if place >= np.uint64(source.shape[1]):
                raise IndexError("index is out of bounds")
            out[a, i] = source[a, place]


@loop
def add_along(start, stop, target, index, values):
    """target[a, index[a, i, c], c] += values[a, i, c], for a in [start, stop)."""
    for a in range(np.uint64(start), np.uint64(stop)):
        for i in range(np.uint64(index.shape[1])):
            for c in range(np.uint64(index.shape[2])):
                place = np.uint64(index[a, i, c])
                if place >= np.uint64(target.shape[1]):
                    raise IndexError("index is out of bounds")
                target[a, place, c] += values[a, i, c]


@loop
def add_in_rows(start, stop, target, index, values):
    """target[a, index[a, i]] += values[a, i]: `add_along` where `inner` is 1."""
    for a in range(np.uint64(start), np.uint64(stop)):
        for i in range(np.uint64(index.shape[1])):
            place = np.uint64(index[a, i])
            if place >= np.uint64(target.shape[1]):
                raise IndexError("index is out of bounds")
            target[a, place] += values[a, i]


@loop
def add_rows(start, stop, target, rows, values):
    """target[rows[i]] += values[i] for every i, in the columns [start, stop); unchecked."""
    for i in range(np.uint64(len(rows))):
        for c in range(np.uint64(start), np.uint64(stop)):
            target[np.uint64(rows[i]), c] += values[i, c]


@loop
def shuffle(start, stop, order, targets):
    """Swap the elements i and targets[i], one i after the other."""
    for i in range(start, stop):
        held = order[i]
        order[i] = order[targets[i]]
        order[targets[i]] = held
