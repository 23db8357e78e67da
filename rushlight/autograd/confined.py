"""The pass of `grad`: confined to what leads to the inputs, where nobody watches.

The loop is that of `engine.ordinary_pass`; `watched.Pass` is its twin where hooks exist.
"""

from __future__ import annotations

from heapq import heappop, heappush

from rushlight.autograd import reach, saved
from rushlight.autograd.engine import callbacks, collect_output, run_callbacks
from rushlight.autograd.tape import Output, modes
from rushlight.tensor import Tensor, as_array, wrap

__all__ = ["gradients_of"]


class Confinement:
    """What Functions can ask about the pass that runs: the edges that it is confined to."""

    __slots__ = ("inputs",)

    def __init__(self, inputs):
        self.inputs = inputs


def gradients_of(inputs, roots, gradients, keep_graph, create_graph):
    """The gradients of `inputs`, given those of `roots`; all of these are edges.

    Args:
        gradients: Tensors.
        keep_graph: whether saved values stay for another pass.
        create_graph: whether the gradients can be differentiated themselves.

    Returns:
        Tensors, or None for inputs that the roots don't depend on.
    """
    targets = [reach.target(edge) for edge in inputs]
    before = modes.grad_enabled, modes.current_pass
    modes.grad_enabled, modes.current_pass = create_graph, Confinement(inputs)
    flowing = gradients if create_graph else [g._array for g in gradients]
    backward = backward_on_tensors if create_graph else backward_on_arrays
    try:
        routes = reach.routes_to(targets, roots)
        found = run(targets, reach.followed(roots, routes), flowing, keep_graph, backward, routes)
    finally:
        modes.grad_enabled, modes.current_pass = before
    if callbacks:
        run_callbacks()
    gradients = [found.get(target) for target in targets]
    if create_graph:
        return gradients
    return [g if g is None else wrap(as_array(g)) for g in gradients]


def backward_on_tensors(node, gradient, edges):
    """The gradients of a Node's inputs, Tensors."""
    return node.backward_tensors(gradient, edges)


def backward_on_arrays(node, gradient, edges):
    """The gradients of a Node's inputs, arrays."""
    return node.backward(gradient, edges)


def run(targets, roots, flowing, keep_graph, backward, routes=None):
    """The loop; target -> gradient for those that are reached.

    Args:
        flowing: the gradients of the roots, arrays or Tensors.
        backward: `backward(node, gradient, edges)` gives the gradients of a Node's inputs.
        routes: for each Node, its edges that lead to a target; None if all do.
    """
    pending: dict = {}  # Node, Output or leaf -> gradient; None where a rule says there is none
    heap: list = []
    found: dict = {}
    wanted = {node for node, _ in targets}
    add_along(roots, flowing, pending, heap)
    while heap:
        node = heappop(heap)[1]
        gradient = pending.pop(node)
        if node.__class__ is Output:
            collect_output(node, gradient, pending, heap)
            continue
        if node in wanted:
            note(found, node, gradient)
        edges = node.edges if routes is None else routes[node]
        if not edges:
            continue
        if node.saved is None:
            saved.raise_freed()
        if not (node.materializes or saved.is_defined(gradient)):
            results = (None,) * len(edges)
        else:
            results = backward(node, gradient, edges)
        gradient = None  # and with `results` below: memory that nobody needs any more
        if not keep_graph:
            node.release()
        add_along(edges, results, pending, heap)
        results = None
    found.update(((leaf, 0), pending[leaf]) for leaf in wanted if leaf in pending)
    return found


def add_along(edges, gradients, pending, heap):
    """Add gradients to what their edges have received."""
    for edge, gradient in zip(edges, gradients):
        if edge is None:
            continue
        if edge not in pending:
            pending[edge] = gradient
            if not isinstance(edge, Tensor):
                heappush(heap, (-edge.seq, edge))
        elif gradient is not None:
            known = pending[edge]
            pending[edge] = gradient if known is None else known + gradient


def note(found, node, gradient):
    """Note a Node's gradient as found, or those of its outputs."""
    for index, each in enumerate(gradient if isinstance(gradient, list) else [gradient]):
        found[node, index] = each
