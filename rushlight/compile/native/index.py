"""Where an element lies: positions as sums of loop variables, followed through views.

A *term* is a position along one dimension, `a*i + b*j + ... + c`, as the tuple (a, b, ..., c) of
factors of the loop's axes and a constant. An *index* has one term for each dimension of a value.
Following an index through a view gives that of the same element in what the view looks at, so no
view is ever carried out.

>>> unit(2)
((1, 0, 0), (0, 1, 0))
>>> through("transpose", {"axes": (1, 0)}, unit(2), (3, 4), (4, 3), (4, 3))
((0, 1, 0), (1, 0, 0))
"""

from __future__ import annotations

from math import prod

__all__ = ["broadcast", "flat", "strides", "through", "unit"]


def unit(n):
    """The index of the loop itself: dimension k is axis k."""
    return tuple(tuple(int(i == k) for i in range(n + 1)) for k in range(n))


def strides(shape):
    """How far apart neighbours lie along each dimension, in elements, in C order."""
    return tuple(prod(shape[i + 1 :]) for i in range(len(shape)))


def combine(terms, factors, n):
    """The sum of terms times factors, for n axes."""
    return tuple(sum(t[i] * f for t, f in zip(terms, factors)) for i in range(n + 1))


def flat(index, shape, n):
    """The position in memory, in elements, of the element at an index; for n axes."""
    return combine(index, strides(shape), n)


def broadcast(index, shape):
    """The index into an operand of this shape, of what it is broadcast to."""
    if not shape:
        return ()
    return tuple(
        tuple(0 for _ in term) if size == 1 else term
        for term, size in zip(index[-len(shape) :], shape)
    )


def through(name, params, index, inner, outer, extents):
    """The index into what a view looks at (shape `inner`), of an index into the view (`outer`).

    `extents` are the loop's. None if a reshape makes it more than a sum.
    """
    if name == "broadcast":
        return broadcast(index, inner)
    if name == "transpose":
        axes = params["axes"]
        return tuple(index[axes.index(i)] for i in range(len(axes)))
    if name == "slice":
        return _sliced(params["index"], index, inner, len(extents))
    return _reshaped(index, inner, outer, extents)


def _sliced(key, index, inner, n):
    """Undo a basic index: integers, slices, None and `...`."""
    key = key if isinstance(key, tuple) else (key,)
    taken = sum(k is not None and k is not Ellipsis for k in key)
    if Ellipsis not in key:
        key = (*key, Ellipsis)
    at = key.index(Ellipsis)
    key = (*key[:at], *[slice(None)] * (len(inner) - taken), *key[at + 1 :])
    sizes, terms, made = iter(inner), iter(index), []
    for k in key:
        if k is None:
            next(terms)
        elif isinstance(k, slice):
            start, step = _beginning(k, next(sizes))
            term = next(terms)
            made.append((*(step * c for c in term[:n]), step * term[n] + start))
        else:
            size = next(sizes)
            made.append((*[0] * n, k + size if k < 0 else k))
    return tuple(made)


def _beginning(k, size):
    """Where a slice begins, and its step; as `slice.indices`, but for free sizes too."""
    step = 1 if k.step is None else k.step
    if k.start is None:
        return (0 if step > 0 else size - 1), step
    start = k.start + size if k.start < 0 else k.start
    if start < 0:
        return (0 if step > 0 else -1), step
    return (start if start < size else size if step > 0 else size - 1), step


def _reshaped(index, inner, outer, extents):
    """Undo a reshape: groups of dimensions with the same number of elements, one after another."""
    n = len(extents)
    zero = (0,) * (n + 1)
    outer_left = [(size, term) for size, term in zip(outer, index) if size != 1]
    made = []
    for size in reversed(inner):
        if size == 1:
            made.append(zero)
            continue
        while len(outer_left) > 1 and outer_left[-1][0] % size and size % outer_left[-1][0] == 0:
            outer_left[-2:] = [_joined(*outer_left[-2:], n)]
        if not outer_left:
            return None
        whole, term = outer_left.pop()
        while whole < size and outer_left:
            whole, term = _joined(outer_left.pop(), (whole, term), n)
        if whole == size:
            made.append(term)
            continue
        parts = _divided(term, size, extents) if whole % size == 0 else None
        if parts is None:
            return None
        outer_left.append((whole // size, parts[0]))
        made.append(parts[1])
    return tuple(reversed(made))


def _joined(left, right, n):
    """Two neighbouring dimensions as one."""
    (a, s), (b, t) = left, right
    return a * b, combine((s, t), (b, 1), n)


def _divided(term, size, extents):
    """(term // size, term % size), if both are sums again."""
    quotient = [c // size if c % size == 0 else 0 for c in term]
    rest = [0 if c % size == 0 else c for c in term]
    quotient[-1], rest[-1] = divmod(term[-1], size)
    most = rest[-1] + sum(c * (e - 1) for c, e in zip(rest, extents))
    if any(c < 0 for c in term) or most >= size:
        return None
    return tuple(quotient), tuple(rest)
