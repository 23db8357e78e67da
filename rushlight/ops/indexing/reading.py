"""What stands between brackets: read as NumPy takes it, and refused in PyTorch's words."""

from __future__ import annotations

import numpy as np

from rushlight.explain import explained
from rushlight.ops.creation.convert import array_from, native
from rushlight.ops.deprecated import deprecated
from rushlight.tensor import Tensor, type_name

__all__ = [
    "ALL",
    "FALSE",
    "TRUE",
    "check_basic",
    "check_picked",
    "checked_picks",
    "dims_of",
    "picked_shape",
    "read_index",
    "refuse_positions",
]

ALL = slice(None)
#: what a bool picks from the new dimension that it makes
TRUE, FALSE = np.array([True]), np.array([False])


def raise_zero_dim():
    """Refuse to index a number."""
    error = IndexError(
        "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in "
        "C++ to convert a 0-dim tensor to a number"
    )
    raise explained(error)


def read_index(index, shape):
    """An index as a basic one, and the arrays that then pick elements (None: there are none)."""
    parts = index if index.__class__ is tuple else parts_of(index)
    plain = with_one_ellipsis(tuple(map(_plain, parts)))
    taken = sum(map(dims_of, plain))
    if taken > len(shape):
        raise_too_many(plain, shape)
    for part in plain:
        if part.__class__ is bool or hasattr(part, "dtype"):
            return _split(plain, len(shape) - taken)
    return plain, None


def with_one_ellipsis(parts):
    """An index whose first `...` stands for all the dimensions that aren't named."""
    places = [i for i, part in enumerate(parts) if part is Ellipsis]
    return tuple(part for i, part in enumerate(parts) if i not in places[1:])


def parts_of(index):
    """An index that is not a tuple as one: lists that hold more than numbers stand for tuples."""
    if isinstance(index, (str, bytes)):
        if index.__class__ is str:
            deprecated("list")  # a sequence of strings
        raise TypeError(f"new(): invalid data type '{type_name(index)}'")
    if index.__class__ is list and len(index) < 32:
        for each in index:
            if each is None or each is Ellipsis or isinstance(each, _NO_NUMBERS):
                deprecated("list")
                return tuple(index)
    return (index,)


_NO_NUMBERS = (Tensor, list, tuple, range, str, bytes, slice, np.ndarray)


def _plain(part):
    """A part of an index as an int, slice, None, Ellipsis, bool or array of positions."""
    kind = part.__class__
    if kind is int or part is None or part is Ellipsis:
        return part
    if kind is slice:
        return _plain_slice(part)
    if kind is bool:
        return part
    if isinstance(part, Tensor):
        return _of_array(part._array)
    if isinstance(part, np.ndarray):
        return _of_array(_as_positions(native(part)))
    if isinstance(part, (list, tuple, range, str, bytes)):
        return _of_sequence(part)
    if hasattr(part, "__index__") and not isinstance(part, np.bool_):
        return part.__index__()
    raise IndexError(
        "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid "
        f"indices (got {type_name(part)})"
    )


def _plain_slice(part):
    start, stop, step = part.start, part.stop, part.step
    if start is None and stop is None and step is None:
        return ALL
    try:
        start, stop, step = (None if v is None else v.__index__() for v in (start, stop, step))
    except AttributeError:
        raise TypeError(
            "slice indices must be integers or None or have an __index__ method"
        ) from None
    if step is not None and step <= 0:
        raise ValueError("step must be greater than zero" if step else "slice step cannot be zero")
    return slice(start, stop, step)


def _of_array(array):
    kind = array.dtype.kind
    if array.dtype == np.uint8:
        array, kind = array.astype(bool), "b"
    if array.ndim == 0 and kind in "iub":
        return array.item()
    refuse_positions(array)
    return array


def refuse_positions(array):
    """Refuse what is neither a mask nor positions."""
    if array.dtype.name not in ("int64", "int32", "bool"):
        raise explained(
            IndexError("tensors used as indices must be long, int, byte or bool tensors")
        )


def _as_positions(array):
    """What is no tensor becomes one of int64, unless it is a mask."""
    return array if array.dtype.name in ("bool", "uint8") else array.astype(np.int64)


def _of_sequence(part):
    array = array_from(part, None)
    if not array.size:
        return array.astype(np.int64)
    return _of_array(_as_positions(np.atleast_1d(array)))


def dims_of(part):
    """How many dimensions of the tensor a part of an index takes."""
    kind = part.__class__
    if kind is int or kind is slice:
        return 1
    if hasattr(part, "dtype"):
        return part.ndim if part.dtype.kind == "b" else 1
    return 0


def _split(parts, missing):
    """The basic part of an index and the arrays that pick from the result, in their places."""
    basic, picks = [], []
    for part in parts:
        if part is Ellipsis:
            basic += [ALL] * missing
            picks += [ALL] * missing
        elif hasattr(part, "dtype"):
            basic += [ALL] * dims_of(part)
            picks.append(part)
        elif part.__class__ is bool:
            basic.append(None)
            picks.append(TRUE if part else FALSE)
        else:
            basic.append(part)
            if part.__class__ is not int:
                picks.append(ALL)
    while picks and picks[-1] is ALL:
        picks.pop()
    return tuple(basic), tuple(picks)


