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
from collections import OrderedDict

__all__ = ["Node", "Output", "gradient_edge", "modes", "next_sequence_number"]


class _Modes(threading.local):
    """What holds in this thread: is the tape written, and how."""

    grad_enabled = True
    inference = False
    #: what `set_multithreading_enabled` said
    multithreading = True
    #: what `enforce_grad_layout_policy` said
    grad_layout = True
    #: set while a backward pass runs: the Node whose rule is being applied
    evaluating = None
    #: stack of (pack, unpack) hooks for saved tensors, and why they may be forbidden
    saved_tensors_hooks = ()
    saved_tensors_hooks_error = None
    #: the context of `allow_mutation_on_saved_tensors`, or None
    mutation = None
    #: the watched backward pass that runs, or None, and how deep passes are nested
    current_pass = None
    depth = 0
    #: whether backward passes look for errors: for all threads, so set on the class only
    anomaly = False
    anomaly_check_nan = True
    #: level of forward-mode differentiation (autograd.forward_ad)
    dual_level = -1
    forward_grad_enabled = True
    #: the `profiler.Recorder` of the profile that runs, or None
    recorder = None
    #: dispatch modes that are entered, outermost first (utils._python_dispatch)
    dispatching = ()
    #: transforms (vmap, grad, jvp) that are running, outermost first
    layers = ()


modes = _Modes()
next_sequence_number = itertools.count(1).__next__


class _InferenceCounter:
    """The counter of tensors made in inference mode, which counts nothing."""

    __slots__ = ()

    def __getitem__(self, index):
        if modes.inference:
            return 0
        raise RuntimeError(
            "Inference tensors cannot be saved for backward. Please do not use Tensors created in "
            "inference mode in computation tracked by autograd. To work around this, you can make "
            "a clone to get a normal tensor and use it in autograd, or use `torch.no_grad()` "
            "instead of `torch.inference_mode()`."
        )

    def __setitem__(self, index, version):
        pass


INFERENCE = _InferenceCounter()
#: how many `inference_mode` blocks are open, in all threads
inference_blocks = [0]


def new_counter():
    """The counter of a tensor that is being made while inference mode is on somewhere."""
    return INFERENCE if modes.inference else [0]


#: the counter of a value that was not saved, or that is a Python number: never out of date
UNSAVED = [0]


#: Nodes whose name is longer than that of their class
_NAMED_IN_FULL = ("CopyBackwards", "NotImplemented")


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
        line: the number of the user's line that recorded it (`explain.provenance`); 0: not known.
    """

    __slots__ = (
        "__dict__",
        "__weakref__",
        "edges",
        "guards",
        "hooks",
        "line",
        "outputs",
        "saved",
        "seq",
    )
    __module__ = "builtins"

    #: names of the entries of `saved`
    saved_names: tuple = ()
    #: in which order PyTorch has the inputs, where it isn't that of the arguments
    order = None
    #: whether complex gradients are conjugated around the rules
    conjugates = False
    #: whether freeing forbids a second backward pass (it does when arrays were saved)
    saves_arrays = False
    #: whether the rules make zeros of gradients that are missing
    materializes = False

    def backward(self, gradient, edges):
        """Gradients of the inputs, on arrays. `edges` is `self.edges`, less what isn't wanted."""
        raise RuntimeError(f"derivative for {self.name()} is not implemented")

    def backward_tensors(self, gradient, edges):
        """Gradients of the inputs, on Tensors, so that they can be differentiated again."""
        raise RuntimeError(f"derivative for {self.name()} is not implemented")

    def release(self):
        """Forget the saved values; `saved` becomes None where that forbids another pass."""
        if self.saves_arrays:
            self.saved, self.guards = None, ()

    def saved_tensor(self, index):
        """One saved value as a Tensor that knows where it came from."""
        from rushlight.autograd.saved import at_its_place, restore

        value = self.saved[index]
        name = self.saved_names[index]
        if name not in self.op.saved_arrays:
            return value
        return restore(self, name, value, at_its_place)

    def keep_packed(self, index, packed):
        """Put what a hook made of a saved value in its place."""
        from rushlight.autograd.saved import packing

        name = self.saved_names[index]
        place = 2 * self.op.saved_arrays.index(name)
        saved, guards = list(self.saved), list(self.guards)
        saved[index] = packed
        guards[place : place + 2] = UNSAVED, 0
        self.saved, self.guards = tuple(saved), tuple(guards)
        packing(self)

    # The interface of torch.autograd.graph.Node

    def name(self):
        """The name of the operation, such as `AddBackward0`."""
        name = type(self).__name__
        return f"torch::autograd::{name}" if name in _NAMED_IN_FULL else name

    @property
    def next_functions(self):
        """The Nodes that take the gradients of the inputs, each with the number of its output."""
        edges = self.edges if self.order is None else [self.edges[i] for i in self.order]
        return tuple(as_function(edge) for edge in edges)

    @property
    def _input_metadata(self):
        from rushlight.autograd.saved_attributes import input_metadata

        return input_metadata(self)

    @property
    def metadata(self):
        """A dictionary for whatever the user wants to note about this Node."""
        return self.__dict__.setdefault("_metadata", {})

    def _sequence_nr(self):
        return self.seq

    @property
    def requires_grad(self):
        """Whether gradients pass here: always."""
        return True

    def __call__(self, *gradients):
        """The gradients of the inputs, for these gradients of the outputs."""
        from rushlight.autograd.saved import apply_node

        return apply_node(self, gradients)

    def register_hook(self, fn):
        """Call `fn(grad_inputs, grad_outputs)` after this Node's rules; it may replace the former.

        Returns a handle whose `remove()` undoes this.
        """
        return added_hook(hooks_of(self).after, fn)

    def register_prehook(self, fn):
        """Call `fn(grad_outputs)` before this Node's rules; it may return replacements.

        Returns a handle whose `remove()` undoes this.
        """
        return added_hook(hooks_of(self).before, fn)

    def __getattr__(self, name):
        if name.startswith(("_saved_", "_raw_saved_")):
            from rushlight.autograd.saved_attributes import saved_attribute

            return saved_attribute(self, name)
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __reduce_ex__(self, protocol):
        raise TypeError(f"cannot pickle '{type(self).__name__}' object")

    def __repr__(self):
        return f"<{type(self).__name__} object at {id(self):#x}>"


