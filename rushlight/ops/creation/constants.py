"""Tensors from nothing: constants, ranges, identity matrices, the `new_*` and `*_like` forms."""

from __future__ import annotations

import numpy as np

from rushlight import dtypes
from rushlight.formats import preserve_format
from rushlight.ops.creation.cast import dtype_argument
from rushlight.ops.creation.convert import with_grad
from rushlight.ops.creation.devices import allocated, placed
from rushlight.ops.layouts import check_format, empty_by, empty_in
from rushlight.ops.limits import check_fits_dtype
from rushlight.ops.op import number_as_array
from rushlight.ops.output import write_out
from rushlight.ops.refused import require_tensors
from rushlight.ops.shape.views import shape_argument
from rushlight.tensor import NUMBER_TYPES, Tensor, type_name, wrap

__all__ = [
    "empty",
    "empty_like",
    "empty_permuted",
    "empty_strided",
    "full",
    "full_like",
    "ones",
    "ones_like",
    "scalar_tensor",
    "set_default_tensor_type",
    "zeros",
    "zeros_like",
]

_builtin_range = range

# What they share ----------------------------------------------------------------------------------


def set_default_tensor_type(t):
    """Set the default dtype by the old name of a type, such as `torch.DoubleTensor`."""
    from rushlight.ops.creation.cast import dtype_of_old_name
    from rushlight.ops.warn import warn_once

    warn_once(
        "torch.set_default_tensor_type() is deprecated as of PyTorch 2.1, please use "
        "torch.set_default_dtype() and torch.set_default_device() as alternatives."
    )
    dtypes.set_default_dtype(dtype_of_old_name(t))


def checked_shape(name, size, given):
    """Sizes of a new tensor, none of them negative."""
    if given is not None:
        size = (given,)
    elif not size:
        raise TypeError(f'{name}() missing 1 required positional arguments: "size"')
    for each in size:
        if each.__class__ is bool:
            raise TypeError(
                f"{name}(): argument 'size' (position 1) must be tuple of ints, not bool"
            )
    if len(size) > 1 and isinstance(size[0], (tuple, list)):
        raise TypeError(f"{name}() takes 1 positional argument but {len(size)} were given")
    shape = shape_argument(name, size)
    if shape and min(shape) < 0:
        if name == "zeros":
            raise RuntimeError("zeros: Dimension size must be non-negative.")
        negative = next(each for each in shape if each < 0)
        raise RuntimeError(
            f"Trying to create tensor with negative dimension {negative}: {list(shape)}"
        )
    return shape


def array_dtype_of(name, dtype):
    """NumPy's dtype for a `dtype=` argument; None is the default dtype."""
    if dtype is None:
        return dtypes.get_default_dtype().array_dtype
    return dtype_argument(dtype).array_dtype


def made(name, array, out, device, requires_grad):
    """A new tensor around `array`, or `out` with its elements."""
    tensor = wrap(placed(array, device))
    if out is not None:
        return write_out(name, tensor, (), out, resize_warns=False)
    if requires_grad:
        if requires_grad is not True:
            raise TypeError(
                f"{name}(): argument 'requires_grad' must be bool, not {type_name(requires_grad)}"
            )
        return with_grad(tensor)
    return tensor


def _out_dtype(name, dtype, out):
    return array_dtype_of(name, out.dtype if dtype is None and out is not None else dtype)


# Constants ----------------------------------------------------------------------------------------


def zeros(
    *size,
    out=None,
    dtype=None,
    layout=None,
    device=None,
    pin_memory=False,
    requires_grad=False,
    **names,
):
    """A tensor of zeros.

    >>> import rushlight as torch
    >>> torch.zeros(2, 3)
    tensor([[0., 0., 0.],
            [0., 0., 0.]])
    """
    shape = checked_shape("zeros", size, _only_size("zeros", names))
    array = allocated(np.zeros, shape, _out_dtype("zeros", dtype, out), device)
    return made("zeros", array, out, device, requires_grad)


