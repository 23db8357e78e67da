"""Picking elements by position: indexing, and its derivative."""

from __future__ import annotations

import numpy as np

from rushlight.autograd.tape import modes
from rushlight.autograd.views import check_in_place
from rushlight.ops.inplace import check_writable, overwrite
from rushlight.ops.op import opaque, view
from rushlight.ops.shape import expand
from rushlight.tensor import Tensor, wrap


def _node_of_index(index):
    """PyTorch's name for what the last part of a basic index does."""
    for part in reversed(index if isinstance(index, tuple) else (index,)):
        if isinstance(part, int):
            return "SelectBackward0"
        if part is None:
            return "UnsqueezeBackward0"
        if isinstance(part, slice) and part != slice(None):
            return "SliceBackward0"
    return "AliasBackward0"


@view(linear=True, node=_node_of_index, d_input=lambda g, input_shape, index: _put(g, shape=input_shape, index=index))
def _basic_index(input, *, index):
    """Indexing by integers, slices, None and Ellipsis."""
    return input[index]


@opaque(linear=True, node="SliceBackward0", takes_out=False, d_input=lambda g, index: _basic_index(g, index=index))
def _put(input, *, shape, index):
    """Zeros of this shape, with `input` at `index`."""
    result = np.zeros(shape, input.dtype)
    result[index] = input
    return result


@opaque(node="IndexBackward0", linear=True, takes_out=False, d_input=lambda g, input_shape, index: _put_add(g, shape=input_shape, index=index))
def _advanced_index(input, *, index):
    """Indexing by arrays of integers or bools, among other things; a copy."""
    return input[index]


@opaque(linear=True, node="IndexPutBackward0", takes_out=False, d_input=lambda g, index: _advanced_index(g, index=index))
def _put_add(input, *, shape, index):
    """Zeros of this shape, with `input` added at `index`; positions may repeat."""
    result = np.zeros(shape, input.dtype)
    np.add.at(result, index, input)
    return result


def plain_index(index):
    """An index as NumPy takes it, and whether it is advanced (has arrays)."""
    parts = index if isinstance(index, tuple) else (index,)
    plain = tuple(_plain_part(part) for part in parts)
    return plain, any(isinstance(part, np.ndarray) for part in plain)


def _plain_part(part):
    if isinstance(part, Tensor):
        array = part._array
        if array.ndim == 0 and array.dtype.kind in "iu":
            return int(array)
        return array.astype(bool) if array.dtype == np.uint8 else array
    if isinstance(part, list):
        return np.asarray(part)
    if isinstance(part, np.integer):
        return int(part)
    if isinstance(part, slice):
        start, stop, step = (
            None if v is None else v.__index__() for v in (part.start, part.stop, part.step)
        )
        if step is not None and step <= 0:
            raise ValueError("step must be greater than zero")
        return slice(start, stop, step)
    return part


def getitem(input, index):
    """`input[index]`: a view for integers, slices, None and `...`; a copy for arrays."""
    plain, advanced = plain_index(index)
    if advanced:
        return _advanced_index(input, index=plain)
    return _basic_index(input, index=plain)


def setitem(input, index, value):
    """`input[index] = value`, in place."""
    plain, advanced = plain_index(index)
    if not isinstance(value, Tensor):
        value = wrap(np.asarray(value).astype(input._array.dtype))
    if advanced:
        check_in_place(input)
        input._array[plain] = value._array
        input._counter[0] += 1
        return
    target = _basic_index(input, index=plain)
    copy_(target, value)


def copy_(input, src, non_blocking=False):
    """`src`, broadcast and cast, written into `input`."""
    check_in_place(input)
    if src._array.dtype is not input._array.dtype:
        src = src.to(input.dtype)
    overwrite(input, copied(input, expand(src, input.shape)))
    return input


@opaque(node="CopyBackwards", linear=True, takes_out=False, d_src=lambda g: g)
def copied(input, src):
    """What `input` is after `src` was copied into it."""
    return src




@opaque(node="FillBackward0", linear=True, takes_out=False, d_input=lambda g: g * 0)
def filled(input, *, value):
    """What `input` is after all its elements were set to `value`."""
    return np.full(input.shape, value, input.dtype)


def fill_(input, value):
    """Set all elements to `value`, in place."""
    check_in_place(input)
    if input._requires_grad and modes.grad_enabled:
        overwrite(input, filled(input, value=value))
    else:
        check_writable(input)
        input._array.fill(value)
        input._counter[0] += 1
    return input
