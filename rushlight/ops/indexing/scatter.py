"""Writing at positions along a dimension: `scatter`, `scatter_add`, `scatter_reduce`.

Where several values meet in one place they are added, multiplied or compared, as the operation
says; a plain `scatter` keeps the last one.
"""

from __future__ import annotations

import numpy as np

from rushlight.ops.creation.copies import _zeroed
from rushlight.ops.deprecated import deprecated
from rushlight.ops.elementwise.unary import where
from rushlight.ops.indexing.gather import (
    _at_least_1d,
    _gather,
    _gather_into,
    add_along,
    along,
    check_index,
    check_range,
    corner,
)
from rushlight.ops.limits import check_fits_dtype
from rushlight.ops.op import number_as_array, opaque
from rushlight.ops.refused import refuse, refuse_derivative
from rushlight.ops.shapes import normalize_dim, ordered
from rushlight.tensor import Tensor, wrap

__all__ = ["scatter", "scatter_add", "scatter_reduce"]


@opaque(
    ordered=ordered,
    linear=True,
    node="ScatterBackward0",
    d_input=lambda g, index, dim: _scatter_value(g, index, dim=dim, value=0),
    d_src=lambda g, index, src_shape, dim: _gather_into(g, index, shape=src_shape, dim=dim),
)
def _scatter(input, index, src, *, dim):
    """What `input` is after `src` was written at `index` along a dimension."""
    result = np.array(input)
    target, places, values = _at_least_1d(result, index, src)
    target[along(places, dim)] = corner(values, places.shape)
    return result


@opaque(
    ordered=ordered,
    node="ScatterBackward1",
    d_input=lambda g, index, dim: _scatter_value(g, index, dim=dim, value=0),
)
def _scatter_value(input, index, *, dim, value):
    """What `input` is after a number was written at `index` along a dimension."""
    result = np.array(input)
    target, places = _at_least_1d(result, index)
    target[along(places, dim)] = value
    return result


@opaque(
    ordered=ordered,
    linear=True,
    node="ScatterAddBackward0",
    d_input=lambda g: g,
    d_src=lambda g, index, src_shape, dim: _gather_into(g, index, shape=src_shape, dim=dim),
)
def _scatter_add(input, index, src, *, dim):
    """What `input` is after `src` was added at `index` along a dimension."""
    result = np.array(input)
    add_along(*_at_least_1d(result, index, src), dim)
    return result


_SCATTERED = {"prod": np.multiply, "amax": np.maximum, "amin": np.minimum}
_NEUTRAL = {"sum": 0, "mean": 0, "prod": 1}


def _reduced(input, index, src, dim, reduce, include_self):
    """The kernel of `scatter_reduce`."""
    result = np.array(input)
    target, places, values = _at_least_1d(result, index, src)
    values = corner(values, places.shape)
    if not places.size:
        return result
    where_to = along(places, dim)
    if not include_self:
        target[where_to] = _start(reduce, input.dtype)
    if reduce in ("sum", "mean"):
        np.add.at(target, where_to, values)
    else:
        _SCATTERED[reduce].at(target, where_to, values)
    if reduce == "mean":
        _divide(target, _counts(target.shape, places, dim, include_self))
    return result


def _start(reduce, dtype):
    """What a reduction starts from."""
    if reduce in _NEUTRAL:
        return _NEUTRAL[reduce]
    if dtype.kind == "f":
        return -np.inf if reduce == "amax" else np.inf
    if dtype.kind == "b":
        return reduce == "amin"
    limits = np.iinfo(dtype)
    return limits.min if reduce == "amax" else limits.max


def _counts(shape, index, dim, include_self):
    """How many values meet in each place; 1 where none do."""
    counts = np.full(shape, int(include_self))
    np.add.at(counts, along(index, dim), 1)
    return np.maximum(counts, 1)


def _divide(target, counts):
    if target.dtype.kind in "iu":
        np.floor_divide(target, counts, out=target, casting="unsafe")
    else:
        np.divide(target, counts, out=target, casting="unsafe")


@opaque(takes_out=False)
def _meeting_counts(input, index, *, dim, include_self):
    """How many values meet in each place, in the dtype of `input`."""
    target, places = _at_least_1d(input, index)
    counts = _counts(target.shape, places, dim, include_self)
    return counts.reshape(input.shape).astype(input.dtype)


