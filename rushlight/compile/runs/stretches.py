"""The batches of a loader in stretches: one by one in Python, or many at once in native code.

Where the loader reads rows of tensors in this process and the step is native from end to end, the
loop over the batches is native too. The order of the batches, and the random numbers that it takes,
are the loader's own. The last step of a stretch of equal batches is an ordinary call, which leaves
gradients and versions as such a call does; so are the first ones until the step is compiled.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from rushlight.compile.native import llvm
from rushlight.compile.tracing.sources import Argument
from rushlight.tensor import Tensor

__all__ = ["stretches"]

FEWEST = 3  # steps for which a native loop is begun
TRIES = 5  # the first calls of a step may each be compiled: with gradients, with state


def stretches(step, loader, losses):
    """Numbers of steps, until the loader's batches are through; their losses go to `losses`."""
    if isinstance(loader, int):
        stretch = Stretch(step, loader, lambda i: (), [], np.empty(0, np.int64), 0)
        yield from stretch.run(losses)
        return
    batches = iter(loader)
    data = rows_of(batches) if hasattr(step, "entry_for") and llvm.available() else None
    if data is None:
        for batch in batches:
            yield one(step, arguments_of(batch), losses)
    else:
        yield from native_epoch(step, batches, data, losses)


def one(step, batch, losses):
    """An ordinary call."""
    loss = loss_of(step(*batch))
    if loss is not None:
        losses.add(loss)
    return 1


def loss_of(made):
    """The number that a step gave, as an array or Python number; None if it gave none."""
    first = made[0] if isinstance(made, (tuple, list)) and made else made
    if isinstance(first, Tensor):
        return first._array if first._array.size == 1 else None
    return first if isinstance(first, (int, float)) else None


def arguments_of(batch):
    """A batch as positional arguments."""
    return tuple(batch) if isinstance(batch, (list, tuple)) else (batch,)


def native_epoch(step, batches, data, losses):
    """The stretches of a pass whose batches are rows of these arrays."""
    for order, size in orders(batches):

        def batch(i, order=order, size=size):
            return arguments_of(batches._fetch(order[i * size : (i + 1) * size]))

        yield from Stretch(step, len(order) // size, batch, data, order, size).run(losses)


def orders(batches):
    """Pairs (rows, size): batches of one size, one after the other."""
    source = batches._index_sampler
    if getattr(source, "slices", None) is not None and source.slices() is not None:
        order, size = np.asarray(source.sampler.order(), np.int64), source.batch_size
        rest = len(order) % size
        yield order[: len(order) - rest], size
        if rest and not source.drop_last:
            yield order[-rest:], rest
        return
    parts = [np.asarray(rows, np.int64) for rows in batches._sampler_iter]
    edges = [i for i, (a, b) in enumerate(pairwise(parts), 1) if len(a) != len(b)]
    for begin, end in pairwise([0, *edges, len(parts)]):
        if begin < end:
            yield np.concatenate(parts[begin:end]), len(parts[begin])


def rows_of(batches):
    """The arrays of which a loader's batches are rows, or None if they aren't just that."""
    from rushlight.utils.data import TensorDataset

    fetch = getattr(batches, "_fetch", None)
    dataset = getattr(batches, "_dataset", None)
    if getattr(fetch, "read", None) is None or type(dataset) is not TensorDataset:
        return None
    arrays = [x._array for x in dataset.tensors]
    plain = all(type(x) is np.ndarray and x.flags.c_contiguous for x in arrays)
    return arrays if plain else None


class Stretch(NamedTuple):
    """So many steps on batches of one size.

    Attributes:
        batch: a function that gives the arguments of a step by its number.
        data, order, size: arrays, and which of their rows the batches consist of.
    """

    step: Any
    total: int
    batch: Callable[[int], tuple]
    data: list
    order: np.ndarray
    size: int

    def run(self, losses):
        """Numbers of steps that have been done; the last step is an ordinary call."""
        done, tries = 0, TRIES
        while done < self.total:
            left = self.total - done - 1
            loop = None
            if left >= FEWEST and tries and self.known():
                tries -= 1
                loop = native_loop(self.step, self.batch(done), self.data)
            if loop is None:
                yield one(self.step, self.batch(done), losses)
                done += 1
                continue
            run, arrays, rows = loop
            yield from run(arrays, rows, self.order[done * self.size :], left, losses)
            done += left

    def known(self):
        """Whether the step has been traced."""
        return bool(getattr(self.step, "entries", None))


def native_loop(step, batch, data):
    """(function, arrays, data) for the Entry that a call with this batch would take, or None."""
    from rushlight.compile.native.loop import Loop, can_loop

    found = step.entry_for(batch)
    if found is None:
        return None
    entry, leaves = found
    result = entry.loss_alone()
    if result is None or len(leaves) != len(data) or not entry.may_loop(data):
        return None
    arrays = entry.arrays(leaves)
    compiled = entry.runner
    if not can_loop(compiled, result):
        return None
    feeds = {i: s.number for i, s in enumerate(entry.sources) if isinstance(s, Argument)}
    rows = [data[number] for number in feeds.values()]
    inputs = [compiled.inputs[i] for i in feeds]
    if any(x.dtype != y.dtype or x.shape[1:] != y.shape[1:] for x, y in zip(rows, inputs)):
        return None
    key = tuple(feeds), result
    if key not in compiled.loops:
        compiled.loops[key] = Loop(compiled, list(feeds), result)
    return compiled.loops[key].run, arrays, rows