class Output:
    """The edge to one of several outputs of a Node."""

    __slots__ = ("__weakref__", "index", "node", "seq")

    def __init__(self, node, index):
        self.node = node
        self.index = index
        self.seq = next_sequence_number()


#: how many objects hold hooks: if any, no backward pass is ordinary
hooks_exist = [0]


class Hooks:
    """The user's callbacks at one Node, or at one leaf.

    Attributes:
        before: called with the gradients of the outputs.
        after: called with the gradients of the inputs and of the outputs.
        tensor: for each output, the hooks of that tensor.
        retained: for each output, a weak reference to the tensor that wants its gradient kept.
        accumulated: at a leaf, called with the leaf after its `.grad` was added to.
    """

    __slots__ = ("accumulated", "after", "before", "retained", "tensor")

    def __init__(self):
        hooks_exist[0] += 1
        self.before = HookTable()
        self.after = HookTable()
        self.tensor = {}
        self.retained = {}
        self.accumulated = HookTable()

    def __del__(self, count=hooks_exist):  # bound here: at the end of a program names go first
        count[0] -= 1

    def is_empty(self):
        """Whether all hooks were removed again."""
        tables = self.before, self.after, self.accumulated, self.retained, *self.tensor.values()
        return not any(tables)

    def of_tensor(self, number):
        """The hooks of one output."""
        return self.tensor.setdefault(number, HookTable())


class HookTable(dict):
    """Hooks by their number, in the order in which they were registered."""

    __slots__ = ("__weakref__",)


class RemovableHandle:
    """What registering a hook returns: `remove()` takes the hook out again.

    The hook itself is put into `hooks_dict` under `handle.id`, by whoever made the handle; what
    lies under that number in `extra_dict` (or in a list of such) is taken out with it.

    >>> from collections import OrderedDict
    >>> from rushlight.utils.hooks import RemovableHandle
    >>> hooks = OrderedDict()
    >>> handle = RemovableHandle(hooks)
    >>> hooks[handle.id] = print
    >>> handle.remove()
    >>> len(hooks)
    0
    """

    __slots__ = ("__weakref__", "extra_dict_ref", "hooks_dict_ref", "id")
    __module__ = "torch.utils.hooks"
    _next_id = itertools.count().__next__

    def __init__(self, hooks_dict, *, extra_dict=None):
        self.hooks_dict_ref = weakref.ref(hooks_dict)
        self.id = RemovableHandle._next_id()
        extra = extra_dict if isinstance(extra_dict, (list, tuple)) else [extra_dict]
        self.extra_dict_ref = tuple(weakref.ref(each) for each in extra if each is not None)

    def remove(self):
        """Take the hook out. Doing so twice does no harm."""
        for reference in (self.hooks_dict_ref, *self.extra_dict_ref):
            hooks = reference()
            if hooks is not None:
                hooks.pop(self.id, None)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.remove()

    def __reduce__(self):
        from rushlight.naming import new_object

        state = self.hooks_dict_ref(), self.id
        return new_object, (self.__module__, "RemovableHandle"), state

    def __setstate__(self, state):
        hooks, self.id = state
        self.hooks_dict_ref = weakref.ref(OrderedDict() if hooks is None else hooks)
        self.extra_dict_ref = ()


def added_hook(hooks, fn):
    """Put a hook into a dictionary of hooks; returns its handle."""
    handle = RemovableHandle(hooks)
    hooks[handle.id] = fn
    return handle


def hooks_of(holder):
    """The Hooks of a Node, made if there are none yet."""
    if holder.hooks is None:
        holder.hooks = Hooks()
    return holder.hooks


def as_function(edge):
    """An edge as its user sees it: the Node, and the number of its output."""
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
        self.seq = 2**64 - 1

    @classmethod
    def of(cls, leaf):
        """The AccumulateGrad of a leaf, the same one as long as somebody holds it."""
        known = leaf.__dict__.get("_accumulate_grad")
        node = known() if known is not None else None
        if node is None:
            node = cls(leaf)
            leaf.__dict__["_accumulate_grad"] = weakref.ref(node)
        return node

    def backward_tensors(self, gradient, edges):
        """Add the gradient to `variable.grad`; there is nobody beyond."""
        from rushlight.autograd.engine import accumulate, accumulating

        with accumulating:
            accumulate(self.variable, gradient, modes.grad_enabled and gradient.requires_grad)
        return ()

    def name(self):
        """`torch::autograd::AccumulateGrad`, as PyTorch calls it."""
        return "torch::autograd::AccumulateGrad"

    @property
    def hooks(self):
        """The hooks lie at the leaf, so that they outlive this Node."""
        return self.variable._hooks

    @hooks.setter
    def hooks(self, hooks):
        self.variable._hooks = hooks


def gradient_edge(tensor):
    """Who takes the gradient of `tensor`: the edge that operations on it record."""
    if tensor._base is not None:
        from rushlight.autograd.views import refresh

        refresh(tensor)
    if tensor._node is not None:
        return tensor._node
    return tensor if tensor._requires_grad else None
