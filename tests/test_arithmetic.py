"""Arithmetic: sums, products, quotients, remainders, powers, and three operands.

What PyTorch printed, and what it refused.
"""

import re

import pytest
from expressions import evaluate

#: expressions, and what PyTorch prints for them
VALUES = [
    ("x + y", "tensor([ 3.5000,  1.0000, -0.7500])"),
    ("x + 1", "tensor([ 2.5000, -1.0000,  1.2500])"),
    ("1 - x", "tensor([-0.5000,  3.0000,  0.7500])"),
    ("x - i", "tensor([-1.5000,  0.0000,  0.2500])"),
    ("i + 1.5", "tensor([ 4.5000, -0.5000,  1.5000])"),
    ("i + True", "tensor([ 4, -1,  1])"),
    ("b + b", "tensor([ True, False,  True])"),
    ("b * 2", "tensor([2, 0, 2])"),
    ("b * 2.5", "tensor([2.5000, 0.0000, 2.5000])"),
    ("x * True", "tensor([ 1.5000, -2.0000,  0.2500])"),
    ("True * i", "tensor([ 3, -2,  0])"),
    ("u + True", "tensor([201,   4], dtype=torch.uint8)"),
    ("b * True", "tensor([ True, False,  True])"),
    ("r / True", "tensor([1., 2.], grad_fn=<DivBackward0>)"),
    ("u + 100", "tensor([ 44, 103], dtype=torch.uint8)"),
    ("u * -1", "tensor([ 56, 253], dtype=torch.uint8)"),
    ("u - 250", "tensor([206,   9], dtype=torch.uint8)"),
    ("h + 1.5", "tensor([ 3.0000, -0.5000], dtype=torch.float16)"),
    ("h + x[:2]", "tensor([ 3., -4.])"),
    ("c + 1", "tensor([2.+2.0000j, 1.-0.5000j])"),
    ("c * x[:2]", "tensor([1.5000+3.j, 0.0000+1.j])"),
    ("x * 2j", "tensor([0.+3.0000j, -0.-4.0000j, 0.+0.5000j])"),
    ("s + i", "tensor([6., 1., 3.])"),
    ("s.double() + x", "tensor([4.5000, 1.0000, 3.2500])"),
    ("torch.tensor(2) * x", "tensor([ 3.0000, -4.0000,  0.5000])"),
    ("x / i", "tensor([0.5000, 1.0000,    inf])"),
    ("i / i", "tensor([1., 1., nan])"),
    ("i / 2", "tensor([ 1.5000, -1.0000,  0.0000])"),
    ("1 / x", "tensor([ 0.6667, -0.5000,  4.0000])"),
    ("1 / i", "tensor([ 0.3333, -0.5000,     inf])"),
    ("b / 2", "tensor([0.5000, 0.0000, 0.5000])"),
    ("x // 2", "tensor([ 0., -1.,  0.])"),
    ("i // 2", "tensor([ 1, -1,  0])"),
    ("7 // i[:2]", "tensor([ 2, -4])"),
    ("x // 0.0", "tensor([inf, -inf, inf])"),
    ("x % 2", "tensor([1.5000, -0.0000, 0.2500])"),
    ("i % 2", "tensor([1, 0, 0])"),
    ("-7 % i[:2]", "tensor([ 2, -1])"),
    ("5 % x", "tensor([ 0.5000, -1.0000,  0.0000])"),
    ("torch.fmod(x, 2)", "tensor([1.5000, -0.0000, 0.2500])"),
    ("torch.fmod(i, -2)", "tensor([1, 0, 0])"),
    ("torch.remainder(5, i[:2])", "tensor([ 2, -1])"),
    ("torch.remainder(n, 2.0)", "tensor([nan, 1., nan, nan])"),
    ("torch.add(x, y, alpha=2)", "tensor([ 5.5000,  4.0000, -1.7500])"),
    ("torch.add(i, i, alpha=3)", "tensor([12, -8,  0])"),
    ("torch.add(u, u, alpha=-3)", "tensor([112, 250], dtype=torch.uint8)"),
    ("torch.add(1, 2)", "tensor(3)"),
    ("torch.sub(x, y, alpha=0.5)", "tensor([ 0.5000, -3.5000,  0.7500])"),
    ("torch.rsub(x, 1, alpha=2)", "tensor([-2.0000,  5.0000,  0.5000])"),
    ('torch.div(i, 2, rounding_mode="floor")', "tensor([ 1, -1,  0])"),
    ('torch.div(i, 2, rounding_mode="trunc")', "tensor([ 1, -1,  0])"),
    ('torch.div(x, 2.0, rounding_mode="trunc")', "tensor([ 0., -1.,  0.])"),
    ("torch.floor_divide(n, 2)", "tensor([nan, 0., nan, nan])"),
    ("x ** 2", "tensor([2.2500, 4.0000, 0.0625])"),
    ("i ** 2", "tensor([9, 4, 0])"),
    ("b ** 2", "tensor([1, 0, 1])"),
    ("b ** True", "tensor([ True, False,  True])"),
    ("i ** 2.0", "tensor([9., 4., 0.])"),
    ("i ** -1.0", "tensor([ 0.3333, -0.5000,     inf])"),
    ("x ** 3", "tensor([ 3.3750, -8.0000,  0.0156])"),
    ("x ** -2", "tensor([ 0.4444,  0.2500, 16.0000])"),
    ("y ** 0.5", "tensor([1.4142, 1.7321,    nan])"),
    ("2 ** x", "tensor([2.8284, 0.2500, 1.1892])"),
    ("2 ** i[2:]", "tensor([1])"),
    ("2.5 ** i", "tensor([15.6250,  0.1600,  1.0000])"),
    ("x ** i", "tensor([3.3750, 0.2500, 1.0000])"),
    ("i ** torch.tensor([2, 3, 0])", "tensor([ 9, -8,  1])"),
    (
        "torch.pow(torch.tensor([2, 1, -1, -1]), torch.tensor([-1, -1, -1, -2]))",
        "tensor([ 0,  1, -1,  1])",
    ),
    ("c ** 2", "tensor([-3.0000+4.j, -0.2500+0.j])"),
    ("x ** (1 + 1j)", "tensor([ 1.3784+0.5917j, -0.0665-0.0552j,  0.0459-0.2458j])"),
    ("torch.float_power(i, 2)", "tensor([9., 4., 0.], dtype=torch.float64)"),
    ("torch.float_power(2, x)", "tensor([2.8284, 0.2500, 1.1892], dtype=torch.float64)"),
    ("torch.square(i)", "tensor([9, 4, 0])"),
    ("torch.square(b)", "tensor([1, 0, 1])"),
    ("torch.addcmul(x, x, y, value=2)", "tensor([  7.5000, -14.0000,  -0.2500])"),
    ("torch.addcmul(i, i, i, value=1.5)", "tensor([12,  2,  0])"),
    ("torch.addcdiv(x, x, y, value=2)", "tensor([ 3.0000, -3.3333, -0.2500])"),
    ("torch.lerp(x, y, 0.25)", "tensor([ 1.6250, -0.7500, -0.0625])"),
    ("torch.lerp(x, y, torch.tensor([0.0, 0.5, 1.0]))", "tensor([ 1.5000,  0.5000, -1.0000])"),
    ("-x", "tensor([-1.5000,  2.0000, -0.2500])"),
    ("-i", "tensor([-3,  2,  0])"),
    ("+x", "tensor([ 1.5000, -2.0000,  0.2500])"),
    ("abs(x)", "tensor([1.5000, 2.0000, 0.2500])"),
    ("abs(i)", "tensor([3, 2, 0])"),
    ("abs(c)", "tensor([2.2361, 0.5000])"),
    ("r + 1", "tensor([2., 3.], grad_fn=<AddBackward0>)"),
    ("r - 1", "tensor([0., 1.], grad_fn=<SubBackward0>)"),
    ("1 - r", "tensor([ 0., -1.], grad_fn=<RsubBackward1>)"),
    ("r * 2", "tensor([2., 4.], grad_fn=<MulBackward0>)"),
    ("2 / r", "tensor([2., 1.], grad_fn=<MulBackward0>)"),
    ("r ** 2", "tensor([1., 4.], grad_fn=<PowBackward0>)"),
    ("r ** 2.5", "tensor([1.0000, 5.6569], grad_fn=<PowBackward0>)"),
    ("2 ** r", "tensor([2., 4.], grad_fn=<PowBackward2>)"),
    ("r ** r", "tensor([1., 4.], grad_fn=<PowBackward1>)"),
    ("r // 2", "tensor([0., 1.], grad_fn=<NotImplemented>)"),
    ("r % 2", "tensor([1., 0.], grad_fn=<RemainderBackward0>)"),
    ("r % r", "tensor([0., 0.], grad_fn=<RemainderBackward1>)"),
    ("torch.lerp(r, r, 0.5)", "tensor([1., 2.], grad_fn=<LerpBackward0>)"),
    ("x.clone().add_(y, alpha=2)", "tensor([ 5.5000,  4.0000, -1.7500])"),
    ("x.clone().mul_(2)", "tensor([ 3.0000, -4.0000,  0.5000])"),
    ('x.clone().div_(2, rounding_mode="floor")', "tensor([ 0., -1.,  0.])"),
    ("x.clone().pow_(2)", "tensor([2.2500, 4.0000, 0.0625])"),
    ("i.clone().sub_(1)", "tensor([ 2, -3, -1])"),
    ("b == 1", "tensor([ True, False,  True])"),
    ("x.sub(1).neg()", "tensor([-0.5000,  3.0000,  0.7500])"),
]