def ones(
    *size,
    out=None,
    dtype=None,
    layout=None,
    device=None,
    pin_memory=False,
    requires_grad=False,
    **names,
):
    """A tensor of ones.

    >>> import rushlight as torch
    >>> torch.ones(2)
    tensor([1., 1.])
    """
    shape = checked_shape("ones", size, _only_size("ones", names))
    array = allocated(np.ones, shape, _out_dtype("ones", dtype, out), device)
    return made("ones", array, out, device, requires_grad)


def empty(
    *size,
    out=None,
    dtype=None,
    layout=None,
    device=None,
    pin_memory=False,
    requires_grad=False,
    memory_format=None,
    **names,
):
    """A tensor whose elements are whatever was in memory.

    >>> import rushlight as torch
    >>> torch.empty(2, 3).shape
    torch.Size([2, 3])
    """
    shape = checked_shape("empty", size, _only_size("empty", names))
    kind = _out_dtype("empty", dtype, out)
    if memory_format is None:
        array = allocated(np.empty, shape, kind, device)
    else:
        array = _empty_in(memory_format, shape, kind)
    return made("empty", array, out, device, requires_grad)


def _empty_in(format, shape, kind):
    if format is preserve_format:
        raise RuntimeError("unsupported memory format Preserve")
    check_format("empty", format, len(shape))
    return empty_in(format, shape, kind)


def _only_size(name, names):
    """The keyword `size` among the keywords that were left over."""
    if not names:
        return None
    size = names.pop("size", None)
    for unknown in names:
        raise TypeError(f"{name}() got an unexpected keyword argument '{unknown}'")
    return size


def full(
    size,
    fill_value,
    *,
    out=None,
    dtype=None,
    layout=None,
    device=None,
    pin_memory=False,
    requires_grad=False,
):
    """A tensor of one value, whose dtype it takes.

    >>> import rushlight as torch
    >>> torch.full((2,), 7)
    tensor([7, 7])
    """
    if not isinstance(size, (tuple, list)):
        raise TypeError(
            f"full(): argument 'size' (position 1) must be tuple of ints, not {type_name(size)}"
        )
    if isinstance(fill_value, Tensor):
        dtype = dtype or fill_value.dtype
        fill_value = fill_value.item()
    dtype = dtype or (out.dtype if out is not None else dtypes.of_number(fill_value))
    dtype = dtype_argument(dtype)
    array = full_array(checked_shape("full", (size,), None), fill_value, dtype)
    return made("full", array, out, device, requires_grad)


def full_array(shape, value, dtype, name="full"):
    """An array of one number, which must fit into the dtype."""
    if not isinstance(value, NUMBER_TYPES):
        raise TypeError(
            f"{name}(): argument 'fill_value' (position 2) must be Number, not {type_name(value)}"
        )
    check_fits_dtype(value, dtype)
    return np.full(shape, number_as_array(value, dtype), dtype.array_dtype)


def scalar_tensor(
    s, *, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False
):
    """A 0-d tensor of a number, in the default dtype unless another is given."""
    dtype = dtype_argument(dtype or dtypes.get_default_dtype())
    if not isinstance(s, (Tensor, *NUMBER_TYPES)):
        raise TypeError(
            f"scalar_tensor(): argument 's' (position 1) must be Number, not {type_name(s)}"
        )
    s = s.item() if isinstance(s, Tensor) else s
    check_fits_dtype(s, dtype)
    array = number_as_array(s, dtype)
    return made("scalar_tensor", array, None, device, requires_grad)


