"""Convolution on arrays, and its derivatives by the input and by the weight.

Each is a matrix product with the windows' elements as columns, some images at a time, so that the
columns stay in the cache; threads share the images. Loops that have earned it do without columns:
those of `kernels/windows.py` where every channel goes by itself, and else `kernels/direct.py`. To
windows of one element columns are no use, nor are loops.

Shapes: input (N, C, *space), weight (O, C / groups, *kernel), output (N, O, *out).

Source: K. Chellapilla, S. Puri, P. Simard, "High performance convolutional neural networks for
document processing" (2006), for the product with columns.
"""

from __future__ import annotations

import itertools
import math

import numpy as np

from rushlight.kernels import direct, in_order, scratch, shared_products
from rushlight.kernels import windows as loops

__all__ = [
    "convolve",
    "convolve_input",
    "convolve_weight",
    "output_sizes",
    "padded",
    "positions",
    "windows_of",
]

#: columns are made for as many images at a time as fit in this many elements
_BLOCK = 1 << 17


# Geometry -----------------------------------------------------------------------------------------


def output_sizes(space, kernel, stride, padding, dilation):
    """How many windows fit along each dimension."""
    return tuple(
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, k, s, p, d in zip(space, kernel, stride, padding, dilation, strict=True)
    )


def padded(array, padding, value=0):
    """An array with `padding` elements on both sides of each of its last dimensions."""
    if not any(padding):
        return array
    lead = array.ndim - len(padding)
    shape = array.shape[:lead] + tuple(
        n + 2 * p for n, p in zip(array.shape[lead:], padding, strict=True)
    )
    made = np.full(shape, value, array.dtype) if value else np.zeros(shape, array.dtype)
    inside = (slice(p, p + n) for n, p in zip(array.shape[lead:], padding, strict=True))
    made[(..., *inside)] = array
    return made


def windows_of(array, kernel, stride, dilation, out):
    """A view (*lead, *kernel, *out) of the windows over the last dimensions; nothing is copied."""
    count = len(kernel)
    lead, steps = array.strides[:-count], array.strides[-count:]
    inner = tuple(s * d for s, d in zip(steps, dilation, strict=True))
    outer = tuple(s * d for s, d in zip(steps, stride, strict=True))
    return np.lib.stride_tricks.as_strided(
        array, array.shape[:-count] + tuple(kernel) + tuple(out), lead + inner + outer
    )


def positions(kernel, stride, dilation, out):
    """For each element of the window: its place in the kernel, and the slices where it lies."""
    for place in itertools.product(*(range(k) for k in kernel)):
        yield (
            place,
            tuple(
                slice(i * d, i * d + s * (n - 1) + 1, s)
                for i, s, d, n in zip(place, stride, dilation, out, strict=True)
            ),
        )


def _unpadded(array, padding):
    """Without the `padding` elements on both sides of each of the last dimensions, contiguous."""
    space = array.shape[-len(padding) :]
    inside = (slice(p, n - p) for n, p in zip(space, padding, strict=True))
    return np.ascontiguousarray(array[(..., *inside)])


def _is_pointwise(kernel, stride, padding):
    return all(k == 1 for k in kernel) and all(s == 1 for s in stride) and not any(padding)


# Columns ------------------------------------------------------------------------------------------


