"""The backward pass where somebody watches: hooks, `inputs=`, `create_graph`, anomaly detection.

The loop is that of `engine.ordinary_pass`. What flows is arrays (`ArrayPass`), or Tensors where the
gradients are to be differentiated again (`TensorPass`).
"""

from __future__ import annotations

from heapq import heappop, heappush

import numpy as np

from rushlight.autograd import reach, saved
from rushlight.autograd.anomaly_mode import guarded
from rushlight.autograd.engine import (
    accumulate,
    accumulate_array,
    accumulating,
    callbacks,
    collect_output,
    run_callbacks,
)
from rushlight.autograd.tape import AccumulateGrad, Output, hooks_exist, modes
from rushlight.ops import fast
from rushlight.tensor import Tensor, as_array, type_name, wrap

__all__ = ["run"]


def run(roots, gradients, *, keep_graph=False, create_graph=False, inputs=None, captures=True):
    """Propagate gradients from `roots` to the leaves, or to `inputs`.

    Args:
        roots: edges to start from.
        gradients: their gradients, Tensors.
        keep_graph: whether saved values stay for another pass.
        create_graph: whether the gradients can be differentiated themselves.
        inputs: edges that the pass is confined to.
        captures: whether the gradients of `inputs` are returned. If not, they accumulate in the
            leaves' `.grad`, as they do without `inputs`.

    Returns:
        The gradients (Tensors or None) of `inputs`, or None.
    """
    as_tensors = create_graph or fast.is_intercepted() or modes.layers
    flow = (TensorPass if as_tensors else ArrayPass)(keep_graph, create_graph, inputs, captures)
    before = modes.grad_enabled, modes.current_pass, modes.evaluating
    modes.grad_enabled, modes.current_pass = create_graph, flow
    try:
        flow.start(roots, gradients)
        flow.run()
        found = flow.finish()
    finally:
        modes.grad_enabled, modes.current_pass, modes.evaluating = before
    if callbacks:
        run_callbacks()
    return found


