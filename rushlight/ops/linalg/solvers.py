"""Linear algebra: inverses, determinants, equations and factorizations of stacked matrices.

The derivatives are those of M. Giles, "An extended collection of matrix derivative results for
forward and reverse mode algorithmic differentiation" (2008), of the singular value decomposition
those of J. Townsend, "Differentiating the singular value decomposition" (2016), of the
pseudoinverse those of G. Golub and V. Pereyra (1973).
"""

from __future__ import annotations

import numpy as np

from rushlight import dtypes
from rushlight.ops.elementwise.complex_numbers import _conj
from rushlight.ops.elementwise.unary import where
from rushlight.ops.fast import sum_to
from rushlight.ops.linalg.matmul import _by, _matmul, flipped
from rushlight.ops.op import opaque
from rushlight.ops.reduction.sums import _sum
from rushlight.ops.refused import refuse
from rushlight.ops.shape.parts import _diagonal
from rushlight.ops.shape.rearrange import _diag_embed, tril, triu
from rushlight.ops.shape.views import _unsqueeze
from rushlight.ops.shapes import ordered

__all__: list[str] = []


class _LinAlgError(RuntimeError):
    """A matrix that has no inverse, or no such factorization."""

    __module__ = "torch._C"


# What matrices are refused ------------------------------------------------------------------------


def check_floating(name, array):
    """Refuse what isn't of a floating point dtype that NumPy's LAPACK computes in."""
    if array.dtype.kind not in "fcV":
        raise RuntimeError(
            f"linalg.{name}: Expected a floating point or complex tensor as input. Got "
            f"{dtypes.of(array).title}"
        )
    if array.dtype.char not in "fdFD":
        raise RuntimeError(
            f"linalg.{name}: Low precision dtypes not supported. Got {dtypes.of(array).title}"
        )


def check_matrices(name, array, argument="A"):
    """Refuse what has less than two dimensions."""
    if array.ndim < 2:
        raise RuntimeError(
            f"linalg.{name}: The input tensor {argument} must have at least 2 dimensions."
        )


def check_square(name, array, floating=True):
    """Refuse what isn't a stack of square matrices."""
    check_matrices(name, array)
    if array.shape[-1] != array.shape[-2]:
        raise RuntimeError(
            f"linalg.{name}: A must be batches of square matrices, but they are "
            f"{array.shape[-2]} by {array.shape[-1]} matrices"
        )
    if floating:
        check_floating(name, array)


def zero_pivot(matrix):
    """The number of the first pivot of Gaussian elimination that is zero; 0 if none is."""
    left = np.array(matrix)
    for k in range(len(left)):
        best = k + int(np.argmax(np.abs(left[k:, k])))
        left[[k, best]] = left[[best, k]]
        if left[k, k] == 0:
            return k + 1
        left[k + 1 :, k:] -= np.outer(left[k + 1 :, k] / left[k, k], left[k, k:])
    return 0


def infos_of(find, array):
    """`find` of each matrix of a stack, as int32."""
    count = array.shape[:-2]
    found = [find(array[index]) for index in np.ndindex(*count)]
    return np.array(found, np.int32).reshape(count)


def failed_at(infos):
    """ "(Batch element 2): " and the info of the first matrix that failed."""
    index = int(np.flatnonzero(infos)[0])
    return (f"(Batch element {index}): " if infos.ndim else ""), int(infos.ravel()[index])


def refuse_singular(name, infos):
    """Say which pivot was zero."""
    place, info = failed_at(infos)
    raise _LinAlgError(
        f"linalg.{name}: {place}The diagonal element {info} is zero, the inversion could not be "
        "completed because the input matrix is singular."
    )


def refuse_indefinite(name, infos):
    """Say which leading minor was not positive-definite."""
    place, info = failed_at(infos)
    raise _LinAlgError(
        f"{name}: {place}The factorization could not be completed because the input is not "
        f"positive-definite (the leading minor of order {info} is not positive-definite)."
    )


