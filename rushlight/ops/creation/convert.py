"""Tensors from Python and NumPy: `tensor`, `as_tensor`, `from_numpy`, `asarray`, `frombuffer`."""

from __future__ import annotations

import numpy as np

from rushlight import dtypes
from rushlight.explain import explained
from rushlight.explain.provenance import note_cut
from rushlight.ops.creation.cast import cast, dtype_argument
from rushlight.ops.creation.devices import check_device, placed
from rushlight.ops.deprecated import deprecated
from rushlight.ops.warn import warn, warn_once
from rushlight.tensor import NUMBER_TYPES, Tensor, type_name, warn_of_lost_history, wrap

__all__ = ["as_tensor", "asarray", "frombuffer", "from_numpy", "tensor"]


def tensor(data, *, dtype=None, device=None, requires_grad=False, pin_memory=False):
    """A tensor that copies `data`: a number, nested sequences, an array, a tensor.

    Python floats get the default dtype, integers int64; arrays keep theirs.

    Raises:
        ValueError: nested sequences of different lengths.
        RuntimeError: something that is no number.

    >>> import rushlight as torch
    >>> torch.tensor([[1, 2], [3, 4]])
    tensor([[1, 2],
            [3, 4]])
    """
    if isinstance(data, Tensor):
        warn(
            "To copy construct from a tensor, it is recommended to use "
            "sourceTensor.detach().clone() or sourceTensor.detach().clone().requires_grad_(True), "
            "rather than torch.tensor(sourceTensor)."
        )
        if data._requires_grad:
            note_cut("tensor")
    array = array_from(data, dtype if dtype is None else dtype_argument(dtype))
    made = wrap(placed(array, device))
    return with_grad(made) if requires_grad else made


def with_grad(made):
    """Have operations on a new tensor recorded."""
    if made._array.dtype.kind not in "fcV":
        raise explained(
            RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
        )
    made._requires_grad = True
    return made


def array_from(data, dtype):
    """A fresh array of any data, in a dtype or in the one that the data suggest."""
    if isinstance(data, Tensor):
        if data.is_meta:
            return data._array.copy() if dtype is None else data._array.astype(dtype.array_dtype)
        return np.array(data._array, dtype=None if dtype is None else dtype.array_dtype)
    if isinstance(data, np.ndarray):
        array = native(data).copy(order="K")
        return array if dtype is None else array.astype(dtype.array_dtype)
    if isinstance(data, (str, bytes)):
        raise TypeError(f"new(): invalid data type '{type_name(data)}'")
    if isinstance(data, bytearray):
        data = list(data)
    array, leaves_dtype = _read(data)
    if array.dtype == np.uint64 and leaves_dtype is dtypes.uint64 is not dtype:
        check_uint64_was_meant(data)
    if dtype is None:
        return array.astype(leaves_dtype.array_dtype, copy=False)
    return converted(array, dtype)


def check_uint64_was_meant(data):
    """Refuse Python's integers that only uint64 holds, unless it is asked for."""
    first = data
    while isinstance(first, (list, tuple)) and len(first):
        first = first[0]
    if isinstance(first, int):
        raise ValueError("Overflow when unpacking long long")


def _read(data):
    """Numbers in nested sequences as an array, and the dtype that they suggest."""
    first = data
    while isinstance(first, (list, tuple, range)) and len(first):
        first = first[0]
    if not isinstance(first, (Tensor, np.generic, np.ndarray)):
        try:
            array = np.array(data)
        except Exception:
            array = None
        if array is not None and array.dtype.kind in "biufc":
            return array, _suggested(array)
    return _read_slowly(data)


def _suggested(array):
    kind = array.dtype.kind
    if kind == "f":
        return dtypes.get_default_dtype()
    if kind == "c":
        return dtypes.default_complex()
    if kind == "u":
        return dtypes.uint64
    return dtypes.of(array)


def _read_slowly(data):
    """The same, element by element: for tensors and NumPy scalars in lists, and for errors."""
    leaves: list = []
    shape: list = []
    _collect(data, leaves, shape, 0)
    if not leaves:
        return np.zeros(shape), dtypes.get_default_dtype()
    dtype = None
    for leaf in leaves:
        own = dtype_of_leaf(leaf)
        dtype = own if dtype is None else dtypes.promote_types(dtype, own)
    values = [leaf.item() if isinstance(leaf, (Tensor, np.generic)) else leaf for leaf in leaves]
    if any(isinstance(leaf, Tensor) and leaf.requires_grad for leaf in leaves):
        warn_of_lost_history()
    try:
        return np.array(values, dtype.array_dtype).reshape(shape), dtype
    except OverflowError:
        raise ValueError("Overflow when unpacking long long") from None


