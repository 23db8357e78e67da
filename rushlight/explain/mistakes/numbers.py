"""Numbers that go astray: the first NaN or infinity, and losses that grow without end."""

from __future__ import annotations

import sys
from collections import deque
from contextvars import copy_context
from math import isfinite
from typing import NamedTuple

import numpy as np

from rushlight.autograd.tape import Node
from rushlight.explain.catalogue import say
from rushlight.explain.mistakes import DivergingLoss, NotFinite
from rushlight.explain.mistakes.graph import leaves_below, node_of, nodes_from, place_of_node
from rushlight.explain.mistakes.report import (
    findings,
    line_now,
    place_of_line,
    report,
    situation,
)
from rushlight.explain.mistakes.watch import ByOptimizer, Check
from rushlight.tensor import Tensor

__all__ = ["CHECKS"]

_PASSES = ("rushlight.autograd.engine", "rushlight.autograd.watched")


def loss_value(root):
    """The number that a pass starts from; None if it isn't one real number."""
    array = root._array
    return array.item() if array.ndim == 0 and array.dtype.kind == "f" else None


# The first NaN or infinity ------------------------------------------------------------------------


class FirstNotFinite(Check):
    """A loss that isn't finite: its graph says where that began. And so for gradients.

    In a backward pass NumPy itself reports the operation that makes a NaN, by the processor's
    flags; only a pass that had such a report is looked at.
    """

    def __init__(self):
        self.is_done = False
        self.suspect = None
        self.reporting = ErrorState(call=self.note, divide="call", invalid="call", over="call")

    def before_backward(self, root):
        if self.is_done:
            return
        value = loss_value(root)
        if value is not None and not isfinite(value):
            self.is_done = True
            if all(each.kind is not DivergingLoss for each in findings):
                tell_forward(root, value)
        self.suspect = None
        self.reporting.enter()

    def after_backward(self, root):
        self.reporting.leave()
        if self.suspect is not None and not self.is_done:
            node, line, ranges = self.suspect
            bad = [leaf for leaf in self.leaves if not is_finite(leaf._grad)]
            if bad:
                self.is_done = True
                why = say("nan.backward", op=operation(node), ranges=ranges)
                fixes = [say("nan.fix.backward")]
                here = situation().here
                report(NotFinite, line or here, why, fixes, [(here, say("nan.pass"))])

    def note(self, kind, flags):
        """What NumPy calls when an operation makes a NaN or an infinity."""
        if self.suspect is not None:
            return
        frame = sys._getframe(1)
        while frame is not None and not is_pass(frame):
            frame = frame.f_back
        if frame is not None:
            node = frame.f_locals.get("node")
            self.leaves = leaves_below(node)
            self.suspect = node, place_of_node(node), described(saved_arrays(node))


class ErrorState:
    """What `np.errstate` sets, worked out once: it is entered at each pass, and that is slow.

    NumPy keeps it in a context variable; which one, and what value, a look at the context tells.
    """

    def __init__(self, **kinds):
        before = copy_context()
        with np.errstate(**kinds):
            changed = [(k, v) for k, v in copy_context().items() if before.get(k) is not v]
        ((self.variable, self.value),) = changed
        self.tokens: list = []

    def enter(self):
        """From now on NumPy does as this says."""
        self.tokens.append(self.variable.set(self.value))

    def leave(self):
        """And no longer, if it was entered."""
        if self.tokens:
            self.variable.reset(self.tokens.pop())


def is_pass(frame):
    """Whether a frame is of a loop over Nodes, and holds the one whose rules are applied."""
    name = frame.f_globals.get("__name__")
    return name in _PASSES and isinstance(frame.f_locals.get("node"), Node)


def is_finite(tensor):
    return tensor is None or bool(np.isfinite(tensor._array).all())


class Saved(NamedTuple):
    """An array that a Node saved: its name, itself, and the edge to who made it."""

    name: str
    array: np.ndarray
    edge: object


def saved_arrays(node):
    """The float arrays that a Node of a declared operation saved."""
    op = getattr(node, "op", None)
    if op is None or not node.saved:
        return []
    found = []
    for name, value in zip(node.saved_names, node.saved, strict=False):
        if isinstance(value, np.ndarray) and value.dtype.kind == "f" and value.size:
            position = op.arrays.index(name) if name in op.arrays else None
            known = position is not None and position < len(node.edges)
            found.append(Saved(name, value, node.edges[position] if known else None))
    return found


def described(arrays):
    """Names and ranges of arrays: `input from -1 to 3`."""
    return "; ".join(describe(each) for each in arrays) or say("nan.unknown")


def describe(saved):
    array = saved.array
    bad = int(np.count_nonzero(~np.isfinite(array)))
    if bad:
        return say("nan.some", name=saved.name, bad=bad, size=array.size)
    low, high = f"{array.min():.4g}", f"{array.max():.4g}"
    return say("nan.range", name=saved.name, low=low, high=high)


def operation(node):
    """What a Node's operation is called."""
    op = getattr(node, "op", None)
    return op.title if op is not None else type(node).__name__


#: operation -> why it may make, of finite numbers, what isn't finite
_REASONS = {
    **dict.fromkeys("log log2 log10 log1p".split(), "log"),
    **dict.fromkeys("div true_divide reciprocal".split(), "division"),
    **dict.fromkeys("sqrt rsqrt".split(), "root"),
    **dict.fromkeys("exp exp2 expm1 cosh sinh".split(), "exp"),
}


