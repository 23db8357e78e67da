"""The functions of `torch.linalg`, and those of the same purpose that PyTorch has in `torch`."""

from __future__ import annotations

import math

import numpy as np

from rushlight import dtypes
from rushlight.ops.creation.constants import zeros
from rushlight.ops.deprecated import deprecated
from rushlight.ops.elementwise.arithmetic import mul
from rushlight.ops.elementwise.complex_numbers import conjugate
from rushlight.ops.elementwise.unary import abs, log, where
from rushlight.ops.linalg.matmul import matmul
from rushlight.ops.linalg.solvers import (
    _cholesky,
    _cross,
    _det,
    _eig,
    _eigh,
    _inv,
    _LinAlgError,
    _matrix_exp,
    _pinv,
    _qr,
    _slogdet,
    _solve,
    _solve_triangular,
    _svd,
    check_floating,
    check_matrices,
    check_square,
    indefinite_minors,
    infos_of,
    refuse_indefinite,
    refuse_singular,
    zero_pivot,
)
from rushlight.ops.op import in_dtype, recorded_as
from rushlight.ops.output import write_out
from rushlight.ops.reduction.extremes import amax, amin
from rushlight.ops.reduction.norms import _vector_norm
from rushlight.ops.reduction.sums import dims_argument, sum
from rushlight.ops.refused import refuse
from rushlight.ops.return_types import named
from rushlight.ops.shape.join import cat, stack
from rushlight.ops.shape.parts import diagonal
from rushlight.ops.shapes import normalize_dim, numpy_names
from rushlight.ops.turned import stand_in
from rushlight.tensor import wrap

__all__ = [
    "cdist",
    "cholesky",
    "cholesky_inverse",
    "cholesky_solve",
    "cross",
    "det",
    "dist",
    "inverse",
    "logdet",
    "matrix_exp",
    "matrix_power",
    "pinverse",
    "qr",
    "slogdet",
    "svd",
    "trace",
    "triangular_solve",
    "vander",
]


def _written(name, result, args, out):
    return result if out is None else write_out(name, result, args, out)


# Inverses, determinants, equations ----------------------------------------------------------------


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
    return _written("linalg_slogdet", result, (A,), out)


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
    return _written("linalg_inv_ex", pair, (A,), out)


def _inv_where(A, infos):
    regular, nans = _regular(A, infos)
    return _inv(regular) + nans


def _regular(A, infos):
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
    return _written("linalg_solve", result, (A, B), out)


def solve_ex(A, B, *, left=True, check_errors=False, out=None):
    """X of A X = B, and for each matrix which pivot was zero (0: none; else X is nan)."""
    A = stand_in(A)
    check_square("solve", A._array)
    infos = infos_of(zero_pivot, A._array)
    if not infos.any() or check_errors:
        result = solve(A, B, left=left)
    else:
        regular, nans = _regular(A, infos)
        result = solve(regular, B, left=left) + (nans.squeeze(-1) if _is_vector(A, B) else nans)
    pair = named("linalg_solve_ex", "result", "info")((result, wrap(infos)))
    return _written("linalg_solve_ex", pair, (A, B), out)


def solve_triangular(A, B, *, upper, left=True, unitriangular=False, out=None):
    """X of A X = B (with `left=False`: of X A = B), where only one triangle of A is read."""
    if left:
        result = _solve_triangular(A, B, upper=upper, unitriangular=unitriangular)
    else:
        result = _solve_triangular(A.mT, B.mT, upper=not upper, unitriangular=unitriangular).mT
    return _written("linalg_solve_triangular", result, (A, B), out)


def triangular_solve(input, A, upper=True, transpose=False, unitriangular=False, *, out=None):
    """X of A X = input, and A."""
    deprecated("triangular_solve")
    matrix, upper = (A.mT, not upper) if transpose else (A, upper)
    solution = _solve_triangular(matrix, input, upper=upper, unitriangular=unitriangular)
    result = named("triangular_solve", "solution", "cloned_coefficient")((solution, A.clone()))
    return _written("triangular_solve", result, (input, A), out)


