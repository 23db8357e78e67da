"""Comparisons, logic, bits, and bounds.

What PyTorch printed, and what it refused.
"""

import re

import pytest
from expressions import evaluate

#: expressions, and what PyTorch prints for them
VALUES = [
    ("x > 0", "tensor([ True, False,  True])"),
    ("x >= y", "tensor([False, False,  True])"),
    ("x == x", "tensor([True, True, True])"),
    ("x != i", "tensor([ True, False,  True])"),
    ("i < 2.5", "tensor([False,  True,  True])"),
    ("b == True", "tensor([ True, False,  True])"),
    ("x == None", "False"),
    ('x != "a"', "True"),
    ("c == c", "tensor([True, True])"),
    ("n == n", "tensor([False,  True,  True,  True])"),
    ("torch.isnan(n)", "tensor([ True, False, False, False])"),
    ("torch.isinf(n)", "tensor([False, False,  True,  True])"),
    ("torch.isfinite(n)", "tensor([False,  True, False, False])"),
    ("torch.isposinf(n)", "tensor([False, False,  True, False])"),
    ("torch.isneginf(n)", "tensor([False, False, False,  True])"),
    ("torch.isreal(c)", "tensor([False, False])"),
    ("torch.isfinite(i)", "tensor([True, True, True])"),
    ("torch.signbit(torch.tensor([-0.0, 1.0, -1.0]))", "tensor([ True, False,  True])"),
    ("torch.isclose(x, x + 1e-9)", "tensor([True, True, True])"),
    ("torch.isclose(n, n, equal_nan=True)", "tensor([True, True, True, True])"),
    ("torch.isclose(i, i + 1, rtol=0.5)", "tensor([ True, False, False])"),
    ("torch.allclose(x, x)", "True"),
    ("torch.equal(x, x)", "True"),
    ("torch.equal(x, x.double())", "True"),
    ("torch.equal(x, x[:2])", "False"),
    ("torch.logical_and(x, i)", "tensor([ True,  True, False])"),
    ("torch.logical_or(b, i)", "tensor([True, True, True])"),
    ("torch.logical_xor(b, x)", "tensor([False,  True, False])"),
    ("torch.logical_not(i)", "tensor([False, False,  True])"),
    ("i & 3", "tensor([3, 2, 0])"),
    ("i | 1", "tensor([ 3, -1,  1])"),
    ("i ^ i", "tensor([0, 0, 0])"),
    ("~i", "tensor([-4,  1, -1])"),
    ("~b", "tensor([False,  True, False])"),
    ("b & b", "tensor([ True, False,  True])"),
    ("b | False", "tensor([ True, False,  True])"),
    ("b ^ True", "tensor([False,  True, False])"),
    ("3 & i", "tensor([3, 2, 0])"),
    ("i << 2", "tensor([12, -8,  0])"),
    ("i >> 1", "tensor([ 1, -1,  0])"),
    ("1 << torch.tensor([3])", "tensor([8])"),
    ("u >> 1", "tensor([100,   1], dtype=torch.uint8)"),
    ("torch.bitwise_left_shift(i, 70)", "tensor([0, 0, 0])"),
    ("torch.maximum(x, y)", "tensor([2.0000, 3.0000, 0.2500])"),
    ("torch.maximum(i, x)", "tensor([ 3.0000, -2.0000,  0.2500])"),
    ("torch.minimum(n, torch.zeros(4))", "tensor([nan, 0., 0., -inf])"),
    ("torch.fmax(n, torch.zeros(4))", "tensor([0., 1., inf, 0.])"),
    ("torch.fmin(n, torch.zeros(4))", "tensor([0., 0., 0., -inf])"),
    ("torch.clamp(x, 0, 1)", "tensor([1.0000, 0.0000, 0.2500])"),
    ("torch.clamp(x, min=0)", "tensor([1.5000, 0.0000, 0.2500])"),
    ("torch.clamp(i, max=1)", "tensor([ 1, -2,  0])"),
    ("torch.clamp(i, 0.5)", "tensor([3.0000, 0.5000, 0.5000])"),
    ("torch.clamp(x, 3, 1)", "tensor([1., 1., 1.])"),
    ("torch.clamp(n, 0, 1)", "tensor([nan, 1., 1., 0.])"),
    ('torch.clamp(x, float("nan"), 1)', "tensor([nan, nan, nan])"),
    ("torch.clamp(x, min=y)", "tensor([2.0000, 3.0000, 0.2500])"),
    ("torch.clamp(x, y, torch.tensor([2.5, 2.5, 2.5]))", "tensor([2.0000, 2.5000, 0.2500])"),
    ("torch.clamp(b, 0, 1)", "tensor([1, 0, 1])"),
    ("torch.clamp_min(i, 0.5)", "tensor([3.0000, 0.5000, 0.5000])"),
    ("torch.clamp_max(x, y)", "tensor([ 1.5000, -2.0000, -1.0000])"),
    ("torch.clip(x, -1, 1)", "tensor([ 1.0000, -1.0000,  0.2500])"),
    ("torch.nan_to_num(n)", "tensor([ 0.0000e+00,  1.0000e+00,  3.4028e+38, -3.4028e+38])"),
    ("torch.nan_to_num(n, nan=1.0, posinf=2.0, neginf=3.0)", "tensor([1., 1., 2., 3.])"),
    ("torch.nan_to_num(i)", "tensor([ 3, -2,  0])"),
    ("torch.heaviside(x, y)", "tensor([1., 0., 1.])"),
    (
        "torch.heaviside(torch.tensor([0.0, -1.0]), torch.tensor([0.5, 0.5]))",
        "tensor([0.5000, 0.0000])",
    ),
    ("torch.clamp(r, 0, 1)", "tensor([1., 1.], grad_fn=<ClampBackward1>)"),
    ("torch.clamp(r, min=r)", "tensor([1., 2.], grad_fn=<ClampBackward0>)"),
    ("torch.clamp_min(r, 0)", "tensor([1., 2.], grad_fn=<ClampMinBackward0>)"),
    ("torch.maximum(r, r)", "tensor([1., 2.], grad_fn=<MaximumBackward0>)"),
    ("x.clone().clamp_(0, 1)", "tensor([1.0000, 0.0000, 0.2500])"),
    ("x.clone().eq_(1.5)", "tensor([1., 0., 0.])"),
    ("b.clone().logical_not_()", "tensor([False,  True, False])"),
]

