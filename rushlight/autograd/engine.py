"""How derivatives flow: one loop over the tape.

A pass starts with gradients of the roots, takes the Node that was recorded last of those with a
gradient (every consumer of its output was recorded later, so its gradient is complete), applies its
rules, and hands the results on along its edges, until nothing is left. It is iterative: a chain of
100,000 operations needs no stack.

`ordinary_pass` is that loop and nothing else, on arrays; a training step takes it. `watched.Pass`
is the same loop for passes that are watched (hooks), that want some gradients only (`inputs=`), or
whose gradients are Tensors because they are to be differentiated again (`create_graph`).
"""

from __future__ import annotations

import threading
from heapq import heappop, heappush
from sys import getrefcount

import numpy as np

from rushlight.autograd import saved
from rushlight.autograd.tape import Node, Output, hooks_exist, modes
from rushlight.kernels.elements import HUGE, LARGE, added, copied
from rushlight.ops import fast, inplace
from rushlight.ops.op import recorded_as
from rushlight.tensor import Tensor, as_array, wrap

__all__ = ["accumulate", "accumulate_array", "is_ordinary", "queue_callback", "run_ordinary"]


#: held while `.grad` is added to: leaves may be shared by passes in several threads
accumulating = threading.RLock()


def run_ordinary(root, gradient, keep_graph):
    """Propagate one gradient, an array, to the leaves, and accumulate it there."""
    before = modes.grad_enabled
    modes.grad_enabled = False
    try:
        leaves = ordinary_pass(root, gradient, keep_graph)
        with accumulating:
            for leaf in list(leaves):
                if leaf._requires_grad:
                    accumulate_array(leaf, leaves.pop(leaf))
    finally:
        modes.grad_enabled = before
    if callbacks:
        run_callbacks()


#: (thread, function): what is to be called when the backward pass of that thread ends
callbacks: list = []


def queue_callback(function):
    """Call `function()` at the end of the backward pass that runs in this thread.

    Raises:
        RuntimeError: none runs.
    """
    if modes.current_pass is None and not modes.depth:
        raise RuntimeError("Final callbacks can only be installed during backward pass.")
    callbacks.append((threading.get_ident(), function))


def run_callbacks():
    """Call what was queued in this thread."""
    here = threading.get_ident()
    mine = [each for each in callbacks if each[0] == here]
    while mine:
        for each in mine:
            callbacks.remove(each)
            each[1]()
        mine = [each for each in callbacks if each[0] == here]


def is_ordinary():
    """Whether nothing watches: then `run_ordinary` does for a plain `backward()`."""
    return not (hooks_exist[0] or modes.layers or fast.is_intercepted())


def ordinary_pass(root, gradient, keep_graph):
    """The loop: latest Node first, until no gradient waits. Returns the leaves' gradients."""
    leaves: dict = {}
    pending = {root: gradient}
    heap = [(-root.seq, root)]
    sums = set()  # edges whose waiting gradient is a sum, made here, that can be added to in place
    while heap:
        node = heappop(heap)[1]
        gradient = pending.pop(node)
        if node.__class__ is Output:
            collect_output(node, gradient, pending, heap)
            continue
        if node.saved is None:
            saved.raise_freed()
        edges = node.edges
        results = node.backward(gradient, edges)
        gradient = None  # and with `results` below: memory that nobody needs any more
        if not keep_graph:
            node.release()
        for edge, result in zip(edges, results):
            if edge is None or result is None:
                continue
            is_leaf = isinstance(edge, Tensor)
            waiting = leaves if is_leaf else pending
            known = waiting.get(edge)
            if known is None:
                waiting[edge] = result
                if not is_leaf:
                    heappush(heap, (-edge.seq, edge))
            elif known.__class__ is not np.ndarray:
                waiting[edge] = known + result
            elif LARGE <= known.size < HUGE:
                waiting[edge] = added(known, result)
            elif edge in sums:
                known += result
            else:
                waiting[edge] = known + result
                sums.add(edge)
        results = result = known = None
    return leaves


def collect_output(output, gradient, pending, heap):
    """Put the gradient of one of several outputs in its place among them."""
    node = output.node
    slots = pending.get(node)
    if slots is None:
        slots = pending[node] = [None] * len(node.outputs)
        heappush(heap, (-node.seq, node))
    known = slots[output.index]
    if known is None or gradient is None:
        slots[output.index] = known if gradient is None else gradient
    else:
        slots[output.index] = known + gradient


def accumulate_array(leaf, gradient):
    """Add an array to the `.grad` of a leaf."""
    known = leaf._grad
    if known is None:
        leaf._grad = wrap(own(gradient, leaf._array))
    else:
        array = known._array
        if array.ndim:
            if 0 in array.strides:
                inplace.check_places(array)
            array += gradient
        else:
            array[()] = array[()] + gradient  # NumPy takes longer to add in place to one number
        known._counter[0] += 1


def accumulate(leaf, gradient, create_graph=False):
    """Add a Tensor to the `.grad` of a leaf."""
    known = leaf._grad
    if known is None:
        if create_graph:
            leaf._grad = recorded_as(gradient.clone(), "CopyBackwards")
        else:
            leaf._grad = wrap(gradient._array.copy())
    elif create_graph:
        leaf._grad = known + gradient
    else:
        known.add_(gradient)


# Whose memory a gradient is -----------------------------------------------------------------------


def own(gradient, like):
    """The gradient as an array that nobody else holds: itself if so, else a copy.

    Its elements lie in memory as those of the leaf, `like`, do.
    """
    if gradient.__class__ is not np.ndarray:
        return as_array(gradient)
    in_order = like.flags.c_contiguous
    if gradient.base is None and getrefcount(gradient) <= _ALONE:
        if gradient.flags.c_contiguous if in_order else gradient.strides == like.strides:
            return gradient
        if not modes.grad_layout:
            return gradient
    if in_order or 0 in like.strides:
        return copied(gradient) if gradient.size >= LARGE else gradient.copy()
    made = np.empty_like(like, gradient.dtype)
    made[...] = gradient
    return made


_ALONE = 0  # measured below


class _Twice(Node):
    """The Node of a product with 2, which knows which array it made."""

    __slots__ = ("made",)

    def backward(self, gradient, edges):
        doubled = gradient * 2
        self.made = id(doubled)
        return (doubled,)


def measure_alone():
    """How many references `own` counts on an array that only a pass holds.

    It is counted through the very calls of an ordinary pass, since the number depends on the
    Python. Other ways lead through more calls: they count more, and copy when in doubt.
    """
    global _ALONE
    for _ALONE in range(16):
        if _is_taken_over():
            return


def _is_taken_over():
    """Whether a leaf's gradient is the array that a rule made, and no copy of it."""
    leaf = wrap(np.ones(2, np.float32))
    leaf._requires_grad = True
    node = _Twice()
    node.edges, node.saved, node.seq = (leaf,), (), 0
    run_ordinary(node, np.ones(2, np.float32), False)
    return id(leaf._grad._array) == node.made
