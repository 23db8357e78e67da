"""Products and powers of matrices and vectors."""

from __future__ import annotations

import numpy as np

from rushlight import dtypes
from rushlight.ops.deprecated import deprecated
from rushlight.ops.elementwise.arithmetic import mul
from rushlight.ops.elementwise.complex_numbers import conjugate
from rushlight.ops.linalg.matmul import matmul
from rushlight.ops.linalg.solvers import (
    _cross,
    _inv,
    _matrix_exp,
    check_square,
)
from rushlight.ops.op import in_dtype, recorded_as
from rushlight.ops.output import written
from rushlight.ops.reduction.sums import sum
from rushlight.ops.refused import refuse
from rushlight.ops.shape.join import stack
from rushlight.ops.shape.parts import diagonal
from rushlight.ops.shapes import normalize_dim
from rushlight.tensor import wrap

__all__ = ["cross", "matrix_exp", "matrix_power", "trace", "vander"]


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
    return written("matrix_power", result, (A,), out)


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
    return written("linalg_multi_dot", result, tensors, out)


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
    if x._array.dtype.kind not in "fcV":
        raise RuntimeError(
            "linalg.vecdot: Expected a floating point or complex tensor as input. Got "
            f"{x.dtype.title}"
        )
    if x.dtype is not y.dtype:
        raise RuntimeError(
            "linalg.vecdot: Expected x and y to have the same dtype, but found x of type "
            f"{x.dtype.title} and y of type {y.dtype.title} instead"
        )
    return written("linalg_vecdot", sum(mul(conjugate(x), y), dim), (x, y), out)


def diagonal_of_matrices(A, *, offset=0, dim1=-2, dim2=-1):
    """The diagonal of matrices."""
    return diagonal(A, offset, dim1, dim2)


def powers(x, N=None):
    """The matrix of x**0, x**1, ..., in its last dimension (Vandermonde's).

    Raises:
        RuntimeError: N is less than 2, or x is of booleans or of half precision.
    """
    if x.dtype in (dtypes.bool_, dtypes.float16, dtypes.bfloat16):
        raise RuntimeError(
            "linalg.vander supports floating point, complex, and integer tensors, but got "
            f"{x.dtype.title}"
        )
    x = x if x.ndim else x.reshape(1)
    N = x.shape[-1] if N is None else N
    if N <= 1:
        raise RuntimeError("N must be greater than 1.")
    return _powers(x if x.dtype.category > 1 else x.long(), N)


def _powers(x, count):
    columns = [x * 0 + 1]
    for _ in range(count - 1):
        columns.append(columns[-1] * x)
    return stack(columns, -1)


def vander(x, N=None, increasing=False):
    """The matrix of the powers of a vector, the highest first unless `increasing`."""
    if x.ndim != 1:
        raise RuntimeError("x must be a one-dimensional tensor.")
    N = x.shape[0] if N is None else N
    if N < 0:
        raise RuntimeError("N must be non-negative.")
    columns = _powers(x, max(N, 1))[..., :N]
    if x.dtype.category < 2:
        columns = columns.long()
    return columns if increasing else columns.flip(-1)
