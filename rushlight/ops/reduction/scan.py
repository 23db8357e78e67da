"""Running totals along a dimension, and the products that their derivatives need."""

from __future__ import annotations

import numpy as np

from rushlight import dtypes
from rushlight.kernels import in_three
from rushlight.kernels import scans as loops
from rushlight.ops.creation.cast import dtype_argument
from rushlight.ops.elementwise.pairs import logaddexp
from rushlight.ops.elementwise.unary import exp
from rushlight.ops.op import in_dtype, opaque, reduction
from rushlight.ops.reduction.sums import _numbered, dims_argument, narrowed
from rushlight.ops.refused import no_such_form, refuse, require_tensors
from rushlight.ops.return_types import named
from rushlight.ops.shapes import normalize_dim, numpy_names, ordered
from rushlight.tensor import Tensor

__all__ = [
    "cummax",
    "cummin",
    "cumprod",
    "cumsum",
    "logcumsumexp",
    "prod",
]

# What scans are made of ---------------------------------------------------------------------------


def _dim_of(name, input, dim, axis):
    """The dimension along which a scan runs, which may be named `axis`."""
    require_tensors(name, input=input)
    dim = axis if dim is None else dim
    if dim is None:
        raise TypeError(f'{name}() missing 1 required positional arguments: "dim"')
    return normalize_dim(dim, input._array.ndim)


def _flipped(array, dim):
    return np.flip(array, dim) if array.ndim else array


def _scan(ufunc, input, dim, reverse, dtype=None):
    """The running totals of a ufunc, from the front or from the back."""
    if not input.ndim:
        return input.astype(dtype or input.dtype)
    if not reverse:
        return ufunc.accumulate(input, dim, dtype)
    if input.__class__ is not np.ndarray:
        return _flipped(ufunc.accumulate(_flipped(input, dim), dim, dtype), dim)
    out = np.empty(input.shape, dtype or input.dtype)  # in order in memory, not turned
    ufunc.accumulate(_flipped(input, dim), dim, dtype, _flipped(out, dim))
    return out


@opaque(
    takes_out=False,
    d_input=lambda g, dim, by: _shifted(g, dim=dim, by=-by, fill=0),
)
def _shifted(input, *, dim, by, fill):
    """The elements moved one place along `dim` (by 1 or -1); what is left free gets `fill`."""
    result = np.full(input.shape, fill, input.dtype)
    if input.ndim and input.shape[dim]:
        front = (slice(None),) * (dim % input.ndim)
        head, tail = (*front, slice(1, None)), (*front, slice(None, -1))
        result[head if by > 0 else tail] = input[tail if by > 0 else head]
    return result


def _recurrence_adjoint(g, factor, dim, reverse):
    by = 1 if reverse else -1
    return _recurrence(g, _shifted(factor, dim=dim, by=by, fill=0), dim=dim, reverse=not reverse)


@opaque(
    takes_out=False,
    d_input=lambda g, factor, dim, reverse: _recurrence_adjoint(g, factor, dim, reverse),
    d_factor=lambda g, factor, out, dim, reverse: (
        _recurrence_adjoint(g, factor, dim, reverse)
        * _shifted(out, dim=dim, by=-1 if reverse else 1, fill=0)
    ),
)
def _recurrence(input, factor, *, dim, reverse=False):
    """y[i] = input[i] + factor[i] * y[i - 1] along `dim` (from the back: y[i + 1])."""
    if not input.ndim:
        return input.copy()
    result = input.copy()
    rows = np.moveaxis(result, dim, 0)
    factors = np.moveaxis(factor, dim, 0)
    order = range(len(rows) - 2, -1, -1) if reverse else range(1, len(rows))
    step = 1 if reverse else -1
    for i in order:
        rows[i] += factors[i] * rows[i + step]
    return result


# Sums ---------------------------------------------------------------------------------------------