# What the rules are made of -----------------------------------------------------------------------


def _adjoint(x):
    """The conjugate transposes."""
    return _conj(flipped(x))


def _column(x):
    return _unsqueeze(x, dim=len(x.shape))


def _row(x):
    return _unsqueeze(x, dim=len(x.shape) - 1)


def _pair(x):
    """A number for each matrix, as a 1 by 1 matrix."""
    return _column(_column(x))


def _on_diagonal(x):
    return _diag_embed(x, offset=0, dim1=len(x.shape) - 1, dim2=len(x.shape))


def _diagonal_of(x):
    return _diagonal(x, offset=0, dim1=len(x.shape) - 2, dim2=len(x.shape) - 1)


def _off_diagonal(x):
    return tril(x, diagonal=-1) + triu(x, diagonal=1)


def _inverse_gaps(values):
    """1 / (values[j] - values[i]), and 0 on the diagonal."""
    gaps = _row(values) - _column(values)
    ones = _on_diagonal(values * 0 + 1)
    return _off_diagonal(1 / (gaps + ones))


# Inverses, determinants, equations ----------------------------------------------------------------


def _invert(input):
    check_square("inv", input)
    try:
        return np.linalg.inv(input)
    except np.linalg.LinAlgError:
        infos = infos_of(zero_pivot, input)
        if not infos.any():
            raise
        refuse_singular("inv", infos)


@opaque(
    node="LinalgInvExBackward0",
    title="linalg_inv",
    d_input=lambda g, out: -_matmul(_matmul(flipped(out), g), flipped(out)),
)
def _inv(input):
    """The inverses."""
    return _invert(input)


@opaque(
    node="LinalgDetBackward0",
    title="linalg_det",
    d_input=lambda g, input: _pair(g) * _cofactors(input),
)
def _det(input):
    """The determinants."""
    check_square("det", input)
    return np.linalg.det(input)


def _cofactor_slope(g, input):
    """Of det(A) inv(A)^T, where A is regular."""
    inverse = flipped(_inv(input))
    trace = _sum(g * inverse, dim=(-2, -1), keepdim=True)
    products = _matmul(_matmul(inverse, flipped(g)), inverse)
    return _pair(_det(input)) * (trace * inverse - products)


@opaque(d_input=lambda g, input: _cofactor_slope(g, input))
def _cofactors(input):
    """det(A) inv(A)^T: from the singular values, so that singular matrices have it too."""
    u, s, vh = np.linalg.svd(input)
    n = s.shape[-1]
    others = np.where(np.eye(n, dtype=bool), s.dtype.type(1), s[..., None, :]).prod(-1)
    sign = np.linalg.det(u) * np.linalg.det(vh)
    return sign[..., None, None] * np.conj((u * others[..., None, :]) @ vh)


def _slogdet_slope(g_sign, g_logabsdet, input, sign):
    """The sign of a real matrix is constant; that of a complex one turns."""
    turned = _conj(g_sign) * sign
    return _pair(g_logabsdet - (turned - _conj(turned)) / 2) * _adjoint(_inv(input))


@opaque(
    node="LinalgSlogdetBackward0",
    outputs=("sign", "logabsdet"),
    holomorphic=False,
    takes_out=False,
    d_input=lambda g_sign, g_logabsdet, input, sign: _slogdet_slope(
        g_sign, g_logabsdet, input, sign
    ),
)
def _slogdet(input):
    """The sign of the determinants, and the logarithm of their absolute values."""
    check_square("slogdet", input)
    return tuple(np.linalg.slogdet(input))


def _check_solve(name, input, other):
    check_square(name, input)
    if input.dtype != other.dtype:
        raise RuntimeError(
            f"linalg.{name}: Expected A and B to have the same dtype, but found A of type "
            f"{dtypes.of(input).title} and B of type {dtypes.of(other).title} instead"
        )
    check_matrices(name, other, "B")
    if input.shape[-1] != other.shape[-2]:
        raise RuntimeError(
            f"linalg.{name}: Incompatible shapes of A and B for the equation AX = B "
            f"({_by(input.shape[-2:])} and {_by(other.shape[-2:])})"
        )


