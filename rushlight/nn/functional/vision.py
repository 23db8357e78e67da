"""Resizing images, and rearranging their channels."""

from __future__ import annotations

import math
import warnings
from functools import partial

import numpy as np

from rushlight import dtypes, ops
from rushlight.ops.op import camel_case, recorded_as
from rushlight.ops.refused import NOT_FLOATING, refuse
from rushlight.tensor import wrap

__all__ = [
    "channel_shuffle",
    "interpolate",
    "native_channel_shuffle",
    "pixel_shuffle",
    "pixel_unshuffle",
    "upsample",
    "upsample_bilinear",
    "upsample_nearest",
]

_LINEAR = {"linear": 3, "bilinear": 4, "trilinear": 5, "bicubic": 4, "lanczos": 4}


def interpolate(
    input, size=None, scale_factor=None, mode="nearest", align_corners=None,
    recompute_scale_factor=None, antialias=False,
):  # fmt: skip
    """Resize the dimensions after the first two.

    Args:
        input: (N, C, L), (N, C, H, W) or (N, C, D, H, W).
        size: sizes of the output.
        scale_factor: or else factors.
        mode: "nearest", "nearest-exact", "linear", "bilinear", "bicubic", "trilinear",
            "lanczos" or "area".
        align_corners: the centres of the corners stay where they are (linear modes only).
        recompute_scale_factor: use the ratio of the sizes in place of the factor given.
        antialias: average over all that one element of a smaller output covers ("bilinear",
            "bicubic" and "lanczos" only; the last always does).

    >>> import rushlight as torch
    >>> image = torch.tensor([[[[1.0, 2.0]]]])
    >>> torch.nn.functional.interpolate(image, scale_factor=2)
    tensor([[[[1., 1., 2., 2.],
              [1., 1., 2., 2.]]]])
    """
    spatial = input.dim() - 2
    if not 0 < spatial <= 3:
        _refuse_mode(input, mode)
    if mode in ("nearest", "nearest-exact", "area"):
        if align_corners is not None:
            raise ValueError(
                "align_corners option can only be set with the interpolating modes: linear | "
                "bilinear | bicubic | trilinear"
            )
    if antialias and (mode not in _AVERAGING or spatial != 2):
        raise ValueError(
            "Anti-alias option is restricted to bilinear, bicubic, and lanczos modes and requires "
            "a 4-D tensor as input"
        )
    if mode == "lanczos" and spatial == 2:
        if not antialias:
            raise ValueError("Lanczos mode requires antialias=True")
        if align_corners:
            raise ValueError("Lanczos mode does not support align_corners=True")
    align_corners = bool(align_corners)
    sizes, factors = _sizes(input, size, scale_factor, recompute_scale_factor, spatial)
    if mode != "area":
        _check_positive(input.shape[2:], sizes)
    if mode in _KERNELS:
        bytes_too = mode in _OF_BYTES and input.dtype is dtypes.uint8
        refuse("" if bytes_too else NOT_FLOATING, _KERNELS[mode], input)
    if mode in ("nearest", "nearest-exact"):
        shift = 0.5 if mode == "nearest-exact" else 0.0
        return _named(mode, spatial, _nearest(input, sizes, factors, shift))
    if mode == "area":
        return getattr(ops, f"adaptive_avg_pool{spatial}d")(input, sizes)
    _check_mode(input, mode)
    weigh = _cubic_weights if mode == "bicubic" else _linear_weights
    if antialias:
        weigh = partial(_averaging_weights, *_AVERAGING[mode])
    steps = list(enumerate(zip(sizes, factors, strict=True), 2))
    result = input
    for dim, (new, factor) in reversed(steps):
        old = input.shape[dim]
        if old == new and factor in (None, 1.0):
            continue
        result = _weighed(result, dim, weigh(old, new, factor, align_corners))
    if result is input:
        return input.clone()
    return _named(mode, spatial, result.contiguous(), antialias)


def _named(mode, spatial, result, antialias=False):
    """The result, whose Node has PyTorch's name for this mode."""
    title = camel_case(mode.replace("-", "_")) + "Aa" * antialias
    return recorded_as(result, f"Upsample{title}{spatial}DBackward0")


def _weighed(input, dim, weights):
    """Each element along `dim` a weighted sum of the old ones; bytes are rounded."""
    if input.dtype is dtypes.uint8:
        sums = _weighed(input.float(), dim, weights)
        return (sums + 0.5).floor().clamp(0, 255).byte()
    weights = np.ascontiguousarray(weights.astype(input._array.dtype).T)
    return ops.matmul(input.transpose(dim, -1), wrap(weights)).transpose(dim, -1)


#: the modes that take images of bytes
_OF_BYTES = ("nearest", "nearest-exact", "bilinear", "bicubic")
#: what PyTorch calls the kernels that refuse dtypes
_KERNELS = {
    "nearest": "compute_indices_weights_nearest",
    "nearest-exact": "compute_indices_weights_nearest",
    "linear": "compute_indices_weights_linear",
    "bilinear": "upsample_bilinear2d_channels_last",
    "trilinear": "compute_indices_weights_linear",
    "bicubic": "compute_indices_weights_cubic",
    "lanczos": "compute_indices_weights_lanczos",
}


