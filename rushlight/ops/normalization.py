"""Normalization: subtract the mean, divide by the standard deviation."""

from __future__ import annotations

import math

import numpy as np

from rushlight.ops.op import opaque

__all__ = ["native_norm"]


def _count(shape, dims):
    return math.prod(shape[d] for d in dims)


def _mean(x, dims):
    return x.sum(dims, keepdim=True) / _count(x.shape, dims)


def _input_gradient(g_out, g_mean, g_rstd, input, weight, mean, rstd, dims):
    """The derivative in `input`: one term in g_out, the rest constant along the normalized dims.

    With c = input - mean and h = g_out * weight, out = c * rstd * weight + bias gives
    rstd * h + c * a + b, where a and b collect what flows through rstd and mean.
    """
    h = g_out if weight is None else g_out * weight
    c = input - mean
    share = 1 / _count(input.shape, dims)
    a = -(rstd * rstd * rstd) * (_mean(h * c, dims) + g_rstd * share)
    b = g_mean * share - rstd * _mean(h, dims)
    return h * rstd + c * a + b


@opaque(
    node=lambda dims, eps, kind: f"Native{kind}NormBackward0",
    outputs=("out", "mean", "rstd"),
    d_input=_input_gradient,
    d_weight=lambda g_out, input, weight, mean, rstd: (
        (g_out * ((input - mean) * rstd)).sum_to_size(weight.shape)
    ),
    d_bias=lambda g_out, bias: g_out.sum_to_size(bias.shape),
)
def native_norm(input, weight=None, bias=None, *, dims, eps, kind):
    """(input - mean) / sqrt(variance + eps) * weight + bias, over the dimensions `dims`.

    Also returns the mean and 1 / sqrt(variance + eps), with `dims` kept. Weight and bias broadcast
    against the input. The variance is the biased one. `kind` is "Layer", "Batch" or "Group".
    """
    mean = np.mean(input, axis=dims, keepdims=True)
    out = input - mean
    variance = np.mean(np.square(out), axis=dims, keepdims=True)
    rstd = 1 / np.sqrt(variance + eps)
    out *= rstd
    if weight is not None:
        out *= weight
    if bias is not None:
        out += bias
    return out, mean, rstd
