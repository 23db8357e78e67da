"""Sums of elements at several places, each with a weight: interpolation between neighbours.

With `input` (N, C, S), `index` and `weight` (N, K, P), all three operations are derivatives of one
sum, sum_{n, c, p, k} grad[n, c, p] * weight[n, k, p] * input[n, c, index[n, k, p]], in which an
element at a negative index is zero. So each is the derivative of the other two.
"""

from __future__ import annotations

import numpy as np

from rushlight.kernels import in_order
from rushlight.kernels import neighbors as loops
from rushlight.ops.op import opaque

__all__ = ["weighted_gather"]


def _by_loop(loop, parts, index, *arrays):
    """Have a loop do the work for the images; whether it may, and has earned it."""
    work = index.size * arrays[0].shape[1]
    earned = arrays[0].dtype.char in "fd" and loop.earned(work, weight=8)
    if earned:
        loop.run(len(index) * parts, *in_order(index, *arrays), elements=work)
    return earned


def _flat_places(index, channels, size):
    """Places in the flat input, (N, C, K, P), and whether there are any, (N, 1, K, P)."""
    first = np.arange(len(index) * channels).reshape(len(index), channels, 1, 1) * size
    index = index[:, None]
    return np.maximum(index, 0) + first, index >= 0


def _gathered(input, index):
    """input[n, c, index[n, k, p]], of shape (N, C, K, P)."""
    places, known = _flat_places(index, *input.shape[1:])
    return np.where(known, input.reshape(-1).take(places), input.dtype.type(0))


@opaque(
    takes_out=False,
    d_input=lambda g, index, weight, input_shape: weighted_scatter(
        g, index, weight, size=input_shape[2]
    ),
    d_weight=lambda g, input, index: gathered_dot(g, input, index),
)
def weighted_gather(input, index, weight):
    """out[n, c, p] = sum_k weight[n, k, p] * input[n, c, index[n, k, p]]."""
    channels = input.shape[1]
    out = np.zeros((len(input), channels, index.shape[2]), input.dtype)
    if not _by_loop(loops.weighted_gather, channels, index, input, weight, out):
        np.sum(_gathered(input, index) * weight[:, None], 2, out.dtype, out)
    return out


@opaque(
    takes_out=False,
    d_input=lambda g, index, weight: weighted_gather(g, index, weight),
    d_weight=lambda g, input, index: gathered_dot(input, g, index),
)
def weighted_scatter(input, index, weight, *, size):
    """out[n, c, s] = sum of weight[n, k, p] * input[n, c, p] where index[n, k, p] is s."""
    channels = input.shape[1]
    out = np.zeros((len(input), channels, size), input.dtype)
    if not _by_loop(loops.weighted_scatter, channels, index, input, weight, out):
        places, known = _flat_places(index, channels, size)
        values = np.where(known, input[:, :, None] * weight[:, None], input.dtype.type(0))
        np.add.at(out.reshape(-1), places, values)
    return out


@opaque(
    takes_out=False,
    d_grad=lambda g, input, index: weighted_gather(input, index, g),
    d_input=lambda g, grad, index, input_shape: weighted_scatter(
        grad, index, g, size=input_shape[2]
    ),
)
def gathered_dot(grad, input, index):
    """out[n, k, p] = sum_c grad[n, c, p] * input[n, c, index[n, k, p]]."""
    out = np.zeros(index.shape, input.dtype)
    if not _by_loop(loops.gathered_dot, index.shape[1], index, grad, input, out):
        np.sum(_gathered(input, index) * grad[:, :, None], 1, out.dtype, out)
    return out