class Pass:
    """One backward pass: the gradients that wait, and the loop.

    Attributes:
        pending: Node or Output -> gradient (a list of them, for several outputs).
        leaves: leaf Tensor -> gradient.
        owned: edges whose pending gradient is a sum that is ours alone.
        captured: target -> gradient that is to be returned; None if none is.
        routes: for each Node of a confined pass, the edges to follow; None for all.
        executed: Nodes that run although nothing beyond them is needed.
        waiting: leaf -> how many gradients are still to come, where hooks exist.
    """

    def __init__(self, keep_graph, create_graph, inputs, captures):
        self.keep_graph = keep_graph
        self.create_graph = create_graph
        self.pending: dict = {}
        self.leaves: dict = {}
        self.owned: set = set()
        self.heap: list = []
        self.inputs = inputs
        self.captured = {} if inputs is not None and captures else None
        self.routes = None
        self.executed: set = set()
        self.waiting: dict = {}

    def start(self, roots, gradients):
        self.roots = roots
        if self.inputs is not None:
            targets = [reach.target(edge) for edge in self.inputs]
            self.routes = reach.routes_to(targets, roots)
            if self.captured is None:
                self.executed = {node for node, _ in targets}
            else:
                self.captured = dict.fromkeys(targets)
        if hooks_exist[0]:
            self.waiting = reach.count_consumers(roots, self.routes)
        for edge, gradient in zip(roots, gradients, strict=True):
            if self.routes is None or reach.target(edge)[0] in self.routes:
                self.add(edge, self.unwrap(gradient))

    def will_reach(self, node, number):
        """Whether a gradient will arrive at this output of a Node."""
        if self.captured is not None and isinstance(node, Tensor):
            raise RuntimeError(
                "A leaf node was passed to _will_engine_execute_node but we are currently running "
                "autograd.grad(). This is currently not supported."
            )
        if self.routes is not None:
            return node in self.routes
        return node in self.waiting or node in reach.reachable(self.roots)

    def add(self, edge, gradient):
        """Add to what an edge has received; None where a rule says that there is no gradient."""
        if edge.__class__ is AccumulateGrad:
            edge = edge.variable
        is_leaf = isinstance(edge, Tensor)
        pending = self.leaves if is_leaf else self.pending
        if edge not in pending:
            pending[edge] = gradient
            if not is_leaf:
                heappush(self.heap, (-edge.seq, edge))
        elif pending[edge] is None:
            pending[edge] = gradient
        elif gradient is not None:
            self.add_to(pending, edge, gradient)
        if is_leaf and self.waiting:
            self.waiting[edge] -= 1
            if not self.waiting[edge]:
                self.reach_leaf(edge, self.leaves.pop(edge))

    def add_to(self, pending, edge, gradient):
        """Add to a gradient that waits already; in its own memory, if that is ours alone."""
        if edge in self.owned:
            pending[edge] = self.add_to_own(pending[edge], gradient)
        else:
            pending[edge] = pending[edge] + gradient
            self.owned.add(edge)

    def run(self):
        """The loop: latest Node first, until no gradient waits."""
        heap, pending = self.heap, self.pending
        while heap:
            node = heappop(heap)[1]
            gradient = pending.pop(node)
            if node.__class__ is Output:
                collect_output(node, gradient, pending, heap)
            else:
                self.owned.discard(node)
                self.visit(node, gradient)

    def visit(self, node, gradient):
        """Apply a Node's rules to its gradient, and hand the results on."""
        edges = node.edges
        if self.routes is not None:
            edges = self.routes[node] or (None,) * len(edges)
            executes = node in self.executed or bool(self.routes[node])
            if self.captured is not None:
                gradient = self.capture(node, gradient, executes)
            if not executes:
                return
        if node.hooks is not None:
            gradient = self.run_tensor_hooks(node, gradient)
            gradient = self.run_before_hooks(node, gradient)
        modes.evaluating = node
        results = self.apply(node, gradient, edges)
        if node.hooks is not None and node.hooks.after:
            results = self.run_after_hooks(node, results, gradient)
            if modes.anomaly:
                results = guarded(lambda *_, hooked=results: hooked, node, gradient, edges)
        gradient = None
        for edge, result in zip(edges, results, strict=False):
            if edge is not None:
                self.add(edge, result)

    def capture(self, node, gradient, executes):
        """Note a gradient that was asked for; the tensor's hooks come first if nothing follows."""
        if not executes and node.hooks is not None:
            gradient = self.run_tensor_hooks(node, gradient)
        for index, each in enumerate(gradient if isinstance(gradient, list) else [gradient]):
            if (node, index) in self.captured and each is not None:
                self.captured[node, index] = each
        return gradient

    def apply(self, node, gradient, edges):
        """The gradients of a Node's inputs."""
        if node.saved is None:
            saved.raise_freed()
        backward = self.backward_of(node)
        if modes.recorder is not None:
            backward = modes.recorder.watched_rules(node, backward)
        if not saved.is_defined(gradient) and not node.materializes:
            results = (None,) * len(edges)
        elif modes.anomaly:
            results = guarded(backward, node, gradient, edges)
        else:
            results = backward(gradient, edges)
        if not self.keep_graph:
            node.release()
        return results

    # Hooks see Tensors, whatever flows

    def shown(self, gradient):
        """What hooks are shown: a list of Tensors (or None), one for each output."""
        several = isinstance(gradient, list)
        return [None if g is None else self.wrap(g) for g in (gradient if several else [gradient])]

    def flowing(self, shown, like):
        """What flows on, of the same form as `like`."""
        unwrapped = [None if g is None else self.unwrap(g) for g in shown]
        return unwrapped if isinstance(like, list) else unwrapped[0]

    def run_tensor_hooks(self, node, gradient):
        hooks = node.hooks
        if not hooks.tensor and not hooks.retained:
            return gradient
        shown = self.shown(gradient)
        for index, known in list(hooks.tensor.items()):
            shown[index] = call_tensor_hooks(known, shown[index])
        for index, reference in list(hooks.retained.items()):
            tensor = reference()
            if tensor is not None and shown[index] is not None:
                self.retain(tensor, shown[index])
        return self.flowing(shown, gradient)

    def run_before_hooks(self, node, gradient):
        if not node.hooks.before:
            return gradient
        shown = tuple(self.shown(gradient))
        for hook in list(node.hooks.before.values()):
            shown = replaced(hook, hook(shown), shown)
        return self.flowing(shown, gradient)

    def run_after_hooks(self, node, results, gradient):
        outputs = tuple(self.shown(gradient))
        shown = tuple(None if g is None else self.wrap(g) for g in results)
        for hook in list(node.hooks.after.values()):
            shown = replaced(hook, hook(shown, outputs), shown)
        return tuple(None if g is None else self.unwrap(g) for g in shown)

    def reach_leaf(self, leaf, gradient):
        """A leaf's gradient is complete."""
        hooks = leaf._hooks
        if hooks is not None and hooks.is_empty() and "_grad_dtype" not in leaf.__dict__:
            hooks = leaf._hooks = None  # so that later passes can be ordinary again
        if hooks is not None and hooks.tensor:
            shown = call_tensor_hooks(hooks.of_tensor(0), self.wrap(gradient))
            gradient = self.unwrap(shown)
        if self.captured is not None:
            if (leaf, 0) in self.captured:
                self.captured[leaf, 0] = gradient
            return
        if hooks is None:
            if gradient is not None and leaf._requires_grad:
                self.add_to_grad(leaf, gradient)
            return
        node = AccumulateGrad.of(leaf)
        gradient = self.run_before_hooks(node, gradient)
        if gradient is None or not leaf._requires_grad:
            return
        self.add_to_grad(leaf, self.in_grad_dtype(leaf, gradient))
        for hook in list(hooks.accumulated.values()):
            returned = hook(leaf)
            check_replacement(hook, returned, leaf)
            if returned is not None and returned is not leaf:
                raise RuntimeError("Tensor post accumulate grad hooks should return None.")
        if hooks.after:
            self.run_after_hooks(node, (), gradient)

    def add_to_grad(self, leaf, gradient):
        """Accumulate a gradient, as an event of the profile that runs, if there is one."""
        accumulate = self.accumulate
        if modes.recorder is not None:
            accumulate = modes.recorder.watched_rules(AccumulateGrad.of(leaf), accumulate)
        accumulate(leaf, gradient)

    def in_grad_dtype(self, leaf, gradient):
        """A gradient in the dtype in which the leaf wants it."""
        wanted = leaf.__dict__.get("_grad_dtype")
        if wanted is None or wanted is self.wrap(gradient).dtype:
            return gradient
        return self.unwrap(self.wrap(gradient).to(wanted))

    def finish(self):
        leaves = self.leaves
        while leaves:
            leaf = next(iter(leaves))
            self.reach_leaf(leaf, leaves.pop(leaf))
        if self.captured is None:
            return None
        found = (self.captured[reach.target(edge)] for edge in self.inputs)
        return [None if g is None else self.wrap(g) for g in found]


