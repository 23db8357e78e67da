"""Operations that fold dimensions: sums, means, extremes, scans."""

from __future__ import annotations

import numpy as np

from rushlight.ops.op import reduction


@reduction(linear=True, node=lambda dim, keepdim: f"SumBackward{0 if dim is None else 1}", d_input=lambda g: g)
def _sum(input, *, dim=None, keepdim=False):
    """Sum of the elements, or over the dimensions `dim`."""
    return np.add.reduce(input, axis=dim, keepdims=keepdim)


def sum(input, dim=None, keepdim=False, *, dtype=None, out=None):
    return _sum(input, dim, keepdim)


@reduction(linear=True, node=lambda dim, keepdim: f"MeanBackward{0 if dim is None else 1}", d_input=lambda g, input_shape, dim: g / count_of(input_shape, dim))
def _mean(input, *, dim=None, keepdim=False):
    """Mean of the elements, or over the dimensions `dim`."""
    total = np.add.reduce(input, axis=dim, keepdims=keepdim)
    return total / count_of(input.shape, dim)


def count_of(shape, dim):
    """How many elements each element of the result stands for."""
    dims = range(len(shape)) if dim is None else (dim,) if isinstance(dim, int) else dim
    return prod_of(shape[d] for d in dims) if shape else 1


def prod_of(sizes):
    """The product of sizes."""
    count = 1
    for size in sizes:
        count *= size
    return count


def mean(input, dim=None, keepdim=False, *, dtype=None, out=None):
    """Mean of the elements, or over the dimensions `dim`."""
    return _mean(input, dim, keepdim)
