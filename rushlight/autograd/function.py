"""`Function`: for users who bring their own derivative."""

from __future__ import annotations

import functools
import warnings

from rushlight.autograd.anomaly_mode import note_origin
from rushlight.autograd.function_node import BackwardCFunction, FunctionCtx, SavedTensor
from rushlight.autograd.tape import Node, Output, gradient_edge, modes, next_sequence_number
from rushlight.autograd.views import check_in_place, rebase
from rushlight.explain.provenance import here
from rushlight.tensor import Tensor, type_name

__all__ = [
    "BackwardCFunction",
    "Function",
    "FunctionCtx",
    "FunctionMeta",
    "InplaceFunction",
    "NestedIOFunction",
    "once_differentiable",
]


class FunctionMeta(type):
    """Gives each Function the class of its Nodes, `FooBackward`."""

    def __init__(cls, name, bases, body):
        super().__init__(name, bases, body)
        node_body = {"forward_class": cls, "__module__": cls.__module__, "__slots__": ()}
        cls._backward_cls = type(f"{name}Backward", (BackwardCFunction,), node_body)


class Function(FunctionCtx, metaclass=FunctionMeta):
    """Base class of operations whose derivative the user brings.

    Define static methods `forward(ctx, *args)` and `backward(ctx, *grad_outputs)`; or
    `forward(*args)` together with `setup_context(ctx, inputs, output)`. Call it by
    `YourFunction.apply(...)`.

    >>> import rushlight as torch
    >>> class Cube(torch.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x * x * x
    ...
    ...     @staticmethod
    ...     def backward(ctx, g):
    ...         (x,) = ctx.saved_tensors
    ...         return g * 3 * x * x
    >>> x = torch.tensor(2.0, requires_grad=True)
    >>> Cube.apply(x).backward()
    >>> x.grad
    tensor(12.)
    """

    __module__ = "torch.autograd.function"
    generate_vmap_rule = False

    def __init__(self, *args, **kwargs):
        warnings.warn(
            f"{type(self)} should not be instantiated. Methods on autograd functions are all "
            "static, so you should invoke them on the class itself. Instantiating an autograd "
            "function will raise an error in a future version of PyTorch.",
            DeprecationWarning,
            stacklevel=2,
        )

    def __call__(self, *args, **kwargs):
        raise RuntimeError(
            "Legacy autograd function with non-static forward method is deprecated. Please use "
            "new-style autograd function with static forward method. "
            "(Example: https://pytorch.org/docs/stable/autograd.html#torch.autograd.Function)"
        )

    @staticmethod
    def forward(*args, **kwargs):
        """The operation itself; nothing in it is recorded."""
        raise NotImplementedError(
            "You must implement the forward function for custom autograd.Function."
        )

    @staticmethod
    def setup_context(ctx, inputs, output):
        """What to keep for the derivative, where `forward` has no `ctx`."""
        raise NotImplementedError("setup_context is not implemented.")

    @staticmethod
    def backward(ctx, *grad_outputs):
        """One gradient per argument of `forward` (None for what isn't differentiable)."""
        raise NotImplementedError(
            "You must implement either the backward or vjp method for your custom "
            "autograd.Function to use it with backward mode AD."
        )

    vjp = backward

    @staticmethod
    def jvp(ctx, *grad_inputs):
        """The derivative in forward mode: tangents of the arguments to tangents of the outputs."""
        raise NotImplementedError(
            "You must implement the jvp function for custom autograd.Function to use it with "
            "forward mode AD."
        )

    @staticmethod
    def vmap(info, in_dims, *args):
        """The operation on batches, for `torch.func.vmap`."""
        raise NotImplementedError(
            "To use autograd.Function with vmap, you must either override the vmap "
            "staticmethod or set generate_vmap_rule=True."
        )

    @classmethod
    def apply(cls, *args, **kwargs):
        """Call the operation and record it."""
        has_context = cls.setup_context is Function.setup_context
        if kwargs or not has_context:
            args = in_order(cls.forward, args, kwargs, has_context)
        return call(cls, args, {})


class InplaceFunction(Function):
    """A Function that may work in place; kept because programs name it."""

    def __init__(self, inplace=False):
        super().__init__()
        self.inplace = inplace


class NestedIOFunction(Function):
    """A Function of nested containers of tensors; kept because programs name it."""


