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
from rushlight.ops.creation.copies import copy_, fill_
from rushlight.ops.deprecated import deprecated, warn_of_expanded
from rushlight.ops.indexing.reading import (
    ALL,
    FALSE,
    TRUE,
    check_basic,
    check_picked,
    checked_picks,
    dims_of,
    picked_shape,
    read_index,
    refuse_positions,
)
from rushlight.ops.inplace import (
    check_mapped,
    check_no_overlap,
    check_writable,
    has_shared_places,
    in_place,
)
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


# Reading ------------------------------------------------------------------------------------------


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
            check_mapped(target, (tensor,), "copy")
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
        if _is_traced_mask_over(picks, viewed._array.shape) and not tensor._array.ndim:
            from rushlight.ops.indexing.mask import masked_fill_

            masked_fill_(viewed, wrap(picks[0]), tensor)  # no result is as large as it says
            return
    if tensor._array.ndim > 1:
        tensor = without_leading_ones(tensor, len(picked_shape(viewed._array.shape, picks)))
    picks = checked_picks(picks, viewed._array.shape, viewed, tensor)
    warn_of_bytes(index)
    if isinstance(value, Tensor):
        check_no_overlap(viewed, value, *_parts(index), same=True)
    put_at(viewed, picks, tensor, accumulate=False)


def _is_traced_mask_over(picks, shape):
    """Whether there is nothing but one mask of this shape, of which `compile` follows elements."""
    mask, *others = picks
    return not others and hasattr(mask, "outline") and mask.shape == shape and mask.dtype == bool


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
    is_mask = last.dtype.kind == "b" and last is not TRUE and last is not FALSE
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
    if sum(map(dims_of, parts)) > len(shape):
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
