"""Tensors that are given another shape or other memory in place, and what lies in memory where."""

from __future__ import annotations

import math

import numpy as np

from rushlight import dtypes
from rushlight.autograd.tape import modes
from rushlight.autograd.views import check_in_place, check_not_inference
from rushlight.formats import preserve_format
from rushlight.ops.creation.cast import type_
from rushlight.ops.deprecated import deprecated
from rushlight.ops.layouts import check_format, empty_in
from rushlight.ops.output import replace_memory
from rushlight.ops.shape.parts import as_strided, origin_of, storage_of, strided_storage
from rushlight.ops.shape.views import shape_argument, squeeze, t, transpose, unsqueeze
from rushlight.ops.shapes import normalize_dim
from rushlight.ops.turned import memory_of
from rushlight.tensor import Tensor
from rushlight.tensor import wrap as wrap_array

__all__: list = []  # all of it is for methods

_SLOTS = ("_array", "_base", "_counter", "_grad", "_hooks", "_node", "_requires_grad")
_VIEW_SLOTS = ("_replay", "_creation", "_view_version")


# In another shape ---------------------------------------------------------------------------------


def reshaped_in_place(self, view_function, *args):
    """Make `self` what `view_function` shows of it; its history moves along."""
    check_in_place(self)
    if hasattr(self, "_view_version"):
        self._was_reshaped = True  # views of it are found by their strides from now on
    before = object.__new__(Tensor)
    for name in _SLOTS if self._base is None else _SLOTS + _VIEW_SLOTS:
        setattr(before, name, getattr(self, name))
    after = view_function(before, *args)
    self._array = after._array
    if self._base is not None:
        for name in _VIEW_SLOTS:
            setattr(self, name, getattr(after, name))
    if modes.grad_enabled:
        self._node = after._node
        if self._node is not None:
            self._node.op.rename(self._node, _in_place_name(self._node.name()))
    self._counter[0] += 1
    return self


def _in_place_name(name):
    """PyTorch counts the forms of a function, and those in place come after the others."""
    name, _, number = name.partition("Backward")
    return f"{name}Backward{int(number) + (3 if name == 'Squeeze' else 1)}"


def squeeze_(input, dim=None):
    """`squeeze` in place."""
    return reshaped_in_place(input, squeeze, dim)


def unsqueeze_(input, dim):
    """`unsqueeze` in place."""
    return reshaped_in_place(input, unsqueeze, dim)


def transpose_(input, dim0, dim1):
    """`transpose` in place."""
    return reshaped_in_place(input, transpose, dim0, dim1)


def t_(input):
    """`t` in place."""
    return reshaped_in_place(input, t)


def as_strided_(input, size, stride, storage_offset=None):
    """`as_strided` in place."""
    return reshaped_in_place(input, as_strided, size, stride, storage_offset)


# Element by element -------------------------------------------------------------------------------


