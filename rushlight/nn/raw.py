"""Functions that PyTorch keeps in `torch.` itself, below those of `torch.nn.functional`.

They take what those take, in another order, all of it, and name a reduction by a number.
"""

from __future__ import annotations

from rushlight import ops
from rushlight.nn import functional as F
from rushlight.nn.functional.dropout import feature_drop
from rushlight.nn.functional.sparse import shorten_rows
from rushlight.ops.creation.sample import stream
from rushlight.tensor import wrap

__all__ = [
    "adaptive_max_pool1d",
    "affine_grid_generator",
    "alpha_dropout",
    "alpha_dropout_",
    "batch_norm",
    "binary_cross_entropy_with_logits",
    "conv_tbc",
    "cosine_embedding_loss",
    "ctc_loss",
    "dropout",
    "dropout_",
    "embedding",
    "embedding_renorm_",
    "feature_alpha_dropout",
    "feature_alpha_dropout_",
    "feature_dropout",
    "feature_dropout_",
    "frobenius_norm",
    "group_norm",
    "grid_sampler",
    "grid_sampler_2d",
    "grid_sampler_3d",
    "hinge_embedding_loss",
    "instance_norm",
    "kl_div",
    "layer_norm",
    "margin_ranking_loss",
    "native_batch_norm",
    "native_dropout",
    "native_group_norm",
    "native_layer_norm",
    "nuclear_norm",
    "poisson_nll_loss",
    "rrelu",
    "triplet_margin_loss",
]

_REDUCTIONS = ("none", "mean", "sum")


# Losses ---------------------------------------------------------------------------------------


def kl_div(input, target, reduction=0, *, log_target=False):
    """`F.kl_div`; the reduction is 0, 1 or 2: none, mean, sum.

    >>> import rushlight as torch
    >>> torch.kl_div(torch.tensor([0.0, 0.0]), torch.tensor([1.0, 2.0]), 2)
    tensor(1.3863)
    """
    # by the sum, as `F.kl_div` warns of the mean
    losses = F.kl_div(input, target, reduction="none", log_target=log_target)
    return (losses, ops.mean, ops.sum)[reduction](losses) if reduction else losses


def cosine_embedding_loss(input1, input2, target, margin=0.0, reduction=0):
    """`F.cosine_embedding_loss`; the reduction is 0, 1 or 2: none, mean, sum."""
    return F.cosine_embedding_loss(input1, input2, target, margin, reduction=_REDUCTIONS[reduction])


def hinge_embedding_loss(input, target, margin=1.0, reduction=0):
    """`F.hinge_embedding_loss`; the reduction is 0, 1 or 2: none, mean, sum."""
    return F.hinge_embedding_loss(input, target, margin, reduction=_REDUCTIONS[reduction])


def margin_ranking_loss(input1, input2, target, margin=0.0, reduction=0):
    """`F.margin_ranking_loss`; the reduction is 0, 1 or 2: none, mean, sum."""
    return F.margin_ranking_loss(input1, input2, target, margin, reduction=_REDUCTIONS[reduction])


def poisson_nll_loss(input, target, log_input, full, eps, reduction):
    """`F.poisson_nll_loss`; the reduction is 0, 1 or 2: none, mean, sum."""
    return F.poisson_nll_loss(
        input, target, log_input, full, eps=eps, reduction=_REDUCTIONS[reduction]
    )


def triplet_margin_loss(
    anchor, positive, negative, margin=1.0, p=2.0, eps=1e-6, swap=False, reduction=0
):
    """`F.triplet_margin_loss`; the reduction is 0, 1 or 2: none, mean, sum."""
    return F.triplet_margin_loss(
        anchor, positive, negative, margin, p, eps, swap, reduction=_REDUCTIONS[reduction]
    )


def binary_cross_entropy_with_logits(input, target, weight=None, pos_weight=None, reduction=0):
    """`F.binary_cross_entropy_with_logits`; the reduction is 0, 1 or 2: none, mean, sum."""
    return F.binary_cross_entropy_with_logits(
        input, target, weight, reduction=_REDUCTIONS[reduction], pos_weight=pos_weight
    )