def empty_strided(
    size, stride, *, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False
):
    """An uninitialised tensor with these sizes and strides (in elements)."""
    from rushlight.ops.shape.parts import strided
    from rushlight.ops.turned import memory_of

    _check_strides(size, stride)
    kind = array_dtype_of("empty_strided", dtype)
    count = 1 + sum((n - 1) * s for n, s in zip(size, stride, strict=True))
    storage = allocated(np.empty, (0 if 0 in size else count,), kind, device)
    array = strided(memory_of(storage), tuple(size), [s * kind.itemsize for s in stride])
    return made("empty_strided", array, None, device, requires_grad)


def _check_strides(size, stride):
    if len(size) != len(stride):
        raise RuntimeError(
            f"dimensionality of sizes ({len(size)}) must match dimensionality of strides "
            f"({len(stride)})"
        )
    for each in size:
        if each < 0:
            raise RuntimeError(
                f"Trying to create tensor with negative dimension {each}: {list(size)}"
            )
    if any(each < 0 for each in stride):
        raise RuntimeError(
            f"Storage size calculation overflowed with sizes={list(size)} and "
            f"strides={list(stride)}"
        )


def empty_permuted(
    size,
    physical_layout,
    *,
    dtype=None,
    layout=None,
    device=None,
    pin_memory=False,
    requires_grad=False,
):
    """An uninitialised tensor whose dimensions lie in memory in this order."""
    if len(size) != len(physical_layout):
        raise RuntimeError(
            f"Number of dimensions in size does not match the length of the physical_layout; i.e. "
            f"len(size) = {len(size)} is not equal to len(physical_layout) = "
            f"{len(physical_layout)}"
        )
    if sorted(physical_layout) != list(_builtin_range(len(size))):
        seen: set = set()
        for i, dim in enumerate(physical_layout):
            if not 0 <= dim < len(size):
                raise RuntimeError(
                    f"Dimension out of range (expected to be between 0 and {len(size) - 1}, but "
                    f"got {dim} at index {i}).  NB: negative dims not currently supported; file an "
                    "issue if you want it."
                )
            if dim in seen:
                raise RuntimeError("Duplicate dim not allowed")
            seen.add(dim)
    array = np.empty([size[d] for d in physical_layout], array_dtype_of("empty_permuted", dtype))
    return made(
        "empty_permuted", array.transpose(np.argsort(physical_layout)), None, device, requires_grad
    )


# Like another tensor ------------------------------------------------------------------------------


def like(name, input):
    """Refuse what is no tensor."""
    require_tensors(name, input=input)
    return input._array


def _like(name, input, dtype, device, requires_grad, fill, format=None):
    array = like(name, input)
    kind = array.dtype if dtype is None else array_dtype_of(name, dtype)
    if format is not None and format is not preserve_format:
        check_format(name, format, array.ndim)
        new = empty_in(format, array.shape, kind)
        new.fill(_FILLED[fill])
    elif array.__class__ is np.ndarray and array.flags.c_contiguous:
        new = fill(array.shape, kind)  # np.zeros_like takes three times as long
    elif array.__class__ is not np.ndarray:
        new = _LIKE[fill](array, kind)
    else:
        new = _in_places_of(array, kind)
        new.fill(_FILLED[fill])
    return made(name, new, None, device or input.device, requires_grad)


_FILLED = {np.zeros: 0, np.ones: 1, np.empty: 0}
_LIKE = {np.zeros: np.zeros_like, np.ones: np.ones_like, np.empty: np.empty_like}


