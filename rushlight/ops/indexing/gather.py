"""Reading at positions along a dimension: `gather`, `take_along_dim`; and what `scatter` shares.

The gradient of reading is added at the same positions (`_gather_put`), and its gradient is read
there again.
"""

from __future__ import annotations

import numpy as np

from rushlight import dtypes
from rushlight.kernels import in_three
from rushlight.kernels import places as loops
from rushlight.ops.op import opaque
from rushlight.ops.shape.views import size_of
from rushlight.ops.shapes import broadcast_shapes, elements_of, normalize_dim, ordered
from rushlight.tensor import Tensor, type_name, wrap

__all__ = ["gather", "take_along_dim"]

# What the kernels need ----------------------------------------------------------------------------

_TAKE = loops.take_in_rows, loops.take_along
_ADD = loops.add_in_rows, loops.add_along


def along(index, dim):
    """What picks the positions `index` of a dimension, and the own place in the others."""
    if index.ndim == 1:
        return (index,)
    places = [index if d == dim else own_places(index.shape, d) for d in range(index.ndim)]
    return tuple(places)


def own_places(shape, d):
    """The numbers 0, 1, ... along dimension `d` of a shape."""
    size = shape[d]
    known = _OWN_PLACES.get((size, d, len(shape)))
    if known is None:
        known = np.arange(size).reshape((1,) * d + (size,) + (1,) * (len(shape) - d - 1))
        if size < 4096 and len(_OWN_PLACES) < 256:
            _OWN_PLACES[size, d, len(shape)] = known
    return known


_OWN_PLACES: dict = {}


def corner(array, shape):
    """The part of an array from its first element on that has this shape."""
    return array if array.shape == shape else array[tuple(map(slice, shape))]


def _by_loop(loops, array, index, values, dim):
    """Have a loop work at `index` along a dimension; whether it may, and has earned it.

    There are two `loops`: for the last dimension and for any other one.
    """
    loop = loops[dim != index.ndim - 1]
    others = index.shape[:dim] + index.shape[dim + 1 :]
    suits = (
        array.shape[:dim] + array.shape[dim + 1 :] == others
        and array.dtype.char in "fd"
        and index.dtype == np.int64
        and loop.earned(index.size, weight=16 if loops is _ADD else 2)
    )
    if suits:
        arrays = in_three(dim, array, index, values)
        if loop is loops[0]:
            arrays = [x[..., 0] for x in arrays]
        loop.run(len(arrays[0]), *arrays, elements=index.size)
    return suits


def _at_least_1d(*arrays):
    return [array.reshape(1) if array.ndim == 0 else array for array in arrays]


# gather -------------------------------------------------------------------------------------------


def _check_gather(input, index, *, dim):
    check_range(index, dim, input.shape[dim] if input.ndim else 1)


@opaque(
    linear=True,
    ordered=ordered,
    check=_check_gather,
    d_input=lambda g, index, input_shape, dim: _gather_put(g, index, shape=input_shape, dim=dim),
)
def _gather(input, index, *, dim):
    """The elements at `index` along a dimension."""
    if index.size == 0:
        return np.empty(index.shape, input.dtype)
    if input.ndim == 0 or index.ndim == 0:
        return input.reshape(-1)[index]
    out = np.empty(index.shape, input.dtype)
    if _by_loop(_TAKE, input, index, out, dim):
        return out
    if np.minimum.reduce(elements_of(index), None) < 0:
        _check_gather(input, index, dim=dim)
    return input[along(index, dim)]


@opaque(
    linear=True,
    node="ScatterAddBackward0",
    takes_out=False,
    d_input=lambda g, index, input_shape, dim: _gather_into(g, index, shape=input_shape, dim=dim),
)
def _gather_put(input, index, *, shape, dim):
    """Zeros of this shape, to which `input` is added at `index` along a dimension."""
    result = np.zeros(shape, input.dtype)
    if index.size == 0:
        return result
    add_along(*_at_least_1d(result, index, input), dim)
    return result


def add_along(target, index, values, dim):
    """Add `values` to `target` at `index` along a dimension."""
    values = corner(values, index.shape)
    if index.shape[dim] == 1 and index.ndim > 1:
        target[along(index, dim)] += values  # each place is met once
    elif index.size and not (
        target.flags.c_contiguous and _by_loop(_ADD, target, index, values, dim)
    ):
        np.add.at(target, along(index, dim), values)