def ctc_loss(
    log_probs, targets, input_lengths, target_lengths, blank=0, reduction=0, zero_infinity=False
):
    """`F.ctc_loss`; the reduction is 0, 1 or 2: none, mean, sum."""
    how = _REDUCTIONS[reduction]
    return F.ctc_loss(log_probs, targets, input_lengths, target_lengths, blank, how, zero_infinity)


# Normalizations -------------------------------------------------------------------------------


def batch_norm(
    input, weight, bias, running_mean, running_var, training, momentum, eps, cudnn_enabled
):
    """`F.batch_norm`, with the arguments in another order.

    >>> import rushlight as torch
    >>> x = torch.tensor([[1.0], [3.0]])
    >>> torch.batch_norm(x, None, None, None, None, True, 0.1, 1e-5, False)
    tensor([[-1.0000],
            [ 1.0000]])
    """
    return F.batch_norm(input, running_mean, running_var, weight, bias, training, momentum, eps)


def instance_norm(
    input, weight, bias, running_mean, running_var, use_input_stats, momentum, eps, cudnn_enabled
):
    """`F.instance_norm`, with the arguments in another order."""
    return F.instance_norm(
        input, running_mean, running_var, weight, bias, use_input_stats, momentum, eps
    )


def group_norm(input, num_groups, weight=None, bias=None, eps=1e-5, cudnn_enabled=True):
    """`F.group_norm`."""
    return F.group_norm(input, num_groups, weight, bias, eps)


def layer_norm(input, normalized_shape, weight=None, bias=None, eps=1e-5, cudnn_enable=True):
    """`F.layer_norm`."""
    return F.layer_norm(input, normalized_shape, weight, bias, eps)


def native_batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps):
    """The batch's normalization, its mean, and 1 / sqrt(variance + eps), of each channel."""
    output = F.batch_norm(input, running_mean, running_var, weight, bias, training, momentum, eps)
    if not training:
        return output, input.new_empty(0), input.new_empty(0)
    dims = [d for d in range(input.dim()) if d != 1]
    input = input.detach()
    return output, input.mean(dims), (input.var(dims, correction=0) + eps).rsqrt()


def native_layer_norm(input, normalized_shape, weight, bias, eps):
    """`F.layer_norm`, and mean and 1 / sqrt(variance + eps) of what was normalized together."""
    output = F.layer_norm(input, normalized_shape, weight, bias, eps)
    dims = list(range(input.dim() - len(normalized_shape), input.dim()))
    mean = input.mean(dims, keepdim=True)
    return output, mean, (input.var(dims, correction=0, keepdim=True) + eps).rsqrt()


