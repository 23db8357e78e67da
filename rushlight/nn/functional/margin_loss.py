"""Losses of margins: how far scores or distances are from what they should be."""

from __future__ import annotations

from rushlight import dtypes, ops
from rushlight.nn.functional.activation import logsigmoid
from rushlight.nn.functional.distance import cosine_similarity_of, pairwise_distance
from rushlight.nn.functional.reductions import (
    REDUCTIONS,
    checked_reduction,
    legacy_reduction,
    reduced,
)
from rushlight.ops.elementwise.unary import once
from rushlight.ops.op import elementwise, meeting_dtype, recorded_as
from rushlight.ops.refused import require_tensors
from rushlight.ops.shapes import broadcast_shapes
from rushlight.tensor import Tensor

__all__ = [
    "cosine_embedding_loss",
    "hinge_embedding_loss",
    "margin_ranking_loss",
    "multi_margin_loss",
    "multilabel_margin_loss",
    "multilabel_soft_margin_loss",
    "soft_margin_loss",
    "triplet_margin_loss",
    "triplet_margin_with_distance_loss",
]


def hinge_embedding_loss(
    input, target, margin=1.0, size_average=None, reduce=None, reduction="mean"
):
    """The distance `input` where target is 1, and max(0, margin - input) where it is -1."""
    reduction = checked_reduction(reduction, size_average, reduce)
    require_tensors("hinge_embedding_loss", input=input, target=target)
    apart = (margin - input).clamp(min=0).masked_fill(target == 1, 0)
    together = input.masked_fill(target == -1, 0)
    return reduced(apart + together, reduction)


def soft_margin_loss(input, target, size_average=None, reduce=None, reduction="mean"):
    """log(1 + exp(-target * input)), for targets 1 and -1."""
    if isinstance(target, Tensor) and target.requires_grad:
        raise RuntimeError(
            "The function 'soft_margin_loss' is not differentiable with respect to argument "
            "'target'. This input cannot have requires_grad True."
        )
    reduction = checked_reduction(reduction, size_average, reduce)
    require_tensors("soft_margin_loss", input=input, target=target)
    if not input.is_floating_point():
        raise RuntimeError(
            f"result type Float can't be cast to the desired output type {input.dtype.title}"
        )
    shape = broadcast_shapes(input.shape, target.shape)
    target = target.to(meeting_dtype((input, target)))
    input, target = input.to(target.dtype).expand(shape), target.expand(shape)
    return ops.soft_margin_loss(input, target, reduction=reduction)


def margin_ranking_loss(
    input1, input2, target, margin=0, size_average=None, reduce=None, reduction="mean"
):
    """max(0, -target * (input1 - input2) + margin): target 1 says that input1 is to be larger."""
    reduction = checked_reduction(reduction, size_average, reduce)
    if not input1.dim() == input2.dim() == target.dim():
        raise RuntimeError(
            "margin_ranking_loss : All input tensors should have same dimension but got sizes: "
            f"input1: {input1.size()}, input2: {input2.size()}, target: {target.size()} "
        )
    difference = input1 - input2
    return reduced((-target * difference + margin).clamp(min=0), reduction)


def cosine_embedding_loss(
    input1, input2, target, margin=0, size_average=None, reduce=None, reduction="mean"
):
    """1 - cos(input1, input2) where target is 1, and max(0, cos - margin) where it is -1."""
    reduction = checked_reduction(reduction, size_average, reduce)
    if target.dim() > 1:
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
    expected = target.dim() + 1
    if input1.dim() != expected or input2.dim() != expected:
        sizes = f"{list(input1.shape)} and {list(input2.shape)}"
        raise RuntimeError(
            f"{expected - 1}D target tensor expects {expected}D input tensors, "
            f"but found inputs with sizes {sizes}."
        )
    cosine = cosine_similarity_of(input1, input2, eps=1e-12)
    together = (1 - cosine).masked_fill(target != 1, 0)
    apart = (cosine - margin).clamp(min=0).masked_fill(target != -1, 0)
    return reduced(together + apart, reduction)


def _check_rows(input):
    if input.dim() > 2 or (input.dim() and input.shape[-1] == 0):
        raise RuntimeError(
            "Expected non-empty vector or matrix with optional 0-dim batch size, but got: "
            f"{list(input.shape)}"
        )


def _check_multi_margin(input, target, weight):
    _check_rows(input)
    batch = input.shape[0] if input.dim() > 1 else 1
    if target.dim() > 1 or target.numel() != batch:
        raise RuntimeError(
            "multi_margin_loss: target tensor should be 1-D with size equal to the number of input "
            f"samples (batch size). Expected target size [{batch}], but got {list(target.shape)}. "
            f"Input has shape {list(input.shape)}."
        )
    classes = input.shape[-1] if input.dim() else 1
    if weight is not None and tuple(weight.shape) != (classes,):
        raise RuntimeError(
            f"inconsistent weight size, expected {classes} but got {list(weight.shape)}"
        )
    _require_wide_floats("multi_margin_loss_cpu_kernel", input)
    if target.dtype is not dtypes.int64:
        raise RuntimeError(f"expected scalar type Long but found {target.dtype.title}")
    if ((target < 0) | (target >= classes)).any():
        raise RuntimeError("target out of range")


def _require_wide_floats(kernel_name, input):
    if input.dtype not in (dtypes.float32, dtypes.float64):
        raise NotImplementedError(f"\"{kernel_name}\" not implemented for '{input.dtype.title}'")