def _zero_at(g, index, dim, include_self):
    return g if include_self else _scatter_value(g, index, dim=dim, value=0)


def _reduce_d_input(g, input, index, src, out, dim, reduce, include_self, name):
    """The gradient of what `scatter_reduce` starts from."""
    if not name:
        refuse_derivative("scatter")
    if reduce == "sum":
        gradient = g
    elif reduce == "mean":
        gradient = g / _meeting_counts(g, index, dim=dim, include_self=include_self)
    elif reduce == "prod":
        ones = where(input == 0, _zeroed(input) + 1, input)
        others = _scatter_reduce(
            ones, index, src, dim=dim, reduce="prod", include_self=include_self, name="Scatter"
        )
        gradient = g * others / ones
    else:
        gradient = (input == out) * _shared(g, input, index, src, out, dim)
    return _zero_at(gradient, index, dim, include_self)


def _shared(g, input, index, src, out, dim):
    """The gradient, divided by the number of values that are the extreme one."""
    hits = src_part(src, index) == _gather(out, index, dim=dim)
    own = _indicator(input == out, g)
    return g / _scatter_add(own, index, _indicator(hits, g), dim=dim)


@opaque(takes_out=False)
def _indicator(input, like):
    """1 where `input` is true, else 0, in the dtype of `like`."""
    return input.astype(like.dtype)


def src_part(src, index):
    """The values that are scattered: the corner of `src` of the shape of `index`."""
    if tuple(src.shape) == tuple(index.shape):
        return src
    return src[tuple(map(slice, index.shape))]


def _reduce_d_src(g, input, index, src, out, src_shape, dim, reduce, include_self, name):
    """The gradient of what `scatter_reduce` scatters."""
    if not name:
        refuse_derivative("scatter")
    if reduce == "sum":
        return _gather_into(g, index, shape=src_shape, dim=dim)
    if reduce == "mean":
        counts = _meeting_counts(g, index, dim=dim, include_self=include_self)
        return _gather_into(g / counts, index, shape=src_shape, dim=dim)
    if reduce == "prod":
        return _prod_d_src(g, input, index, src, out, src_shape, dim, include_self)
    shared = _gather_into(_shared(g, input, index, src, out, dim), index, shape=src_shape, dim=dim)
    return (src == _gather_into(out, index, shape=src_shape, dim=dim)) * shared


def _prod_d_src(g, input, index, src, out, src_shape, dim, include_self):
    """The product of the others that met in the same place: `out / src`, with care for zeros."""
    counts = _scatter_add(_zeroed(input), index, _indicator(src == 0, src), dim=dim)
    zeros_met = _gather_into(counts, index, shape=src_shape, dim=dim)
    only_zero = (src == 0) & (zeros_met == 1)
    others = _scatter_reduce(
        input,
        index,
        where(only_zero, _zeroed(src) + 1, src),
        dim=dim,
        reduce="prod",
        include_self=include_self,
        name="Scatter",
    )
    usual = _gather_into(g * out, index, shape=src_shape, dim=dim) / where(
        src == 0, _zeroed(src) + 1, src
    )
    return where(only_zero, _gather_into(g * others, index, shape=src_shape, dim=dim), usual)


@opaque(
    ordered=ordered,
    node=lambda dim, reduce, include_self, name: f"{name}ReduceBackward0" if name else _NONE,
    d_input=_reduce_d_input,
    d_src=_reduce_d_src,
)
def _scatter_reduce(input, index, src, *, dim, reduce, include_self, name):
    """What `input` is after `src` was reduced into it at `index` along a dimension."""
    return _reduced(input, index, src, dim, reduce, include_self)


