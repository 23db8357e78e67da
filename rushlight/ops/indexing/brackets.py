"""Indexing with brackets: `x[...]` and `x[...] = value`.

An index is read in two steps, as PyTorch does. Integers, slices, None and Ellipsis pick a view;
then tensors and lists, if there are any, pick elements of that view.
"""

from __future__ import annotations

import numpy as np

from rushlight.autograd.saved import raise_overwritten
from rushlight.autograd.tape import INFERENCE, modes
from rushlight.autograd.views import check_in_place
from rushlight.explain import explained
from rushlight.explain.provenance import here, note_write
from rushlight.kernels import in_order
from rushlight.kernels import places as loops
from rushlight.ops import fast
from rushlight.ops.creation.convert import array_from, native
from rushlight.ops.creation.copies import copy_, fill_
from rushlight.ops.deprecated import deprecated, warn_of_expanded
from rushlight.ops.inplace import check_no_overlap, check_writable, has_shared_places, in_place
from rushlight.ops.limits import check_assigned
from rushlight.ops.op import number_as_array, opaque, view
from rushlight.ops.shape.views import expanded_shape
from rushlight.ops.shapes import ordered, sum_array_to
from rushlight.ops.straight import is_basic, only_pick, set_straight
from rushlight.tensor import Tensor, type_name, wrap

__all__ = ["index_put", "index_put_"]

# Views --------------------------------------------------------------------------------------------


def node_of_index(index):
    """PyTorch's name for what the last part of a basic index does."""
    for part in reversed(index):
        if part.__class__ is int:
            return "SelectBackward0"
        if part is None:
            return "UnsqueezeBackward0"
        if part.__class__ is slice and (part is not ALL or len(index) == 1):
            return "SliceBackward0"
    return "AliasBackward0"


ALL = slice(None)


def node_of_put(index):
    """PyTorch's name for what undoes the first part of a basic index, last of all."""
    for part in index:
        if part.__class__ is int:
            return "SelectBackwardBackward0"
        if part is None:
            return "SqueezeBackward1"
        if part.__class__ is slice and (part != ALL or len(index) == 1):
            return "SliceBackwardBackward0"
    return "AliasBackward0"


@view(
    linear=True,
    node=node_of_index,
    d_input=lambda g, input_shape, index: _basic_put(g, shape=input_shape, index=index),
)
def _basic_index(input, *, index):
    """What a tuple of integers, slices, None and Ellipsis picks."""
    result = input[index]
    return input[(*index, ...)] if isinstance(result, np.generic) else result


@opaque(
    linear=True,
    node=lambda shape, index: node_of_put(index),
    takes_out=False,
    d_input=lambda g, index: _basic_index(g, index=index),
)
def _basic_put(input, *, shape, index):
    """Zeros of this shape, with `input` at `index`."""
    result = np.zeros(shape, input.dtype)
    result[index] = input
    return result


def slice_dim(input, dim, start, stop, step=1):
    """A slice of one dimension, as a view."""
    return _basic_index(input, index=(*(ALL,) * dim, slice(start, stop, step)))


def select_dim(input, dim, index):
    """One position of one dimension, as a view."""
    return _basic_index(input, index=(*(ALL,) * dim, index))


# Elements picked by arrays ------------------------------------------------------------------------


@opaque(
    linear=True,
    node="IndexBackward0",
    takes_out=False,
    d_input=lambda g, input_shape, index: _index_add_to_zeros(
        g, shape=input_shape, index=intact(index)
    ),
)
def _index(input, *, index):
    """The elements at arrays of positions (a tuple of arrays and full slices); a copy."""
    return ordered(input[index])  # NumPy has what was picked in front, in memory


@opaque(
    linear=True,
    node="IndexPutImplBackward0",
    takes_out=False,
    d_input=lambda g, index: _index(g, index=index),
)
def _index_add_to_zeros(input, *, shape, index):
    """Zeros of this shape, with `input` added at `index`; positions may repeat."""
    result = np.zeros(shape, input.dtype)
    add_at(result, index, input)
    return result


class Picks(tuple):
    """The arrays of an index, with the counters and versions of the tensors that they are."""

    guards: tuple = ()


