"""Copies in another arrangement: flipped, rolled, repeated, triangles, diagonals, grids."""

from __future__ import annotations

import numpy as np

from rushlight import dtypes
from rushlight.ops.creation.copies import _clone_contiguous as contiguous_clone
from rushlight.ops.indexing.brackets import _index
from rushlight.ops.indexing.rows import index_select
from rushlight.ops.op import opaque
from rushlight.ops.output import write_out
from rushlight.ops.shape.join import joining, stack
from rushlight.ops.shape.parts import _diagonal, _diagonal_put
from rushlight.ops.shape.views import (
    _expand,
    dims_argument,
    flatten,
    reshape,
    shape_argument,
    unsqueeze,
)
from rushlight.ops.shapes import normalize_dim, normalize_dims, ordered
from rushlight.tensor import Tensor, type_name, wrap

__all__ = [
    "block_diag",
    "cartesian_prod",
    "combinations",
    "diag",
    "diag_embed",
    "diagflat",
    "flip",
    "fliplr",
    "flipud",
    "meshgrid",
    "repeat_interleave",
    "roll",
    "rot90",
    "tile",
    "tril",
    "triu",
]

# Turned round -------------------------------------------------------------------------------------


@opaque(
    linear=True, node="FlipBackward0", takes_out=False, d_input=lambda g, dims: _flip(g, dims=dims)
)
def _flip(input, *, dims):
    """The elements in reverse order along `dims`."""
    return np.flip(input, dims).copy(order="K")


def flip(input, *axes, dims=None):
    """The elements in reverse order along the dimensions `dims`.

    >>> import rushlight as torch
    >>> torch.flip(torch.tensor([1, 2, 3]), (0,))
    tensor([3, 2, 1])
    """
    dims = dims_argument(axes if dims is None else (dims,))
    return _flip(input, dims=normalize_dims(dims, input._array.ndim))


def fliplr(input):
    """Flipped along the second dimension."""
    if input._array.ndim < 2:
        raise RuntimeError("Input must be >= 2-d.")
    return flip(input, 1)


def flipud(input):
    """Flipped along the first dimension."""
    if input._array.ndim < 1:
        raise RuntimeError("Input must be >= 1-d.")
    return flip(input, 0)


@opaque(
    linear=True,
    ordered=ordered,
    node="RollBackward0",
    takes_out=False,
    d_input=lambda g, shifts, dims: _roll(g, shifts=tuple(-s for s in shifts), dims=dims),
)
def _roll(input, *, shifts, dims):
    """The elements moved round along `dims`."""
    if not dims:
        return np.roll(input, shifts[0])
    return np.roll(input, shifts, dims)


def roll(input, shifts, dims=None):
    """The elements moved along `dims`, those that fall off coming back on the other side.

    >>> import rushlight as torch
    >>> torch.roll(torch.tensor([1, 2, 3]), 1)
    tensor([3, 1, 2])
    """
    shifts = tuple(shifts) if isinstance(shifts, (tuple, list)) else (shifts,)
    dims = () if dims is None else dims
    dims = tuple(dims) if isinstance(dims, (tuple, list)) else (dims,)
    if not shifts:
        raise RuntimeError("`shifts` required")
    if len(shifts) != len(dims) and not (not dims and len(shifts) == 1):
        raise RuntimeError(
            f"shifts and dimensions must align. shifts: {len(shifts)}, dims:{len(dims)}"
        )
    if dims and not input._array.ndim:
        raise IndexError(f"Dimension specified as {dims[0]} but tensor has no dimensions")
    dims = tuple(normalize_dim(d, input._array.ndim) for d in dims)
    return _roll(input, shifts=shifts, dims=dims)


@opaque(
    linear=True,
    node="Rot90Backward0",
    takes_out=False,
    d_input=lambda g, k, dims: _rot90(g, k=-k, dims=dims),
)
def _rot90(input, *, k, dims):
    """Quarter turns in the plane of two dimensions."""
    return np.rot90(input, k, dims).copy()


def rot90(input, k=1, dims=(0, 1)):
    """`k` quarter turns in the plane of two dimensions, from the first towards the second.

    >>> import rushlight as torch
    >>> torch.rot90(torch.tensor([[1, 2], [3, 4]]))
    tensor([[2, 4],
            [1, 3]])
    """
    ndim = input._array.ndim
    if len(dims) != 2:
        raise RuntimeError(f"expected total rotation dims == 2, but got dims = {len(dims)}")
    if ndim < 2:
        raise RuntimeError(f"expected total dims >= 2, but got total dims = {ndim}")
    one, two = (normalize_dim(dim, ndim) for dim in dims)
    if one == two:
        raise RuntimeError(
            f"expected rotation dims to be different, but got dim0 = {dims[0]} and dim1 = {dims[1]}"
        )
    return _rot90(input, k=k, dims=tuple(dims))


