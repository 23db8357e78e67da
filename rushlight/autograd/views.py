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

from rushlight.autograd.tape import Node, gradient_edge, modes, next_sequence_number
from rushlight.tensor import as_array

__all__ = ["CopySlices", "check_in_place", "rebase", "refresh"]

_SEVERAL = (
    "Output {number} of {name} is a view and is being modified inplace. This view is the output of "
    "a function that returns multiple views. Such functions do not allow the output views to be "
    "modified inplace. You should replace the inplace operation by an out-of-place one."
)
_NO_GRAD = (
    "A view was created in no_grad mode and is being modified inplace with grad mode enabled. "
    "Given that this use case is ambiguous and error-prone, it is forbidden. You can clarify your "
    "code by moving both the view and the inplace either both inside the no_grad block (if you "
    "don't want the inplace to be tracked) or both outside (if you want the inplace to be tracked)."
)
_FUNCTION = (
    "Output {number} of {name} is a view and is being modified inplace. This view was created "
    "inside a custom Function (or because an input was returned as-is) and the autograd logic to "
    "handle view+inplace would override the custom backward associated with the custom Function, "
    "leading to incorrect gradients. This behavior is forbidden. You can fix this by cloning the "
    "output of the custom Function."
)
_REFUSALS = {"several": _SEVERAL, "no_grad": _NO_GRAD, "function": _FUNCTION}


def refresh(view):
    """Put a view in its place on the tape if its memory was changed since it was taken."""
    version = view._counter[0]
    base = view._base
    if view._view_version == version or not base._requires_grad:
        return
    source, op, options = view._replay
    if source is not base:
        refresh(source)
    before = modes.grad_enabled
    modes.grad_enabled = True
    try:
        again = op.call(source, *options)
    finally:
        modes.grad_enabled = before
    view._node = again._node
    view._requires_grad = again._requires_grad
    view._view_version = version


def check_in_place(tensor):
    """Refuse an in-place change that the tape could not follow.

    Raises:
        RuntimeError: the tensor is a leaf that requires grad, or a view of one, or a view of a kind
            that may not be changed.
    """
    if not modes.grad_enabled:
        return
    base = tensor._base
    if base is not None:
        if tensor._requires_grad and tensor._creation is not None:
            refuse_view(tensor)
        if base._requires_grad and gradient_edge(base) is base:
            raise RuntimeError(
                "a view of a leaf Variable that requires grad is being used in an in-place "
                "operation."
            )
    if tensor._requires_grad and gradient_edge(tensor) is tensor:
        raise RuntimeError(
            "a leaf Variable that requires grad is being used in an in-place operation."
        )


def refuse_view(view):
    """Say why a view of this kind may not be changed in place."""
    node = view.grad_fn
    name = "unknown" if node is None else node.name()
    raise RuntimeError(_REFUSALS[view._creation].format(number=view.output_nr, name=name))


def rebase(tensor, edge):
    """Make `edge` the history of a tensor that was just changed in place."""
    base = tensor._base
    if base is None:
        tensor._node = edge
    else:
        if tensor._creation is not None:
            refuse_view(tensor)
        base._node = CopySlices(gradient_edge(base), tensor, edge)
        base._requires_grad = True
        tensor._view_version = None  # stale: the next look replays the view on the base
    tensor._requires_grad = True


class CopySlices(Node):
    """A change of part of a tensor through a view of it.

    Gradient of the base: what the changing operation says on the viewed part, the identity
    elsewhere. Gradients of the operation's other arguments: what it says.
    """

    __slots__ = ("change", "views")

    def __init__(self, base_edge, view, change):
        self.seq = next_sequence_number()
        self.hooks = None
        self.saved = self.guards = ()
        self.change = change
        self.edges = (base_edge, *change.edges[1:])
        self.views = list(_chain(view))[::-1]

    def backward(self, gradient, edges):
        whole = as_array(gradient).copy()
        part = whole
        for op, options in self.views:
            part = op.kernel(part, **dict(zip(op.options, options, strict=True)))
        first, *others = self._of_change(part.copy(), edges, "backward")
        part[...] = 0 if first is None else first
        return whole, *others

    def backward_tensors(self, gradient, edges):
        whole = gradient.clone()
        part = whole
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
        wanted = (change.edges[0] and (edges[0] or True), *edges[1:])
        return getattr(change, way)(gradient, wanted)

    def release(self):
        self.change.release()


def _chain(view):
    """The view operations that lead from the base to a view, last one first."""
    while view._base is not None:
        source, op, options = view._replay
        yield op, options
        view = source
