"""Counts of elements in bins."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np

from rushlight import dtypes
from rushlight.ops.output import write_out
from rushlight.ops.return_types import named
from rushlight.tensor import Tensor, wrap

__all__ = ["histogram", "histogramdd"]


def histogram(input, bins, *, range=None, weight=None, density=False, out=None):
    """How many elements (or how much of their `weight`) fall into each bin, and the bins' edges.

    Args:
        input: elements, of any shape.
        bins: how many bins of one width, or their edges, a tensor in ascending order.
        range: the first and the last edge, by default the least and the greatest element.
        weight: the weight of each element.
        density: whether to divide by the total and by the widths of the bins.

    A bin contains its left edge, the last one its right edge too.

    >>> import rushlight as torch
    >>> torch.histogram(torch.tensor([1.0, 2.0, 1.0]), bins=2, range=(0.0, 2.0)).hist
    tensor([0., 3.])
    """
    _check("histogram", input, weight)
    points = input._array.reshape(-1, 1)
    ranges = None if range is None else tuple(range)
    hist, edges = _counted("histogram", points, [bins], ranges, weight, density)
    result = named("histogram", "hist", "bin_edges")((wrap(hist), wrap(edges[0])))
    for name, each in zip(("hist", "bins"), out or (), strict=False):
        if each.dtype is not input.dtype:
            raise RuntimeError(
                f"torch.histogram: input tensor and {name} tensor should have the same dtype, but "
                f"got input {dtypes.c_name(input.dtype)} and {name} {dtypes.c_name(each.dtype)}"
            )
    return result if out is None else write_out("histogram", result, (input,), out)


def histogramdd(input, bins, range=None, weight=None, density=False):
    """`histogram` of points: `input` has their coordinates in its last dimension.

    `bins` are the number of bins in each dimension (or one for all), or the edges in each;
    `range` the first and the last edge of each dimension, one after the other.
    """
    _check("histogramdd", input, weight)
    if input.ndim < 2:
        raise RuntimeError("torch.histogramdd: input tensor should have at least 2 dimensions")
    count = input.shape[-1]
    bins = [bins] * count if isinstance(bins, int) else list(bins)
    if len(bins) != count:
        raise RuntimeError(
            "histogramdd: The size of bins must be equal to the innermost dimension of the input."
        )
    points = input._array.reshape(-1, count)
    hist, edges = _counted("histogramdd", points, bins, range, weight, density)
    pair = wrap(hist), tuple(wrap(each) for each in edges)
    return named("histogramdd", "hist", "bin_edges")(pair)


def _check(name, input, weight):
    if input._array.dtype.char not in "fd":
        raise NotImplementedError(
            f"\"histogramdd\" not implemented for '{dtypes.of(input._array).title}'"
        )
    if weight is None:
        return
    if weight.dtype is not input.dtype:
        raise RuntimeError(
            "torch.histogramdd: if weight tensor is provided, input tensor and weight tensor "
            f"should have the same dtype, but got input({dtypes.c_name(input.dtype)}), and "
            f"weight({dtypes.c_name(weight.dtype)})"
        )
    shape = list(input.shape) if name == "histogramdd" else [input.numel(), 1]
    if list(weight.shape) != shape[:-1] and (name == "histogramdd" or weight.shape != input.shape):
        raise RuntimeError(
            "torch.histogramdd: if weight tensor is provided it should have the same shape as the "
            f"input tensor excluding its innermost dimension, but got input with shape {shape} and "
            f"weight with shape {list(weight.shape)}"
        )


def _check_bins(name, points, bins):
    """Refuse edges that aren't vectors of the points' dtype, and less than one bin."""
    kind = dtypes.of(points)
    for dim, each in enumerate(bins):
        if not isinstance(each, Tensor):
            if each <= 0:
                raise RuntimeError(
                    f"torch.{name}(): bins must be > 0, but got {each} for dimension {dim}"
                )
            continue
        if each.dtype is not kind:
            raise RuntimeError(
                "torch.histogramdd: input tensor and bins tensors should have the same dtype, but "
                f"got input with dtype {dtypes.c_name(kind)} and bins for dimension {dim} with "
                f"dtype {dtypes.c_name(each.dtype)}"
            )
        if each.ndim != 1:
            raise RuntimeError(
                "torch.histogramdd: bins tensor should have one dimension, but got "
                f"{each.ndim} dimensions in the bins tensor for dimension {dim}"
            )
        if not each.numel():
            raise RuntimeError(
                "torch.histogramdd: bins tensor should have at least 1 element, but got 0 elements "
                f"in the bins tensor for dimension {dim}"
            )


def _counted(name, points, bins, range, weight, density):
    """The counts in the boxes between the edges, and the edges of each dimension."""
    dtype = points.dtype
    _check_bins(name, points, bins)
    if isinstance(bins[0], Tensor):
        edges = [each._array for each in bins]
    else:
        ends = _ends(name, points, range)
        edges = [
            np.linspace(low, high, count + 1, dtype=dtype)
            for count, (low, high) in zip(bins, ends, strict=True)
        ]
    weights = None if weight is None else weight._array.ravel()
    hist = _hits(points, edges, weights)
    if density:
        hist = hist / hist.sum()
        for axis, each in enumerate(edges):
            hist = hist / np.diff(each).reshape([-1] + [1] * (hist.ndim - 1 - axis))
    return hist.astype(dtype), edges


def _hits(points, edges, weights):
    """The weight of the points in each box; an edge belongs to the bin on its right, the last one
    to the last bin."""
    inside = np.ones(len(points), bool)
    places = np.zeros(len(points), int)
    for x, each in zip(points.T, edges, strict=True):
        inside &= (each[0] <= x) & (x <= each[-1])
        place = np.searchsorted(each, x, "right") - 1
        place[x == each[-1]] = len(each) - 2
        places = places * (len(each) - 1) + place
    shape = [len(each) - 1 for each in edges]
    kept = None if weights is None else weights[inside]
    return np.bincount(places[inside], kept, math.prod(shape)).reshape(shape)


def _ends(name, points, range):
    """The first and the last edge of each dimension."""
    count = points.shape[1]
    if range is not None:
        if len(range) != 2 * count:
            raise RuntimeError(
                f"torch.histogramdd: for a {count}-dimensional histogram range should have "
                f"{2 * count} elements, but got {len(range)}"
            )
        ends = list(pairwise(range))[::2]
    elif len(points):
        ends = list(zip(points.min(0), points.max(0), strict=True))
    else:
        ends = [(0.0, 1.0)] * count
    for low, high in ends:
        if not (math.isfinite(low) and math.isfinite(high)):
            raise RuntimeError(
                f"torch.histogramdd: dimension 0's range [{low:g}, {high:g}] is not finite"
            )
        if low > high:
            raise RuntimeError(
                "torch.histogramdd: min should not exceed max, but got min "
                f"{low:g} max {high:g} for dimension 0"
            )
    return [(low - 0.5, high + 0.5) if low == high else (low, high) for low, high in ends]
