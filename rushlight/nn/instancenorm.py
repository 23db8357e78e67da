"""Instance normalization as layers."""

from __future__ import annotations

import warnings

from rushlight.nn import functional as F
from rushlight.nn.batchnorm import _LazyNormBase, _NormBase

__all__ = [
    "InstanceNorm1d",
    "InstanceNorm2d",
    "InstanceNorm3d",
    "LazyInstanceNorm1d",
    "LazyInstanceNorm2d",
    "LazyInstanceNorm3d",
]


class _InstanceNorm(_NormBase):
    #: dimensions of one sample
    _sample_ndim: int

    def __init__(
        self,
        num_features,
        eps=1e-5,
        momentum=0.1,
        affine=False,
        track_running_stats=False,
        device=None,
        dtype=None,
        *,
        bias=True,
    ):
        super().__init__(
            num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias
        )

    def _check_input_dim(self, input):
        low = self._sample_ndim
        if input.dim() not in (low, low + 1):
            raise ValueError(f"expected {low}D or {low + 1}D input (got {input.dim()}D input)")

    def _check_features(self, size, dim):
        if size == self.num_features:
            return
        if self.affine:
            raise ValueError(
                f"expected input's size at dim={dim} to match num_features ({self.num_features}), "
                f"but got: {size}."
            )
        warnings.warn(
            f"input's size at dim={dim} does not match num_features. You can silence this warning "
            "by not passing in num_features, which is not used because affine=False",
            stacklevel=4,
        )

    def forward(self, input):
        self._check_input_dim(input)
        dim = input.dim() - self._sample_ndim
        self._check_features(input.shape[dim], dim)
        batch = input if dim else input.unsqueeze(0)
        output = F.instance_norm(
            batch,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training or not self.track_running_stats,
            0.0 if self.momentum is None else self.momentum,
            self.eps,
        )
        return output if dim else output.squeeze(0)


class InstanceNorm1d(_InstanceNorm):
    """(x - mean) / sqrt(variance + eps) for each channel of each sample, (N, C, L) or (C, L).

    >>> import rushlight as torch
    >>> torch.nn.InstanceNorm1d(1)(torch.tensor([[[1.0, 3.0]]]))
    tensor([[[-1.0000,  1.0000]]])
    """

    _sample_ndim = 2


class InstanceNorm2d(_InstanceNorm):
    """Instance norm of images, (N, C, H, W) or (C, H, W); see InstanceNorm1d."""

    _sample_ndim = 3


class InstanceNorm3d(_InstanceNorm):
    """Instance norm of volumes, (N, C, D, H, W) or (C, D, H, W); see InstanceNorm1d."""

    _sample_ndim = 4


class LazyInstanceNorm1d(_LazyNormBase, InstanceNorm1d):
    """An InstanceNorm1d that learns `num_features` from its first input."""

    cls_to_become = InstanceNorm1d


class LazyInstanceNorm2d(_LazyNormBase, InstanceNorm2d):
    """An InstanceNorm2d that learns `num_features` from its first input."""

    cls_to_become = InstanceNorm2d


class LazyInstanceNorm3d(_LazyNormBase, InstanceNorm3d):
    """An InstanceNorm3d that learns `num_features` from its first input."""

    cls_to_become = InstanceNorm3d