def native_group_norm(input, weight, bias, N, C, HxW, group, eps):
    """`F.group_norm`, and mean and 1 / sqrt(variance + eps) of each group of each sample."""
    output = F.group_norm(input, group, weight, bias, eps)
    flat = input.reshape(N, group, C // group * HxW)
    return output, flat.mean(2), (flat.var(2, correction=0) + eps).rsqrt()


# Dropout --------------------------------------------------------------------------------------


def dropout(input, p, train):
    """`F.dropout`."""
    return F.dropout(input, p, train)


def alpha_dropout(input, p, train):
    """`F.alpha_dropout`."""
    return F.alpha_dropout(input, p, train)


def rrelu(input, lower=1.0 / 8, upper=1.0 / 3, training=False, generator=None):
    """`F.rrelu`."""
    return F.rrelu(input, lower, upper, training)


def dropout_(input, p, train):
    """`F.dropout` in place."""
    return F.dropout(input, p, train, inplace=True)


def alpha_dropout_(input, p, train):
    """`F.alpha_dropout` in place."""
    return F.alpha_dropout(input, p, train, inplace=True)


def feature_dropout(input, p, train):
    """Dropout of whole channels, (N, C, ...)."""
    return feature_drop(input, p, train)


def feature_dropout_(input, p, train):
    """Dropout of whole channels, in place."""
    return feature_drop(input, p, train, inplace=True)


def feature_alpha_dropout(input, p, train):
    """`F.feature_alpha_dropout`."""
    return F.feature_alpha_dropout(input, p, train)


def feature_alpha_dropout_(input, p, train):
    """`F.feature_alpha_dropout` in place."""
    return F.feature_alpha_dropout(input, p, train, inplace=True)


def native_dropout(input, p, train):
    """`F.dropout`, and which elements stayed."""
    if train is False or input.numel() == 0:
        return input, ops.ones_like(input, dtype=bool)
    kept = wrap(stream(None).bernoulli(1 - p, input.shape, input._array.dtype))
    return input * (kept * (0.0 if p == 1 else 1 / (1 - p))), kept.bool()


# The rest -------------------------------------------------------------------------------------


def grid_sampler(input, grid, interpolation_mode, padding_mode, align_corners):
    """`F.grid_sample`; the modes are numbers.

    Args:
        input: (N, C, H, W) or (N, C, D, H, W).
        grid: places in [-1, 1], (N, Ho, Wo, 2) or (N, Do, Ho, Wo, 3).
        interpolation_mode: 0, 1 or 2: bilinear, nearest, bicubic.
        padding_mode: 0, 1 or 2: zeros, border, reflection.
        align_corners: -1 and 1 are the centres of the outermost elements.
    """
    mode = ("bilinear", "nearest", "bicubic")[interpolation_mode]
    padding = ("zeros", "border", "reflection")[padding_mode]
    return F.grid_sample(input, grid, mode, padding, align_corners)


grid_sampler_2d = grid_sampler_3d = grid_sampler


def affine_grid_generator(theta, size, align_corners):
    """`F.affine_grid`."""
    return F.affine_grid(theta, size, align_corners)


def embedding(weight, indices, padding_idx=-1, scale_grad_by_freq=False, sparse=False):
    """`F.embedding`, the table first; no row is padding for `padding_idx` -1.

    >>> import rushlight as torch
    >>> torch.embedding(torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([1]))
    tensor([[3., 4.]])
    """
    padding_idx = None if padding_idx == -1 else padding_idx
    return F.embedding(
        indices, weight, padding_idx, scale_grad_by_freq=scale_grad_by_freq, sparse=sparse
    )


def adaptive_max_pool1d(input, output_size):
    """`F.adaptive_max_pool1d`, with the places of the largest elements."""
    return F.adaptive_max_pool1d(input, output_size, True)


def embedding_renorm_(input, indices, max_norm, norm_type):
    """Shorten, in place, the rows that are named and longer than `max_norm`."""
    shorten_rows(input, indices, max_norm, norm_type)
    return input


def conv_tbc(input, weight, bias, pad=0):
    """Convolution over time of (T, B, C) with a weight (kernel, C, D): (T', B, D).

    >>> import rushlight as torch
    >>> x = torch.arange(3.0).reshape(3, 1, 1)
    >>> torch.conv_tbc(x, torch.ones(2, 1, 1), torch.zeros(1)).flatten()
    tensor([1., 3.])
    """
    if input.dim() != 3:
        raise RuntimeError("Input must have 3 dims: time, batch, in_channel")
    if weight.dim() != 3:
        raise RuntimeError(
            "Weight tensor must have 3 dims: kernel_width, in_channels, out_channels."
        )
    if bias.dim() != 1:
        raise RuntimeError("Bias must be 1-D")
    if input.shape[2] != weight.shape[1]:
        raise RuntimeError("Input dim 2 (input channels) is not == dim 1 in the weight tensor")
    out = ops.conv1d(input.permute(1, 2, 0), weight.permute(2, 1, 0), bias, padding=pad)
    return out.permute(2, 0, 1)


def frobenius_norm(input, dim=(), keepdim=False):
    """The root of the sum of the squares, over some or all dimensions."""
    return input.norm(2, dim or None, keepdim)


def nuclear_norm(input, dim=(-2, -1), keepdim=False):
    """The sum of the singular values of matrices."""
    return input.norm("nuc", dim, keepdim)
