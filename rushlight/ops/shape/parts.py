"""Views of parts: `narrow`, `select`, `diagonal`, windows, and memory seen with any strides."""

from __future__ import annotations

import numpy as np

from rushlight.ops.checked import refusal
from rushlight.ops.indexing.brackets import select_dim, slice_dim
from rushlight.ops.meta import Meta
from rushlight.ops.op import opaque, view
from rushlight.ops.shapes import normalize_dim
from rushlight.ops.turned import Turned, memory_of
from rushlight.tensor import Tensor, type_name

__all__ = [
    "as_strided",
    "diagonal",
    "narrow",
    "select",
]


@view(
    linear=True,
    node="DiagonalBackward0",
    d_input=lambda g, input_shape, offset, dim1, dim2: _diagonal_put(
        g, shape=input_shape, offset=offset, dim1=dim1, dim2=dim2
    ),
)
def _diagonal(input, *, offset, dim1, dim2):
    """The diagonal of the matrices that lie in two dimensions."""
    result = input.diagonal(offset, dim1, dim2)
    result.flags.writeable = input.flags.writeable
    return result


@opaque(
    linear=True,
    node="DiagonalScatterBackward0",
    takes_out=False,
    d_input=lambda g, offset, dim1, dim2: _diagonal(g, offset=offset, dim1=dim1, dim2=dim2),
)
def _diagonal_put(input, *, shape, offset, dim1, dim2):
    """Zeros with `input` on the diagonal."""
    result = np.zeros(shape, input.dtype)
    part = result.diagonal(offset, dim1, dim2)
    part.flags.writeable = True
    part[...] = input
    return result


@view(
    linear=True,
    node="UnfoldBackward0",
    d_input=lambda g, input_shape, dimension, size, step: _windows_put(
        g, shape=input_shape, dimension=dimension, size=size, step=step
    ),
)
def _unfold(input, *, dimension, size, step):
    """Windows along a dimension; their elements are the new last dimension."""
    if input.ndim == 0:
        return input.reshape(1)[:size]
    count = (input.shape[dimension] - size) // step + 1
    shape, strides = list(input.shape), list(input.strides)
    shape[dimension] = count
    stride = strides[dimension]
    strides[dimension] = stride * step
    return strided(input, (*shape, size), (*strides, stride))


@opaque(
    linear=True,
    node="UnfoldBackwardBackward0",
    takes_out=False,
    d_input=lambda g, dimension, size, step: _unfold(g, dimension=dimension, size=size, step=step),
)
def _windows_put(input, *, shape, dimension, size, step):
    """Zeros of this shape to which each window of `input` is added in its place."""
    result = np.zeros(shape, input.dtype)
    if not shape:
        return input.sum().reshape(())
    moved = result.swapaxes(0, dimension)
    windows = np.moveaxis(input, -1, 0).swapaxes(1, dimension + 1)
    for i in range(size):
        stop = i + step * windows.shape[1]
        moved[i:stop:step] += windows[i]
    return result


@view(
    linear=True,
    node="AsStridedBackward0",
    d_input=lambda g, size, stride, storage_offset, geometry: _as_strided_put(
        g, size=size, stride=stride, storage_offset=storage_offset, geometry=geometry
    ),
)
def _as_strided(input, *, size, stride, storage_offset, geometry):
    """The storage of `input` from an offset on, with these sizes and strides (in elements)."""
    return strided_storage(input, size, stride, storage_offset)


@opaque(
    linear=True,
    node="AsStridedBackward0",
    takes_out=False,
    d_input=lambda g, size, stride, storage_offset, geometry: _as_strided_pick(
        g, size=size, stride=stride, storage_offset=storage_offset, geometry=geometry
    ),
)
def _as_strided_put(input, *, size, stride, storage_offset, geometry):
    """Zeros of this geometry, to whose storage `input` is added with these sizes and strides."""
    own_places, seen = _places_in(geometry)
    total = np.zeros(seen.size, input.dtype)
    places = np.arange(seen.size)
    np.add.at(total, _lattice(places[storage_offset:], size, stride), input)
    # a gradient reaches an element once, however often its memory is seen
    return (total / seen.astype(input.real.dtype))[own_places]


