"""Maxima put back where they came from, and maxima of windows that lie at random."""

from __future__ import annotations

import numpy as np

from rushlight import dtypes, ops
from rushlight.ops.layers.pool import _put_places, _take_places
from rushlight.ops.layers.window import _spread
from rushlight.ops.op import recorded_as
from rushlight.ops.refused import NOT_FLOATING, refuse, require_tensors
from rushlight.tensor import wrap

__all__ = [
    "fractional_max_pool2d",
    "fractional_max_pool2d_with_indices",
    "fractional_max_pool3d",
    "fractional_max_pool3d_with_indices",
    "max_unpool1d",
    "max_unpool2d",
    "max_unpool3d",
]


# Unpooling ----------------------------------------------------------------------------------------


def max_unpool1d(input, indices, kernel_size, stride=None, padding=0, output_size=None):
    """Zeros with each maximum back where it came from: input (N, C, L) or (C, L)."""
    return _unpool(1, input, indices, kernel_size, stride, padding, output_size)


def max_unpool2d(input, indices, kernel_size, stride=None, padding=0, output_size=None):
    """Zeros with each maximum back where it came from: input (N, C, H, W) or (C, H, W).

    Args:
        input: the maxima that `max_pool2d` found.
        indices: where it found them.
        kernel_size, stride, padding: its options.
        output_size: the sizes of its input, where they do not follow from the options.

    >>> import rushlight as torch
    >>> import rushlight.nn.functional as F
    >>> x = torch.tensor([[[[1.0, 2.0], [4.0, 3.0]]]])
    >>> F.max_unpool2d(*F.max_pool2d(x, 2, return_indices=True), 2)
    tensor([[[[0., 0.],
              [4., 0.]]]])
    """
    return _unpool(2, input, indices, kernel_size, stride, padding, output_size)


def max_unpool3d(input, indices, kernel_size, stride=None, padding=0, output_size=None):
    """Zeros with each maximum back where it came from: input (N, C, D, H, W) or (C, D, H, W)."""
    return _unpool(3, input, indices, kernel_size, stride, padding, output_size)


def _unpool(count, input, indices, kernel_size, stride, padding, output_size):
    require_tensors(f"max_unpool{count}d", input=input, indices=indices)
    kernel, padding = _spread(kernel_size, count), _spread(padding, count)
    stride = kernel if stride is None or stride == [] else _spread(stride, count)
    _check_indices(count, input, indices)
    space = _unpooled_sizes(input, kernel, stride, padding, output_size)
    _check_unpool(count, input, stride)
    refuse(NOT_FLOATING, f"max_unpool{max(count, 2)}d", input)
    alone = input.dim() == count + 1
    if alone:
        input, indices = input.unsqueeze(0), indices.unsqueeze(0)
    _check_range(indices._array, space if count > 1 else (*space, 1))
    out = _put_places(input, indices=indices._array, space=space, once=True)
    out = out.squeeze(0) if alone else out
    return recorded_as(out, f"MaxUnpool{count}DBackward0") if count > 1 else out


def _check_indices(count, input, indices):
    one = [1] if count == 1 else []  # one dimension is unpooled as two
    if input.shape != indices.shape and input.dim() in (count + 1, count + 2):
        raise RuntimeError(
            "Expected shape of indices to be same as that of the input tensor "
            f"({[*input.shape, *one]}) but got indices tensor with shape: "
            f"{[*indices.shape, *one]}"
        )
    if indices.dtype is not dtypes.int64:
        got = f" but got: {indices.dtype.title}" if count < 3 else ""
        raise RuntimeError(f"elements in indices should be type int64{got}")


def _check_unpool(count, input, stride):
    shown = max(count, 2)
    if input.dim() not in (count + 1, count + 2):
        dims = input.dim() + (count == 1)
        raise RuntimeError(
            f"Input to max_unpooling{shown}d should be a {shown + 1}d or {shown + 2}d Tensor, but "
            f"got a tensor with {dims} dimensions."
        )
    if count == 3 and min(stride) <= 0:
        raise RuntimeError(f"strides should be greater than zero, but got stride: {list(stride)}")
    for axis in range(input.dim() - count - 1, input.dim()):
        if input.shape[axis] == 0:
            raise RuntimeError(
                f"max_unpooling{shown}d_forward_out_cpu(): Expected input to have non-zero size "
                f"for non-batch dimensions, but got {list(input.shape)} with dimension {axis} "
                "being empty."
            )


def _unpooled_sizes(input, kernel, stride, padding, output_size):
    count = len(kernel)
    usual = tuple(
        (n - 1) * s + k - 2 * p
        for n, s, k, p in zip(input.shape[-count:], stride, kernel, padding, strict=True)
    )
    if output_size is None:
        return usual
    sizes = output_size[2:] if len(output_size) == count + 2 else output_size
    if len(sizes) != count:
        raise ValueError(
            f"output_size should be a sequence containing {count} or {count + 2} elements, but it "
            f"has a length of '{len(sizes)}'"
        )
    for axis, (size, middle, step) in enumerate(zip(sizes, usual, stride, strict=True)):
        if not middle - step < size < middle + step:
            raise ValueError(
                f'invalid output_size "{sizes}" (dim {axis} must be between {middle - step} and '
                f"{middle + step})"
            )
    return tuple(sizes)


def _check_range(indices, space):
    wrong = indices[(indices < 0) | (indices >= np.prod(space))]
    if wrong.size:
        raise RuntimeError(
            f"Found an invalid max index: {wrong.flat[-1]} (output volumes are of size "
            f"{'x'.join(map(str, space))})"
        )


