"""Products of matrices and vectors: what PyTorch printed, and what it refused."""

import re

import pytest
from expressions import evaluate

import rushlight as torch

NAMES = """
F = torch.nn.functional
a = torch.tensor([[1.0, 2.0], [3.0, -1.0], [0.5, 4.0]])
w = torch.tensor([[1.0, -2.0], [0.5, 3.0]])
v = torch.tensor([2.0, -1.0])
k = torch.tensor([[1, 2], [3, 4]])
B = torch.arange(12.0).reshape(2, 3, 2)
C = torch.arange(8.0).reshape(2, 2, 2) - 3
z = torch.tensor([[1 + 1j, 2.0], [0.0, -1j]])
q = w.clone().requires_grad_()
"""

#: expressions, and what PyTorch prints for them
VALUES = [
    (
        "a @ w",
        "tensor([[ 2.0000,  4.0000],\n        [ 2.5000, -9.0000],\n        [ 2.5000, 11.0000]])",
    ),
    ("w @ v", "tensor([ 4., -2.])"),
    ("v @ w", "tensor([ 1.5000, -7.0000])"),
    ("v @ v", "tensor(5.)"),
    ("k @ k", "tensor([[ 7, 10],\n        [15, 22]])"),
    ("torch.mm(k, k)", "tensor([[ 7, 10],\n        [15, 22]])"),
    (
        "torch.mm(a, w)",
        "tensor([[ 2.0000,  4.0000],\n        [ 2.5000, -9.0000],\n        [ 2.5000, 11.0000]])",
    ),
    (
        "a.mm(w)",
        "tensor([[ 2.0000,  4.0000],\n        [ 2.5000, -9.0000],\n        [ 2.5000, 11.0000]])",
    ),
    ("torch.mv(a, v)", "tensor([ 0.,  7., -3.])"),
    ("torch.dot(v, v)", "tensor(5.)"),
    ("torch.dot(i, i)", "tensor(13)"),
    ("torch.vdot(c, c)", "tensor(5.2500+0.j)"),
    ("torch.dot(c, c)", "tensor(-3.2500+4.j)"),
    ("torch.inner(v, v)", "tensor(5.)"),
    ("z @ z", "tensor([[ 0.+2.j,  2.+0.j],\n        [ 0.+0.j, -1.+0.j]])"),
    (
        "torch.bmm(B, C)",
        "tensor([[[ -1.,   0.],\n         [ -9.,  -4.],\n         [-17.,  -8.]],\n\n        [[ 27.,  40.],\n         [ 35.,  52.],\n         [ 43.,  64.]]])",
    ),
    (
        "B @ C",
        "tensor([[[ -1.,   0.],\n         [ -9.,  -4.],\n         [-17.,  -8.]],\n\n        [[ 27.,  40.],\n         [ 35.,  52.],\n         [ 43.,  64.]]])",
    ),
    (
        "B @ w",
        "tensor([[[ 0.5000,  3.0000],\n         [ 3.5000,  5.0000],\n         [ 6.5000,  7.0000]],\n\n        [[ 9.5000,  9.0000],\n         [12.5000, 11.0000],\n         [15.5000, 13.0000]]])",
    ),
    ("B @ v", "tensor([[-1.,  1.,  3.],\n        [ 5.,  7.,  9.]])"),
    ("a.T @ a", "tensor([[10.2500,  1.0000],\n        [ 1.0000, 21.0000]])"),
    (
        "torch.matmul(w, C)",
        "tensor([[[-1.0000, -2.0000],\n         [-4.5000, -1.0000]],\n\n        [[-5.0000, -6.0000],\n         [ 9.5000, 13.0000]]])",
    ),
    ("torch.matmul(v, C)", "tensor([[-5., -4.],\n        [-1.,  0.]])"),
    ("torch.matmul(torch.ones(4, 1, 1, 2), B.mT).shape", "torch.Size([4, 2, 1, 3])"),
    ("torch.matmul(torch.ones(0, 3), torch.ones(3, 2))", "tensor([], size=(0, 2))"),
    (
        "torch.matmul(torch.ones(2, 0), torch.ones(0, 3))",
        "tensor([[0., 0., 0.],\n        [0., 0., 0.]])",
    ),
    ("torch.bmm(torch.ones(0, 2, 3), torch.ones(0, 3, 4)).shape", "torch.Size([0, 2, 4])"),
    (
        "F.linear(a, w)",
        "tensor([[-3.0000,  6.5000],\n        [ 5.0000, -1.5000],\n        [-7.5000, 12.2500]])",
    ),
    (
        "F.linear(a, w, v)",
        "tensor([[-1.0000,  5.5000],\n        [ 7.0000, -2.5000],\n        [-5.5000, 11.2500]])",
    ),
    (
        "F.linear(B, w, v)",
        "tensor([[[  0.,   2.],\n         [ -2.,   9.],\n         [ -4.,  16.]],\n\n        [[ -6.,  23.],\n         [ -8.,  30.],\n         [-10.,  37.]]])",
    ),
    ("F.linear(v, w, v)", "tensor([ 6., -3.])"),
    ("F.linear(a, v)", "tensor([ 0.,  7., -3.])"),
    ("F.linear(k, k)", "tensor([[ 5, 11],\n        [11, 25]])"),
    (
        "torch.addmm(v, a, w)",
        "tensor([[  4.0000,   3.0000],\n        [  4.5000, -10.0000],\n        [  4.5000,  10.0000]])",
    ),
    (
        "torch.addmm(v, a, w, beta=0.5, alpha=2)",
        "tensor([[  5.0000,   7.5000],\n        [  6.0000, -18.5000],\n        [  6.0000,  21.5000]])",
    ),
    (
        'torch.addmm(torch.full((3, 2), float("nan")), a, w, beta=0)',
        "tensor([[ 2.0000,  4.0000],\n        [ 2.5000, -9.0000],\n        [ 2.5000, 11.0000]])",
    ),
    ("torch.addmm(k, k, k)", "tensor([[ 8, 12],\n        [18, 26]])"),
    ("torch.addmv(v, w, v)", "tensor([ 6., -3.])"),
    ("torch.addmv(v, w, v, beta=2, alpha=-1)", "tensor([0., 0.])"),
    ("torch.addr(w, v, v)", "tensor([[ 5.0000, -4.0000],\n        [-1.5000,  4.0000]])"),
    ("torch.addr(w, v, v, beta=0, alpha=3)", "tensor([[12., -6.],\n        [-6.,  3.]])"),
    (
        "torch.baddbmm(torch.ones(2, 1, 2), B, C)",
        "tensor([[[  0.,   1.],\n         [ -8.,  -3.],\n         [-16.,  -7.]],\n\n        [[ 28.,  41.],\n         [ 36.,  53.],\n         [ 44.,  65.]]])",
    ),
    (
        "torch.addbmm(torch.ones(3, 2), B, C, alpha=0.5)",
        "tensor([[14., 21.],\n        [14., 25.],\n        [14., 29.]])",
    ),
    (
        "torch.chain_matmul(a, w, w)",
        "tensor([[  4.,   8.],\n        [ -2., -32.],\n        [  8.,  28.]])",
    ),
    (
        "a.clone().addmm_(a, w)",
        "tensor([[  3.0000,   6.0000],\n        [  5.5000, -10.0000],\n        [  3.0000,  15.0000]])",
    ),
    ("w.clone().addr_(v, v)", "tensor([[ 5.0000, -4.0000],\n        [-1.5000,  4.0000]])"),
    ("v.clone().addmv_(w, v)", "tensor([ 6., -3.])"),
    (
        "torch.mm(a, w, out=torch.empty(3, 2))",
        "tensor([[ 2.0000,  4.0000],\n        [ 2.5000, -9.0000],\n        [ 2.5000, 11.0000]])",
    ),
    (
        "torch.matmul(a, w, out=torch.empty(0))",
        "tensor([[ 2.0000,  4.0000],\n        [ 2.5000, -9.0000],\n        [ 2.5000, 11.0000]])",
    ),
    ("torch.outer(v, v, out=torch.empty(2, 2))", "tensor([[ 4., -2.],\n        [-2.,  1.]])"),
    ("torch.kron(v, v, out=torch.empty(0))", "tensor([ 4., -2., -2.,  1.])"),
    ("torch.inner(v, v, out=torch.empty(()))", "tensor(5.)"),
    (
        "torch.tensordot(a, w, 1, out=torch.empty(3, 2))",
        "tensor([[ 2.0000,  4.0000],\n        [ 2.5000, -9.0000],\n        [ 2.5000, 11.0000]])",
    ),
    (
        "a.double() @ w.double()",
        "tensor([[ 2.0000,  4.0000],\n        [ 2.5000, -9.0000],\n        [ 2.5000, 11.0000]], dtype=torch.float64)",
    ),
    (
        "a.half() @ w.half()",
        "tensor([[ 2.0000,  4.0000],\n        [ 2.5000, -9.0000],\n        [ 2.5000, 11.0000]], dtype=torch.float16)",
    ),
    ("torch.outer(v, v)", "tensor([[ 4., -2.],\n        [-2.,  1.]])"),
    ("v.outer(i)", "tensor([[ 6., -4.,  0.],\n        [-3.,  2., -0.]])"),
    ("torch.ger(v, y)", "tensor([[ 4.,  6., -2.],\n        [-2., -3.,  1.]])"),
    (
        "torch.kron(w, v)",
        "tensor([[ 2.0000, -1.0000, -4.0000,  2.0000],\n        [ 1.0000, -0.5000,  6.0000, -3.0000]])",
    ),
    ("torch.kron(i, k)", "tensor([[ 3,  6, -2, -4,  0,  0],\n        [ 9, 12, -6, -8,  0,  0]])"),
    (
        "torch.matmul(a, q)",
        "tensor([[ 2.0000,  4.0000],\n        [ 2.5000, -9.0000],\n        [ 2.5000, 11.0000]], grad_fn=<MmBackward0>)",
    ),
    ("torch.matmul(q, v)", "tensor([ 4., -2.], grad_fn=<MvBackward0>)"),
    ("torch.dot(q[0], v)", "tensor(4., grad_fn=<DotBackward0>)"),
    (
        "F.linear(a, q)",
        "tensor([[-3.0000,  6.5000],\n        [ 5.0000, -1.5000],\n        [-7.5000, 12.2500]], grad_fn=<MmBackward0>)",
    ),
    (
        "F.linear(a, q, v)",
        "tensor([[-1.0000,  5.5000],\n        [ 7.0000, -2.5000],\n        [-5.5000, 11.2500]], grad_fn=<AddmmBackward0>)",
    ),
    (
        "F.linear(B, q, v)",
        "tensor([[[  0.,   2.],\n         [ -2.,   9.],\n         [ -4.,  16.]],\n\n        [[ -6.,  23.],\n         [ -8.,  30.],\n         [-10.,  37.]]], grad_fn=<ViewBackward0>)",
    ),
    (
        "F.linear(B, q)",
        "tensor([[[ -2.,   3.],\n         [ -4.,  10.],\n         [ -6.,  17.]],\n\n        [[ -8.,  24.],\n         [-10.,  31.],\n         [-12.,  38.]]], grad_fn=<UnsafeViewBackward0>)",
    ),
    ("F.linear(v, q)", "tensor([ 4., -2.], grad_fn=<SqueezeBackward4>)"),
    (
        "B @ q",
        "tensor([[[ 0.5000,  3.0000],\n         [ 3.5000,  5.0000],\n         [ 6.5000,  7.0000]],\n\n        [[ 9.5000,  9.0000],\n         [12.5000, 11.0000],\n         [15.5000, 13.0000]]], grad_fn=<UnsafeViewBackward0>)",
    ),
    (
        "torch.bmm(C, q.expand(2, 2, 2))",
        "tensor([[[-4.,  0.],\n         [-1.,  2.]],\n\n        [[ 2.,  4.],\n         [ 5.,  6.]]], grad_fn=<BmmBackward0>)",
    ),
    (
        "torch.addmm(v, a, q)",
        "tensor([[  4.0000,   3.0000],\n        [  4.5000, -10.0000],\n        [  4.5000,  10.0000]], grad_fn=<AddmmBackward0>)",
    ),
    (
        "torch.tensordot(a, w, dims=1)",
        "tensor([[ 2.0000,  4.0000],\n        [ 2.5000, -9.0000],\n        [ 2.5000, 11.0000]])",
    ),
    (
        "torch.tensordot(B, C, dims=([2, 0], [1, 0]))",
        "tensor([[26., 40.],\n        [26., 48.],\n        [26., 56.]])",
    ),
    ("torch.tensordot(a, w, dims=0).shape", "torch.Size([3, 2, 2, 2])"),
    ("torch.tensordot(a, a, dims=2)", "tensor(31.2500)"),
    (
        "torch.inner(a, w)",
        "tensor([[-3.0000,  6.5000],\n        [ 5.0000, -1.5000],\n        [-7.5000, 12.2500]])",
    ),
    ("torch.inner(s, v)", "tensor([ 6., -3.])"),
    (
        "torch.matmul(other=w, input=a)",
        "tensor([[ 2.0000,  4.0000],\n        [ 2.5000, -9.0000],\n        [ 2.5000, 11.0000]])",
    ),
    (
        "a.__matmul__(w)",
        "tensor([[ 2.0000,  4.0000],\n        [ 2.5000, -9.0000],\n        [ 2.5000, 11.0000]])",
    ),
    (
        "a.matmul(w.t())",
        "tensor([[-3.0000,  6.5000],\n        [ 5.0000, -1.5000],\n        [-7.5000, 12.2500]])",
    ),
    ("y @ a", "tensor([10.5000, -3.0000])"),
]

