"""The factorizations LU and LDL, and products of Householder reflectors.

The derivative of LU is that of F. de Hoog, R. Anderssen and M. Lukas, "Differentiation of matrix
functionals using triangular factorization" (2011), with the rectangular cases worked out from
dA = P (dL U + L dU).
"""

from __future__ import annotations

import math

import numpy as np

from rushlight import dtypes
from rushlight.ops.elementwise.complex_numbers import conjugate
from rushlight.ops.linalg.matmul import _matmul, matmul
from rushlight.ops.linalg.solvers import (
    _adjoint,
    _LinAlgError,
    _solve_triangular,
    check_matrices,
    check_square,
    failed_at,
)
from rushlight.ops.op import opaque
from rushlight.ops.output import written
from rushlight.ops.return_types import named
from rushlight.ops.scipy_functions import from_lapack
from rushlight.ops.shape.rearrange import tril, triu
from rushlight.ops.turned import array_of, stand_in
from rushlight.ops.warn import warn
from rushlight.tensor import wrap

__all__ = ["geqrf", "lu", "lu_solve", "lu_unpack", "orgqr", "ormqr"]


# LU -----------------------------------------------------------------------------------------------


def _eliminated(matrices):
    """Gaussian elimination with partial pivoting: both factors in one array, and the pivots."""
    packed = np.array(matrices)
    rows, columns = packed.shape[-2:]
    batch = packed.reshape(math.prod(packed.shape[:-2]), rows, columns)
    pivots = np.empty((len(batch), min(rows, columns)), np.int32)
    every = np.arange(len(batch))
    for k in range(pivots.shape[1]):
        best = k + _sizes(batch[:, k:, k]).argmax(1)
        pivots[:, k] = best + 1
        top = batch[:, k].copy()
        batch[:, k] = batch[every, best]
        batch[every, best] = np.where((best == k)[:, None], batch[:, k], top)
        pivot = batch[:, k, k]
        batch[:, k + 1 :, k] /= np.where(pivot == 0, 1, pivot)[:, None]
        batch[:, k + 1 :, k + 1 :] -= batch[:, k + 1 :, k, None] * batch[:, None, k, k + 1 :]
    return packed, pivots.reshape(*packed.shape[:-2], min(rows, columns))


def _sizes(x):
    """By what LAPACK chooses a pivot: of complex numbers |re| + |im|."""
    return np.abs(x.real) + np.abs(x.imag) if x.dtype.kind == "c" else np.abs(x)


def _orders(pivots, rows):
    """For each matrix, where the rows of P^T A come from: the swaps of `pivots`, one by one."""
    flat = pivots.reshape(math.prod(pivots.shape[:-1]), pivots.shape[-1])
    order = np.tile(np.arange(rows), (len(flat), 1))
    every = np.arange(len(flat))
    for k, best in enumerate(flat.T - 1):
        order[every, k], order[every, best] = order[every, best], order[every, k].copy()
    return order.reshape(*pivots.shape[:-1], rows)


@opaque(
    linear=True,
    takes_out=False,
    d_input=lambda g, pivots, back: _permute_rows(g, pivots, back=not back),
)
def _permute_rows(input, pivots, *, back):
    """P^T A, or P A if `back`."""
    order = _orders(pivots, input.shape[-2])
    order = np.argsort(order, -1) if back else order
    shape = np.broadcast_shapes(order.shape[:-1], input.shape[:-2])
    order = np.broadcast_to(order, shape + order.shape[-1:])[..., None]
    return np.take_along_axis(np.broadcast_to(input, shape + input.shape[-2:]), order, -2)


@opaque(
    linear=True,
    takes_out=False,
    d_input=lambda g, start, stop, input_shape: _put_block(
        g, start=start, stop=stop, shape=input_shape
    ),
)
def _block(input, *, start, stop):
    """The rows and columns from `start` to `stop`, pairs of numbers."""
    return input[..., start[0] : stop[0], start[1] : stop[1]]


@opaque(
    linear=True, takes_out=False, d_input=lambda g, start, stop: _block(g, start=start, stop=stop)
)
def _put_block(input, *, start, stop, shape):
    """Zeros in `shape`, with `input` in the rows and columns from `start` to `stop`."""
    result = np.zeros(shape, input.dtype)
    result[..., start[0] : stop[0], start[1] : stop[1]] = input
    return result


@opaque(takes_out=False, d_input=lambda g: tril(g, diagonal=-1))
def _unit_lower(input):
    """The part below the diagonal, with ones on it."""
    return np.tril(input, -1) + np.eye(*input.shape[-2:], dtype=input.dtype)