def in_order(forward, args, kwargs, has_context):
    """The arguments of a call in their order; defaults are filled in where `forward` has no `ctx`.

    Raises:
        TypeError: `forward` has no such arguments, or takes one by keyword only.
    """
    from inspect import signature

    parameters = signature(forward)
    try:
        bound = parameters.bind(*((None,) if has_context else ()), *args, **kwargs)
    except TypeError as error:
        raise TypeError(f"forward() {error}" if has_context else str(error)) from None
    if not has_context:
        bound.apply_defaults()
    for name in bound.kwargs:
        raise TypeError(f"forward() got an unexpected keyword argument '{name}'")
    return bound.args[1:] if has_context else bound.args


def call(function, args, kwargs):
    """Run a Function's forward and put its outputs on the tape."""
    if modes.layers:
        from rushlight.func.functions import call_in_layers

        return call_in_layers(function, args, kwargs)
    return call_plainly(function, args, kwargs)


def call_plainly(function, args, kwargs):
    """Call a Function on tensors that no transform follows."""
    if modes.dual_level < 0:
        return call_with_node(function, args, kwargs)[0]
    from rushlight.autograd.forward_ad import call_with_tangents

    return call_with_tangents(function, args, kwargs)


def call_with_node(function, args, kwargs):
    """Run a Function's forward and put its outputs on the tape: (outputs, Node)."""
    tensors = [x for x in args if isinstance(x, Tensor)]
    node = function._backward_cls()
    node.needs_input_grad = tuple(isinstance(x, Tensor) and x._requires_grad for x in args)
    node.argument_kinds = tuple(map(kind_of, args))
    node.edges = tuple(gradient_edge(x) if x._requires_grad else None for x in tensors)
    node.seq = next_sequence_number()
    node.line = here[0]
    recording = modes.grad_enabled and any(node.needs_input_grad)
    returned = run_forward(function, node, args, kwargs)
    outputs = returned if isinstance(returned, tuple) else (returned,)
    placed = place_outputs(node, tensors, outputs, recording)
    finish_saving(node, outputs, placed, recording)
    return (placed if isinstance(returned, tuple) else placed[0]), node


def kind_of(x):
    """Shape and dtype of a tensor; None for anything else."""
    return (x._array.shape, x._array.dtype) if isinstance(x, Tensor) else None


def run_forward(function, node, args, kwargs):
    """The user's forward, unrecorded."""
    before = modes.grad_enabled
    modes.grad_enabled = False
    try:
        if function.setup_context is Function.setup_context:
            return function.forward(node, *args, **kwargs)
        output = function.forward(*args, **kwargs)
        function.setup_context(node, args, output)
        refuse_saved_inputs(node, args, output)
        return output
    finally:
        modes.grad_enabled = before


def refuse_saved_inputs(node, inputs, output):
    """Refuse to save an input that is returned as it is: `setup_context` saw no view of it."""
    returned = {id(x) for x in (output if isinstance(output, tuple) else (output,))}
    returned &= {id(x) for x in inputs if isinstance(x, Tensor)}
    if any(id(x) in returned for x in node.to_save or ()):
        raise RuntimeError(
            "An input that has been returned as-is as output is being saved for backward. This is "
            "not supported if you override setup_context. You should return and save a view of "
            "the input instead, e.g. with x.view_as(x) or setup ctx inside the forward function "
            "itself."
        )


# The outputs' place on the tape -------------------------------------------------------------------


def place_outputs(node, inputs, outputs, recording):
    """The outputs with their history."""
    check_marks(node, inputs, outputs)
    node.output_kinds = tuple(map(kind_of, outputs))
    node.outputs = None if len(outputs) == 1 else node.output_kinds
    if recording and modes.anomaly:
        note_origin(node)
    return tuple(
        place(x, node, number, inputs, recording) if isinstance(x, Tensor) else x
        for number, x in enumerate(outputs)
    )


def check_marks(node, inputs, outputs):
    """Refuse marks that make no sense, before anything is recorded."""
    for mark, text in (
        ("dirty_tensors", "mark_dirty can only accept variables, but argument {} is of type {}"),
        (
            "non_differentiable",
            "mark_non_differentiable only accepts variable arguments, but got {1}",
        ),
    ):
        for number, x in enumerate(getattr(node, mark)):
            if not isinstance(x, Tensor):
                raise RuntimeError(text.format(number, type_name(x)))
    if not {id(x) for x in node.dirty_tensors} <= {id(x) for x in inputs}:
        warnings.warn(
            "ctx.mark_dirty() received a tensor that was not an input. Only input Tensors that "
            "have been mutated should be passed to ctx.mark_dirty().",
            UserWarning,
            stacklevel=2,
        )
    if not {id(x) for x in node.dirty_tensors} <= {id(x) for x in outputs}:
        raise RuntimeError(
            "Some elements marked as dirty during the forward method were not returned as output. "
            "The inputs that are modified inplace must all be outputs of the Function."
        )


