"""The Node of a call of a user's `Function`, which is the `ctx` of that call too."""

from __future__ import annotations

import threading
import warnings

import numpy as np

from rushlight.autograd import saved
from rushlight.autograd.tape import (
    UNSAVED,
    AccumulateGrad,
    Node,
    Output,
    as_function,
    gradient_edge,
    modes,
)
from rushlight.tensor import Tensor, as_array, type_name, wrap

__all__ = ["FunctionCtx", "BackwardCFunction", "SavedTensor"]

#: so many Functions whose backward runs a backward pass are nested in one thread
_NESTED_IN_ONE_THREAD = 30


class FunctionCtx:
    """What `forward` and `backward` of one call share."""

    __slots__ = ()
    __module__ = "torch.autograd.function"

    def save_for_backward(self, *tensors):
        """Keep tensors (inputs, outputs or others) for `backward`, which finds them in
        `ctx.saved_tensors`. They are checked against in-place changes.
        """
        self.to_save = tensors

    def save_for_forward(self, *tensors):
        """Keep tensors for `jvp`, which finds them in `ctx.saved_tensors`."""
        for tensor in tensors:
            if not (isinstance(tensor, Tensor) or tensor is None):
                raise AssertionError(
                    "save_for_forward expects all arguments to be tensors; you should save "
                    "non-tensors as attributes on ctx."
                )
        self.saved_for_forward = tensors

    def mark_dirty(self, *tensors):
        """Say which inputs `forward` changes in place; they must be among its outputs."""
        self.dirty_tensors = tensors

    def mark_non_differentiable(self, *tensors):
        """Say which outputs have no derivative."""
        self.non_differentiable = tensors

    def set_materialize_grads(self, value):
        """Whether `backward` gets zeros (the default) or None for outputs that nobody used."""
        if not isinstance(value, bool):
            raise TypeError(
                "set_materialize_grads received an invalid combination of arguments - got (), but "
                "expected (bool)"
            )
        self.materialize_grads = value


class BackwardCFunction(FunctionCtx, Node):
    """The Node of a call of a user's Function, and its `ctx`.

    Attributes:
        argument_kinds: shape and dtype of each argument; None for one that is no tensor.
        output_kinds: the same for each output.
    """

    __slots__ = (
        "argument_kinds",
        "dirty_tensors",
        "in_jvp",
        "materialize_grads",
        "needs_input_grad",
        "non_differentiable",
        "output_kinds",
        "saved_for_forward",
        "to_save",
    )
    saves_arrays = materializes = True
    #: the user's class
    forward_class: type | None = None

    def __init__(self):
        self.hooks = self.outputs = None
        self.saved = self.guards = ()
        self.to_save = self.saved_for_forward = None
        self.dirty_tensors = self.non_differentiable = ()
        self.materialize_grads = True
        self.in_jvp = False

    def __repr__(self):
        return f"<torch.autograd.function.{type(self).__name__} object at {id(self):#x}>"

    @property
    def saved_tensors(self):
        """The tensors given to `save_for_backward`."""
        if self.in_jvp:
            return self.saved_for_forward or ()
        if self.saved is None:
            saved.raise_freed()
        return tuple(None if each is None else each.unpack(self) for each in self.saved)

    @property
    def saved_variables(self):
        """The old name of `saved_tensors`."""
        warnings.warn(
            "'saved_variables' is deprecated; use 'saved_tensors'", DeprecationWarning, stacklevel=2
        )
        return self.saved_tensors

    @property
    def _raw_saved_tensors(self):
        if self.saved is None:
            saved.raise_freed()
        return tuple(saved.SavedTensor(self, i) for i in range(len(self.saved)))

    def saved_tensor(self, index):
        """One of `saved_tensors`."""
        return self.saved[index].unpack(self)

    def keep_packed(self, index, packed):
        """Put what a hook made of a saved tensor in its place."""
        self.saved[index].keep_packed(packed)

    @property
    def _is_legacy(self):
        return False

    def backward(self, gradient, edges):
        several = isinstance(gradient, list)
        wrapped = [
            None if g is None else wrap(as_array(g)) for g in (gradient if several else [gradient])
        ]
        results = self.backward_tensors(wrapped if several else wrapped[0], edges)
        return tuple(None if r is None else r._array for r in results)

    def backward_tensors(self, gradient, edges):
        gradients = gradient if isinstance(gradient, list) else [gradient]
        if self.materialize_grads:
            gradients = [
                zeros(kind) if g is None and kind is not None else g
                for g, kind in zip(gradients, self.output_kinds, strict=True)
            ]
        modes.depth += 1
        try:
            if modes.depth % _NESTED_IN_ONE_THREAD:
                returned = self.user_backward()(self, *gradients)
            else:
                returned = _in_new_thread(self.user_backward(), self, *gradients)
        finally:
            modes.depth -= 1
        return self.check_gradients(returned if isinstance(returned, tuple) else (returned,))

    def user_backward(self):
        """The derivative that the user's class defines.

        Raises:
            RuntimeError: it defines two.
        """
        from rushlight.autograd.function import Function

        user = self.forward_class
        own_backward = user.backward is not Function.backward
        own_vjp = user.vjp is not Function.vjp
        if own_backward and own_vjp:
            raise RuntimeError(
                "Implementing both 'backward' and 'vjp' for a custom Function is not allowed. You "
                "should only implement one of them."
            )
        return user.vjp if own_vjp else user.backward

    def check_gradients(self, returned):
        """What `backward` returned, one gradient per tensor argument of `forward`."""
        count = len(self.argument_kinds)
        if len(returned) > count and all(g is None for g in returned[count:]):
            returned = returned[:count]
        if len(returned) != count:
            raise RuntimeError(
                f"function {self.name()} returned an incorrect number of gradients "
                f"(expected {count}, got {len(returned)})"
            )
        checked = []
        for argument, (gradient, kind) in enumerate(
            zip(returned, self.argument_kinds, strict=True)
        ):
            if kind is not None:
                checked.append(self.check_gradient(len(checked), gradient, kind))
            elif gradient is not None:
                raise RuntimeError(
                    f"function {self.name()} returned a gradient different than None at position "
                    f"{argument + 1}, but the corresponding forward input was not a Variable"
                )
        return tuple(checked)

    def check_gradient(self, position, gradient, kind):
        """A returned gradient in the shape and dtype of its argument."""
        edge = self.edges[position]
        if gradient is None:
            return materialized_for(edge)
        if not isinstance(gradient, Tensor):
            raise RuntimeError(f"expected Variable or None (got {type_name(gradient)})")
        if edge is None:
            return None
        shape, array_dtype = kind
        if gradient._array.shape != shape:
            gradient = self.fit(position, gradient, shape)
        if gradient._array.dtype != array_dtype:
            from rushlight import dtypes

            if gradient._array.dtype.kind == "c" and array_dtype.kind != "c":
                raise RuntimeError(
                    "Expected isFloatingType(grad.scalar_type()) || (input_is_complex == "
                    "grad_is_complex) to be true, but got false.  (Could this error message be "
                    "improved?  If so, please report an enhancement request to PyTorch.)"
                )
            gradient = gradient.to(dtypes.from_array_dtype(array_dtype))
        return gradient

    def fit(self, position, gradient, shape):
        """A gradient summed over what broadcasting added, if that gives `shape`."""
        given = gradient._array.shape
        added = len(given) - len(shape)
        if added < 0 or any(
            s not in (1, g) for s, g in zip(shape, given[max(added, 0) :], strict=False)
        ):
            raise RuntimeError(
                f"Function {self.name()} returned an invalid gradient at index {position} - got "
                f"{list(given)} but expected shape compatible with {list(shape)}"
            )
        return gradient.sum_to_size(shape)