def _check_positive(old, new):
    if min(*old, *new) <= 0:
        names = "DHW"[-len(old) :]
        before, after = (
            "(" + ", ".join(f"{name}: {n}" for name, n in zip(names, sizes, strict=True)) + ")"
            for sizes in (old, new)
        )
        joined = f"{before} and output {after}" if len(old) == 1 else f"{before} output {after}"
        raise RuntimeError(
            f"Input and output sizes should be greater than 0, but got input {joined}"
        )


def _refuse_mode(input, mode):
    raise NotImplementedError(
        f"Input Error: Only 3D, 4D and 5D input Tensors supported (got {input.dim()}D) for the "
        "modes: nearest | linear | bilinear | bicubic | trilinear | lanczos | area | nearest-exact "
        f"(got {mode})"
    )


def _check_mode(input, mode):
    wanted = _LINEAR.get(mode)
    if wanted is None or (mode == "lanczos" and input.dim() != wanted):
        _refuse_mode(input, mode)
    if wanted != input.dim():
        raise NotImplementedError(
            f"Got {input.dim()}D input, but {mode} mode needs {wanted}D input"
        )


def _sizes(input, size, scale_factor, recompute, spatial):
    """The sizes of the output, and the factors that were given for them (or None)."""
    if size is not None and scale_factor is not None:
        raise ValueError("only one of size or scale_factor should be defined")
    if size is not None:
        sizes = list(size) if isinstance(size, (tuple, list)) else [size] * spatial
        if len(sizes) != spatial:
            raise ValueError(
                "Input and output must have the same number of spatial dimensions, but got input "
                f"with spatial dimensions of {list(input.shape[2:])} and output size of {size}. "
                "Please provide input tensor in (N, C, d1, d2, ...,dK) format and output size in "
                "(o1, o2, ...,oK) format."
            )
        if recompute:
            raise ValueError("recompute_scale_factor is not meaningful with an explicit size.")
        return [int(each) for each in sizes], [None] * spatial
    if scale_factor is None:
        raise ValueError("either size or scale_factor should be defined")
    given = isinstance(scale_factor, (tuple, list))
    factors = [float(f) for f in scale_factor] if given else [float(scale_factor)] * spatial
    if len(factors) != spatial:
        raise ValueError(
            "Input and scale_factor must have the same number of spatial dimensions, but got "
            f"input with spatial dimensions of {list(input.shape[2:])} and scale_factor of shape "
            f"{scale_factor}. Please provide input tensor in (N, C, d1, d2, ...,dK) format and "
            "scale_factor in (s1, s2, ...,sK) format."
        )
    sizes = [math.floor(n * f) for n, f in zip(input.shape[2:], factors, strict=True)]
    return sizes, ([None] * spatial if recompute else factors)


def _nearest(input, sizes, factors, shift):
    for dim, (new, factor) in enumerate(zip(sizes, factors, strict=True), 2):
        old = input.shape[dim]
        step = np.float32(1 / factor if factor else old / new)
        places = np.floor((np.arange(new, dtype=np.float32) + np.float32(shift)) * step)
        input = input.index_select(dim, wrap(np.minimum(places.astype(np.int64), old - 1)))
    return input


def _places(old, new, factor, align_corners):
    """Where the elements of the output lie in the input."""
    out = np.arange(new, dtype=np.float64)
    if align_corners:
        return out * ((old - 1) / (new - 1) if new > 1 else 0.0)
    return (out + 0.5) * (1 / factor if factor else old / new) - 0.5


def _linear_weights(old, new, factor, align_corners):
    """A row for each element of the output: the weights of the input's elements."""
    places = np.maximum(_places(old, new, factor, align_corners), 0)
    left = np.minimum(places.astype(np.int64), old - 1)
    part = np.minimum(places - left, 1)
    weights = np.zeros((new, old))
    rows = np.arange(new)
    weights[rows, left] += 1 - part
    weights[rows, np.minimum(left + 1, old - 1)] += part
    return weights


def _cubic(x, a):
    """The cubic convolution kernel of R. Keys (1981) at distances x >= 0."""
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    far = ((a * x - 5 * a) * x + 8 * a) * x - 4 * a
    return np.where(x <= 1, near, np.where(x < 2, far, 0))


def _cubic_weights(old, new, factor, align_corners):
    """As `_linear_weights`, by cubic convolution."""
    places = _places(old, new, factor, align_corners)
    left = np.floor(places).astype(np.int64)
    weights = np.zeros((new, old))
    for offset in range(-1, 3):
        x = np.abs(places - left - offset)
        columns = np.clip(left + offset, 0, old - 1)
        np.add.at(weights, (np.arange(new), columns), _cubic(x, -0.75))
    return weights


