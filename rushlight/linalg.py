"""Linear algebra, as `torch.linalg` has it: on matrices, or stacks of them, in `(..., m, n)`."""

from __future__ import annotations

from rushlight.ops.linalg.decompositions import cholesky_ex, eig, eigh, eigvals, eigvalsh, svdvals
from rushlight.ops.linalg.decompositions import factor_cholesky as cholesky
from rushlight.ops.linalg.decompositions import factor_qr as qr
from rushlight.ops.linalg.decompositions import factor_svd as svd
from rushlight.ops.linalg.factorizations import factor_lu as lu
from rushlight.ops.linalg.factorizations import (
    householder_product,
    ldl_factor,
    ldl_factor_ex,
    ldl_solve,
    lu_factor,
    lu_factor_ex,
)
from rushlight.ops.linalg.factorizations import solve_lu as lu_solve
from rushlight.ops.linalg.inverses import (
    det,
    inv_ex,
    solve,
    solve_ex,
    solve_triangular,
    tensorinv,
    tensorsolve,
)
from rushlight.ops.linalg.inverses import inverse as inv
from rushlight.ops.linalg.inverses import log_determinant as slogdet
from rushlight.ops.linalg.least_squares import lstsq, matrix_rank, pinv
from rushlight.ops.linalg.matmul import matmul
from rushlight.ops.linalg.norms import cond, matrix_norm, vector_norm
from rushlight.ops.linalg.norms import norm_of as norm
from rushlight.ops.linalg.products import cross_of_vectors as cross
from rushlight.ops.linalg.products import diagonal_of_matrices as diagonal
from rushlight.ops.linalg.products import matrix_exp, matrix_power, multi_dot, vecdot
from rushlight.ops.linalg.products import powers as vander
from rushlight.ops.linalg.solvers import _LinAlgError as LinAlgError

__all__ = [
    "LinAlgError",
    "cholesky",
    "cholesky_ex",
    "cond",
    "cross",
    "det",
    "diagonal",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "householder_product",
    "inv",
    "inv_ex",
    "ldl_factor",
    "ldl_factor_ex",
    "ldl_solve",
    "lstsq",
    "lu",
    "lu_factor",
    "lu_factor_ex",
    "lu_solve",
    "matmul",
    "matrix_exp",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "multi_dot",
    "norm",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "solve_ex",
    "solve_triangular",
    "svd",
    "svdvals",
    "tensorinv",
    "tensorsolve",
    "vander",
    "vecdot",
    "vector_norm",
]