@opaque(
    linear=True,
    node="AsStridedBackward0",
    takes_out=False,
    d_input=lambda g, size, stride, storage_offset, geometry: _as_strided_put(
        g, size=size, stride=stride, storage_offset=storage_offset, geometry=geometry
    ),
)
def _as_strided_pick(input, *, size, stride, storage_offset, geometry):
    """The transpose of `_as_strided_put`: what a storage filled by `input` shows, copied."""
    own_places, seen = _places_in(geometry)
    total = np.zeros(seen.size, input.dtype)
    np.add.at(total, own_places, input)
    total /= seen.astype(input.real.dtype)
    return _lattice(total[storage_offset:], size, stride).copy()


def _places_in(geometry):
    """Where in a storage the elements of a geometry lie; how often each is seen, 1 at least."""
    size, stride, offset, count = geometry
    places = _lattice(np.arange(count)[offset:], size, stride)
    return places, np.maximum(np.bincount(places.ravel(), minlength=count), 1)


def _lattice(array, size, stride):
    return strided(array, size, [each * array.itemsize for each in stride])


def strided(array, shape, strides):
    """The memory of `array` from its first element on, with these strides in bytes."""
    if array.flags.c_contiguous and array.size:
        return np.ndarray(tuple(shape), array.dtype, array, 0, tuple(strides))
    owner = owner_of(array)
    if array.size and (owner.flags.c_contiguous or owner.flags.f_contiguous):
        owner = owner if owner.flags.c_contiguous else owner.T
        result = np.ndarray(tuple(shape), array.dtype, owner, bytes_before(array), tuple(strides))
        result.flags.writeable = array.flags.writeable
        return result
    return np.lib.stride_tricks.as_strided(array, shape, strides)


def owner_of(array):
    """The array whose memory `array` shows."""
    owner = memory_of(array)
    while isinstance(owner.base, np.ndarray):
        owner = owner.base
    return owner


def bytes_before(array):
    """How many bytes lie in the memory before the first element of `array`."""
    start = memory_of(array).__array_interface__["data"][0]
    return start - owner_of(array).__array_interface__["data"][0]


def storage_of(array):
    """All of the memory that `array` lies in, as a flat array of its dtype."""
    array = memory_of(array)
    owner = owner_of(array)
    axes = sorted(range(owner.ndim), key=lambda axis: -owner.strides[axis])
    flat = owner.transpose(axes).reshape(-1)
    if flat.size and not np.may_share_memory(flat, owner):
        low, high = np.lib.array_utils.byte_bounds(owner)
        count = (high - low) // owner.itemsize
        flat = np.lib.stride_tricks.as_strided(owner, (count,), (owner.itemsize,))
    return flat if flat.dtype == array.dtype else flat.view(np.uint8).view(array.dtype)


def origin_of(array):
    """How many elements lie in the memory before the first one of `array`."""
    return bytes_before(array) // array.itemsize if array.size else 0


def strided_storage(array, size, stride, storage_offset):
    """The storage of `array` from an offset on, with these sizes and strides (in elements)."""
    if array.__class__ is Turned:
        return Turned(strided_storage(array.array, size, stride, storage_offset), array.turn)
    if array.__class__ is Meta:
        return Meta(strided_storage(array.array, size, stride, storage_offset))
    storage = storage_of(array)
    last = storage_offset + sum((n - 1) * s for n, s in zip(size, stride, strict=True))
    if 0 not in size and last >= storage.size:
        raise RuntimeError(
            f"setStorage: sizes {list(size)}, strides {list(stride)}, storage offset "
            f"{storage_offset}, "
            f"and itemsize {array.itemsize} requiring a storage size of "
            f"{(last + 1) * array.itemsize} are out of bounds for storage of size {storage.nbytes}"
        )
    return strided(storage[storage_offset:], size, [s * array.itemsize for s in stride])


