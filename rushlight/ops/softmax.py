"""Softmax and its relatives: exponentials divided by their sum."""

from __future__ import annotations

import numpy as np

from rushlight import dtypes
from rushlight.kernels import in_order
from rushlight.kernels import rows as loops
from rushlight.ops.elementwise import abs, exp, where
from rushlight.ops.op import in_dtype, opaque, reduction
from rushlight.ops.reduce import _sum, dims_argument, float32, float64, floating
from rushlight.ops.shapes import normalize_dim, numpy_names

__all__ = [
    "log_softmax",
    "logsumexp",
    "softmax",
]

# Exponentials -------------------------------------------------------------------------------------


@reduction(
    node="LogsumexpBackward0",
    d_input=lambda g, input, out: g * exp(input - where(abs(out) == float("inf"), 0.0, out)),
)
def _logsumexp(input, *, dim=None, keepdim=False):
    """log(sum(exp(x)))."""
    dtype = input.dtype
    if dtype == np.float16:
        input = input.astype(np.float32)
    shift = np.maximum.reduce(input.real, dim, None, None, True, initial=-np.inf)
    shift = np.where(np.isfinite(shift), shift, 0)
    total = np.log(np.add.reduce(np.exp(input - shift), dim, None, None, keepdim))
    return np.asarray(total + shift.reshape(total.shape)).astype(dtype, copy=False)


def logsumexp(input, dim=None, keepdim=False, *, out=None, axis=None, keepdims=None):
    """log(sum(exp(x))) over the dimensions `dim`, without overflow.

    >>> import rushlight as torch
    >>> torch.logsumexp(torch.tensor([1000.0, 1000.0]), 0)
    tensor(1000.6932)
    """
    dim, keepdim = numpy_names(dim, keepdim, axis, keepdims)
    input = floating(input)
    return _logsumexp(input, dims_argument(dim, input), keepdim, out=out)


def _check_softmax(name):
    def check(input, *, dim):
        dim = normalize_dim(dim, input.ndim)
        if input.dtype.kind in "biuc":
            last = "_lastdim_kernel_impl" if dim >= input.ndim - 1 else "_kernel_impl"
            title = dtypes.of(input).title
            raise NotImplementedError(f"\"{name}{last}\" not implemented for '{title}'")

    return check


_check_plain, _check_log = _check_softmax("softmax"), _check_softmax("log_softmax")


def _rows(loop, dim, *arrays):
    """Matrices of the rows along `dim`, if it is the last one and the loop has earned its use."""
    first = arrays[0]
    if type(first) is not np.ndarray or dim not in (-1, first.ndim - 1):
        return None
    if first.dtype.char not in "fd" or not loop.earned(first.size):
        return None
    return in_order(*(each.reshape(-1, first.shape[-1]) for each in arrays))


def _by_rows(loop, x):
    """What a loop makes of a matrix of rows and the greatest element of each."""
    out = np.empty_like(x)
    loop.run(len(x), x, np.maximum.reduce(x, 1), out)
    return out


def _softmax_input(g, out, dim):
    rows = _rows(loops.softmax_input, dim, out, g)
    if rows is None:
        return out * (g - _sum(g * out, dim=dim, keepdim=True))
    result = np.empty_like(rows[0])
    loops.softmax_input.run(len(result), rows[1], rows[0], result)
    return result.reshape(out.shape)


def _log_softmax_input(g, out, dim):
    rows = _rows(loops.log_softmax_input, dim, out, g)
    if rows is None:
        return g - exp(out) * _sum(g, dim=dim, keepdim=True)
    result = np.empty_like(rows[0])
    loops.log_softmax_input.run(len(result), rows[1], rows[0], result)
    return result.reshape(out.shape)


@opaque(check=_check_plain, d_input=_softmax_input)
def _softmax(input, *, dim):
    """exp(x) / sum(exp(x)) along `dim`."""
    dtype = input.dtype
    if dtype is not float32 and dtype is not float64:
        _check_plain(input, dim=dim)
        input = input.astype(np.promote_types(dtype, float32))
    if not input.size or not input.ndim:
        return np.ones(input.shape, dtype)
    rows = _rows(loops.softmax, dim, input)
    if rows is not None:
        return _by_rows(loops.softmax, rows[0]).reshape(input.shape).astype(dtype, copy=False)
    result = np.subtract(input, np.maximum.reduce(input, dim, None, None, True))
    np.exp(result, result)
    total = np.add.reduce(result, dim, None, None, True)
    result *= np.reciprocal(total, total)
    return result if result.dtype is dtype else result.astype(dtype)


def _dim_of(name, dim, axis):
    """The dimension, which may be named `axis`."""
    dim = axis if dim is None else dim
    if dim is None:
        raise TypeError(
            f"{name}() received an invalid combination of arguments - got (Tensor), but expected "
            "one of:\n * (Tensor input, int dim, torch.dtype dtype = None, *, Tensor out = None)\n"
        )
    return dim


def softmax(input, dim=None, dtype=None, *, out=None, axis=None):
    """exp(x) / sum(exp(x)) along `dim`: positive numbers of sum 1.

    >>> import rushlight as torch
    >>> torch.softmax(torch.tensor([0.0, 0.0]), dim=0)
    tensor([0.5000, 0.5000])
    """
    dim = _dim_of("softmax", dim, axis)
    return _softmax(input if dtype is None else in_dtype(input, dtype), dim, out=out)


@opaque(check=_check_log, d_input=_log_softmax_input)
def _log_softmax(input, *, dim):
    """x - log(sum(exp(x))) along `dim`."""
    dtype = input.dtype
    if dtype is not float32 and dtype is not float64:
        _check_log(input, dim=dim)
        input = input.astype(np.promote_types(dtype, float32))
    if not input.size or not input.ndim:
        return np.zeros(input.shape, dtype)
    rows = _rows(loops.log_softmax, dim, input)
    if rows is not None:
        return _by_rows(loops.log_softmax, rows[0]).reshape(input.shape).astype(dtype, copy=False)
    result = np.subtract(input, np.maximum.reduce(input, dim, None, None, True))
    result -= np.log(np.add.reduce(np.exp(result), dim, None, None, True))
    return result if result.dtype is dtype else result.astype(dtype)


def log_softmax(input, dim=None, dtype=None, *, out=None, axis=None):
    """log(softmax(x)) along `dim`, without overflow.

    >>> import rushlight as torch
    >>> torch.log_softmax(torch.tensor([0.0, 0.0]), dim=0)
    tensor([-0.6931, -0.6931])
    """
    dim = _dim_of("log_softmax", dim, axis)
    return _log_softmax(input if dtype is None else in_dtype(input, dtype), dim, out=out)
