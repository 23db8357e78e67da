"""Quantiles and histograms: how elements are distributed."""

from __future__ import annotations

import numpy as np

from rushlight import dtypes
from rushlight.ops.elementwise.bounds import clamp
from rushlight.ops.elementwise.compare import isnan
from rushlight.ops.elementwise.mixtures import lerp
from rushlight.ops.elementwise.rounding import ceil, floor, round
from rushlight.ops.elementwise.unary import where
from rushlight.ops.op import opaque
from rushlight.ops.output import write_out
from rushlight.ops.reduction.scan import _gather_along
from rushlight.ops.reduction.sort import sort
from rushlight.ops.reduction.sums import any, sum
from rushlight.ops.refused import no_such_form, refuse, require_tensors
from rushlight.ops.shapes import normalize_dim
from rushlight.tensor import NUMBER_TYPES, Tensor, wrap

__all__ = ["bincount", "histc", "nanquantile", "quantile"]

INTERPOLATIONS = ("linear", "lower", "higher", "midpoint", "nearest")

# Quantiles ----------------------------------------------------------------------------------------


def quantile(input, q, dim=None, keepdim=False, *, interpolation="linear", out=None):
    """The q-th quantiles of all elements, or along `dim`; NaN where there is a NaN.

    Args:
        q: a number in [0, 1], or a 1-D tensor of them, which adds a first dimension.
        interpolation: how to choose between two elements: "linear", "lower", "higher", "midpoint"
            or "nearest".

    >>> import rushlight as torch
    >>> torch.quantile(torch.tensor([1.0, 2.0, 4.0, 8.0]), 0.5)
    tensor(3.)
    """
    return _quantile("quantile", input, q, dim, keepdim, interpolation, out)


def nanquantile(input, q, dim=None, keepdim=False, *, interpolation="linear", out=None):
    """`quantile` of the elements that are numbers, not NaN.

    >>> import rushlight as torch
    >>> torch.nanquantile(torch.tensor([float("nan"), 1.0, 2.0]), 0.5)
    tensor(1.5000)
    """
    return _quantile("nanquantile", input, q, dim, keepdim, interpolation, out)


def _quantile(name, input, q, dim, keepdim, interpolation, out):
    fractions = _fractions(name, input, q)
    if interpolation not in INTERPOLATIONS:
        raise RuntimeError(
            f"{name}() interpolation must be one of linear, lower, higher, midpoint or nearest, "
            f"but got {interpolation}"
        )
    dims = input.ndim
    if dim is not None:
        dim = normalize_dim(dim, dims)
    rows = input.reshape((-1,)) if dim is None or not dims else input
    along = 0 if dim is None else dim
    ranks = _ranks(rows, fractions, along, name == "nanquantile")
    result = _at_ranks(sort(rows, along)[0], ranks, along, interpolation)
    result = result.movedim(along, 0)
    if keepdim:
        kept = [1] * dims if dim is None else [*input.shape]
        if dims and dim is not None:
            kept[dim] = 1
        result = result.reshape((-1, *kept))
    result = result if fractions.ndim else result.squeeze(0)
    return result if out is None else write_out(name, result, (input,), out)


def _fractions(name, input, q):
    """The fractions q as a Tensor, checked."""
    if not isinstance(q, (Tensor, *NUMBER_TYPES)):
        rest = (
            "q, int dim = None, bool keepdim = False, *, "
            'str interpolation = "linear", Tensor out = None'
        )
        forms = f"Tensor input, Tensor {rest}", f"Tensor input, float {rest}"
        raise no_such_form(name, (input, q), *forms)
    require_tensors(name, input=input)
    if not input._array.size:
        raise RuntimeError(f"{name}() input tensor must be non-empty")
    if input._array.dtype not in (np.float32, np.float64):
        raise RuntimeError("quantile() input tensor must be either float or double dtype")
    if not isinstance(q, Tensor):
        if not 0 <= q <= 1:
            raise RuntimeError(f"{name}() q must be in the range [0, 1] but got {q:g}")
        return wrap(np.asarray(q, input._array.dtype))
    if q._array.ndim > 1:
        raise RuntimeError(f"{name}() q must be a scalar or 1D tensor")
    if q.dtype is not input.dtype:
        raise RuntimeError(f"{name}() q tensor must be same dtype as the input tensor")
    if not np.all((q._array >= 0) & (q._array <= 1)):
        raise RuntimeError(f"{name}() q values must be in the range [0, 1]")
    return q


