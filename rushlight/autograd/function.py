"""`Function`: for users who bring their own derivative."""

from __future__ import annotations

import functools

import numpy as np

from rushlight.autograd import saved
from rushlight.autograd.tape import (
    AccumulateGrad,
    Node,
    Output,
    gradient_edge,
    modes,
    next_sequence_number,
)
from rushlight.autograd.views import rebase
from rushlight.tensor import Tensor, as_array, wrap

__all__ = ["Function", "FunctionCtx", "once_differentiable"]


class FunctionCtx:
    """What `forward` and `backward` of one call share; it is the call's Node too."""

    def save_for_backward(self, *tensors):
        """Keep tensors (inputs, outputs or others) for `backward`, which finds them in
        `ctx.saved_tensors`. They are checked against in-place changes.
        """
        self.to_save = tensors

    def save_for_forward(self, *tensors):
        """Keep tensors for `jvp`."""
        for tensor in tensors:
            if not (isinstance(tensor, Tensor) or tensor is None):
                raise TypeError(
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
        self.materialize_grads = value


class FunctionNode(Node, FunctionCtx):
    """The Node of a call of a user's Function, and its `ctx`."""

    __slots__ = ()
    saves_arrays = True
    #: the user's class
    forward_class: type | None = None
    to_save = None
    dirty_tensors = non_differentiable = ()
    materialize_grads = True
    saved_for_forward = None

    @property
    def saved_tensors(self):
        """The tensors given to `save_for_backward`."""
        if self.saved is None:
            saved.raise_freed()
        return tuple(None if each is None else each.unpack(self) for each in self.saved)

    saved_variables = saved_tensors

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
                wrap(np.zeros(shape, dtype)) if g is None else g
                for g, (shape, dtype) in zip(gradients, self.output_kinds, strict=True)
            ]
        returned = self.user_backward()(self, *gradients)
        return self.check_gradients(returned if isinstance(returned, tuple) else (returned,))

    def user_backward(self):
        """The derivative that the user's class defines."""
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
        return tuple(
            self.check_gradient(i, self.position(i), g, kind)
            for i, (g, kind) in enumerate(zip(returned, self.argument_kinds, strict=True))
            if kind is not None or self.refuse_gradient(i, g)
        )

    def position(self, argument):
        """Which of the tensor arguments this argument is."""
        return sum(kind is not None for kind in self.argument_kinds[:argument])

    def refuse_gradient(self, argument, gradient):
        """A gradient for an argument that isn't a tensor must be None."""
        if gradient is not None:
            raise RuntimeError(
                f"function {self.name()} returned a gradient different from None at position "
                f"{argument + 1}, but the corresponding forward input was not a Variable"
            )

    def check_gradient(self, argument, position, gradient, kind):
        """A returned gradient in the shape and dtype of its argument."""
        if gradient is None:
            return None
        if not isinstance(gradient, Tensor):
            raise TypeError(f"expected Variable or None (got {type(gradient).__name__})")
        if self.edges[position] is None:
            return None
        shape, array_dtype = kind
        if gradient._array.shape != shape:
            gradient = self.fit(position, gradient, shape)
        if gradient._array.dtype != array_dtype:
            from rushlight import dtypes

            gradient = gradient.to(dtypes.from_array_dtype(array_dtype))
        return gradient

    def fit(self, position, gradient, shape):
        """A gradient summed over what broadcasting added, if that gives `shape`."""
        given = gradient._array.shape
        added = len(given) - len(shape)
        if added < 0 or any(s not in (1, g) for s, g in zip(shape, given[added:], strict=True)):
            raise RuntimeError(
                f"Function {self.name()} returned an invalid gradient at index {position} - got "
                f"{list(given)} but expected shape compatible with {list(shape)}"
            )
        return gradient.sum_to_size(shape)


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
        self.original = tensor if output is None and (self.edge in (None, tensor)) else None
        if modes.saved_tensors_hooks:
            shown = tensor if output is None else wrap(tensor._array)
            self.packed = saved.Packed(shown, *modes.saved_tensors_hooks[-1])
            self.array = self.original = None

    def unpack(self, node):
        array = self.array if self.packed is None else self.packed.unpack()._array
        if self.counter[0] != self.version:
            made_by = node if self.output is not None else None
            saved.raise_overwritten(array, self.counter[0], self.version, made_by, self.output or 0)
        if self.original is not None and self.original._array is array:
            return self.original
        tensor = wrap(array)
        tensor._counter = self.counter
        edge = self.edge
        if self.output is not None:
            edge = node if node.outputs is None else Output(node, self.output)
        if edge is not None:
            tensor._requires_grad = True
            tensor._node = AccumulateGrad.of(edge) if isinstance(edge, Tensor) else edge
        return tensor


class FunctionMeta(type):
    """Gives each Function the class of its Nodes, `FooBackward`."""

    def __init__(cls, name, bases, body):
        super().__init__(name, bases, body)
        node_body = {"forward_class": cls, "__module__": cls.__module__}
        cls._backward_cls = type(f"{name}Backward", (FunctionNode,), node_body)


