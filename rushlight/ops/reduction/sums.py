"""Sums, means, variances, counts: what folds dimensions by adding.

Products and running totals are in `scan`, maxima and medians in `extremes`.
"""

from __future__ import annotations

import builtins

import numpy as np

from rushlight import dtypes
from rushlight.kernels.sums import LARGE, large_sum
from rushlight.ops.checked import refusal
from rushlight.ops.creation.cast import dtype_argument
from rushlight.ops.elementwise.unary import where
from rushlight.ops.op import in_dtype, reduction
from rushlight.ops.output import write_out
from rushlight.ops.refused import require_tensors
from rushlight.ops.shapes import kept_shape, normalize_dims, numpy_names, sum_of_rows
from rushlight.ops.warn import warn
from rushlight.tensor import Tensor, type_name

__all__ = [
    "all",
    "any",
    "count_nonzero",
    "mean",
    "nanmean",
    "nansum",
    "std",
    "std_mean",
    "sum",
    "var",
    "var_mean",
]

float32, float64 = np.dtype(np.float32), np.dtype(np.float64)


def count_of(shape, dim):
    """How many elements each element of the result stands for."""
    dims = range(len(shape)) if dim is None else (dim,) if isinstance(dim, int) else dim
    count = 1
    if shape:
        for d in dims:
            count *= shape[d]
    return count


def dims_argument(dim, input):
    """The option `dim` of a reduction: None for all of them, else an int or a tuple of ints."""
    if not isinstance(input, Tensor):
        return dim  # the operation says what is wrong
    if dim.__class__ is int and input._array.ndim:
        return dim
    if dim is None or (isinstance(dim, (tuple, list)) and not dim):
        return None
    if not input._array.ndim:
        normalize_dims(dim, 0)
        return ()
    if isinstance(dim, (tuple, list)):
        return tuple(dim)
    if not hasattr(dim, "__index__"):
        raise refusal() or TypeError(
            f"argument 'dim' must be int or tuple of ints, not {type_name(dim)}"
        )
    return dim.__index__()


def floating(input):
    """Integers as the default dtype."""
    return (
        input if input._array.dtype.kind in "fcV" else in_dtype(input, dtypes.get_default_dtype())
    )


# Sums and means -----------------------------------------------------------------------------------


def _numbered(name):
    """The name of a Node: PyTorch counts the forms without and with dimensions."""
    return lambda dim, **options: f"{name}Backward{0 if dim is None else 1}"


@reduction(linear=True, node=_numbered("Sum"), d_input=lambda g: g)
def _sum(input, *, dim=None, keepdim=False):
    """Sum of the elements, or over the dimensions `dim`."""
    dtype = input.dtype
    if dtype is float32 or dtype is float64:
        return _float_sum(input, dim, keepdim)
    if dtype.kind in "biu":
        return np.add.reduce(input, dim, np.int64, None, keepdim)
    if dtype.kind == "c":
        return np.add.reduce(input, dim, None, None, keepdim)
    return np.add.reduce(input, dim, float32, None, keepdim).astype(dtype)


_ROWS = 1024


def _float_sum(input, dim, keepdim):
    if input.size >= LARGE and (total := large_sum(input, dim)) is not None:
        return total.reshape(kept_shape(input.shape, dim)) if keepdim else total
    if dim == 0 and input.ndim > 1:
        if len(input) > _ROWS:
            return _sum_of_many_rows(input, keepdim)
        if input.ndim == 2:
            total = sum_of_rows(input)
            return total[np.newaxis] if keepdim else total
    return np.add.reduce(input, dim, None, None, keepdim)