#: expressions, and the error that PyTorch raises for them
ERRORS = [
    ("torch.mm(a, a)", RuntimeError, "mat1 and mat2 shapes cannot be multiplied (3x2 and 3x2)"),
    ("torch.mm(a, v)", RuntimeError, "mat2 must be a matrix"),
    ("torch.mm(v, a)", RuntimeError, "self must be a matrix"),
    (
        "torch.mm(a, w.double())",
        RuntimeError,
        "expected m1 and m2 to have the same dtype, but got: float != double",
    ),
    (
        "torch.mm(a, k)",
        RuntimeError,
        "expected m1 and m2 to have the same dtype, but got: float != long int",
    ),
    ("a @ a", RuntimeError, "mat1 and mat2 shapes cannot be multiplied (3x2 and 3x2)"),
    ("a @ y", RuntimeError, "size mismatch, got input (3), mat (3x2), vec (3)"),
    (
        "a @ s",
        RuntimeError,
        "both arguments to matmul need to be at least 1D, but they are 2D and 0D",
    ),
    (
        "s @ a",
        RuntimeError,
        "both arguments to matmul need to be at least 1D, but they are 0D and 2D",
    ),
    ("a @ 2", TypeError, "unsupported operand type(s) for @: 'Tensor' and 'int'"),
    ("2 @ a", TypeError, "unsupported operand type(s) for @: 'int' and 'Tensor'"),
    ('a @ "x"', TypeError, "unsupported operand type(s) for @: 'Tensor' and 'str'"),
    (
        "a @ k",
        RuntimeError,
        "expected m1 and m2 to have the same dtype, but got: float != long int",
    ),
    (
        "a @ w.double()",
        RuntimeError,
        "expected m1 and m2 to have the same dtype, but got: float != double",
    ),
    ("B @ a", RuntimeError, "mat1 and mat2 shapes cannot be multiplied (6x2 and 3x2)"),
    (
        "B @ torch.ones(3, 2, 2)",
        RuntimeError,
        "The size of tensor a (2) must match the size of tensor b (3) at non-singleton dimension 0",
    ),
    ("torch.bmm(a, a)", RuntimeError, "batch1 must be a 3D tensor"),
    (
        "torch.bmm(B, B)",
        RuntimeError,
        "Expected size for first two dimensions of batch2 tensor to be: [2, 2] but got: [2, 3].",
    ),
    ("torch.bmm(B, w)", RuntimeError, "batch2 must be a 3D tensor"),
    (
        "torch.bmm(B, C[:1])",
        RuntimeError,
        "Expected size for first two dimensions of batch2 tensor to be: [2, 2] but got: [1, 2].",
    ),
    ("torch.mv(a, y)", RuntimeError, "size mismatch, got input (3), mat (3x2), vec (3)"),
    ("torch.mv(a, a)", RuntimeError, "vector + matrix @ vector expected, got 1, 2, 2"),
    (
        "torch.mv(a, v.double())",
        RuntimeError,
        "addmv input tensors must have the same dtype, but got Double, Float, and Double",
    ),
    (
        "torch.dot(v, y)",
        RuntimeError,
        "inconsistent tensor size, expected tensor [2] and src [3] to have the same number of elements, but got 2 and 3 elements respectively",
    ),
    ("torch.dot(a, v)", RuntimeError, "1D tensors expected, but got 2D and 1D tensors"),
    (
        "torch.dot(v, v.double())",
        RuntimeError,
        "dot : expected both vectors to have same dtype, but found Float and Double",
    ),
    ("torch.dot(v, 2)", TypeError, "dot(): argument 'tensor' (position 2) must be Tensor, not int"),
    (
        "torch.matmul(a, 2)",
        TypeError,
        "matmul(): argument 'other' (position 2) must be Tensor, not int",
    ),
    (
        "torch.matmul([1.0], a)",
        TypeError,
        "matmul(): argument 'input' (position 1) must be Tensor, not list",
    ),
    ("torch.mm(a, [1])", TypeError, "mm(): argument 'mat2' (position 2) must be Tensor, not list"),
    ("F.linear(a, y)", RuntimeError, "size mismatch, got input (3), mat (3x2), vec (3)"),
    (
        "F.linear(a, torch.ones(4, 3))",
        RuntimeError,
        "mat1 and mat2 shapes cannot be multiplied (3x2 and 3x4)",
    ),
    (
        "F.linear(B, torch.ones(4, 3))",
        RuntimeError,
        "mat1 and mat2 shapes cannot be multiplied (6x2 and 3x4)",
    ),
    (
        "F.linear(a, w, y)",
        RuntimeError,
        "The expanded size of the tensor (2) must match the existing size (3) at non-singleton dimension 1.  Target sizes: [3, 2].  Tensor sizes: [3]",
    ),
    (
        "F.linear(a, w.double())",
        RuntimeError,
        "expected m1 and m2 to have the same dtype, but got: float != double",
    ),
    (
        "F.linear(a, w.double(), v.double())",
        RuntimeError,
        "mat1 and mat2 must have the same dtype, but got Float and Double",
    ),
    (
        "F.linear(a, w, v.double())",
        RuntimeError,
        "self and mat2 must have the same dtype, but got Double and Float",
    ),
    (
        "F.linear(k, w)",
        RuntimeError,
        "expected m1 and m2 to have the same dtype, but got: long int != float",
    ),
    (
        "F.linear(k, w, v)",
        RuntimeError,
        "mat1 and mat2 must have the same dtype, but got Long and Float",
    ),
    (
        "F.linear(a, torch.ones(2, 2, 2))",
        RuntimeError,
        "t() expects a tensor with <= 2 dimensions, but self is 3D",
    ),
    (
        "F.linear(a, 2)",
        TypeError,
        "linear(): argument 'weight' (position 2) must be Tensor, not int",
    ),
    (
        "F.linear([1.0], w)",
        TypeError,
        "linear(): argument 'input' (position 1) must be Tensor, not list",
    ),
    (
        "torch.addmm(y, a, w)",
        RuntimeError,
        "The expanded size of the tensor (2) must match the existing size (3) at non-singleton dimension 1.  Target sizes: [3, 2].  Tensor sizes: [3]",
    ),
    (
        "torch.addmm(v, a, a)",
        RuntimeError,
        "mat1 and mat2 shapes cannot be multiplied (3x2 and 3x2)",
    ),
    (
        "torch.addmm(v, a, w.double())",
        RuntimeError,
        "self and mat2 must have the same dtype, but got Float and Double",
    ),
    (
        "torch.addmm(v.double(), a, w)",
        RuntimeError,
        "self and mat2 must have the same dtype, but got Double and Float",
    ),
    ("torch.addmm(v, y, w)", RuntimeError, "mat1 must be a matrix, got 1-D tensor"),
    ("torch.addmv(y, w, v)", RuntimeError, "size mismatch, got input (3), mat (2x2), vec (2)"),
    ("torch.addr(w, v, w)", RuntimeError, "addr: Expected 1-D argument vec2, but got 2-D"),
    ("torch.outer(a, v)", RuntimeError, "outer: Expected 1-D argument self, but got 2-D"),
    (
        "torch.outer(v, 1)",
        TypeError,
        "outer(): argument 'vec2' (position 2) must be Tensor, not int",
    ),
    (
        "torch.inner(a, y)",
        RuntimeError,
        "inner() the last dimension must match on both input tensors but got shapes [3, 2] and [3]",
    ),
    (
        "torch.tensordot(a, y, dims=1)",
        RuntimeError,
        "contracted dimensions need to match, but first has size 2 in dim -1 and second has size 3 in dim 0",
    ),
    (
        "torch.tensordot(a, w, dims=([0], [0]))",
        RuntimeError,
        "contracted dimensions need to match, but first has size 3 in dim 0 and second has size 2 in dim 0",
    ),
    (
        "torch.tensordot(a, w, dims=([0, 1], [0]))",
        RuntimeError,
        "both dimension lists should have same length",
    ),
    (
        "torch.tensordot(a, w, dims=-1)",
        RuntimeError,
        "tensordot expects dims >= 0, but got dims=-1",
    ),
    (
        "torch.tensordot(a, w, dims=3)",
        RuntimeError,
        "tensordot expects dims < ndim_a or ndim_b, but got dims=3",
    ),
    (
        "torch.tensor(1.0) @ torch.tensor(1.0)",
        RuntimeError,
        "both arguments to matmul need to be at least 1D, but they are 0D and 0D",
    ),
    ("b @ b", NotImplementedError, "\"dot\" not implemented for 'Bool'"),
    ("torch.matmul(b, b)", NotImplementedError, "\"dot\" not implemented for 'Bool'"),
    ("torch.bmm(B, C.double())", RuntimeError, "expected scalar type Float but found Double"),
    ("B @ C.double()", RuntimeError, "expected scalar type Float but found Double"),
    (
        "B @ w.double()",
        RuntimeError,
        "expected m1 and m2 to have the same dtype, but got: float != double",
    ),
]


@pytest.mark.parametrize(("expression", "printed"), VALUES)
def test_values(expression, printed):
    assert repr(evaluate(expression, more_names=NAMES)) == printed


@pytest.mark.parametrize(("expression", "kind", "message"), ERRORS)
def test_errors(expression, kind, message):
    with pytest.raises(kind, match="^" + re.escape(message)):
        evaluate(expression, more_names=NAMES)


def test_linear_has_the_bias_first_in_the_graph():
    """As the tutorials that walk along `next_functions` print it."""
    layer = torch.nn.Linear(2, 3)
    node = layer(torch.ones(1, 2)).grad_fn
    assert node.name() == "AddmmBackward0"
    assert node.next_functions[0][0].variable is layer.bias
    assert node.next_functions[1] == (None, 0)