#: expressions, and the error that PyTorch raises for them
ERRORS = [
    (
        "x - True",
        RuntimeError,
        "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to invert a mask, use the `~` or `logical_not()` operator instead.",
    ),
    (
        "x - b",
        RuntimeError,
        "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to invert a mask, use the `~` or `logical_not()` operator instead.",
    ),
    (
        "b - 1",
        RuntimeError,
        "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to invert a mask, use the `~` or `logical_not()` operator instead.",
    ),
    (
        "b - True",
        RuntimeError,
        "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or `logical_xor()` operator instead.",
    ),
    (
        "True - x",
        RuntimeError,
        "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to invert a mask, use the `~` or `logical_not()` operator instead.",
    ),
    (
        "-b",
        RuntimeError,
        "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert a mask, use the `~` or `logical_not()` operator instead.",
    ),
    ("+b", RuntimeError, "The `+` operator, on a bool tensor is not supported."),
    ('x + "a"', TypeError, "unsupported operand type(s) for +: 'Tensor' and 'str'"),
    ("x * None", TypeError, "unsupported operand type(s) for *: 'Tensor' and 'NoneType'"),
    (
        'torch.add(x, "a")',
        TypeError,
        "add(): argument 'other' (position 2) must be Tensor, not str",
    ),
    (
        'torch.mul("a", x)',
        TypeError,
        "mul(): argument 'input' (position 1) must be Tensor, not str",
    ),
    (
        "torch.add(i, 1, alpha=1.5)",
        RuntimeError,
        "For integral input tensors, argument alpha must not be a floating point number.",
    ),
    (
        "torch.add(x, 1, alpha=True)",
        RuntimeError,
        "Boolean alpha only supported for Boolean results.",
    ),
    (
        "torch.add(x, 1, alpha=1j)",
        RuntimeError,
        "For non-complex input tensors, argument alpha must not be a complex number.",
    ),
    (
        "torch.ones(2) + torch.ones(3)",
        RuntimeError,
        "The size of tensor a (2) must match the size of tensor b (3) at non-singleton dimension 0",
    ),
    (
        "torch.ones(2, 3) * torch.ones(2, 2)",
        RuntimeError,
        "The size of tensor a (3) must match the size of tensor b (2) at non-singleton dimension 1",
    ),
    ("i // 0", RuntimeError, "ZeroDivisionError"),
    ("i % 0", RuntimeError, "ZeroDivisionError"),
    ("torch.fmod(i, 0)", RuntimeError, "ZeroDivisionError"),
    (
        'torch.div(x, 2, rounding_mode="up")',
        RuntimeError,
        "div expected rounding_mode to be one of None, 'trunc', or 'floor' but found 'up'",
    ),
    (
        'torch.div(b, b, rounding_mode="floor")',
        NotImplementedError,
        "\"div_floor_cpu\" not implemented for 'Bool'",
    ),
    (
        "torch.remainder(c, c)",
        NotImplementedError,
        "\"remainder_cpu\" not implemented for 'ComplexFloat'",
    ),
    ("torch.fmod(b, b)", NotImplementedError, "\"fmod_cpu\" not implemented for 'Bool'"),
    ("i ** -1", RuntimeError, "Integers to negative integer powers are not allowed."),
    ("torch.pow(b, b)", NotImplementedError, "\"pow\" not implemented for 'Bool'"),
    (
        'torch.pow(x, "a")',
        TypeError,
        "pow() received an invalid combination of arguments - got (Tensor, str), but expected one of:",
    ),
    (
        "torch.pow(2, 2)",
        TypeError,
        "pow() received an invalid combination of arguments - got (int, int), but expected one of:",
    ),
    (
        "torch.addcdiv(i, i, i)",
        RuntimeError,
        "Integer division with addcdiv is no longer supported, and in a future  release addcdiv will perform a true division of tensor1 and tensor2. The historic addcdiv behavior can be implemented as (input + value * torch.trunc(tensor1 / tensor2)).to(input.dtype) for integer inputs and as (input + value * tensor1 / tensor2) for float inputs. The future addcdiv behavior is just the latter implementation: (input + value * tensor1 / tensor2), for all dtypes.",
    ),
    (
        "torch.addcmul(x, 2.0, x)",
        TypeError,
        "addcmul(): argument 'tensor1' (position 2) must be Tensor, not float",
    ),
    (
        "torch.lerp(i, i, 0.5)",
        NotImplementedError,
        "\"lerp_kernel_scalar\" not implemented for 'Long'",
    ),
    (
        "torch.lerp(x, y.double(), 0.5)",
        RuntimeError,
        "expected dtype float for `end` but got dtype double",
    ),
    (
        "torch.lerp(x, y, i)",
        RuntimeError,
        "expected dtype float for `weight` but got dtype long int",
    ),
    ("abs(b)", NotImplementedError, "\"abs_cpu\" not implemented for 'Bool'"),
    (
        "i.clone().div_(2)",
        RuntimeError,
        "result type Float can't be cast to the desired output type Long",
    ),
    (
        "i.clone().add_(1.5)",
        RuntimeError,
        "result type Float can't be cast to the desired output type Long",
    ),
    (
        "x.clone().add_(torch.ones(2, 3))",
        RuntimeError,
        "output with shape [3] doesn't match the broadcast shape [2, 3]",
    ),
    (
        "r.add_(1)",
        RuntimeError,
        "a leaf Variable that requires grad is being used in an in-place operation.",
    ),
    (
        "torch.add(r, 1, out=x.clone())",
        RuntimeError,
        "add(): functions with out=... arguments don't support automatic differentiation, but one of the arguments requires grad.",
    ),
    (
        "torch.add(x, 1, out=i.clone())",
        RuntimeError,
        "result type Float can't be cast to the desired output type Long",
    ),
]


@pytest.mark.parametrize(("expression", "printed"), VALUES)
def test_values(expression, printed):
    assert repr(evaluate(expression)) == printed


@pytest.mark.parametrize(("expression", "kind", "message"), ERRORS)
def test_errors(expression, kind, message):
    with pytest.raises(kind, match="^" + re.escape(message)):
        evaluate(expression)