def _columns(x, groups, kernel, stride, padding, dilation, out):
    """The windows of a block of images, as (block, groups, C / groups * kernel, places)."""
    n, channels = x.shape[:2]
    if _is_pointwise(kernel, stride, padding):
        return x.reshape(n, groups, channels // groups, math.prod(out))
    view = windows_of(padded(x, padding), kernel, stride, dilation, out)
    made = scratch(view.shape, x.dtype)
    made[...] = view
    return made.reshape(n, groups, channels // groups * math.prod(kernel), math.prod(out))


def _by_blocks(work, count, per_image):
    """Call `work` on slices of all images: parts for threads, in blocks that stay in the cache."""
    step = max(1, _BLOCK // max(1, per_image))

    def part(start, stop):
        for first in range(start, stop, step):
            work(slice(first, min(first + step, stop)))

    shared_products(part, count, count * per_image)


def _suits_loop(loop, array, channels, groups, out):
    """Whether each channel goes by itself, in a plane, and the loop has earned its use."""
    apart = channels == groups > 1 and len(out) == 2 and array.dtype.char in "fd"
    return apart and loop.earned(len(array) * channels * math.prod(out))


# The three products -------------------------------------------------------------------------------


def convolve(x, weight, bias, stride, padding, dilation, groups):
    """Windows of the input times the weight, plus one number per channel or None."""
    kernel = weight.shape[2:]
    out = output_sizes(x.shape[2:], kernel, stride, padding, dilation)
    n, channels = x.shape[:2]
    outputs = weight.shape[0]
    if _suits_loop(loops.depthwise, x, channels, groups, out):
        result = _convolve_apart(x, weight, out, stride, padding, dilation)
        return result if bias is None else np.add(result, bias[:, None, None], out=result)
    pointwise = _is_pointwise(kernel, stride, padding)
    if not pointwise and direct.suits_output(x, weight, groups, out):
        return direct.convolve(x, weight, bias, out, stride, padding, dilation, groups)
    rows = weight.reshape(groups, outputs // groups, -1)
    result = np.empty((n, groups, outputs // groups, math.prod(out)), x.dtype)
    each = None if bias is None else bias.reshape(groups, -1, 1)

    def multiply(block):
        columns = _columns(x[block], groups, kernel, stride, padding, dilation, out)
        part = np.matmul(rows, columns, out=result[block])
        if each is not None:
            np.add(part, each, out=part)  # while it is in the cache

    _by_blocks(multiply, n, channels * math.prod(kernel) * math.prod(out))
    return result.reshape(n, outputs, *out)


def _convolve_apart(x, weight, out, stride, padding, dilation):
    n, outputs = len(x), len(weight)
    result = np.empty((n, outputs, *out), x.dtype)
    small = weight.shape[2:] == (3, 3) and stride[1] == 1
    loop = loops.depthwise_3x3 if small else loops.depthwise
    loop.run(n * outputs, *in_order(padded(x, padding), weight[:, 0]), result, stride, dilation)
    return result


def convolve_input(g, weight, space, stride, padding, dilation, groups):
    """The derivative by the input, which has the sizes `space`; `g` is that by the output."""
    kernel = weight.shape[2:]
    n, outputs = g.shape[:2]
    out = g.shape[2:]
    channels = weight.shape[1] * groups
    beyond = tuple(d * (k - 1) - p for d, k, p in zip(dilation, kernel, padding, strict=True))
    apart = outputs == channels and stride == (1, 1) and min(beyond) >= 0
    if apart and _suits_loop(loops.depthwise, g, channels, groups, out):
        turned = np.flip(weight, tuple(range(2, weight.ndim)))
        return convolve(g, turned, None, stride, beyond, dilation, groups)
    whole = tuple(size + 2 * p for size, p in zip(space, padding, strict=True))
    if _suits_loop(loops.depthwise_input, g, channels, groups, out):
        result = np.zeros((n, channels, *whole), g.dtype)
        arrays = in_order(g, weight[:, 0])
        loops.depthwise_input.run(n * channels, *arrays, result, stride, dilation)
        return _unpadded(result, padding)
    pointwise = _is_pointwise(kernel, stride, padding)
    if not pointwise and direct.suits_input(g, weight, space, stride):
        return direct.convolve_input(g, weight, space, stride, padding, dilation, groups)
    result = np.zeros((n, channels, *whole), g.dtype)
    rows = weight.reshape(groups, outputs // groups, -1).swapaxes(1, 2)
    g = g.reshape(n, groups, outputs // groups, math.prod(out))
    if pointwise:
        return np.matmul(rows, g).reshape(n, channels, *space)

    def add(block):
        part = g[block]
        columns = scratch((len(part), groups, rows.shape[1], g.shape[3]), g.dtype)
        np.matmul(rows, part, out=columns)
        columns = columns.reshape(-1, *kernel, *out)
        _add_windows(columns, result[block].reshape(-1, *whole), stride, dilation)

    _by_blocks(add, n, channels * math.prod(kernel) * math.prod(out))
    return _unpadded(result, padding)


def _add_windows(columns, images, stride, dilation):
    """Add the elements of windows (N, *kernel, *out) to where they lie in images (N, *space)."""
    count = len(stride)
    if count == 2 and columns.dtype.char in "fd" and loops.add_windows.earned(columns.size):
        loops.add_windows.run(len(columns), columns, images, stride, dilation)
        return
    kernel, out = columns.shape[1 : count + 1], columns.shape[count + 1 :]
    for place, where in positions(kernel, stride, dilation, out):
        images[(slice(None), *where)] += columns[(slice(None), *place)]


def convolve_weight(x, g, kernel, stride, padding, dilation, groups):
    """The derivative by the weight, whose kernel has the sizes `kernel`."""
    n, channels = x.shape[:2]
    outputs, out = g.shape[1], g.shape[2:]
    if _suits_loop(loops.depthwise_weight, x, channels, groups, out):
        result = np.empty((outputs, *kernel), x.dtype)
        arrays = in_order(padded(x, padding), g)
        loops.depthwise_weight.run(outputs, *arrays, result, stride, dilation)
        return result.reshape(outputs, 1, *kernel)
    pointwise = _is_pointwise(kernel, stride, padding)
    if not pointwise and direct.suits_weight(x, (outputs, channels // groups, *kernel), out):
        return direct.convolve_weight(x, g, kernel, stride, padding, dilation, groups)
    g = g.reshape(n, groups, outputs // groups, math.prod(out))
    sums = {}

    def multiply(block):
        columns = _columns(x[block], groups, kernel, stride, padding, dilation, out)
        sums[block.start] = np.matmul(g[block], columns.swapaxes(2, 3)).sum(axis=0)

    _by_blocks(multiply, n, channels * math.prod(kernel) * math.prod(out))
    shape = (groups, outputs // groups, channels // groups * math.prod(kernel))
    result = sum((sums[start] for start in sorted(sums)), np.zeros(shape, x.dtype))
    return result.reshape(outputs, channels // groups, *kernel)
