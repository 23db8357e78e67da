"""Convolution: what PyTorch printed, and what it refused."""

import re

import pytest
from expressions import evaluate

NAMES = """
F = torch.nn.functional
nn = torch.nn
line = torch.arange(8.0).reshape(1, 2, 4)
image = torch.arange(18.0).reshape(1, 2, 3, 3)
k1 = torch.tensor([[[1.0, -1.0], [0.5, 2.0]]])
k2 = torch.tensor([[[[1.0, 0.0], [0.0, -1.0]], [[0.5, 0.5], [0.5, 0.5]]]])
cube = torch.arange(8.0).reshape(1, 1, 2, 2, 2)
q = k2.clone().requires_grad_()
"""

#: expressions, and what PyTorch prints for them
VALUES = [
    ("F.conv1d(line, k1)", "tensor([[[11.0000, 13.5000, 16.0000]]])"),
    ("F.conv1d(line[0], k1)", "tensor([[11.0000, 13.5000, 16.0000]])"),
    ("F.conv1d(line, k1, torch.tensor([10.0]))", "tensor([[[21.0000, 23.5000, 26.0000]]])"),
    ("F.conv1d(line, k1, padding=1, stride=2)", "tensor([[[ 8.0000, 13.5000,  6.5000]]])"),
    ('F.conv1d(line, k1, padding="same")', "tensor([[[11.0000, 13.5000, 16.0000,  6.5000]]])"),
    ('F.conv1d(line, k1, padding="valid")', "tensor([[[11.0000, 13.5000, 16.0000]]])"),
    ("F.conv1d(line, k1, dilation=3)", "tensor([[[13.]]])"),
    (
        "F.conv1d(line, k1[:, :1].repeat(2, 1, 1), groups=2)",
        "tensor([[[-1., -1., -1.],\n         [-1., -1., -1.]]])",
    ),
    ("F.conv2d(image, k2)", "tensor([[[[18., 20.],\n          [24., 26.]]]])"),
    ("F.conv2d(image[0], k2)", "tensor([[[18., 20.],\n         [24., 26.]]])"),
    (
        "F.conv2d(image, k2, torch.tensor([1.0]), stride=(1, 2), padding=(1, 0))",
        "tensor([[[[ 9.5000],\n          [19.0000],\n          [25.0000],\n          [22.5000]]]])",
    ),
    (
        'F.conv2d(image, k2, padding="same", dilation=2)',
        "tensor([[[[ 2.5000,  8.0000,  6.5000],\n"
        "          [ 6.0000, 18.0000, 14.0000],\n"
        "          [ 6.5000, 16.0000, 10.5000]]]])",
    ),
    (
        "F.conv2d(image.double(), k2.double())",
        "tensor([[[[18., 20.],\n          [24., 26.]]]], dtype=torch.float64)",
    ),
    ("F.conv2d(image.long(), k2.long())", "tensor([[[[-4, -4],\n          [-4, -4]]]])"),
    ("F.conv2d(torch.zeros(0, 2, 3, 3), k2).shape", "torch.Size([0, 1, 2, 2])"),
    (
        "F.conv2d(image, torch.ones(4, 1, 1, 1), groups=2)[0, :, 0]",
        "tensor([[ 0.,  1.,  2.],\n"
        "        [ 0.,  1.,  2.],\n"
        "        [ 9., 10., 11.],\n"
        "        [ 9., 10., 11.]])",
    ),
    ("F.conv3d(cube, torch.ones(1, 1, 1, 2, 2))", "tensor([[[[[ 6.]],\n\n          [[22.]]]]])"),
    ("torch.conv2d(image, k2)", "tensor([[[[18., 20.],\n          [24., 26.]]]])"),
    (
        "F.conv_transpose1d(line, k1.transpose(0, 1))",
        "tensor([[[ 2.0000, 11.5000, 14.0000, 16.5000, 11.0000]]])",
    ),
    (
        "F.conv_transpose1d(line, k1.transpose(0, 1), stride=2, padding=1, output_padding=1)",
        "tensor([[[ 8.0000,  3.5000,  9.0000,  5.0000, 10.0000,  6.5000, 11.0000]]])",
    ),
    ("F.conv_transpose2d(image, k2.transpose(0, 1), stride=2).shape", "torch.Size([1, 1, 6, 6])"),
    (
        "F.conv_transpose2d(image[:, :, :2, :2], k2.transpose(0, 1), torch.tensor([100.0]))",
        "tensor([[[[104.5000, 110.5000, 105.0000],\n"
        "          [113.5000, 126.0000, 110.5000],\n"
        "          [106.0000, 109.5000, 102.5000]]]])",
    ),
    ("F.conv_transpose2d(image[0], k2.transpose(0, 1), groups=1).shape", "torch.Size([1, 4, 4])"),
    (
        "F.conv_transpose2d(image, torch.ones(2, 1, 1, 1), groups=2)",
        "tensor([[[[ 0.,  1.,  2.],\n"
        "          [ 3.,  4.,  5.],\n"
        "          [ 6.,  7.,  8.]],\n"
        "\n"
        "         [[ 9., 10., 11.],\n"
        "          [12., 13., 14.],\n"
        "          [15., 16., 17.]]]])",
    ),
    (
        "F.conv_transpose3d(cube, torch.ones(1, 1, 1, 1, 2), dilation=2)",
        "tensor([[[[[0., 1., 0., 1.],\n"
        "           [2., 3., 2., 3.]],\n"
        "\n"
        "          [[4., 5., 4., 5.],\n"
        "           [6., 7., 6., 7.]]]]])",
    ),
    (
        "F.conv2d(image, q)",
        "tensor([[[[18., 20.],\n          [24., 26.]]]], grad_fn=<ConvolutionBackward0>)",
    ),
    (
        "F.conv2d(image, q, torch.tensor([1.0]))",
        "tensor([[[[19., 21.],\n          [25., 27.]]]], grad_fn=<ConvolutionBackward0>)",
    ),
    (
        "F.conv2d(image[0], q)",
        "tensor([[[18., 20.],\n         [24., 26.]]], grad_fn=<SqueezeBackward1>)",
    ),
    (
        'F.conv1d(line, k1.clone().requires_grad_(), padding="same")',
        "tensor([[[11.0000, 13.5000, 16.0000,  6.5000]]],\n       grad_fn=<ConvolutionBackward0>)",
    ),
    (
        "F.conv_transpose2d(image, q.transpose(0, 1), stride=2)[0, 0, 0]",
        "tensor([4.5000, 4.5000, 6.0000, 5.0000, 7.5000, 5.5000],\n"
        "       grad_fn=<SelectBackward0>)",
    ),
    ("nn.Conv2d(3, 8, 3)", "Conv2d(3, 8, kernel_size=(3, 3), stride=(1, 1))"),
    (
        "nn.Conv2d(3, 8, (3, 5), stride=2, padding=1, dilation=2, groups=1, bias=False)",
        "Conv2d(3, 8, kernel_size=(3, 5), stride=(2, 2), padding=(1, 1), "
        "dilation=(2, 2), bias=False)",
    ),
    (
        'nn.Conv1d(4, 4, 3, padding="same", groups=2, padding_mode="circular")',
        "Conv1d(4, 4, kernel_size=(3,), stride=(1,), padding=same, groups=2, "
        "padding_mode=circular)",
    ),
    (
        "nn.Conv3d(1, 2, 2, padding=(1, 0, 1))",
        "Conv3d(1, 2, kernel_size=(2, 2, 2), stride=(1, 1, 1), padding=(1, 0, 1))",
    ),
    (
        "nn.ConvTranspose2d(4, 2, 3, stride=2, padding=1, output_padding=1)",
        "ConvTranspose2d(4, 2, kernel_size=(3, 3), stride=(2, 2), padding=(1, "
        "1), output_padding=(1, 1))",
    ),
    ("nn.LazyConv2d(4, 3)", "LazyConv2d(0, 4, kernel_size=(3, 3), stride=(1, 1))"),
    ("list(nn.Conv2d(2, 4, 3, groups=2).state_dict())", "['weight', 'bias']"),
    (
        "(torch.manual_seed(0), nn.Conv2d(1, 2, 2).weight)[1]",
        "Parameter containing:\n"
        "tensor([[[[-0.0037,  0.2682],\n"
        "          [-0.4115, -0.3680]]],\n"
        "\n"
        "\n"
        "        [[[-0.1926,  0.1341],\n"
        "          [-0.0099,  0.3964]]]], requires_grad=True)",
    ),
    (
        "(torch.manual_seed(0), nn.Conv2d(1, 2, 2).bias)[1]",
        "Parameter containing:\ntensor([-0.0444,  0.1323], requires_grad=True)",
    ),
    (
        '(torch.manual_seed(0), nn.Conv2d(2, 1, 2, padding=1, padding_mode="reflect")(image))[1]',
        "tensor([[[[2.0564, 2.7978, 2.6656, 1.9242],\n"
        "          [0.7859, 1.5273, 1.3951, 0.6536],\n"
        "          [0.3892, 1.1306, 0.9984, 0.2570],\n"
        "          [1.6598, 2.4012, 2.2690, 1.5275]]]], "
        "grad_fn=<ConvolutionBackward0>)",
    ),
    (
        '(torch.manual_seed(0), nn.Conv1d(2, 1, 3, padding=2, padding_mode="replicate")(line))[1]',
        "tensor([[[-1.4009, -1.6275, -1.7922, -2.2605, -2.5022, -2.8057]]],\n"
        "       grad_fn=<ConvolutionBackward0>)",
    ),
    (
        '(torch.manual_seed(0), nn.Conv1d(2, 1, 3, padding="same", '
        'padding_mode="circular")(line))[1]',
        "tensor([[[-2.5380, -1.7922, -2.2605, -1.8226]]],\n       grad_fn=<ConvolutionBackward0>)",
    ),
    (
        "(torch.manual_seed(0), nn.LazyConv2d(1, 2)(image))[1]",
        "tensor([[[[1.5273, 1.3951],\n"
        "          [1.1306, 0.9984]]]], grad_fn=<ConvolutionBackward0>)",
    ),
    ("nn.Conv2d(2, 1, 2).weight.shape", "torch.Size([1, 2, 2, 2])"),
]

