"""Functions of rare use: factorizations, histograms, statistics.

What PyTorch printed, and what it refused.
"""

import re

import pytest
from expressions import evaluate

NAMES = "q = torch.tensor([[1.0, 2.0], [3.0, 5.0]])"

#: expressions, and what PyTorch prints for them
VALUES = [
    (
        "torch.linalg.lu_factor(q)",
        "torch.return_types.linalg_lu_factor(\nLU=tensor([[3.0000, 5.0000],\n        [0.3333, 0.3333]]),\npivots=tensor([2, 2], dtype=torch.int32))",
    ),
    (
        "torch.linalg.lu_factor_ex(torch.ones(2, 2))",
        "torch.return_types.linalg_lu_factor_ex(\nLU=tensor([[1., 1.],\n        [1., 0.]]),\npivots=tensor([1, 2], dtype=torch.int32),\ninfo=tensor(2, dtype=torch.int32))",
    ),
    (
        "torch.linalg.lu(m)",
        "torch.return_types.linalg_lu(\nP=tensor([[0., 1.],\n        [1., 0.]]),\nL=tensor([[1.0000, 0.0000],\n        [0.2500, 1.0000]]),\nU=tensor([[4., 4., 0.],\n        [0., 4., 3.]]))",
    ),
    ("torch.lu(q)[1]", "tensor([2, 2], dtype=torch.int32)"),
    (
        "q.lu(get_infos=True)",
        "(tensor([[3.0000, 5.0000],\n        [0.3333, 0.3333]]), tensor([2, 2], dtype=torch.int32), tensor(0, dtype=torch.int32))",
    ),
    (
        "torch.lu_unpack(*torch.linalg.lu_factor(q))",
        "torch.return_types.lu_unpack(\nP=tensor([[0., 1.],\n        [1., 0.]]),\nL=tensor([[1.0000, 0.0000],\n        [0.3333, 1.0000]]),\nU=tensor([[3.0000, 5.0000],\n        [0.0000, 0.3333]]))",
    ),
    ("torch.lu_unpack(*torch.linalg.lu_factor(q), unpack_pivots=False).P", "tensor([])"),
    (
        "torch.linalg.lu_solve(*torch.linalg.lu_factor(q), m.mT, left=False)",
        "tensor([[  7.0000,  -2.0000],\n        [-13.0000,   6.0000],\n        [-15.0000,   6.0000]])",
    ),
    (
        "torch.linalg.lu_solve(*torch.linalg.lu_factor(q), q, adjoint=True)",
        "tensor([[ 4.0000,  5.0000],\n        [-1.0000, -1.0000]])",
    ),
    ("q.lu_solve(*torch.linalg.lu_factor(q))", "tensor([[1., 0.],\n        [0., 1.]])"),
    (
        "torch.linalg.ldl_factor(q + q.T)",
        "torch.return_types.linalg_ldl_factor(\nLD=tensor([[10.0000,  0.0000],\n        [ 0.5000, -0.5000]]),\npivots=tensor([2, 2], dtype=torch.int32))",
    ),
    ("torch.linalg.ldl_factor_ex(torch.zeros(1, 1)).info", "tensor(1, dtype=torch.int32)"),
    (
        "torch.linalg.ldl_solve(*torch.linalg.ldl_factor(q + q.T), q)",
        "tensor([[ 1.0000,  1.0000],\n        [-0.2000,  0.0000]])",
    ),
    (
        "torch.geqrf(q)",
        "torch.return_types.geqrf(\na=tensor([[-3.1623, -5.3759],\n        [ 0.7208, -0.3162]]),\ntau=tensor([1.3162, 0.0000]))",
    ),
    (
        "torch.linalg.householder_product(*torch.geqrf(m.T))",
        "tensor([[-0.1690,  0.8407],\n        [-0.8452,  0.1449],\n        [-0.5071, -0.5218]])",
    ),
    ("torch.orgqr(*torch.geqrf(q))", "tensor([[-0.3162, -0.9487],\n        [-0.9487,  0.3162]])"),
    (
        "torch.ormqr(*torch.geqrf(q), q).round(decimals=3) + 0",
        "tensor([[-3.1620, -5.3760],\n        [ 0.0000, -0.3160]])",
    ),
    (
        "q.ormqr(torch.ones(2), q, left=False, transpose=True)",
        "tensor([[ 0., -3.],\n        [ 0., -9.]])",
    ),
    ("torch.cov(m)", "tensor([[4.0000, 0.0000],\n        [0.0000, 5.3333]])"),
    ("m.cov(correction=0)", "tensor([[2.6667, 0.0000],\n        [0.0000, 3.5556]])"),
    (
        "torch.cov(m, fweights=torch.tensor([1, 2, 1]))",
        "tensor([[3.6667, 0.6667],\n        [0.6667, 4.0000]])",
    ),
    (
        "torch.cov(m, aweights=torch.tensor([1.0, 2.0, 1.0]))",
        "tensor([[4.4000, 0.8000],\n        [0.8000, 4.8000]])",
    ),
    ("torch.cov(x)", "tensor(3.1458)"),
    ("torch.corrcoef(m)", "tensor([[1., 0.],\n        [0., 1.]])"),
    ("torch.corrcoef(x)", "tensor(1.)"),
    ("torch.corrcoef(r)", "tensor(1., grad_fn=<DivBackward0>)"),
    (
        "torch.renorm(m, 2, 0, 5)",
        "tensor([[0.8452, 4.2258, 2.5355],\n        [3.5355, 3.5355, 0.0000]])",
    ),
    (
        "m.clone().renorm_(1, 1, 2.0)",
        "tensor([[0.4000, 1.1111, 2.0000],\n        [1.6000, 0.8889, 0.0000]])",
    ),
    ("torch.hash_tensor(i)", "tensor(18446744073709551613, dtype=torch.uint64)"),
    (
        "torch.hash_tensor(m, 1, keepdim=True)",
        "tensor([[4606056518893174784],\n        [                  0]], dtype=torch.uint64)",
    ),
    ("torch.hash_tensor(b)", "tensor(0, dtype=torch.uint64)"),
    (
        "torch.histogram(m, 3)",
        "torch.return_types.histogram(\nhist=tensor([2., 1., 3.]),\nbin_edges=tensor([0.0000, 1.6667, 3.3333, 5.0000]))",
    ),
    (
        "torch.histogram(m, torch.tensor([0.0, 3.0, 6.0]))",
        "torch.return_types.histogram(\nhist=tensor([2., 4.]),\nbin_edges=tensor([0., 3., 6.]))",
    ),
    (
        "torch.histogram(m, 2, range=(0.0, 4.0), density=True)",
        "torch.return_types.histogram(\nhist=tensor([0.2000, 0.3000]),\nbin_edges=tensor([0., 2., 4.]))",
    ),
    (
        "x.histogram(2, weight=y)",
        "torch.return_types.histogram(\nhist=tensor([3., 1.]),\nbin_edges=tensor([-2.0000, -0.2500,  1.5000]))",
    ),
    (
        "torch.histogramdd(m.T, [2, 2])",
        "torch.return_types.histogramdd(\nhist=tensor([[0., 1.],\n        [1., 1.]]),\nbin_edges=(tensor([1., 3., 5.]), tensor([0., 2., 4.])))",
    ),
    (
        "torch.histogramdd(m.T, 2, range=(0.0, 4.0, 0.0, 4.0), density=True)",
        "torch.return_types.histogramdd(\nhist=tensor([[0.0000, 0.1250],\n        [0.1250, 0.0000]]),\nbin_edges=(tensor([0., 2., 4.]), tensor([0., 2., 4.])))",
    ),
    ("torch.pca_lowrank(m, q=1)[1]", "tensor([3.0822])"),
    ("torch.svd_lowrank(m, q=2)[1]", "tensor([7.5860, 3.0746])"),
    ("torch.svd_lowrank(m, q=2, M=m * 0.5)[1]", "tensor([3.7930, 1.5373])"),
]

