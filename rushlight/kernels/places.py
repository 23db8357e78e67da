"""Elements at given places: taken, or added where several may meet.

`index` has the shape (outer, count, inner), `source` and `target` (outer, size, inner); places are
those along the middle dimension, from 0 on.
"""

from __future__ import annotations

from rushlight.kernels import loop

__all__ = ["add_along", "add_rows", "shuffle", "take_along"]


@loop
def take_along(start, stop, source, index, out):
    """out[a, i, c] = source[a, index[a, i, c], c], for a in [start, stop)."""
    for a in range(start, stop):
        for i in range(index.shape[1]):
            for c in range(index.shape[2]):
                out[a, i, c] = source[a, index[a, i, c], c]


@loop
def add_along(start, stop, target, index, values):
    """target[a, index[a, i, c], c] += values[a, i, c], for a in [start, stop)."""
    for a in range(start, stop):
        for i in range(index.shape[1]):
            for c in range(index.shape[2]):
                target[a, index[a, i, c], c] += values[a, i, c]


@loop
def add_rows(start, stop, target, rows, values):
    """target[rows[i]] += values[i] for every i, in the columns [start, stop)."""
    for i in range(len(rows)):
        for c in range(start, stop):
            target[rows[i], c] += values[i, c]


@loop
def shuffle(start, stop, order, targets):
    """Swap the elements i and targets[i], one i after the other."""
    for i in range(start, stop):
        held = order[i]
        order[i] = order[targets[i]]
        order[targets[i]] = held