def guarded(picks, index, input):
    """The arrays of an index, guarded if the call is recorded."""
    if not (input._requires_grad and modes.grad_enabled):
        return picks
    guards = [
        (part._counter, part._counter[0], part._array)
        for part in (index if isinstance(index, (tuple, list)) else (index,))
        if isinstance(part, Tensor) and part._counter is not INFERENCE
    ]
    if not guards:
        return picks
    picks = Picks(picks)
    picks.guards = guards
    return picks


def intact(picks):
    """The arrays of an index, after making sure that they were not changed since."""
    for counter, version, array in getattr(picks, "guards", ()):
        if counter[0] != version:
            raise_overwritten(array, counter[0], version)
    return picks


def add_at(target, index, values):
    """Add `values` to `target[index]`; what is picked twice is added twice."""
    if len(index) == 1 and index[0].__class__ is np.ndarray:
        array = index[0]
        if array.dtype.kind == "b":
            target[array] += values
            return
        if array.size and target.size and target.ndim > 1:
            shape = target.shape[1:]
            if values.shape != (*array.shape, *shape):
                values = np.broadcast_to(values, (*array.shape, *shape))
            _add_rows(target, array.reshape(-1), values.reshape(-1, *shape))
            return
    np.add.at(target, index, values)


def _add_rows(target, rows, values):
    """Add rows of `values` to the rows of `target`: one NumPy addition per run of equal ones."""
    if rows.size <= 16:
        for row, value in zip(rows.tolist(), values, strict=True):
            target[row] += value
        return
    if _add_rows_by_loop(target, rows, values):
        return
    rows = np.where(rows < 0, rows + target.shape[0], rows)
    order = rows.argsort(kind="stable")
    ordered = rows[order]
    starts = np.flatnonzero(ordered[1:] != ordered[:-1]) + 1
    starts = np.concatenate(((0,), starts))
    if starts.size == rows.size:
        target[rows] += values
    else:
        target[ordered[starts]] += np.add.reduceat(values[order], starts, axis=0)


def _add_rows_by_loop(target, rows, values):
    suits = target.dtype.char in "fd" and target.flags.c_contiguous and rows.dtype == np.int64
    if not (suits and loops.add_rows.earned(values.size, weight=4)):
        return False
    if rows.view(np.uint64).max() >= len(target):  # a negative row is a huge one here
        return False
    flat = target.reshape(len(target), -1)
    loops.add_rows.run(flat.shape[1], flat, *in_order(rows, values.reshape(rows.size, -1)))
    return True


@opaque(
    linear=True,
    node="IndexPutBackward0",
    takes_out=False,
    d_input=lambda g, index, accumulate: g if accumulate else _index_zero(g, index=intact(index)),
    d_values=lambda g, values_shape, index: _sum_index(g, shape=values_shape, index=intact(index)),
)
def _index_put(input, values, *, index, accumulate):
    """What `input` is after `values` were put (or added) at `index`."""
    result = np.array(input)
    if accumulate:
        add_at(result, index, values)
    else:
        result[index] = values
    return result


@opaque(
    linear=True,
    node="IndexPutBackward0",
    takes_out=False,
    d_input=lambda g, index: _index_zero(g, index=index),
)
def _index_zero(input, *, index):
    """`input` with zeros at `index`."""
    result = np.array(input)
    result[index] = 0
    return result


@opaque(
    linear=True,
    node="IndexBackward0",
    takes_out=False,
    d_input=lambda g, input_shape, shape, index: _index_add_to_zeros(
        g, shape=input_shape, index=index
    ),
)
def _sum_index(input, *, shape, index):
    """`input[index]`, summed to `shape`."""
    picked = input[index]
    return picked if picked.shape == shape else sum_array_to(picked, shape)


# Reading an index ---------------------------------------------------------------------------------


