"""Losses of classes as elementwise instructions and sums, which fuse with what is around them.

Their kernels pick elements by index: calls between native code. Here a row's class is found by
comparison, as log_softmax and its derivative look at each element anyway. Nothing would tell a
class out of range, so that there is none is a condition for repeating the run (`Recorder.demand`);
a call that breaks it runs as any first call does, and the kernel raises.
"""

from __future__ import annotations

import numpy as np

from rushlight.ops.op import registry

__all__ = ["IN_ELEMENTS", "Classes"]


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


#: what is recorded in place of an operation's kernel; it raises where it has no answer
IN_ELEMENTS = {
    registry["nll_loss"]: loss_in_elements,
    registry["nll_loss_gradient"]: gradient_in_elements,
}
