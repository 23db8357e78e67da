"""Shapes brought together: `broadcast_to`, `broadcast_tensors`, `atleast_2d`, `sum_to_size`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rushlight import dtypes
from rushlight.ops.refused import require_tensors
from rushlight.ops.shape.views import (
    _expand,
    _sum_to_size,
    expand,
    reshape,
    shape_argument,
    unsqueeze,
)
from rushlight.ops.shapes import broadcast_shapes as common_shape
from rushlight.tensor import Size, Tensor, type_name

__all__ = [
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "broadcast_shapes",
    "broadcast_tensors",
    "broadcast_to",
]


def atleast_1d(*tensors):
    """The tensors with at least one dimension."""
    return _each(tensors, lambda x: x if x._array.ndim else reshape(x, (1,)))


def atleast_2d(*tensors):
    """The tensors with at least two dimensions, new ones in front."""
    return _each(tensors, _at_least_2d)


def _at_least_2d(x):
    ndim = x._array.ndim
    return x if ndim >= 2 else unsqueeze(x, 0) if ndim else reshape(x, (1, 1))


def atleast_3d(*tensors):
    """The tensors with at least three dimensions: a matrix gets a new last one."""
    return _each(tensors, _at_least_3d)


def _at_least_3d(x):
    ndim = x._array.ndim
    if ndim >= 3:
        return x
    if ndim == 2:
        return unsqueeze(x, -1)
    return unsqueeze(unsqueeze(x, 0), -1) if ndim else reshape(x, (1, 1, 1))


def _each(tensors, function):
    """`function` of one tensor, or of each of several (given one by one or as a sequence)."""
    if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)):
        tensors = tensors[0]
        for i, x in enumerate(tensors):
            if not isinstance(x, Tensor):
                raise TypeError(
                    f"expected Tensor as element {i} in argument 0, but got {type_name(x)}"
                )
        return tuple(function(x) for x in tensors)
    if len(tensors) == 1:
        return function(tensors[0])
    return tuple(function(x) for x in tensors)


def expand_as(input, other):
    """Expanded to the shape of `other`."""
    require_tensors("expand_as", other=other)
    return expand(input, other._array.shape)


def broadcast_to(input, size):
    """Another name of `expand`, as a function."""
    return expand(input, size)


def broadcast_shapes(*shapes):
    """The shape to which all these broadcast.

    >>> import rushlight as torch
    >>> torch.broadcast_shapes((2, 1), (3,), (1, 1, 1))
    torch.Size([1, 2, 3])
    """
    for shape in shapes:
        if not isinstance(shape, (int, Sequence)):
            raise RuntimeError(
                "Input shapes should be of type ints, a tuple of ints, or a list of ints, got "
                f"{shape}"
            )
    shapes = [(s,) if isinstance(s, int) else tuple(s) for s in shapes]
    result = [1] * max((len(s) for s in shapes), default=0)
    for number, shape in enumerate(shapes):
        for i in range(-1, -1 - len(shape), -1):
            if shape[i] < 0:
                raise ValueError("Attempting to broadcast a dimension with negative length!")
            if shape[i] == 1 or shape[i] == result[i]:
                continue
            if result[i] != 1:
                raise RuntimeError(
                    f"Attempting to broadcast a dimension of length {shape[i]} at {i}! Mismatching "
                    f"argument at index {number} had {shape}; but expected shape should be "
                    f"broadcastable to {result}"
                )
            result[i] = shape[i]
    return Size(result)


def broadcast_tensors(*tensors):
    """The tensors expanded to the shape to which they all broadcast.

    >>> import rushlight as torch
    >>> a, b = torch.broadcast_tensors(torch.zeros(3, 1), torch.zeros(2))
    >>> a.shape, b.shape
    (torch.Size([3, 2]), torch.Size([3, 2]))
    """
    tensors = tensors[0] if len(tensors) == 1 and not isinstance(tensors[0], Tensor) else tensors
    shape = common_shape(*(x._array.shape for x in tensors))
    return tuple(x if x._array.shape == shape else _expand(x, shape=shape) for x in tensors)


def sum_to_size(input, *size):
    """The sum over the dimensions that expanding from `size` to this shape adds."""
    size = shape_argument("sum_to_size", size)
    shape = input._array.shape
    fits = len(size) <= len(shape) and all(
        a in (1, b) for a, b in zip(size[::-1], shape[::-1], strict=False)
    )
    if not fits:
        raise RuntimeError(f"size {{{list(size)}}} is not expandable to size {{{list(shape)}}}.")
    if size == shape and shape:
        return input
    if input._array.dtype.kind in "biu" and input._array.dtype != np.int64:
        input = input.to(dtypes.int64)
    return _sum_to_size(input, shape=size)