def _lu_slope(g, packed, pivots):
    """Of A = P L U."""
    rows, columns = packed.shape[-2:]
    k = min(rows, columns)
    square = _block(packed, start=(0, 0), stop=(k, k))
    lower, upper = _unit_lower(square), triu(square, diagonal=0)
    corner = _block(g, start=(0, 0), stop=(k, k))
    below = _matmul(_adjoint(lower), tril(corner, diagonal=-1))
    above = _matmul(triu(corner, diagonal=0), _adjoint(upper))
    rest = None
    if columns > k:
        right = {"start": (0, k), "stop": (k, columns)}
        rest = _solve_triangular(
            _adjoint(lower), _block(g, **right), upper=True, unitriangular=True
        )
        rest = _put_block(rest, shape=packed.shape, **right)
        below = below - _matmul(_block(g, **right), _adjoint(_block(packed, **right)))
    if rows > k:
        under = {"start": (k, 0), "stop": (rows, k)}
        rest = _put_block(_over(_block(g, **under), upper), shape=packed.shape, **under)
        above = above - _matmul(_adjoint(_block(packed, **under)), _block(g, **under))
    middle = tril(below, diagonal=-1) + triu(above, diagonal=0)
    middle = _solve_triangular(
        _adjoint(lower), _over(middle, upper), upper=True, unitriangular=True
    )
    gradient = _put_block(middle, start=(0, 0), stop=(k, k), shape=packed.shape)
    gradient = gradient if rest is None else gradient + rest
    return _permute_rows(gradient, pivots, back=True)


def _over(x, upper):
    """X U^-H."""
    return _adjoint(_solve_triangular(upper, _adjoint(x), upper=True, unitriangular=False))


@opaque(
    node="LinalgLuFactorExBackward0",
    title="linalg_lu_factor",
    outputs=("packed", "pivots"),
    holomorphic=False,
    takes_out=False,
    d_input=lambda g_packed, packed, pivots: _lu_slope(g_packed, packed, pivots),
)
def _lu_factor(input):
    """L (below the diagonal) and U of A = P L U in one matrix, and the pivots."""
    if input.ndim < 2:
        raise RuntimeError(
            "torch.lu_factor: Expected tensor with 2 or more dimensions. Got size: "
            f"{list(input.shape)} instead"
        )
    _check_kernel("lu_cpu", input)
    return _eliminated(input)


def _check_kernel(kernel, array):
    """Refuse what PyTorch's kernel of this name refuses."""
    if array.dtype.char not in "fdFD":
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{dtypes.of(array).title}'")


def _zero_pivots(packed):
    """For each matrix the number of the first zero on the diagonal of U; 0 if there is none."""
    zero = np.diagonal(packed, axis1=-2, axis2=-1) == 0
    return np.where(zero.any(-1), zero.argmax(-1) + 1, 0).astype(np.int32)


def _refuse_no_pivoting(name, pivot):
    if not pivot:
        raise RuntimeError(f"linalg.{name}: LU without pivoting is not implemented on the CPU")


def lu_factor_ex(A, *, pivot=True, check_errors=False, out=None):
    """The LU factorization in one matrix, its pivots, and where U has its first zero (0: none)."""
    _refuse_no_pivoting("lu_factor", pivot)
    packed, pivots = _lu_factor(A)
    infos = _zero_pivots(packed._array)
    if check_errors:
        _refuse_zero("torch.linalg.lu_factor_ex", infos)
    result = named("linalg_lu_factor_ex", "LU", "pivots", "info")((packed, pivots, wrap(infos)))
    return written("linalg_lu_factor_ex", result, (A,), out)


def _refuse_zero(name, infos):
    if infos.any():
        place, info = failed_at(infos)
        raise RuntimeError(
            f"{name}: {place}U[{info},{info}] is zero and using it on lu_solve would result in a "
            "division by zero. If you still want to perform the factorization, consider calling "
            "linalg.lu(A, pivot) or linalg.lu_factor_ex(A, pivot)"
        )


def lu_factor(A, *, pivot=True, out=None):
    """L and U of A = P L U in one matrix, and the pivots: the rows that were swapped, from 1.

    >>> import rushlight as torch
    >>> torch.linalg.lu_factor(torch.tensor([[1.0, 2.0], [2.0, 2.0]])).LU
    tensor([[2.0000, 2.0000],
            [0.5000, 1.0000]])
    """
    _refuse_no_pivoting("lu_factor", pivot)
    packed, pivots = _lu_factor(A)
    _refuse_zero("torch.linalg.lu_factor", _zero_pivots(packed._array))
    result = named("linalg_lu_factor", "LU", "pivots")((packed, pivots))
    return written("linalg_lu_factor", result, (A,), out)