def _averaging_weights(kernel, reach, old, new, factor, align_corners):
    """The weights of a kernel as wide as what an element of the output covers."""
    scale = 1 / factor if factor else old / new
    if align_corners:
        scale = (old - 1) / (new - 1) if new > 1 else 0.0
    centres = scale * (np.arange(new) + 0.5)
    distances = np.abs(np.arange(old) + 0.5 - centres[:, None]) / max(scale, 1.0)
    weights = np.where(distances < reach, kernel(distances), 0)
    return weights / weights.sum(1, keepdims=True)


#: for each mode that can average, its kernel and where that ends; C. Duchon, "Lanczos filtering in
#: one and two dimensions" (1979)
_AVERAGING = {
    "bilinear": (lambda x: 1 - x, 1),
    "bicubic": (lambda x: _cubic(x, -0.5), 2),
    "lanczos": (lambda x: np.sinc(x) * np.sinc(x / 3), 3),
}


def upsample(input, size=None, scale_factor=None, mode="nearest", align_corners=None):
    """The old name of `interpolate`."""
    warnings.warn(
        "`nn.functional.upsample` is deprecated. Use `nn.functional.interpolate` instead.",
        stacklevel=2,
    )
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(input, size=None, scale_factor=None):
    """`interpolate` by the nearest element."""
    warnings.warn(
        "`nn.functional.upsample_nearest` is deprecated. Use `nn.functional.interpolate` instead.",
        stacklevel=2,
    )
    return interpolate(input, size, scale_factor, mode="nearest")


def upsample_bilinear(input, size=None, scale_factor=None):
    """`interpolate` bilinearly, with aligned corners."""
    warnings.warn(
        "`nn.functional.upsample_bilinear` is deprecated. Use `nn.functional.interpolate` instead.",
        stacklevel=2,
    )
    return interpolate(input, size, scale_factor, mode="bilinear", align_corners=True)


def pixel_shuffle(input, upscale_factor):
    """(*, C r^2, H, W) as (*, C, H r, W r).

    Source: W. Shi et al., "Real-time single image and video super-resolution using an efficient
    sub-pixel convolutional neural network" (2016).
    """
    r = upscale_factor
    _check_pixels("pixel_shuffle", input, upscale_factor=r)
    *batch, channels, height, width = input.shape
    if channels % (r * r):
        raise RuntimeError(
            "pixel_shuffle expects its input's 'channel' dimension to be divisible by the square "
            f"of upscale_factor, but input.size(-3)={channels} is not divisible by {r * r}"
        )
    parts = input.reshape((*batch, channels // (r * r), r, r, height, width))
    n = len(batch)
    order = (*range(n), n, n + 3, n + 1, n + 4, n + 2)
    result = parts.permute(order).reshape((*batch, channels // (r * r), height * r, width * r))
    return recorded_as(result, "PixelShuffleBackward0")


def pixel_unshuffle(input, downscale_factor):
    """(*, C, H r, W r) as (*, C r^2, H, W), which `pixel_shuffle` undoes."""
    r = downscale_factor
    _check_pixels("pixel_unshuffle", input, downscale_factor=r)
    *batch, channels, height, width = input.shape
    for name, dim, size in (("height", -2, height), ("width", -1, width)):
        if size % r:
            raise RuntimeError(
                f"pixel_unshuffle expects {name} to be divisible by downscale_factor, but "
                f"input.size({dim})={size} is not divisible by {r}"
            )
    parts = input.reshape((*batch, channels, height // r, r, width // r, r))
    n = len(batch)
    order = (*range(n), n, n + 2, n + 4, n + 1, n + 3)
    result = parts.permute(order).reshape((*batch, channels * r * r, height // r, width // r))
    return recorded_as(result, "PixelUnshuffleBackward0")


def _check_pixels(name, input, **factor):
    """Refuse what neither `pixel_shuffle` nor `pixel_unshuffle` takes."""
    if input.dim() < 3:
        raise RuntimeError(
            f"{name} expects input to have at least 3 dimensions, but got input with "
            f"{input.dim()} dimension(s)"
        )
    for what, r in factor.items():
        if r <= 0:
            raise RuntimeError(f"{name} expects a positive {what}, but got {r}")


def channel_shuffle(input, groups):
    """Channels of several groups in turns: (*, C, ...), C a multiple of `groups`.

    Source: X. Zhang et al., "ShuffleNet: an extremely efficient convolutional neural network for
    mobile devices" (2018).
    """
    if input.dim() <= 2:
        raise RuntimeError(
            "channel_shuffle expects input with > 2 dims, but got input with sizes "
            f"{list(input.shape)}"
        )
    if groups <= 0:
        raise RuntimeError(
            f"Number of groups to divide channels in must be positive. Value of groups:{groups}"
        )
    batch, channels, *rest = input.shape
    if channels % groups:
        raise RuntimeError(
            f"Number of channels must be divisible by groups. Got {channels} channels and {groups} "
            "groups."
        )
    parts = input.reshape((batch, groups, channels // groups, *rest))
    return parts.transpose(1, 2).reshape(input.shape)


native_channel_shuffle = channel_shuffle
