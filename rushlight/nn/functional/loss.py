"""Losses as functions.

All have the option `reduction`: "mean" of the elements' losses, their "sum", or "none". The options
`size_average` and `reduce` are its old form.
"""

from __future__ import annotations

import math
import warnings

from rushlight import dtypes, ops
from rushlight.explain import explained
from rushlight.nn.functional.activation import logsigmoid
from rushlight.nn.functional.checks import require_tensors
from rushlight.nn.functional.distance import cosine_similarity_of, pairwise_distance
from rushlight.ops.op import meeting_dtype
from rushlight.ops.shapes import broadcast_shapes
from rushlight.tensor import Tensor, type_name

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cosine_embedding_loss",
    "cross_entropy",
    "ctc_loss",
    "gaussian_nll_loss",
    "hinge_embedding_loss",
    "huber_loss",
    "kl_div",
    "l1_loss",
    "linear_cross_entropy",
    "margin_ranking_loss",
    "mse_loss",
    "multi_margin_loss",
    "multilabel_margin_loss",
    "multilabel_soft_margin_loss",
    "nll_loss",
    "poisson_nll_loss",
    "smooth_l1_loss",
    "soft_margin_loss",
    "triplet_margin_loss",
    "triplet_margin_with_distance_loss",
]

_REDUCTIONS = ("none", "mean", "sum")  # in the order of PyTorch's numbers for them


def legacy_reduction(size_average, reduce, stacklevel=4):
    """The reduction that the old options `size_average` and `reduce` stand for, with a warning."""
    size_average = True if size_average is None else size_average
    reduce = True if reduce is None else reduce
    reduction = ("mean" if size_average else "sum") if reduce else "none"
    warnings.warn(
        "size_average and reduce args will be deprecated, "
        f"please use reduction='{reduction}' instead.",
        stacklevel=stacklevel,
    )
    return reduction


def _reduction(reduction, size_average=None, reduce=None):
    if size_average is not None or reduce is not None:
        return legacy_reduction(size_average, reduce)
    if reduction not in _REDUCTIONS:
        raise ValueError(f"{reduction} is not a valid value for reduction")
    return reduction


def _reduce(losses, reduction):
    if reduction == "mean":
        return losses.mean()
    return losses.sum() if reduction == "sum" else losses


def _matched(input, target):
    """Input and target in one dtype and, with a warning if need be, in one shape."""
    if not (isinstance(input, Tensor) and isinstance(target, Tensor)):
        target.size(), input.size()  # raises
    if target._array.shape != input._array.shape:
        from rushlight.explain.mistakes.sizes import warn_of_sizes

        warn_of_sizes(
            f"Using a target size ({target.size()}) that is different to the input size "
            f"({input.size()}). This will likely lead to incorrect results due to broadcasting. "
            "Please ensure they have the same size."
        )
        shape = broadcast_shapes(input.shape, target.shape)
        input, target = input.expand(shape), target.expand(shape)
    if input._array.dtype is not target._array.dtype:
        dtype = meeting_dtype((input, target))
        input, target = input.to(dtype), target.to(dtype)
    return input, target


def _weighted(losses, weight, reduction):
    """The reduced losses; the weighted mean divides by the sum of the weights."""
    if weight.size() != losses.size():
        raise ValueError("Inputs and weights must have the same size.")
    losses = losses * weight
    return losses.sum() / weight.sum() if reduction == "mean" else _reduce(losses, reduction)


# Regression ---------------------------------------------------------------------------------------


def mse_loss(input, target, size_average=None, reduce=None, reduction="mean", weight=None):
    """(input - target)**2.

    >>> import rushlight as torch
    >>> torch.nn.functional.mse_loss(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 4.0]))
    tensor(2.)
    """
    reduction = _reduction(reduction, size_average, reduce)
    input, target = _matched(input, target)
    if weight is not None:
        return _weighted(ops.mse_loss(input, target, reduction="none"), weight, reduction)
    return ops.mse_loss(input, target, reduction=reduction)


def l1_loss(input, target, size_average=None, reduce=None, reduction="mean", weight=None):
    """|input - target|."""
    reduction = _reduction(reduction, size_average, reduce)
    input, target = _matched(input, target)
    losses = (input - target).abs()
    if weight is not None:
        return _weighted(losses, weight, reduction)
    return _reduce(losses, reduction)