#: expressions, and the error that PyTorch raises for them
ERRORS = [
    ("c < c", NotImplementedError, "\"lt_cpu\" not implemented for 'ComplexFloat'"),
    (
        "torch.maximum(x, 1)",
        TypeError,
        "maximum(): argument 'other' (position 2) must be Tensor, not int",
    ),
    ("torch.maximum(c, c)", RuntimeError, "maximum not implemented for complex tensors."),
    ("x & 1", NotImplementedError, "\"bitwise_and_cpu\" not implemented for 'Float'"),
    (
        "torch.bitwise_or(x, x)",
        NotImplementedError,
        "\"bitwise_or_cpu\" not implemented for 'Float'",
    ),
    (
        "~x",
        TypeError,
        "~ (operator.invert) is only implemented on integer and Boolean-type tensors",
    ),
    (
        "torch.bitwise_not(x)",
        NotImplementedError,
        "\"bitwise_not_cpu\" not implemented for 'Float'",
    ),
    ("x << 1", NotImplementedError, "\"lshift_cpu\" not implemented for 'Float'"),
    (
        "torch.bitwise_and(x, i)",
        NotImplementedError,
        "\"bitwise_and_cpu\" not implemented for 'Float'",
    ),
    (
        "torch.logical_and(x, 1)",
        TypeError,
        "logical_and(): argument 'other' (position 2) must be Tensor, not int",
    ),
    ("torch.isclose(x, i)", RuntimeError, "Float did not match Long"),
    (
        "torch.isclose(x, x, rtol=-1)",
        RuntimeError,
        "rtol must be greater than or equal to zero, but got -1",
    ),
    (
        "torch.isclose(x, 1)",
        TypeError,
        "isclose(): argument 'other' (position 2) must be Tensor, not int",
    ),
    (
        "torch.equal(x, 1)",
        TypeError,
        "equal(): argument 'other' (position 2) must be Tensor, not int",
    ),
    (
        "torch.clamp(x)",
        RuntimeError,
        "torch.clamp: At least one of 'min' or 'max' must not be None",
    ),
    ("torch.clamp(c, 0, 1)", NotImplementedError, "clamp is not supported for complex types"),
    (
        "torch.clamp(x, min=x, max=1)",
        TypeError,
        "clamp() received an invalid combination of arguments - got (Tensor, max=int, min=Tensor), but expected one of:",
    ),
    (
        "torch.heaviside(x, x.double())",
        RuntimeError,
        "heaviside is not yet implemented for tensors with different dtypes.",
    ),
    (
        "torch.heaviside(x, 1)",
        TypeError,
        "heaviside(): argument 'values' (position 2) must be Tensor, not int",
    ),
    ("torch.signbit(c)", NotImplementedError, "signbit is not implemented for complex tensors."),
    ("torch.isposinf(c)", RuntimeError, "isposinf does not support complex inputs."),
    ('x > "a"', TypeError, "'>' not supported between instances of 'Tensor' and 'str'"),
]


@pytest.mark.parametrize(("expression", "printed"), VALUES)
def test_values(expression, printed):
    assert repr(evaluate(expression)) == printed


@pytest.mark.parametrize(("expression", "kind", "message"), ERRORS)
def test_errors(expression, kind, message):
    with pytest.raises(kind, match="^" + re.escape(message)):
        evaluate(expression)
