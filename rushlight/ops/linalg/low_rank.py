"""Singular values and principal components by random projections (N. Halko, P. Martinsson and
J. Tropp, "Finding structure with randomness", 2009, algorithms 4.4 and 5.1)."""

from __future__ import annotations

from rushlight import dtypes
from rushlight.ops.creation.sample import randn
from rushlight.ops.elementwise.complex_numbers import conjugate
from rushlight.ops.linalg.decompositions import factor_qr, factor_svd
from rushlight.ops.linalg.matmul import matmul
from rushlight.ops.reduction.sums import mean

__all__ = ["pca_lowrank", "svd_lowrank"]


def _basis(A, q, niter):
    """Orthonormal columns that nearly span the columns of A."""
    dtype = A.dtype if A.dtype.category >= 2 else dtypes.get_default_dtype()
    Q = factor_qr(matmul(A, randn(A.shape[-1], q, dtype=dtype))).Q
    for _ in range(niter):
        Q = factor_qr(matmul(conjugate(A.mT), Q)).Q
        Q = factor_qr(matmul(A, Q)).Q
    return Q


def svd_lowrank(A, q=6, niter=2, M=None):
    """U, S and V of the nearly best approximation of A - M of rank `q`.

    Args:
        A: matrices (..., m, n).
        q: how many singular values.
        niter: how many iterations make them more exact.
        M: what is subtracted from A, by default nothing.

    Raises:
        RuntimeError: `q` exceeds the size of the matrices.

    >>> import rushlight as torch
    >>> U, S, V = torch.svd_lowrank(torch.diag(torch.tensor([5.0, 2.0, 0.0])), q=2)
    >>> S.round(decimals=3)
    tensor([5., 2.])
    """
    q = 6 if q is None else q
    if M is not None:
        A = A - M.broadcast_to(A.shape)
    wide = A.shape[-2] < A.shape[-1]
    if wide:
        A = conjugate(A.mT)
    Q = _basis(A, q, niter)
    U, S, Vh = factor_svd(matmul(conjugate(Q.mT), A), full_matrices=False)
    U, V = matmul(Q, U), conjugate(Vh.mT)
    return (V, S, U) if wide else (U, S, V)


def pca_lowrank(A, q=None, center=True, niter=2):
    """The principal components of the rows of A: `svd_lowrank` of A without its mean row."""
    m, n = A.shape[-2:]
    q = min(6, m, n) if q is None else q
    if not 0 <= q <= min(m, n):
        raise ValueError(
            f"q(={q}) must be non-negative integer and not greater than min(m, n)={min(m, n)}"
        )
    if niter < 0:
        raise ValueError(f"niter(={niter}) must be non-negative integer")
    if center:
        A = A - mean(A, -2, keepdim=True)
    return svd_lowrank(A, q, niter)