@opaque(
    node="LinalgSolveExBackward0",
    title="linalg_solve",
    d_input=lambda g, input, out, input_shape: sum_to(
        -_matmul(_solve(flipped(input), g), flipped(out)), input_shape
    ),
    d_other=lambda g, input, other_shape: sum_to(_solve(flipped(input), g), other_shape),
)
def _solve(input, other):
    """X of A X = B, for stacked matrices."""
    _check_solve("solve", input, other)
    try:
        return np.linalg.solve(input, other)
    except np.linalg.LinAlgError:
        infos = infos_of(zero_pivot, input)
        place = failed_at(infos)[0] if infos.any() else ""
        raise _LinAlgError(
            f"torch.linalg.solve: {place}The solver failed because the input matrix is singular."
        ) from None


def _triangle(x, upper, unitriangular):
    """What of the gradient belongs to the triangle that was read."""
    offset = 1 if unitriangular else 0
    return triu(x, diagonal=offset) if upper else tril(x, diagonal=-offset)


@opaque(
    node="LinalgSolveTriangularBackward0",
    title="linalg_solve_triangular",
    d_input=lambda g, input, out, upper, unitriangular, input_shape: sum_to(
        _triangle(
            -_matmul(
                _solve_triangular(flipped(input), g, upper=not upper, unitriangular=unitriangular),
                flipped(out),
            ),
            upper,
            unitriangular,
        ),
        input_shape,
    ),
    d_other=lambda g, input, upper, unitriangular, other_shape: sum_to(
        _solve_triangular(flipped(input), g, upper=not upper, unitriangular=unitriangular),
        other_shape,
    ),
)
def _solve_triangular(input, other, *, upper, unitriangular):
    """X of A X = B by substitution, reading one triangle of A only."""
    refuse("biu", "triangular_solve_cpu", input)
    _check_solve("solve_triangular", input, other)
    shape = np.broadcast_shapes(input.shape[:-2], other.shape[:-2])
    result = np.array(np.broadcast_to(other, shape + other.shape[-2:]))
    n = input.shape[-1]
    for k in reversed(range(n)) if upper else range(n):
        known = slice(k + 1, n) if upper else slice(0, k)
        result[..., k, :] -= (input[..., k : k + 1, known] @ result[..., known, :])[..., 0, :]
        if not unitriangular:
            result[..., k, :] /= input[..., k, k, None]
    return result


# Factorizations -----------------------------------------------------------------------------------


def _indefinite_minor(matrix):
    """The order of the first leading minor that isn't positive-definite; 0 if all are."""
    for k in range(1, len(matrix) + 1):
        try:
            np.linalg.cholesky(matrix[:k, :k])
        except np.linalg.LinAlgError:
            return k
    return 0


def indefinite_minors(array):
    """`_indefinite_minor` of each matrix of a stack."""
    return infos_of(_indefinite_minor, array)


def _cholesky_slope(g, out):
    """Of A = L L^H; only the lower triangle of `g` counts."""
    product = _matmul(_adjoint(out), tril(g, diagonal=0))
    half = (tril(product, diagonal=0) + _adjoint(tril(product, diagonal=-1))) / 2
    inverse = _inv(out)
    return _matmul(_matmul(_adjoint(inverse), half), inverse)


@opaque(
    node="LinalgCholeskyExBackward0",
    title="linalg_cholesky",
    holomorphic=False,
    d_input=lambda g, out: _cholesky_slope(g, out),
)
def _cholesky(input):
    """L of A = L L^H, lower triangular."""
    check_square("cholesky", input)
    try:
        return np.linalg.cholesky(input)
    except np.linalg.LinAlgError:
        refuse_indefinite("linalg.cholesky", indefinite_minors(input))


