"""Rules of what layers compute: convolutions, pools, losses, normalizations."""

from __future__ import annotations

import numpy as np

from rushlight.func.rules.table import (
    all_batched,
    ndim_of,
    of_rank,
    rule,
    up,
)
from rushlight.ops.op import registry
from rushlight.tensor import wrap

# Convolutions: the samples are further images, or further groups of channels ----------------------


def as_groups(value):
    """The batch dimension merged into the channels of images (batch, n, channels, ...)."""
    return value.movedim(0, 1).flatten(1, 2)


def from_groups(value, size):
    """What `as_groups` did undone."""
    return value.unflatten(1, (size, -1)).movedim(1, 0)


@rule("convolve")
def convolve(op, size, values, batched, options):
    *values, bias = values
    own = any(batched[:2])
    if own:
        result = convolve_input(op, size, values, batched[:2], options)
    else:
        result = op.call(*values, **options)
    if bias is None:
        return result
    return add_channels(registry["add_channels"], size, (result, bias), (own, batched[2]), {})


@rule("convolve_input")
def convolve_input(op, size, values, batched, options):
    images, weight = values
    if not batched[1]:
        return op.call(images.flatten(0, 1), weight, **options).unflatten(0, (size, -1))
    if not batched[0] and options["groups"] == 1 and op.name == "convolve":
        return from_groups(op.call(images, weight.flatten(0, 1), **options), size)
    images, weight = all_batched(size, values, batched)
    changed = {**options, "groups": size * options["groups"]}
    return from_groups(op.call(as_groups(images), weight.flatten(0, 1), **changed), size)


@rule("convolve_weight")
def convolve_weight(op, size, values, batched, options):
    images, grad = values
    if not batched[0] and options["groups"] == 1:
        return op.call(images, as_groups(grad), **options).unflatten(0, (size, -1))
    images, grad = all_batched(size, values, batched)
    changed = {**options, "groups": size * options["groups"]}
    return op.call(as_groups(images), as_groups(grad), **changed).unflatten(0, (size, -1))


@rule("add_channels")
def add_channels(op, size, values, batched, options):
    images, bias = values
    if not batched[1]:
        return op.call(images.flatten(0, 1), bias).unflatten(0, (size, -1))
    images = images if batched[0] else images.expand(size, *images.shape)
    trailing = (1,) * (images._array.ndim - 3)
    return images + bias.reshape(size, 1, bias.shape[1], *trailing)


# Pools: the samples are further images ------------------------------------------------------------


@rule("max_pool", "adaptive_max", "mean_pool", "spread_windows", "im2col", "col2im")
def pool(op, size, values, batched, options):
    result = op.call(values[0].flatten(0, 1), **options)
    if op.outputs is None:
        return result.unflatten(0, (size, -1))
    return tuple(each.unflatten(0, (size, -1)) for each in result)


@rule("put_places", "take_places")
def at_places(op, size, values, batched, options):
    indices = options["indices"]
    if isinstance(indices, np.ndarray):
        indices = np.broadcast_to(indices, (size, *indices.shape)).reshape(-1, *indices.shape[1:])
    else:
        indices = indices.value.flatten(0, 1)._array
    (images,) = all_batched(size, values, batched)
    result = op.call(images.flatten(0, 1), **{**options, "indices": indices})
    return result.unflatten(0, (size, -1))


@rule("weighted_gather", "weighted_scatter", "gathered_dot")
def by_images(op, size, values, batched, options):
    values = [each.flatten(0, 1) for each in all_batched(size, values, batched)]
    return op.call(*values, **options).unflatten(0, (size, -1))


# Losses -------------------------------------------------------------------------------------------


def reduced(losses, reduction):
    """The losses of samples' elements as `reduction` asks for them, for each sample."""
    if reduction == "none" or losses._array.ndim == 1:
        return losses
    flat = losses.flatten(1)
    return flat.sum(1) if reduction == "sum" else flat.mean(1)


@rule(
    "mse_loss",
    "smooth_l1_loss",
    "huber_loss",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "soft_margin_loss",
)
def loss(op, size, values, batched, options):
    rank = max(ndim_of(x, own) for x, own in zip(values, batched, strict=True) if x is not None)
    pair = all_batched(size, values[:2], batched[:2])
    weights = [
        of_rank(x, rank) if own else x for x, own in zip(values[2:], batched[2:], strict=True)
    ]
    losses = op.call(*pair, *weights, **{**options, "reduction": "none"})
    return reduced(losses, options["reduction"])


