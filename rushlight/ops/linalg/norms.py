"""Norms of vectors and matrices, condition numbers, distances."""

from __future__ import annotations

import math

from rushlight.ops.elementwise.unary import abs, where
from rushlight.ops.linalg.decompositions import svdvals
from rushlight.ops.linalg.inverses import made_regular
from rushlight.ops.linalg.solvers import (
    _inv,
    check_matrices,
    check_square,
    infos_of,
    zero_pivot,
)
from rushlight.ops.op import in_dtype
from rushlight.ops.output import written
from rushlight.ops.reduction.extremes import amax, amin
from rushlight.ops.reduction.norms import _vector_norm
from rushlight.ops.reduction.sums import dims_argument, sum
from rushlight.ops.shapes import normalize_dim, numpy_names
from rushlight.tensor import wrap

__all__ = ["cdist", "dist"]


def vector_norm(
    x, ord=2, dim=None, keepdim=False, *, dtype=None, out=None, axis=None, keepdims=None
):
    """(sum of |x|**ord) ** (1 / ord), of all elements or along dimensions.

    >>> import rushlight as torch
    >>> torch.linalg.vector_norm(torch.tensor([3.0, 4.0]))
    tensor(5.)
    """
    if axis is not None or keepdims is not None:
        dim, keepdim = numpy_names(dim, keepdim, axis, keepdims)
    x = x if dtype is None else in_dtype(x, dtype)
    return _vector_norm(x, dims_argument(dim, x), keepdim, ord, out=out)


def matrix_norm(A, ord="fro", dim=(-2, -1), keepdim=False, *, dtype=None, out=None):
    """The norm of matrices: "fro", "nuc", or of the singular values, rows or columns.

    >>> import rushlight as torch
    >>> torch.linalg.matrix_norm(torch.diag(torch.tensor([3.0, 4.0])), 2)
    tensor(4.)
    """
    A = A if dtype is None else in_dtype(A, dtype)
    check_matrices("matrix_norm", A._array)
    if A._array.dtype.kind not in "fcV":
        raise RuntimeError(
            "linalg.matrix_norm: Expected a floating point or complex tensor as input. Got "
            f"{A.dtype.title}"
        )
    if ord not in ("fro", "nuc", 1, -1, 2, -2, math.inf, -math.inf):
        raise RuntimeError(f"linalg.matrix_norm: Order {ord} not supported.")
    rows, columns = (normalize_dim(d, A.ndim) for d in dim)
    if rows == columns:
        raise RuntimeError(f"linalg.matrix_norm: dims must be different. Got {tuple(dim)}")
    result = _matrix_norm(A, ord, rows, columns, keepdim)
    return written("linalg_matrix_norm", result, (A,), out)


def _matrix_norm(A, ord, rows, columns, keepdim):
    if ord == "fro":
        return _vector_norm(A, dim=(rows, columns), keepdim=keepdim, ord=2)
    if ord in ("nuc", 2, -2):
        values = svdvals(A.movedim((rows, columns), (-2, -1)))
        fold = {"nuc": sum, 2: amax, -2: amin}[ord]
        result = fold(values, -1)
    else:
        along = rows if ord in (1, -1) else columns
        other = columns if ord in (1, -1) else rows
        sums = sum(abs(A), along, keepdim=True)
        result = (amax if ord > 0 else amin)(sums, other, keepdim=True)
        result = result.squeeze((rows, columns))
    if not keepdim:
        return result
    first, second = sorted((rows, columns))
    return result.unsqueeze(first).unsqueeze(second)


def norm_of(A, ord=None, dim=None, keepdim=False, *, dtype=None, out=None):
    """The norm of vectors or matrices, as `dim` (or the number of dimensions) says."""
    if isinstance(dim, int):
        dim = (dim,)
    if dim is None and ord is not None and A.ndim not in (1, 2):
        raise RuntimeError(
            "linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got "
            f"{A.ndim}D."
        )
    matrix = isinstance(ord, str) or (
        ord is not None and (A.ndim if dim is None else len(dim)) == 2
    )
    if matrix:
        result = matrix_norm(A, ord, (-2, -1) if dim is None else dim, keepdim, dtype=dtype)
    else:
        result = vector_norm(A, 2 if ord is None else ord, dim, keepdim, dtype=dtype)
    return written("linalg_norm", result, (A,), out)


def cond(A, p=None, *, out=None):
    """The condition number: the norm times the norm of the inverse."""
    if A._array.ndim < 2:
        raise RuntimeError("linalg.cond: The input tensor must have at least 2 dimensions.")
    if p is None or p in (2, -2):
        values = svdvals(A)
        first, last = values[..., 0], values[..., -1]
        result = last / first if p == -2 else first / last
    elif p not in ("fro", "nuc", 1, -1, math.inf, -math.inf):
        raise RuntimeError(f"linalg.cond got an invalid norm type: {p}")
    else:
        check_square(f"cond(ord={p})", A._array)
        infos = infos_of(zero_pivot, A._array)
        regular, _ = made_regular(A, infos)
        product = matrix_norm(A, p) * matrix_norm(_inv(regular), p)
        result = where(wrap(infos != 0), math.inf, product)
    return written("linalg_cond", result, (A,), out)


def dist(input, other, p=2):
    """The norm of the difference of two tensors."""
    difference = input - other
    if difference.dtype.category < 2:
        raise RuntimeError(
            "norm(): input dtype should be either floating point or complex. Got "
            f"{difference.dtype.title} instead."
        )
    return _vector_norm(difference, dim=None, keepdim=False, ord=float(p), node="DistBackward0")


def cdist(x1, x2, p=2.0, compute_mode=None):
    """The distances between all rows of two stacks of matrices, by the p-norm.

    >>> import rushlight as torch
    >>> torch.cdist(torch.zeros(1, 2), torch.tensor([[3.0, 4.0]]))
    tensor([[5.]])
    """
    for name, x in (("X1", x1), ("X2", x2)):
        if x.ndim < 2:
            raise RuntimeError(f"cdist only supports at least 2D tensors, {name} got: {x.ndim}D")
        if x._array.dtype.kind != "f":
            raise RuntimeError(
                f"cdist only supports floating-point dtypes, {name} got: {x.dtype.title}"
            )
    if x1.shape[-1] != x2.shape[-1]:
        raise RuntimeError(
            f"X1 and X2 must have the same number of columns. X1: {x1.shape[-1]} X2: {x2.shape[-1]}"
        )
    if p < 0:
        raise RuntimeError("cdist only supports non-negative p values")
    differences = x1.unsqueeze(-2) - x2.unsqueeze(-3)
    last = (differences.ndim - 1,)
    return _vector_norm(differences, dim=last, keepdim=False, ord=float(p), node="CdistBackward0")