def getitem(input, index):
    """`input[index]`: a view for integers, slices, None and `...`; a copy for arrays."""
    if is_basic(index):
        return _basic_index(input, index=index if index.__class__ is tuple else (index,))
    if modes.layers:
        from rushlight.func import indexing

        if indexing.has_layers(index):
            return indexing.getitem(input, index)
    array = only_pick(index)
    if array is not None and array.size:
        return _index(input, index=guarded((array,), index, input))
    basic, picks = read_index(index, input._array.shape)
    if picks is None:
        return _basic_index(input, index=basic)
    viewed = input if all(part is ALL for part in basic) else _basic_index(input, index=basic)
    warn_of_bytes(index)
    if not all(pick is ALL or pick.size for pick in picks):
        checked_picks(picks, viewed._array.shape)  # NumPy takes any mask without elements
    return _index(viewed, index=guarded(picks, index, input))


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
    taken = sum(map(_dims_of, plain))
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


def _dims_of(part):
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
            basic += [ALL] * _dims_of(part)
            picks.append(part)
        elif part.__class__ is bool:
            basic.append(None)
            picks.append(_TRUE if part else _FALSE)
        else:
            basic.append(part)
            if part.__class__ is not int:
                picks.append(ALL)
    while picks and picks[-1] is ALL:
        picks.pop()
    return tuple(basic), tuple(picks)


#: what a bool picks from the new dimension that it makes
_TRUE, _FALSE = np.array([True]), np.array([False])


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
        dim += _dims_of(pick)
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
        dim += _dims_of(pick)
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
    missing = input.ndim - sum(map(_dims_of, index))
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
        dim += missing if part is Ellipsis else _dims_of(part)


def check_picked(input, index):
    """Refuse arrays that can't pick, in PyTorch's words."""
    checked_picks(index, input.shape)


_basic_index.op.check = check_basic
_index.op.check = check_picked

# Writing ------------------------------------------------------------------------------------------


def setitem(input, index, value):
    """`input[index] = value`, in place."""
    if set_straight(input, index, value):
        return
    kind = index.__class__
    if modes.layers:
        from rushlight.func import indexing

        if indexing.has_layers(index):
            indexing.setitem(input, index, value)
            return
    if kind is bool:
        if not index:
            return
        basic, picks = (None,), None
    elif kind is int and input._array.ndim:
        basic, picks = (index,), None
    else:
        basic, picks = read_index(index, input._array.shape)
    tensor = value if isinstance(value, Tensor) else as_value(value, input)
    if picks is None:
        whole = is_whole(basic, input._array.shape)
        target = input if whole else _basic_index(input, index=basic)
        tensor = without_leading_ones(tensor, target._array.ndim)
        if not tensor._array.ndim:
            fill_(target, tensor)
            return
        if tensor._array.shape != target._array.shape:
            expanded_shape(tensor, target._array.shape)
        copy_(target, tensor)
        return
    viewed = input if all(part is ALL for part in basic) else _basic_index(input, index=basic)
    if tensor._array.size == 1 and _is_one_mask(picks):
        refuse_byte_mask(index)
        check_assigned(tensor.item(), viewed.dtype)
        tensor = tensor.to(viewed.dtype)
    if tensor._array.ndim > 1:
        tensor = without_leading_ones(tensor, len(picked_shape(viewed._array.shape, picks)))
    picks = checked_picks(picks, viewed._array.shape, viewed, tensor)
    warn_of_bytes(index)
    if isinstance(value, Tensor):
        check_no_overlap(viewed, value, *_parts(index), same=True)
    put_at(viewed, picks, tensor, accumulate=False)


def is_whole(index, shape):
    """Whether a basic index picks all of a tensor of this shape, slice by slice from the first."""
    if Ellipsis in index:
        return all(part is ALL or part is Ellipsis for part in index)
    return len(index) <= len(shape) and all(map(_is_whole_slice, index, shape))


def _is_whole_slice(part, size):
    if part.__class__ is not slice or part.start not in (None, 0) or part.step not in (None, 1):
        return False
    return part.stop is None or part.stop >= size


def _parts(index):
    return index if index.__class__ in (tuple, list) else (index,)


def warn_of_bytes(index):
    """Warn of each mask of bytes."""
    for part in _parts(index):
        if isinstance(part, (Tensor, np.ndarray)) and part.ndim:
            if getattr(part, "_array", part).dtype == np.uint8:
                deprecated("index of bytes")


def _is_one_mask(picks):
    """Whether a single mask picks: then one element fills what it shows, whatever its dtype."""
    *slices, last = picks
    is_mask = last.dtype.kind == "b" and last is not _TRUE and last is not _FALSE
    return is_mask and all(part is ALL for part in slices)