# Factorizations -----------------------------------------------------------------------------------


def factor_cholesky(A, *, upper=False, out=None):
    """L of A = L L^H, lower triangular (with `upper`, its adjoint).

    >>> import rushlight as torch
    >>> torch.linalg.cholesky(torch.tensor([[4.0, 2.0], [2.0, 2.0]]))
    tensor([[2., 0.],
            [1., 1.]])
    """
    return _written("linalg_cholesky", _cholesky_of(A, upper), (A,), out)


def _cholesky_of(A, upper):
    return conjugate(_cholesky(conjugate(A.mT)).mT) if upper else _cholesky(A)


def cholesky(input, upper=False, *, out=None):
    """L of A = L L^H, lower triangular (with `upper`, its adjoint)."""
    deprecated("cholesky")
    try:
        return _written("cholesky", _cholesky_of(input, upper), (input,), out)
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
        regular, nans = _regular(A, infos)
        result = factor_cholesky(regular, upper=upper) + nans
    pair = named("linalg_cholesky_ex", "L", "info")((result, wrap(infos)))
    return _written("linalg_cholesky_ex", pair, (A,), out)


def cholesky_solve(input, L, upper=False, *, out=None):
    """X of A X = input, where A = L L^H (with `upper`: L^H L)."""
    return _written("cholesky_solve", _solved_by_cholesky(input, L, upper), (input, L), out)


def _solved_by_cholesky(input, L, upper):
    lower = conjugate(L.mT) if upper else L
    middle = solve_triangular(lower, input, upper=False)
    return solve_triangular(conjugate(lower.mT), middle, upper=True)


def cholesky_inverse(L, upper=False, *, out=None):
    """The inverse of A = L L^H (with `upper`: L^H L)."""
    identity = wrap(np.eye(L.shape[-1], dtype=L._array.dtype))
    return _written("cholesky_inverse", _solved_by_cholesky(identity, L, upper), (L,), out)


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
    return _written("linalg_qr", named("linalg_qr", "Q", "R")(_qr_of(A, mode)), (A,), out)


def qr(input, some=True, *, out=None):
    """Q and R of A = Q R."""
    deprecated("qr")
    pair = named("qr", "Q", "R")(_qr_of(input, "reduced" if some else "complete"))
    return _written("qr", pair, (input,), out)


def eigh(A, UPLO="L", *, out=None):
    """Eigenvalues in ascending order and orthonormal eigenvectors of Hermitian matrices.

    >>> import rushlight as torch
    >>> torch.linalg.eigh(torch.diag(torch.tensor([2.0, 1.0]))).eigenvalues
    tensor([1., 2.])
    """
    if UPLO.upper() not in ("L", "U"):
        raise RuntimeError(f"Expected UPLO argument to be 'L' or 'U', but got {UPLO}")
    pair = named("linalg_eigh", "eigenvalues", "eigenvectors")(_eigh(A, UPLO=UPLO.upper()))
    return _written("linalg_eigh", pair, (A,), out)


def eigvalsh(A, UPLO="L", *, out=None):
    """Eigenvalues of Hermitian matrices, in ascending order."""
    return _written("linalg_eigvalsh", eigh(A, UPLO)[0], (A,), out)


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
    return _written("linalg_eig", pair, (A,), out)


def eigvals(A, *, out=None):
    """Eigenvalues of square matrices, complex numbers."""
    return _written("linalg_eigvals", _eig_of("eigvals", A)[0], (A,), out)


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
    return _written("linalg_svd", result, (A,), out)


def svdvals(A, *, driver=None, out=None):
    """The singular values, in descending order."""
    return _written("linalg_svdvals", _svd_of(A)[1], (A,), out)