#: expressions, and the error that PyTorch raises for them
ERRORS = [
    (
        "F.conv2d(image, torch.ones(1, 3, 2, 2))",
        RuntimeError,
        "Given groups=1, weight of size [1, 3, 2, 2], expected input[1, 2, 3, 3] "
        "to have 3 channels, but got 2 channels instead",
    ),
    (
        "F.conv2d(image, k2, torch.ones(2))",
        RuntimeError,
        "Given weight of size [1, 2, 2, 2], expected bias to be 1-dimensional "
        "with 1 elements, but got bias of size [2] instead",
    ),
    (
        "F.conv2d(image, torch.ones(1, 2, 5, 5))",
        RuntimeError,
        "Calculated padded input size per channel: (3 x 3). Kernel size: (5 x "
        "5). Kernel size can't be greater than actual input size",
    ),
    (
        "F.conv2d(image, torch.ones(1, 2, 2, 2), dilation=3)",
        RuntimeError,
        "Calculated padded input size per channel: (3 x 3). Kernel size: (4 x "
        "4). Kernel size can't be greater than actual input size",
    ),
    (
        "F.conv2d(torch.ones(3, 3), k2)",
        RuntimeError,
        "Expected 3D (unbatched) or 4D (batched) input to conv2d, but got input of size: [3, 3]",
    ),
    (
        "F.conv2d(torch.ones(1, 1, 1, 1, 1), k2)",
        RuntimeError,
        "Expected 3D (unbatched) or 4D (batched) input to conv2d, but got input "
        "of size: [1, 1, 1, 1, 1]",
    ),
    (
        "F.conv1d(image, k1)",
        RuntimeError,
        "Expected 2D (unbatched) or 3D (batched) input to conv1d, but got input "
        "of size: [1, 2, 3, 3]",
    ),
    ("F.conv2d(image, k2.double())", RuntimeError, "expected scalar type Float but found Double"),
    ("F.conv2d(image.long(), k2)", RuntimeError, "expected scalar type Long but found Float"),
    (
        "F.conv2d(image, k2, torch.ones(1).double())",
        RuntimeError,
        "Input type (float) and bias type (double) should be the same",
    ),
    ("F.conv2d(image, k2, stride=0)", RuntimeError, "non-positive stride is not supported"),
    ("F.conv2d(image, k2, padding=-1)", RuntimeError, "negative padding is not supported"),
    ('F.conv2d(image, k2, padding="no")', RuntimeError, "Invalid padding string: 'no'"),
    (
        'F.conv2d(image, k2, padding="same", stride=2)',
        RuntimeError,
        "padding='same' is not supported for strided convolutions",
    ),
    (
        "F.conv2d(image, k2, groups=2)",
        RuntimeError,
        "Given groups=2, expected weight to be at least 2 at dimension 0, but "
        "got weight of size [1, 2, 2, 2] instead",
    ),
    (
        "F.conv2d(image, torch.ones(3, 1, 2, 2), groups=2)",
        RuntimeError,
        "Given groups=2, expected weight to be divisible by 2 at dimension 0, "
        "but got weight of size [[3, 1, 2, 2]] instead",
    ),
    ("F.conv2d(image, k2, groups=0)", RuntimeError, "non-positive groups is not supported"),
    (
        "F.conv2d(image, k2, dilation=0)",
        RuntimeError,
        "dilation should be greater than zero, but got [0, 0]",
    ),
    (
        "F.conv2d(image, k2, stride=(1, 1, 1))",
        RuntimeError,
        "expected stride to be a single integer value or a list of 2 values to "
        "match the convolution dimensions, but got stride=[1, 1, 1]",
    ),
    (
        'F.conv2d("x", k2)',
        TypeError,
        "conv2d() received an invalid combination of arguments - got (str, "
        "Tensor), but expected one of:",
    ),
    (
        "F.conv2d(image, 3)",
        TypeError,
        "conv2d() received an invalid combination of arguments - got (Tensor, "
        "int), but expected one of:",
    ),
    (
        "F.conv2d(image, torch.ones(2, 2))",
        RuntimeError,
        "weight should have at least three dimensions",
    ),
    (
        "F.conv_transpose2d(image, k2)",
        RuntimeError,
        "Given transposed=1, weight of size [1, 2, 2, 2], expected input[1, 2, "
        "3, 3] to have 1 channels, but got 2 channels instead",
    ),
    (
        "F.conv_transpose2d(image[:, :, :1, :1], k2.transpose(0, 1), padding=1)",
        RuntimeError,
        "Given input size per channel: (1 x 1). Calculated output size per "
        "channel: (0 x 0). Output size is too small",
    ),
    (
        "F.conv_transpose2d(image, k2.transpose(0, 1), torch.ones(2))",
        RuntimeError,
        "Given transposed=1, weight of size [2, 1, 2, 2], expected bias to be "
        "1-dimensional with 1 elements, but got bias of size [2] instead",
    ),
    (
        "F.conv_transpose2d(image, k2.transpose(0, 1), output_padding=1)",
        RuntimeError,
        "output padding must be smaller than either stride or dilation, but got "
        "output_padding_height: 1 output_padding_width: 1 stride_height: 1 "
        "stride_width: 1 dilation_height: 1 dilation_width: 1",
    ),
    (
        "F.conv_transpose2d(image, k2.transpose(0, 1).double())",
        RuntimeError,
        "expected scalar type Float but found Double",
    ),
    ("nn.Conv2d(3, 8, 3, groups=2)", ValueError, "in_channels must be divisible by groups"),
    ("nn.Conv2d(4, 3, 3, groups=2)", ValueError, "out_channels must be divisible by groups"),
    ("nn.Conv2d(4, 4, 3, groups=0)", ValueError, "groups must be a positive integer"),
    (
        'nn.Conv2d(1, 1, 3, padding="same", stride=2)',
        ValueError,
        "padding='same' is not supported for strided convolutions",
    ),
    (
        'nn.ConvTranspose2d(1, 1, 3, padding_mode="reflect")',
        ValueError,
        'Only "zeros" padding mode is supported for ConvTranspose2d',
    ),
    (
        "nn.ConvTranspose1d(2, 1, 3, stride=2)(line, output_size=[20])",
        ValueError,
        "requested an output size of [20], but valid sizes range from [9] to "
        "[10] (for an input of torch.Size([4]))",
    ),
    (
        "nn.Conv2d(3, 1, 2)(image)",
        RuntimeError,
        "Given groups=1, weight of size [1, 3, 2, 2], expected input[1, 2, 3, 3] "
        "to have 3 channels, but got 2 channels instead",
    ),
    (
        "nn.Conv2d(2, 1, 2)(torch.ones(3, 3))",
        RuntimeError,
        "Expected 3D (unbatched) or 4D (batched) input to conv2d, but got input of size: [3, 3]",
    ),
    (
        "nn.LazyConv2d(4, 3)(torch.ones(3, 3))",
        RuntimeError,
        "Expected 3D (unbatched) or 4D (batched) input to LazyConv2d, but got "
        "input of size: torch.Size([3, 3])",
    ),
]


@pytest.mark.parametrize(("expression", "printed"), VALUES)
def test_values(expression, printed):
    assert repr(evaluate(expression, more_names=NAMES)) == printed


@pytest.mark.parametrize(("expression", "kind", "message"), ERRORS)
def test_errors(expression, kind, message):
    with pytest.raises(kind, match="^" + re.escape(message)):
        evaluate(expression, more_names=NAMES)
