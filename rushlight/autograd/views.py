"""Views and in-place changes: how the tape follows memory that several tensors share.

A view knows the Tensor whose memory it shares (`_base`), and how it came about (`_replay`: tensor
viewed, view operation, its options). When memory is changed in place, its version
counter moves on. Then:

- a view whose `_view_version` lags behind gets its place on the tape anew, by replaying its view
  operation on the changed tensor (`refresh`);
- a change through a view becomes part of the base's history: a `CopySlices` Node, which is the
  changing operation on the viewed part and the identity on the rest (`rebase`).
"""

from __future__ import annotations

import gc
import sys
import weakref

import numpy as np

from rushlight.autograd.saved import raise_freed
from rushlight.autograd.tape import (
    INFERENCE,
    Node,
    Output,
    gradient_edge,
    hooks_exist,
    hooks_of,
    modes,
    next_sequence_number,
)
from rushlight.explain import explained
from rushlight.explain.provenance import here
from rushlight.tensor import Tensor, as_array, wrap

__all__ = [
    "CopySlices",
    "begin_to_require_grad",
    "check_in_place",
    "check_not_inference",
    "rebase",
    "refresh",
    "retains_grad",
]


_WHAT = {
    False: "is being modified inplace",
    True: "its base or another view of its base has been modified inplace",
}
_MADE_BY = "Output {number} of {name} is a view and {what}. "
_MADE_IN_INFERENCE = "A view was created in inference mode and {what} in normal mode. "
_MADE_IN_NO_GRAD = "A view was created in no_grad mode and {what} with grad mode enabled. "
_CLARIFY = (
    "Given that this use case is ambiguous and error-prone, it is forbidden. You can clarify your "
    "code by moving both the view and the inplace either both inside the {block} block (if you "
    "don't want the inplace to be tracked) or both outside (if you want the inplace to be tracked)."
)
_REASONS = {
    "several": (
        "This view is the output of a function that returns multiple views. Such functions do not "
        "allow the output views to be modified inplace. You should replace the inplace operation "
        "by an out-of-place one."
    ),
    "no_grad": _CLARIFY.replace("{block}", "no_grad"),
    "inference": _CLARIFY.replace("{block}", "inference_mode"),
    "function": (
        "This view was created inside a custom Function (or because an input was returned as-is) "
        "and the autograd logic to handle view+inplace would override the custom backward "
        "associated with the custom Function, leading to incorrect gradients. This behavior is "
        "forbidden. You can fix this by cloning the output of the custom Function."
    ),
}


def refresh(view):
    """Put a view in its place on the tape if its memory was changed since it was taken.

    Raises:
        RuntimeError: it is a view of a kind whose memory may not be changed.
    """
    if view._counter is INFERENCE or not view._base._requires_grad:
        return
    version = view._counter[0]
    if view._view_version == version:
        return
    if view._creation is not None:
        refuse_view(view, indirect=True)
    source, op, options = _replay_of(view)
    if source is not view._base:
        refresh(source)
    before = modes.grad_enabled
    modes.grad_enabled = True
    try:
        again = op.call(source, *options)
    finally:
        modes.grad_enabled = before
    _move_retained(view, again._node)
    view._node = again._node
    if view._node is not None and op.outputs is None and view._array.__class__ is np.ndarray:
        # PyTorch views it anew by its strides
        op.rename(view._node, "AsStridedBackward0")
    view._requires_grad = again._requires_grad
    view._view_version = version


def check_in_place(tensor, recorded=None):
    """Refuse an in-place change that the tape could not follow.

    Args:
        tensor: what is to be changed.
        recorded: whether the change is recorded even if `tensor` doesn't require grad so far.

    Raises:
        RuntimeError: the tensor is a leaf that requires grad, or a view of one, or a view of a kind
            that may not be changed, or was made in inference mode.
    """
    check_not_inference(tensor)
    if not modes.grad_enabled or not (tensor._requires_grad or recorded):
        return
    base = tensor._base
    if base is not None:
        if tensor._creation is not None:
            refuse_view(tensor)
        if tensor._requires_grad and base._node is None:
            error = RuntimeError(
                "a view of a leaf Variable that requires grad is being used in an in-place "
                "operation."
            )
            raise explained(error)
    if tensor._requires_grad and (_is_overtaken(tensor) or gradient_edge(tensor) is tensor):
        error = RuntimeError(
            "a leaf Variable that requires grad is being used in an in-place operation."
        )
        raise explained(error)


def _is_overtaken(tensor):
    """Whether a view that never had a history of its own has yet to learn that its base got one.

    PyTorch takes such a view for a leaf, until somebody looks at its `grad_fn`.
    """
    base = tensor._base
    if base is None or tensor._node is not None or tensor._view_version is None:
        return False
    return base._node is not None


def check_not_inference(tensor):
    """Refuse to change a tensor that was made in inference mode, outside of it."""
    if tensor._counter is INFERENCE and not modes.inference:
        raise RuntimeError(
            "Inplace update to inference tensor outside InferenceMode is not allowed."
            "You can make a clone to get a normal tensor before doing inplace update."
            "See https://github.com/pytorch/rfcs/pull/17 for more details."
        )


def refuse_view(view, indirect=False):
    """Say why a view of this kind may not be changed in place.

    Args:
        view: the view.
        indirect: it is not the view that was changed, but other memory of its base.
    """
    edge = view._node
    node = edge.node if isinstance(edge, Output) else edge
    if node is not None:
        start = _MADE_BY
    else:
        start = _MADE_IN_INFERENCE if view._creation == "inference" else _MADE_IN_NO_GRAD
    name = None if node is None else node.name().rpartition("Backward")[0]
    start = start.format(number=view.output_nr, name=name, what=_WHAT[indirect])
    raise RuntimeError(start + _REASONS[view._creation])