def _wide(dtype):
    """The dtype in which totals are kept: integers and bools become int64."""
    return np.int64 if dtype.kind in "biu" else dtype


@opaque(
    ordered=ordered,
    linear=True,
    d_input=lambda g, dim, reverse: _cumsum(g, dim=dim, reverse=not reverse),
)
def _cumsum(input, *, dim, reverse=False):
    """Running sums along `dim`."""
    if input.dtype == np.float16:
        return _scan(np.add, input, dim, reverse, np.float32).astype(np.float16)
    if input.ndim and input.dtype.char in "fd":
        is_last = dim in (-1, input.ndim - 1)
        loop = loops.sums_of_rows if is_last else loops.sums
        if loop.earned(input.size):
            return _sums_by_loop(loop, input, dim, reverse)
    return _scan(np.add, input, dim, reverse, _wide(input.dtype))


def _sums_by_loop(loop, input, dim, reverse):
    out = np.empty(input.shape, input.dtype)
    arrays = in_three(dim, input, out)
    if loop is loops.sums_of_rows:
        arrays = [x[..., 0] for x in arrays]
    loop.run(len(arrays[0]), *arrays, reverse)
    return out


def cumsum(input, dim=None, *, dtype=None, out=None, axis=None):
    """Running sums: element i is the sum of elements 0 to i along `dim`.

    >>> import rushlight as torch
    >>> torch.cumsum(torch.tensor([1, 2, 3]), dim=0)
    tensor([1, 3, 6])
    """
    if dtype is None and out is not None:
        dtype = out.dtype
    if dtype is not None:
        dtype = dtype_argument(dtype)
        input = in_dtype(input, dtype)
        refuse("b", "cumsum_out_cpu", input)
    if dtype is not None and dtype.category < 2:
        return narrowed(_cumsum(input, _dim_of("cumsum", input, dim, axis)), dtype, out)
    return _cumsum(input, _dim_of("cumsum", input, dim, axis), out=out)


def _logcumsumexp_slope(g, input, out, dim):
    """sum over k >= i of g[k] * exp(x[i] - out[k]), by a recurrence without overflow."""
    later = _shifted(out, dim=dim, by=-1, fill=float("inf"))
    return exp(input - out) * _recurrence(g, exp(out - later), dim=dim, reverse=True)


@opaque(ordered=ordered, d_input=lambda g, input, out, dim: _logcumsumexp_slope(g, input, out, dim))
def _logcumsumexp(input, *, dim):
    """log of the running sums of exp."""
    if input.dtype.kind in "biu":
        title = dtypes.of(input).title
        raise NotImplementedError(f"\"logcumsumexp_out_cpu\" not implemented for '{title}'")
    if not input.ndim:
        return input.copy()
    if input.dtype.kind == "c":
        result = input.copy()
        rows = np.moveaxis(result, dim, 0)
        for i in range(1, len(rows)):
            rows[i] = logaddexp.op.kernel(rows[i - 1], rows[i])
        return result
    return np.logaddexp.accumulate(input, dim)


def logcumsumexp(input, dim=None, *, out=None, axis=None):
    """log(cumsum(exp(x))) along `dim`, without overflow.

    >>> import rushlight as torch
    >>> torch.logcumsumexp(torch.tensor([1000.0, 1000.0]), dim=0)
    tensor([1000.0000, 1000.6932])
    """
    return _logcumsumexp(input, dim=_dim_of("logcumsumexp", input, dim, axis), out=out)


# Products -----------------------------------------------------------------------------------------


def _has_zeros(x):
    """Whether dividing by these elements is impossible (or can't be known beforehand)."""
    array = x._array if isinstance(x, Tensor) else x
    return not isinstance(array, np.ndarray) or not array.all()


