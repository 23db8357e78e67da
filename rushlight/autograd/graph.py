"""The graph as its user sees it: Nodes and edges, and what is kept for the backward pass.

`saved_tensors_hooks` and its kin decide what operations keep for their derivatives.
"""

from __future__ import annotations

import contextlib
import weakref
from collections import namedtuple
from collections.abc import Iterable

from rushlight.autograd.reach import target
from rushlight.autograd.tape import (
    INFERENCE,
    Node,
    RemovableHandle,
    as_function,
    gradient_edge,
    modes,
)
from rushlight.ops import fast
from rushlight.tensor import Tensor

__all__ = [
    "GradientEdge",
    "Node",
    "allow_mutation_on_saved_tensors",
    "disable_saved_tensors_hooks",
    "get_gradient_edge",
    "increment_version",
    "register_multi_grad_hook",
    "save_on_cpu",
    "saved_tensors_hooks",
    "set_override_stale_capture_stream",
    "set_warn_on_accumulate_grad_stream_mismatch",
    "unsafe_preserve_version_counter",
]


class GradientEdge(
    namedtuple("GradientEdge", ["node", "output_nr", "ownership_token"], defaults=[None])
):
    """Where a gradient arrives: a Node, and the number of its output."""

    __module__ = "torch.autograd.graph"

    def kind(self):
        """Shape and NumPy dtype of the gradient, if the edge was asked of a tensor, or None."""
        return self.__dict__.get("_kind")


def get_gradient_edge(tensor):
    """The GradientEdge by which the gradient of `tensor` arrives.

    It can stand for the tensor in `autograd.grad(inputs=...)`, and keeps no memory of it.

    >>> import rushlight as torch
    >>> x = torch.ones(2, requires_grad=True)
    >>> torch.autograd.graph.get_gradient_edge(x * 2).node.name()
    'MulBackward0'
    """
    if not tensor.requires_grad:
        raise RuntimeError(
            "It is not possible to get the gradient edge for a Tensor that does not require "
            "gradients"
        )
    node, number = as_function(gradient_edge(tensor))
    edge = GradientEdge(node, number)
    edge._kind = tensor._array.shape, tensor._array.dtype
    return edge


def increment_version(tensor):
    """Count one change in place of a tensor (or of several), as if its memory was written to.

    >>> import rushlight as torch
    >>> x = torch.ones(2)
    >>> torch.autograd.graph.increment_version(x)
    >>> x._version
    1
    """
    if not isinstance(tensor, (Tensor, Iterable)):
        raise RuntimeError("increment_version expect a Iterable[Tensor] as input")
    tensors = (tensor,) if isinstance(tensor, Tensor) else tuple(tensor)
    if not all(isinstance(x, Tensor) for x in tensors):
        raise RuntimeError("increment_version expects each element of the iterable to be a tensor")
    for each in tensors:
        if each._counter is not INFERENCE:
            each._counter[0] += 1


class unsafe_preserve_version_counter:
    """Changes in place inside are not counted, so that no backward pass finds out about them.

    Gradients can silently be wrong then: whoever uses it must know that they are not.
    """

    def __init__(self, tensors):
        self.tensors = (tensors,) if isinstance(tensors, Tensor) else tensors
        if not isinstance(self.tensors, tuple):
            raise AssertionError("Expected tensors to be a tuple")
        self.versions = [x._version for x in self.tensors]

    def __enter__(self):
        """The versions were noted when this was made."""

    def __exit__(self, *exception):
        for tensor, version in zip(self.tensors, self.versions, strict=True):
            tensor._counter[0] = version


# What is kept for the backward pass ---------------------------------------------------------------


class saved_tensors_hooks:
    """Inside, operations keep `pack_hook(tensor)` in place of each tensor that they save.

    The backward pass calls `unpack_hook` on what was kept. Neither may change a tensor in place.

    >>> import rushlight as torch
    >>> x = torch.ones(2, requires_grad=True)
    >>> with torch.autograd.graph.saved_tensors_hooks(lambda x: x.tolist(), torch.tensor):
    ...     y = x.exp()
    >>> y.sum().backward()
    >>> x.grad
    tensor([2.7183, 2.7183])
    """

    def __init__(self, pack_hook, unpack_hook):
        self.pack_hook = pack_hook
        self.unpack_hook = unpack_hook

    def __enter__(self):
        if modes.saved_tensors_hooks_error is not None:
            raise RuntimeError(modes.saved_tensors_hooks_error)
        pair = self.pack_hook, self.unpack_hook
        modes.saved_tensors_hooks = (*modes.saved_tensors_hooks, pair)
        fast.intercept(+1)

    def __exit__(self, *exception):
        modes.saved_tensors_hooks = modes.saved_tensors_hooks[:-1]
        fast.intercept(-1)


class save_on_cpu(saved_tensors_hooks):
    """Inside, saved tensors are kept in main memory, which is where all tensors are."""

    def __init__(self, pin_memory=False, device_type="cuda"):
        super().__init__(lambda tensor: tensor.detach(), lambda kept: kept)


@contextlib.contextmanager
def disable_saved_tensors_hooks(error_message):
    """Inside, `saved_tensors_hooks` raises a RuntimeError with this message.

    >>> import rushlight as torch
    >>> with torch.autograd.graph.disable_saved_tensors_hooks("not here"):
    ...     with torch.autograd.graph.save_on_cpu():
    ...         pass
    Traceback (most recent call last):
    RuntimeError: not here
    """
    if modes.saved_tensors_hooks:
        raise RuntimeError(error_message)
    before = modes.saved_tensors_hooks_error
    modes.saved_tensors_hooks_error = error_message
    try:
        yield
    finally:
        modes.saved_tensors_hooks_error = before