def rebase(tensor, edge):
    """Make `edge` the history of a tensor that was just changed in place."""
    base = tensor._base
    if base is None:
        _move_retained(tensor, edge)
        tensor._node = edge
    else:
        slices = CopySlices(gradient_edge(base), tensor, edge)
        _move_retained(base, slices)
        base._node = slices
        tensor._view_version = None  # stale: the next look replays the view on the base
        if not base._requires_grad:
            begin_to_require_grad(base, tensor)
    if not tensor._requires_grad:
        begin_to_require_grad(tensor)


def _move_retained(tensor, edge):
    """A tensor that keeps its gradient keeps the one that it has after the change."""
    if not hooks_exist[0] or not retains_grad(tensor):
        return
    before = tensor._node
    node, number = (before.node, before.index) if isinstance(before, Output) else (before, 0)
    del node.hooks.retained[number]
    node, number = (edge.node, edge.index) if isinstance(edge, Output) else (edge, 0)
    hooks_of(node).retained[number] = weakref.ref(tensor)


def retains_grad(tensor):
    """Whether a non-leaf keeps its gradient."""
    edge = tensor._node
    node, number = (edge.node, edge.index) if isinstance(edge, Output) else (edge, 0)
    if node is None or node.hooks is None:
        return False
    known = node.hooks.retained.get(number)
    return known is not None and known() is tensor


def begin_to_require_grad(tensor, changed_view=None):
    """Let a tensor require grad, and with it the views that were taken of it before.

    A base doesn't know its views, only that it has some. They are found through the version counter
    that all of them hold; who else holds it is asked only if somebody does (besides the view that
    is being changed).
    """
    tensor._requires_grad = True
    if tensor._base is not None or not hasattr(tensor, "_view_version"):
        return
    counter = tensor._counter
    alone = _ALONE + (changed_view is not None)
    if counter is INFERENCE or sys.getrefcount(counter) <= alone:
        return
    for view in gc.get_referrers(counter):
        if isinstance(view, Tensor) and view._base is tensor:
            view._requires_grad = view._array.dtype.kind in "fcV"


def _references_if_alone():
    tensor = wrap(np.zeros(()))
    counter = tensor._counter
    return sys.getrefcount(counter)


_ALONE = _references_if_alone()


class CopySlices(Node):
    """A change of part of a tensor through a view of it.

    Gradient of the base: what the changing operation says on the viewed part, the identity
    elsewhere. Gradients of the operation's other arguments: what it says.

    Attributes:
        change: the Node of the changing operation.
        views: the view operations that lead from the base to the part, with their options.
        order: the dimensions of the base in the order in which they lie in memory.
    """

    __slots__ = ("change", "order", "views")

    def __init__(self, base_edge, view, change):
        self.hooks = None
        self.saved = self.guards = ()
        self.change = change
        self.edges = (base_edge, *change.edges[1:])
        self.views = list(_chain(view))[::-1]
        self.order = _memory_order(view._base._array)
        self.seq = next_sequence_number()
        self.line = here[0]

    def backward(self, gradient, edges):
        from rushlight.ops.turned import view_of

        part = whole = _laid_out(as_array(gradient), self.order)
        for op, options in self.views:
            part = view_of(op, part, options)
        first, *others = self._of_change(part.copy(), edges, "backward")
        part[...] = 0 if first is None else first
        return whole, *others

    def backward_tensors(self, gradient, edges):
        part = whole = _laid_out(gradient, self.order)
        for op, options in self.views:
            part = op.call(part, *options)
        first, *others = self._of_change(part.clone(), edges, "backward_tensors")
        if first is None:
            part.zero_()
        else:
            part.copy_(first)
        return whole, *others

    def _of_change(self, gradient, edges, way):
        change = self.change
        if change.saved is None:
            raise_freed()
        wanted = (change.edges[0] and (edges[0] or True), *edges[1:])
        return getattr(change, way)(gradient, wanted)

    def name(self):
        """`torch::autograd::CopySlices`, as PyTorch calls it."""
        return "torch::autograd::CopySlices"

    def release(self):
        # the changing operation may be on the tape itself, where its saved output is differentiated
        if self.change.saves_arrays:
            self.saved = self.change = None


def _memory_order(array):
    """The dimensions from the outermost in memory to the innermost; None if in order already."""
    if array.flags.c_contiguous:
        return None
    return tuple(int(i) for i in np.argsort([-abs(s) for s in array.strides], kind="stable"))


def _laid_out(gradient, order):
    """A copy of a gradient (an array, or a Tensor) that lies in memory as the base does."""
    if order is None:
        return gradient.copy() if isinstance(gradient, np.ndarray) else gradient.clone()
    back = tuple(int(i) for i in np.argsort(order))
    if isinstance(gradient, np.ndarray):
        return gradient.transpose(order).copy().transpose(back)
    return gradient.permute(order).contiguous().permute(back)


def _chain(view):
    """The view operations that lead from the base to a view, last one first."""
    while view._base is not None:
        source, op, options = _replay_of(view)
        yield op, options
        view = source


def _replay_of(view):
    """The tensor that was viewed, the view operation and its options.

    If that tensor was given another shape in place since, they are the base and what shows the
    memory of the view by its strides.
    """
    if not getattr(view._replay[0], "_was_reshaped", False):
        return view._replay
    from rushlight.ops.shape.parts import _as_strided, geometry_of

    base = view._base
    size, stride, offset, _ = geometry_of(view._array)
    own, own_stride, own_offset, _ = geometry_of(base._array)
    geometry = own, own_stride, 0, base._array.size
    return base, _as_strided.op, (size, stride, offset - own_offset, geometry)
