"""Pooling: what PyTorch printed, and what it refused."""

import re

import pytest
from expressions import evaluate

NAMES = """
F = torch.nn.functional
nn = torch.nn
line = torch.tensor([[[1.0, 5.0, -2.0, 0.0, 4.0, 3.0]]])
image = torch.arange(20.0).reshape(1, 1, 4, 5)
cube = torch.arange(8.0).reshape(1, 1, 2, 2, 2)
q = image.clone().requires_grad_()
"""

#: expressions, and what PyTorch prints for them
VALUES = [
    ("F.max_pool1d(line, 2)", "tensor([[[5., 0., 4.]]])"),
    ("F.max_pool1d(line[0], 4, stride=2)", "tensor([[5., 4.]])"),
    ("F.max_pool1d(line, 2, padding=1)", "tensor([[[1., 5., 4., 3.]]])"),
    (
        "F.max_pool1d(line, 2, return_indices=True)",
        "(tensor([[[5., 0., 4.]]]), tensor([[[1, 3, 4]]]))",
    ),
    ("F.max_pool1d(line, 4, stride=3, ceil_mode=True)", "tensor([[[5., 4.]]])"),
    ("F.max_pool1d(line, 2, dilation=3)", "tensor([[[1., 3.]]])"),
    ("F.max_pool2d(image, 2)", "tensor([[[[ 6.,  8.],\n          [16., 18.]]]])"),
    (
        "F.max_pool2d(image, 2, ceil_mode=True)",
        "tensor([[[[ 6.,  8.,  9.],\n          [16., 18., 19.]]]])",
    ),
    (
        "F.max_pool2d(image, (2, 3), stride=(1, 2), padding=1)",
        "tensor([[[[ 1.,  3.,  4.],\n"
        "          [ 6.,  8.,  9.],\n"
        "          [11., 13., 14.],\n"
        "          [16., 18., 19.],\n"
        "          [16., 18., 19.]]]])",
    ),
    (
        "F.max_pool2d(image[0], 2, return_indices=True)",
        "(tensor([[[ 6.,  8.],\n         [16., 18.]]]), tensor([[[ 6,  8],\n         [16, 18]]]))",
    ),
    ("F.max_pool2d(image.long(), 2)", "tensor([[[[ 6,  8],\n          [16, 18]]]])"),
    (
        "F.max_pool2d(image.half(), 2)",
        "tensor([[[[ 6.,  8.],\n          [16., 18.]]]], dtype=torch.float16)",
    ),
    ('F.max_pool2d(torch.tensor([[[[1.0, float("nan")], [3.0, 2.0]]]]), 2)', "tensor([[[[nan]]]])"),
    (
        'F.max_pool2d(torch.full((1, 1, 2, 2), -float("inf")), 2, return_indices=True)',
        "(tensor([[[[-inf]]]]), tensor([[[[0]]]]))",
    ),
    ("F.max_pool2d(image, 4, 1)", "tensor([[[[18., 19.]]]])"),
    ("F.max_pool3d(cube, 2)", "tensor([[[[[7.]]]]])"),
    ("torch.max_pool2d(image, 3)", "tensor([[[[12.]]]])"),
    ("torch.max_pool1d(line, 3, 1)", "tensor([[[5., 5., 4., 4.]]])"),
    ("F.avg_pool1d(line, 2)", "tensor([[[ 3.0000, -1.0000,  3.5000]]])"),
    ("F.avg_pool1d(line, 4, stride=3, padding=2)", "tensor([[[1.5000, 1.7500, 1.7500]]])"),
    (
        "F.avg_pool1d(line, 4, stride=3, padding=2, count_include_pad=False)",
        "tensor([[[3.0000, 1.7500, 3.5000]]])",
    ),
    ("F.avg_pool1d(line, 4, stride=3, ceil_mode=True)", "tensor([[[1.0000, 2.3333]]])"),
    ("F.avg_pool2d(image, 2)", "tensor([[[[ 3.,  5.],\n          [13., 15.]]]])"),
    (
        "F.avg_pool2d(image[0], (2, 3), stride=1)",
        "tensor([[[ 3.5000,  4.5000,  5.5000],\n"
        "         [ 8.5000,  9.5000, 10.5000],\n"
        "         [13.5000, 14.5000, 15.5000]]])",
    ),
    (
        "F.avg_pool2d(image, 2, divisor_override=3)",
        "tensor([[[[ 4.0000,  6.6667],\n          [17.3333, 20.0000]]]])",
    ),
    (
        "F.avg_pool2d(image, 3, ceil_mode=True, padding=1)",
        "tensor([[[[ 1.3333,  3.6667],\n          [ 5.7778, 10.3333]]]])",
    ),
    (
        "F.avg_pool2d(image.double(), 2)",
        "tensor([[[[ 3.,  5.],\n          [13., 15.]]]], dtype=torch.float64)",
    ),
    ("F.avg_pool3d(cube, 2)", "tensor([[[[[3.5000]]]]])"),
    ("F.adaptive_avg_pool1d(line, 4)", "tensor([[[3.0000, 1.5000, 2.0000, 3.5000]]])"),
    ("F.adaptive_avg_pool2d(image, 1)", "tensor([[[[9.5000]]]])"),
    (
        "F.adaptive_avg_pool2d(image, (3, 2))",
        "tensor([[[[ 3.5000,  5.5000],\n"
        "          [ 8.5000, 10.5000],\n"
        "          [13.5000, 15.5000]]]])",
    ),
    (
        "F.adaptive_avg_pool2d(image, (None, 1))",
        "tensor([[[[ 2.],\n          [ 7.],\n          [12.],\n          [17.]]]])",
    ),
    (
        "F.adaptive_avg_pool2d(image[0], 2)",
        "tensor([[[ 3.5000,  5.5000],\n         [13.5000, 15.5000]]])",
    ),
    ("F.adaptive_avg_pool3d(cube, 1)", "tensor([[[[[3.5000]]]]])"),
    ("F.adaptive_max_pool1d(line, 4)", "tensor([[[5., 5., 4., 4.]]])"),
    (
        "F.adaptive_max_pool2d(image, (3, 2), return_indices=True)",
        "(tensor([[[[ 7.,  9.],\n"
        "          [12., 14.],\n"
        "          [17., 19.]]]]), tensor([[[[ 7,  9],\n"
        "          [12, 14],\n"
        "          [17, 19]]]]))",
    ),
    ("F.adaptive_max_pool3d(cube, 1)", "tensor([[[[[7.]]]]])"),
    ("F.lp_pool1d(line, 2, 3)", "tensor([[[5.4772, 5.0000]]])"),
    ("F.lp_pool2d(image, 1.0, 2)", "tensor([[[[12., 20.],\n          [52., 60.]]]])"),
    (
        "F.max_pool2d(q, 2)",
        "tensor([[[[ 6.,  8.],\n          [16., 18.]]]], grad_fn=<MaxPool2DWithIndicesBackward0>)",
    ),
    (
        "F.max_pool1d(q[0, 0], 2)",
        "tensor([[ 1.,  3.],\n"
        "        [ 6.,  8.],\n"
        "        [11., 13.],\n"
        "        [16., 18.]], grad_fn=<SqueezeBackward1>)",
    ),
    (
        "F.avg_pool2d(q, 2)",
        "tensor([[[[ 3.,  5.],\n          [13., 15.]]]], grad_fn=<AvgPool2DBackward0>)",
    ),
    (
        "F.avg_pool1d(q[0, 0], 2)",
        "tensor([[ 0.5000,  2.5000],\n"
        "        [ 5.5000,  7.5000],\n"
        "        [10.5000, 12.5000],\n"
        "        [15.5000, 17.5000]], grad_fn=<SqueezeBackward1>)",
    ),
    ("F.adaptive_avg_pool2d(q, 1)", "tensor([[[[9.5000]]]], grad_fn=<MeanBackward1>)"),
    (
        "F.adaptive_avg_pool2d(q, (3, 2))",
        "tensor([[[[ 3.5000,  5.5000],\n"
        "          [ 8.5000, 10.5000],\n"
        "          [13.5000, 15.5000]]]], grad_fn=<AdaptiveAvgPool2DBackward0>)",
    ),
    ("F.adaptive_max_pool2d(q, 1)", "tensor([[[[19.]]]], grad_fn=<AdaptiveMaxPool2DBackward0>)"),
    (
        "torch.autograd.grad(F.max_pool2d(q, 2).sum(), q)",
        "(tensor([[[[0., 0., 0., 0., 0.],\n"
        "          [0., 1., 0., 1., 0.],\n"
        "          [0., 0., 0., 0., 0.],\n"
        "          [0., 1., 0., 1., 0.]]]]),)",
    ),
    (
        "torch.autograd.grad(F.max_pool2d(q, 3, 1).sum(), q)",
        "(tensor([[[[0., 0., 0., 0., 0.],\n"
        "          [0., 0., 0., 0., 0.],\n"
        "          [0., 0., 1., 1., 1.],\n"
        "          [0., 0., 1., 1., 1.]]]]),)",
    ),
    (
        "torch.autograd.grad(F.avg_pool2d(q, 2, ceil_mode=True).sum(), q)",
        "(tensor([[[[0.2500, 0.2500, 0.2500, 0.2500, 0.5000],\n"
        "          [0.2500, 0.2500, 0.2500, 0.2500, 0.5000],\n"
        "          [0.2500, 0.2500, 0.2500, 0.2500, 0.5000],\n"
        "          [0.2500, 0.2500, 0.2500, 0.2500, 0.5000]]]]),)",
    ),
    (
        "torch.autograd.grad(F.max_pool2d(q * 0, 2).sum(), q)",
        "(tensor([[[[0., 0., 0., 0., 0.],\n"
        "          [0., 0., 0., 0., 0.],\n"
        "          [0., 0., 0., 0., 0.],\n"
        "          [0., 0., 0., 0., 0.]]]]),)",
    ),
    (
        "nn.MaxPool2d(2)",
        "MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)",
    ),
    (
        "nn.MaxPool1d(3, stride=2, padding=1)",
        "MaxPool1d(kernel_size=3, stride=2, padding=1, dilation=1, ceil_mode=False)",
    ),
    (
        "nn.MaxPool2d((2, 3), ceil_mode=True)",
        "MaxPool2d(kernel_size=(2, 3), stride=(2, 3), padding=0, dilation=1, ceil_mode=True)",
    ),
    ("nn.AvgPool2d(2)", "AvgPool2d(kernel_size=2, stride=2, padding=0)"),
    ("nn.AvgPool1d(3, 2)", "AvgPool1d(kernel_size=(3,), stride=(2,), padding=(0,))"),
    ("nn.AdaptiveAvgPool2d((1, 1))", "AdaptiveAvgPool2d(output_size=(1, 1))"),
    ("nn.AdaptiveAvgPool1d(2)", "AdaptiveAvgPool1d(output_size=2)"),
    ("nn.AdaptiveMaxPool2d(3)", "AdaptiveMaxPool2d(output_size=3)"),
    ("nn.LPPool2d(2, 3)", "LPPool2d(norm_type=2, kernel_size=3, stride=None, ceil_mode=False)"),
    ("nn.MaxPool2d(2, 2)(image)", "tensor([[[[ 6.,  8.],\n          [16., 18.]]]])"),
    (
        "nn.MaxPool2d(2, return_indices=True)(image)",
        "(tensor([[[[ 6.,  8.],\n"
        "          [16., 18.]]]]), tensor([[[[ 6,  8],\n"
        "          [16, 18]]]]))",
    ),
    (
        "nn.AvgPool2d(2, 1)(image)",
        "tensor([[[[ 3.,  4.,  5.,  6.],\n"
        "          [ 8.,  9., 10., 11.],\n"
        "          [13., 14., 15., 16.]]]])",
    ),
    (
        "nn.AdaptiveAvgPool2d((1, None))(image)",
        "tensor([[[[ 7.5000,  8.5000,  9.5000, 10.5000, 11.5000]]]])",
    ),
    ("nn.LPPool1d(2, 3)(line)", "tensor([[[5.4772, 5.0000]]])"),
    ("F.max_pool2d(torch.zeros(0, 1, 4, 4), 2).shape", "torch.Size([0, 1, 2, 2])"),
    ("F.avg_pool2d(image.long(), 2)", "tensor([[[[ 3,  5],\n          [13, 15]]]])"),
]

