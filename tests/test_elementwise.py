"""Functions of one element: signs, roots, exponentials, angles, rounding, choices.

What PyTorch printed, and what it refused.
"""

import re

import pytest
from expressions import evaluate

#: expressions, and what PyTorch prints for them
VALUES = [
    ("torch.exp(x)", "tensor([4.4817, 0.1353, 1.2840])"),
    ("torch.exp(i)", "tensor([20.0855,  0.1353,  1.0000])"),
    ("torch.exp(b)", "tensor([2.7183, 1.0000, 2.7183])"),
    ("torch.exp(h)", "tensor([4.4805, 0.1354], dtype=torch.float16)"),
    ("torch.exp(c)", "tensor([-1.1312+2.4717j,  0.8776-0.4794j])"),
    ("torch.exp2(x)", "tensor([2.8284, 0.2500, 1.1892])"),
    ("torch.expm1(x)", "tensor([ 3.4817, -0.8647,  0.2840])"),
    ("torch.log(y)", "tensor([0.6931, 1.0986,    nan])"),
    ("torch.log(torch.tensor([0.0, -1.0]))", "tensor([-inf, nan])"),
    ("torch.log(c)", "tensor([ 0.8047+1.1071j, -0.6931-1.5708j])"),
    ("torch.log2(torch.tensor([8, 2]))", "tensor([3., 1.])"),
    ("torch.log10(torch.tensor([1000.0]))", "tensor([3.])"),
    (
        "torch.log1p(torch.tensor([1e-10], dtype=torch.float64))",
        "tensor([1.0000e-10], dtype=torch.float64)",
    ),
    ("torch.sqrt(torch.tensor([4, 9]))", "tensor([2., 3.])"),
    ("torch.sqrt(x)", "tensor([1.2247,    nan, 0.5000])"),
    ("torch.sqrt(c)", "tensor([1.2720+0.7862j, 0.5000-0.5000j])"),
    ("torch.rsqrt(torch.tensor([4.0, 0.0]))", "tensor([0.5000,    inf])"),
    ("torch.reciprocal(i)", "tensor([ 0.3333, -0.5000,     inf])"),
    ("torch.sin(x)", "tensor([ 0.9975, -0.9093,  0.2474])"),
    ("torch.cos(i)", "tensor([-0.9900, -0.4161,  1.0000])"),
    ("torch.tan(x)", "tensor([14.1014,  2.1850,  0.2553])"),
    ("torch.asin(torch.tensor([0.5, 2.0]))", "tensor([0.5236,    nan])"),
    ("torch.acos(torch.tensor([0.5, -1.0]))", "tensor([1.0472, 3.1416])"),
    ("torch.atan(x)", "tensor([ 0.9828, -1.1071,  0.2450])"),
    ("torch.sinh(x)", "tensor([ 2.1293, -3.6269,  0.2526])"),
    ("torch.cosh(x)", "tensor([2.3524, 3.7622, 1.0314])"),
    ("torch.tanh(x)", "tensor([ 0.9051, -0.9640,  0.2449])"),
    ("torch.asinh(x)", "tensor([ 1.1948, -1.4436,  0.2475])"),
    ("torch.acosh(torch.tensor([1.0, 2.0]))", "tensor([0.0000, 1.3170])"),
    ("torch.atanh(torch.tensor([0.5, 1.0]))", "tensor([0.5493,    inf])"),
    ("torch.deg2rad(torch.tensor([180.0, 90.0]))", "tensor([3.1416, 1.5708])"),
    ("torch.rad2deg(torch.tensor([1, 2]))", "tensor([ 57.2958, 114.5916])"),
    ("torch.sinc(torch.tensor([0.0, 0.5, 1.5]))", "tensor([ 1.0000,  0.6366, -0.2122])"),
    ("torch.sigmoid(x)", "tensor([0.8176, 0.1192, 0.5622])"),
    ("torch.sigmoid(b)", "tensor([0.7311, 0.5000, 0.7311])"),
    ('torch.sigmoid(torch.tensor([-200.0, 200.0, float("nan")]))', "tensor([0., 1., nan])"),
    ("torch.sigmoid(h)", "tensor([0.8174, 0.1192], dtype=torch.float16)"),
    ("torch.relu(x)", "tensor([1.5000, 0.0000, 0.2500])"),
    ("torch.relu(i)", "tensor([3, 0, 0])"),
    ("torch.relu(n)", "tensor([nan, 1., inf, 0.])"),
    ("torch.sign(x)", "tensor([ 1., -1.,  1.])"),
    ("torch.sign(n)", "tensor([ 0.,  1.,  1., -1.])"),
    ("torch.sign(b)", "tensor([ True, False,  True])"),
    ("torch.sgn(c)", "tensor([0.4472+0.8944j, -0.0000-1.0000j])"),
    ("torch.abs(n)", "tensor([nan, 1., inf, inf])"),
    ("torch.floor(x)", "tensor([ 1., -2.,  0.])"),
    ("torch.ceil(x)", "tensor([ 2., -2.,  1.])"),
    ("torch.trunc(x)", "tensor([ 1., -2.,  0.])"),
    ("torch.frac(x)", "tensor([0.5000, 0.0000, 0.2500])"),
    ("torch.floor(i)", "tensor([ 3, -2,  0])"),
    ("torch.round(torch.tensor([0.5, 1.5, -2.5, 2.4]))", "tensor([ 0.,  2., -2.,  2.])"),
    ("torch.round(torch.tensor([1.25, 0.351]), decimals=1)", "tensor([1.2000, 0.4000])"),
    ("torch.round(torch.tensor([155.0, 1234.0]), decimals=-1)", "tensor([ 160., 1230.])"),
    ("torch.fix(x)", "tensor([ 1., -2.,  0.])"),
    ("torch.positive(x)", "tensor([ 1.5000, -2.0000,  0.2500])"),
    ("torch.where(x > 0, x, y)", "tensor([1.5000, 3.0000, 0.2500])"),
    ("torch.where(x > 0, 1.0, 0.0)", "tensor([1., 0., 1.])"),
    ("torch.where(x > 0, 1, 2)", "tensor([1, 2, 1])"),
    ("torch.where(x > 0, i, 2.5)", "tensor([3.0000, 2.5000, 0.0000])"),
    ("torch.where(x > 0, x, 0)", "tensor([1.5000, 0.0000, 0.2500])"),
    ("torch.where(b, x.double(), y)", "tensor([1.5000, 3.0000, 0.2500], dtype=torch.float64)"),
    (
        "torch.where(b[:, None], x, y)",
        "tensor([[ 1.5000, -2.0000,  0.2500],\n        [ 2.0000,  3.0000, -1.0000],\n        [ 1.5000, -2.0000,  0.2500]])",
    ),
    ("x.where(x > 0, y)", "tensor([1.5000, 3.0000, 0.2500])"),
    ("torch.real(c)", "tensor([1., -0.])"),
    ("torch.imag(c)", "tensor([ 2.0000, -0.5000])"),
    ("torch.conj(c)", "tensor([1.-2.0000j, -0.+0.5000j])"),
    ("torch.angle(c)", "tensor([ 1.1071, -1.5708])"),
    ("torch.angle(x)", "tensor([0.0000, 3.1416, 0.0000])"),
    ("torch.angle(i)", "tensor([0.0000, 3.1416, 0.0000])"),
    ("torch.polar(torch.tensor([1.0]), torch.tensor([0.5]))", "tensor([0.8776+0.4794j])"),
    ("torch.complex(x, y)", "tensor([ 1.5000+2.j, -2.0000+3.j,  0.2500-1.j])"),
    ("torch.view_as_real(c)", "tensor([[ 1.0000,  2.0000],\n        [-0.0000, -0.5000]])"),
    ("torch.view_as_complex(torch.tensor([[1.0, 2.0]]))", "tensor([1.+2.j])"),
    ("torch.atan2(x, y)", "tensor([ 0.6435, -0.5880,  2.8966])"),
    ("torch.atan2(i, i)", "tensor([ 0.7854, -2.3562,  0.0000])"),
    ("torch.hypot(x, y)", "tensor([2.5000, 3.6056, 1.0308])"),
    ("torch.copysign(x, y)", "tensor([ 1.5000,  2.0000, -0.2500])"),
    ("torch.copysign(i, -1.0)", "tensor([-3., -2., -0.])"),
    ("torch.logaddexp(x, y)", "tensor([2.4741, 3.0067, 0.5019])"),
    ("torch.logaddexp2(x, y)", "tensor([2.7716, 3.0444, 0.7563])"),
    ("torch.xlogy(torch.tensor([0.0, 2.0]), torch.tensor([0.0, 3.0]))", "tensor([0.0000, 2.1972])"),
    ("torch.xlogy(2, torch.tensor([3.0]))", "tensor([2.1972])"),
    ("torch.gcd(torch.tensor([12, 9]), torch.tensor([8, 6]))", "tensor([4, 3])"),
    ("torch.lcm(torch.tensor([4, 6]), torch.tensor([6, 8]))", "tensor([12, 24])"),
    ("torch.ldexp(torch.tensor([1.5]), torch.tensor([3]))", "tensor([12.])"),
    (
        "torch.frexp(torch.tensor([6.0, 0.1]))",
        "torch.return_types.frexp(\nmantissa=tensor([0.7500, 0.8000]),\nexponent=tensor([ 3, -3], dtype=torch.int32))",
    ),
    (
        "torch.nextafter(torch.tensor([1.0], dtype=torch.float64), torch.tensor([2.0], dtype=torch.float64))",
        "tensor([1.0000], dtype=torch.float64)",
    ),
    ("torch.exp(r)", "tensor([2.7183, 7.3891], grad_fn=<ExpBackward0>)"),
    ("torch.log1p(r)", "tensor([0.6931, 1.0986], grad_fn=<Log1PBackward0>)"),
    ("torch.exp2(r)", "tensor([2., 4.], grad_fn=<Exp2Backward0>)"),
    ("torch.deg2rad(r)", "tensor([0.0175, 0.0349], grad_fn=<Deg2RadBackward0>)"),
    ("torch.round(r)", "tensor([1., 2.], grad_fn=<RoundBackward0>)"),
    ("torch.round(r, decimals=1)", "tensor([1., 2.], grad_fn=<RoundBackward1>)"),
    ("torch.relu(r)", "tensor([1., 2.], grad_fn=<ReluBackward0>)"),
    ("torch.where(r > 1, r, 0)", "tensor([0., 2.], grad_fn=<WhereBackward0>)"),
    ("torch.square(r)", "tensor([1., 4.], grad_fn=<PowBackward0>)"),
    ("x.clone().sqrt_()", "tensor([1.2247,    nan, 0.5000])"),
    ("x.clone().relu_()", "tensor([1.5000, 0.0000, 0.2500])"),
    ("x.clone().round_()", "tensor([ 2., -2.,  0.])"),
]