def refuse_byte_mask(index):
    """Refuse a mask of bytes, in PyTorch's words."""
    for part in _parts(index):
        if isinstance(part, Tensor) and part._array.dtype == np.uint8:
            raise RuntimeError(
                "masked_fill_ only supports boolean masks, but got mask with dtype unsigned char"
            )


def as_value(value, input):
    """A number, list or array as a Tensor of the dtype of `input`."""
    if isinstance(value, _ASSIGNED):
        if value.__class__ is int and not -(2**63) <= value < 2**63:
            raise ValueError("Overflow when unpacking long long")
        check_assigned(value, input.dtype)
        return wrap(number_as_array(value, input.dtype))
    error = f"can't assign a {type_name(value)} to a torch.{input.dtype.title}Tensor"
    raise explained(TypeError(error))


#: numbers that may be assigned: Python's, and NumPy's that count among them
_ASSIGNED = (bool, int, float, complex, np.integer)


def without_leading_ones(value, ndim):
    """`value` without dimensions of size 1 in front that the target hasn't got."""
    shape = value._array.shape
    extra = 0
    while len(shape) - extra > ndim and shape[extra] == 1:
        extra += 1
    return value.reshape(shape[extra:]) if extra else value


def put_at(target, picks, values, accumulate):
    """Write (or add) `values` at `picks`, in place."""
    check_in_place(target)
    recorded = modes.grad_enabled and (target._requires_grad or values._requires_grad)
    if recorded or fast.is_intercepted() or modes.layers or modes.dual_level >= 0:
        in_place(_index_put, target, values, index=picks, accumulate=accumulate)
        return
    check_writable(target, expanded=True)
    if has_shared_places(target._array):
        warn_of_expanded("index_put_", "tensor[indices] = tensor")
    if accumulate:
        add_at(target._array, picks, values._array)
    else:
        target._array[picks] = values._array
    target._counter[0] += 1
    if here[0]:
        note_write(target._counter)


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


def picks_of(name, indices, input, values):
    """The positions of `index_put`, a tuple of Tensors, after making sure that they can be used."""
    shape = input._array.shape
    if isinstance(indices, Tensor):
        raise TypeError(
            f"{name}(): argument 'indices' (position 1) must be tuple of Tensors, not Tensor"
        )
    for i, each in enumerate(indices):
        if not isinstance(each, Tensor):
            raise TypeError(
                f"expected Tensor as element {i} in argument 0, but got {type_name(each)}"
            )
    parts = [_plain_pick(x) for x in indices]
    warn_of_bytes(indices)
    if len(parts) > len(shape):
        raise IndexError(
            f"too many indices for tensor of dimension {len(shape)} (got {len(parts)})"
        )
    if sum(map(_dims_of, parts)) > len(shape):
        raise IndexError(f"too many indices for tensor of dimension {len(shape)}")
    return checked_picks(tuple(parts), shape, input, values)


def _plain_pick(x):
    array = x._array
    if array.dtype == np.uint8:
        return array.astype(bool)
    refuse_positions(array)
    return array


def index_put(input, indices, values, accumulate=False):
    """A copy of `input` with `values` put (or added) at `indices`, a tuple of tensors.

    >>> import rushlight as torch
    >>> torch.index_put(torch.zeros(3), (torch.tensor([0, 0]),), torch.ones(2), accumulate=True)
    tensor([2., 0., 0.])
    """
    picks = picks_of("index_put", indices, input, values)
    return _index_put(input, values, index=picks, accumulate=accumulate)


def index_put_(input, indices, values, accumulate=False):
    """`index_put` in place."""
    picks = picks_of("index_put_", indices, input, values)
    check_no_overlap(input, values, *indices, same=True)
    put_at(input, picks, values, accumulate)
    return input


def check_same_dtype(input, values):
    """Refuse values of another dtype."""
    if input._array.dtype is not values._array.dtype:
        raise RuntimeError(
            "Index put requires the source and destination dtypes match, got "
            f"{input.dtype.title} for the destination and {values.dtype.title} for the source."
        )
