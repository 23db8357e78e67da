"""Windows of images as columns, and columns as images."""

from __future__ import annotations

import math

from rushlight.kernels.convolution import output_sizes
from rushlight.ops.layers.fold import col2im, im2col
from rushlight.ops.op import recorded_as
from rushlight.ops.refused import require_tensors

__all__ = ["fold", "unfold"]


def unfold(input, kernel_size, dilation=1, padding=0, stride=1):
    """The windows of images (N, C, H, W), as columns: (N, C * kH * kW, number of windows).

    >>> import rushlight as torch
    >>> torch.nn.functional.unfold(torch.arange(4.0).reshape(1, 1, 2, 2), (2, 1))
    tensor([[[0., 1.],
             [2., 3.]]])
    """
    require_tensors("im2col", input=input)
    options = _window_options(kernel_size, dilation, padding, stride)
    if input.dim() not in (3, 4) or 0 in input.shape[-3:]:
        if input.dim() < 3:
            input.size(2)  # raises
        raise RuntimeError(
            "Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other non-zero "
            f"dimensions for input, but got: {list(input.shape)}"
        )
    space = tuple(input.shape[-2:])
    out = output_sizes(space, *(options[k] for k in ("kernel", "stride", "padding", "dilation")))
    if min(out) < 1:
        raise RuntimeError(
            f"Given input with spatial size {space}, kernel_size={options['kernel']}, "
            f"dilation={options['dilation']}, padding={options['padding']}, calculated shape of "
            f"the array of sliding blocks as {_not_negative(out)}, but its components must be at "
            "least one."
        )
    if input.dim() == 3:
        return recorded_as(im2col(input.unsqueeze(0), **options).squeeze(0), "Im2ColBackward0")
    return im2col(input, **options)


def fold(input, output_size, kernel_size, dilation=1, padding=0, stride=1):
    """Images (N, C, H, W) from columns (N, C * kH * kW, number of windows): overlaps add up.

    >>> import rushlight as torch
    >>> torch.nn.functional.fold(torch.ones(1, 2, 3), (1, 4), (1, 2))
    tensor([[[[1., 2., 2., 1.]]]])
    """
    require_tensors("col2im", input=input)
    space = _pair("output_size", output_size)
    options = _window_options(kernel_size, dilation, padding, stride)
    if input.dim() not in (2, 3) or 0 in input.shape[-2:]:
        raise RuntimeError(
            "Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and "
            f"non-zero dimensions for input, but got: {list(input.shape)}"
        )
    _check_columns(input, space, **options)
    if input.dim() == 2:
        folded = col2im(input.unsqueeze(0), space=space, **options).squeeze(0)
        return recorded_as(folded, "Col2ImBackward0")
    return col2im(input, space=space, **options)


def _check_columns(input, space, kernel, stride, padding, dilation):
    axis = input.dim() - 2
    rows, columns = input.shape[-2:]
    if rows % math.prod(kernel):
        raise RuntimeError(
            f"Expected size of input's dimension {axis} to be divisible by the product of "
            f"kernel_size, but got input.size({axis})={rows} and kernel_size={kernel}."
        )
    high, wide = output_sizes(space, kernel, stride, padding, dilation)
    if columns != high * wide or min(high, wide) < 1:
        raise RuntimeError(
            f"Given output_size={space}, kernel_size={kernel}, dilation={dilation}, "
            f"padding={padding}, stride={stride}, expected size of input's dimension {axis + 1} to "
            f"match the calculated number of sliding blocks {high} * {wide} = {high * wide}, but "
            f"got input.size({axis + 1})={columns}."
        )


def _window_options(kernel_size, dilation, padding, stride):
    kernel, dilation = _pair("kernel_size", kernel_size), _pair("dilation", dilation)
    padding, stride = _pair("padding", padding), _pair("stride", stride)
    positive = {"kernel": kernel, "stride": stride, "dilation": dilation}
    for name, (high, wide) in positive.items():
        if high <= 0 or wide <= 0:
            title = "kernel size" if name == "kernel" else name
            raise RuntimeError(
                f"{title} should be greater than zero, but got {name}_height: {high} "
                f"{name}_width: {wide}"
            )
    if min(padding) < 0:
        raise RuntimeError(
            f"padding should be non-negative, but got pad_height: {padding[0]} pad_width: "
            f"{padding[1]}"
        )
    return {**positive, "padding": padding}


def _pair(name, value):
    if not isinstance(value, (tuple, list)):
        return value, value
    if len(value) != 2:
        raise RuntimeError(f"It is expected {name} equals to 2, but got size {len(value)}")
    return tuple(value)


def _not_negative(sizes):
    return tuple(max(n, 0) for n in sizes)
