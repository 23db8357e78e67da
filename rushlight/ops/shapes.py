"""Arithmetic on shapes and dimensions, and what arrays need to follow it."""

from __future__ import annotations

import numpy as np

from rushlight.explain import explained
from rushlight.ops.checked import refusal

__all__ = [
    "elements_of",
    "broadcast_shapes",
    "expand_array",
    "kept_shape",
    "normalize_dim",
    "normalize_dims",
    "numpy_names",
    "sum_array_to",
    "sum_of_rows",
]


def broadcast_shapes(*shapes):
    """The shape to which all these broadcast.

    Raises:
        RuntimeError: two sizes differ and neither is 1.
    """
    result: list = []
    for shape in shapes:
        if len(shape) > len(result):
            result = [1] * (len(shape) - len(result)) + result
        offset = len(result) - len(shape)
        for i in range(len(result) - 1, offset - 1, -1):
            size = shape[i - offset]
            if size == 1 or result[i] == size:
                continue
            if result[i] != 1:
                raise RuntimeError(
                    f"The size of tensor a ({result[i]}) must match the size of tensor b ({size}) "
                    f"at non-singleton dimension {i}"
                )
            result[i] = size
    return tuple(result)


def ordered(result):
    """The array (or arrays), copied if its elements don't lie in memory as they are counted."""
    if result.__class__ is tuple:
        return tuple(map(ordered, result))
    return result if result.flags.c_contiguous else np.ascontiguousarray(result)


def ordered_or_channels_last(result):
    """The same; images and volumes whose channels lie side by side are left as they are."""
    if result.__class__ is tuple:
        return tuple(map(ordered_or_channels_last, result))
    if result.flags.c_contiguous or (result.ndim in (4, 5) and channels_last(result)):
        return result
    return np.ascontiguousarray(result)


def channels_last(array):
    """Whether elements of one place, in all channels, lie side by side, places in order."""
    return np.moveaxis(array, 1, -1).flags.c_contiguous


def normalize_dim(dim, ndim):
    """A dimension counted from the front; -1 is the last. A 0-d tensor has one, named 0 or -1.

    Raises:
        IndexError: there is no such dimension.
    """
    count = ndim or 1
    try:
        exists = -count <= dim < count
    except TypeError as failure:
        raise refusal() or failure from None
    if not exists:
        if dim.__class__ is not int and (refused := refusal()):
            raise refused
        out_of_range = IndexError(
            f"Dimension out of range (expected to be in range of [{-count}, {count - 1}], "
            f"but got {dim})"
        )
        raise explained(out_of_range)
    return dim + count if dim < 0 else dim


def normalize_dims(dim, ndim):
    """Dimensions as a tuple counted from the front; None means all of them.

    Raises:
        IndexError: there is no such dimension.
        RuntimeError: a dimension is named twice.
    """
    if dim is None:
        return tuple(range(ndim))
    if not isinstance(dim, (tuple, list)):
        dim = (dim,)
    dims = tuple(normalize_dim(d, ndim) for d in dim)
    for i, d in enumerate(dims):
        if d in dims[:i]:
            raise RuntimeError(f"dim {d} appears multiple times in the list of dims")
    return dims if ndim else ()


def numpy_names(dim, keepdim, axis, keepdims):
    """`dim` and `keepdim`, which may be given by the names that NumPy has for them."""
    return dim if axis is None else axis, keepdim if keepdims is None else keepdims


def kept_shape(shape, dim):
    """`shape` with the reduced dimensions kept as 1."""
    if dim is None or dim == ():
        return (1,) * len(shape) if dim is None else shape
    if not shape:
        return ()
    kept = list(shape)
    for d in (dim,) if isinstance(dim, int) else dim:
        kept[d] = 1
    return tuple(kept)


def elements_of(array):
    """An array whose elements a check may look at; those of a traced one are as they are now."""
    look = getattr(array, "elements", None)
    return array if look is None else look()


def expand_array(array, shape):
    """`array` broadcast to `shape` without copying."""
    if array.shape == shape:
        return array
    if array.__class__ is np.ndarray and array.flags.c_contiguous:
        missing = len(shape) - array.ndim
        strides = [
            0 if size == 1 else stride
            for size, stride in zip(array.shape, array.strides, strict=True)
        ]
        # NumPy's own broadcast_to takes ten times as long, and its result can't be written to.
        return np.ndarray(shape, array.dtype, array, 0, (0,) * missing + tuple(strides))
    return np.broadcast_to(array, shape)


def sum_array_to(array, shape):
    """`array` summed over the dimensions that broadcasting to its shape from `shape` added."""
    if array.shape == shape:
        return array
    added = array.ndim - len(shape)
    axes = tuple(range(added)) + tuple(
        i for i, size in enumerate(shape, added) if size == 1 and array.shape[i] != 1
    )
    if axes == (0,) and array.ndim == 2:
        return sum_of_rows(array).reshape(shape)
    return np.add.reduce(array, axis=axes, keepdims=True).reshape(shape) if axes else array


_ONES = {np.dtype(name): np.ones(1024, name) for name in ("float32", "float64")}


def sum_of_rows(matrix):
    """A matrix summed over its first dimension.

    A small one is multiplied by ones: BLAS takes a third of the time and rounds less.
    """
    rows = len(matrix)
    if matrix.__class__ is np.ndarray and 16 < rows <= 1024 and matrix.size <= 8192:
        ones = _ONES.get(matrix.dtype)
        if ones is not None:
            return ones[:rows].dot(matrix)
    return np.add.reduce(matrix, 0)
