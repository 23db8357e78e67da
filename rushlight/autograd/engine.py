"""How derivatives flow: one loop over the tape.

`run` starts with gradients of the roots, takes the Node that was recorded last of those that have a
gradient (every consumer of its output was recorded later, so its gradient is complete), applies its
rules, and hands the results on along its edges, until nothing is left. It is iterative: a chain of
100,000 operations needs no stack.

`ordinary_pass` is that loop and nothing else, on arrays; a training step takes it. `Pass` is the
same loop for passes that are watched (hooks), that want some gradients only (`inputs=`), or whose
gradients are Tensors because they are to be differentiated again (`create_graph`).
"""

from __future__ import annotations

import sys
from heapq import heappop, heappush

import numpy as np

from rushlight.autograd import saved
from rushlight.autograd.tape import (
    AccumulateGrad,
    Output,
    hooks_exist,
    modes,
)
from rushlight.ops import fast
from rushlight.tensor import Tensor, as_array, wrap

__all__ = ["accumulate", "run"]


def run(roots, gradients, *, keep_graph=False, create_graph=False, inputs=None):
    """Propagate gradients from `roots` to the leaves, or to `inputs`.

    Args:
        roots: edges to start from.
        gradients: their gradients, Tensors.
        keep_graph: whether saved values stay for another pass.
        create_graph: whether the gradients can be differentiated themselves.
        inputs: edges whose gradients are returned; without them, leaves accumulate in `.grad`.

    Returns:
        The gradients (Tensors or None) of `inputs`, or None.
    """
    as_tensors = create_graph or fast.is_intercepted()
    flow = (TensorPass if as_tensors else ArrayPass)(keep_graph, create_graph, inputs)
    before = modes.grad_enabled
    modes.grad_enabled = create_graph
    try:
        flow.start(roots, gradients)
        flow.run()
        return flow.finish()
    finally:
        modes.grad_enabled = before


def run_ordinary(root, gradient, keep_graph):
    """Propagate one gradient, an array, to the leaves, and accumulate it there."""
    before = modes.grad_enabled
    modes.grad_enabled = False
    try:
        leaves = ordinary_pass(root, gradient, keep_graph)
        for leaf in list(leaves):
            accumulate_array(leaf, leaves.pop(leaf))
    finally:
        modes.grad_enabled = before


def is_ordinary():
    """Whether nothing watches: then `run_ordinary` does for a plain `backward()`."""
    return not (hooks_exist[0] or fast.is_intercepted())


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
            elif edge in sums and known.__class__ is np.ndarray:
                known += result
            else:
                waiting[edge] = known + result
                sums.add(edge)
    return leaves


def collect_output(output, gradient, pending, heap):
    """Put the gradient of one of several outputs in its place among them."""
    node = output.node
    slots = pending.get(node)
    if slots is None:
        slots = pending[node] = [None] * len(node.outputs)
        heappush(heap, (-node.seq, node))
    slots[output.index] = gradient