def _collect(data, leaves, shape, depth):
    if isinstance(data, np.ndarray):
        warn_once(
            "Creating a tensor from a list of numpy.ndarrays is extremely slow. Please consider "
            "converting the list to a single numpy.ndarray with numpy.array() before converting "
            "to a tensor."
        )
    is_array = isinstance(data, np.ndarray) and data.ndim > 0
    if is_array or isinstance(data, (list, tuple, range)) or _is_sequence(data):
        if depth == len(shape):
            if leaves:
                raise TypeError(f"'{type_name(data)}' object cannot be interpreted as an integer")
            shape.append(len(data))
        if len(data) != shape[depth]:
            raise explained(
                ValueError(
                    f"expected sequence of length {shape[depth]} at dim {depth} (got {len(data)})"
                )
            )
        for each in data:
            _collect(each, leaves, shape, depth + 1)
        return
    if isinstance(data, (str, bytes)):
        if leaves or isinstance(
            data, bytes
        ):  # PyTorch looks at the first elements for the sizes, then at all for the dtype
            raise explained(TypeError(f"new(): invalid data type '{type_name(data)}'"))
        raise explained(ValueError(f"too many dimensions '{type_name(data)}'"))
    if depth < len(shape):
        raise TypeError("not a sequence")
    leaves.append(data.reshape(())[()] if isinstance(data, np.ndarray) else data)


def _is_sequence(data):
    kind = type(data)
    return not isinstance(data, (str, bytes, dict, *NUMBER_TYPES)) and (
        hasattr(kind, "__len__") and hasattr(kind, "__getitem__") and not isinstance(data, Tensor)
    )


def dtype_of_leaf(leaf):
    """The dtype that one element suggests."""
    if isinstance(leaf, Tensor):
        if leaf._array.size != 1 and leaf.dtype.category == 1:
            raise TypeError("only integer tensors of a single element can be converted to an index")
        if leaf._array.size != 1:
            raise ValueError("only one element tensors can be converted to Python scalars")
        return leaf.dtype
    if isinstance(leaf, np.generic):
        return dtypes.of(leaf)
    if isinstance(leaf, (bool, int, float, complex)):
        return dtypes.of_number(leaf)
    raise RuntimeError(f"Could not infer dtype of {type(leaf).__name__}")


def converted(array, dtype):
    """Numbers from Python in the dtype asked for; what doesn't fit an integer dtype is refused."""
    target = dtype.array_dtype
    if target.kind in "iu" and array.dtype.kind in "iuf" and array.size:
        limits = np.iinfo(target)
        low = limits.min if target.kind == "i" or array.dtype.kind == "f" else -int(limits.max)
        if not (array.min() >= low and array.max() <= limits.max):
            raise RuntimeError(f"value cannot be converted to type {dtype.name} without overflow")
    if array.dtype.kind == "c" and target.kind in "iu":
        raise TypeError("'complex' object cannot be interpreted as an integer")
    if array.dtype.kind == "c" and target.kind not in "cb":
        raise TypeError("must be real number, not complex")
    with np.errstate(all="ignore"):
        return array.astype(target, copy=False)


def native(array):
    """A NumPy array as one that a Tensor can hold: same memory, known dtype.

    Raises:
        TypeError: the dtype has no counterpart.
        ValueError: the byte order is another one, or the array runs backwards.
    """
    if any(stride < 0 for stride in array.strides):
        raise ValueError(
            "At least one stride in the given numpy array is negative, and tensors with negative "
            "strides are not currently supported. (You can probably work around this by making a "
            "copy of your array  with array.copy().) "
        )
    dtype = dtypes.of(array)
    if not array.dtype.isnative:
        raise ValueError(
            "given numpy array has byte order different from the native byte order. Conversion "
            "between byte orders is currently not supported."
        )
    array = np.asarray(array)
    return array if array.dtype is dtype.array_dtype else array.view(dtype.array_dtype)


