"""Normalization as functions."""

from __future__ import annotations

import math

import numpy as np

from rushlight import dtypes, ops
from rushlight.autograd import no_grad
from rushlight.ops.inplace import check_mapped, count_write, is_straight
from rushlight.ops.refused import NOT_FLOATING, refuse
from rushlight.tensor import type_name

__all__ = [
    "batch_norm",
    "group_norm",
    "instance_norm",
    "layer_norm",
    "local_response_norm",
    "rms_norm",
]


def _normalized_dims(name, input, normalized_shape, weight, bias):
    """The dimensions that `normalized_shape` names, if everything fits it."""
    if not isinstance(normalized_shape, (tuple, list)):
        raise TypeError(
            f"{name}(): argument 'normalized_shape' (position 2) must be tuple of ints, not "
            f"{type_name(normalized_shape)}"
        )
    shape = tuple(normalized_shape)
    given, count = input._array.shape, len(shape)
    fits = count and given[-count:] == shape
    for value in (weight, bias):
        fits = fits and (value is None or value._array.shape == shape)
    if not fits:
        _refuse_normalized_shape(name, given, shape, weight, bias)
    return tuple(range(len(given) - count, len(given)))


def _refuse_normalized_shape(name, given, shape, weight, bias):
    if not shape:
        raise RuntimeError(
            "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one "
            "element, but got normalized_shape = []"
        )
    for argument, value in (("weight", weight), ("bias", bias)):
        if value is not None and tuple(value.shape) != shape:
            raise RuntimeError(
                f"Expected {argument} to be of same shape as normalized_shape, but got {argument} "
                f"of shape {list(value.shape)} and normalized_shape = {list(shape)}"
            )
    listed = ", ".join(map(str, shape))
    separator = ", " if name == "layer_norm" else ""
    raise RuntimeError(
        f"Given normalized_shape={list(shape)}, expected input with shape [*{separator}{listed}], "
        f"but got input of size{list(given)}"
    )


def layer_norm(input, normalized_shape, weight=None, bias=None, eps=1e-5):
    """(input - mean) / sqrt(variance + eps) * weight + bias, over the last dimensions.

    `normalized_shape` is the shape of those dimensions, and of weight and bias.

    Source: J. Ba and others, "Layer normalization", 2016.
    """
    dims = _normalized_dims("layer_norm", input, normalized_shape, weight, bias)
    return ops.layer_norm(input, weight, bias, dims=dims, eps=eps)


def rms_norm(input, normalized_shape, weight=None, eps=None):
    """input / sqrt(mean(input**2) + eps) * weight, over the last dimensions.

    Source: B. Zhang and R. Sennrich, "Root mean square layer normalization", 2019.
    """
    dims = _normalized_dims("rms_norm", input, normalized_shape, weight, None)
    refuse("biu", "rms_norm", input)
    eps = dtypes.finfo(input.dtype).eps if eps is None else eps
    wide = input.float() if input.dtype.itemsize == 2 else input
    output = wide * (wide.square().mean(dims, keepdim=True) + eps).rsqrt()
    output = output if weight is None else output * weight
    kind = input.dtype if weight is None else dtypes.promote_types(input.dtype, weight.dtype)
    return output.to(kind)


def _per_channel(values, ndim):
    """One value per channel, in a shape that broadcasts against (N, C, ...)."""
    return values.reshape((-1,) + (1,) * (ndim - 2))


def _affine(input, weight, bias):
    """Scale and shift each channel."""
    if weight is not None:
        input = input * _per_channel(weight, input.dim())
    return input if bias is None else input + _per_channel(bias, input.dim())


def batch_norm(
    input,
    running_mean,
    running_var,
    weight=None,
    bias=None,
    training=False,
    momentum=0.1,
    eps=1e-5,
):
    """(input - mean) / sqrt(variance + eps) * weight + bias, for each channel (dimension 1).

    In training mean and variance are the batch's, and the running ones, unless None, move towards
    them by the fraction `momentum`, in place; otherwise the running ones are used.

    Source: S. Ioffe and C. Szegedy, "Batch normalization", 2015.
    """
    if not training and (running_mean is None or running_var is None):
        missing = "running_mean" if running_mean is None else "running_var"
        raise RuntimeError(f"{missing} must be defined in evaluation mode")
    if (running_mean is None) != (running_var is None):
        raise ValueError("running_mean and running_var must either both be None or neither be None")
    if training and input.numel() == input.shape[1]:
        raise ValueError(
            f"Expected more than 1 value per channel when training, got input size {input.size()}"
        )
    if training and eps <= 0:
        raise ValueError(f"batch_norm eps must be positive during training, but got {eps}")
    if eps < 0:
        raise ValueError(f"batch_norm eps must be non-negative, but got {eps}")
    _check_channels(input, running_mean, running_var, weight, bias)
    refuse(NOT_FLOATING, "batch_norm", input)
    if not training:
        return _running_norm(input, running_mean, running_var, weight, bias, eps)
    if not input.numel():
        return _affine(input * 1, weight, bias)  # statistics of nothing change nothing
    output, mean, var = ops.batch_norm_with_statistics(input, weight, bias, eps=eps)
    if running_mean is not None:
        count = input.numel() // mean.numel()
        _update_running(running_mean, running_var, mean, var, momentum, count)
    return output