def factor_lu(A, *, pivot=True, out=None):
    """P, L and U of A = P L U: a permutation, unit lower and upper triangular.

    >>> import rushlight as torch
    >>> P, L, U = torch.linalg.lu(torch.tensor([[1.0, 2.0], [2.0, 2.0]]))
    >>> U
    tensor([[2., 2.],
            [0., 1.]])
    """
    _refuse_no_pivoting("lu_factor", pivot)
    result = named("linalg_lu", "P", "L", "U")(_unpacked(*_lu_factor(A)))
    return written("linalg_lu", result, (A,), out)


def lu(A, pivot=True, get_infos=False, out=None):
    """The LU factorization in one matrix, and its pivots; with `get_infos`, also the infos."""
    warn(
        "torch.lu is deprecated in favor of torch.linalg.lu_factor / torch.linalg.lu_factor_ex and "
        "will be removed in a future PyTorch release.\nLU, pivots = torch.lu(A, compute_pivots)\n"
        "should be replaced with\nLU, pivots = torch.linalg.lu_factor(A, compute_pivots)\nand\n"
        "LU, pivots, info = torch.lu(A, compute_pivots, get_infos=True)\nshould be replaced with\n"
        "LU, pivots, info = torch.linalg.lu_factor_ex(A, compute_pivots)"
    )
    packed, pivots, infos = lu_factor_ex(A, pivot=pivot, check_errors=not get_infos)
    if get_infos:
        result = named("_lu_with_info", "LU", "pivots", "info")((packed, pivots, infos))
    else:
        result = packed, pivots
    return written("lu", result, (A,), out)


def _unpacked(packed, pivots):
    rows, columns = packed.shape[-2:]
    k = min(rows, columns)
    lower = _unit_lower(_block(packed, start=(0, 0), stop=(rows, k)))
    upper = triu(_block(packed, start=(0, 0), stop=(k, columns)), diagonal=0)
    return _permutation(packed, pivots), lower, upper


def _permutation(packed, pivots):
    order = _orders(pivots._array, packed.shape[-2])
    rows = np.arange(packed.shape[-2])
    return wrap((order[..., None, :] == rows[:, None]).astype(packed._array.dtype))


def lu_unpack(LU_data, LU_pivots, unpack_data=True, unpack_pivots=True, *, out=None):
    """P, L and U of what `lu_factor` returns; what is not asked for is empty."""
    if LU_pivots._array.dtype != np.int32:
        raise RuntimeError(
            "torch.lu_unpack: LU_pivots is expected to be a contiguous tensor of torch.int32 dtype."
            "\nNote: this function is intended to be used with the output produced by "
            "torch.linalg.lu_factor"
        )
    P, L, U = _unpacked(LU_data, LU_pivots)
    empty = wrap(np.empty(0, LU_data._array.dtype))
    P = P if unpack_pivots else empty
    L, U = (L, U) if unpack_data else (empty, empty)
    result = named("lu_unpack", "P", "L", "U")((P, L, U))
    return written("lu_unpack", result, (LU_data,), out)


def solve_lu(LU, pivots, B, *, left=True, adjoint=False, out=None):
    """X of A X = B (or X A = B if not `left`; of A^H, if `adjoint`), A given by `lu_factor`.

    >>> import rushlight as torch
    >>> factors = torch.linalg.lu_factor(torch.tensor([[1.0, 2.0], [2.0, 2.0]]))
    >>> torch.linalg.lu_solve(*factors, torch.tensor([[3.0], [4.0]]))
    tensor([[1.],
            [1.]])
    """
    _check_lu_solve(LU, pivots, B, left)
    if not left:
        B = conjugate(B.mT)
    lower, upper = {"upper": False, "unitriangular": True}, {"upper": True, "unitriangular": False}
    if adjoint == left:
        middle = _solve_triangular(_adjoint(LU), B, **{**upper, "upper": False})
        middle = _solve_triangular(_adjoint(LU), middle, **{**lower, "upper": True})
        X = _permute_rows(middle, pivots, back=True)
    else:
        middle = _solve_triangular(LU, _permute_rows(B, pivots, back=False), **lower)
        X = _solve_triangular(LU, middle, **upper)
    return written("linalg_lu_solve", X if left else conjugate(X.mT), (LU, B), out)