def _qr_slope(g_q, g_r, q, r):
    """Of a matrix with at least as many rows as columns, A = Q R."""
    middle = _matmul(r, _adjoint(g_r)) - _matmul(_adjoint(g_q), q)
    below, diagonal = tril(middle, diagonal=-1), _diagonal_of(middle)
    hermitian = below + _adjoint(below) + _on_diagonal((diagonal + _conj(diagonal)) / 2)
    left = g_q + _matmul(q, hermitian)
    return _adjoint(_solve_triangular(r, _adjoint(left), upper=True, unitriangular=False))


@opaque(
    node="LinalgQrBackward0",
    title="linalg_qr",
    outputs=("q", "r"),
    holomorphic=False,
    takes_out=False,
    d_input=lambda g_q, g_r, q, r: _qr_slope(g_q, g_r, q, r),
)
def _qr(input):
    """Q and R of A = Q R, for at least as many rows as columns: Q has orthonormal columns."""
    return tuple(np.linalg.qr(input))


def _over_gaps(product, gaps):
    """product * gaps; but 0 where the product is 0 and the gap has no inverse."""
    hidden = (product == 0) & (gaps * 0 != 0)
    return where(hidden, 0.0, product) * where(hidden, 0.0, gaps)


def _skew(x):
    return x - _adjoint(x)


def _refuse_phases(vectors, turn, what):
    """Refuse a loss that depends on the phases of complex vectors, which are arbitrary."""
    array = getattr(turn, "_array", turn)
    if array.__class__ is not np.ndarray:
        return  # while a transform runs, the numbers aren't there to be looked at
    turned = np.abs(np.diagonal(array, axis1=-2, axis2=-1).imag)
    if (turned > 1e-2).any():
        raise RuntimeError(
            f"{vectors} in the complex case are specified up to multiplication by e^{{i phi}}. The "
            f"specified loss function depends on this {what} ill-defined."
        )


def _eigh_slope(g_values, g_vectors, input, values, vectors):
    turn = _matmul(_adjoint(vectors), g_vectors)
    if "complex" in str(input.dtype):
        _refuse_phases("linalg_eigh_backward: The eigenvectors", turn, "quantity, so it is")
    middle = _over_gaps(turn, _inverse_gaps(values))
    middle = _on_diagonal(g_values) + middle
    return _matmul(_matmul(vectors, middle), _adjoint(vectors))


@opaque(
    node="LinalgEighBackward0",
    title="linalg_eigh",
    outputs=("values", "vectors"),
    holomorphic=False,
    takes_out=False,
    d_input=lambda g_values, g_vectors, input, values, vectors: _eigh_slope(
        g_values, g_vectors, input, values, vectors
    ),
)
def _eigh(input, *, UPLO):
    """Eigenvalues, in ascending order, and orthonormal eigenvectors of Hermitian matrices."""
    check_square("eigh", input, floating=False)
    if input.dtype.char not in "fdFD":
        raise NotImplementedError(
            f"\"linalg_eigh_cpu\" not implemented for '{dtypes.of(input).title}'"
        )
    return tuple(np.linalg.eigh(input, UPLO))


def _svd_slope(g_u, g_s, g_vh, input, u, s, vh):
    """Townsend (2016), equations (28) to (31); of complex matrices, a loss may not depend on the
    phases of the vectors, and what the two sides turn together is in the imaginary diagonal."""
    rows, columns, count = u.shape[-2], vh.shape[-1], s.shape[-1]
    if u.shape[-1] > count:
        u, g_u = u[..., :count], g_u[..., :count]
    if vh.shape[-2] > count:
        vh, g_vh = vh[..., :count, :], g_vh[..., :count, :]
    gaps = _inverse_gaps(s * s)
    turn_u = _skew(_matmul(_adjoint(u), g_u))
    turn_v = _skew(_matmul(vh, _adjoint(g_vh)))
    middle = _over_gaps(turn_u, gaps) * _row(s) + _column(s) * _over_gaps(turn_v, gaps)
    if "complex" in str(input.dtype):
        _refuse_phases(
            "svd_backward: The singular vectors", turn_u + turn_v, "phase term, making it"
        )
        middle = middle + _on_diagonal(_over_gaps(_diagonal_of(turn_u), 1 / (2 * s)))
    gradient = _matmul(_matmul(u, middle + _on_diagonal(g_s)), vh)
    if rows > count:
        rest = _over_gaps(g_u - _matmul(u, _matmul(_adjoint(u), g_u)), _row(1 / s))
        gradient = gradient + _matmul(rest, vh)
    if columns > count:
        rest = _over_gaps(g_vh - _matmul(_matmul(g_vh, _adjoint(vh)), vh), _column(1 / s))
        gradient = gradient + _matmul(u, rest)
    return gradient