def multi_margin_loss(
    input,
    target,
    p=1,
    margin=1.0,
    weight=None,
    size_average=None,
    reduce=None,
    reduction="mean",
):
    """The mean over the classes of max(0, margin - input[target] + input[class])**p.

    The target itself is left out of the sum, though not of the count.
    """
    reduction = checked_reduction(reduction, size_average, reduce)
    if p not in (1, 2):
        raise ValueError("only p == 1 and p == 2 supported")
    if weight is not None and weight.dim() != 1:
        raise ValueError("weight must be one-dimensional")
    require_tensors("multi_margin_loss", input=input, target=target)
    _check_multi_margin(input, target, weight)
    input = _differentiable_once(input, name="multi_margin_loss_backward")
    input = input if input.dim() else input.reshape(1)
    index = target.reshape(-1, 1) if input.dim() > 1 else target.reshape(1)
    costs = (margin - input.gather(-1, index) + input).clamp(min=0)
    costs = costs * costs if p == 2 else costs
    if weight is not None:
        costs = costs * weight[index]
    losses = costs.scatter(-1, index, 0.0).sum(-1) / input.shape[-1]
    losses = losses if target.dim() == losses.dim() else losses.reshape(target.shape)
    return recorded_as(reduced(losses, reduction), "MultiMarginLossBackward0")


@elementwise(takes_out=False, d_input=lambda g, input, name: once(g, input, name=name))
def _differentiable_once(input, *, name):
    """The same elements, of which no second derivative is taken."""
    return input[...]


def multilabel_margin_loss(input, target, size_average=None, reduce=None, reduction="mean"):
    """max(0, 1 - input[t] + input[i]), summed over targets t and other classes i, / classes.

    A row of `target` lists the classes that are right, up to the first -1.
    """
    reduction = checked_reduction(reduction, size_average, reduce)
    require_tensors("multilabel_margin_loss", input=input, target=target)
    _check_rows(input)
    if target.shape != input.shape:
        raise RuntimeError(
            f"inconsistent target size: {list(target.shape)} for input of size: {list(input.shape)}"
        )
    _require_wide_floats("multilabel_margin_loss_forward_out_frame", input)
    if not input.dim():
        input, target = input.reshape(1), target.reshape(1)
    input = _differentiable_once(input, name="multilabel_margin_loss_backward")
    listed = (target < 0).cumsum(-1) == 0
    classes = target.masked_fill(~listed, 0)
    is_target = ops.zeros_like(input).scatter_add(-1, classes, listed.to(input.dtype)) > 0
    costs = (1 - input.gather(-1, classes).unsqueeze(-1) + input.unsqueeze(-2)).clamp(min=0)
    counted = listed.unsqueeze(-1) & ~is_target.unsqueeze(-2)
    losses = costs.masked_fill(~counted, 0).sum((-2, -1)) / input.shape[-1]
    return recorded_as(reduced(losses, reduction), "MultilabelMarginLossBackward0")


def multilabel_soft_margin_loss(
    input, target, weight=None, size_average=None, reduce=None, reduction="mean"
):
    """The mean over the classes of `binary_cross_entropy_with_logits`."""
    if size_average is not None or reduce is not None:
        reduction = legacy_reduction(size_average, reduce)
    losses = -(target * logsigmoid(input) + (1 - target) * logsigmoid(-input))
    if weight is not None:
        losses = losses * weight
    if reduction not in REDUCTIONS:
        raise ValueError(f"{reduction} is not valid")
    return reduced(losses.sum(-1) / input.shape[-1], reduction)


def triplet_margin_loss(
    anchor,
    positive,
    negative,
    margin=1.0,
    p=2,
    eps=1e-6,
    swap=False,
    size_average=None,
    reduce=None,
    reduction="mean",
):
    """max(0, margin + |anchor - positive| - |anchor - negative|), with p-norms.

    With `swap` the negative may be as near to the positive as to the anchor, whichever is nearer.

    Source: V. Balntas and others, "Learning local feature descriptors with triplets and shallow
    convolutional neural networks", 2016.
    """
    reduction = checked_reduction(reduction, size_average, reduce)
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    _check_triplet(anchor, positive, negative)
    return _triplet(
        anchor,
        positive,
        negative,
        lambda a, b: pairwise_distance(a, b, p, eps),
        margin,
        swap,
        reduction,
    )


def triplet_margin_with_distance_loss(
    anchor, positive, negative, *, distance_function=None, margin=1.0, swap=False, reduction="mean"
):
    """`triplet_margin_loss` with any distance (default: `pairwise_distance`)."""
    if reduction not in REDUCTIONS:
        raise ValueError(f"{reduction} is not a valid value for reduction")
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    _check_triplet(anchor, positive, negative)
    distance = pairwise_distance if distance_function is None else distance_function
    return _triplet(anchor, positive, negative, distance, margin, swap, reduction)


def _check_triplet(anchor, positive, negative):
    dims = anchor.dim(), positive.dim(), negative.dim()
    if len(set(dims)) > 1:
        raise RuntimeError(
            "The anchor, positive, and negative tensors are expected to have the same number of "
            f"dimensions, but got: anchor {dims[0]}D, positive {dims[1]}D, and negative "
            f"{dims[2]}D inputs"
        )


def _triplet(anchor, positive, negative, distance, margin, swap, reduction):
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = ops.minimum(far, distance(positive, negative))
    return reduced((margin + near - far).clamp(min=0), reduction)