@no_grad()
def _update_running(running_mean, running_var, mean, var, momentum, count):
    """Move the running statistics towards a batch's; the running variance is the unbiased one."""
    _move(running_mean, mean, 1, momentum)
    _move(running_var, var, count / (count - 1), momentum)


def _move(running, value, scale, momentum):
    """Move `running` towards `value * scale` by the fraction `momentum`, in place."""
    array, new = running._array, value._array
    plain = array.__class__ is new.__class__ is np.ndarray and array.dtype is new.dtype
    if plain and array.dtype.char in "fd" and is_straight(running):
        array *= 1 - momentum
        array += new * (scale * momentum)
        count_write(running)
    else:
        check_mapped(running, (value,), "batch_norm")
        running.lerp_((value * scale).to(running.dtype), momentum)


def _running_norm(input, running_mean, running_var, weight, bias, eps):
    scale = (running_var + eps).rsqrt()
    scale = scale if weight is None else weight * scale
    shift = -running_mean * scale
    shift = shift if bias is None else bias + shift
    ndim = input.dim()
    return input * _per_channel(scale, ndim) + _per_channel(shift, ndim)


def _check_channels(input, running_mean, running_var, weight, bias):
    channels = input._array.shape[1]
    names = ("running_mean", "running_var", "weight", "bias")
    for name, value in zip(names, (running_mean, running_var, weight, bias)):
        if value is not None and value._array.size != channels:
            raise RuntimeError(f"{name} should contain {channels} elements not {value.numel()}")


def instance_norm(
    input,
    running_mean=None,
    running_var=None,
    weight=None,
    bias=None,
    use_input_stats=True,
    momentum=0.1,
    eps=1e-5,
):
    """`batch_norm` of each sample by itself: mean and variance of each channel of each sample.

    Source: D. Ulyanov and others, "Instance normalization: the missing ingredient for fast
    stylization", 2016.
    """
    if not use_input_stats:
        return _running_norm(input, running_mean, running_var, weight, bias, eps)
    _check_spatial_size(input.size())
    batch, channels, *spatial = input.shape
    refuse(NOT_FLOATING, "batch_norm", input)
    flat = input.reshape(batch, channels, math.prod(spatial))
    output = ops.layer_norm(flat, dims=(2,), eps=eps).reshape(input.shape)
    if running_mean is not None:
        mean, var = flat.detach().mean(2).mean(0), flat.detach().var(2, correction=0).mean(0)
        _update_running(running_mean, running_var, mean, var, momentum, flat.shape[2])
    return _affine(output, weight, bias)


def _check_spatial_size(size):
    if math.prod(size[2:]) == 1:
        raise ValueError(
            f"Expected more than 1 spatial element when training, got input size {size}"
        )


def group_norm(input, num_groups, weight=None, bias=None, eps=1e-5):
    """Normalize each of `num_groups` groups of channels of each sample.

    Source: Y. Wu and K. He, "Group normalization", 2018.
    """
    if input.dim() < 2:
        raise RuntimeError(
            f"Expected at least 2 dimensions for input tensor but received {input.dim()}"
        )
    batch, channels, *rest = input.shape
    if num_groups <= 0:
        raise RuntimeError(f"Expected num groups to be greater than 0, got {num_groups}")
    if channels % num_groups:
        raise RuntimeError(
            "Expected number of channels in input to be divisible by num_groups, but got input of "
            f"shape {list(input.shape)} and num_groups={num_groups}"
        )
    for name, value in (("weight", weight), ("bias", bias)):
        if value is not None and tuple(value.shape) != (channels,):
            raise RuntimeError(
                f"Expected {name} to be a vector of size equal to the number of channels in input, "
                f"but got {name} of shape {list(value.shape)} and input of shape "
                f"{list(input.shape)}"
            )
    refuse(NOT_FLOATING, "GroupNormKernelImpl", input)
    flat = input.reshape(batch, num_groups, math.prod(rest) * channels // num_groups)
    output = ops.layer_norm(flat, dims=(2,), eps=eps).reshape(input.shape)
    return _affine(output, weight, bias)


def local_response_norm(input, size, alpha=1e-4, beta=0.75, k=1.0):
    """input / (k + alpha * mean of input**2 over `size` neighbouring channels)**beta.

    Source: A. Krizhevsky and others, "ImageNet classification with deep convolutional neural
    networks", 2012.
    """
    if input.dim() < 3:
        raise ValueError(
            "Expected 3D or higher dimensionality "
            f"                         input (got {input.dim()} dimensions)"
        )
    refuse("bc", "avg_pool2d" if input.dim() == 3 else "avg_pool3d_out_frame", input)
    channels = input.shape[1]
    squares = input * input
    before, after = size // 2, (size - 1) // 2
    sums = [
        squares[:, max(0, c - before) : c + after + 1].sum(1, keepdim=True) for c in range(channels)
    ]
    mean = ops.cat(sums, 1) if sums else squares
    if input.is_floating_point():
        mean = mean / size
    else:
        mean = mean.div(size, rounding_mode="trunc")
    return input / (mean * alpha + k) ** beta
