"""Losses of classes: cross entropies and the Kullback-Leibler divergence."""

from __future__ import annotations

import warnings

from rushlight import ops
from rushlight.explain import explained
from rushlight.nn.functional.reductions import checked_reduction, legacy_reduction, reduced
from rushlight.ops.op import recorded_as
from rushlight.ops.refused import require_tensors
from rushlight.ops.shapes import broadcast_shapes
from rushlight.tensor import Tensor, type_name

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "kl_div",
    "linear_cross_entropy",
    "nll_loss",
]


def binary_cross_entropy(
    input, target, weight=None, size_average=None, reduce=None, reduction="mean"
):
    """-(target * log(input) + (1 - target) * log(1 - input)), for probabilities `input`.

    >>> import rushlight as torch
    >>> torch.nn.functional.binary_cross_entropy(torch.tensor([0.5]), torch.tensor([1.0]))
    tensor(0.6931)
    """
    reduction = checked_reduction(reduction, size_average, reduce)
    if target.size() != input.size():
        raise explained(
            ValueError(
                f"Using a target size ({target.size()}) that is different to the input size "
                f"({input.size()}) is deprecated. Please ensure they have the same size."
            )
        )
    if weight is not None:
        weight = weight.to(input.dtype).expand(broadcast_shapes(target.shape, weight.shape))
    if input.dtype is not target.dtype:
        titles = target.dtype.title, input.dtype.title
        raise explained(RuntimeError(f"Found dtype {titles[0]} but expected {titles[1]}"))
    return ops.binary_cross_entropy(input, target, weight, reduction=reduction)


def binary_cross_entropy_with_logits(
    input,
    target,
    weight=None,
    size_average=None,
    reduce=None,
    reduction="mean",
    pos_weight=None,
):
    """`binary_cross_entropy` of sigmoid(input), without overflow.

    `pos_weight`, one per class, multiplies what the positive targets cost.

    >>> import rushlight as torch
    >>> F = torch.nn.functional
    >>> F.binary_cross_entropy_with_logits(torch.tensor([0.0]), torch.tensor([1.0]))
    tensor(0.6931)
    """
    reduction = checked_reduction(reduction, size_average, reduce)
    if target.size() != input.size():
        raise explained(
            ValueError(
                f"Target size ({target.size()}) must be the same as input size ({input.size()})"
            )
        )
    if not target.is_floating_point() and input.is_floating_point():
        titles = input.dtype.title, target.dtype.title
        raise RuntimeError(
            f"result type {titles[0]} can't be cast to the desired output type {titles[1]}"
        )
    if pos_weight is not None:
        broadcast_shapes(pos_weight.shape, target.shape)
    if weight is not None:
        broadcast_shapes(input.shape, weight.shape)
        weight = weight.to(target.dtype)
    return ops.binary_cross_entropy_with_logits(
        input.to(target.dtype), target, weight, pos_weight, reduction=reduction
    )


def nll_loss(
    input,
    target,
    weight=None,
    size_average=None,
    ignore_index=-100,
    reduce=None,
    reduction="mean",
):
    """-weight[target] * input[target], for log-probabilities `input` (batch, classes, ...).

    The mean divides by the sum of the targets' weights. Targets `ignore_index` have weight 0.
    """
    reduction = checked_reduction(reduction, size_average, reduce)
    require_tensors("nll_loss_nd", input=input, target=target)
    return _nll_loss(input, target, weight, reduction, ignore_index)


def _nll_loss(input, target, weight, reduction, ignore_index):
    """The loss, whose Node has PyTorch's name for so many dimensions."""
    loss = ops.nll_loss(input, target, weight, reduction=reduction, ignore_index=ignore_index)
    if len(input._array.shape) < 3:
        return loss
    viewed = reduction == "none" and input.dim() != 4
    return recorded_as(loss, "ViewBackward0" if viewed else "NllLoss2DBackward0")


def cross_entropy(
    input,
    target,
    weight=None,
    size_average=None,
    ignore_index=-100,
    reduce=None,
    reduction="mean",
    label_smoothing=0.0,
):
    """What the scores `input` (batch, classes, ...) cost: -log(softmax(input))[target].

    Args:
        target: the class of each sample, (batch, ...), or a probability for each of its classes,
            in the shape of the input.
        weight: one factor per class.
        ignore_index: a class that costs nothing.
        label_smoothing: how much of the target is spread evenly over all classes.

    >>> import rushlight as torch
    >>> F = torch.nn.functional
    >>> F.cross_entropy(torch.tensor([[0.0, 0.0]]), torch.tensor([1]))
    tensor(0.6931)
    """
    reduction = checked_reduction(reduction, size_average, reduce)
    if not (isinstance(input, Tensor) and isinstance(target, Tensor)):
        require_tensors("cross_entropy_loss", input=input, target=target)
    if not isinstance(ignore_index, int):
        raise TypeError(
            "cross_entropy_loss(): argument 'ignore_index' (position 5) must be int, "
            f"not {type_name(ignore_index)}"
        )
    if label_smoothing > 1.0:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing:g}")
    shape = input._array.shape
    if shape == target._array.shape:
        if not target.is_floating_point():
            raise explained(
                RuntimeError(
                    "Expected floating point type for target with class probabilities, "
                    f"got {target.dtype.title}"
                )
            )
        if ignore_index >= 0:
            raise RuntimeError("ignore_index is not supported for floating point target")
        return _soft_cross_entropy(input, target, weight, reduction, label_smoothing)
    scores = ops.log_softmax(input, 0 if len(shape) == 1 else 1)
    losses = _nll_loss(scores, target, weight, reduction, ignore_index)
    if label_smoothing == 0:
        return losses
    smooth = _evenly_spread(scores, target, weight, reduction, ignore_index)
    classes = scores.shape[0 if scores.dim() == 1 else 1]
    return (1 - label_smoothing) * losses + smooth * (label_smoothing / classes)


