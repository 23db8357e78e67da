"""How losses are reduced: "mean" of the elements' losses, their "sum", or "none".

The options `size_average` and `reduce` are its old form.
"""

from __future__ import annotations

import warnings

from rushlight.ops.op import meeting_dtype
from rushlight.ops.shapes import broadcast_shapes
from rushlight.tensor import Tensor

__all__ = ["REDUCTIONS", "checked_reduction", "legacy_reduction", "matched", "reduced", "weighted"]

REDUCTIONS = ("none", "mean", "sum")  # in the order of PyTorch's numbers for them


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


def checked_reduction(reduction, size_average=None, reduce=None):
    """The reduction that these options ask for; one that is not known raises a ValueError."""
    if size_average is not None or reduce is not None:
        return legacy_reduction(size_average, reduce)
    if reduction not in REDUCTIONS:
        raise ValueError(f"{reduction} is not a valid value for reduction")
    return reduction


def reduced(losses, reduction):
    """The losses' mean, their sum, or the losses."""
    if reduction == "mean":
        return losses.mean()
    return losses.sum() if reduction == "sum" else losses


def matched(input, target):
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


def weighted(losses, weight, reduction):
    """The reduced losses; the weighted mean divides by the sum of the weights."""
    if weight.size() != losses.size():
        raise ValueError("Inputs and weights must have the same size.")
    losses = losses * weight
    return losses.sum() / weight.sum() if reduction == "mean" else reduced(losses, reduction)