def narrow(input, dim, start, length):
    """`length` elements of a dimension from `start` on, as a view.

    >>> import rushlight as torch
    >>> torch.narrow(torch.arange(5), 0, 1, 3)
    tensor([1, 2, 3])
    """
    shape = input._array.shape
    if not shape:
        raise RuntimeError("narrow() cannot be applied to a 0-dim tensor.")
    if length < 0:
        raise RuntimeError("narrow(): length must be non-negative.")
    dim = normalize_dim(dim, len(shape))
    if isinstance(start, Tensor):
        if start._array.ndim or start._array.dtype.kind not in "iu":
            raise RuntimeError("start must be an 0-dim integral Tensor.")
        start = start.item()
    size = shape[dim]
    if not -size <= start <= size:
        raise IndexError(
            f"start out of range (expected to be in range of [{-size}, {size}], but got {start})"
        )
    start = start + size if start < 0 else start
    if start + length > size:
        raise RuntimeError(f"start ({start}) + length ({length}) exceeds dimension size ({size}).")
    return slice_dim(input, dim, start, start + length)


def select(input, dim, index):
    """The part at one position of a dimension, which is gone; a view.

    >>> import rushlight as torch
    >>> torch.select(torch.tensor([[1, 2], [3, 4]]), 1, 0)
    tensor([1, 3])
    """
    shape = input._array.shape
    if not shape:
        raise IndexError("select() cannot be applied to a 0-dim tensor.")
    dim = normalize_dim(dim, len(shape))
    if not hasattr(index, "__index__"):
        raise refusal() or TypeError(
            f"select(): argument 'index' (position 2) must be int, not {type_name(index)}"
        )
    index = index.__index__()
    if not -shape[dim] <= index < shape[dim]:
        raise IndexError(
            f"select(): index {index} out of range for tensor of size {list(shape)} at dimension "
            f"{dim}"
        )
    return select_dim(input, dim, index)


def diagonal(input, offset=0, dim1=0, dim2=1):
    """The diagonal of the matrices in two dimensions, as a view: it becomes the last dimension.

    >>> import rushlight as torch
    >>> torch.diagonal(torch.tensor([[1, 2], [3, 4]]))
    tensor([1, 4])
    """
    ndim = input._array.ndim
    one, two = normalize_dim(dim1, ndim), normalize_dim(dim2, ndim)
    if one == two:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    return _diagonal(input, offset=offset, dim1=one, dim2=two)


def unfold(input, dimension, size, step):
    """All windows of `size` elements, `step` apart, along a dimension; a view.

    >>> import rushlight as torch
    >>> torch.arange(5).unfold(0, 3, 2)
    tensor([[0, 1, 2],
            [2, 3, 4]])
    """
    shape = input._array.shape
    dimension = normalize_dim(dimension, len(shape))
    whole = shape[dimension] if shape else 1
    if size < 0:
        raise RuntimeError(f"size is {size} but must be >= 0")
    if size > whole:
        raise RuntimeError(
            f"maximum size for tensor at dimension {dimension} is {whole} but size is {size}"
        )
    if step <= 0:
        raise RuntimeError(f"step is {step} but must be > 0")
    return _unfold(input, dimension=dimension, size=size, step=step)


def as_strided(input, size, stride, storage_offset=None):
    """The storage of `input` with these sizes and strides, from an offset on.

    >>> import rushlight as torch
    >>> torch.as_strided(torch.arange(6), (2, 2), (1, 2), 1)
    tensor([[1, 3],
            [2, 4]])
    """
    size, stride = tuple(size), tuple(stride)
    if len(size) != len(stride):
        raise RuntimeError("mismatch in length of strides and shape")
    if any(s < 0 for s in size):
        raise RuntimeError(
            f"Storage size calculation overflowed with sizes={list(size)} and "
            f"strides={list(stride)}"
        )
    if any(s < 0 for s in stride):
        raise RuntimeError(
            "as_strided: Negative strides are not supported at the moment, got strides: "
            f"{list(stride)}"
        )
    if storage_offset is not None and storage_offset < 0:
        raise RuntimeError(f"Tensor: invalid storage offset {storage_offset}")
    array = input._array
    geometry = geometry_of(array)
    return _as_strided(
        input,
        size=size,
        stride=stride,
        storage_offset=geometry[2] if storage_offset is None else storage_offset,
        geometry=geometry,
    )


def geometry_of(array):
    """Sizes, strides and offset in elements, and how many elements the storage has."""
    if hasattr(array, "geometry"):  # what a transform follows
        return array.geometry()
    own = tuple(each // array.itemsize for each in array.strides)
    return array.shape, own, origin_of(array), storage_of(array).size