# Triangles and diagonals --------------------------------------------------------------------------


@opaque(linear=True, ordered=ordered, d_input=lambda g, diagonal: tril(g, diagonal=diagonal))
def tril(input, *, diagonal=0):
    """The lower triangle of matrices, up to the given diagonal; zeros above."""
    return np.tril(_matrices("tril", input), diagonal)


@opaque(linear=True, ordered=ordered, d_input=lambda g, diagonal: triu(g, diagonal=diagonal))
def triu(input, *, diagonal=0):
    """The upper triangle of matrices, from the given diagonal on; zeros below."""
    return np.triu(_matrices("triu", input), diagonal)


def _matrices(name, input):
    if input.ndim < 2:
        raise RuntimeError(f"{name}: input tensor must have at least 2 dimensions")
    return input


@opaque(
    linear=True,
    node="DiagEmbedBackward0",
    takes_out=False,
    d_input=lambda g, offset, dim1, dim2: _diagonal(g, offset=offset, dim1=dim1, dim2=dim2),
)
def _diag_embed(input, *, offset, dim1, dim2):
    """Zeros with the last dimension of `input` on the diagonal of two new dimensions."""
    size = input.shape[-1] + abs(offset)
    shape = list(input.shape[:-1])
    for dim in sorted((dim1, dim2)):
        shape.insert(dim, size)
    return _diagonal_put.op.kernel(input, shape=tuple(shape), offset=offset, dim1=dim1, dim2=dim2)


def diag_embed(input, offset=0, dim1=-2, dim2=-1):
    """Matrices with the last dimension of `input` on their diagonal, zeros elsewhere.

    >>> import rushlight as torch
    >>> torch.diag_embed(torch.tensor([1, 2]))
    tensor([[1, 0],
            [0, 2]])
    """
    ndim = input._array.ndim + 1
    one, two = normalize_dim(dim1, ndim), normalize_dim(dim2, ndim)
    if one == two:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    return _diag_embed(input, offset=offset, dim1=one, dim2=two)


@opaque(
    linear=True,
    node="DiagonalBackward0_copy",
    takes_out=False,
    d_input=lambda g, input_shape, offset: _diagonal_put(
        g, shape=input_shape, offset=offset, dim1=0, dim2=1
    ),
)
def _diag(input, *, offset):
    """The diagonal of a matrix, copied."""
    return input.diagonal(offset).copy()


def diag(input, diagonal=0, *, out=None):
    """The diagonal of a matrix; of a vector, the matrix that has it on its diagonal.

    >>> import rushlight as torch
    >>> torch.diag(torch.tensor([1, 2]))
    tensor([[1, 0],
            [0, 2]])
    """
    ndim = input._array.ndim
    if ndim not in (1, 2):
        raise RuntimeError(f"diag(): Supports 1D or 2D tensors. Got {ndim}D")
    result = diag_embed(input, diagonal) if ndim == 1 else _diag(input, offset=diagonal)
    if out is None:
        return result
    can_cast = dtypes.can_cast(result.dtype, out.dtype) if isinstance(out, Tensor) else True
    name = "diagonal_copy" if ndim == 2 or can_cast else "diag"
    return write_out(name, result, (input,), out)


def diagflat(input, offset=0):
    """A matrix with all elements of `input` on its diagonal."""
    return diag_embed(reshape(input, (-1,)), offset)


def block_diag(*tensors):
    """The matrices one after another along the diagonal of a larger one, zeros elsewhere.

    >>> import rushlight as torch
    >>> torch.block_diag(torch.tensor([[1]]), torch.tensor([[2, 3]]))
    tensor([[1, 0, 0],
            [0, 2, 3]])
    """
    if not tensors:
        return wrap(np.zeros((1, 0), np.float32))
    for i, x in enumerate(tensors):
        if not isinstance(x, Tensor):
            raise TypeError(f"expected Tensor as element {i} in argument 0, but got {type_name(x)}")
        if x._array.ndim > 2:
            raise RuntimeError(
                f"torch.block_diag: Input tensors must have 2 or fewer dimensions. Input {i} has "
                f"{x._array.ndim} dimensions"
            )
    blocks = [
        x if x._array.ndim == 2 else reshape(x, (1,) * (2 - x._array.ndim) + x._array.shape)
        for x in tensors
    ]
    bounds, row, column = [], 0, 0
    for x in blocks:
        height, width = x._array.shape
        bounds.append((slice(row, row + height), slice(column, column + width)))
        row, column = row + height, column + width
    return joining("block_diag", len(blocks))(*blocks, bounds=tuple(bounds))