def _check_lu_solve(LU, pivots, B, left):
    check_square("lu_solve", LU._array)
    if LU._array.dtype != B._array.dtype:
        raise RuntimeError(
            "linalg.lu_solve: Expected LU and B to have the same dtype, but found LU of type "
            f"{LU.dtype.title} and B of type {B.dtype.title} instead"
        )
    if pivots._array.dtype != np.int32:
        raise RuntimeError("linalg.lu_solve: pivots should be a Tensor of scalar type torch.int32")
    check_matrices("lu_solve", B._array, "B")
    n, size = LU.shape[-1], B.shape[-2 if left else -1]
    if n != size:
        equation = "AX = B" if left else "XA = B"
        raise RuntimeError(
            f"linalg.lu_solve: Incompatible shapes of A and B for the equation {equation} "
            f"({n}x{n} and {B.shape[-2]}x{B.shape[-1]})"
        )
    if pivots.shape[-1] != n:
        raise RuntimeError(
            "linalg.lu_solve: Number of pivots per batch should be same as the dimension of the "
            "matrix"
        )


def lu_solve(b, LU_data, LU_pivots, *, out=None):
    """X of A X = b, A given by its LU factorization."""
    return solve_lu(LU_data, LU_pivots, b, out=out)


# LDL ----------------------------------------------------------------------------------------------


def _check_ldl(name, array):
    try:
        check_square(name, array)
    except RuntimeError as error:
        raise RuntimeError(f"torch.{error}") from None


def ldl_factor_ex(A, *, hermitian=False, check_errors=False, out=None):
    """The LDL factorization (J. Bunch and L. Kaufman, 1977) of symmetric or Hermitian matrices.

    LAPACK's `sytrf` and `hetrf` on the lower triangle, through SciPy: L and D in one matrix, the
    pivots, and where D is singular (0: nowhere).
    """
    A = stand_in(A)
    _check_ldl("ldl_factor_ex", A._array)
    array = A._array
    kind = "he" if hermitian and array.dtype.kind == "c" else "sy"
    factor = from_lapack(f"{kind}trf", array.dtype, "torch.linalg.ldl_factor")
    batch = array.shape[:-2]
    packed = np.tril(array)
    pivots, infos = np.empty(array.shape[:-1], np.int32), np.zeros(batch, np.int32)
    for index in np.ndindex(*batch):
        if array.shape[-1]:
            ldu, ipiv, infos[index] = factor(array[index], lower=1)
            packed[index] = np.tril(ldu)
            pivots[index] = np.where(ipiv < 0, ipiv, ipiv + 1) if 0 in ipiv else ipiv
    if check_errors and infos.any():
        place, info = failed_at(infos)
        raise _LinAlgError(
            f"torch.linalg.ldl_factor_ex: {place}The diagonal element {info} is zero. If you still "
            "want to perform the factorization, consider calling linalg.ldl_factor_ex(A)"
        )
    triple = wrap(packed), wrap(pivots), wrap(infos)
    result = named("linalg_ldl_factor_ex", "LD", "pivots", "info")(triple)
    return written("linalg_ldl_factor_ex", result, (A,), out)


def ldl_factor(A, *, hermitian=False, out=None):
    """The LDL factorization in one matrix, and its pivots."""
    packed, pivots, _ = ldl_factor_ex(A, hermitian=hermitian, check_errors=True)
    result = named("linalg_ldl_factor", "LD", "pivots")((packed, pivots))
    return written("linalg_ldl_factor", result, (A,), out)


def ldl_solve(LD, pivots, B, *, hermitian=False, out=None):
    """X of A X = B, A given by `ldl_factor`."""
    _check_ldl("ldl_solve", LD._array)
    if B.ndim < 2:
        raise RuntimeError(
            "torch.linalg.ldl_solve: Expected B to have at least 2 dimensions, but it has "
            f"{B.ndim} dimensions instead"
        )
    if LD.shape[-1] != B.shape[-2]:
        n = LD.shape[-1]
        raise RuntimeError(
            f"Incompatible matrix sizes for torch.linalg.ldl_solve: each A matrix is {n} by {n} "
            f"but each b matrix is {B.shape[-2]} by {B.shape[-1]}"
        )
    array, right, swaps = array_of(LD), array_of(B), pivots._array
    kind = "he" if hermitian and array.dtype.kind == "c" else "sy"
    solve = from_lapack(f"{kind}trs", array.dtype, "torch.linalg.ldl_solve")
    batch = np.broadcast_shapes(array.shape[:-2], right.shape[:-2])
    array = np.broadcast_to(array, batch + array.shape[-2:])
    swaps = np.broadcast_to(swaps, batch + swaps.shape[-1:])
    result = np.array(np.broadcast_to(right, batch + right.shape[-2:]))
    for index in np.ndindex(*batch):
        if result[index].size:
            result[index] = solve(array[index], swaps[index], result[index], lower=1)[0]
    return written("linalg_ldl_solve", wrap(result), (LD, B), out)


