"""Which Nodes a backward pass will come to."""

from __future__ import annotations

import operator

from rushlight.autograd.tape import AccumulateGrad, Output
from rushlight.tensor import Tensor

__all__ = ["count_consumers", "followed", "reachable", "routes_to", "target"]


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
    stack = list(roots)
    while stack:
        node = stack.pop()
        if node is None or node in found or isinstance(node, _LEAVES):
            continue
        if node.__class__ is Output:
            stack.append(node.node)
        else:
            found.add(node)
            stack += node.edges
    return found


_LEAVES = Tensor, AccumulateGrad


def routes_to(targets, roots):
    """Where gradients flow in a pass that is confined to these targets.

    Returns:
        For every Node and leaf from which a target can be reached, its edges, with None in place of
        those that lead to none. What is a target only, and leads to no other, has no edges.
    """
    routes: dict = {node: () for node, _ in targets}
    for node in sorted(reachable(roots), key=_position):
        edges = followed(node.edges, routes)
        if edges:
            routes[node] = edges
    return routes


_position = operator.attrgetter("seq")


def followed(edges, routes):
    """The edges that lead to a target, None in place of others; empty if there is none."""
    kept, leads = [], False
    for edge in edges:
        if edge is not None and edge not in routes:
            edge = _led_on(edge, routes)
        kept.append(edge)
        leads = leads or edge is not None
    return kept if leads else ()


def _led_on(edge, routes):
    """An edge that isn't itself in the routes: a leaf, an output of a Node that is, or None."""
    leaf_or_node = target(edge)[0]
    if leaf_or_node not in routes:
        return None
    return edge if edge.__class__ is Output else leaf_or_node


def count_consumers(roots, needed):
    """For each leaf, how many gradients will arrive at it."""
    counts: dict = {}
    edges = [*roots]
    for node in reachable(roots):
        edges += [
            e for e in node.edges if e is not None and (needed is None or target(e)[0] in needed)
        ]
    for edge in edges:
        leaf = target(edge)[0]
        if isinstance(leaf, Tensor):
            counts[leaf] = counts.get(leaf, 0) + 1
    return counts