def zeros(kind):
    """Zeros that stand for a gradient that nobody gave."""
    shape, array_dtype = kind
    return wrap(np.zeros(shape, array_dtype))


def materialized_for(edge):
    """No gradient; but a Function that wants its gradients materialized gets zeros.

    A watched pass tells it itself that there is no gradient, and hooks on the way too.
    """
    if modes.current_pass is not None:
        return None
    node, number = (edge.node, edge.index) if isinstance(edge, Output) else (edge, 0)
    if not isinstance(node, BackwardCFunction) or not node.materialize_grads:
        return None
    return zeros(node.output_kinds[number])


def _in_new_thread(function, *args):
    """Call a function in a thread of its own, whose stack is empty yet; modes are the same."""
    here = {**modes.__dict__}
    outcome: dict = {}

    def work():
        modes.__dict__.update(here)
        try:
            outcome["returned"] = function(*args)
        except BaseException as error:
            outcome["error"] = error

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if "error" in outcome:
        raise outcome.pop("error")
    return outcome["returned"]


class SavedTensor:
    """A tensor given to `save_for_backward`: its array, its place on the tape, its version."""

    __slots__ = ("array", "counter", "edge", "original", "output", "packed", "version")

    def __init__(self, tensor, output=None):
        self.packed = None
        self.output = output
        self.array = tensor._array
        self.counter = tensor._counter
        self.version = tensor._counter[0]
        self.edge = None if output is not None else gradient_edge(tensor)
        # a leaf comes back as itself; a tensor with history would keep its whole memory alive
        is_leaf = self.edge is None or self.edge is tensor
        self.original = tensor if output is None and is_leaf else None
        if modes.saved_tensors_hooks:
            self.keep_packed(saved.Packed(tensor, *modes.saved_tensors_hooks[-1]))

    def keep_packed(self, packed):
        """Keep what a hook made of the tensor in place of it."""
        self.packed = packed
        self.array = self.original = None
        self.counter, self.version = UNSAVED, 0

    def unpack(self, node):
        array = self.array if self.packed is None else self.packed.unpack()._array
        if self.counter[0] != self.version:
            origin = node, self.output
            if self.output is None:
                origin = as_function(saved.present_edge(self.counter, array, self.edge))
            saved.raise_overwritten(array, self.counter[0], self.version, *origin)
        if self.original is not None:
            return self.original
        tensor = wrap(array)
        if self.packed is None:
            tensor._counter = self.counter
        edge = self.edge
        if self.output is not None:
            edge = node if node.outputs is None else Output(node, self.output)
        if edge is not None:
            tensor._requires_grad = True
            tensor._node = AccumulateGrad.of(edge) if isinstance(edge, Tensor) else edge
        return tensor
