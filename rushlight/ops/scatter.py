"""Reading and writing at positions: `gather`, `scatter`, `index_select`, `masked_fill`, `take`, ...

Where several values meet in one place, they are added, multiplied or compared as the operation
says; a plain `scatter` keeps one of them.
"""

from __future__ import annotations

import numpy as np

from rushlight.ops.op import opaque
from rushlight.ops.shapes import normalize_dim
from rushlight.tensor import Tensor, type_name

__all__ = ["gather"]

# Along a dimension --------------------------------------------------------------------------------


def along(index, dim, shape=None):
    """The tuple that picks `index` along `dim`, and the same place in the other dimensions."""
    if index.ndim == 1:
        return (index,)
    ndim = index.ndim
    places = []
    for d, size in enumerate(index.shape):
        if d == dim:
            places.append(index)
        else:
            places.append(np.arange(size).reshape((1,) * d + (size,) + (1,) * (ndim - d - 1)))
    return tuple(places)


@opaque(
    linear=True,
    d_input=lambda g, input_shape, index, dim: _gather_put(g, index, shape=input_shape, dim=dim),
)
def _gather(input, index, *, dim):
    """The elements at `index` along a dimension."""
    if index.ndim == 0:
        return input.reshape(-1)[index]
    if input.ndim == 0:
        return input.reshape(1)[index]
    return input[along(index, dim)]


@opaque(
    linear=True,
    node="GatherBackward0",
    takes_out=False,
    d_input=lambda g, index, dim: _gather(g, index, dim=dim),
)
def _gather_put(input, index, *, shape, dim):
    """Zeros of this shape, to which `input` is added at `index` along a dimension."""
    result = np.zeros(shape, input.dtype)
    if index.size == 0:
        return result
    if index.ndim == 0 or not shape:
        np.add.at(result.reshape(-1), index.reshape(-1), input.reshape(-1))
        return result
    places = along(index, dim)
    if index.shape[dim] == 1:
        result[places] = input
    else:
        np.add.at(result, places, input)
    return result


def check_index(name, index):
    """Refuse an index that is no int64 tensor."""
    if not isinstance(index, Tensor):
        raise TypeError(
            f"{name}(): argument 'index' (position 3) must be Tensor, not {type_name(index)}"
        )
    if index._array.dtype not in (np.int64, np.int32):
        raise RuntimeError(f"{name}(): Expected dtype int32/int64 for index")


def check_range(name, index, dim, size):
    """Refuse positions outside a dimension."""
    if index.size and (index.min() < 0 or index.max() >= size):
        bad = index[(index < 0) | (index >= size)].flat[0]
        raise RuntimeError(f"index {bad} is out of bounds for dimension {dim} with size {size}")


def gather(input, dim, index, *, sparse_grad=False, out=None):
    """`out[i][j] = input[index[i][j]][j]` for dim 0: the elements at `index` along `dim`.

    >>> import rushlight as torch
    >>> torch.gather(torch.tensor([[1, 2], [3, 4]]), 1, torch.tensor([[0], [1]]))
    tensor([[1],
            [4]])
    """
    check_index("gather", index)
    shape, own = index._array.shape, input._array.shape
    dim = normalize_dim(dim, len(own))
    if max(len(shape), 1) != max(len(own), 1) and index._array.size:
        raise RuntimeError(
            "Index tensor must have the same number of dimensions as input tensor"
        )
    for d, (a, b) in enumerate(zip(shape, own, strict=False)):
        if d != dim and a > b:
            raise RuntimeError(
                f"Size does not match at dimension {d} expected index {list(shape)} to be no "
                f"larger than self {list(own)} apart from dimension {dim}"
            )
    check_range("gather", index._array, dim, own[dim] if own else 1)
    if index._array.size == 0:
        from rushlight.tensor import wrap

        return wrap(np.empty(shape, input._array.dtype))
    return _gather(input, index, dim=dim, out=out)
