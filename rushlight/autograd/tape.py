"""What an operation leaves behind: a `Node` of the tape, and whether it leaves one at all.

The tape is the set of Nodes that can be reached from a result. A Node knows the operation (its
class), the values its derivative rules need (`saved`), and where each input came from (`edges`).

An *edge* says who takes an input's gradient:

- None: nobody;
- a `Node`: the operation that made the input, its only output;
- an `Output`: the operation that made the input, one of its several outputs;
- a Tensor: the input is a leaf, and the gradient ends in its `.grad`.

Nodes hold arrays, never the Tensors that they made, so a finished step has no reference cycles and
its memory is freed at once. A saved array may be overwritten later, so next to it lies its version
counter (a list of one number, shared by all tensors on that memory) and the number it had.
"""

from __future__ import annotations

import itertools
import threading
import weakref

__all__ = ["Node", "Output", "gradient_edge", "modes", "next_sequence_number"]


class _Modes(threading.local):
    """What holds in this thread: is the tape written, and how."""

    grad_enabled = True
    inference = False
    #: set while a backward pass runs: the Node whose rule is being applied
    evaluating = None
    #: stack of (pack, unpack) hooks for saved tensors, and why they may be forbidden
    saved_tensors_hooks = ()
    saved_tensors_hooks_error = None
    anomaly = False
    anomaly_check_nan = True
    #: level of forward-mode differentiation (autograd.forward_ad)
    dual_level = -1
    forward_grad_enabled = True


modes = _Modes()
next_sequence_number = itertools.count(1).__next__

#: the counter of a value that was not saved: never out of date
UNSAVED = [0]


class Node:
    """One recorded call of an operation, `tensor.grad_fn`.

    Each operation has a subclass of its own, made where the operation is declared, named as in
    PyTorch (`AddBackward0`). The subclass says what is saved and how gradients flow.

    Attributes:
        seq: position on the tape; inputs were always recorded earlier, so descending order is a
            topological order.
        edges: for each input, who takes its gradient.
        saved: the values that the rules need, `None` once freed.
        guards: counter and version of each saved array, flat.
        outputs: shape and dtype of each output, where there are several; else None or unset.
        hooks: `Hooks`, or None.
    """

    __slots__ = (
        "__dict__",
        "__weakref__",
        "edges",
        "guards",
        "hooks",
        "outputs",
        "saved",
        "seq",
    )
    __module__ = "builtins"

    #: names of the entries of `saved`
    saved_names: tuple = ()
    #: whether complex gradients are conjugated around the rules
    conjugates = False
    #: whether freeing forbids a second backward pass (it does when arrays were saved)
    saves_arrays = False

    def backward(self, gradient, edges):
        """Gradients of the inputs, on arrays. `edges` is `self.edges`, less what isn't wanted."""
        raise RuntimeError(f"derivative for {self.name()} is not implemented")

    def backward_tensors(self, gradient, edges):
        """Gradients of the inputs, on Tensors, so that they can be differentiated again."""
        raise RuntimeError(f"derivative for {self.name()} is not implemented")

    def release(self):
        """Forget the saved values; `saved` becomes None where that forbids another pass."""
        if self.saves_arrays:
            self.saved = None

    # The interface of torch.autograd.graph.Node

    def name(self):
        """The name of the operation, such as `AddBackward0`."""
        return type(self).__name__

    @property
    def next_functions(self):
        """The Nodes that take the gradients of the inputs, each with the number of its output."""
        return tuple(_as_function(edge) for edge in self.edges)

    @property
    def metadata(self):
        """A dictionary for whatever the user wants to note about this Node."""
        return self.__dict__.setdefault("_metadata", {})

    def _sequence_nr(self):
        return self.seq

    def register_hook(self, fn):
        """Call `fn(grad_inputs, grad_outputs)` after this Node's rules; it may replace the former.

        Returns a handle whose `remove()` undoes this.
        """
        return _hooks_of(self).add("after", fn)

    def register_prehook(self, fn):
        """Call `fn(grad_outputs)` before this Node's rules; it may return replacements.

        Returns a handle whose `remove()` undoes this.
        """
        return _hooks_of(self).add("before", fn)

    def __getattr__(self, name):
        if name.startswith("_saved_"):
            from rushlight.autograd.saved import saved_attribute

            return saved_attribute(self, name)
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __repr__(self):
        return f"<{type(self).__name__} object at {id(self):#x}>"


class Output:
    """The edge to one of several outputs of a Node."""

    __slots__ = ("__weakref__", "index", "node", "seq")

    def __init__(self, node, index):
        self.node = node
        self.index = index
        self.seq = next_sequence_number()


class Hooks:
    """The user's callbacks at one Node.

    Attributes:
        before: called with the gradients of the outputs.
        after: called with the gradients of the inputs and of the outputs.
        tensor: for each output, the hooks of that tensor.
        retained: for each output, a weak reference to the tensor that wants its gradient kept.
        accumulated: at a leaf, called with the leaf after its `.grad` was added to.
    """

    __slots__ = ("accumulated", "after", "before", "retained", "tensor")

    def __init__(self):
        self.before = {}
        self.after = {}
        self.tensor = {}
        self.retained = {}
        self.accumulated = {}

    def add(self, when, fn):
        return RemovableHandle(getattr(self, when), fn)


class RemovableHandle:
    """What registering a hook returns: `remove()` takes the hook out again."""

    __slots__ = ("__weakref__", "hooks", "id")
    _next_id = itertools.count().__next__

    def __init__(self, hooks, fn):
        self.hooks = hooks
        self.id = RemovableHandle._next_id()
        hooks[self.id] = fn

    def remove(self):
        """Take the hook out. Doing so twice does no harm."""
        self.hooks.pop(self.id, None)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.remove()


#: becomes true with the first hook ever registered: the engine then counts what leaves wait for
hooks_exist = [False]


def _hooks_of(node):
    hooks_exist[0] = True
    if node.hooks is None:
        node.hooks = Hooks()
    return node.hooks


def _as_function(edge):
    if edge is None:
        return None, 0
    if isinstance(edge, Output):
        return edge.node, edge.index
    if isinstance(edge, Node):
        return edge, 0
    return AccumulateGrad.of(edge), 0


class AccumulateGrad(Node):
    """Where gradients of a leaf end: `variable.grad`. Made only when somebody asks to see it."""

    __slots__ = ("variable",)

    def __init__(self, variable):
        self.variable = variable
        self.edges = ()
        self.saved = self.guards = ()
        self.hooks = None
        self.seq = 2**63 - 1

    @classmethod
    def of(cls, leaf):
        """The AccumulateGrad of a leaf, the same one as long as somebody holds it."""
        known = leaf.__dict__.get("_accumulate_grad")
        node = known() if known is not None else None
        if node is None:
            node = cls(leaf)
            leaf.__dict__["_accumulate_grad"] = weakref.ref(node)
        return node


def gradient_edge(tensor):
    """Who takes the gradient of `tensor`: the edge that operations on it record."""
    if tensor._base is not None:
        from rushlight.autograd.views import refresh

        refresh(tensor)
    if tensor._node is not None:
        return tensor._node
    return tensor if tensor._requires_grad else None