def linear_cross_entropy(
    input,
    linear_weight,
    target,
    *,
    linear_bias=None,
    weight=None,
    reduction="mean",
    ignore_index=None,
    label_smoothing=0.0,
    options=None,
):
    """`cross_entropy` of the scores `linear(input, linear_weight, linear_bias)`.

    Args:
        input: (batch, in) or (in,).
        linear_weight: (classes, in), or (classes, d1, ..., in) for targets (batch, d1, ...).
        linear_bias: (classes, d1, ...).
        options: how large a part of the scores is held in memory at a time; accepted, all are.

    >>> import rushlight as torch
    >>> F = torch.nn.functional
    >>> F.linear_cross_entropy(torch.ones(1, 3), torch.zeros(2, 3), torch.tensor([1]))
    tensor(0.6931)
    """
    features = tuple(linear_weight.shape[1:-1])
    _check_linear_scores(input, linear_weight, linear_bias)
    shape = (*input.shape[:-1], linear_weight.shape[0], *features)
    if tuple(target.shape) == shape and ignore_index is not None:
        raise RuntimeError("ignore_index cannot be specified when target contains probabilities")
    if features:
        linear_weight = linear_weight.reshape(-1, input.shape[-1])
        linear_bias = None if linear_bias is None else linear_bias.reshape(-1)
    return cross_entropy(
        ops.linear(input, linear_weight, linear_bias).reshape(shape),
        target,
        weight,
        ignore_index=-100 if ignore_index is None else ignore_index,
        reduction=reduction,
        label_smoothing=label_smoothing,
    )


def _check_linear_scores(input, weight, bias):
    """Refuse what isn't the input, the weight and the bias of a linear map."""
    if input.dim() not in (1, 2):
        raise RuntimeError(f"expected input with dimensionality 1 or 2, got {input.dim()}")
    if weight.dim() < 2:
        raise RuntimeError(
            f"expected linear_weight with dimensionality at least 2, got {weight.dim()}"
        )
    size, wanted = input.shape[-1], weight.shape[-1]
    if size != wanted:
        raise RuntimeError(
            "expected equal input and linear_weight last dimensions (in_features), got "
            f"{size} and {wanted}, respectively"
        )
    if bias is not None and bias.shape != weight.shape[:-1]:
        raise RuntimeError(
            f"expected linear_bias shape {tuple(weight.shape[:-1])}, got {tuple(bias.shape)}"
        )
    if weight.dim() > 2 and input.dim() == 1:
        raise RuntimeError(
            f"K-dimensional loss defined by linear_weight shape {tuple(weight.shape)} requires "
            f"batched input, (N, {size}), got unbatched input with shape {tuple(input.shape)}"
        )


def _per_class(weight, ndim):
    """A weight per class in a shape that broadcasts against (batch, classes, ...)."""
    return weight.reshape((-1,) + (1,) * (ndim - 2)) if ndim > 2 else weight


def _soft_cross_entropy(input, target, weight, reduction, label_smoothing):
    dim = 0 if input.dim() == 1 else 1
    classes = input.shape[dim]
    if weight is not None and list(weight.shape) != [classes]:
        raise RuntimeError(
            "cross_entropy: weight tensor should be defined either for all "
            f"{classes} classes or no classes but got weight tensor of shape: {list(weight.shape)}"
        )
    if label_smoothing > 0:
        target = target * (1 - label_smoothing) + label_smoothing / classes
    products = input.log_softmax(dim) * target
    if weight is not None:
        products = products * _per_class(weight, input.dim())
    if reduction == "none":
        return -products.sum(dim)
    total = -products.sum()
    return total if reduction == "sum" else total / (input.numel() / classes)


def _evenly_spread(scores, target, weight, reduction, ignore_index):
    """The loss for which every class is as much a target as any other."""
    dim = 0 if scores.dim() == 1 else 1
    weighted = scores if weight is None else scores * _per_class(weight, scores.dim())
    ignored = target == ignore_index
    losses = (-weighted.sum(dim)).masked_fill(ignored, 0.0)
    if reduction != "mean":
        return reduced(losses, reduction)
    if weight is None:
        return losses.sum() / (~ignored).sum()
    return losses.sum() / weight[target.masked_fill(ignored, 0)].masked_fill(ignored, 0).sum()


def kl_div(input, target, size_average=None, reduce=None, reduction="mean", log_target=False):
    """target * (log(target) - input), for log-probabilities `input`.

    Args:
        reduction: also "batchmean", the sum divided by the size of the batch, which is what the
            definition of the divergence asks for.
        log_target: whether `target` is a logarithm too.
    """
    if size_average is not None or reduce is not None:
        reduction = legacy_reduction(size_average, reduce)
    elif reduction == "mean":
        warnings.warn(
            "reduction: 'mean' divides the total loss by both the batch size and the support size."
            "'batchmean' divides only by the batch size, and aligns with the KL div math "
            "definition.'mean' will be changed to behave the same as 'batchmean' in the next major "
            "release.",
            stacklevel=2,
        )
    elif reduction != "batchmean":
        reduction = checked_reduction(reduction)
    require_tensors("kl_div", input=input, target=target)
    if not (input.is_floating_point() and target.is_floating_point()):
        raise RuntimeError("kl_div: Integral inputs not supported.")
    if log_target:
        losses = target.exp() * (target - input)
    else:
        losses = ops.xlogy(target, target) - target * input
    if reduction == "batchmean":
        return losses.sum() / input.shape[0] if input.dim() else losses.sum()
    return reduced(losses, reduction)
