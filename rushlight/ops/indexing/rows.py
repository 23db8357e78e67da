"""The same positions of a dimension everywhere: `index_select`, `index_add`, `index_copy`, ..."""

from __future__ import annotations

import numpy as np

from rushlight import dtypes
from rushlight.autograd.tape import modes
from rushlight.ops.creation.copies import _total
from rushlight.ops.deprecated import deprecated, warn_of_expanded
from rushlight.ops.indexing.brackets import add_at
from rushlight.ops.indexing.gather import _at_least_1d, check_range
from rushlight.ops.indexing.scatter import _scatter_reduce
from rushlight.ops.inplace import has_shared_places, in_place
from rushlight.ops.limits import check_fits_dtype
from rushlight.ops.op import number_as_array, opaque
from rushlight.ops.refused import refuse
from rushlight.ops.shapes import elements_of, normalize_dim, ordered
from rushlight.tensor import Tensor, wrap

__all__ = [
    "index_add",
    "index_copy",
    "index_fill",
    "index_reduce",
    "index_select",
]


def _rows(dim, index):
    return (slice(None),) * dim + (index,)


@opaque(
    linear=True,
    d_input=lambda g, index, input_shape, dim: _index_add_zeros(
        g, index, shape=input_shape, dim=dim
    ),
)
def _index_select(input, index, *, dim):
    """The positions `index` (a vector) of a dimension."""
    return input.take(index, axis=dim) if input.ndim else input.reshape(1).take(index)


@opaque(
    linear=True,
    node="IndexAddBackward0",
    takes_out=False,
    d_input=lambda g, index, dim: _index_select(g, index, dim=dim),
)
def _index_add_zeros(input, index, *, shape, dim):
    """Zeros of this shape, to which `input` is added at `index`."""
    result = np.zeros(shape, input.dtype)
    _add_rows(result, index, input, dim)
    return result


def _add_rows(target, index, values, dim):
    if target.ndim == 0:
        target += values.sum().astype(target.dtype)
    elif dim == 0:
        add_at(target, (index,), values)
    else:
        add_at(target.swapaxes(0, dim), (index,), values.swapaxes(0, dim))


@opaque(
    ordered=ordered,
    linear=True,
    d_input=lambda g: g,
    d_source=lambda g, index, source_shape, dim, alpha: (
        _index_select(g, index, dim=dim) * alpha
    ).reshape(source_shape),
)
def _index_add(input, index, source, *, dim, alpha):
    """What `input` is after `alpha * source` was added at `index`."""
    result = np.array(input)
    index, source = _at_least_1d(index, source)
    scaled = source if alpha == 1 else source * number_as_array(alpha, dtypes.of(source))
    _add_rows(result, index, scaled, dim)
    return result


@opaque(
    ordered=ordered,
    linear=True,
    d_input=lambda g, index, dim: _index_fill(g, index, dim=dim, value=0),
    d_source=lambda g, index, source_shape, dim: _index_select(g, index, dim=dim).reshape(
        source_shape
    ),
)
def _index_copy(input, index, source, *, dim):
    """What `input` is after `source` was written at `index`."""
    result = np.array(input)
    target, index, source = _at_least_1d(result, index, source)
    target[_rows(dim, index)] = source
    return result


@opaque(
    takes_out=False,
    d_input=lambda g, index, dim: _index_fill(g, index, dim=dim, value=0),
)
def _index_fill(input, index, *, dim, value):
    """What `input` is after a number was written at `index`."""
    result = np.array(input)
    target, index = _at_least_1d(result, index)
    target[_rows(dim, index)] = value
    return result


@opaque(
    linear=True,
    takes_out=False,
    node="IndexFillBackward1",
    d_input=lambda g, index, dim: _index_fill(g, index, dim=dim, value=0),
    d_value=lambda g, index, dim: _total(g - _index_fill(g, index, dim=dim, value=0)),
)
def _index_fill_with(input, index, value, *, dim):
    """What `input` is after a 0-d tensor was written at `index`."""
    return _index_fill.op.kernel(input, index, dim=dim, value=value)


def check_vector(name, index, kinds=("int64", "int32")):
    """Refuse an index that is no vector of positions."""
    if index._array.ndim > 1:
        raise IndexError(f"{name}(): Index is supposed to be a vector")
    if index._array.dtype.name not in kinds:
        raise RuntimeError(f"{name}(): Expected dtype int32 or int64 for index")