# Repeated -----------------------------------------------------------------------------------------


@opaque(
    linear=True,
    ordered=ordered,
    node="RepeatBackward0",
    takes_out=False,
    d_input=lambda g, input_shape, repeats: _sum_repeats(g, shape=input_shape, repeats=repeats),
)
def _repeat(input, *, repeats):
    """The whole array repeated along its dimensions (and new ones in front)."""
    return np.tile(input, repeats)


@opaque(
    linear=True,
    node="SumBackward1",
    takes_out=False,
    d_input=lambda g, repeats: _repeat(g, repeats=repeats),
)
def _sum_repeats(input, *, shape, repeats):
    """The sum over the repeats."""
    own = (1,) * (len(repeats) - len(shape)) + tuple(shape)
    pairs = [n for pair in zip(repeats, own, strict=True) for n in pair]
    axes = tuple(range(0, len(pairs), 2))
    return np.add.reduce(input.reshape(pairs), axis=axes).reshape(shape)


def repeat(input, *repeats):
    """The whole tensor repeated along its dimensions (and new ones in front).

    >>> import rushlight as torch
    >>> torch.tensor([1, 2]).repeat(2, 2)
    tensor([[1, 2, 1, 2],
            [1, 2, 1, 2]])
    """
    repeats = shape_argument("repeat", repeats, "repeats")
    if len(repeats) < input._array.ndim:
        raise RuntimeError(
            "Number of dimensions of repeat dims can not be smaller than number of dimensions of "
            "tensor"
        )
    if repeats and min(repeats) < 0:
        own = (1,) * (len(repeats) - input._array.ndim) + input._array.shape
        shape = [count * size for count, size in zip(repeats, own, strict=True)]
        raise RuntimeError(f"Trying to create tensor with negative dimension {min(shape)}: {shape}")
    return _repeat(input, repeats=repeats)


def tile(input, *counts, dims=None):
    """`repeat`, where missing repeats in front are 1.

    >>> import rushlight as torch
    >>> torch.tile(torch.tensor([[1, 2]]), (2,))
    tensor([[1, 2, 1, 2]])
    """
    dims = shape_argument("tile", counts if dims is None else (dims,), "dims")
    missing = input._array.ndim - len(dims)
    return repeat(input, (1,) * missing + dims)


def repeat_interleave(input, repeats=None, dim=None, *, output_size=None):
    """Each element repeated: `repeats` times, or as often as its entry of `repeats` says.

    With `repeats` alone (a tensor of counts): each position as often as its count.

    >>> import rushlight as torch
    >>> torch.repeat_interleave(torch.tensor([1, 2]), 2)
    tensor([1, 1, 2, 2])
    """
    if repeats is None:
        if input._array.ndim != 1:
            raise RuntimeError("repeat_interleave only accept 1D vector as repeat")
        counts = _counts(input, input._array.size)
        return wrap(np.repeat(np.arange(counts.size), counts))
    if dim is None:
        input, dim = flatten(input), 0
    dim = normalize_dim(dim, input._array.ndim)
    size = input._array.shape[dim] if input._array.ndim else 1
    if not isinstance(repeats, Tensor):
        repeated = _repeat_each(input, _count(repeats), dim)
        if output_size is not None and repeated.shape[dim] != output_size:
            raise RuntimeError(
                f"repeat_interleave: Invalid output_size, expected {repeated.shape[dim]} but got "
                f"{output_size}"
            )
        return repeated
    counts = _counts(repeats, size, dim) if repeats._array.size != 1 else repeats._array.reshape(-1)
    positions = np.repeat(np.arange(size), counts)
    if output_size is not None and positions.size != output_size:
        raise RuntimeError("allocated size does not match required size")
    return index_select(input, dim, wrap(positions))


def _repeat_each(input, count, dim):
    """Each position of a dimension `count` times."""
    input = input if input._array.ndim else reshape(input, (1,))
    shape = input._array.shape
    wide = unsqueeze(input, dim + 1).expand((*shape[: dim + 1], count, *shape[dim + 1 :]))
    return contiguous_clone(wide).view((*shape[:dim], shape[dim] * count, *shape[dim + 1 :]))