#: expressions, and the error that PyTorch raises for them
ERRORS = [
    ("torch.relu(b)", RuntimeError, "Boolean inputs not supported for relu"),
    ("torch.relu(c)", NotImplementedError, "clamp is not supported for complex types"),
    (
        'torch.sigmoid("a")',
        TypeError,
        "sigmoid(): argument 'input' (position 1) must be Tensor, not str",
    ),
    ("torch.floor(b)", NotImplementedError, "\"floor_vml_cpu\" not implemented for 'Bool'"),
    ("torch.round(c)", NotImplementedError, "\"round_vml_cpu\" not implemented for 'ComplexFloat'"),
    ("torch.round(i, decimals=1)", NotImplementedError, "\"round_cpu\" not implemented for 'Long'"),
    ("torch.frac(i)", NotImplementedError, "\"frac_cpu\" not implemented for 'Long'"),
    (
        "torch.sign(c)",
        NotImplementedError,
        "Unlike NumPy, torch.sign is not intended to support complex numbers. Please use torch.sgn instead.",
    ),
    (
        "torch.sqrt(2.0)",
        TypeError,
        "sqrt(): argument 'input' (position 1) must be Tensor, not float",
    ),
    ("torch.imag(x)", RuntimeError, "imag is not implemented for tensors with non-complex dtypes."),
    ("torch.view_as_real(x)", RuntimeError, "view_as_real is only supported for complex tensors"),
    (
        "torch.view_as_complex(torch.zeros(3, 3))",
        RuntimeError,
        "Tensor must have a last dimension of size 2",
    ),
    (
        "torch.view_as_complex(i)",
        RuntimeError,
        "view_as_complex is only supported for half, float and double tensors, but got a tensor of scalar type: Long",
    ),
    (
        "torch.complex(i, i)",
        RuntimeError,
        "Expected both inputs to be Half, Float or Double tensors but got Long and Long",
    ),
    (
        "torch.polar(x, x.double())",
        RuntimeError,
        "Expected object of scalar type Float but got scalar type Double for second argument",
    ),
    (
        "torch.where(i, x, y)",
        RuntimeError,
        "where expected condition to be a boolean tensor, but got a tensor with dtype Long",
    ),
    ("torch.hypot(i, i)", NotImplementedError, "\"hypot_cpu\" not implemented for 'Long'"),
    (
        "torch.atan2(x, 1)",
        TypeError,
        "atan2(): argument 'other' (position 2) must be Tensor, not int",
    ),
    ("torch.logaddexp(i, i)", NotImplementedError, "\"logaddexp_cpu\" not implemented for 'Long'"),
    ("torch.gcd(x, x)", NotImplementedError, "\"gcd_cpu\" not implemented for 'Float'"),
    ("torch.nextafter(i, i)", NotImplementedError, "\"nextafter_cpu\" not implemented for 'Long'"),
    (
        "torch.copysign(c, c)",
        NotImplementedError,
        "\"copysign_cpu\" not implemented for 'ComplexFloat'",
    ),
    ("torch.frexp(i)", RuntimeError, "torch.frexp() only supports floating-point dtypes"),
    (
        "i.clone().exp_()",
        RuntimeError,
        "result type Float can't be cast to the desired output type Long",
    ),
    (
        "i.clone().sqrt_()",
        RuntimeError,
        "result type Float can't be cast to the desired output type Long",
    ),
    (
        "torch.exp(x, out=i.clone())",
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
