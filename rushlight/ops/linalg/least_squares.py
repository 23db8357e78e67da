"""Ranks, pseudoinverses and least squares, with tolerances for what counts as zero."""

from __future__ import annotations

import numpy as np

from rushlight import dtypes
from rushlight.ops.creation.constants import zeros
from rushlight.ops.elementwise.complex_numbers import conjugate
from rushlight.ops.elementwise.unary import abs, where
from rushlight.ops.linalg.decompositions import svdvals
from rushlight.ops.linalg.matmul import matmul
from rushlight.ops.linalg.solvers import (
    _eigh,
    _pinv,
    check_matrices,
)
from rushlight.ops.output import written
from rushlight.ops.reduction.sums import sum
from rushlight.ops.return_types import named
from rushlight.ops.turned import stand_in
from rushlight.tensor import wrap

__all__ = ["pinverse"]


def _tolerances(A, atol, rtol):
    """The absolute and the relative tolerance, as arrays."""
    if rtol is None:
        eps = np.finfo(A._array.dtype).eps
        absolute = getattr(atol, "_array", atol)
        rtol = 0.0 if absolute is not None and np.any(absolute) else eps * max(A.shape[-2:])
    return tuple(np.asarray(getattr(x, "_array", x)) for x in (atol or 0.0, rtol))


def matrix_rank(A, *, atol=None, rtol=None, tol=None, hermitian=False, out=None):
    """How many singular values exceed max(atol, rtol * the largest)."""
    A = stand_in(A)
    check_matrices("matrix_rank", A._array, "input")
    if A._array.dtype.char not in "fdFD":
        raise RuntimeError("This function doesn't handle types other than float and double")
    values = np.linalg.svd(A._array, compute_uv=False)
    absolute, relative = _tolerances(A, atol if tol is None else tol, rtol)
    if tol is not None:
        relative = np.asarray(0.0)
    limit = np.maximum(absolute[..., None], relative[..., None] * values[..., :1])
    return written("linalg_matrix_rank", wrap(np.asarray((values > limit).sum(-1))), (A,), out)


def pinv(A, rcond=None, hermitian=False, *, atol=None, rtol=None, out=None):
    """The pseudoinverse, without singular values up to max(atol, rtol * the largest)."""
    if A._array.dtype.char not in "fdFD" or A._array.ndim < 2:
        kind = f"{A.dtype.title}{{{list(A.shape)}}}"
        raise RuntimeError(
            f"linalg.pinv({kind}): expected a tensor with 2 or more dimensions of float, double, "
            "cfloat or cdouble types"
        )
    absolute, relative = _tolerances(A, atol, rtol if rcond is None else rcond)
    if hermitian:
        return written("linalg_pinv", _hermitian_pinv(A, absolute, relative), (A,), out)
    return _pinv(A, atol=absolute, rtol=relative, out=out)


def _hermitian_pinv(A, atol, rtol):
    """The pseudoinverse by eigenvalues, where only the lower triangle is read."""
    values, vectors = _eigh(A, UPLO="L")
    sizes = np.abs(values._array)
    largest = sizes.max(-1, keepdims=True, initial=0)
    kept = wrap(sizes > np.maximum(atol[..., None], rtol[..., None] * largest))
    inverse = where(kept, 1 / where(kept, values, 1.0), 0.0)
    return matmul(vectors * inverse.unsqueeze(-2), conjugate(vectors.mT))


def pinverse(input, rcond=1e-15):
    """The pseudoinverse."""
    return pinv(input, rtol=rcond)


def lstsq(A, B, rcond=None, *, driver=None, out=None):
    """X that minimizes |A X - B|, of minimal norm: pinv(A) B."""
    if A._array.ndim < 2:
        raise RuntimeError("torch.linalg.lstsq: input must have at least 2 dimensions.")
    if A._array.dtype.char not in "fdFD":
        raise RuntimeError("This function doesn't handle types other than float and double")
    vector = A.ndim - 1 == B.ndim and tuple(B.shape) == tuple(A.shape[:-1])
    right = B.unsqueeze(-1) if vector else B
    if right.ndim < 2 or A.shape[-2] != right.shape[-2]:
        what = "other.size(-1)" if B.ndim < A.ndim else "other.size(-2)"
        raise RuntimeError(f"torch.linalg.lstsq: input.size(-2) should match {what}")
    if driver not in (None, "gels", "gelsy", "gelsd", "gelss"):
        raise RuntimeError(
            "torch.linalg.lstsq: parameter `driver` should be one of (gels, gelsy, gelsd, gelss)"
        )
    solution = matmul(pinv(A, rtol=rcond), right)
    rank = matrix_rank(A, rtol=rcond)
    residuals = empty = zeros(0, dtype=A.dtype.to_real())
    overdetermined = A.shape[-2] > A.shape[-1] and bool((rank == A.shape[-1]).all())
    if driver in ("gels", "gelsd", "gelss") and overdetermined:
        residuals = sum(abs(matmul(A, solution) - right) ** 2, -2)
    values = svdvals(A) if driver in ("gelsd", "gelss") else empty
    rank = zeros(0, dtype=dtypes.int64) if driver == "gels" else rank
    entries = solution.squeeze(-1) if vector else solution, residuals, rank, values
    names = "solution", "residuals", "rank", "singular_values"
    return written("linalg_lstsq", named("linalg_lstsq", *names)(entries), (A, B), out)