#: expressions, and the error that PyTorch raises for them
ERRORS = [
    (
        "F.max_pool2d(torch.ones(2, 2), 2)",
        RuntimeError,
        "non-empty 3D or 4D (batch mode) tensor expected for input",
    ),
    (
        "F.max_pool1d(torch.ones(2), 2)",
        RuntimeError,
        "max_pool1d: Expected 2D or 3D (batch mode) tensor with optional 0 dim "
        "batch size for input, but got:[2]",
    ),
    (
        "F.max_pool2d(image, 6)",
        RuntimeError,
        "Given input size: (1x4x5). Calculated output size: (1x0x0). Output size is too small",
    ),
    (
        "F.max_pool2d(image, 2, padding=2)",
        RuntimeError,
        "pad should be at most half of effective kernel size, but got pad=2, "
        "kernel_size=2 and dilation=1",
    ),
    ("F.max_pool2d(image, 2, stride=0)", RuntimeError, "stride should not be zero"),
    ("F.max_pool2d(image, 0)", RuntimeError, "stride should not be zero"),
    (
        "F.max_pool2d(image, 2, dilation=0)",
        RuntimeError,
        "dilation should be greater than zero, but got dilationH: 0 dilationW: 0",
    ),
    ("F.max_pool1d(line, 9)", RuntimeError, "max_pool1d() Invalid computed output size: 0"),
    (
        "F.avg_pool2d(image, 6)",
        RuntimeError,
        "Given input size: (1x4x5). Calculated output size: (1x0x0). Output size is too small",
    ),
    (
        "F.avg_pool2d(image, 2, padding=2)",
        RuntimeError,
        "pad should be at most half of effective kernel size, but got pad=2, "
        "kernel_size=2 and dilation=1",
    ),
    ("F.avg_pool2d(image, 2, divisor_override=0)", RuntimeError, "divisor must be not zero"),
    (
        "F.avg_pool1d(torch.ones(2), 2)",
        RuntimeError,
        "Expected 2 to 3 dimensions, but got 1-dimensional tensor for argument "
        "#1 'self' (while checking arguments for avg_pool1d)",
    ),
    (
        "F.adaptive_avg_pool2d(image, -1)",
        RuntimeError,
        "adaptive_avg_pool2d: elements of output_size must be greater than or "
        "equal to 0 but received {-1, -1}",
    ),
    (
        "F.adaptive_avg_pool2d(image, (1, 1, 1))",
        RuntimeError,
        "adaptive_avg_pool2d: output_size must be 2",
    ),
    (
        "F.adaptive_max_pool2d(torch.ones(2, 2), 1)",
        RuntimeError,
        "adaptive_max_pool2d(): Expected 3D or 4D tensor, but got: [2, 2]",
    ),
    (
        'F.max_pool2d("x", 2)',
        TypeError,
        "max_pool2d(): argument 'input' (position 1) must be Tensor, not str",
    ),
    (
        "F.max_pool2d(image, (2, 2, 2))",
        RuntimeError,
        "max_pool2d: kernel_size must either be a single int, or a tuple of two ints",
    ),
    (
        "F.max_pool2d(image, 2.5)",
        TypeError,
        "max_pool2d(): argument 'kernel_size' (position 2) must be tuple of ints, not float",
    ),
    (
        'F.avg_pool2d(image, "a")',
        TypeError,
        "avg_pool2d(): argument 'kernel_size' (position 2) must be tuple of ints, not str",
    ),
    (
        "F.max_pool2d(b.reshape(1, 1, 3), 1)",
        NotImplementedError,
        "\"max_pool2d\" not implemented for 'Bool'",
    ),
    (
        "nn.MaxPool2d(2)(torch.ones(2, 2))",
        RuntimeError,
        "non-empty 3D or 4D (batch mode) tensor expected for input",
    ),
    (
        "nn.MaxPool2d()",
        TypeError,
        "_MaxPoolNd.__init__() missing 1 required positional argument: 'kernel_size'",
    ),
]


@pytest.mark.parametrize(("expression", "printed"), VALUES)
def test_values(expression, printed):
    assert repr(evaluate(expression, more_names=NAMES)) == printed


@pytest.mark.parametrize(("expression", "kind", "message"), ERRORS)
def test_errors(expression, kind, message):
    with pytest.raises(kind, match="^" + re.escape(message)):
        evaluate(expression, more_names=NAMES)
