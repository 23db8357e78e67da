"""The device "meta": tensors that have shapes, dtypes and strides, but no elements.

Their Tensors hold a `Meta` in place of an array. Below it is an array of zeros that nobody writes
to: pages of memory that the system hands out only when they are touched. What an operation makes of
such arrays says which shape and dtype the result has; then it is thrown away. So there is no second
rule for any shape, and an operation on "meta" takes as long as on zeros.
"""

from __future__ import annotations

import math
import sys

import numpy as np

from rushlight.ops.layouts import dense_order
from rushlight.tensor import META, Tensor

__all__ = ["Meta", "blank", "is_meta", "on_cpu", "plain", "without_elements"]

_NO_DATA = "Cannot copy out of meta tensor; no data!"
#: what NumPy can't say without looking at elements, and what PyTorch calls it
_BY_ELEMENTS = {
    np.nonzero: "nonzero",
    np.flatnonzero: "nonzero",
    np.unique: "_unique2",
    np.array_equal: "equal",
    np.bincount: "bincount",
}
#: above this, memory is taken without asking whether there would be enough
_LARGE = 1 << 28


def blank(shape, kind, strides=None):
    """Zeros that lie in no memory until they are touched; in the order that `strides` have."""
    if strides is not None:
        order = dense_order(strides)
        return blank([shape[d] for d in order], kind).transpose(np.argsort(order))
    size = math.prod(shape) * kind.itemsize if isinstance(shape, (tuple, list)) else 0
    if size < _LARGE or sys.platform != "linux":
        return np.zeros(shape, kind)
    import mmap

    unreserved = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000  # MAP_NORESERVE
    return np.frombuffer(mmap.mmap(-1, size, unreserved), kind).reshape(shape)


class Meta(np.lib.mixins.NDArrayOperatorsMixin):
    """What stands for the array of a tensor without elements."""

    __slots__ = ("array",)
    handles_operations = True
    level = 0  # any transform that follows one of the arguments takes the operation first
    on_device = META
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, array):
        self.array = array

    def apply(self, op, args, options):
        """Call an operation of which this is an argument."""
        if op.broadcasts:  # products and look-ups take both, as PyTorch's do
            check_devices(args)
        options = {name: plain(value) for name, value in options.items()}
        return op.call_on(op.promote(args), options, compute=_computed)

    def write(self, target, result):
        """Put the elements of `result` into those of `target`: there are none."""
        if not is_meta(target):
            raise NotImplementedError(_NO_DATA)

    def detached(self):
        """The same without history: the tape is the Tensor's business."""
        return self

    def around(self, array):
        """An array from outside, without elements."""
        return array if array.__class__ is Meta else Meta(array)

    def __getattr__(self, name):
        if name.startswith("__array"):  # else NumPy would look at the zeros
            raise AttributeError(name)
        found = getattr(self.array, name)
        if callable(found):
            return lambda *args, **kwargs: without_elements(
                found(*map(plain, args), **{k: plain(v) for k, v in kwargs.items()})
            )
        return Meta(found) if isinstance(found, np.ndarray) else found

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **kwargs):
        result = getattr(ufunc, method)(*map(plain, inputs), **kwargs)
        return without_elements(result) if out is None else _written(out[0])

    def __array_function__(self, function, types, args, kwargs):
        if function in _BY_ELEMENTS:
            raise refusal(_BY_ELEMENTS[function])
        if function is np.copyto:
            return _written(args[0])
        if function is np.broadcast_to:
            return Meta(function(*map(plain, args), **kwargs))
        out = kwargs.pop("out", None)
        result = function(*plain(args), **{k: plain(v) for k, v in kwargs.items()})
        return without_elements(result) if out is None else _written(out)

    def __array__(self, dtype=None, copy=None):
        raise NotImplementedError(_NO_DATA)

    def __getitem__(self, index):
        return Meta(self.array[plain(index)])

    def __setitem__(self, index, values):
        self.array[plain(index)]

    def __len__(self):
        return len(self.array)

    def item(self):
        if self.size != 1:
            raise RuntimeError(f"a Tensor with {self.size} elements cannot be converted to Scalar")
        raise RuntimeError("Tensor.item() cannot be called on meta tensors")

    __float__ = __int__ = item

    def __bool__(self):
        return bool(self.array)  # checks of elements pass: zeros are in range everywhere

    def tolist(self):
        raise NotImplementedError(_NO_DATA)

    def nonzero(self):
        raise refusal("nonzero")

    def copy(self, order="C"):
        """Other memory that nobody touches."""
        return Meta(_blank_as(self.array) if order == "K" else blank(self.shape, self.dtype))

    def duplicate(self):
        """The same in other memory."""
        return self.copy("K")

    def fill(self, value):
        """Nothing: there are no elements."""


def refusal(name):
    """The error for what depends on elements."""
    return NotImplementedError(
        f"aten::{name}: attempted to run this operator with Meta tensors, but there was no fake "
        "impl or Meta kernel registered."
    )


def is_meta(x):
    """Whether a Tensor is on the device "meta"."""
    return x._array.__class__ is Meta


def check_devices(args):
    """Refuse tensors with elements, but for single numbers, beside tensors without.

    Raises:
        RuntimeError: there are both.
    """
    for x in args:
        if isinstance(x, Tensor) and x._array.__class__ is np.ndarray and x._array.ndim:
            first = next(y for y in args if isinstance(y, Tensor))
            wrong, expected = ("meta", "cpu") if x is first else ("cpu", "meta")
            raise RuntimeError(
                f"Tensor on device {wrong} is not on the expected device {expected}!"
            )


def plain(value):
    """Zeros in place of what has no elements, also within lists and tuples."""
    if value.__class__ is Meta:
        return value.array
    if value.__class__ in (list, tuple):
        return value.__class__(map(plain, value))
    return value


def on_cpu(array):
    """An array for a new tensor on the CPU, of the shape of one that may have no elements."""
    return np.zeros_like(array.array) if array.__class__ is Meta else array


def _computed(op, arrays, options):
    arrays = plain(arrays)
    if op.is_view:
        result = op.kernel(*arrays, **options)
        return Meta(result) if op.outputs is None else tuple(map(Meta, result))
    return without_elements(op._compute(arrays, options))


def without_elements(result):
    """What was computed, without its elements."""
    if isinstance(result, (np.ndarray, np.generic)):
        return Meta(_blank_as(np.asarray(result)))
    if isinstance(result, (tuple, list)):
        return type(result)(map(without_elements, result))
    return result


def _blank_as(array):
    return blank(array.shape, array.dtype, None if array.flags.c_contiguous else array.strides)


def _written(out):
    """What was to be written to, which has to have no elements either."""
    if out.__class__ is not Meta:
        raise NotImplementedError(_NO_DATA)
    return out