def _counts(repeats, size, dim=0):
    array = repeats._array
    if array.ndim != 1:
        raise RuntimeError("repeats must be 0-dim or 1-dim tensor")
    if array.dtype not in (np.int64, np.int32):
        title = repeats.dtype.title
        raise NotImplementedError(f"\"repeat_interleave_cpu\" not implemented for '{title}'")
    if array.size != size:
        raise RuntimeError(
            "repeats must have the same size as input along dim, but got "
            f"repeats.size(0) = {array.size} and input.size({dim}) = {size}"
        )
    if array.size and array.min() < 0:
        raise RuntimeError("repeats can not be negative")
    return array


def _count(repeats):
    if not hasattr(repeats, "__index__"):
        raise TypeError(
            "repeat_interleave(): argument 'repeats' must be Tensor or int, not "
            f"{type_name(repeats)}"
        )
    if repeats < 0:
        raise RuntimeError("Repeats must be non-negative")
    return repeats.__index__()


# Grids --------------------------------------------------------------------------------------------


def meshgrid(*tensors, indexing=None):
    """Grids of coordinates: each vector expanded along its own dimension of a common grid.

    `indexing="ij"` numbers rows first; "xy" swaps the first two dimensions.

    >>> import rushlight as torch
    >>> torch.meshgrid(torch.arange(2), torch.arange(2), indexing="ij")[0]
    tensor([[0, 0],
            [1, 1]])
    """
    if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)):
        tensors = tuple(tensors[0])
    if indexing is None:
        from rushlight.ops.warn import warn_once

        warn_once(
            "torch.meshgrid: in an upcoming release, it will be required to pass the indexing "
            "argument."
        )
        indexing = "ij"
    if not tensors:
        raise RuntimeError("meshgrid expects a non-empty TensorList")
    for i, x in enumerate(tensors):
        if not isinstance(x, Tensor):
            raise TypeError(f"expected Tensor as element {i} in argument 0, but got {type_name(x)}")
        if x._array.ndim > 1:
            raise RuntimeError(
                "torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: "
                f"{x._array.ndim}"
            )
        if x._array.dtype is not tensors[0]._array.dtype:
            raise RuntimeError("meshgrid expects all tensors to have the same dtype")
    if indexing not in ("ij", "xy"):
        raise RuntimeError(
            f'torch.meshgrid: indexing must be one of "xy" or "ij", but received: {indexing}'
        )
    swap = indexing == "xy" and len(tensors) >= 2
    ordered = (tensors[1], tensors[0], *tensors[2:]) if swap else tensors
    shape = tuple(x._array.size for x in ordered)
    grids = [
        _expand(reshape(x, (1,) * i + (-1,) + (1,) * (len(shape) - i - 1)), shape=shape)
        for i, x in enumerate(ordered)
    ]
    return (grids[1], grids[0], *grids[2:]) if swap else tuple(grids)


def cartesian_prod(*tensors):
    """All combinations of elements, one of each vector, as rows.

    >>> import rushlight as torch
    >>> torch.cartesian_prod(torch.tensor([1, 2]), torch.tensor([3, 4])).shape
    torch.Size([4, 2])
    """
    for x in tensors:
        if x._array.ndim != 1:
            raise RuntimeError(f"Expect a 1D vector, but got shape {list(x._array.shape)}")
    if len(tensors) == 1:
        return tensors[0]
    return stack([flatten(grid) for grid in meshgrid(*tensors, indexing="ij")], 1)


def combinations(input, r=2, with_replacement=False):
    """All choices of `r` elements of a vector, as rows, in order.

    >>> import rushlight as torch
    >>> torch.combinations(torch.tensor([1, 2, 3]))
    tensor([[1, 2],
            [1, 3],
            [2, 3]])
    """
    if input._array.ndim != 1:
        raise RuntimeError(f"Expect a 1D vector, but got shape {list(input._array.shape)}")
    if r < 0:
        raise RuntimeError(f"Expect a non-negative number, but got {r}")
    if r == 0:
        return wrap(np.empty(0, input._array.dtype))
    from itertools import combinations as choices
    from itertools import combinations_with_replacement

    choose = combinations_with_replacement if with_replacement else choices
    positions = np.array(list(choose(range(input._array.size), r)), np.int64).reshape(-1, r)
    return stack([_index(input, index=(positions[:, i],)) for i in range(r)], 1)
