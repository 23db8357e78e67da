"""Normalization: subtract the mean, divide by the standard deviation."""

from __future__ import annotations

import math

import numpy as np

from rushlight.ops.blocks import by_row_blocks, row_blocks
from rushlight.ops.elementwise.unary import rsqrt
from rushlight.ops.op import opaque
from rushlight.ops.reduction.sums import _sum
from rushlight.ops.refused import NOT_FLOATING
from rushlight.ops.shapes import ordered, ordered_or_channels_last

__all__ = ["batch_norm_with_statistics", "layer_norm"]


def _count(shape, dims):
    return math.prod(shape[d] for d in dims)


def _mean(x, dims):
    return _sum(x, dim=dims, keepdim=True) * (1 / _count(x.shape, dims))


def _check_dtypes(input, weight=None, bias=None, **options):
    given = {array.dtype for array in (weight, bias) if array is not None}
    if input.dtype.kind == "V" and given <= {np.dtype(np.float32)}:
        return  # bfloat16 is computed in float32 anyway
    if given - {input.dtype}:
        raise RuntimeError("mixed dtype (CPU): all inputs must share same datatype.")


# Over the last dimensions -------------------------------------------------------------------------
#
# The normalized parts are the rows of a matrix, which is worked through by blocks of rows. What the
# derivatives need of the statistics is computed again: that costs less than keeping it.


def _rows(array, dims):
    """The normalized parts as the rows of a matrix, in at least 32 bits."""
    columns = array.shape[-1] if len(dims) == 1 else _count(array.shape, dims)
    rows = array.reshape(-1, columns) if columns else array.reshape(math.prod(array.shape[:-1]), 0)
    return rows.astype(np.float32) if rows.dtype.itemsize < 4 else rows


def _flat(values):
    return None if values is None else values.reshape(-1)


def _squares(rows):
    """The sum of the squares of each row; `vecdot` is the fastest on arrays, where it is known."""
    if rows.__class__ is np.ndarray:
        return np.vecdot(rows, rows)[:, np.newaxis]
    return np.add.reduce(rows * rows, axis=1, keepdims=True)


def _standardized(rows, eps):
    """(each row with mean 0 and variance 1, what it was multiplied by)."""
    share = rows.dtype.type(1 / max(rows.shape[1], 1))
    centred = rows - np.add.reduce(rows, axis=1, keepdims=True) * share
    variance = _squares(centred) * share
    scale = 1 / np.sqrt(variance + rows.dtype.type(eps))
    centred *= scale
    return centred, scale


def _input_gradient(g, input, weight, dims, eps):
    """With h = g * weight and z the standardized input: (h - mean(h) - z * mean(h * z)) * scale."""
    if type(g) is np.ndarray:
        return _input_gradient_by_rows(g, input, weight, dims, eps)
    centred = input - _mean(input, dims)
    scale = rsqrt(_mean(centred * centred, dims) + eps)
    z = centred * scale
    h = g if weight is None else g * weight
    return (h - _mean(h, dims) - z * _mean(h * z, dims)) * scale


def _input_gradient_by_rows(g, input, weight, dims, eps):
    gradients, rows, weight = _rows(g, dims), _rows(input, dims), _flat(weight)
    share = rows.dtype.type(1 / max(rows.shape[1], 1))
    result = np.empty_like(rows)
    for block in row_blocks(*rows.shape):
        z, scale = _standardized(rows[block], eps)
        h = gradients[block] if weight is None else gradients[block] * weight
        z *= np.vecdot(h, z)[:, np.newaxis] * share
        z += np.add.reduce(h, axis=1, keepdims=True) * share
        np.subtract(h, z, out=z)
        np.multiply(z, scale, out=result[block])
    return result.reshape(input.shape).astype(input.dtype, copy=False)


def _weight_gradient(g, input, weight, dims, eps):
    """The sum over the rows of g * z."""
    if type(g) is np.ndarray:
        return _weight_gradient_by_rows(g, input, weight, dims, eps)
    centred = input - _mean(input, dims)
    z = centred * rsqrt(_mean(centred * centred, dims) + eps)
    leading = tuple(range(len(input.shape) - len(dims)))
    return _sum(g * z, dim=leading, keepdim=False) if leading else g * z


def _weight_gradient_by_rows(g, input, weight, dims, eps):
    gradients, rows = _rows(g, dims), _rows(input, dims)
    total = np.zeros(rows.shape[1], rows.dtype)
    for block in row_blocks(*rows.shape):
        z, _ = _standardized(rows[block], eps)
        total += np.einsum("ij,ij->j", gradients[block], z)
    return total.reshape(weight.shape).astype(weight.dtype, copy=False)


def _bias_gradient(g, dims):
    leading = tuple(range(len(g.shape) - len(dims)))
    return _sum(g, dim=leading, keepdim=False) if leading else g


def _gradients(g, input, weight, dims, eps):
    """The three derivatives together."""
    if type(g) is np.ndarray:
        return _gradients_by_rows(g, input, weight, dims, eps)
    centred = input - _mean(input, dims)
    scale = rsqrt(_mean(centred * centred, dims) + eps)
    z = centred * scale
    leading = tuple(range(len(input.shape) - len(dims)))
    g_weight, g_bias = (_sum(x, dim=leading, keepdim=False) for x in (g * z, g))
    h = g * weight
    return (h - _mean(h, dims) - z * _mean(h * z, dims)) * scale, g_weight, g_bias


