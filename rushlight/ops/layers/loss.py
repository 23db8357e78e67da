"""Losses: how far a prediction is from its target, as one number, or one per element.

Each has an option `reduction`: "mean", "sum" or "none". Arguments have equal shapes and dtypes;
`rushlight.nn.functional` sees to that. A weight, where there is one, broadcasts.
"""

from __future__ import annotations

import math

import numpy as np

from rushlight import dtypes
from rushlight.ops.elementwise.unary import abs, beside, log, log1p, sigmoid, sign, where
from rushlight.ops.layers.activation import log_sigmoid
from rushlight.ops.op import opaque
from rushlight.ops.refused import NOT_FLOATING, refuse

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "huber_loss",
    "mse_loss",
    "nll_loss",
    "nll_loss_gradient",
    "smooth_l1_loss",
    "soft_margin_loss",
]


def _reduced(losses, reduction):
    """The losses of the elements as the option `reduction` asks for them."""
    if reduction == "none":
        return losses
    total = np.add.reduce(losses, axis=None)
    return total if reduction == "sum" else total * _share(losses.shape, reduction)


def _share(shape, reduction):
    """How much of one element's loss there is in the result."""
    if reduction != "mean":
        return 1.0
    count = math.prod(shape)
    return 1.0 / count if count else math.nan


def _weighted(value, weight):
    return value if weight is None else value * weight


# Regression ---------------------------------------------------------------------------------------


@opaque(
    refuses=(NOT_FLOATING, "mse_cpu"),
    d_input=lambda g, input, target, reduction: (
        (input - target) * (g * (2.0 * _share(input.shape, reduction)))
    ),
    d_target=lambda g, input, target, reduction: (
        (target - input) * (g * (2.0 * _share(input.shape, reduction)))
    ),
)
def mse_loss(input, target, *, reduction="mean"):
    """(input - target)**2."""
    difference = input - target
    if reduction == "none":
        return difference * difference
    flat = difference.reshape(-1)
    return np.dot(flat, flat.conj()) * input.dtype.type(_share(input.shape, reduction))


def _smooth_l1_slope(difference, beta):
    return where(abs(difference) < beta, difference / beta, sign(difference))


@opaque(
    refuses=(NOT_FLOATING, "smooth_l1_cpu"),
    d_input=lambda g, input, target, reduction, beta: (
        _smooth_l1_slope(input - target, beta) * (g * _share(input.shape, reduction))
    ),
    d_target=lambda g, input, target, reduction, beta: (
        _smooth_l1_slope(target - input, beta) * (g * _share(input.shape, reduction))
    ),
)
def smooth_l1_loss(input, target, *, reduction="mean", beta=1.0):
    """d**2 / (2 * beta) where d = |input - target| is below beta, else d - beta / 2.

    Source: R. Girshick, "Fast R-CNN", 2015.
    """
    distance = np.abs(input - target)
    near = distance * distance * (0.5 / beta)
    return _reduced(np.where(distance < beta, near, distance - 0.5 * beta), reduction)


def _huber_slope(difference, delta):
    return where(abs(difference) < delta, difference, sign(difference) * delta)


@opaque(
    refuses=(NOT_FLOATING, "huber_cpu"),
    d_input=lambda g, input, target, reduction, delta: (
        _huber_slope(input - target, delta) * (g * _share(input.shape, reduction))
    ),
    d_target=lambda g, input, target, reduction, delta: (
        _huber_slope(target - input, delta) * (g * _share(input.shape, reduction))
    ),
)
def huber_loss(input, target, *, reduction="mean", delta=1.0):
    """d**2 / 2 where d = |input - target| is below delta, else delta * (d - delta / 2).

    Source: P. Huber, "Robust estimation of a location parameter", 1964.
    """
    distance = np.abs(input - target)
    near = distance * distance * 0.5
    return _reduced(np.where(distance < delta, near, delta * (distance - 0.5 * delta)), reduction)


# Two classes --------------------------------------------------------------------------------------

#: log of a probability is cut off here, so that a wrong certainty costs much but not infinity
_LEAST_LOG = -100.0


def _check_probabilities(input, target):
    for name, array in (("input", input), ("target", target)):
        if not np.all((array >= 0) & (array <= 1)):
            raise RuntimeError(f"all elements of {name} should be between 0 and 1")


def _variance(input):
    """input * (1 - input), kept away from 0, where it divides."""
    product = (1 - input) * input
    return where(product > 1e-12, product, 1e-12)


