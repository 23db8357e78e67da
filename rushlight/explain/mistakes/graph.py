"""What can be read off the graph of a loss, before its backward pass frees it."""

from __future__ import annotations

from rushlight.autograd.tape import Node, Output
from rushlight.explain.catalogue import say
from rushlight.explain.mistakes import ProbabilitiesAsScores, TargetShape
from rushlight.explain.mistakes.report import place_of_line, report, situation
from rushlight.explain.mistakes.watch import Check
from rushlight.explain.provenance import here
from rushlight.tensor import Tensor

__all__ = ["CHECKS", "leaves_below", "node_of", "nodes_from", "place_of_node"]

#: how often the graph of the losses of one line is read
_TIMES = 2
_MOST_NODES = 5000


def node_of(edge):
    """The Node at an edge; None for a leaf, or for nobody."""
    if edge.__class__ is Output:
        return edge.node
    return edge if isinstance(edge, Node) else None


def nodes_from(root):
    """The Nodes of a graph, each once; of large graphs, those nearest to the root."""
    first = node_of(root._node)
    waiting, known = [first] if first is not None else [], {first}
    for node in waiting:
        yield node
        for edge in node.edges or ():
            following = node_of(edge)
            if following is not None and following not in known and len(known) < _MOST_NODES:
                known.add(following)
                waiting.append(following)


def leaves_below(node):
    """The leaves to which gradients flow through a Node; none through None."""
    found, known, waiting = [], {node}, [node] if node is not None else []
    for each in waiting:
        for edge in each.edges or ():
            if isinstance(edge, Tensor):
                found.append(edge)
            elif (following := node_of(edge)) is not None and following not in known:
                known.add(following)
                waiting.append(following)
    return found


def place_of_node(node):
    """The line that recorded a Node; None if that isn't known."""
    return place_of_line(getattr(node, "line", 0))


def is_named(node, *names):
    """Whether a Node is of one of these operations."""
    return type(node).__name__.rstrip("0123456789").removesuffix("Backward") in names


class LossGraph(Check):
    """Softmax before `cross_entropy`, and targets that broadcast in a loss written by hand."""

    def __init__(self):
        self.times: dict = {}
        self.settled = -1  # the latest line that was read often enough: mostly there is one

    def before_backward(self, root):
        line = here[0]
        if line == self.settled:
            return
        times = self.times.get(line, 0)
        if times >= _TIMES:
            self.settled = line
        else:
            self.times[line] = times + 1
            for node in nodes_from(root):
                tell_probabilities(node)
            tell_broadcast(root)


# Softmax twice ------------------------------------------------------------------------------------

_VIEWS = ("View", "Reshape", "UnsafeView", "Permute", "Transpose", "T", "Squeeze", "Unsqueeze")
_PAIRS = {
    "LogSoftmax": ("Softmax", "cross_entropy", "softmax"),
    "BinaryCrossEntropyWithLogits": (
        "Sigmoid",
        "binary_cross_entropy_with_logits",
        "sigmoid",
    ),
}


def tell_probabilities(node):
    """Whether a Node takes softmax of a softmax, or the sigmoid of a sigmoid."""
    for taken, (given, function, name) in _PAIRS.items():
        if is_named(node, taken):
            before = behind_views(node.edges[0])
            if before is not None and is_named(before, given):
                place = place_of_node(node) or situation().here
                why = say("twice.why", function=function, name=name)
                fix = say("twice.fix", function=function, name=name)
                where = [(place_of_node(before), say("twice.place", name=name))]
                report(ProbabilitiesAsScores, place, why, [fix], where)
    if is_named(node, "NllLoss", "NllLoss2D"):
        before = behind_views(node.edges[0])
        if before is not None and is_named(before, "Softmax"):
            place = place_of_node(node) or situation().here
            where = [(place_of_node(before), "")]
            fixes = [say("nll.fix"), say("nll.fix.layer")]
            report(ProbabilitiesAsScores, place, say("nll.why"), fixes, where)


def behind_views(edge):
    """The Node that made a value, before it was reshaped."""
    node = node_of(edge)
    while node is not None and is_named(node, *_VIEWS):
        node = node_of(node.edges[0])
    return node


# Predictions (n, 1) against targets (n,) ----------------------------------------------------------

_OF_LOSSES = ("Mean", "Sum", "Pow", "Abs", "Mul", "Div", "Square", "Huber", "Sqrt", "Add", "Neg")
_MADE_BY_HAND = ("Unsqueeze", "Index", "Slice", "Select", "Expand", "Reshape", "View")


def tell_broadcast(root):
    """Whether the loss is the mean of differences (n, n) of predictions (n, 1) and constants (n,).

    Differences of all pairs may be meant; then somebody has made the (n, 1) by `x[:, None]` or the
    like, or the difference isn't reduced at once. Nodes don't keep the shape of a constant: it
    counts only if the user's code has a tensor of that shape.
    """
    waiting, shape = [node_of(root._node)], ()
    while waiting:
        node = waiting.pop()
        if is_named(node, "Mean", "Sum"):
            shape = saved_value(node, "input_shape")
        if is_named(node, "Sub", "Rsub") and is_mismatch(node, shape):
            n, case = shape[0], situation()
            name = name_of_targets(case, n)
            if name is not None:
                values = {"predictions": [n, 1], "target": [n], "n": n}
                fixes = [say("broadcast.squeeze"), say("broadcast.unsqueeze", name=name)]
                place = place_of_node(node) or case.here
                report(TargetShape, place, say("broadcast.why", **values), fixes)
        elif is_named(node, *_OF_LOSSES):
            following = {node_of(edge) for edge in node.edges}
            waiting += [each for each in following if each is not None]


def saved_value(node, name):
    """A saved value of a Node; None if there is none."""
    return dict(zip(node.saved_names, node.saved or (), strict=False)).get(name)


def is_mismatch(node, shape):
    """Whether a difference of this shape, (n, n), has predictions of shape (n, 1) on one side."""
    if shape is None or len(shape) != 2 or shape[0] != shape[1] or shape[0] < 2:
        return False
    made = [i for i, edge in enumerate(node.edges) if edge is not None]
    shapes = saved_value(node, "shapes")
    if len(made) != 1 or not shapes or shapes[made[0]] != (shape[0], 1):
        return False
    return not is_named(node_of(node.edges[made[0]]), *_MADE_BY_HAND)


def name_of_targets(case, n):
    """The name of a constant tensor of shape (n,) in the user's code; None if it has none."""
    for frame in case.users:
        for names in (frame.names, frame.frame.f_globals):
            for name, value in list(names.items()):
                if isinstance(value, Tensor) and value._array.shape == (n,):
                    if not value._requires_grad and value._array.dtype.kind == "f":
                        return name
    return None


CHECKS = [LossGraph]