#: expressions, and the error that PyTorch raises for them
ERRORS = [
    (
        "torch.linalg.lu_factor(torch.ones(2, 2))",
        RuntimeError,
        "torch.linalg.lu_factor: U[2,2] is zero and using it on lu_solve would result in a division by zero. If you still want to perform the factorization, consider calling linalg.lu(A, pivot) or linalg.lu_factor_ex(A, pivot)",
    ),
    (
        "torch.linalg.lu_factor(x)",
        RuntimeError,
        "torch.lu_factor: Expected tensor with 2 or more dimensions. Got size: [3] instead",
    ),
    (
        "torch.linalg.lu_factor(i[None])",
        NotImplementedError,
        "\"lu_cpu\" not implemented for 'Long'",
    ),
    (
        "torch.linalg.lu(q, pivot=False)",
        RuntimeError,
        "linalg.lu_factor: LU without pivoting is not implemented on the CPU",
    ),
    (
        "torch.lu_unpack(q, i)",
        RuntimeError,
        "torch.lu_unpack: LU_pivots is expected to be a contiguous tensor of torch.int32 dtype.",
    ),
    (
        "torch.linalg.lu_solve(q, i.int(), m.T)",
        RuntimeError,
        "linalg.lu_solve: Incompatible shapes of A and B for the equation AX = B (2x2 and 3x2)",
    ),
    (
        "torch.linalg.lu_solve(q, i, q)",
        RuntimeError,
        "linalg.lu_solve: pivots should be a Tensor of scalar type torch.int32",
    ),
    (
        "torch.linalg.ldl_factor(m)",
        RuntimeError,
        "torch.linalg.ldl_factor_ex: A must be batches of square matrices, but they are 2 by 3 matrices",
    ),
    (
        "torch.linalg.ldl_solve(q, i.int()[:2], x[:, None])",
        RuntimeError,
        "Incompatible matrix sizes for torch.linalg.ldl_solve: each A matrix is 2 by 2 but each b matrix is 3 by 1",
    ),
    ("torch.geqrf(x)", RuntimeError, "torch.geqrf: input must have at least 2 dimensions."),
    (
        "torch.linalg.householder_product(x, x)",
        RuntimeError,
        "torch.linalg.householder_product: input must have at least 2 dimensions.",
    ),
    (
        "torch.linalg.householder_product(m, x)",
        RuntimeError,
        "torch.linalg.householder_product: input.shape[-2] must be greater than or equal to input.shape[-1]",
    ),
    (
        "torch.linalg.householder_product(q, m)",
        RuntimeError,
        "torch.linalg.householder_product: input.shape[-1] must be greater than or equal to tau.shape[-1]",
    ),
    ("torch.ormqr(x, x, m)", RuntimeError, "torch.ormqr: input must have at least 2 dimensions."),
    (
        "torch.ormqr(q, x, q)",
        RuntimeError,
        "torch.ormqr: tau.shape[-1] must be equal to min(other.shape[-2], input.shape[-1])",
    ),
    (
        "torch.cov(m[None])",
        RuntimeError,
        "cov(): expected input to have two or fewer dimensions but got an input with 3 dimensions",
    ),
    (
        "torch.cov(m, fweights=m)",
        RuntimeError,
        "cov(): expected fweights to have one or fewer dimensions but got fweights with 2 dimensions",
    ),
    (
        "torch.cov(m, fweights=x)",
        RuntimeError,
        "cov(): expected fweights to have integral dtype but got fweights with Float dtype",
    ),
    (
        "torch.cov(m, aweights=i)",
        RuntimeError,
        "cov(): expected aweights to have floating point dtype but got aweights with Long dtype",
    ),
    (
        "torch.cov(m, fweights=i[:2])",
        RuntimeError,
        "cov(): expected fweights to have the same numel as there are observations in the input but got 2 != 3",
    ),
    ("torch.cov(m, fweights=i)", RuntimeError, "cov(): fweights cannot be negative"),
    ("torch.cov(b)", RuntimeError, "cov(): bool dtype is not supported for input"),
    (
        "torch.corrcoef(m[None])",
        RuntimeError,
        "corrcoef(): expected input to have two or fewer dimensions but got an input with 3 dimensions",
    ),
    (
        "torch.renorm(x, 2, 0, 1)",
        RuntimeError,
        "renorm: input needs at least 2 dimensions, got 1 dimensions",
    ),
    ("torch.renorm(m, 0, 0, 1)", RuntimeError, "renorm: non-positive-norm not supported"),
    ("torch.renorm(m, 2, 0, -1)", RuntimeError, "renorm: expected maxnorm to be >= 0 but got -1"),
    ("torch.hash_tensor(i, mode=1)", RuntimeError, "Unknown hash_tensor mode: 1"),
    (
        "torch.hash_tensor(c)",
        NotImplementedError,
        "\"xor_sum_cpu\" not implemented for 'ComplexFloat'",
    ),
    ("torch.histogram(i, 2)", NotImplementedError, "\"histogramdd\" not implemented for 'Long'"),
    (
        "torch.histogram(x, 2, range=(2.0, 1.0))",
        RuntimeError,
        "torch.histogramdd: min should not exceed max, but got min 2 max 1 for dimension 0",
    ),
    (
        "torch.histogram(n, 2)",
        RuntimeError,
        "torch.histogramdd: dimension 0's range [nan, nan] is not finite",
    ),
    (
        "torch.histogram(x, 2, weight=y.double())",
        RuntimeError,
        "torch.histogramdd: if weight tensor is provided, input tensor and weight tensor should have the same dtype, but got input(float), and weight(double)",
    ),
    (
        "torch.histogramdd(m, [2, 2])",
        RuntimeError,
        "histogramdd: The size of bins must be equal to the innermost dimension of the input.",
    ),
    (
        "torch.histogramdd(x, [2])",
        RuntimeError,
        "torch.histogramdd: input tensor should have at least 2 dimensions",
    ),
    (
        "torch.pca_lowrank(m, q=5)",
        ValueError,
        "q(=5) must be non-negative integer and not greater than min(m, n)=2",
    ),
    ("torch.pca_lowrank(m, niter=-1)", ValueError, "niter(=-1) must be non-negative integer"),
]


@pytest.mark.parametrize(("expression", "printed"), VALUES)
def test_values(expression, printed):
    assert repr(evaluate(expression, more_names=NAMES)) == printed


@pytest.mark.parametrize(("expression", "kind", "message"), ERRORS)
def test_errors(expression, kind, message):
    with pytest.raises(kind, match="^" + re.escape(message)):
        evaluate(expression, more_names=NAMES)