def svd(input, some=True, compute_uv=True, *, out=None):
    """U, S and V of A = U diag(S) V^H."""
    u, s, vh = _svd_of(input, not some)
    v = conjugate(vh.mT)
    if not compute_uv:
        u, v = (zeros(*x.shape, dtype=x.dtype) for x in (u, v))
    return _written("svd", named("svd", "U", "S", "V")((u, s, v)), (input,), out)


# Ranks, pseudoinverses, least squares -------------------------------------------------------------


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
    return _written("linalg_matrix_rank", wrap(np.asarray((values > limit).sum(-1))), (A,), out)


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
        return _written("linalg_pinv", _hermitian_pinv(A, absolute, relative), (A,), out)
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
    return _written("linalg_lstsq", named("linalg_lstsq", *names)(entries), (A, B), out)


# Norms --------------------------------------------------------------------------------------------


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
    return _written("linalg_matrix_norm", result, (A,), out)


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
    return _written("linalg_norm", result, (A,), out)


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
        regular, _ = _regular(A, infos)
        product = matrix_norm(A, p) * matrix_norm(_inv(regular), p)
        result = where(wrap(infos != 0), math.inf, product)
    return _written("linalg_cond", result, (A,), out)


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


# Products -----------------------------------------------------------------------------------------


def trace(input):
    """The sum of the diagonal of a matrix.

    >>> import rushlight as torch
    >>> torch.trace(torch.eye(3))
    tensor(3.)
    """
    if input._array.ndim != 2:
        raise RuntimeError(f"trace: expected a matrix, but got tensor with dim {input._array.ndim}")
    if input._array.dtype.kind == "b":
        raise NotImplementedError("\"trace\" not implemented for 'Bool'")
    return recorded_as(sum(diagonal(input)), "TraceBackward0")


def matrix_power(A, n, *, out=None):
    """The product of n copies of square matrices; of their inverse, for negative n."""
    if not isinstance(n, int):
        raise TypeError(
            f"linalg_matrix_power(): argument 'n' (position 2) must be int, not {type(n).__name__}"
        )
    check_square("matrix_power", A._array, floating=False)
    if n < 0:
        A, n = _inv(A), -n
    result = None if n else wrap(_identities(A._array))
    while n:
        if n % 2:
            result = A if result is None else matmul(result, A)
        n //= 2
        A = matmul(A, A) if n else A
    return _written("matrix_power", result, (A,), out)


def _identities(array):
    return np.broadcast_to(np.eye(array.shape[-1], dtype=array.dtype), array.shape).copy()


def matrix_exp(input):
    """The exponential of square matrices, the sum of A**k / k!.

    >>> import rushlight as torch
    >>> torch.linalg.matrix_exp(torch.zeros(2, 2))
    tensor([[1., 0.],
            [0., 1.]])
    """
    return _matrix_exp(input)


def multi_dot(tensors, *, out=None):
    """The product of several matrices, in the order that takes the fewest multiplications."""
    tensors = list(tensors)
    count = len(tensors)
    if count < 2:
        raise RuntimeError(f"multi_dot(): expected at least 2 tensors but got {count}")
    for i, x in enumerate(tensors[1:-1], 1):
        if x.ndim != 2:
            raise RuntimeError(f"multi_dot(): tensor {i} must be 2D but got {x.ndim}D")
    row, column = tensors[0].ndim == 1, tensors[-1].ndim == 1
    matrices = [tensors[0].unsqueeze(0) if row else tensors[0], *tensors[1:-1]]
    matrices.append(tensors[-1].unsqueeze(1) if column else tensors[-1])
    for i in range(count - 1):
        one, two = matrices[i : i + 2]
        if one.shape[1] != two.shape[0]:
            raise RuntimeError(
                f"multi_dot(): tensors {i} and {i + 1} with shapes {list(one.shape)} and "
                f"{list(two.shape)} cannot be multiplied"
            )
    result = _multiplied(matrices, _best_splits(matrices), 0, count - 1)
    if count > 2:
        recorded_as(result, "ViewBackward0")
    result = result.squeeze(1) if column else result
    result = result.squeeze(0) if row else result
    return _written("linalg_multi_dot", result, tensors, out)