@opaque(
    refuses=(NOT_FLOATING, "binary_cross_entropy"),
    d_input=lambda g, input, target, weight, reduction: _weighted(
        (input - target) / _variance(input) * (g * _share(input.shape, reduction)), weight
    ),
    d_target=lambda g, input, weight, reduction: _weighted(
        (log1p(-input) - log(input)) * (g * _share(input.shape, reduction)), weight
    ),
)
def binary_cross_entropy(input, target, weight=None, *, reduction="mean"):
    """-(target * log(input) + (1 - target) * log(1 - input)), for probabilities `input`."""
    _check_probabilities(input, target)
    least = input.dtype.type(_LEAST_LOG)
    likely = target * np.maximum(np.log(input), least)
    unlikely = (1 - target) * np.maximum(np.log1p(-input), least)
    return _reduced(_weighted(-(likely + unlikely), weight), reduction)


def _logit_slope(input, target, pos_weight):
    if pos_weight is None:
        return sigmoid(input) - target
    positive = target * pos_weight
    return (positive + 1 - target) * sigmoid(input) - positive


def _target_slope(input, pos_weight):
    if pos_weight is None:
        return -input
    return log_sigmoid(-input) - pos_weight * log_sigmoid(input)


@opaque(
    refuses=(NOT_FLOATING, "log_sigmoid_cpu"),
    d_input=lambda g, input, target, weight, pos_weight, reduction: _weighted(
        _logit_slope(input, target, pos_weight) * (g * _share(input.shape, reduction)), weight
    ),
    d_target=lambda g, input, weight, pos_weight, reduction: _weighted(
        _target_slope(input, pos_weight) * (g * _share(input.shape, reduction)), weight
    ),
)
def binary_cross_entropy_with_logits(
    input, target, weight=None, pos_weight=None, *, reduction="mean"
):
    """binary_cross_entropy of sigmoid(input), without overflow.

    `pos_weight` multiplies what the positive targets cost.
    """
    # log(1 + exp(-x)) = -log(sigmoid(x))
    positive_cost = np.log1p(np.exp(-np.abs(input))) - np.minimum(input, 0)
    if pos_weight is not None:
        positive_cost *= (pos_weight - 1) * target + 1
    return _reduced(_weighted((1 - target) * input + positive_cost, weight), reduction)


@opaque(
    d_input=lambda g, input, target, reduction: (
        -target * sigmoid(-target * input) * (g * _share(input.shape, reduction))
    ),
)
def soft_margin_loss(input, target, *, reduction="mean"):
    """log(1 + exp(-target * input)), for targets 1 and -1."""
    return _reduced(np.logaddexp(0, -target * input).astype(input.dtype, copy=False), reduction)


# Many classes -------------------------------------------------------------------------------------


def _check_targets(input, target, weight=None, *, reduction, ignore_index):
    """Refuse, in PyTorch's words, what nll_loss can't take."""
    _check_target(input, target)
    classes = _class_count(input.shape)
    if weight is not None:
        _check_class_weight(weight, classes, input.dtype, spatial=len(input.shape) > 2)
    wrong = ((target < 0) | (target >= classes)) & (target != ignore_index)
    if wrong.any():
        raise IndexError(f"Target {target[wrong].flat[0]} is out of bounds.")


def _check_target(input, target):
    if input.ndim < 1:
        raise ValueError(f"Expected 1 or more dimensions (got {input.ndim})")
    _check_target_shape(input.shape, target.shape)
    if target.dtype not in (np.int64, np.uint8):
        title = dtypes.of(target).title
        raise RuntimeError(f"expected target dtype to be Long or Byte, but got {title}")


def _check_scores(input, target, weight=None, **options):
    _check_target(input, target)
    spatial = len(input.shape) == 4
    refuse(NOT_FLOATING, f"nll_loss{'2d_forward' * spatial}_out_frame", input)


def _check_target_shape(input, target):
    if len(input) == 1 and len(target) == 1 and target != (1,):
        raise ValueError(
            f"For 1D input, 1D target must have size 1, but got target size: {target[0]}"
        )
    batch = target[0] if target else 0
    if len(input) > 1 and input[0] != batch:
        raise ValueError(
            f"Expected input batch_size ({input[0]}) to match target batch_size ({batch})."
        )
    if len(input) <= 2 and len(target) > 1:
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
    if len(input) == 4 and len(target) != 3:
        raise RuntimeError(
            "only batches of spatial targets supported (3D tensors) but got targets of dimension: "
            f"{len(target)}"
        )
    if len(input) == 4 and target[1:] != input[2:]:
        raise RuntimeError(f"size mismatch (got input: {list(input)} , target: {list(target)}")
    if len(input) > 2 and target[1:] != input[2:]:
        expected = [input[0], *input[2:]]
        raise RuntimeError(f"Expected target size {expected}, got {list(target)}")