def _in_places_of(array, kind):
    """An uninitialised array whose elements lie as those of `array`, if these lie without gaps."""
    if not array.size:
        return np.empty_like(array, kind)
    strides, reach = [s // array.itemsize for s in array.strides], 1
    for stride, size in sorted(zip(strides, array.shape, strict=True)):
        if size != 1 and stride != reach:
            return empty_by(array.strides, array.shape, kind)
        reach *= size
    places = [s * kind.itemsize for s in strides]
    return np.ndarray(array.shape, kind, np.empty(array.size, kind), 0, places)


def zeros_like(
    input, *, dtype=None, layout=None, device=None, requires_grad=False, memory_format=None
):
    """Zeros in the shape and dtype of `input`."""
    return _like("zeros_like", input, dtype, device, requires_grad, np.zeros, memory_format)


def ones_like(
    input, *, dtype=None, layout=None, device=None, requires_grad=False, memory_format=None
):
    """Ones in the shape and dtype of `input`."""
    return _like("ones_like", input, dtype, device, requires_grad, np.ones, memory_format)


def empty_like(
    input, *, dtype=None, layout=None, device=None, requires_grad=False, memory_format=None
):
    """An uninitialised tensor in the shape and dtype of `input`."""
    return _like("empty_like", input, dtype, device, requires_grad, np.empty, memory_format)


def full_like(
    input,
    fill_value,
    *,
    dtype=None,
    layout=None,
    device=None,
    requires_grad=False,
    memory_format=None,
):
    """A tensor of one value in the shape and dtype of `input`."""
    like("full_like", input)
    if isinstance(fill_value, Tensor):
        fill_value = fill_value.item()
    dtype = dtype or input.dtype
    value = full_array((), fill_value, dtype, "full_like")
    filled = _like("full_like", input, dtype, device, requires_grad, np.empty, memory_format)
    filled._array.fill(value[()])
    return filled


def beside(input, array):
    """An array, followed by the transforms that follow `input`: it may be written to as that."""
    own = input._array
    return array if own.__class__ is np.ndarray else own.around(array)


def new_zeros(
    input,
    *size,
    dtype=None,
    device=None,
    requires_grad=False,
    layout=None,
    pin_memory=False,
    **names,
):
    """Zeros in the dtype of `input`."""
    shape = checked_shape("new_zeros", size, _only_size("new_zeros", names))
    array = np.zeros(shape, array_dtype_of("new_zeros", dtype or input.dtype))
    array = beside(input, array)
    return made("new_zeros", array, None, device or input.device, requires_grad)


def new_ones(
    input,
    *size,
    dtype=None,
    device=None,
    requires_grad=False,
    layout=None,
    pin_memory=False,
    **names,
):
    """Ones in the dtype of `input`."""
    shape = checked_shape("new_ones", size, _only_size("new_ones", names))
    array = np.ones(shape, array_dtype_of("new_ones", dtype or input.dtype))
    array = beside(input, array)
    return made("new_ones", array, None, device or input.device, requires_grad)


def new_empty(
    input,
    *size,
    dtype=None,
    device=None,
    requires_grad=False,
    layout=None,
    pin_memory=False,
    **names,
):
    """An uninitialised tensor in the dtype of `input`."""
    shape = checked_shape("new_empty", size, _only_size("new_empty", names))
    device = device or input.device
    array = allocated(np.empty, shape, array_dtype_of("new_empty", dtype or input.dtype), device)
    array = beside(input, array)
    return made("new_empty", array, None, device, requires_grad)


def new_empty_strided(input, size, stride, dtype=None, **options):
    """An uninitialised tensor with these strides in the dtype of `input`."""
    options["device"] = options.get("device") or input.device
    return empty_strided(size, stride, dtype=dtype or input.dtype, **options)


def new_full(
    input,
    size,
    fill_value,
    *,
    dtype=None,
    device=None,
    requires_grad=False,
    layout=None,
    pin_memory=False,
):
    """A tensor of one value in the dtype of `input`."""
    dtype, device = dtype or input.dtype, device or input.device
    return full(size, fill_value, dtype=dtype, device=device, requires_grad=requires_grad)


def new_tensor(
    input, data, *, dtype=None, device=None, requires_grad=False, layout=None, pin_memory=False
):
    """A copy of `data` in the dtype of `input`."""
    from rushlight.ops.creation.convert import tensor

    dtype, device = dtype or input.dtype, device or input.device
    return tensor(data, dtype=dtype, device=device, requires_grad=requires_grad)


# Matrices and indices -----------------------------------------------------------------------------
