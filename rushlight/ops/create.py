"""Making tensors: from Python data, from NumPy, from nothing, from chance."""

from __future__ import annotations

import numpy as np

from rushlight import dtypes
from rushlight.ops.op import elementwise
from rushlight.ops.shape import shape_argument
from rushlight.tensor import Tensor, type_name, wrap


# Casts --------------------------------------------------------------------------------------------


@elementwise(
    linear=True, result=None, node="ToCopyBackward0", takes_out=False,
    d_input=lambda g, input_dtype: _cast(g, dtype=input_dtype),
)
def _cast(input, *, dtype, input_dtype=None):
    """The elements in another dtype (NumPy's names), copied."""
    return input.astype(dtype)


def cast(input, dtype):
    """A tensor in another dtype; itself if it has it already."""
    if input._array.dtype is dtype.array_dtype:
        return input
    return _cast(input, dtype=dtype.array_dtype, input_dtype=input._array.dtype)


# From data ----------------------------------------------------------------------------------------


def tensor(data, *, dtype=None, device=None, requires_grad=False, pin_memory=False):
    """A tensor that copies `data`: a number, nested sequences, an array, a tensor.

    >>> import rushlight as torch
    >>> torch.tensor([[1, 2], [3, 4]])
    tensor([[1, 2],
            [3, 4]])
    """
    made = wrap(array_from(data, dtype))
    if requires_grad:
        made.requires_grad = True
    return made


def array_from(data, dtype):
    """A fresh array of any data; floats get the default dtype."""
    target = None if dtype is None else dtype.array_dtype
    if isinstance(data, Tensor):
        return np.array(data._array, dtype=target)
    array = np.array(data, dtype=target)
    if target is None and not isinstance(data, (np.ndarray, np.generic)):
        if array.dtype.kind == "f":
            array = array.astype(dtypes.get_default_dtype().array_dtype)
        elif array.dtype.kind == "c":
            array = array.astype(dtypes.default_complex().array_dtype)
    dtypes.of(array)
    return array


def from_numpy(ndarray):
    """A tensor on the memory of a NumPy array."""
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"expected np.ndarray (got {type_name(ndarray)})")
    dtypes.of(ndarray)
    return wrap(ndarray)


def _array_dtype(dtype):
    return (dtype or dtypes.get_default_dtype()).array_dtype


def _made(array, requires_grad):
    made = wrap(array)
    if requires_grad:
        made.requires_grad = True
    return made


def zeros(*size, out=None, dtype=None, layout=None, device=None, requires_grad=False):
    """A tensor of zeros."""
    return _made(np.zeros(shape_argument("zeros", size), _array_dtype(dtype)), requires_grad)


def ones(*size, out=None, dtype=None, layout=None, device=None, requires_grad=False):
    """A tensor of ones."""
    return _made(np.ones(shape_argument("ones", size), _array_dtype(dtype)), requires_grad)


def legacy_tensor(cls, *args, **kwargs):
    """`torch.Tensor(...)`: an uninitialised tensor of these sizes, or float32 data."""
    if len(args) == 1 and not isinstance(args[0], int):
        return tensor(args[0], dtype=dtypes.float32)
    return wrap(np.empty(args, np.float32))