# Householder reflectors ---------------------------------------------------------------------------


def geqrf(input, *, out=None):
    """The QR factorization as LAPACK has it: R, Householder's vectors below it, and their factors.

    Q is the product of H[i] = I - tau[i] v[i] v[i]^H.
    """
    if input.ndim < 2:
        raise RuntimeError("torch.geqrf: input must have at least 2 dimensions.")
    _check_kernel("geqrf_cpu", input._array)
    input = stand_in(input)
    a, tau = np.linalg.qr(input._array, "raw")
    pair = wrap(np.ascontiguousarray(np.swapaxes(a, -1, -2))), wrap(tau)
    return written("geqrf", named("geqrf", "a", "tau")(pair), (input,), out)


def _reflected(vectors, tau, other, adjoint):
    """Q times `other` (or Q^H times it)."""
    count = tau.shape[-1]
    reflectors = _unit_lower(vectors[..., :count])
    factors = conjugate(tau) if adjoint else tau
    for i in range(count) if adjoint else reversed(range(count)):
        v = reflectors[..., i : i + 1]
        other = other - factors[..., i, None, None] * matmul(v, matmul(conjugate(v.mT), other))
    return other


def householder_product(A, tau, *, out=None):
    """The first columns of the product of the Householder reflectors that `geqrf` returns.

    >>> import rushlight as torch
    >>> x = torch.tensor([[3.0, 1.0], [4.0, 2.0]])
    >>> torch.linalg.householder_product(*torch.geqrf(x))
    tensor([[-0.6000, -0.8000],
            [-0.8000,  0.6000]])
    """
    _check_reflectors(A, tau)
    _check_kernel("orgqr_cpu", A._array)
    identity = wrap(np.eye(*A.shape[-2:], dtype=A._array.dtype)).expand(A.shape)
    result = _reflected(A, tau, identity, adjoint=False)
    return written("linalg_householder_product", result, (A, tau), out)


def _check_reflectors(A, tau):
    def refuse(text):
        raise RuntimeError(f"torch.linalg.householder_product: {text}")

    if A.ndim < 2:
        refuse("input must have at least 2 dimensions.")
    if A.shape[-2] < A.shape[-1]:
        refuse("input.shape[-2] must be greater than or equal to input.shape[-1]")
    if A.shape[-1] < tau.shape[-1]:
        refuse("input.shape[-1] must be greater than or equal to tau.shape[-1]")
    if A.ndim - tau.ndim != 1:
        refuse(
            "Expected tau to have one dimension less than input, but got tau.ndim equal to "
            f"{tau.ndim} and input.ndim is equal to {A.ndim}"
        )
    if A.dtype is not tau.dtype:
        refuse(
            f"tau dtype {dtypes.c_name(tau.dtype)} does not match input dtype "
            f"{dtypes.c_name(A.dtype)}"
        )


def orgqr(input, tau, *, out=None):
    """`linalg.householder_product`."""
    return householder_product(input, tau, out=out)


def ormqr(input, tau, other, left=True, transpose=False, *, out=None):
    """Q times `other` (`other` times Q, if not `left`), Q given by `geqrf`; Q^H if `transpose`."""
    _check_ormqr(input, tau, other, left)
    if left:
        result = _reflected(input, tau, other, adjoint=transpose)
    else:
        result = conjugate(_reflected(input, tau, conjugate(other.mT), adjoint=not transpose).mT)
    return written("ormqr", result, (input, tau, other), out)


def _check_ormqr(input, tau, other, left):
    for name, x in (("input", input), ("other", other)):
        if x.ndim < 2:
            raise RuntimeError(f"torch.ormqr: {name} must have at least 2 dimensions.")
    which = -2 if left else -1
    if tau.shape[-1] != min(other.shape[which], input.shape[-1]):
        raise RuntimeError(
            f"torch.ormqr: tau.shape[-1] must be equal to min(other.shape[{which}], "
            "input.shape[-1])"
        )
    if other.shape[which] != input.shape[-2]:
        raise RuntimeError(f"torch.ormqr: other.shape[{which}] must be equal to input.shape[-2]")
    _check_kernel("ormqr_cpu", input._array)
