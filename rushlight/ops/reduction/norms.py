"""Vector norms."""

from __future__ import annotations

import math

import numpy as np

from rushlight import dtypes
from rushlight.ops.creation.cast import dtype_argument
from rushlight.ops.elementwise.unary import abs, like, sgn, where
from rushlight.ops.op import in_dtype, reduction
from rushlight.ops.reduction.sums import _sum, dims_argument

__all__ = [
    "norm",
]

# Norms --------------------------------------------------------------------------------------------


def _safe(x):
    """x, with 1 in place of 0: what divides, where the quotient isn't used."""
    return where(x == 0, 1.0, x)


def _norm_slope(g, input, out, ord, dim):
    """The derivative of the norm times g; 0 where the norm is 0."""
    if ord == 2:
        return input * where(out == 0, 0.0, g / _safe(out))
    if ord == 1:
        return g * sgn(input)
    if ord == 0:
        return input * 0
    if ord in (float("inf"), -float("inf")):
        chosen = abs(input) == out
        return (g / like(_sum(chosen, dim=dim, keepdim=True), g)) * sgn(input) * chosen
    ratio = where(input == 0, 0.0, _safe(abs(input)) / _safe(out)) ** (ord - 1)
    return where((out == 0) | (input == 0), 0.0, g * sgn(input) * ratio)


@reduction(
    title="norm",
    node=lambda dim, keepdim, ord, node: node,
    holomorphic=False,
    d_input=lambda g, input, out, ord, dim: _norm_slope(g, input, out, ord, dim),
)
def _vector_norm(input, *, dim=None, keepdim=False, ord=2, node="LinalgVectorNormBackward0"):
    """(sum of |x|**ord) ** (1 / ord)."""
    if input.dtype.kind in "biu":
        raise RuntimeError(
            "linalg.vector_norm: Expected a floating point or complex tensor as input. Got "
            f"{dtypes.of(input).title}"
        )
    _check_identity(input, dim, ord)
    dtype = input.real.dtype
    size = np.absolute(input).astype(np.promote_types(dtype, np.float32), copy=False)
    return np.asarray(_norm_of_sizes(size, dim, keepdim, ord)).astype(dtype, copy=False)


def _check_identity(input, dim, ord):
    """Refuse an extreme of nothing."""
    if input.size or not (ord < 0 or ord == math.inf):
        return
    dims = range(input.ndim) if dim is None else dim if isinstance(dim, tuple) else (dim,)
    empty = [d for d in dims if not input.shape[d]]
    if empty:
        over = "an empty tensor " if dim is None else f"the dimension {empty[0]}"
        why = "" if dim is None else "this dimension is empty and "
        raise RuntimeError(
            f"linalg.vector_norm cannot compute the {ord:g} norm on {over}because {why}the "
            "operation does not have an identity"
        )


def _norm_of_sizes(size, dim, keepdim, ord):
    if ord == 2:
        return np.sqrt(np.add.reduce(size * size, dim, None, None, keepdim))
    if ord == 1:
        return np.add.reduce(size, dim, None, None, keepdim)
    if ord == 0:
        return np.add.reduce(size != 0, dim, None, None, keepdim)
    if ord == float("inf"):
        return np.maximum.reduce(size, dim, None, None, keepdim, initial=0)
    if ord == -float("inf"):
        return np.minimum.reduce(size, dim, None, None, keepdim)
    return np.add.reduce(size**ord, dim, None, None, keepdim) ** (1 / ord)


def norm(input, p="fro", dim=None, keepdim=False, out=None, dtype=None):
    """The norm of a tensor: (sum of |x|**p) ** (1 / p); "fro" is p = 2.

    >>> import rushlight as torch
    >>> torch.norm(torch.tensor([3.0, 4.0]))
    tensor(5.)
    """
    if dtype is not None:
        dtype = dtype_argument(dtype)
        input = in_dtype(input, dtype)
    if p == "nuc":
        from rushlight.linalg import matrix_norm

        return matrix_norm(input, "nuc", dim if dim is not None else (-2, -1), keepdim, out=out)
    order = 2 if p == "fro" or p is None else p
    if isinstance(order, str):
        raise RuntimeError(f"linalg.matrix_norm: Order {order} not supported.")
    return _vector_norm(input, dims_argument(dim, input), keepdim, order, out=out)