def tell_forward(root, value):
    """Find the first operation on the way to a loss whose output isn't finite, and tell."""
    makers, from_outside = {}, None
    first = node_of(root._node)
    for node in nodes_from(root):
        for each in saved_arrays(node):
            if np.isfinite(each.array).all():
                continue
            if each.name not in node.op.arrays:
                makers[node.seq] = node
            elif (maker := node_of(each.edge)) is not None:
                makers[maker.seq] = maker
            else:
                from_outside = from_outside or (node, each)
        if makes_it(node):
            makers[node.seq] = node
    if from_outside is not None and not any(seq < from_outside[0].seq for seq in makers):
        tell_outside(*from_outside)
        return
    node = makers[min(makers)] if makers else first
    inputs = [s for s in saved_arrays(node) if s.name in node.op.arrays]
    op, here = operation(node), situation().here
    why = say("nan.forward", op=op, value=value)
    if inputs:
        why = say("nan.inputs", op=op, value=value, ranges=described(inputs))
    reason = _REASONS.get(op, "large")
    fixes = [say(f"nan.fix.{reason}")]
    report(NotFinite, place_of_node(node) or here, why, fixes, [(here, say("nan.pass"))])


def makes_it(node):
    """Whether an operation makes, of finite arrays that it saved, what isn't finite."""
    op = getattr(node, "op", None)
    arrays = {each.name: each.array for each in saved_arrays(node)}
    if op is None or not all(np.isfinite(each).all() for each in arrays.values()):
        return False
    if op.name == "div" and not arrays.get("other", np.ones(1)).all():
        return True
    if op.outputs is not None or op.options or set(op.arrays) - arrays.keys():
        return False
    with np.errstate(all="ignore"):
        return not np.isfinite(op.kernel(*(arrays[name] for name in op.arrays))).all()


def tell_outside(node, saved):
    """The NaN was in the data, or in a parameter, before anything was computed."""
    is_parameter = isinstance(saved.edge, Tensor)
    key, fix = (
        ("nan.parameter", "nan.parameter.fix") if is_parameter else ("nan.data", "nan.data.fix")
    )
    case = situation()
    here, name = case.here, case.name_of(saved.edge) if is_parameter else named_array(case, saved)
    why = say(key, op=operation(node), ranges=describe(saved._replace(name=name or saved.name)))
    report(NotFinite, place_of_node(node) or here, why, [say(fix)], [(here, "")])


def named_array(case, saved):
    """How the user's code calls the tensor of a saved array; None if it has no name."""
    for frame in case.users:
        for names in (frame.names, frame.frame.f_globals):
            for name, value in list(names.items()):
                if isinstance(value, Tensor) and value._array is saved.array:
                    return name
    return None


# Losses that grow ---------------------------------------------------------------------------------

_GROWTH = 1000.0
_STEPS = 3


class Diverging(Check):
    """The losses of one line have grown a thousandfold, and grow on from pass to pass."""

    def __init__(self):
        self.firsts: dict = {}
        self.line, self.limit = -1, 0.0  # the latest line, and above what its losses are suspect
        self.recent: dict = {}
        self.optimizers = ByOptimizer()
        self.latest = None

    def made(self, optimizer):
        self.optimizers.put(optimizer, line_now())

    def before_step(self, optimizer, args, kwargs):
        self.latest = optimizer
        return len(self.optimizers) == 1  # then it is the latest from now on

    def before_backward(self, root):
        value = loss_value(root)
        if value is None:
            return
        line = line_now()
        if line == self.line and value <= self.limit:
            return
        first = self.firsts.setdefault(line, abs(value))
        self.line, self.limit = line, _GROWTH * max(first, 1.0)
        if value > self.limit:
            self.look(root, line, value, first)

    def look(self, root, line, value, first):
        """Tell if the losses, all of them large, grow geometrically."""
        recent = self.recent.setdefault(line, deque(maxlen=_STEPS + 1))
        recent.append(value)
        pairs = zip(recent, list(recent)[1:], strict=False)
        if len(recent) == _STEPS + 1 and all(b > 1.5 * a for a, b in pairs):
            self.tell(root, value, first)

    def tell(self, root, value, first):
        case = situation()
        if self.latest is None:
            self.tell_by_hand(case, root, value, first)
            return
        rate = self.latest.param_groups[0].get("lr")
        if rate is None:
            return
        place = place_of_line(self.optimizers.of(self.latest) or 0) or case.here
        why = say(
            "diverge.why", first=f"{first:.4g}", value=f"{value:.4g}", rate=f"{float(rate):g}"
        )
        fixes = [say("diverge.rate", rate=f"{float(rate) / 10:g}"), say("diverge.clip")]
        report(DivergingLoss, place, why, fixes, [(case.here, "")])

    def tell_by_hand(self, case, root, value, first):
        """Without an optimizer: if the program changes a leaf itself, it is to blame."""
        changed = [x for x in leaves_below(node_of(root._node)) if x._counter[0]]
        if changed:
            counter = changed[0]._counter
            place = place_of_line(counter[1]) if counter[2:] == counter[:1] else case.here
            why = say("diverge.hand", first=f"{first:.4g}", value=f"{value:.4g}")
            fixes = [say("diverge.hand.rate"), say("diverge.clip")]
            report(DivergingLoss, place, why, fixes, [(case.here, "")])


CHECKS = [Diverging, FirstNotFinite]