def index_select(input, dim, index, *, out=None):
    """The positions `index` (a vector) of a dimension, copied.

    >>> import rushlight as torch
    >>> torch.index_select(torch.tensor([[1, 2], [3, 4]]), 1, torch.tensor([1, 1]))
    tensor([[2, 2],
            [4, 4]])
    """
    check_vector("index_select", index)
    own = input._array.shape
    dim = normalize_dim(dim, len(own))
    array = elements_of(index._array)
    if array.size and (array.min() < 0 or array.max() >= (own[dim] if own else 1)):
        if dim == 1:
            bad = array[(array < 0) | (array >= own[1])].flat[0]
            raise RuntimeError(f"INDICES element is out of DATA bounds, id={bad} axis_dim={own[1]}")
        raise IndexError("index out of range in self")
    if not own and array.size > 1:
        raise RuntimeError(
            f"index_select(): Index to scalar can have only 1 value, got {array.size} value(s)"
        )
    if array.ndim == 0 and own:
        index = index.reshape(1)
    if not own:
        index = index.reshape(())
    return _index_select(input, index, dim=dim, out=out)


def checked_source(name, input, dim, index, source, error=RuntimeError):
    """`dim` from the front, after making sure that `source` can go to `index`."""
    own, given = input._array.shape, source._array.shape
    dim = normalize_dim(dim, len(own))
    count = index._array.size
    if index._array.ndim > 1:
        raise IndexError(_no_vector(name, index))
    if given and dim >= len(given):
        raise RuntimeError(
            f"{name}(): Indexing dim {dim} is out of bounds of the source tensor with dim "
            f"{len(given)}"
        )
    rows = given[dim] if given else 1
    if count != rows:
        if error is IndexError:
            raise IndexError(
                f"{name}(): Number of indices ({count}) should be equal to source.size(dim) "
                f"({rows})"
            )
        raise RuntimeError(
            f"{name}(): Number of indices ({count}) should be equal to source.size(dim): ({rows}), "
            f"for dim: {dim}"
        )
    if given[:dim] + given[dim + 1 :] != own[:dim] + own[dim + 1 :]:
        if error is IndexError:
            there, here = own[:dim] + own[dim + 1 :], given[:dim] + given[dim + 1 :]
            raise RuntimeError(
                f"{name}(): Source/destination tensor must have same slice shapes. Destination "
                f"slice shape: {' '.join(map(str, there))} at dimension {dim} and source slice "
                f"shape: {' '.join(map(str, here))} at dimension 0."
            )
        raise RuntimeError(_other_rows(own, given))
    return dim


def _no_vector(name, index):
    if name == "index_copy_":
        return f"{name}(): Index should have dimension 1 or 0 (got {index._array.ndim})"
    return (
        f"{name}(): Index is supposed to be a vector, but got dim: {index._array.ndim} with type: "
        f"{index.dtype.title} and size: {list(index._array.shape)}"
    )


def _other_rows(own, given):
    return (
        "source tensor shape must match self tensor shape, excluding the specified dimension. "
        f"Got self.shape = {list(own)} source.shape = {list(given)}"
    )


def index_add(input, dim, index, source, *, alpha=1, out=None):
    """A copy of `input` with `alpha * source` added at the positions `index` of a dimension.

    >>> import rushlight as torch
    >>> torch.index_add(torch.zeros(2), 0, torch.tensor([0, 0]), torch.ones(2))
    tensor([2., 0.])
    """
    if index._array.dtype.name not in ("int64", "int32"):
        raise RuntimeError(
            f"index_add_(): Expected dtype int32/int64 for index but got: {index.dtype.title}"
        )
    if source._array.dtype is not input._array.dtype:
        raise RuntimeError(
            f"index_add_(): self ({input.dtype.title}) and source ({source.dtype.title}) must have "
            "the same scalar type"
        )
    _check_number(input, source)
    dim = checked_source("index_add_", input, dim, index, source)
    if input._array.ndim > 1:
        check_range(index._array, dim, input._array.shape[dim])
    else:
        _check_places(index._array, input._array.size)
    return _index_add(input, index, source, dim=dim, alpha=alpha, out=out)


def _check_number(input, source):
    """Refuse rows for a tensor that has none."""
    if not input._array.ndim and source._array.ndim:
        raise RuntimeError(_other_rows(input._array.shape, source._array.shape))


def _check_places(index, size):
    """Refuse positions outside a vector, in the words for vectors."""
    try:
        check_range(index, 0, size)
    except RuntimeError:
        raise IndexError("index out of range in self") from None


