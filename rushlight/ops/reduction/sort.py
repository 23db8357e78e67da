"""Order: `sort`, `topk`, `kthvalue`, `unique`, and search in sorted sequences."""

from __future__ import annotations

import numpy as np

from rushlight.autograd.tape import modes
from rushlight.kernels import in_order
from rushlight.kernels.order import best_of_rows, order_of_rows, packs
from rushlight.ops.indexing.gather import _gather, _gather_put
from rushlight.ops.op import opaque
from rushlight.ops.output import write_out
from rushlight.ops.refused import refuse
from rushlight.ops.return_types import named
from rushlight.ops.shapes import normalize_dim
from rushlight.tensor import Tensor, wrap

__all__ = [
    "argsort",
    "bucketize",
    "isin",
    "kthvalue",
    "msort",
    "searchsorted",
    "sort",
    "topk",
    "unique",
    "unique_consecutive",
]

# Sorting ------------------------------------------------------------------------------------------


def order_of(array, dim, descending):
    """The positions that sort an array along `dim`, stably; NaN is the largest."""
    rows = array.swapaxes(dim, -1)
    if packs(rows):
        return order_of_rows(rows, descending).swapaxes(dim, -1)
    if not descending:
        return array.argsort(dim, kind="stable")
    backwards = np.flip(array, dim).argsort(dim, kind="stable")
    return np.flip(array.shape[dim] - 1 - backwards, dim)


def _picked(input, indices, dim):
    return _gather.op.kernel(input, indices, dim=dim)


@opaque(
    outputs=("values", "indices"),
    node=lambda dim, descending, stable: f"SortBackward{int(stable is not None)}",
    d_input=lambda g_values, indices, input_shape, dim: _gather_put(
        g_values, indices, shape=input_shape, dim=dim
    ),
)
def _sort(input, *, dim, descending, stable):
    """The elements in order along a dimension, and where they were."""
    if input.ndim == 0:
        return input.copy(), np.zeros((), np.int64)
    indices = np.ascontiguousarray(order_of(input, dim, descending))
    return _picked(input, indices, dim), indices


def sort(input, dim=-1, descending=False, stable=None, *, out=None):
    """The elements in order along `dim`, and the positions they had: `(values, indices)`.

    Equal elements always keep their order; NaN counts as larger than all numbers.

    >>> import rushlight as torch
    >>> torch.sort(torch.tensor([3, 1, 2])).indices
    tensor([1, 2, 0])
    """
    dim = checked_dim(input, dim)
    result = _sort(input, dim=dim, descending=bool(descending), stable=stable, out=out)
    return named("sort", "values", "indices")(result)


def checked_dim(input, dim):
    """A dimension from the front, of a tensor whose elements have an order."""
    if input._array.dtype.kind == "c":
        raise RuntimeError(" Sort does not support complex dtypes on CPU")
    return normalize_dim(dim, input._array.ndim)


def argsort(input, dim=-1, descending=False, *, stable=False):
    """The positions that sort the elements along `dim`.

    >>> import rushlight as torch
    >>> torch.argsort(torch.tensor([3, 1, 2]))
    tensor([1, 2, 0])
    """
    dim = checked_dim(input, dim)
    if input._array.ndim == 0:
        return wrap(np.zeros((), np.int64))
    if modes.layers:
        return _sort(input, dim=dim, descending=descending, stable=stable)[1]
    return wrap(np.ascontiguousarray(order_of(input._array, dim, descending)))


def msort(input, *, out=None):
    """The elements in order along the first dimension.

    >>> import rushlight as torch
    >>> torch.msort(torch.tensor([3, 1, 2]))
    tensor([1, 2, 3])
    """
    values = sort(input, 0)[0]
    return values if out is None else write_out("msort", values, (input,), out)


@opaque(
    outputs=("values", "indices"),
    d_input=lambda g_values, indices, input_shape, dim: _gather_put(
        g_values, indices, shape=input_shape, dim=dim
    ),
)
def _topk(input, *, k, dim, largest):
    """The `k` largest (or smallest) elements along a dimension, and where they are."""
    if input.ndim == 0:
        return (
            (input.copy(), np.zeros((), np.int64))
            if k
            else (np.empty(0, input.dtype), np.empty(0, np.int64))
        )
    size = input.shape[dim]
    front = (slice(None),) * dim + (slice(k),)
    if k == 0 or size < 64 or 4 * k > size:
        indices = order_of(input, dim, largest)[front]
    else:
        indices = _best(input, dim, k, largest)
    indices = np.ascontiguousarray(indices)
    return _picked(input, indices, dim), indices


