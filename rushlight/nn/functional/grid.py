"""Sampling images at the places of a grid: spatial transformers.

Source: M. Jaderberg et al., "Spatial transformer networks" (2015).
"""

from __future__ import annotations

import warnings

from rushlight import dtypes, ops
from rushlight.ops.indexing.neighbors import weighted_gather
from rushlight.ops.op import recorded_as
from rushlight.ops.refused import NOT_FLOATING, refuse, require_tensors

__all__ = ["affine_grid", "grid_sample"]

_CHANGED = (
    "Default grid_sample and affine_grid behavior has changed to align_corners=False since 1.3.0. "
    "Please specify align_corners=True if the old behavior is desired. See the documentation of "
    "grid_sample for details."
)
_UNIT_SIZE = (
    "Since version 1.3.0, affine_grid behavior has changed for unit-size grids when "
    "align_corners=True. This is not an intended use case of affine_grid. See the documentation of "
    "affine_grid for details."
)


def affine_grid(theta, size, align_corners=None):
    """The places of an image's elements, in [-1, 1], after an affine map of each image.

    Args:
        theta: the maps, (N, 2, 3) for images or (N, 3, 4) for volumes.
        size: shape of the images, (N, C, H, W) or (N, C, D, H, W).
        align_corners: -1 and 1 are the centres of the outermost elements, not their outer edges.

    Returns (N, H, W, 2) or (N, D, H, W, 3); the last dimension counts from the width on.

    >>> import rushlight as torch
    >>> theta = torch.tensor([[[1.0, 0.0, 0.5], [0.0, 1.0, 0.0]]])
    >>> torch.nn.functional.affine_grid(theta, (1, 1, 1, 2), align_corners=False)
    tensor([[[[0., 0.],
              [1., 0.]]]])
    """
    require_tensors("affine_grid", theta=theta)
    if not theta.is_floating_point():
        raise ValueError(f"Expected theta to have floating point type, but got {theta.dtype}")
    if align_corners is None:
        warnings.warn(_CHANGED, stacklevel=2)
    _check_map(theta, size)
    if align_corners and 1 in size[2:]:
        warnings.warn(_UNIT_SIZE, stacklevel=2)
    _check_numbers(size)
    space = size[2:]
    base = ops.ones((*space, len(space) + 1), dtype=theta.dtype)
    for axis, count in enumerate(space):
        shape = [1] * len(space)
        shape[axis] = count
        base[..., len(space) - 1 - axis] = _places(count, align_corners, theta.dtype).view(shape)
    rows = base.view(1, -1, len(space) + 1).expand(size[0], -1, -1)
    return ops.bmm(rows, theta.transpose(1, 2)).view(size[0], *space, len(space))


def _check_map(theta, size):
    spatial = len(size) - 2
    if spatial not in (2, 3):
        raise NotImplementedError(
            "affine_grid only supports 4D and 5D sizes, for 2D and 3D affine transforms, "
            f"respectively. Got size {size}."
        )
    if theta.dim() != 3 or tuple(theta.shape[1:]) != (spatial, spatial + 1):
        raise ValueError(
            f"Expected a batch of {spatial}D affine matrices of shape Nx{spatial}x{spatial + 1} "
            f"for size {size}. Got {theta.shape}."
        )
    if min(size) <= 0:
        raise ValueError(f"Expected non-zero, positive output size. Got {size}")


def _check_numbers(size):
    for position, each in enumerate(size, 1):
        if not hasattr(each, "__index__"):
            raise TypeError(
                "affine_grid_generator(): argument 'size' failed to unpack the object at pos "
                f'{position} with error "type must be tuple of ints,but got {type(each).__name__}"'
            )


def _places(count, align_corners, dtype):
    if count <= 1:
        return ops.zeros(1, dtype=dtype)
    line = ops.linspace(-1, 1, count, dtype=dtype)
    return line if align_corners else line * ((count - 1) / count)


# Sampling -----------------------------------------------------------------------------------------

_MODES = ("bilinear", "nearest", "bicubic")
_PADDINGS = ("zeros", "border", "reflection")


def grid_sample(input, grid, mode="bilinear", padding_mode="zeros", align_corners=None):
    """Images with the elements that lie at the places of a grid.

    Args:
        input: (N, C, H, W) or (N, C, D, H, W).
        grid: places in [-1, 1], (N, Ho, Wo, 2) or (N, Do, Ho, Wo, 3), the width first.
        mode: "bilinear", "nearest" or "bicubic" (images only).
        padding_mode: what lies outside: "zeros", the "border", or a "reflection" at it.
        align_corners: -1 and 1 are the centres of the outermost elements, not their outer edges.

    >>> import rushlight as torch
    >>> image = torch.tensor([[[[1.0, 3.0]]]])
    >>> torch.nn.functional.grid_sample(image, torch.zeros(1, 1, 1, 2), align_corners=False)
    tensor([[[[2.]]]])
    """
    require_tensors("grid_sampler", input=input, grid=grid)
    if mode not in _MODES:
        raise ValueError(
            "nn.functional.grid_sample(): expected mode to be 'bilinear', 'nearest' or 'bicubic', "
            f"but got: '{mode}'"
        )
    if padding_mode not in _PADDINGS:
        raise ValueError(
            "nn.functional.grid_sample(): expected padding_mode to be 'zeros', 'border', or "
            f"'reflection', but got: '{padding_mode}'"
        )
    if align_corners is None:
        warnings.warn(_CHANGED, stacklevel=2)
    _check_grid(input, grid, mode)
    refuse(NOT_FLOATING, f"grid_sampler_{input.dim() - 2}d_cpu_kernel_impl", input)
    sampler = _Sampler(padding_mode, bool(align_corners))
    neighbors = [
        getattr(sampler, mode)(sampler.unnormalized(grid[..., -1 - axis].flatten(1), size), size)
        for axis, size in enumerate(input.shape[2:])
    ]
    out = weighted_gather(input.flatten(2), *_together(neighbors, input.shape[2:]))
    out = out.view(*input.shape[:2], *grid.shape[1:-1])
    return recorded_as(out, f"GridSampler{len(neighbors)}DBackward0")