def smooth_l1_loss(input, target, size_average=None, reduce=None, reduction="mean", beta=1.0):
    """d**2 / (2 * beta) where d = |input - target| is below beta, else d - beta / 2.

    Source: R. Girshick, "Fast R-CNN", 2015.
    """
    reduction = _reduction(reduction, size_average, reduce)
    input, target = _matched(input, target)
    if beta < 0:
        raise RuntimeError("smooth_l1_loss does not support negative values for beta.")
    if beta == 0:
        return _reduce((input - target).abs(), reduction)
    return ops.smooth_l1_loss(input, target, reduction=reduction, beta=float(beta))


def huber_loss(input, target, reduction="mean", delta=1.0, weight=None):
    """d**2 / 2 where d = |input - target| is below delta, else delta * (d - delta / 2).

    Source: P. Huber, "Robust estimation of a location parameter", 1964.
    """
    reduction = _reduction(reduction)
    input, target = _matched(input, target)
    if delta <= 0:
        raise RuntimeError("huber_loss does not support non-positive values for delta.")
    if weight is not None:
        losses = ops.huber_loss(input, target, reduction="none", delta=float(delta))
        return _reduce(losses * weight, reduction)
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
    reduction = _reduction(reduction, size_average, reduce)
    require_tensors("poisson_nll_loss", input=input, target=target)
    if log_input:
        loss = input.exp() - target * input
    else:
        loss = input - target * (input + eps).log()
    if full:
        stirling = target * target.log() - target + 0.5 * (2 * math.pi * target).log()
        loss = loss + stirling.masked_fill(target <= 1, 0)
    return _reduce(loss, reduction)


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
    if reduction not in _REDUCTIONS:
        raise ValueError(f"{reduction} is not valid")
    var = var + (var.detach().clamp(min=eps) - var.detach())
    loss = 0.5 * (var.log() + (input - target) ** 2 / var)
    if full:
        loss = loss + 0.5 * math.log(2 * math.pi)
    return _reduce(loss, reduction)


def _differ_in_one_size(shape, other):
    """Whether the shapes are equal but for one dimension, where the other has size 1."""
    differing = [b for a, b in zip(shape, other, strict=False) if a != b]
    return len(shape) == len(other) and differing == [1]


# Classes ------------------------------------------------------------------------------------------