@opaque(
    node="LinalgSvdBackward0",
    title="linalg_svd",
    outputs=("u", "s", "vh"),
    holomorphic=False,
    takes_out=False,
    d_input=lambda g_u, g_s, g_vh, input, u, s, vh: _svd_slope(g_u, g_s, g_vh, input, u, s, vh),
)
def _svd(input, *, full_matrices=False):
    """U, S and V^H of A = U diag(S) V^H."""
    try:
        return tuple(np.linalg.svd(input, full_matrices=full_matrices))
    except np.linalg.LinAlgError:
        raise _LinAlgError(
            "linalg.svd: The algorithm failed to converge because the input matrix contained "
            "non-finite values."
        ) from None


def _eig_slope(g_values, g_vectors, values, vectors):
    """Of eigenvectors of length 1, whose phase no differentiable function may depend on."""
    inner = _matmul(_adjoint(vectors), g_vectors)
    lengths = (_diagonal_of(inner) + _conj(_diagonal_of(inner))) / 2
    inner = inner - _matmul(_adjoint(vectors), vectors) * _row(lengths)
    middle = _over_gaps(inner, _conj(_inverse_gaps(values))) + _on_diagonal(g_values)
    return _matmul(_inv(_adjoint(vectors)), _matmul(middle, _adjoint(vectors)))


@opaque(
    node="LinalgEigBackward0",
    title="linalg_eig",
    outputs=("values", "vectors"),
    holomorphic=False,
    takes_out=False,
    d_input=lambda g_values, g_vectors, values, vectors: _eig_slope(
        g_values, g_vectors, values, vectors
    ),
)
def _eig(input):
    """Eigenvalues and eigenvectors of matrices, given as complex numbers."""
    values, vectors = np.linalg.eig(input if input.imag.any() else input.real)
    return values.astype(input.dtype), vectors.astype(input.dtype)


def _pinv_slope(g, input, out):
    """Golub and Pereyra (1973): of matrices of locally constant rank."""
    adjoint, turned = _adjoint(out), _adjoint(g)
    one = _matmul(turned, _matmul(out, adjoint))
    two = _matmul(_matmul(adjoint, out), turned)
    one = one - _matmul(input, _matmul(out, one))
    two = two - _matmul(_matmul(two, out), input)
    return one + two - _matmul(_matmul(adjoint, g), adjoint)


@opaque(
    node="LinalgPinvBackward0",
    title="linalg_pinv",
    holomorphic=False,
    d_input=lambda g, input, out: _pinv_slope(g, input, out),
)
def _pinv(input, *, atol, rtol):
    """The pseudoinverses, without singular values up to max(atol, rtol * the largest)."""
    u, s, vh = np.linalg.svd(input, full_matrices=False)
    largest = s[..., :1] if s.shape[-1] else 0
    kept = s > np.maximum(np.asarray(atol)[..., None], np.asarray(rtol)[..., None] * largest)
    inverse = np.where(kept, 1 / np.where(kept, s, 1), 0).astype(s.dtype)
    return np.conj(np.swapaxes((u * inverse[..., None, :]) @ vh, -1, -2))


# Exponential --------------------------------------------------------------------------------------