def from_numpy(ndarray):
    """A tensor on the memory of a NumPy array.

    >>> import numpy as np
    >>> import rushlight as torch
    >>> a = np.zeros(2)
    >>> t = torch.from_numpy(a)
    >>> t[0] = 1
    >>> a.tolist()
    [1.0, 0.0]
    """
    if not isinstance(ndarray, np.ndarray):
        raise explained(TypeError(f"expected np.ndarray (got {type_name(ndarray)})"))
    made = wrap(native(ndarray))
    if not ndarray.flags.writeable:
        warn_once(
            "The given NumPy array is not writable, and PyTorch does not support non-writable "
            "tensors. This means writing to this tensor will result in undefined behavior. You may "
            "want to copy the array to protect its data or make it writable before converting it "
            "to a tensor. This type of warning will be suppressed for the rest of this program."
        )
    return made


def as_tensor(data, dtype=None, device=None):
    """A tensor of `data` that shares memory with it if it can: with a tensor or a NumPy array.

    >>> import rushlight as torch
    >>> torch.as_tensor([1, 2])
    tensor([1, 2])
    """
    if device is not None:
        check_device(device)
    if isinstance(data, Tensor):
        return data.to(dtype=dtype, device=device)
    if isinstance(data, np.ndarray):
        made = from_numpy(data)
        made = made if dtype is None else cast(made, dtype)
        return made if device is None else made.to(device)
    return wrap(placed(array_from(data, dtype), device))


def asarray(obj, *, dtype=None, device=None, copy=None, requires_grad=False):
    """`as_tensor` with `copy`: True always copies, False never (or raises ValueError).

    >>> import rushlight as torch
    >>> torch.asarray([1.0, 2.0])
    tensor([1., 2.])
    """
    if device is not None:
        check_device(device)
    shares = isinstance(obj, (Tensor, np.ndarray))
    if isinstance(obj, (bytes, bytearray, memoryview)):
        made = frombuffer(obj, dtype=dtype or dtypes.get_default_dtype())
        return made.clone() if copy else made
    if copy is False and not shares and not hasattr(obj, "__array_interface__"):
        raise ValueError("can't alias arbitrary sequence into a tensor.")
    own = dtypes.of(getattr(obj, "_array", obj)) if shares else None
    if copy is False and dtype not in (None, own):
        raise ValueError(f"can't alias tensor with dtype '{own.title}' into dtype '{dtype.title}'.")
    if not shares and hasattr(obj, "__array_interface__"):
        obj = np.asarray(obj)
    made = as_tensor(obj, dtype)
    if copy and shares:
        made = made.clone() if made._array is getattr(obj, "_array", obj) else made
    if made is not obj and made._requires_grad and not requires_grad:
        return made.detach()
    return with_grad(made) if requires_grad else made


def frombuffer(buffer, *, dtype, count=-1, offset=0, requires_grad=False):
    """A flat tensor on the memory of an object with the buffer protocol.

    >>> import rushlight as torch
    >>> torch.frombuffer(bytearray(b"abc"), dtype=torch.uint8)
    tensor([97, 98, 99], dtype=torch.uint8)
    """
    try:
        size = memoryview(buffer).nbytes
    except TypeError:
        raise ValueError("object does not implement Python buffer protocol.") from None
    if size == 0 or count == 0:
        raise ValueError(f"both buffer length ({size}) and count ({count}) must not be 0")
    if not 0 <= offset < size:
        raise ValueError(
            f"offset ({offset} bytes) must be non-negative and no greater than buffer length "
            f"({size} bytes) minus 1"
        )
    if count < 0 and (size - offset) % dtype.itemsize:
        raise ValueError(
            f"buffer length ({size - offset} bytes) after offset ({offset} bytes) must be a "
            f"multiple of element size ({dtype.itemsize})"
        )
    if count >= 0 and offset + count * dtype.itemsize > size:
        raise ValueError(
            f"requested buffer length ({count} * {dtype.itemsize} bytes) after offset ({offset} "
            f"bytes) must not be greater than actual buffer length ({size} bytes)"
        )
    if memoryview(buffer).readonly:
        deprecated("buffer")
    made = wrap(np.frombuffer(buffer, dtype.array_dtype, count, offset))
    return with_grad(made) if requires_grad else made