#: instead of an index outside: with any indices of other dimensions, the flat one is negative
_OUTSIDE = -(2**31)


def _together(neighbors, sizes):
    """The neighbours of places, from those along each dimension: flat index, weight (N, K, P).

    Along a dimension of this size they are given as index and share, (N, k, P), both in the images'
    dtype. The index is negative for those that lie outside.
    """
    flat = weight = None
    for (index, share), size in zip(neighbors, sizes, strict=True):
        inside = (index >= 0) & (index < size)
        index = ops.where(inside, index, 0.0).to(dtypes.int64).where(inside, _OUTSIDE)
        if flat is None:
            flat, weight = index, share
        else:
            flat = (flat.unsqueeze(2) * size + index.unsqueeze(1)).flatten(1, 2)
            weight = (weight.unsqueeze(2) * share.unsqueeze(1)).flatten(1, 2)
    return flat, weight


def _check_grid(input, grid, mode):
    spatial = input.dim() - 2
    given = f"input with sizes {list(input.shape)} and grid with sizes {list(grid.shape)}"
    if input.shape[0] != grid.shape[0]:
        raise RuntimeError(
            f"grid_sampler(): expected grid and input to have same batch size, but got {given}"
        )
    if grid.shape[-1] != spatial:
        raise RuntimeError(
            f"grid_sampler(): expected grid to have size {spatial} in last dimension, but got grid "
            f"with sizes {list(grid.shape)}"
        )
    for axis in range(2, input.dim()):
        if input.shape[axis] == 0:
            raise RuntimeError(
                "grid_sampler(): expected input to have non-empty spatial dimensions, but input "
                f"has sizes {list(input.shape)} with dimension {axis} being empty"
            )
    if input.dim() not in (4, 5) or grid.dim() != input.dim():
        raise RuntimeError(
            f"grid_sampler(): expected {4 if input.dim() == 4 else '4D or 5'}D input and grid with "
            f"same number of dimensions, but got {given}"
        )
    if mode == "bicubic" and spatial != 2:
        raise RuntimeError("grid_sampler(): bicubic interpolation only supports 4D input")
    if input.dtype is not grid.dtype:
        raise RuntimeError(f"expected scalar type {input.dtype.title} but found {grid.dtype.title}")


class _Sampler:
    """The neighbours of places along one dimension, each with its share: both (N, k, P)."""

    def __init__(self, padding_mode, align_corners):
        self.padding_mode = padding_mode
        self.align_corners = align_corners

    def unnormalized(self, x, size):
        """Places in [-1, 1] as places counted in elements."""
        if self.align_corners:
            return (x + 1) * ((size - 1) / 2)
        return ((x + 1) * size - 1) / 2

    def inside(self, x, size):
        """Places as the padding mode moves them; with "zeros" they stay outside."""
        if self.padding_mode == "zeros":
            return x
        if self.padding_mode == "reflection":
            x = self._reflected(x, size)
        nearest = x.detach().nan_to_num(0.0).clamp(0, size - 1)
        return ops.where((x > 0) & (x < size - 1), x, nearest)

    def _reflected(self, x, size):
        low, span = (0.0, size - 1) if self.align_corners else (-0.5, size)
        if span == 0:
            return ops.zeros_like(x)
        away = (x - low).abs()
        turns = (away.detach() / span).floor()
        rest = away - turns * span
        return ops.where(turns % 2 == 0, rest + low, span - rest + low)

    def nearest(self, x, size):
        index = self.inside(x, size).round().unsqueeze(1)
        constant = ops.where(index.isfinite(), index - index.detach(), 0.0)  # a gradient of zeros
        return index.detach(), 1 + constant

    def bilinear(self, x, size):
        x = self.inside(x, size)
        low = x.detach().floor()
        share = x - low
        return ops.stack([low, low + 1], 1), ops.stack([1 - share, share], 1)

    def bicubic(self, x, size):
        low = x.detach().floor()
        index = ops.stack([low + step for step in (-1, 0, 1, 2)], 1)
        return self.inside(index, size), ops.stack(_cubic_shares(x - low), 1)


def _cubic_shares(t):
    """The weights of four neighbours at distances 1 + t, t, 1 - t, 2 - t (R. Keys, 1981)."""
    a = -0.75

    def near(x):
        return ((a + 2) * x - (a + 3)) * x * x + 1

    def far(x):
        return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a

    return far(t + 1), near(t), near(1 - t), far(2 - t)
