"""Losses as functions: of numbers, and of sequences.

All have the option `reduction`: "mean" of the elements' losses, their "sum", or "none". The options
`size_average` and `reduce` are its old form.
"""

from __future__ import annotations

import math

from rushlight import dtypes, ops
from rushlight.nn.functional.reductions import (
    REDUCTIONS,
    checked_reduction,
    matched,
    reduced,
    weighted,
)
from rushlight.ops.refused import require_tensors

__all__ = [
    "ctc_loss",
    "gaussian_nll_loss",
    "huber_loss",
    "l1_loss",
    "mse_loss",
    "poisson_nll_loss",
    "smooth_l1_loss",
]


def mse_loss(input, target, size_average=None, reduce=None, reduction="mean", weight=None):
    """(input - target)**2.

    >>> import rushlight as torch
    >>> torch.nn.functional.mse_loss(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 4.0]))
    tensor(2.)
    """
    reduction = checked_reduction(reduction, size_average, reduce)
    input, target = matched(input, target)
    if weight is not None:
        return weighted(ops.mse_loss(input, target, reduction="none"), weight, reduction)
    return ops.mse_loss(input, target, reduction=reduction)


def l1_loss(input, target, size_average=None, reduce=None, reduction="mean", weight=None):
    """|input - target|."""
    reduction = checked_reduction(reduction, size_average, reduce)
    input, target = matched(input, target)
    losses = (input - target).abs()
    if weight is not None:
        return weighted(losses, weight, reduction)
    return reduced(losses, reduction)


def smooth_l1_loss(input, target, size_average=None, reduce=None, reduction="mean", beta=1.0):
    """d**2 / (2 * beta) where d = |input - target| is below beta, else d - beta / 2.

    Source: R. Girshick, "Fast R-CNN", 2015.
    """
    reduction = checked_reduction(reduction, size_average, reduce)
    input, target = matched(input, target)
    if beta < 0:
        raise RuntimeError("smooth_l1_loss does not support negative values for beta.")
    if beta == 0:
        return reduced((input - target).abs(), reduction)
    return ops.smooth_l1_loss(input, target, reduction=reduction, beta=float(beta))


def huber_loss(input, target, reduction="mean", delta=1.0, weight=None):
    """d**2 / 2 where d = |input - target| is below delta, else delta * (d - delta / 2).

    Source: P. Huber, "Robust estimation of a location parameter", 1964.
    """
    reduction = checked_reduction(reduction)
    input, target = matched(input, target)
    if delta <= 0:
        raise RuntimeError("huber_loss does not support non-positive values for delta.")
    if weight is not None:
        losses = ops.huber_loss(input, target, reduction="none", delta=float(delta))
        return reduced(losses * weight, reduction)
    return ops.huber_loss(input, target, reduction=reduction, delta=float(delta))


def poisson_nll_loss(
    input,
    target,
    log_input=True,
    full=False,
    size_average=None,
    eps=1e-8,
    reduce=None,
    reduction="mean",
):
    """exp(input) - target * input: what a Poisson rate costs, up to a constant.

    Args:
        log_input: whether `input` is the logarithm of the rate; otherwise the loss is
            input - target * log(input + eps).
        full: whether to add Stirling's approximation of log(target!).
    """
    reduction = checked_reduction(reduction, size_average, reduce)
    require_tensors("poisson_nll_loss", input=input, target=target)
    if log_input:
        loss = input.exp() - target * input
    else:
        loss = input - target * (input + eps).log()
    if full:
        stirling = target * target.log() - target + 0.5 * (2 * math.pi * target).log()
        loss = loss + stirling.masked_fill(target <= 1, 0)
    return reduced(loss, reduction)


def gaussian_nll_loss(input, target, var, full=False, eps=1e-6, reduction="mean"):
    """(log(var) + (input - target)**2 / var) / 2: what a normal distribution costs.

    `var` is a number or a tensor, at least `eps` is taken of it; `full` adds log(2 pi) / 2.

    Source: D. Nix and A. Weigend, "Estimating the mean and variance of the target probability
    distribution", 1994.
    """
    if isinstance(var, float):
        if var < 0:
            raise ValueError("var has negative entry/entries")
        var = var * ops.ones_like(input)
    elif (var < 0).any():
        raise ValueError("var has negative entry/entries")
    if var.size() != input.size():
        if input.size()[:-1] == var.size():
            var = var.unsqueeze(-1)
        elif not _differ_in_one_size(input.size(), var.size()):
            raise ValueError("var is of incorrect size")
    if reduction not in REDUCTIONS:
        raise ValueError(f"{reduction} is not valid")
    if not var.is_floating_point():
        kind = dtypes.c_name(var.dtype)
        raise RuntimeError(f"result type Float can't be cast to the desired output type {kind}")
    var = var + (var.detach().clamp(min=eps) - var.detach())
    loss = 0.5 * (var.log() + (input - target) ** 2 / var)
    if full:
        loss = loss + 0.5 * math.log(2 * math.pi)
    return reduced(loss, reduction)


def _differ_in_one_size(shape, other):
    """Whether the shapes are equal but for one dimension, where the other has size 1."""
    differing = [b for a, b in zip(shape, other, strict=False) if a != b]
    return len(shape) == len(other) and differing == [1]


def ctc_loss(
    log_probs, targets, input_lengths, target_lengths, blank=0, reduction="mean",
    zero_infinity=False,
):  # fmt: skip
    """-log of the probability of the targets, however they are aligned; see `torch.ctc_loss`.

    Args:
        log_probs: logarithms of probabilities, (T, N, C) or (T, C).
        targets: labels, (N, S), or those of all sequences one after the other.
        input_lengths, target_lengths: how much of each sequence counts, (N,).
        blank: the label that stands for none.
        zero_infinity: 0 for targets that are too long for their input.

    >>> import rushlight as torch
    >>> even = torch.full((2, 1, 2), 0.5).log()
    >>> torch.nn.functional.ctc_loss(even, torch.tensor([[1]]), (2,), (1,)).exp()
    tensor(1.3333)
    """
    number = REDUCTIONS.index(checked_reduction(reduction))
    return ops.ctc_loss(
        log_probs, targets, input_lengths, target_lengths, blank, number, zero_infinity
    )