def place(output, node, number, inputs, recording):
    """One output with its history."""
    is_input = any(output is x for x in inputs)
    is_dirty = any(output is x for x in node.dirty_tensors)
    constant = any(output is x for x in node.non_differentiable)
    if is_dirty:
        output._counter[0] += 1
    elif is_input:
        output = unrecorded_view(output)
    if not recording or constant or output._array.dtype.kind not in "fcV":
        return without_history(output, is_dirty)
    edge = node if node.outputs is None else Output(node, number)
    if is_dirty:
        place_changed(output, edge, node)
        return output
    if output._base is not None:
        several = sum(kind is not None for kind in node.output_kinds) > 1
        output._creation = "several" if several else "function"
    output._requires_grad = True
    output._node = edge
    return output


def unrecorded_view(x):
    """A view of all of a tensor, which is no output of any operation yet."""
    before = modes.grad_enabled
    modes.grad_enabled = False
    try:
        view = x.view(x.shape)
    finally:
        modes.grad_enabled = before
    view._requires_grad = False
    return view


def place_changed(output, edge, node):
    """Give an input that was changed in place the history of an output."""
    if output._base is not None and len(node.output_kinds) > 1:
        raise RuntimeError(
            "If your Function modifies inplace an input that is a view of another Tensor, your "
            "Function cannot return more than one Tensor. This is not supported by the current "
            "autograd engine. You should either make sure the input is not a view (using .clone() "
            "for example) or make your Function only return one Tensor (potentially splitting it "
            "into two Functions: one doing the inplace that returns a single Tensor and a second "
            "one that does the other operations). You can ask on the forum "
            "https://discuss.pytorch.org/ if you need help to do this change."
        )
    if output._requires_grad and output._base is None and gradient_edge(output) is output:
        raise RuntimeError(
            "a leaf Variable that requires grad has been used in an in-place operation."
        )
    check_in_place(output, recorded=True)
    rebase(output, edge)


def without_history(output, is_dirty):
    """An output that has no derivative; an input that requires grad goes on doing so."""
    if not output._requires_grad:
        return output
    if is_dirty or output._base is not None:
        return output.detach()
    output._requires_grad = False
    output._node = None
    return output


def finish_saving(node, outputs, placed, recording):
    """Turn what `save_for_backward` was given into what is kept."""
    tensors, node.to_save = node.to_save, None
    node.dirty_tensors = node.non_differentiable = ()
    if tensors is None or not recording:
        return
    for number, tensor in enumerate(tensors):
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(
                f"save_for_backward can only save variables, but argument {number} is of type "
                f"{type_name(tensor)}"
            )
    numbers = {id(x): number for number, x in enumerate(outputs) if isinstance(x, Tensor)}
    node.saved = tuple(
        None if x is None else save_one(x, numbers.get(id(x)), placed) for x in tensors
    )


def save_one(tensor, number, placed):
    """One saved tensor; an output is saved as it was placed."""
    if number is None or placed[number] is not tensor or tensor._node is None:
        return SavedTensor(tensor)
    return SavedTensor(tensor, number)


# Derivatives that can't be differentiated ---------------------------------------------------------


def once_differentiable(backward):
    """Mark a `backward` whose own operations can't be differentiated again."""

    @functools.wraps(backward)
    def call_once(ctx, *args):
        recording = modes.grad_enabled
        modes.grad_enabled = False
        try:
            returned = backward(ctx, *args)
        finally:
            modes.grad_enabled = recording
        if not recording:
            return returned
        if not any(isinstance(a, Tensor) and a._requires_grad for a in args):
            return returned
        results = returned if isinstance(returned, tuple) else (returned,)
        marked = tuple(_refuse_again(r) if isinstance(r, Tensor) else r for r in results)
        return marked if isinstance(returned, tuple) else marked[0]

    return call_once


class Error(Node):
    """A derivative that must not be asked for."""

    __slots__ = ("message",)

    def name(self):
        """`torch::autograd::Error`, as PyTorch calls it."""
        return "torch::autograd::Error"

    def backward(self, gradient, edges):
        raise RuntimeError(self.message)

    backward_tensors = backward


def _refuse_again(result):
    """The result as one whose derivative is refused; the graph ends there."""
    node = Error()
    node.message = (
        "trying to differentiate twice a function that was marked with @once_differentiable"
    )
    node.edges = (result.detach().requires_grad_(),)
    node.seq = next_sequence_number()
    node.line = here[0]
    node.hooks, node.saved, node.guards = None, (), ()
    result = result.detach()
    result._requires_grad = True
    result._node = node
    return result
