"""Padding: what PyTorch printed, and what it refused."""

import re

import pytest
from expressions import evaluate

import rushlight as torch

NAMES = """
pad = torch.nn.functional.pad
nn = torch.nn
t3 = torch.arange(6.0).reshape(1, 2, 3)
t4 = torch.arange(12.0).reshape(1, 1, 3, 4)
q = torch.arange(3.0).reshape(1, 1, 3).requires_grad_()
"""

#: expressions, and what PyTorch prints for them
VALUES = [
    ("pad(i, (1, 2))", "tensor([ 0,  3, -2,  0,  0,  0])"),
    ("pad(i, (1, 2), value=7)", "tensor([ 7,  3, -2,  0,  7,  7])"),
    ('pad(x, (1, 0), "constant", 2.5)', "tensor([ 2.5000,  1.5000, -2.0000,  0.2500])"),
    (
        "pad(m, (1, 1, 1, 0))",
        "tensor([[0., 0., 0., 0., 0.],\n"
        "        [0., 1., 5., 3., 0.],\n"
        "        [0., 4., 4., 0., 0.]])",
    ),
    ("pad(m, (-1, 0))", "tensor([[5., 3.],\n        [4., 0.]])"),
    ("pad(m, (-1, 2, 1, -1), value=9)", "tensor([[9., 9., 9., 9.],\n        [5., 3., 9., 9.]])"),
    ("pad(b, (1, 1))", "tensor([False,  True, False,  True, False])"),
    ("pad(b, (1, 1), value=1)", "tensor([ True,  True, False,  True,  True])"),
    ("pad(u, (0, 1), value=3)", "tensor([200,   3,   3], dtype=torch.uint8)"),
    ("pad(h, (1, 1))", "tensor([ 0.0000,  1.5000, -2.0000,  0.0000], dtype=torch.float16)"),
    ("pad(c, (1, 0), value=2)", "tensor([2.+0.0000j, 1.+2.0000j, -0.-0.5000j])"),
    ("pad(x, (0, 0))", "tensor([ 1.5000, -2.0000,  0.2500])"),
    ("pad(x, ())", "tensor([ 1.5000, -2.0000,  0.2500])"),
    ("pad(torch.zeros(0), (1, 1))", "tensor([0., 0.])"),
    (
        'pad(t3, (2, 1), mode="reflect")',
        "tensor([[[2., 1., 0., 1., 2., 1.],\n         [5., 4., 3., 4., 5., 4.]]])",
    ),
    (
        'pad(t3, (2, 4), mode="replicate")',
        "tensor([[[0., 0., 0., 1., 2., 2., 2., 2., 2.],\n"
        "         [3., 3., 3., 4., 5., 5., 5., 5., 5.]]])",
    ),
    (
        'pad(t3, (2, 3), mode="circular")',
        "tensor([[[1., 2., 0., 1., 2., 0., 1., 2.],\n         [4., 5., 3., 4., 5., 3., 4., 5.]]])",
    ),
    (
        'pad(t4, (1, 1, 2, 1), mode="reflect")',
        "tensor([[[[ 9.,  8.,  9., 10., 11., 10.],\n"
        "          [ 5.,  4.,  5.,  6.,  7.,  6.],\n"
        "          [ 1.,  0.,  1.,  2.,  3.,  2.],\n"
        "          [ 5.,  4.,  5.,  6.,  7.,  6.],\n"
        "          [ 9.,  8.,  9., 10., 11., 10.],\n"
        "          [ 5.,  4.,  5.,  6.,  7.,  6.]]]])",
    ),
    (
        'pad(t4, (1, 1, 2, 1), mode="replicate")',
        "tensor([[[[ 0.,  0.,  1.,  2.,  3.,  3.],\n"
        "          [ 0.,  0.,  1.,  2.,  3.,  3.],\n"
        "          [ 0.,  0.,  1.,  2.,  3.,  3.],\n"
        "          [ 4.,  4.,  5.,  6.,  7.,  7.],\n"
        "          [ 8.,  8.,  9., 10., 11., 11.],\n"
        "          [ 8.,  8.,  9., 10., 11., 11.]]]])",
    ),
    (
        'pad(t4, (1, 1, 2, 1), mode="circular")',
        "tensor([[[[ 7.,  4.,  5.,  6.,  7.,  4.],\n"
        "          [11.,  8.,  9., 10., 11.,  8.],\n"
        "          [ 3.,  0.,  1.,  2.,  3.,  0.],\n"
        "          [ 7.,  4.,  5.,  6.,  7.,  4.],\n"
        "          [11.,  8.,  9., 10., 11.,  8.],\n"
        "          [ 3.,  0.,  1.,  2.,  3.,  0.]]]])",
    ),
    (
        'pad(t4[0], (1, 1, 0, 1), mode="reflect")',
        "tensor([[[ 1.,  0.,  1.,  2.,  3.,  2.],\n"
        "         [ 5.,  4.,  5.,  6.,  7.,  6.],\n"
        "         [ 9.,  8.,  9., 10., 11., 10.],\n"
        "         [ 5.,  4.,  5.,  6.,  7.,  6.]]])",
    ),
    (
        'pad(t4[0, 0], (1, 1), mode="reflect")',
        "tensor([[ 1.,  0.,  1.,  2.,  3.,  2.],\n"
        "        [ 5.,  4.,  5.,  6.,  7.,  6.],\n"
        "        [ 9.,  8.,  9., 10., 11., 10.]])",
    ),
    (
        'pad(t4.reshape(1, 1, 1, 3, 4), (1, 0, 0, 1, 1, 1), mode="replicate").shape',
        "torch.Size([1, 1, 3, 4, 5])",
    ),
    (
        'pad(t4, (-1, 1, 0, 0), mode="replicate")',
        "tensor([[[[ 1.,  2.,  3.,  3.],\n"
        "          [ 5.,  6.,  7.,  7.],\n"
        "          [ 9., 10., 11., 11.]]]])",
    ),
    ('pad(i.reshape(1, 1, 3), (1, 1), mode="reflect")', "tensor([[[-2,  3, -2,  0, -2]]])"),
    ("pad(q, (1, 1))", "tensor([[[0., 0., 1., 2., 0.]]], grad_fn=<ConstantPadNdBackward0>)"),
    (
        'pad(q, (1, 1), mode="reflect")',
        "tensor([[[1., 0., 1., 2., 1.]]], grad_fn=<ReflectionPad1DBackward0>)",
    ),
    (
        'pad(q, (1, 1), mode="replicate")',
        "tensor([[[0., 0., 1., 2., 2.]]], grad_fn=<ReplicationPad1DBackward0>)",
    ),
    ('pad(q, (1, 1), mode="circular")', "tensor([[[2., 0., 1., 2., 0.]]], grad_fn=<CopySlices>)"),
    (
        'pad(q.reshape(1, 1, 1, 3), (1, 1, 0, 0), mode="reflect")',
        "tensor([[[[1., 0., 1., 2., 1.]]]], grad_fn=<ReflectionPad2DBackward0>)",
    ),
    (
        "torch.constant_pad_nd(x, (1, 1), 3)",
        "tensor([ 3.0000,  1.5000, -2.0000,  0.2500,  3.0000])",
    ),
    ("nn.ZeroPad2d(1)", "ZeroPad2d((1, 1, 1, 1))"),
    (
        "nn.ZeroPad2d((1, 0, 0, 1))(t4)",
        "tensor([[[[ 0.,  0.,  1.,  2.,  3.],\n"
        "          [ 0.,  4.,  5.,  6.,  7.],\n"
        "          [ 0.,  8.,  9., 10., 11.],\n"
        "          [ 0.,  0.,  0.,  0.,  0.]]]])",
    ),
    ("nn.ReflectionPad2d(2)", "ReflectionPad2d((2, 2, 2, 2))"),
    (
        "nn.ReflectionPad1d(1)(t3)",
        "tensor([[[1., 0., 1., 2., 1.],\n         [4., 3., 4., 5., 4.]]])",
    ),
    (
        "nn.ReplicationPad2d((1, 2, 0, 0))(t4)",
        "tensor([[[[ 0.,  0.,  1.,  2.,  3.,  3.,  3.],\n"
        "          [ 4.,  4.,  5.,  6.,  7.,  7.,  7.],\n"
        "          [ 8.,  8.,  9., 10., 11., 11., 11.]]]])",
    ),
    (
        "nn.ConstantPad1d(2, 3.5)(t3)",
        "tensor([[[3.5000, 3.5000, 0.0000, 1.0000, 2.0000, 3.5000, 3.5000],\n"
        "         [3.5000, 3.5000, 3.0000, 4.0000, 5.0000, 3.5000, 3.5000]]])",
    ),
    ("nn.ConstantPad2d(1, 3.5)", "ConstantPad2d(padding=(1, 1, 1, 1), value=3.5)"),
    ("nn.CircularPad1d(1)(t3)", "tensor([[[2., 0., 1., 2., 0.],\n         [5., 3., 4., 5., 3.]]])"),
    (
        'pad(t3, (1, 1, 1, 1), mode="reflect")',
        "tensor([[[4., 3., 4., 5., 4.],\n"
        "         [1., 0., 1., 2., 1.],\n"
        "         [4., 3., 4., 5., 4.],\n"
        "         [1., 0., 1., 2., 1.]]])",
    ),
]