def fill_diagonal_(input, fill_value, wrap=False):
    """Set the main diagonal to a number, in place; with `wrap`, again below each square."""
    shape = input._array.shape
    if len(shape) < 2:
        raise RuntimeError("dimensions must larger than 1")
    if len(shape) > 2 and len(set(shape)) > 1:
        raise RuntimeError("all dimensions of input must be of equal length")
    height, width = shape[:2]
    strides = input.stride()
    if len(shape) > 2 or height <= width or not wrap:
        count = min(shape)
    else:
        count = -(-height * width // (width + 1))
    offset = origin_of(input._array)
    if wrap and len(shape) == 2 and height > width:
        rows = [i * (width + 1) // width for i in range(count)]
        columns = [i * (width + 1) % width for i in range(count)]
        picks = np.array(rows), np.array(columns)
        input[tuple(map(wrap_array, picks))] = fill_value
        return input
    as_strided(input, (count,), (sum(strides),), offset).fill_(fill_value)
    return input


def apply_(input, callable):
    """Replace each element by what a function makes of it, in place; slow."""
    if input._requires_grad:
        raise RuntimeError(
            "Can't call apply_() on Variable that requires grad. Use var.detach().apply_() instead."
        )
    for place in np.ndindex(input._array.shape):
        input._array[place] = callable(input._array[place].item())
    input._counter[0] += 1
    return input


def map_(input, tensor, callable):
    """Replace each element by a function of it and of another tensor's, in place; slow."""
    if input._requires_grad:
        raise TypeError(
            "Can't call map_() on Variable that requires grad. Use var.detach().map_() instead."
        )
    if tensor.dtype is not input.dtype:
        raise TypeError(f"map_: expected {type_(input)} for 'other' (got {type_(tensor)})")
    others = np.broadcast_to(tensor._array, input._array.shape)
    for place in np.ndindex(input._array.shape):
        input._array[place] = callable(input._array[place].item(), others[place].item())
    input._counter[0] += 1
    return input


# In other memory ----------------------------------------------------------------------------------


def resize_(input, *sizes, memory_format=None):
    """Another size, in place: a storage that is large enough is kept; new elements are arbitrary.

    Raises:
        RuntimeError: the tensor requires grad.
    """
    if input._requires_grad:
        raise RuntimeError("cannot resize variables that require grad")
    shape = shape_argument("resize_", sizes)
    if shape and min(shape) < 0:
        raise RuntimeError("numel: integer multiplication overflow")
    check_not_inference(input)
    bump_version(input)
    array = input._array
    if memory_format is not None and memory_format is not preserve_format:
        check_format("resize_", memory_format, len(shape))
        strides = [s // array.itemsize for s in empty_in(memory_format, shape, array.dtype).strides]
        resize_(input, *sizes)
        input._array = strided_storage(input._array, shape, strides, origin_of(input._array))
        return input
    if shape == input._array.shape:
        return input
    if input.is_meta:
        replace_memory(input, array.around(np.zeros(shape, array.dtype)))
        return input
    if 0 in shape:
        replace_memory(input, np.empty(shape, array.dtype))
        return input
    offset = origin_of(array)
    if offset + math.prod(shape) <= storage_of(array).size:
        input._array = strided_storage(array, shape, contiguous_strides(shape), offset)
        return input
    grown = np.empty(shape, array.dtype)
    kept = storage_of(array)[offset:][: grown.size]
    grown.reshape(-1)[: kept.size] = kept
    replace_memory(input, grown)
    return input


def bump_version(input):
    """Note a change in place."""
    input._counter[0] += 1


def resize(input, *sizes):
    """The elements in another shape."""
    deprecated("resize")
    return input.reshape(*sizes)


def resize_as(input, template):
    """The elements in the shape of another tensor."""
    deprecated("resize_as")
    return input.reshape(template.shape)


def resize_as_(input, the_template, *, memory_format=None):
    """The size of another tensor, in place."""
    return resize_(input, the_template._array.shape)


def set_(input, source=None, storage_offset=0, size=None, stride=None):
    """The memory of another tensor (or of a storage), in place; without arguments, none."""
    from rushlight.storage import is_storage

    check_in_place(input)
    bump_version(input)
    if source is None:
        replace_memory(input, np.empty_like(input._array, shape=(0,)))
        return input
    if is_storage(source):
        elements = source._bytes.view(input._array.dtype)
        size = (elements.size,) if size is None else size
        if stride is None:
            empty = np.empty(size, elements.dtype)
            stride = [each // elements.itemsize for each in empty.strides]
        _check_geometry(size, stride, storage_offset)
        replace_memory(input, strided_storage(elements, tuple(size), stride, storage_offset))
        return input
    if source._array.dtype is not input._array.dtype:
        raise RuntimeError(
            f"Could not set tensor of type {dtypes.c_name(source.dtype)} to a tensor of type "
            f"{dtypes.c_name(input.dtype)}"
        )
    shown = source._array
    if size is not None:
        _check_geometry(size, stride, storage_offset)
        shown = strided_storage(shown, tuple(size), tuple(stride), storage_offset)
    replace_memory(input, shown)
    return input


def _check_geometry(size, stride, storage_offset):
    if len(size) != len(stride):
        raise RuntimeError(f"unequal size length ({len(size)}) and stride length ({len(stride)})")
    if storage_offset < 0:
        raise RuntimeError(f"Tensor: invalid storage offset {storage_offset}")


# Where things lie ---------------------------------------------------------------------------------


def stride(input, dim=None):
    """How many elements apart neighbours lie, along each dimension or along one."""
    array = input._array
    strides = element_strides(array) if array.size else strides_of_empty(input)
    if dim is None:
        return strides
    if not strides:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    return strides[normalize_dim(dim, array.ndim)]


def strides_of_empty(input):
    """The strides, in elements, of a tensor without elements.

    NumPy forgets them: of a view, they are found by viewing the tensor that it is a view of.
    """
    array = memory_of(input._array)
    if any(array.strides):
        return element_strides(array)
    source, op, options = getattr(input, "_replay", (None, None, ()))
    if source is None or source.numel() or op.outputs or op.name == "_view":
        return contiguous_strides(array.shape)
    strides = [each * array.itemsize for each in strides_of_empty(source)]
    shown = np.lib.stride_tricks.as_strided(np.empty(1, array.dtype), source.shape, strides)
    return element_strides(op.kernel(shown, **dict(zip(op.options, options, strict=True))))


def element_strides(array):
    """The strides in elements; a new dimension of size 1 has one as if it were larger."""
    strides = [each // array.itemsize for each in array.strides]
    if 0 in strides:
        for i in reversed(range(array.ndim)):
            if array.shape[i] == 1 and strides[i] == 0:
                strides[i] = array.shape[i + 1] * strides[i + 1] if i + 1 < array.ndim else 1
    return tuple(strides)


def contiguous_strides(shape):
    """The strides, in elements, of a tensor whose elements lie in order."""
    strides, count = [], 1
    for size in reversed(shape):
        strides.insert(0, count)
        count *= max(size, 1)
    return tuple(strides)


def storage_offset(input):
    """How many elements lie in the storage before the first one."""
    return origin_of(input._array)


def address(input):
    """Where the first element lies in memory.

    Raises:
        RuntimeError: a transform follows the tensor, which has no memory.
    """
    return np.asarray(memory_of(input._array)).ctypes.data


def untyped_storage(input):
    """The bytes that the elements lie in."""
    from rushlight.storage import UntypedStorage

    return UntypedStorage(storage_of(input._array))


def storage_type(input):
    """The class of storages of this dtype: `torch.FloatStorage`, ..."""
    from rushlight.storage import typed

    return getattr(typed, f"{input.dtype.title}Storage")


def storage(input):
    """The elements that the tensor lies in, in a row."""
    from rushlight.storage.typed import around, warn_of_types

    warn_of_types()
    if hasattr(input._array, "given"):
        raise NotImplementedError("Cannot access storage of BatchedTensorImpl")
    return around(storage_of(input._array))
