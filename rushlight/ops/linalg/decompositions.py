"""Matrices as products: Cholesky, QR, eigenvalues, singular values."""

from __future__ import annotations

import numpy as np

from rushlight.ops.creation.constants import zeros
from rushlight.ops.deprecated import deprecated
from rushlight.ops.elementwise.complex_numbers import conjugate
from rushlight.ops.linalg.inverses import made_regular, solve_triangular
from rushlight.ops.linalg.matmul import matmul
from rushlight.ops.linalg.solvers import (
    _cholesky,
    _eig,
    _eigh,
    _LinAlgError,
    _qr,
    _svd,
    check_floating,
    check_matrices,
    check_square,
    indefinite_minors,
    refuse_indefinite,
)
from rushlight.ops.op import in_dtype
from rushlight.ops.output import written
from rushlight.ops.return_types import named
from rushlight.ops.shape.join import cat
from rushlight.ops.turned import stand_in
from rushlight.tensor import wrap

__all__ = ["cholesky", "cholesky_inverse", "cholesky_solve", "qr", "svd"]


def factor_cholesky(A, *, upper=False, out=None):
    """L of A = L L^H, lower triangular (with `upper`, its adjoint).

    >>> import rushlight as torch
    >>> torch.linalg.cholesky(torch.tensor([[4.0, 2.0], [2.0, 2.0]]))
    tensor([[2., 0.],
            [1., 1.]])
    """
    return written("linalg_cholesky", _cholesky_of(A, upper), (A,), out)


def _cholesky_of(A, upper):
    return conjugate(_cholesky(conjugate(A.mT)).mT) if upper else _cholesky(A)


def cholesky(input, upper=False, *, out=None):
    """L of A = L L^H, lower triangular (with `upper`, its adjoint)."""
    deprecated("cholesky")
    try:
        return written("cholesky", _cholesky_of(input, upper), (input,), out)
    except _LinAlgError as error:
        raise _LinAlgError(str(error).removeprefix("linalg.")) from None


def cholesky_ex(A, *, upper=False, check_errors=False, out=None):
    """L of A = L L^H, and for each matrix the order of the leading minor that failed (0: none).

    Of a matrix that failed, all of L is nan.
    """
    A = stand_in(A)
    check_square("cholesky", A._array)
    infos = indefinite_minors(A._array if not upper else np.conj(np.swapaxes(A._array, -1, -2)))
    if not infos.any():
        result = factor_cholesky(A, upper=upper)
    elif check_errors:
        refuse_indefinite("linalg.cholesky_ex", infos)
    else:
        regular, nans = made_regular(A, infos)
        result = factor_cholesky(regular, upper=upper) + nans
    pair = named("linalg_cholesky_ex", "L", "info")((result, wrap(infos)))
    return written("linalg_cholesky_ex", pair, (A,), out)


def cholesky_solve(input, L, upper=False, *, out=None):
    """X of A X = input, where A = L L^H (with `upper`: L^H L)."""
    return written("cholesky_solve", _solved_by_cholesky(input, L, upper), (input, L), out)


def _solved_by_cholesky(input, L, upper):
    lower = conjugate(L.mT) if upper else L
    middle = solve_triangular(lower, input, upper=False)
    return solve_triangular(conjugate(lower.mT), middle, upper=True)


def cholesky_inverse(L, upper=False, *, out=None):
    """The inverse of A = L L^H (with `upper`: L^H L)."""
    identity = wrap(np.eye(L.shape[-1], dtype=L._array.dtype))
    return written("cholesky_inverse", _solved_by_cholesky(identity, L, upper), (L,), out)


def _qr_of(A, mode):
    check_matrices("qr", A._array)
    check_floating("qr", A._array)
    if mode not in ("reduced", "r", "complete"):
        raise RuntimeError(
            f"qr received unrecognized mode '{mode}' but expected one of 'reduced' (default), "
            "'r', or 'complete'"
        )
    rows, columns = A.shape[-2:]
    if rows < columns:
        q, r = _qr(A[..., :rows])
        r = cat([r, matmul(conjugate(q.mT), A[..., rows:])], -1)
    elif mode == "complete" and rows > columns:
        if A.requires_grad:
            raise RuntimeError(
                "The QR decomposition is not differentiable when mode='complete' and nrows > ncols."
            )
        q, r = map(wrap, np.linalg.qr(A._array, "complete"))
    else:
        q, r = _qr(A)
    return (zeros(0, dtype=A.dtype) if mode == "r" else q), r


