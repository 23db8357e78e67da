"""Writing into a tensor where nothing is recorded or watched: NumPy does it at once."""

from __future__ import annotations

import numpy as np

from rushlight.autograd.tape import modes
from rushlight.explain.provenance import here, note_write
from rushlight.ops import fast
from rushlight.ops.inplace import is_straight
from rushlight.tensor import Tensor

__all__ = ["is_basic", "only_pick", "set_straight"]

#: what all floating-point dtypes hold
LEAST_LIMIT = 65504.0


def set_straight(input, index, value):
    """Where nothing is recorded or watched, let NumPy write; False where it can't."""
    if not writes_straight(input):
        return False
    array, kind = input._array, value.__class__
    if isinstance(value, Tensor):
        if value._requires_grad and modes.grad_enabled:
            return False
        shares = value._counter is input._counter and index is not Ellipsis
        if shares and not _lies_apart(value._array, array, index):
            return False
        value = value._array
        if value.dtype is not array.dtype:
            return False
    elif kind is float:
        if array.dtype.kind != "f" or not -LEAST_LIMIT <= value <= LEAST_LIMIT:
            return False
    elif kind is not int or not -(2**63) <= value < 2**63:
        return False
    if not is_basic(index):
        picks, index = index, only_pick(index)
        if index is None or picks._counter is input._counter:
            return False
    try:
        version = input._counter[0]
        array[index] = value
    except Exception:
        return False  # the ordinary way says what is wrong
    input._counter[0] = version + 1
    if here[0]:
        note_write(input._counter)
    return True


def _lies_apart(value, array, index):
    """Whether a value on the memory of an array lies beside what a basic index picks of it."""
    try:
        return is_basic(index) and not np.may_share_memory(array[index], value)
    except Exception:
        return False  # the ordinary way says what is wrong


def writes_straight(input):
    """Whether the memory of `input` can be written to at once."""
    base = input._base
    if base is None:
        return is_straight(input)
    array = input._array
    if fast.is_intercepted() or not array.flags.writeable or 0 in array.strides:
        return False
    return not (modes.grad_enabled and (input._requires_grad or base._requires_grad))


def only_pick(index):
    """The array of an index that is one tensor of bools or int64; None if it is something else."""
    if not isinstance(index, Tensor):
        return None
    array = index._array
    return array if array.ndim and array.dtype in _PICKING else None


_PICKING = (np.dtype(bool), np.dtype(np.int64))


def is_basic(index):
    """Whether an index is made of integers, None, one `...` and slices without steps."""
    has_ellipsis = False
    for part in index if index.__class__ is tuple else (index,):
        kind = part.__class__
        if kind is slice:
            if part.step is not None:
                return False
        elif kind is not int and part is not None:
            if part is not Ellipsis or has_ellipsis:
                return False
            has_ellipsis = True
    return True