class Pass:
    """One backward pass: the gradients that wait, and the loop."""

    def __init__(self, keep_graph, create_graph, inputs):
        self.keep_graph = keep_graph
        self.create_graph = create_graph
        self.pending: dict = {}  # Node or Output -> gradient (a list of them, for several outputs)
        self.leaves: dict = {}  # leaf Tensor -> gradient
        self.owned: set = set()  # edges whose pending gradient is a sum that is ours alone
        self.heap: list = []
        self.inputs = inputs
        self.captured: dict = {}
        self.needed = None
        self.waiting: dict = {}  # leaf -> how many gradients are still to come, where hooks exist

    def start(self, roots, gradients):
        if self.inputs is not None:
            self.captured = dict.fromkeys(map(_target, self.inputs))
            self.needed = needed_for(self.captured, roots)
        if hooks_exist[0]:
            self.waiting = count_consumers(roots, self.needed)
        for edge, gradient in zip(roots, gradients, strict=True):
            self.add(edge, self.unwrap(gradient))

    def add(self, edge, gradient):
        """Add to what an edge has received."""
        if edge.__class__ is AccumulateGrad:
            edge = edge.variable
        is_leaf = isinstance(edge, Tensor)
        pending = self.leaves if is_leaf else self.pending
        known = pending.get(edge)
        if known is None:
            pending[edge] = gradient
            if not is_leaf:
                heappush(self.heap, (-edge.seq, edge))
        elif edge in self.owned:
            pending[edge] = self.add_to_own(known, gradient)
        else:
            pending[edge] = known + gradient
            self.owned.add(edge)
        if is_leaf and self.waiting:
            self.waiting[edge] -= 1
            if not self.waiting[edge]:
                self.reach_leaf(edge, self.leaves.pop(edge))

    def run(self):
        """The loop: latest Node first, until no gradient waits."""
        heap, pending, add = self.heap, self.pending, self.add
        while heap:
            node = heappop(heap)[1]
            gradient = pending.pop(node)
            if node.__class__ is Output:
                collect_output(node, gradient, pending, heap)
                continue
            edges = node.edges
            if self.needed is not None or node.hooks is not None:
                gradient, edges = self.prepare(node, gradient)
                if edges is None:
                    continue
            results = self.apply(node, gradient, edges)
            if node.hooks is not None and node.hooks.after:
                results = self.run_after_hooks(node, results, gradient)
            for edge, result in zip(edges, results):
                if edge is not None and result is not None:
                    add(edge, result)

    def prepare(self, node, gradient):
        """Run the hooks on a gradient, capture it, and drop the edges that nobody asked for."""
        if node.hooks is not None:
            gradient = self.run_before_hooks(node, gradient)
        if self.needed is None:
            return gradient, node.edges
        self.capture(node, gradient)
        edges = tuple(
            edge if edge is not None and _target(edge) in self.needed else None
            for edge in node.edges
        )
        return gradient, edges if any(edge is not None for edge in edges) else None

    def capture(self, node, gradient):
        several = isinstance(gradient, list)
        for index, each in enumerate(gradient if several else [gradient]):
            target = (node, index)
            if target in self.captured and each is not None:
                self.captured[target] = each

    def apply(self, node, gradient, edges):
        """The gradients of a Node's inputs."""
        if node.saved is None:
            saved.raise_freed()
        results = self.backward_of(node)(gradient, edges)
        if not self.keep_graph:
            node.release()
        return results

    # Hooks see Tensors, whatever flows

    def run_before_hooks(self, node, gradient):
        several = isinstance(gradient, list)
        shown = [None if g is None else self.wrap(g) for g in (gradient if several else [gradient])]
        hooks = node.hooks
        for index, known in list(hooks.tensor.items()):
            shown[index] = call_tensor_hooks(known, shown[index])
        for hook in list(hooks.before.values()):
            replaced = hook(tuple(shown))
            if replaced is not None:
                shown = list(replaced if isinstance(replaced, tuple) else (replaced,))
        for index, reference in list(hooks.retained.items()):
            tensor = reference()
            if tensor is not None and shown[index] is not None:
                tensor._grad = self.retained(shown[index])
        unwrapped = [None if g is None else self.unwrap(g) for g in shown]
        return unwrapped if several else unwrapped[0]

    def run_after_hooks(self, node, results, gradient):
        outputs = gradient if isinstance(gradient, list) else [gradient]
        shown_outputs = tuple(None if g is None else self.wrap(g) for g in outputs)
        shown = tuple(None if g is None else self.wrap(g) for g in results)
        for hook in list(node.hooks.after.values()):
            replaced = hook(shown, shown_outputs)
            if replaced is not None:
                shown = replaced if isinstance(replaced, tuple) else (replaced,)
        return tuple(None if g is None else self.unwrap(g) for g in shown)

    def reach_leaf(self, leaf, gradient):
        """A leaf's gradient is complete."""
        if leaf._hooks is not None:
            hooks = leaf._hooks.tensor.get(0, {})
            gradient = self.unwrap(call_tensor_hooks(hooks, self.wrap(gradient)))
        if self.inputs is None or (leaf, 0) in self.captured:
            if self.inputs is None:
                self.accumulate(leaf, gradient)
            else:
                self.captured[leaf, 0] = gradient

    def finish(self):
        leaves = self.leaves
        while leaves:
            leaf = next(iter(leaves))
            self.reach_leaf(leaf, leaves.pop(leaf))
        if self.inputs is None:
            return None
        found = (self.captured[_target(edge)] for edge in self.inputs)
        return [None if g is None else self.wrap(g) for g in found]


class ArrayPass(Pass):
    """An ordinary pass: gradients are arrays."""

    @staticmethod
    def unwrap(gradient):
        return None if gradient is None else gradient._array

    @staticmethod
    def wrap(gradient):
        return wrap(as_array(gradient))

    retained = staticmethod(lambda shown: wrap(shown._array.copy()))

    @staticmethod
    def backward_of(node):
        return node.backward

    @staticmethod
    def add_to_own(known, gradient):
        if isinstance(known, np.ndarray):
            known += gradient
            return known
        return known + gradient

    @staticmethod
    def accumulate(leaf, gradient):
        accumulate_array(leaf, gradient)


