"""Inverses and determinants of matrices, and the solutions of square systems of equations."""

from __future__ import annotations

import math

import numpy as np

from rushlight import dtypes
from rushlight.ops.deprecated import deprecated
from rushlight.ops.elementwise.unary import log, where
from rushlight.ops.linalg.solvers import (
    _det,
    _inv,
    _slogdet,
    _solve,
    _solve_triangular,
    check_square,
    infos_of,
    refuse_singular,
    zero_pivot,
)
from rushlight.ops.output import written
from rushlight.ops.return_types import named
from rushlight.ops.turned import stand_in
from rushlight.tensor import wrap

__all__ = ["det", "inverse", "logdet", "slogdet", "triangular_solve"]


def inverse(A, *, out=None):
    """The inverse of square matrices; LinAlgError where one is singular.

    >>> import rushlight as torch
    >>> torch.linalg.inv(torch.tensor([[2.0, 0.0], [0.0, 4.0]]))
    tensor([[0.5000, 0.0000],
            [0.0000, 0.2500]])
    """
    return _inv(A, out=out)


def det(A, *, out=None):
    """The determinant of square matrices.

    >>> import rushlight as torch
    >>> torch.linalg.det(torch.tensor([[2.0, 0.0], [0.0, 4.0]]))
    tensor(8.)
    """
    return _det(A, out=out)


def log_determinant(A, *, out=None):
    """The sign of the determinant, and the logarithm of its absolute value."""
    result = named("linalg_slogdet", "sign", "logabsdet")(_slogdet(A))
    return written("linalg_slogdet", result, (A,), out)


def slogdet(input):
    """The sign of the determinant, and the logarithm of its absolute value."""
    return named("slogdet", "sign", "logabsdet")(_slogdet(input))


def logdet(input):
    """The logarithm of the determinant; nan where it is negative."""
    if input._array.dtype.kind not in "fc":
        raise RuntimeError(
            "logdet: Expected a floating point or complex tensor as input. Got "
            f"{dtypes.of(input._array).title}"
        )
    sign, logabsdet = _slogdet(input)
    return log(sign) + logabsdet


def inv_ex(A, *, check_errors=False, out=None):
    """The inverse, and for each matrix which pivot was zero (0: none; else the inverse is nan)."""
    A = stand_in(A)
    check_square("inv", A._array)
    infos = infos_of(zero_pivot, A._array)
    if infos.any() and check_errors:
        refuse_singular("inv_ex", infos)
    result = _inv(A) if not infos.any() else _inv_where(A, infos)
    pair = named("linalg_inv_ex", "inverse", "info")((result, wrap(infos)))
    return written("linalg_inv_ex", pair, (A,), out)


def _inv_where(A, infos):
    regular, nans = made_regular(A, infos)
    return _inv(regular) + nans


def made_regular(A, infos):
    nans = wrap(np.where(infos, np.nan, 0.0).astype(A._array.real.dtype)[..., None, None])
    identity = wrap(np.eye(A.shape[-1], dtype=A._array.dtype))
    return where(wrap(infos[..., None, None] == 0), A, identity), nans


def _is_vector(A, B):
    """Whether B is a vector for each matrix, not a matrix."""
    return B.ndim == 1 or (A.ndim - 1 == B.ndim and tuple(B.shape) == tuple(A.shape[:-1]))


def solve(A, B, *, left=True, out=None):
    """X of A X = B (with `left=False`: of X A = B); B may be vectors or matrices.

    >>> import rushlight as torch
    >>> torch.linalg.solve(torch.tensor([[2.0, 0.0], [0.0, 4.0]]), torch.tensor([2.0, 2.0]))
    tensor([1.0000, 0.5000])
    """
    if A._array.ndim >= 2 and _is_vector(A, B):
        result = _solve(A, B.unsqueeze(-1)).squeeze(-1)
    else:
        result = _solve(A, B) if left else _solve(A.mT, B.mT).mT
    return written("linalg_solve", result, (A, B), out)


def solve_ex(A, B, *, left=True, check_errors=False, out=None):
    """X of A X = B, and for each matrix which pivot was zero (0: none; else X is nan)."""
    A = stand_in(A)
    check_square("solve", A._array)
    infos = infos_of(zero_pivot, A._array)
    if not infos.any() or check_errors:
        result = solve(A, B, left=left)
    else:
        regular, nans = made_regular(A, infos)
        result = solve(regular, B, left=left) + (nans.squeeze(-1) if _is_vector(A, B) else nans)
    pair = named("linalg_solve_ex", "result", "info")((result, wrap(infos)))
    return written("linalg_solve_ex", pair, (A, B), out)


def solve_triangular(A, B, *, upper, left=True, unitriangular=False, out=None):
    """X of A X = B (with `left=False`: of X A = B), where only one triangle of A is read."""
    if left:
        result = _solve_triangular(A, B, upper=upper, unitriangular=unitriangular)
    else:
        result = _solve_triangular(A.mT, B.mT, upper=not upper, unitriangular=unitriangular).mT
    return written("linalg_solve_triangular", result, (A, B), out)


def triangular_solve(input, A, upper=True, transpose=False, unitriangular=False, *, out=None):
    """X of A X = input, and A."""
    deprecated("triangular_solve")
    matrix, upper = (A.mT, not upper) if transpose else (A, upper)
    solution = _solve_triangular(matrix, input, upper=upper, unitriangular=unitriangular)
    result = named("triangular_solve", "solution", "cloned_coefficient")((solution, A.clone()))
    return written("triangular_solve", result, (input, A), out)


def tensorinv(A, ind=2, *, out=None):
    """The inverse of A as a map of tensors: of the last dimensions to the first `ind`."""
    if ind <= 0:
        raise RuntimeError(f"Expected a strictly positive integer for 'ind', but got {ind}")
    first, last = tuple(A.shape[:ind]), tuple(A.shape[ind:])
    rows, columns = math.prod(first), math.prod(last)
    if rows != columns:
        raise RuntimeError(
            "Expected self to satisfy the requirement prod(self.shape[ind:]) == "
            f"prod(self.shape[:ind]), but got {columns} != {rows}"
        )
    result = _inv(A.reshape(rows, columns)).reshape(last + first)
    return written("tensorinv", result, (A,), out)


def tensorsolve(A, B, dims=None, *, out=None):
    """X of tensordot(A, X, X.ndim) = B."""
    if dims is not None:
        A = A.movedim(tuple(dims), tuple(range(A.ndim - len(dims), A.ndim)))
    shape = tuple(A.shape[B.ndim :])
    rows, columns = math.prod(A.shape[: B.ndim]), math.prod(shape)
    if rows != columns:
        raise RuntimeError(
            "Expected self to satisfy the requirement prod(self.shape[other.ndim:]) == "
            f"prod(self.shape[:other.ndim]), but got {columns} != {rows}"
        )
    result = solve(A.reshape(rows, columns), B.reshape(rows)).reshape(shape)
    return written("tensorsolve", result, (A, B), out)