def checked_scatter(name, input, dim, index, src=None):
    """`dim` from the front, after making sure that `scatter` can be done."""
    if index._array.size == 0:
        return normalize_dim(dim, input._array.ndim)  # whatever its shape
    check_index(name, index)
    shape, own = index._array.shape, input._array.shape
    dim = normalize_dim(dim, len(own))
    if src is not None and src._array.dtype is not input._array.dtype:
        raise RuntimeError(f"{name}(): Expected self.dtype to be equal to src.dtype")
    if max(len(shape), 1) != max(len(own), 1):
        raise RuntimeError("Index tensor must have the same number of dimensions as self tensor")
    if src is not None and max(len(shape), 1) != max(src._array.ndim, 1):
        raise RuntimeError("Index tensor must have the same number of dimensions as src tensor")
    fits = all(a <= b for d, (a, b) in enumerate(zip(shape, own, strict=False)) if d != dim)
    fits_src = src is None or all(a <= b for a, b in zip(shape, src._array.shape, strict=False))
    if not (fits and fits_src):
        limit = (
            "" if src is None else (f" and to be no larger size than src {list(src._array.shape)}")
        )
        raise RuntimeError(
            f"Expected index {list(shape)} to be no larger than self {list(own)} apart from "
            f"dimension {dim}{limit}"
        )
    check_range(index._array, dim, own[dim] if own else 1)
    return dim


def _nowhere(index, input):
    """The index; one without elements in as many dimensions as `input`."""
    if index._array.size:
        return index
    return wrap(np.empty((0,) * max(input._array.ndim, 1), np.int64))


#: PyTorch's name of a Node that has no derivative
_NONE = "NotImplemented"
_REDUCE = {"add": "sum", "multiply": "prod"}


def scatter(input, dim, index, src=None, *, value=None, reduce=None, out=None):
    """A copy of `input` with `src` (a tensor or a number) written at `index` along `dim`.

    With `reduce="add"` or `"multiply"`, combined with what is there.

    >>> import rushlight as torch
    >>> torch.scatter(torch.zeros(3), 0, torch.tensor([2]), 1.0)
    tensor([0., 0., 1.])
    """
    src = value if src is None else src
    if reduce is not None and reduce not in _REDUCE:
        raise RuntimeError("reduce argument must be either add or multiply.")
    source = src if isinstance(src, Tensor) else None
    dim = checked_scatter("scatter", input, dim, index, source)
    index = _nowhere(index, input)
    if reduce is not None:
        if source is not None:
            deprecated("scatter")
        else:
            source = wrap(np.full(index._array.shape, number_as_array(src, input.dtype)))
        return _scatter_reduce(
            input,
            index,
            source,
            dim=dim,
            reduce=_REDUCE[reduce],
            include_self=True,
            name="",
            out=out,
        )
    if source is None:
        check_fits_dtype(src, input.dtype)
        return _scatter_value(input, index, dim=dim, value=src, out=out)
    return _scatter(input, index, source, dim=dim, out=out)


def scatter_add(input, dim, index, src, *, out=None):
    """A copy of `input` with `src` added at `index` along `dim`.

    >>> import rushlight as torch
    >>> torch.scatter_add(torch.zeros(2), 0, torch.tensor([1, 1]), torch.ones(2))
    tensor([0., 2.])
    """
    dim = checked_scatter("scatter", input, dim, index, src)
    index = _nowhere(index, input)
    return _scatter_add(input, index, src, dim=dim, out=out)


def scatter_reduce(input, dim, index, src, reduce, *, include_self=True, out=None):
    """A copy of `input` into which `src` is reduced at `index` along `dim`.

    `reduce` is "sum", "prod", "mean", "amax" or "amin". Unless `include_self`, what `input` has in
    those places is left out.

    >>> import rushlight as torch
    >>> torch.scatter_reduce(torch.ones(2), 0, torch.tensor([1, 1]), torch.tensor([2.0, 3.0]),
    ...                      "prod")
    tensor([1., 6.])
    """
    reduce = {"max": "amax", "min": "amin"}.get(reduce, reduce)  # shorter names that pass too
    if reduce not in ("sum", "prod", "mean", "amax", "amin"):
        raise RuntimeError(
            f"reduce argument must be either sum, prod, mean, amax or amin, got {reduce}"
        )
    dim = checked_scatter("scatter", input, dim, index, src)
    refuse(
        {"amax": "c", "amin": "c", "mean": "b"}.get(reduce, ""),
        f"scatter_gather_tensor_cpu_reduce_{reduce}",
        input,
    )
    index = _nowhere(index, input)
    return _scatter_reduce(
        input,
        index,
        src,
        dim=dim,
        reduce=reduce,
        include_self=include_self,
        name="Scatter",
        out=out,
    )