def binary_cross_entropy(
    input, target, weight=None, size_average=None, reduce=None, reduction="mean"
):
    """-(target * log(input) + (1 - target) * log(1 - input)), for probabilities `input`.

    >>> import rushlight as torch
    >>> torch.nn.functional.binary_cross_entropy(torch.tensor([0.5]), torch.tensor([1.0]))
    tensor(0.6931)
    """
    reduction = _reduction(reduction, size_average, reduce)
    if target.size() != input.size():
        raise explained(
            ValueError(
                f"Using a target size ({target.size()}) that is different to the input size "
                f"({input.size()}) is deprecated. Please ensure they have the same size."
            )
        )
    if weight is not None:
        weight = weight.expand(broadcast_shapes(target.shape, weight.shape))
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
    reduction = _reduction(reduction, size_average, reduce)
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
    return ops.binary_cross_entropy_with_logits(
        input, target.to(input.dtype), weight, pos_weight, reduction=reduction
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
    reduction = _reduction(reduction, size_average, reduce)
    require_tensors("nll_loss_nd", input=input, target=target)
    return ops.nll_loss(input, target, weight, reduction=reduction, ignore_index=ignore_index)


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
    reduction = _reduction(reduction, size_average, reduce)
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
    losses = ops.nll_loss(scores, target, weight, reduction=reduction, ignore_index=ignore_index)
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
        return _reduce(losses, reduction)
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
        reduction = _reduction(reduction)
    require_tensors("kl_div", input=input, target=target)
    if not (input.is_floating_point() and target.is_floating_point()):
        raise RuntimeError("kl_div: Integral inputs not supported.")
    if log_target:
        losses = target.exp() * (target - input)
    else:
        losses = ops.xlogy(target, target) - target * input
    if reduction == "batchmean":
        return losses.sum() / input.shape[0] if input.dim() else losses.sum()
    return _reduce(losses, reduction)


# Margins ------------------------------------------------------------------------------------------


def hinge_embedding_loss(
    input, target, margin=1.0, size_average=None, reduce=None, reduction="mean"
):
    """The distance `input` where target is 1, and max(0, margin - input) where it is -1."""
    reduction = _reduction(reduction, size_average, reduce)
    require_tensors("hinge_embedding_loss", input=input, target=target)
    apart = (margin - input).clamp(min=0).masked_fill(target == 1, 0)
    together = input.masked_fill(target == -1, 0)
    return _reduce(apart + together, reduction)


def soft_margin_loss(input, target, size_average=None, reduce=None, reduction="mean"):
    """log(1 + exp(-target * input)), for targets 1 and -1."""
    if isinstance(target, Tensor) and target.requires_grad:
        raise RuntimeError(
            "The function 'soft_margin_loss' is not differentiable with respect to argument "
            "'target'. This input cannot have requires_grad True."
        )
    reduction = _reduction(reduction, size_average, reduce)
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
    reduction = _reduction(reduction, size_average, reduce)
    if not input1.dim() == input2.dim() == target.dim():
        raise RuntimeError(
            "margin_ranking_loss : All input tensors should have same dimension but got sizes: "
            f"input1: {input1.size()}, input2: {input2.size()}, target: {target.size()} "
        )
    return _reduce((-target * (input1 - input2) + margin).clamp(min=0), reduction)


def cosine_embedding_loss(
    input1, input2, target, margin=0, size_average=None, reduce=None, reduction="mean"
):
    """1 - cos(input1, input2) where target is 1, and max(0, cos - margin) where it is -1."""
    reduction = _reduction(reduction, size_average, reduce)
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
    return _reduce(together + apart, reduction)


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
    reduction = _reduction(reduction, size_average, reduce)
    if p not in (1, 2):
        raise ValueError("only p == 1 and p == 2 supported")
    if weight is not None and weight.dim() != 1:
        raise ValueError("weight must be one-dimensional")
    require_tensors("multi_margin_loss", input=input, target=target)
    _check_multi_margin(input, target, weight)
    input = input if input.dim() else input.reshape(1)
    index = target.reshape(-1, 1) if input.dim() > 1 else target.reshape(1)
    costs = (margin - input.gather(-1, index) + input).clamp(min=0)
    costs = costs * costs if p == 2 else costs
    if weight is not None:
        costs = costs * weight[index]
    losses = costs.scatter(-1, index, 0.0).sum(-1) / input.shape[-1]
    return _reduce(losses, reduction)


def multilabel_margin_loss(input, target, size_average=None, reduce=None, reduction="mean"):
    """max(0, 1 - input[t] + input[i]), summed over targets t and other classes i, / classes.

    A row of `target` lists the classes that are right, up to the first -1.
    """
    reduction = _reduction(reduction, size_average, reduce)
    require_tensors("multilabel_margin_loss", input=input, target=target)
    _check_rows(input)
    if target.shape != input.shape:
        raise RuntimeError(
            f"inconsistent target size: {list(target.shape)} for input of size: {list(input.shape)}"
        )
    _require_wide_floats("multilabel_margin_loss_forward_out_frame", input)
    if not input.dim():
        input, target = input.reshape(1), target.reshape(1)
    listed = (target < 0).cumsum(-1) == 0
    classes = target.masked_fill(~listed, 0)
    is_target = ops.zeros_like(input).scatter_add(-1, classes, listed.to(input.dtype)) > 0
    costs = (1 - input.gather(-1, classes).unsqueeze(-1) + input.unsqueeze(-2)).clamp(min=0)
    counted = listed.unsqueeze(-1) & ~is_target.unsqueeze(-2)
    losses = costs.masked_fill(~counted, 0).sum((-2, -1)) / input.shape[-1]
    return _reduce(losses, reduction)


def multilabel_soft_margin_loss(
    input, target, weight=None, size_average=None, reduce=None, reduction="mean"
):
    """The mean over the classes of `binary_cross_entropy_with_logits`."""
    if size_average is not None or reduce is not None:
        reduction = legacy_reduction(size_average, reduce)
    losses = -(target * logsigmoid(input) + (1 - target) * logsigmoid(-input))
    if weight is not None:
        losses = losses * weight
    if reduction not in _REDUCTIONS:
        raise ValueError(f"{reduction} is not valid")
    return _reduce(losses.sum(-1) / input.shape[-1], reduction)


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
    reduction = _reduction(reduction, size_average, reduce)
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
    if reduction not in _REDUCTIONS:
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
    return _reduce((margin + near - far).clamp(min=0), reduction)


# Sequences ----------------------------------------------------------------------------------------


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
    number = _REDUCTIONS.index(_reduction(reduction))
    return ops.ctc_loss(
        log_probs, targets, input_lengths, target_lengths, blank, number, zero_infinity
    )