class _Handle:
    """What Nodes keep of a tensor while it may be changed; compared by identity."""

    __slots__ = ("__weakref__",)


class _MutationContext:
    """The tensors saved inside `allow_mutation_on_saved_tensors`.

    Attributes:
        original: handle -> the tensor that was saved and is unchanged since.
        cloned: handle -> a copy of it, made just before it was changed.
        tid_to_weakhandle: a key for the tensor and its version -> handle.
        sid_to_tid: id of a version counter -> keys of the tensors saved there.
    """

    def __init__(self):
        self.original = weakref.WeakKeyDictionary()
        self.cloned = weakref.WeakKeyDictionary()
        self.tid_to_weakhandle = weakref.WeakValueDictionary()
        self.sid_to_tid: dict = {}
        self.active = True

    def pack(self, tensor):
        """Keep a handle, the same one for the same tensor at the same version."""
        array = tensor._array
        place = array.__array_interface__["data"], array.shape, array.strides, array.dtype.char
        key = id(tensor._counter), tensor._counter[0], place
        handle = self.tid_to_weakhandle.get(key)
        if handle is None:
            handle = self.tid_to_weakhandle[key] = _Handle()
            self.original[handle] = tensor.detach()
            self.sid_to_tid.setdefault(key[0], set()).add(key)
        return handle

    def unpack(self, handle):
        """The tensor as it was when it was saved."""
        if not self.active:
            raise AssertionError(
                "Trying to backward outside of the 'allow_mutation_on_saved_tensors' context"
                "in which the graph was originally recorded."
            )
        return self.cloned[handle] if handle in self.cloned else self.original[handle]

    def before_write(self, tensor):
        """Copy what was saved of this memory, for it is about to change."""
        for key in self.sid_to_tid.pop(id(tensor._counter), ()):
            handle = self.tid_to_weakhandle.get(key)
            if handle is not None and handle in self.original:
                self.cloned[handle] = self.original.pop(handle).clone()

    def clear(self):
        """Forget everything."""
        self.original.clear()
        self.cloned.clear()
        self.sid_to_tid.clear()
        self.active = False


@contextlib.contextmanager
def allow_mutation_on_saved_tensors():
    """Inside, tensors saved for the backward pass may be changed in place.

    They are copied first. The backward pass must run inside too.

    >>> import rushlight as torch
    >>> x = torch.ones(2, requires_grad=True)
    >>> with torch.autograd.graph.allow_mutation_on_saved_tensors():
    ...     y = x.clone()
    ...     z = y * y
    ...     _ = y.zero_()
    ...     z.sum().backward()
    >>> x.grad
    tensor([2., 2.])
    """
    if modes.mutation is not None:
        raise RuntimeError("allow_mutation_on_saved_tensors contexts cannot be nested")
    context = _MutationContext()
    with saved_tensors_hooks(context.pack, context.unpack):
        modes.mutation = context
        try:
            yield context
        finally:
            modes.mutation = None
            context.clear()


# Hooks on several gradients -----------------------------------------------------------------------


class _MultiHandle(RemovableHandle):
    """Several handles that are removed together."""

    __module__ = "torch.autograd.graph"

    def __init__(self, handles):
        self.handles = tuple(handles)

    def remove(self):
        """Take the hooks out again."""
        for handle in self.handles:
            handle.remove()


def register_multi_grad_hook(tensors, fn, *, mode="all"):
    """Call `fn` when the gradients of several tensors are known.

    Args:
        tensors: tensors that require grad.
        fn: with mode "all", called once in each backward pass with the list of all gradients (None
            for a tensor that the pass doesn't reach); with mode "any", with the first gradient.
        mode: "all" or "any".

    Returns:
        A handle whose `remove()` undoes this.
    """
    if mode not in ("all", "any"):
        raise ValueError(f"Expects mode to be one of {('all', 'any')} but got {mode}")
    tensors = tuple(tensors)
    register = _hooks_for_all if mode == "all" else _hooks_for_any
    return _MultiHandle(register(tensors, fn))


def _hooks_for_all(tensors, fn):
    # the hooks lie where these point to, so that only weak references keep it free of cycles
    targets = [(weakref.ref(where), number) for where, number in map(target, map(_edge, tensors))]
    arrived: weakref.WeakKeyDictionary = weakref.WeakKeyDictionary()  # pass -> gradients so far

    def hook_for(index):
        def hook(gradient):
            current = modes.current_pass
            found = arrived.setdefault(current, {})
            found[index] = gradient
            expected = sum(current.will_reach(where(), number) for where, number in targets)
            if len(found) == expected:
                del arrived[current]
                fn([found.get(i) for i in range(len(targets))])

        return hook

    return [x.register_hook(hook_for(i)) for i, x in enumerate(tensors)]


def _edge(tensor):
    edge = gradient_edge(tensor)
    if edge is None:
        raise AssertionError("Expected gradient function to be set")
    return edge


def _hooks_for_any(tensors, fn):
    ran: weakref.WeakSet = weakref.WeakSet()

    def hook(gradient):
        if modes.current_pass not in ran:
            ran.add(modes.current_pass)
            fn(gradient)

    return [x.register_hook(hook) for x in tensors]


def set_warn_on_accumulate_grad_stream_mismatch(enabled):
    """Say whether to warn of a gradient from another stream; on a CPU there is only one."""


def set_override_stale_capture_stream(enabled):
    """Say what becomes of streams that a CUDA graph doesn't capture; on a CPU there is none."""
