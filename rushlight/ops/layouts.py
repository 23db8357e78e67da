"""Memory formats: in which order the elements of an array lie in memory."""

from __future__ import annotations

import numpy as np

from rushlight.formats import channels_last, channels_last_3d, memory_format, preserve_format
from rushlight.tensor import type_name

__all__ = [
    "check_format",
    "check_kind",
    "contiguous_in",
    "dense_order",
    "empty_by",
    "empty_in",
    "is_contiguous_in",
]

#: the dimensions from the slowest to the fastest; formats that aren't here go by the dimensions
_ORDERS = {channels_last: (0, 2, 3, 1), channels_last_3d: (0, 2, 3, 4, 1)}


def check_kind(name, format):
    """Refuse what is no memory format."""
    if not isinstance(format, memory_format):
        raise TypeError(
            f"{name}(): argument 'memory_format' must be torch.memory_format, not "
            f"{type_name(format)}"
        )


def check_format(name, format, ndim):
    """Refuse what is no memory format, or one that is for other numbers of dimensions.

    Raises:
        RuntimeError: the number of dimensions isn't that of the format.
        TypeError: it is no memory format.
    """
    check_kind(name, format)
    if format in _ORDERS and len(_ORDERS[format]) != ndim:
        raise RuntimeError(
            f"required rank {len(_ORDERS[format])} tensor to use {format.name} format"
        )


def empty_in(format, shape, kind):
    """An uninitialised array of this shape, in a format that says the order of its dimensions."""
    order = _ORDERS.get(format)
    if order is None:
        return np.empty(shape, kind)
    return np.empty([shape[d] for d in order], kind).transpose(np.argsort(order))


def empty_by(strides, shape, kind):
    """An uninitialised array without gaps whose dimensions follow each other as strides say."""
    order = dense_order(strides)
    return np.empty([shape[d] for d in order], kind).transpose(np.argsort(order))


def dense_order(strides):
    """The dimensions from the slowest to the fastest.

    Where a stride is 0, or strides are equal, dimensions stay in their order: the rule by which
    PyTorch infers dense strides (c10 and ATen, `infer_dense_strides`).

    >>> from rushlight.ops.layouts import dense_order
    >>> dense_order((1, 3, 0))
    [1, 0, 2]
    """
    order: list = []  # from the fastest to the slowest
    for d in range(len(strides) - 1, -1, -1):
        place = len(order)
        for i in range(len(order) - 1, -1, -1):
            if strides[d] and strides[order[i]]:
                if strides[order[i]] <= strides[d]:
                    break
                place = i
        order.insert(place, d)
    return order[::-1]


def contiguous_in(format, array):
    """A copy of an array in a format; to keep its own is as far as its elements are apart."""
    if format is preserve_format:
        return array.copy(order="K")
    order = _ORDERS.get(format)
    if order is None:
        return array.copy()
    return array.transpose(order).copy().transpose(np.argsort(order))


def is_contiguous_in(format, array):
    """Whether the elements of an array lie in memory one after the other in a format."""
    order = _ORDERS.get(format)
    if order is None:
        return array.flags.c_contiguous
    return array.ndim == len(order) and array.transpose(order).flags.c_contiguous
