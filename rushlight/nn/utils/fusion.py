"""A batch norm after a convolution or linear layer, put into that layer's weights."""

from __future__ import annotations

import copy

from rushlight import ops
from rushlight.nn.parameter import Parameter

__all__ = [
    "fuse_conv_bn_eval",
    "fuse_conv_bn_weights",
    "fuse_linear_bn_eval",
    "fuse_linear_bn_weights",
]


def fuse_conv_bn_eval(conv, bn, transpose=False):
    """A convolution that does what `conv` and then `bn` do, both in evaluation mode.

    >>> import rushlight as torch
    >>> conv, bn = torch.nn.Conv2d(1, 2, 3).eval(), torch.nn.BatchNorm2d(2).eval()
    >>> fused = torch.nn.utils.fuse_conv_bn_eval(conv, bn)
    >>> x = torch.randn(1, 1, 5, 5)
    >>> torch.allclose(fused(x), bn(conv(x)), atol=1e-6)
    True
    """
    return _fused(conv, bn, fuse_conv_bn_weights, "Fusion only for eval!", transpose)


def fuse_linear_bn_eval(linear, bn):
    """A linear layer that does what `linear` and then `bn` do, both in evaluation mode."""
    if linear.out_features != bn.num_features and bn.num_features != 1:
        raise AssertionError(
            "To fuse, linear.out_features == bn.num_features or bn.num_features == 1"
        )
    return _fused(linear, bn, fuse_linear_bn_weights, "Fusion only for eval!")


def _fused(layer, bn, fuse, refusal, *options):
    if layer.training or bn.training:
        raise AssertionError(refusal)
    fused = copy.deepcopy(layer)
    statistics = bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias
    fused.weight, fused.bias = fuse(fused.weight, fused.bias, *statistics, *options)
    return fused


def fuse_conv_bn_weights(
    conv_w, conv_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b, transpose=False
):  # fmt: skip
    """Weight and bias of a convolution with a batch norm's in them."""
    shape = [1] * conv_w.dim()
    shape[1 if transpose else 0] = -1
    return _scaled(conv_w, conv_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b, shape)


def fuse_linear_bn_weights(linear_w, linear_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b):
    """Weight and bias of a linear layer with a batch norm's in them."""
    return _scaled(linear_w, linear_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b, (-1, 1))


def _scaled(weight, bias, mean, variance, eps, scale, shift, shape):
    bias = ops.zeros_like(mean) if bias is None else bias
    scale = ops.ones_like(mean) if scale is None else scale
    shift = ops.zeros_like(mean) if shift is None else shift
    factor = scale * ops.rsqrt(variance + eps)
    fused = weight * factor.reshape(shape).to(weight.dtype)
    return (
        Parameter(fused, weight.requires_grad),
        Parameter((bias - mean) * factor + shift, bias.requires_grad),
    )