def _ranks(rows, fractions, dim, ignore_nan):
    """The (fractional) positions of the quantiles among the sorted elements, NaN last."""
    shape = [1] * rows.ndim
    shape[dim] = -1
    fractions = fractions.reshape(shape)
    last = rows.shape[dim] - 1
    missing = isnan(rows)
    if ignore_nan:
        present = clamp(last - sum(missing, dim, keepdim=True), min=0)
        return fractions * present.to(rows.dtype)
    return where(any(missing, dim, keepdim=True), float(last), fractions * last)


def _at_ranks(ordered, ranks, dim, interpolation):
    """What lies at these positions, or between them."""

    def at(positions):
        return _gather_along(ordered, positions.detach().to(dtypes.int64), dim=dim)

    if interpolation == "nearest":
        return at(round(ranks))
    if interpolation == "higher":
        return at(ceil(ranks))
    low = floor(ranks)
    if interpolation == "lower":
        return at(low)
    weight = 0.5 if interpolation == "midpoint" else ranks - low.detach()
    return lerp(at(low), at(ceil(ranks)), weight)


# Histograms ---------------------------------------------------------------------------------------


@opaque()
def _histc(input, *, bins, min, max):
    """How many elements lie in each of `bins` equal intervals."""
    refuse("b", "linspace_cpu", input)
    refuse("iuc", "histogram_cpu", input)
    if bins <= 0:
        raise RuntimeError(f"torch.histogram(): bins must be > 0, but got {bins} for dimension 0")
    if min == max and input.size:
        min, max = float(input.min()), float(input.max())
    if not np.isfinite(min) or not np.isfinite(max):
        raise RuntimeError(f"torch.histc: range of [{min:g}, {max:g}] is not finite")
    if min > max:
        raise RuntimeError("torch.histc: max must be larger than min")
    if min == max:
        min, max = min - 1, max + 1
    inside = input[(input >= min) & (input <= max)].astype(np.float64)
    positions = np.minimum(((inside - min) * (bins / (max - min))).astype(np.int64), bins - 1)
    return np.bincount(positions, minlength=bins).astype(input.dtype)


def histc(input, bins=100, min=0, max=0, *, out=None):
    """How many elements lie in each of `bins` equal intervals from `min` to `max`.

    If both are equal, the range is that of the elements.

    >>> import rushlight as torch
    >>> torch.histc(torch.tensor([1.0, 2.0, 1.0]), bins=4, min=0, max=3)
    tensor([0., 2., 1., 0.])
    """
    return _histc(input, bins=bins, min=min, max=max, out=out)


@opaque(takes_out=False)
def _bincount(input, weights=None, *, minlength=0):
    """How often each number occurs."""
    if input.dtype.kind not in "iu":
        title = dtypes.of(input).title
        raise NotImplementedError(f"\"bincount_cpu\" not implemented for '{title}'")
    if minlength < 0:
        raise RuntimeError("minlength should be >= 0")
    if input.ndim != 1 or (input.size and input.min() < 0):
        raise RuntimeError("bincount only supports 1-d non-negative integral inputs.")
    if weights is None:
        return np.bincount(input, minlength=minlength)
    if weights.shape != input.shape:
        raise RuntimeError("weights should be 1-d and have the same length as input")
    totals = np.bincount(input, weights, minlength)
    return totals.astype(np.float32 if weights.dtype == np.float32 else np.float64)


def bincount(input, weights=None, minlength=0):
    """How often each non-negative integer occurs; with `weights`, the sum of their weights.

    >>> import rushlight as torch
    >>> torch.bincount(torch.tensor([1, 1, 3]))
    tensor([0, 2, 0, 1])
    """
    return _bincount(input, weights, minlength=minlength)