def index_copy(input, dim, index, source, *, out=None):
    """A copy of `input` with `source` written at the positions `index` of a dimension.

    >>> import rushlight as torch
    >>> torch.index_copy(torch.zeros(2), 0, torch.tensor([1]), torch.ones(1))
    tensor([0., 1.])
    """
    if source._array.ndim == 0 and index._array.size != 1:
        raise IndexError(
            "index_copy_(): When source is scalar, index should have one element (got "
            f"{index._array.size})"
        )
    if index._array.dtype != np.int64:
        raise RuntimeError(
            f"index_copy_(): Expected a long tensor for index, but got {index.dtype.title}"
        )
    if source._array.dtype is not input._array.dtype:
        raise RuntimeError(
            "index_copy_(): self and source expected to have the same dtype, but got (self) "
            f"{input.dtype.title} and (source) {source.dtype.title}"
        )
    if (
        source._array.ndim
        and input._array.ndim
        and source._array.ndim != input._array.ndim
        and index._array.ndim < 2
    ):
        raise IndexError(
            "index_copy_(): When source and destination are not scalars, their dimensionality must "
            f"match. Source dimensionality ({source._array.ndim}), destination dimensionality "
            f"({input._array.ndim})"
        )
    dim = checked_source("index_copy_", input, dim, index, source, IndexError)
    array = elements_of(index._array)
    size = input._array.shape[dim] if input._array.ndim else 1
    if array.size and (array.min() < 0 or array.max() >= size):
        bad = array[(array < 0) | (array >= size)].flat[0]
        raise IndexError(
            f"index_copy_(): index {bad} is out of bounds for dimension {dim} with size {size}"
        )
    return _index_copy(input, index, source, dim=dim, out=out)


def index_fill(input, dim, index, value):
    """A copy of `input` with a number written at the positions `index` of a dimension.

    >>> import rushlight as torch
    >>> torch.index_fill(torch.zeros(3), 0, torch.tensor([0, 2]), 1)
    tensor([1., 0., 1.])
    """
    if isinstance(value, Tensor) and value._array.ndim:
        raise RuntimeError(
            "index_fill_ only supports a 0-dimensional value tensor, but got tensor with "
            f"{value._array.ndim} dimension(s)."
        )
    if index._array.dtype != np.int64:
        raise IndexError("index_fill_(): Expected dtype int64 for index.")
    if index._array.ndim > 1:
        raise RuntimeError("Index has to be a vector/scalar")
    dim = normalize_dim(dim, input._array.ndim)
    array = elements_of(index._array)
    size = input._array.shape[dim] if input._array.ndim else 1
    if array.size and (array.min() < -size or array.max() >= size):
        bad = array[(array < -size) | (array >= size)].flat[0]
        raise IndexError(f"index {bad} is out of bounds for dimension {dim} with size {size}")
    if isinstance(value, Tensor):
        number = value.item() if isinstance(value._array, np.ndarray) else 0
    else:
        number = value
    if isinstance(number, complex) and not input.is_complex():
        raise RuntimeError(
            "index_fill_(): Converting complex Scalar to non-complex type is not supported"
        )
    check_fits_dtype(number, input.dtype)
    if isinstance(value, Tensor):
        return _index_fill_with(input, index, value.to(input.dtype), dim=dim)
    return _index_fill(input, index, dim=dim, value=value)


def index_fill_(input, dim, index, value):
    """`index_fill` in place."""
    if not has_shared_places(input._array) or (input._requires_grad and modes.grad_enabled):
        return in_place(index_fill, input, dim, index, value)
    warn_of_expanded("index_fill_", "tensor[mask] = scalar")
    filled = index_fill(input, dim, index, value)
    chosen = [slice(None)] * input._array.ndim
    chosen[dim] = index._array
    input._array[tuple(chosen)] = filled._array[tuple(chosen)]
    input._counter[0] += 1
    return input


def index_reduce(input, dim, index, source, reduce, *, include_self=True, out=None):
    """A copy of `input` into which `source` is reduced at the positions `index` of a dimension.

    `reduce` is "prod", "mean", "amax" or "amin".

    >>> import rushlight as torch
    >>> torch.index_reduce(torch.ones(2), 0, torch.tensor([1, 1]), torch.tensor([2.0, 3.0]), "amax")
    tensor([1., 3.])
    """
    if reduce not in ("prod", "mean", "amax", "amin"):
        raise RuntimeError(
            "index_reduce(): Expected reduce to be one of prod, mean, amax or amin but got "
            f"{reduce}."
        )
    if index._array.dtype.name not in ("int64", "int32"):
        raise RuntimeError(
            f"index_reduce_(): Expected dtype int32/int64 for index but got: {index.dtype.title}"
        )
    if source.dtype is not input.dtype:
        raise RuntimeError(
            f"index_reduce_(): self ({input.dtype.title}) and source ({source.dtype.title}) must "
            "have the same scalar type"
        )
    _check_number(input, source)
    dim = checked_source("index_reduce_", input, dim, index, source)
    refuse("bc", "index_func_" if include_self else "index_reduce_func_exclude_input_init", input)
    deprecated("index_reduce")
    check_range(index._array, dim, input._array.shape[dim] if input._array.ndim else 1)
    shape = source._array.shape
    positions = index._array.reshape((-1, *(1,) * (len(shape) - dim - 1)) if shape else ())
    everywhere = wrap(np.broadcast_to(positions, shape).copy())
    return _scatter_reduce(
        input,
        everywhere,
        source,
        dim=dim,
        reduce=reduce,
        include_self=include_self,
        name="Index",
        out=out,
    )