def _cumprod_slope(g, input, out, dim):
    """sum over k >= i of g[k] * out[k] / x[i], without the division where there are zeros."""
    if not _has_zeros(input):
        return _cumsum(g * out, dim=dim, reverse=True) / input
    before = _cumprod(_shifted(input, dim=dim, by=1, fill=1), dim=dim)
    after = _shifted(input, dim=dim, by=-1, fill=0)
    return before * _recurrence(g, after, dim=dim, reverse=True)


@opaque(ordered=ordered, d_input=lambda g, input, out, dim: _cumprod_slope(g, input, out, dim))
def _cumprod(input, *, dim):
    """Running products along `dim`."""
    if input.dtype == np.float16:
        return _scan(np.multiply, input, dim, False, np.float32).astype(np.float16)
    return _scan(np.multiply, input, dim, False, _wide(input.dtype))


def cumprod(input, dim=None, *, dtype=None, out=None, axis=None):
    """Running products: element i is the product of elements 0 to i along `dim`.

    >>> import rushlight as torch
    >>> torch.cumprod(torch.tensor([1, 2, 3]), dim=0)
    tensor([1, 2, 6])
    """
    if dtype is None and out is not None:
        dtype = out.dtype
    if dtype is not None:
        dtype = dtype_argument(dtype)
        input = in_dtype(input, dtype)
        refuse("b", "cumprod_out_cpu", input)
    if dtype is not None and dtype.category < 2:
        return narrowed(_cumprod(input, dim=_dim_of("cumprod", input, dim, axis)), dtype, out)
    return _cumprod(input, dim=_dim_of("cumprod", input, dim, axis), out=out)


@opaque(
    linear=True,
    takes_out=False,
    d_input=lambda g, dim: _reversed(g, dim=dim),
)
def _reversed(input, *, dim):
    """The elements in the opposite order along `dim`."""
    return _flipped(input, dim)


def _product_of_others(input, dim):
    """For each element, the product of all others along `dim`."""
    before = _cumprod(_shifted(input, dim=dim, by=1, fill=1), dim=dim)
    turned = _reversed(_shifted(input, dim=dim, by=-1, fill=1), dim=dim)
    return before * _reversed(_cumprod(turned, dim=dim), dim=dim)


def _prod_slope(input, out, dim):
    """The derivative of a product in each factor."""
    if not _has_zeros(input):
        return out / input
    if dim is not None and dim != ():
        return _product_of_others(input, dim)
    return _product_of_others(input.reshape((-1,)), 0).reshape(input.shape)


@reduction(
    node=_numbered("Prod"),
    d_input=lambda g, input, out, dim: g * _prod_slope(input, out, dim),
)
def _prod(input, *, dim=None, keepdim=False):
    """Product of the elements, or along `dim`."""
    if input.dtype == np.float16:
        return np.multiply.reduce(input, dim, np.float32, None, keepdim).astype(np.float16)
    return np.multiply.reduce(input, dim, _wide(input.dtype), None, keepdim)


def prod(input, dim=None, keepdim=False, *, dtype=None, out=None, axis=None, keepdims=None):
    """Product of the elements, or along `dim`; of integers and bools, int64.

    >>> import rushlight as torch
    >>> torch.prod(torch.tensor([2, 3, 4]))
    tensor(24)
    """
    if axis is not None or keepdims is not None:
        dim, keepdim = numpy_names(dim, keepdim, axis, keepdims)
    if dtype is None and isinstance(out, Tensor):
        dtype = out.dtype
    if dtype is not None:
        dtype = dtype_argument(dtype)
        input = in_dtype(input, dtype)
    if isinstance(dim, (tuple, list)):
        raise no_such_form(
            "prod",
            (dim,),
            "*, torch.dtype dtype = None",
            "int dim, bool keepdim = False, *, torch.dtype dtype = None",
        )
    if dtype is not None and dtype.category < 2:
        return narrowed(_prod(input, dims_argument(dim, input), keepdim), dtype, out)
    return _prod(input, dims_argument(dim, input), keepdim, out=out)


# Extremes -----------------------------------------------------------------------------------------