class ArrayPass(Pass):
    """An ordinary pass: gradients are arrays."""

    @staticmethod
    def unwrap(gradient):
        return None if gradient is None else gradient._array

    @staticmethod
    def wrap(gradient):
        return None if gradient is None else wrap(as_array(gradient))

    @staticmethod
    def retain(tensor, shown):
        known = tensor._grad
        array = shown._array if known is None else known._array + shown._array
        tensor._grad = wrap(array.copy() if known is None else as_array(array))

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
        with accumulating:
            accumulate_array(leaf, gradient)


class TensorPass(Pass):
    """A pass whose gradients are Tensors, to be differentiated again or watched."""

    @staticmethod
    def unwrap(gradient):
        return gradient

    wrap = unwrap

    @staticmethod
    def retain(tensor, shown):
        tensor._grad = shown.clone() if tensor._grad is None else tensor._grad + shown

    @staticmethod
    def backward_of(node):
        return node.backward_tensors

    @staticmethod
    def add_to_own(known, gradient):
        return known + gradient

    def accumulate(self, leaf, gradient):
        with accumulating:
            accumulate(leaf, gradient, self.create_graph)


# Hooks --------------------------------------------------------------------------------------------


def call_tensor_hooks(hooks, gradient):
    """The gradient after a tensor's hooks, each of which may replace it."""
    for hook in list(hooks.values()):
        new = hook(gradient)
        if new is not None:
            check_replacement(hook, new, gradient)
            gradient = new
    return gradient


def replaced(hook, new, old):
    """The gradients after a hook of a Node, which returned `new` for `old`."""
    if new is None:
        return old
    if not isinstance(new, tuple):
        raise TypeError(f"expected tuple, but hook returned '{type_name(new)}'")
    if len(new) != len(old):
        raise RuntimeError(
            f"hook '{name_of(hook)}' has returned an incorrect number of values (got {len(new)}, "
            f"but expected {len(old)})"
        )
    for after, before in zip(new, old, strict=True):
        check_replacement(hook, after, before)
    return new


def check_replacement(hook, new, old):
    """Refuse what can't stand in for a gradient.

    Raises:
        TypeError: it is no tensor.
        RuntimeError: it has another dtype or shape.
    """
    if new is None:
        return
    if old is None:
        raise RuntimeError("can't replace a None gradient with a non-None value")
    if not isinstance(new, Tensor):
        raise TypeError(f"expected Variable, but hook returned '{type_name(new)}'")
    if new._array.dtype != old._array.dtype:
        was, got = saved.tensor_type(old._array), saved.tensor_type(new._array)
        raise RuntimeError(
            f"hook '{name_of(hook)}' has changed the type of value (was {was} got {got})"
        )
    if new._array.shape != old._array.shape:
        raise RuntimeError(f"hook '{name_of(hook)}' has changed the size of value")


def name_of(hook):
    """A hook's name for messages."""
    return hook if isinstance(hook, str) else getattr(hook, "__name__", "<unknown>")
