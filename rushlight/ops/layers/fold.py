"""Windows of images as columns, and columns as images: each transposes to the other.

`im2col` and `col2im` are PyTorch's names of the operations behind `nn.functional.unfold` and
`fold`. Shapes: images (N, C, H, W), columns (N, C * kH * kW, number of windows).
"""

from __future__ import annotations

import math

import numpy as np

from rushlight import dtypes
from rushlight.kernels.convolution import output_sizes, padded, positions, windows_of
from rushlight.ops.op import opaque

__all__: list[str] = []


def _check_floating(input, name):
    if input.dtype.kind not in "fcbV":
        title = dtypes.of(input).title
        raise NotImplementedError(f"\"{name}_out_cpu\" not implemented for '{title}'")


@opaque(
    linear=True,
    takes_out=False,
    node="Im2ColBackward0",
    d_input=lambda g, input_shape, kernel, stride, padding, dilation: col2im(
        g, space=tuple(input_shape[2:]), kernel=kernel, stride=stride, padding=padding,
        dilation=dilation,
    ),
)  # fmt: skip
def im2col(input, *, kernel, stride, padding, dilation):
    """The windows of images, each as a column."""
    _check_floating(input, "im2col")
    out = output_sizes(input.shape[2:], kernel, stride, padding, dilation)
    view = windows_of(padded(input, padding), kernel, stride, dilation, out)
    rows = input.shape[1] * math.prod(kernel)
    return view.reshape(input.shape[0], rows, math.prod(out))


@opaque(
    linear=True,
    takes_out=False,
    node="Col2ImBackward0",
    d_input=lambda g, kernel, stride, padding, dilation: im2col(
        g, kernel=kernel, stride=stride, padding=padding, dilation=dilation
    ),
)
def col2im(input, *, space, kernel, stride, padding, dilation):
    """Images of the sizes `space`: each element is the sum of what the windows have there."""
    _check_floating(input, "col2im")
    out = output_sizes(space, kernel, stride, padding, dilation)
    channels = input.shape[1] // math.prod(kernel)
    columns = input.reshape(input.shape[0], channels, *kernel, *out)
    whole = (n + 2 * p for n, p in zip(space, padding, strict=True))
    result = np.zeros((input.shape[0], channels, *whole), input.dtype)
    for place, where in positions(kernel, stride, dilation, out):
        result[(..., *where)] += columns[(slice(None), slice(None), *place)]
    return result[(..., *(slice(p, p + n) for p, n in zip(padding, space, strict=True)))]
