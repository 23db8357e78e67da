"""Losses of classes as elementwise instructions and sums, which fuse; lookups as rows picked.

Their kernels pick elements by index: calls between native code. Here a row's class is found by
comparison, as log_softmax and its derivative look at each element anyway. Nothing would tell a
class out of range, so that there is none is a condition for repeating the run (`Recorder.demand`);
a call that breaks it runs as any first call does, and the kernel raises.
"""

from __future__ import annotations

import numpy as np

from rushlight.compile.tracing.calls import rows, rows_added
from rushlight.compile.tracing.symbol import Symbol
from rushlight.compile.tracing.windows import max_pool_in_elements, put_places_in_elements

__all__ = ["IN_ELEMENTS", "Classes", "within"]


class Classes:
    """A condition on an array of int64: classes from 0 up to `count`, or the one to ignore."""

    def __init__(self, count, ignored):
        self.count, self.ignored = count, ignored

    def hold(self, array):
        """Whether the array is so."""
        array = array.view(np.uint64)  # a negative class is a huge one here
        if not array.size or np.maximum.reduce(array, None) < self.count:
            return True
        return bool(np.all((array < self.count) | (array == np.uint64(self.ignored % 2**64))))


def picks(target, weight, shape, ignored, dtype):
    """(whether each element is its row's class, whether each row counts, how many rows count).

    NotImplemented stands for what is left to the kernel.
    """
    plain = len(shape) == 2 and target.shape == shape[:1] and target.dtype == np.int64
    if weight is not None or not plain or 0 in shape or dtype.char not in "fd":
        raise NotImplementedError
    target.recorder.demand(target, Classes(shape[1], ignored))
    counts = target != ignored
    chosen = np.arange(shape[1]) == target[:, None]
    if 0 <= ignored < shape[1]:
        chosen = chosen & counts[:, None]
    return chosen, counts, np.add.reduce(counts.astype(dtype), axis=0)


def loss_in_elements(input, target, weight=None, *, reduction="mean", ignore_index=-100):
    """What nll_loss does, for a matrix without class weights."""
    chosen, counts, count = picks(target, weight, input.shape, ignore_index, input.dtype)
    picked = np.add.reduce(np.where(chosen, input, 0), axis=1)
    losses = np.where(counts, -picked, 0)
    if reduction == "none":
        return losses
    total = np.add.reduce(losses, axis=0)
    return total if reduction == "sum" else total / count


def gradient_in_elements(grad, target, weight=None, *, shape, reduction, ignore_index):
    """The same for nll_loss_gradient."""
    chosen, _, count = picks(target, weight, shape, ignore_index, grad.dtype)
    share = -grad / count if reduction == "mean" else -grad
    return np.where(chosen, share[:, None] if reduction == "none" else share, 0)


def within(index, count):
    """An index whose elements will be from 0 up to `count` in each run."""
    if not isinstance(index, Symbol) or index.dtype != np.int64:
        raise NotImplementedError
    index.recorder.demand(index, Classes(count, 0))
    return index


def embedding_as_rows(weight, input, *, padding_idx=-1, scale_grad_by_freq=False):
    """What embedding does."""
    index = within(input, weight.shape[0])
    return weight.recorder.call("rows", rows, (weight, index), {})


def embedding_gradient_as_rows(grad, input, *, shape, padding_idx, scale_grad_by_freq):
    """What its derivative does."""
    if scale_grad_by_freq or grad.dtype.char not in "fd":
        raise NotImplementedError
    index = within(input, shape[0])
    if padding_idx >= 0:
        grad = np.where((index != padding_idx)[..., None], grad, 0)
    return grad.recorder.call("rows_added", rows_added, (grad, index), {"count": shape[0]})


#: by an operation's name what is recorded in place of its kernel; it raises where it has no answer
IN_ELEMENTS = {
    "embedding": embedding_as_rows,
    "embedding_gradient": embedding_gradient_as_rows,
    "max_pool": max_pool_in_elements,
    "put_places": put_places_in_elements,
    "nll_loss": loss_in_elements,
    "nll_loss_gradient": gradient_in_elements,
}
