"""Which Nodes a backward pass will come to."""

from __future__ import annotations

from rushlight.autograd.tape import AccumulateGrad, Output
from rushlight.tensor import Tensor

__all__ = ["count_consumers", "needed_for", "reachable", "target"]


def target(edge):
    """An edge as what is captured: a leaf or Node, and the number of its output."""
    if edge.__class__ is AccumulateGrad:
        return edge.variable, 0
    if edge.__class__ is Output:
        return edge.node, edge.index
    return edge, 0


def reachable(roots):
    """All Nodes that can be reached from these edges."""
    found: set = set()
    stack = [target(edge)[0] for edge in roots]
    while stack:
        node = stack.pop()
        if node in found or isinstance(node, Tensor):
            continue
        found.add(node)
        stack += [target(edge)[0] for edge in node.edges if edge is not None]
    return found


def needed_for(targets, roots):
    """The targets, and every edge from which one of them can be reached."""
    nodes_wanted = {node for node, _ in targets}
    needed = set(targets)
    for node in sorted(reachable(roots), key=lambda n: n.seq):
        leads = any(edge is not None and target(edge) in needed for edge in node.edges)
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
            e for e in node.edges if e is not None and (needed is None or target(e) in needed)
        ]
    for edge in edges:
        leaf = target(edge)[0]
        if isinstance(leaf, Tensor):
            counts[leaf] = counts.get(leaf, 0) + 1
    return counts