def _sum_of_many_rows(input, keepdim):
    """The sum over many rows, block by block: NumPy adds rows one by one, and rounds each time."""
    whole = len(input) // _ROWS * _ROWS
    blocks = input[:whole].reshape(-1, _ROWS // 32, 32, *input.shape[1:])
    partial = np.add.reduce(np.add.reduce(blocks, 2), 1)
    total = np.add.reduce(partial, 0) + np.add.reduce(input[whole:], 0)
    return total[None] if keepdim else total


def sum(input, dim=None, keepdim=False, *, dtype=None, out=None, axis=None, keepdims=None):
    """Sum of the elements, or over the dimensions `dim`; of integers and bools, int64.

    >>> import rushlight as torch
    >>> x = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> torch.sum(x), torch.sum(x, dim=0)
    (tensor(10.), tensor([4., 6.]))
    """
    if axis is not None or keepdims is not None:
        dim, keepdim = numpy_names(dim, keepdim, axis, keepdims)
    if dtype is None and out is not None and isinstance(out, Tensor):
        dtype = out.dtype
    if dtype is not None:
        dtype = dtype_argument(dtype)
        input = in_dtype(input, dtype)
    if dim is not None:
        dim = dims_argument(dim, input)
    if dtype is not None and dtype.category < 2:
        return narrowed(_sum(input, dim, keepdim), dtype, out)
    return _sum(input, dim, keepdim, out=out)


def narrowed(total, dtype, out):
    """A total of integers, which is int64, in the dtype that was asked for."""
    total = in_dtype(total, dtype)
    return total if out is None else write_out("sum", total, (), out)


def _check_mean(input, *, dim, keepdim):
    if input.dtype.kind in "biu":
        raise RuntimeError(
            "mean(): could not infer output dtype. Input dtype must be either a floating point or "
            f"complex dtype. Got: {dtypes.of(input).title}"
        )
    normalize_dims(dim, input.ndim)


def _mean_slope(g, shape, count):
    """The gradient of a mean; as a Tensor it has places of its own, so it can be written to."""
    if isinstance(g, Tensor) and g._array.__class__ is np.ndarray:
        g = g.expand(shape)
    return g / count


@reduction(
    linear=True,
    node=_numbered("Mean"),
    check=_check_mean,
    d_input=lambda g, input_shape, dim: _mean_slope(g, input_shape, count_of(input_shape, dim)),
)
def _mean(input, *, dim=None, keepdim=False):
    """Mean of the elements, or over the dimensions `dim`."""
    dtype = input.dtype
    count = input.size if dim is None else count_of(input.shape, dim)
    if dtype is float32 or dtype is float64:
        return np.true_divide(_float_sum(input, dim, keepdim), dtype.type(count))
    if dtype.kind in "biu":
        _check_mean(input, dim=dim, keepdim=keepdim)
    if dtype.kind == "c":
        return np.add.reduce(input, dim, None, None, keepdim) / dtype.type(count)
    return (np.add.reduce(input, dim, float32, None, keepdim) / float32.type(count)).astype(dtype)


def mean(input, dim=None, keepdim=False, *, dtype=None, out=None, axis=None, keepdims=None):
    """Mean of the elements, or over the dimensions `dim`; of nothing, NaN.

    >>> import rushlight as torch
    >>> torch.mean(torch.tensor([1.0, 2.0, 6.0]))
    tensor(3.)
    """
    if axis is not None or keepdims is not None:
        dim, keepdim = numpy_names(dim, keepdim, axis, keepdims)
    if dtype is not None:
        dtype = dtype_argument(dtype)
        if dtype.category < 2:
            raise RuntimeError(
                "mean(): could not infer output dtype. Optional dtype must be either a floating "
                f"point or complex dtype. Got: {dtype.title}"
            )
        input = in_dtype(input, dtype)
    if dim is not None:
        dim = dims_argument(dim, input)
    return _mean(input, dim, keepdim, out=out)


@reduction(node="NansumBackward0", d_input=lambda g, input: where(input == input, g, 0.0))
def _nansum(input, *, dim=None, keepdim=False):
    """Sum over the elements that are numbers."""
    if input.dtype.kind == "c":
        raise RuntimeError("nansum on CPU does not support complex inputs")
    return _sum.op.kernel(np.where(input != input, 0, input), dim=dim, keepdim=keepdim)


def nansum(input, dim=None, keepdim=False, *, dtype=None, out=None):
    """Sum of the elements, where NaN counts as 0.

    >>> import rushlight as torch
    >>> torch.nansum(torch.tensor([1.0, float("nan"), 2.0]))
    tensor(3.)
    """
    if dtype is not None:
        dtype = dtype_argument(dtype)
        input = in_dtype(input, dtype)
    if input._array.dtype.kind in "biu":
        return sum(input, dim, keepdim, dtype=dtype, out=out)
    return _nansum(input, dims_argument(dim, input), keepdim, out=out)


def nanmean(input, dim=None, keepdim=False, *, dtype=None, out=None):
    """Mean of the elements that are numbers, not NaN.

    >>> import rushlight as torch
    >>> torch.nanmean(torch.tensor([1.0, float("nan"), 2.0]))
    tensor(1.5000)
    """
    if input._array.dtype.kind in "biu":
        raise RuntimeError(
            "nanmean(): expected input to have floating point or complex dtype but got "
            f"{input.dtype.title}"
        )
    if dtype is not None and dtype_argument(dtype).category < 2:
        raise RuntimeError(
            "nanmean(): could not infer output dtype. Optional dtype must be either a floating "
            f"point or complex dtype. Got: {dtype_argument(dtype).title}"
        )
    numbers = (input == input).detach().sum(dim, keepdim)
    total = nansum(input, dim, keepdim, dtype=dtype)
    from rushlight.ops.elementwise.arithmetic import div

    return div(total, numbers, out=out)


# Spread -------------------------------------------------------------------------------------------


def _variance(input, dim, keepdim, correction):
    dtype = input.dtype.type
    if input.dtype == np.float16:
        input = input.astype(np.float32)
    count = count_of(input.shape, dim)
    center = np.add.reduce(input, dim, None, None, True) / input.dtype.type(count)
    off = np.asarray(input - center)
    squares = (off * off.conj()).real if off.dtype.kind == "c" else np.multiply(off, off, out=off)
    total = np.add.reduce(squares, dim, None, None, keepdim)
    return dtype, np.divide(total, total.dtype.type(builtins.max(count - correction, 0)))


def _as(dtype, result):
    return result.astype(dtype) if dtype is np.float16 else result


def _off_center(g, input, dim, correction):
    """The derivative of the variance times g: 2 / (count - correction) * (x - mean)."""
    degrees = count_of(input.shape, dim) - correction
    off = input - _mean(input, dim=dim, keepdim=True)
    return g * off * (2 / degrees if degrees > 0 else float("nan"))


@reduction(
    node="VarBackward0",
    holomorphic=False,
    d_input=lambda g, input, dim, correction: _off_center(g, input, dim, correction),
)
def _var(input, *, dim=None, keepdim=False, correction=1):
    """Variance, with `count - correction` in the denominator."""
    dtype, result = _variance(input, dim, keepdim, correction)
    return _as(dtype, result)


@reduction(
    node="StdBackward0",
    holomorphic=False,
    d_input=lambda g, input, out, dim, correction: _off_center(
        where(out == 0, 0.0, g / (2 * where(out == 0, 1.0, out))), input, dim, correction
    ),
)
def _std(input, *, dim=None, keepdim=False, correction=1):
    """Standard deviation: the root of the variance."""
    dtype, result = _variance(input, dim, keepdim, correction)
    return _as(dtype, np.sqrt(result))


def _spread_arguments(name, input, dim, unbiased, correction):
    """(dim, correction) of the call's several forms."""
    require_tensors(name, input=input)
    if unbiased is not None and correction is not None and (refused := refusal()):
        raise refused
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    if correction is None:
        correction = 1 if unbiased is None or unbiased else 0
    dim = dims_argument(dim, input)
    if input._array.dtype.kind in "biu":
        names = name if name.endswith("_mean") else "std and var"
        raise RuntimeError(f"{names} only support floating point and complex dtypes")
    normalize_dims(dim, input._array.ndim)
    if count_of(input._array.shape, dim) <= correction:
        warn(
            f"{name}(): degrees of freedom is <= 0. Correction should be strictly less than the "
            "reduction factor (input numel divided by output numel)."
        )
    return dim, correction


def var(
    input,
    dim=None,
    unbiased=None,
    keepdim=False,
    *,
    correction=None,
    out=None,
    axis=None,
    keepdims=None,
):
    """Variance of the elements, or over the dimensions `dim`.

    The sum of squared distances from the mean is divided by `count - correction` (default 1,
    Bessel's correction; `unbiased=False` means 0).

    >>> import rushlight as torch
    >>> torch.var(torch.tensor([1.0, 2.0, 3.0]))
    tensor(1.)
    """
    if axis is not None or keepdims is not None:
        dim, keepdim = numpy_names(dim, keepdim, axis, keepdims)
    dim, correction = _spread_arguments("var", input, dim, unbiased, correction)
    return _var(input, dim, keepdim, correction, out=out)


def std(
    input,
    dim=None,
    unbiased=None,
    keepdim=False,
    *,
    correction=None,
    out=None,
    axis=None,
    keepdims=None,
):
    """Standard deviation: the root of `var`.

    >>> import rushlight as torch
    >>> torch.std(torch.tensor([1.0, 3.0, 5.0]))
    tensor(2.)
    """
    if axis is not None or keepdims is not None:
        dim, keepdim = numpy_names(dim, keepdim, axis, keepdims)
    dim, correction = _spread_arguments("std", input, dim, unbiased, correction)
    return _std(input, dim, keepdim, correction, out=out)


def var_mean(input, dim=None, unbiased=None, keepdim=False, *, correction=None):
    """The variance and the mean."""
    dim, correction = _spread_arguments("var_mean", input, dim, unbiased, correction)
    return _var(input, dim, keepdim, correction), _mean(input, dim, keepdim)


def std_mean(input, dim=None, unbiased=None, keepdim=False, *, correction=None):
    """The standard deviation and the mean."""
    dim, correction = _spread_arguments("std_mean", input, dim, unbiased, correction)
    return _std(input, dim, keepdim, correction), _mean(input, dim, keepdim)


# Counting -----------------------------------------------------------------------------------------


def truth_dims(dim, input):
    """The option `dim` of `all` and `any`, for which no dimensions are none, not all."""
    return () if dim == () or dim == [] else dims_argument(dim, input)


def _truth_dtype(input):
    """bool, but uint8 stays uint8, as in the time before there were bools."""
    return np.uint8 if input.dtype == np.uint8 else np.bool_


@reduction()
def _any(input, *, dim=None, keepdim=False):
    """Whether some element is true."""
    return np.logical_or.reduce(input, dim, np.bool_, None, keepdim).astype(_truth_dtype(input))


def any(input, dim=None, keepdim=False, *, out=None, axis=None, keepdims=None):
    """Whether some element is true (not zero), or some along the dimensions `dim`.

    >>> import rushlight as torch
    >>> torch.any(torch.tensor([False, True]))
    tensor(True)
    """
    if axis is not None or keepdims is not None:
        dim, keepdim = numpy_names(dim, keepdim, axis, keepdims)
    return _any(input, truth_dims(dim, input), keepdim, out=out)


@reduction()
def _all(input, *, dim=None, keepdim=False):
    """Whether all elements are true."""
    return np.logical_and.reduce(input, dim, np.bool_, None, keepdim).astype(_truth_dtype(input))


def all(input, dim=None, keepdim=False, *, out=None, axis=None, keepdims=None):
    """Whether all elements are true (not zero), or all along the dimensions `dim`.

    >>> import rushlight as torch
    >>> torch.all(torch.tensor([[True, True], [False, True]]), dim=1)
    tensor([ True, False])
    """
    if axis is not None or keepdims is not None:
        dim, keepdim = numpy_names(dim, keepdim, axis, keepdims)
    return _all(input, truth_dims(dim, input), keepdim, out=out)


@reduction(takes_out=False)
def _count_nonzero(input, *, dim=None, keepdim=False):
    """How many elements are not zero."""
    return np.add.reduce(input != 0, dim, np.int64, None, keepdim)


def count_nonzero(input, dim=None):
    """How many elements are not zero, in all or over the dimensions `dim`.

    >>> import rushlight as torch
    >>> torch.count_nonzero(torch.tensor([0, 1, 2]))
    tensor(2)
    """
    return _count_nonzero(input, dims_argument(dim, input), False)