class Function(metaclass=FunctionMeta):
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

    generate_vmap_rule = False

    def __init__(self, *args, **kwargs):
        raise RuntimeError(
            f"{type(self)} should not be instantiated. Methods on autograd functions are all "
            "static, so you should invoke them on the class itself. Instantiating an autograd "
            "function will raise an error in a future version of PyTorch."
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
            "To use autograd.Function with vmap, you must either override the vmap static method "
            "or set generate_vmap_rule=True."
        )

    @classmethod
    def apply(cls, *args, **kwargs):
        """Call the operation and record it."""
        return call(cls, args, kwargs)


def call(function, args, kwargs):
    """Run a Function's forward and put its outputs on the tape."""
    node = function._backward_cls()
    node.seq = next_sequence_number()
    node.hooks = node.outputs = None
    node.saved = node.guards = ()
    tensors = [x for x in args if isinstance(x, Tensor)]
    node.needs_input_grad = tuple(isinstance(x, Tensor) and x._requires_grad for x in args)
    node.argument_kinds = [
        (x._array.shape, x._array.dtype) if isinstance(x, Tensor) else None for x in args
    ]
    recording = modes.grad_enabled and any(node.needs_input_grad)
    node.edges = tuple(gradient_edge(x) if x._requires_grad else None for x in tensors)
    returned = run_forward(function, node, args, kwargs)
    outputs = returned if isinstance(returned, tuple) else (returned,)
    placed = place_outputs(node, tensors, outputs, recording)
    finish_saving(node, outputs, recording)
    return placed if isinstance(returned, tuple) else placed[0]


def run_forward(function, node, args, kwargs):
    """The user's forward, unrecorded."""
    before = modes.grad_enabled
    modes.grad_enabled = False
    try:
        if function.setup_context is Function.setup_context:
            return function.forward(node, *args, **kwargs)
        output = function.forward(*args, **kwargs)
        function.setup_context(node, args, output)
        return output
    finally:
        modes.grad_enabled = before


def place_outputs(node, inputs, outputs, recording):
    """The outputs with their history."""
    dirty = {id(x) for x in node.dirty_tensors}
    if not dirty <= {id(x) for x in outputs}:
        raise RuntimeError(
            "Some elements marked as dirty during the forward method were not returned as output. "
            "The inputs that are modified inplace must all be outputs of the Function."
        )
    constant = {id(x) for x in node.non_differentiable}
    tensors = [x for x in outputs if isinstance(x, Tensor)]
    node.output_kinds = saved.describe(tensors)
    node.outputs = None if len(tensors) == 1 else node.output_kinds
    numbers = iter(range(len(tensors)))
    return tuple(
        place(x, node, next(numbers), inputs, dirty, constant, recording)
        if isinstance(x, Tensor)
        else x
        for x in outputs
    )


def place(output, node, number, inputs, dirty, constant, recording):
    """One output with its history."""
    is_input = any(output is x for x in inputs)
    is_dirty = id(output) in dirty
    if is_dirty:
        output._counter[0] += 1
    if not recording:
        return output
    if id(output) in constant or output._array.dtype.kind not in "fcV":
        return output.detach() if is_input and not is_dirty else without_history(output)
    edge = node if node.outputs is None else Output(node, number)
    if is_dirty:
        if gradient_edge(output) is output:
            raise RuntimeError(
                "a leaf Variable that requires grad is being used in an in-place operation."
            )
        rebase(output, edge)
        return output
    if is_input:
        output = output.view(output.shape)
    if output._base is not None:
        output._creation = "function"
    output._requires_grad = True
    output._node = edge
    return output


def without_history(output):
    """An output that has no derivative."""
    output._requires_grad = False
    output._node = None
    return output


def finish_saving(node, outputs, recording):
    """Turn what `save_for_backward` was given into what is kept."""
    tensors, node.to_save = node.to_save, None
    node.dirty_tensors = node.non_differentiable = ()
    if tensors is None or not recording:
        return
    numbers = {id(x): i for i, x in enumerate(x for x in outputs if isinstance(x, Tensor))}
    kept = []
    for tensor in tensors:
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(
                f"save_for_backward can only save variables, but argument {len(kept)} is of type "
                f"{type(tensor).__name__}"
            )
        kept.append(None if tensor is None else SavedTensor(tensor, numbers.get(id(tensor))))
    node.saved = tuple(kept)


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
        wanting = [a for a in args if isinstance(a, Tensor) and a._requires_grad]
        if not wanting:
            return returned
        results = returned if isinstance(returned, tuple) else (returned,)
        marked = tuple(_refuse_again(r, wanting) if isinstance(r, Tensor) else r for r in results)
        return marked if isinstance(returned, tuple) else marked[0]

    return call_once


class DelayedError(Node):
    """A derivative that must not be asked for."""

    __slots__ = ("message",)

    def backward(self, gradient, edges):
        raise RuntimeError(self.message)

    backward_tensors = backward


def _refuse_again(result, wanting):
    node = DelayedError()
    node.message = (
        "trying to differentiate twice a function that was marked with @once_differentiable"
    )
    node.seq = next_sequence_number()
    node.hooks, node.saved, node.guards = None, (), ()
    node.edges = tuple(gradient_edge(x) for x in wanting)
    result = result.detach()
    result._requires_grad = True
    result._node = node
    return result
