"""Sums of products by subscripts: what PyTorch printed, and what it refused."""

import re

import pytest
from expressions import evaluate

import rushlight as torch

NAMES = """
a = torch.tensor([[1.0, 2.0], [3.0, -1.0], [0.5, 4.0]])
w = torch.tensor([[1.0, -2.0], [0.5, 3.0]])
v = torch.tensor([2.0, -1.0])
k = torch.tensor([[1, 2], [3, 4]])
B = torch.arange(12.0).reshape(2, 3, 2)
C = torch.arange(8.0).reshape(2, 2, 2) - 3
"""

#: expressions, and what PyTorch prints for them
VALUES = [
    (
        'torch.einsum("ij,jk->ik", a, w)',
        "tensor([[ 2.0000,  4.0000],\n        [ 2.5000, -9.0000],\n        [ 2.5000, 11.0000]])",
    ),
    (
        'torch.einsum("ij,jk", a, w)',
        "tensor([[ 2.0000,  4.0000],\n        [ 2.5000, -9.0000],\n        [ 2.5000, 11.0000]])",
    ),
    ('torch.einsum("i,i->", v, v)', "tensor(5.)"),
    ('torch.einsum("i,i", v, v)', "tensor(5.)"),
    ('torch.einsum("i,j->ij", v, y)', "tensor([[ 4.,  6., -2.],\n        [-2., -3.,  1.]])"),
    ('torch.einsum("ii", w)', "tensor(4.)"),
    ('torch.einsum("ii->i", w)', "tensor([1., 3.])"),
    (
        'torch.einsum("ij->ji", a)',
        "tensor([[ 1.0000,  3.0000,  0.5000],\n        [ 2.0000, -1.0000,  4.0000]])",
    ),
    (
        'torch.einsum("ba", a)',
        "tensor([[ 1.0000,  3.0000,  0.5000],\n        [ 2.0000, -1.0000,  4.0000]])",
    ),
    ('torch.einsum("ij->", a)', "tensor(9.5000)"),
    ('torch.einsum("ij->j", a)', "tensor([4.5000, 5.0000])"),
    ('torch.einsum("ij,ij->i", a, a)', "tensor([ 5.0000, 10.0000, 16.2500])"),
    (
        'torch.einsum("bij,bjk->bik", B, C)',
        "tensor([[[ -1.,   0.],\n         [ -9.,  -4.],\n         [-17.,  -8.]],\n\n        [[ 27.,  40.],\n         [ 35.,  52.],\n         [ 43.,  64.]]])",
    ),
    (
        'torch.einsum("b i j , b j k -> b i k", B, C)',
        "tensor([[[ -1.,   0.],\n         [ -9.,  -4.],\n         [-17.,  -8.]],\n\n        [[ 27.,  40.],\n         [ 35.,  52.],\n         [ 43.,  64.]]])",
    ),
    (
        'torch.einsum("...ij,...jk->...ik", B, C)',
        "tensor([[[ -1.,   0.],\n         [ -9.,  -4.],\n         [-17.,  -8.]],\n\n        [[ 27.,  40.],\n         [ 35.,  52.],\n         [ 43.,  64.]]])",
    ),
    (
        'torch.einsum("...ij,jk->...ik", B, w)',
        "tensor([[[ 0.5000,  3.0000],\n         [ 3.5000,  5.0000],\n         [ 6.5000,  7.0000]],\n\n        [[ 9.5000,  9.0000],\n         [12.5000, 11.0000],\n         [15.5000, 13.0000]]])",
    ),
    ('torch.einsum("...j,j->...", B, v)', "tensor([[-1.,  1.,  3.],\n        [ 5.,  7.,  9.]])"),
    (
        'torch.einsum("...i->i...", a)',
        "tensor([[ 1.0000,  3.0000,  0.5000],\n        [ 2.0000, -1.0000,  4.0000]])",
    ),
    (
        'torch.einsum("bij,kj,k->bi", B, w, v)',
        "tensor([[ -7., -18., -29.],\n        [-40., -51., -62.]])",
    ),
    (
        'torch.einsum("bn,anm,bm->ba", a, C, a)',
        "tensor([[ -9.0000,  27.0000],\n        [-18.0000,  -2.0000],\n        [ -6.7500,  74.2500]])",
    ),
    (
        'torch.einsum("ij,jk,kl->il", a, w, w)',
        "tensor([[  4.,   8.],\n        [ -2., -32.],\n        [  8.,  28.]])",
    ),
    (
        'torch.einsum("ij,j->ij", torch.ones(2, 1), y)',
        "tensor([[ 2.,  3., -1.],\n        [ 2.,  3., -1.]])",
    ),
    ('torch.einsum("iij->j", C)', "tensor([0., 2.])"),
    ('torch.einsum("ij,ij->ij", k, k)', "tensor([[ 1,  4],\n        [ 9, 16]])"),
    (
        'torch.einsum("ij,jk", [a, w])',
        "tensor([[ 2.0000,  4.0000],\n        [ 2.5000, -9.0000],\n        [ 2.5000, 11.0000]])",
    ),
    (
        "torch.einsum(a, [0, 1], w, [1, 2], [0, 2])",
        "tensor([[ 2.0000,  4.0000],\n        [ 2.5000, -9.0000],\n        [ 2.5000, 11.0000]])",
    ),
    (
        "torch.einsum(a, [0, 1], w, [1, 2])",
        "tensor([[ 2.0000,  4.0000],\n        [ 2.5000, -9.0000],\n        [ 2.5000, 11.0000]])",
    ),
    (
        "torch.einsum(B, [Ellipsis, 0], v, [0], [Ellipsis])",
        "tensor([[-1.,  1.,  3.],\n        [ 5.,  7.,  9.]])",
    ),
    (
        'torch.einsum("nqhd,nkhd->nhqk", torch.ones(1, 2, 3, 4), torch.ones(1, 5, 3, 4)).shape',
        "torch.Size([1, 3, 2, 5])",
    ),
    (
        'torch.einsum("ij,jk", torch.ones(2, 0), torch.ones(0, 3))',
        "tensor([[0., 0., 0.],\n        [0., 0., 0.]])",
    ),
    ('torch.einsum("...,...", B, torch.tensor(2.0)).shape', "torch.Size([2, 3, 2])"),
    ('torch.einsum(",i->i", s, v)', "tensor([ 6., -3.])"),
    (
        'torch.einsum("ij,jk", a.double(), w.double())',
        "tensor([[ 2.0000,  4.0000],\n        [ 2.5000, -9.0000],\n        [ 2.5000, 11.0000]], dtype=torch.float64)",
    ),
    (
        'torch.einsum("aA,Ab->ab", a, w)',
        "tensor([[ 2.0000,  4.0000],\n        [ 2.5000, -9.0000],\n        [ 2.5000, 11.0000]])",
    ),
]