def _best(input, dim, k, largest):
    """The places of the `k` best elements, in order, without sorting the others."""
    rows = input.swapaxes(dim, -1)
    if k <= 64 and input.dtype.char in "fd" and best_of_rows.earned(input.size, weight=4):
        return _best_by_loop(rows, k, largest).swapaxes(dim, -1)
    if input.dtype.kind == "f" and (places := _places_of_best(rows, k, largest)) is not None:
        return places.swapaxes(dim, -1)
    size = input.shape[dim]
    cut = slice(size - k, None) if largest else slice(k)
    around = input.argpartition(size - k if largest else k - 1, dim)
    candidates = np.sort(around[(slice(None),) * dim + (cut,)], dim)
    order = order_of(np.take_along_axis(input, candidates, dim), dim, largest)
    return np.take_along_axis(candidates, order, dim)


def _best_by_loop(rows, k, largest):
    places = np.empty((*rows.shape[:-1], k), np.int64)
    (flat,) = in_order(rows.reshape(-1, rows.shape[-1]))
    bits = flat.view(f"i{flat.itemsize}")
    best_of_rows.run(len(flat), flat, bits, places.reshape(-1, k), largest)
    return places


def _places_of_best(rows, k, largest):
    """`_best` along the last dimension; None where the k-th best has equals among the others."""
    size = rows.shape[-1]
    kth = size - k if largest else k - 1
    last = np.partition(rows, kth, -1)[..., kth : kth + 1]
    others = rows < last if largest else rows > last
    if others.size - np.count_nonzero(others) != k * (others.size // size):
        return None
    chosen = np.flatnonzero(~others)
    places = (chosen % size).reshape(*rows.shape[:-1], k)
    values = rows.ravel()[chosen].reshape(places.shape)
    return np.take_along_axis(places, order_of(values, -1, largest), -1)


def topk(input, k, dim=-1, largest=True, sorted=True, *, out=None):
    """The `k` largest (or smallest) elements along `dim` and their positions, in order.

    >>> import rushlight as torch
    >>> torch.topk(torch.tensor([3, 1, 2]), 2).values
    tensor([3, 2])
    """
    dim = normalize_dim(dim, input._array.ndim)
    size = input._array.shape[dim] if input._array.ndim else 1
    k = k.__index__()
    if not 0 <= k <= size:
        raise RuntimeError("selected index k out of range")
    k = k if input._array.ndim else 1
    if input._array.dtype.kind == "b":
        raise RuntimeError("topk does not support bool dtypes on CPU")
    if input._array.dtype.kind == "c":
        raise RuntimeError(" topk does not support complex dtypes on CPU")
    result = _topk(input, k=k, dim=dim, largest=bool(largest), out=out)
    return named("topk", "values", "indices")(result)


@opaque(
    outputs=("values", "indices"),
    d_input=lambda g_values, indices, input_shape, dim, keepdim: _kth_put(
        g_values, indices, input_shape, dim, keepdim
    ),
)
def _kthvalue(input, *, k, dim, keepdim):
    """The `k`-th smallest element along a dimension, and where it is."""
    if input.ndim == 0:
        return input.copy(), np.zeros((), np.int64)
    front = (slice(None),) * dim
    indices = order_of(input, dim, False)[(*front, slice(k - 1, k))]
    values = _picked(input, indices, dim)
    if keepdim:
        return values, np.ascontiguousarray(indices)
    return values[(*front, 0)].copy(), indices[(*front, 0)].copy()


def _kth_put(g, indices, shape, dim, keepdim):
    if not keepdim and shape:
        kept = (*shape[:dim], 1, *shape[dim + 1 :])
        g, indices = g.reshape(kept), indices.reshape(kept)
    return _gather_put(g, indices, shape=shape, dim=dim)


def kthvalue(input, k, dim=-1, keepdim=False, *, out=None):
    """The `k`-th smallest element along `dim`, counted from 1, and its position.

    >>> import rushlight as torch
    >>> torch.kthvalue(torch.tensor([3, 1, 2]), 2).values
    tensor(2)
    """
    dim = normalize_dim(dim, input._array.ndim)
    size = input._array.shape[dim] if input._array.ndim else 1
    if input._array.dtype.kind in "bc":
        raise NotImplementedError(f"\"kthvalue_cpu\" not implemented for '{input.dtype.title}'")
    if not size:
        raise IndexError(f"kthvalue(): Expected reduction dim {dim} to have non-zero size.")
    if not 1 <= k <= size:
        raise RuntimeError(f"kthvalue(): selected number k out of range for dimension {dim}")
    result = _kthvalue(input, k=k, dim=dim, keepdim=bool(keepdim), out=out)
    return named("kthvalue" if out is None else "kthvalue_out", "values", "indices")(result)


# What is there, once each -------------------------------------------------------------------------


def unique(input, sorted=True, return_inverse=False, return_counts=False, dim=None):
    """The different elements in order; or, with `dim`, the different slices along it.

    With `return_inverse` also where in the result each element went, with `return_counts` how often
    each occurs.

    >>> import rushlight as torch
    >>> torch.unique(torch.tensor([3, 1, 3]), return_counts=True)
    (tensor([1, 3]), tensor([1, 2]))
    """
    _check_comparable(input)
    if dim is not None:
        dim = _unique_dim(input, dim)
    found, inverse, counts = np.unique(
        input._array, return_inverse=True, return_counts=True, axis=dim, equal_nan=False
    )
    shape = input._array.shape if dim is None else (inverse.size,)
    return _selected(found, inverse.reshape(shape), counts, return_inverse, return_counts)


def _check_comparable(input):
    if input._array.dtype.kind == "c":
        raise NotImplementedError(f"\"unique\" not implemented for '{input.dtype.title}'")


def _unique_dim(input, dim):
    """A dimension along which there are slices to compare."""
    shape = input._array.shape
    if not shape:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    dim = normalize_dim(dim, len(shape))
    if shape.count(0) > 1:
        raise RuntimeError(
            "Number of zero sized dimensions is more than one, so unique cannot be applied"
        )
    if 0 in shape and shape[dim] != 0:
        raise RuntimeError(
            "There are 0 sized dimensions, and they aren't selected, so unique cannot be applied"
        )
    return dim


def _selected(found, inverse, counts, return_inverse, return_counts):
    results = [wrap(found)]
    if return_inverse:
        results.append(wrap(np.asarray(inverse, np.int64)))
    if return_counts:
        results.append(wrap(np.asarray(counts, np.int64)))
    return results[0] if len(results) == 1 else tuple(results)


def unique_consecutive(input, return_inverse=False, return_counts=False, dim=None):
    """The elements (or the slices along `dim`) without those equal to the one before.

    >>> import rushlight as torch
    >>> torch.unique_consecutive(torch.tensor([1, 1, 2, 1]))
    tensor([1, 2, 1])
    """
    refuse("c", "unique", input)
    array = input._array
    if dim is None:
        rows, shape = array.reshape(-1), array.shape
    else:
        dim = normalize_dim(dim, array.ndim)
        rows, shape = np.moveaxis(array, dim, 0), (array.shape[dim],)
    new = rows[1:] != rows[:-1]
    if new.ndim > 1:
        new = new.any(axis=tuple(range(1, new.ndim)))
    new = np.r_[np.ones(min(len(rows), 1), bool), new]
    starts = np.flatnonzero(new)
    found = rows[starts] if dim is None else np.moveaxis(rows[starts], 0, dim)
    inverse = (np.cumsum(new) - 1).reshape(shape)
    counts = np.diff(np.r_[starts, len(rows)])
    return _selected(found, inverse, counts, return_inverse, return_counts)


def isin(elements, test_elements, *, assume_unique=False, invert=False, out=None):
    """Whether each element is among the test elements.

    >>> import rushlight as torch
    >>> torch.isin(torch.tensor([1, 2]), torch.tensor([2, 3]))
    tensor([False,  True])
    """
    tensors = [x for x in (elements, test_elements) if isinstance(x, Tensor)]
    if not tensors:
        raise TypeError("isin() needs a tensor")
    for x in tensors:
        if x._array.dtype.kind in "bc":
            raise RuntimeError(f"Unsupported input type encountered for isin(): {x.dtype.title}")
    one, two = (x._array if isinstance(x, Tensor) else x for x in (elements, test_elements))
    result = wrap(np.asarray(np.isin(one, two, assume_unique=assume_unique, invert=invert)))
    return result if out is None else write_out("isin", result, (), out)


# Search -------------------------------------------------------------------------------------------


def searchsorted(
    sorted_sequence, input, *, out_int32=False, right=False, side=None, sorter=None, out=None
):
    """Where the values would have to be put in the sorted last dimension to keep it sorted.

    Of equal elements, before the first, or after the last if `right` (or `side="right"`).

    >>> import rushlight as torch
    >>> torch.searchsorted(torch.tensor([1, 3, 5]), torch.tensor([3, 4]))
    tensor([1, 2])
    """
    side = _side("searchsorted", side, right)
    values = input if isinstance(input, Tensor) else wrap(np.asarray(input))
    _check_search(sorted_sequence, input, values, sorter)
    sequence = sorted_sequence._array
    if sorter is not None:
        sequence = np.take_along_axis(sequence, sorter._array, -1)
    found = _search(sequence, values._array, side)
    result = wrap(np.asarray(found, np.int32 if out_int32 else np.int64))
    return result if out is None else write_out("searchsorted", result, (), out)


def _side(name, side, right):
    if side not in (None, "left", "right"):
        raise RuntimeError(f"torch.{name}(): side can only be 'left' or 'right' but got {side}")
    if side == "left" and right:
        raise RuntimeError(
            f"torch.{name}(): side and right can't be set to opposites, got side of left while "
            "right was True"
        )
    return "right" if right or side == "right" else "left"


def _check_search(sequence, given, values, sorter):
    one, two = sequence._array.shape, values._array.shape
    if not isinstance(given, Tensor) and len(one) != 1:
        raise RuntimeError(
            "torch.searchsorted(): input value can be a scalar only when boundaries tensor "
            f"dimension is 1, but we got boundaries tensor dim({len(one)}) and input value's "
            "dim(0) numel(1)"
        )
    if not one:
        raise RuntimeError(
            "torch.searchsorted(): boundaries tensor should have positive dimension, but got 0 "
            "dimension"
        )
    if len(one) != 1 and (len(one) != len(two) or one[:-1] != two[:-1]):
        raise RuntimeError(
            "torch.searchsorted(): boundaries tensor should be 1 dimension or the first N-1 "
            "dimensions of boundaries tensor and input value tensor must match, but we got "
            f"boundaries tensor {list(one)} and input value tensor {list(two)}"
        )
    if sorter is not None and sorter._array.shape != one:
        raise RuntimeError(
            "torch.searchsorted(): boundary and sorter must have the same size, but got boundary "
            f"tensor {list(one)}and got sorter tensor {list(sorter._array.shape)}"
        )
    if sorter is not None and sorter._array.dtype != np.int64:
        raise RuntimeError(
            "torch.searchsorted(): sorter must be a tensor of long dtype but got dtype "
            f"{sorter.dtype.title}"
        )
    if sorter is not None and sorter._array.size:
        if sorter._array.min() < 0 or sorter._array.max() >= one[-1]:
            raise RuntimeError("torch.searchsorted(): sorter index out of range")


def _search(sequence, values, side):
    if sequence.ndim == 1:
        return np.searchsorted(sequence, values, side)
    found = np.empty(values.shape, np.int64)
    for place in np.ndindex(sequence.shape[:-1]):
        found[place] = np.searchsorted(sequence[place], values[place], side)
    return found


def bucketize(input, boundaries, *, out_int32=False, right=False, out=None):
    """The number of the interval between the sorted `boundaries` in which each value lies.

    >>> import rushlight as torch
    >>> torch.bucketize(torch.tensor([1, 4]), torch.tensor([2, 3]))
    tensor([0, 2])
    """
    if boundaries._array.ndim != 1:
        raise RuntimeError(
            f"boundaries tensor must be 1 dimension, but got dim({boundaries._array.ndim})"
        )
    if isinstance(input, Tensor):
        refuse("b", "searchsorted_out_cpu", input)
    return searchsorted(boundaries, input, out_int32=out_int32, right=right, out=out)