# Windows at random --------------------------------------------------------------------------------


def fractional_max_pool2d_with_indices(
    input, kernel_size, output_size=None, output_ratio=None, return_indices=False,
    _random_samples=None,
):  # fmt: skip
    """`fractional_max_pool2d`, and the flat index of each maximum."""
    return _fractional(2, input, kernel_size, output_size, output_ratio, _random_samples)


def fractional_max_pool3d_with_indices(
    input, kernel_size, output_size=None, output_ratio=None, return_indices=False,
    _random_samples=None,
):  # fmt: skip
    """`fractional_max_pool3d`, and the flat index of each maximum."""
    return _fractional(3, input, kernel_size, output_size, output_ratio, _random_samples)


def fractional_max_pool2d(
    input, kernel_size, output_size=None, output_ratio=None, return_indices=False,
    _random_samples=None,
):  # fmt: skip
    """The maximum of each window, (N, C, H, W) or (C, H, W), where windows lie at random.

    Args:
        kernel_size: size of the windows.
        output_size: how many windows there are along each dimension.
        output_ratio: or else, which part of the input's sizes that is.
        return_indices: also return the flat index of each maximum.

    Source: B. Graham, "Fractional max-pooling" (2014).
    """
    both = _fractional(2, input, kernel_size, output_size, output_ratio, _random_samples)
    return both if return_indices else both[0]


def fractional_max_pool3d(
    input, kernel_size, output_size=None, output_ratio=None, return_indices=False,
    _random_samples=None,
):  # fmt: skip
    """The maximum of each window, (N, C, D, H, W) or (C, D, H, W); see `fractional_max_pool2d`."""
    both = _fractional(3, input, kernel_size, output_size, output_ratio, _random_samples)
    return both if return_indices else both[0]


def _fractional(count, input, kernel_size, output_size, output_ratio, samples):
    name = f"fractional_max_pool{count}d"
    require_tensors(name, input=input)
    kernel = _spread(kernel_size, count)
    space = tuple(input.shape[-count:])
    out = _windows_wanted(name, count, space, output_size, output_ratio)
    channels = input.size(-count - 1)
    batch = 1 if input.dim() == count + 1 else input.size(-count - 2)
    if samples is None:
        samples = ops.rand((batch, channels, count), dtype=input.dtype)
    _check_samples(samples, batch, channels, count)
    for axis, n, k, o in zip(("time", "height", "width")[-count:], space, kernel, out, strict=True):
        if o + k - 1 > n:
            raise RuntimeError(f"{name}(): pool {axis} {k} too large relative to input {axis} {n}")
    alone = input.dim() == count + 1
    input = input.unsqueeze(0) if alone else input
    refuse("c", f"{name}_out_frame", input)
    indices = _largest(input._array, samples._array, kernel, out)
    values = _take_places(input, indices=indices)
    indices = wrap(indices)
    return (values.squeeze(0), indices.squeeze(0)) if alone else (values, indices)


def _windows_wanted(name, count, space, output_size, output_ratio):
    if output_size is None and output_ratio is None:
        raise ValueError(f"{name} requires specifying either an output_size or an output_ratio")
    if output_size is not None:
        return _spread(output_size, count)
    if len(output_ratio) > count:  # also refuses numbers, as PyTorch does
        raise ValueError(
            f"{name} requires output_ratio to either be a single Int or tuple of Ints."
        )
    return tuple(int(n * ratio) for n, ratio in zip(space, output_ratio, strict=True))


def _check_samples(samples, batch, channels, count):
    if samples.size(0) < batch:
        raise RuntimeError("Expect _random_samples.size(0) no less then input batch size.")
    if samples.size(1) != channels:
        raise RuntimeError("Expect _random_samples.size(1) equals to input channel size.")
    if samples.size(2) != count:
        raise RuntimeError(
            f"Expect _random_samples.size(2) equals to {count}; got {samples.size(2)}."
        )


def _starts(sample, size, kernel, out):
    """Where the windows of one dimension begin, (N, C, out): the last one ends with the input."""
    numbers = np.arange(out)
    if out == 1:
        return np.full((*sample.shape, 1), size - kernel)
    alpha = sample.dtype.type((size - kernel) / (out - 1))
    sample = sample[..., None]
    starts = ((numbers + sample) * alpha).astype(np.int64) - (sample * alpha).astype(np.int64)
    starts[..., -1] = size - kernel
    return starts


def _largest(array, samples, kernel, out):
    """The flat index of the maximum of each window of (N, C, *space)."""
    space, count = array.shape[2:], len(kernel)
    order = range(count) if count == 3 else (1, 0)  # images have the width's sample first
    flat = np.zeros((1, 1) + (1,) * (2 * count), np.int64)
    for axis, which in enumerate(order):
        starts = _starts(samples[: array.shape[0], :, which], space[axis], kernel[axis], out[axis])
        shape = [*starts.shape[:2], *(1,) * (2 * count)]
        shape[2 + axis], shape[2 + count + axis] = out[axis], kernel[axis]
        rows = starts[..., None] + np.arange(kernel[axis])
        flat = flat * space[axis] + rows.reshape(shape)
    flat = flat.reshape(*array.shape[:2], *out, np.prod(kernel))
    lead = array.shape[0] * array.shape[1]
    rows = array.reshape(lead, np.prod(space)), flat.reshape(lead, np.prod(flat.shape[2:]))
    values = np.take_along_axis(*rows, 1)
    best = np.argmax(values.reshape(flat.shape), -1)  # of several NaN, the first
    return np.take_along_axis(flat, best[..., None], -1)[..., 0]