#: expressions, and the error that PyTorch raises for them
ERRORS = [
    (
        'torch.einsum("ij,jk->ik", a)',
        RuntimeError,
        "einsum(): fewer operands were provided than specified in the equation",
    ),
    (
        'torch.einsum("ij->ik", a)',
        RuntimeError,
        "einsum(): output subscript k does not appear in the equation for any input operand",
    ),
    (
        'torch.einsum("ij->ii", a)',
        RuntimeError,
        "einsum(): output subscript i appears more than once in the output",
    ),
    (
        'torch.einsum("i->i", a)',
        RuntimeError,
        "einsum(): the number of subscripts in the equation (1) does not match the number of dimensions (2) for operand 0 and no ellipsis was given",
    ),
    (
        'torch.einsum("ijk->i", a)',
        RuntimeError,
        "einsum(): the number of subscripts in the equation (3) does not match the number of dimensions (2) for operand 0 and no ellipsis was given",
    ),
    (
        'torch.einsum("...ijk->i", a)',
        RuntimeError,
        "einsum(): the number of subscripts in the equation (3) is more than the number of dimensions (2) for operand 0",
    ),
    (
        'torch.einsum("ij,jk->ik", a, a)',
        RuntimeError,
        "einsum(): subscript j has size 3 for operand 1 which does not broadcast with previously seen size 2",
    ),
    (
        'torch.einsum("ij,jk->ik", a, w, w)',
        RuntimeError,
        "einsum(): more operands were provided than specified in the equation",
    ),
    (
        'torch.einsum("i1->i", a)',
        RuntimeError,
        "einsum(): invalid subscript given at index 1 in the equation string, subscripts must be in [a-zA-Z]",
    ),
    (
        'torch.einsum("i..j->i", a)',
        RuntimeError,
        "einsum(): found '.' for operand 0 that is not part of any ellipsis",
    ),
    (
        'torch.einsum("ii", a)',
        RuntimeError,
        "einsum(): subscript i is repeated for operand 0 but the sizes don't match, 2 != 3",
    ),
    (
        "torch.einsum()",
        ValueError,
        "einsum(): must specify the equation string and at least one operand, or at least one operand and its subscripts list",
    ),
    (
        'torch.einsum("i->i")',
        ValueError,
        "einsum(): must specify the equation string and at least one operand, or at least one operand and its subscripts list",
    ),
    (
        'torch.einsum("ij,jk", a, w.double())',
        RuntimeError,
        "expected scalar type Float but found Double",
    ),
]


@pytest.mark.parametrize(("expression", "printed"), VALUES)
def test_values(expression, printed):
    assert repr(evaluate(expression, more_names=NAMES)) == printed


@pytest.mark.parametrize(("expression", "kind", "message"), ERRORS)
def test_errors(expression, kind, message):
    with pytest.raises(kind, match="^" + re.escape(message)):
        evaluate(expression, more_names=NAMES)


@pytest.mark.parametrize(
    ("equation", "shapes"),
    [
        ("ij,jk->ik", [(2, 3), (3, 4)]),
        ("bij,bjk->bik", [(2, 2, 3), (2, 3, 1)]),
        ("bij,kj,k->bi", [(2, 2, 3), (2, 3), (2,)]),
        ("ii->i", [(3, 3)]),
        ("iij->j", [(2, 2, 3)]),
        ("ij,j->ij", [(2, 1), (3,)]),
        ("...ij,jk->...k", [(2, 2, 3), (3, 2)]),
    ],
)
def test_derivatives_of_two_orders(equation, shapes):
    operands = [torch.randn(s, dtype=torch.float64, requires_grad=True) for s in shapes]

    def function(*operands):
        return torch.einsum(equation, *operands)

    assert torch.autograd.gradcheck(function, operands)
    assert torch.autograd.gradgradcheck(function, operands)
