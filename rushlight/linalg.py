"""Linear algebra, as `torch.linalg` has it: on matrices, or stacks of them, in `(..., m, n)`."""

from __future__ import annotations

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
from rushlight.ops.linalg.matmul import matmul
from rushlight.ops.linalg.matrices import (
    cholesky_ex,
    cond,
    det,
    eig,
    eigh,
    eigvals,
    eigvalsh,
    inv_ex,
    lstsq,
    matrix_exp,
    matrix_norm,
    matrix_power,
    matrix_rank,
    multi_dot,
    pinv,
    solve,
    solve_ex,
    solve_triangular,
    svdvals,
    tensorinv,
    tensorsolve,
    vecdot,
    vector_norm,
)
from rushlight.ops.linalg.matrices import (
    cross_of_vectors as cross,
)
from rushlight.ops.linalg.matrices import (
    diagonal_of_matrices as diagonal,
)
from rushlight.ops.linalg.matrices import (
    factor_cholesky as cholesky,
)
from rushlight.ops.linalg.matrices import (
    factor_qr as qr,
)
from rushlight.ops.linalg.matrices import (
    factor_svd as svd,
)
from rushlight.ops.linalg.matrices import (
    inverse as inv,
)
from rushlight.ops.linalg.matrices import (
    log_determinant as slogdet,
)
from rushlight.ops.linalg.matrices import (
    norm_of as norm,
)
from rushlight.ops.linalg.matrices import (
    powers as vander,
)
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