def factor_qr(A, mode="reduced", *, out=None):
    """Q and R of A = Q R: Q has orthonormal columns, R is upper triangular.

    >>> import rushlight as torch
    >>> q, r = torch.linalg.qr(torch.tensor([[3.0, 1.0], [4.0, 2.0]]))
    >>> torch.allclose(q @ r, torch.tensor([[3.0, 1.0], [4.0, 2.0]]))
    True
    """
    return written("linalg_qr", named("linalg_qr", "Q", "R")(_qr_of(A, mode)), (A,), out)


def qr(input, some=True, *, out=None):
    """Q and R of A = Q R."""
    deprecated("qr")
    pair = named("qr", "Q", "R")(_qr_of(input, "reduced" if some else "complete"))
    return written("qr", pair, (input,), out)


def eigh(A, UPLO="L", *, out=None):
    """Eigenvalues in ascending order and orthonormal eigenvectors of Hermitian matrices.

    >>> import rushlight as torch
    >>> torch.linalg.eigh(torch.diag(torch.tensor([2.0, 1.0]))).eigenvalues
    tensor([1., 2.])
    """
    if UPLO.upper() not in ("L", "U"):
        raise RuntimeError(f"Expected UPLO argument to be 'L' or 'U', but got {UPLO}")
    pair = named("linalg_eigh", "eigenvalues", "eigenvectors")(_eigh(A, UPLO=UPLO.upper()))
    return written("linalg_eigh", pair, (A,), out)


def eigvalsh(A, UPLO="L", *, out=None):
    """Eigenvalues of Hermitian matrices, in ascending order."""
    return written("linalg_eigvalsh", eigh(A, UPLO)[0], (A,), out)


def _eig_of(name, A):
    A = stand_in(A)
    check_square(name, A._array, floating=False)
    if A._array.dtype.char not in "fdFD":
        raise RuntimeError(f"Unknown Complex ScalarType for {A.dtype.title}")
    if not np.isfinite(A._array).all():
        raise RuntimeError("torch.linalg.eig: input tensor should not contain infs or NaNs.")
    return _eig(in_dtype(A, A.dtype.to_complex()))


def eig(A, *, out=None):
    """Eigenvalues and eigenvectors of square matrices, complex numbers."""
    pair = named("linalg_eig", "eigenvalues", "eigenvectors")(_eig_of("eig", A))
    return written("linalg_eig", pair, (A,), out)


def eigvals(A, *, out=None):
    """Eigenvalues of square matrices, complex numbers."""
    return written("linalg_eigvals", _eig_of("eigvals", A)[0], (A,), out)


def _svd_of(A, full_matrices=False):
    check_matrices("svd", A._array)
    check_floating("svd", A._array)
    return _svd(A, full_matrices=full_matrices)


def factor_svd(A, full_matrices=True, *, driver=None, out=None):
    """U, S and Vh of A = U diag(S) Vh: the singular values and vectors.

    >>> import rushlight as torch
    >>> torch.linalg.svd(torch.diag(torch.tensor([3.0, 4.0]))).S
    tensor([4., 3.])
    """
    result = named("linalg_svd", "U", "S", "Vh")(_svd_of(A, full_matrices))
    return written("linalg_svd", result, (A,), out)


def svdvals(A, *, driver=None, out=None):
    """The singular values, in descending order."""
    return written("linalg_svdvals", _svd_of(A)[1], (A,), out)


def svd(input, some=True, compute_uv=True, *, out=None):
    """U, S and V of A = U diag(S) V^H."""
    u, s, vh = _svd_of(input, not some)
    v = conjugate(vh.mT)
    if not compute_uv:
        u, v = (zeros(*x.shape, dtype=x.dtype) for x in (u, v))
    return written("svd", named("svd", "U", "S", "V")((u, s, v)), (input,), out)
