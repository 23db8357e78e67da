"""Softmax and layer normalization of the rows of a matrix, and their derivatives, in few passes."""

from __future__ import annotations

import numpy as np

from rushlight.kernels import loop
from rushlight.kernels.functions import exp, log

__all__ = [
    "layer_norm",
    "layer_norm_input",
    "layer_norm_weight",
    "log_softmax",
    "log_softmax_input",
    "row_statistics",
    "softmax",
    "softmax_input",
]


@loop
def softmax(start, stop, x, shift, out):
    """out = exp(x - shift) / sum(exp(x - shift)), row by row."""
    for i in range(start, stop):
        total = out.dtype.type(0)
        for j in range(x.shape[1]):
            power = exp(x[i, j] - shift[i])
            out[i, j] = power
            total += power
        scale = out.dtype.type(1) / total
        for j in range(x.shape[1]):
            out[i, j] *= scale


@loop
def softmax_input(start, stop, g, out, result):
    """result = out * (g - sum(g * out)), row by row."""
    for i in range(start, stop):
        total = out.dtype.type(0)
        for j in range(out.shape[1]):
            total += g[i, j] * out[i, j]
        for j in range(out.shape[1]):
            result[i, j] = out[i, j] * (g[i, j] - total)


@loop
def log_softmax(start, stop, x, shift, out):
    """out = (x - shift) - log(sum(exp(x - shift))), row by row."""
    for i in range(start, stop):
        total = out.dtype.type(0)
        for j in range(x.shape[1]):
            total += exp(x[i, j] - shift[i])
        rest = log(total)
        for j in range(x.shape[1]):
            out[i, j] = x[i, j] - shift[i] - rest


@loop
def log_softmax_input(start, stop, g, out, result):
    """result = g - exp(out) * sum(g), row by row."""
    for i in range(start, stop):
        total = out.dtype.type(0)
        for j in range(out.shape[1]):
            total += g[i, j]
        for j in range(out.shape[1]):
            result[i, j] = g[i, j] - exp(out[i, j]) * total


@loop
def row_statistics(start, stop, x, means, scales, eps):
    """The mean of each row, and 1 / sqrt(variance + eps)."""
    number = x.dtype.type
    share = number(1) / number(x.shape[1])
    for i in range(start, stop):
        total = number(0)
        for j in range(x.shape[1]):
            total += x[i, j]
        mean = total * share
        squares = number(0)
        for j in range(x.shape[1]):
            centred = x[i, j] - mean
            squares += centred * centred
        means[i] = mean
        scales[i] = number(1) / np.sqrt(squares * share + eps[0])


@loop
def layer_norm(start, stop, x, means, scales, weight, bias, out):
    """out = (x - mean) * scale * weight + bias, row by row."""
    for i in range(start, stop):
        for j in range(x.shape[1]):
            out[i, j] = (x[i, j] - means[i]) * scales[i] * weight[j] + bias[j]


@loop
def layer_norm_input(start, stop, g, x, means, scales, weight, out):
    """With h = g * weight and z the normalized x: out = (h - mean(h) - z * mean(h * z)) * scale."""
    number = x.dtype.type
    share = number(1) / number(x.shape[1])
    for i in range(start, stop):
        total, product = number(0), number(0)
        for j in range(x.shape[1]):
            h = g[i, j] * weight[j]
            total += h
            product += h * ((x[i, j] - means[i]) * scales[i])
        total *= share
        product *= share
        for j in range(x.shape[1]):
            z = (x[i, j] - means[i]) * scales[i]
            out[i, j] = (g[i, j] * weight[j] - total - z * product) * scales[i]


@loop
def layer_norm_weight(start, stop, g, x, means, scales, out):
    """out = the sum over the rows of g * z, for the columns [start, stop)."""
    for i in range(x.shape[0]):
        for j in range(start, stop):
            out[j] += g[i, j] * ((x[i, j] - means[i]) * scales[i])