def _best_splits(matrices):
    """Where to split each part of the chain (T. Cormen et al., section 15.2)."""
    sizes = [matrices[0].shape[0], *(x.shape[1] for x in matrices)]
    count, cost, split = len(matrices), {}, {}
    for length in range(count):
        for i in range(count - length):
            j = i + length
            cost[i, j], split[i, j] = min(
                (
                    (cost[i, k] + cost[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1], k)
                    for k in range(i, j)
                ),
                default=(0, i),
            )
    return split


def _multiplied(matrices, split, i, j):
    if i == j:
        return matrices[i]
    k = split[i, j]
    return matmul(_multiplied(matrices, split, i, k), _multiplied(matrices, split, k + 1, j))


def cross_of_vectors(input, other, *, dim=-1, out=None):
    """The cross products of vectors of length 3.

    >>> import rushlight as torch
    >>> torch.linalg.cross(torch.tensor([1.0, 0.0, 0.0]), torch.tensor([0.0, 1.0, 0.0]))
    tensor([0., 0., 1.])
    """
    if input.ndim != other.ndim:
        raise RuntimeError("linalg.cross: inputs must have the same number of dimensions.")
    axis = normalize_dim(dim, input.ndim)
    if input.shape[axis] != 3 or other.shape[axis] != 3:
        raise RuntimeError(
            f"linalg.cross: inputs dimension {dim} must have length 3. Got {input.shape[axis]} "
            f"and {other.shape[axis]}"
        )
    refuse("b", "cross", input)
    shape = np.broadcast_shapes(tuple(input.shape), tuple(other.shape))
    dtype = dtypes.promote_types(input.dtype, other.dtype)
    left, right = (in_dtype(x, dtype).expand(shape) for x in (input, other))
    return _cross(left, right, dim=axis, out=out)


def cross(input, other, dim=None, *, out=None):
    """The cross products of vectors of length 3, in the first dimension that has it."""
    if dim is None:
        found = [d for d, size in enumerate(input.shape) if size == 3]
        if not found:
            raise RuntimeError("no dimension of size 3 in input")
        dim = found[0]
        deprecated("cross")
    return cross_of_vectors(input, other, dim=dim, out=out)


def vecdot(x, y, *, dim=-1, out=None):
    """The products of vectors, the first conjugated, summed along a dimension."""
    return _written("linalg_vecdot", sum(mul(conjugate(x), y), dim), (x, y), out)


def diagonal_of_matrices(A, *, offset=0, dim1=-2, dim2=-1):
    """The diagonal of matrices."""
    return diagonal(A, offset, dim1, dim2)


def powers(x, N=None):
    """The matrix of x**0, x**1, ..., in its last dimension (Vandermonde's)."""
    if N is None:
        N = x.shape[-1] if x.ndim else 1
    x = x if x.ndim else x.reshape(1)
    if N <= 1:
        raise RuntimeError("N must be greater than 1.")
    columns = [x * 0 + 1]
    for _ in range(N - 1):
        columns.append(columns[-1] * x)
    return stack(columns, -1)


def vander(x, N=None, increasing=False):
    """The matrix of the powers of a vector, the highest first unless `increasing`."""
    if x.ndim != 1:
        raise RuntimeError("x must be a one-dimensional tensor.")
    N = x.shape[0] if N is None else N
    if N < 0:
        raise RuntimeError("N must be non-negative.")
    columns = powers(x, max(N, 2))[..., :N]
    if x.dtype.category < 2:
        columns = columns.long()
    return columns if increasing else columns.flip(-1)


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
    return _written("tensorinv", result, (A,), out)


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
    return _written("tensorsolve", result, (A, B), out)