class TensorPass(Pass):
    """A pass whose gradients are Tensors, to be differentiated again or watched."""

    @staticmethod
    def unwrap(gradient):
        return gradient

    @staticmethod
    def wrap(gradient):
        return gradient

    retained = staticmethod(lambda shown: shown)

    @staticmethod
    def backward_of(node):
        return node.backward_tensors

    @staticmethod
    def add_to_own(known, gradient):
        return known + gradient

    def accumulate(self, leaf, gradient):
        accumulate(leaf, gradient, self.create_graph)


def accumulate_array(leaf, gradient):
    """Add an array to the `.grad` of a leaf."""
    known = leaf._grad
    if known is None:
        leaf._grad = wrap(own(gradient))
    else:
        known._array += gradient
        known._counter[0] += 1
    if leaf._hooks is not None:
        call_accumulated_hooks(leaf)


def accumulate(leaf, gradient, create_graph=False):
    """Add a Tensor to the `.grad` of a leaf."""
    known = leaf._grad
    if known is None:
        leaf._grad = gradient if create_graph else wrap(gradient._array.copy())
    elif create_graph:
        leaf._grad = known + gradient
    else:
        known.add_(gradient)
    if leaf._hooks is not None:
        call_accumulated_hooks(leaf)


def call_accumulated_hooks(leaf):
    """Tell whoever wants to know that a leaf's `.grad` was added to."""
    for hook in list(leaf._hooks.accumulated.values()):
        hook(leaf)


def call_tensor_hooks(hooks, gradient):
    """The gradient after a tensor's hooks, each of which may replace it."""
    for hook in list(hooks.values()):
        replaced = hook(gradient)
        if replaced is not None:
            gradient = replaced
    return gradient


# Whose memory a gradient is -----------------------------------------------------------------------


def own(gradient):
    """The gradient as an array that nobody else holds: itself if so, else a copy."""
    if gradient.__class__ is not np.ndarray:
        return as_array(gradient)
    if gradient.base is None and _holders(gradient) <= _ALONE:
        return gradient
    return gradient.copy()


def _holders(array):
    return sys.getrefcount(array)


_ALONE = 0  # measured below


def measure_alone():
    """How many references `_holders` counts on an array that only a pass holds.

    It is counted through the very calls of an ordinary pass, since the number depends on the
    Python. Other ways lead through more calls: they count more, and copy when in doubt.
    """
    counts = []

    def spy(array):
        counts.append(sys.getrefcount(array))
        return counts[-1]

    global _holders, _ALONE
    real, _holders = _holders, spy
    leaf = wrap(np.ones(2, np.float32))
    leaf._requires_grad = True
    run_ordinary((leaf * 2.0)._node, np.ones(2, np.float32), False)
    _holders = real
    _ALONE = counts[0]


# Which Nodes matter -------------------------------------------------------------------------------


def _target(edge):
    """An edge as what is captured: a leaf or Node, and the number of its output."""
    if edge.__class__ is AccumulateGrad:
        return edge.variable, 0
    if edge.__class__ is Output:
        return edge.node, edge.index
    return edge, 0


def reachable(roots):
    """All Nodes that can be reached from these edges."""
    found: set = set()
    stack = [_target(edge)[0] for edge in roots]
    while stack:
        node = stack.pop()
        if node in found or isinstance(node, Tensor):
            continue
        found.add(node)
        stack += [_target(edge)[0] for edge in node.edges if edge is not None]
    return found


def needed_for(targets, roots):
    """The targets, and every edge from which one of them can be reached."""
    nodes_wanted = {node for node, _ in targets}
    needed = set(targets)
    for node in sorted(reachable(roots), key=lambda n: n.seq):
        leads = any(edge is not None and _target(edge) in needed for edge in node.edges)
        if leads or node in nodes_wanted:
            several = getattr(node, "outputs", None)
            needed.update((node, i) for i in range(len(several) if several else 1))
    return needed


def count_consumers(roots, needed):
    """For each leaf, how many gradients will arrive at it."""
    counts: dict = {}
    edges = [*roots]
    for node in reachable(roots):
        edges += [
            e for e in node.edges if e is not None and (needed is None or _target(e) in needed)
        ]
    for edge in edges:
        leaf = _target(edge)[0]
        if isinstance(leaf, Tensor):
            counts[leaf] = counts.get(leaf, 0) + 1
    return counts