@opaque(
    linear=True,
    node="ScatterAddBackward0",
    takes_out=False,
    d_input=lambda g, index, input_shape, dim: _gather_put(g, index, shape=input_shape, dim=dim),
)
def _gather_into(input, index, *, shape, dim):
    """What `gather` gives, in the corner of zeros of this shape."""
    picked = _gather.op.kernel(input, index, dim=dim)
    if picked.shape == shape:
        return picked
    result = np.zeros(shape, input.dtype)
    result[tuple(map(slice, index.shape))] = picked
    return result


def gather(input, dim, index, *, sparse_grad=False, out=None):
    """The elements at `index` along `dim`: `out[i][j] = input[index[i][j]][j]` for dim 0.

    >>> import rushlight as torch
    >>> torch.gather(torch.tensor([[1, 2], [3, 4]]), 1, torch.tensor([[0], [1]]))
    tensor([[1],
            [4]])
    """
    if not isinstance(index, Tensor) or index._array.size:
        check_index("gather", index, 2)
    elif index._array.dtype.kind != "i":
        index = index.to(dtypes.int64)
    shape, own = index._array.shape, input._array.shape
    dim = normalize_dim(dim, len(own))
    if max(len(shape), 1) != max(len(own), 1) and index._array.size:
        raise RuntimeError("Index tensor must have the same number of dimensions as input tensor")
    for d, (a, b) in enumerate(zip(shape, own, strict=False)):
        if d != dim and a > b and index._array.size:
            raise RuntimeError(
                f"Size does not match at dimension {d} expected index {list(shape)} to be no "
                f"larger than self {list(own)} apart from dimension {dim}"
            )
    return _gather(input, index, dim=dim, out=out)


def check_index(name, index, position=3):
    """Refuse an index that is no tensor of positions."""
    if not isinstance(index, Tensor):
        raise TypeError(
            f"{name}(): argument 'index' (position {position}) must be Tensor, not "
            f"{type_name(index)}"
        )
    if index._array.dtype.kind != "i" or index._array.itemsize < 4:
        raise RuntimeError(f"{name}(): Expected dtype int32/int64 for index")


def check_range(index, dim, size):
    """Refuse positions outside a dimension; negative ones too."""
    index = elements_of(index)
    if index.__class__ is not np.ndarray:
        return  # there are no elements
    if index.dtype == np.int64:
        fits = not index.size or index.view(np.uint64).max() < size  # negative ones are huge ones
    else:
        fits = not index.size or (index.min() >= 0 and index.max() < size)
    if not fits:
        bad = index[(index < 0) | (index >= size)].flat[0]
        raise RuntimeError(f"index {bad} is out of bounds for dimension {dim} with size {size}")


# The same positions in all other dimensions -------------------------------------------------------


def take_along_dim(input, indices, dim=None, *, out=None):
    """The elements at `indices` along `dim`, whose other dimensions broadcast; or of all in a row.

    >>> import rushlight as torch
    >>> x = torch.tensor([[3, 1], [2, 4]])
    >>> torch.take_along_dim(x, x.argsort(dim=1), dim=1)
    tensor([[1, 3],
            [2, 4]])
    """
    if indices._array.dtype.name != "int64":
        raise RuntimeError(
            f"torch.take_along_dim(): dtype of indices should be Long but got {indices.dtype.title}"
        )
    if dim is None:
        return gather(input.reshape(-1), 0, indices.reshape(-1), out=out)
    one, two = input._array.shape, indices._array.shape
    if len(one) != len(two):
        raise RuntimeError(
            "torch.take_along_dim(): input and indices should have the same number of dimensions, "
            f"but got {len(one)} dimensions for input, and {len(two)} dimensions for indices"
        )
    if not one:
        size_of(input, dim)  # refuses it
    dim = normalize_dim(dim, len(one))
    common = broadcast_shapes(one[:dim] + (1,) + one[dim + 1 :], two[:dim] + (1,) + two[dim + 1 :])
    wide = input.expand(common[:dim] + one[dim : dim + 1] + common[dim + 1 :])
    picks = indices.expand(common[:dim] + two[dim : dim + 1] + common[dim + 1 :])
    size = one[dim]
    array = picks._array
    if array.size and array.min() < 0:
        picks = wrap(np.where(array < 0, array + size, array))
    return gather(wide, dim, picks, out=out)