def _check_class_weight(weight, classes, dtype, spatial):
    if weight.shape != (classes,):
        message = "weight tensor should be defined either for all or no classes"
        if not spatial:
            message = message.replace("all", f"all {classes} classes")
            message += f" but got weight tensor of shape: {list(weight.shape)}"
        raise RuntimeError(message)
    if weight.dtype != dtype:
        titles = dtypes.of(np.empty(0, dtype)).title, dtypes.of(weight).title
        raise RuntimeError(f"expected scalar type {titles[0]} but found {titles[1]}")


def _class_count(shape):
    return shape[-1 if len(shape) == 1 else 1]


def _is_plain(shape, target, weight, ignore_index):
    """Whether every row of a matrix has a class, and all count the same."""
    return (
        weight is None
        and ignore_index < 0
        and len(shape) == 2
        and target.shape == shape[:1]
        and target.dtype == np.int64
        and target.size > 0
        and target.view(np.uint64).max() < shape[1]  # a negative class is a huge one here
    )


def _class_weights(target, weight, classes, ignore_index, dtype):
    """(safe target, weight of each target); ignored targets become class 0 with weight 0."""
    kept = target != ignore_index
    target = np.where(kept, target, 0)
    weights = kept.astype(dtype)
    return target, weights if weight is None else weights * weight[target]


def _class_index(target, ndim):
    """The index that picks the target's class from an array (classes,) or (batch, classes, ...)."""
    if ndim == 1:
        return (target,)
    grid = np.ogrid[tuple(slice(size) for size in target.shape)]
    return grid[0], target, *grid[1:]


@opaque(
    linear=True,
    check=_check_scores,
    refuses=(NOT_FLOATING, "nll_loss_out_frame"),
    d_input=lambda g, input, target, weight, reduction, ignore_index: beside(
        nll_loss_gradient(
            g,
            target,
            weight,
            shape=tuple(input.shape),
            reduction=reduction,
            ignore_index=ignore_index,
        ),
        input,
        name="NllLossBackwardBackward0",
    ),
)
def nll_loss(input, target, weight=None, *, reduction="mean", ignore_index=-100):
    """-weight[target] * input[target], for log-probabilities (batch, classes, ...).

    The mean is weighted: it divides by the sum of the targets' weights.
    """
    if _is_plain(input.shape, target, weight, ignore_index):
        return _reduced(-input[np.arange(len(target)), target], reduction)
    _check_targets(input, target, weight, reduction=reduction, ignore_index=ignore_index)
    if target.shape == (1,) and input.ndim == 1:
        input = input[np.newaxis]
    classes = _class_count(input.shape)
    target, weights = _class_weights(target, weight, classes, ignore_index, input.dtype)
    losses = 0 - input[_class_index(target, input.ndim)] * weights
    if reduction == "mean":
        return np.divide(np.add.reduce(losses, axis=None), np.add.reduce(weights, axis=None))
    return _reduced(losses, reduction)


@opaque(
    linear=True,
    d_grad=lambda g, target, weight, reduction, ignore_index: nll_loss(
        g, target, weight, reduction=reduction, ignore_index=ignore_index
    ),
)
def nll_loss_gradient(grad, target, weight=None, *, shape, reduction, ignore_index):
    """The derivative of nll_loss times `grad`: each target's share, at the place of its class."""
    result = np.zeros(shape, grad.dtype)
    if _is_plain(shape, target, weight, ignore_index):
        result[np.arange(len(target)), target] = grad * -_share(target.shape, reduction)
        return result
    rows = result[np.newaxis] if target.shape == (1,) and len(shape) == 1 else result
    classes = _class_count(shape)
    target, weights = _class_weights(target, weight, classes, ignore_index, grad.dtype)
    counts = weights != 0
    divisor = np.add.reduce(weights, axis=None) if reduction == "mean" and counts.any() else 1
    # 0 - x, as -x makes the gradient of an ignored target -0
    share = np.where(counts, grad / divisor, 0)
    rows[_class_index(target, rows.ndim)] = 0 - weights * share
    return result
