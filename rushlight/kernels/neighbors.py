"""Weighted sums of elements at several places: what `ops/indexing/neighbors.py` does.

`index` and `weight` have the shape (N, K, P), `input` (N, C, S), `grad` (N, C, P). An index
below 0 stands for an element that is zero. Parts are of N * C channels, or of N * K neighbours.
"""

from __future__ import annotations

from rushlight.kernels import loop

__all__ = ["gathered_dot", "weighted_gather", "weighted_scatter"]


@loop
def weighted_gather(start, stop, index, input, weight, out):
    """out[n, c, p] += sum_k weight[n, k, p] * input[n, c, index[n, k, p]]."""
    channels = input.shape[1]
    for unit in range(start, stop):
        n, c = unit // channels, unit % channels
        for k in range(index.shape[1]):
            for p in range(index.shape[2]):
                place, share = index[n, k, p], weight[n, k, p]
                if place >= 0:
                    out[n, c, p] += share * input[n, c, place]
                else:
                    out[n, c, p] += share - share  # not a number if the share isn't


@loop
def weighted_scatter(start, stop, index, grad, weight, out):
    """out[n, c, index[n, k, p]] += weight[n, k, p] * grad[n, c, p]."""
    channels = grad.shape[1]
    for unit in range(start, stop):
        n, c = unit // channels, unit % channels
        for k in range(index.shape[1]):
            for p in range(index.shape[2]):
                if index[n, k, p] >= 0:
                    out[n, c, index[n, k, p]] += weight[n, k, p] * grad[n, c, p]


@loop
def gathered_dot(start, stop, index, grad, input, out):
    """out[n, k, p] += sum_c grad[n, c, p] * input[n, c, index[n, k, p]]."""
    neighbors = index.shape[1]
    for unit in range(start, stop):
        n, k = unit // neighbors, unit % neighbors
        for c in range(input.shape[1]):
            for p in range(index.shape[2]):
                if index[n, k, p] >= 0:
                    out[n, k, p] += grad[n, c, p] * input[n, c, index[n, k, p]]