@rule("ctc_losses", "ctc_gradient")
def aligned_loss(op, size, values, batched, options):
    scores, *vectors = all_batched(size, values, batched)
    again = {
        name: np.concatenate([value] * size) if isinstance(value, np.ndarray) else value
        for name, value in options.items()
    }
    scores = scores.movedim(0, 1).flatten(1, 2)
    result = op.call(scores, *(x.flatten() for x in vectors), **again)
    if vectors:
        return result.unflatten(1, (size, -1)).movedim(1, 0)
    return result.unflatten(0, (size, -1))


def by_class(weights, shape):
    """Weights of the classes, (size, classes), of each sample as scores of this shape."""
    size, classes = weights._array.shape
    if len(shape) == 2:
        return weights.expand(shape)
    return weights.reshape(size, 1, classes, *(1,) * (len(shape) - 3)).expand(shape)


@rule("nll_loss")
def nll_loss(op, size, values, batched, options):
    scores, target = all_batched(size, values[:2], batched[:2])
    weight, each = values[2], {**options, "reduction": "none"}
    counts = wrap(np.full(scores.shape, -1, scores._array.dtype))
    if batched[2]:
        own = by_class(weight, scores.shape)
        scores, counts, weight = scores * own, -own, None
    is_flat = scores._array.ndim == 2
    if not is_flat:
        scores, counts, target = (x.flatten(0, 1) for x in (scores, counts, target))
    losses = op.call(scores, target, weight, **each)
    if options["reduction"] == "mean":
        weights = op.call(counts, target, weight, **each).reshape(size, -1).sum(1)
        return losses.reshape(size, -1).sum(1) / weights
    losses = losses if is_flat else losses.unflatten(0, (size, -1))
    return reduced(losses, options["reduction"])


@rule("nll_loss_gradient")
def nll_loss_gradient(op, size, values, batched, options):
    grad, target = all_batched(size, values[:2], batched[:2])
    weight, shape = values[2], options["shape"]
    own = by_class(weight, (size, *shape)) if batched[2] else None
    weight = None if batched[2] else weight
    is_flat = len(shape) == 1
    laid = target if is_flat else target.flatten(0, 1)
    whole = (size, *shape) if is_flat else (size * shape[0], *shape[1:])
    each = {**options, "reduction": "none"}
    if options["reduction"] == "mean":
        ones = wrap(np.full(whole, -1, grad._array.dtype)) if own is None else -own.reshape(whole)
        counted = registry["nll_loss"].call(
            ones, laid, weight, reduction="none", ignore_index=options["ignore_index"]
        )
        grad = grad / counted.reshape(size, -1).sum(1)
    grad = of_rank(grad, target._array.ndim - 1).expand(target.shape)
    grad = grad if is_flat else grad.flatten(0, 1)
    result = op.call(grad, laid, weight, **{**each, "shape": whole})
    result = result.reshape(size, *shape)
    return result if own is None else result * own


# Normalization ------------------------------------------------------------------------------------


@rule("layer_norm")
def layer_norm(op, size, values, batched, options):
    x = values[0] if batched[0] else values[0].expand(size, *values[0].shape)
    rank = x._array.ndim - 1
    options = {**options, "dims": up(options["dims"], rank)}
    if not any(batched[1:]):
        return op.call(x, *values[1:], **options)
    weight, bias = (
        of_rank(each, rank) if own else each
        for each, own in zip(values[1:], batched[1:], strict=True)
    )
    result = op.call(x, **options)
    result = result if weight is None else result * weight
    return result if bias is None else result + bias


@rule("batch_norm_with_statistics")
def batch_norm_with_statistics(op, size, values, batched, options):
    x, *others = all_batched(size, values, batched)
    others = [None if each is None else each.flatten(0, 1) for each in others]
    out, mean, var = op.call(as_groups(x), *others, **options)
    return from_groups(out, size), mean.unflatten(0, (size, -1)), var.unflatten(0, (size, -1))