def checked_picks(picks, shape, input=None, values=None):
    """Arrays that pick elements, after making sure that they can.

    Args:
        picks: the arrays, and full slices.
        shape: the shape of what they pick from.
        input, values: Tensors: what is written to, and what is to be written; None if only read.

    Raises:
        IndexError: a position is out of range, a mask has another shape, or the arrays don't
            broadcast.
        RuntimeError: `values` don't broadcast to what is picked, or have another dtype.
    """
    shapes: list = []  # of the arrays of positions: a mask stands for one per dimension
    located = []  # arrays of positions: their number, the size of the dimension
    dim = 0
    for pick in picks:
        if dim >= len(shape):
            raise IndexError(f"too many indices for tensor of dimension {len(shape)}")
        if pick.__class__ is not slice:
            if pick.dtype.kind == "b":
                check_mask_shape(pick.shape, shape, dim)
                if len(picks) > 1 or values is not None:
                    shapes += [(_count(pick),)] * pick.ndim
            else:
                located.append((pick, len(shapes), shape[dim]))
                shapes.append(pick.shape)
        dim += dims_of(pick)
    if len(shapes) > 1:
        broadcast_of_picks(shapes)
    if any(not size and pick.size for pick, _, size in located):
        raise IndexError("index is out of bounds for dimension with size 0")
    if values is not None:
        check_fits(values._array.shape, picked_shape(shape, picks))
        check_same_dtype(input, values)
    for pick, number, size in located:
        if not hasattr(pick, "handles_operations"):  # its elements are checked where they are used
            check_positions(pick, number, size)
    return picks


def _count(mask):
    return int(np.count_nonzero(mask.outline() if hasattr(mask, "outline") else mask))


def check_mask_shape(mask, shape, dim):
    """Refuse a mask (its shape) that doesn't lie over the dimensions from `dim` on."""
    if len(mask) > len(shape) - dim:
        raise IndexError(f"too many indices for tensor of dimension {len(shape)}")
    if mask != shape[dim : dim + len(mask)]:
        place = first_difference(mask, shape[dim:])
        raise IndexError(
            f"The shape of the mask {list(mask)} at index {place} does not match the shape of the "
            f"indexed tensor {list(shape)} at index {dim + place}"
        )


def picked_shape(shape, picks):
    """The shape of what arrays pick: their common one stands where they do if they are neighbours.

    >>> import numpy as np
    >>> two = np.zeros(2, int)
    >>> picked_shape((3, 4, 5), (slice(None), two, two)), picked_shape((3, 4, 5), (two, ALL, two))
    ((3, 2), (2, 4))
    """
    shapes, places, left = [], [], []
    dim = 0
    for pick in picks:
        if pick.__class__ is slice:
            left.append(shape[dim])
        else:
            places.append(len(left))
            shapes.append((_count(pick),) if pick.dtype.kind == "b" else pick.shape)
        dim += dims_of(pick)
    left += shape[dim:]
    place = places[0] if places and places[0] == places[-1] else 0
    return (*left[:place], *broadcast_of_picks(shapes), *left[place:])


def first_difference(one, other):
    """Where two shapes first differ."""
    return next(
        (i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b),
        min(len(one), len(other)),
    )


def check_positions(positions, dim, size):
    """Refuse positions outside a dimension of this size, the `dim`-th that arrays pick from."""
    if positions.size and (positions.max() >= size or positions.min() < -size):
        bad = positions[(positions >= size) | (positions < -size)].flat[0]
        raise explained(
            IndexError(f"index {bad} is out of bounds for dimension {dim} with size {size}")
        )


def broadcast_of_picks(shapes):
    """The shape to which arrays of positions broadcast."""
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        listed = ", ".join(str(list(s)) for s in shapes)
        raise IndexError(
            f"shape mismatch: indexing tensors could not be broadcast together with shapes {listed}"
        ) from None


def raise_too_many(parts, shape):
    """Refuse an index of too many parts."""
    if not shape and len(parts) == 1 and parts[0].__class__ in (int, slice):
        if parts[0].__class__ is slice:
            raise IndexError("slice() cannot be applied to a 0-dim tensor.")
        raise_zero_dim()
    raise explained(IndexError(f"too many indices for tensor of dimension {len(shape)}"))


def check_basic(input, index):
    """Refuse integers out of range, in PyTorch's words."""
    missing = input.ndim - sum(map(dims_of, index))
    if missing < 0:
        raise_too_many(index, input.shape)
    for part in index:
        if part.__class__ is slice:
            _plain_slice(part)
    dim = 0
    for place, part in enumerate(index):
        if part.__class__ is int and not -input.shape[dim] <= part < input.shape[dim]:
            raise IndexError(
                f"index {part} is out of bounds for dimension {place} with size {input.shape[dim]}"
            )
        dim += missing if part is Ellipsis else dims_of(part)


def check_picked(input, index):
    """Refuse arrays that can't pick, in PyTorch's words."""
    checked_picks(index, input.shape)


def check_fits(shape, target):
    """Refuse values that don't broadcast to what they are written to."""
    fits = len(shape) <= len(target) and all(
        a in (1, b) for a, b in zip(shape[::-1], target[::-1], strict=False)
    )
    if not fits:
        raise RuntimeError(
            f"shape mismatch: value tensor of shape {list(shape)} cannot be broadcast to indexing "
            f"result of shape {list(target)}"
        )


def check_same_dtype(input, values):
    """Refuse values of another dtype."""
    if input._array.dtype is not values._array.dtype:
        raise RuntimeError(
            "Index put requires the source and destination dtypes match, got "
            f"{input.dtype.title} for the destination and {values.dtype.title} for the source."
        )