def _running_positions(input, dim, replaces):
    """Where the running extreme is: the last position that `replaces` the one before."""
    rows = np.moveaxis(input, dim, 0)
    best, current = rows[0], np.zeros(rows.shape[1:], np.int64)
    indices = np.zeros(rows.shape, np.int64)
    for i in range(1, len(rows)):
        better = replaces(rows[i], best)
        best = np.where(better, rows[i], best)
        current = np.where(better, i, current)
        indices[i] = current
    return np.moveaxis(indices, 0, dim)


def _running_extreme(replaces):
    def kernel(input, *, dim):
        if not input.ndim or not input.size:
            return input.copy(), np.zeros(input.shape, np.int64)
        indices = np.ascontiguousarray(_running_positions(input, dim, replaces))
        return np.take_along_axis(input, indices, dim), indices

    return kernel


def _replaces_maximum(new, old):
    return (new >= old) | (new != new)


def _replaces_minimum(new, old):
    return (new <= old) | (new != new)


@opaque(
    linear=True,
    takes_out=False,
    node="GatherBackward0",
    d_input=lambda g, index, dim, input_shape: _add_along(g, index, dim=dim, size=input_shape[dim]),
)
def _gather_along(input, index, *, dim):
    """The elements at these positions along `dim`, which may repeat."""
    return np.take_along_axis(input, index, dim) if input.ndim else input.copy()


@opaque(
    linear=True,
    takes_out=False,
    node="ScatterAddBackward0",
    d_input=lambda g, index, dim: _gather_along(g, index, dim=dim),
)
def _add_along(input, index, *, dim, size):
    """Zeros, `size` of them along `dim`, with `input` added at these positions."""
    if not input.ndim:
        return input.copy()
    shape = list(index.shape)
    shape[dim] = size
    result = np.zeros(shape, input.dtype)
    grid = list(np.ogrid[tuple(slice(n) for n in index.shape)])
    grid[dim] = index
    np.add.at(result, tuple(grid), input)
    return result


def _spread_running(g, indices, dim, shape):
    """Each running extreme's gradient, at the place where it comes from."""
    return _add_along(g, indices, dim=dim, size=shape[dim] if shape else 1)


@opaque(
    outputs=("values", "indices"),
    ufunc=_running_extreme(_replaces_maximum),
    d_input=lambda g_values, indices, dim, input_shape: _spread_running(
        g_values, indices, dim, input_shape
    ),
)
def _cummax(input, *, dim):
    """Running maxima along `dim`, and where they are last."""


@opaque(
    outputs=("values", "indices"),
    ufunc=_running_extreme(_replaces_minimum),
    d_input=lambda g_values, indices, dim, input_shape: _spread_running(
        g_values, indices, dim, input_shape
    ),
)
def _cummin(input, *, dim):
    """Running minima along `dim`, and where they are last."""


def _check_ordered(name, input):
    if isinstance(input, Tensor) and input._array.dtype.kind == "c":
        title = input.dtype.title
        raise NotImplementedError(f"\"{name}_cpu\" not implemented for '{title}'")


def cummax(input, dim=None, *, out=None, axis=None):
    """Running maxima along `dim`, and the (last) index of each.

    >>> import rushlight as torch
    >>> torch.cummax(torch.tensor([1, 3, 2]), dim=0)
    torch.return_types.cummax(
    values=tensor([1, 3, 3]),
    indices=tensor([0, 1, 1]))
    """
    _check_ordered("cummax", input)
    results = _cummax(input, dim=_dim_of("cummax", input, dim, axis), out=out)
    return named("cummax", "values", "indices")(results)


def cummin(input, dim=None, *, out=None, axis=None):
    """Running minima along `dim`, and the (last) index of each."""
    _check_ordered("cummin", input)
    results = _cummin(input, dim=_dim_of("cummin", input, dim, axis), out=out)
    return named("cummin", "values", "indices")(results)