#: expressions, and the error that PyTorch raises for them
ERRORS = [
    ("pad(x, (1,))", RuntimeError, "Padding length must be divisible by 2"),
    (
        "pad(x, (1, 1, 1, 1))",
        RuntimeError,
        "Padding length should be less than or equal to two times the input "
        "dimension but got padding length 4 and input of dimension 1",
    ),
    ("pad(x, (-2, -2))", RuntimeError, "narrow(): length must be non-negative."),
    (
        'pad(x, (1, 1), mode="reflect")',
        NotImplementedError,
        "Padding size 2 is not supported for 1D input tensor.",
    ),
    ('pad(x, (1, 1), mode="no")', NotImplementedError, "Unrecognised padding mode no"),
    (
        'pad(t3, (3, 3), mode="reflect")',
        RuntimeError,
        "Argument #4: Padding size should be less than the corresponding input "
        "dimension, but got: padding (3, 3) at dimension 2 of input [1, 2, 3]",
    ),
    (
        'pad(t3, (4, 4), mode="circular")',
        RuntimeError,
        "Padding value causes wrapping around more than once.",
    ),
    (
        'pad(t4, (1, 1, 3, 1), mode="reflect")',
        RuntimeError,
        "Argument #6: Padding size should be less than the corresponding input "
        "dimension, but got: padding (3, 1) at dimension 2 of input [1, 1, 3, 4]",
    ),
    (
        'pad(t3, (1, 1), mode="reflect", value=1)',
        RuntimeError,
        'Padding mode "reflect" doesn\'t take in value argument',
    ),
    ("pad(x, 1)", TypeError, "pad(): argument 'pad' (position 2) must be tuple of ints, not int"),
    (
        "pad(x, (1.5, 1))",
        TypeError,
        "pad(): argument 'pad' (position 2) must be tuple of ints, but found "
        "element of type float at pos 0",
    ),
    ('pad("x", (1, 1))', TypeError, "pad(): argument 'input' (position 1) must be Tensor, not str"),
    (
        "nn.ReflectionPad2d(5)(t4)",
        RuntimeError,
        "Argument #4: Padding size should be less than the corresponding input "
        "dimension, but got: padding (5, 5) at dimension 3 of input [1, 1, 3, 4]",
    ),
]


@pytest.mark.parametrize(("expression", "printed"), VALUES)
def test_values(expression, printed):
    assert repr(evaluate(expression, more_names=NAMES)) == printed


@pytest.mark.parametrize(("expression", "kind", "message"), ERRORS)
def test_errors(expression, kind, message):
    with pytest.raises(kind, match="^" + re.escape(message)):
        evaluate(expression, more_names=NAMES)


@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular"])
def test_padding_with_own_elements_keeps_what_has_none(mode):
    assert torch.nn.functional.pad(torch.ones(0, 2, 3), (1, 1), mode).shape == (0, 2, 5)