#: the coefficients of the Pade approximant of degree 13 (N. Higham, "The scaling and squaring
#: method for the matrix exponential revisited", 2005), and the norm up to which it is exact enough
_PADE = (
    64764752532480000, 32382376266240000, 7771770303897600, 1187353796428800, 129060195264000,
    10559470521600, 670442572800, 33522128640, 1323241920, 40840800, 960960, 16380, 182, 1,
)  # fmt: skip
_LARGEST_NORM = 5.371920351148152


def _matrix_exp_slope(g, input):
    """exp of [[A, G], [0, A]] has the derivative in the direction G in its corner."""
    direction = _blocks(flipped(input), g)
    size = input.shape[-1]
    return _corner(_matrix_exp(direction), size=size)


@opaque(
    linear=True,
    d_input=lambda g: _diagonal_blocks(g),
    d_direction=lambda g, direction_shape: _corner(g, size=direction_shape[-1]),
)
def _blocks(input, direction):
    """[[A, G], [0, A]]."""
    zeros = np.zeros_like(input)
    return np.block([[input, direction], [zeros, input]])


@opaque(
    linear=True,
    d_input=lambda g: _blocks_of_sum(g),
)
def _diagonal_blocks(input):
    """The sum of the two blocks on the diagonal."""
    n = input.shape[-1] // 2
    return input[..., :n, :n] + input[..., n:, n:]


@opaque(linear=True, d_input=lambda g: _diagonal_blocks(g))
def _blocks_of_sum(input):
    """[[A, 0], [0, A]]."""
    zeros = np.zeros_like(input)
    return np.block([[input, zeros], [zeros, input]])


@opaque(linear=True, d_input=lambda g: _in_corner(g))
def _corner(input, *, size):
    """The block in the upper right corner."""
    return input[..., :size, size:].copy()


@opaque(linear=True, d_input=lambda g, input_shape: _corner(g, size=input_shape[-1]))
def _in_corner(input):
    """[[0, G], [0, 0]]."""
    zeros = np.zeros_like(input)
    return np.block([[zeros, input], [zeros, zeros]])


@opaque(
    node="LinalgMatrixExpBackward0",
    title="linalg_matrix_exp",
    takes_out=False,
    d_input=lambda g, input: _matrix_exp_slope(g, input),
)
def _matrix_exp(input):
    """The exponentials of square matrices, by scaling, a Pade approximant and squaring."""
    check_square("matrix_exp", input)
    if not input.size:
        return input.copy()
    x = input.astype(np.promote_types(input.dtype, np.float64))
    norm = float(np.abs(x).sum(-2).max())
    if not np.isfinite(norm):
        return np.full_like(input, np.nan)
    squarings = max(0, int(np.ceil(np.log2(norm / _LARGEST_NORM)))) if norm else 0
    x = x / 2.0**squarings
    square = x @ x
    even = odd = np.zeros_like(x)
    power = np.broadcast_to(np.eye(x.shape[-1]), x.shape)
    for one, two in zip(_PADE[::2], _PADE[1::2], strict=True):
        even, odd = even + one * power, odd + two * power
        power = power @ square
    odd = x @ odd
    result = np.linalg.solve(even - odd, even + odd)
    for _ in range(squarings):
        result = result @ result
    return result.astype(input.dtype)


# Products -----------------------------------------------------------------------------------------


@opaque(
    ordered=ordered,
    node="LinalgCrossBackward0",
    title="linalg_cross",
    d_input=lambda g, other, dim: _cross(other, g, dim=dim),
    d_other=lambda g, input, dim: _cross(g, input, dim=dim),
)
def _cross(input, other, *, dim):
    """The cross products of vectors of length 3, of one shape."""
    x, y = np.moveaxis(input, dim, 0), np.moveaxis(other, dim, 0)
    parts = [x[i - 2] * y[i - 1] - x[i - 1] * y[i - 2] for i in range(3)]
    return np.stack(parts, dim)
