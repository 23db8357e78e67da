"""Sparse matrices in coordinate format: their elements and where these are.

Made by `torch.sparse_coo_tensor` or `x.to_sparse()`, multiplied with dense matrices, and made dense
again; gradients reach the dense factor and the elements. Everything else asks for `to_dense()`.

>>> import rushlight as torch
>>> a = torch.sparse_coo_tensor([[0, 1, 1], [2, 0, 2]], [3.0, 4.0, 5.0], (2, 3))
>>> a @ torch.ones(3, 1)
tensor([[3.],
        [9.]])
"""

from __future__ import annotations

import math
from functools import partial

import rushlight as torch
from rushlight.sparse.coordinates import SparseTensor, sparse_coo_tensor, to_sparse

__all__ = [
    "SparseTensor",
    "addmm",
    "log_softmax",
    "mm",
    "softmax",
    "sparse_coo_tensor",
    "spmm",
    "sum",
    "to_sparse",
]


def mm(mat1, mat2):
    """The product of two matrices, of which the first, or none, is sparse."""
    return torch.mm(mat1, mat2)


spmm = mm


def addmm(input, mat1, mat2, *, beta=1, alpha=1):
    """beta * input + alpha * (mat1 @ mat2), with a sparse `mat1`."""
    return beta * input + alpha * torch.mm(mat1, mat2)


def sum(input, dim=None, dtype=None):
    """The sum of the elements, of all or along dimensions; then it is sparse again."""
    input = input if dtype is None else input.to(dtype)
    return input.sum() if dim is None else to_sparse(input.to_dense().sum(dim))


def softmax(input, dim, *, dtype=None):
    """softmax of the stored elements along `dim`: those that aren't stored count as -infinity.

    >>> import rushlight as torch
    >>> a = torch.sparse_coo_tensor([[0, 0, 1], [0, 2, 1]], [1.0, 1.0, 5.0], (2, 3))
    >>> torch.sparse.softmax(a, 1).to_dense()
    tensor([[0.5000, 0.0000, 0.5000],
            [0.0000, 1.0000, 0.0000]])
    """
    return _among_stored(torch.softmax, input, dim, dtype)


def log_softmax(input, dim, *, dtype=None):
    """The logarithm of `softmax`."""
    return _among_stored(torch.log_softmax, input, dim, dtype)


def _among_stored(function, input, dim, dtype):
    if not isinstance(input, SparseTensor):
        name = f"aten::_sparse_{function.__name__}"
        raise NotImplementedError(f"Could not run '{name}' with arguments from the 'CPU' backend.")
    input = (input if dtype is None else input.to(dtype)).coalesce()
    places, values = tuple(input.indices()), input.values()
    absent = torch.full(input.shape, -math.inf, dtype=values.dtype)
    return input._with(function(absent.index_put(places, values), dim)[places])


def _legacy(dtype, *arguments):
    """`torch.sparse.FloatTensor(indices, values, size)`, as programs from before 2018 have it."""
    return sparse_coo_tensor(*arguments, dtype=dtype)


FloatTensor, DoubleTensor, HalfTensor = (
    partial(_legacy, dtype) for dtype in (torch.float32, torch.float64, torch.float16)
)
LongTensor, IntTensor, ShortTensor, CharTensor, ByteTensor = (
    partial(_legacy, dtype)
    for dtype in (torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8)
)
