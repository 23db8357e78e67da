"""Normalization: subtract the mean, divide by the standard deviation."""

from __future__ import annotations

import math

import numpy as np

from rushlight import dtypes
from rushlight.ops.op import opaque

__all__ = ["native_norm"]


def _count(shape, dims):
    return math.prod(shape[d] for d in dims)


def _mean(x, dims):
    return x.sum(dims, keepdim=True) / _count(x.shape, dims)


def _input_gradient(g_out, g_mean, g_var, input, weight, mean, var, dims, eps):
    """The derivative in `input`: one term in g_out, the rest constant along the normalized dims.

    With c = input - mean, r = 1 / sqrt(var + eps) and h = g_out * weight, the output is
    c * r * weight + bias and the derivative r * h + c * a + b, where a and b collect what flows
    through var and mean.
    """
    h = g_out if weight is None else g_out * weight
    c = input - mean
    r = (var + eps).rsqrt()
    share = 1 / _count(input.shape, dims)
    a = g_var * (2 * share) - r * r * r * _mean(h * c, dims)
    b = g_mean * share - r * _mean(h, dims)
    return h * r + c * a + b


def _check_dtypes(input, weight=None, bias=None, *, kind, **options):
    if kind == "Batch" and input.dtype.kind in "biu":
        title = dtypes.of(input).title
        raise NotImplementedError(f"\"batch_norm\" not implemented for '{title}'")
    if any(array is not None and array.dtype != input.dtype for array in (weight, bias)):
        raise RuntimeError("mixed dtype (CPU): all inputs must share same datatype.")


@opaque(
    check=_check_dtypes,
    node=lambda dims, eps, kind: f"Native{kind}NormBackward0",
    outputs=("out", "mean", "var"),
    d_input=_input_gradient,
    d_weight=lambda g_out, input, weight, mean, var, eps: (
        (g_out * ((input - mean) * (var + eps).rsqrt())).sum_to_size(weight.shape)
    ),
    d_bias=lambda g_out, bias: g_out.sum_to_size(bias.shape),
)
def native_norm(input, weight=None, bias=None, *, dims, eps, kind):
    """(input - mean) / sqrt(var + eps) * weight + bias, over the dimensions `dims`.

    Also returns the mean and the biased variance, with `dims` kept. Weight and bias broadcast
    against the input. `kind` is "Layer", "Batch" or "Group".
    """
    mean = np.mean(input, axis=dims, keepdims=True)
    out = input - mean
    var = np.mean(np.square(out), axis=dims, keepdims=True)
    out *= 1 / np.sqrt(var + eps)
    if weight is not None:
        out *= weight
    if bias is not None:
        out += bias
    return out, mean, var
