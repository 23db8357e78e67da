"""Softmax and its relatives: exponentials divided by their sum."""

from __future__ import annotations

import numpy as np

from rushlight import dtypes
from rushlight.ops.elementwise.unary import abs, exp, where
from rushlight.ops.op import in_dtype, opaque, reduction
from rushlight.ops.output import write_out
from rushlight.ops.reduction.sums import _sum, dims_argument, float32, float64, floating
from rushlight.ops.refused import no_such_form
from rushlight.ops.shapes import normalize_dim, numpy_names, ordered

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


def _logsumexp_in_steps(input, dim, keepdim, out):
    from rushlight.ops import amax, exp, log, sum

    greatest = amax(input, dim, keepdim=True)
    total = log(sum(exp(input - greatest), dim, keepdim=True)) + greatest
    total = total if keepdim else sum(total, dim)
    return total if out is None else write_out("logsumexp", total, (input,), out)


def logsumexp(input, dim=None, keepdim=False, *, out=None, axis=None, keepdims=None):
    """log(sum(exp(x))) over the dimensions `dim`, without overflow.

    >>> import rushlight as torch
    >>> torch.logsumexp(torch.tensor([1000.0, 1000.0]), 0)
    tensor(1000.6932)
    """
    dim, keepdim = numpy_names(dim, keepdim, axis, keepdims)
    input = floating(input)
    if input._array.dtype.kind == "V" and input._array.size:  # in PyTorch each step is rounded
        return _logsumexp_in_steps(input, dims_argument(dim, input), keepdim, out)
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


@opaque(
    ordered=ordered,
    check=_check_plain,
    d_input=lambda g, out, dim: out * (g - _sum(g * out, dim=dim, keepdim=True)),
    fuse=True,
)
def _softmax(input, *, dim):
    """exp(x) / sum(exp(x)) along `dim`."""
    dtype = input.dtype
    if dtype is not float32 and dtype is not float64:
        _check_plain(input, dim=dim)
        input = input.astype(np.promote_types(dtype, float32))
    if not input.size or not input.ndim:
        return np.ones(input.shape, dtype)
    result = np.subtract(input, np.maximum.reduce(input, dim, None, None, True))
    np.exp(result, result)
    total = np.add.reduce(result, dim, None, None, True)
    result *= np.reciprocal(total, total)
    return result if result.dtype is dtype else result.astype(dtype)


def _dim_of(name, dim, axis):
    """The dimension, which may be named `axis`."""
    dim = axis if dim is None else dim
    if dim is None:
        form = "Tensor input, int dim, torch.dtype dtype = None, *, Tensor out = None"
        raise no_such_form(name, (input,), form)
    return dim


def softmax(input, dim=None, dtype=None, *, out=None, axis=None):
    """exp(x) / sum(exp(x)) along `dim`: positive numbers of sum 1.

    >>> import rushlight as torch
    >>> torch.softmax(torch.tensor([0.0, 0.0]), dim=0)
    tensor([0.5000, 0.5000])
    """
    dim = _dim_of("softmax", dim, axis)
    return _softmax(input if dtype is None else in_dtype(input, dtype), dim, out=out)


@opaque(
    ordered=ordered,
    check=_check_log,
    d_input=lambda g, out, dim: g - exp(out) * _sum(g, dim=dim, keepdim=True),
    fuse=True,
)
def _log_softmax(input, *, dim):
    """x - log(sum(exp(x))) along `dim`."""
    dtype = input.dtype
    if dtype is not float32 and dtype is not float64:
        _check_log(input, dim=dim)
        input = input.astype(np.promote_types(dtype, float32))
    if not input.size or not input.ndim:
        return np.zeros(input.shape, dtype)
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