def _gradients_by_rows(g, input, weight, dims, eps):
    gradients, rows, flat = _rows(g, dims), _rows(input, dims), _flat(weight)
    share = rows.dtype.type(1 / max(rows.shape[1], 1))
    g_input = np.empty_like(rows)
    g_weight, g_bias = np.zeros((2, rows.shape[1]), rows.dtype)
    for block in row_blocks(*rows.shape):
        z, scale = _standardized(rows[block], eps)
        part = gradients[block]
        g_weight += np.einsum("ij,ij->j", part, z)
        g_bias += np.add.reduce(part, axis=0)
        h = part * flat
        z *= np.vecdot(h, z)[:, np.newaxis] * share
        z += np.add.reduce(h, axis=1, keepdims=True) * share
        h -= z
        np.multiply(h, scale, out=g_input[block])
    return tuple(
        made.reshape(x.shape).astype(x.dtype, copy=False)
        for made, x in ((g_input, input), (g_weight, weight), (g_bias, weight))
    )


@opaque(
    ordered=ordered,
    node="NativeLayerNormBackward0",
    refuses=(NOT_FLOATING, "LayerNormKernelImpl"),
    check=_check_dtypes,
    result="same",
    takes_out=False,
    d_input=_input_gradient,
    d_weight=_weight_gradient,
    d_bias=_bias_gradient,
    together=_gradients,
    fuse=1 << 10,
)
def layer_norm(input, weight=None, bias=None, *, dims, eps):
    """(input - mean) / sqrt(variance + eps) * weight + bias, over the last dimensions `dims`.

    Source: J. Ba and others, "Layer normalization", 2016.
    """
    if any(array is not None and array.dtype != input.dtype for array in (weight, bias)):
        _check_dtypes(input, weight, bias)
    rows, weight, bias = _rows(input, dims), _flat(weight), _flat(bias)

    def normalized(part):
        z, _ = _standardized(part, eps)
        if weight is not None:
            z *= weight
        if bias is not None:
            z += bias
        return z

    return by_row_blocks(normalized, rows).reshape(input.shape).astype(input.dtype, copy=False)


# Over the batch -----------------------------------------------------------------------------------


def _all_but_channels(input):
    return (0, *range(2, len(input.shape)))


def _per_channel(values, input):
    """One value per channel, in a shape that broadcasts against (N, C, ...)."""
    ndim = len(input.shape)
    return values if ndim == 2 else values.reshape((-1,) + (1,) * (ndim - 2))


def _batch_input_gradient(g_out, g_mean, g_var, input, weight, mean, var, eps):
    """The derivative in `input`: one term in g_out, the rest constant in each channel.

    With c = input - mean, r = 1 / sqrt(var + eps) and h = g_out * weight, the output is
    c * r * weight + bias and the derivative r * h + c * a + b, where a and b collect what flows
    through var and mean.
    """
    dims = _all_but_channels(input)
    share = 1 / _count(input.shape, dims)
    c = input - _per_channel(mean, input)
    r = rsqrt(var + eps)
    slope = r if weight is None else r * weight
    a = g_var * (2 * share) - slope * r * r * (_sum(g_out * c, dim=dims, keepdim=False) * share)
    b = (g_mean - slope * _sum(g_out, dim=dims, keepdim=False)) * share
    slope, a, b = (_per_channel(values, input) for values in (slope, a, b))
    return g_out * slope + c * a + b


def _batch_weight_gradient(g_out, input, mean, var, eps):
    c = input - _per_channel(mean, input)
    return _sum(g_out * c, dim=_all_but_channels(input), keepdim=False) * rsqrt(var + eps)


def _batch_gradients(g_out, g_mean, g_var, input, weight, mean, var, eps):
    """The three derivatives together."""
    dims = _all_but_channels(input)
    share = 1 / _count(input.shape, dims)
    c = input - _per_channel(mean, input)
    r = rsqrt(var + eps)
    g_weight = _sum(g_out * c, dim=dims, keepdim=False) * r
    g_bias = _sum(g_out, dim=dims, keepdim=False)
    slope = r * weight
    a = g_var * (2 * share) - g_weight * (slope * r * share)
    b = (g_mean - slope * g_bias) * share
    slope, a, b = (_per_channel(values, input) for values in (slope, a, b))
    c *= a
    c += g_out * slope
    c += b
    return c, g_weight, g_bias


@opaque(
    ordered=ordered_or_channels_last,
    node="NativeBatchNormBackward0",
    refuses=(NOT_FLOATING, "batch_norm"),
    check=_check_dtypes,
    outputs=("out", "mean", "var"),
    d_input=_batch_input_gradient,
    d_weight=_batch_weight_gradient,
    d_bias=lambda g_out: _sum(g_out, dim=_all_but_channels(g_out), keepdim=False),
    together=_batch_gradients,
    fuse=1 << 10,
)
def batch_norm_with_statistics(input, weight=None, bias=None, *, eps):
    """(input - mean) / sqrt(var + eps) * weight + bias, for each channel of (N, C, ...).

    Also returns the mean and the biased variance of each channel.

    Source: S. Ioffe and C. Szegedy, "Batch normalization", 2015.
    """
    dims = _all_but_channels(input)
    share = input.dtype.type(1 / max(_count(input.shape, dims), 1))
    mean = np.add.reduce(input, axis=dims) * share
    out = input - _per_channel(mean, input)
    var = np.add.reduce(out * out, axis=dims) * share
    scale = 1 / np.sqrt(var + input.dtype.type(eps))
    out *= _per_channel(scale if weight is None else scale * weight, input)
    if bias is not None:
        out += _per_channel(bias, input)
    return out, mean, var
